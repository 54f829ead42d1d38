import Bytes
import ChainViews
import Events
import Foundation
import LedgerStore
import Testing
import Training

@testable import LetheEngine

/// Datasets and runs in one ledger: what is erased, what is retrained, and what a replay makes of a lie.
@Suite struct TrainingLedgerTests {
    static let alder = TestConsortium.alder

    /// A ledger with the embedded base, a round, and a dataset of 40 rows in four shards: row n is about person n / 4.
    private struct Prepared {
        let consortium: TestConsortium
        let ledger: Ledger
        let dataset: DatasetID
        let recipe: Recipe
        let base: ArtifactDigest

        init() async throws {
            consortium = try await TestConsortium()
            ledger = try await Ledger.open(
                at: consortium.path, mode: .readWrite, surroundings: consortium.surroundings)
            base = try await ledger.registerBase(
                BaseLocation.name(ofEmbedded: 7), at: .embedded(seed: 7), as: TestConsortium.hub
            ).base
            let encoder = try await ledger.encoder(for: base).encoder
            var recipe = try Recipe.suggested(for: encoder)
            recipe.epochs = 1
            self.recipe = recipe
            dataset = try await ledger.registerDataset(try Self.request(), as: TrainingLedgerTests.alder).dataset
            try await open("round-1")
        }

        static func request(_ rows: Range<Int> = 0..<40, text: String = "said") throws -> DatasetRequest {
            let lines = rows.map {
                "r\($0)\tp\($0 / 4)\t\($0 % 2)\tperson \($0 / 4) \(text) \($0 % 2 == 0 ? "no" : "yes")"
            }
            let table = (["record_id\tsubject_id\tlabel\ttext"] + lines).joined(separator: "\n")
            let file = try DatasetFile(parsing: Array(table.utf8), format: .tsv, path: "rows.tsv")
            return DatasetRequest(file: file, path: "rows.tsv", name: "rows", shards: 4)
        }

        func open(_ round: String, _ topology: Topology = .isolated) async throws {
            try await ledger.record(
                .roundOpened(RoundOpened(base: base, round: RoundID(round)!, rule: .mean, topology: topology)),
                as: TestConsortium.hub, on: ledger.publicOrigin)
        }

        func close(_ round: String) async throws {
            _ = try await ledger.closeRound(RoundID(round)!, as: TestConsortium.hub)
            _ = try await ledger.materialize(RoundID(round)!, as: TestConsortium.hub)
        }

        func train(_ round: String) async throws -> TrainingSummary {
            try await ledger.train(
                TrainingRequest(round: RoundID(round)!, datasets: [dataset], recipe: recipe),
                as: TrainingLedgerTests.alder)
        }
    }

    @Test func aPersonsRowsGoAndNothingTrainsOnThemAgain() async throws {
        let p = try await Prepared()
        let first = try await p.train("round-1")
        try await p.close("round-1")
        let found = try await p.ledger.findRecords(.subject("p3"), of: Self.alder)
        #expect(found.keys.sorted() == [p.dataset] && found[p.dataset]?.count == 4)
        let touched = try await p.ledger.shards(of: found)
        #expect(!touched.isEmpty && touched.map(\.left).reduce(0, +) < 40)
        try await p.ledger.eraseRecords(found, as: Self.alder)
        #expect(try await p.ledger.findRecords(.subject("p3"), of: Self.alder).isEmpty)
        // Both halves may be repeated.
        try await p.ledger.eraseRecords(found, as: Self.alder)
        #expect(try await p.ledger.datasetSummaries()[0].erased == 4)

        let replay = try await p.ledger.retrain()
        for run in replay.runs {
            let isTouched = touched.contains { $0.shard == run.shard }
            if isTouched {
                guard case .notRun(let reason) = run.outcome else { Issue.record("\(run.outcome)"); continue }
                #expect(reason.contains("erased"))
            } else {
                #expect(run.outcome == .equal)
            }
        }
        try await p.open("round-2")
        let second = try await p.train("round-2")
        #expect(second.contribution.weight.value == 36 && first.contribution.weight.value == 40)
        #expect(try await p.ledger.check().findings.isEmpty)
        await #expect(throws: EngineError.self) {
            try await p.ledger.registerDataset(try Prepared.request(10..<14), as: Self.alder)
        }
        do {
            _ = try await p.ledger.registerDataset(try Prepared.request(10..<14), as: Self.alder)
        } catch let error as EngineError {
            #expect(
                error.message.contains("line 4") && error.message.contains("line 5")
                    && !error.message.contains("line 2"))
        }
        try await p.ledger.close()
    }

    /// Retraining a shard without some records is what training on the others from the start gives.
    @Test func retrainingWithoutRecordsIsTheCounterfactual() async throws {
        let p = try await Prepared()
        let first = try await p.train("round-1")
        let found = try await p.ledger.findRecords(.subject("p3"), of: Self.alder)
        let shard = try #require(try await p.ledger.shards(of: found).first?.shard)
        let view = try await p.ledger.view
        let round = try #require(view.rounds[RoundID("round-1")!])
        let retrained = try await p.ledger.retrainShard(
            ShardRunRequest(
                shard: shard, round: round.round, recipe: p.recipe, parent: nil,
                excluding: Set(found.values.flatMap(\.self)), plan: .sha256([1])), in: round, as: Self.alder)
        let records = try await p.ledger.trainingRecords(of: shard).filter { record in
            !found[p.dataset]!.contains { $0.bytes == record.commitment.bytes }
        }
        let trainer = Trainer(base: BaseEncoder.embedded(seed: 7))
        guard case .finished(let result) = try trainer.train(p.recipe, records: records) else { return }
        #expect(retrained.trained.tensors.bytes == result.tensorDigest.bytes)
        #expect(retrained.trained.run.bytes == result.runDigest.bytes)
        #expect(retrained.trained.run != first.runs.first { $0.trained.reference == shard }?.trained.run)
        #expect(retrained.trained.records.count.value == records.count)
        let replay = try await p.ledger.retrain()
        #expect(replay.runs.allSatisfy { $0.outcome == .equal } && replay.runs.count == first.runs.count + 1)
        #expect(try await p.ledger.check().findings.isEmpty)
        try await p.ledger.close()
    }

    /// Each field that a run logs is held: with any of them changed, the replay gives something else.
    @Test func aReplayDisagreesWithAnyChangedField() async throws {
        let p = try await Prepared()
        let summary = try await p.train("round-1")
        let row = summary.runs[0]
        let document = try #require(try await p.ledger.runDocument(row))
        let other = try await p.ledger.retrain().runs.count
        typealias Change = (name: String, event: (inout ShardTrained) -> Void, body: (inout ShardRunDocument) -> Void)
        func recipe(_ change: (inout Recipe) -> Void) -> String {
            var recipe = p.recipe
            change(&recipe)
            return String(decoding: recipe.json, as: UTF8.self)
        }
        let one = Ascending(
            [try await p.ledger.trainingRecords(of: row.trained.reference)[0]].map {
                RecordCommitment(retagging: $0.commitment)
            })
        let changes: [Change] = [
            ("tensors", { $0.tensors = .sha256([1]) }, { _ in }), ("run", { $0.run = .sha256([2]) }, { _ in }),
            ("adapter", { $0.adapter = .sha256([3]) }, { _ in }), ("encoder", { $0.encoder = .sha256([4]) }, { _ in }),
            ("recipe", { $0.recipe = .sha256([5]) }, { _ in }),
            ("records", { $0.records.count = Count($0.records.count.value - 1)! }, { _ in }),
            ("seed", { _ in }, { $0.recipe = recipe { $0.seed = 99 } }),
            (
                "epochs", { $0.recipe = Self.digest(p.recipe) { $0.epochs = 2 } },
                { $0.recipe = recipe { $0.epochs = 2 } }
            ),
            ("excluded", { _ in }, { $0.excluded = one }),
        ]
        for change in changes {
            var (event, body) = (row.trained, document)
            change.event(&event)
            change.body(&body)
            // Another run digest, so that the chain takes it in as another run.
            if change.name != "run" { event.run = .sha256(Array(change.name.utf8)) }
            try await p.ledger.record(
                .shardTrained(event), as: Self.alder, on: Self.origin, body: (.json, CanonicalJSON.encode(body)))
            let last = try #require(try await p.ledger.retrain().runs.last { $0.shard == row.trained.reference })
            #expect(last.isWrong, "\(change.name): \(last.outcome)")
        }
        #expect(try await p.ledger.retrain().runs.count == other + changes.count)
        try await p.ledger.close()
    }

    /// I12: a run on erased records is not recorded, not imported, and found where somebody put it on the chain all the same.
    @Test func aRunOnErasedRecordsIsRefused() async throws {
        let p = try await Prepared()
        let row = try await p.train("round-1").runs[0]
        let document = try #require(try await p.ledger.runDocument(row))
        let gone = RecordCommitment(
            retagging: try await p.ledger.trainingRecords(of: row.trained.reference)[0].commitment)
        try await p.ledger.eraseRecords([p.dataset: [gone]], as: Self.alder)
        var again = row.trained
        again.run = .sha256([1])
        let body = CanonicalJSON.encode(document)
        await #expect(throws: EngineError.self) {
            try await p.ledger.record(.shardTrained(again), as: Self.alder, on: Self.origin, body: (.json, body))
        }
        #expect(try await p.ledger.check().findings.isEmpty)
        try await p.ledger.appendUnchecked(.shardTrained(again), body, as: Self.alder, on: Self.origin)
        let found = try await p.ledger.check().findings
        #expect(found.count == 1 && found[0].problem.contains("erased before it"))
        try await p.ledger.close()
    }

    /// A crash between the erasure and its event: the ledger is clean, says what is open, and the same call ends it.
    @Test func anErasureThatWasCutOffGoesOn() async throws {
        let p = try await Prepared()
        let found = try await p.ledger.findRecords(.subject("p3"), of: Self.alder)
        _ = try await p.ledger.directory.records.erase(found[p.dataset]!)
        let report = try await p.ledger.check()
        #expect(
            report.findings.isEmpty
                && report.notLookedAt.contains { $0.problem.contains("4 record(s) are erased here") })
        await #expect(throws: EngineError.self) { try await p.train("round-1") }
        try await p.ledger.eraseRecords(found, as: Self.alder)
        let after = try await p.ledger.check()
        #expect(after.findings.isEmpty && after.notLookedAt.isEmpty)
        #expect(try await p.train("round-1").contribution.weight.value == 36)
        try await p.ledger.close()
    }

    private static let origin = Origin("skies.example/alder")!

    private static func digest(_ recipe: Recipe, _ change: (inout Recipe) -> Void) -> ArtifactDigest {
        var recipe = recipe
        change(&recipe)
        return ArtifactDigest(retagging: recipe.digest)
    }
}

extension Ledger {
    /// What a member that keeps to no rule but those of the chain would do.
    func appendUnchecked(_ event: Event, _ body: [UInt8], as member: MemberName, on origin: Origin) throws {
        let open = OpenBody(salt: Salt(bytes: [UInt8](repeating: 7, count: 32))!, mediaType: .json, bytes: body)
        let reference = BodyReference(commitment: open.commitment, mediaType: .json)
        let statement = try statement(event, as: member, on: origin, body: reference)
        try directory.vault.putBody(open)
        try append([seal(statement, with: [activeKey(of: member)])], to: origin)
    }
}
