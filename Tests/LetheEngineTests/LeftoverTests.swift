import Bytes
import ChainViews
import Events
import LedgerStore
import Testing
import Training

@testable import LetheEngine

/// What a deletion must not leave behind besides the rows: runs that came to nothing, states of runs under way, and who
/// it was about.
@Suite struct LeftoverTests {
    private static let alder = TestConsortium.alder

    /// One dataset of alder's, twelve rows of four persons in three shards, and an open round.
    private struct Prepared {
        let consortium: TestConsortium
        let dataset: DatasetID
        let recipe: Recipe

        init() async throws {
            let random = ForetoldBytes()
            consortium = try await TestConsortium(random: random.source)
            (dataset, recipe) = try await consortium.using { ledger in
                let base = try await ledger.registerBase(
                    BaseLocation.name(ofEmbedded: 7), at: .embedded(seed: 7), as: TestConsortium.hub
                ).base
                var recipe = try Recipe.suggested(for: try await ledger.encoder(for: base).encoder)
                (recipe.epochs, recipe.batchSize) = (2, 2)
                let opened = RoundOpened(base: base, round: RoundID("round-1")!, rule: .mean, topology: .isolated)
                try await ledger.record(.roundOpened(opened), as: TestConsortium.hub, on: ledger.publicOrigin)
                // The identifier and the key that deals the rows to the shards.
                random.foretell([[UInt8](repeating: 1, count: 6), [UInt8](repeating: 2, count: 32)])
                return (try await ledger.registerDataset(try Self.request(), as: alder).dataset, recipe)
            }
        }

        init(copying other: Self) {
            (consortium, dataset, recipe) = (other.consortium.copy(), other.dataset, other.recipe)
        }

        private static func request() throws -> DatasetRequest {
            let lines = (0..<12).map { "r\($0)\tp\($0 / 3)\t\($0 % 2)\tperson \($0 / 3) said \($0 * 7)" }
            let table = (["record_id\tsubject_id\tlabel\ttext"] + lines).joined(separator: "\n")
            let file = try DatasetFile(parsing: Array(table.utf8), format: .tsv, path: "rows.tsv")
            return DatasetRequest(file: file, path: "rows.tsv", name: "rows", shards: 3)
        }

        func train(_ ledger: Ledger, recipe: Recipe? = nil, saveEvery: Int? = nil) async throws -> TrainingSummary {
            try await ledger.train(
                TrainingRequest(
                    round: RoundID("round-1")!, datasets: [dataset], recipe: recipe ?? self.recipe,
                    options: TrainingOptions(threads: 1, saveEvery: saveEvery)), as: alder)
        }

        /// Trains until the state of a run is saved for the second time, and no further.
        func trainInVain() async throws {
            await #expect(throws: StoreError.self) {
                try await consortium.using(faults: FaultInjector(at: .saveState, .failedButPersisted, occurrence: 2)) {
                    _ = try await train($0, saveEvery: 1)
                }
            }
        }

        /// Asks for a person's rows to go, and accepts; the plan.
        func forget(_ subject: String, _ ledger: Ledger) async throws -> (id: DeletionID, plan: ArtifactDigest) {
            try await forget(.subject(subject), ledger)
        }

        func forget(
            _ matter: DeletionSubjectMatter, _ ledger: Ledger
        ) async throws -> (id: DeletionID, plan: ArtifactDigest) {
            let request = DeletionRequest(
                member: alder, matter: matter, ground: .gdpr171b, receivedAt: ledger.surroundings.now(),
                reason: "canary-reason")
            let id = try await ledger.requestDeletion(request, as: alder).id
            _ = try await ledger.decideDeletion(id, .accepted, as: alder, cosigners: [])
            let plan = try await ledger.planDeletions([id]).digest
            return (id, plan)
        }

        func states(_ ledger: Ledger) async throws -> [String] { try await ledger.directory.states.names() }
    }

    // MARK: Runs

    /// All shards are trained and nothing is committed: the adapter that learnt from the row goes with it, the others stay
    /// and are used.
    @Test func aRunThatCameToNoContributionGoesWithItsRows() async throws {
        let p = try await Prepared()
        try await p.consortium.using { ledger in
            let view = try await ledger.view
            let round = view.rounds[RoundID("round-1")!]!
            let shards = try await ledger.openDataset(p.dataset).manifest.shards
            var runs: [RunRow] = []
            for (number, records) in shards.enumerated() where !records.isEmpty {
                let shard = ShardReference(dataset: p.dataset, shard: Count(number)!)
                let request = ShardRunRequest(shard: shard, round: round.round, recipe: p.recipe, parent: nil)
                runs.append(try await ledger.retrainShard(request, in: round, as: Self.alder))
            }
            let row = try await ledger.findRecords(.record("r4"), of: Self.alder)[p.dataset]![0]
            let touched = try #require(shards.firstIndex { $0.contains(row) })
            #expect(runs.count > 1 && shards[touched].count > 1, "the sharding key was drawn badly")
            let (_, plan) = try await p.forget(.record("r4"), ledger)
            #expect(try await ledger.execute(plan: plan) == [])
            for run in runs {
                let isHeld = try await ledger.holdsAdapter(run.trained.adapter)
                #expect(isHeld == (run.trained.shard.value != touched))
            }
            let summary = try await p.train(ledger)
            #expect(summary.reused == runs.count - 1 && summary.contribution.weight.value == 11)
            #expect(try await ledger.check().findings == [])
        }
    }

    // MARK: States

    @Test func noSavedStateOutlivesAnErasedRow() async throws {
        let p = try await Prepared()
        try await p.trainInVain()
        try await p.consortium.using { ledger in
            let shard = try #require(try await p.states(ledger).first)
            #expect(try await p.states(ledger).count == 1)
            // A person with no row in the shard whose run is under way, where there is one: the state goes all the same.
            let inShard = try await ledger.openDataset(p.dataset).manifest.shards[Int(shard.suffix(1))!]
            var person = "p0"
            for number in 0..<4 {
                let rows = try await ledger.findRecords(.subject("p\(number)"), of: Self.alder)[p.dataset]!
                if Set(rows).isDisjoint(with: inShard.elements) { person = "p\(number)" }
            }
            let (_, plan) = try await p.forget(person, ledger)
            #expect(try await p.states(ledger).count == 1)
            #expect(try await ledger.execute(plan: plan) == [])
            #expect(try await p.states(ledger) == [])
            _ = try await p.train(ledger, saveEvery: 1)
            #expect(try await p.states(ledger) == [])
            #expect(try await ledger.check().findings == [])
        }
    }

    @Test func anotherRunTakesThePlaceOfAnAbandonedOne() async throws {
        let p = try await Prepared()
        let whole = Prepared(copying: p)
        try await p.trainInVain()
        var recipe = p.recipe
        recipe.seed = 99
        try await p.consortium.using { ledger in
            #expect(try await p.states(ledger).count == 1)
            let summary = try await p.train(ledger, recipe: recipe)
            #expect(try await p.states(ledger) == [])
            let expected = try await whole.consortium.using { try await whole.train($0, recipe: recipe) }
            #expect(summary.contribution.adapter == expected.contribution.adapter)
        }
    }

    /// Stopped after its event was recorded and before its state was removed: the next call removes it.
    @Test func theStateOfARunThatIsDoneGoes() async throws {
        let p = try await Prepared()
        try await p.trainInVain()
        try await p.consortium.using { ledger in
            let name = try #require(try await p.states(ledger).first)
            let state = try #require(try await ledger.directory.states.load(name))
            _ = try await p.train(ledger)
            try await ledger.directory.states.save(state, as: name)
            #expect(try await p.train(ledger).wasDone)
            #expect(try await p.states(ledger) == [name])
            let row = try await ledger.view.rounds[RoundID("round-1")!]!
            let shard = ShardReference(dataset: p.dataset, shard: Count(Int(name.suffix(1))!)!)
            let request = ShardRunRequest(shard: shard, round: row.round, recipe: p.recipe, parent: nil)
            _ = try await ledger.retrainShard(request, in: row, as: Self.alder)
            #expect(try await p.states(ledger) == [])
        }
    }

    // MARK: Who it was about

    @Test func whoItWasAboutGoesWhenTheDeletionIsCompleted() async throws {
        let p = try await Prepared()
        try await p.consortium.using { ledger in
            _ = try await p.train(ledger)
            let (id, plan) = try await p.forget("p2", ledger)
            #expect(try await ledger.scope(of: id)?.subject == "p2")
            #expect(try await ledger.execute(plan: plan) == [])
            #expect(try await ledger.scope(of: id) == nil)
            let status = try await ledger.deletionStatus()
            #expect(!status[0].next.contains { $0.step.contains("who it was about") })
            #expect(try await ledger.check().findings == [])
        }
    }

    @Test func aHoldKeepsWhoItWasAbout() async throws {
        let p = try await Prepared()
        try await p.consortium.using { ledger in
            _ = try await p.train(ledger)
            let (id, plan) = try await p.forget("p2", ledger)
            let now = ledger.surroundings.now()
            let placed = HoldPlaced(
                dataset: nil, deletion: id, endsAt: Timestamp(seconds: now.seconds + 86_400)!, ground: .gdpr173e,
                hold: HoldID("hold-1")!)
            try await ledger.record(.holdPlaced(placed), as: Self.alder, on: ledger.publicOrigin)
            #expect(try await ledger.execute(plan: plan) == [])
            #expect(try await ledger.scope(of: id)?.subject == "p2")
            #expect(try await !ledger.deletionStatus()[0].next.contains { $0.step.contains("who it was about") })
            try await ledger.record(
                .holdReleased(HoldReleased(hold: placed.hold)), as: Self.alder, on: ledger.publicOrigin)
            let next = try await ledger.deletionStatus()[0].next.filter { $0.step.contains("who it was about") }
            #expect(next.map(\.by) == ["alder"])
            #expect(try await ledger.execute(plan: plan) == [])
            #expect(try await ledger.scope(of: id) == nil)
            #expect(try await ledger.check().findings == [])
        }
    }
}
