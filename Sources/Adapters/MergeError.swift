/// Why adapters cannot be merged, or removed from a merge.
public enum MergeError: Error, Hashable, CustomStringConvertible {
    case noContributions
    case tooManyContributions(Int, limit: Int)
    case weight(label: String, weight: Int)
    /// Two contributions differ in something that must be equal.
    case mismatch(field: String, first: Side, second: Side)
    case missingTensor(String, label: String, presentIn: String)
    /// Rule `ffa`: an A matrix that must be shared is not.
    case differentSharedTensor(String, first: String, second: String)
    /// Rule `stack` under rank stabilisation: the factor √(stacked rank / rank) of a block is irrational.
    case irrationalFactor(module: String, label: String, rank: Int, stackedRank: Int)
    case rankTooLarge(module: String, rank: Int, limit: Int)
    /// The correctly rounded result is beyond the range of the output type.
    case overflow(tensor: String, index: Int, element: ElementType)

    /// One of two contributions, and what it has.
    public struct Side: Hashable, Sendable {
        public let label: String
        public let value: String

        public init(label: String, value: String) {
            self.label = label
            self.value = value
        }
    }

    public var description: String {
        switch self {
        case .noContributions: "nothing to merge"
        case .tooManyContributions(let count, let limit): "\(count) contributions, more than \(limit)"
        case .weight(let label, let weight):
            "\(label): weight \(weight) is not from 1 to \(Contribution.maximumWeight)"
        case .mismatch(let field, let first, let second):
            "\(field) differs: \(first.value) in \(first.label), \(second.value) in \(second.label)"
        case .missingTensor(let tensor, let label, let other):
            "tensor \(tensor) is in \(other) but not in \(label)"
        case .differentSharedTensor(let tensor, let first, let second):
            "tensor \(tensor) must be the same in every contribution and differs between \(first) and \(second)"
        case .irrationalFactor(let module, let label, let rank, let stacked):
            "\(module): under use_rslora a block of rank \(rank) (\(label)) in a stack of rank \(stacked) needs the"
                + " irrational factor √(\(stacked)/\(rank))"
        case .rankTooLarge(let module, let rank, let limit):
            "\(module): the stacked rank \(rank) is above \(limit)"
        case .overflow(let tensor, let index, let element):
            "tensor \(tensor): element \(index) is beyond the range of \(element.rawValue)"
        }
    }
}
