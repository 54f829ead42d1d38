/// A positive decimal number with one spelling: no exponent, no superfluous zeros.
///
/// Configurations hold `lora_alpha` as 16, 16.0 or 1.6e1; all three are the same function and must digest
/// alike.
public struct DecimalNumber: Hashable, Sendable, CustomStringConvertible {
    /// The digits, with a point only where there is a fraction.
    public let text: String

    /// More digits than this, before or after the point, are refused.
    public static let maximumDigits = 30

    public init(_ value: Int) {
        precondition(value > 0)
        text = String(value)
    }

    /// Reads a JSON number; `nil` unless it is above zero and within `maximumDigits`.
    public init?(jsonNumber: String) {
        let parts = jsonNumber.lowercased().split(separator: "e", maxSplits: 1)
        let mantissa = parts[0].split(separator: ".", maxSplits: 1)
        guard mantissa[0].first != "-", mantissa.allSatisfy({ $0.utf8.count <= 2 * Self.maximumDigits }),
            let exponent = parts.count == 2 ? Int(parts[1]) : 0, abs(exponent) <= 2 * Self.maximumDigits
        else { return nil }
        let fraction = mantissa.count == 2 ? String(mantissa[1]) : ""
        self.init(digits: mantissa[0] + fraction, pointAt: mantissa[0].count + exponent)
    }

    /// The number whose point stands before the digit `point`, which may lie outside of `digits`.
    private init?(digits: String, pointAt point: Int) {
        var digits = digits, point = point
        if point < 0 { digits = String(repeating: "0", count: -point) + digits }
        point = max(point, 0)
        if point > digits.count { digits += String(repeating: "0", count: point - digits.count) }
        let whole = digits.prefix(point).drop { $0 == "0" }
        var fraction = digits.dropFirst(point)
        while fraction.last == "0" { fraction.removeLast() }
        guard whole.count <= Self.maximumDigits, fraction.count <= Self.maximumDigits,
            !(whole.isEmpty && fraction.isEmpty)
        else { return nil }
        text = (whole.isEmpty ? "0" : String(whole)) + (fraction.isEmpty ? "" : "." + fraction)
    }

    public var description: String { text }

    /// An integer where JCS can hold it, otherwise a string.
    var canonical: JSONValue {
        if let integer = Int(text), integer < 1 << 53 { return .number(text) }
        return .string(text)
    }
}
