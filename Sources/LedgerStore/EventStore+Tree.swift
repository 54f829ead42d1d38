public import Bytes
internal import GRDB
public import MerkleLog

extension EventStore {
    /// The root as it was at `size`.
    public func root(of chain: ChainID, at size: TreeSize) throws -> RootHash {
        try withNodes(of: chain, upTo: size) { node in try treeRoot(of: size, reader: node) }
    }

    /// The path of the entry at `index` in the tree as it was at `size`.
    public func inclusionProof(
        of index: LeafIndex, in size: TreeSize, of chain: ChainID
    ) throws -> [NodeHash] {
        guard index.isInside(size) else {
            throw StoreError(
                .outOfRange, "there is no entry \(index) in a tree of \(size)",
                hint: "ask for a size above the index")
        }
        return try withNodes(of: chain, upTo: size) { node in
            try MerkleLog.inclusionProof(of: index, in: size, reader: node)
        }
    }

    /// The hashes that show the tree at `old` to be the beginning of the tree at `new`.
    public func consistencyProof(
        from old: TreeSize, to new: TreeSize, of chain: ChainID
    ) throws -> [NodeHash] {
        guard old > .zero, old <= new else {
            throw StoreError(
                .outOfRange, "there is no consistency proof from size \(old) to \(new)",
                hint: "give two sizes above zero, the smaller one first")
        }
        return try withNodes(of: chain, upTo: new) { node in
            try MerkleLog.consistencyProof(from: old, to: new, reader: node)
        }
    }

    /// A tile of hashes as it is published, or `nil` where the chain is not long enough for its width.
    ///
    /// `width` may be less than what the chain has by now: a partial tile stays available when it is full.
    public func tile(level: Int, index: Int, width: Int, of chain: ChainID) throws -> HashTile? {
        try read("reading tile \(level)/\(index)") { database in
            let tree = try tree(of: chain, database)
            let shift = TileCoordinate.height * level
            guard level >= 0, index >= 0, index < 1 << 32, shift < Int.bitWidth else { return nil }
            let available = (tree.size.rawValue >> shift) - index * TileCoordinate.fullWidth
            guard available >= width else { return nil }
            let hashes =
                available >= TileCoordinate.fullWidth
                ? try Self.fullTile(of: chain, level: level, index: index, database)?.hashes
                : tree.partial[level]
            return hashes.flatMap { HashTile(hashes: Array($0.prefix(width))) }
        }
    }

    /// Lends a reader of complete subtrees, which reads each tile at most once.
    private func withNodes<Result>(
        of chain: ChainID, upTo size: TreeSize,
        _ work: ((_ level: Int, _ index: Int) throws -> NodeHash) throws -> Result
    ) throws -> Result {
        try read("reading the tree") { database in
            let tree = try tree(of: chain, database)
            guard size <= tree.size else {
                throw StoreError(
                    .outOfRange, "the chain has \(tree.size) entries, asked for a tree of \(size)",
                    hint: "ask for a size that the chain has reached")
            }
            var tiles: [Int64: HashTile] = [:]
            return try work { level, index in
                if let node = tree.node(level: level, index: index) { return node }
                let place = HashTile.Place(level: level, index: index)
                let id = Self.tileID(chain, level: place.tileLevel, index: place.tileIndex)
                let tile =
                    try tiles[id]
                    ?? Self.fullTile(of: chain, level: place.tileLevel, index: place.tileIndex, database)
                tiles[id] = tile
                guard let node = tile?.node(at: place.positions) else { throw Self.missingTile(place) }
                return node
            }
        }
    }

    static func fullTile(
        of chain: ChainID, level: Int, index: Int, _ database: Database
    ) throws -> HashTile? {
        let statement = try RawStatement(database, "SELECT hashes FROM tiles WHERE id = ?")
        defer { statement.reset() }
        statement.bind(tileID(chain, level: level, index: index), at: 1)
        guard try statement.next() else { return nil }
        let bytes = statement.bytes(at: 0)
        return HashTile(
            hashes: stride(from: 0, to: bytes.count, by: 32).compactMap {
                NodeHash(bytes: UnsafeRawBufferPointer(rebasing: bytes[$0..<$0 + 32]))
            })
    }

    private static func missingTile(_ place: HashTile.Place) -> StoreError {
        StoreError(
            .corrupt, "tile \(place.tileLevel)/\(place.tileIndex) is not in the database",
            hint: "keep the files as they are, run a check, restore from another holder")
    }
}
