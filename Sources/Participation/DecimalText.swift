/// Decimal strings of published documents, read exactly or not at all.
///
/// One spelling for each value: no sign but a leading `-`, no leading zero, no trailing zero after the
/// point, no exponent, no `-0`. A value that needs more fraction digits than its field has is refused,
/// never rounded.
public enum DecimalText {
    public enum Failure: Error, Hashable, Sendable {
        /// Not the one canonical spelling of a decimal number.
        case notCanonical(String)
        /// The value has more fraction digits than the field's scale of `digits` holds.
        case notExact(String, digits: Int)
        /// The scaled value leaves Int64.
        case tooLarge(String)
    }

    /// The value of `text` times 10^`digits`, exactly.
    public static func scaled(_ text: String, digits: Int) throws(Failure) -> Int64 {
        let negative = text.utf8.first == UInt8(ascii: "-")
        let unsigned = Array(text.utf8.dropFirst(negative ? 1 : 0))
        let parts = unsigned.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let whole = parts[0]
        let fraction = parts.count == 2 ? parts[1] : []
        let digitRange = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard !whole.isEmpty, whole.count == 1 || whole.first != digitRange.lowerBound,
            whole.allSatisfy(digitRange.contains), fraction.allSatisfy(digitRange.contains),
            parts.count == 1 || (!fraction.isEmpty && fraction.last != digitRange.lowerBound),
            !(negative && unsigned == [digitRange.lowerBound])
        else { throw .notCanonical(text) }
        guard fraction.count <= digits else { throw .notExact(text, digits: digits) }
        var value: Int64 = 0
        for digit in whole + fraction + [UInt8](repeating: 48, count: digits - fraction.count) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(digit - 48))
            guard !overflow, !carry else { throw .tooLarge(text) }
            value = sum
        }
        return negative ? -value : value
    }

    /// The canonical spelling of `scaled` / 10^`digits`.
    public static func text(_ scaled: Int64, digits: Int) -> String {
        var characters = String(scaled.magnitude)
        if characters.count <= digits {
            characters = String(repeating: "0", count: digits + 1 - characters.count) + characters
        }
        let whole = characters.dropLast(digits)
        var fraction = characters.suffix(digits)
        while fraction.last == "0" { fraction.removeLast() }
        let sign = scaled < 0 ? "-" : ""
        return fraction.isEmpty ? sign + whole : sign + whole + "." + fraction
    }
}
