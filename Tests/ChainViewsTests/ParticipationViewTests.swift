import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing

private typealias Skies = SampleConsortium

@Suite struct ParticipationViewTests {
    /// A history with every kind of row: promises kept and broken, evaluations, a settlement and its correction.
    private func history() throws -> Skies {
        var skies = Skies.founded()
        try skies.adoptPolicies()
        try skies.runDecidedRound("r1")
        let first = try skies.say(.rewardSettled(skies.settlement("r1")), by: Skies.delta)
        try skies.openRound("r2")
        try skies.decide(Skies.united, "r2")
        try skies.decide(Skies.virgin, "r2", out: true)
        try skies.decide(Skies.swiss, "r2")
        try skies.commit(Skies.united, to: "r2")
        try skies.close("r2")
        try skies.delete(Skies.virgin, "del-1")
        try skies.evaluate("r1", ppm: 550_000)
        var correction = skies.settlement("r1", ppm: 550_000)
        correction.corrects = first
        correction.lines = [Skies.line(Skies.virgin, share: -1_000)]
        try skies.say(.rewardSettled(correction), by: Skies.delta)
        return skies
    }

    /// One shard was decided; what is trained on two is named, what is trained on one is not.
    @Test func aContributionBeyondItsDecisionIsNamed() throws {
        var skies = Skies.founded()
        try skies.adoptPolicies()
        try skies.openRound("r1")
        for (member, shards) in [(Skies.united, [0, 1]), (Skies.virgin, [0])] {
            try skies.decide(member, "r1")
            try skies.commit(member, to: "r1", shards: shards)
        }
        let overruns = skies.view.overruns
        #expect(overruns.map(\.contribution.member) == [Skies.united])
        #expect(overruns.map(\.shards) == [2] && overruns.map(\.allowed.shards.value) == [1])
    }

    @Test func aBrokenPromiseStandsInTheView() throws {
        let view = try history().view
        let states = view.decisions(in: RoundID("r2")!).map { ($0.member, $0.state) }
        #expect(states.map(\.0) == [Skies.united, Skies.virgin, Skies.swiss])
        #expect(states.map(\.1) == [.delivered, .stayedOut, .broken])
    }

    @Test func correctionsAddUpAndEditNothing() throws {
        let view = try history().view
        let row = try #require(view.rewards[RoundID("r1")!])
        #expect(row.entries.count == 2)
        #expect(row.balance(before: row.last.position.value).map(\.share) == [1_000, 1_000])
        #expect(row.balance().map(\.member) == [Skies.united, Skies.virgin])
        #expect(row.balance().map(\.share) == [1_000, 0])
    }

    /// Rounds are numbered in the order of their opening, whatever they are called.
    @Test func roundsAreNumberedAsTheyWereOpened() throws {
        var skies = Skies.founded()
        for name in ["zebra", "ant", "m"] { try skies.openRound(name) }
        #expect(["zebra", "ant", "m"].map { skies.view.number(of: RoundID($0)!) } == [0, 1, 2])
        #expect(skies.view.number(of: RoundID("nothing")!) == nil)
    }

    @Test func theRowsAreThoseOfTheRebuiltAndOfTheLoadedView() throws {
        let skies = try history()
        let view = skies.view
        #expect(Set(view.rows.map(\.kind)).isSuperset(of: ["policy", "decision", "evaluation", "reward"]))
        #expect(try PublicView(origin: view.origin, size: view.size, rows: view.rows).rows == view.rows)
        var replay = PublicReplay(origin: Skies.origin, cores: 2)
        try replay.append(skies.entries)
        #expect(replay.view.rows == view.rows)
    }

    /// A view that was loaded judges as the one that lived through the history: the derived tables are there too.
    @Test func aLoadedViewKnowsWhoDecidedWhat() throws {
        var skies = Skies.founded()
        try skies.adoptPolicies()
        try skies.openRound("r1")
        try skies.decide(Skies.united, "r1")
        let again = try ReceivedEvent(
            parsing: skies.envelope(
                .participationDecided(skies.decision(Skies.united, "r1", explanation: "other")), by: Skies.united))
        let reused = try ReceivedEvent(
            parsing: skies.envelope(
                .participationDecided(skies.decision(Skies.virgin, "r1", explanation: "united/r1")), by: Skies.virgin))
        var loaded = try PublicView(origin: skies.view.origin, size: skies.view.size, rows: skies.view.rows)
        #expect(throws: AdmissionError.rule(.alreadyDecided(Skies.united, RoundID("r1")!))) { try loaded.admit(again) }
        #expect(throws: AdmissionError.rule(.explanationReused(digest("united/r1")))) { try loaded.admit(reused) }
    }

    /// Rows of decisions and rewards without what they name were not written by this version.
    @Test func rowsThatNameWhatIsNotThereAreRefused() throws {
        let view = try history().view
        for kind in ["policy", "round"] {
            let rows = view.rows.filter { $0.kind != kind }
            #expect(throws: ViewLoadError.self) { try PublicView(origin: view.origin, size: view.size, rows: rows) }
        }
    }
}
