/// A non-negative decimal number in the one spelling that a recipe may have: no exponent, no leading or
/// trailing zero.
public struct RecipeNumber: Hashable, Sendable {
    public let text: String

    /// `nil` unless `text` is `0`, `12`, `0.25`, ... with at most 40 characters.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isDigits = { (part: Substring.UTF8View) in
            !part.isEmpty && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        guard text.utf8.count <= 40, (1...2).contains(parts.count), parts.allSatisfy(isDigits) else {
            return nil
        }
        guard parts[0].count == 1 || parts[0].first != UInt8(ascii: "0") else { return nil }
        if parts.count == 2, parts[1].last == UInt8(ascii: "0") { return nil }
        self.text = text
    }

    /// The nearest binary64 number, ties to even.
    var value: Double { Double(text)! }
}
