public import Bytes

/// A whole tree in memory: every complete subtree's hash, about 64 bytes a leaf.
///
/// For checks, for folding a chain from its start, and for tests. A chain that is served keeps its nodes in
/// a store and only a ``CompactRange`` in memory.
public struct MerkleTree: Sendable {
    /// The hashes of the complete subtrees, by level and index.
    private var levels: [[NodeHash]] = [[]]
    private var range = CompactRange()

    public init() {}

    /// The tree over `leaves`, in order.
    public init(leaves: some Sequence<LeafHash>) {
        for leaf in leaves { append(leaf) }
    }

    public var size: TreeSize { range.size }

    /// What is needed to go on appending.
    public var edge: CompactRange { range }

    public mutating func append(_ leaf: LeafHash) {
        range.append(leaf) { level, _, hash in
            if level == levels.count { levels.append([]) }
            levels[level].append(hash)
        }
    }

    public func root() -> RootHash { range.root() }

    /// The root as it was at `size`, which must not exceed the present one.
    public func root(at size: TreeSize) -> RootHash {
        treeRoot(of: size, reader: node)
    }

    /// The hash of the complete subtree at `level` and `index`; traps where it is not complete.
    public func node(level: Int, index: Int) -> NodeHash { levels[level][index] }

    /// The path for `index` in the tree as it was at `size`, or as it stands; see
    /// ``inclusionProof(of:in:reader:)``.
    public func inclusionProof(of index: LeafIndex, in size: TreeSize? = nil) -> [NodeHash] {
        MerkleLog.inclusionProof(of: index, in: size ?? self.size, reader: node)
    }

    /// The path between two sizes of this tree; see ``consistencyProof(from:to:reader:)``.
    public func consistencyProof(from old: TreeSize, to new: TreeSize? = nil) -> [NodeHash] {
        MerkleLog.consistencyProof(from: old, to: new ?? self.size, reader: node)
    }
}
