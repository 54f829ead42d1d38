import Adapters
import Kernels
import Testing

/// Runs the kernels on values given as bits.
enum Kernel {
    static func element(_ type: ElementType) -> lethe_element {
        switch type {
        case .f16: LETHE_F16
        case .bf16: LETHE_BF16
        case .f32: LETHE_F32
        case .f64: LETHE_F64
        }
    }

    static func pack(_ bits: [UInt64], _ type: ElementType) -> [UInt8] {
        bits.flatMap { bits in withUnsafeBytes(of: bits.littleEndian) { Array($0.prefix(type.size)) } }
    }

    static func unpack(_ bytes: [UInt8], _ type: ElementType) -> [UInt64] {
        stride(from: 0, to: bytes.count, by: type.size).map { start in
            bytes[start..<start + type.size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// `inputs[c][i]`; the results, and the index of the first that is out of range.
    static func mean(
        _ inputs: [[UInt64]], _ input: ElementType, weights: [Int], to output: ElementType,
        _ path: lethe_path
    ) -> (bits: [UInt64], inRange: Int) {
        let count = inputs[0].count
        let packed = inputs.flatMap { pack($0, input) }
        var result = [UInt8](repeating: 0, count: count * output.size)
        let inRange = packed.withUnsafeBytes { buffer in
            let pointers = inputs.indices.map { Optional(buffer.baseAddress! + $0 * count * input.size) }
            return lethe_exact_mean(
                pointers, weights.map(UInt32.init), inputs.count, count, element(input), &result,
                element(output), path)
        }
        return (unpack(result, output), inRange)
    }

    static func scale(
        _ values: [UInt64], _ input: ElementType, by numerator: Int, over denominator: Int,
        to output: ElementType, _ path: lethe_path
    ) -> [UInt64] {
        var result = [UInt8](repeating: 0, count: values.count * output.size)
        _ = lethe_exact_scale(
            pack(values, input), values.count, element(input), UInt64(numerator), UInt64(denominator),
            &result,
            element(output), path)
        return unpack(result, output)
    }
}

/// Three contributions of one element whose mean is a hair beside a midpoint.
struct NearTie {
    let inputs: [[UInt64]]
    let weights: [Int]
    let expected: UInt64

    /// Midpoint 2^10 (1 + 2^-24), which is 2^24 + 1 half steps; the third is 2^-72.
    static let up = NearTie(
        inputs: [[0x4480_0000], [0x4480_0001], [0x1b80_0000]],
        weights: [1 << 29, 1 << 29 + 1 << 24 + 1, 1], expected: 0x4480_0001)
    /// Midpoint 2^10 (1 + 3 · 2^-24); the third is −2^-72.
    static let down = NearTie(
        inputs: [[0x4480_0001], [0x4480_0002], [0x9b80_0000]],
        weights: [1 << 29, 1 << 29 + 1 << 24 + 3, 1], expected: 0x4480_0001)
}

private let paths = [LETHE_BEST, LETHE_BASELINE, LETHE_INTEGERS]
private let narrow: [ElementType] = [.f16, .bf16, .f32]

@Suite struct ExactMeanTests {
    /// Weights of every size, values of every exponent: sums of up to 300 bits, results in the subnormal
    /// range and beyond the largest number.
    @Test(arguments: narrow, narrow)
    func roundsArbitraryValuesCorrectly(input: ElementType, output: ElementType) {
        var generator = SplitMix64(seed: 1)
        for round in 0..<6 {
            let terms = 1 + round % 4
            let weights = (0..<terms).map { _ in 1 + Int(generator.next() >> (33 + 5 * UInt64(round))) }
            let inputs = weights.map { _ in (0..<300).map { _ in arbitraryBits(input, &generator) } }
            expectMeans(inputs, input, weights, output)
        }
    }

    /// What adapters look like, where the fast path should prove every rounding.
    @Test(arguments: narrow, narrow)
    func roundsOrdinaryValuesCorrectly(input: ElementType, output: ElementType) {
        var generator = SplitMix64(seed: 2)
        for weights in [
            [1], [1, 1], [3, 1], [331, 1190, 3111], [1, 1, 1, 1, 1, 1, 1], [536_870_912, 2_147_483_647],
        ] {
            let inputs = weights.map { _ in (0..<300).map { _ in ordinaryBits(input, &generator) } }
            expectMeans(inputs, input, weights, output)
        }
    }

    /// The mean of two neighbours is a tie, that of three a near tie; nothing shows a wrong sticky bit
    /// sooner.
    @Test(arguments: narrow)
    func roundsTiesAndNearTiesCorrectly(type: ElementType) {
        var generator = SplitMix64(seed: 3)
        let low = (0..<300).map { _ in arbitraryBits(type, &generator) & (Reference.sign(type) - 1) }
        let high = low.map { Reference.isFinite($0 + 1, type) ? $0 + 1 : $0 }
        let least = low.map { _ in UInt64(1) }
        expectMeans([low, high], type, [1, 1], type)
        expectMeans([low, high, least], type, [1 << 30, 1 << 30, 1], type)
        expectMeans(
            [low, high, least.map { $0 | Reference.sign(type) }], type, [1 << 30, 1 << 30, 1], type)
    }

    @Test func sumsF64WithoutRounding() {
        var generator = SplitMix64(seed: 4)
        let weights = [2_147_483_647, 1, 77]
        let inputs = weights.map { _ in (0..<60).map { _ in arbitraryBits(.f64, &generator) } }
        expectMeans(inputs, .f64, weights, .f64)
        let ordinary = weights.map { _ in (0..<60).map { _ in ordinaryBits(.f64, &generator) } }
        for output in ElementType.allCases { expectMeans(ordinary, .f64, weights, output) }
    }

    /// x and −x cancel to the last bit, whatever else is there; and a zero sum is +0 even of negative zeros.
    @Test func cancelsExactly() {
        let huge = UInt64(Float.greatestFiniteMagnitude.bitPattern)
        let tiny = UInt64(1)
        let sign = Reference.sign(.f32)
        for path in paths {
            let result = Kernel.mean(
                [[huge, huge, sign], [tiny, huge, sign], [huge | sign, huge | sign, sign]], .f32,
                weights: [1, 1, 1], to: .f32, path)
            #expect(result.bits == [0, 0x7eaa_aaaa, 0])
        }
    }

    /// x + y + z − x − y = z, however far apart the three are: two doubles cannot hold what is on the way.
    @Test(arguments: [ElementType.bf16, .f32, .f64])
    func cancelsAcrossThreeScales(type: ElementType) {
        var generator = SplitMix64(seed: 10)
        let sign = Reference.sign(type)
        let terms = (0..<3).map { _ in (0..<200).map { _ in arbitraryBits(type, &generator) } }
        let all = (terms + terms.prefix(2).map { $0.map { $0 ^ sign } }).shuffled(using: &generator)
        expectMeans(all, type, [3, 3, 3, 3, 3], type)
    }

    /// N times a midpoint between two numbers takes 54 bits, and what pulls the sum off it lies 58 bits
    /// below: a pair of doubles shows a tie where there is none. The first two weights differ by just what
    /// makes the third contribution's share of the midpoint up.
    @Test func seesWhatPullsASumOffATieFarBelow() {
        for path in paths {
            let up = Kernel.mean(NearTie.up.inputs, .f32, weights: NearTie.up.weights, to: .f32, path)
            #expect(up.bits == [NearTie.up.expected])
            let down = Kernel.mean(NearTie.down.inputs, .f32, weights: NearTie.down.weights, to: .f32, path)
            #expect(down.bits == [NearTie.down.expected])
        }
    }

    @Test func keepsTheSignOfWhatRoundsToZero() {
        for path in paths {
            let result = Kernel.mean([[0x8000_0001], [0], [0]], .f32, weights: [1, 1, 1], to: .f32, path)
            #expect(result.bits == [0x8000_0000])
        }
    }

    @Test func saysWhichElementIsOutOfRange() {
        for path in paths {
            let result = Kernel.mean(
                [[0x3f80_0000, 0x477f_e000, 0x477f_f000]], .f32, weights: [5], to: .f16, path)
            #expect(result.inRange == 2)
            #expect(result.bits.prefix(2) == [0x3c00, 0x7bff])
        }
    }

    /// All 65,536 values of a 16-bit type, each with itself: the mean is the value.
    @Test(arguments: [ElementType.f16, .bf16])
    func givesBackEveryValueOf16Bits(type: ElementType) {
        let values = (0..<UInt64(65536)).filter { Reference.isFinite($0, type) }
        for path in paths {
            let result = Kernel.mean(
                [values, values, values], type, weights: [7, 1000, 3], to: type, path)
            #expect(result.bits == values.map { $0 == Reference.sign(type) ? 0 : $0 })
        }
    }

    /// Every value of a 16-bit type against one partner each, by the reference.
    @Test(arguments: [ElementType.f16, .bf16])
    func roundsAMeanWithEveryValueOf16Bits(type: ElementType) {
        let all = (0..<UInt64(65536)).filter { Reference.isFinite($0, type) }
        var generator = SplitMix64(seed: 5)
        let values = stride(from: 0, to: all.count, by: 9).map { all[$0] }
        let partners = values.map { _ in arbitraryBits(type, &generator) }
        expectMeans([values, partners], type, [1, 2], type, paths: [LETHE_BEST])
        let everything = all.shuffled(using: &generator)
        let best = Kernel.mean([all, everything], type, weights: [1, 1], to: type, LETHE_BEST)
        #expect(
            best.bits
                == Kernel.mean([all, everything], type, weights: [1, 1], to: type, LETHE_INTEGERS).bits)
    }

    /// The table of `schemas/merging.md`; a result of `nil` is refused.
    @Test(
        arguments: [
            (ElementType.f32, ElementType.f32, [0x3f80_0000, 0x3f80_0001], [1, 1], 0x3f80_0000),
            (.f32, .f32, [0x3f80_0001, 0x3f80_0002], [1, 1], 0x3f80_0002),
            (.f32, .f32, [0x3f80_0001, 0x3f80_0002, 1], [1 << 30, 1 << 30, 1], 0x3f80_0001),
            (.f32, .f32, [0x7f7f_ffff, 0x7f7f_ffff, 0xff7f_ffff], [1, 1, 1], 0x7eaa_aaaa),
            (.f32, .f32, [1, 0], [1, 1], 0), (.f32, .f32, [3, 0], [1, 1], 2),
            (.f32, .f32, [0x8000_0001, 0, 0], [1, 1, 1], 0x8000_0000),
            (.f32, .f32, [0x8000_0000, 0x8000_0000], [1, 1], 0),
            (.f32, .f16, [0x477f_efff], [1], 0x7bff), (.f32, .f16, [0x477f_f000], [1], nil),
            (.f32, .bf16, [0x3f80_8001, 0x3f80_8000], [1, 1], 0x3f81),
        ] as [(ElementType, ElementType, [UInt64], [Int], UInt64?)])
    func givesTheKnownAnswers(
        input: ElementType, output: ElementType, values: [UInt64], weights: [Int], expected: UInt64?
    ) {
        for path in paths {
            let result = Kernel.mean(values.map { [$0] }, input, weights: weights, to: output, path)
            #expect(result.inRange == (expected == nil ? 0 : 1))
            if let expected { #expect(result.bits == [expected]) }
        }
    }

    private func expectMeans(
        _ inputs: [[UInt64]], _ input: ElementType, _ weights: [Int], _ output: ElementType,
        paths: [lethe_path] = paths, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let results = paths.map { Kernel.mean(inputs, input, weights: weights, to: output, $0) }
        let wrong = inputs[0].indices.filter { index in
            !Reference.isMean(
                results[0].bits[index], output, of: inputs.map { $0[index] }, input, weights: weights)
        }
        #expect(wrong.count == 0, "first at \(wrong.first ?? 0)", sourceLocation: sourceLocation)
        for other in results.dropFirst() {
            #expect(other.bits == results[0].bits, sourceLocation: sourceLocation)
            #expect(other.inRange == results[0].inRange, sourceLocation: sourceLocation)
        }
        let firstInfinite = results[0].bits.firstIndex { !Reference.isFinite($0, output) }
        #expect(results[0].inRange == firstInfinite ?? inputs[0].count, sourceLocation: sourceLocation)
    }
}

@Suite struct ExactScaleTests {
    @Test(arguments: ElementType.allCases, ElementType.allCases)
    func roundsProductsCorrectly(input: ElementType, output: ElementType) {
        var generator = SplitMix64(seed: 6)
        let factors = [
            (1, 1), (2, 3), (3_111 * 6, 9_876), (1, 1 << 40), (4_611_686_018_427_387_903, 3),
            (7, 4_611_686_018_427_387_903),
        ]
        for (numerator, denominator) in factors {
            let values =
                (0..<100).map { index in
                    index % 2 == 0 ? arbitraryBits(input, &generator) : ordinaryBits(input, &generator)
                } + [0, Reference.sign(input)]
            let results = paths.map {
                Kernel.scale(values, input, by: numerator, over: denominator, to: output, $0)
            }
            let wrong = values.indices.filter {
                !Reference.isProduct(
                    results[0][$0], output, of: values[$0], input, times: numerator, over: denominator)
            }
            #expect(wrong.count == 0, "\(numerator)/\(denominator)")
            #expect(results[1] == results[0] && results[2] == results[0])
        }
    }
}

extension ExactScaleTests {
    /// 2^110 − 1 is 13358552633049217 · 97171770796654719, so a unit over the latter is that midpoint of 54 bits
    /// and then nothing for 56 bits: 128 bits of fraction end before, and only the remainder shows a tie broken.
    @Test(arguments: ElementType.allCases)
    func seesARemainderBelowTheFraction(input: ElementType) {
        let denominator = 97_171_770_796_654_719
        let values = [1, 1 | Reference.sign(input)]
        for path in paths {
            let result = Kernel.scale(values, input, by: 1, over: denominator, to: .f64, path)
            for (value, bits) in zip(values, result) {
                #expect(
                    Reference.isProduct(bits, .f64, of: value, input, times: 1, over: denominator))
            }
        }
    }
}

@Suite struct FiniteScanTests {
    /// One NaN or infinity at each place around the ends of the scanned blocks.
    @Test(arguments: ElementType.allCases)
    func findsTheFirstValueThatIsNotFinite(type: ElementType) {
        let infinity: UInt64 =
            switch type {
            case .f16: 0x7c00
            case .bf16: 0x7f80
            case .f32: 0x7f80_0000
            case .f64: 0x7ff0_0000_0000_0000
            }
        for place in [0, 1, 31, 4095, 4096, 4097, 8191, 8999] {
            for bad in [infinity, infinity | 1, infinity | Reference.sign(type)] {
                var values = [UInt64](repeating: infinity - 1, count: 9000)
                values[place] = bad
                values[8999] = bad
                #expect(
                    lethe_first_nonfinite(Kernel.pack(values, type), 9000, Kernel.element(type)) == place)
            }
        }
        let finite = [UInt64](repeating: infinity - 1, count: 9000)
        #expect(lethe_first_nonfinite(Kernel.pack(finite, type), 9000, Kernel.element(type)) == 9000)
    }
}
