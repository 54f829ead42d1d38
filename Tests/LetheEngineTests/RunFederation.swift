import Bytes
import ChainViews
import Events
import LetheEngine
import Signing
import Synchronization
import Testing
import Training

@testable import LetheEngine

/// Random bytes that a test can foretell: what was put in comes out first, in that order; then the system's.
final class ForetoldBytes: Sendable {
    private let waiting = Mutex<[[UInt8]]>([])

    var source: RandomBytes {
        RandomBytes { [self] count in
            let foretold = waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            precondition(foretold.map { $0.count == count } ?? true, "\(count) bytes are wanted in another order")
            return foretold ?? RandomBytes.system.generate(count)
        }
    }

    func foretell(_ bytes: [[UInt8]]) { waiting.withLock { $0 += bytes } }
}

/// A drawn federation that is carried out in a ledger of its own, with the real trainer.
///
/// Two of them have different keys, event times and chains. What they have in common is what the records are and what they
/// are committed with: salts and sharding keys follow from names.
struct RunFederation {
    let drawn: DrawnFederation
    let consortium: TestConsortium
    let ledger: Ledger
    /// Rows that it was founded without, and members that never take part.
    private let absentRows: Set<String>
    private let absent: Set<MemberName>
    private let base: ArtifactDigest
    private let recipe: Recipe
    private var datasets: [String: DatasetID] = [:]

    /// Founds it and registers the datasets.
    init(_ drawn: DrawnFederation, without rows: Set<String> = [], _ members: Set<MemberName> = []) async throws {
        self.drawn = drawn
        (absentRows, absent) = (rows, members)
        let random = ForetoldBytes()
        consortium = try await TestConsortium(contributors: drawn.members, random: random.source)
        ledger = try await consortium.open()
        base = try await ledger.registerBase(
            BaseLocation.name(ofEmbedded: 7), at: .embedded(seed: 7), as: TestConsortium.hub
        ).base
        var recipe = try Recipe.suggested(for: try await ledger.encoder(for: base).encoder)
        (recipe.epochs, recipe.batchSize, recipe.maximumTokens, recipe.lora.rank) = (1, 2, 8, 2)
        self.recipe = recipe
        for dataset in drawn.datasets {
            let left = dataset.rows.filter { !rows.contains($0.id) }
            guard !left.isEmpty else { continue }
            random.foretell(Self.secrets(of: dataset, left))
            datasets[dataset.name] = try await ledger.registerDataset(
                Self.request(dataset, left), as: dataset.member
            ).dataset
        }
    }

    /// Identifier, sharding key and a salt for each row.
    private static func secrets(of dataset: DrawnFederation.Dataset, _ rows: [DatasetRecord]) -> [[UInt8]] {
        func bytes(_ name: String) -> [UInt8] { ArtifactDigest.sha256(Array(name.utf8)).bytes }
        return [Array(bytes("id of \(dataset.name)").prefix(6)), bytes("key of \(dataset.name)")]
            + rows.map { bytes("salt of \($0.id)") }
    }

    private static func request(
        _ dataset: DrawnFederation.Dataset, _ rows: [DatasetRecord]
    ) throws -> DatasetRequest {
        let lines = rows.map { "\($0.id)\t\($0.subject!)\t\($0.label)\t\($0.text)" }
        let table = (["record_id\tsubject_id\tlabel\ttext"] + lines).joined(separator: "\n")
        let file = try DatasetFile(parsing: Array(table.utf8), format: .tsv, path: "rows.tsv")
        return DatasetRequest(file: file, path: "rows.tsv", name: dataset.name, shards: dataset.shards)
    }

    func close() async throws { try await ledger.close() }

    // MARK: Training

    /// One round from its opening to its models, with those that have something left to train on.
    ///
    /// - Parameter meanwhile: done at each stage. Who loses its contribution to the open round by that trains again.
    func run(
        _ round: DrawnFederation.Round, meanwhile: (DrawnFederation.Stage) async throws -> Void = { _ in }
    ) async throws {
        let isHeld = !(try await parts(of: round).isEmpty)
        if isHeld {
            let opened = RoundOpened(
                base: base, round: round.id, rule: round.rule, topology: round.topology, cohorts: round.cohorts)
            try await ledger.record(.roundOpened(opened), as: TestConsortium.hub, on: ledger.publicOrigin)
            try await train(for: round)
        }
        try await meanwhile(.open)
        if isHeld { try await train(for: round) }
        if try await hasContributions(round) { _ = try await ledger.closeRound(round.id, as: TestConsortium.hub) }
        try await meanwhile(.closed)
        for cohort in [nil] + (round.cohorts?.map(\.name) ?? []) where try await hasContributions(round, cohort) {
            _ = try await ledger.materialize(round.id, cohort: cohort, as: TestConsortium.hub)
        }
        try await meanwhile(.merged)
    }

    private func hasContributions(_ round: DrawnFederation.Round, _ cohort: CohortName? = nil) async throws -> Bool {
        !(try await ledger.view.contributions(to: round.id, cohort: cohort).isEmpty)
    }

    private func parts(
        of round: DrawnFederation.Round
    ) async throws -> [(member: MemberName, datasets: [DatasetID])] {
        var parts: [(member: MemberName, datasets: [DatasetID])] = []
        for member in drawn.members where !absent.contains(member) {
            let own = try await left(of: member, in: round)
            if !own.isEmpty { parts.append((member, own)) }
        }
        return parts
    }

    /// Every member trains whose contribution is not there.
    private func train(for round: DrawnFederation.Round) async throws {
        var recipe = recipe
        recipe.seed = round.recipeSeed
        for (member, datasets) in try await parts(of: round) {
            let view = try await ledger.view
            guard !view.contributions(to: round.id).contains(where: { $0.member == member }) else { continue }
            let options = TrainingOptions(threads: 1)
            let request = TrainingRequest(round: round.id, datasets: datasets, recipe: recipe, options: options)
            _ = try await ledger.train(request, as: member)
        }
    }

    private func left(of member: MemberName, in round: DrawnFederation.Round) async throws -> [DatasetID] {
        let gone = try await ledger.view.allDeletions.contains { $0.member == member && $0.scope == .contributions }
        guard !gone else { return [] }
        var left: [DatasetID] = []
        for dataset in drawn.datasets where dataset.member == member && round.datasets.contains(dataset.name) {
            guard let id = datasets[dataset.name] else { continue }
            if !(try await ledger.findRecords(.dataset(id), of: member).isEmpty) { left.append(id) }
        }
        return left
    }

    // MARK: Deleting

    /// Requests and accepts; `nil` where nothing is left of what the deletion is about.
    func accept(_ deletion: DrawnFederation.Deletion) async throws -> DeletionID? {
        let matter: DeletionSubjectMatter =
            switch deletion.target {
            case .contributions: .member
            case .dataset(let name): .dataset(datasets[name]!)
            case .subject(let subject): .subject(subject)
            case .record(let id): .record(id)
            }
        if let query = matter.query, try await ledger.findRecords(query, of: deletion.member).isEmpty { return nil }
        let request = DeletionRequest(
            member: deletion.member, matter: matter, ground: .gdpr171b, receivedAt: ledger.surroundings.now(),
            reason: "")
        let id = try await ledger.requestDeletion(request, as: deletion.member, again: true).id
        _ = try await ledger.decideDeletion(id, .accepted, as: deletion.member, cosigners: [])
        return id
    }

    // MARK: Outcome

    /// By what they are called: the models that are served, the contributions that count, with their weights, and the runs
    /// behind these.
    func outcome() async throws -> [String: String] {
        let view = try await ledger.view
        var outcome: [String: String] = [:]
        for row in view.allModels where row.state == .current {
            outcome["model of " + row.round.name(cohort: row.cohort)] = "\(row.model) \(row.tensors)"
        }
        for row in view.allRounds.flatMap({ view.contributions(to: $0.round) }) {
            outcome["\(row.member) in \(row.round)"] = "\(row.adapter) \(row.tensors) weight \(row.weight)"
            for shard in row.training!.shards {
                let run = try await ledger.chain(of: shard.dataset).currentRun(on: shard, in: row.round)!.trained
                outcome["\(shard.dataset) \(shard.shard) in \(row.round)"] = "\(run.run) \(run.tensors)"
            }
        }
        return outcome
    }

    /// The runs behind the contributions that count.
    func countingRuns() async throws -> Set<EventHash> {
        let view = try await ledger.view
        var events: Set<EventHash> = []
        for row in view.allRounds.flatMap({ view.contributions(to: $0.round) }) {
            for shard in row.training!.shards {
                events.insert(try await ledger.chain(of: shard.dataset).currentRun(on: shard, in: row.round)!.event)
            }
        }
        return events
    }

    /// The commitments of the rows that are held, by dataset.
    func heldRows() async throws -> [DatasetID: Set<RecordCommitment>] {
        var held: [DatasetID: Set<RecordCommitment>] = [:]
        for (name, id) in datasets {
            let member = drawn.datasets.first { $0.name == name }!.member
            held[id] = Set(try await ledger.findRecords(.dataset(id), of: member)[id] ?? [])
        }
        return held.filter { !$0.value.isEmpty }
    }
}
