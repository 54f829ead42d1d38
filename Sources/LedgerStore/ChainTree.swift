internal import Bytes
internal import MerkleLog

/// The right edge of one chain's tree, as it stands on the disk: its compact range and its tiles that
/// are not yet full.
///
/// Held in memory for each chain in use, at most 256 hashes a level, and restored from the last full
/// tiles and the entries after them: O(256 · log₂₅₆ n) rows, however long the chain is.
struct ChainTree: Sendable {
    /// A tile that has just become full, to be stored.
    struct FullTile {
        var level: Int
        var index: Int
        var hashes: [NodeHash]
        /// The hash over all of them.
        var root: NodeHash
    }

    private(set) var range: CompactRange
    /// For each tile level the hashes after its last full tile, fewer than 256.
    private(set) var partial: [[NodeHash]]

    var size: TreeSize { range.size }
    var head: ChainHead { ChainHead(size: size, root: range.root()) }

    /// Restores the edge at `size`; `rows(level)` gives the hashes of a tile level after its last full tile.
    init(size: TreeSize, rows: (_ level: Int, _ positions: Range<Int>) throws -> [NodeHash]) throws {
        var partial: [[NodeHash]] = []
        var count = size.rawValue
        while count > 0 {
            let positions = (count & ~255)..<count
            let hashes = try rows(partial.count, positions)
            guard hashes.count == positions.count else { throw Self.missing(partial.count, positions) }
            partial.append(hashes)
            count >>= TileCoordinate.height
        }
        let nodes = (0..<Int.bitWidth).reversed().filter { size.rawValue >> $0 & 1 == 1 }.map { level in
            Self.node(in: partial, level: level, index: (size.rawValue >> level) - 1)!
        }
        self.partial = partial
        range = CompactRange(size: size, nodes: nodes)!
    }

    /// Adds one leaf and tells `full` of each tile that it fills, from the lowest level up.
    mutating func append(_ leaf: LeafHash, full: (FullTile) throws -> Void) rethrows {
        var completed: [(level: Int, index: Int, hash: NodeHash)] = []
        range.append(leaf) { level, index, hash in
            if level.isMultiple(of: TileCoordinate.height) {
                completed.append((level / TileCoordinate.height, index, hash))
            }
        }
        for (level, index, hash) in completed {
            // A hash of level L + 1 is the root of the tile of level L that its last hash has just filled.
            if level > 0 {
                let hashes = partial[level - 1]
                partial[level - 1].removeAll(keepingCapacity: true)
                try full(FullTile(level: level - 1, index: index, hashes: hashes, root: hash))
            }
            if level == partial.count { partial.append([]) }
            partial[level].append(hash)
        }
    }

    /// The hash of the complete subtree at `level` and `index` where the tiles that are not full hold it.
    func node(level: Int, index: Int) -> NodeHash? {
        let place = HashTile.Place(level: level, index: index)
        guard place.tileLevel < partial.count,
            place.tileIndex == size.rawValue >> (TileCoordinate.height * (place.tileLevel + 1))
        else { return nil }
        return Self.node(in: partial, level: level, index: index)
    }

    private static func node(in partial: [[NodeHash]], level: Int, index: Int) -> NodeHash? {
        let place = HashTile.Place(level: level, index: index)
        return HashTile(hashes: partial[place.tileLevel])?.node(at: place.positions)
    }

    private static func missing(_ level: Int, _ positions: Range<Int>) -> StoreError {
        StoreError(
            .corrupt, "hashes \(positions) of tile level \(level) are not all in the database",
            hint: "keep the files as they are, run a check, restore from another holder")
    }
}
