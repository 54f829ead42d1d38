import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import Testing

@testable import Reports

/// A deletion with everything that may stand beside one.
enum SurroundedDeletion {
    static let id = DeletionID("del-1")!
    static let recipients = ["rec-told", "rec-silent", "rec-unknown"].map { RecipientID($0)! }
    static let hold = HoldID("hold-1")!

    private static func time(_ history: History, days: Int) -> Timestamp {
        Timestamp(seconds: history.clock + days * 86_400)!
    }

    /// Two rounds; a model that three recipients got; and a request that was doubted, extended, held, answered approximately
    /// for a time, and carried out by all holders but the last, one of which keeps something.
    static func history() throws -> History {
        var history = try History(Sample.airlines)
        for round in 1...2 { try history.round("round-\(round)", .isolated) }
        let (hub, delta) = (history.chainOperator, MemberName("delta")!)
        let model = history.view.currentModel(of: RoundID("round-1")!)!.model
        for recipient in recipients {
            let handover = HandoverRecorded(
                artifact: model, category: .customer, country: CountryCode("DE")!, dataset: nil,
                handover: HandoverID("han-\(recipient)")!, kind: .adapter, recipient: recipient)
            try history.say(.handoverRecorded(handover), as: hub)
        }
        let request = DeletionRequested(
            deletion: id, dueAt: time(history, days: 30), ground: .gdpr171b, member: delta,
            receivedAt: time(history, days: 0), scope: .contributions)
        try history.say(.deletionRequested(request), as: delta)
        try history.say(
            .identityChecked(IdentityChecked(deletion: id, doubt: .contactUnknown, step: .asked)), as: delta)
        try history.say(.identityChecked(IdentityChecked(deletion: id, doubt: nil, step: .confirmed)), as: delta)
        let extended = DeletionExtended(
            deletion: id, dueAt: time(history, days: 60), notice: nil, reason: .complexity,
            toldAt: time(history, days: 0))
        try history.say(.deletionExtended(extended), as: delta)
        let held = HoldPlaced(
            dataset: nil, deletion: id, endsAt: time(history, days: 90), ground: .gdpr173e, hold: hold)
        try history.say(.holdPlaced(held), as: delta)
        let measure = MitigationApplied(
            adapter: History.digest("weakened"), deletion: id, method: .gradientAscent, model: model,
            recipe: History.digest("interim recipe"), tensors: History.digest("weakened tensors"),
            until: time(history, days: 40))
        try history.say(.mitigationApplied(measure), as: hub)
        try history.say(.deletionDecided(DeletionDecided(decision: .accepted, deletion: id)), as: delta)
        try carryOut(&history, hub)
        return history
    }

    private static func carryOut(_ history: inout History, _ hub: MemberName) throws {
        let plan = history.view.plan(for: [id])
        try history.say(
            .deletionStarted(
                DeletionStarted(deletions: [id], excluded: plan.excluded, holders: plan.holders, plan: plan.digest)),
            as: hub)
        for recipient in recipients.prefix(2) {
            try history.say(
                .recipientNotified(RecipientNotified(deletion: id, outcome: .notified, recipient: recipient)), as: hub)
        }
        try history.say(
            .recipientAcknowledged(RecipientAcknowledged(deletion: id, recipient: recipients[0], result: .deleted)),
            as: hub)
        try history.say(
            .exclusionApplied(ExclusionApplied(models: Ascending(plan.models.map(\.model)), plan: plan.digest)), as: hub
        )
        try history.settle(plan, isAttested: true)
        let results = [
            StoreResult(items: Count(2)!, store: .backups, verdict: .pendingBackup, until: time(history, days: 60)),
            StoreResult(items: Count(3)!, store: .blobs, verdict: .deleted),
            StoreResult(
                items: Count(1)!, store: .vault, verdict: .retained, ground: .gdpr173b, until: time(history, days: 300)),
        ]
        try history.say(
            .erasureAttested(ErasureAttested(artifacts: plan.artifacts, plan: plan.digest, results: results)),
            as: plan.holders.first!)
    }
}

@Suite struct DeletionSurroundingsTests {
    private static let report = Result {
        try LedgerSample.state(try SurroundedDeletion.history(), "del-1", later: 20 * 86_400)
    }

    /// Thirty days are the law's, sixty the extension's; the bar and the verdict go by the latter.
    @Test func anExtensionMovesTheDueDate() throws {
        let report = try Self.report.get()
        let extended = try #require(report.content.surroundings.extended)
        #expect(report.limit == extended.dueAt && report.content.timeline.dueAt == extended.dueAt)
        #expect(report.content.timeline.steps.map(\.name).contains("extended"))
        let later = try LedgerSample.state(try SurroundedDeletion.history(), "del-1", later: 45 * 86_400)
        #expect(!later.isOverdue)
        #expect(try LedgerSample.state(try SurroundedDeletion.history(), "del-1", later: 75 * 86_400).isOverdue)
    }

    @Test func recipientsStandWithWhatTheyWereToldAndAnswered() throws {
        let report = try Self.report.get()
        let rows = report.content.surroundings.recipients
        #expect(rows.map(\.recipient) == SurroundedDeletion.recipients)
        #expect(rows.map(\.outcome) == [.notified, .notified, nil])
        #expect(rows.map(\.result) == [.deleted, nil, nil])
        let points = report.content.openPoints.map(\.statement)
        #expect(!points.contains { $0.contains("rec-told") })
        #expect(points.contains { $0.contains("rec-silent was told and has not answered") })
        #expect(
            points.contains { $0.contains("rec-unknown was given something by") && $0.contains("has not been told") })
    }

    @Test func holdsQuestionsAndInterimMeasuresStandOnThePage() throws {
        let report = try Self.report.get()
        let text = report.html().visibleText
        for words in [
            "the person was asked who they are", "the identity is confirmed", "the request is complex", "Hold hold-1",
            "legal claims", "gradient ascent", "This is not erasure.", "retained under GDPR Art. 17(3)(b) until",
            "pending in a backup until",
        ] {
            #expect(text.contains(words), "\(words)")
        }
        #expect(report.content.surroundings.interim.map(\.isOver) == [false])
        let over = try LedgerSample.state(try SurroundedDeletion.history(), "del-1", later: 50 * 86_400)
        #expect(over.content.surroundings.interim.map(\.isOver) == [true])
    }

    @Test func everyPartIsInTheRowsAndInTheEvidence() throws {
        let report = try Self.report.get()
        let parts = Set(report.csv().split(separator: "\r\n").compactMap { $0.split(separator: ",").dropFirst().first })
        for part in ["identity", "extension", "hold", "recipient", "interim"] {
            #expect(parts.contains(Substring(part)))
        }
        let types = Set(report.content.evidence.map(\.type))
        for type in [
            "deletion-extended", "hold-placed", "identity-checked", "mitigation-applied", "recipient-notified",
            "recipient-acknowledged", "handover-recorded",
        ] {
            #expect(types.contains(type), "\(type)")
        }
    }

    @Test func aRefusalNamesItsGroundAndOffice() throws {
        var history = try History(Sample.airlines)
        try history.round("round-1", .isolated)
        let delta = MemberName("delta")!
        let received = Timestamp(seconds: history.clock)!
        try history.say(
            .deletionRequested(
                DeletionRequested(
                    deletion: SurroundedDeletion.id, dueAt: Timestamp(seconds: received.seconds + 86_400)!,
                    ground: .gdpr171b,
                    member: delta, receivedAt: received, scope: .contributions)),
            as: delta)
        let refusal = Refusal(ground: .gdpr173b, notice: nil, reviewer: .legal)
        try history.say(
            .deletionDecided(DeletionDecided(decision: .refused, deletion: SurroundedDeletion.id, refusal: refusal)),
            as: delta)
        let report = try LedgerSample.state(history, "del-1")
        #expect(report.html().visibleText.contains("gdpr-17-3-b, reviewed by the office legal"))
        #expect(report.content.openPoints.map(\.statement).contains("The refusal names no notice to the person."))
        #expect(report.html().visibleText.contains("contributed stays, and no model is changed."))
        let layout = LineageLayout(report.content.lineage, report.focus)
        #expect(Set(layout.nodes.map(\.kind)) == [.kept] && layout.rowLabels.allSatisfy { $0.note == nil })
    }

    /// From the request to the rebuilt model: what is to be trained again is never drawn as if it went for good.
    @Test func whatWaitsToBeTrainedAgainIsNotDrawnAsExcluded() throws {
        var skies = SampleConsortium.founded()
        try skies.openRound("r1")
        for member in [SampleConsortium.united, SampleConsortium.virgin] {
            try skies.commit(member, to: "r1", shards: [0, 1, 2])
        }
        try skies.close("r1")
        try skies.materialize("r1")
        var asked = skies
        try skies.acceptRecords("d1", of: SampleConsortium.united, shards: [0, 1], emptied: [1])
        func picture(_ skies: SampleConsortium) -> (LineageLayout, String) {
            let footing = Footing(
                chain: SampleConsortium.origin, size: Count(skies.view.size)!, checkpoint: nil, command: "lethe report",
                madeAt: Timestamp(seconds: skies.clock)!)
            let report = DeletionStateReport(
                of: DeletionID("d1")!, in: skies.view, waits: [], evidence: [], footing: footing)
            return (LineageLayout(report.content.lineage, report.focus), report.html().visibleText)
        }
        // Before the decision nobody but the member can tell what rests on the records.
        let received = Timestamp(seconds: asked.clock)!
        try asked.say(
            .deletionRequested(
                DeletionRequested(
                    deletion: DeletionID("d1")!, dueAt: Timestamp(seconds: asked.clock + 86_400)!, ground: .gdpr171b,
                    member: SampleConsortium.united, receivedAt: received, scope: .records)),
            by: SampleConsortium.united)
        let (_, open) = picture(asked)
        #expect(open.contains("its decision will say") && !open.contains("no contribution to exclude"))
        let (planned, words) = picture(skies)
        #expect(Set(planned.nodes.map(\.kind)) == [.kept, .retraining])
        #expect(planned.rowLabels.allSatisfy { $0.note == nil })
        #expect(words.contains("would be trained again without the records") && !words.contains("to go"))
        let plan = try skies.start("d1")
        try skies.exclude(plan)
        let (begun, later) = picture(skies)
        #expect(Set(begun.nodes.map(\.kind)) == [.kept, .retraining])
        #expect(later.contains("waits to be trained again without the records"))
        try skies.rebuild(plan)
        #expect(Set(picture(skies).0.nodes.map(\.kind)) == [.kept, .retrained])
    }

    /// Records go from two of three shards, from one of them all: the contribution is trained again, and the page and its
    /// picture show that instead of a gap.
    @Test func whatIsTrainedAgainStandsInTheExcludedOnesPlace() throws {
        var skies = SampleConsortium.founded()
        try skies.openRound("r1")
        for member in [SampleConsortium.united, SampleConsortium.virgin] {
            try skies.commit(member, to: "r1", shards: [0, 1, 2])
        }
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.acceptRecords("d1", of: SampleConsortium.united, shards: [0, 1], emptied: [1])
        let plan = try skies.start("d1")
        try skies.exclude(plan)
        try skies.rebuild(plan)
        let footing = Footing(
            chain: SampleConsortium.origin, size: Count(skies.view.size)!, checkpoint: nil, command: "lethe report",
            madeAt: Timestamp(seconds: skies.clock)!)
        let report = DeletionStateReport(
            of: DeletionID("d1")!, in: skies.view, waits: [], evidence: [], footing: footing)
        let row = try #require(report.content.surroundings.retraining.first)
        #expect(row.member == SampleConsortium.united && row.shards.value == 1 && row.emptied.value == 1)
        #expect(row.after == skies.view.contributions(to: RoundID("r1")!).first { $0.replaces != nil }?.adapter)
        let text = report.html().visibleText
        #expect(text.contains("records in 2 shards") && text.contains("of which 1 left empty"))
        #expect(text.contains("1 of 1 trained again, and 1 of 1 model settled"))
        let kinds = LineageLayout(report.content.lineage, report.focus).nodes.map(\.kind)
        #expect(kinds.sorted { $0.rawValue < $1.rawValue } == [.kept, .retrained])
        #expect(text.contains("trained again without the records"))
    }
}
