internal import Kernels

/// What a model says of one record.
public struct RecordOutcome: Hashable, Sendable {
    /// The cross entropy of the record's label, in nats.
    public var loss: Float
    /// The class with the greatest logit; of several the first.
    public var predicted: Int

    public init(loss: Float, predicted: Int) {
        self.loss = loss
        self.predicted = predicted
    }
}

extension Trainer {
    /// What `adapter` says of each record, in their order; the same bits for any number of threads.
    ///
    /// - Parameter maximumTokens: how many of a text's tokens are read, start and end among them.
    public func outcomes(
        of records: [TrainingRecord], adapter: NamedTensors, shape: AdapterShape, maximumTokens: Int
    ) throws(TrainingError) -> [RecordOutcome] {
        let classes = shape.classCount
        for record in records where !(0..<classes).contains(record.label) {
            throw .labelOutOfRange(record: record.commitment, label: record.label, classes: classes)
        }
        let logits = try logits(
            of: records.map(\.text), adapter: adapter, shape: shape, maximumTokens: maximumTokens)
        let labels = records.map { Int32($0.label) }
        var losses = [Float](repeating: 0, count: records.count)
        var gradients = [Float](repeating: 0, count: records.count * classes)
        encoder.variant.table.pointee.cross_entropy(
            records.count, classes, max(records.count, 1), Array(logits.joined()), labels, &losses, &gradients
        )
        return zip(logits, losses).map { row, loss in
            RecordOutcome(loss: loss, predicted: row.indices.max { (row[$0], $1) < (row[$1], $0) } ?? 0)
        }
    }
}

/// How often a model is right on some records, and how sure.
public struct Accuracy: Hashable, Sendable {
    public let records: Int
    public let correct: Int
    /// The mean cross entropy, in millionths of a nat.
    public let meanLossMicronats: Int

    /// The share of the records that it is right on, in millionths, half up.
    public var accuracyPPM: Int { (2_000_000 * correct + records) / (2 * records) }

    /// The order of the records changes nothing; there is at least one, and every loss is finite.
    public init(_ outcomes: [RecordOutcome], labels: [Int]) {
        precondition(
            !outcomes.isEmpty && outcomes.count == labels.count, "an outcome for each label, at least one")
        records = outcomes.count
        correct = zip(outcomes, labels).count { $0.predicted == $1 }
        // Smallest first, so that the sum depends on the losses alone.
        let total = outcomes.map { Double($0.loss) }.sorted().reduce(0, +)
        meanLossMicronats = Int((total / Double(outcomes.count) * 1_000_000).rounded())
    }
}
