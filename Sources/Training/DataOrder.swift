internal import Bytes

/// The order in which an epoch visits records: ascending by a hash of seed, epoch and commitment.
///
/// Each record's key is its own, so taking one away leaves the others in their order; and no file order
/// matters.
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
