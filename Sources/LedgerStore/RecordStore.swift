public import Bytes
public import Events
internal import GRDB
internal import Signing

/// A row of a dataset with everything that its commitment hides.
public struct OpenRecord: Hashable, Sendable {
    public let salt: Salt
    public let record: DatasetRecord
    /// The shard that it belongs to, from 0.
    public let shard: Int

    public init(salt: Salt, record: DatasetRecord, shard: Int) {
        (self.salt, self.record, self.shard) = (salt, record, shard)
    }

    public var commitment: RecordCommitment { RecordCommitment(record: record.bytes, salt: salt) }
}

public enum FingerprintSubject {}
/// A hash, under a key of this vault, of what an erased row said: by it the same content is known again.
public typealias Fingerprint = Hash256<FingerprintSubject>

/// The rows of datasets, in `vault.sqlite`: the erasable side of `dataset-registered`.
///
/// Each row has its own salt and data key and is one ciphertext. Its id and its subject, by which it is found, are
/// there as keyed hashes only, which go with the row. What erasing does is said at ``Vault/eraseBodies(_:)``.
public final class RecordStore: Sendable {
    private let vault: VaultDatabase

    init(_ vault: VaultDatabase) { self.vault = vault }

    /// Stores all rows of a new dataset in one transaction, durable on return.
    ///
    /// - Returns: the commitments, in the order of `rows`.
    /// - Throws: ``StoreError/Code/erased`` where a row was erased here, by commitment or by content;
    ///   ``StoreError/Code/alreadyExists`` where the dataset has rows. Nothing is stored then.
    @discardableResult
    public func register(_ dataset: DatasetID, _ rows: [OpenRecord]) throws -> [RecordCommitment] {
        if let place = try erasedBefore(rows.map(\.record)).first {
            throw VaultDatabase.erased("row \(place) of the dataset")
        }
        let sealed = rows.map { seal($0, of: dataset) }
        try vault.faults.perform(.insertRecords) {
            try vault.write("storing \(dataset)") { database in
                let known = try RawStatement(database, "SELECT 1 FROM records WHERE dataset = ? LIMIT 1")
                defer { known.reset() }
                known.bind(dataset.text, at: 1)
                guard try !known.next() else {
                    throw StoreError(
                        .alreadyExists, "\(dataset) has rows already", hint: "register them under another id")
                }
                for row in sealed { try Self.insert(row, dataset, database) }
            }
        }
        return sealed.map(\.commitment)
    }

    /// The places in `records` of those whose content was erased here.
    ///
    /// Content is the same where id and text are, or subject and text, white space and case aside. A row that came
    /// back under another id without a subject, or with another text, is not known again.
    public func erasedBefore(_ records: [DatasetRecord]) throws -> [Int] {
        let fingerprints = records.map(fingerprints)
        let remembered = try vault.checkpoints.remembered(fingerprints.flatMap(\.self))
        guard !remembered.isEmpty else { return [] }
        return fingerprints.indices.filter { !remembered.isDisjoint(with: fingerprints[$0]) }
    }

    /// The rows of a dataset, or of one shard of it, in ascending order of commitment. None of those whose erasure has
    /// begun.
    ///
    /// - Throws: ``StoreError/Code/corrupt`` for a row that does not open, or not to what it is committed to.
    public func records(of dataset: DatasetID, shard: Int? = nil) throws -> [OpenRecord] {
        try rows(of: dataset, shard: shard).map { try open($0.row, $0.commitment, of: dataset) }
    }

    /// The row behind a commitment; `nil` where there is none, or where its erasure has begun.
    public func record(_ commitment: RecordCommitment) throws -> OpenRecord? {
        let found = try vault.read("reading record \(commitment)") { database in
            try VaultDatabase.tombstone(.record(commitment), database) == nil
                ? try Self.row(commitment, database) : nil
        }
        guard let found else { return nil }
        return try open(found.row, commitment, of: found.dataset)
    }

    /// The commitments of a dataset's rows, ascending, whether they open or not.
    public func commitments(of dataset: DatasetID) throws -> [RecordCommitment] {
        try rows(of: dataset, shard: nil).map(\.commitment)
    }

    /// The datasets that have rows here, ascending.
    public func datasets() throws -> [DatasetID] {
        try vault.read("listing datasets") {
            try String.fetchAll($0, sql: "SELECT DISTINCT dataset FROM records ORDER BY dataset")
        }.compactMap(DatasetID.init)
    }

    /// Those of `commitments` that were erased here, or whose erasure has begun.
    public func buried(_ commitments: [RecordCommitment]) throws -> Set<RecordCommitment> {
        try vault.read("looking for erased rows") { database in
            Set(try commitments.filter { try VaultDatabase.tombstone(.record($0), database) != nil })
        }
    }

    // MARK: Finding

    /// The row of `dataset` with this id.
    public func find(id: String, in dataset: DatasetID) throws -> RecordCommitment? {
        try find("dataset = ? AND record_tag = ?") {
            $0.bind(dataset.text, at: 1)
            $0.bind(copying: recordTag(id, dataset).bytes, at: 2)
        }.first
    }

    /// The rows of `dataset` that are about this subject, ascending by commitment.
    public func find(subject: String, in dataset: DatasetID) throws -> [RecordCommitment] {
        try find("subject_tag = ?") { $0.bind(copying: subjectTag(subject, dataset).bytes, at: 1) }
    }

    /// How many of `records` each of `datasets` has: the same id, subject, label and text. Those with none are left out.
    public func registered(
        _ records: [DatasetRecord], in datasets: [DatasetID]
    ) throws -> [(dataset: DatasetID, count: Int)] {
        try datasets.compactMap { dataset in
            let tags = records.map { recordTag($0.id, dataset).bytes }
            let found = try vault.read("looking for rows of \(dataset)") { database in
                let statement = try RawStatement(
                    database,
                    "SELECT commitment, \(Self.columns) FROM records WHERE dataset = ? AND record_tag = ?")
                defer { statement.reset() }
                return try tags.enumerated().compactMap { place, tag in
                    statement.reset()
                    statement.bind(dataset.text, at: 1)
                    statement.bind(copying: tag, at: 2)
                    guard try statement.next() else { return nil as Candidate? }
                    return Candidate(
                        place: place, commitment: try statement.hash(at: 0), row: Self.row(statement, from: 1))
                }
            }
            let count = found.count { candidate in
                let open = try? open(candidate.row, candidate.commitment, of: dataset)
                return open?.record == records[candidate.place]
            }
            return count == 0 ? nil : (dataset, count)
        }
    }

    /// A row with the id of the record at a place.
    private struct Candidate {
        var place: Int
        var commitment: RecordCommitment
        var row: Row
    }

    private func find(_ condition: String, _ bind: (RawStatement) -> Void) throws -> [RecordCommitment] {
        try vault.read("looking for rows") { database in
            let statement = try RawStatement(
                database,
                """
                SELECT commitment FROM records WHERE \(condition) AND NOT EXISTS (
                    SELECT 1 FROM tombstones WHERE store = 'record' AND digest = commitment)
                ORDER BY commitment
                """)
            defer { statement.reset() }
            bind(statement)
            var found: [RecordCommitment] = []
            while try statement.next() { found.append(try statement.hash(at: 0)) }
            return found
        }
    }

    // MARK: Erasing

    /// Erases rows: record, salt, data key, the index entries that lead to them, and the state of every run under way.
    /// Otherwise as ``Vault/eraseBodies(_:)``, with the same limits.
    ///
    /// - Parameter untilSettled: what was here counts as deleted, however often it is erased again, until ``settle(_:)``.
    public func erase(_ commitments: [RecordCommitment], untilSettled: Bool = false) throws -> ErasureReceipt {
        try vault.erase(commitments.map(ErasureSubject.record), untilSettled: untilSettled)
    }

    /// Notes that the erasure of these rows is attested: from now on they are as if they had never been here.
    public func settle(_ commitments: [RecordCommitment]) throws {
        try vault.settle(commitments.map(ErasureSubject.record))
    }

    /// Removes the rows of a dataset that no event names: of a registration that did not come to its end. They were
    /// never in anything, so nothing is remembered of them, and they may be registered again.
    public func discard(_ dataset: DatasetID) throws {
        try vault.write("removing the rows of \(dataset)") { database in
            let statement = try RawStatement(database, "DELETE FROM records WHERE dataset = ?")
            statement.bind(dataset.text, at: 1)
            try statement.run()
        }
        try StoreError.translating("writing \(vault.paths.vault) anew") {
            try vault.database.writeWithoutTransaction { try $0.execute(sql: "VACUUM") }
        }
        try vault.database.truncateLog(vault.paths.vault)
    }
}

// MARK: - Rows

extension RecordStore {
    struct Row {
        var shard: Int
        var subjectTag: [UInt8]?
        var recordTag: [UInt8]
        var wrappedKey: [UInt8]
        var nonce: [UInt8]
        var ciphertext: [UInt8]
    }

    private struct SealedRow {
        let commitment: RecordCommitment
        let row: Row
    }

    private static let columns = "shard, record_tag, subject_tag, wrapped_key, nonce, ciphertext"

    private static func row(
        _ commitment: RecordCommitment, _ database: Database
    ) throws -> (dataset: DatasetID, row: Row)? {
        let statement = try RawStatement(
            database, "SELECT dataset, \(columns) FROM records WHERE commitment = ?")
        defer { statement.reset() }
        statement.bind(copying: commitment.bytes, at: 1)
        guard try statement.next(), let dataset = DatasetID(statement.text(at: 0)) else { return nil }
        return (dataset, row(statement, from: 1))
    }

    private static func row(_ statement: RawStatement, from first: Int32) -> Row {
        let tag = Array(statement.bytes(at: first + 2))
        return Row(
            shard: Int(statement.integer(at: first)), subjectTag: tag.isEmpty ? nil : tag,
            recordTag: Array(statement.bytes(at: first + 1)),
            wrappedKey: Array(statement.bytes(at: first + 3)), nonce: Array(statement.bytes(at: first + 4)),
            ciphertext: Array(statement.bytes(at: first + 5)))
    }

    private func rows(of dataset: DatasetID, shard: Int?) throws -> [(commitment: RecordCommitment, row: Row)] {
        try vault.read("reading \(dataset)") { database in
            let condition = shard == nil ? "dataset = ?" : "dataset = ? AND shard = ?"
            let statement = try RawStatement(
                database,
                """
                SELECT commitment, \(Self.columns) FROM records WHERE \(condition) AND NOT EXISTS (
                    SELECT 1 FROM tombstones WHERE store = 'record' AND digest = commitment)
                ORDER BY commitment
                """)
            defer { statement.reset() }
            statement.bind(dataset.text, at: 1)
            if let shard { statement.bind(Int64(shard), at: 2) }
            var found: [(commitment: RecordCommitment, row: Row)] = []
            while try statement.next() { found.append((try statement.hash(at: 0), Self.row(statement, from: 1))) }
            return found
        }
    }

    private static func insert(_ sealed: SealedRow, _ dataset: DatasetID, _ database: Database) throws {
        let statement = try RawStatement(
            database,
            """
            INSERT INTO records (commitment, dataset, \(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """)
        statement.bind(copying: sealed.commitment.bytes, at: 1)
        statement.bind(dataset.text, at: 2)
        statement.bind(Int64(sealed.row.shard), at: 3)
        statement.bind(copying: sealed.row.recordTag, at: 4)
        if let tag = sealed.row.subjectTag { statement.bind(copying: tag, at: 5) }
        statement.bind(copying: sealed.row.wrappedKey, at: 6)
        statement.bind(copying: sealed.row.nonce, at: 7)
        statement.bind(copying: sealed.row.ciphertext, at: 8)
        try statement.run()
    }

    private func seal(_ open: OpenRecord, of dataset: DatasetID) -> SealedRow {
        let bytes = open.record.bytes
        let commitment = RecordCommitment(record: bytes, salt: open.salt)
        let key = DataKey.generate(random: vault.random)
        let nonce = Nonce(random: vault.random)
        let context = Self.context(commitment, dataset, shard: open.shard)
        return SealedRow(
            commitment: commitment,
            row: Row(
                shard: open.shard, subjectTag: open.record.subject.map { subjectTag($0, dataset).bytes },
                recordTag: recordTag(open.record.id, dataset).bytes,
                wrappedKey: vault.wrap(key, for: context), nonce: nonce.bytes,
                ciphertext: key.seal(open.salt.bytes + bytes, nonce: nonce, additionalData: context)))
    }

    private func open(_ row: Row, _ commitment: RecordCommitment, of dataset: DatasetID) throws -> OpenRecord {
        let context = Self.context(commitment, dataset, shard: row.shard)
        guard let key = try? vault.unwrap(row.wrappedKey, for: context), let nonce = Nonce(bytes: row.nonce),
            let plain = try? key.open(row.ciphertext, nonce: nonce, additionalData: context),
            let salt = Salt(bytes: Array(plain.prefix(32))),
            let record = try? DatasetRecord(parsing: Array(plain.dropFirst(32))),
            RecordCommitment(record: Array(plain.dropFirst(32)), salt: salt) == commitment
        else {
            throw StoreError(
                .corrupt, "the record \(commitment) of \(dataset) does not open to what is committed to",
                hint: "run a check; the row was altered, or belongs to another vault")
        }
        return OpenRecord(salt: salt, record: record, shard: row.shard)
    }

    /// Binds a row to its dataset and shard: it cannot be moved to another.
    private static func context(_ commitment: RecordCommitment, _ dataset: DatasetID, shard: Int) -> [UInt8] {
        var bytes = Array("lethe/vault-record/v1".utf8) + [0] + commitment.bytes
        bytes.appendBigEndian(UInt64(shard))
        return bytes + Array(dataset.text.utf8)
    }

    private func recordTag(_ id: String, _ dataset: DatasetID) -> Hash256<RecordSubject> {
        vault.keyedHash("record", Array(dataset.text.utf8), Array(id.utf8))
    }

    private func subjectTag(_ subject: String, _ dataset: DatasetID) -> Hash256<RecordSubject> {
        vault.keyedHash("subject", Array(dataset.text.utf8), Array(subject.utf8))
    }

    private func fingerprints(_ record: DatasetRecord) -> [Fingerprint] {
        let text = Array(record.text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ").utf8)
        let byID: Fingerprint = vault.keyedHash("erased-id", Array(record.id.utf8), text)
        guard let subject = record.subject else { return [byID] }
        return [byID, vault.keyedHash("erased-subject", Array(subject.utf8), text)]
    }
}

// MARK: - What erasing looks for

extension RecordStore {
    /// What must not be found any more once this row is erased, and what is kept to know its content again. Less,
    /// where the row does not open: it is erased even so.
    func erasable(_ commitment: RecordCommitment) throws -> (needles: [Needle], fingerprints: [Fingerprint])? {
        let found = try vault.read("looking for record \(commitment)") { try Self.row(commitment, $0) }
        guard let (dataset, row) = found else { return nil }
        var needles = [
            Needle(.wrappedKey, row.wrappedKey), Needle(.ciphertext, Array(row.ciphertext.prefix(64))),
            Needle(.ciphertext, Array(row.ciphertext.suffix(64))), Needle(.index, row.recordTag),
        ]
        let context = Self.context(commitment, dataset, shard: row.shard)
        if let key = try? vault.unwrap(row.wrappedKey, for: context) {
            needles.append(Needle(.dataKey, key.withUnsafeBytes { Array($0) }))
        }
        guard let open = try? open(row, commitment, of: dataset) else { return (needles, []) }
        needles.append(Needle(.salt, open.salt.bytes))
        needles.append(Needle(.salt, Array(Hex.encode(open.salt.bytes).utf8)))
        needles += Needle.windows(of: open.record.bytes, count: 4)
        return (needles, fingerprints(open.record))
    }

    /// For each subject all of whose rows are among `commitments`: one of these rows, and the subject's index entry.
    func lastOfTheirSubject(_ commitments: [RecordCommitment]) throws -> [RecordCommitment: Needle] {
        guard !commitments.isEmpty else { return [:] }
        return try vault.read("looking for subjects") { database in
            var byTag: [[UInt8]: [RecordCommitment]] = [:]
            for commitment in commitments {
                guard let tag = try Self.row(commitment, database)?.row.subjectTag else { continue }
                byTag[tag, default: []].append(commitment)
            }
            var last: [RecordCommitment: Needle] = [:]
            for (tag, rows) in byTag {
                let statement = try RawStatement(database, "SELECT count(*) FROM records WHERE subject_tag = ?")
                defer { statement.reset() }
                statement.bind(copying: tag, at: 1)
                guard try statement.next(), statement.integer(at: 0) == rows.count else { continue }
                last[rows[0]] = Needle(.index, tag)
            }
            return last
        }
    }
}
