public import Bytes

/// The hashes of one tile.
public struct HashTile: Hashable, Sendable {
    /// From 1 to 256 neighbouring hashes of one tree level.
    public let hashes: [NodeHash]

    /// `nil` for no hash at all or for more than 256.
    public init?(hashes: [NodeHash]) {
        guard (1...TileCoordinate.fullWidth).contains(hashes.count) else { return nil }
        self.hashes = hashes
    }

    /// Reads exactly `width` × 32 bytes; `nil` for any other count.
    public init?(bytes: [UInt8], width: Int) {
        guard (1...TileCoordinate.fullWidth).contains(width), bytes.count == width * 32 else { return nil }
        hashes = stride(from: 0, to: bytes.count, by: 32).compactMap { NodeHash(bytes: bytes[$0..<$0 + 32]) }
    }

    /// The hashes one after the other, 32 bytes each.
    public var bytes: [UInt8] { hashes.flatMap(\.bytes) }

    /// Where the complete subtree at (level, index) of the tree is to be found.
    public struct Place: Hashable, Sendable {
        /// The level of the tile that holds it or the hashes below it.
        public let tileLevel: Int
        public let tileIndex: Int
        /// Which hashes of the tile the subtree covers: one, or a power of two to be hashed together.
        public let positions: Range<Int>

        public init(level: Int, index: Int) {
            let height = level % TileCoordinate.height
            let first = index << height
            tileLevel = level / TileCoordinate.height
            tileIndex = first / TileCoordinate.fullWidth
            let start = first % TileCoordinate.fullWidth
            positions = start..<start + (1 << height)
        }
    }

    /// The hash of the complete subtree over `positions`, which a ``Place`` gave; `nil` where the tile is
    /// too narrow.
    public func node(at positions: Range<Int>) -> NodeHash? {
        guard positions.lowerBound >= 0, positions.upperBound <= hashes.count else { return nil }
        var row = Array(hashes[positions])
        guard row.count.nonzeroBitCount == 1 else { return nil }
        while row.count > 1 {
            row = stride(from: 0, to: row.count, by: 2).map { NodeHash(left: row[$0], right: row[$0 + 1]) }
        }
        return row[0]
    }
}
