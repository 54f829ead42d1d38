public import Bytes
internal import GRDB
public import MerkleLog

/// Something in `ledger.sqlite` that does not follow from its entries.
public enum StoreFinding: Hashable, Sendable {
    /// The entry's bytes do not have the leaf hash that is stored beside them.
    case leafHash(index: LeafIndex, stored: LeafHash, computed: LeafHash)
    /// The entries from here on are missing: the next one that is there follows later, or not at all.
    case missingEntry(index: LeafIndex)
    /// A full tile is missing, or holds other hashes than follow from the entries.
    case tile(level: Int, index: Int)
    /// There are more tiles than the entries fill.
    case surplusTiles(count: Int)
    /// The views have not followed the chain to its end.
    case viewsBehind(position: TreeSize)
}

extension EventStore {
    /// Computes the whole tree of a chain again from the bytes of its entries and compares it with what
    /// is stored.
    ///
    /// - Returns: the head that follows from the bytes, to be compared with a signed checkpoint, and the
    ///   differences. After a missing entry nothing can be compared, so the head ends there.
    public func check(_ chain: ChainID) throws -> (head: ChainHead, findings: [StoreFinding]) {
        var check = try ChainCheck(store: self, chain: chain)
        try check.run()
        return (check.tree.head, check.findings)
    }
}

/// One pass over a chain, tile by tile.
private struct ChainCheck {
    let store: EventStore
    let chain: ChainID
    /// As it was when the check began: what is appended meanwhile is left out.
    let size: TreeSize
    var tree: ChainTree
    var findings: [StoreFinding] = []
    /// For each level how many tiles the entries fill.
    private var filled: [Int] = []

    init(store: EventStore, chain: ChainID) throws {
        self.store = store
        self.chain = chain
        size = try store.size(of: chain)
        tree = try ChainTree(size: .zero) { _, _ in [] }
    }

    mutating func run() throws {
        while tree.size < size {
            let start = tree.size.rawValue
            try checkEntries(start..<min(start + TileCoordinate.fullWidth, size.rawValue))
            if case .missingEntry = findings.last { return }
        }
        try checkSurplus()
        let position = try store.viewPosition(of: chain)
        if position < size { findings.append(.viewsBehind(position: position)) }
    }

    private mutating func checkEntries(_ positions: Range<Int>) throws {
        var rows: [(index: LeafIndex, stored: LeafHash, computed: LeafHash)] = []
        _ = try store.scanBatch(of: chain, positions) { index, stored, envelope in
            rows.append((index, stored, LeafHash(entry: envelope)))
        }
        var full: [ChainTree.FullTile] = []
        for row in rows where row.index == tree.size.nextIndex {
            if row.computed != row.stored {
                findings.append(.leafHash(index: row.index, stored: row.stored, computed: row.computed))
            }
            tree.append(row.computed) { full.append($0) }
        }
        for tile in full { try checkTile(tile) }
        if tree.size.rawValue < positions.upperBound {
            findings.append(.missingEntry(index: tree.size.nextIndex))
        }
    }

    private mutating func checkTile(_ tile: ChainTree.FullTile) throws {
        if tile.level == filled.count { filled.append(0) }
        filled[tile.level] += 1
        let (stored, root) = try store.read("checking tiles") { database in
            (
                try EventStore.fullTile(of: chain, level: tile.level, index: tile.index, database),
                try EventStore.hashes(
                    of: chain, level: tile.level + 1, at: tile.index..<tile.index + 1, database
                ).first
            )
        }
        if stored?.hashes != tile.hashes || root != tile.root {
            findings.append(.tile(level: tile.level, index: tile.index))
        }
    }

    /// Tiles that were stored beyond those filled, unless entries were appended meanwhile.
    private mutating func checkSurplus() throws {
        let (now, stored) = try store.read("counting tiles") { database in
            let count = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM tiles WHERE chain = ? AND id BETWEEN ? AND ?",
                arguments: [chain.number, chain.base, chain.base | 0xFF_FFFF_FFFF])
            return (try EventStore.size(of: chain, database), count ?? 0)
        }
        let surplus = stored - filled.reduce(0, +)
        if now == size && surplus > 0 { findings.append(.surplusTiles(count: surplus)) }
    }
}
