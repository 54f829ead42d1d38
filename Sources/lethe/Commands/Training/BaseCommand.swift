import ArgumentParser
import Bytes
import Events
import Foundation
import LetheEngine
import Training

struct BaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "base", abstract: "Base models.", subcommands: [Register.self, Locate.self, List.self])

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register a frozen base model.",
            discussion: """
                With --directory or --embedded the ledger also keeps where the base is, so that lethe train finds it. \
                The embedded base needs no download: the program makes it from a seed. What is registered already gets \
                another name: that of a copy, so that adapters which name it may be committed.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "Where people fetch it, e.g. sentence-transformers/all-MiniLM-L6-v2.") var name: String?
        @Option(help: "SHA-256 of its weights file.") var digest: String?
        @Option(help: "The weights file, to take the digest of.") var file: String?
        @OptionGroup var place: BasePlace

        func run() async throws {
            guard [digest, file, place.directory, place.embedded.map { "\($0)" }].count(where: { $0 != nil }) == 1
            else {
                throw ValidationError("give one of --digest, --file, --directory and --embedded")
            }
            let location = try place.location
            let name = try baseName()
            try await options.writing { ledger in
                let member = try await options.actor(ledger, role: .aggregator)
                let recorded: Recorded
                if let location {
                    recorded = try await ledger.registerBase(name, at: location, as: member).recorded
                } else {
                    let base = try digest.map { try parsedDigest($0, "digest") } ?? fileDigest(file!)
                    recorded = try await ledger.record(
                        .baseRegistered(BaseRegistered(base: base, name: name)), as: member, on: ledger.publicOrigin)
                }
                printRecorded(recorded, "registered \(name)", json: options.json)
            }
        }

        private func baseName() throws -> BaseName {
            if let name { return try parsed(name, "base name") }
            guard let seed = place.embedded else {
                throw ValidationError("give the name under which people fetch the base")
            }
            return BaseLocation.name(ofEmbedded: seed)
        }
    }

    struct Locate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say where a registered base is on this machine. Nothing is recorded on a chain.")
        @OptionGroup var options: LedgerOptions
        @OptionGroup var place: BasePlace

        func run() async throws {
            guard let location = try place.location else {
                throw ValidationError("give --directory or --embedded")
            }
            let found = try await options.writing { try await $0.locateBase(at: location) }
            answer(found, "\(found.name) is at \(describe(found.location))", json: options.json)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Registered bases, and where each is.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let bases = try await options.reading { try await $0.baseSummaries() }
            if options.json { return printJSON(bases) }
            guard !bases.isEmpty else { return print("no bases") }
            var table = TextTable(["base", "name", "place"])
            for base in bases { table.add([short(base.base.hex), base.name.text, describe(base.location)]) }
            print(table.text)
        }
    }

    static func describe(_ location: BaseLocation?) -> String {
        switch location {
        case .directory(let path): path
        case .embedded(let seed): "made from the seed \(seed)"
        case nil: "unknown"
        }
    }
}

private func describe(_ location: BaseLocation?) -> String { BaseCommand.describe(location) }

/// Where a base is, as options say it.
struct BasePlace: ParsableArguments {
    @Option(help: "The Hugging Face directory of a BERT-family encoder.") var directory: String?
    @Option(name: .long, help: "The seed of the embedded base.") var embedded: UInt64?

    /// `nil` where neither option is given.
    var location: BaseLocation? {
        get throws {
            guard directory == nil || embedded == nil else {
                throw ValidationError("give --directory or --embedded, not both")
            }
            if let seed = embedded {
                guard seed <= BaseLocation.maximumSeed else {
                    throw ValidationError("the seed \(seed) is larger than \(BaseLocation.maximumSeed)")
                }
                return .embedded(seed: seed)
            }
            return directory.map { .directory(URL(fileURLWithPath: $0).standardizedFileURL.path) }
        }
    }
}
