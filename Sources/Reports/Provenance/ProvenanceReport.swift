public import Bytes
public import ChainViews
public import Events

/// Where a model comes from, as a document: base, contributions with who and how much, what was excluded, who
/// got the same bytes, and under which checkpoint all of it stands.
public struct ProvenanceReport: Report {
    public static let format = "lethe/provenance-report@v1"

    /// What the page says, as data.
    public struct Content: Codable, Hashable, Sendable {
        public var attestations: [Attestation]
        public var base: ArtifactDigest
        public var baseName: BaseName
        public var contributions: [Contribution]
        /// Contributions that were trained otherwise than their members had decided; absent where none was.
        public var deviations: [Deviation]?
        /// The deletions that touched the model or what it descends from.
        public var deletions: [TouchingDeletion]
        public var evaluations: [Evaluation]
        public var evidence: [CitedEvent]
        /// The directory that the question was about, where it was about files.
        public var file: String?
        public var footing: Footing
        public var format: String
        /// What the picture draws of it.
        public var lineage: LineageGraph
        public var model: Model
        public var notLookedAt: [String]
        public var openPoints: [OpenPoint]
        /// The member whose private chain was looked at too.
        public var organisation: MemberName?
        /// How many rounds the lineage has in all.
        public var rounds: Count
        /// The training runs of ``organisation`` behind its contributions.
        public var runs: [Run]
    }

    /// The model that is asked about.
    public struct Model: Codable, Hashable, Sendable {
        /// The cohort of the round that it was merged for.
        public var cohort: CohortName?
        public var event: Count
        public var madeBy: MemberName
        public var model: ArtifactDigest
        /// The digest of what took its place.
        public var replacedBy: ArtifactDigest?
        public var round: RoundID
        public var rule: MergeRule
        public var state: ModelRow.State
        public var tensors: ArtifactDigest
        public var topology: Topology
    }

    /// One contribution in the lineage.
    public struct Contribution: Codable, Hashable, Sendable {
        /// What the model has to do with it.
        public enum Part: String, Codable, Hashable, Sendable {
            /// The model merges it.
            case merged
            /// What the model merges was trained on it.
            case ancestor
            /// A deletion found it to descend from what it took out: later merges leave it out too.
            case affected
            /// A deletion took it out.
            case excluded
            /// It was taken back or set aside before any model merged it.
            case withdrawn
        }

        public var adapter: ArtifactDigest
        /// Its member's cohort, where the round has cohorts.
        public var cohort: CohortName?
        public var event: Count
        /// The plan that takes it out, or found it to be affected.
        public var excludedBy: ArtifactDigest?
        /// Whether the newest checkpoint covers the event.
        public var isCovered: Bool
        public var member: MemberName
        public var parents: [ArtifactDigest]
        public var part: Part
        public var round: RoundID
        public var tensors: ArtifactDigest
        /// What it was trained by, where its member says so in public.
        public var training: TrainingReference?
        public var weight: Int
    }

    /// What a contribution was trained on, or for how long, beside what its member had decided to put in.
    public struct Deviation: Codable, Hashable, Sendable {
        public enum Matter: String, Codable, Hashable, Sendable { case epochs, shards }

        public var decided: Count
        /// The contribution's place.
        public var event: Count
        public var matter: Matter
        public var member: MemberName
        public var round: RoundID
        public var trained: Count

        public init(_ matter: Matter, of row: ContributionRow, decided: Int, trained: Int) {
            (self.matter, self.decided, self.trained) = (matter, Count(decided)!, Count(trained)!)
            (event, member, round) = (row.position, row.member, row.round)
        }

        var statement: String {
            let (before, after) = (Elapsed.unit(decided.value, noun), Elapsed.unit(trained.value, noun))
            return
                "\(member) decided to put \(before) into \(round), and trained \(matter == .shards ? "on" : "for") \(after)."
        }

        private var noun: String { matter == .shards ? "shard" : "epoch" }
    }

    /// A training run on one shard, from a private chain.
    public struct Run: Codable, Hashable, Sendable {
        public var adapter: ArtifactDigest
        /// Its place on the private chain.
        public var event: Count
        /// Whether no later run on the shard takes its place in the round.
        public var isCurrent: Bool
        /// Whether the same run was made again with the same bytes; nobody has tried where it is false.
        public var isReproduced: Bool
        public var parent: ArtifactDigest?
        public var recipe: ArtifactDigest
        public var records: Count
        public var round: RoundID
        public var run: ArtifactDigest
        public var shard: ShardReference
        public var trainer: TrainerKind
    }

    /// Another member that merged the same contributions to the same bytes.
    public struct Attestation: Codable, Hashable, Sendable {
        public var member: MemberName
    }

    /// A measurement of the model that a member recorded.
    public struct Evaluation: Codable, Hashable, Sendable {
        public var event: Count
        public var member: MemberName
    }

    /// A deletion that excluded something that the model descends from.
    public struct TouchingDeletion: Codable, Hashable, Sendable {
        public var certificate: ArtifactDigest?
        public var deletion: DeletionID
        public var grade: Grade
        public var member: MemberName
        public var plan: ArtifactDigest
        public var state: DeletionRow.State
    }

    public var content: Content

    /// - Parameters:
    ///   - view: the chain's view, at its end.
    ///   - evidence: the events that ``events(of:in:)`` names.
    ///   - file: the directory that was asked about.
    ///   - privateChain: the private chain of one member, for its training runs.
    ///   - epochs: contributions that were trained for other epochs than were decided, as far as recipes are at hand.
    public init(
        of model: ModelRow, in view: PublicView, evidence: [CitedEvent], file: String?, footing: Footing,
        privateChain: (member: MemberName, view: PrivateView)? = nil, epochs: [Deviation] = []
    ) {
        let graph = LineageGraph(view: view, closureOf: model)
        let round = view.rounds[model.round]!
        let base = view.bases[round.base]!
        content = Content(
            attestations: model.attestedBy.map { Attestation(member: $0) }, base: base.base, baseName: base.name,
            contributions: Self.contributions(graph, model, view, footing),
            deviations: Self.deviations(graph, view, epochs), deletions: Self.deletions(graph, view),
            evaluations: view.evaluations(in: model.round).map { Evaluation(event: $0.position, member: $0.author) },
            evidence: evidence, file: file, footing: footing, format: Self.format, lineage: graph,
            model: Model(
                cohort: model.cohort, event: model.position, madeBy: model.author, model: model.model,
                replacedBy: model.replacedBy.flatMap { view.models[$0]?.model }, round: model.round,
                rule: round.rule, state: model.state, tensors: model.tensors, topology: round.topology),
            notLookedAt: Self.notLookedAt(privateChain?.member), openPoints: [],
            organisation: privateChain?.member, rounds: Count(graph.rounds.count)!, runs: [])
        if let privateChain { content.runs = Self.runs(of: content.contributions, privateChain) }
        content.lineage = graph.part(in: LineageSelection.drawnRounds(graph, focus))
        content.openPoints = openPoints
    }

    /// The events that the report on `model` cites.
    public static func events(of model: ModelRow, in view: PublicView) -> Set<EventHash> {
        let graph = LineageGraph(view: view, closureOf: model)
        let rounds = graph.rounds.compactMap { view.rounds[$0.round] }
        let contributions = Set(graph.contributions.map(\.position))
        let models = Set(graph.models.map(\.position))
        let plans = Set(graph.contributions.compactMap(\.excludedBy))
        var events = Set(rounds.map(\.openedBy))
        events.formUnion(
            rounds.flatMap { view.allContributions(to: $0.round) }.filter { contributions.contains($0.position) }
                .map(\.event))
        events.formUnion(view.allModels.filter { models.contains($0.position) }.map(\.event))
        events.formUnion(view.evaluations(in: model.round).map(\.event))
        for plan in plans.compactMap({ view.plans[$0] }) {
            events.formUnion([plan.startedBy, plan.excludedBy, plan.rematerializedBy].compactMap { $0 })
            events.formUnion(plan.deletions.compactMap { view.deletions[$0]?.requestedBy })
        }
        return events
    }

    private static func notLookedAt(_ member: MemberName?) -> [String] {
        let runs = member.map { "The training runs of members other than \($0), and all records that were trained on." }
        return [
            "What the base model was trained on.",
            runs ?? "The training runs and the records behind contributions: they stand on private chains.",
            "Whether training as described gives the adapters that were committed; lethe replay --retrain tries it.",
            "What the model does: this report says what it is made of.",
            "Copies of the file elsewhere, and what was built on them outside the ledger.",
        ]
    }
}

extension ProvenanceReport {
    private static func contributions(
        _ graph: LineageGraph, _ model: ModelRow, _ view: PublicView, _ footing: Footing
    ) -> [Contribution] {
        let merged = Set(view.mergedContributions(of: model).map(\.position))
        let covered = footing.checkpoint?.size.value ?? 0
        let rows = Dictionary(
            graph.rounds.flatMap { view.allContributions(to: $0.round) }.map { ($0.position, $0) },
            uniquingKeysWith: { first, _ in first })
        return graph.contributions.compactMap { rows[$0.position] }.map { row in
            Contribution(
                adapter: row.adapter, cohort: view.rounds[row.round]?.cohort(of: row.member), event: row.position,
                excludedBy: row.excludedBy ?? row.affectedBy,
                isCovered: row.position.value < covered, member: row.member, parents: Array(row.parents),
                part: merged.contains(row.position) ? .merged : Self.part(of: row),
                round: row.round, tensors: row.tensors, training: row.training, weight: row.weight.value)
        }
    }

    /// The part of a contribution that the model does not merge.
    private static func part(of row: ContributionRow) -> Contribution.Part {
        if row.withdrawnBy != nil { return .withdrawn }
        if row.excludedBy != nil { return .excluded }
        return row.affectedBy != nil ? .affected : .ancestor
    }

    /// Of the contributions in the lineage, in chain order.
    private static func deviations(_ graph: LineageGraph, _ view: PublicView, _ epochs: [Deviation]) -> [Deviation]? {
        let shards = view.overruns.map { row in
            Deviation(.shards, of: row.contribution, decided: row.allowed.shards.value, trained: row.shards)
        }
        let known = Set(graph.contributions.map(\.position))
        let found = (shards + epochs).filter { known.contains($0.event) }.sorted { $0.event < $1.event }
        return found.isEmpty ? nil : found
    }

    /// The runs of a member on the shards that its contributions name, in the order of its chain.
    private static func runs(
        of contributions: [Contribution], _ chain: (member: MemberName, view: PrivateView)
    ) -> [Run] {
        let own = contributions.filter { $0.member == chain.member }
        let rows = own.flatMap { contribution in
            (contribution.training?.shards ?? []).flatMap { shard in
                let runs = chain.view.runs(on: shard, in: contribution.round)
                return runs.map { ($0, $0.event == runs.last?.event) }
            }
        }
        return rows.sorted { $0.0.position < $1.0.position }.map { row, isCurrent in
            let trained = row.trained
            return Run(
                adapter: trained.adapter, event: row.position, isCurrent: isCurrent,
                isReproduced: chain.view.isReproduced(row), parent: trained.parent, recipe: trained.recipe,
                records: trained.records.count, round: trained.round, run: trained.run, shard: trained.reference,
                trainer: trained.trainer.kind)
        }
    }

    private static func deletions(_ graph: LineageGraph, _ view: PublicView) -> [TouchingDeletion] {
        let plans = Set(graph.contributions.compactMap(\.excludedBy) + graph.models.compactMap(\.plan))
        return plans.sorted().compactMap { view.plans[$0] }.flatMap { plan in
            plan.deletions.compactMap { view.deletions[$0] }.map { row in
                TouchingDeletion(
                    certificate: row.certificate, deletion: row.deletion, grade: view.grade(of: plan),
                    member: row.member, plan: plan.plan, state: row.state)
            }
        }
    }

    /// What a careful reader would object to, the gravest first.
    private var openPoints: [OpenPoint] {
        let model = content.model
        var points: [OpenPoint] = []
        switch model.state {
        case .current: break
        case .suppressed:
            points.append(
                .init(.shortfall, "The model is suppressed: a deletion affects it, and it may not be served."))
        case .replaced:
            points.append(
                .init(
                    .shortfall,
                    "The model was replaced after a deletion: it holds what was excluded, and may not be served."))
        case .recalled:
            points.append(.init(.shortfall, "The model was recalled after a deletion, and nothing replaces it."))
        }
        let unfinished = content.deletions.filter { $0.state == .started || $0.state == .accepted }
        for deletion in unfinished {
            points.append(.init(.shortfall, "The deletion \(deletion.deletion) is not completed."))
        }
        points += (content.deviations ?? []).map { .init(.weakness, $0.statement) }
        let uncovered = content.contributions.count { !$0.isCovered && $0.part.isMade }
        if uncovered > 0 {
            points.append(
                .init(.weakness, "No checkpoint covers \(Elapsed.unit(uncovered, "contribution")) of it yet."))
        }
        if content.footing.checkpoint?.cosigners.isEmpty ?? true {
            points.append(
                .init(
                    .weakness,
                    "No witness has cosigned the newest checkpoint: its operator alone vouches for the order of events."
                ))
        }
        if content.attestations.isEmpty {
            points.append(.init(.weakness, "No other member has merged the same contributions and got these bytes."))
        }
        return points
    }
}

extension ProvenanceReport.Contribution.Part {
    /// Whether the model is made of it, directly or through what was trained on it.
    var isMade: Bool { self == .merged || self == .ancestor }
}
