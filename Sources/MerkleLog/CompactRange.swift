public import Bytes

/// The right edge of a growing tree: just enough to append to it and to know its root.
///
/// Holds one hash for each set bit of the size, those of the largest complete subtrees from left to right.
/// Size and nodes together re-create it, so a store keeps them instead of reading a chain from the start.
public struct CompactRange: Hashable, Sendable {
    public private(set) var size: TreeSize
    /// The roots of the complete subtrees that cover the tree, largest and leftmost first.
    public private(set) var nodes: [NodeHash]

    /// The empty tree.
    public init() {
        size = .zero
        nodes = []
    }

    /// The range over `leaves`, in order.
    public init(leaves: some Sequence<LeafHash>) {
        self.init()
        for leaf in leaves { append(leaf) }
    }

    /// Re-creates a range from what ``size`` and ``nodes`` gave; `nil` where their counts cannot belong
    /// together.
    public init?(size: TreeSize, nodes: [NodeHash]) {
        guard nodes.count == size.rawValue.nonzeroBitCount else { return nil }
        self.size = size
        self.nodes = nodes
    }

    /// Adds one leaf: at most ⌊log₂ size⌋ + 1 hashes, one on average.
    public mutating func append(_ leaf: LeafHash) {
        append(leaf) { _, _, _ in }
    }

    /// Adds one leaf and tells `completed` of each subtree that it completes, as (level, index, hash), from
    /// the leaf (level 0) upwards.
    ///
    /// These are exactly the nodes that ``inclusionProof(of:in:reader:)`` may ask for, each told once in a
    /// chain's life.
    public mutating func append(
        _ leaf: LeafHash, completed: (_ level: Int, _ index: Int, _ hash: NodeHash) -> Void
    ) {
        var hash = NodeHash(leaf: leaf)
        var index = size.rawValue
        var level = 0
        completed(level, index, hash)
        while index & 1 == 1 {
            hash = NodeHash(left: nodes.removeLast(), right: hash)
            index >>= 1
            level += 1
            completed(level, index, hash)
        }
        nodes.append(hash)
        size = TreeSize(size.rawValue + 1)
    }

    /// The root of the tree as it stands.
    public func root() -> RootHash {
        guard var hash = nodes.last else { return .empty }
        for node in nodes.dropLast().reversed() { hash = NodeHash(left: node, right: hash) }
        return RootHash(top: hash)
    }
}
