import ArgumentParser
import Bytes
import Events
import Foundation
import LetheEngine
import MerkleLog
import Proofs
import Signing

/// What is said of an event that was recorded.
struct RecordedAnswer: Encodable {
    var event: EventHash
    var index: Int?
    var outbox: String?
}

func printRecorded(_ recorded: Recorded, _ what: String, json: Bool) {
    switch recorded {
    case .appended(let appended):
        if json { return printJSON(RecordedAnswer(event: appended.event, index: appended.index.rawValue)) }
        print("\(what): event \(appended.index) \(short(appended.event.hex))")
    case .outbox(let event, let file):
        if json { return printJSON(RecordedAnswer(event: event, outbox: file)) }
        print("\(what): \(short(event.hex)) waits for the chain's operator in \(file)")
        remind(ofOutbox: file)
    }
}

/// What to do with a file in the outbox.
private func remind(ofOutbox file: String) {
    standardError(
        "lethe: hint: send \(file) to the chain's operator, who runs lethe append FILE; it counts once you have "
            + "imported the chain that comes back (lethe chain import)")
}

struct ChainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chain", abstract: "Chains and their exchange between ledgers.",
        subcommands: [List.self, Open.self, Export.self, Import.self, Anchor.self, CheckpointNote.self, Tiles.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The chains of this ledger.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let summary = try await options.reading { try await $0.summary() }
            if options.json { return printJSON(summary.chains) }
            var table = TextTable(["chain", "events", "checkpoint", "cosigned by", "operated here"])
            for chain in summary.chains {
                table.add([
                    chain.origin.text, "\(chain.size)", "\(chain.checkpointSize)",
                    chain.cosigners.joined(separator: " "), chain.isOperated ? "yes" : "no",
                ])
            }
            print(table.text)
        }
    }

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open the acting member's private chain.",
            discussion: """
                Where another ledger operates the public chain, the announcement goes into the outbox first; once it \
                stands on the chain and was imported here, run the command again.
                """)
        @OptionGroup var options: LedgerOptions
        @Option(name: .customLong("reader"), parsing: .singleValue, help: "Another member that may read the chain.")
        var readers: [String] = []

        func run() async throws {
            let readers: [MemberName] = try readers.map { try parsed($0, "member name") }
            try await options.writing { ledger in
                let member = try await options.actor(ledger)
                let recorded = try await ledger.openPrivateChain(of: member, readers: readers)
                if let recorded {
                    printRecorded(recorded, "opened the private chain of \(member)", json: options.json)
                } else {
                    answer(
                        ["member": member.text, "state": "open"], "the private chain of \(member) is open",
                        json: options.json)
                }
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a chain's entries with their checkpoint to a file.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The chain's origin (default: the public chain).") var origin: String?
        @Option(name: .shortAndLong, help: "The file to write.") var output: String
        @Option(help: "Leave out the entries before this index.") var from = 0

        func run() async throws {
            let file = try await options.reading { ledger in
                let origin: Origin = try await origin.map { try parsed($0, "chain") }.orElse {
                    try await ledger.publicOrigin
                }
                return try await ledger.exportChain(origin, from: from)
            }
            try writeFile(file.bytes, to: output)
            if options.json { return printJSON(ExportAnswer(entries: file.entries.count, file: output)) }
            print("\(output): \(file.entries.count) event(s) of \(file.header.origin)")
        }

        private struct ExportAnswer: Encodable {
            var entries: Int
            var file: String
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take in a chain file: everything is verified before anything is stored.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The chain file.") var file: String
        @Option(help: "The trust policy; needed the first time.") var trust: String?

        func run() async throws {
            let file = try ChainFile(parsing: readFile(file))
            let policy = try trust.map(readPolicy)
            let imported = try await options.importing { try await $0.importChain(file, policy: policy) }
            if options.json {
                return printJSON(
                    ImportAnswer(
                        added: imported.added, bodies: imported.bodies, origin: imported.origin,
                        size: imported.size.rawValue))
            }
            print("\(imported.origin): \(imported.added) new event(s), \(imported.size) in all, every one verified")
        }

        private struct ImportAnswer: Encodable {
            var added: Int
            var bodies: Int
            var origin: Origin
            var size: Int
        }
    }

    struct Anchor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Anchor the acting member's private chain on the public one.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            try await options.writing { ledger in
                let member = try await options.actor(ledger)
                guard let origin = await ledger.privateChain(of: member) else {
                    throw Answer.unknown("\(member) operates no private chain here", hint: "lethe chain open")
                }
                printRecorded(try await ledger.anchor(origin, as: member), "anchored \(origin)", json: options.json)
            }
        }
    }

    struct CheckpointNote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "checkpoint", abstract: "Print a chain's newest checkpoint, a signed note.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The chain's origin (default: the public chain).") var origin: String?
        @Option(name: .customLong("collect"), help: "Take in the cosignatures of a note that a witness sent back.")
        var collect: String?

        func run() async throws {
            if let collect {
                let bytes = try readFile(collect)
                let count = try await options.writing { try await $0.collect(cosigned: bytes) }
                if options.json { return printJSON(["cosignatures": count]) }
                return print("\(count) cosignature(s) hold and are kept")
            }
            let note = try await options.reading { ledger in
                let origin: Origin = try await origin.map { try parsed($0, "chain") }.orElse {
                    try await ledger.publicOrigin
                }
                return try await ledger.checkpointNote(of: origin).note
            }
            if options.json { return printJSON(["checkpoint": String(decoding: note, as: UTF8.self)]) }
            print(String(decoding: note, as: UTF8.self), terminator: "")
        }
    }

    struct Tiles: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a chain as a static tiled log (C2SP tlog-tiles): checkpoint, tile/…, tile/entries/….")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The chain's origin (default: the public chain).") var origin: String?
        @Option(name: .shortAndLong, help: "The directory to write into.") var output: String

        func run() async throws {
            let output = output
            let count = try await options.reading { ledger in
                let origin: Origin = try await origin.map { try parsed($0, "chain") }.orElse {
                    try await ledger.publicOrigin
                }
                return try await ledger.writeTiles(of: origin, to: output)
            }
            if options.json { return printJSON(TilesAnswer(directory: output, files: count)) }
            print("\(output): \(count) file(s)")
        }

        private struct TilesAnswer: Encodable {
            var directory: String
            var files: Int
        }
    }
}

extension Optional {
    /// What `transform` makes of the value, where there is one.
    func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await transform(self)
    }
}

extension Optional where Wrapped: Sendable {
    /// The value, or what `other` gives.
    func orElse(_ other: () async throws -> Wrapped) async rethrows -> Wrapped {
        if let self { return self }
        return try await other()
    }
}

struct AppendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "append",
        abstract: "Append the events in files, all of a chain or none: the operator's side of an outbox.")
    @OptionGroup var options: LedgerOptions
    @Argument(help: "A file with one envelope a line.") var files: [String]

    func run() async throws {
        let lines = try files.flatMap { file in
            let lines = try readFile(file).split(separator: 0x0a).map(Array.init)
            guard !lines.isEmpty else {
                throw Answer.unknown("\(file) is empty", hint: "name the file of an outbox; lethe inbox says which")
            }
            return lines
        }
        let appended = try await options.writing { try await $0.appendMixed(lines) }
        if options.json {
            return printJSON(appended.map { RecordedAnswer(event: $0.event, index: $0.index.rawValue) })
        }
        let new = appended.count { $0.isNew }
        print("appended \(new) event(s); \(appended.count - new) stood there already")
    }
}

struct SignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Add a member's signature to an event that needs more than one.")
    @OptionGroup var options: LedgerOptions
    @Argument(help: "The file with the event; the signature is added in place.") var file: String

    func run() async throws {
        var bytes = try readFile(file)
        if bytes.last == 0x0a { bytes.removeLast() }
        let envelope = bytes
        let (signed, member) = try await options.reading { ledger in
            let member = try await options.actor(ledger)
            return (try await ledger.cosign(envelope, as: [member]), member)
        }
        try writeFile(signed + [0x0a], to: file)
        printFile(file, ["member": member.text], "signed by \(member)", json: options.json)
    }
}

struct WitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness", abstract: "Cosign checkpoints.", subcommands: [Cosign.self])

    struct Cosign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cosign a checkpoint that extends everything this witness saw before.",
            discussion: """
                The ledger's own verified copy of the chain is the evidence: import the chain first. FILE is a \
                checkpoint note or a chain file; without it, the newest checkpoint here is cosigned.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "A checkpoint note, or a chain file.") var file: String?
        @Option(name: .shortAndLong, help: "Write the cosigned note to a file instead of standard output.")
        var output: String?

        func run() async throws {
            let given = try file.map { try readFile($0) }
            let note = try await options.writing { ledger in
                let member = try await options.actor(ledger, role: .witness)
                let bytes = try await noteBytes(given).orElse {
                    try await ledger.checkpointNote(of: ledger.publicOrigin).note
                }
                return try await ledger.cosign(checkpoint: bytes, as: member)
            }
            if let output { try writeFile(note, to: output) }
            if options.json { return printJSON(["checkpoint": String(decoding: note, as: UTF8.self)]) }
            if output == nil { print(String(decoding: note, as: UTF8.self), terminator: "") }
        }

        /// The note itself, or the one in a chain file's header.
        private func noteBytes(_ bytes: [UInt8]?) throws -> [UInt8]? {
            guard let bytes else { return nil }
            guard bytes.first == UInt8(ascii: "{") else { return bytes }
            return Array(try ChainFile(parsing: bytes).header.checkpoint.utf8)
        }
    }
}

struct TrustCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Write the trust policy that verifiers of this consortium use.",
        discussion: "Hand it to them by another way than the certificates that they will check with it.")
    @OptionGroup var options: LedgerOptions
    @Option(help: "How many witnesses must have cosigned a checkpoint.") var quorum: Int
    @Option(name: .customLong("without"), parsing: .singleValue, help: "A member not to count as a witness.")
    var excluded: [String] = []
    @Option(name: .shortAndLong, help: "Write to a file instead of standard output.") var output: String?

    func run() async throws {
        let excluded: [MemberName] = try excluded.map { try parsed($0, "member name") }
        let bytes = try await options.reading { try await $0.trustPolicy(quorum: quorum, excluding: excluded).bytes }
        if let output { try writeFile(bytes, to: output) }
        if options.json { return printJSON(["policy": String(decoding: bytes, as: UTF8.self)]) }
        if output == nil { print(String(decoding: bytes, as: UTF8.self), terminator: "") }
    }
}
