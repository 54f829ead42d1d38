import Bytes
import Events
import Foundation
import GRDB
import MerkleLog
import Testing

@testable import LedgerStore

/// One row of the crash table: a step that goes wrong in one way, while one thing is done to a prepared
/// ledger.
///
/// After each, the ledger is opened again by the ordinary code, and what was being done is either there
/// as a whole or not at all; then the same thing is done again and succeeds.
struct Fault: Codable, Sendable, CustomStringConvertible {
    let step: FaultInjector.Step
    let effect: FaultInjector.Effect
    var occurrence = 1

    var description: String { "\(effect) at \(step) \(occurrence)" }
    var injector: FaultInjector { FaultInjector(at: step, effect, occurrence: occurrence) }

    static func table(_ steps: [FaultInjector.Step]) -> [Fault] {
        steps.flatMap { step in FaultInjector.Effect.allCases.map { Fault(step: step, effect: $0) } }
    }

    /// Whether the effect leaves the step's own work on the disk.
    var isTaken: Bool { effect != .failed }

    /// Does `work` on the ledger at `path` with this fault: here, or for a kill in a process of its own.
    func strike(_ path: String, _ work: Work) async throws {
        guard effect == .killed else {
            let ledger = try openLedger(path, faults: injector)
            #expect(try work.meets(fault: self, on: ledger))
            try work.checkMemory(of: ledger)
            return try ledger.close()
        }
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, fault = self as Fault, work = work as Work] in
            try work.run(on: try openLedger(path, faults: fault.injector))
        }
    }
}

/// What is being done when the fault strikes.
enum Work: String, Codable, Sendable {
    case append, swap, putBody, putBlob, erase

    static let origin = "skies.example/public"
    static let blob = BlobID(.file, Hash256<BlobSubject>.sha256([1]))
    static let erased = BlobID(.file, Hash256<BlobSubject>.sha256([2]))
    static let content = noise(150_000)

    /// A ledger of 250 entries with a kept checkpoint, a body and a blob.
    static func prepare(_ path: String) throws {
        let ledger = try makeLedger(path)
        let chain = try ledger.events.openChain(origin)
        let views = [ViewChange(kind: "count", key: "entries", value: [250])]
        _ = try ledger.events.append(newEntries(0..<250), to: chain, expecting: .zero, views: views)
        try keep(ledger)
        try ledger.vault.putBody(body(2))
        try ledger.vault.putBody(body(3))
        try ledger.blobs.put(erased, noise(100_000, seed: 2))
        try ledger.close()
    }

    /// Keeps the checkpoint of the chain as it stands.
    static func keep(_ ledger: LedgerDirectory) throws {
        let head = try ledger.events.head(of: try ledger.events.openChain(origin))
        let checkpoint = try Checkpoint(origin: origin, size: head.size, root: head.root)
        try ledger.checkpoints.swap(
            KeptCheckpoint(checkpoint: checkpoint, note: Array(checkpoint.text.utf8)),
            expecting: try ledger.checkpoints.kept(origin))
    }

    /// Ten entries, of which the seventh fills the first tile.
    private static func append(_ ledger: LedgerDirectory) throws {
        let chain = try ledger.events.openChain(origin)
        let views = [ViewChange(kind: "count", key: "entries", value: [4])]
        _ = try ledger.events.append(newEntries(250..<260), to: chain, expecting: TreeSize(250), views: views)
    }

    @discardableResult
    func run(on ledger: LedgerDirectory) throws -> ErasureReceipt? {
        switch self {
        case .append: try Self.append(ledger)
        case .swap:
            try Self.append(ledger)
            try Self.keep(ledger)
        case .putBody: try ledger.vault.putBody(body(1))
        case .putBlob: try ledger.blobs.put(Self.blob, Self.content)
        case .erase: return try ledger.vault.vault.erase([.body(body(2).commitment), .blob(Self.erased)])
        }
        return nil
    }

    /// Runs, and says whether the fault came out: as an error, or in a receipt that is not complete.
    func meets(fault: Fault, on ledger: LedgerDirectory) throws -> Bool {
        var receipt: ErasureReceipt?
        let found = code { receipt = try run(on: ledger) }
        return found == .injectedFault || receipt?.isComplete == false
    }

    /// The same store after the error: what is in memory is what is on the disk.
    func checkMemory(of ledger: LedgerDirectory) throws {
        let chain = try #require(try ledger.events.chain(Self.origin))
        let head = try ledger.events.head(of: chain)
        #expect(head.root == Oracle.root((0..<head.size.rawValue).map(envelope)))
    }
}

/// What holds for every ledger that was opened again, whatever happened before.
private func checkInvariants(_ ledger: LedgerDirectory) throws {
    let chain = try #require(try ledger.events.chain(Work.origin))
    let size = try ledger.events.size(of: chain).rawValue
    #expect(size == 250 || size == 260)
    let leaves = (0..<size).map(envelope)
    #expect(try ledger.events.head(of: chain).root == Oracle.root(leaves))
    #expect(try ledger.events.root(of: chain, at: TreeSize(250)) == Oracle.root(leaves.prefix(250)))
    #expect((try ledger.events.tile(level: 0, index: 0, width: 256, of: chain) != nil) == (size == 260))
    #expect(try ledger.events.viewPosition(of: chain) == TreeSize(size))
    let view = try ledger.events.viewRow(of: chain, kind: "count", key: "entries")
    #expect(view == [size == 250 ? 250 : 4])
    let kept = try #require(try ledger.checkpoints.kept(Work.origin)).checkpoint
    #expect(kept.root == Oracle.root(leaves.prefix(kept.size.rawValue)))
    let blobFiles = try FileManager.default.contentsOfDirectory(atPath: ledger.paths.blobs)
    for record in try ledger.blobs.list() { try ledger.blobs.open(record.id)?.verify() }
    #expect(blobFiles.count <= 2 && blobFiles.allSatisfy { !$0.hasPrefix("tmp") })
    #expect(try ledger.vault.body(body(3).commitment) == body(3))
}

@Suite struct FaultTests {
    let scratch = Scratch()

    init() throws { try Work.prepare(scratch.ledger) }

    @Test(arguments: Fault.table([.insertEntries, .insertTiles, .writeViews, .commitAppend]))
    func anAppendIsWholeOrAbsent(fault: Fault) async throws {
        try await fault.strike(scratch.ledger, .append)
        let ledger = try openLedger(scratch.ledger)
        try checkInvariants(ledger)
        let chain = try #require(try ledger.events.chain(Work.origin))
        let isThere = fault.step == .commitAppend && fault.isTaken
        #expect(try ledger.events.size(of: chain) == TreeSize(isThere ? 260 : 250))
        if !isThere { try Work.append.run(on: ledger) }
        #expect(try ledger.events.head(of: chain).root == Oracle.root((0..<260).map(envelope)))
        try Work.keep(ledger)
        try checkInvariants(ledger)
    }

    @Test(arguments: Fault.table([.swapCheckpoint]))
    func aCheckpointIsTheOldOrTheNewOne(fault: Fault) async throws {
        try await fault.strike(scratch.ledger, .swap)
        let ledger = try openLedger(scratch.ledger)
        try checkInvariants(ledger)
        let kept = try #require(try ledger.checkpoints.kept(Work.origin))
        #expect(kept.checkpoint.size == TreeSize(fault.isTaken ? 260 : 250))
        #expect(kept.note == Array(kept.checkpoint.text.utf8))
        try Work.keep(ledger)
        #expect(try ledger.checkpoints.kept(Work.origin)?.checkpoint.size == TreeSize(260))
    }

    @Test(arguments: Fault.table([.insertBody]))
    func aBodyIsWholeOrAbsent(fault: Fault) async throws {
        try await fault.strike(scratch.ledger, .putBody)
        let ledger = try openLedger(scratch.ledger)
        try checkInvariants(ledger)
        #expect(try ledger.vault.body(body(1).commitment) == (fault.isTaken ? body(1) : nil))
        try Work.putBody.run(on: ledger)
        #expect(try ledger.vault.body(body(1).commitment) == body(1))
    }

    @Test(
        arguments: Fault.table([
            .createBlobFile, .writeBlobChunk, .syncBlobFile, .renameBlobFile, .syncBlobDirectory,
            .insertBlobKey,
        ]) + [Fault(step: .writeBlobChunk, effect: .killed, occurrence: 3)])
    func aBlobIsWholeOrAbsent(fault: Fault) async throws {
        try await fault.strike(scratch.ledger, .putBlob)
        let ledger = try openLedger(scratch.ledger)
        try checkInvariants(ledger)
        let isThere = fault.step == .insertBlobKey && fault.isTaken
        #expect(try ledger.blobs.open(Work.blob)?.bytes() == (isThere ? Work.content : nil))
        let blobFiles = try FileManager.default.contentsOfDirectory(atPath: ledger.paths.blobs)
        #expect(blobFiles.count == (isThere ? 2 : 1))
        try Work.putBlob.run(on: ledger)
        #expect(try ledger.blobs.open(Work.blob)?.bytes() == Work.content)
    }

    /// Before the mark nothing has begun; after it nothing is served. Either way erasing again ends it,
    /// and no trace of what the files held before is left.
    @Test(
        arguments: Fault.table([
            .markErasure, .overwriteBlobFile, .unlinkBlobFile, .deleteKeys, .truncateLog, .confirmErasure,
        ]))
    func anErasureIsContinuedToItsEnd(fault: Fault) async throws {
        let traces = try Self.traces(scratch.ledger)
        for trace in traces { #expect(try files(in: scratch.ledger, containing: trace) != []) }
        try await fault.strike(scratch.ledger, .erase)
        let ledger = try openLedger(scratch.ledger)
        try checkInvariants(ledger)
        let hasBegun = fault.step != .markErasure || fault.isTaken
        #expect(try ledger.vault.body(body(2).commitment) == (hasBegun ? nil : body(2)))
        #expect(try ledger.blobs.contains(Work.erased) == !hasBegun)
        let isConfirmed = fault.step == .confirmErasure && fault.isTaken
        // What goes wrong with the blob's file stops the blob alone; a kill stops both.
        let isBlobsAlone =
            [.overwriteBlobFile, .unlinkBlobFile].contains(fault.step) && fault.effect != .killed
        let pending = !hasBegun || isConfirmed ? 0 : isBlobsAlone ? 1 : 2
        #expect(try ledger.vault.pendingErasures().count == pending)

        let receipt = try #require(try Work.erase.run(on: ledger))
        #expect(receipt.items[0].verdict == (isConfirmed || isBlobsAlone ? .notFound : .deleted))
        #expect(receipt.items[1].verdict == (isConfirmed ? .notFound : .deleted))
        #expect(try ledger.vault.pendingErasures().isEmpty)
        for trace in traces { #expect(try files(in: scratch.ledger, containing: trace) == []) }
        #expect(code { try ledger.vault.putBody(body(2)) } == .erased)
        try checkInvariants(ledger)
    }

    /// The wrapped keys and the beginnings of the ciphertexts of what will be erased.
    private static func traces(_ path: String) throws -> [[UInt8]] {
        let ledger = try openLedger(path, .readOnly)
        defer { try? ledger.close() }
        let row = try #require(try ledger.vault.vault.read("") { try Vault.row(body(2).commitment, $0) })
        let blob = try #require(try ledger.vault.vault.read("") { try BlobStore.row(Work.erased, $0) })
        let file = try #require(FileManager.default.contents(atPath: "\(ledger.paths.blobs)/\(blob.file)"))
        return [row.wrappedKey, Array(row.ciphertext.prefix(40)), blob.wrappedKey, Array(file[40..<104])]
    }
}

/// No room on the disk, in the three ways in which it shows.
@Suite struct FullDiskTests {
    let scratch = Scratch()

    init() throws { try Work.prepare(scratch.ledger) }

    /// SQLite's own limit stands in for the disk's: the code path after SQLITE_FULL is the same.
    @Test func saysSoAndLosesNothingInTheDatabases() throws {
        let ledger = try openLedger(scratch.ledger)
        let chain = try #require(try ledger.events.chain(Work.origin))
        func limit(_ pages: String) throws {
            for queue in [ledger.events.database, ledger.vault.vault.database] {
                try queue.inDatabase { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
            }
        }
        let large = (0..<100).map { NewEntry(envelope: noise(5_000, seed: UInt64($0))) }
        let largeBody = OpenBody(salt: body(9).salt, mediaType: .json, bytes: noise(1_000_000))
        try limit("1")
        #expect(
            code { _ = try ledger.events.append(large, to: chain, expecting: TreeSize(250)) } == .diskFull)
        #expect(code { try ledger.vault.putBody(largeBody) } == .diskFull)
        try checkInvariants(ledger)
        try limit("1000000")
        _ = try ledger.events.append(large, to: chain, expecting: TreeSize(250))
        #expect(try ledger.vault.body(ledger.vault.putBody(largeBody)) == largeBody)
        let leaves = (0..<250).map(envelope) + large.map(\.envelope)
        #expect(try ledger.events.head(of: chain).root == Oracle.root(leaves))
    }

    /// A limit of the system on file sizes, in a process of its own: writes fail in the middle of a file.
    @Test func saysSoAndLosesNothingWhereWritesFail() async throws {
        await #expect(processExitsWith: .success) { [path = scratch.ledger as String] in
            let ledger = try openLedger(path)
            let chain = try #require(try ledger.events.chain(Work.origin))
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 120_000, rlim_max: rlim_t.max)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let large = (0..<100).map { NewEntry(envelope: noise(5_000, seed: UInt64($0))) }
            let append = code { _ = try ledger.events.append(large, to: chain, expecting: TreeSize(250)) }
            #expect(append == .diskFull || append == .inputOutput)
            #expect(code { try ledger.blobs.put(Work.blob, Work.content) } == .diskFull)
            try checkInvariants(ledger)
            limit.rlim_cur = rlim_t.max
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            try Work.append.run(on: ledger)
            try Work.putBlob.run(on: ledger)
            try checkInvariants(ledger)
            try ledger.close()
        }
        let ledger = try openLedger(scratch.ledger)
        try checkInvariants(ledger)
        #expect(try ledger.blobs.open(Work.blob)?.bytes() == Work.content)
    }
}

/// Two processes on one ledger.
@Suite struct TwoProcessTests {
    let scratch = Scratch()

    @Test func theSecondWriterIsToldWhoTheFirstIs() async throws {
        let ledger = try makeLedger(scratch.ledger)
        let pid = Int(ProcessInfo.processInfo.processIdentifier)
        await #expect(processExitsWith: .success) { [path = scratch.ledger as String, pid = pid as Int] in
            let found = code { _ = try openLedger(path) }
            guard case .locked(let holder, _) = found else { throw CancellationError() }
            #expect(holder == pid)
            #expect(try openLedger(path, .readOnly).events.chains().isEmpty)
        }
        try ledger.close()
    }

    /// The kernel drops the lock with its process: no file has to be removed by hand.
    @Test func aKilledWriterLeavesNoLock() async throws {
        try makeLedger(scratch.ledger).close()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = scratch.ledger as String] in
            let ledger = try openLedger(path)
            try withExtendedLifetime(ledger) {
                _ = try ledger.events.openChain("skies.example/public")
                kill(getpid(), SIGKILL)
            }
        }
        let ledger = try openLedger(scratch.ledger)
        #expect(try ledger.events.chains().map(\.origin) == ["skies.example/public"])
    }
}
