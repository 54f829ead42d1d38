internal import Bytes
internal import ChainViews
internal import Events
internal import Foundation

/// Writes one control database: events as they come, and at the end what the views say.
final class ControlDatabaseBuilder {
    let path: String
    let view: PublicView
    let inputs: ControlInputs
    let connection: SQLiteConnection
    private let events, keyUse, bodies, erasures, attestations, anchors, scopes: RowWriter
    private let governance: GovernanceEventWriter
    private let brackets: [Origin: RecordedBrackets]
    /// How many events of each chain were taken.
    private var taken: [Origin: Int] = [:]
    /// The claimed time of each public event.
    private(set) var claimed: [Timestamp] = []
    /// Events that the view does not name, by what they ended: few, and needed at the end.
    var certifications: [DeletionID: EventHash] = [:]
    var revocations: [KeyID: (event: EventHash, reason: RevocationReason)] = [:]
    var recalls: [RoundID: [(plan: ArtifactDigest, model: ArtifactDigest, event: EventHash)]] = [:]
    var closings: [RoundID: EventHash] = [:]
    var registrations: [ArtifactDigest: EventHash] = [:]

    init(path: String, view: PublicView, inputs: ControlInputs) throws(ControlDatabaseError) {
        guard !FileManager.default.fileExists(atPath: path) else { throw .exists(path: path) }
        (self.path, self.view, self.inputs) = (path, view, inputs)
        brackets = Dictionary(grouping: inputs.checkpoints, by: \.chain).mapValues {
            RecordedBrackets($0, quorum: inputs.quorum)
        }
        do throws(SQLiteFailure) {
            connection = try SQLiteConnection(.newFile(path))
            try connection.createControlTables()
            try connection.execute("PRAGMA user_version = \(ControlSchema.version.major); BEGIN")
            events = try RowWriter("events", connection)
            keyUse = try RowWriter("key_use", connection)
            bodies = try RowWriter("bodies", connection)
            erasures = try RowWriter("erasures", connection)
            attestations = try RowWriter("model_attestations", connection)
            anchors = try RowWriter("anchors", connection)
            scopes = try RowWriter("scopes", connection)
            governance = GovernanceEventWriter(view, inputs.calendar, connection)
        } catch {
            throw .database(error.message)
        }
    }

    /// Takes the next public event.
    func append(_ record: EventRecord) throws(ControlDatabaseError) {
        try take(record, of: view.origin)
        do throws(SQLiteFailure) {
            try insert(record, isPublic: true, judgedAt: record.position)
            try insertContent(of: record)
        } catch {
            throw .database(error.message)
        }
        claimed.append(record.statement.claimedAt)
        remember(record)
    }

    /// Takes the next event of a private chain.
    func append(
        _ record: EventRecord, of chain: ControlDatabase.PrivateChain, judgedAt: Int
    ) throws(ControlDatabaseError) {
        try take(record, of: chain.view.origin)
        do throws(SQLiteFailure) {
            try insert(record, isPublic: false, judgedAt: judgedAt)
            try insertBody(
                of: record,
                erasedBy: record.statement.body.flatMap { chain.view.bodies[$0.commitment]?.erasedBy })
            try governance.insertPrivate(record, chain.view)
            if case .deletionScoped(let event) = record.statement.event, let body = record.statement.body {
                let erased = chain.view.bodies[body.commitment]?.erasedBy
                try scopes.insert([
                    .text(event.deletion.text), .text(record.statement.chain.text), .text(record.hash.hex),
                    .integer(record.position), .text(body.commitment.hex), .text(erased?.hex), .time(nil),
                ])
            }
        } catch {
            throw .database(error.message)
        }
    }

    private func take(_ record: EventRecord, of chain: Origin) throws(ControlDatabaseError) {
        let expected = taken[chain, default: 0]
        guard record.statement.chain == chain, record.position == expected else {
            throw .outOfOrder(chain: record.statement.chain, expected: expected, actual: record.position)
        }
        taken[chain] = expected + 1
    }

    // MARK: One event

    private func insert(
        _ record: EventRecord, isPublic: Bool, judgedAt: Int
    ) throws(SQLiteFailure) {
        let statement = record.statement
        let type = statement.event.type
        let bracket = brackets[statement.chain]?.bracket(of: record.position)
        let id = record.hash.hex
        try events.insert([
            .text(id), .text(statement.chain.text), .integer(record.position), .integer(isPublic ? 1 : 0),
            .text(type.rawValue), .integer(1), .text(statement.author.text), .integer(statement.sequence),
            .text(statement.previous?.hex), .time(statement.claimedAt), .text(statement.body?.commitment.hex),
            .text(statement.body?.mediaType.text), .integer(bracket?.coveredSize), .time(bracket?.after),
            .time(bracket?.before),
        ])
        for key in record.signers {
            try keyUse.insert([
                .text(id), .text(statement.chain.text), .integer(record.position),
                .text(statement.author.text),
                .text(key.hex), .integer(judgedAt),
            ])
        }
    }

    private func insertContent(of record: EventRecord) throws(SQLiteFailure) {
        let statement = record.statement
        try insertBody(of: record, erasedBy: nil)
        try governance.insert(record)
        switch statement.event {
        case .chainAnchored(let event):
            try anchors.insert([
                .text(record.hash.hex), .integer(record.position), .text(event.origin.text),
                .text(statement.body?.commitment.hex), .time(statement.claimedAt),
            ])
        case .modelAttested(let event):
            try attestations.insert([
                .text(event.materialization.hex), .text(record.author.text), .text(record.hash.hex),
                .integer(record.position), .time(statement.claimedAt),
            ])
        case .erasureAttested(let event):
            let erasure = view.plans[event.plan]?.erasures.first { $0.holder == record.author }
            for result in event.results {
                try erasures.insert([
                    .text(event.plan.hex), .text(record.author.text), .text(record.hash.hex),
                    .integer(record.position), .text(result.store.rawValue), .text(result.verdict.rawValue),
                    .integer(result.items.value), .text(result.ground?.rawValue), .time(result.until),
                    .integer(erasure?.event == record.hash ? 1 : 0), .time(statement.claimedAt),
                ])
            }
        default: break
        }
    }

    private func insertBody(of record: EventRecord, erasedBy: EventHash?) throws(SQLiteFailure) {
        guard let body = record.statement.body else { return }
        try bodies.insert([
            .text(record.hash.hex), .text(record.statement.chain.text), .integer(record.position),
            .text(body.commitment.hex), .text(body.mediaType.text), .text(erasedBy?.hex), .time(nil),
        ])
    }

    private func remember(_ record: EventRecord) {
        switch record.statement.event {
        case .deletionCertified(let event): certifications[event.deletion] = record.hash
        case .keyRevoked(let event): revocations[event.key] = (record.hash, event.reason)
        case .modelRecalled(let event):
            recalls[event.round, default: []].append((event.plan, event.model, record.hash))
        case .roundClosed(let event): closings[event.round] = record.hash
        case .baseRegistered(let event): registrations[event.base] = record.hash
        default: break
        }
    }

    // MARK: The end

    /// The tables that rows are looked up in while those that follow from the views are written.
    private static let lookedUpInWriting: Set<String> = ["events", "key_use", "keys"]

    /// Writes what the views say and closes the file.
    func finish() throws(ControlDatabaseError) {
        let count = taken[view.origin, default: 0]
        guard count == view.size else {
            throw .incomplete(chain: view.origin, events: count, view: view.size)
        }
        do throws(SQLiteFailure) {
            try connection.createControlIndexes { Self.lookedUpInWriting.contains($0.name) }
            try ControlViewWriter(self).write()
            try datePrivateErasures()
            try connection.createControlIndexes { !Self.lookedUpInWriting.contains($0.name) }
            try connection.execute("COMMIT")
        } catch {
            throw .database(error.message)
        }
    }

    /// The claimed times of the events under which bodies are gone: known once all events are in.
    private func datePrivateErasures() throws(SQLiteFailure) {
        for table in ["bodies", "scopes"] {
            try connection.execute(
                """
                UPDATE \(table) SET erased_at = e.claimed_at, erased_day = e.claimed_day, erased_s = e.claimed_s
                FROM events AS e WHERE e.event_id = \(table).erased_event
                """)
        }
        try connection.execute(
            """
            UPDATE restrictions SET ended_at = e.claimed_at, ended_day = e.claimed_day, ended_s = e.claimed_s
            FROM events AS e WHERE e.event_id = restrictions.ended_event
            """)
    }

    /// Removes the file that was begun.
    func discard() { try? FileManager.default.removeItem(atPath: path) }
}
