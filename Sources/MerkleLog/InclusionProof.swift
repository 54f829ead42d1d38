public import Bytes

/// The hashes that lead from leaf `index` to the root of the tree of `size`, from the leaf's neighbour
/// upwards (RFC 6962 §2.1.1).
///
/// - Parameter reader: gives the hash of the complete subtree at (level, index), level 0 being the leaves.
///   Only subtrees that end inside `size` are asked for, at most 2·log₂ `size` of them.
/// - Precondition: `index` is inside `size`.
public func inclusionProof<Failure: Error>(
    of index: LeafIndex, in size: TreeSize,
    reader: (_ level: Int, _ index: Int) throws(Failure) -> NodeHash
) throws(Failure) -> [NodeHash] {
    precondition(index.isInside(size), "there is no leaf \(index) in a tree of size \(size)")
    return try Path(from: index.rawValue, in: size.rawValue).hashes(reader: reader)
}

/// The root of the tree of `size`, from the hashes of its complete subtrees; for `reader` see
/// ``inclusionProof(of:in:reader:)``.
public func treeRoot<Failure: Error>(
    of size: TreeSize, reader: (_ level: Int, _ index: Int) throws(Failure) -> NodeHash
) throws(Failure) -> RootHash {
    guard size > .zero else { return .empty }
    return RootHash(top: try edge(of: size.rawValue, below: Int.bitWidth - 1, reader: reader))
}

/// Why an inclusion proof does not hold.
public enum InclusionFailure: Error, Hashable {
    case indexOutsideTree(index: LeafIndex, size: TreeSize)
    case pathLength(expected: Int, actual: Int)
    case rootMismatch(computed: RootHash, expected: RootHash)
}

/// Checks that `leaf` is at `index` in the tree of `size` with `root`; returns only if so.
///
/// Take `size` and `root` from one signed checkpoint: a root alone does not say how large its tree is. The
/// length of `path` is checked before anything is hashed.
public func verifyInclusion(
    of leaf: LeafHash, at index: LeafIndex, in size: TreeSize, root: RootHash, path: [NodeHash]
) throws(InclusionFailure) {
    guard index.isInside(size) else { throw .indexOutsideTree(index: index, size: size) }
    let way = Path(from: index.rawValue, in: size.rawValue)
    guard path.count == way.count else { throw .pathLength(expected: way.count, actual: path.count) }
    let computed = RootHash(top: way.climb(from: NodeHash(leaf: leaf), with: path[...]))
    guard computed == root else { throw .rootMismatch(computed: computed, expected: root) }
}
