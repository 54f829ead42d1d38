import Bytes
import Events
import Foundation
import GRDB
import MerkleLog
import Testing

@testable import LedgerStore

@Suite struct ErasureTests {
    let scratch = Scratch()
    let ledger: LedgerDirectory
    let vault: Vault
    let blobs: BlobStore

    init() throws {
        ledger = try makeLedger(scratch.ledger)
        vault = ledger.vault
        blobs = ledger.blobs
        for number in 0..<40 { try vault.putBody(body(number)) }
        try blobs.put(blob, noise(200_000))
    }

    private var blob: BlobID { BlobID(.file, Hash256<BlobSubject>.sha256([1])) }

    private func verdicts(_ receipt: ErasureReceipt) -> [ErasureReceipt.Verdict] {
        receipt.items.map(\.verdict)
    }

    private func reason(_ receipt: ErasureReceipt) -> String {
        if case .failed(let reason) = receipt.items.first?.verdict { reason } else { "" }
    }

    /// Read by another connection before the erasure, searched for by plain means after it.
    @Test func leavesNoTraceOfABodyAndKeepsTheOthers() throws {
        let commitment = body(7).commitment
        let row = try #require(
            try DatabaseQueue(path: ledger.paths.vault).read {
                try Row.fetchOne(
                    $0, sql: "SELECT wrapped_key, nonce, ciphertext FROM bodies WHERE commitment = ?",
                    arguments: [Data(commitment.bytes)])
            })
        let pieces: [[UInt8]] = [
            Array(row["wrapped_key"] as Data), Array(row["nonce"] as Data), Array(row["ciphertext"] as Data),
        ]
        for piece in pieces {
            #expect(try files(in: scratch.ledger, containing: piece) != [], "nothing to erase")
        }
        let receipt = try vault.eraseBodies([commitment])
        #expect(receipt.items == [.init(subject: .body(commitment), verdict: .deleted)])
        #expect(receipt.isComplete && receipt.scannedBytes > 100_000)
        for piece in pieces { #expect(try files(in: scratch.ledger, containing: piece) == []) }
        #expect(try vault.body(commitment) == nil && !vault.contains(commitment))
        #expect(try vault.bodies().count == 39)
        for number in 0..<40 where number != 7 {
            #expect(try vault.body(body(number).commitment) == body(number))
        }
        #expect(try vault.pendingErasures().isEmpty)
    }

    @Test func leavesNoTraceOfABlob() throws {
        let file = try #require(try FileManager.default.contentsOfDirectory(atPath: ledger.paths.blobs).first)
        let path = "\(ledger.paths.blobs)/\(file)"
        let content = try #require(FileManager.default.contents(atPath: path))
        // A second name for the same file shows what became of its bytes.
        let second = scratch.path + "/second-name"
        try FileManager.default.linkItem(atPath: path, toPath: second)
        let reader = try #require(try blobs.open(blob))

        #expect(verdicts(try blobs.erase([blob])) == [.deleted])
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(FileManager.default.contents(atPath: second)?.isEmpty == true)
        #expect(try files(in: scratch.ledger, containing: Array(content[40..<72])) == [])
        #expect(try blobs.list().isEmpty && !blobs.contains(blob))
        #expect(try blobs.open(blob) == nil)
        #expect(code { _ = try reader.bytes() } == .corrupt)
    }

    @Test func findsNothingTheSecondTimeAndNothingThatWasNeverThere() throws {
        let known = body(1).commitment, unknown = body(99).commitment
        #expect(verdicts(try vault.eraseBodies([known, unknown, known])) == [.deleted, .notFound, .deleted])
        #expect(verdicts(try vault.eraseBodies([known, unknown])) == [.notFound, .notFound])
        #expect(verdicts(try blobs.erase([blob])) == [.deleted])
        #expect(verdicts(try blobs.erase([blob])) == [.notFound])
        #expect(try vault.eraseBodies([]).items.isEmpty)
    }

    /// Invariant I12, also for what was erased before it ever came, and after a restart.
    @Test func refusesWhatWasErasedForGood() throws {
        _ = try vault.eraseBodies([body(1).commitment, body(99).commitment])
        _ = try blobs.erase([blob])
        try ledger.close()
        let reopened = try openLedger(scratch.ledger)
        for number in [1, 99] { #expect(code { try reopened.vault.putBody(body(number)) } == .erased) }
        #expect(code { try reopened.blobs.put(blob, [1]) } == .erased)
        try reopened.vault.putBody(body(98))
        try reopened.blobs.put(BlobID(.tensors, blob.digest), [1])
        let other = try DatabaseQueue(path: ledger.paths.vault)
        for statement in [
            "DELETE FROM tombstones", "UPDATE tombstones SET state = 'erasing'",
            "UPDATE tombstones SET digest = randomblob(32)",
            "INSERT OR REPLACE INTO tombstones SELECT store, kind, digest, 'erasing' FROM tombstones",
        ] {
            #expect(throws: DatabaseError.self) { try other.write { try $0.execute(sql: statement) } }
        }
    }

    /// Invariant I12 for a vault that is restored from a backup, tombstones and all:
    /// `checkpoints.sqlite` remembers.
    @Test func buriesAgainWhatARestoredVaultBringsBack() throws {
        try ledger.close()
        let backup = scratch.path + "/vault-backup"
        try FileManager.default.copyItem(atPath: ledger.paths.vault, toPath: backup)
        let erasing = try openLedger(scratch.ledger)
        _ = try erasing.vault.eraseBodies([body(7).commitment, body(99).commitment])
        try erasing.close()
        try FileManager.default.removeItem(atPath: ledger.paths.vault)
        try FileManager.default.moveItem(atPath: backup, toPath: ledger.paths.vault)

        #expect(
            code { _ = try openLedger(scratch.ledger, .readOnly) }
                == .restoredFromBackup(origin: ledger.paths.vault))
        let restored = try openLedger(scratch.ledger)
        #expect(try restored.vault.body(body(7).commitment) == nil)
        #expect(try restored.vault.pendingErasures() == [.body(body(7).commitment)])
        for number in [7, 99] { #expect(code { try restored.vault.putBody(body(number)) } == .erased) }
        #expect(verdicts(try restored.vault.eraseBodies([body(7).commitment])) == [.deleted])
        #expect(try restored.vault.body(body(8).commitment) == body(8))
        try restored.close()
        _ = try openLedger(scratch.ledger, .readOnly)
    }

    /// With the database's own erasing switched off the row's bytes stay in the file: the search has to
    /// find them.
    @Test func failsWhereTheDatabaseKeepsTheBytes() throws {
        let database = vault.vault.database
        try database.inDatabase { try $0.execute(sql: "PRAGMA secure_delete = OFF") }
        let receipt = try vault.eraseBodies([body(7).commitment])
        #expect(!receipt.isComplete)
        #expect(reason(receipt).contains("\(ledger.paths.vault) at byte"))
        #expect(try vault.pendingErasures() == [.body(body(7).commitment)])
        #expect(try vault.body(body(7).commitment) == nil)

        // Erasing again writes the database anew, from which then nothing can be read.
        try database.inDatabase { try $0.execute(sql: "PRAGMA secure_delete = ON") }
        #expect(verdicts(try vault.eraseBodies([body(7).commitment])) == [.deleted])
        #expect(try vault.pendingErasures().isEmpty)
        #expect(try vault.body(body(8).commitment) == body(8))
    }

    enum Plant: CaseIterable { case contentInOutbox, saltInOutbox, saltInView, ciphertextInBlobs }

    /// A copy of the salt, the content or the ciphertext elsewhere in the ledger directory.
    @Test(arguments: Plant.allCases)
    func failsWhereACopyIsLeft(plant: Plant) throws {
        let target = body(7)
        func write(_ bytes: [UInt8], _ path: String) throws {
            try Data(noise(3_000) + bytes + noise(10)).write(to: URL(fileURLWithPath: path))
        }
        var place = "\(ledger.paths.outbox)/copy"
        switch plant {
        case .contentInOutbox: try write(Array(target.bytes.suffix(50)), place)
        case .saltInOutbox: try write(target.salt.bytes, place)
        case .saltInView:
            let chain = try ledger.events.openChain("skies.example/public")
            let change = ViewChange(kind: "leak", key: "1", value: Array(Hex.encode(target.salt.bytes).utf8))
            _ = try ledger.events.append(newEntries(0..<1), to: chain, expecting: .zero, views: [change])
            place = ledger.paths.events
        case .ciphertextInBlobs:
            place = "\(ledger.paths.blobs)/copy"
            let row = try vault.vault.read("") { try Vault.row(target.commitment, $0) }
            try write(try #require(row).ciphertext, place)
        }
        let receipt = try vault.eraseBodies([body(6).commitment, target.commitment])
        #expect(receipt.items[0].verdict == .deleted, "only the one with a copy fails")
        guard case .failed(let reason) = receipt.items[1].verdict else {
            Issue.record("the copy was not found")
            return
        }
        #expect(reason.contains(place))
    }

    /// The log cannot be emptied while another connection reads an older state of it.
    @Test func failsWhileAReaderHoldsTheLogAndGoesOnLater() throws {
        var configuration = Configuration()
        configuration.readonly = true
        let other = try DatabasePool(path: ledger.paths.vault, configuration: configuration)
        try vault.putBody(body(50))
        try vault.vault.database.inDatabase { try $0.execute(sql: "PRAGMA busy_timeout = 50") }
        try other.read { database in
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM bodies") == 41)
            let receipt = try vault.eraseBodies([body(7).commitment])
            #expect(reason(receipt).contains("emptying the log failed"))
        }
        #expect(try vault.body(body(7).commitment) == nil)
        #expect(verdicts(try vault.eraseBodies([body(7).commitment])) == [.deleted])
    }

    @Test func isRefusedToAReader() throws {
        let reader = try openLedger(scratch.ledger, .readOnly)
        #expect(code { _ = try reader.vault.eraseBodies([body(1).commitment]) } == .readOnly)
        #expect(code { try reader.vault.putBody(body(70)) } == .readOnly)
        let other = BlobID(.tensors, blob.digest)
        #expect(code { try reader.blobs.put(other, [1]) } == .readOnly)
    }
}

@Suite struct ResidueScanTests {
    /// Needles at the start, at the end and across the edge of a MiB, in 3 MiB; a plain search is the oracle.
    @Test func findsEveryNeedleWhereverItStands() throws {
        let scratch = Scratch()
        var content = noise(3 << 20)
        let places = [0, 17, (1 << 20) - 30, (1 << 20) - 1, (2 << 20) - 64, (3 << 20) - 64]
        let needles = places.indices.map { Needle(.content, noise(64, seed: UInt64($0) + 10)) }
        for (place, needle) in zip(places, needles) where place != 17 {
            content.replaceSubrange(place..<place + 64, with: needle.bytes)
        }
        let path = scratch.path + "/file"
        try Data(content).write(to: URL(fileURLWithPath: path))
        var scan = ResidueScan(needles)
        try scan.scan(file: path)
        for (index, needle) in needles.enumerated() {
            let range = Data(content).range(of: Data(needle.bytes))
            let hit = range.map { ResidueScan.Hit(needle: index, place: "\(path) at byte \($0.lowerBound)") }
            #expect(scan.hits.filter { $0.needle == index } == Set([hit].compactMap { $0 }))
        }
        #expect(scan.hits.count >= 4)
        #expect(scan.scannedBytes == 3 << 20)
    }

    @Test func takesNoWindowsThatOccurByChance() {
        #expect(Needle.windows(of: Array("{\"a\":true}".utf8)).isEmpty)
        #expect(Needle.windows(of: [UInt8](repeating: 32, count: 500)).isEmpty)
        let windows = Needle.windows(of: noise(10_000)).map(\.bytes)
        #expect(windows.count == 32)
        #expect(windows.first == Array(noise(10_000).prefix(32)))
        #expect(windows.last == Array(noise(10_000).suffix(32)))
    }
}
