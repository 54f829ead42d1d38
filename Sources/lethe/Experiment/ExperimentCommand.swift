import ArgumentParser
import Bytes
import Events
import Foundation
import LetheEngine
import Reports
import Training

/// `lethe experiment`: federations through the real ledger, deletions, retrains and approximate methods, in one table.
struct ExperimentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "experiment",
        abstract:
            "Federate organisations, delete, and compare exact unlearning with retraining and approximate methods.",
        discussion: """
            Trains every topology with every number of shards through a ledger of its own; then deletes one subject, one \
            percent of all records, and one organisation, each from a copy; trains each federation again without the records, \
            apart from the ledger; and weakens the model approximately. Writes experiment.json and experiment.html.

            Without --data the records are made up and the base is embedded: it takes seconds and shows how it works. With \
            --data DIR, a folder with ORGANISATION.train.tsv and ORGANISATION.test.tsv, and --base DIR, a Hugging Face \
            directory, it takes from minutes to hours: each of the three deletions costs one training of the federation \
            more. Each ledger lies in the output directory while its federation runs, and holds the records; the two files \
            are written after each federation, and --resume goes on after the last of them.
            """)

    @Option(help: "A folder with ORGANISATION.train.tsv and ORGANISATION.test.tsv (default: records are made up).")
    var data: String?
    @Option(help: "The base's Hugging Face directory (default: the embedded base).") var base: String?
    @Option(parsing: .upToNextOption, help: "isolated, feedback.") var topologies = ["isolated", "feedback"]
    @Option(parsing: .upToNextOption, help: "Numbers of shards that each organisation deals its records to.")
    var shards = [2, 4]
    @Option(help: "Rounds.") var rounds = 2
    @Option(help: "Records of an organisation at most.") var records = 24
    @Option(help: "Organisations, where records are made up.") var organisations = 3
    @Option(name: .customLong("epochs"), help: "Epochs a round (default: 1; 6 on the embedded base).") var givenEpochs:
        Int?
    @Option(
        name: .customLong("learning-rate"), help: "The learning rate (default: 0.002; 0.01 on the embedded base).")
    var givenLearningRate: String?
    @Option(help: "Records of a step.") var batch = 16
    @Option(help: "Tokens of a text that are read.") var tokens = 40
    @Option(help: "The rank of the adapters.") var rank = 8
    @Option(help: "What salts, keys, choices and initial values follow from.") var seed = 1
    @Option(help: "Threads (default: all cores).") var threads: Int?
    @Option(name: .shortAndLong, help: "The directory to write; it must not exist.") var output = "lethe-experiment"
    @Flag(help: "Go on in the output directory: federations that it has figures of are not trained again.") var resume =
        false
    @Flag(help: "Answer in JSON: the figures.") var json = false

    private var epochs: Int { givenEpochs ?? (base == nil ? 6 : 1) }
    private var learningRate: String { givenLearningRate ?? (base == nil ? "0.01" : "0.002") }

    func validate() throws {
        let limits = [
            ("--rounds", rounds, 1...100), ("--records", records, 4...1_000_000),
            ("--organisations", organisations, 2...50), ("--epochs", epochs, 1...1_000), ("--batch", batch, 1...1_024),
            ("--tokens", tokens, 2...512),
            ("--rank", rank, 1...64), ("--seed", seed, 0...1 << 52),
        ]
        for (name, value, range) in limits where !range.contains(value) {
            throw ValidationError("\(name) takes \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        for number in shards where !(1...1_000).contains(number) {
            throw ValidationError("--shards takes 1 to 1000, not \(number)")
        }
        guard !shards.isEmpty, !topologies.isEmpty else {
            throw ValidationError("give at least one topology and one number of shards")
        }
        guard RecipeNumber(learningRate) != nil else {
            throw ValidationError("--learning-rate takes a decimal number, not \(learningRate)")
        }
    }

    func run() async throws {
        let topologies: [Topology] = try topologies.map { try parsed($0, "topology") }
        guard !topologies.contains(.cohort) else {
            throw Answer(code: 64, message: "the experiment has no cohorts", hint: "isolated, feedback")
        }
        let input = try input()
        let recipe = try recipe(for: input.base)
        var federations = try measuredBefore(input)
        let pairs = topologies.flatMap { topology in shards.map { (topology: topology, shards: $0) } }
        try refuse(federations, notIn: pairs)
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        try write(results(input, federations))
        do {
            for run in runs(of: pairs, except: federations, input, recipe) {
                federations.append(try await run.run())
                try write(results(input, federations))
            }
        } catch {
            // What was measured before stays.
            if federations.isEmpty { try? FileManager.default.removeItem(atPath: output) }
            throw error
        }
        show(results(input, federations))
    }

    /// The federations that have no figures yet, under one estimate.
    private func runs(
        of pairs: [(topology: Topology, shards: Int)], except measured: [ExperimentResults.Federation],
        _ input: ExperimentInput, _ recipe: Recipe
    ) -> [FederationRun] {
        func runs(_ progress: ExperimentProgress) -> [FederationRun] {
            pairs.filter { pair in
                !measured.contains { $0.topology == pair.topology.rawValue && $0.shards == pair.shards }
            }
            .map { topology, shards in
                FederationRun(
                    input: input, recipe: recipe, topology: topology, shards: shards, rounds: rounds, seed: seed,
                    threads: threads ?? ProcessInfo.processInfo.activeProcessorCount,
                    directory: "\(output)/\(topology.rawValue)-\(shards)", progress: progress)
            }
        }
        let samples = runs(ExperimentProgress(total: 1)).map(\.expectedSamples).reduce(0, +)
        return runs(ExperimentProgress(total: samples))
    }

    // MARK: Going on

    /// What an earlier run of the same experiment measured; nothing where there was none.
    private func measuredBefore(_ input: ExperimentInput) throws -> [ExperimentResults.Federation] {
        guard FileManager.default.fileExists(atPath: output) else { return [] }
        guard resume else {
            throw Answer.unknown(
                "\(output) exists already", hint: "name another directory with --output, or go on there with --resume")
        }
        let path = "\(output)/experiment.json"
        guard let earlier = try? JSONDecoder().decode(ExperimentResults.self, from: Data(try readFile(path))) else {
            throw Answer.unknown(
                "\(path) has no figures of an experiment", hint: "name another directory with --output")
        }
        let now = results(input, earlier.federations)
        guard
            (earlier.base, earlier.organisations, earlier.settings) == (now.base, now.organisations, now.settings)
        else {
            throw Answer.unknown(
                "\(path) was measured with other settings or records",
                hint: "give the command line that stands in \(output)/experiment.html")
        }
        return earlier.federations
    }

    private func refuse(
        _ measured: [ExperimentResults.Federation], notIn pairs: [(topology: Topology, shards: Int)]
    ) throws {
        for federation in measured {
            guard
                pairs.contains(where: { $0.topology.rawValue == federation.topology && $0.shards == federation.shards })
            else {
                throw Answer.unknown(
                    "\(output) has figures of \(federation.topology) × \(federation.shards), which is not asked for now",
                    hint: "name it too with --topologies and --shards")
            }
        }
    }

    private func input() throws -> ExperimentInput {
        let location = base.map { BaseLocation.directory(URL(fileURLWithPath: $0).path) } ?? .embedded(seed: 1)
        let encoder = try location.load()
        let people =
            if let data { try ExperimentInput.organisations(in: data, limit: records) } else {
                ExperimentInput.made(organisations: organisations, records: records, seed: UInt64(seed))
            }
        return ExperimentInput(
            base: encoder, location: location,
            baseName: base == nil ? BaseLocation.name(ofEmbedded: 1) : BaseName("experiment/base")!,
            organisations: people)
    }

    private func recipe(for base: BaseEncoder) throws -> Recipe {
        let number = { (text: String) in RecipeNumber(text)! }
        return try Recipe(
            base: base.digest, tokenizer: base.tokenizer.digest,
            lora: .init(rank: rank, alpha: 2 * rank, targetModules: ["query", "value"]), modulesToSave: ["classifier"],
            classCount: 2,
            optimiser: .init(
                learningRate: number(learningRate), beta1: number("0.9"), beta2: number("0.999"),
                epsilon: number("0.00000001"), weightDecay: number("0.01"), schedule: .constant),
            epochs: epochs, batchSize: batch, maximumTokens: min(tokens, base.configuration.positionCount),
            seed: UInt64(seed))
    }

    private func results(
        _ input: ExperimentInput, _ federations: [ExperimentResults.Federation]
    ) -> ExperimentResults {
        ExperimentResults(
            base: base.map { URL(fileURLWithPath: $0).standardizedFileURL.lastPathComponent } ?? input.baseName.text,
            cores: ProcessInfo.processInfo.activeProcessorCount,
            organisations: input.organisations.map {
                .init(
                    name: $0.name.text, records: $0.records.count,
                    subjects: Set($0.records.compactMap(\.subject)).count,
                    heldOut: $0.heldOut.count)
            },
            majorityPPM: input.majorityPPM,
            settings: .init(
                batchSize: batch, epochs: epochs, learningRate: learningRate, maximumTokens: tokens, rank: rank,
                rounds: rounds, seed: seed),
            federations: federations)
    }

    private func write(_ results: ExperimentResults) throws {
        let report = ExperimentReport(results, command: commandLine)
        try writeFile(report.json() + [0x0a], to: "\(output)/experiment.json")
        try writeFile(Array(report.html().utf8), to: "\(output)/experiment.html")
    }

    private func show(_ results: ExperimentResults) {
        if json { return printJSON(results) }
        var table = TextTable([
            "federation", "deleted", "records", "equal", "accuracy", "after", "retrain", "membership", "after",
            "samples",
            "of", "time", "of",
        ])
        for federation in results.federations {
            for deletion in federation.deletions {
                table.add([
                    "\(federation.topology) × \(federation.shards)", deletion.kind, "\(deletion.forgotten)",
                    deletion.isEqual ? "yes" : "NO", decimal(deletion.accuracyBeforePPM, 6),
                    decimal(deletion.accuracyAfterPPM, 6), decimal(deletion.accuracyRetrainPPM, 6),
                    decimal(deletion.areaBefore.aucPPM, 6), decimal(deletion.areaAfter.aucPPM, 6),
                    "\(deletion.unlearning.samples)", "\(deletion.retraining.samples)",
                    decimal(deletion.wholeMilliseconds, 3), decimal(deletion.retraining.milliseconds, 3),
                ])
            }
        }
        print(table.text)
        print(
            "\(output)/experiment.html: the same with approximate methods and the ledger's cost; experiment.json: the figures"
        )
    }

    /// The command line that gives the figures again.
    private var commandLine: String {
        var words = ["lethe experiment"]
        if let data { words.append("--data \(data)") }
        if let base { words.append("--base \(base)") }
        words.append("--topologies \(topologies.joined(separator: " "))")
        words.append("--shards \(shards.map(String.init).joined(separator: " "))")
        words.append("--rounds \(rounds) --records \(records) --epochs \(epochs) --learning-rate \(learningRate)")
        words.append("--batch \(batch) --tokens \(tokens) --rank \(rank) --seed \(seed)")
        if data == nil { words.append("--organisations \(organisations)") }
        return words.joined(separator: " ")
    }
}
