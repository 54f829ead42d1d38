internal import Adapters
internal import Bytes
internal import Events
internal import Foundation
internal import Replay
internal import Synchronization
internal import Training

/// A base made ready, and what runs on it: the pure trainer or a command, with files where files are needed.
struct Workbench {
    let base: ArtifactDigest
    let baseName: BaseName
    let location: BaseLocation
    let encoder: BaseEncoder
    let trainer: Trainer
    let threads: Int
    /// `nil`: the built-in trainer.
    let command: TrainerCommand?
    /// Where plaintext lies for a moment.
    let scratch: String
    /// What it means where a command is refused.
    var onRefusal = "nothing was committed"

    /// Everything that one run takes.
    struct Job {
        let recipe: Recipe
        let parent: NamedTensors?
        let records: [TrainingRecord]

        var inputs: RunInputs {
            RunInputs(recipe: recipe.digest, parent: parent?.digest, commitments: records.map(\.commitment))
        }
    }

    /// What a run gave.
    struct Outcome {
        let tensors: NamedTensors
        let tensorDigest: TensorDigest
        let run: RunInputs.RunDigest
        let trainer: TrainerIdentity
    }

    /// The configuration of what a recipe trains on this base.
    func configuration(of recipe: Recipe) throws -> AdapterConfiguration {
        try recipe.adapterConfiguration(base: BaseDigest(retagging: base), baseName: baseName.text)
    }

    /// Refuses a recipe for another base or tokenizer, before anything is computed.
    func check(_ recipe: Recipe) throws {
        guard recipe.base == encoder.digest else {
            throw EngineError(
                .refused,
                "the recipe is for the base \(recipe.base), and that of the round, \(baseName), is "
                    + "\(encoder.digest)",
                hint: "lethe recipe new --base \(baseName) writes one for it")
        }
        guard recipe.tokenizer == encoder.tokenizer.digest else {
            throw EngineError(
                .refused,
                "the recipe is for the tokenizer \(recipe.tokenizer), and that of \(baseName) is "
                    + "\(encoder.tokenizer.digest)",
                hint: "the vocabulary was changed, or the recipe is for another; "
                    + "lethe recipe new writes one for it")
        }
    }

    /// Writes tensors as a PEFT directory for as long as `body` runs.
    func withDirectory<Result>(
        of tensors: NamedTensors, _ recipe: Recipe, _ body: (String, Adapter) throws -> Result
    ) throws -> Result {
        try withScratchDirectory(scratch) { directory in
            try write(tensors, recipe, to: directory)
            return try body(directory, try Adapter(directory: directory, base: BaseDigest(retagging: base)))
        }
    }

    func write(_ tensors: NamedTensors, _ recipe: Recipe, to directory: String) throws {
        try tensors.write(to: "\(directory)/\(Adapter.tensorsName)")
        try writeAtomically(
            configuration(of: recipe).peftBytes, to: "\(directory)/\(Adapter.configurationName)")
    }
}

/// What goes wrong in a training run, as people see it.
func trainingRefusal(_ error: TrainingError, of shard: ShardReference) -> EngineError {
    let hint =
        switch error {
        case .diverged: "nothing was committed; lower the learning rate in the recipe"
        case .labelOutOfRange:
            "nothing was committed; lethe recipe new --classes N writes a recipe for more classes"
        case .parentDoesNotFit:
            "nothing was committed; keep to the recipe's shape, or begin a new lineage with another dataset"
        case .tooManyTokens: "nothing was committed; lower maximumTokens in the recipe"
        default: "nothing was committed; lethe recipe show FILE shows what the recipe says"
        }
    return EngineError(
        .refused, "training shard \(shard.shard) of \(shard.dataset) failed: \(error)", hint: hint,
        cause: error)
}

/// Keeps the state of a run where a kill does not reach it, often enough to lose next to nothing and seldom
/// enough to cost next to nothing.
struct StateKeeper {
    /// Steps between two states; `nil`: whenever saving took less than a twentieth of the time since.
    let interval: Int?
    private let clock = ContinuousClock()
    private var last: ContinuousClock.Instant
    private var cost: Duration = .zero

    init(interval: Int?) {
        self.interval = interval
        last = clock.now
    }

    func isDue(step: Int) -> Bool {
        if let interval { return step % interval == 0 }
        return last.duration(to: clock.now) >= cost * 20
    }

    mutating func save(_ work: () throws -> Void) rethrows {
        let start = clock.now
        try work()
        last = clock.now
        cost = start.duration(to: last)
    }
}
