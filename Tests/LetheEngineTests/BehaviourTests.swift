import Adapters
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import Testing
import Training

/// A consortium on an embedded base whose two contributors trained their adapters for real.
private struct Trained {
    static let seed: UInt64 = 7
    static let round = RoundID("r1")!
    let consortium: TestConsortium
    let base = BaseEncoder.embedded(seed: seed)
    let recipe: Recipe
    let records = (0..<36).map(Self.record)
    let heldOut = (100..<130).map(Self.record)

    init() async throws {
        consortium = try await TestConsortium()
        let number = { (text: String) in RecipeNumber(text)! }
        recipe = try Recipe(
            base: base.digest, tokenizer: base.tokenizer.digest,
            lora: .init(rank: 4, alpha: 8, targetModules: ["query", "value"]), modulesToSave: ["classifier"],
            classCount: 2,
            optimiser: .init(
                learningRate: number("0.01"), beta1: number("0.9"), beta2: number("0.999"),
                epsilon: number("0.00000001"), weightDecay: number("0"), schedule: .constant),
            epochs: 6, batchSize: 8, maximumTokens: 16, seed: 3)
        try await consortium.using { ledger in
            let name = BaseLocation.name(ofEmbedded: Self.seed)
            _ = try await ledger.registerBase(name, at: .embedded(seed: Self.seed), as: TestConsortium.hub)
            let opened = RoundOpened(
                base: ArtifactDigest(retagging: base.weightsDigest), round: Self.round, rule: .mean, topology: .isolated
            )
            try await ledger.record(.roundOpened(opened), as: TestConsortium.hub, on: consortium.origin)
            for (index, member) in TestConsortium.contributors.enumerated() {
                let part = Array(records[(index * 18)..<(index * 18 + 18)])
                let directory = try train(part, to: "\(member)")
                _ = try await ledger.commitAdapter(
                    ContributionRequest(directory: directory, round: Self.round, weight: 18), as: member)
            }
            _ = try await ledger.closeRound(Self.round, as: TestConsortium.hub)
            _ = try await ledger.materialize(Self.round, as: TestConsortium.hub)
        }
    }

    private static func record(_ index: Int) -> TrainingRecord {
        let words = [["late", "lost", "rude", "awful"], ["great", "kind", "thanks", "early"]]
        let label = index % 2
        let text = (0..<4).map { "\(words[label][(index / 2 + $0) % 4]) w\(index * 3 + $0)" }.joined(separator: " ")
        return TrainingRecord(commitment: .sha256(Array("record \(index)".utf8)), text: text, label: label)
    }

    /// Trains an adapter and writes its PEFT directory.
    func train(_ records: [TrainingRecord], to name: String) throws -> String {
        guard case .finished(let result) = try Trainer(base: base).train(recipe, records: records) else {
            throw Unfinished()
        }
        let directory = consortium.scratch.file(name)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let configuration = try recipe.adapterConfiguration(
            base: base.weightsDigest, baseName: BaseLocation.name(ofEmbedded: Self.seed).text)
        try Data(configuration.peftBytes).write(to: URL(filePath: "\(directory)/\(Adapter.configurationName)"))
        try result.tensors.write(to: "\(directory)/\(Adapter.tensorsName)")
        return directory
    }

    struct Unfinished: Error {}

    func request(forget: [TrainingRecord]? = nil, retrain: Adapter? = nil, deletion: DeletionID? = nil)
        -> EvaluationRequest
    {
        EvaluationRequest(
            data: EvaluationRecords(records: heldOut, digest: .sha256([1])),
            forget: forget.map { EvaluationRecords(records: $0, digest: .sha256([2])) }, retrain: retrain,
            maximumTokens: 16, resamples: 100, seed: 5, salt: [UInt8](repeating: 9, count: 32), deletion: deletion)
    }

    func interim(
        _ deletion: DeletionID, _ method: InterimRecipe.Method, model: ArtifactDigest, days: Int = 30, to name: String
    ) -> InterimRequest {
        InterimRequest(
            deletion: deletion, model: model,
            steps: .standard(
                method, epochs: 4, learningRate: RecipeNumber("0.01")!, maximumTokens: 16, seed: 1),
            until: Timestamp(seconds: consortium.clock.now().seconds + days * 86_400)!,
            forget: Array(records.prefix(18)), output: consortium.scratch.file(name))
    }

    /// A deletion of alder's contributions that was asked for.
    func request(in ledger: Ledger) async throws -> DeletionID {
        try await ledger.requestDeletion(
            DeletionRequest(
                member: TestConsortium.alder, ground: .contractEnded, receivedAt: consortium.clock.now(), reason: "left"
            ),
            as: TestConsortium.alder
        ).id
    }
}

@Suite struct BehaviourTests {
    @Test func evaluationsOfWhatTheChainKnowsAreRecordedEachKindByItself() async throws {
        let trained = try await Trained()
        try await trained.consortium.using { ledger in
            let model = try await ledger.view.currentModel(of: Trained.round)!.model
            let (adapter, base) = try await ledger.adapterOnChain(model)
            let request = trained.request(forget: Array(trained.records.prefix(18)), retrain: adapter)
            let evaluation = try AdapterEvaluation(of: adapter, on: base, request, threads: 2)
            let recorded = try await ledger.recordEvaluation(evaluation, request, as: TestConsortium.birch)
            #expect(recorded.count == 3)
            let rows = try await ledger.view.allAdapterEvaluations
            #expect(rows.map(\.evaluation.kind) == [.accuracy, .membershipInference, .distance])
            #expect(rows.allSatisfy { $0.evaluation.adapter == model && $0.author == TestConsortium.birch })
            #expect(rows[0].evaluation.accuracy!.accuracyPPM.value > 700_000, "it learnt something")
            let membership = try #require(rows[1].evaluation.membership)
            #expect(membership.aucPPM.value > 500_000, "and knows a little of what it was trained on")
            #expect((membership.lowPPM.value...membership.highPPM.value).contains(membership.aucPPM.value))
            let expected = ArtifactDigest.sha256(
                Array("lethe/forget-set/v1\0".utf8), [UInt8](repeating: 9, count: 32), ArtifactDigest.sha256([2]).bytes)
            #expect(membership.forget.hex == expected.hex)
            #expect(rows[2].evaluation.distance!.isEqual)
            #expect(try await ledger.check().findings.isEmpty)
        }
    }

    @Test func anotherModelIsAtADistanceAndTheFilesOrderChangesNothing() async throws {
        let trained = try await Trained()
        let paths = try (1...2).map { try trained.train(Array(trained.records.prefix($0 * 9)), to: "other-\($0)") }
        let adapters = try paths.map { try Adapter(directory: $0, base: trained.base.weightsDigest) }
        var request = trained.request(forget: Array(trained.records.prefix(9)), retrain: adapters[1])
        let first = try AdapterEvaluation(of: adapters[0], on: trained.base, request, threads: 1)
        #expect(first.distance!.isEqual == false && first.distance!.greatestPPB > 0)
        request.data.records.reverse()
        request.forget!.records.reverse()
        #expect(try AdapterEvaluation(of: adapters[0], on: trained.base, request, threads: 2) == first)
    }

    @Test func anEvaluationOfAStrangerIsRefused() async throws {
        let trained = try await Trained()
        let path = try trained.train(Array(trained.records.prefix(4)), to: "stranger")
        try await trained.consortium.using { ledger in
            let adapter = try Adapter(directory: path, base: trained.base.weightsDigest)
            let request = trained.request()
            let evaluation = try AdapterEvaluation(of: adapter, on: trained.base, request, threads: 1)
            #expect(try await !ledger.knowsAdapter(evaluation.adapter))
            let before = try await ledger.view.size
            await #expect(throws: EngineError.self) {
                try await ledger.recordEvaluation(evaluation, request, as: TestConsortium.birch)
            }
            #expect(try await ledger.view.size == before)
        }
    }

    @Test(arguments: InterimRecipe.Method.allCases)
    func anInterimMeasureWeakensTheModelAndEndsWithTheDeletion(method: InterimRecipe.Method) async throws {
        let trained = try await Trained()
        try await trained.consortium.using { ledger in
            let id = try await trained.request(in: ledger)
            let model = try await ledger.view.currentModel(of: Trained.round)!.model
            let (_, mitigation) = try await ledger.applyInterim(
                trained.interim(id, method, model: model, to: "interim"), as: TestConsortium.hub)
            let forget = Array(trained.records.prefix(18))
            func loss(_ digest: ArtifactDigest) async throws -> Int {
                let (adapter, base) = try await ledger.adapterOnChain(digest)
                var request = trained.request()
                request.data.records = forget
                return try AdapterEvaluation(of: adapter, on: base, request, threads: 2).accuracy.meanLossMicronats
            }
            #expect(try await loss(mitigation.adapter) > loss(model) + 50_000)
            let written = try Adapter(
                directory: trained.consortium.scratch.file("interim"), base: trained.base.weightsDigest)
            #expect(ArtifactDigest(retagging: try written.digests().adapter) == mitigation.adapter)

            var status = try await ledger.deletionStatus()[0]
            #expect(status.grade == .recorded)
            #expect(status.mitigations[0].words.hasPrefix("approximate, interim, ends on "))
            _ = try await ledger.decideDeletion(id, .accepted, as: TestConsortium.alder, cosigners: [])
            let plan = try await ledger.planDeletions([id])
            _ = try await ledger.execute(plan: plan.digest)
            status = try await ledger.deletionStatus()[0]
            #expect(status.row.state == .completed && status.mitigations[0].isOver)
            #expect(try await !ledger.holdsAdapter(mitigation.adapter), "it went with what it descends from")
            await #expect(throws: EngineError.self) {
                try await ledger.importAdapter(at: trained.consortium.scratch.file("interim"))
            }
        }
    }

    @Test func aMeasureWithoutEndNearEnoughIsRefusedAndLeavesNothing() async throws {
        let trained = try await Trained()
        try await trained.consortium.using { ledger in
            let id = try await trained.request(in: ledger)
            let model = try await ledger.view.currentModel(of: Trained.round)!.model
            let before = try await ledger.view.size
            for days in [-1, 100] {
                await #expect(throws: EngineError.self) {
                    try await ledger.applyInterim(
                        trained.interim(id, .gradientAscent, model: model, days: days, to: "late"),
                        as: TestConsortium.hub)
                }
            }
            #expect(try await ledger.view.size == before)
            #expect(!FileManager.default.fileExists(atPath: trained.consortium.scratch.file("late")))
        }
    }
}
