public import Bytes
internal import GRDB
public import MerkleLog

/// A signed checkpoint that is kept, with the bytes of its note.
public struct KeptCheckpoint: Hashable, Sendable {
    public let checkpoint: Checkpoint
    /// The signed note, byte for byte.
    public let note: [UInt8]

    public init(checkpoint: Checkpoint, note: [UInt8]) {
        (self.checkpoint, self.note) = (checkpoint, note)
    }
}

/// A timestamp on one checkpoint.
public struct KeptTimestamp: Hashable, Sendable {
    public let checkpoint: Checkpoint
    /// An RFC 3161 token in DER.
    public let token: [UInt8]

    public init(checkpoint: Checkpoint, token: [UInt8]) {
        (self.checkpoint, self.token) = (checkpoint, token)
    }
}

/// A witness's signature on one checkpoint.
public struct KeptCosignature: Hashable, Sendable {
    public let origin: String
    public let size: TreeSize
    public let root: RootHash
    /// The name of the witness's key.
    public let witness: String
    /// The signature line as it stands in a note, without its newline.
    public let line: String

    public init(origin: String, size: TreeSize, root: RootHash, witness: String, line: String) {
        (self.origin, self.size, self.root) = (origin, size, root)
        (self.witness, self.line) = (witness, line)
    }
}

/// The last checkpoint of each log that we have signed, or seen and cosigned: `checkpoints.sqlite`.
///
/// It is a file of its own because it must never be restored together with the ledger from a backup. A
/// ledger that is older than its kept checkpoint has been restored, and going on from there would sign a
/// second history.
///
/// A checkpoint is replaced by compare-and-swap, never by a smaller one, and never by another root at
/// the same size.
public final class CheckpointStore: Sendable {
    /// Why a checkpoint is kept. The two are never compared with each other.
    public enum Role: String, CaseIterable, Sendable {
        /// Our own log's: we have signed it.
        case signed
        /// Another's log's: we have checked that it extends what we saw before, and cosigned it.
        case witnessed
    }

    private static let schema = """
        CREATE TABLE checkpoints (
            role TEXT NOT NULL CHECK (role IN ('signed', 'witnessed')),
            origin TEXT NOT NULL,
            size INTEGER NOT NULL CHECK (size >= 0),
            root BLOB NOT NULL CHECK (length(root) = 32),
            note BLOB NOT NULL,
            PRIMARY KEY (role, origin)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE cosignatures (
            origin TEXT NOT NULL,
            size INTEGER NOT NULL CHECK (size >= 0),
            witness TEXT NOT NULL,
            root BLOB NOT NULL CHECK (length(root) = 32),
            line TEXT NOT NULL,
            PRIMARY KEY (origin, size, witness)
        ) STRICT, WITHOUT ROWID;

        -- Checkpoints that some witness cosigned, each as its log signed it: between which of them an event was
        -- taken in is what shows when.
        CREATE TABLE cosigned (
            origin TEXT NOT NULL,
            size INTEGER NOT NULL CHECK (size >= 0),
            root BLOB NOT NULL CHECK (length(root) = 32),
            note BLOB NOT NULL,
            PRIMARY KEY (origin, size)
        ) STRICT, WITHOUT ROWID;

        -- Timestamps of authorities outside on checkpoints (RFC 3161 tokens in DER).
        CREATE TABLE timestamps (
            origin TEXT NOT NULL,
            size INTEGER NOT NULL CHECK (size >= 0),
            root BLOB NOT NULL CHECK (length(root) = 32),
            token BLOB NOT NULL,
            PRIMARY KEY (origin, size, token)
        ) STRICT, WITHOUT ROWID;

        -- What the vault has erased, so that a vault from a backup does not serve it again. Kind is empty
        -- for all but blobs. A fingerprint is a keyed hash of what an erased row said.
        CREATE TABLE erased (
            store TEXT NOT NULL CHECK (store IN ('body', 'blob', 'record', 'fingerprint')),
            kind TEXT NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            PRIMARY KEY (store, kind, digest)
        ) STRICT, WITHOUT ROWID;

        CREATE TRIGGER checkpoints_only_grow BEFORE UPDATE ON checkpoints
        WHEN new.role <> old.role OR new.origin <> old.origin OR new.size < old.size
            OR new.size = old.size AND new.root <> old.root
        BEGIN SELECT RAISE(ABORT, 'a kept checkpoint only grows'); END;
        CREATE TRIGGER checkpoints_are_kept BEFORE DELETE ON checkpoints
        BEGIN SELECT RAISE(ABORT, 'a kept checkpoint only grows'); END;
        """

    let database: DatabaseQueue
    private let path: String
    private let faults: FaultInjector

    /// `synchronous = NORMAL` is enough for what we sign ourselves. The entries are durable before their
    /// checkpoint is signed, so a power cut can only take back the newest swaps, and the tree that
    /// remains extends every checkpoint that was ever handed out: the next one is signed over it. For
    /// what we cosign it is not enough, see ``swap(_:as:expecting:)``. A clean close leaves nothing in
    /// the log.
    static func file(_ path: String) -> DatabaseFile {
        DatabaseFile(path: path, version: 2, oldest: 2, schema: schema, durability: .normal)
    }

    init(path: String, readOnly: Bool, faults: FaultInjector) throws {
        database = try Self.file(path).open(readOnly: readOnly)
        self.path = path
        self.faults = faults
    }

    /// The last checkpoint kept for `origin` in this role, or `nil`.
    public func kept(_ origin: String, as role: Role = .signed) throws -> KeptCheckpoint? {
        try StoreError.translating("reading the checkpoint of \(origin)") {
            try database.read { try Self.kept(origin, role, $0) }
        }
    }

    /// All checkpoints kept in this role, ordered by origin.
    public func allKept(as role: Role = .signed) throws -> [KeptCheckpoint] {
        try StoreError.translating("reading the checkpoints") {
            try database.read { database in
                let origins = try String.fetchAll(
                    database, sql: "SELECT origin FROM checkpoints WHERE role = ? ORDER BY origin",
                    arguments: [role.rawValue])
                return try origins.compactMap { try Self.kept($0, role, database) }
            }
        }
    }

    /// Puts `new` in the place of `expecting`; `nil` expects that nothing is kept for that origin yet.
    ///
    /// Returns when the swap survives a crash of the process; for `.witnessed` also a power cut: a
    /// witness that forgets what it saw can be shown another history.
    /// - Throws: ``StoreError/Code/checkpointConflict`` where another checkpoint is kept than expected,
    ///   ``StoreError/Code/smallerCheckpoint(kept:offered:)``, and
    ///   ``StoreError/Code/forkedCheckpoint(size:)`` for another root at the same size.
    public func swap(
        _ new: KeptCheckpoint, as role: Role = .signed, expecting: KeptCheckpoint?
    ) throws {
        try StoreError.translating("keeping the checkpoint of \(new.checkpoint.origin)") {
            try database.writeWithoutTransaction { database in
                try Self.setDurability(role == .witnessed ? .full : .normal, database)
                defer { try? Self.setDurability(.normal, database) }
                try faults.perform(.swapCheckpoint) {
                    try database.inTransaction(.immediate) {
                        let old = try Self.kept(new.checkpoint.origin, role, database)
                        try Self.check(new, after: old, expecting: expecting)
                        try Self.write(new, role, database)
                        return .commit
                    }
                }
            }
        }
    }

    /// Adds a witness's signature; a second one of the same witness on the same checkpoint replaces the
    /// first.
    public func add(_ cosignature: KeptCosignature) throws {
        try StoreError.translating("keeping a cosignature of \(cosignature.witness)") {
            try database.write { database in
                let statement = try RawStatement(
                    database,
                    """
                    INSERT INTO cosignatures (origin, size, witness, root, line) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET root = excluded.root, line = excluded.line
                    """)
                statement.bind(cosignature.origin, at: 1)
                statement.bind(Int64(cosignature.size.rawValue), at: 2)
                statement.bind(cosignature.witness, at: 3)
                statement.bind(cosignature.line, at: 5)
                try cosignature.root.withUnsafeBytes { root in
                    statement.bind(root, at: 4)
                    try statement.run()
                }
            }
        }
    }

    /// The signatures of witnesses on the checkpoint with this size and root, ordered by witness.
    public func cosignatures(on checkpoint: Checkpoint) throws -> [KeptCosignature] {
        try StoreError.translating("reading cosignatures") {
            try database.read { database in
                let statement = try RawStatement(
                    database,
                    """
                    SELECT witness, line FROM cosignatures
                    WHERE origin = ? AND size = ? AND root = ? ORDER BY witness
                    """)
                defer { statement.reset() }
                statement.bind(checkpoint.origin, at: 1)
                statement.bind(Int64(checkpoint.size.rawValue), at: 2)
                return try checkpoint.root.withUnsafeBytes { root in
                    statement.bind(root, at: 3)
                    var found: [KeptCosignature] = []
                    while try statement.next() {
                        found.append(
                            KeptCosignature(
                                origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root,
                                witness: statement.text(at: 0), line: statement.text(at: 1)))
                    }
                    return found
                }
            }
        }
    }

    /// Keeps a checkpoint that somebody cosigned, as its log signed it. The first one of each size stays.
    public func keep(cosigned: KeptCheckpoint) throws {
        try StoreError.translating("keeping a cosigned checkpoint of \(cosigned.checkpoint.origin)") {
            try database.write {
                try Self.insert(
                    "INSERT INTO cosigned (origin, size, root, note) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    cosigned.checkpoint, cosigned.note, $0)
            }
        }
    }

    /// Runs an INSERT whose parameters are a checkpoint's origin, size and root, and some bytes about it.
    private static func insert(
        _ sql: String, _ checkpoint: Checkpoint, _ bytes: [UInt8], _ database: Database
    ) throws {
        let statement = try RawStatement(database, sql)
        statement.bind(checkpoint.origin, at: 1)
        statement.bind(Int64(checkpoint.size.rawValue), at: 2)
        try checkpoint.root.withUnsafeBytes { root in
            statement.bind(root, at: 3)
            try bytes.withUnsafeBytes { bytes in
                statement.bind(bytes, at: 4)
                try statement.run()
            }
        }
    }

    /// The cosigned checkpoints of `origin` with fewer than `size` leaves, ascending by size, as the log signed them.
    public func cosigned(_ origin: String, below size: TreeSize) throws -> [KeptCheckpoint] {
        try StoreError.translating("reading the cosigned checkpoints of \(origin)") {
            try database.read { database in
                let statement = try RawStatement(
                    database, "SELECT size, root, note FROM cosigned WHERE origin = ? AND size < ? ORDER BY size")
                defer { statement.reset() }
                statement.bind(origin, at: 1)
                statement.bind(Int64(size.rawValue), at: 2)
                var found: [KeptCheckpoint] = []
                while try statement.next() { found.append(try Self.checkpoint(in: statement, of: origin)) }
                return found
            }
        }
    }

    /// All signatures of witnesses on checkpoints of `origin`, by ascending size and witness.
    public func cosignatures(of origin: String) throws -> [KeptCosignature] {
        try StoreError.translating("reading cosignatures") {
            try database.read { database in
                let statement = try RawStatement(
                    database,
                    """
                    SELECT size, root, witness, line FROM cosignatures
                    WHERE origin = ? ORDER BY size, witness
                    """)
                defer { statement.reset() }
                statement.bind(origin, at: 1)
                var found: [KeptCosignature] = []
                while try statement.next() {
                    found.append(
                        KeptCosignature(
                            origin: origin, size: TreeSize(Int(statement.integer(at: 0))),
                            root: try statement.hash(at: 1), witness: statement.text(at: 2),
                            line: statement.text(at: 3)))
                }
                return found
            }
        }
    }

    /// Keeps a timestamp; one that is there already stays as it is.
    public func add(_ timestamp: KeptTimestamp) throws {
        try StoreError.translating("keeping a timestamp of \(timestamp.checkpoint.origin)") {
            try database.write {
                try Self.insert(
                    "INSERT INTO timestamps (origin, size, root, token) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    timestamp.checkpoint, timestamp.token, $0)
            }
        }
    }

    /// All timestamps, by origin and ascending size.
    public func timestamps() throws -> [KeptTimestamp] {
        try StoreError.translating("reading timestamps") {
            try database.read { database in
                let statement = try RawStatement(
                    database, "SELECT origin, size, root, token FROM timestamps ORDER BY origin, size, token")
                defer { statement.reset() }
                var found: [KeptTimestamp] = []
                while try statement.next() {
                    let size = TreeSize(Int(statement.integer(at: 1)))
                    guard
                        let checkpoint = try? Checkpoint(
                            origin: statement.text(at: 0), size: size, root: try statement.hash(at: 2))
                    else { continue }
                    found.append(KeptTimestamp(checkpoint: checkpoint, token: Array(statement.bytes(at: 3))))
                }
                return found
            }
        }
    }

    /// Checks that the ledger still has what we have signed; returns only if so.
    ///
    /// - Throws: ``StoreError/Code/restoredFromBackup(origin:)`` where a chain is missing, is shorter
    ///   than its kept checkpoint, or has another root at that size.
    public func reconcile(with events: EventStore) throws {
        for kept in try allKept(as: .signed) {
            let checkpoint = kept.checkpoint
            guard let chain = try events.chain(checkpoint.origin) else {
                throw Self.restored(checkpoint, "the chain is not there")
            }
            let size = try events.size(of: chain)
            guard size >= checkpoint.size else {
                throw Self.restored(checkpoint, "the chain has only \(size) entries")
            }
            guard try events.root(of: chain, at: checkpoint.size) == checkpoint.root else {
                throw Self.restored(checkpoint, "the chain has another root there")
            }
        }
    }

    /// Remembers what was erased, beyond a power cut and beyond a restore of the vault.
    ///
    /// - Parameter fingerprints: by which the content of erased rows is known again.
    func remember(erased subjects: [ErasureSubject], fingerprints: [Fingerprint] = []) throws {
        guard !subjects.isEmpty || !fingerprints.isEmpty else { return }
        try StoreError.translating("remembering an erasure") {
            try database.writeWithoutTransaction { database in
                try Self.setDurability(.full, database)
                defer { try? Self.setDurability(.normal, database) }
                try database.inTransaction(.immediate) {
                    let statement = try RawStatement(
                        database,
                        """
                        INSERT INTO erased (store, kind, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
                        """)
                    for subject in subjects {
                        subject.bind(to: statement)
                        try statement.run()
                    }
                    for fingerprint in fingerprints {
                        statement.bind("fingerprint", at: 1)
                        statement.bind("", at: 2)
                        statement.bind(copying: fingerprint.bytes, at: 3)
                        try statement.run()
                    }
                    return .commit
                }
            }
        }
    }

    /// All that ``remember(erased:)`` was told.
    func erased() throws -> [ErasureSubject] {
        try StoreError.translating("reading what was erased") {
            try database.read { database in
                let statement = try RawStatement(
                    database,
                    """
                    SELECT store, kind, digest FROM erased WHERE store <> 'fingerprint' ORDER BY 1, 2, 3
                    """)
                defer { statement.reset() }
                return try ErasureSubject.all(in: statement)
            }
        }
    }

    /// Which of `fingerprints` were remembered.
    func remembered(_ fingerprints: [Fingerprint]) throws -> Set<Fingerprint> {
        try StoreError.translating("looking for erased rows") {
            try database.read { database in
                let statement = try RawStatement(
                    database, "SELECT 1 FROM erased WHERE store = 'fingerprint' AND kind = '' AND digest = ?")
                return try Set(
                    fingerprints.filter { fingerprint in
                        defer { statement.reset() }
                        statement.bind(copying: fingerprint.bytes, at: 1)
                        return try statement.next()
                    })
            }
        }
    }

    func close() throws {
        if !database.configuration.readonly { try? database.truncateLog(path) }
        try StoreError.translating("closing \(path)") { try database.close() }
    }
}

extension CheckpointStore {
    private static func kept(
        _ origin: String, _ role: Role, _ database: Database
    ) throws -> KeptCheckpoint? {
        let statement = try RawStatement(
            database, "SELECT size, root, note FROM checkpoints WHERE role = ? AND origin = ?")
        defer { statement.reset() }
        statement.bind(role.rawValue, at: 1)
        statement.bind(origin, at: 2)
        return try statement.next() ? checkpoint(in: statement, of: origin) : nil
    }

    /// The checkpoint in a row of size, root and note.
    private static func checkpoint(in statement: RawStatement, of origin: String) throws -> KeptCheckpoint {
        let size = TreeSize(Int(statement.integer(at: 0)))
        guard let checkpoint = try? Checkpoint(origin: origin, size: size, root: try statement.hash(at: 1))
        else {
            throw StoreError(
                .corrupt, "the checkpoint kept for \(origin) is none",
                hint: "keep the files as they are, and take the checkpoint from a witness")
        }
        return KeptCheckpoint(checkpoint: checkpoint, note: Array(statement.bytes(at: 2)))
    }

    private static func check(
        _ new: KeptCheckpoint, after old: KeptCheckpoint?, expecting: KeptCheckpoint?
    ) throws {
        let origin = new.checkpoint.origin
        if let old {
            let (kept, offered) = (old.checkpoint.size, new.checkpoint.size)
            guard offered >= kept else {
                throw StoreError(
                    .smallerCheckpoint(kept: kept.rawValue, offered: offered.rawValue),
                    "\(origin): a checkpoint of \(offered) leaves, but one of \(kept) is kept",
                    hint: "a log never shrinks: find out where the smaller one comes from")
            }
            guard offered > kept || new.checkpoint.root == old.checkpoint.root else {
                throw StoreError(
                    .forkedCheckpoint(size: kept.rawValue),
                    "\(origin): two checkpoints of \(kept) leaves with different roots",
                    hint: "keep both, they are evidence of two histories, and sign neither")
            }
        }
        guard old?.checkpoint == expecting?.checkpoint else {
            throw StoreError(
                .checkpointConflict, "\(origin): another checkpoint is kept than the one expected",
                hint: "read the kept checkpoint, prove that the new one extends it, then repeat")
        }
    }

    private static func write(_ new: KeptCheckpoint, _ role: Role, _ database: Database) throws {
        let statement = try RawStatement(
            database,
            """
            INSERT INTO checkpoints (role, origin, size, root, note) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (role, origin)
            DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note
            """)
        statement.bind(role.rawValue, at: 1)
        statement.bind(new.checkpoint.origin, at: 2)
        statement.bind(Int64(new.checkpoint.size.rawValue), at: 3)
        try new.checkpoint.root.withUnsafeBytes { root in
            statement.bind(root, at: 4)
            try new.note.withUnsafeBytes { note in
                statement.bind(note, at: 5)
                try statement.run()
            }
        }
    }

    private static func setDurability(_ durability: DatabaseFile.Durability, _ database: Database) throws {
        try database.execute(sql: "PRAGMA synchronous = \(durability.rawValue)")
    }

    private static func restored(_ checkpoint: Checkpoint, _ what: String) -> StoreError {
        StoreError(
            .restoredFromBackup(origin: checkpoint.origin),
            "\(checkpoint.origin): signed at \(checkpoint.size) leaves, but \(what)",
            hint: "the ledger is older than its checkpoints: fetch the missing entries from another member; "
                + "reading works, signing is refused")
    }
}
