import Adapters

/// A signed integer of any size, the shortest way: sign and magnitude in 32-bit digits, least first.
struct BigInteger: Comparable {
    private var isNegative: Bool
    private var digits: [UInt32]

    init(_ value: Int) {
        isNegative = value < 0
        digits = [UInt32(truncatingIfNeeded: value.magnitude), UInt32(value.magnitude >> 32)]
        trim()
    }

    private mutating func trim() {
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty { isNegative = false }
    }

    var isZero: Bool { digits.isEmpty }
    var signum: Int { isZero ? 0 : isNegative ? -1 : 1 }

    static prefix func - (value: Self) -> Self {
        var result = value
        result.isNegative = !value.isNegative && !value.isZero
        return result
    }

    private static func magnitudeLess(_ left: [UInt32], _ right: [UInt32]) -> Bool {
        left.count != right.count
            ? left.count < right.count : left.reversed().lexicographicallyPrecedes(right.reversed())
    }

    static func < (left: Self, right: Self) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative
            ? magnitudeLess(right.digits, left.digits) : magnitudeLess(left.digits, right.digits)
    }

    static func + (left: Self, right: Self) -> Self {
        if left.isNegative != right.isNegative { return subtract(left, right) }
        var result = left
        var carry: UInt64 = 0
        for index in 0..<max(left.digits.count, right.digits.count) + 1 {
            if index >= result.digits.count { result.digits.append(0) }
            carry += UInt64(result.digits[index])
            if index < right.digits.count { carry += UInt64(right.digits[index]) }
            result.digits[index] = UInt32(truncatingIfNeeded: carry)
            carry >>= 32
        }
        result.trim()
        return result
    }

    /// The sum of two numbers of different sign.
    private static func subtract(_ left: Self, _ right: Self) -> Self {
        if magnitudeLess(left.digits, right.digits) { return subtract(right, left) }
        var result = left
        var borrow: Int64 = 0
        for index in result.digits.indices {
            var digit = Int64(result.digits[index]) - borrow
            if index < right.digits.count { digit -= Int64(right.digits[index]) }
            borrow = digit < 0 ? 1 : 0
            result.digits[index] = UInt32(truncatingIfNeeded: digit)
        }
        result.trim()
        return result
    }

    static func * (left: Self, right: Self) -> Self {
        var result = BigInteger(0)
        result.digits = [UInt32](repeating: 0, count: left.digits.count + right.digits.count + 1)
        for (i, a) in left.digits.enumerated() {
            var carry: UInt64 = 0
            for j in 0...right.digits.count {
                let b = j < right.digits.count ? UInt64(right.digits[j]) : 0
                carry += UInt64(a) * b + UInt64(result.digits[i + j])
                result.digits[i + j] = UInt32(truncatingIfNeeded: carry)
                carry >>= 32
            }
        }
        result.isNegative = left.isNegative != right.isNegative
        result.trim()
        return result
    }

    static func << (left: Self, count: Int) -> Self {
        var result = left * BigInteger(1 << (count % 32))
        result.digits.insert(contentsOf: [UInt32](repeating: 0, count: count / 32), at: 0)
        result.trim()
        return result
    }
}

/// What a correctly rounded result is, said without rounding anything: no other number is nearer, and of
/// two that are equally near it is the even one.
enum Reference {
    /// Precision, exponent of the least subnormal, bits of infinity.
    private static func format(_ element: ElementType) -> (precision: Int, least: Int, infinity: UInt64) {
        switch element {
        case .f16: (11, -24, 0x7c00)
        case .bf16: (8, -133, 0x7f80)
        case .f32: (24, -149, 0x7f80_0000)
        case .f64: (53, -1074, 0x7ff0_0000_0000_0000)
        }
    }

    static func sign(_ element: ElementType) -> UInt64 { 1 << UInt64(element.size * 8 - 1) }

    static func isFinite(_ bits: UInt64, _ element: ElementType) -> Bool {
        bits & (sign(element) - 1) < format(element).infinity
    }

    /// The exponent of the unit that `value` counts in.
    static func unit(_ elements: ElementType...) -> Int { elements.map { format($0).least }.min()! }

    /// The value of `bits` in units of 2^unit; infinity counts as the power of two that it stands in for.
    static func value(_ bits: UInt64, _ element: ElementType, unit: Int) -> BigInteger {
        let (precision, least, _) = format(element)
        let magnitude = bits & (sign(element) - 1)
        let field = Int(magnitude >> UInt64(precision - 1))
        var fraction = Int(magnitude & (1 << UInt64(precision - 1) - 1))
        if field > 0 { fraction += 1 << (precision - 1) }
        let value = BigInteger(fraction) << (least - unit + max(field - 1, 0))
        return bits & sign(element) != 0 ? -value : value
    }

    /// Whether `result` is the correct rounding of `numerator` / `denominator` units of 2^unit, where an
    /// infinite result says that the correct one would be beyond the range. A zero has the sign of the
    /// fraction, or of `zeroSign` where that is zero.
    static func isCorrect(
        _ result: UInt64, _ element: ElementType, _ numerator: BigInteger, over denominator: BigInteger,
        unit: Int, zeroIsNegative: Bool = false
    ) -> Bool {
        let isNegative = result & sign(element) != 0
        if numerator.isZero { return result == (zeroIsNegative ? sign(element) : 0) }
        guard isNegative == (numerator.signum < 0) else { return false }
        let magnitude = result & (sign(element) - 1)
        let doubled = (isNegative ? -numerator : numerator) << 1
        let own = value(magnitude, element, unit: unit)
        let infinity = format(element).infinity
        guard magnitude <= infinity else { return false }
        if magnitude > 0 {
            let middle = (own + value(magnitude - 1, element, unit: unit)) * denominator
            guard middle < doubled || (middle == doubled && (magnitude & 1 == 0)) else { return false }
        }
        if magnitude < infinity {
            let middle = (own + value(magnitude + 1, element, unit: unit)) * denominator
            guard doubled < middle || (middle == doubled && (magnitude & 1 == 0)) else { return false }
        }
        return true
    }

    /// Whether `result` is the weighted mean of `inputs`, correctly rounded.
    static func isMean(
        _ result: UInt64, _ output: ElementType, of inputs: [UInt64], _ input: ElementType, weights: [Int]
    ) -> Bool {
        let unit = unit(input, output)
        let sum = zip(inputs, weights).reduce(BigInteger(0)) {
            $0 + value($1.0, input, unit: unit) * BigInteger($1.1)
        }
        return isCorrect(result, output, sum, over: BigInteger(weights.reduce(0, +)), unit: unit)
    }

    /// Whether `result` is `input` times a fraction, correctly rounded; a zero keeps its sign.
    static func isProduct(
        _ result: UInt64, _ output: ElementType, of input: UInt64, _ type: ElementType,
        times numerator: Int,
        over denominator: Int
    ) -> Bool {
        let unit = unit(type, output)
        return isCorrect(
            result, output, value(input, type, unit: unit) * BigInteger(numerator),
            over: BigInteger(denominator), unit: unit, zeroIsNegative: input & sign(type) != 0)
    }
}
