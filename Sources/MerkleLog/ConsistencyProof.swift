public import Bytes

/// The hashes that show the tree of size `old` to be the beginning of the tree of size `new` (RFC 6962
/// §2.1.2).
///
/// Empty where both sizes are equal. For `reader` see ``inclusionProof(of:in:reader:)``.
///
/// - Precondition: `0 < old <= new`. That anything begins with nothing needs no proof, and a proof that is
///   always accepted would be one more way to make a mistake.
public func consistencyProof<Failure: Error>(
    from old: TreeSize, to new: TreeSize,
    reader: (_ level: Int, _ index: Int) throws(Failure) -> NodeHash
) throws(Failure) -> [NodeHash] {
    precondition(old > .zero && old <= new, "no consistency proof from size \(old) to \(new)")
    guard old < new else { return [] }
    let shape = ConsistencyShape(from: old.rawValue, to: new.rawValue)
    let seed = shape.namesSeed ? [try reader(shape.level, (old.rawValue >> shape.level) - 1)] : []
    return seed + (try shape.way.hashes(reader: reader))
}

/// Why a consistency proof does not hold.
public enum ConsistencyFailure: Error, Hashable {
    /// The old tree is empty: everything extends it, and nothing is proven.
    case fromEmptyTree
    case shrinks(from: TreeSize, to: TreeSize)
    case pathLength(expected: Int, actual: Int)
    /// Two roots for one size.
    case differentRootsAtOneSize(TreeSize, RootHash, RootHash)
    case oldRootMismatch(computed: RootHash, expected: RootHash)
    case newRootMismatch(computed: RootHash, expected: RootHash)
}

/// Checks that the tree (`new`, `newRoot`) begins with the tree (`old`, `oldRoot`); returns only if so.
///
/// The length of `path` is checked before anything is hashed. From size 0 is refused; the one place where
/// it is needed, a witness that sees a log for the first time, has to say so itself.
public func verifyConsistency(
    from old: TreeSize, root oldRoot: RootHash, to new: TreeSize, root newRoot: RootHash, path: [NodeHash]
) throws(ConsistencyFailure) {
    guard old > .zero else { throw .fromEmptyTree }
    guard old <= new else { throw .shrinks(from: old, to: new) }
    guard old < new else {
        guard path.isEmpty else { throw .pathLength(expected: 0, actual: path.count) }
        guard oldRoot == newRoot else { throw .differentRootsAtOneSize(old, oldRoot, newRoot) }
        return
    }
    let shape = ConsistencyShape(from: old.rawValue, to: new.rawValue)
    guard path.count == shape.count else { throw .pathLength(expected: shape.count, actual: path.count) }
    let seed = shape.namesSeed ? path[0] : NodeHash(retagging: oldRoot)
    let rest = shape.namesSeed ? path[1...] : path[...]
    let computedOld = RootHash(top: shape.way.climbLeftEdge(from: seed, with: rest))
    guard computedOld == oldRoot else { throw .oldRootMismatch(computed: computedOld, expected: oldRoot) }
    let computedNew = RootHash(top: shape.way.climb(from: seed, with: rest))
    guard computedNew == newRoot else { throw .newRootMismatch(computed: computedNew, expected: newRoot) }
}

/// The shape of a consistency proof: the way up from the last complete subtree of the old tree.
private struct ConsistencyShape {
    /// The level of that subtree.
    let level: Int
    /// Whether its hash is part of the proof. It is not where that subtree is the old tree: the verifier
    /// has the root.
    let namesSeed: Bool
    let way: Path

    /// Requires `0 < old < new`.
    init(from old: Int, to new: Int) {
        level = old.trailingZeroBitCount
        namesSeed = old != 1 << level
        way = Path(from: old - 1, in: new, startingAt: level)
    }

    var count: Int { way.count + (namesSeed ? 1 : 0) }
}
