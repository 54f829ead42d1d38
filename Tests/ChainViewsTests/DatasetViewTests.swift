import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing

private typealias Skies = SampleConsortium

/// What a private chain says of datasets and of the runs on them.
@Suite struct DatasetViewTests {
    private static let origin = Skies.privateOrigin(of: Skies.united)

    private static func prepared() throws -> Skies {
        var skies = Skies.founded()
        for round in ["r1", "r2"] { try skies.openRound(round) }
        try skies.openPrivateChain(of: Skies.united)
        try skies.registerDataset(by: Skies.united)
        return skies
    }

    private static let shard = ShardReference(dataset: DatasetID("ds-1")!, shard: Count(0)!)

    @Test func theLastRunOnAShardCountsForItsRound() throws {
        var skies = try Self.prepared()
        let first = try skies.train(Skies.run(for: "r1"), by: Skies.united)
        try skies.train(Skies.run(shard: 1, for: "r1"), by: Skies.united)
        let other = try skies.train(Skies.run(for: "r1", plan: digest("plan"), label: "again"), by: Skies.united)
        let view = try #require(skies.privateViews[Self.origin])
        #expect(view.runs(on: Self.shard, in: RoundID("r1")!).map(\.event) == [first, other])
        #expect(view.currentRun(on: Self.shard, in: RoundID("r1")!)?.event == other)
        #expect(view.currentRun(on: Self.shard, in: RoundID("r2")!) == nil)
        #expect(view.allRuns.count == 3)
    }

    @Test func anExternalRunIsReproducedOnceAnotherGaveItsBytes() throws {
        var skies = try Self.prepared()
        var run = Skies.run(for: "r1")
        run.trainer = Skies.externalTrainer
        let event = try skies.train(run, by: Skies.united)
        var view = try #require(skies.privateViews[Self.origin])
        #expect(!view.isReproduced(try #require(view.runs[event])))
        var different = run
        different.run = digest("other bytes")
        try skies.train(different, by: Skies.united)
        view = try #require(skies.privateViews[Self.origin])
        #expect(!view.isReproduced(try #require(view.runs[event])))
        try skies.train(run, by: Skies.united)
        view = try #require(skies.privateViews[Self.origin])
        #expect(view.isReproduced(try #require(view.runs[event])))
    }

    @Test func erasedRecordsAreCountedAndRemembered() throws {
        var skies = try Self.prepared()
        try skies.say(.recordErased(Skies.erasure("a", "b")), by: Skies.united, on: Self.origin)
        try skies.say(.recordErased(Skies.erasure("c")), by: Skies.united, on: Self.origin)
        let view = try #require(skies.privateViews[Self.origin])
        let row = try #require(view.datasets[DatasetID("ds-1")!])
        #expect(row.erased.value == 3 && row.left == 7)
        #expect(view.erasedRecords(of: row.dataset) == [digest("a"), digest("b"), digest("c")])
    }

    /// What was stored and read back is what a fold of the leaves gives, index of runs included.
    @Test func storedRowsGiveTheSameView() throws {
        var skies = try Self.prepared()
        let first = Skies.run(for: "r1")
        try skies.train(first, by: Skies.united)
        try skies.train(Skies.run(for: "r2", parent: first.adapter), by: Skies.united)
        try skies.say(.recordErased(Skies.erasure("a")), by: Skies.united, on: Self.origin)
        let view = try #require(skies.privateViews[Self.origin])
        let loaded = try PrivateView(origin: Self.origin, size: view.size, rows: view.rows)
        #expect(loaded.rows == view.rows)
        #expect(loaded.runs(on: Self.shard) == view.runs(on: Self.shard) && loaded.runs(on: Self.shard).count == 2)
        let rows = view.rows.filter { $0.kind != "dataset" }
        #expect(throws: ViewLoadError.self) { try PrivateView(origin: Self.origin, size: view.size, rows: rows) }
    }
}
