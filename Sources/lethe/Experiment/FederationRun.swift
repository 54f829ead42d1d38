import Adapters
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import Reports
import Signing
import Synchronization
import Training

/// Bytes that follow from a name: SHA-256 of it and of a number that goes up.
private final class SeededBytes: Sendable {
    private let prefix: String
    private let count = Mutex(0)

    init(_ prefix: String) { self.prefix = prefix }

    func next(_ length: Int) -> [UInt8] {
        count.withLock { count in
            var bytes: [UInt8] = []
            while bytes.count < length {
                count += 1
                bytes += ArtifactDigest.sha256(Array("\(prefix) \(count)".utf8)).bytes
            }
            return Array(bytes.prefix(length))
        }
    }
}

/// One federation of an experiment: trained through a ledger of its own, then deleted from.
struct FederationRun {
    static let consortium = Consortium("experiment.example")!
    static let hub = MemberName("hub")!

    let input: ExperimentInput
    let recipe: Recipe
    let topology: Topology
    let shards: Int
    let rounds: Int
    let seed: Int
    let threads: Int
    /// Where the ledgers lie until the run is over.
    let directory: String
    let progress: ExperimentProgress

    /// Such as `isolated, 4 shards each`.
    var name: String { "\(topology.rawValue), \(shards) shard\(shards == 1 ? "" : "s") each" }

    /// A trained federation: where its ledger is, and what is known of it.
    struct Trained {
        let path: String
        let datasets: [MemberName: DatasetID]
        let model: ArtifactDigest
        let counterfactual: Counterfactual
        let before: AdapterEvaluation
    }

    func run() async throws -> ExperimentResults.Federation {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        progress.announce("\(name): training")
        // Of a run that was cut off.
        try? FileManager.default.removeItem(atPath: directory)
        let path = "\(directory)/ledger"
        let surroundings = try surroundings("ledger")
        let ledger = try await found(at: path, surroundings)
        let datasets = try await register(ledger)
        let whole = try await timed { try await train(ledger, datasets) }
        let figures = await ledger.trainingFigures(ofPlan: nil, epochs: recipe.epochs)
        let chains = try await ledger.chainFigures()
        let last = RoundID("round-\(rounds)")!
        let model = try await ledger.view.currentModel(of: last)!.model
        let trained = Trained(
            path: path, datasets: datasets, model: model, counterfactual: try await counterfactual(ledger, datasets),
            before: try await evaluation(of: model, in: ledger, forget: nil))
        let choices = try await choices(trained, ledger)
        try await ledger.close()
        var deletions: [ExperimentResults.Deletion] = []
        for choice in choices {
            progress.announce("\(name): deleting \(choice.kind)")
            deletions.append(try await DeletionRun(federation: self, trained: trained, choice: choice).run())
        }
        return ExperimentResults.Federation(
            topology: topology.rawValue, shards: shards, accuracyPPM: trained.before.accuracy.accuracyPPM,
            events: chains.events, leafBytes: chains.leafBytes, storedBytes: try Self.storedBytes(path),
            ledgerMilliseconds: max(0, Int(whole * 1_000) - figures.milliseconds),
            training: .init(milliseconds: figures.milliseconds, samples: figures.samples, shardRuns: figures.runs),
            deletions: deletions)
    }

    /// The process's own surroundings, but for randomness, which follows from the seed: an experiment's keys protect
    /// nothing, and its figures come out the same again.
    func surroundings(_ purpose: String) throws -> Surroundings {
        var surroundings = try Surroundings.process()
        let bytes = SeededBytes("lethe/experiment/v1 \(seed) \(topology.rawValue) \(shards) \(purpose)")
        surroundings.random = RandomBytes { bytes.next($0) }
        surroundings.cores = threads
        return surroundings
    }

    // MARK: Training

    private func found(at path: String, _ surroundings: Surroundings) async throws -> Ledger {
        let members = [Self.hub] + input.organisations.map(\.name)
        let ledger = try await Ledger.create(
            at: path, consortium: Self.consortium, members: members, protection: .none, surroundings: surroundings)
        var cards: [MemberCard] = []
        for member in members {
            let roles: [Role] =
                member == Self.hub ? [.aggregator, .operator, .witness] : [.auditor, .contributor, .witness]
            cards.append(try await ledger.card(of: member, consortium: Self.consortium, roles: roles))
        }
        try await ledger.found(
            Self.consortium, chainOperator: Self.hub, cards: cards, threshold: cards.count / 2 + 1, protection: .none)
        for member in members.dropFirst() { try await ledger.openPrivateChain(of: member, readers: []) }
        _ = try await ledger.registerBase(input.baseName, at: input.location, as: Self.hub)
        return ledger
    }

    private func register(_ ledger: Ledger) async throws -> [MemberName: DatasetID] {
        var datasets: [MemberName: DatasetID] = [:]
        for organisation in input.organisations {
            let request = DatasetRequest(
                file: try organisation.file, path: organisation.name.text, name: organisation.name.text, shards: shards)
            datasets[organisation.name] = try await ledger.registerDataset(request, as: organisation.name).dataset
        }
        return datasets
    }

    private func train(_ ledger: Ledger, _ datasets: [MemberName: DatasetID]) async throws {
        let base = ArtifactDigest(retagging: input.base.weightsDigest)
        for number in 1...rounds {
            let round = RoundID("round-\(number)")!
            let opened = RoundOpened(base: base, round: round, rule: .mean, topology: topology)
            try await ledger.record(.roundOpened(opened), as: Self.hub, on: ledger.publicOrigin)
            for organisation in input.organisations {
                let request = TrainingRequest(
                    round: round, datasets: [datasets[organisation.name]!], recipe: recipe,
                    options: TrainingOptions(threads: threads))
                _ = try await ledger.train(request, as: organisation.name)
                progress.advance(
                    organisation.records.count * recipe.epochs, "\(name): round \(number), \(organisation.name)")
            }
            _ = try await ledger.closeRound(round, as: Self.hub)
            _ = try await ledger.materialize(round, as: Self.hub)
        }
    }

    private func counterfactual(
        _ ledger: Ledger, _ datasets: [MemberName: DatasetID]
    ) async throws -> Counterfactual {
        var organisations: [(name: MemberName, shards: [[TrainingRecord]])] = []
        for organisation in input.organisations {
            let records = try await ledger.trainingRecords(of: datasets[organisation.name]!)
            organisations.append((organisation.name, records))
        }
        return Counterfactual(
            topology: topology, rounds: rounds, recipe: recipe, base: input.base,
            trainer: Trainer(base: input.base, threads: threads), organisations: organisations,
            scratch: "\(directory)/scratch", progress: progress)
    }

    // MARK: Measuring

    /// What the adapter does on the held-out records, and on those to forget.
    func evaluation(
        of adapter: ArtifactDigest, in ledger: Ledger, forget: [TrainingRecord]?
    ) async throws -> AdapterEvaluation {
        let found = try await ledger.adapterOnChain(adapter)
        return try evaluation(of: found.adapter, forget: forget)
    }

    func evaluation(of adapter: Adapter, forget: [TrainingRecord]?) throws -> AdapterEvaluation {
        let request = EvaluationRequest(
            data: EvaluationRecords(records: input.heldOut, digest: .sha256([])),
            forget: forget.map { EvaluationRecords(records: $0, digest: .sha256([])) },
            maximumTokens: recipe.maximumTokens, seed: UInt64(seed), salt: [UInt8](repeating: 0, count: 32))
        return try AdapterEvaluation(of: adapter, on: input.base, request, threads: threads)
    }

    private static func storedBytes(_ path: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.contains(".sqlite") }.reduce(0) {
            let size = try FileManager.default.attributesOfItem(atPath: "\(path)/\($1)")[.size] as? Int
            return $0 + (size ?? 0)
        }
    }
}
