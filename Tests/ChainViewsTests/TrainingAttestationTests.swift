import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing

private typealias Skies = SampleConsortium

/// What second replays of training are worth.
@Suite struct TrainingAttestationTests {
    /// Records of united's went from two rounds and were trained again; every model was merged by delta and by air.
    private struct Story {
        var skies = Skies.founded()
        var plan: ArtifactDigest
        /// What was excluded.
        var old: [EventHash] = []

        init() throws {
            for round in ["r1", "r2"] {
                try skies.openRound(round)
                old.append(try skies.commit(Skies.united, to: round, shards: [0]))
                try skies.commit(Skies.virgin, to: round, shards: [0])
                try skies.close(round)
                try skies.materialize(round)
            }
            try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
            plan = try skies.start("del-1")
            try skies.dispose(plan)
            for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
            for round in ["r1", "r2"] {
                try skies.attest(skies.view.currentModel(of: RoundID(round)!)!.model, by: Skies.air)
            }
        }

        var grade: Grade { skies.view.grade(of: skies.view.plans[plan]!) }

        mutating func say(_ index: Int, _ outcome: TrainingAttested.Outcome, by member: MemberName) throws {
            try skies.say(.trainingAttested(skies.replayed(old[index], plan, outcome)), by: member)
        }
    }

    @Test func theGradeTakesEveryContributionAndEveryMerge() throws {
        var story = try Story()
        #expect(story.grade == .replayed)
        try story.say(0, .equal, by: Skies.virgin)
        #expect(story.grade == .replayed)
        // By whom does not matter, as long as it is not united.
        try story.say(1, .equal, by: Skies.delta)
        #expect(story.grade == .replayedTwice)
    }

    @Test func otherBytesStandAgainstEqualOnesUntilTheirAuthorTakesThemBack() throws {
        var story = try Story()
        for index in 0...1 { try story.say(index, .equal, by: Skies.virgin) }
        try story.say(1, .different, by: Skies.swiss)
        #expect(story.grade == .replayed)
        try story.say(1, .equal, by: Skies.swiss)
        #expect(story.grade == .replayedTwice)
        // And the other way round: the last word counts.
        try story.say(0, .different, by: Skies.virgin)
        #expect(story.grade == .replayed)
        #expect(
            story.skies.view.trainingAttestations(of: story.skies.replayed(story.old[0], story.plan).contribution).count
                == 2)
    }

    @Test func whoeverRepeatedTheTrainingHoldsWhatALaterDeletionTakesOut() throws {
        var story = try Story()
        try story.skies.say(
            .deletionRequested(story.skies.request("del-2", of: Skies.united)), by: Skies.united)
        #expect(!story.skies.view.plan(for: [DeletionID("del-2")!]).holders.contains(Skies.swiss))
        try story.say(0, .equal, by: Skies.swiss)
        #expect(story.skies.view.plan(for: [DeletionID("del-2")!]).holders.contains(Skies.swiss))
    }

    @Test func theRowsAreThoseOfTheRebuiltAndOfTheLoadedView() throws {
        var story = try Story()
        try story.say(0, .different, by: Skies.virgin)
        try story.say(0, .equal, by: Skies.virgin)
        try story.say(1, .equal, by: Skies.virgin)
        let view = story.skies.view
        let loaded = try PublicView(origin: view.origin, size: view.size, rows: view.rows)
        #expect(loaded.rows == view.rows)
        #expect(loaded.grade(of: loaded.plans[story.plan]!) == .replayedTwice)
        var replay = PublicReplay(origin: Skies.origin, cores: 2)
        try replay.append(story.skies.entries)
        #expect(replay.view.rows == view.rows)
        let orphaned = view.rows.filter { $0.kind != "plan" }
        #expect(throws: ViewLoadError.self) {
            try PublicView(origin: view.origin, size: view.size, rows: orphaned)
        }
    }
}
