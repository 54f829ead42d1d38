import Bytes
import MerkleLog
import Testing

@Suite struct ConsistencyTests {
    @Test func provesEveryPairOfSizesTo100() throws {
        for new in 1...100 {
            for old in 1...new {
                let path = Sample.tree.consistencyProof(from: TreeSize(old), to: TreeSize(new))
                #expect(path.map(\.bytes) == Sample.oracle.proof(old, new).map(\.bytes))
                try verifyConsistency(
                    from: TreeSize(old), root: Sample.tree.root(at: TreeSize(old)),
                    to: TreeSize(new), root: Sample.tree.root(at: TreeSize(new)), path: path)
            }
        }
    }

    /// Every proof between the trees to size 64 with any one bit of path or roots inverted; see
    /// `everyBit`.
    @Test(arguments: 1...64)
    func refusesAnyInvertedBit(new: Int) {
        let newRoot = Sample.tree.root(at: TreeSize(new))
        for old in 1...new {
            let oldRoot = Sample.tree.root(at: TreeSize(old))
            var path = Sample.tree.consistencyProof(from: TreeSize(old), to: TreeSize(new))
            func isRefused(_ oldRoot: RootHash, _ newRoot: RootHash) -> Bool {
                isMismatch(old, oldRoot, new, newRoot, path)
            }
            var refused = 0
            for bit in everyBit {
                if isRefused(oldRoot.flipping(bit: bit), newRoot) { refused += 1 }
                if isRefused(oldRoot, newRoot.flipping(bit: bit)) { refused += 1 }
                for position in path.indices {
                    let kept = path[position]
                    path[position] = kept.flipping(bit: bit)
                    if isRefused(oldRoot, newRoot) { refused += 1 }
                    path[position] = kept
                }
            }
            #expect(refused == everyBit.count * (path.count + 2))
        }
    }

    @Test func refusesAPathOfAnotherLength() {
        for new in 1...64 {
            for old in 1...new {
                let path = Sample.tree.consistencyProof(from: TreeSize(old), to: TreeSize(new))
                for other in lengthened(path) + shortened(path) {
                    #expect(throws: ConsistencyFailure.pathLength(expected: path.count, actual: other.count)) {
                        try verifyConsistency(
                            from: TreeSize(old), root: Sample.tree.root(at: TreeSize(old)),
                            to: TreeSize(new), root: Sample.tree.root(at: TreeSize(new)), path: other)
                    }
                }
            }
        }
    }

    @Test(arguments: [0, 1, 9])
    func refusesToStartFromNothing(new: Int) {
        #expect(throws: ConsistencyFailure.fromEmptyTree) {
            try verifyConsistency(
                from: .zero, root: .empty, to: TreeSize(new), root: Sample.tree.root(at: TreeSize(new)),
                path: [])
        }
    }

    @Test func refusesATreeThatShrinks() {
        let path = Sample.tree.consistencyProof(from: TreeSize(4), to: TreeSize(9))
        #expect(throws: ConsistencyFailure.shrinks(from: TreeSize(9), to: TreeSize(4))) {
            try verifyConsistency(
                from: TreeSize(9), root: Sample.tree.root(at: TreeSize(9)),
                to: TreeSize(4), root: Sample.tree.root(at: TreeSize(4)), path: path)
        }
    }

    @Test func namesTwoRootsForOneSize() {
        let (one, other) = (Sample.oracle.hash(0..<8), Sample.oracle.hash(1..<9))
        #expect(throws: ConsistencyFailure.differentRootsAtOneSize(TreeSize(8), one, other)) {
            try verifyConsistency(from: TreeSize(8), root: one, to: TreeSize(8), root: other, path: [])
        }
    }

    /// A tree whose leaf 3 was replaced after it had been signed at size 5.
    @Test func refusesARewrittenHistory() {
        var leaves = (0..<12).map(Sample.leaf)
        leaves[3] = LeafHash(entry: [0xff])
        let rewritten = MerkleTree(leaves: leaves)
        #expect(throws: ConsistencyFailure.self) {
            try verifyConsistency(
                from: TreeSize(5), root: Sample.tree.root(at: TreeSize(5)),
                to: rewritten.size, root: rewritten.root(),
                path: rewritten.consistencyProof(from: TreeSize(5)))
        }
    }
}

private func isMismatch(
    _ old: Int, _ oldRoot: RootHash, _ new: Int, _ newRoot: RootHash, _ path: [NodeHash]
) -> Bool {
    do {
        try verifyConsistency(
            from: TreeSize(old), root: oldRoot, to: TreeSize(new), root: newRoot, path: path)
        return false
    } catch {
        switch error {
        case .oldRootMismatch, .newRootMismatch, .differentRootsAtOneSize: return true
        case .fromEmptyTree, .shrinks, .pathLength: return false
        }
    }
}
