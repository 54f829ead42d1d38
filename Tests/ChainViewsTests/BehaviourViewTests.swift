import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing

private typealias Skies = SampleConsortium

@Suite struct BehaviourViewTests {
    /// A deletion with an interim measure, carried out, with evaluations before and after.
    private func history() throws -> Skies {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        let model = skies.view.currentModel(of: RoundID("r1")!)!.model
        try skies.say(.adapterEvaluated(Skies.membership(of: model)), by: Skies.united)
        try skies.accept("del-1", of: Skies.united)
        try skies.say(.mitigationApplied(skies.mitigation("del-1", of: model)), by: Skies.delta)
        try skies.say(
            .adapterEvaluated(Skies.accuracy(of: digest("weakened del-1"), deletion: "del-1")), by: Skies.virgin)
        return skies
    }

    @Test func anInterimMeasureEndsOnItsDateOrWithTheDeletion() throws {
        var skies = try history()
        let id = DeletionID("del-1")!
        let row = try #require(skies.view.mitigations(for: id).first)
        let end = row.mitigation.until.seconds
        #expect(!skies.view.isOver(row, at: Timestamp(seconds: end - 1)!))
        #expect(skies.view.isOver(row, at: Timestamp(seconds: end)!))
        let plan = try skies.start("del-1")
        try skies.exclude(plan)
        #expect(!skies.view.isOver(row, at: Timestamp(seconds: skies.clock)!))
        try skies.rebuild(plan)
        try skies.completeRematerialization(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        try skies.complete("del-1", plan)
        #expect(skies.view.isOver(row, at: Timestamp(seconds: skies.clock)!))
    }

    @Test func anInterimMeasureRaisesNoGrade() throws {
        var skies = try history()
        let plan = try skies.start("del-1")
        #expect(skies.view.grade(of: skies.view.plans[plan]!) == .recorded)
        try skies.exclude(plan)
        #expect(skies.view.grade(of: skies.view.plans[plan]!) == .excluded)
    }

    @Test func theRowsAreThoseOfTheRebuiltAndOfTheLoadedView() throws {
        let skies = try history()
        let view = skies.view
        #expect(Set(view.rows.map(\.kind)).isSuperset(of: ["adapter-evaluation", "mitigation"]))
        let loaded = try PublicView(origin: view.origin, size: view.size, rows: view.rows)
        #expect(loaded.rows == view.rows)
        #expect(loaded.isForgotten(digest("weakened del-1")) && view.isForgotten(digest("weakened del-1")))
        var replay = PublicReplay(origin: Skies.origin, cores: 2)
        try replay.append(skies.entries)
        #expect(replay.view.rows == view.rows)
    }

    @Test func aRowOfAnInterimMeasureForNoDeletionIsRefused() throws {
        let view = try history().view
        let rows = view.rows.filter { $0.kind != "deletion" }
        #expect(throws: ViewLoadError.self) {
            try PublicView(origin: view.origin, size: view.size, rows: rows)
        }
    }

    @Test func evaluationsStandInChainOrderWithTheirAuthors() throws {
        let rows = try history().view.allAdapterEvaluations
        #expect(rows.map(\.author) == [Skies.united, Skies.virgin])
        #expect(rows.map(\.evaluation.kind) == [.membershipInference, .accuracy])
        #expect(rows.map { $0.evaluation.deletion?.text } == [nil, "del-1"])
    }
}
