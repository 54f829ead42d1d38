import Foundation
import Kernels
import KernelsReference
import Testing

/// A variant that this processor can run, with its name for the test report.
struct Variant: CustomTestStringConvertible, Sendable {
    let index: Int

    var functions: fixed_order_variant { fixed_order_variant_at(index)!.pointee }
    var testDescription: String { String(cString: functions.name) }

    /// All variants that run here. The plain one always does.
    static let runnable = (0..<fixed_order_variant_count())
        .filter { fixed_order_variant_at($0) != nil }
        .map(Variant.init)
}

/// The kinds of values that products and layers are compared on.
enum Values: CaseIterable {
    /// Uniform in (-1, 1).
    case ordinary
    /// Any bit pattern that is a finite number: huge, tiny, subnormal, both zeros. Sums overflow to
    /// infinity and NaN.
    case anyFinite
    /// Products near and below the least normal number.
    case subnormal
    /// Mostly +0 and -0.
    case zeros

    func draw(_ count: Int, stream: UInt64) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        fixed_order_uniform(count, 20_261_123, stream, 1, &values)
        switch self {
        case .ordinary: return values
        case .subnormal: return values.map { $0 * 0x1p-70 }
        case .zeros: return values.map { abs($0) > 0.9 ? $0 : $0 * 0 }
        case .anyFinite:
            return values.map {
                let pattern = Float(
                    bitPattern: UInt32(truncatingIfNeeded: Int64($0 * 0x1p52)) &* 2_654_435_761)
                return pattern.isFinite ? pattern : $0
            }
        }
    }
}

/// Equal in their bits, any two NaNs counting as equal.
func sameBits(_ left: [Float], _ right: [Float]) -> Bool {
    left.count == right.count && reference_differences(left.count, left, right) == 0
}

@Suite("Matrix products")
struct MatrixProductTests {
    /// rows, columns, depth: empty sums, single elements, one off each side of every tile and panel, two
    /// depth blocks.
    static let shapes = [
        (1, 1, 0), (3, 5, 0), (1, 1, 1), (2, 3, 1), (1, 48, 7), (8, 48, 16), (9, 49, 17), (7, 47, 15),
        (6, 16, 33),
        (13, 31, 5), (16, 97, 64), (5, 8, 385), (4, 33, 769), (31, 2, 24),
    ]

    @Test("each variant gives the bits of one scalar chain per element", arguments: Variant.runnable)
    func productsEqualTheScalarChain(variant: Variant) {
        for (rows, columns, depth) in Self.shapes {
            for values in Values.allCases {
                let a = values.draw(rows * depth, stream: 1)
                let b = values.draw(depth * columns, stream: 2)
                let bias = values.draw(columns, stream: 3)
                var expected = [Float](repeating: .nan, count: rows * columns)
                reference_multiply(rows, columns, depth, a, b, bias, &expected)
                let product = multiply(variant, rows, columns, depth, a, b, bias: bias)
                #expect(sameBits(product, expected), "\(rows)x\(columns)x\(depth) of \(values)")
            }
        }
    }

    @Test("transposed operands and wide output rows change no bit", arguments: Variant.runnable)
    func stridesChangeNoBit(variant: Variant) {
        let (rows, columns, depth, width) = (11, 53, 29, 60)
        let a = Values.ordinary.draw(rows * depth, stream: 1)
        let b = Values.ordinary.draw(depth * columns, stream: 2)
        let transposedA = transpose(a, rows: rows)
        let transposedB = transpose(b, rows: depth)
        let functions = variant.functions
        var packed = [Float](repeating: .nan, count: functions.packed_count(depth, columns))
        functions.pack(depth, columns, transposedB, 1, depth, &packed)
        var wide = [Float](repeating: 7, count: rows * width)
        functions.multiply(
            rows, columns, depth, transposedA, 1, rows, packed, FIXED_ORDER_FROM_ZERO, nil, &wide, width)
        let product = multiply(
            variant, rows, columns, depth, a, b, bias: [Float](repeating: 0, count: columns))
        for row in 0..<rows {
            #expect(
                sameBits(
                    Array(wide[row * width..<row * width + columns]),
                    Array(product[row * columns..<(row + 1) * columns])))
            #expect(
                wide[row * width + columns..<(row + 1) * width].allSatisfy { $0 == 7 },
                "nothing past the row")
        }
    }

    /// The chain over all of k equals the chain over its first part, put down and taken up again.
    @Test("a chain goes on where another product left it", arguments: Variant.runnable)
    func chainsGoOn(variant: Variant) {
        let (rows, columns, depth, cut) = (9, 50, 40, 13)
        let a = Values.ordinary.draw(rows * depth, stream: 4)
        let b = Values.ordinary.draw(depth * columns, stream: 5)
        let whole = multiply(
            variant, rows, columns, depth, a, b, bias: [Float](repeating: 0, count: columns))
        let functions = variant.functions
        var parts = [Float](repeating: 0, count: rows * columns)
        for range in [0..<cut, cut..<depth] {
            var packed = [Float](repeating: .nan, count: functions.packed_count(range.count, columns))
            functions.pack(
                range.count, columns, Array(b[(range.lowerBound * columns)...]), columns, 1, &packed)
            functions.multiply(
                rows, columns, range.count, Array(a[range.lowerBound...]), depth, 1, packed,
                FIXED_ORDER_FROM_OUTPUT,
                nil, &parts, columns)
        }
        #expect(sameBits(parts, whole))
    }

    private func multiply(
        _ variant: Variant, _ rows: Int, _ columns: Int, _ depth: Int, _ a: [Float], _ b: [Float],
        bias: [Float]
    ) -> [Float] {
        let functions = variant.functions
        var packed = [Float](repeating: .nan, count: functions.packed_count(depth, columns))
        functions.pack(depth, columns, b, columns, 1, &packed)
        var c = [Float](repeating: .nan, count: rows * columns)
        functions.multiply(
            rows, columns, depth, a, depth, 1, packed, FIXED_ORDER_FROM_BIAS, bias, &c, columns)
        return c
    }

    private func transpose(_ matrix: [Float], rows: Int) -> [Float] {
        let columns = matrix.count / rows
        return (0..<matrix.count).map { matrix[$0 % rows * columns + $0 / rows] }
    }
}

@Suite("Elementary functions")
struct ElementaryFunctionTests {
    /// exp, log, tanh, erf, in the order that the reference counts them.
    static func all(_ variant: Variant) -> [(
        String, (Int, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?) -> Void
    )] {
        let functions = variant.functions
        return [
            ("exp", functions.exp), ("log", functions.log), ("tanh", functions.tanh),
            ("erf", functions.erf),
        ]
    }

    /// Every `stride`-th bit pattern of binary32 against the C library's binary64 function. With
    /// LETHE_EXHAUSTIVE=1 in the environment, every one of the 2^32 (minutes); 509 is prime, so no bit of
    /// the pattern stays fixed.
    @Test("are within 2 ulp over the whole range of binary32")
    func areWithinTwoUlp() {
        let exhaustive = ProcessInfo.processInfo.environment["LETHE_EXHAUSTIVE"] == "1"
        let stride: UInt64 = exhaustive ? 1 : 509
        let block = 8_192
        var x = [Float](repeating: 0, count: block)
        var y = x
        for (index, (name, function)) in Self.all(Variant.runnable[0]).enumerated() {
            var worst = 0.0
            for first in Swift.stride(from: 0, to: UInt64(1) << 32, by: Int(stride) * block) {
                reference_bit_patterns(UInt32(first), UInt32(stride), block, &x)
                function(block, x, &y)
                worst = max(worst, reference_worst_ulp(Int32(index), block, x, y))
            }
            #expect(worst <= 2, "\(name) is off by \(worst) ulp")
        }
    }

    @Test("each variant gives the bits of the scalar reference", arguments: Variant.runnable)
    func bitsEqualTheReference(variant: Variant) {
        let scalar = [reference_exp, reference_log, reference_tanh, reference_erf]
        var x = [Float](repeating: 0, count: 16_411)
        var y = x
        reference_bit_patterns(3, 261_707, x.count, &x)
        x.replaceSubrange(0..<Self.corners.count, with: Self.corners)
        for (reference, (name, function)) in zip(scalar, Self.all(variant)) {
            function(x.count, x, &y)
            #expect(sameBits(y, x.map { reference($0) }), "\(name)")
        }
        variant.functions.gelu(x.count, x, &y)
        #expect(sameBits(y, x.map { reference_gelu($0) }))
        let dy = Values.ordinary.draw(x.count, stream: 1)
        variant.functions.gelu_backward(x.count, x, dy, &y)
        #expect(sameBits(y, zip(x, dy).map { reference_gelu_backward($0, $1) }))
        variant.functions.tanh_backward(x.count, x, dy, &y)
        #expect(sameBits(y, zip(x, dy).map { reference_tanh_backward($0, $1) }))
    }

    /// Both zeros, the subnormals' ends, where the formulas switch, where results overflow and vanish.
    static let corners: [Float] = [
        0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0x1.fffff8p-127, .leastNormalMagnitude, 1,
        -1,
        0.6, (0.6 as Float).nextDown, 0.92, (0.92 as Float).nextDown, 4, -4, 10, 88.72283, 88.72284, 89,
        -87.33655, -103.97208,
        -103.97209, -104, -105, 0x1.6a09e6p-1, 0x1.6a09e8p-1, 0x1.6a09e6p+0, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, .infinity, -.infinity, .nan,
    ]

    @Test("keep the values that mathematics fixes")
    func keepFixedValues() {
        let functions = Variant.runnable[0].functions
        let x: [Float] = [0, -0.0, .infinity, -.infinity, 1]
        var y = x
        functions.exp(x.count, x, &y)
        #expect(sameBits(Array(y.prefix(4)), [1, 1, .infinity, 0]))
        functions.tanh(x.count, x, &y)
        #expect(sameBits(Array(y.prefix(4)), [0, -0.0, 1, -1]))
        functions.erf(x.count, x, &y)
        #expect(sameBits(Array(y.prefix(4)), [0, -0.0, 1, -1]))
        functions.log(x.count, x, &y)
        #expect(sameBits(y, [-.infinity, -.infinity, .infinity, .nan, 0]))
    }
}

@Suite("Layers")
struct LayerTests {
    static let widths = [1, 2, 15, 16, 17, 31, 33, 64, 100]

    @Test("layer norm, forward and back, gives the reference's bits", arguments: Variant.runnable)
    func layerNorm(variant: Variant) {
        let functions = variant.functions
        for values in Values.allCases {
            for width in Self.widths {
                let (x, dy) = (values.draw(width, stream: 1), values.draw(width, stream: 2))
                let (gain, shift) = (values.draw(width, stream: 3), values.draw(width, stream: 4))
                var (y, normalized, deviation) = (x, x, [Float(0)])
                functions.layer_norm(1, width, x, gain, shift, 1e-12, &y, &normalized, &deviation)
                var (expectedY, expectedNormalized, expectedDeviation) = (x, x, Float(0))
                reference_layer_norm(
                    width, x, gain, shift, 1e-12, &expectedY, &expectedNormalized, &expectedDeviation)
                #expect(
                    sameBits(
                        y + normalized + deviation, expectedY + expectedNormalized + [expectedDeviation]))
                var (dx, expectedDx) = (x, x)
                functions.layer_norm_backward(1, width, dy, gain, normalized, deviation, &dx)
                reference_layer_norm_backward(
                    width, dy, gain, expectedNormalized, expectedDeviation, &expectedDx)
                #expect(sameBits(dx, expectedDx), "width \(width), \(values)")
            }
        }
    }

    @Test("softmax, forward and back, gives the reference's bits", arguments: Variant.runnable)
    func softmax(variant: Variant) {
        for values in Values.allCases {
            for width in Self.widths {
                var p = values.draw(width, stream: 5)
                var dp = values.draw(width, stream: 6)
                var (expectedP, expectedDp) = (p, dp)
                variant.functions.softmax(1, width, &p, width)
                reference_softmax(width, &expectedP)
                variant.functions.softmax_backward(1, width, p, width, &dp, width)
                reference_softmax_backward(width, expectedP, &expectedDp)
                #expect(sameBits(p + dp, expectedP + expectedDp), "width \(width), \(values)")
            }
        }
    }

    @Test("sums, cross entropy and AdamW give the reference's bits", arguments: Variant.runnable)
    func sumsLossAndOptimiser(variant: Variant) {
        let functions = variant.functions
        for values in Values.allCases {
            for width in Self.widths {
                let x = values.draw(width, stream: 7)
                let label = Int32(width / 2)
                #expect(sameBits([functions.sum(width, x)], [reference_sum(width, x)]))
                var (dx, expectedDx, loss) = (x, x, [Float(0)])
                functions.cross_entropy(1, width, 3, x, [label], &loss, &dx)
                let expectedLoss = reference_cross_entropy(3, width, x, label, &expectedDx)
                #expect(sameBits(dx + loss, expectedDx + [expectedLoss]), "width \(width), \(values)")
                #expect(adamwAgrees(functions, gradient: x, parameter: values.draw(width, stream: 8)))
            }
        }
    }

    /// Three steps on `parameter` with the same gradient.
    private func adamwAgrees(_ functions: fixed_order_variant, gradient: [Float], parameter: [Float])
        -> Bool
    {
        var constants: [Float] = [0.9, 0.1, 0.999, 0.001, 0.002, 0.0316, 1e-8, 0.99998]
        var step = fixed_order_adamw_step(
            beta1: 0.9, one_minus_beta1: 0.1, beta2: 0.999, one_minus_beta2: 0.001, step_size: 0.002,
            root_correction: 0.0316, epsilon: 1e-8, shrink: 0.99998)
        var (p, m, v) = (parameter, parameter.map { $0 * 0.5 }, parameter.map { abs($0) })
        var expected = parameter
        var moments = zip(m, v).map { [$0, $1] }
        for _ in 0..<3 {
            functions.adamw(p.count, &step, gradient, &p, &m, &v)
            for index in expected.indices {
                expected[index] = reference_adamw(
                    &constants, gradient[index], expected[index], &moments[index])
            }
        }
        return sameBits(p + m + v, expected + moments.map { $0[0] } + moments.map { $0[1] })
    }
}

@Suite("The fused multiply-add and the environment")
struct EnvironmentTests {
    /// The library's fmaf is the processor's instruction or glibc's correctly rounded routine; ours is
    /// neither.
    @Test("the software multiply-add rounds once, like the C library's")
    func softwareFmaRoundsOnce() {
        let values =
            Values.anyFinite.draw(30_000, stream: 9) + Values.ordinary.draw(30_000, stream: 10)
            + Values.zeros.draw(3_000, stream: 11) + ElementaryFunctionTests.corners
        var different = 0
        for index in values.indices {
            let a = values[index]
            let b = values[(index * 7 + 1) % values.count]
            // A c near -ab makes the sum cancel; one far below ab makes it a sticky bit.
            for c in [
                values[(index * 13 + 5) % values.count], -(a * b), (a * b) * 0x1p-24, -(a * b) * 0x1p-25,
            ] {
                let (ours, theirs) = (fixed_order_software_fma(a, b, c), reference_fma(a, b, c))
                if !(ours.isNaN && theirs.isNaN) && ours.bitPattern != theirs.bitPattern { different += 1 }
            }
        }
        #expect(different == 0)
    }

    @Test("rounding to nearest with subnormal numbers is recognised")
    func environmentIsIEEE() {
        #expect(fixed_order_environment_is_ieee())
    }

    /// Known answers of the generator's authors: Random123's kat_vectors, philox4x32 with 10 rounds.
    @Test(
        "the generator gives its authors' known answers",
        arguments: [
            ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            (
                [UInt32](repeating: .max, count: 4), [.max, .max],
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
            ),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ] as [([UInt32], [UInt32], [UInt32])])
    func philoxKnownAnswers(counter: [UInt32], key: [UInt32], expected: [UInt32]) {
        var output = [UInt32](repeating: 0, count: 4)
        fixed_order_philox(counter, key, &output)
        #expect(output == expected)
    }

    @Test("every task is done once, whatever the number of threads", arguments: [1, 2, 7])
    func everyTaskIsDoneOnce(threads: Int) {
        let done = UnsafeMutablePointer<Int32>.allocate(capacity: 100)
        done.initialize(repeating: 0, count: 100)
        defer { done.deallocate() }
        fixed_order_parallel(threads, 100, { $0!.assumingMemoryBound(to: Int32.self)[$1] += 1 }, done)
        #expect((0..<100).allSatisfy { done[$0] == 1 })
    }
}
