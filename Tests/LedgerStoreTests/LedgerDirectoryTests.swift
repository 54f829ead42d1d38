import Foundation
import GRDB
import MerkleLog
import Testing

@testable import LedgerStore

@Suite struct LedgerDirectoryTests {
    let scratch = Scratch()

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test func isReadableByItsOwnerAlone() throws {
        let paths = try makeLedger(scratch.ledger).paths
        for path in [paths.root] + paths.directories { #expect(try mode(path) == 0o700) }
        for path in paths.databases { #expect(try mode(path) == 0o600, "\(path)") }
    }

    /// SQLite takes pragmas without a word, and GRDB sets some itself: what counts is what reads back.
    @Test func hasTheSettingsThatDurabilityRestsOn() throws {
        let ledger = try makeLedger(scratch.ledger)
        let settings = ["journal_mode", "synchronous", "foreign_keys", "secure_delete"]
        let found = try ledger.events.database.inDatabase { database in
            try settings.map { try String.fetchOne(database, sql: "PRAGMA \($0)") }
        }
        #expect(found == ["wal", "2", "1", "1"])
    }

    @Test func refusesToOpenWhereASettingDoesNotHold() throws {
        let paths = try makeLedger(scratch.ledger).paths
        var file = EventStore.file(paths.events)
        file.path = ":memory:"
        #expect(code { _ = try file.open(readOnly: false) } == .notALedger)
        // A database in memory has no write-ahead log.
        let queue = try DatabaseQueue()
        #expect(
            code { try queue.inDatabase { try file.checkSettings($0, readOnly: false) } }
                == .setting(name: "recursive_triggers", wanted: "1", found: "0"))
    }

    @Test func refusesASecondWriterAndNamesTheFirst() throws {
        let first = try makeLedger(scratch.ledger)
        do {
            _ = try openLedger(scratch.ledger, .readWrite)
            Issue.record("a second writer was let in")
        } catch let error as StoreError {
            guard case .locked(let pid, let command) = error.code else { throw error }
            #expect(pid == Int(ProcessInfo.processInfo.processIdentifier))
            #expect(command?.isEmpty == false)
            #expect(error.message.contains("process \(pid!)"))
        }
        _ = try openLedger(scratch.ledger, .readOnly)
        try first.close()
        _ = try openLedger(scratch.ledger, .readWrite)
    }

    @Test func letsAReaderSeeWhatTheWriterAppends() throws {
        let writer = try makeLedger(scratch.ledger)
        let chain = try writer.events.openChain("skies.example/public")
        let reader = try openLedger(scratch.ledger, .readOnly).events
        for size in [1, 300, 301] {
            let old = try reader.size(of: chain).rawValue
            _ = try writer.events.append(newEntries(old..<size), to: chain, expecting: TreeSize(old))
            #expect(try reader.head(of: chain).root == Oracle.root((0..<size).map(envelope)))
        }
        #expect(
            code { _ = try reader.append(newEntries(301..<302), to: chain, expecting: TreeSize(301)) }
                == .readOnly)
    }

    @Test func refusesANewerAndAnOlderFormatAndAForeignDatabase() throws {
        let ledger = try makeLedger(scratch.ledger)
        try ledger.close()
        let queue = try DatabaseQueue(path: ledger.paths.checkpoints)
        try queue.inDatabase { try $0.execute(sql: "PRAGMA user_version = 3") }
        #expect(
            code { _ = try openLedger(scratch.ledger, .readOnly) }
                == .newerFormat(found: 3, supported: 2))
        // The first format had no cosigned checkpoints and no timestamps.
        try queue.inDatabase { try $0.execute(sql: "PRAGMA user_version = 1") }
        #expect(
            code { _ = try openLedger(scratch.ledger, .readOnly) }
                == .olderFormat(found: 1, supported: 2))
        try queue.inDatabase { try $0.execute(sql: "PRAGMA application_id = 7; PRAGMA user_version = 1") }
        #expect(code { _ = try openLedger(scratch.ledger, .readOnly) } == .notALedger)
    }

    @Test func refusesToBeMadeWhereSomethingIs() throws {
        _ = try makeLedger(scratch.ledger).close()
        #expect(code { _ = try makeLedger(scratch.ledger) } == .alreadyExists)
        let other = scratch.path + "/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        try Data([1]).write(to: URL(fileURLWithPath: other + "/file"))
        #expect(code { _ = try makeLedger(other) } == .alreadyExists)
        #expect(code { _ = try openLedger(other, .readOnly) } == .notALedger)
    }

    /// As if the process had been stopped after its first database.
    @Test func startsAnInterruptedCreationAnew() throws {
        let ledger = try makeLedger(scratch.ledger)
        try ledger.close()
        try FileManager.default.removeItem(atPath: ledger.paths.checkpoints)
        try Data().write(to: URL(fileURLWithPath: ledger.paths.unfinished))
        #expect(
            code { _ = try openLedger(scratch.ledger, .readWrite) } == .unfinishedCreation)
        let again = try makeLedger(scratch.ledger)
        #expect(try again.events.chains().isEmpty)
        try again.close()
        _ = try openLedger(scratch.ledger, .readWrite)
    }
}
