import Bytes
import ChainViews
import Events
import Foundation
import LedgerStore
import MerkleLog
import Testing

@testable import LetheEngine

/// Unlearning with the real trainer against the federation that was founded without the records: random small
/// federations, random deletions, one plan after the other and several deletions in one.
///
/// Three things are held: every run, contribution and model has the bytes of the other federation; what a plan does not
/// name is as it was; and every run that a plan repeats comes out otherwise, so that none is repeated for nothing.
/// `LETHE_SEEDS=100-199` draws others.
@Suite struct CounterfactualFederationTests {
    private static let seeds: [UInt64] = {
        let ends = (ProcessInfo.processInfo.environment["LETHE_SEEDS"] ?? "").split(separator: "-").compactMap {
            UInt64($0)
        }
        return ends.count == 2 && ends[0] <= ends[1] ? Array(ends[0]...ends[1]) : [1, 2, 3]
    }()

    @Test(arguments: [[Topology.isolated], [.feedback], [.cohort], [.isolated, .feedback, .cohort]], seeds)
    func unlearningGivesTheFederationThatNeverHadTheRecords(topologies: [Topology], seed: UInt64) async throws {
        let drawn = DrawnFederation(seed: seed, topologies: topologies)
        do {
            let federation = try await RunFederation(drawn)
            for (index, round) in drawn.rounds.enumerated() {
                try await federation.run(round) { stage in
                    for batch in drawn.batches where batch.round == index + 1 && batch.stage == stage {
                        try await carryOut(batch.deletions, in: federation)
                    }
                }
            }
            let other = try await RunFederation(drawn, without: drawn.deletedRows, drawn.leaving)
            for round in drawn.rounds { try await other.run(round) }
            #expect(try await federation.outcome() == other.outcome(), "\(drawn)")
            #expect(try await federation.heldRows() == other.heldRows(), "\(drawn)")
            try await expectSound(federation)
            try await federation.close()
            try await other.close()
        } catch {
            Issue.record(error, "\(drawn)")
        }
    }

    /// The check is clean, and a replay with retraining repeats every run that uses no erased record.
    private func expectSound(_ federation: RunFederation) async throws {
        let drawn = federation.drawn
        #expect(try await federation.ledger.check().findings == [], "\(drawn)")
        let replay = try await federation.ledger.retrain()
        #expect(!replay.runs.contains(where: \.isWrong) && !replay.contributions.contains(where: \.isWrong), "\(drawn)")
        let counting = try await federation.countingRuns()
        #expect(replay.runs.allSatisfy { $0.outcome == .equal || !counting.contains($0.event) }, "\(drawn)")
    }

    private func carryOut(_ deletions: [DrawnFederation.Deletion], in federation: RunFederation) async throws {
        var accepted: [DeletionID] = []
        for deletion in deletions {
            if let id = try await federation.accept(deletion) { accepted.append(id) }
        }
        guard !accepted.isEmpty else { return }
        let plan = try await federation.ledger.planDeletions(accepted)
        let before = try await Snapshot(federation)
        #expect(try await federation.ledger.execute(plan: plan.digest) == [], "\(federation.drawn)")
        let after = try await Snapshot(federation)
        // A model is given up only where nobody is left that contributed to it.
        #expect(plan.descendants == [], "\(federation.drawn)")
        #expect(
            plan.models.allSatisfy {
                ($0.outcome == .withdrawn) == ($0.remaining.count.value + $0.retrained.value == 0)
            },
            "\(federation.drawn)")
        expectOnly(plan, between: before, after, deletions, federation.drawn)
    }

    /// What is not in the plan did not change; what is in it did.
    private func expectOnly(
        _ plan: Plan, between before: Snapshot, _ after: Snapshot, _ deletions: [DrawnFederation.Deletion],
        _ drawn: DrawnFederation
    ) {
        let excluded = Set(plan.excluded)
        #expect(
            before.contributions.filter { !excluded.contains($0.key) }.allSatisfy { after.contributions[$0] == $1 },
            "\(drawn)")
        let planned = Set(plan.models.map(\.materialization))
        #expect(before.models.filter { !planned.contains($0.key) }.allSatisfy { after.models[$0] == $1 }, "\(drawn)")
        // Each run that was repeated is one of the plan's, each once, and gave other bytes than the one it replaces.
        let known = Set(before.runs)
        #expect(known.isSubset(of: after.runs), "\(drawn)")
        let repeated = after.runs.filter { !known.contains($0) }
        #expect(
            repeated.count == plan.work.retrained.value && repeated.allSatisfy { $0.trained.plan == plan.digest },
            "\(drawn)")
        for run in repeated {
            let old = before.runs.last {
                $0.trained.reference == run.trained.reference && $0.trained.round == run.trained.round
            }
            #expect(old.map { $0.trained.tensors != run.trained.tensors } ?? false, "\(drawn)")
        }
        // The rows that go, and no others.
        let concerned = Set(deletions.map(\.member))
        let gone = before.rows.subtracting(after.rows)
        #expect(after.rows.isSubset(of: before.rows) && gone.count == before.rows(of: deletions, drawn), "\(drawn)")
        // A member that the plan does not concern has written nothing on its private chain and erased nothing.
        let trained = Set(plan.retraining.compactMap { before.contributions[$0.contribution]?.member })
        for (member, size) in before.privateSizes where !concerned.union(trained).contains(member) {
            #expect(after.privateSizes[member] == size, "\(member), \(drawn)")
        }
        // No adapter is lost that something which counts is made of.
        #expect(after.needed.isSubset(of: after.blobs), "\(drawn)")
        #expect(after.blobs.isDisjoint(with: plan.artifacts.elements), "\(drawn)")
    }

    /// What a ledger has, at one time.
    private struct Snapshot {
        var contributions: Table<EventHash, ContributionRow>.Rows
        var models: Table<EventHash, ModelRow>.Rows
        var runs: [RunRow] = []
        var rows: Set<RecordCommitment> = []
        var ids: [RecordCommitment: String] = [:]
        var privateSizes: [MemberName: Int] = [:]
        /// The adapters that are here, and those that must be.
        var blobs: Set<ArtifactDigest>
        var needed: Set<ArtifactDigest>

        init(_ federation: RunFederation) async throws {
            let (ledger, view) = (federation.ledger, try await federation.ledger.view)
            contributions = view.contributions.rows
            models = view.models.rows
            blobs = Set(
                try await ledger.directory.blobs.list().map(\.id).filter { $0.kind.rawValue == "adapter-tensors" }.map {
                    ArtifactDigest(retagging: $0.digest)
                })
            needed = Set(view.allModels.filter { $0.state == .current }.map(\.model))
            needed.formUnion(contributions.values.filter(\.counts).map(\.adapter))
            for member in federation.drawn.members {
                let origin = await ledger.privateChain(of: member)!
                runs += await ledger.privateViews[origin]!.allRuns
                privateSizes[member] = try await ledger.size(of: origin).rawValue
            }
            let counting = try await federation.countingRuns()
            needed.formUnion(runs.filter { counting.contains($0.event) }.map(\.trained.adapter))
            for dataset in try await ledger.directory.records.datasets() {
                for row in try await ledger.directory.records.records(of: dataset) {
                    rows.insert(row.commitment)
                    ids[row.commitment] = row.record.id
                }
            }
        }

        /// How many of the rows here these deletions are about.
        func rows(of deletions: [DrawnFederation.Deletion], _ drawn: DrawnFederation) -> Int {
            let gone = deletions.reduce(into: Set<String>()) { $0.formUnion(drawn.rows(of: $1)) }
            return rows.count { gone.contains(ids[$0]!) }
        }
    }
}
