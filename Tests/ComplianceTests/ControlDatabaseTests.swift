import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import Testing

@testable import Compliance

/// What a control database says of a history, against what the history was made of.
@Suite struct ControlDatabaseTests {
    /// The rows of `sql` as texts.
    static func ask(_ database: ControlDatabase, _ columns: [String], _ rest: String) throws -> [[String]] {
        let sandbox = try database.sandbox(SandboxLimits())
        return try sandbox.rows("SELECT \(columns.joined(separator: ", ")) \(rest)", [:], columns: columns)
            .values.map { row in
                row.map { value in
                    switch value {
                    case .null: "-"
                    case .integer(let number): "\(number)"
                    case .text(let text): text
                    }
                }
            }
    }

    @Test func everyEventStandsInItsPlace() throws {
        let history = try History.withDeletion()
        try history.withDatabase { database throws in
            let rows = try Self.ask(
                database, ["event_id", "event_index", "type", "author", "claimed_s"],
                "FROM events ORDER BY event_index")
            let records = try History.records(history.consortium.entries)
            #expect(
                rows
                    == records.map { record in
                        let statement = record.statement
                        return [
                            record.hash.hex, "\(record.position)", statement.event.type.rawValue,
                            statement.author.text,
                            "\(statement.claimedAt.seconds)",
                        ]
                    })
            #expect(try Self.ask(database, ["size"], "FROM ledger ORDER BY size") == [["\(records.count)"]])
            let times = try Self.ask(
                database, ["claimed_at", "claimed_day"], "FROM events ORDER BY event_index")
            #expect(times[0] == ["2026-11-18T11:06:40Z", "20775"])
        }
    }

    /// Charter: each member with its keys; one signature for each event.
    @Test func membersKeysAndSignaturesAreThere() throws {
        let history = try History.withModel()
        try history.withDatabase { database throws in
            #expect(
                try Self.ask(database, ["member"], "FROM members ORDER BY member").flatMap(\.self)
                    == ["air", "delta", "swiss", "united", "virgin"])
            #expect(
                try Self.ask(database, ["role"], "FROM member_roles WHERE member = 'delta' ORDER BY role")
                    .flatMap(\.self)
                    == ["aggregator", "contributor", "witness"])
            let keys = try Self.ask(
                database, ["purpose", "algorithm", "added_index"],
                "FROM keys WHERE member = 'delta' ORDER BY purpose")
            #expect(
                keys == [
                    ["encryption", "x25519", "0"], ["event", "ed25519", "0"], ["witness", "ed25519", "0"],
                ])
            let unsigned =
                "FROM events AS e WHERE NOT EXISTS (SELECT 1 FROM key_use AS u JOIN keys AS k ON k.key_id = u.key_id WHERE u.event_id = e.event_id AND k.member = e.author) ORDER BY 1"
            #expect(try Self.ask(database, ["event_index"], unsigned).isEmpty)
        }
    }

    @Test func aRevocationIsKnownByItsEventAndReason() throws {
        var history = History()
        let old = SampleConsortium.keyBytes(SampleConsortium.delta, "event", 0).keyID
        try history.consortium.say(
            .keyAdded(
                KeyAdded(
                    key: SampleConsortium.keyBytes(SampleConsortium.delta, "event", 1),
                    member: SampleConsortium.delta, purpose: .event)),
            by: SampleConsortium.delta, keys: [SampleConsortium.key(SampleConsortium.delta, "event", 1)])
        history.consortium.keyNumbers[SampleConsortium.delta] = 1
        let revocation = try history.consortium.say(
            .keyRevoked(
                KeyRevoked(goodSize: Count(2)!, key: old, member: SampleConsortium.delta, reason: .rotated)),
            by: SampleConsortium.delta)
        try history.withDatabase { database throws in
            let rows = try Self.ask(
                database, ["key_id", "revoked_index", "revoked_event", "good_size", "revocation_reason"],
                "FROM keys WHERE revoked_index IS NOT NULL ORDER BY 1")
            #expect(rows == [[old.hex, "2", revocation.hex, "2", "rotated"]])
        }
    }

    @Test func modelsKnowWhatTheyMergeAndWhatBecameOfThem() throws {
        let history = try History.withDeletion()
        try history.withDatabase { database throws in
            let models = try Self.ask(
                database, ["state", "contributions"], "FROM models ORDER BY event_index")
            #expect(models == [["replaced", "3"], ["current", "2"]])
            let merged = try Self.ask(
                database, ["round", "members"],
                """
                FROM (
                    SELECT m.event_index, m.round, group_concat(c.member) AS members
                    FROM models AS m
                    JOIN model_contributions AS x ON x.model_event = m.event_id
                    JOIN (SELECT * FROM contributions ORDER BY event_index) AS c ON c.event_id = x.contribution_event
                    GROUP BY m.event_id
                ) ORDER BY event_index
                """)
            #expect(
                merged.map { $0[1].split(separator: ",").sorted() } == [
                    ["delta", "united", "virgin"], ["delta", "united"],
                ])
            let planned = try Self.ask(
                database, ["round", "planned", "disposition"], "FROM plan_models ORDER BY round")
            #expect(planned == [["r1", "rematerialized", "rematerialized"]])
        }
    }

    @Test func aDeletionHasItsPhasesAndDeadlines() throws {
        let history = try History.withDeletion()
        let row = history.consortium.view.deletions[DeletionID("d1")!]!
        try history.withDatabase { database throws in
            let found = try Self.ask(
                database,
                [
                    "state", "law", "outcome", "certificate_kind", "decided_members", "completed_event",
                    "answered_event",
                ],
                "FROM deletions ORDER BY deletion")
            let completed = row.completedBy!.hex
            #expect(found == [["certified", "gdpr", "exact", "certificate", "1", completed, completed]])
            let due = try Self.ask(
                database,
                ["received_at", "strict_due_at", "graced_due_at", "extended_due_at", "acknowledge_due_at"],
                "FROM deletions ORDER BY deletion")
            // Received on Wednesday 18 November 2026.
            #expect(
                due == [
                    [
                        row.receivedAt.text, "2026-12-18T23:59:59Z", "2026-12-18T23:59:59Z",
                        "2027-02-18T23:59:59Z", "-",
                    ]
                ])
            let stores = try Self.ask(
                database, ["holder", "store", "verdict"],
                "FROM erasures WHERE is_latest = 1 ORDER BY holder, store")
            #expect(stores.count == StoreKind.allCases.count * history.consortium.view.plans[row.plan!]!.holders.count)
            #expect(stores.allSatisfy { $0[2] == "deleted" })
        }
    }

    /// Proven is what two checkpoints enclose: the last one without the leaf, the first one with it.
    @Test func checkpointsBracketEachLeaf() throws {
        let history = try History.withModel()
        let size = history.consortium.view.size
        let early = ControlCheckpoint(
            chain: SampleConsortium.origin, size: 3, root: digest("3"), source: "ledger", extendsChain: true,
            cosignatures: [
                .init(witness: SampleConsortium.air, time: Timestamp("2026-11-18T11:00:00Z")!),
                .init(witness: SampleConsortium.delta, time: Timestamp("2026-11-18T12:00:00Z")!),
                .init(witness: SampleConsortium.delta, time: Timestamp("2026-11-18T13:00:00Z")!),
            ])
        let late = ControlCheckpoint(
            chain: SampleConsortium.origin, size: size - 1, root: digest("late"), source: "ledger",
            extendsChain: true,
            cosignatures: [.init(witness: SampleConsortium.air, time: Timestamp("2026-11-19T00:00:00Z")!)])
        for (quorum, time) in [(1, "2026-11-18T11:00:00Z"), (2, "2026-11-18T12:00:00Z")] {
            let inputs = history.inputs {
                $0.checkpoints = [late, early]; $0.quorum = quorum
            }
            try history.withDatabase(inputs) { database throws in
                let rows = try Self.ask(
                    database, ["event_index", "covered_size", "recorded_after_at", "recorded_before_at"],
                    "FROM events ORDER BY event_index")
                let proven = quorum == 1 ? "2026-11-19T00:00:00Z" : "-"
                #expect(rows[0] == ["0", "3", "-", time])
                #expect(rows[2] == ["2", "3", "-", time])
                #expect(rows[3] == ["3", "\(size - 1)", time, proven])
                #expect(
                    rows[size - 1] == ["\(size - 1)", "-", quorum == 1 ? "2026-11-19T00:00:00Z" : time, "-"])
            }
        }
    }

    @Test func thePrivateSideIsThereOnlyWhenAsked() throws {
        let history = try History.withDeletion()
        try history.withDatabase { database throws in
            #expect(try Self.ask(database, ["deletion"], "FROM scopes ORDER BY 1").isEmpty)
            #expect(
                try Self.ask(database, ["event_id"], "FROM events WHERE is_public = 0 ORDER BY 1").isEmpty)
        }
        try history.withDatabase(isPrivate: true) { database throws in
            #expect(
                try Self.ask(database, ["deletion", "erased_event"], "FROM scopes ORDER BY 1") == [
                    ["d1", "-"]
                ])
            #expect(
                try Self.ask(database, ["type"], "FROM events WHERE is_public = 0 ORDER BY event_index")
                    .flatMap(\.self)
                    == ["readers-listed", "deletion-scoped"])
            #expect(
                try Self.ask(database, ["media_type"], "FROM bodies ORDER BY 1") == [["application/json"]])
        }
    }

    /// A body that is gone has the time of the event under which it went.
    @Test func anErasedBodyHasItsEvent() throws {
        var history = try History.withDeletion()
        let origin = SampleConsortium.privateOrigin(of: SampleConsortium.delta)
        let body = history.consortium.privateViews[origin]!.scopes[DeletionID("d1")!]!.body
        let time = history.now
        let event = try history.consortium.say(
            .recordErased(RecordErased(bodies: [body])), by: SampleConsortium.delta, on: origin)
        try history.withDatabase(isPrivate: true) { database throws in
            #expect(
                try Self.ask(database, ["erased_event", "erased_at"], "FROM scopes ORDER BY 1") == [
                    [event.hex, time.text]
                ])
            #expect(
                try Self.ask(database, ["erased_event", "erased_at"], "FROM bodies ORDER BY 1") == [
                    [event.hex, time.text]
                ])
        }
    }

    // MARK: Refusals

    @Test func refusesEventsOutOfOrderOrTooFewAndLeavesNoFile() throws {
        let history = try History.withModel()
        let records = try History.records(history.consortium.entries)
        try Project.withTemporaryFolder { folder in
            let path = folder.appending(path: "control.sqlite").path
            let build = { (given: [EventRecord]) in
                _ = try ControlDatabase.build(
                    at: path, view: history.consortium.view, inputs: history.inputs()
                ) { take in
                    for record in given { try take(record) }
                }
            }
            #expect(
                throws: ControlDatabaseError.outOfOrder(
                    chain: SampleConsortium.origin, expected: 1, actual: 2)
            ) {
                try build([records[0], records[2]])
            }
            #expect(
                throws: ControlDatabaseError.incomplete(
                    chain: SampleConsortium.origin, events: records.count - 1, view: records.count)
            ) {
                try build(records.dropLast())
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            try Data("mine".utf8).write(to: URL(filePath: path))
            #expect(throws: ControlDatabaseError.exists(path: path)) { try build(records) }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        }
    }

    @Test func twoBuildsAreTheSameFile() throws {
        let history = try History.withDeletion()
        let read = { (database: ControlDatabase) in try Data(contentsOf: URL(filePath: database.path)) }
        #expect(try history.withDatabase(nil, read) == history.withDatabase(nil, read))
    }

    @Test func aFileThatIsNoControlDatabaseIsNotOpened() throws {
        try Project.withTemporaryFolder { folder in
            let path = folder.appending(path: "other name?.sqlite").path
            #expect(throws: SandboxError.self) {
                try ControlDatabase(path: path, chain: SampleConsortium.origin, size: 0).sandbox(
                    SandboxLimits())
            }
            try Data("no database at all, but long enough to look like a file".utf8).write(
                to: URL(filePath: path))
            #expect(throws: SandboxError.self) {
                try ControlDatabase(path: path, chain: SampleConsortium.origin, size: 0).sandbox(
                    SandboxLimits())
            }
        }
    }
}
