import Bytes
import ChainViews
import Events
import Foundation
import Testing

@testable import Reports

/// A deletion at each point of its way.
@Suite struct DeletionStateReportTests {
    private static let id = DeletionID("del-1")!

    /// Two rounds, and a request of delta under `ground`, received at the moment of the request.
    private static func requested(_ ground: DeletionGround = .gdpr171b, dueAfter days: Int = 30) throws -> History {
        var history = try History(Sample.airlines)
        for round in 1...2 { try history.round("round-\(round)", .isolated) }
        let received = Timestamp(seconds: history.clock)!
        try history.say(
            .deletionRequested(
                DeletionRequested(
                    deletion: id, dueAt: Timestamp(seconds: received.seconds + days * 86_400)!, ground: ground,
                    member: MemberName("delta")!, receivedAt: received, scope: .contributions)),
            as: MemberName("delta")!)
        return history
    }

    @Test func aRequestShowsWhatItWouldChange() throws {
        let report = try LedgerSample.state(
            try Self.requested(), "del-1", waits: [.init(by: "delta", step: "decide")])
        #expect(report.content.isPlanned && report.isOpen && !report.isOverdue)
        #expect(report.content.excluded.map(\.round.text) == ["round-1", "round-2"])
        #expect(report.content.models.map(\.isDone) == [false, false])
        let text = report.html().visibleText
        #expect(text.contains("2 contributions of  delta  would be excluded"))
        #expect(text.contains("would be excluded") && text.contains("to be rebuilt"))
        #expect(text.contains("delta") && text.contains("decide"))
        #expect(report.page.banner.tone == .caution)
    }

    /// The law's month counts, also where the recorded date is later.
    @Test func isOverdueByTheEarlierOfTwoDates() throws {
        let history = try Self.requested(dueAfter: 36)
        let late = try LedgerSample.state(history, "del-1", later: 34 * 86_400)
        #expect(late.isOverdue)
        #expect(late.page.banner.tone == .bad)
        let points = late.content.openPoints.map(\.statement)
        #expect(points.first?.hasPrefix("The answer is overdue by") == true)
        #expect(points.contains { $0.hasPrefix("The recorded due date is later than the law's limit") })
        #expect(try !LedgerSample.state(history, "del-1", later: 20 * 86_400).isOverdue)
    }

    @Test func anAgreementHasNoPeriodOfTheLaw() throws {
        let report = try LedgerSample.state(try Self.requested(.memberLeft, dueAfter: 60), "del-1", later: 40 * 86_400)
        #expect(report.content.gracedDue == nil && !report.isOverdue)
        #expect(report.html().visibleText.contains("none: the parties agree on it"))
    }

    @Test func aRefusalDeletesNothing() throws {
        var history = try Self.requested()
        let refusal = Refusal(ground: .gdpr173b, notice: nil, reviewer: .legal)
        try history.say(
            .deletionDecided(DeletionDecided(decision: .refused, deletion: Self.id, refusal: refusal)),
            as: MemberName("delta")!)
        let report = try LedgerSample.state(history, "del-1")
        #expect(report.content.models.isEmpty && !report.isOpen)
        #expect(report.html().visibleText.contains("Refused: nothing is deleted."))
    }

    @Test func aDeletionInProgressNamesTheHoldersThatAreSilent() throws {
        var history = try Self.requested()
        try history.say(
            .deletionDecided(DeletionDecided(decision: .accepted, deletion: Self.id)), as: MemberName("delta")!)
        let plan = history.view.plan(for: [Self.id])
        try history.say(
            .deletionStarted(
                DeletionStarted(
                    deletions: [Self.id], excluded: plan.excluded, holders: plan.holders, plan: plan.digest)),
            as: history.chainOperator)
        let report = try LedgerSample.state(history, "del-1")
        #expect(!report.content.isPlanned)
        #expect(report.content.plan == plan.digest)
        let text = report.html().visibleText
        #expect(text.contains("In progress"))
        for holder in plan.holders { #expect(text.contains("\(holder) has not attested")) }
    }

    @Test func aCompletedDeletionSaysThatItIsNotCertified() throws {
        let report = try LedgerSample.state(try Sample.isolated.history(), "del-5f2c71")
        let text = report.html().visibleText
        #expect(text.contains("Completed, and not yet certified."))
        #expect(text.contains("No certificate was issued yet"))
        #expect(report.content.grade == .replayedTwice)
        #expect(report.content.models.allSatisfy { $0.isDone && $0.after != nil })
        #expect(
            report.content.timeline.steps.map(\.name) == [
                "received", "requested", "accepted", "started", "excluded", "rebuilt", "erased", "completed",
            ])
        #expect(report.content.erasures.allSatisfy { $0.event != nil })
    }

    @Test func saysHowLateItWas() throws {
        let report = try LedgerSample.state(try Sample.lonely.history(), "del-5f2c71")
        #expect(report.content.openPoints.map(\.statement).contains("The answer came 5 days after it was due."))
    }

    @Test func itsDataAreReadBack() throws {
        let report = try LedgerSample.state(try Sample.isolated.history(), "del-5f2c71")
        #expect(try CanonicalJSON.decode(DeletionStateReport.Content.self, from: report.json()) == report.content)
    }
}
