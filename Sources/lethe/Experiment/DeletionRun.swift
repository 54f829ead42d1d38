import Adapters
import Bytes
import ChainViews
import Events
import Foundation
import LedgerStore
import LetheEngine
import Reports
import Training
import Unlearning

/// What is deleted from a federation.
struct DeletionChoice {
    enum Target {
        case subject(String, of: MemberName)
        /// Record ids of each organisation.
        case records([(member: MemberName, ids: [String])])
        case organisation(MemberName)

        /// The requests that it takes, each by the member concerned.
        var matters: [(MemberName, DeletionSubjectMatter)] {
            switch self {
            case .subject(let subject, let member): [(member, .subject(subject))]
            case .records(let parts): parts.flatMap { part in part.ids.map { (part.member, .record($0)) } }
            case .organisation(let member): [(member, .member)]
            }
        }
    }

    let kind: String
    let target: Target
    /// The records that are to be forgotten, under the ledger's commitments.
    let records: [TrainingRecord]
}

extension FederationRun {
    /// One subject, one percent of all records, one organisation; each follows from the records and the seed.
    func choices(_ trained: Trained, _ ledger: Ledger) async throws -> [DeletionChoice] {
        let (subject, people) = chooseSubject()
        let drawn = chooseShare()
        let leaving = input.organisations[input.organisations.count / 2]
        let targets: [(kind: String, target: DeletionChoice.Target, records: [MemberName: [DatasetRecord]])] = [
            ("one subject", .subject(subject, of: input.organisations[0].name), [input.organisations[0].name: people]),
            (
                "1 % of records",
                .records(drawn.sorted { $0.key < $1.key }.map { (member: $0.key, ids: $0.value.map(\.id).sorted()) }),
                drawn
            ),
            ("one organisation", .organisation(leaving.name), [leaving.name: leaving.records]),
        ]
        var choices: [DeletionChoice] = []
        for (kind, target, records) in targets {
            var found: [TrainingRecord] = []
            for (member, rows) in records { found += try await find(rows, of: member, trained, ledger) }
            choices.append(DeletionChoice(kind: kind, target: target, records: found))
        }
        return choices
    }

    /// The rows under the commitments that the ledger gave them.
    private func find(
        _ rows: [DatasetRecord], of member: MemberName, _ trained: Trained, _ ledger: Ledger
    ) async throws -> [TrainingRecord] {
        let known = trained.counterfactual.organisations.first { $0.name == member }!.shards.flatMap(\.self)
        let byCommitment = Dictionary(uniqueKeysWithValues: known.map { ($0.commitment.hex, $0) })
        var records: [TrainingRecord] = []
        for row in rows {
            let found = try await ledger.findRecords(.record(row.id), of: member)
            records += found.values.flatMap(\.self).compactMap { byCommitment[$0.hex] }
        }
        return records
    }

    /// The subject with the most records in the first organisation.
    private func chooseSubject() -> (subject: String, records: [DatasetRecord]) {
        let organisation = input.organisations[0]
        let bySubject = Dictionary(grouping: organisation.records.filter { $0.subject != nil }, by: { $0.subject! })
        let found = bySubject.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
        return found.map { ($0.key, $0.value) } ?? ("", [])
    }

    /// At least two records, those whose hash under the seed is smallest.
    private func chooseShare() -> [MemberName: [DatasetRecord]] {
        let all = input.organisations.flatMap { organisation in organisation.records.map { (organisation.name, $0) } }
        let count = max(2, (all.count + 99) / 100)
        let drawn = all.map { member, record in
            (ArtifactDigest.sha256(Array("\(seed) \(member) \(record.id)".utf8)), member, record)
        }.sorted { $0.0 < $1.0 }.prefix(count)
        return Dictionary(grouping: drawn, by: \.1).mapValues { $0.map(\.2) }
    }
}

/// One deletion, carried out on a copy of a federation's ledger.
struct DeletionRun {
    let federation: FederationRun
    let trained: FederationRun.Trained
    let choice: DeletionChoice

    func run() async throws -> ExperimentResults.Deletion {
        let path = "\(trained.path)-copy"
        try FileManager.default.copyItem(atPath: trained.path, toPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let ledger = try await Ledger.open(
            at: path, mode: .readWrite, surroundings: federation.surroundings(choice.kind))
        let forgotten = Set(choice.records.map(\.commitment))
        guard let retrain = try trained.counterfactual.retrain(without: forgotten) else {
            throw Answer.unknown("nothing is left to train on", hint: "give more organisations or records")
        }
        let before = try await federation.evaluation(of: trained.model, in: ledger, forget: choice.records)
        let deletions = try await request(ledger)
        let approximations = try await approximate(ledger, deletions[0], retrain.model)
        var plan: ArtifactDigest?
        let whole = try await timed {
            let digest = try await ledger.planDeletions(deletions).digest
            let left = try await ledger.execute(plan: digest)
            guard left.isEmpty else {
                throw Answer.unknown("the deletion waits for \(left[0].actor): \(left[0].summary)")
            }
            plan = digest
        }
        let model = try await ledger.view.currentModel(of: RoundID("round-\(federation.rounds)")!)
        guard let model else { throw Answer.unknown("the deletion left no model: its result is not exact") }
        let after = try await federation.evaluation(of: model.model, in: ledger, forget: choice.records)
        let work = await ledger.trainingFigures(ofPlan: plan, epochs: federation.recipe.epochs)
        federation.progress.advance(work.samples, "\(federation.name): deleted \(choice.kind)")
        try await ledger.close()
        return ExperimentResults.Deletion(
            kind: choice.kind, forgotten: choice.records.count,
            isEqual: model.tensors.hex == retrain.model.digest.hex,
            accuracyBeforePPM: before.accuracy.accuracyPPM, accuracyAfterPPM: after.accuracy.accuracyPPM,
            accuracyRetrainPPM: try accuracy(of: retrain.model), areaBefore: Self.area(before),
            areaAfter: Self.area(after),
            unlearning: .init(milliseconds: work.milliseconds, samples: work.samples, shardRuns: work.runs),
            wholeMilliseconds: Int(whole * 1_000), retraining: retrain.work, approximations: approximations)
    }

    // MARK: Requests

    /// Asks for the deletions and accepts them, as the members concerned.
    private func request(_ ledger: Ledger) async throws -> [DeletionID] {
        var ids: [DeletionID] = []
        for (member, matter) in choice.target.matters {
            let request = DeletionRequest(
                member: member, matter: matter, ground: .gdpr171a, receivedAt: ledger.surroundings.now(),
                reason: "an experiment")
            let (id, _) = try await ledger.requestDeletion(request, as: member)
            _ = try await ledger.decideDeletion(id, .accepted, as: member, cosigners: [])
            ids.append(id)
        }
        return ids
    }

    // MARK: Approximate methods

    /// What each approximate method makes of the last model, by way of the ledger.
    private func approximate(
        _ ledger: Ledger, _ deletion: DeletionID, _ retrain: NamedTensors
    ) async throws -> [ExperimentResults.Approximation] {
        var results: [ExperimentResults.Approximation] = []
        for method in InterimRecipe.Method.allCases {
            let output = "\(federation.directory)/interim-\(method.rawValue)"
            defer { try? FileManager.default.removeItem(atPath: output) }
            let epochs = 3
            let request = InterimRequest(
                deletion: deletion, model: trained.model,
                steps: .standard(
                    method, epochs: epochs, learningRate: federation.recipe.optimiser.learningRate,
                    maximumTokens: federation.recipe.maximumTokens, seed: UInt64(federation.seed)),
                until: Timestamp(seconds: ledger.surroundings.now().seconds + 30 * 86_400)!, forget: choice.records,
                output: output)
            var adapter: ArtifactDigest?
            let seconds = try await timed {
                adapter = try await ledger.applyInterim(request, as: FederationRun.hub).mitigation.adapter
            }
            let found = try await ledger.adapterOnChain(adapter!).adapter
            let evaluation = try federation.evaluation(of: found, forget: choice.records)
            let distance = try? AdapterDistance(of: NamedTensors(found), from: retrain)
            results.append(
                ExperimentResults.Approximation(
                    method: method.rawValue, accuracyPPM: evaluation.accuracy.accuracyPPM, area: Self.area(evaluation),
                    relativePPB: distance?.relativePPB, greatestPPB: distance?.greatestPPB,
                    work: .init(
                        milliseconds: Int(seconds * 1_000), samples: choice.records.count * epochs, shardRuns: 1)))
        }
        return results
    }

    // MARK: Measuring

    private func accuracy(of tensors: NamedTensors) throws -> Int {
        let held = federation.input.heldOut
        let outcomes = try trained.counterfactual.trainer.outcomes(
            of: held, adapter: tensors, shape: federation.recipe.shape, maximumTokens: federation.recipe.maximumTokens)
        return Accuracy(outcomes, labels: held.map(\.label)).accuracyPPM
    }

    private static func area(_ evaluation: AdapterEvaluation) -> ExperimentResults.Area {
        let membership = evaluation.membership!
        return .init(aucPPM: membership.aucPPM, lowPPM: membership.lowPPM, highPPM: membership.highPPM)
    }
}
