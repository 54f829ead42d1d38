import Bytes
import ChainViews
import Events
import Foundation
import LedgerStore
import LetheEngine
import Testing
import Training

/// A person's records taken out of a federation that trains for real, against the federation that never had them.
///
/// The other federation is a copy of the ledger from before the first run, with the same salts and shards, in which the
/// rows were erased before anybody trained.
@Suite struct RecordUnlearningTests {
    private static let members = TestConsortium.contributors
    private static let rounds = ["round-1", "round-2", "round-3"]

    /// Two members with a small dataset each, and rounds of one topology.
    private struct Federation {
        let consortium: TestConsortium
        let topology: Topology

        static func founded(_ topology: Topology) async throws -> Federation {
            let federation = Federation(consortium: try await TestConsortium(), topology: topology)
            try await federation.consortium.using { ledger in
                _ = try await ledger.registerBase(
                    BaseLocation.name(ofEmbedded: 7), at: .embedded(seed: 7), as: TestConsortium.hub)
                for member in members {
                    _ = try await ledger.registerDataset(try request(member), as: member)
                }
            }
            return federation
        }

        /// Eighteen rows, three of each person, the persons named after the member.
        static func request(_ member: MemberName, persons: Range<Int> = 0..<6) throws -> DatasetRequest {
            let lines = persons.flatMap { person in
                (0..<3).map { row in
                    "\(member)-\(person)-\(row)\tp\(person)-\(member)\t\(row % 2)\t\(member) person \(person) said \(row * 7)"
                }
            }
            let table = (["record_id\tsubject_id\tlabel\ttext"] + lines).joined(separator: "\n")
            let file = try DatasetFile(parsing: Array(table.utf8), format: .tsv, path: "rows.tsv")
            return DatasetRequest(file: file, path: "rows.tsv", name: "rows of \(member)", shards: 3)
        }

        func copy() -> Federation { Federation(consortium: consortium.copy(), topology: topology) }

        func run(_ ledger: Ledger, by members: [MemberName] = RecordUnlearningTests.members) async throws {
            for name in RecordUnlearningTests.rounds { try await run(name, ledger, by: members) }
        }

        private func run(_ name: String, _ ledger: Ledger, by members: [MemberName]) async throws {
            let round = RoundID(name)!
            let base = try await ledger.view.allBases.first { $0.base != TestConsortium.base }!.base
            let cohorts: Ascending<Cohort>? =
                topology == .cohort
                ? Ascending(members.map { Cohort(members: [$0], name: CohortName("with-\($0)")!) }) : nil
            let opened = RoundOpened(base: base, round: round, rule: .mean, topology: topology, cohorts: cohorts)
            try await ledger.record(.roundOpened(opened), as: TestConsortium.hub, on: ledger.publicOrigin)
            var recipe = try Recipe.suggested(for: try await ledger.encoder(for: base).encoder)
            recipe.epochs = 1
            for member in members {
                let datasets = try await ledger.datasetSummaries().filter { $0.chain.chain == member.text }.map(
                    \.dataset)
                let request = TrainingRequest(round: round, datasets: datasets, recipe: recipe)
                _ = try await ledger.train(request, as: member)
            }
            _ = try await ledger.closeRound(round, as: TestConsortium.hub)
            for cohort in [nil] + (cohorts?.map(\.name) ?? []) {
                _ = try await ledger.materialize(round, cohort: cohort, as: TestConsortium.hub)
            }
        }

        /// The models that are served and the contributions that count, by what they are called.
        static func outcome(_ ledger: Ledger) async throws -> [String: ArtifactDigest] {
            let view = try await ledger.view
            var outcome: [String: ArtifactDigest] = [:]
            for row in view.allModels where row.state == .current {
                outcome["model of " + row.round.name(cohort: row.cohort)] = row.model
            }
            for round in view.allRounds {
                for row in view.contributions(to: round.round) {
                    outcome["\(row.member) in \(row.round)"] = row.adapter
                }
            }
            return outcome
        }

        /// Requests and accepts a deletion.
        static func accept(
            _ matter: DeletionSubjectMatter, of member: MemberName, _ ledger: Ledger
        ) async throws -> DeletionID {
            let request = DeletionRequest(
                member: member, matter: matter, ground: .gdpr171b, receivedAt: ledger.surroundings.now(), reason: "")
            let id = try await ledger.requestDeletion(request, as: member).id
            _ = try await ledger.decideDeletion(id, .accepted, as: member, cosigners: [])
            return id
        }
    }

    @Test(arguments: [Topology.isolated, .feedback, .cohort])
    func theModelsAreThoseOfTheFederationWithoutThePerson(topology: Topology) async throws {
        let federation = try await Federation.founded(topology)
        let other = federation.copy()
        let alder = TestConsortium.alder
        let expected = try await other.consortium.using { ledger in
            for query in [RecordQuery.subject("p3-alder"), .record("alder-5-1")] {
                try await ledger.eraseRecords(try await ledger.findRecords(query, of: alder), as: alder)
            }
            try await other.run(ledger)
            return try await Federation.outcome(ledger)
        }
        try await federation.consortium.using { ledger in
            try await federation.run(ledger)
            let before = try await Federation.outcome(ledger)
            #expect(before != expected)
            let ids = [
                try await Federation.accept(.subject("p3-alder"), of: alder, ledger),
                try await Federation.accept(.record("alder-5-1"), of: alder, ledger),
            ]
            let plan = try await ledger.planDeletions(ids)
            #expect(plan.isExact && plan.work.retrained.value > 0 && plan.work.retrained < plan.work.all)
            #expect(try await ledger.outlook(of: plan).records == 4)
            #expect(try await ledger.execute(plan: plan.digest).isEmpty)
            #expect(try await Federation.outcome(ledger) == expected)
            try await expectGone(ledger, alder)
        }
    }

    /// Rows, adapters and bytes are gone, the ledger checks, and what went does not come back.
    private func expectGone(_ ledger: Ledger, _ member: MemberName) async throws {
        let rows = try await ledger.view.allDeletions
        #expect(rows.allSatisfy { $0.state == .completed })
        #expect(try await ledger.findRecords(.subject("p3-alder"), of: member).isEmpty)
        #expect(try await ledger.check().findings.isEmpty)
        let again = await refusal {
            _ = try await ledger.registerDataset(try Federation.request(member, persons: 3..<4), as: member)
        }
        #expect(again?.message.contains("erased") ?? false)
    }

    @Test func aWholeDatasetGoesAndTheRoundsAreThoseOfTheOthers() async throws {
        let federation = try await Federation.founded(.feedback)
        let other = federation.copy()
        let alder = TestConsortium.alder
        try await federation.consortium.using { ledger in
            try await federation.run(ledger)
            let dataset = try await ledger.datasetSummaries().first { $0.chain.chain == alder.text }!.dataset
            let id = try await Federation.accept(.dataset(dataset), of: alder, ledger)
            let plan = try await ledger.planDeletions([id])
            #expect(plan.deletions.count == 1 && plan.isExact)
            let mine = try await ledger.view
            #expect(plan.retraining.allSatisfy { mine.contributions[$0.contribution]!.member == TestConsortium.birch })
            #expect(try await ledger.execute(plan: plan.digest).isEmpty)
            let counterfactual = try await Federation.outcome(ledger)
            // Birch alone, from the start.
            let expected = try await other.consortium.using { ledger in
                let dataset = try await ledger.datasetSummaries().first { $0.chain.chain == alder.text }!.dataset
                try await ledger.eraseRecords(try await ledger.findRecords(.dataset(dataset), of: alder), as: alder)
                try await other.run(ledger, by: [TestConsortium.birch])
                return try await Federation.outcome(ledger)
            }
            #expect(counterfactual == expected)
        }
    }

    @Test func whatNobodyKnowsIsRefusedAndChangesNothing() async throws {
        let federation = try await Federation.founded(.isolated)
        try await federation.consortium.using { ledger in
            let size = try await ledger.view.size
            for matter in [DeletionSubjectMatter.subject("p9"), .record("none"), .dataset(DatasetID("ds-none")!)] {
                let error = await refusal {
                    _ = try await Federation.accept(matter, of: TestConsortium.alder, ledger)
                }
                #expect(error?.code == .refused)
            }
            let others = await refusal {
                let request = DeletionRequest(
                    member: TestConsortium.alder, matter: .subject("p3-alder"), ground: .gdpr171b,
                    receivedAt: ledger.surroundings.now(), reason: "")
                _ = try await ledger.requestDeletion(request, as: TestConsortium.birch)
            }
            #expect(others?.code == .refused)
            #expect(try await ledger.view.size == size)
        }
    }
}
