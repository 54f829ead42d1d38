import Bytes
import Foundation
import GRDB
import MerkleLog
import Testing

@testable import LedgerStore

@Suite struct CheckpointStoreTests {
    let scratch = Scratch()
    let ledger: LedgerDirectory
    let store: CheckpointStore

    init() throws {
        ledger = try makeLedger(scratch.ledger)
        store = ledger.checkpoints
    }

    private func kept(
        _ size: Int, root: UInt8, origin: String = "skies.example/public"
    ) throws -> KeptCheckpoint {
        let checkpoint = try Checkpoint(origin: origin, size: TreeSize(size), root: .sha256([root]))
        return KeptCheckpoint(checkpoint: checkpoint, note: Array("note \(size)".utf8))
    }

    @Test(arguments: CheckpointStore.Role.allCases)
    func keepsTheLastCheckpointOfEachLog(role: CheckpointStore.Role) throws {
        let first = try kept(3, root: 1), second = try kept(8, root: 2)
        let other = try kept(5, root: 3, origin: "other.example")
        #expect(try store.kept("skies.example/public", as: role) == nil)
        try store.swap(first, as: role, expecting: nil)
        try store.swap(other, as: role, expecting: nil)
        try store.swap(second, as: role, expecting: first)
        #expect(try store.kept("skies.example/public", as: role) == second)
        #expect(try store.allKept(as: role) == [other, second])
        for unused in CheckpointStore.Role.allCases where unused != role {
            #expect(try store.allKept(as: unused).isEmpty)
        }
    }

    @Test func refusesWhatWouldShrinkOrFork() throws {
        let first = try kept(3, root: 1)
        try store.swap(first, expecting: nil)
        #expect(
            code { try store.swap(try kept(2, root: 1), expecting: first) }
                == .smallerCheckpoint(kept: 3, offered: 2))
        #expect(code { try store.swap(try kept(3, root: 2), expecting: first) } == .forkedCheckpoint(size: 3))
        #expect(code { try store.swap(try kept(4, root: 2), expecting: nil) } == .checkpointConflict)
        #expect(
            code { try store.swap(try kept(4, root: 2), expecting: try kept(2, root: 1)) }
                == .checkpointConflict)
        #expect(try store.kept("skies.example/public") == first)
    }

    /// A note may be replaced by one of the same checkpoint, as when cosignatures are added to it.
    @Test func takesAnotherNoteForTheSameCheckpoint() throws {
        let first = try kept(3, root: 1)
        try store.swap(first, expecting: nil)
        let cosigned = KeptCheckpoint(checkpoint: first.checkpoint, note: [7])
        try store.swap(cosigned, expecting: first)
        #expect(try store.kept("skies.example/public")?.note == [7])
    }

    @Test(arguments: [
        "UPDATE checkpoints SET size = 2", "UPDATE checkpoints SET root = randomblob(32)",
        "DELETE FROM checkpoints",
    ])
    func isHeldByTheDatabaseToo(statement: String) throws {
        try store.swap(try kept(3, root: 1), expecting: nil)
        let other = try DatabaseQueue(path: ledger.paths.checkpoints)
        #expect(throws: DatabaseError.self) { try other.write { try $0.execute(sql: statement) } }
    }

    @Test func keepsCosignaturesByCheckpointAndWitness() throws {
        let checkpoint = try kept(3, root: 1).checkpoint
        func cosignature(_ witness: String, _ line: String) -> KeptCosignature {
            KeptCosignature(
                origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root, witness: witness,
                line: line)
        }
        try store.add(cosignature("b.example", "— b.example 1"))
        try store.add(cosignature("a.example", "— a.example 1"))
        try store.add(cosignature("b.example", "— b.example 2"))
        #expect(try store.cosignatures(on: checkpoint).map(\.line) == ["— a.example 1", "— b.example 2"])
        #expect(try store.cosignatures(on: try kept(3, root: 2).checkpoint).isEmpty)
    }

    /// What `synchronous = NORMAL` rests on: after a clean close the file alone, without its log, is up
    /// to date.
    @Test func isNeverBehindAfterACleanClose() throws {
        let first = try kept(3, root: 1)
        try store.swap(first, expecting: nil)
        try ledger.close()
        let copy = scratch.path + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: ledger.paths.checkpoints, toPath: copy)
        let alone = try CheckpointStore(path: copy, readOnly: true, faults: .none)
        #expect(try alone.kept("skies.example/public") == first)
    }
}

/// An older ledger beside newer checkpoints.
@Suite struct RestoredLedgerTests {
    let scratch = Scratch()

    /// Appends entries `numbers` and keeps the checkpoint over them.
    private func grow(_ ledger: LedgerDirectory, _ numbers: Range<Int>) throws {
        let chain = try ledger.events.openChain("skies.example/public")
        let head = try ledger.events.append(
            newEntries(numbers), to: chain, expecting: TreeSize(numbers.lowerBound))
        let checkpoint = try Checkpoint(origin: "skies.example/public", size: head.size, root: head.root)
        try ledger.checkpoints.swap(
            KeptCheckpoint(checkpoint: checkpoint, note: []),
            expecting: try ledger.checkpoints.kept("skies.example/public"))
    }

    @Test func isRefusedForWritingAndOpensForReading() throws {
        let ledger = try makeLedger(scratch.ledger)
        try grow(ledger, 0..<3)
        try ledger.close()
        let backup = scratch.path + "/backup.sqlite"
        try FileManager.default.copyItem(atPath: ledger.paths.events, toPath: backup)
        let newer = try openLedger(scratch.ledger, .readWrite)
        try grow(newer, 3..<5)
        try newer.close()
        try FileManager.default.removeItem(atPath: ledger.paths.events)
        try FileManager.default.moveItem(atPath: backup, toPath: ledger.paths.events)

        #expect(
            code { _ = try openLedger(scratch.ledger, .readWrite) }
                == .restoredFromBackup(origin: "skies.example/public"))
        let reader = try openLedger(scratch.ledger, .readOnly)
        let chain = try #require(try reader.events.chain("skies.example/public"))
        #expect(try reader.events.size(of: chain) == TreeSize(3))
    }

    /// A ledger of the right length with other entries.
    @Test func isRefusedWithAnotherRootAtTheKeptSize() throws {
        let ledger = try makeLedger(scratch.ledger)
        try grow(ledger, 0..<3)
        try ledger.close()
        let other = try makeLedger(scratch.path + "/other")
        let chain = try other.events.openChain("skies.example/public")
        _ = try other.events.append(newEntries(7..<12), to: chain, expecting: .zero)
        try other.close()
        try FileManager.default.removeItem(atPath: ledger.paths.events)
        try FileManager.default.copyItem(atPath: other.paths.events, toPath: ledger.paths.events)
        #expect(
            code { _ = try openLedger(scratch.ledger, .readWrite) }
                == .restoredFromBackup(origin: "skies.example/public"))
    }

    @Test func isRefusedWithoutTheChain() throws {
        let ledger = try makeLedger(scratch.ledger)
        try grow(ledger, 0..<3)
        try ledger.close()
        let other = try makeLedger(scratch.path + "/other")
        try other.close()
        try FileManager.default.removeItem(atPath: ledger.paths.events)
        try FileManager.default.copyItem(atPath: other.paths.events, toPath: ledger.paths.events)
        #expect(
            code { _ = try openLedger(scratch.ledger, .readWrite) }
                == .restoredFromBackup(origin: "skies.example/public"))
    }

    @Test func isRefusedOnlyBelowTheCheckpoint() throws {
        let ledger = try makeLedger(scratch.ledger)
        try grow(ledger, 0..<3)
        let chain = try ledger.events.openChain("skies.example/public")
        _ = try ledger.events.append(newEntries(3..<300), to: chain, expecting: TreeSize(3))
        try ledger.close()
        let reopened = try openLedger(scratch.ledger, .readWrite)
        #expect(try reopened.checkpoints.kept("skies.example/public")?.checkpoint.size == TreeSize(3))
        #expect(try reopened.events.size(of: chain) == TreeSize(300))
    }
}
