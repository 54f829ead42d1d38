public import Bytes
internal import GRDB
public import MerkleLog
internal import Synchronization

/// Which chain of a ledger directory; given by ``EventStore/openChain(_:)`` and meaningless elsewhere.
public struct ChainID: Hashable, Sendable {
    let number: Int64

    /// The first id of this chain's rows: `number << 40`.
    var base: Int64 { number << 40 }
}

/// A chain and the name of its log.
public struct ChainRecord: Hashable, Sendable {
    public let id: ChainID
    public let origin: String
}

/// How many entries a chain has, and the root over them.
public struct ChainHead: Hashable, Sendable {
    public let size: TreeSize
    public let root: RootHash
}

/// An entry on its way into a chain, with its leaf hash.
public struct NewEntry: Hashable, Sendable {
    public let envelope: [UInt8]
    public let leaf: LeafHash

    public init(envelope: [UInt8]) {
        self.init(envelope: envelope, leaf: LeafHash(entry: envelope))
    }

    /// For a caller that has hashed `envelope` already: `leaf` must be its leaf hash.
    public init(envelope: [UInt8], leaf: LeafHash) {
        self.envelope = envelope
        self.leaf = leaf
    }
}

/// An entry as it stands in a chain.
public struct StoredEntry: Hashable, Sendable {
    public let index: LeafIndex
    public let leaf: LeafHash
    public let envelope: [UInt8]
}

/// A row of a projection: `key` is unique within `kind`. What the value means is the projection's affair.
public struct ViewRow: Hashable, Sendable {
    public var kind: String
    public var key: String
    public var value: [UInt8]

    public init(kind: String, key: String, value: [UInt8]) {
        (self.kind, self.key, self.value) = (kind, key, value)
    }
}

/// A row of a projection set to a value, or removed.
public struct ViewChange: Hashable, Sendable {
    public var kind: String
    public var key: String
    /// `nil` removes the row.
    public var value: [UInt8]?

    public init(kind: String, key: String, value: [UInt8]?) {
        (self.kind, self.key, self.value) = (kind, key, value)
    }
}

/// The chains of a ledger, their trees and their views: `ledger.sqlite`.
///
/// Life of an entry:
/// 1. The engine judges it and computes what it changes in the views.
/// 2. ``append(_:to:expecting:views:)`` opens one transaction. It inserts the entries, the tiles that
///    became full, the view rows and the view position.
/// 3. COMMIT waits for the device (`synchronous = FULL`). This is the one commit point: before it
///    nothing happened, from it on the append cannot be undone.
/// 4. Only then does memory move on. After any error it is read from the disk again, also where the
///    commit was reported as failed and took place.
///
/// Safe to use from several threads, one call at a time gets through. Calls block while the disk works.
public final class EventStore: Sendable {
    let database: DatabaseQueue
    let path: String
    let faults: FaultInjector
    /// The edges of the chains in use, touched only while the database is held. A read-only store sees
    /// what another process appends, so each use compares the size with the disk.
    let trees = Mutex<[ChainID: ChainTree]>([:])

    /// A log of 16 MiB. The index of leaf hashes is written all over, and a page that changes in many
    /// batches then goes into the database once: about twice the rate in large batches at some hundred
    /// thousand entries.
    static func file(_ path: String) -> DatabaseFile {
        DatabaseFile(
            path: path, version: EventSchema.version, schema: EventSchema.sql, durability: .full,
            cacheKiB: 65_536, logPages: 4_096)
    }

    init(path: String, readOnly: Bool, faults: FaultInjector) throws {
        database = try Self.file(path).open(readOnly: readOnly)
        self.path = path
        self.faults = faults
    }

    /// The chain of `origin`, made where it is new. Origins are compared byte for byte.
    public func openChain(_ origin: String) throws -> ChainID {
        try write("opening chain \(origin)") { database in
            if let id = try Self.chain(origin, database) { return id }
            try database.inTransaction(.immediate) {
                try database.execute(sql: "INSERT INTO chains (origin) VALUES (?)", arguments: [origin])
                return .commit
            }
            return ChainID(number: database.lastInsertedRowID)
        }
    }

    /// The chain of `origin`, or `nil` where there is none.
    public func chain(_ origin: String) throws -> ChainID? {
        try query("looking up chain \(origin)") { try Self.chain(origin, $0) }
    }

    /// All chains in the order in which they were opened.
    public func chains() throws -> [ChainRecord] {
        try read("listing chains") { database in
            try Row.fetchAll(database, sql: "SELECT id, origin FROM chains ORDER BY id").map {
                ChainRecord(id: ChainID(number: $0[0]), origin: $0[1])
            }
        }
    }

    /// The size and the root of a chain as they stand.
    public func head(of chain: ChainID) throws -> ChainHead {
        try read("reading the head") { try self.tree(of: chain, $0).head }
    }

    public func size(of chain: ChainID) throws -> TreeSize {
        try query("reading the size") { try Self.size(of: chain, $0) }
    }

    private static func chain(_ origin: String, _ database: Database) throws -> ChainID? {
        try Int64.fetchOne(database, sql: "SELECT id FROM chains WHERE origin = ?", arguments: [origin])
            .map(ChainID.init)
    }

    /// Moves the log into the database and closes it.
    func close() throws {
        if !database.configuration.readonly { try? database.truncateLog(path) }
        try StoreError.translating("closing \(path)") { try database.close() }
    }
}

extension EventStore {
    /// One consistent state of the database for all of `work`.
    func read<Result>(
        _ doing: @autoclosure () -> String, _ work: (Database) throws -> Result
    ) throws -> Result {
        try StoreError.translating(doing()) { try database.read(work) }
    }

    /// For a single statement, which sees one state by itself: saves the transaction around it.
    func query<Result>(
        _ doing: @autoclosure () -> String, _ work: (Database) throws -> Result
    ) throws -> Result {
        try StoreError.translating(doing()) { try database.inDatabase(work) }
    }

    func write<Result>(
        _ doing: @autoclosure () -> String, _ work: (Database) throws -> Result
    ) throws -> Result {
        try StoreError.translating(doing()) { try database.writeWithoutTransaction(work) }
    }

    static func size(of chain: ChainID, _ database: Database) throws -> TreeSize {
        let statement = try RawStatement(
            database, "SELECT max(id) FROM entries WHERE id BETWEEN ? AND ?")
        defer { statement.reset() }
        statement.bind(chain.base, at: 1)
        statement.bind(chain.base | 0xFF_FFFF_FFFF, at: 2)
        guard try statement.next() else { return .zero }
        let last = statement.integer(at: 0)
        // The maximum of no rows is NULL, which reads as zero.
        return last == 0 ? .zero : TreeSize(Int(last - chain.base) + 1)
    }

    /// The edge of `chain`, from memory where that still is what the disk has.
    func tree(of chain: ChainID, _ database: Database) throws -> ChainTree {
        let size = try Self.size(of: chain, database)
        if let tree = trees.withLock({ $0[chain] }), tree.size == size { return tree }
        let tree = try ChainTree(size: size) { level, positions in
            try Self.hashes(of: chain, level: level, at: positions, database)
        }
        trees.withLock { $0[chain] = tree }
        return tree
    }

    /// Neighbouring hashes of tree level 8 × `level`: leaf hashes, or the roots of the tiles one level
    /// below.
    static func hashes(
        of chain: ChainID, level: Int, at positions: Range<Int>, _ database: Database
    ) throws -> [NodeHash] {
        let statement = try RawStatement(
            database,
            level == 0
                ? "SELECT leaf_hash FROM entries WHERE id >= ? AND id < ? ORDER BY id"
                : "SELECT root FROM tiles WHERE id >= ? AND id < ? ORDER BY id")
        defer { statement.reset() }
        let base = level == 0 ? chain.base : tileID(chain, level: level - 1, index: 0)
        statement.bind(base + Int64(positions.lowerBound), at: 1)
        statement.bind(base + Int64(positions.upperBound), at: 2)
        var hashes: [NodeHash] = []
        hashes.reserveCapacity(positions.count)
        while try statement.next() { hashes.append(try statement.hash(at: 0)) }
        return hashes
    }

    static func tileID(_ chain: ChainID, level: Int, index: Int) -> Int64 {
        chain.base | Int64(level) << 32 | Int64(index)
    }
}
