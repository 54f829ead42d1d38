import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing

private typealias Skies = SampleConsortium

/// One careless or hostile member holds nobody up, and gains nothing by another's bytes.
@Suite struct WithdrawalTests {
    private let round = RoundID("r1")!

    /// The first contribution sets the round's configuration: one that does not fit would keep everybody else out.
    @Test func aRoundGoesOnWithoutTheContributionThatKeptTheOthersOut() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        var misfit = Skies.contribution(Skies.virgin, to: "r1", label: "misfit")
        misfit.configuration = digest("of another base")
        try skies.say(.adapterCommitted(misfit), by: Skies.virgin)
        let honest = Event.adapterCommitted(Skies.contribution(Skies.united, to: "r1"))
        #expect(throws: AdmissionError.self) { try skies.say(honest, by: Skies.united) }
        try skies.say(
            .contributionWithdrawn(skies.withdrawal(of: Skies.virgin, "r1", .misfit)), by: Skies.delta,
            with: [Skies.united])
        try skies.say(honest, by: Skies.united)
        // Who was set aside may try again.
        try skies.commit(Skies.virgin, to: "r1")
        try skies.close("r1")
        try skies.materialize("r1")
        #expect(skies.view.contributions(of: skies.view.allModels[0]).count == 2)
        #expect(skies.view.allContributions(to: round).count == 3, "it stays on the chain")
    }

    /// A closed round whose contributions do not merge has no model; without the one that does not fit it has.
    @Test func aClosedRoundGoesOnToo() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        for member in [Skies.united, Skies.virgin] { try skies.commit(member, to: "r1") }
        try skies.close("r1")
        try skies.say(
            .contributionWithdrawn(skies.withdrawal(of: Skies.virgin, "r1", .misfit)), by: Skies.delta,
            with: [Skies.swiss])
        try skies.materialize("r1")
        #expect(skies.view.mergedContributions(of: skies.view.allModels[0]).map(\.member) == [Skies.united])
    }

    /// Committed again, withdrawn bytes say the same of themselves, and a deletion takes both contributions.
    @Test func whatWasWithdrawnKeepsItsLineage() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        try skies.commit(Skies.united, to: "r1", shards: [0])
        try skies.commit(Skies.virgin, to: "r1")
        try skies.say(.contributionWithdrawn(skies.withdrawal(of: Skies.united, "r1")), by: Skies.united)
        let relabelled = Event.adapterCommitted(Skies.contribution(Skies.united, to: "r1"))
        #expect(throws: AdmissionError.self) { try skies.say(relabelled, by: Skies.united) }
        try skies.commit(Skies.united, to: "r1", shards: [0])
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
        let plan = skies.view.plan(for: [DeletionID("del-1")!])
        #expect(plan.excluded.count == 2 && plan.models.count == 1)
        #expect(plan.artifacts.contains(digest("adapter/united/r1")))
    }

    /// What a plan trains again may go on from it.
    @Test func nothingIsWithdrawnWhileAPlanIsCarriedOut() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        for member in [Skies.united, Skies.virgin] { try skies.commit(member, to: "r1") }
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.openRound("r2")
        try skies.commit(Skies.virgin, to: "r2")
        try skies.accept("del-1", of: Skies.united)
        try skies.start("del-1")
        let event = Event.contributionWithdrawn(skies.withdrawal(of: Skies.virgin, "r2"))
        #expect(throws: AdmissionError.self) { try skies.say(event, by: Skies.virgin) }
    }

    /// What was withdrawn goes with its member's deletion, and nothing is rebuilt for it.
    @Test func whatWasWithdrawnGoesToo() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        try skies.commit(Skies.united, to: "r1", shards: [0])
        try skies.commit(Skies.virgin, to: "r1")
        try skies.say(.contributionWithdrawn(skies.withdrawal(of: Skies.united, "r1")), by: Skies.united)
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
        let plan = skies.view.plan(for: [DeletionID("del-1")!])
        #expect(plan.excluded.count == 1 && plan.retraining.isEmpty && plan.models.isEmpty)
        #expect(plan.work.all.value == 0)
        let loaded = try PublicView(origin: Skies.origin, size: skies.view.size, rows: skies.view.rows)
        #expect(loaded.plan(for: [DeletionID("del-1")!]) == plan, "a loaded view plans the same")
        #expect(!loaded.isForgotten(digest("adapter/united/r1")))
    }

    /// A later contribution of the member goes on from it: taking it back would leave that without its beginning.
    @Test func whatALaterContributionGoesOnFromStays() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        let first = try skies.commit(Skies.united, to: "r1")
        try skies.openRound("r2")
        try skies.commit(Skies.united, to: "r2", parents: [first])
        let event = Event.contributionWithdrawn(skies.withdrawal(of: Skies.united, "r1"))
        #expect(throws: AdmissionError.self) { try skies.say(event, by: Skies.united) }
    }
}
