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
        let paths = try LedgerDirectory.create(at: scratch.ledger).paths
        for path in [paths.root] + paths.directories { #expect(try mode(path) == 0o700) }
        for path in paths.databases where path != paths.vault { #expect(try mode(path) == 0o600, "\(path)") }
    }

    /// SQLite takes pragmas without a word, and GRDB sets some itself: what counts is what reads back.
    @Test func hasTheSettingsThatDurabilityRestsOn() throws {
        let ledger = try LedgerDirectory.create(at: scratch.ledger)
        let settings = ["journal_mode", "synchronous", "foreign_keys", "secure_delete"]
        let found = try ledger.events.database.inDatabase { database in
            try settings.map { try String.fetchOne(database, sql: "PRAGMA \($0)") }
        }
        #expect(found == ["wal", "2", "1", "1"])
    }

    @Test func refusesToOpenWhereASettingDoesNotHold() throws {
        let paths = try LedgerDirectory.create(at: scratch.ledger).paths
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
        let first = try LedgerDirectory.create(at: scratch.ledger)
        do {
            _ = try LedgerDirectory.open(at: scratch.ledger, mode: .readWrite)
            Issue.record("a second writer was let in")
        } catch let error as StoreError {
            guard case .locked(let pid, let command) = error.code else { throw error }
            #expect(pid == Int(ProcessInfo.processInfo.processIdentifier))
            #expect(command?.isEmpty == false)
            #expect(error.message.contains("process \(pid!)"))
        }
        _ = try LedgerDirectory.open(at: scratch.ledger, mode: .readOnly)
        try first.close()
        _ = try LedgerDirectory.open(at: scratch.ledger, mode: .readWrite)
    }

    @Test func letsAReaderSeeWhatTheWriterAppends() throws {
        let writer = try LedgerDirectory.create(at: scratch.ledger)
        let chain = try writer.events.openChain("skies.example/public")
        let reader = try LedgerDirectory.open(at: scratch.ledger, mode: .readOnly).events
        for size in [1, 300, 301] {
            let old = try reader.size(of: chain).rawValue
            _ = try writer.events.append(newEntries(old..<size), to: chain, expecting: TreeSize(old))
            #expect(try reader.head(of: chain).root == Oracle.root((0..<size).map(envelope)))
        }
        #expect(
            code { _ = try reader.append(newEntries(301..<302), to: chain, expecting: TreeSize(301)) }
                == .readOnly)
    }

    @Test func refusesANewerFormatAndAForeignDatabase() throws {
        let ledger = try LedgerDirectory.create(at: scratch.ledger)
        try ledger.close()
        let queue = try DatabaseQueue(path: ledger.paths.checkpoints)
        try queue.inDatabase { try $0.execute(sql: "PRAGMA user_version = 2") }
        #expect(
            code { _ = try LedgerDirectory.open(at: scratch.ledger, mode: .readOnly) }
                == .newerFormat(found: 2, supported: 1))
        try queue.inDatabase { try $0.execute(sql: "PRAGMA application_id = 7; PRAGMA user_version = 1") }
        #expect(code { _ = try LedgerDirectory.open(at: scratch.ledger, mode: .readOnly) } == .notALedger)
    }

    @Test func refusesToBeMadeWhereSomethingIs() throws {
        _ = try LedgerDirectory.create(at: scratch.ledger).close()
        #expect(code { _ = try LedgerDirectory.create(at: scratch.ledger) } == .alreadyExists)
        let other = scratch.path + "/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        try Data([1]).write(to: URL(fileURLWithPath: other + "/file"))
        #expect(code { _ = try LedgerDirectory.create(at: other) } == .alreadyExists)
        #expect(code { _ = try LedgerDirectory.open(at: other, mode: .readOnly) } == .notALedger)
    }

    /// As if the process had been stopped after its first database.
    @Test func startsAnInterruptedCreationAnew() throws {
        let ledger = try LedgerDirectory.create(at: scratch.ledger)
        try ledger.close()
        try FileManager.default.removeItem(atPath: ledger.paths.checkpoints)
        try Data().write(to: URL(fileURLWithPath: ledger.paths.unfinished))
        #expect(
            code { _ = try LedgerDirectory.open(at: scratch.ledger, mode: .readWrite) } == .unfinishedCreation)
        let again = try LedgerDirectory.create(at: scratch.ledger)
        #expect(try again.events.chains().isEmpty)
        try again.close()
        _ = try LedgerDirectory.open(at: scratch.ledger, mode: .readWrite)
    }
}
