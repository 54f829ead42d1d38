public import Adapters
public import Bytes

/// How far a run is, after each step.
public struct TrainingProgress: Hashable, Sendable {
    /// Steps taken, and steps in all.
    public let step, stepCount: Int
    /// The epoch of the step just taken, from 0.
    public let epoch: Int
    /// The mean loss of that step's records before it.
    public let loss: Float
}

/// What a finished run gives.
public struct TrainingResult: Equatable, Sendable {
    /// The adapter's tensors under PEFT's names.
    public let tensors: NamedTensors
    public let tensorDigest: TensorDigest
    public let runDigest: RunInputs.RunDigest
    /// What went in; its commitments are in the order that the run digest covers.
    public let inputs: RunInputs
    public let stepCount: Int
    /// The mean loss of the last step.
    public let lastLoss: Float
}

/// How a run ended.
public enum TrainingOutcome: Equatable, Sendable {
    case finished(TrainingResult)
    /// Stopped on request after a step; `train` goes on from `state` to the same bytes.
    case stopped(state: [UInt8])
}

/// Computes training runs on one base: functions of recipe, parent and records, and of nothing else
/// (design.md, I10).
///
/// Threads, variant, the order of the records and interruptions change no bit of the result.
public struct Trainer: Sendable {
    /// What to do after a step.
    public enum Direction: Hashable, Sendable {
        case goOn
        /// Hands the state to `save`, then goes on.
        case save
        case stop
    }

    public let base: BaseEncoder
    let encoder: FrozenEncoder
    let threads: Int

    /// Prepares the base's weights; worth keeping for several runs.
    public init(base: BaseEncoder, threads: Int = 1, variant: ArithmeticVariant = .best) {
        precondition(threads > 0)
        self.base = base
        self.threads = threads
        encoder = FrozenEncoder(base, variant: variant)
    }

    /// Trains an adapter on `records`, beginning at `parent` or, without one, at the recipe's initial values.
    ///
    /// - Parameters:
    ///   - parent: an adapter of the recipe's shape.
    ///   - records: in any order, no commitment twice.
    ///   - state: where an earlier call with the same arguments stopped.
    ///   - progress: called after each step; `stop` ends the call with the state reached.
    ///   - save: keeps a state from which another call goes on, for the case that this one is killed.
    public func train(
        _ recipe: Recipe, parent: NamedTensors? = nil, records: [TrainingRecord],
        resuming state: [UInt8]? = nil, progress: (TrainingProgress) -> Direction = { _ in .goOn },
        save: ([UInt8]) -> Void = { _ in }
    ) throws(TrainingError) -> TrainingOutcome {
        let session = try TrainingSession(
            base: base, encoder: encoder, recipe: recipe, parent: parent, records: records, threads: threads
        )
        if let state { try session.restore(state) }
        var loss = Float.nan
        while session.step < session.stepCount {
            loss = try session.advance()
            let report = TrainingProgress(
                step: session.step, stepCount: session.stepCount,
                epoch: (session.step - 1) / session.stepsPerEpoch,
                loss: loss)
            let direction = progress(report)
            guard session.step < session.stepCount else { break }
            switch direction {
            case .goOn: break
            case .save: save(session.state)
            case .stop: return .stopped(state: session.state)
            }
        }
        return .finished(Self.result(of: session, lastLoss: loss))
    }

    static func result(of session: TrainingSession, lastLoss: Float) -> TrainingResult {
        let tensors = session.tensors
        let digest = tensors.digest
        return TrainingResult(
            tensors: tensors, tensorDigest: digest, runDigest: session.inputs.runDigest(result: digest),
            inputs: session.inputs, stepCount: session.stepCount, lastLoss: lastLoss)
    }

    /// The adapter that a run without a parent begins at.
    public func initialAdapter(of recipe: Recipe) throws(TrainingError) -> NamedTensors {
        try AdapterLayout(recipe: recipe, configuration: base.configuration)
            .initialValues(recipe: recipe, base: base)
    }

    /// The logits of each text under `adapter`, whose shape is that of `recipe`: one array per text, a
    /// value per class.
    public func logits(
        of texts: [String], adapter: NamedTensors, recipe: Recipe
    ) throws(TrainingError) -> [[Float]] {
        try logits(of: texts, adapter: adapter, shape: recipe.shape, maximumTokens: recipe.maximumTokens)
    }

    /// The logits of each text under `adapter`: one array per text, a value per class.
    ///
    /// - Parameter maximumTokens: how many of a text's tokens are read, start and end among them.
    public func logits(
        of texts: [String], adapter: NamedTensors, shape: AdapterShape, maximumTokens: Int
    ) throws(TrainingError) -> [[Float]] {
        guard maximumTokens <= base.configuration.positionCount else {
            throw .tooManyTokens(wanted: maximumTokens, positions: base.configuration.positionCount)
        }
        let layout = try AdapterLayout(shape, configuration: base.configuration)
        let values = StepParameters(
            layout: layout, values: try layout.flatten(adapter), variant: encoder.variant)
        let groups = stride(from: 0, to: texts.count, by: 16).map {
            Array(texts[$0..<min($0 + 16, texts.count)])
        }
        let classes = shape.classCount
        let rows = FloatStorage(count: texts.count * classes)
        parallel(threads: threads, tasks: groups.count) { group in
            var batch = TokenBatch()
            for text in groups[group] {
                batch.append(base.tokenizer.ids(of: text, limit: maximumTokens), label: 0)
            }
            let pass = EncoderPass(encoder)
            pass.forward(batch, values)
            let logits = pass.logits
            (rows.pointer + group * 16 * classes).update(from: logits, count: logits.count)
        }
        let all = rows.values
        return texts.indices.map { Array(all[($0 * classes)..<(($0 + 1) * classes)]) }
    }
}
