import Bytes
import ChainViews
import Events
import Foundation
import LedgerStore
import MerkleLog
import Synchronization
import Testing
import Training

@testable import LetheEngine

/// Taking a person's records out, cut off at every storage step that it takes: the ledger that is left checks, and the same
/// command ends it with the digests of an execution that nobody cut off.
///
/// How many steps there are is counted first, in an execution without a fault; each is then the last one of another.
@Suite struct RecordCrashTests {
    private static let alder = TestConsortium.alder

    /// Two isolated rounds of alder's on two shards, and an accepted request for the records of a person.
    private struct Prepared: Sendable {
        let consortium: TestConsortium
        let plan: ArtifactDigest
        /// The steps of an execution in order, and what came of it.
        let steps: [FaultInjector.Step]
        let outcome: Outcome

        static let shared = Task { try await Prepared() }

        init() async throws {
            let consortium = try await TestConsortium(contributors: [alder])
            plan = try await consortium.using { try await Self.prepare($0) }
            self.consortium = consortium
            let taken = Taken()
            outcome = try await Self.execute(
                plan, in: consortium.copy(),
                faults: FaultInjector { step in
                    taken.steps.withLock { $0.append(step) }
                    return nil
                })
            steps = taken.steps.withLock { $0 }
        }

        private static func prepare(_ ledger: Ledger) async throws -> ArtifactDigest {
            let base = try await ledger.registerBase(
                BaseLocation.name(ofEmbedded: 7), at: .embedded(seed: 7), as: TestConsortium.hub
            ).base
            var recipe = try Recipe.suggested(for: try await ledger.encoder(for: base).encoder)
            (recipe.epochs, recipe.batchSize, recipe.maximumTokens) = (1, 2, 8)
            let lines = (0..<12).map { "r\($0)\tp\($0 / 2)\t\($0 % 2)\tperson \($0) said \($0 * 7)" }
            let table = (["record_id\tsubject_id\tlabel\ttext"] + lines).joined(separator: "\n")
            let file = try DatasetFile(parsing: Array(table.utf8), format: .tsv, path: "rows.tsv")
            let request = DatasetRequest(file: file, path: "rows.tsv", name: "rows", shards: 2)
            let dataset = try await ledger.registerDataset(request, as: alder).dataset
            for name in ["round-1", "round-2"] {
                let opened = RoundOpened(base: base, round: RoundID(name)!, rule: .mean, topology: .isolated)
                try await ledger.record(.roundOpened(opened), as: TestConsortium.hub, on: ledger.publicOrigin)
                _ = try await ledger.train(
                    TrainingRequest(round: opened.round, datasets: [dataset], recipe: recipe), as: alder)
                _ = try await ledger.closeRound(opened.round, as: TestConsortium.hub)
                _ = try await ledger.materialize(opened.round, as: TestConsortium.hub)
            }
            let deletion = DeletionRequest(
                member: alder, matter: .subject("p1"), ground: .gdpr171b, receivedAt: ledger.surroundings.now(),
                reason: "")
            let id = try await ledger.requestDeletion(deletion, as: alder).id
            _ = try await ledger.decideDeletion(id, .accepted, as: alder, cosigners: [])
            return try await ledger.planDeletions([id]).digest
        }

        static func execute(
            _ plan: ArtifactDigest, in consortium: TestConsortium, faults: FaultInjector = .none
        ) async throws -> Outcome {
            try await consortium.using(faults: faults) { ledger in
                #expect(try await ledger.execute(plan: plan, options: TrainingOptions(threads: 1, saveEvery: 1)) == [])
                return try await Outcome(ledger)
            }
        }
    }

    private final class Taken: Sendable {
        let steps = Mutex<[FaultInjector.Step]>([])
    }

    /// What must be the same however often an execution was cut off.
    private struct Outcome: Equatable, Sendable {
        var models: [ArtifactDigest]
        var contributions: [ArtifactDigest]
        var states: [DeletionRow.State]
        /// The run that counts for each shard and round.
        var runs: [ArtifactDigest]
        var rows: Int
        var savedStates: [String]
        /// Types of events: each once, but for attestations, which a holder repeats whose first erasure failed.
        var publicTypes: [String]
        var privateTypes: [String]
        var adapters: [BlobID]
        /// Their names follow from event hashes, which no two executions have in common.
        var runningSums: Int

        init(_ ledger: Ledger) async throws {
            let view = try await ledger.view
            models = view.allModels.map(\.model)
            contributions = view.allRounds.flatMap { view.contributions(to: $0.round) }.map(\.adapter)
            states = view.allDeletions.map(\.state)
            let chain = await ledger.privateViews[Origin("skies.example/alder")!]!
            runs = chain.allRuns.map(\.trained.run)
            let directory = await ledger.directory
            rows = try directory.records.datasets().reduce(0) { try $0 + directory.records.commitments(of: $1).count }
            savedStates = try directory.states.names()
            publicTypes = try await ledger.events(of: ledger.publicOrigin).map(\.type).filter {
                $0 != "erasure-attested"
            }
            privateTypes = try await ledger.events(of: chain.origin).map(\.type)
            let blobs = try directory.blobs.list().map(\.id)
            adapters = blobs.filter { $0.kind != .runningSum }
            runningSums = blobs.count - adapters.count
        }
    }

    /// Every step takes minutes, so each kind of step is tried the first and the last time that it is taken;
    /// `LETHE_EVERY_STEP=1` tries all of them, and both ways to fail.
    private static let isWhole = ProcessInfo.processInfo.environment["LETHE_EVERY_STEP"] == "1"
    private static let effects: [FaultInjector.Effect] =
        isWhole ? [.failed, .failedButPersisted] : [.failedButPersisted]
    /// The steps in parts, so that they run side by side.
    private static let parts = 4

    @Test(arguments: 0..<parts, effects)
    func goesOnFromEveryStep(part: Int, effect: FaultInjector.Effect) async throws {
        let prepared = try await Prepared.shared.value
        let steps = prepared.steps
        #expect(Set(steps).isSuperset(of: [.saveState, .commitAppend, .insertBlobKey, .markErasure, .confirmErasure]))
        let chosen = steps.indices.filter {
            Self.isWhole || steps.firstIndex(of: steps[$0]) == $0 || steps.lastIndex(of: steps[$0]) == $0
        }
        for place in stride(from: part, to: chosen.count, by: Self.parts) {
            try await cutOff(at: chosen[place], effect, prepared)
        }
    }

    private func cutOff(at number: Int, _ effect: FaultInjector.Effect, _ prepared: Prepared) async throws {
        let place = "step \(number), \(prepared.steps[number].rawValue), \(effect.rawValue)"
        let spoiled = prepared.consortium.copy()
        let count = Mutex(0)
        let faults = FaultInjector { _ in
            count.withLock {
                $0 += 1
                return $0 == number + 1 ? effect : nil
            }
        }
        // An erasure that failed is attested as failed, and the command may then go on; any other ends it.
        _ = try? await spoiled.using(faults: faults) {
            try await $0.execute(plan: prepared.plan, options: TrainingOptions(threads: 1, saveEvery: 1))
        }
        #expect(count.withLock { $0 } > number, "\(place)")
        try await spoiled.using { ledger in
            try await ledger.recover()
            let findings = try await ledger.check().findings
            #expect(findings == [], "\(place)")
        }
        let outcome = try await Prepared.execute(prepared.plan, in: spoiled)
        expectEqual(outcome, prepared.outcome, place)
        try await spoiled.using { ledger in
            let findings = try await ledger.check().findings
            #expect(findings == [], "\(place)")
        }
    }
    private func expectEqual(_ outcome: Outcome, _ wanted: Outcome, _ place: String) {
        #expect(outcome.models == wanted.models && outcome.contributions == wanted.contributions, "\(place)")
        #expect(outcome.runs == wanted.runs && outcome.adapters == wanted.adapters, "\(place)")
        #expect(outcome.publicTypes == wanted.publicTypes, "\(place)")
        #expect(outcome.privateTypes == wanted.privateTypes, "\(place)")
        #expect(outcome == wanted, "\(place)")
    }
}
