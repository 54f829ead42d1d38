internal import Bytes
internal import GRDB
public import MerkleLog
internal import Synchronization

extension EventStore {
    /// Appends `entries` and applies `views` in one transaction; returns the new size and root.
    ///
    /// - Parameters:
    ///   - expecting: the size the caller has judged the entries against. Another size is
    ///     ``StoreError/Code/sizeConflict(expected:actual:)``.
    ///   - views: what the entries change in the projections, applied in order. The views have to be at
    ///     `expecting`.
    /// - Throws: ``StoreError/Code/duplicateEntry(position:)`` where the chain has one of the entries
    ///   already. Whatever is thrown, either all of it is stored or nothing, and nearly always nothing:
    ///   only where COMMIT itself failed may it be all. Ask ``size(of:)`` or ``position(of:in:)`` before
    ///   repeating.
    public func append(
        _ entries: [NewEntry], to chain: ChainID, expecting: TreeSize, views: [ViewChange] = []
    ) throws -> ChainHead {
        try write("appending \(entries.count) entries") { database in
            var tree = try tree(of: chain, database)
            guard tree.size == expecting else { throw Self.conflict(expecting, tree.size) }
            // Out of the cache while it changes: it is not copied, and every error leaves it forgotten.
            trees.withLock { $0[chain] = nil }
            try database.beginTransaction(.immediate)
            do {
                try insert(entries, into: chain, &tree, database)
                try faults.perform(.writeViews) {
                    try apply(views, to: chain, from: expecting, upTo: tree.size, database)
                }
                // From here on the append cannot be undone.
                try faults.perform(.commitAppend) { try database.commit() }
            } catch {
                if database.isInsideTransaction { try? database.rollback() }
                throw try explain(error, entries, chain, database)
            }
            trees.withLock { $0[chain] = tree }
            return tree.head
        }
    }

    private func insert(
        _ entries: [NewEntry], into chain: ChainID, _ tree: inout ChainTree, _ database: Database
    ) throws {
        var tiles: [ChainTree.FullTile] = []
        try faults.perform(.insertEntries) {
            let statement = try RawStatement(
                database, "INSERT INTO entries (id, leaf_hash, envelope) VALUES (?, ?, ?)")
            for entry in entries {
                try Self.checkLength(entry.envelope)
                statement.bind(chain.base + Int64(tree.size.rawValue), at: 1)
                try entry.leaf.withUnsafeBytes { leaf in
                    statement.bind(leaf, at: 2)
                    try entry.envelope.withUnsafeBytes { envelope in
                        statement.bind(envelope, at: 3)
                        try statement.run()
                    }
                }
                tree.append(entry.leaf) { tiles.append($0) }
            }
        }
        try faults.perform(.insertTiles) {
            for tile in tiles { try Self.insert(tile, into: chain, database) }
        }
    }

    private static func insert(
        _ tile: ChainTree.FullTile, into chain: ChainID, _ database: Database
    ) throws {
        let statement = try RawStatement(
            database, "INSERT INTO tiles (id, root, hashes) VALUES (?, ?, ?)")
        statement.bind(tileID(chain, level: tile.level, index: tile.index), at: 1)
        var hashes: [UInt8] = []
        hashes.reserveCapacity(tile.hashes.count * 32)
        for hash in tile.hashes { hash.withUnsafeBytes { hashes.append(contentsOf: $0) } }
        try tile.root.withUnsafeBytes { root in
            statement.bind(root, at: 2)
            try hashes.withUnsafeBytes { hashes in
                statement.bind(hashes, at: 3)
                try statement.run()
            }
        }
    }

    private static func checkLength(_ envelope: [UInt8]) throws {
        guard (1...EntryBundle.maximumEntryLength).contains(envelope.count) else {
            throw StoreError(
                .entryTooLarge(bytes: envelope.count),
                "an entry of \(envelope.count) bytes is outside 1 to \(EntryBundle.maximumEntryLength)",
                hint: "put what is large into a body or a blob, and commit to it")
        }
    }

    private static func conflict(_ expected: TreeSize, _ actual: TreeSize) -> StoreError {
        StoreError(
            .sizeConflict(expected: expected.rawValue, actual: actual.rawValue),
            "the chain has \(actual) entries, not \(expected)",
            hint: "read what was appended meanwhile, judge again, then repeat")
    }

    /// Looks for the duplicate behind a refused INSERT, after the rollback.
    private func explain(
        _ error: any Error, _ entries: [NewEntry], _ chain: ChainID, _ database: Database
    ) throws -> any Error {
        guard let error = error as? DatabaseError, error.resultCode == .SQLITE_CONSTRAINT
        else { return error }
        guard try Self.hasChain(chain, database) else { return Self.unknown(chain) }
        var seen: [LeafHash: Int] = [:]
        for (offset, entry) in entries.enumerated() {
            let stored = try Self.position(of: entry.leaf, in: chain, database)
            if let position = stored?.rawValue ?? seen[entry.leaf] {
                return StoreError(
                    .duplicateEntry(position: position),
                    "the chain has entry \(entry.leaf) already, at position \(position)",
                    hint: "leave it out: it is appended", cause: error)
            }
            seen[entry.leaf] = try Self.size(of: chain, database).rawValue + offset
        }
        return error
    }

    private static func hasChain(_ chain: ChainID, _ database: Database) throws -> Bool {
        try Int.fetchOne(
            database, sql: "SELECT 1 FROM chains WHERE id = ?", arguments: [chain.number]) != nil
    }

    private static func unknown(_ chain: ChainID) -> StoreError {
        StoreError(
            .unknownChain, "this ledger has no chain number \(chain.number)",
            hint: "open the chain by its origin first")
    }
}
