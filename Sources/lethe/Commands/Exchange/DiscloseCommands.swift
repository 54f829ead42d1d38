import ArgumentParser
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import MerkleLog
import Proofs
import Verifying

struct DiscloseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disclose",
        abstract: "Open one event of a private chain for one reader, and record that it was opened.",
        discussion: """
            The file holds the event, the body behind its commitment, and the proofs that they stand on the private chain \
            and were anchored on the public one. Nothing else of the private chain can be learned from it but hashes, and \
            the size that the anchor had. lethe verify checks it offline.
            """)
    @OptionGroup var options: LedgerOptions
    @Argument(help: "The event: its hash, or at least 8 digits of it; or an anchor on the public chain.")
    var event: String
    @Option(name: .customLong("to"), help: "Who gets to see it: a member, or a name in one line.") var reader: String
    @Option(
        name: .customLong("kind"), help: "What the reader is: auditor, authority, data-subject, member, other.")
    var kind: String?
    @Option(help: "Why. It stays on the private chain.") var reason: String?
    @Flag(help: "Seal the file to the member's encryption key.") var seal = false
    @Option(help: "Seal the file to this X25519 key (base64).") var sealTo: String?
    @Option(help: "The reader's trust policy: the file stands under a checkpoint that meets it.") var trust: String?
    @Option(name: .shortAndLong, help: "The file to write.") var output: String

    func validate() throws {
        if seal, sealTo != nil { throw ValidationError("--seal and --seal-to exclude each other") }
        if FileManager.default.fileExists(atPath: output) {
            throw ValidationError("\(output) exists already; a disclosure is never written over another file")
        }
    }

    func run() async throws {
        let policy = try trust.map(readPolicy)
        let files = StagedFiles()
        let (disclosure, recorded) = try await options.writing { ledger in
            let hash = try await ledger.resolveEvent(event)
            let reader = try await options.as == nil ? ledger.onlyReader(of: hash) : nil
            let member = if let reader { reader } else { try await options.actor(ledger) }
            let request = try await request(ledger)
            let view = try await ledger.view
            let witnesses = await ledger.localMembers.filter {
                view.members[$0]?.roles.contains(.witness) ?? false
            }
            let output = output
            return try await ledger.disclose(hash, request, as: member, witnesses: witnesses, under: policy) {
                try files.add($1?.bytes ?? $0.bytes, for: output)
            }
        }
        try files.place()
        if policy == nil { try warnIfNobodyCosigned(Array(disclosure.chain.checkpoint.utf8)) }
        let what = disclosure.leaf.map { "event \($0.index)" } ?? "an anchor"
        if options.json {
            return printJSON(
                DisclosedAnswer(
                    anchor: disclosure.anchor.event, file: output, index: disclosure.leaf?.index,
                    recorded: recorded.event, sealed: isSealed))
        }
        print("\(output): \(what) opened for \(reader)\(isSealed ? ", sealed" : ""), \(fileSize(output)) bytes")
        printRecorded(recorded, "recorded", json: false)
    }

    private func fileSize(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    private var isSealed: Bool { seal || sealTo != nil }

    private func request(_ ledger: Ledger) async throws -> DisclosureRequest {
        let member = MemberName(reader)
        let isMember = try await ledger.view.memberNames.contains { $0 == member }
        let kind: AccessReader =
            try self.kind.map { try parsed($0, "kind of reader") } ?? (isMember ? .member : .other)
        guard kind != .member || isMember else {
            throw Answer(
                code: 64, message: "\(reader) is not a member",
                hint: "lethe show members lists them; else give another --kind")
        }
        var key: KeyBytes?
        if let sealTo { key = try parsed(sealTo, "key") }
        if seal {
            guard let member, isMember else {
                throw Answer(
                    code: 64, message: "\(reader) is not a member, so no key of theirs is known",
                    hint: "--seal-to KEY")
            }
            key = try await ledger.encryptionKey(of: member)
        }
        return DisclosureRequest(kind: kind, reader: reader, reason: reason, sealedTo: key)
    }
}

private struct DisclosedAnswer: Encodable {
    var anchor: EventHash
    var file: String
    var index: Count?
    var recorded: EventHash
    var sealed: Bool
}

struct DisclosureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disclosure", abstract: "Disclosure files that others sent.",
        subcommands: [Open.self, List.self])

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a file that was sealed to a key of this ledger.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The sealed file.") var file: String
        @Option(name: .shortAndLong, help: "The disclosure to write, for lethe verify.") var output: String

        func run() async throws {
            let bytes = try readFile(file)
            guard !Disclosure.isClaimed(by: bytes) else {
                throw Answer.unknown("\(file) is not sealed", hint: "lethe verify \(file) --trust POLICY checks it")
            }
            let sealed = try SealedDisclosure(parsing: bytes)
            let disclosure = try await options.reading { try await $0.open(sealed) }
            try writeFile(disclosure.bytes, to: output)
            printFile(
                output, [:], "opened; lethe verify \(output) --trust POLICY checks it", json: options.json)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What was opened for whom, on the private chains of this ledger.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let rows = try await options.reading { try await $0.accesses() }
            if options.json { return printJSON(rows) }
            var table = TextTable(["chain", "event", "by", "at", "opened", "how", "kind", "for", "reason"])
            for row in rows {
                table.add([
                    row.origin.text, "\(row.index)", row.author.text, row.claimedAt.text,
                    row.leaves.isEmpty ? "an anchor" : row.leaves.map { "event \($0)" }.joined(separator: ", "),
                    row.access.rawValue, row.kind.rawValue, row.reader.map(printable) ?? "(erased, or not here)",
                    row.reason.map(printable) ?? "",
                ])
            }
            print(table.isEmpty ? "nothing was opened for anybody" : table.text)
        }
    }
}
