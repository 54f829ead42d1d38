public import Bytes

/// One example to learn from.
public struct TrainingRecord: Hashable, Sendable {
    /// The salted record commitment of formats.md §1: what a run names the record by, and what its place depends on.
    public typealias Commitment = Hash256<TrainingRecord>

    public var commitment: Commitment
    public var text: String
    /// The class, from 0.
    public var label: Int

    public init(commitment: Commitment, text: String, label: Int) {
        self.commitment = commitment
        self.text = text
        self.label = label
    }
}

/// The order in which an epoch visits records: ascending by a hash of seed, epoch and commitment.
///
/// Each record's key is its own, so taking one away leaves the others in their order; and no file order matters.
enum DataOrder {
    private enum Place {}

    /// The places of `commitments` in the order of `epoch` (from 0).
    static func order(of commitments: [TrainingRecord.Commitment], seed: UInt64, epoch: Int) -> [Int] {
        var prefix = Array("lethe/order/v1\0".utf8)
        prefix.appendBigEndian(seed)
        prefix.appendBigEndian(UInt32(epoch))
        let keys = commitments.map { Hash256<Place>.sha256(prefix, $0.bytes) }
        return commitments.indices.sorted { keys[$0] < keys[$1] }
    }
}
