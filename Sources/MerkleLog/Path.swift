internal import Bytes

/// The shape of the way from a node up to the root of a tree.
///
/// Seen from leaf `index`, the way first climbs inside the smallest complete-or-cut subtree that also holds
/// the last leaf (the inner part, where the neighbour may be on either side) and then along the tree's
/// right border, where neighbours are always on the left and only stand where `index` has a set bit. Prover
/// and verifier both walk this one shape, so they cannot disagree about lengths.
struct Path {
    /// The leaf from which the way leads up.
    let index: Int
    /// The leaves in the tree.
    let size: Int
    /// The level of the node at which the way begins; 0 begins at the leaf.
    let start: Int
    /// The level at which the border part begins.
    let inner: Int

    /// Requires `0 <= index < size`, and `start` at most ``inner``.
    init(from index: Int, in size: Int, startingAt start: Int = 0) {
        self.index = index
        self.size = size
        self.start = start
        inner = Int.bitWidth - (index ^ (size - 1)).leadingZeroBitCount
    }

    /// How many hashes the way needs.
    var count: Int { inner - start + (index >> inner).nonzeroBitCount }

    /// The neighbours' hashes, from the lowest level up.
    func hashes<Failure: Error>(
        reader: (_ level: Int, _ index: Int) throws(Failure) -> NodeHash
    ) throws(Failure) -> [NodeHash] {
        var result: [NodeHash] = []
        result.reserveCapacity(count)
        for level in start..<max(start, inner) {
            let neighbour = (index >> level) ^ 1
            // Only the neighbour below the top of the inner part can be cut by the tree's edge.
            if neighbour >= size >> level {
                result.append(try edge(of: size, below: level, reader: reader))
            } else {
                result.append(try reader(level, neighbour))
            }
        }
        var level = inner
        while index >> level > 0 {
            if index >> level & 1 == 1 { result.append(try reader(level, (index >> level) - 1)) }
            level += 1
        }
        return result
    }

    /// The root that `hash` and its neighbours give. `path.count` must be ``count``.
    func climb(from hash: NodeHash, with path: ArraySlice<NodeHash>) -> NodeHash {
        var hash = hash
        for (level, neighbour) in zip(start..., path) {
            if level < inner && index >> level & 1 == 0 {
                hash = NodeHash(left: hash, right: neighbour)
            } else {
                hash = NodeHash(left: neighbour, right: hash)
            }
        }
        return hash
    }

    /// The root that `hash` and its left neighbours alone give: the root of the tree that ends with
    /// ``index``.
    func climbLeftEdge(from hash: NodeHash, with path: ArraySlice<NodeHash>) -> NodeHash {
        var hash = hash
        for (level, neighbour) in zip(start..., path) where level >= inner || index >> level & 1 == 1 {
            hash = NodeHash(left: neighbour, right: hash)
        }
        return hash
    }
}

/// The hash over the last `size mod 2^level` leaves of a tree of `size`; there must be at least one.
func edge<Failure: Error>(
    of size: Int, below level: Int, reader: (_ level: Int, _ index: Int) throws(Failure) -> NodeHash
) throws(Failure) -> NodeHash {
    var rest = level < Int.bitWidth - 1 ? size & ((1 << level) - 1) : size
    precondition(rest > 0, "an edge has at least one leaf")
    var hash: NodeHash?
    while rest > 0 {
        let bit = rest.trailingZeroBitCount
        let node = try reader(bit, (size >> bit) - 1)
        hash = hash.map { NodeHash(left: node, right: $0) } ?? node
        rest &= rest - 1
    }
    return hash!
}
