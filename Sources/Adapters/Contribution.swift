/// An adapter with the weight that it has in a merge.
public struct Contribution: Sendable {
    public let adapter: Adapter
    /// 1 to `maximumWeight`: typically the number of training records.
    public let weight: Int
    /// How messages call this contribution: an organisation, a directory.
    public let label: String

    public static let maximumWeight = Int(Int32.max)
    /// The largest number of contributions to one merge.
    public static let maximumCount = 4096

    public init(_ adapter: Adapter, weight: Int, label: String) throws(MergeError) {
        guard (1...Self.maximumWeight).contains(weight) else { throw .weight(label: label, weight: weight) }
        self.adapter = adapter
        self.weight = weight
        self.label = label
    }
}
