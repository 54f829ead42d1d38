internal import Adapters
public import Bytes
internal import ChainViews
public import Events
internal import Foundation
internal import LedgerStore
internal import Replay
public import Training

/// An approximate measure until a deletion is carried out.
public struct InterimRequest: Sendable {
    /// Where the steps' figures come from.
    public enum Steps: Sendable {
        case recipe(InterimRecipe)
        /// The usual optimiser; what the method is, and for how many epochs.
        case standard(
            InterimRecipe.Method, epochs: Int, learningRate: RecipeNumber, maximumTokens: Int, seed: UInt64)
    }

    public var deletion: DeletionID
    /// The model that is changed; of several rounds one is named.
    public var model: ArtifactDigest
    public var steps: Steps
    /// When it ends at the latest.
    public var until: Timestamp
    /// The records to forget.
    public var forget: [TrainingRecord]
    /// The PEFT directory that is written, to be served until then.
    public var output: String

    public init(
        deletion: DeletionID, model: ArtifactDigest, steps: Steps, until: Timestamp, forget: [TrainingRecord],
        output: String
    ) {
        self.deletion = deletion
        self.model = model
        self.steps = steps
        self.until = until
        self.forget = forget
        self.output = output
    }
}

/// Where an approximate measure stands, as people see it.
public struct MitigationStatus: Codable, Hashable, Sendable {
    public var adapter: ArtifactDigest
    public var deletion: DeletionID
    public var isOver: Bool
    public var method: MitigationMethod
    public var model: ArtifactDigest
    public var until: Timestamp

    /// `approximate, interim, ends on DATE`, or that it is over.
    public var words: String {
        "approximate, interim, " + (isOver ? "over (was to end on \(until.date))" : "ends on \(until.date)")
    }
}

extension Ledger {
    /// Changes a model approximately so that the records to forget count less in it, keeps the changed
    /// adapter, writes it as a PEFT directory, and records the measure with its end.
    ///
    /// Where the run has no result or the chain would refuse the measure, nothing is written and nothing
    /// recorded.
    public func applyInterim(
        _ request: InterimRequest, as member: MemberName
    ) throws -> (recorded: Recorded, mitigation: MitigationApplied) {
        let view = try view
        guard let row = view.model(request.model), let round = view.rounds[row.round] else {
            throw EngineError(
                .invalidRequest, "there is no model \(request.model)", hint: "lethe show models lists them")
        }
        guard let adapter = try adapter(row.model, base: round.base) else {
            throw EngineError(
                .missing, "the model \(row.model) is not in this ledger",
                hint: "ask the member that materialised it")
        }
        let base = try encoder(for: round.base)
        let recipe = try interimRecipe(request.steps, adapter, base.encoder)
        let tensors: NamedTensors
        do {
            let trainer = Trainer(base: base.encoder, threads: surroundings.cores)
            tensors = try trainer.weaken(NamedTensors(adapter), of: recipe, forgetting: request.forget) {
                progress in
                surroundings.progress("weakening \(row.round)", progress.step, progress.stepCount)
            }.tensors
        } catch {
            throw EngineError(
                .refused, "the model cannot be changed so: \(error)",
                hint: "nothing was recorded; another method, fewer epochs or a lower learning rate may do",
                cause: error)
        }
        var configuration = try recipe.resultShape.adapterConfiguration(
            base: BaseDigest(retagging: round.base), baseName: base.name.text)
        configuration.targets = adapter.configuration.targets
        let event = try keepInterim(
            tensors, configuration, request, method: MitigationMethod(rawValue: recipe.method.rawValue)!,
            recipe: ArtifactDigest(retagging: recipe.digest), as: member)
        return (try record(.mitigationApplied(event), as: member, on: publicOrigin), event)
    }

    /// Writes and keeps the changed adapter, after every check that the event must pass.
    private func keepInterim(
        _ tensors: NamedTensors, _ configuration: AdapterConfiguration, _ request: InterimRequest,
        method: MitigationMethod, recipe: ArtifactDigest, as member: MemberName
    ) throws -> MitigationApplied {
        try withScratchDirectory(scratch) { directory in
            try tensors.write(to: "\(directory)/\(Adapter.tensorsName)")
            try writeAtomically(configuration.peftBytes, to: "\(directory)/\(Adapter.configurationName)")
            let adapter = try Adapter(directory: directory, base: configuration.base)
            let digests = try adapter.digests()
            let event = MitigationApplied(
                adapter: ArtifactDigest(retagging: digests.adapter), deletion: request.deletion,
                method: method,
                model: request.model, recipe: recipe, tensors: ArtifactDigest(retagging: digests.tensors),
                until: request.until)
            try dryRun(.mitigationApplied(event), as: member, on: publicOrigin)
            try keepAdapter(at: directory, adapter, digest: event.adapter)
            try writeAdapter(adapter, digest: event.adapter, to: request.output)
            return event
        }
    }

    private func interimRecipe(
        _ steps: InterimRequest.Steps, _ adapter: Adapter, _ base: BaseEncoder
    ) throws -> InterimRecipe {
        guard case .standard(let method, let epochs, let rate, let tokens, let seed) = steps else {
            guard case .recipe(let recipe) = steps else {
                preconditionFailure("there are two kinds of steps")
            }
            return recipe
        }
        let number = { (text: String) in RecipeNumber(text)! }
        do {
            let shape = try AdapterShape(adapter)
            let training = try Recipe(
                base: base.digest, tokenizer: base.tokenizer.digest, lora: shape.lora,
                modulesToSave: shape.modulesToSave, classCount: shape.classCount,
                optimiser: .init(
                    learningRate: rate, beta1: number("0.9"), beta2: number("0.999"),
                    epsilon: number("0.00000001"), weightDecay: number("0"), schedule: .constant),
                epochs: epochs, batchSize: 16, maximumTokens: tokens, seed: seed)
            return InterimRecipe(method: method, training: training)
        } catch {
            throw EngineError(
                .invalidRequest, "no interim recipe follows from the model: \(error)",
                hint: "see schemas/interim-recipe.v1.json", cause: error)
        }
    }

    /// The approximate measures for a deletion, and whether they are over now.
    public func mitigations(for deletion: DeletionID) throws -> [MitigationStatus] {
        let view = try view
        let now = surroundings.now()
        return view.mitigations(for: deletion).map { row in
            MitigationStatus(
                adapter: row.mitigation.adapter, deletion: deletion, isOver: view.isOver(row, at: now),
                method: row.mitigation.method, model: row.mitigation.model, until: row.mitigation.until)
        }
    }

    /// The blobs of what served in the interim: they go when the deletion's plan is carried out.
    func interimAdapters(of deletions: some Sequence<DeletionID>) throws -> [BlobID] {
        let view = try view
        return deletions.flatMap { view.mitigations(for: $0) }.flatMap {
            BlobID.adapter($0.mitigation.adapter)
        }
    }
}
