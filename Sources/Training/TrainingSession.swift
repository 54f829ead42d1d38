internal import Bytes
internal import Kernels

/// A run under way: state that advances step by step and can be put down and taken up again.
final class TrainingSession {
    let recipe: Recipe
    let layout: AdapterLayout
    let inputs: RunInputs
    let stepsPerEpoch: Int

    private let encoder: FrozenEncoder
    private let threads: Int
    private let sequences: [[Int32]]
    private let givenLabels: [Int32]
    private let objective: StepObjective
    /// The parameters that the run began at, which frozen ones are put back to.
    private let initialValues: [Float]
    private var passes: [EncoderPass] = []
    private var order: (epoch: Int, places: [Int])?
    private let parameters, gradients: FloatStorage
    private let stepGradients: StepGradients
    private var optimiser: AdamW

    /// `records` in any order. Refuses what does not fit; nothing is computed yet.
    init(
        base: BaseEncoder, encoder: FrozenEncoder, recipe: Recipe, parent: NamedTensors?,
        records: [TrainingRecord],
        threads: Int, objective: StepObjective = .learning
    ) throws(TrainingError) {
        guard fixed_order_environment_is_ieee() else { throw .floatingPointEnvironment }
        try Self.refuseMisfit(recipe, base)
        let sorted = records.sorted { $0.commitment < $1.commitment }
        try Self.refuseBadRecords(sorted, recipe)
        layout = try AdapterLayout(objective.shape ?? recipe.shape, configuration: base.configuration)
        let initial = parent ?? layout.initialValues(recipe: recipe, base: base)
        initialValues = try layout.flatten(initial)
        parameters = FloatStorage(initialValues)
        gradients = FloatStorage(count: layout.valueCount)
        stepGradients = StepGradients(layout: layout, variant: encoder.variant)
        sequences = sorted.map { base.tokenizer.ids(of: $0.text, limit: recipe.maximumTokens) }
        givenLabels = sorted.map { Int32($0.label) }
        self.objective = objective
        stepsPerEpoch = (sorted.count + recipe.batchSize - 1) / recipe.batchSize
        optimiser = AdamW(
            recipe.optimiser, parameterCount: layout.valueCount, steps: stepsPerEpoch * recipe.epochs)
        self.recipe = recipe
        self.encoder = encoder
        self.threads = threads
        inputs = RunInputs(
            recipe: objective.recipe ?? recipe.digest, parent: objective.parent ?? parent?.digest,
            commitments: sorted.map(\.commitment))
    }

    var step: Int { optimiser.step }
    var stepCount: Int { stepsPerEpoch * recipe.epochs }
    /// The adapter as it is now.
    var tensors: NamedTensors { layout.tensors(of: parameters.values) }

    private static func refuseMisfit(_ recipe: Recipe, _ base: BaseEncoder) throws(TrainingError) {
        guard recipe.base == base.digest else {
            throw .anotherBase(expected: recipe.base, found: base.digest)
        }
        guard recipe.tokenizer == base.tokenizer.digest else {
            throw .anotherTokenizer(expected: recipe.tokenizer, found: base.tokenizer.digest)
        }
        guard recipe.maximumTokens <= base.configuration.positionCount else {
            throw .tooManyTokens(wanted: recipe.maximumTokens, positions: base.configuration.positionCount)
        }
    }

    /// `records` in ascending order of commitment.
    private static func refuseBadRecords(_ records: [TrainingRecord], _ recipe: Recipe)
        throws(TrainingError)
    {
        guard !records.isEmpty else { throw .noRecords }
        for (record, next) in zip(records, records.dropFirst()) where record.commitment == next.commitment {
            throw .duplicateRecord(record.commitment)
        }
        for record in records where !(0..<recipe.classCount).contains(record.label) {
            throw .labelOutOfRange(
                record: record.commitment, label: record.label, classes: recipe.classCount)
        }
    }

    // MARK: Steps

    /// Takes the next step and gives its mean loss.
    func advance() throws(TrainingError) -> Float {
        precondition(step < stepCount, "the run is finished")
        let epoch = step / stepsPerEpoch
        let first = step % stepsPerEpoch * recipe.batchSize
        let places = places(in: epoch)
        let chosen = Array(places[first..<min(first + recipe.batchSize, places.count)])
        let losses = computeGradients(of: chosen, labels: labels(in: epoch))
        let variant = encoder.variant
        if objective.ascends {
            variant.table.pointee.scale(gradients.count, -1, gradients.pointer, gradients.pointer)
        }
        optimiser.update(parameters, gradients: gradients, variant: variant)
        for range in objective.frozen {
            initialValues.withUnsafeBufferPointer {
                (parameters.pointer + range.lowerBound).update(
                    from: $0.baseAddress! + range.lowerBound, count: range.count)
            }
        }
        let loss = variant.table.pointee.sum(losses.count, losses) / Float(losses.count)
        guard loss.isFinite, fixed_order_all_finite(parameters.count, parameters.pointer) else {
            throw .diverged(step: step, steps: stepCount)
        }
        return loss
    }

    private func places(in epoch: Int) -> [Int] {
        if let order, order.epoch == epoch { return order.places }
        let places = DataOrder.order(of: inputs.commitments, seed: recipe.seed, epoch: epoch)
        order = (epoch, places)
        return places
    }

    /// The label of each record in `epoch`.
    private func labels(in epoch: Int) -> [Int32] {
        guard objective.drawsLabels else { return givenLabels }
        return inputs.commitments.map {
            DrawnLabel.label(of: $0, classes: recipe.classCount, seed: recipe.seed, epoch: epoch)
        }
    }

    /// Fills `gradients` for the records at `chosen`; the loss of each, in that order.
    private func computeGradients(of chosen: [Int], labels: [Int32]) -> [Float] {
        let batches = split(chosen, labels)
        while passes.count < batches.count { passes.append(EncoderPass(encoder)) }
        let used = Array(passes.prefix(batches.count))
        let values = StepParameters(layout: layout, values: parameters.pointer, variant: encoder.variant)
        parallel(threads: threads, tasks: batches.count) { task in
            used[task].forward(batches[task], values)
            used[task].backward(stepCount: chosen.count, lowest: layout.lowestLayer, values)
        }
        stepGradients.compute(from: used, into: gradients, threads: threads)
        return used.flatMap(\.losses)
    }

    /// The records at `chosen` in runs of neighbours with about as many tokens each. How many changes no bit.
    private func split(_ chosen: [Int], _ labels: [Int32]) -> [TokenBatch] {
        let total = chosen.reduce(0) { $0 + sequences[$1].count }
        let share = max(1, (total + threads - 1) / threads)
        var batches: [TokenBatch] = [TokenBatch()]
        var counted = 0
        for place in chosen {
            if counted >= share * batches.count { batches.append(TokenBatch()) }
            batches[batches.count - 1].append(sequences[place], label: labels[place])
            counted += sequences[place].count
        }
        return batches
    }

    // MARK: State

    /// The run as it is: `"lethe/training-state/v1" 00`, the inputs' hash, the step and the number of
    /// parameters as u64be, the parameters and both moments as little-endian binary32, and the SHA-256 of
    /// all that.
    var state: [UInt8] {
        var bytes = Self.stateMagic + inputs.digest.bytes
        bytes.appendBigEndian(UInt64(step))
        bytes.appendBigEndian(UInt64(parameters.count))
        for storage in [parameters, optimiser.firstMoment, optimiser.secondMoment] {
            storage.values.withLittleEndianBytes { bytes.append(contentsOf: $0) }
        }
        return bytes + Hash256<TrainingSession>.sha256(bytes).bytes
    }

    private static let stateMagic = Array("lethe/training-state/v1\0".utf8)

    /// Goes back, or on, to a state of the same run.
    func restore(_ state: [UInt8]) throws(TrainingError) {
        let magic = Self.stateMagic
        let valueBytes = parameters.count * 4
        let head = magic.count + 32 + 16
        guard state.count == head + 3 * valueBytes + 32 else {
            throw .stateDoesNotFit(reason: "\(state.count) bytes instead of \(head + 3 * valueBytes + 32)")
        }
        let body = Array(state.dropLast(32))
        guard Hash256<TrainingSession>.sha256(body).bytes == Array(state.suffix(32)) else {
            throw .stateDoesNotFit(reason: "its own hash does not match")
        }
        guard body.starts(with: magic), Array(body[magic.count..<magic.count + 32]) == inputs.digest.bytes
        else {
            throw .stateDoesNotFit(reason: "it is of a run with another recipe, parent or records")
        }
        let step = body.bigEndian(at: magic.count + 32, as: UInt64.self) ?? .max
        let count = body.bigEndian(at: magic.count + 40, as: UInt64.self)
        guard step < UInt64(stepCount), count == UInt64(parameters.count) else {
            throw .stateDoesNotFit(reason: "step \(step) of \(stepCount)")
        }
        let arrays = (0..<3).map { index in
            [Float](
                littleEndianBytes: body[(head + index * valueBytes)..<(head + (index + 1) * valueBytes)])
        }
        parameters.pointer.update(from: arrays[0], count: parameters.count)
        optimiser.restore(step: Int(step), firstMoment: arrays[1], secondMoment: arrays[2])
    }
}
