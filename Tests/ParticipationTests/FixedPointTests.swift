@testable import Participation
import Testing

@Suite struct DecimalTextTests {
    @Test(arguments: [
        ("0", Int64(0)), ("1", 10_000), ("0.5", 5_000), ("0.0001", 1), ("-0.25", -2_500), ("12.3", 123_000),
    ])
    func readsExactly(text: String, scaled: Int64) throws {
        #expect(try DecimalText.scaled(text, digits: 4) == scaled)
        #expect(DecimalText.text(scaled, digits: 4) == text)
    }

    /// Signs, leading and trailing zeros, exponents, other digits, white space, and nothing at all.
    @Test(arguments: [
        "", "-", "+1", "-0", "00", "01", "1.", ".5", "0.50", "1e3", "0x1", " 1", "1 ", "٣", "0,5", "1.2.3", "--1",
        "0.-5", "-.5", "NaN",
    ])
    func refusesAnotherSpelling(text: String) {
        #expect(throws: DecimalText.Failure.notCanonical(text)) {
            try DecimalText.scaled(text, digits: 4)
        }
    }

    @Test func refusesWhatItWouldHaveToRound() {
        #expect(throws: DecimalText.Failure.notExact("0.00001", digits: 4)) {
            try DecimalText.scaled("0.00001", digits: 4)
        }
        #expect(throws: DecimalText.Failure.tooLarge("922337203685477.5808")) {
            try DecimalText.scaled("922337203685477.5808", digits: 4)
        }
    }
}

@Suite struct FixedPointTests {
    /// Against the definition: the nearest integer, found by looking at both neighbours of the quotient.
    @Test func roundsHalfToEven() {
        for denominator: Int64 in [1, 2, 3, 4, 7, 10] {
            for numerator: Int64 in -60...60 {
                let rounded = FixedPoint.roundedHalfToEven(numerator, over: denominator)
                let distance = (2 * (rounded * denominator - numerator)).magnitude
                #expect(distance <= denominator.magnitude)
                if distance == denominator.magnitude { #expect(rounded.isMultiple(of: 2)) }
            }
        }
    }

    @Test func intervalsHoldEveryProductAndSum() {
        let ends: [Int64] = [-7, -3, 0, 2, 5]
        for a in ends {
            for b in ends where a <= b {
                for c in ends {
                    for d in ends where c <= d {
                        let (x, y) = (Interval(a, b), Interval(c, d))
                        for p in a...b {
                            for q in c...d {
                                if let product = x.times(y) { #expect((product.low...product.high).contains(p * q)) }
                                if let sum = x.plus(y) { #expect((sum.low...sum.high).contains(p + q)) }
                            }
                        }
                        #expect(x.times(y) != nil)
                    }
                }
            }
        }
    }

    @Test func intervalsEndWhereInt64Does() {
        let large = Interval(exactly: 1 << 62)
        #expect(large.plus(large) == nil)
        #expect(large.times(Interval(exactly: 2)) == nil)
        #expect(large.times(Interval(-2, 0)) == Interval(.min, 0))
        #expect(Interval(exactly: .min).times(Interval(exactly: -1)) == nil)
    }
}
