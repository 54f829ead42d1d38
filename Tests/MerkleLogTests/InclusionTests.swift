import Bytes
import MerkleLog
import Testing

@Suite struct InclusionTests {
    @Test func provesEveryLeafOfEveryTreeToSize100() throws {
        for size in 1...100 {
            let root = Sample.oracle.hash(0..<size)
            for index in 0..<size {
                let path = Sample.tree.inclusionProof(of: LeafIndex(index), in: TreeSize(size))
                #expect(path.map(\.bytes) == Sample.oracle.path(index, 0..<size).map(\.bytes))
                try verifyInclusion(
                    of: Sample.leaf(index), at: LeafIndex(index), in: TreeSize(size), root: root, path: path)
            }
        }
    }

    /// Every proof of the trees to size 64 with any one bit of path, root or leaf inverted; see
    /// `everyBit`.
    @Test(arguments: 1...64)
    func refusesAnyInvertedBit(size: Int) {
        let root = Sample.tree.root(at: TreeSize(size))
        for index in 0..<size {
            let leaf = Sample.leaf(index)
            var path = Sample.tree.inclusionProof(of: LeafIndex(index), in: TreeSize(size))
            func isRefused(_ leaf: LeafHash, _ root: RootHash) -> Bool {
                isRootMismatch(leaf, index, size, root, path)
            }
            var refused = 0
            for bit in everyBit {
                if isRefused(leaf.flipping(bit: bit), root) { refused += 1 }
                if isRefused(leaf, root.flipping(bit: bit)) { refused += 1 }
                for position in path.indices {
                    let kept = path[position]
                    path[position] = kept.flipping(bit: bit)
                    if isRefused(leaf, root) { refused += 1 }
                    path[position] = kept
                }
            }
            #expect(refused == everyBit.count * (path.count + 2))
        }
    }

    @Test func refusesAPathOfAnotherLength() {
        for size in 1...64 {
            let root = Sample.tree.root(at: TreeSize(size))
            for index in 0..<size {
                let path = Sample.tree.inclusionProof(of: LeafIndex(index), in: TreeSize(size))
                for other in lengthened(path) + shortened(path) {
                    #expect(throws: InclusionFailure.pathLength(expected: path.count, actual: other.count)) {
                        try verifyInclusion(
                            of: Sample.leaf(index), at: LeafIndex(index), in: TreeSize(size), root: root,
                            path: other)
                    }
                }
            }
        }
    }

    @Test func refusesEveryOtherIndex() {
        let root = Sample.tree.root(at: TreeSize(29))
        for index in 0..<29 {
            let path = Sample.tree.inclusionProof(of: LeafIndex(index), in: TreeSize(29))
            for other in 0..<40 where other != index {
                #expect(throws: InclusionFailure.self) {
                    try verifyInclusion(
                        of: Sample.leaf(index), at: LeafIndex(other), in: TreeSize(29), root: root, path: path
                    )
                }
            }
        }
    }

    @Test func refusesAnIndexOutsideTheTree() {
        for (index, size) in [(0, 0), (1, 1), (7, 7), (8, 7), (.max, 1), (.max, .max)] {
            #expect(throws: InclusionFailure.indexOutsideTree(index: LeafIndex(index), size: TreeSize(size))) {
                try verifyInclusion(
                    of: Sample.leaf(0), at: LeafIndex(index), in: TreeSize(size), root: .empty, path: [])
            }
        }
    }

    /// A path can be asked for in any tree that fits 63 bits; its length is known without hashing.
    @Test func countsThePathOfTheLargestTree() {
        #expect(throws: InclusionFailure.pathLength(expected: 62, actual: 0)) {
            try verifyInclusion(
                of: Sample.leaf(0), at: LeafIndex(.max - 1), in: TreeSize(.max), root: .empty, path: [])
        }
        #expect(throws: InclusionFailure.pathLength(expected: 63, actual: 0)) {
            try verifyInclusion(
                of: Sample.leaf(0), at: LeafIndex(0), in: TreeSize(.max), root: .empty, path: [])
        }
    }
}

private func isRootMismatch(
    _ leaf: LeafHash, _ index: Int, _ size: Int, _ root: RootHash, _ path: [NodeHash]
) -> Bool {
    do {
        try verifyInclusion(of: leaf, at: LeafIndex(index), in: TreeSize(size), root: root, path: path)
        return false
    } catch {
        if case .rootMismatch = error { return true }
        return false
    }
}

/// `path` with one hash more, at either end or as a repetition.
func lengthened(_ path: [NodeHash]) -> [[NodeHash]] {
    let extra = NodeHash.sha256([7])
    var results = [path + [extra], [extra] + path]
    for position in path.indices {
        var longer = path
        longer.insert(path[position], at: position)
        results.append(longer)
    }
    return results
}

/// `path` without one of its hashes, and the empty path.
func shortened(_ path: [NodeHash]) -> [[NodeHash]] {
    guard !path.isEmpty else { return [] }
    var results: [[NodeHash]] = [[]]
    for position in path.indices {
        var shorter = path
        shorter.remove(at: position)
        results.append(shorter)
    }
    return results
}
