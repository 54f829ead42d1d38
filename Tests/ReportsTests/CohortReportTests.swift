import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import Testing

@testable import Reports

private typealias Skies = SampleConsortium

/// Rounds with a model for each cohort, and what took the place of contributions that lost records.
@Suite struct CohortReportTests {
    /// united (east) and virgin (west) contribute to a round of cohorts; records of united's go.
    private struct Story {
        var skies = Skies.founded()
        var plan: ArtifactDigest
        var old: EventHash

        init(isDone: Bool = true) throws {
            try skies.openRound("r1", .cohort)
            old = try skies.commit(Skies.united, to: "r1", shards: [0, 1])
            try skies.commit(Skies.virgin, to: "r1", shards: [0])
            try skies.close("r1")
            for cohort in ["east", "west"] { try skies.materialize("r1", cohort: CohortName(cohort)!) }
            try skies.materialize("r1")
            try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
            plan = skies.view.plan(for: [DeletionID("del-1")!]).digest
            guard isDone else { return }
            try skies.start("del-1")
            try skies.dispose(plan)
        }

        private var footing: Footing {
            Footing(
                chain: Skies.origin, size: Count(skies.view.size)!, checkpoint: nil, command: "lethe report",
                madeAt: Timestamp(seconds: skies.clock)!)
        }

        var deletion: DeletionStateReport {
            DeletionStateReport(
                of: DeletionID("del-1")!, in: skies.view, waits: [], evidence: [], footing: footing)
        }

        func provenance(epochs: [ProvenanceReport.Deviation] = []) -> ProvenanceReport {
            let model = skies.view.allModels.last { $0.cohort == nil }!
            return ProvenanceReport(
                of: model, in: skies.view, evidence: [], file: nil, footing: footing, epochs: epochs)
        }
    }

    @Test(arguments: [true, false]) func aDeletionNamesTheCohortOfEachModel(isDone: Bool) throws {
        let report = try Story(isDone: isDone).deletion
        #expect(report.content.models.map(\.cohort?.text) == ["east", nil])
        #expect(report.content.excluded.map(\.cohort?.text) == ["east"])
        let text = report.html().visibleText
        #expect(text.contains("r1, cohort east"))
        let rows = report.rows
        let (part, cohort) = (rows.columns.firstIndex(of: "part")!, rows.columns.firstIndex(of: "cohort")!)
        #expect(rows.rows.filter { $0[part] == "model" }.map { $0[cohort] } == ["east", ""])
        #expect(rows.rows.filter { $0[part] == "retraining" }.map { $0[cohort] } == ["east"])
    }

    @Test func aModelsHistoryNamesTheCohortOfEachModel() throws {
        let report = try Story().provenance()
        let rows = report.rows
        let (kind, cohort) = (rows.columns.firstIndex(of: "kind")!, rows.columns.firstIndex(of: "of_cohort")!)
        #expect(rows.rows.allSatisfy { $0.count == rows.columns.count })
        let contributions = rows.rows.filter { $0[kind] == "contribution" }
        #expect(Set(contributions.map { $0[cohort] }) == ["east", "west"])
        var story = try Story()
        try story.skies.openRound("r2", .cohort)
        let east = story.skies.view.allModels.last { $0.cohort?.text == "east" }!
        try story.skies.commit(Skies.united, to: "r2", parents: [east.model])
        try story.skies.close("r2")
        try story.skies.materialize("r2")
        let later = story.provenance()
        #expect(later.content.lineage.models.contains { $0.cohort?.text == "east" })
        #expect(later.html().visibleText.contains("r1, cohort east"))
    }

    /// Each model has a place of its own in its round's column, and a line from what it merges.
    @Test(arguments: [true, false]) func thePictureHasTheModelOfEachCohort(isDone: Bool) throws {
        let report = try Story(isDone: isDone).deletion
        let layout = LineageLayout(report.content.lineage, report.focus)
        let kinds: [LineageLayout.ModelKind] =
            isDone ? [.replaced, .new, .unchanged, .replaced, .new] : [.pending, .unchanged, .pending]
        #expect(layout.models.map(\.kind) == kinds)
        // united to the east's and the round's, virgin to the west's and the round's, before and now.
        #expect(layout.dots.count { !$0.isOld } == 4 && layout.dots.count(where: \.isOld) == (isDone ? 2 + 1 : 0))
        let labels = layout.bandLabels.map(\.text)
        let now = ["east, now", "west, now", "all, now"]
        #expect(labels == (isDone ? ["east, before", "east, now", "west, now", "all, before", "all, now"] : now))
        let boxes = layout.nodes.map(\.box) + layout.models.map(\.box)
        for (index, box) in boxes.enumerated() {
            #expect(box.right <= layout.width && box.bottom <= layout.height)
            for other in boxes[..<index] { #expect(!box.intersects(other)) }
            // A strand ends at the top of its own model's box and passes the others.
            for line in layout.lines where line.role == .merged || line.role == .mergedBefore {
                guard let x = line.points.last?.x, line.points[0].x == x else { continue }
                let crosses = box.x < x && x < box.right && line.points[0].y < box.y && line.points[1].y > box.y
                #expect(!crosses, "a strand runs through a box")
            }
        }
    }

    @Test func whoTrainedItAgainStandsBesideWhatWasTrainedAgain() throws {
        var story = try Story()
        #expect(story.deletion.html().visibleText.contains("nobody else"))
        try story.skies.say(.trainingAttested(story.skies.replayed(story.old, story.plan, .different)), by: Skies.air)
        try story.skies.say(.trainingAttested(story.skies.replayed(story.old, story.plan)), by: Skies.virgin)
        let report = story.deletion
        let replays = try #require(report.content.surroundings.retraining.first?.replays)
        #expect(replays.map(\.member) == [Skies.air, Skies.virgin] && replays.map(\.outcome) == [.different, .equal])
        let text = report.html().visibleText
        #expect(text.contains("other bytes") && text.contains("equal digests"))
        let rows = report.rows
        let (part, outcome) = (rows.columns.firstIndex(of: "part")!, rows.columns.firstIndex(of: "outcome")!)
        #expect(rows.rows.filter { $0[part] == "second-replay" }.map { $0[outcome] } == ["different", "equal"])
    }

    @Test func whatWasTrainedOtherwiseThanDecidedIsAnOpenPoint() throws {
        let story = try Story()
        let row = try #require(story.skies.view.contributions[story.old])
        #expect(story.provenance().content.deviations == nil)
        let report = story.provenance(epochs: [.init(.epochs, of: row, decided: 1, trained: 3)])
        #expect(
            report.content.openPoints.map(\.statement).contains(
                "united decided to put 1 epoch into r1, and trained for 3 epochs."))
        var skies = Skies.founded()
        try skies.adoptPolicies()
        try skies.openRound("r1")
        try skies.decide(Skies.united, "r1")
        try skies.commit(Skies.united, to: "r1", shards: [0, 1])
        try skies.close("r1")
        try skies.materialize("r1")
        var other = story
        other.skies = skies
        #expect(
            other.provenance().content.openPoints.map(\.statement).contains(
                "united decided to put 1 shard into r1, and trained on 2 shards."))
    }
}
