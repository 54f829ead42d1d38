/// How many leaves a tree has.
///
/// Not a ``LeafIndex``: the last leaf of a tree of size 7 has index 6.
public struct TreeSize: RawRepresentable, Hashable, Comparable, Sendable, Codable {
    public let rawValue: Int

    public static let zero = TreeSize(0)

    /// `nil` for a negative number.
    public init?(rawValue: Int) {
        guard rawValue >= 0 else { return nil }
        self.rawValue = rawValue
    }

    /// Traps on a negative number; untrusted numbers go through ``init(rawValue:)``.
    public init(_ value: Int) {
        precondition(value >= 0, "a tree size is not negative")
        rawValue = value
    }

    /// Reads decimal digits without superfluous zeros; `nil` for anything else and for what exceeds 2^63 − 1.
    public init?(decimal text: some StringProtocol) {
        guard let value = parseDecimal(text) else { return nil }
        rawValue = value
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The index that the next leaf to be appended gets.
    public var nextIndex: LeafIndex { LeafIndex(rawValue) }

    /// The index of the last leaf; `nil` in the empty tree.
    public var lastIndex: LeafIndex? { LeafIndex(rawValue: rawValue - 1) }
}

extension TreeSize: CustomStringConvertible {
    public var description: String { String(rawValue) }
}
