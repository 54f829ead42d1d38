import Bytes
import MerkleLog
import Testing

@Suite struct RootTests {
    /// The eight leaves and the roots that Certificate Transparency implementations share.
    private static let leaves: [[UInt8]] = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ].map { Hex.decode($0)! }

    @Test(arguments: [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ])
    func givesThePublishedRoots(count: Int, root: String) {
        let leaves = Self.leaves.prefix(count).map { LeafHash(entry: $0) }
        #expect(MerkleTree(leaves: leaves).root().hex == root)
        #expect(CompactRange(leaves: leaves).root().hex == root)
    }

    @Test func agreesWithTheRecursiveDefinitionForEverySize() {
        var range = CompactRange()
        for size in 0...300 {
            let expected = Sample.oracle.hash(0..<size)
            #expect(range.root() == expected)
            #expect(Sample.tree.root(at: TreeSize(size)) == expected)
            if size < 300 { range.append(Sample.leaf(size)) }
        }
    }

    @Test func resumesFromItsSizeAndNodes() throws {
        for size in 0..<70 {
            let range = CompactRange(leaves: (0..<size).map(Sample.leaf))
            var resumed = try #require(CompactRange(size: range.size, nodes: range.nodes))
            for next in size..<size + 9 { resumed.append(Sample.leaf(next)) }
            #expect(resumed.root() == Sample.oracle.hash(0..<size + 9))
            #expect(CompactRange(size: TreeSize(size + 1), nodes: range.nodes) == nil || size & 1 == 1)
            #expect(CompactRange(size: range.size, nodes: range.nodes + [NodeHash.sha256()]) == nil)
        }
    }

    /// A store keeps what `append` tells it; each node of the tree must be told exactly once.
    @Test func tellsOfEachCompleteSubtreeOnce() {
        var told: [[Int]: NodeHash] = [:]
        var range = CompactRange()
        for index in 0..<100 {
            range.append(Sample.leaf(index)) { level, index, hash in
                #expect(told.updateValue(hash, forKey: [level, index]) == nil)
            }
        }
        var expected = 0
        for level in 0..<7 {
            for index in 0..<100 >> level {
                expected += 1
                let hash = Sample.oracle.hash(index << level..<(index + 1) << level)
                #expect(told[[level, index]]?.bytes == hash.bytes)
            }
        }
        #expect(told.count == expected)
    }
}

@Suite struct NumberTests {
    @Test(arguments: ["", "-1", "+1", "01", "00", " 1", "1 ", "1_0", "0x1", "9223372036854775808", "１"])
    func refusesAnyOtherSpellingOfASize(text: String) {
        #expect(TreeSize(decimal: text) == nil)
        #expect(LeafIndex(decimal: text) == nil)
    }

    @Test func readsTheSmallestAndTheLargest() {
        #expect(TreeSize(decimal: "0") == .zero)
        #expect(TreeSize(decimal: "9223372036854775807")?.rawValue == .max)
        #expect(TreeSize(rawValue: -1) == nil)
        #expect(TreeSize.zero.lastIndex == nil)
        #expect(TreeSize(7).lastIndex == LeafIndex(6))
    }
}
