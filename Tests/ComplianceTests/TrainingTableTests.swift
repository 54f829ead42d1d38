import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import Testing

@testable import Compliance

private typealias Skies = SampleConsortium

/// What the control tables say of data sets, training runs, measurements, interim measures and stores, against what was
/// said.
@Suite struct TrainingTableTests {
    private static func ask(_ database: ControlDatabase, _ columns: String, _ rest: String) throws -> [[String]] {
        try ControlDatabaseTests.ask(database, columns.split(separator: " ").map(String.init), rest)
    }

    private static func count(_ number: Int) -> Count { Count(number)! }

    @Test func dataSetsRunsAndErasedRowsAreThereForTheirReaders() throws {
        var history = History()
        try history.consortium.openPrivateChain(of: Skies.delta)
        try history.consortium.openRound("r1")
        try history.consortium.registerDataset(by: Skies.delta)
        let first = try history.consortium.train(Skies.run(for: "r1", label: "first"), by: Skies.delta)
        let second = try history.consortium.train(Skies.run(for: "r1", label: "second"), by: Skies.delta)
        let other = try history.consortium.train(Skies.run(shard: 1, for: "r1"), by: Skies.delta)
        let time = history.now
        let erased = try history.consortium.say(
            .recordErased(Skies.erasure("one", "two", "three")), by: Skies.delta,
            on: Skies.privateOrigin(of: Skies.delta))
        try history.withDatabase(isPrivate: true) { database throws in
            #expect(
                try Self.ask(database, "dataset records erased shards", "FROM dataset_registrations ORDER BY 1")
                    == [["ds-1", "10", "3", "2"]])
            #expect(
                try Self.ask(
                    database, "event_id round dataset shard trainer records milliseconds is_latest parent",
                    "FROM shard_runs ORDER BY event_index")
                    == [
                        [first.hex, "r1", "ds-1", "0", "built-in", "5", "1200", "0", "-"],
                        [second.hex, "r1", "ds-1", "0", "built-in", "5", "1200", "1", "-"],
                        [other.hex, "r1", "ds-1", "1", "built-in", "5", "1200", "1", "-"],
                    ])
            let run = Skies.run(shard: 1, for: "r1")
            #expect(
                try Self.ask(database, "adapter recipe run", "FROM shard_runs WHERE shard = 1 ORDER BY 1")
                    == [[run.adapter.hex, run.recipe.hex, run.run.hex]])
            #expect(
                try Self.ask(database, "dataset event_id records erased_at", "FROM record_erasures ORDER BY 1")
                    == [["ds-1", erased.hex, "3", time.text]])
        }
    }

    /// The answer is due a month after the question, not after the request.
    @Test func aQuestionAboutRecipientsHasItsOwnPeriod() throws {
        var history = try History.withModel()
        try history.request("d1", of: Skies.virgin, .gdpr171b)
        let received = Timestamp("2027-01-04T09:00:00Z")!
        let asked = RecipientsAsked(channel: .email, deletion: DeletionID("d1")!, receivedAt: received)
        let event = try history.consortium.say(
            .recipientsAsked(asked), by: Skies.delta, on: Skies.privateOrigin(of: Skies.delta))
        try history.withDatabase(isPrivate: true) { database throws in
            #expect(
                try Self.ask(
                    database, "event_id deletion channel received_at due_at", "FROM recipient_questions ORDER BY 1")
                    == [[event.hex, "d1", "email", received.text, "2027-02-04T23:59:59Z"]])
        }
        try history.withDatabase { database throws in
            #expect(try Self.ask(database, "event_id", "FROM recipient_questions ORDER BY 1").isEmpty)
        }
    }

    @Test func aTrainedContributionHasItsRecipeAndShards() throws {
        var history = History()
        try history.consortium.openRound("r1")
        let training = Skies.training(Skies.united, [0, 1], label: "united/r1")
        try history.consortium.commit(Skies.united, to: "r1", shards: [0, 1])
        try history.consortium.commit(Skies.virgin, to: "r1")
        try history.consortium.close("r1")
        try history.consortium.materialize("r1")
        try history.consortium.acceptRecords("d1", of: Skies.united, shards: [0, 1], emptied: [1])
        try history.withDatabase { database throws in
            #expect(
                try Self.ask(database, "member recipe trainer replaces", "FROM contributions ORDER BY event_index")
                    == [["united", training.recipe.hex, training.trainer.rawValue, "-"], ["virgin", "-", "-", "-"]])
            let shards = training.shards.map { [$0.dataset.text, "\($0.shard)"] }
            #expect(try Self.ask(database, "dataset shard", "FROM contribution_shards ORDER BY 1, 2") == shards)
            #expect(
                try Self.ask(database, "deletion dataset shard is_emptied", "FROM deletion_shards ORDER BY shard")
                    == zip(shards, ["0", "1"]).map { ["d1"] + $0 + [$1] })
            #expect(try Self.ask(database, "scope", "FROM deletions ORDER BY 1") == [["records"]])
        }
    }

    @Test func whoTrainedAgainAndWhatCameOutIsThere() throws {
        var history = History()
        try history.consortium.openRound("r1")
        let old = try history.consortium.commit(Skies.united, to: "r1", shards: [0])
        try history.consortium.close("r1")
        try history.consortium.materialize("r1")
        try history.consortium.acceptRecords("d1", of: Skies.united, shards: [0])
        let plan = try history.consortium.start("d1")
        try history.consortium.exclude(plan)
        try history.consortium.retrain(old, plan)
        for outcome in [TrainingAttested.Outcome.different, .equal] {
            try history.consortium.say(
                .trainingAttested(history.consortium.replayed(old, plan, outcome)), by: Skies.virgin)
        }
        let new = history.consortium.replayed(old, plan).contribution.hex
        try history.withDatabase { database throws in
            #expect(
                try Self.ask(
                    database, "contribution_event plan member outcome trainer is_latest",
                    "FROM training_attestations ORDER BY event_index")
                    == [
                        [new, plan.hex, "virgin", "different", "built-in", "0"],
                        [new, plan.hex, "virgin", "equal", "built-in", "1"],
                    ])
        }
    }

    @Test func measurementsAndInterimMeasuresAreThere() throws {
        var history = try History.withModel()
        let model = history.consortium.view.currentModel(of: RoundID("r1")!)!.model
        try history.request("d1", of: Skies.virgin, .gdpr171b)
        for evaluated in [
            Skies.accuracy(of: model, deletion: "d1"), Skies.membership(of: model), Skies.distance(of: model),
        ] {
            try history.consortium.say(.adapterEvaluated(evaluated), by: Skies.delta)
        }
        try history.consortium.say(
            .deletionDecided(DeletionDecided(decision: .accepted, deletion: DeletionID("d1")!)), by: Skies.virgin)
        let measure = history.consortium.mitigation("d1", of: model)
        try history.consortium.say(.mitigationApplied(measure), by: Skies.delta)
        try history.withDatabase { database throws in
            #expect(
                try Self.ask(
                    database, "kind deletion data accuracy_ppm area_ppm area_low_ppm area_high_ppm is_equal",
                    "FROM adapter_evaluations ORDER BY event_index")
                    == [
                        ["accuracy", "d1", Skies.dataset.hex, "900000", "-", "-", "-", "-"],
                        ["membership-inference", "-", Skies.dataset.hex, "-", "600000", "500000", "700000", "-"],
                        ["distance", "-", "-", "-", "-", "-", "-", "1"],
                    ])
            #expect(
                try Self.ask(database, "deletion method model adapter recipe until_at", "FROM mitigations ORDER BY 1")
                    == [
                        [
                            "d1", "gradient-ascent", model.hex, measure.adapter.hex, measure.recipe.hex,
                            measure.until.text,
                        ]
                    ])
        }
    }

    @Test func whatAHolderKeepsHasItsGroundAndItsEnd() throws {
        var history = try History.withModel()
        try history.request("d1", of: Skies.virgin, .gdpr171b)
        try history.consortium.say(
            .deletionDecided(DeletionDecided(decision: .accepted, deletion: DeletionID("d1")!)), by: Skies.virgin)
        let plan = try history.consortium.start("d1")
        try history.consortium.dispose(plan)
        let holder = history.consortium.view.plans[plan]!.holders.first!
        let until = Timestamp("2027-09-01T00:00:00Z")!
        let event = ErasureAttested(
            artifacts: history.consortium.view.plans[plan]!.artifacts, plan: plan,
            results: [
                StoreResult(items: Self.count(2), store: .backups, verdict: .pendingBackup, until: until),
                StoreResult(items: Self.count(1), store: .blobs, verdict: .deleted),
                StoreResult(items: Self.count(0), store: .runningSums, verdict: .notFound),
                StoreResult(items: Self.count(3), store: .vault, verdict: .retained, ground: .gdpr173b, until: until),
            ])
        try history.consortium.say(.erasureAttested(event), by: holder)
        try history.withDatabase { database throws in
            #expect(
                try Self.ask(database, "store verdict items ground until_at", "FROM erasures ORDER BY store")
                    == [
                        ["backups", "pending-backup", "2", "-", until.text], ["blobs", "deleted", "1", "-", "-"],
                        ["running-sums", "not-found", "0", "-", "-"],
                        ["vault", "retained", "3", "gdpr-17-3-b", until.text],
                    ])
        }
    }

    @Test func decisionsAndMeasurementsOfARoundAreThere() throws {
        var history = History()
        try history.consortium.adoptPolicies()
        try history.consortium.runDecidedRound("r1")
        let whole = history.consortium.view.currentModel(of: RoundID("r1")!)!.model
        try history.withDatabase { database throws in
            #expect(
                try Self.ask(
                    database, "round member takes_part shards epochs is_override",
                    "FROM participation_decisions ORDER BY 2")
                    == [["r1", "united", "1", "1", "1", "0"], ["r1", "virgin", "1", "1", "1", "0"]])
            #expect(
                try Self.ask(
                    database, "round model data contributions accuracy_ppm",
                    "FROM round_evaluations ORDER BY event_index")
                    == [
                        ["r1", whole.hex, Skies.dataset.hex, "2", "600000"],
                        ["r1", "-", Skies.dataset.hex, "0", "500000"],
                    ])
        }
    }
}
