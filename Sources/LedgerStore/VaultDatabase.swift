internal import Bytes
internal import Glibc
internal import GRDB
internal import Signing

/// `vault.sqlite` with its key: what ``Vault`` and ``BlobStore`` share, and what erasure works on.
///
/// Every body and blob is encrypted under a data key of its own, and the data keys are wrapped under the
/// vault key. Without its wrapped key a value is noise, on whatever backup or disk block it may still
/// stand.
final class VaultDatabase: Sendable {
    let database: DatabaseQueue
    let paths: LedgerDirectory.Paths
    let readOnly: Bool
    let random: RandomBytes
    let faults: FaultInjector
    /// The other databases of the ledger, searched for residue too.
    let events: EventStore
    let checkpoints: CheckpointStore
    private let key: DataKey

    private static let schema = """
        -- The salt is inside the ciphertext, before the content.
        CREATE TABLE bodies (
            commitment BLOB NOT NULL UNIQUE CHECK (length(commitment) = 32),
            media_type TEXT NOT NULL,
            wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) = 72),
            nonce BLOB NOT NULL CHECK (length(nonce) = 24),
            ciphertext BLOB NOT NULL CHECK (length(ciphertext) >= 48)
        ) STRICT;

        CREATE TABLE blobs (
            kind TEXT NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            size INTEGER NOT NULL CHECK (size >= 0),
            file TEXT NOT NULL UNIQUE,
            wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) = 72),
            UNIQUE (kind, digest)
        ) STRICT;

        -- Rows of datasets. Salt and record are inside the ciphertext; what finds a row by its id or its
        -- subject is a hash under a key of this vault.
        CREATE TABLE records (
            commitment BLOB NOT NULL PRIMARY KEY CHECK (length(commitment) = 32),
            dataset TEXT NOT NULL,
            shard INTEGER NOT NULL CHECK (shard >= 0),
            record_tag BLOB NOT NULL CHECK (length(record_tag) = 32),
            subject_tag BLOB CHECK (length(subject_tag) = 32),
            wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) = 72),
            nonce BLOB NOT NULL CHECK (length(nonce) = 24),
            ciphertext BLOB NOT NULL CHECK (length(ciphertext) >= 48),
            UNIQUE (dataset, record_tag)
        ) STRICT;
        CREATE INDEX records_by_shard ON records (dataset, shard, commitment);
        CREATE INDEX records_by_subject ON records (subject_tag) WHERE subject_tag IS NOT NULL;

        -- How far training runs are: replaced again and again, gone when the run is finished.
        CREATE TABLE states (
            name TEXT NOT NULL PRIMARY KEY,
            wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) = 72),
            nonce BLOB NOT NULL CHECK (length(nonce) = 24),
            ciphertext BLOB NOT NULL
        ) STRICT;

        -- What was erased, so that it does not come back. Kind is empty for all but blobs.
        CREATE TABLE tombstones (
            store TEXT NOT NULL CHECK (store IN ('body', 'blob', 'record')),
            kind TEXT NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            state TEXT NOT NULL CHECK (state IN ('erasing', 'erased')),
            PRIMARY KEY (store, kind, digest)
        ) STRICT, WITHOUT ROWID;

        CREATE TRIGGER tombstones_are_kept BEFORE DELETE ON tombstones
        BEGIN SELECT RAISE(ABORT, 'tombstones are kept'); END;
        CREATE TRIGGER tombstones_only_settle BEFORE UPDATE ON tombstones
        WHEN new.store <> old.store OR new.kind <> old.kind OR new.digest <> old.digest
            OR old.state = 'erased' AND new.state <> 'erased'
        BEGIN SELECT RAISE(ABORT, 'tombstones are kept'); END;
        CREATE TRIGGER tombstones_are_not_replaced BEFORE INSERT ON tombstones
        WHEN EXISTS (
            SELECT 1 FROM tombstones WHERE store = new.store AND kind = new.kind AND digest = new.digest)
        BEGIN SELECT RAISE(ABORT, 'tombstones are kept'); END;

        CREATE TRIGGER bodies_stay_erased BEFORE INSERT ON bodies
        WHEN EXISTS (SELECT 1 FROM tombstones WHERE store = 'body' AND digest = new.commitment)
        BEGIN SELECT RAISE(ABORT, 'this body was erased'); END;
        CREATE TRIGGER records_stay_erased BEFORE INSERT ON records
        WHEN EXISTS (SELECT 1 FROM tombstones WHERE store = 'record' AND digest = new.commitment)
        BEGIN SELECT RAISE(ABORT, 'this record was erased'); END;
        CREATE TRIGGER blobs_stay_erased BEFORE INSERT ON blobs
        WHEN EXISTS (
            SELECT 1 FROM tombstones WHERE store = 'blob' AND kind = new.kind AND digest = new.digest)
        BEGIN SELECT RAISE(ABORT, 'this blob was erased'); END;
        """

    static func file(_ path: String) -> DatabaseFile {
        DatabaseFile(path: path, version: 1, schema: schema, durability: .full)
    }

    init(
        paths: LedgerDirectory.Paths, readOnly: Bool, random: RandomBytes, faults: FaultInjector,
        events: EventStore, checkpoints: CheckpointStore
    ) throws {
        key = try Self.readKey(paths.vaultKey)
        database = try Self.file(paths.vault).open(readOnly: readOnly)
        self.paths = paths
        self.readOnly = readOnly
        self.random = random
        self.faults = faults
        self.events = events
        self.checkpoints = checkpoints
        // VACUUM must not write what is in the vault to a directory for temporary files.
        try StoreError.translating("opening \(paths.vault)") {
            try database.inDatabase { try $0.execute(sql: "PRAGMA temp_store = MEMORY") }
        }
        try buryAgain()
    }

    func close() throws {
        if !readOnly { try? database.truncateLog(paths.vault) }
        try StoreError.translating("closing \(paths.vault)") { try database.close() }
    }

    /// Makes the vault key: 32 random bytes in a file for its owner alone, durable on return.
    static func createKey(_ path: String, random: RandomBytes) throws {
        let file = try FileDescriptor(opening: path, O_RDWR | O_CREAT | O_TRUNC)
        try DataKey.generate(random: random).withUnsafeBytes { try file.write($0, at: 0) }
        try file.sync()
    }

    private static func readKey(_ path: String) throws -> DataKey {
        let file = try FileDescriptor(opening: path, O_RDONLY)
        guard try file.mode() & 0o077 == 0 else {
            throw StoreError(
                .readableByOthers, "the vault key \(path) can be read by others",
                hint: "chmod 600 the file, and consider the vault's content as seen")
        }
        var bytes = [UInt8](repeating: 0, count: 33)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        guard let key = DataKey(bytes: Array(bytes.prefix(count))) else {
            throw StoreError(
                .corrupt, "the vault key \(path) does not have 32 bytes", hint: "restore it from its backup")
        }
        return key
    }
}

extension VaultDatabase {
    /// A data key under the vault key, `nonce[24] || ciphertext[32] || tag[16]`, good for one context only.
    func wrap(_ dataKey: DataKey, for context: [UInt8]) -> [UInt8] {
        let nonce = Nonce(random: random)
        return dataKey.withUnsafeBytes { bytes in
            nonce.bytes + key.seal(Array(bytes), nonce: nonce, additionalData: context)
        }
    }

    /// The data key in `wrapped`.
    /// - Throws: ``StoreError/Code/corrupt`` where it was wrapped by another vault or for another context.
    func unwrap(_ wrapped: [UInt8], for context: [UInt8]) throws -> DataKey {
        guard let nonce = Nonce(bytes: wrapped.prefix(24)),
            let bytes = try? key.open(Array(wrapped.dropFirst(24)), nonce: nonce, additionalData: context),
            let dataKey = DataKey(bytes: bytes)
        else {
            throw StoreError(
                .corrupt, "a data key in \(paths.vault) does not open under the vault key",
                hint: "check that keys/vault.key belongs to this vault; run a check")
        }
        return dataKey
    }

    /// HMAC-SHA-256 under a key that only this vault's own key gives: what finds something again without
    /// saying what it is. Each part is preceded by its length, so that no two lists of parts are one message.
    func keyedHash<Subject>(_ use: String, _ parts: [UInt8]...) -> Hash256<Subject> {
        let root = key.withUnsafeBytes { Hash256<Subject>.hmac(key: Array($0), Array("lethe/vault-index/v1".utf8)) }
        var message = Array(use.utf8) + [0]
        for part in parts {
            message.appendBigEndian(UInt32(part.count))
            message += part
        }
        return .hmac(key: root.bytes, message)
    }

    func write<Result>(
        _ doing: @autoclosure () -> String, _ work: (Database) throws -> Result
    ) throws -> Result {
        try StoreError.translating(doing()) { try database.write(work) }
    }

    func read<Result>(
        _ doing: @autoclosure () -> String, _ work: (Database) throws -> Result
    ) throws -> Result {
        try StoreError.translating(doing()) { try database.read(work) }
    }

    /// The refusal of what was erased here. The triggers say no as well, to whoever does not ask first.
    static func erased(_ what: String) -> StoreError {
        StoreError(
            .erased, "\(what) was erased, and what is forgotten stays forgotten",
            hint: "do not import it again")
    }
}
