import Bytes
import Foundation
import GRDB
import MerkleLog
import Testing

@testable import LedgerStore

@Suite struct EventStoreTests {
    let scratch = Scratch()
    let ledger: LedgerDirectory
    let store: EventStore
    let chain: ChainID

    init() throws {
        ledger = try makeLedger(scratch.ledger)
        store = ledger.events
        chain = try store.openChain("skies.example/public")
    }

    /// Appends `numbers` in steps of `step`.
    private func fill(_ numbers: Range<Int>, step: Int) throws {
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: step) {
            let end = min(start + step, numbers.upperBound)
            _ = try store.append(newEntries(start..<end), to: chain, expecting: TreeSize(start))
        }
    }

    @Test func givesBackTheBytesThatWereAppended() throws {
        let head = try store.append(newEntries(0..<3), to: chain, expecting: .zero)
        #expect(head.size == TreeSize(3))
        let entry = try #require(try store.entry(at: LeafIndex(1), of: chain))
        #expect(entry.envelope == envelope(1))
        #expect(entry.leaf == .sha256([0], envelope(1)))
        #expect(try store.entry(at: LeafIndex(3), of: chain) == nil)
        #expect(try store.position(of: entry.leaf, in: chain) == LeafIndex(1))
        #expect(try store.position(of: .sha256([7]), in: chain) == nil)
    }

    /// Batches that end inside, at and beyond tiles; then every size again from the tiles of a reopened
    /// store.
    @Test(arguments: [1, 7, 256, 300])
    func hasTheRootOfTheDefinitionAtEverySize(step: Int) throws {
        let sizes = Array(0...20) + [255, 256, 257, 511, 512, 513, 600]
        try fill(0..<600, step: step)
        try ledger.close()
        let reopened = try openLedger(scratch.ledger, .readWrite)
        let leaves = (0..<600).map(envelope)
        for size in sizes {
            let root = try reopened.events.root(of: chain, at: TreeSize(size))
            #expect(root == Oracle.root(leaves.prefix(size)), "size \(size)")
        }
        #expect(try reopened.events.head(of: chain).root == Oracle.root(leaves))
        let head = try reopened.events.append(newEntries(600..<601), to: chain, expecting: TreeSize(600))
        #expect(head.root == Oracle.root(leaves + [envelope(600)]))
    }

    /// More than 256 × 256 leaves: tiles of level 1 fill up, and the edge is restored from three levels.
    @Test func keepsTheTreeBeyondTheSecondLevelOfTiles() throws {
        let count = 65_536 + 256 + 3
        try fill(0..<count, step: 8_192)
        let leaves = (0..<count).map(envelope)
        let root = Oracle.root(leaves)
        #expect(try store.head(of: chain).root == root)
        try ledger.close()
        let events = try openLedger(scratch.ledger, .readWrite).events
        #expect(try events.head(of: chain) == ChainHead(size: TreeSize(count), root: root))
        #expect(try events.root(of: chain, at: TreeSize(65_535)) == Oracle.root(leaves.prefix(65_535)))
        let top = try #require(try events.tile(level: 2, index: 0, width: 1, of: chain))
        #expect(top.hashes[0].bytes == Oracle.node(leaves[..<65_536]))
        let second = try #require(try events.tile(level: 1, index: 0, width: 256, of: chain))
        #expect(second.hashes[255].bytes == Oracle.node(leaves[65_280..<65_536]))
        for index in [0, 65_535, 65_536, count - 1] {
            let path = try events.inclusionProof(of: LeafIndex(index), in: TreeSize(count), of: chain)
            try verifyInclusion(
                of: LeafHash(entry: envelope(index)), at: LeafIndex(index), in: TreeSize(count), root: root,
                path: path)
        }
    }

    @Test func provesInclusionAndConsistencyBetweenAllSizesTried() throws {
        try fill(0..<530, step: 64)
        let leaves = (0..<530).map(envelope)
        let sizes = [1, 2, 3, 100, 255, 256, 257, 512, 529, 530]
        for new in sizes {
            let newRoot = Oracle.root(leaves.prefix(new))
            for old in sizes where old <= new {
                let path = try store.consistencyProof(from: TreeSize(old), to: TreeSize(new), of: chain)
                try verifyConsistency(
                    from: TreeSize(old), root: Oracle.root(leaves.prefix(old)), to: TreeSize(new),
                    root: newRoot, path: path)
                let index = LeafIndex(old - 1)
                let inclusion = try store.inclusionProof(of: index, in: TreeSize(new), of: chain)
                try verifyInclusion(
                    of: LeafHash(entry: envelope(old - 1)), at: index, in: TreeSize(new), root: newRoot,
                    path: inclusion)
            }
        }
    }

    @Test func refusesProofsOfWhatTheChainDoesNotHave() throws {
        try fill(0..<3, step: 3)
        #expect(code { _ = try store.root(of: chain, at: TreeSize(4)) } == .outOfRange)
        #expect(
            code { _ = try store.inclusionProof(of: LeafIndex(3), in: TreeSize(3), of: chain) }
                == .outOfRange)
        #expect(
            code { _ = try store.consistencyProof(from: .zero, to: TreeSize(3), of: chain) } == .outOfRange)
    }

    /// tlog-tiles: a partial tile is the beginning of the full one and stays available.
    @Test func publishesTilesOfEveryWidth() throws {
        try fill(0..<260, step: 100)
        let leaves = (0..<260).map { LeafHash(entry: envelope($0)).bytes }
        for (index, width) in [(0, 1), (0, 200), (0, 256), (1, 1), (1, 4)] {
            let tile = try store.tile(level: 0, index: index, width: width, of: chain)
            #expect(tile?.bytes == leaves[(index * 256)..<(index * 256 + width)].flatMap { $0 })
        }
        #expect(try store.tile(level: 0, index: 1, width: 5, of: chain) == nil)
        #expect(try store.tile(level: 1, index: 0, width: 2, of: chain) == nil)
        #expect(try store.tile(level: 9, index: 0, width: 1, of: chain) == nil)
    }

    @Test func refusesAnAppendThatExpectsAnotherSize() throws {
        try fill(0..<2, step: 2)
        #expect(
            code { _ = try store.append(newEntries(2..<3), to: chain, expecting: TreeSize(1)) }
                == .sizeConflict(expected: 1, actual: 2))
        #expect(try store.size(of: chain) == TreeSize(2))
    }

    @Test func refusesAnEntryThatTheChainHas() throws {
        try fill(0..<5, step: 5)
        let batch = newEntries(5..<7) + newEntries(3..<4)
        #expect(
            code { _ = try store.append(batch, to: chain, expecting: TreeSize(5)) }
                == .duplicateEntry(position: 3))
        #expect(try store.head(of: chain).root == Oracle.root((0..<5).map(envelope)))
        let twice = newEntries(5..<7) + newEntries(5..<6)
        #expect(
            code { _ = try store.append(twice, to: chain, expecting: TreeSize(5)) }
                == .duplicateEntry(position: 5))
        #expect(try store.size(of: chain) == TreeSize(5))
    }

    @Test func keepsChainsApart() throws {
        let other = try store.openChain("skies.example/delta")
        #expect(other != chain)
        #expect(try store.openChain("skies.example/public") == chain)
        try fill(0..<3, step: 1)
        _ = try store.append(newEntries(2..<4), to: other, expecting: .zero)
        #expect(try store.size(of: chain) == TreeSize(3))
        #expect(try store.head(of: other).root == Oracle.root([envelope(2), envelope(3)]))
        #expect(try store.chains().map(\.origin) == ["skies.example/public", "skies.example/delta"])
    }

    @Test func refusesEntriesOfImpossibleLength() throws {
        for count in [0, 65_536] {
            let entry = NewEntry(envelope: [UInt8](repeating: 1, count: count))
            #expect(
                code { _ = try store.append([entry], to: chain, expecting: .zero) }
                    == .entryTooLarge(bytes: count))
        }
        let largest = NewEntry(envelope: [UInt8](repeating: 1, count: 65_535))
        #expect(try store.append([largest], to: chain, expecting: .zero).size == TreeSize(1))
    }

    @Test func refusesAChainThatIsNotThere() throws {
        #expect(
            code { _ = try store.append(newEntries(0..<1), to: ChainID(number: 9), expecting: .zero) }
                == .unknownChain)
    }

    @Test func streamsARangeInOrder() throws {
        try fill(0..<5_000, step: 1_000)
        var seen: [Int] = []
        try store.scanEntries(of: chain, in: LeafIndex(3)..<LeafIndex(4_900)) { index, leaf, bytes in
            #expect(Array(bytes) == envelope(index.rawValue))
            seen.append(index.rawValue)
        }
        #expect(seen == Array(3..<4_900))
        var copied = 0
        try store.forEachEntry(of: chain, in: LeafIndex(0)..<LeafIndex(1_030)) { entry in
            copied += entry.envelope == envelope(copied) && entry.index.rawValue == copied ? 1 : 0
        }
        #expect(copied == 1_030)
        #expect(
            code { try store.scanEntries(of: chain, in: LeafIndex(4_999)..<LeafIndex(5_001)) { _, _, _ in } }
                == .outOfRange)
    }
}

/// The database refuses on its own, also a connection that is not ours.
@Suite struct AppendOnlyTests {
    let scratch = Scratch()
    let ledger: LedgerDirectory

    init() throws {
        ledger = try makeLedger(scratch.ledger)
        let chain = try ledger.events.openChain("skies.example/public")
        _ = try ledger.events.append(newEntries(0..<300), to: chain, expecting: .zero)
    }

    @Test(arguments: [
        "UPDATE entries SET envelope = x'00'",
        "UPDATE entries SET id = id + 1",
        "DELETE FROM entries WHERE id = (SELECT max(id) FROM entries)",
        "INSERT OR REPLACE INTO entries (id, leaf_hash, envelope) VALUES (1 << 40, randomblob(32), x'00')",
        "INSERT OR REPLACE INTO entries (id, leaf_hash, envelope) "
            + "SELECT max(id) + 1, min(leaf_hash), x'00' FROM entries",
        "INSERT INTO entries (id, leaf_hash, envelope) VALUES ((1 << 40) + 301, randomblob(32), x'00')",
        "INSERT INTO entries (id, leaf_hash, envelope) VALUES ((1 << 40) + 300, randomblob(31), x'00')",
        "INSERT INTO entries (id, leaf_hash, envelope) VALUES ((1 << 40) + 300, randomblob(32), 'text')",
        "INSERT INTO entries (id, leaf_hash, envelope) VALUES (2 << 40, randomblob(32), x'00')",
        "UPDATE tiles SET root = randomblob(32)",
        "DELETE FROM tiles",
        "INSERT OR REPLACE INTO tiles (id, root, hashes) "
            + "VALUES (1 << 40, randomblob(32), randomblob(8192))",
        "UPDATE chains SET origin = 'x'",
        "DELETE FROM chains",
        "INSERT OR REPLACE INTO chains (id, origin) VALUES (1, 'x')",
        "INSERT OR REPLACE INTO chains (id, origin) VALUES (2, 'skies.example/public')",
    ])
    func refuses(statement: String) throws {
        let other = try DatabaseQueue(path: ledger.paths.events)
        #expect(throws: DatabaseError.self) { try other.write { try $0.execute(sql: statement) } }
        let chain = try #require(try ledger.events.chain("skies.example/public"))
        #expect(try ledger.events.size(of: chain) == TreeSize(300))
        #expect(try ledger.events.root(of: chain, at: TreeSize(300)) == Oracle.root((0..<300).map(envelope)))
    }

    /// The same connection may do what is allowed: the refusals above are not a read-only file.
    @Test func acceptsTheNextEntryFromAnotherConnection() throws {
        let other = try DatabaseQueue(path: ledger.paths.events)
        let entry = NewEntry(envelope: envelope(300))
        try other.write {
            try $0.execute(
                sql: "INSERT INTO entries (id, leaf_hash, envelope) VALUES ((1 << 40) + 300, ?, ?)",
                arguments: [Data(entry.leaf.bytes), Data(entry.envelope)])
        }
        let chain = try #require(try ledger.events.chain("skies.example/public"))
        #expect(try ledger.events.head(of: chain).root == Oracle.root((0..<301).map(envelope)))
    }
}

@Suite struct ViewTests {
    let scratch = Scratch()
    let store: EventStore
    let chain: ChainID

    init() throws {
        store = try makeLedger(scratch.ledger).events
        chain = try store.openChain("skies.example/public")
    }

    @Test func changesWithTheEntriesThatCauseIt() throws {
        let changes = [
            ViewChange(kind: "member", key: "delta", value: [1]),
            ViewChange(kind: "member", key: "echo", value: []),
            ViewChange(kind: "key", key: "", value: [3]),
            ViewChange(kind: "member", key: "delta", value: [2]),
        ]
        _ = try store.append(newEntries(0..<2), to: chain, expecting: .zero, views: changes)
        let removal = ViewChange(kind: "member", key: "echo", value: nil)
        _ = try store.append(newEntries(2..<3), to: chain, expecting: TreeSize(2), views: [removal])
        #expect(
            try store.viewRows(of: chain) == [
                ViewRow(kind: "key", key: "", value: [3]), ViewRow(kind: "member", key: "delta", value: [2]),
            ])
        #expect(try store.viewRows(of: chain, kind: "member").map(\.key) == ["delta"])
        #expect(try store.viewRow(of: chain, kind: "member", key: "delta") == [2])
        #expect(try store.viewRow(of: chain, kind: "member", key: "echo") == nil)
        #expect(try store.viewPosition(of: chain) == TreeSize(3))
    }

    @Test func isRebuiltAsAWhole() throws {
        let before = [ViewChange(kind: "a", key: "1", value: [1])]
        _ = try store.append(newEntries(0..<2), to: chain, expecting: .zero, views: before)
        let rows = [ViewRow(kind: "b", key: "é", value: [9])]
        try store.replaceViews(of: chain, with: rows, at: TreeSize(2))
        #expect(try store.viewRows(of: chain) == rows)
        #expect(code { try store.replaceViews(of: chain, with: [], at: TreeSize(1)) } == .outOfRange)
        #expect(try store.viewRows(of: chain) == rows)
    }

    /// Entries that came without their views, as from a tool of another kind, stop further appends.
    @Test func refusesAnAppendWhileTheViewsAreBehind() throws {
        _ = try store.append(newEntries(0..<2), to: chain, expecting: .zero)
        try store.database.write { try $0.execute(sql: "UPDATE view_positions SET size = 1") }
        #expect(
            code { _ = try store.append(newEntries(2..<3), to: chain, expecting: TreeSize(2)) }
                == .viewsBehind(position: 1, size: 2))
        try store.replaceViews(of: chain, with: [], at: TreeSize(2))
        _ = try store.append(newEntries(2..<3), to: chain, expecting: TreeSize(2))
        #expect(try store.size(of: chain) == TreeSize(3))
    }
}

/// What a check finds after the file was altered by somebody who removed the triggers first.
@Suite struct CheckTests {
    let scratch = Scratch()
    let ledger: LedgerDirectory
    let chain: ChainID

    init() throws {
        ledger = try makeLedger(scratch.ledger)
        chain = try ledger.events.openChain("skies.example/public")
        _ = try ledger.events.append(newEntries(0..<600), to: chain, expecting: .zero)
    }

    private func alter(_ statement: String) throws {
        let other = try DatabaseQueue(path: ledger.paths.events)
        try other.write { database in
            let triggers = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            for trigger in triggers { try database.execute(sql: "DROP TRIGGER \(trigger)") }
            try database.execute(sql: statement)
        }
    }

    @Test func findsNothingInAnUntouchedChain() throws {
        let (head, findings) = try ledger.events.check(chain)
        #expect(findings == [])
        #expect(head == ChainHead(size: TreeSize(600), root: Oracle.root((0..<600).map(envelope))))
        let empty = try ledger.events.openChain("skies.example/empty")
        #expect(try ledger.events.check(empty).findings == [])
    }

    @Test func findsAnAlteredEntryAndTheTileOverIt() throws {
        try alter("UPDATE entries SET envelope = x'00' WHERE id = (1 << 40) + 5")
        let (head, findings) = try ledger.events.check(chain)
        let hash = StoreFinding.leafHash(
            index: LeafIndex(5), stored: LeafHash(entry: envelope(5)), computed: .sha256([0], [0]))
        #expect(findings == [hash, .tile(level: 0, index: 0)])
        let leaves = (0..<600).map { $0 == 5 ? [0] : envelope($0) }
        #expect(head.root == Oracle.root(leaves))
    }

    @Test(arguments: [0, 300, 599])
    func findsAMissingEntry(position: Int) throws {
        try alter(
            "DELETE FROM entries WHERE id = (1 << 40) + \(position); "
                + "UPDATE view_positions SET size = \(position)")
        let (head, findings) = try ledger.events.check(chain)
        if position == 599 {
            // The last one leaves no gap: only a signed checkpoint tells.
            #expect(findings == [])
        } else {
            #expect(findings == [.missingEntry(index: LeafIndex(position))])
        }
        #expect(head.size == TreeSize(position))
    }

    @Test func findsAlteredMissingAndSurplusTiles() throws {
        try alter(
            "UPDATE tiles SET root = randomblob(32) WHERE id = 1 << 40; "
                + "DELETE FROM tiles WHERE id = (1 << 40) + 1")
        #expect(
            try ledger.events.check(chain).findings == [.tile(level: 0, index: 0), .tile(level: 0, index: 1)])
        try alter(
            "INSERT INTO tiles (id, root, hashes) VALUES ((1 << 40) + 9, zeroblob(32), zeroblob(8192)),"
                + "((1 << 40) + 10, zeroblob(32), zeroblob(8192))")
        #expect(try ledger.events.check(chain).findings.last == .surplusTiles(count: 1))
    }

    @Test func findsViewsThatDidNotFollow() throws {
        try alter("UPDATE view_positions SET size = 7")
        #expect(try ledger.events.check(chain).findings == [.viewsBehind(position: TreeSize(7))])
    }
}
