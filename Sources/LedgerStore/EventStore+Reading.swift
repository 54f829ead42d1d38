public import Bytes
internal import GRDB
public import MerkleLog

extension EventStore {
    /// How many rows one hold of the database reads: others get their turn in between.
    private static let batch = 4_096

    /// The entry at `index`, or `nil` where the chain is not that long.
    public func entry(at index: LeafIndex, of chain: ChainID) throws -> StoredEntry? {
        try query("reading entry \(index)") { database in
            let statement = try RawStatement(
                database, "SELECT leaf_hash, envelope FROM entries WHERE id = ?")
            defer { statement.reset() }
            statement.bind(chain.base + Int64(index.rawValue), at: 1)
            guard index.rawValue < 1 << 40, try statement.next() else { return nil }
            return StoredEntry(
                index: index, leaf: try statement.hash(at: 0), envelope: Array(statement.bytes(at: 1)))
        }
    }

    /// Where the chain has the entry with this hash; `nil` where it has none.
    public func position(of leaf: LeafHash, in chain: ChainID) throws -> LeafIndex? {
        try query("looking for entry \(leaf)") { try Self.position(of: leaf, in: chain, $0) }
    }

    static func position(of leaf: LeafHash, in chain: ChainID, _ database: Database) throws -> LeafIndex? {
        let statement = try RawStatement(
            database, "SELECT id FROM entries WHERE chain = ? AND leaf_hash = ?")
        defer { statement.reset() }
        statement.bind(chain.number, at: 1)
        return try leaf.withUnsafeBytes { leaf in
            statement.bind(leaf, at: 2)
            return try statement.next() ? LeafIndex(Int(statement.integer(at: 0) - chain.base)) : nil
        }
    }

    /// Calls `body` with each entry of `range` in order. `body` may use the store, and appends may
    /// happen meanwhile: what stands in `range` does not change.
    public func forEachEntry(
        of chain: ChainID, in range: Range<LeafIndex>, _ body: (StoredEntry) throws -> Void
    ) throws {
        var next = range.lowerBound
        while next < range.upperBound {
            let end = min(range.upperBound, LeafIndex(next.rawValue + 512))
            var batch: [StoredEntry] = []
            batch.reserveCapacity(end.rawValue - next.rawValue)
            try scanEntries(of: chain, in: next..<end) { index, leaf, envelope in
                batch.append(StoredEntry(index: index, leaf: leaf, envelope: Array(envelope)))
            }
            for entry in batch { try body(entry) }
            next = end
        }
    }

    /// Calls `body` with each entry of `range` in order, without copying it: the fastest way through a chain.
    ///
    /// The bytes are valid during the call only, and `body` must not use the store.
    /// - Throws: ``StoreError/Code/outOfRange`` where the chain ends before `range`.
    public func scanEntries(
        of chain: ChainID, in range: Range<LeafIndex>,
        _ body: (_ index: LeafIndex, _ leaf: LeafHash, _ envelope: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var next = range.lowerBound.rawValue
        while next < range.upperBound.rawValue {
            let end = min(range.upperBound.rawValue, next + Self.batch)
            let found = try scanBatch(of: chain, next..<end, body)
            guard found == end - next else {
                throw StoreError(
                    .outOfRange, "the chain has \(next + found) entries, asked for up to \(range.upperBound)",
                    hint: "ask for the size first")
            }
            next = end
        }
    }

    /// One hold of the database; returns how many entries there were.
    func scanBatch(
        of chain: ChainID, _ positions: Range<Int>,
        _ body: (LeafIndex, LeafHash, UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int {
        try query("reading entries \(positions)") { database in
            let statement = try RawStatement(
                database,
                "SELECT id, leaf_hash, envelope FROM entries WHERE id >= ? AND id < ? ORDER BY id")
            defer { statement.reset() }
            statement.bind(chain.base + Int64(positions.lowerBound), at: 1)
            statement.bind(chain.base + Int64(positions.upperBound), at: 2)
            var found = 0
            while try statement.next() {
                let index = LeafIndex(Int(statement.integer(at: 0) - chain.base))
                try body(index, try statement.hash(at: 1), statement.bytes(at: 2))
                found += 1
            }
            return found
        }
    }
}
