/// The arithmetic of this target: Int64 with units in the names, and one rounding rule.
enum FixedPoint {
    /// What a rate of 1 is, in basis points: rates have four decimal places.
    static let one: Int64 = 10_000

    /// The largest magnitude that a JSON number carries exactly: 2^53 − 1.
    static let jsonLimit: Int64 = 9_007_199_254_740_991

    /// `numerator` / `denominator`, rounded to the nearest integer, ties to the even one.
    ///
    /// - Precondition: `denominator` is positive and below 2^62.
    @inlinable
    static func roundedHalfToEven(_ numerator: Int64, over denominator: Int64) -> Int64 {
        precondition(denominator > 0, "a denominator is positive")
        var (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        if remainder < 0 {
            remainder += denominator
            quotient -= 1
        }
        // Now numerator = quotient · denominator + remainder with 0 ≤ remainder < denominator.
        let twice = 2 * remainder
        if twice > denominator || (twice == denominator && !quotient.isMultiple(of: 2)) { quotient += 1 }
        return quotient
    }

    /// ⌊`factor` · `numerator` / `denominator`⌋ with the product held in 128 bits.
    ///
    /// - Precondition: nothing is negative and the result is at most Int64.max; `numerator` ≤
    ///   `denominator` suffices.
    @inlinable
    static func flooredShare(_ factor: Int64, _ numerator: Int64, over denominator: Int64) -> Int64 {
        let product = UInt64(factor).multipliedFullWidth(by: UInt64(numerator))
        return Int64(UInt64(denominator).dividingFullWidth(product).quotient)
    }
}

/// All the integers from `low` to `high`: what a policy's check computes with instead of values.
///
/// An operation gives `nil` where any pair of members could leave Int64. So an expression that
/// evaluates to an interval cannot overflow for any values inside the intervals it started from.
struct Interval: Hashable, Sendable {
    let low: Int64
    let high: Int64

    init(_ low: Int64, _ high: Int64) {
        precondition(low <= high, "an interval has a low end")
        (self.low, self.high) = (low, high)
    }

    init(exactly value: Int64) { self.init(value, value) }

    func plus(_ other: Interval) -> Interval? {
        let (low, under) = low.addingReportingOverflow(other.low)
        let (high, over) = high.addingReportingOverflow(other.high)
        return under || over ? nil : Interval(low, high)
    }

    func times(_ other: Interval) -> Interval? {
        let products = [(low, other.low), (low, other.high), (high, other.low), (high, other.high)]
            .map { $0.0.multipliedReportingOverflow(by: $0.1) }
        guard products.allSatisfy({ !$0.overflow }) else { return nil }
        let values = products.map(\.partialValue)
        return Interval(values.min()!, values.max()!)
    }
}
