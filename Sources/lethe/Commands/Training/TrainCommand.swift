import ArgumentParser
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import Verifying

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train every shard of a member's datasets for an open round, and commit the exact merge.",
        discussion: """
            Each shard goes on from what the round's topology says. Every run is committed on the member's private \
            chain. The command may be ended at any time and given again: it goes on where it was, to the same bytes.
            """)
    @OptionGroup var options: LedgerOptions
    @Argument(help: "The round.") var round: String
    @Option(name: .customLong("dataset"), parsing: .singleValue, help: "A dataset, or the first characters of its id.")
    var datasets: [String]
    @Option(help: "The recipe file.") var recipe: String
    @OptionGroup var how: TrainingHow

    func run() async throws {
        let round: RoundID = try parsed(round, "round name")
        let recipe = try readRecipe(recipe)
        let training = try how.options
        try await options.writing { ledger in
            let member = try await options.actor(ledger, role: .contributor)
            var ids: [DatasetID] = []
            for text in datasets { ids.append(try await ledger.resolveDataset(text)) }
            let request = TrainingRequest(round: round, datasets: ids, recipe: recipe, options: training)
            let summary = try await ledger.train(request, as: member)
            if options.json { return printJSON(TrainAnswer(summary)) }
            printSummary(summary, member)
        }
    }

    private func printSummary(_ summary: TrainingSummary, _ member: MemberName) {
        var table = TextTable(["dataset", "shard", "records", "from", "run", "adapter"])
        for row in summary.runs {
            table.add([
                row.trained.dataset.text, "\(row.trained.shard)", "\(row.trained.records.count)",
                row.trained.parent.map { short($0.hex) } ?? "the base", short(row.trained.run.hex),
                short(row.trained.adapter.hex),
            ])
        }
        print(table.text)
        if summary.reused > 0 { print("\(summary.reused) of \(summary.runs.count) run(s) were done already") }
        let event = summary.contribution
        printRecorded(
            summary.recorded,
            "\(member) \(summary.wasDone ? "had committed" : "committed") \(short(event.adapter.hex)) to \(event.round)"
                + "\(summary.wasDone ? " already" : ""), trained on \(event.weight) records",
            json: false)
    }

    private struct TrainAnswer: Encodable {
        var adapter: ArtifactDigest
        var event: EventHash
        var records: Int
        var reused: Int
        var runs: [ShardTrained]

        init(_ summary: TrainingSummary) {
            adapter = summary.contribution.adapter
            event = summary.recorded.event
            records = summary.contribution.weight.value
            reused = summary.reused
            runs = summary.runs.map(\.trained)
        }
    }
}

/// How runs are computed, as options say it.
struct TrainingHow: ParsableArguments {
    @Option(help: "Threads of the built-in trainer (default: all cores). They change no bit.") var threads: Int?
    @OptionGroup var trainer: TrainerGiven
    @Option(help: "Save the run's state every so many steps (default: as often as costs next to nothing).")
    var saveEvery: Int?

    var options: TrainingOptions {
        get throws {
            TrainingOptions(threads: threads, trainer: try trainer.command, saveEvery: saveEvery)
        }
    }

    func validate() throws {
        for (name, value) in [("threads", threads), ("save-every", saveEvery)] {
            guard let value, !(1...1_024).contains(value) else { continue }
            throw ValidationError("--\(name) \(value) is not between 1 and 1024")
        }
    }
}

/// An external trainer, as options name it.
struct TrainerGiven: ParsableArguments {
    @Option(help: "A command that trains instead of the built-in trainer; it gets the path of a job directory.")
    var trainer: String?
    @Option(help: "With --trainer: how long one run may take: 90s, 15m, 12h (default: as long as it does).")
    var trainerLimit: String?

    /// - Throws: for an empty line.
    var command: TrainerCommand? {
        get throws {
            let limit = trainerLimit.flatMap(Verifying.Duration.init)?.seconds
            return try trainer.map { try TrainerCommand($0, limitSeconds: limit) }
        }
    }

    func validate() throws {
        guard let trainerLimit else { return }
        guard trainer != nil else { throw ValidationError("--trainer-limit belongs to --trainer") }
        guard Verifying.Duration(trainerLimit) != nil else {
            throw ValidationError("--trainer-limit \(trainerLimit) is not a duration: \(Verifying.Duration.hint)")
        }
    }
}

/// `lethe replay --retrain`.
func replayRuns(
    _ options: LedgerOptions, dataset: String?, round: String?, recording: Bool, _ training: TrainingOptions
) async throws {
    let round: RoundID? = try round.map { try parsed($0, "round name") }
    let work: @Sendable (Ledger) async throws -> ([RunReplay], [ContributionReplay]) = { ledger in
        let id: DatasetID?
        if let dataset { id = try await ledger.resolveDataset(dataset) } else { id = nil }
        let (runs, contributions) = try await ledger.retrain(dataset: id, round: round, options: training)
        if recording {
            let member: MemberName? = try options.as.map { try parsed($0, "member name") }
            for run in runs { _ = try await ledger.recordReproduction(run, as: member) }
        }
        return (runs, contributions)
    }
    let (runs, contributions) = try await recording ? options.writing(work) : options.reading(work)
    if options.json {
        printJSON(
            RetrainAnswer(contributions: contributions.map(ContributionAnswer.init), runs: runs.map(RunAnswer.init)))
    } else {
        printRuns(runs)
        for line in contributions.map(ContributionAnswer.init) {
            print("\(line.round): the contribution of \(line.member) \(short(line.expected.hex)): \(line.outcome)")
        }
    }
    let wrong = runs.count(where: \.isWrong) + contributions.count(where: \.isWrong)
    if wrong > 0 {
        let isExternal = runs.contains { $0.isWrong && $0.trainer?.kind == .external }
        throw Answer.no(
            "\(wrong) result(s) are not what the chain says",
            hint: isExternal
                ? "an external trainer may give other bytes on other hardware or versions: its runs stay attested"
                : "the chain, the data or the base was changed")
    }
    // Without a single comparison there is no answer.
    if !runs.isEmpty, runs.allSatisfy({ if case .notRun = $0.outcome { true } else { false } }) {
        throw Answer.unknown("none of \(runs.count) run(s) could be run again", hint: "the list says why")
    }
}

private func printRuns(_ runs: [RunReplay]) {
    guard !runs.isEmpty else { return print("no training runs") }
    var table = TextTable(["round", "dataset", "shard", "chain says", "replay gives", ""])
    for run in runs {
        let answer = RunAnswer(run)
        table.add([
            run.round.text, run.shard.dataset.text, "\(run.shard.shard)", short(run.tensors.hex),
            run.computedTensors.map { short($0.hex) } ?? "-", answer.outcome,
        ])
    }
    print(table.text)
}

private struct RetrainAnswer: Encodable {
    var contributions: [ContributionAnswer]
    var runs: [RunAnswer]
}

private struct RunAnswer: Encodable {
    var computedRun: ArtifactDigest?
    var computedTensors: ArtifactDigest?
    var dataset: DatasetID
    var event: EventHash
    var outcome: String
    var round: RoundID
    var run: ArtifactDigest
    var shard: Count
    var tensors: ArtifactDigest

    init(_ replay: RunReplay) {
        (computedRun, computedTensors) = (replay.computedRun, replay.computedTensors)
        (dataset, shard, round) = (replay.shard.dataset, replay.shard.shard, replay.round)
        (event, run, tensors) = (replay.event, replay.run, replay.tensors)
        outcome =
            switch replay.outcome {
            case .equal: "equal"
            case .reproduced: "reproduced"
            case .differs(let what): "differs: \(what)"
            case .notRun(let reason): "not run: \(reason)"
            }
    }
}

private struct ContributionAnswer: Encodable {
    var computed: ArtifactDigest?
    var expected: ArtifactDigest
    var member: MemberName
    var outcome: String
    var round: RoundID

    init(_ replay: ContributionReplay) {
        (computed, expected, member, round) = (replay.computed, replay.expected, replay.member, replay.round)
        outcome =
            replay.problem.map { "differs: \($0)" } ?? replay.reason.map { "not merged: \($0)" }
            ?? (replay.isWrong ? "differs: merging its runs gives \(replay.computed!.hex)" : "equal")
    }
}
