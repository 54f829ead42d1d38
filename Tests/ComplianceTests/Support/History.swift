import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation

@testable import Compliance

/// A short history of a consortium, and the control database that follows from it.
struct History {
    var consortium = SampleConsortium.founded()

    /// Three members contribute to one round, and another member than its author rebuilds the model.
    ///
    /// - Parameter isDocumented: with what an organisation in good order has recorded before it trains.
    static func withModel(isDocumented: Bool = false) throws -> History {
        var history = History()
        if isDocumented { try history.document() }
        try history.consortium.openPrivateChain(of: SampleConsortium.delta)
        try history.consortium.openRound("r1")
        for member in [SampleConsortium.delta, SampleConsortium.united, SampleConsortium.virgin] {
            try history.consortium.commit(member, to: "r1")
        }
        try history.consortium.close("r1")
        try history.consortium.materialize("r1")
        try history.attest("r1")
        return history
    }

    /// The same, and what `virgin` contributed is deleted at its request under `ground`.
    static func withDeletion(_ ground: DeletionGround = .gdpr171b, isDocumented: Bool = false) throws -> History {
        var history = try withModel(isDocumented: isDocumented)
        try history.request("d1", of: SampleConsortium.virgin, ground)
        try history.carryOut("d1")
        return history
    }

    /// Procedures, an impact assessment, due diligence on the base, a trial of other keys, and an arrangement of all.
    private mutating func document() throws {
        let delta = SampleConsortium.delta
        let parties: Ascending = [delta, SampleConsortium.united, SampleConsortium.virgin]
        try consortium.say(
            .baseRegistered(BaseRegistered(base: SampleConsortium.base, name: BaseName("mini/base")!)), by: delta)
        let kinds: [DocumentKind] = [.procedureErasure, .storeMap, .migrationTest, .dueDiligence, .dpia]
        for kind in kinds {
            try consortium.say(
                consortium.document(kind, "doc-\(kind.rawValue)") { event in
                    if kind == .dueDiligence { event.base = SampleConsortium.base }
                    guard kind == .dpia else { return }
                    event.residualRisk = .low
                    event.topics = [.ledger, .necessity, .training]
                }, by: delta)
        }
        try consortium.say(
            consortium.document(.agreementJointControllers, "doc-all", parties: parties), by: delta,
            with: [SampleConsortium.united, SampleConsortium.virgin])
    }

    mutating func attest(_ round: String) throws {
        let model = consortium.view.currentModel(of: RoundID(round)!)!
        try consortium.say(
            .modelAttested(ModelAttested(materialization: model.event, model: model.model)),
            by: SampleConsortium.united)
    }

    mutating func request(_ id: String, of member: MemberName, _ ground: DeletionGround) throws {
        let received = Timestamp(seconds: consortium.clock)!
        let request = DeletionRequested(
            deletion: DeletionID(id)!, dueAt: Timestamp(seconds: consortium.clock + 27 * 86_400)!,
            ground: ground,
            member: member, receivedAt: received, scope: .contributions)
        try consortium.say(
            .deletionScoped(DeletionScoped(deletion: request.deletion)), by: SampleConsortium.delta,
            on: SampleConsortium.privateOrigin(of: SampleConsortium.delta))
        try consortium.say(.deletionRequested(request), by: SampleConsortium.delta)
    }

    /// From the decision to the certificate.
    mutating func carryOut(_ id: String) throws {
        let deletion = DeletionID(id)!
        let member = consortium.view.deletions[deletion]!.member
        try consortium.say(
            .deletionDecided(DeletionDecided(decision: .accepted, deletion: deletion)), by: member)
        let plan = try consortium.start(id)
        try consortium.dispose(plan)
        for holder in consortium.view.plans[plan]!.holders { try erase(plan, by: holder) }
        try attest("r1")
        try consortium.complete(id, plan)
        let isExact = consortium.view.plans[plan]!.isExact
        let certified = DeletionCertified(
            certificate: digest("certificate"), deletion: deletion,
            kind: isExact ? .certificate : .statusStatement)
        try consortium.say(.deletionCertified(certified), by: SampleConsortium.delta)
    }

    private mutating func erase(_ plan: ArtifactDigest, by holder: MemberName) throws {
        let event = ErasureAttested(
            artifacts: consortium.view.plans[plan]!.artifacts, plan: plan,
            results: StoreKind.allCases.map { StoreResult(items: Count(1)!, store: $0, verdict: .deleted) })
        try consortium.say(.erasureAttested(event), by: holder)
    }

    // MARK: The database

    /// The events of a chain as a replay gives them.
    static func records(_ entries: [[UInt8]]) throws -> [EventRecord] {
        try entries.enumerated().map { index, bytes in
            let event = try ReceivedEvent(parsing: bytes)
            return EventRecord(
                position: index, hash: event.hash, statement: event.statement,
                signers: event.envelope.signatures.map(\.keyID))
        }
    }

    var now: Timestamp { Timestamp(seconds: consortium.clock)! }

    /// A checkpoint of the whole chain that `witness` cosigned a minute after the last event.
    func checkpoint(size: Int? = nil, root: String = "root", extends: Bool? = true) -> ControlCheckpoint {
        let size = size ?? consortium.view.size
        return ControlCheckpoint(
            chain: SampleConsortium.origin, size: size, root: digest("\(root) \(size)"), source: "ledger",
            extendsChain: extends, cosignatures: [.init(witness: SampleConsortium.air, time: now)])
    }

    func inputs(_ change: (inout ControlInputs) throws -> Void = { _ in }) rethrows -> ControlInputs {
        var inputs = ControlInputs(checkpoints: [checkpoint()], calendar: LegalCalendar(timeZone: .utc))
        try change(&inputs)
        return inputs
    }

    /// Builds the database in a folder of its own and hands it to `body`.
    func withDatabase<Result>(
        _ inputs: ControlInputs? = nil, isPrivate: Bool = false, _ body: (ControlDatabase) throws -> Result
    ) throws -> Result {
        let records = try Self.records(consortium.entries)
        return try Project.withTemporaryFolder { folder in
            let database = try ControlDatabase.build(
                at: folder.appending(path: "control.sqlite").path, view: consortium.view,
                inputs: inputs ?? self.inputs(), privateChain: isPrivate ? try privateChain() : nil
            ) { take in
                for record in records { try take(record) }
            }
            return try body(database)
        }
    }

    private func privateChain() throws -> ControlDatabase.PrivateChain {
        let origin = SampleConsortium.privateOrigin(of: SampleConsortium.delta)
        let records = try Self.records(consortium.privateEntries[origin]!)
        let size = consortium.view.size
        return ControlDatabase.PrivateChain(view: consortium.privateViews[origin]!) { take in
            for record in records { try take(record, size) }
        }
    }
}
