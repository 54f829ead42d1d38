internal import Glibc
public import Signing
internal import Synchronization

/// A ledger on the disk: where its files are, who may write, and its stores.
///
/// ```
/// ledger.sqlite       events, trees, views: append-only
/// checkpoints.sqlite  last signed checkpoints; never restored from a backup with the rest
/// vault.sqlite        bodies, rows of datasets, salts, wrapped data keys: erasable
/// blobs/              large artifacts, each encrypted under its own data key: erasable
/// keys/               key files
/// outbox/             what is still to be sent
/// ledger.lock         held by the one process that writes
/// ```
/// Directories are 0700 and files 0600.
public final class LedgerDirectory: Sendable {
    public enum Mode: Sendable {
        /// Exclusive: a second writer is refused. The ledger is checked against its kept checkpoints.
        case readWrite
        /// Any number of readers, also beside a writer.
        case readOnly
    }

    public let paths: Paths
    public let mode: Mode
    public let events: EventStore
    public let checkpoints: CheckpointStore
    public let vault: Vault
    public let blobs: BlobStore
    public let records: RecordStore
    public let states: StateStore
    /// `nil` in a reader and after ``close()``.
    private let lock: Mutex<DirectoryLock?>

    /// Where each part of a ledger is.
    public struct Paths: Sendable {
        public let root: String
        public var events: String { "\(root)/ledger.sqlite" }
        public var checkpoints: String { "\(root)/checkpoints.sqlite" }
        public var vault: String { "\(root)/vault.sqlite" }
        public var blobs: String { "\(root)/blobs" }
        public var keys: String { "\(root)/keys" }
        public var outbox: String { "\(root)/outbox" }
        public var vaultKey: String { "\(keys)/vault.key" }
        var lock: String { "\(root)/ledger.lock" }
        /// There from the first to the last step of the creation.
        var unfinished: String { "\(root)/creation.unfinished" }
        var databases: [String] { [events, checkpoints, vault] }
        var directories: [String] { [blobs, keys, outbox] }

        public init(root: String) { self.root = root }
    }

    private init(
        paths: Paths, mode: Mode, lock: consuming DirectoryLock?, random: RandomBytes, faults: FaultInjector
    ) throws {
        let readOnly = mode == .readOnly
        self.paths = paths
        self.mode = mode
        self.lock = Mutex(lock)
        events = try EventStore(path: paths.events, readOnly: readOnly, faults: faults)
        checkpoints = try CheckpointStore(path: paths.checkpoints, readOnly: readOnly, faults: faults)
        let database = try VaultDatabase(
            paths: paths, readOnly: readOnly, random: random, faults: faults,
            events: events, checkpoints: checkpoints)
        vault = Vault(database)
        blobs = try BlobStore(database)
        records = RecordStore(database)
        states = StateStore(database)
    }

    /// Makes an empty ledger at `path`, which is a new or an empty directory, and opens it for writing.
    ///
    /// A creation that was interrupted is started anew: until its last step nothing can have been stored
    /// in it.
    public static func create(
        at path: String, random: RandomBytes, faults: FaultInjector = .none
    ) throws -> LedgerDirectory {
        let paths = Paths(root: path)
        try Directory.create(path)
        try Directory.sync(Directory.parent(of: path))
        let lock = try DirectoryLock(path: paths.lock)
        try checkEmpty(paths)
        try FileDescriptor(opening: paths.unfinished, O_RDWR | O_CREAT).sync()
        try Directory.sync(path)
        for directory in paths.directories { try Directory.create(directory) }
        for file in paths.databases.flatMap({ [$0, "\($0)-wal", "\($0)-shm"] }) {
            try Directory.unlink(file)
        }
        try EventStore.file(paths.events).create()
        try CheckpointStore.file(paths.checkpoints).create()
        try VaultDatabase.file(paths.vault).create()
        try VaultDatabase.createKey(paths.vaultKey, random: random)
        try Directory.sync(paths.keys)
        try Directory.sync(path)
        try Directory.unlink(paths.unfinished)
        try Directory.sync(path)
        return try LedgerDirectory(paths: paths, mode: .readWrite, lock: lock, random: random, faults: faults)
    }

    /// Opens the ledger at `path`.
    ///
    /// - Parameter reconciling: `false` opens a ledger for writing that lacks what was signed. Nothing but those entries
    ///   may be written to it then.
    /// - Throws: ``StoreError/Code/locked(pid:command:)`` where another process writes,
    ///   ``StoreError/Code/newerFormat(found:supported:)``, and for `.readWrite`
    ///   ``StoreError/Code/restoredFromBackup(origin:)`` where the ledger lacks what was signed.
    public static func open(
        at path: String, mode: Mode, reconciling: Bool = true, random: RandomBytes, faults: FaultInjector = .none
    ) throws -> LedgerDirectory {
        let paths = Paths(root: path)
        guard Directory.exists(paths.events) || Directory.exists(paths.unfinished) else {
            throw StoreError(
                .notALedger, "no ledger at \(path)", hint: "check the path, or create one (lethe init)")
        }
        guard !Directory.exists(paths.unfinished) else {
            throw StoreError(
                .unfinishedCreation, "the creation of the ledger at \(path) was interrupted",
                hint: "create it again at the same place: nothing is stored in it yet")
        }
        let lock = mode == .readWrite ? try DirectoryLock(path: paths.lock) : nil
        let ledger = try LedgerDirectory(
            paths: paths, mode: mode, lock: lock, random: random, faults: faults)
        if mode == .readWrite, reconciling { try ledger.checkpoints.reconcile(with: ledger.events) }
        return ledger
    }

    /// Closes the stores, their logs emptied, and gives up the right to write. Nothing can be used
    /// afterwards.
    public func close() throws {
        try events.close()
        try checkpoints.close()
        try vault.vault.close()
        lock.withLock { $0 = nil }
    }

    private static func checkEmpty(_ paths: Paths) throws {
        if Directory.exists(paths.unfinished) { return }
        let names = try Directory.names(in: paths.root).filter { $0 != "ledger.lock" && $0 != "lost+found" }
        guard names.isEmpty else {
            throw StoreError(
                .alreadyExists, "\(paths.root) is not empty: it has \(names[0])",
                hint: "open the ledger there, or give another directory")
        }
    }
}
