internal import Glibc
internal import GRDB

/// One SQLite file of a ledger: how it is opened, and the settings that have to hold while it is open.
///
/// Every setting that durability or erasure rests on is read back after it was set. SQLite ignores a
/// pragma that it does not know or cannot carry out, and wrappers change some of them on their own.
struct DatabaseFile {
    /// `PRAGMA synchronous`: what a commit waits for.
    enum Durability: Int {
        /// A commit survives a crash of the process, and a power cut may undo the newest ones.
        case normal = 1
        /// A commit that returned survives a power cut.
        case full = 2
    }

    /// Marks all files of this program (`LETH`), so that another program's database is not taken for one.
    static let applicationID = 0x4C45_5448

    var path: String
    /// The newest layout that this code can read; stands in `user_version`.
    var version: Int
    /// The oldest layout that this code can read. Between two releases tables come and go without a way across.
    var oldest = 1
    var schema: String
    var durability: Durability
    /// The page cache in KiB.
    var cacheKiB = 2_048
    /// What one who only reads gets at most: chains are read from end to end, and no page twice.
    private static let readingCacheKiB = 8_192
    /// How many pages of 4 KiB the log holds before they go into the database.
    var logPages = 1_000

    /// Makes the file with its tables; a file that is there already is an error.
    func create() throws {
        do {
            _ = try FileDescriptor(opening: path, O_RDWR | O_CREAT | O_EXCL)
        }
        let queue = try connect(readOnly: false)
        defer { try? queue.close() }
        try StoreError.translating("creating \(path)") {
            try queue.write { database in
                try database.execute(sql: schema)
                try database.execute(
                    sql: "PRAGMA application_id = \(Self.applicationID); PRAGMA user_version = \(version)")
            }
        }
    }

    /// Opens the file, having checked that it is ours, that it is not newer than this code, and its settings.
    func open(readOnly: Bool) throws -> DatabaseQueue {
        guard Directory.exists(path) else {
            throw StoreError(
                .notALedger, "no ledger here: \(path) is missing", hint: "check the path, or create a ledger")
        }
        let queue = try connect(readOnly: readOnly)
        try StoreError.translating("opening \(path)") {
            try queue.inDatabase { database in
                try checkFormat(database)
                try checkSettings(database, readOnly: readOnly)
            }
        }
        return queue
    }

    private func connect(readOnly: Bool) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        return try StoreError.translating("opening \(path)") {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.inDatabase { try configure($0, readOnly: readOnly) }
            return queue
        }
    }

    /// Set here and not in GRDB's preparation hook: what GRDB sets itself comes after that hook.
    private func configure(_ database: Database, readOnly: Bool) throws {
        try database.execute(
            sql: """
                PRAGMA trusted_schema = OFF;
                PRAGMA cell_size_check = ON;
                PRAGMA recursive_triggers = ON;
                PRAGMA cache_size = -\(readOnly ? min(cacheKiB, Self.readingCacheKiB) : cacheKiB);
                """)
        guard !readOnly else { return }
        try database.execute(
            sql: """
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = \(durability.rawValue);
                PRAGMA secure_delete = ON;
                PRAGMA wal_autocheckpoint = \(logPages);
                """)
    }

    private func checkFormat(_ database: Database) throws {
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id")
        guard application == Self.applicationID else {
            throw StoreError(
                .notALedger, "\(path) is a database of another program",
                hint: "give the path of a ledger directory")
        }
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard found == 0 || found >= oldest else {
            throw StoreError(
                .olderFormat(found: found, supported: oldest),
                "\(path) has format \(found), and this program no longer reads formats before \(oldest)",
                hint: "use the version of the program that wrote it")
        }
        guard (1...version).contains(found) else {
            throw StoreError(
                .newerFormat(found: found, supported: version),
                "\(path) has format \(found), this program knows up to \(version)",
                hint: "use the version of the program that wrote it, or a newer one")
        }
    }

    func checkSettings(_ database: Database, readOnly: Bool) throws {
        var wanted = [("foreign_keys", "1"), ("recursive_triggers", "1")]
        if !readOnly {
            wanted += [
                ("journal_mode", "wal"), ("synchronous", String(durability.rawValue)),
                ("secure_delete", "1"),
            ]
        }
        for (name, value) in wanted {
            let found = try String.fetchOne(database, sql: "PRAGMA \(name)") ?? "nothing"
            guard found == value else {
                throw StoreError(
                    .setting(name: name, wanted: value, found: found),
                    "\(path): \(name) reads back as \(found) instead of \(value)",
                    hint: "this build of SQLite or this file system cannot hold a ledger safely")
            }
        }
    }
}

extension DatabaseQueue {
    /// Moves the write-ahead log into the database and empties it.
    ///
    /// Throws where a reader still holds on to an older state, as the log then keeps its bytes.
    func truncateLog(_ path: String) throws {
        try StoreError.translating("emptying the log of \(path)") {
            let busy = try inDatabase { database in
                try Int.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
            guard busy == 0 else {
                throw StoreError(
                    .inputOutput, "the log of \(path) cannot be emptied: another connection is reading it",
                    hint: "end the other readers, then repeat")
            }
        }
    }
}
