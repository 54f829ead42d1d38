import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing

@testable import Reports

private typealias Skies = SampleConsortium

/// What was withdrawn before any model merged it has its own word: no deletion excluded it.
@Suite struct WithdrawnReportTests {
    /// united, virgin and swiss contribute to a round; virgin takes its contribution back, and so does swiss, who commits
    /// another.
    private struct Story {
        var skies = Skies.founded()

        init() throws {
            try skies.openRound("r1")
            for member in [Skies.united, Skies.virgin, Skies.swiss] { try skies.commit(member, to: "r1") }
            for member in [Skies.virgin, Skies.swiss] {
                try skies.say(.contributionWithdrawn(skies.withdrawal(of: member, "r1")), by: member)
            }
            try skies.commit(Skies.swiss, to: "r1", label: "swiss/second")
            try skies.close("r1")
            try skies.materialize("r1")
        }

        private var footing: Footing {
            Footing(
                chain: Skies.origin, size: Count(skies.view.size)!, checkpoint: nil, command: "lethe report",
                madeAt: Timestamp(seconds: skies.clock)!)
        }

        var provenance: ProvenanceReport {
            ProvenanceReport(
                of: skies.view.allModels.last!, in: skies.view, evidence: [], file: nil, footing: footing)
        }

        func deletion(_ id: String) -> DeletionStateReport {
            DeletionStateReport(of: DeletionID(id)!, in: skies.view, waits: [], evidence: [], footing: footing)
        }
    }

    private func cells(_ table: FlatTable, _ column: String, where key: String, is value: String) -> [String] {
        let (wanted, given) = (table.columns.firstIndex(of: column)!, table.columns.firstIndex(of: key)!)
        return table.rows.filter { $0[given] == value }.map { $0[wanted] }
    }

    @Test func aModelsProvenanceSaysSoInEveryForm() throws {
        let report = try Story().provenance
        let parts: [ProvenanceReport.Contribution.Part] = [.merged, .withdrawn, .withdrawn, .merged]
        #expect(report.content.contributions.map(\.part) == parts)
        #expect(cells(report.rows, "part", where: "kind", is: "contribution") == parts.map(\.rawValue))
        let counts = report.page.banner.counts
        #expect(counts.contains(Fact("withdrawn", "2")) && counts.contains(Fact("excluded", "0")))
        let text = report.html().visibleText
        #expect(text.contains("withdrawn before any model merged it"))
        #expect(!text.contains("excluded by the plan") && !text.contains("excluded by a deletion"))
        // What no checkpoint covers is said of what the model is made of.
        #expect(report.content.openPoints.contains { $0.statement.contains("covers 2 contributions") })
    }

    @Test func thePictureCrossesItOutOnceAndShowsWhatTookItsPlace() throws {
        let report = try Story().provenance
        let layout = LineageLayout(report.content.lineage, report.focus)
        // swiss, united, virgin: a lane each.
        #expect(layout.nodes.map(\.kind) == [.kept, .kept, .withdrawn])
        #expect(layout.nodes.map(\.text) == ["10", "10", "withdrawn"])
        #expect(layout.nodes[0].title.contains(", withdrawn; then ") && !layout.nodes[0].title.hasSuffix("withdrawn"))
        #expect(layout.dots.count == 2, "no model takes in what was withdrawn")
        #expect(layout.rowLabels.allSatisfy { $0.note == nil })
    }

    /// A deletion of its member takes the bytes too; nothing that it did to a model is said of it.
    @Test(arguments: [true, false]) func aDeletionTakesItsBytesAndSaysThatNoModelHadIt(isDone: Bool) throws {
        var story = try Story()
        try story.skies.accept("del-1", of: Skies.virgin)
        if isDone { try story.skies.start("del-1") }
        let report = story.deletion("del-1")
        #expect(report.content.excluded.map(\.isWithdrawn) == [true])
        #expect(cells(report.rows, "outcome", where: "part", is: "excluded") == ["withdrawn"])
        #expect(report.html().visibleText.contains("One was withdrawn before any model merged it; its bytes go too."))
        let layout = LineageLayout(report.content.lineage, report.focus)
        #expect(layout.nodes.map(\.kind) == [.kept, .kept, .withdrawn])
        #expect(story.provenance.content.contributions.map(\.part).filter { $0 == .withdrawn }.count == 2)
    }

    /// What descends from what a deletion took out is not excluded either: later merges leave it out.
    @Test func whatIsOnlyAffectedIsNotCalledExcluded() throws {
        var story = try Story()
        story.skies = Skies.founded()
        try story.skies.openRound("r1", .feedback)
        for member in [Skies.united, Skies.virgin] { try story.skies.commit(member, to: "r1") }
        try story.skies.close("r1")
        let old = try story.skies.materialize("r1")
        try story.skies.openRound("r2", .feedback)
        try story.skies.commit(Skies.united, to: "r2", parents: [old])
        try story.skies.accept("del-1", of: Skies.virgin)
        let plan = story.skies.view.plan(for: [DeletionID("del-1")!]).digest
        try story.skies.start("del-1")
        try story.skies.dispose(plan)
        let new = try #require(story.skies.view.currentModel(of: RoundID("r1")!)).model
        try story.skies.commit(Skies.swiss, to: "r2", parents: [new])
        try story.skies.close("r2")
        try story.skies.materialize("r2")
        let report = story.provenance
        let parts = Dictionary(
            grouping: report.content.contributions, by: \.part
        ).mapValues { $0.map { "\($0.member) \($0.round)" } }
        #expect(
            parts == [
                .merged: ["swiss r2"], .ancestor: ["united r1"], .excluded: ["virgin r1"], .affected: ["united r2"],
            ])
        #expect(report.html().visibleText.contains(/affected\s+by the plan/))
    }
}
