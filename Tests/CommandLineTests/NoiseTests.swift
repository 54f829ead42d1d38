import Bytes
import ChainViews
import Events
import Foundation
import LedgerStore
import LetheEngine
import Proofs
import Signing
import Testing

/// A hub that has every key, rebuilds nothing, and calls the old model with some noise the new one.
struct NoiseTests {
    private static let hub = MemberName("hub")!

    /// What the hub says happened, event by event, each in its proper form.
    private func pretend(_ ledger: Ledger) async throws -> DeletionID {
        let (origin, view) = (try await ledger.publicOrigin, try await ledger.view)
        let id = try #require(view.allDeletions.first?.deletion)
        let plan = view.plan(for: [id])
        func say(_ event: Event, _ member: MemberName = Self.hub) async throws {
            try await ledger.record(event, as: member, on: origin)
        }
        try await say(
            .deletionStarted(
                DeletionStarted(
                    deletions: plan.deletions, excluded: plan.excluded, holders: plan.holders, plan: plan.digest)))
        try await say(
            .exclusionApplied(ExclusionApplied(models: Ascending(plan.models.map(\.model)), plan: plan.digest)))
        var dispositions: [Disposition] = []
        for planned in plan.models {
            let noisy = ArtifactDigest.sha256(planned.model.bytes)
            try await say(
                .modelMaterialized(
                    ModelMaterialized(
                        contributions: planned.remaining, model: noisy, plan: plan.digest, round: planned.round,
                        tensors: .sha256(noisy.bytes))))
            dispositions.append(
                Disposition(newModel: noisy, oldModel: planned.model, outcome: .rematerialized, round: planned.round))
        }
        try await say(
            .rematerializationCompleted(RematerializationCompleted(dispositions: dispositions, plan: plan.digest)))
        for holder in plan.holders {
            let results = [
                StoreResult(items: Count(4)!, store: .blobs, verdict: .deleted),
                StoreResult(items: Count(0)!, store: .vault, verdict: .notFound),
            ]
            try await say(
                .erasureAttested(ErasureAttested(artifacts: plan.artifacts, plan: plan.digest, results: results)),
                holder)
        }
        try await say(
            .deletionCompleted(
                DeletionCompleted(
                    deletion: id, keyDirectory: try await ledger.view.keyDirectory, outcome: .exact, plan: plan.digest))
        )
        return id
    }

    /// Without the adapters the new model is somebody's word, and the checklist says so. With them it is a lie.
    @Test func whoMergesTheContributionsAgainFindsOut() async throws {
        let place = Pilot().place
        try place.done("deletion", "request", "--member", "birch", "--as", "birch")
        try place.done("deletion", "decide")
        let surroundings = Surroundings(
            now: { Timestamp(seconds: 2_000_000_000)! }, random: .system, passphrase: { nil }, cores: 1)
        let ledger = try await Ledger.open(at: place.file("pilot"), mode: .readWrite, surroundings: surroundings)
        let id = try await pretend(ledger)
        let (bundle, _, _) = try await ledger.certify(
            id, as: Self.hub, signers: [MemberName("alder")!], witnesses: [Self.hub])
        try await ledger.close()
        try Data(bundle.bytes).write(to: URL(fileURLWithPath: place.file("noise.json")))
        try place.done("trust", "--quorum", "1", "--output", "trust.policy")
        for program in [[Workplace.program, "verify"], [Workplace.verifier]] {
            let outcome = place.run(program + ["noise.json", "--trust", "trust.policy"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("attested    round-1: "))
            #expect(!outcome.output.contains("reproduced"))
        }
        let outcome = place.lethe(
            "verify", "noise.json", "--trust", "trust.policy", "--adapters", "round-1", "--report", "r.html")
        expectRefusal(outcome, 1, naming: "round-1", "merging the adapters")
        #expect(outcome.output.isEmpty && !FileManager.default.fileExists(atPath: place.file("r.html")))
    }
}
