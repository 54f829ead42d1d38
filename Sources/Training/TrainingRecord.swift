public import Bytes

/// One example to learn from.
public struct TrainingRecord: Hashable, Sendable {
    /// The salted record commitment of formats.md §1: what a run names the record by, and what its place
    /// depends on.
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
