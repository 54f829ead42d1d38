import Adapters
import ArgumentParser
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine

struct RoundCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "round", abstract: "Open and close rounds.", subcommands: [Open.self, Close.self])

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Open a round for contributions.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The round's name.") var round: String
        @Option(help: "mean, ffa or stack.") var rule = "mean"
        @Option(help: "isolated, feedback or cohort.") var topology = "isolated"
        @Option(
            name: .customLong("cohort"), parsing: .singleValue,
            help: "NAME=MEMBER,MEMBER…: members that learn from each other alone; once for each cohort.")
        var cohorts: [String] = []
        @Option(help: "The base's digest (default: the only one registered).") var base: String?

        func run() async throws {
            let round: RoundID = try parsed(round, "round name")
            let rule: Events.MergeRule = try parsed(rule, "merge rule")
            let topology: Topology = try parsed(topology, "topology")
            let cohorts = try cohorts.isEmpty ? nil : Ascending(cohorts.map(Self.cohort))
            try await options.writing { ledger in
                let member = try await options.actor(ledger, role: .aggregator)
                let bases = try await ledger.view.allBases
                guard let digest = try base.map({ try parsedDigest($0, "base digest") }) ?? bases.first?.base,
                    base != nil || bases.count == 1
                else {
                    throw Answer.unknown(
                        "\(bases.count) bases are registered", hint: "name one with --base, or lethe base register")
                }
                let recorded = try await ledger.record(
                    .roundOpened(
                        RoundOpened(base: digest, round: round, rule: rule, topology: topology, cohorts: cohorts)),
                    as: member, on: ledger.publicOrigin)
                printRecorded(recorded, "opened \(round)", json: options.json)
            }
        }

        private static func cohort(_ text: String) throws -> Cohort {
            let parts = text.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw Answer(
                    code: 64, message: "\"\(text)\" is not a cohort", hint: "for example: --cohort east=alder,birch")
            }
            let members: [MemberName] = try parts[1].split(separator: ",").map { try parsed(String($0), "member name") }
            return Cohort(members: Ascending(members), name: try parsed(String(parts[0]), "cohort name"))
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Close a round: its contributions are settled.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The round's name.") var round: String

        func run() async throws {
            let round: RoundID = try parsed(round, "round name")
            try await options.writing { ledger in
                let member = try await options.actor(ledger, role: .aggregator)
                printRecorded(try await ledger.closeRound(round, as: member), "closed \(round)", json: options.json)
                for row in try await ledger.view.decisions(in: round) where row.state == .broken {
                    standardError("lethe: \(row.member) promised to contribute to \(round) and did not")
                }
            }
        }
    }
}

struct AdapterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adapter", abstract: "PEFT adapters.",
        subcommands: [Inspect.self, Diff.self, Commit.self, WithdrawCommand.self, Import.self, Export.self])

    /// An adapter directory on its own knows its base by name only; for the digest any base will do when two are compared.
    static func open(_ path: String, base: String?) throws -> Adapter {
        let digest = try base.map { try parsedDigest($0, "base digest") } ?? ArtifactDigest.sha256([])
        do {
            return try Adapter(directory: path, base: BaseDigest(retagging: digest))
        } catch {
            throw Answer.unknown("\(path) is not an adapter that can be used: \(error)")
        }
    }

    struct Inspect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an adapter's tensors and digests.")
        @Argument(help: "A PEFT directory.") var directory: String
        @Option(help: "The base's digest, which is part of the adapter digest.") var base: String?
        @Flag(name: .long, help: "Answer in JSON.") var json = false

        func run() async throws {
            let adapter = try AdapterCommand.open(directory, base: base)
            let inspection: AdapterInspection
            do {
                inspection = try AdapterInspection(of: adapter)
            } catch {
                throw Answer.unknown("\(directory): \(error)")
            }
            if json { return printJSON(InspectAnswer(inspection, hasBase: base != nil)) }
            print("tensor digest   \(inspection.digests.tensors)")
            if base != nil { print("adapter digest  \(inspection.digests.adapter)") }
            let configuration = inspection.configuration
            print(
                "rank \(configuration.rank), alpha \(configuration.alpha), base \(configuration.baseName ?? "not named")"
            )
            print(
                "\(inspection.tensors.count) tensors, \(inspection.elementCount) elements, \(inspection.byteCount) bytes\n"
            )
            var table = TextTable(["tensor", "type", "shape", "norm", "largest", "zeros"])
            for tensor in inspection.tensors {
                table.add([
                    tensor.description.name, "\(tensor.description.element)",
                    tensor.description.shape.map(String.init).joined(separator: "×"),
                    String(format: "%.6g", tensor.norm), String(format: "%.6g", tensor.largestMagnitude),
                    "\(tensor.zeroCount)",
                ])
            }
            print(table.text)
        }

        private struct InspectAnswer: Encodable {
            struct Tensor: Encodable {
                var elements: Int
                var name: String
                var shape: [Int]
                var type: String
            }

            var adapterDigest: String?
            var bytes: Int
            var elements: Int
            var rank: Int
            var tensorDigest: String
            var tensors: [Tensor]

            init(_ inspection: AdapterInspection, hasBase: Bool) {
                adapterDigest = hasBase ? inspection.digests.adapter.hex : nil
                bytes = inspection.byteCount
                elements = inspection.elementCount
                rank = inspection.configuration.rank
                tensorDigest = inspection.digests.tensors.hex
                tensors = inspection.tensors.map {
                    Tensor(
                        elements: $0.description.count, name: $0.description.name, shape: $0.description.shape,
                        type: "\($0.description.element)")
                }
            }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare two adapters element by element. Exit 1 where they differ.")
        @Argument(help: "A PEFT directory.") var first: String
        @Argument(help: "Another one.") var second: String
        @Flag(name: .long, help: "Answer in JSON.") var json = false

        func run() async throws {
            let diff: AdapterDiff
            do {
                diff = try AdapterDiff(
                    AdapterCommand.open(first, base: nil), AdapterCommand.open(second, base: nil))
            } catch let error as Answer {
                throw error
            } catch {
                throw Answer.unknown("\(error)")
            }
            if json { printJSON(DiffAnswer(diff)) } else { printDiff(diff) }
            if !diff.isEmpty { throw Answer.no("the adapters differ") }
        }

        private func printDiff(_ diff: AdapterDiff) {
            guard !diff.isEmpty else { return print("the adapters are the same function, bit for bit") }
            for field in diff.fields { print("\(field.name): \(field.first) | \(field.second)") }
            for tensor in diff.onlyInFirst { print("only in \(first): \(tensor.name)") }
            for tensor in diff.onlyInSecond { print("only in \(second): \(tensor.name)") }
            var table = TextTable(["tensor", "differing", "largest", "largest ulp"])
            for tensor in diff.tensors {
                guard let elements = tensor.elements else {
                    print("\(tensor.first.name): type or shape differs")
                    continue
                }
                table.add([
                    tensor.first.name, "\(elements.differingCount) of \(tensor.first.count)",
                    String(format: "%.6g", elements.largestDifference), "\(elements.largestUlps)",
                ])
            }
            if !table.isEmpty { print(table.text) }
        }

        private struct DiffAnswer: Encodable {
            var differing: [String: Int]
            var equal: Bool
            var fields: [String]
            var onlyInFirst: [String]
            var onlyInSecond: [String]

            init(_ diff: AdapterDiff) {
                equal = diff.isEmpty
                fields = diff.fields.map(\.name)
                onlyInFirst = diff.onlyInFirst.map(\.name)
                onlyInSecond = diff.onlyInSecond.map(\.name)
                differing = Dictionary(
                    diff.tensors.map { ($0.first.name, $0.elements?.differingCount ?? $0.first.count) },
                    uniquingKeysWith: max)
            }
        }
    }

    struct Commit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Commit an adapter to an open round.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The PEFT directory.") var directory: String
        @Option(help: "The round.") var round: String
        @Option(help: "The weight: the number of training samples.") var samples: Int
        @Option(
            name: .customLong("parent"), parsing: .singleValue,
            help: "The digest of an adapter that training started from (default: what the topology suggests).")
        var parents: [String] = []
        @Flag(help: "Training started from the base, whatever the topology suggests.") var fromBase = false

        func run() async throws {
            let parents = try parents.map { try parsedDigest($0, "parent digest") }
            let request = ContributionRequest(
                directory: directory, round: try parsed(round, "round name"), weight: samples,
                parents: fromBase ? [] : parents.isEmpty ? nil : parents)
            try await options.writing { ledger in
                let member = try await options.actor(ledger, role: .contributor)
                let (recorded, event) = try await ledger.commitAdapter(request, as: member)
                printRecorded(
                    recorded, "\(member) committed \(short(event.adapter.hex)) to \(event.round)", json: options.json)
            }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take in an adapter that another member handed over. The chain must know it.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "PEFT directories.") var directories: [String]

        func run() async throws {
            try await options.writing { ledger in
                var answers: [[String: String]] = []
                for directory in directories {
                    let found = try await ledger.importAdapter(at: directory)
                    answers.append(["adapter": found.adapter.hex, "directory": directory, "round": found.round.text])
                    if !options.json { print("\(directory): \(short(found.adapter.hex)) of \(found.round)") }
                }
                if options.json { printJSON(answers) }
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a contribution as a PEFT directory, to hand it to another member.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The adapter's digest, or its first digits.") var adapter: String
        @Argument(help: "The directory to write.") var output: String

        func run() async throws {
            let output = output
            let row = try await options.reading { try await $0.exportContribution(adapter, to: output) }
            printFile(
                output, ["adapter": row.adapter.hex, "member": row.member.text, "round": row.round.text],
                "the contribution of \(row.member) to \(row.round)", json: options.json)
        }
    }
}

struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Models: exact merges of rounds.",
        subcommands: [Materialize.self, Attest.self, Recall.self, Export.self, LineageOfFile.self])

    struct Materialize: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Merge a closed round's contributions exactly.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The round.") var round: String
        @Option(help: "Merge the contributions of this cohort alone.") var cohort: String?

        func run() async throws {
            let round: RoundID = try parsed(round, "round name")
            let cohort: CohortName? = try cohort.map { try parsed($0, "cohort name") }
            try await options.writing { ledger in
                let member = try await options.actor(ledger, role: .aggregator)
                let (recorded, event) = try await ledger.materialize(round, cohort: cohort, as: member)
                printRecorded(
                    recorded,
                    "\(round.name(cohort: cohort)) gives the model \(short(event.model.hex)) of \(event.contributions.count) contributions",
                    json: options.json)
            }
        }
    }

    struct Recall: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Give up a model that a plan wants rebuilt, because what it needs is lost. The result is then not exact."
        )
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The round.") var round: String
        @Option(help: "The model of this cohort.") var cohort: String?
        @Option(help: "The plan's digest.") var plan: String

        func run() async throws {
            let round: RoundID = try parsed(round, "round name")
            let cohort: CohortName? = try cohort.map { try parsed($0, "cohort name") }
            let plan = try beginning(plan, "plan digest")
            try await options.writing { ledger in
                let member = try await options.actor(ledger, role: .aggregator)
                printRecorded(
                    try await ledger.recall(round, cohort: cohort, plan: ledger.resolvePlan(plan), as: member),
                    "recalled the model of \(round.name(cohort: cohort))", json: options.json)
            }
        }
    }

    struct Attest: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Merge again what somebody else materialised, and confirm equal bytes on the chain.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The round, or the model's digest or first digits.") var model: String

        func run() async throws {
            try await options.writing { ledger in
                let member = try await options.actor(ledger)
                let row = try await ledger.resolveModel(model)
                printRecorded(
                    try await ledger.attest(row.model, as: member),
                    "\(member) got the same bytes for \(short(row.model.hex))",
                    json: options.json)
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a current model as a PEFT directory.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The round, or the model's digest or first digits.") var model: String
        @Argument(help: "The directory to write.") var output: String

        func run() async throws {
            let output = output
            let row = try await options.reading { try await $0.exportModel(model, to: output) }
            printFile(
                output, ["model": row.model.hex, "round": row.round.text], "the model \(row.model) of \(row.round)",
                json: options.json)
        }
    }

    struct LineageOfFile: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lineage",
            abstract:
                "Which events is this adapter made of? Down to the base, with the proof of each. Exit 1 if unknown.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "A PEFT directory.") var directory: String

        func run() async throws {
            let directory = directory
            let lineage = try await options.reading { try await $0.lineage(ofDirectory: directory) }
            if options.json { return printJSON(lineage) }
            printLineage(lineage)
        }
    }
}

func printLineage(_ lineage: Lineage) {
    print("\(lineage.kind) \(lineage.adapter), \(lineage.state)")
    for node in lineage.nodes {
        let indent = String(repeating: "  ", count: node.depth)
        print("\(indent)\(node.type) \(node.label)  event \(node.index) \(short(node.event.hex))  \(node.proof)")
    }
    print(
        "\(String(repeating: "  ", count: (lineage.nodes.map(\.depth).max() ?? 0) + 1))base \(lineage.baseName) \(short(lineage.base.hex))…"
    )
}
