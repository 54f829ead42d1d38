import Adapters
import Bytes
import Foundation
import Testing

/// Merges of small adapters, judged element by element by rationals.
@Suite struct MergeTests {
    let directory = try! TemporaryDirectory()

    /// Merges into a new directory and opens the result.
    private func merge(
        _ contributions: [Contribution], _ rule: MergeRule, output: ElementType? = nil, threads: Int = 2,
        name: String = "merged"
    ) throws -> Adapter {
        let merge = try Merge(contributions, rule: rule, output: output, threads: threads)
        try merge.write(toDirectory: directory.file(name), threads: threads)
        return try Adapter(directory: directory.file(name), base: sampleBase)
    }

    private func tensorBytes(_ name: String = "merged") throws -> [UInt8] {
        try fileBytes(directory.file(name) + "/" + Adapter.tensorsName)
    }

    private func contributions(
        _ count: Int, rank: Int = 2, element: ElementType = .f32, weights: [Int]? = nil
    ) throws -> [Contribution] {
        try (0..<count).map { index in
            try Contribution(
                SampleAdapter.random(seed: UInt64(index), rank: rank, element: element).open(),
                weight: weights?[index] ?? 100 + 37 * index, label: "org-\(index)")
        }
    }

    private func bits(_ adapter: Adapter, _ name: String) throws -> [UInt64] {
        let entry = try #require(adapter.file.entry(named: name))
        var bytes: [UInt8] = []
        try adapter.file.forEachChunk(of: entry) { bytes += $0 }
        return Kernel.unpack(bytes, entry.tensor.element)
    }

    private func expectMean(_ result: Adapter, of contributions: [Contribution], tensor: TensorDescription)
        throws
    {
        let inputs = try contributions.map { try bits($0.adapter, tensor.name) }
        let input = try #require(contributions[0].adapter.file.entry(named: tensor.name)).tensor.element
        let weights = contributions.map(\.weight)
        for (index, value) in try bits(result, tensor.name).enumerated() {
            #expect(
                Reference.isMean(
                    value, tensor.element, of: inputs.map { $0[index] }, input, weights: weights),
                "\(tensor.name) \(index)")
        }
    }

    @Test(arguments: ElementType.allCases)
    func meanIsTheCorrectlyRoundedWeightedMeanOfEveryElement(element: ElementType) throws {
        let contributions = try contributions(3, element: element)
        let result = try merge(contributions, .mean)
        #expect(result.tensors == contributions[0].adapter.tensors)
        #expect(result.configuration == contributions[0].adapter.configuration)
        for tensor in result.tensors { try expectMean(result, of: contributions, tensor: tensor) }
    }

    @Test func meanRoundsOnceToAnotherType() throws {
        let contributions = try contributions(3)
        for output in [ElementType.f16, .bf16, .f64] {
            let result = try merge(contributions, .mean, output: output)
            for tensor in result.tensors {
                #expect(tensor.element == output)
                try expectMean(result, of: contributions, tensor: tensor)
            }
        }
    }

    @Test(arguments: MergeRule.allCases)
    func twentyOrdersAndOneOrTwoThreadsGiveTheSameBytes(rule: MergeRule) throws {
        var all = try contributions(5)
        if rule == .ffa { all = try sharingA(all) }
        _ = try merge(all, rule, threads: 1)
        let expected = try tensorBytes()
        let configuration = try fileBytes(directory.file("merged") + "/" + Adapter.configurationName)
        var generator = SplitMix64(seed: 7)
        for round in 0..<20 {
            all.shuffle(using: &generator)
            _ = try merge(all, rule, threads: 1 + round % 2, name: "other")
            #expect(try tensorBytes("other") == expected)
            #expect(
                try fileBytes(directory.file("other") + "/" + Adapter.configurationName) == configuration)
        }
    }

    /// The same contributions with the A matrices of the first.
    private func sharingA(_ contributions: [Contribution]) throws -> [Contribution] {
        let shared = SampleAdapter.random(seed: 99).tensors
        return try contributions.enumerated().map { index, contribution in
            let sample = SampleAdapter.random(seed: UInt64(index))
            var tensors = sample.tensors
            for place in tensors.indices where tensors[place].name.contains("lora_A") {
                tensors[place].bytes = shared[place].bytes
            }
            return try Contribution(
                sample.open(tensors), weight: contribution.weight, label: contribution.label)
        }
    }

    @Test func ffaKeepsTheSharedAAndAveragesTheRest() throws {
        let contributions = try sharingA(contributions(3))
        let result = try merge(contributions, .ffa)
        for tensor in result.tensors where !tensor.name.contains("lora_A") {
            try expectMean(result, of: contributions, tensor: tensor)
        }
        for module in result.modules {
            let name = module.a.tensor.name
            #expect(try bits(result, name) == bits(contributions[0].adapter, name))
        }
    }

    @Test func ffaRefusesAnAThatDiffersInOneBit() throws {
        var contributions = try sharingA(contributions(3))
        let sample = SampleAdapter.random(seed: 2)
        var tensors = sample.tensors
        for place in tensors.indices where tensors[place].name.contains("lora_A") {
            tensors[place].bytes = SampleAdapter.random(seed: 99).tensors[place].bytes
        }
        let name = "base_model.model.layer.1.query.lora_A.weight"
        let place = try #require(tensors.firstIndex { $0.name == name })
        tensors[place].bytes[40] ^= 1
        contributions[2] = try Contribution(sample.open(tensors), weight: 5, label: "other")
        #expect(throws: MergeError.differentSharedTensor(name, first: "org-0", second: "other")) {
            try merge(contributions, .ffa)
        }
        #expect(try TemporaryContents.of(directory.file("merged")) == [])
    }

    @Test(arguments: [ElementType.f32, .f16, .bf16])
    func stackOfEqualWeightsCopiesBlocks(element: ElementType) throws {
        let contributions = try contributions(3, element: element, weights: [7, 7, 7])
        let result = try merge(contributions, .stack)
        #expect(result.configuration.rank == 6)
        #expect(result.configuration.alpha == DecimalNumber(16))
        try expectBlocks(of: result, contributions) { _ in (1, 1) }
    }

    @Test func stackOfUnequalWeightsRoundsEachElementOfBOnce() throws {
        let contributions = try contributions(3, weights: [7, 1000, 3])
        let result = try merge(contributions, .stack)
        try expectBlocks(of: result, contributions) { ($0.weight * 3, 1010) }
        for head in result.heads { try expectMean(result, of: contributions, tensor: head.tensor) }
    }

    /// Ranks 2, 1 and 3: B of rank r is scaled by (n/N)(6/r).
    @Test func stackTakesBlocksOfDifferentRank() throws {
        let contributions = try [(2, 5), (1, 5), (3, 10)].enumerated().map { index, block in
            try Contribution(
                SampleAdapter.random(seed: UInt64(index), rank: block.0).open(), weight: block.1,
                label: "org-\(index)")
        }
        let result = try merge(contributions, .stack)
        #expect(result.configuration.rank == 6)
        try expectBlocks(of: result, contributions) { ($0.weight * 6, 20 * $0.adapter.configuration.rank) }
    }

    /// Removing a contribution leaves the other blocks of A as they are and gives B the factors of those
    /// that stay.
    @Test func stackWithoutAContributionKeepsTheOtherBlocks() throws {
        var contributions = try contributions(4, weights: [7, 1000, 3, 50])
        contributions.remove(at: 1)
        let result = try merge(contributions, .stack)
        try expectBlocks(of: result, contributions) { ($0.weight * 3, 60) }
    }

    private func expectBlocks(
        of result: Adapter, _ contributions: [Contribution], factor: (Contribution) -> (Int, Int)
    ) throws {
        let digests = try contributions.map { try $0.adapter.file.tensorDigest() }
        let ordered = zip(digests, contributions).sorted { $0.0 < $1.0 }.map(\.1)
        for (index, module) in result.modules.enumerated() {
            let element = module.a.tensor.element
            var a = try bits(result, module.a.tensor.name)[...]
            let b = try bits(result, module.b.tensor.name)
            var column = 0
            for contribution in ordered {
                let own = contribution.adapter.modules[index]
                let ownA = try bits(contribution.adapter, own.a.tensor.name)
                #expect(Array(a.prefix(ownA.count)) == ownA)
                a = a.dropFirst(ownA.count)
                let (numerator, denominator) = factor(contribution)
                for (place, value) in try bits(contribution.adapter, own.b.tensor.name).enumerated() {
                    let row = place / own.rank
                    #expect(
                        Reference.isProduct(
                            b[row * module.rank + column + place % own.rank], element, of: value, element,
                            times: numerator, over: denominator))
                }
                column += own.rank
            }
        }
    }

    /// √4 is rational, √3 is not.
    @Test func stackUnderRankStabilisationWantsARationalFactor() throws {
        func stabilised(_ count: Int) throws -> [Contribution] {
            try (0..<count).map { index in
                var sample = SampleAdapter.random(seed: UInt64(index))
                sample.extra = #","use_rslora":true"#
                return try Contribution(sample.open(), weight: 5, label: "org-\(index)")
            }
        }
        let four = try stabilised(4)
        try expectBlocks(of: merge(four, .stack), four) { _ in (2, 4) }
        #expect(
            throws: MergeError.irrationalFactor(
                module: "layer.0.query", label: try firstOfStack(stabilised(3)), rank: 2, stackedRank: 6)
        ) { try merge(stabilised(3), .stack) }
    }

    private func firstOfStack(_ contributions: [Contribution]) throws -> String {
        try contributions.min { try $0.adapter.file.tensorDigest() < $1.adapter.file.tensorDigest() }!.label
    }

    @Test func removingAContributionFromTheListIsMergingWithoutIt() throws {
        let all = try contributions(4)
        let rest = try contributions(4).enumerated().filter { $0.offset != 2 }.map(\.element)
        _ = try merge(all.filter { $0.label != "org-2" }, .mean)
        _ = try merge(rest.reversed(), .mean, name: "other")
        #expect(try tensorBytes() == tensorBytes("other"))
    }

    @Test func refusesAResultBeyondTheRangeOfTheOutputAndLeavesNothing() throws {
        let sample = SampleAdapter.random(seed: 1)
        var tensors = sample.tensors
        let huge = withUnsafeBytes(of: Float(65520).bitPattern.littleEndian) { Array($0) }
        tensors[1].bytes.replaceSubrange(12..<16, with: huge)
        let contribution = try Contribution(sample.open(tensors), weight: 1, label: "one")
        #expect(
            throws: MergeError.overflow(
                tensor: "base_model.model.layer.0.query.lora_B.weight", index: 3, element: .f16)
        ) { try merge([contribution], .mean, output: .f16) }
        #expect(try TemporaryContents.of(directory.file("merged")) == [])
    }

    @Test func refusesNaNNamingTheElement() throws {
        let sample = SampleAdapter.random(seed: 1)
        var tensors = sample.tensors
        tensors[2].bytes.replaceSubrange(20..<24, with: [0, 0, 0xc0, 0x7f])
        let contribution = try Contribution(sample.open(tensors), weight: 1, label: "one")
        #expect(
            throws: SafetensorsError.notFinite(
                tensor: "base_model.model.layer.1.query.lora_A.weight", index: 5)
        ) { try merge([contribution], .mean) }
    }
}

enum TemporaryContents {
    static func of(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path)
    }
}

/// What does not fit is refused with the field and both values.
@Suite struct CompatibilityTests {
    private func contribution(_ label: String, _ change: (inout SampleAdapter) -> Void = { _ in }) throws
        -> Contribution
    {
        var sample = SampleAdapter.random(seed: 1)
        change(&sample)
        return try Contribution(sample.open(), weight: 1, label: label)
    }

    private func expectMismatch(
        _ field: String, _ first: String, _ second: String, rule: MergeRule = .mean,
        _ change: (inout SampleAdapter) -> Void
    ) throws {
        let contributions = try [contribution("one"), contribution("two", change)]
        #expect(
            throws: MergeError.mismatch(
                field: field, first: .init(label: "one", value: first),
                second: .init(label: "two", value: second))
        ) { try Merge(contributions, rule: rule) }
    }

    @Test func namesTheFieldAndBothValues() throws {
        try expectMismatch("r", "2", "3") { $0.rank = 3 }
        try expectMismatch("lora_alpha", "16", "32") { $0.alpha = "32" }
        try expectMismatch("lora_alpha", "16", "\"0.5\"", rule: .stack) { $0.alpha = "0.5" }
        try expectMismatch("use_rslora", "false", "true") { $0.extra = #","use_rslora":true"# }
        let other = BaseDigest.sha256(Array("other".utf8))
        try expectMismatch("base_digest", "\"\(sampleBase)\"", "\"\(other)\"") { $0.base = other }
        try expectMismatch("dtype of base_model.model.classifier.weight", "F32", "BF16") {
            $0.element = .bf16
        }
    }

    @Test func namesATensorThatOnlyOneHas() throws {
        let contributions = try [contribution("one") { $0.modules = 3 }, contribution("two")]
        let name = "base_model.model.layer.2.query.lora_A.weight"
        #expect(throws: MergeError.missingTensor(name, label: "two", presentIn: "one")) {
            try Merge(contributions, rule: .mean)
        }
        #expect(throws: MergeError.missingTensor(name, label: "two", presentIn: "one")) {
            try Merge(contributions.reversed(), rule: .stack)
        }
    }

    @Test func refusesWeightsAndCountsOutsideOfTheBounds() throws {
        let adapter = try SampleAdapter.random(seed: 1).open()
        for weight in [0, -1, 1 << 31] {
            #expect(throws: MergeError.weight(label: "one", weight: weight)) {
                try Contribution(adapter, weight: weight, label: "one")
            }
        }
        let one = try Contribution(adapter, weight: Contribution.maximumWeight, label: "one")
        #expect(throws: MergeError.noContributions) { try Merge([], rule: .mean) }
        #expect(throws: MergeError.tooManyContributions(4097, limit: 4096)) {
            try Merge(Array(repeating: one, count: 4097), rule: .mean)
        }
    }

    /// The bounds themselves: 4096 contributions of the largest weight, and the mean is still exact.
    @Test func mergesAsManyAsAreAllowed() throws {
        let directory = try TemporaryDirectory()
        let one = try Contribution(
            SampleAdapter.random(seed: 1).open(), weight: Contribution.maximumWeight, label: "one")
        try Merge(Array(repeating: one, count: 4096), rule: .mean).write(toDirectory: directory.file("m"))
        let merged = try Adapter(directory: directory.file("m"), base: sampleBase)
        #expect(try merged.digests().tensors == one.adapter.digests().tensors)
    }
}
