import Adapters
import Bytes
import Foundation
import Testing

/// Numbers that contributions are made of in these tests.
private enum Values: CaseIterable {
    case ordinary, subnormal, hugeRange, cancelling

    func bits(_ element: ElementType, _ generator: inout SplitMix64) -> UInt64 {
        let sign = generator.next() & Reference.sign(element)
        switch self {
        case .ordinary: return ordinaryBits(element, &generator)
        case .subnormal: return sign | generator.next() % 1024
        case .hugeRange: return arbitraryBits(element, &generator)
        case .cancelling:
            // The largest number, the least, or zero of either sign: sums cross the window's edge and come
            // back.
            let largest: UInt64 =
                switch element {
                case .f16: 0x7bff
                case .bf16: 0x7f7f
                case .f32: 0x7f7f_ffff
                case .f64: 0x7fef_ffff_ffff_ffff
                }
            return sign | [largest, largest, 1, 0].randomElement(using: &generator)!
        }
    }
}

@Suite struct RunningSumTests {
    private let directory = try! TemporaryDirectory()

    private func contributions(
        _ count: Int, _ values: Values = .ordinary, _ element: ElementType = .f32, heavy: Bool = false
    ) throws -> [Contribution] {
        var generator = SplitMix64(seed: UInt64(count))
        return try (0..<count).map { index in
            let sample = SampleAdapter(element: element, next: { values.bits(element, &generator) })
            let adapter = try sample.open()
            let weight = heavy ? Contribution.maximumWeight - index : 300 + 91 * index
            return try Contribution(adapter, weight: weight, label: "org-\(index)")
        }
    }

    /// The bytes that a fresh merge gives.
    private func merged(_ contributions: [Contribution], output: ElementType? = nil) throws -> [UInt8] {
        let path = directory.file("merged.safetensors")
        try Merge(contributions, rule: .mean, output: output).writeTensors(to: path)
        return try fileBytes(path)
    }

    private func materialised(_ sum: RunningSum, output: ElementType? = nil) throws -> [UInt8] {
        let path = directory.file("materialised.safetensors")
        try sum.materialiseTensors(to: path, output: output)
        return try fileBytes(path)
    }

    /// The property that running sums exist for.
    @Test(arguments: Values.allCases, ElementType.allCases)
    fileprivate func removingGivesTheBytesOfAMergeThatNeverHadIt(values: Values, element: ElementType)
        throws
    {
        for heavy in [false, true] {
            let all = try contributions(5, values, element, heavy: heavy)
            let path = directory.file("sum")
            let sum = try RunningSum.create(at: path, from: all)
            #expect(try materialised(sum) == merged(all))
            for gone in all.indices {
                let rest = all.enumerated().filter { $0.offset != gone }.map(\.element)
                let less = try sum.updated(removing: [all[gone]], to: directory.file("less"))
                #expect(try materialised(less) == merged(rest))
            }
            let one = try sum.updated(removing: Array(all.dropFirst()), to: path)
            #expect(try materialised(one) == merged([all[0]]))
        }
    }

    @Test(arguments: Values.allCases)
    fileprivate func addingAndRemovingInAnyOrderGivesTheSameBytes(values: Values) throws {
        let all = try contributions(6, values)
        let path = directory.file("sum")
        var sum = try RunningSum.create(at: path, from: [all[4], all[1]])
        sum = try sum.updated(adding: [all[0], all[2]], removing: [all[4]], to: path)
        sum = try sum.updated(adding: [all[5]], to: path)
        sum = try sum.updated(removing: [all[1]], to: path)
        #expect(try materialised(sum) == merged([all[0], all[2], all[5]]))
        #expect(sum.totalWeight == all[0].weight + all[2].weight + all[5].weight)
    }

    /// A file depends on what is in the sum, not on how it came there.
    @Test(arguments: Values.allCases)
    fileprivate func aSumThatComesBackIsTheSameFile(values: Values) throws {
        let all = try contributions(4, values)
        let first = try RunningSum.create(at: directory.file("a"), from: Array(all[..<3]), threads: 1)
        let more = try first.updated(adding: [all[3]], to: directory.file("b"))
        let back = try more.updated(removing: [all[3]], to: directory.file("c"), threads: 2)
        #expect(back.digest == first.digest)
        #expect(try fileBytes(directory.file("c")) == fileBytes(directory.file("a")))
        #expect(more.digest != first.digest)
    }

    /// Cells take 16 bytes for each of 52 elements; only sums that leave the window take more.
    @Test func keepsOrdinarySumsInTheirCells() throws {
        func outsideCount(_ values: Values) throws -> Int {
            let path = directory.file("sum")
            _ = try RunningSum.create(at: path, from: contributions(3, values))
            let bytes = try fileBytes(path)
            let header = try #require(bytes.bigEndian(at: 21, as: UInt64.self))
            let rest = bytes.count - 29 - Int(header) - 16 * 52 - 5 * 36 - 32
            #expect(rest.isMultiple(of: 52))
            return rest / 52
        }
        #expect(try outsideCount(.ordinary) == 0)
        #expect(try outsideCount(.subnormal) == 52)
        #expect(try 1..<52 ~= outsideCount(.hugeRange))
        #expect(try 1..<52 ~= outsideCount(.cancelling))
    }

    @Test func materialisesToOtherTypesAsAMergeDoes() throws {
        let all = try contributions(3)
        let sum = try RunningSum.create(at: directory.file("sum"), from: all)
        for output in ElementType.allCases {
            #expect(try materialised(sum, output: output) == merged(all, output: output))
        }
    }

    /// The near ties of `NearTie`, whose sums fit a cell but not a pair of doubles.
    @Test func dividesNearTiesAsAMergeDoes() throws {
        for tie in [NearTie.up, .down] {
            let all = try zip(tie.inputs, tie.weights).map { input, weight in
                try Contribution(
                    SampleAdapter(next: { input[0] }).open(), weight: weight, label: "\(input[0])")
            }
            let sum = try RunningSum.create(at: directory.file("sum"), from: all)
            let expected = withUnsafeBytes(of: UInt32(tie.expected).littleEndian) { Array($0) }
            #expect(try materialised(sum).suffix(4) == expected)
            #expect(try materialised(sum) == merged(all))
        }
    }

    /// Long tensors are cut into blocks; the last one is short.
    @Test func joinsBlocksOfLongTensors() throws {
        var generator = SplitMix64(seed: 8)
        let all = try (0..<3).map { index in
            let sample = SampleAdapter.random(seed: UInt64(index))
            var tensors = sample.tensors
            let bits = (0..<40_000).map { _ in ordinaryBits(.f32, &generator) }
            tensors.append(SampleTensor("base_model.model.score.weight", .f32, [8, 5000], bits: bits))
            return try Contribution(sample.open(tensors), weight: 7 + index, label: "org-\(index)")
        }
        let sum = try RunningSum.create(at: directory.file("sum"), from: all)
        #expect(try materialised(sum) == merged(all))
        let less = try sum.updated(removing: [all[1]], to: directory.file("sum"))
        #expect(try materialised(less) == merged([all[0], all[2]]))
    }

    @Test func writesTheDirectoryThatAMergeWrites() throws {
        let all = try contributions(3)
        let sum = try RunningSum.create(at: directory.file("sum"), from: all)
        try sum.updated(removing: [all[0]], to: directory.file("sum"))
            .materialise(toDirectory: directory.file("a"))
        try Merge(Array(all[1...]), rule: .mean).write(toDirectory: directory.file("b"))
        for name in [Adapter.tensorsName, Adapter.configurationName] {
            #expect(
                try fileBytes(directory.file("a") + "/" + name)
                    == fileBytes(directory.file("b") + "/" + name))
        }
    }

    @Test func refusesToRemoveWhatIsNotInIt() throws {
        let all = try contributions(3)
        let sum = try RunningSum.create(at: directory.file("sum"), from: Array(all[..<2]))
        let digest = try all[2].adapter.digests().tensors
        #expect(throws: RunningSumError.notInSum(label: "org-2", digest: digest, weight: 482)) {
            try sum.updated(removing: [all[2]], to: directory.file("less"))
        }
        let heavier = try Contribution(all[0].adapter, weight: 301, label: "heavier")
        #expect(
            throws: RunningSumError.notInSum(
                label: "heavier", digest: try all[0].adapter.digests().tensors, weight: 301)
        ) { try sum.updated(removing: [heavier], to: directory.file("less")) }
        #expect(throws: MergeError.noContributions) {
            try sum.updated(removing: Array(all[..<2]), to: directory.file("less"))
        }
        #expect(try directory.contents == ["sum"])
    }

    /// One bit anywhere in the file, every byte of it: either opening or reading refuses.
    @Test func seesEveryFlippedByte() throws {
        let sum = try RunningSum.create(at: directory.file("sum"), from: contributions(2, .hugeRange))
        try sum.verify()
        let bytes = try fileBytes(directory.file("sum"))
        let path = directory.file("damaged")
        for place in stride(from: 0, to: bytes.count, by: 3) {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(place % 8)
            try Data(damaged).write(to: URL(filePath: path))
            #expect(throws: (any Error).self, "byte \(place)") { try RunningSum(path: path).verify() }
        }
        for count in [0, 20, 40, bytes.count / 2, bytes.count - 1] {
            try Data(bytes[..<count]).write(to: URL(filePath: path))
            #expect(throws: RunningSumError.self) { try RunningSum(path: path).verify() }
        }
    }

    @Test func namesTheBlockThatIsDamaged() throws {
        let path = directory.file("sum")
        let sum = try RunningSum.create(at: path, from: contributions(2))
        var bytes = try fileBytes(path)
        let index = 5 * 36 + 32
        bytes[bytes.count - index - 1] ^= 1
        try Data(bytes).write(to: URL(filePath: path))
        #expect(
            throws: RunningSumError.corruptBlock(
                path: path, tensor: "base_model.model.layer.1.query.lora_B.weight", start: 0)
        ) { try RunningSum(path: path).materialiseTensors(to: directory.file("m")) }
        #expect(sum.tensors.count == 5)
        #expect(try directory.contents == ["sum"])
    }

    /// Two in the round of six that PEFT made.
    @Test(.enabled(if: Places.haveAirline, "no adapters at ../shared/data/peft-minilm-airline"))
    func removesAnOrganisationFromARealRound() throws {
        let folder = Places.airline + "/isolated/round-3"
        let all = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().enumerated().map {
            index, name in
            try Contribution(
                Adapter(directory: folder + "/" + name, base: sampleBase), weight: 331 + 173 * index,
                label: name)
        }
        let sum = try RunningSum.create(at: directory.file("sum"), from: all)
        let less = try sum.updated(removing: [all[1], all[4]], to: directory.file("sum"))
        #expect(try materialised(less) == merged([all[0], all[2], all[3], all[5]]))
    }
}
