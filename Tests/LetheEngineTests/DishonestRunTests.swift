import Adapters
import Bytes
import ChainViews
import Events
import Testing
import Training

@testable import LetheEngine

/// A member that trains honestly and then logs something else: whatever field it changes, a replay with retraining
/// disagrees.
///
/// The lie is a signed event that the chain takes in, with all that follows from the changed field changed too: body,
/// recipe digest, record set and run digest fit each other, so that nothing but training again can tell.
@Suite struct DishonestRunTests {
    private static let alder = TestConsortium.alder

    /// Three isolated rounds of alder's on one dataset in two shards; the runs of the last are there, its contribution is
    /// not.
    private struct Prepared: Sendable {
        let consortium: TestConsortium
        let runs: [RunRow]

        static let shared = Task { try await Prepared() }

        init() async throws {
            let consortium = try await TestConsortium()
            runs = try await consortium.using { ledger in
                let base = try await ledger.registerBase(
                    BaseLocation.name(ofEmbedded: 7), at: .embedded(seed: 7), as: TestConsortium.hub
                ).base
                var recipe = try Recipe.suggested(for: try await ledger.encoder(for: base).encoder)
                (recipe.epochs, recipe.batchSize) = (1, 2)
                let dataset = try await ledger.registerDataset(Self.request(), as: alder).dataset
                for name in ["round-1", "round-2", "round-3"] {
                    let round = RoundID(name)!
                    let opened = RoundOpened(base: base, round: round, rule: .mean, topology: .isolated)
                    try await ledger.record(.roundOpened(opened), as: TestConsortium.hub, on: ledger.publicOrigin)
                    guard name != "round-3" else { break }
                    _ = try await ledger.train(
                        TrainingRequest(round: round, datasets: [dataset], recipe: recipe), as: alder)
                    _ = try await ledger.closeRound(round, as: TestConsortium.hub)
                    _ = try await ledger.materialize(round, as: TestConsortium.hub)
                }
                return try await Self.train(dataset, recipe, in: ledger)
            }
            self.consortium = consortium
        }

        private static func request() throws -> DatasetRequest {
            let lines = (0..<24).map { "r\($0)\tp\($0)\t\($0 % 2)\tperson \($0) said \($0 * 7)" }
            let table = (["record_id\tsubject_id\tlabel\ttext"] + lines).joined(separator: "\n")
            let file = try DatasetFile(parsing: Array(table.utf8), format: .tsv, path: "rows.tsv")
            return DatasetRequest(file: file, path: "rows.tsv", name: "rows", shards: 2)
        }

        private static func train(
            _ dataset: DatasetID, _ recipe: Recipe, in ledger: Ledger
        ) async throws -> [RunRow] {
            let view = try await ledger.view
            let round = view.rounds[RoundID("round-3")!]!
            var runs: [RunRow] = []
            for number in 0..<2 {
                let shard = ShardReference(dataset: dataset, shard: Count(number)!)
                let parent = try await ledger.parent(of: shard, in: round, alder, view)
                let request = ShardRunRequest(shard: shard, round: round.round, recipe: recipe, parent: parent)
                runs.append(try await ledger.retrainShard(request, in: round, as: alder))
            }
            return runs
        }
    }

    /// What was logged of a run, to be changed.
    private struct Log {
        var event: ShardTrained
        var body: ShardRunDocument
        var recipe: Recipe
        /// In ascending order of commitment.
        var records: [TrainingRecord]

        /// The event and body with everything that follows from the fields made to fit.
        var consistent: (event: ShardTrained, body: ShardRunDocument) {
            var (event, body) = (event, body)
            body.recipe = String(decoding: recipe.json, as: UTF8.self)
            event.recipe = ArtifactDigest(retagging: recipe.digest)
            event.records = RecordSet(ascending: records.map { RecordCommitment(retagging: $0.commitment) })
            let inputs = RunInputs(
                recipe: recipe.digest, parent: body.parentTensors.map { TensorDigest(retagging: $0) },
                commitments: records.map(\.commitment))
            event.run = ArtifactDigest(retagging: inputs.runDigest(result: TensorDigest(retagging: event.tensors)))
            return (event, body)
        }
    }

    enum Field: String, CaseIterable, Sendable {
        case seed, learningRate, epochs, batchSize, order, otherParent, noParent, oneRecordLess, tensors
    }

    @Test(arguments: Field.allCases) func aReplayDisagreesWithWhatIsNotSo(field: Field) async throws {
        let prepared = try await Prepared.shared.value
        // The larger shard: of two records, every order and every batch size is the same run.
        let honest = try #require(prepared.runs.max { $0.trained.records.count.value < $1.trained.records.count.value })
        try await prepared.consortium.copy().using { ledger in
            let document = try #require(try await ledger.runDocument(honest))
            var log = Log(
                event: honest.trained, body: document, recipe: try Recipe(json: Array(document.recipe.utf8)),
                records: try await ledger.trainingRecords(of: honest.trained.reference))
            // What is not changed yet fits: the helper makes no lie of its own.
            #expect(log.consistent.event == honest.trained && log.consistent.body == document)
            try await Self.change(field, in: &log, ledger)
            let (event, body) = log.consistent
            #expect(event != honest.trained)
            try await ledger.record(
                .shardTrained(event), as: Self.alder, on: Origin("skies.example/alder")!,
                body: (.json, CanonicalJSON.encode(body)))
            let replay = try await ledger.retrain(round: honest.trained.round)
            let lie = try #require(replay.runs.first { $0.run == event.run })
            guard case .differs(let what) = lie.outcome else { Issue.record("\(lie.outcome)"); return }
            #expect(what.contains("tensors"), "\(what)")
            #expect(replay.runs.filter { $0.run != event.run }.allSatisfy { $0.outcome == .equal })
        }
    }

    private static func change(_ field: Field, in log: inout Log, _ ledger: Ledger) async throws {
        switch field {
        case .seed: log.recipe.seed += 1
        case .learningRate: log.recipe.optimiser.learningRate = RecipeNumber("0.011")!
        case .epochs: log.recipe.epochs += 1
        case .batchSize: log.recipe.batchSize += 1
        case .order: try await trainInAnotherOrder(&log, ledger)
        case .otherParent:
            let first = try #require(
                await ledger.privateViews[Origin("skies.example/alder")!]!.currentRun(
                    on: log.event.reference, in: RoundID("round-1")!))
            (log.event.parent, log.body.parentTensors) = (first.trained.adapter, first.trained.tensors)
        case .noParent: (log.event.parent, log.body.parentTensors) = (nil, nil)
        case .oneRecordLess:
            let gone = log.records.removeFirst()
            log.body.excluded = [RecordCommitment(retagging: gone.commitment)]
        case .tensors: log.event.tensors = .sha256([1])
        }
    }

    /// Really trains on the same records under the same seed, but in an order that the seed does not give.
    private static func trainInAnotherOrder(_ log: inout Log, _ ledger: Ledger) async throws {
        let commitments = log.records.map(\.commitment)
        let turned = zip(log.records, commitments.dropFirst() + commitments.prefix(1)).map {
            TrainingRecord(commitment: $1, text: $0.text, label: $0.label)
        }
        let parent = try #require(try await ledger.adapter(log.event.parent!, base: log.event.base))
        let trainer = Trainer(base: BaseEncoder.embedded(seed: 7))
        guard
            case .finished(let result) = try trainer.train(
                log.recipe, parent: try NamedTensors(parent), records: turned)
        else { return }
        log.event.tensors = ArtifactDigest(retagging: result.tensorDigest)
    }

    // MARK: Contributions

    enum Claim: String, CaseIterable, Sendable { case weight, parents, honest }

    @Test(arguments: Claim.allCases) func aReplayDisagreesWithAContributionThatIsNotItsRuns(claim: Claim) async throws {
        let prepared = try await Prepared.shared.value
        try await prepared.consortium.copy().using { ledger in
            let view = try await ledger.view
            let round = view.rounds[RoundID("round-3")!]!
            let merged = try await ledger.mergeRuns(prepared.runs, for: round)
            let before = view.contributions(to: RoundID("round-2")!).map(\.adapter)
            let event = AdapterCommitted(
                adapter: merged.adapter, configuration: merged.configuration,
                parents: claim == .parents ? [] : Ascending(before), round: round.round, tensors: merged.tensors,
                weight: claim == .weight ? Weight(merged.weight.value * 10)! : merged.weight, training: merged.training)
            try await ledger.record(.adapterCommitted(event), as: Self.alder, on: ledger.publicOrigin)
            let replay = try await ledger.retrain(round: round.round)
            #expect(replay.runs.allSatisfy { $0.outcome == .equal })
            let found = try #require(replay.contributions.first)
            #expect(found.isWrong == (claim != .honest) && found.computed == merged.adapter)
            switch claim {
            case .weight: #expect(found.problem == "its weight is 240, its runs used 24 records")
            case .parents: #expect(found.problem == "it does not name all that its runs started from")
            case .honest: #expect(found.problem == nil)
            }
        }
    }
}
