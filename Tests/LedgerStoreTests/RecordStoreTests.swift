import Bytes
import Events
import Foundation
import GRDB
import Testing

@testable import LedgerStore

/// Rows of datasets: kept, found and erased one by one.
@Suite struct RecordStoreTests {
    let scratch = Scratch()
    let ledger: LedgerDirectory
    let records: RecordStore
    let dataset = DatasetID("ds-000000000001")!

    init() throws {
        ledger = try makeLedger(scratch.ledger)
        records = ledger.records
        try records.register(dataset, (0..<40).map { row($0) })
    }

    /// Row number `number`: of person `number / 2`, in shard `number % 4`.
    private func row(_ number: Int, salt: Int = 0) -> OpenRecord {
        let salt = Salt(bytes: Hash256<RecordSubject>.sha256([UInt8(number), UInt8(salt)]).bytes)!
        let text = "finding \(Hex.encode(noise(20, seed: UInt64(number))))"
        return OpenRecord(
            salt: salt,
            record: DatasetRecord(id: "row-\(number)", subject: "person-\(number / 2)", label: number % 2, text: text),
            shard: number % 4)
    }

    private func commitments(_ numbers: Int...) -> [RecordCommitment] { numbers.map { row($0).commitment } }

    private func verdicts(_ receipt: ErasureReceipt) -> [ErasureReceipt.Verdict] { receipt.items.map(\.verdict) }

    @Test func givesBackEveryRowByShardIDAndSubject() throws {
        let all = (0..<40).map { row($0) }.sorted { $0.commitment < $1.commitment }
        #expect(try records.records(of: dataset) == all)
        #expect(try records.records(of: dataset, shard: 3) == all.filter { $0.shard == 3 })
        #expect(try records.find(id: "row-7", in: dataset) == row(7).commitment)
        #expect(try records.find(id: "row-77", in: dataset) == nil)
        #expect(try records.find(subject: "person-3", in: dataset) == commitments(6, 7).sorted())
        #expect(try records.find(subject: "person-3", in: DatasetID("ds-2")!) == [])
        #expect(try records.datasets() == [dataset])
        #expect(try records.record(row(5).commitment) == row(5))
    }

    /// The commitment as `schemas/datasets.md` defines it, from bytes written here.
    @Test func commitsToTheBytesOfThePage() {
        let open = row(3)
        let json = #"{"id":"row-3","label":1,"subject":"person-1","text":"\#(open.record.text)"}"#
        #expect(open.record.bytes == Array(json.utf8))
        #expect(open.commitment == .sha256(Array("lethe/record/v1\0".utf8), open.salt.bytes, Array(json.utf8)))
        let nameless = DatasetRecord(id: "1", subject: nil, label: 0, text: "a\tb")
        #expect(nameless.bytes == Array(#"{"id":"1","label":0,"text":"a\tb"}"#.utf8))
    }

    @Test func storesAllRowsOrNone() throws {
        let other = DatasetID("ds-000000000002")!
        let rows = (50..<60).map { row($0) }
        #expect(throws: (any Error).self) { try records.register(other, rows + [rows[0]]) }
        #expect(try records.records(of: other).isEmpty)
        #expect(code { try records.register(dataset, rows) } == .alreadyExists)
        try records.register(other, rows)
        #expect(try records.records(of: other).count == 10)
    }

    /// Ids, subjects and texts are searched for in every file, the log included.
    @Test func nothingOfARowLiesInTheClear() throws {
        for needle in ["person-3", "row-7", row(7).record.text] {
            #expect(try files(in: scratch.ledger, containing: Array(needle.utf8)) == [])
        }
        #expect(try files(in: scratch.ledger, containing: row(7).salt.bytes) == [])
        #expect(
            try files(in: scratch.ledger, containing: row(7).commitment.bytes) != [], "the search finds what is there")
    }

    @Test func erasesARowAndKeepsTheOthers() throws {
        let pieces = try pieces(of: row(7).commitment)
        for piece in pieces { #expect(try files(in: scratch.ledger, containing: piece) != []) }
        let receipt = try records.erase(commitments(7))
        #expect(verdicts(receipt) == [.deleted] && receipt.scannedBytes > 10_000)
        for piece in pieces.dropLast() { #expect(try files(in: scratch.ledger, containing: piece) == []) }
        #expect(try files(in: scratch.ledger, containing: pieces.last!) != [], "person 3 has another row")
        #expect(try records.record(row(7).commitment) == nil)
        #expect(try records.find(id: "row-7", in: dataset) == nil)
        #expect(try records.find(subject: "person-3", in: dataset) == commitments(6))
        #expect(try records.records(of: dataset).count == 39)
        for number in 0..<40 where number != 7 { #expect(try records.record(row(number).commitment) == row(number)) }
        // With the last row of a person goes what finds the person.
        #expect(verdicts(try records.erase(commitments(6))) == [.deleted])
        #expect(try files(in: scratch.ledger, containing: pieces.last!) == [])
    }

    /// Wrapped key, nonce, ciphertext and the tags of a row, the subject's last, read by another connection.
    private func pieces(of commitment: RecordCommitment) throws -> [[UInt8]] {
        let row = try #require(
            try DatabaseQueue(path: ledger.paths.vault).read {
                try Row.fetchOne(
                    $0,
                    sql:
                        "SELECT wrapped_key, nonce, ciphertext, record_tag, subject_tag FROM records WHERE commitment = ?",
                    arguments: [Data(commitment.bytes)])
            })
        return (0..<5).map { Array(row[$0] as Data) }
    }

    /// Rows share index pages with others that come and go: after each erasure no file has a trace of what is gone.
    @Test func erasesManyRowsOneAfterTheOther() throws {
        let big = DatasetID("ds-000000000003")!
        let rows = (0..<250).map { row($0, salt: 1) }
        try records.register(big, rows)
        for start in stride(from: 3, to: 250, by: 50) {
            let some = rows[start..<min(start + 17, 250)]
            let traces = try some.prefix(3).map { try pieces(of: $0.commitment) }
            #expect(try records.erase(some.map(\.commitment)).isComplete)
            for trace in traces.flatMap({ $0.prefix(4) }) {
                #expect(try files(in: scratch.ledger, containing: trace) == [])
            }
        }
        #expect(try records.records(of: big).count == 250 - 5 * 17)
    }

    /// I12 for rows: by commitment, and by content under fresh salts.
    @Test func refusesWhatWasErased() throws {
        _ = try records.erase(commitments(7))
        let other = DatasetID("ds-000000000004")!
        #expect(code { try records.register(other, [row(8, salt: 2), row(7, salt: 2)]) } == .erased)
        let base = row(7).record
        func again(id: String? = nil, subject: String?, label: Int = 0, text: String? = nil) -> DatasetRecord {
            DatasetRecord(id: id ?? base.id, subject: subject, label: label, text: text ?? base.text)
        }
        let returned = [
            again(subject: nil, label: 1), again(id: "new", subject: base.subject),
            again(subject: "somebody", text: "  " + base.text.uppercased().replacing(" ", with: "  ")),
        ]
        let others = [again(id: "new", subject: nil), again(subject: base.subject, text: base.text + "x")]
        #expect(try records.erasedBefore(returned + others) == [0, 1, 2])
        try ledger.close()
        let reopened = try openLedger(scratch.ledger)
        #expect(try reopened.records.erasedBefore(returned) == [0, 1, 2])
        #expect(try files(in: scratch.ledger, containing: Array(base.text.utf8)) == [])
    }

    /// A vault from a backup has the row again: it is not served, and erasing it again ends it.
    @Test func buriesAgainWhatARestoredVaultBringsBack() throws {
        try ledger.close()
        let backup = scratch.path + "/vault-backup"
        try FileManager.default.copyItem(atPath: ledger.paths.vault, toPath: backup)
        let erasing = try openLedger(scratch.ledger)
        _ = try erasing.records.erase(commitments(7))
        try erasing.close()
        try FileManager.default.removeItem(atPath: ledger.paths.vault)
        try FileManager.default.moveItem(atPath: backup, toPath: ledger.paths.vault)
        let restored = try openLedger(scratch.ledger)
        #expect(try restored.records.record(row(7).commitment) == nil)
        #expect(try restored.records.find(id: "row-7", in: dataset) == nil)
        #expect(try restored.vault.pendingErasures() == [.record(row(7).commitment)])
        #expect(try restored.records.erasedBefore([row(7).record]) == [0])
        #expect(verdicts(try restored.records.erase(commitments(7))) == [.deleted])
        #expect(try restored.records.records(of: dataset).count == 39)
    }

    /// A row that somebody altered, or moved to another shard, does not open.
    @Test(arguments: [
        "ciphertext = randomblob(100)", "shard = 3", "wrapped_key = randomblob(72)", "nonce = randomblob(24)",
    ])
    func refusesARowThatWasAltered(change: String) throws {
        let other = try DatabaseQueue(path: ledger.paths.vault)
        try other.write {
            try $0.execute(
                sql: "UPDATE records SET \(change) WHERE commitment = ?", arguments: [Data(row(8).commitment.bytes)])
        }
        #expect(code { _ = try records.record(row(8).commitment) } == .corrupt)
        #expect(code { _ = try records.records(of: dataset) } == .corrupt)
        #expect(verdicts(try records.erase(commitments(8))) == [.deleted], "it is erased even so")
    }

    @Test func aDiscardedDatasetMayComeAgain() throws {
        try records.discard(dataset)
        #expect(try records.datasets().isEmpty)
        try records.register(dataset, (0..<40).map { row($0) })
        #expect(try records.records(of: dataset).count == 40)
    }

    @Test func isRefusedToAReader() throws {
        let reader = try openLedger(scratch.ledger, .readOnly)
        #expect(code { _ = try reader.records.erase(commitments(1)) } == .readOnly)
        #expect(try reader.records.records(of: dataset).count == 40)
    }

    // MARK: States

    @Test func keepsTheNewestStateUntilARowIsErased() throws {
        let states = ledger.states
        #expect(try states.load("run") == nil)
        let (first, second) = (noise(5_000, seed: 1), noise(6_000, seed: 2))
        try states.save(first, as: "run")
        try states.save(second, as: "run")
        try states.save(first, as: "other")
        #expect(try states.load("run") == second && states.names() == ["other", "run"])
        #expect(try files(in: scratch.ledger, containing: Array(second[100..<140])) == [])
        try states.remove("other")
        #expect(try states.names() == ["run"])
        _ = try records.erase(commitments(1))
        #expect(try states.load("run") == nil && states.names().isEmpty)
    }
}

/// The crash table of rows; see ``FaultTests``.
@Suite struct RecordFaultTests {
    let scratch = Scratch()
    private static let dataset = DatasetID("ds-000000000001")!

    private static func row(_ number: Int) -> OpenRecord {
        OpenRecord(
            salt: Salt(bytes: Hash256<RecordSubject>.sha256([UInt8(number)]).bytes)!,
            record: DatasetRecord(id: "\(number)", subject: nil, label: 0, text: "text of row \(number)"), shard: 0)
    }

    @Test(arguments: [FaultInjector.Effect.failed, .failedButPersisted])
    func aDatasetIsWholeOrAbsent(effect: FaultInjector.Effect) throws {
        try makeLedger(scratch.ledger).close()
        let faulty = try openLedger(scratch.ledger, faults: FaultInjector(at: .insertRecords, effect))
        #expect(code { try faulty.records.register(Self.dataset, (0..<9).map(Self.row)) } == .injectedFault)
        try faulty.close()
        let ledger = try openLedger(scratch.ledger)
        #expect(try ledger.records.records(of: Self.dataset).count == (effect == .failed ? 0 : 9))
    }

    /// Whatever step fails, erasing again ends it, and what was erased is known again by its content.
    @Test(
        arguments: [
            FaultInjector.Step.markErasure, .deleteKeys, .truncateLog, .confirmErasure,
        ], [FaultInjector.Effect.failed, .failedButPersisted])
    func anErasureIsContinuedToItsEnd(step: FaultInjector.Step, effect: FaultInjector.Effect) throws {
        let first = try makeLedger(scratch.ledger)
        try first.records.register(Self.dataset, (0..<9).map(Self.row))
        try first.close()
        let faulty = try openLedger(scratch.ledger, faults: FaultInjector(at: step, effect))
        let target = Self.row(4).commitment
        let isComplete = try? faulty.records.erase([target]).isComplete
        #expect(isComplete != true)
        try faulty.close()
        let ledger = try openLedger(scratch.ledger)
        let hasBegun = step != .markErasure || effect == .failedButPersisted
        #expect(try (ledger.records.record(target) == nil) == hasBegun)
        #expect(try ledger.records.erase([target]).isComplete)
        #expect(try ledger.vault.pendingErasures().isEmpty)
        #expect(try ledger.records.erasedBefore([Self.row(4).record]) == [0])
        #expect(try ledger.records.records(of: Self.dataset).count == 8)
    }
}
