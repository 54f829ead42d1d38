internal import Bytes
internal import Events
internal import Glibc
internal import GRDB
internal import Signing

/// How something is erased, for bodies, blobs and rows of datasets alike.
///
/// 1. Mark: a tombstone `erasing` for each, in one transaction. From here on nobody is served.
/// 2. Blob files are overwritten, synced and unlinked.
/// 3. Delete: the rows with salts, keys and ciphertexts, in one transaction. `secure_delete` writes
///    zeros over them. With a dataset's row goes the state of every run under way, which may hold what was
///    learnt from it, and its fingerprints were remembered in step 1. Pages that index rows are shared with
///    others, so the database is then written anew.
/// 4. Truncate: the log, which still holds the old pages, goes into the database and is emptied.
/// 5. Search: all files of the ledger, for what was read in step 1 of each thing now deleted.
/// 6. Confirm: those without a trace are remembered beside the checkpoints, for the case that the vault
///    is restored from a backup; then their tombstones become `erased`.
///
/// Where that is asked for, what was here at step 1 has a receipt from then on, until ``BlobStore/settle(_:)``: who erases again after a crash
/// finds nothing, and learns that it was deleted.
///
/// After a crash the tombstone is still `erasing`, and erasing again goes on: with the rows, from step
/// 2; where they are gone, and with them the knowledge of what to search for, the database is written
/// anew from what is left (VACUUM), which then cannot contain what is not.
extension VaultDatabase {
    /// One thing to be erased, as it was found.
    private struct Item {
        enum State: Equatable {
            case absent
            /// There is a row.
            case stored(file: String?)
            /// An earlier erasure deleted the row and did not come to its end.
            case interrupted
        }

        let subject: ErasureSubject
        var state: State
        /// An earlier erasure, which nobody attested yet, found it here.
        var hasReceipt = false
        var needles: [Needle] = []
        /// By which the content of a row is known again.
        var fingerprints: [Fingerprint] = []
        var failure: String?

        var isRecord: Bool { if case .record = subject { true } else { false } }
    }

    /// - Parameters:
    ///   - untilSettled: what was here keeps its receipt until ``settle(_:)``.
    ///   - said: what events say in the same bytes as a body: it stays, and is not searched for.
    func erase(
        _ subjects: [ErasureSubject], untilSettled: Bool = false, said: ([UInt8]) -> [UInt8] = { _ in [] }
    ) throws -> ErasureReceipt {
        guard !readOnly else {
            throw StoreError(
                .readOnly, "the ledger is open for reading only", hint: "open it for writing to erase")
        }
        var items: [Item] = []
        var seen: Set<ErasureSubject> = []
        for subject in subjects where seen.insert(subject).inserted { items.append(try find(subject, said)) }
        try addSharedNeedles(&items)
        if !untilSettled { for index in items.indices { items[index].hasReceipt = false } }
        try faults.perform(.markErasure) { try mark(items, withReceipts: untilSettled) }
        removeFiles(&items)
        var scanned = 0
        attempt("deleting the keys", &items) { try delete($0) }
        attempt("emptying the log", &items) { try truncate($0) }
        attempt("searching for traces", &items) { items in
            let scan = try search(items)
            scanned = scan.scannedBytes
            return scan.hits
        } then: { hits, items in
            Self.blame(hits, &items)
        }
        attempt("confirming", &items) { try confirm($0) }
        return receipt(subjects, items, scanned: scanned)
    }

    func pendingErasures() throws -> [ErasureSubject] {
        try read("listing pending erasures") { database in
            let statement = try RawStatement(
                database,
                "SELECT store, kind, digest FROM tombstones WHERE state = 'erasing' ORDER BY 1, 2, 3")
            defer { statement.reset() }
            return try ErasureSubject.all(in: statement)
        }
    }

    /// Makes good for a vault from a backup: what was erased since, and is there again, is marked as
    /// being erased, so that nobody is served, and erasing it again ends it.
    func buryAgain() throws {
        let erased = try checkpoints.erased()
        let forgotten = try read("comparing erasures") { database in
            try erased.filter { try Self.tombstone($0, database) == nil }
        }
        guard !forgotten.isEmpty else { return }
        guard !readOnly else {
            throw StoreError(
                .restoredFromBackup(origin: paths.vault),
                "\(paths.vault) is from before the erasure of \(forgotten[0])",
                hint: "open the ledger for writing once, and erase again what is pending")
        }
        try mark(try forgotten.map { try find($0) })
    }

    enum Tombstone: String { case erasing, erased }

    /// What is remembered of an erasure of `subject`, if there was one.
    static func tombstone(_ subject: ErasureSubject, _ database: Database) throws -> Tombstone? {
        let statement = try RawStatement(
            database, "SELECT state FROM tombstones WHERE store = ? AND kind = ? AND digest = ?")
        defer { statement.reset() }
        subject.bind(to: statement)
        return try statement.next() ? Tombstone(rawValue: statement.text(at: 0)) : nil
    }

    // MARK: The steps

    private func find(
        _ subject: ErasureSubject, _ said: ([UInt8]) -> [UInt8] = { _ in [] }
    ) throws -> Item {
        let (body, blob, tombstone, hasReceipt) = try read("looking for \(subject)") { database in
            let tombstone = try Self.tombstone(subject, database)
            let hasReceipt = try Self.hasReceipt(subject, database)
            var rows: (Vault.Row?, BlobStore.Row?)
            switch subject {
            case .body(let commitment): rows.0 = try Vault.row(commitment, database)
            case .blob(let id): rows.1 = try BlobStore.row(id, database)
            case .record: break
            }
            return (rows.0, rows.1, tombstone, hasReceipt)
        }
        switch subject {
        case .record(let commitment):
            let found = try RecordStore(self).erasable(commitment)
            guard let found else { break }
            return Item(
                subject: subject, state: .stored(file: nil), needles: found.needles,
                fingerprints: found.fingerprints)
        case .body(let commitment):
            guard let body else { break }
            let needles = Vault(self).needles(body, commitment, said)
            return Item(subject: subject, state: .stored(file: nil), needles: needles)
        case .blob(let id):
            guard let blob else { break }
            let needles = BlobStore.needles(blob, id, in: self)
            return Item(subject: subject, state: .stored(file: blob.file), needles: needles)
        }
        return Item(
            subject: subject, state: tombstone == .erasing ? .interrupted : .absent, hasReceipt: hasReceipt)
    }

    private static func hasReceipt(_ subject: ErasureSubject, _ database: Database) throws -> Bool {
        let statement = try RawStatement(
            database, "SELECT 1 FROM receipts WHERE store = ? AND kind = ? AND digest = ?")
        defer { statement.reset() }
        subject.bind(to: statement)
        return try statement.next()
    }

    /// Forgets that `subjects` were here: their erasure is attested.
    func settle(_ subjects: [ErasureSubject]) throws {
        try write("settling an erasure") { database in
            for subject in subjects {
                let statement = try RawStatement(
                    database, "DELETE FROM receipts WHERE store = ? AND kind = ? AND digest = ?")
                subject.bind(to: statement)
                try statement.run()
            }
        }
    }

    /// What indexes rows of one subject is gone only once all of them are: then it is searched for too, on behalf of
    /// the last of them.
    private func addSharedNeedles(_ items: inout [Item]) throws {
        let commitments = items.compactMap { item -> RecordCommitment? in
            if case .record(let commitment) = item.subject, item.state != .absent { commitment } else { nil }
        }
        for (commitment, needle) in try RecordStore(self).lastOfTheirSubject(commitments) {
            guard let index = items.firstIndex(where: { $0.subject == .record(commitment) }) else { continue }
            items[index].needles.append(needle)
        }
    }

    private func mark(_ items: [Item], withReceipts: Bool = false) throws {
        try checkpoints.remember(
            erased: items.filter { $0.state == .absent }.map(\.subject),
            fingerprints: items.flatMap(\.fingerprints))
        try write("marking an erasure") { database in
            for item in items where withReceipts && item.state != .absent {
                let statement = try RawStatement(
                    database, "INSERT INTO receipts (store, kind, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
                item.subject.bind(to: statement)
                try statement.run()
            }
            for item in items where try Self.tombstone(item.subject, database) == nil {
                let statement = try RawStatement(
                    database, "INSERT INTO tombstones (store, kind, digest, state) VALUES (?, ?, ?, ?)")
                item.subject.bind(to: statement)
                let state: Tombstone = item.state == .absent ? .erased : .erasing
                statement.bind(state.rawValue, at: 4)
                try statement.run()
            }
        }
    }

    /// Overwrites and unlinks the files of blobs. A failure stays with its own item, whose key then is
    /// kept too: as long as the row is there, erasing again finds the file.
    private func removeFiles(_ items: inout [Item]) {
        for index in items.indices {
            guard case .stored(let name?) = items[index].state else { continue }
            let path = "\(paths.blobs)/\(name)"
            do {
                try faults.perform(.overwriteBlobFile) { try Self.overwrite(path) }
                try faults.perform(.unlinkBlobFile) {
                    try Directory.unlink(path)
                    try Directory.sync(paths.blobs)
                }
            } catch {
                items[index].failure = "\(path) cannot be removed: \(error)"
            }
        }
    }

    /// Writes zeros over a file, in place. On a disk that rewrites its blocks in place this destroys the
    /// ciphertext; on flash, on copy-on-write file systems and in snapshots the old blocks may live on.
    /// What makes them worthless there is the deletion of the key.
    private static func overwrite(_ path: String) throws {
        guard Directory.exists(path) else { return }
        let file = try FileDescriptor(opening: path, O_WRONLY)
        let size = try file.size()
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for offset in stride(from: 0, to: size, by: zeros.count) {
            let count = min(zeros.count, size - offset)
            try zeros.withUnsafeBytes { try file.write(.init(rebasing: $0[..<count]), at: offset) }
        }
        try file.sync()
        try file.truncate(to: 0)
        try file.sync()
    }

    private func delete(_ items: [Item]) throws {
        try faults.perform(.deleteKeys) {
            try write("deleting keys") { database in
                for item in items {
                    switch item.subject {
                    case .body(let commitment):
                        let statement = try RawStatement(database, "DELETE FROM bodies WHERE commitment = ?")
                        statement.bind(copying: commitment.bytes, at: 1)
                        try statement.run()
                    case .blob(let id):
                        let statement = try RawStatement(
                            database, "DELETE FROM blobs WHERE kind = ? AND digest = ?")
                        statement.bind(id.kind.rawValue, at: 1)
                        statement.bind(copying: id.digest.bytes, at: 2)
                        try statement.run()
                    case .record(let commitment):
                        let statement = try RawStatement(database, "DELETE FROM records WHERE commitment = ?")
                        statement.bind(copying: commitment.bytes, at: 1)
                        try statement.run()
                    }
                }
                if items.contains(where: \.isRecord) {
                    try RawStatement(database, "DELETE FROM states").run()
                }
            }
        }
    }

    private func truncate(_ items: [Item]) throws {
        try faults.perform(.truncateLog) {
            if items.contains(where: { $0.state == .interrupted || $0.isRecord }) {
                try StoreError.translating("writing \(paths.vault) anew") {
                    try database.writeWithoutTransaction { try $0.execute(sql: "VACUUM") }
                }
            }
            try database.truncateLog(paths.vault)
        }
    }

    private func search(_ items: [Item]) throws -> ResidueScan {
        var scan = ResidueScan(items.flatMap(\.needles))
        try scan.scan(database: database, path: paths.vault)
        try scan.scan(database: events.database, path: paths.events)
        try scan.scan(database: checkpoints.database, path: paths.checkpoints)
        for directory in [paths.blobs, paths.outbox] {
            for name in try Directory.names(in: directory) { try scan.scan(file: "\(directory)/\(name)") }
        }
        return scan
    }

    /// Turns what was found into failures of the things it belonged to.
    private static func blame(_ hits: Set<ResidueScan.Hit>, _ items: inout [Item]) {
        var first = 0
        for index in items.indices where items[index].failure == nil {
            let needles = items[index].needles
            let found = hits.filter { (first..<first + needles.count).contains($0.needle) }
                .map { "\(needles[$0.needle - first].part.rawValue) in \($0.place)" }
            if !found.isEmpty {
                items[index].failure = "found " + found.sorted().prefix(8).joined(separator: ", ")
            }
            first += needles.count
        }
    }

    private func confirm(_ items: [Item]) throws {
        try checkpoints.remember(erased: items.map(\.subject))
        try faults.perform(.confirmErasure) {
            try write("confirming an erasure") { database in
                for item in items {
                    let statement = try RawStatement(
                        database,
                        """
                        UPDATE tombstones SET state = 'erased' WHERE store = ? AND kind = ? AND digest = ?
                        """)
                    item.subject.bind(to: statement)
                    try statement.run()
                }
            }
        }
    }

    // MARK: Bookkeeping

    /// Takes a step for the items that have not failed; where it fails, they have.
    private func attempt<Result>(
        _ doing: String, _ items: inout [Item], _ step: ([Item]) throws -> Result,
        then: (Result, inout [Item]) -> Void = { _, _ in }
    ) {
        let active = items.filter { $0.failure == nil && $0.state != .absent }
        guard !active.isEmpty else { return }
        do {
            then(try step(items.filter { $0.failure == nil }), &items)
        } catch {
            for index in items.indices where items[index].failure == nil && items[index].state != .absent {
                items[index].failure = "\(doing) failed: \(error)"
            }
        }
    }

    private func receipt(
        _ subjects: [ErasureSubject], _ items: [Item], scanned: Int
    ) -> ErasureReceipt {
        let verdicts = Dictionary(
            uniqueKeysWithValues: items.map { item in
                let verdict: ErasureReceipt.Verdict =
                    if let failure = item.failure {
                        .failed(reason: failure)
                    } else if item.state == .absent && !item.hasReceipt { .notFound } else { .deleted }
                return (item.subject, verdict)
            })
        return ErasureReceipt(
            items: subjects.map { .init(subject: $0, verdict: verdicts[$0]!) }, scannedBytes: scanned)
    }
}
