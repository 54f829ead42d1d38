/// The place of a leaf in its chain, counted from zero.
///
/// An index, once given, is that leaf's for as long as the chain exists. How many leaves there are is a
/// ``TreeSize``: the two differ by one exactly where mistakes are made, so neither converts to the other
/// silently.
public struct LeafIndex: RawRepresentable, Hashable, Comparable, Sendable, Codable {
    public let rawValue: Int

    /// `nil` for a negative number.
    public init?(rawValue: Int) {
        guard rawValue >= 0 else { return nil }
        self.rawValue = rawValue
    }

    /// Traps on a negative number; untrusted numbers go through ``init(rawValue:)``.
    public init(_ value: Int) {
        precondition(value >= 0, "a leaf index is not negative")
        rawValue = value
    }

    /// Reads decimal digits without superfluous zeros; `nil` for anything else and for what exceeds 2^63 − 1.
    public init?(decimal text: some StringProtocol) {
        guard let value = parseDecimal(text) else { return nil }
        rawValue = value
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Whether a tree of `size` leaves has this one.
    public func isInside(_ size: TreeSize) -> Bool { rawValue < size.rawValue }
}

extension LeafIndex: CustomStringConvertible {
    public var description: String { String(rawValue) }
}

/// The number that the ASCII digits in `text` spell in their one spelling, at most 2^63 − 1; otherwise `nil`.
func parseDecimal(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8
    guard let first = digits.first, digits.count <= 19 else { return nil }
    guard first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
    var value = 0
    for digit in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        let (tens, overflowed) = value.multipliedReportingOverflow(by: 10)
        let (sum, carried) = tens.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
        guard !overflowed, !carried else { return nil }
        value = sum
    }
    return value
}
