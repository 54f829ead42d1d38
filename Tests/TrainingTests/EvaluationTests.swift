import Bytes
import Foundation
import Testing

@testable import Training

@Suite("Membership inference")
struct MembershipInferenceTests {
    /// Losses on a grid of 1/8, so that there are many ties and Python reads them exactly.
    private func losses(_ count: Int, _ name: String, shift: Float) -> [Float] {
        Tensor.uniform(shape: [count], seed: 5, name: name, bound: 1).values.map {
            (($0 + shift) * 8).rounded() / 8
        }
    }

    /// The area by counting all pairs in rationals, and the whole bootstrap with another implementation of the
    /// generator.
    @Test(
        "gives the area and the interval that all pairs in rationals give",
        .enabled(if: Python.has("fractions"), "needs Python"),
        arguments: [(1, 1, 1), (3, 7, 40), (40, 23, 120), (17, 64, 39)])
    func agreesWithAllPairs(members: Int, others: Int, resamples: Int) throws {
        let inside = losses(members, "members", shift: -0.2)
        let outside = losses(others, "others", shift: 0.1)
        let seed: UInt64 = 0x1_2345_6789
        let ours = MembershipInference(
            members: inside, nonMembers: outside, resamples: resamples, seed: seed)
        let text = { (values: [Float]) in values.map { "\($0)" }.joined(separator: " ") }
        let answer = try Python.run(
            Self.oracle, [text(inside), text(outside), "\(resamples)", "\(seed)"])
        #expect(answer.output == "\(ours.aucPPM) \(ours.lowPPM) \(ours.highPPM)\n")
    }

    private static let oracle = """
        import sys
        from fractions import Fraction
        inside, outside = ([Fraction(x) for x in text.split()] for text in sys.argv[1:3])
        resamples, seed = int(sys.argv[3]), int(sys.argv[4])

        def philox(counter, key):
            for round in range(10):
                products = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
                counter = [(products[1] >> 32) ^ counter[1] ^ key[0], products[1] % 2**32,
                           (products[0] >> 32) ^ counter[3] ^ key[1], products[0] % 2**32]
                key = [(key[0] + 0x9E3779B9) % 2**32, (key[1] + 0xBB67AE85) % 2**32]
            return counter

        def area(inside, outside):
            won = sum(Fraction(x < y) + Fraction(x == y, 2) for x in inside for y in outside)
            return int(won * 10**6 / (len(inside) * len(outside)) + Fraction(1, 2))

        def resample(values, stream):
            key = [seed % 2**32, seed >> 32]
            word = lambda i: philox([i // 4, 0, stream % 2**32, stream >> 32], key)[i % 4]
            return [values[word(i) * len(values) >> 32] for i in range(len(values))]

        areas = sorted(area(resample(inside, 2 * b), resample(outside, 2 * b + 1)) for b in range(resamples))
        cut = resamples // 40
        print(area(inside, outside), areas[cut], areas[-1 - cut])
        """

    @Test("is certain where every member has the smaller loss, and guesses where all losses are equal")
    func knowsTheExtremes() {
        let certain = MembershipInference(members: [0.1, 0.2], nonMembers: [0.3, 0.4, 9], seed: 1)
        #expect((certain.aucPPM, certain.lowPPM, certain.highPPM) == (1_000_000, 1_000_000, 1_000_000))
        let reversed = MembershipInference(members: [7, 8], nonMembers: [0.3], seed: 1)
        #expect(reversed.aucPPM == 0)
        let blind = MembershipInference(members: [1, 1, 1], nonMembers: [1, 1], seed: 1)
        #expect((blind.aucPPM, blind.lowPPM, blind.highPPM) == (500_000, 500_000, 500_000))
    }

    /// Of 200 samples of 60 from one distribution the 95 % interval leaves out one half in about 10.
    @Test("has one half in its interval about as often as it says, where there is nothing to find")
    func intervalCovers() {
        let covered = (0..<200).count { number in
            let values = Tensor.uniform(shape: [60], seed: UInt64(number), name: "same", bound: 1).values
            let result = MembershipInference(
                members: Array(values[..<30]), nonMembers: Array(values[30...]), resamples: 200,
                seed: UInt64(number))
            return (result.lowPPM...result.highPPM).contains(500_000)
        }
        #expect((178...199).contains(covered), "\(covered) of 200")
    }
}

@Suite("What a model does on records")
struct JudgementTests {
    static let records = Fixture.records(40)

    @Test("does not depend on threads, on the order of the records, or on who else is judged")
    func outcomesAreTheRecordsOwn() throws {
        let recipe = try Fixture.recipe()
        let trainer = Trainer(base: Fixture.embeddedBase)
        let adapter = try trainer.finish(recipe, records: Self.records).tensors
        func outcomes(_ records: [TrainingRecord], threads: Int) throws -> [RecordOutcome] {
            try Trainer(base: Fixture.embeddedBase, threads: threads).outcomes(
                of: records, adapter: adapter, shape: recipe.shape, maximumTokens: recipe.maximumTokens)
        }
        let all = try outcomes(Self.records, threads: 1)
        #expect(try outcomes(Self.records, threads: 3) == all)
        #expect(try outcomes(Self.records.reversed(), threads: 2).reversed() == all)
        #expect(try outcomes([Self.records[7]], threads: 1) == [all[7]])
        let labels = Self.records.map(\.label)
        #expect(Accuracy(all, labels: labels) == Accuracy(all.reversed(), labels: labels.reversed()))
    }

    @Test("is the loss and the class of the logits")
    func outcomesFollowFromLogits() throws {
        let recipe = try Fixture.recipe { $0.classCount = 3 }
        let trainer = Trainer(base: Fixture.embeddedBase)
        let adapter = try trainer.finish(recipe, records: Self.records).tensors
        let outcomes = try trainer.outcomes(
            of: Self.records, adapter: adapter, shape: recipe.shape, maximumTokens: recipe.maximumTokens)
        let logits = try trainer.logits(of: Self.records.map(\.text), adapter: adapter, recipe: recipe)
        for (record, (outcome, row)) in zip(Self.records, zip(outcomes, logits)) {
            let scores = row.map(Double.init)
            let loss = log(scores.map { exp($0) }.reduce(0, +)) - scores[record.label]
            #expect(abs(Double(outcome.loss) - loss) < 1e-5)
            #expect(row[outcome.predicted] == row.max())
        }
        let accuracy = Accuracy(outcomes, labels: Self.records.map(\.label))
        let mean = outcomes.map { Double($0.loss) }.reduce(0, +) / 40
        #expect(abs(Double(accuracy.meanLossMicronats) - mean * 1e6) <= 1)
    }

    @Test(
        "counts hits in millionths, half up",
        arguments: [(0, 3, 0), (1, 3, 333_333), (2, 3, 666_667), (1, 64, 15_625), (3, 3, 1_000_000)])
    func accuracyRounds(correct: Int, records: Int, expected: Int) {
        let outcomes = (0..<records).map { RecordOutcome(loss: 0.5, predicted: $0 < correct ? 1 : 0) }
        let accuracy = Accuracy(outcomes, labels: [Int](repeating: 1, count: records))
        #expect(accuracy.accuracyPPM == expected)
        #expect(accuracy.meanLossMicronats == 500_000)
    }

    @Test("is refused for a label that the model has no class for")
    func refusesOtherLabels() throws {
        let recipe = try Fixture.recipe()
        let trainer = Trainer(base: Fixture.embeddedBase)
        var record = Self.records[0]
        record.label = 2
        #expect(throws: TrainingError.labelOutOfRange(record: record.commitment, label: 2, classes: 2)) {
            try trainer.outcomes(
                of: [record], adapter: trainer.initialAdapter(of: recipe), shape: recipe.shape, maximumTokens: 8)
        }
    }
}

@Suite("The distance of two adapters")
struct AdapterDistanceTests {
    private func adapter(_ values: [Float], shape: [Int]? = nil) -> NamedTensors {
        NamedTensors([
            "a": Tensor(shape: shape ?? [values.count], values: values), "b": Tensor(shape: [1], values: [0]),
        ])
    }

    @Test("is nothing for equal bytes, and never nothing for other values")
    func isZeroForEqualBytesAlone() throws {
        let reference = adapter([3, 4])
        let same = try AdapterDistance(of: reference, from: reference)
        #expect(same.isEqual && same.relativePPB == 0 && same.greatestPPB == 0)
        let near = try AdapterDistance(of: adapter([3, Float(4).nextUp]), from: reference)
        #expect(
            !near.isEqual && near.relativePPB == 96 && near.greatestPPB == 477, "2⁻²¹ and a fifth of it, rounded up")
        let tiny = try AdapterDistance(of: adapter([3, 4, .leastNonzeroMagnitude]), from: adapter([3, 4, 0]))
        #expect(!tiny.isEqual && tiny.greatestPPB == 1)
    }

    @Test("tells a negative zero from a zero by bytes, at no distance")
    func seesNegativeZeros() throws {
        let distance = try AdapterDistance(of: adapter([-0.0, 1]), from: adapter([0, 1]))
        #expect(!distance.isEqual && distance.relativePPB == 0 && distance.greatestPPB == 0)
    }

    @Test("has no ratio to a reference of zeros")
    func zeroReferenceHasNoRatio() throws {
        let distance = try AdapterDistance(of: adapter([1]), from: adapter([0]))
        #expect(distance.relativePPB == nil && distance.greatestPPB == 1_000_000_000)
    }

    @Test("is refused between adapters of other tensors or shapes")
    func refusesOtherShapes() {
        let other = NamedTensors(["a": Tensor(shape: [2], values: [1, 2])])
        #expect(throws: AdapterDistance.Incomparable.self) { try AdapterDistance(of: adapter([1, 2]), from: other) }
        #expect(throws: AdapterDistance.Incomparable.self) {
            try AdapterDistance(of: adapter([1, 2]), from: adapter([1, 2], shape: [1, 2]))
        }
    }
}
