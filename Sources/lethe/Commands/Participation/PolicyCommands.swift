import ArgumentParser
import Bytes
import ChainViews
import Events
import LetheEngine

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "How agents decide and how rewards are settled.",
        subcommands: [Adopt.self, List.self])

    struct Adopt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adopt an agent policy or settlement rules for the rounds that are opened from now on.",
            discussion: """
                FILE is JSON; its "format" says which of the two it is (schemas/participation.md). It takes as many \
                members' signatures as the charter wants: where too few of them have their keys here, the event is \
                written to --draft for others to sign.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The policy.") var file: String
        @Option(name: .customLong("with"), parsing: .singleValue, help: "Another local member that signs.")
        var cosigners: [String] = []
        @Option(help: "Write the event to FILE for further signatures, and append nothing.") var draft: String?

        func run() async throws {
            let text = try readFile(file)
            let cosigners: [MemberName] = try cosigners.map { try parsed($0, "member name") }
            try await options.writing { ledger in
                let author = try await options.actor(ledger, role: .aggregator)
                let content = try await ledger.policyEvent(parsing: text, path: file)
                let event = Event.policyAdopted(content)
                if let draft {
                    try writeFile(try await ledger.draft(event, as: author, cosigners: cosigners) + [0x0a], to: draft)
                    return printFile(
                        draft, ["member": author.text], draftWords(author),
                        json: options.json)
                }
                let recorded = try await ledger.record(
                    event, as: author, on: ledger.publicOrigin, cosigners: cosigners)
                let policy = "\(content.kind.rawValue) \(short(content.document.digest.hex))"
                printRecorded(recorded, "adopted the \(policy)", json: options.json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The adopted policies; the last of each kind is in force.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let view = try await options.reading { try await $0.view }
            if options.json { return printJSON(view.allPolicies) }
            guard !view.allPolicies.isEmpty else { return print("no policies") }
            var table = TextTable(["policy", "kind", "adopted at", ""])
            for row in view.allPolicies {
                let isInForce = view.policyInForce(row.kind)?.policy == row.policy
                table.add([short(row.policy.hex), row.kind.rawValue, "\(row.adoptedAt)", isInForce ? "in force" : ""])
            }
            print(table.text)
        }
    }
}
