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
        /// How many rounds the lineage has in all.
        public var rounds: Count
    }

    /// The model that is asked about.
    public struct Model: Codable, Hashable, Sendable {
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
            /// A deletion took it out, or found it to descend from what it took out.
            case excluded
        }

        public var adapter: ArtifactDigest
        public var event: Count
        public var excludedBy: ArtifactDigest?
        /// Whether the newest checkpoint covers the event.
        public var isCovered: Bool
        public var member: MemberName
        public var parents: [ArtifactDigest]
        public var part: Part
        public var round: RoundID
        public var tensors: ArtifactDigest
        public var weight: Int
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
    public init(
        of model: ModelRow, in view: PublicView, evidence: [CitedEvent], file: String?, footing: Footing
    ) {
        let graph = LineageGraph(view: view, closureOf: model)
        let round = view.rounds[model.round]!
        let base = view.bases[round.base]!
        content = Content(
            attestations: model.attestedBy.map { Attestation(member: $0) }, base: base.base, baseName: base.name,
            contributions: Self.contributions(graph, model, view, footing),
            deletions: Self.deletions(graph, view),
            evaluations: view.evaluations(in: model.round).map { Evaluation(event: $0.position, member: $0.author) },
            evidence: evidence, file: file, footing: footing, format: Self.format, lineage: graph,
            model: Model(
                event: model.position, madeBy: model.author, model: model.model,
                replacedBy: model.replacedBy.flatMap { view.models[$0]?.model }, round: model.round,
                rule: round.rule, state: model.state, tensors: model.tensors, topology: round.topology),
            notLookedAt: Self.notLookedAt, openPoints: [], rounds: Count(graph.rounds.count)!)
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

    private static let notLookedAt = [
        "What the base model was trained on.",
        "The records that contributions were trained on: they stay with the members, on private chains.",
        "Whether training as described gives the adapters that were committed.",
        "What the model does: this report says what it is made of.",
        "Copies of the file elsewhere, and what was built on them outside the ledger.",
    ]
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
                adapter: row.adapter, event: row.position, excludedBy: row.excludedBy ?? row.affectedBy,
                isCovered: row.position.value < covered, member: row.member, parents: Array(row.parents),
                part: merged.contains(row.position) ? .merged : row.counts ? .ancestor : .excluded,
                round: row.round, tensors: row.tensors, weight: row.weight.value)
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
            points.append(.init(.shortfall, "The model is suppressed: a deletion affects it, and it may not be served."))
        case .replaced:
            points.append(
                .init(.shortfall, "The model was replaced after a deletion: it holds what was excluded, and may not be served."))
        case .recalled:
            points.append(.init(.shortfall, "The model was recalled after a deletion, and nothing replaces it."))
        }
        let unfinished = content.deletions.filter { $0.state == .started || $0.state == .accepted }
        for deletion in unfinished {
            points.append(.init(.shortfall, "The deletion \(deletion.deletion) is not completed."))
        }
        let uncovered = content.contributions.count { !$0.isCovered && $0.part != .excluded }
        if uncovered > 0 {
            points.append(
                .init(.weakness, "No checkpoint covers \(Elapsed.unit(uncovered, "contribution")) of it yet."))
        }
        if content.footing.checkpoint?.cosigners.isEmpty ?? true {
            points.append(.init(.weakness, "No witness has cosigned the newest checkpoint: its operator alone vouches for the order of events."))
        }
        if content.attestations.isEmpty {
            points.append(.init(.weakness, "No other member has merged the same contributions and got these bytes."))
        }
        return points
    }
}
