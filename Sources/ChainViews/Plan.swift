public import Bytes
public import Events

/// One affected model and what becomes of it.
public struct PlannedModel: Codable, Hashable, Sendable {
    /// The cohort whose model it is, if any.
    public var cohort: CohortName?
    public var materialization: EventHash
    public var model: ArtifactDigest
    public var outcome: Disposition.Outcome
    /// What the old model merged, less what is excluded. The new model, where there is one, merges exactly
    /// these.
    public var remaining: EventSet
    public var round: RoundID
}

/// An exclusion, its closure in the lineage, and the work to re-materialise it.
///
/// A plan is a function of the public chain and the deletions: whoever has the chain derives the same bytes,
/// so its digest can be agreed on without sending it. It holds public facts alone.
public struct Plan: Codable, Hashable, Sendable {
    public static let format = "lethe/plan@v1"

    public var format: String
    public var deletions: Ascending<DeletionID>
    /// The contributions that every later replay leaves out, in chain order.
    public var excluded: [EventHash]
    /// Contributions of others that were trained on top of an affected model, in chain order. Nothing short
    /// of training them again makes them free of what is excluded.
    public var descendants: [EventHash]
    /// In chain order of their materialisation.
    public var models: [PlannedModel]
    /// The members that hold something to erase: whose contributions go, who made or confirmed a model of
    /// them, who opened the rounds, who trained on an affected model.
    public var holders: Ascending<MemberName>
    /// What each holder erases: excluded adapters and affected models, by adapter digest.
    public var artifacts: Ascending<ArtifactDigest>

    /// SHA-256 of the plan's canonical JSON.
    public var digest: ArtifactDigest { .sha256(CanonicalJSON.encode(self)) }

    /// Whether every affected model can be rebuilt, and nobody has trained on one.
    public var isExact: Bool { descendants.isEmpty && models.allSatisfy { $0.outcome == .rematerialized } }
}

extension PublicView {
    /// The plan that carries out `deletions` on this view. All must exist; whether they are accepted is not
    /// looked at.
    public func plan(for deletions: Ascending<DeletionID>) -> Plan {
        let members = Set(deletions.compactMap { self.deletions[$0]?.member })
        var closure = Closure(view: self) { members.contains($0.member) }
        closure.run()
        return Plan(
            format: Plan.format, deletions: deletions, excluded: closure.excluded,
            descendants: closure.descendants, models: closure.models,
            holders: Ascending(members.union(closure.holders)), artifacts: Ascending(closure.artifacts))
    }

    /// The contributions that descend from what `plan` excluded, and that no plan has excluded since.
    ///
    /// None can come up after the plan's start: from then on neither an affected model nor an affected
    /// contribution can be a parent.
    public func descendants(of plan: PlanRow) -> [EventHash] {
        plan.descendants.filter { contributions[$0]?.excludedBy == nil }
    }

    /// Contributions that start, directly or through models and others, from one of `events`, without
    /// `events` themselves and without what a plan has excluded.
    public func descendants(ofContributions events: Set<EventHash>) -> [EventHash] {
        var closure = Closure(view: self) { events.contains($0.event) }
        closure.run()
        return closure.descendants
    }
}

/// What descends from some contributions, in one pass in chain order: parents stand before their children.
///
/// A model is affected if it merged an affected contribution. A contribution is affected if it is one of
/// those that the closure starts from; if a parent of it is affected; or if it has the bytes of an affected
/// model, whatever parents it names. What a plan excluded long ago still hands on what it descends from.
private struct Closure {
    let view: PublicView
    /// Whether the closure starts from a contribution.
    let isSeed: (ContributionRow) -> Bool
    private(set) var excluded: [EventHash] = []
    private(set) var descendants: [EventHash] = []
    private(set) var models: [PlannedModel] = []
    private(set) var holders: Set<MemberName> = []
    /// Contributions and materialisations.
    private var affected: Set<EventHash> = []
    private var leaving: Set<EventHash> = []
    /// Adapter and tensor digests of affected models.
    private var bytesOfModels: Set<ArtifactDigest> = []

    private enum Node {
        case contribution(ContributionRow)
        case model(ModelRow)
    }

    init(view: PublicView, isSeed: @escaping (ContributionRow) -> Bool) {
        self.view = view
        self.isSeed = isSeed
    }

    mutating func run() {
        let nodes =
            view.contributions.rows.values.map { ($0.position.value, Node.contribution($0)) }
            + view.models.rows.values.map { ($0.position.value, Node.model($0)) }
        for (_, node) in nodes.sorted(by: { $0.0 < $1.0 }) {
            switch node {
            case .contribution(let row): visit(row)
            case .model(let row): visit(row)
            }
        }
        let disposed = Set(models.map(\.model))
        for row in descendants.map({ view.contributions[$0]! })
        where row.parents.contains(where: disposed.contains) {
            holders.insert(row.member)
        }
    }

    private mutating func visit(_ row: ContributionRow) {
        let isSeed = isSeed(row)
        guard isSeed || hasAffectedParent(row) || hasBytesOfModel(row) else { return }
        affected.insert(row.event)
        guard row.excludedBy == nil else { return }
        if isSeed {
            excluded.append(row.event)
            leaving.insert(row.event)
            holders.insert(view.rounds[row.round]!.author)
        } else {
            descendants.append(row.event)
        }
    }

    /// A parent is what its digest stood for when the child was committed: in an isolated round the member's
    /// own earlier contribution, in a feedback round an earlier model.
    private func hasAffectedParent(_ row: ContributionRow) -> Bool {
        row.parents.contains { parent in
            switch view.rounds[row.round]!.topology {
            case .isolated:
                view.contributions(withAdapter: parent).contains {
                    $0.member == row.member && $0.position < row.position && affected.contains($0.event)
                }
            case .feedback, .cohort:
                view.models(withDigest: parent).contains {
                    $0.position < row.position && affected.contains($0.event)
                }
            }
        }
    }

    private func hasBytesOfModel(_ row: ContributionRow) -> Bool {
        bytesOfModels.contains(row.adapter) || bytesOfModels.contains(row.tensors)
    }

    private mutating func visit(_ row: ModelRow) {
        let merged = view.contributions(of: row)
        guard merged.contains(where: affected.contains) else { return }
        affected.insert(row.event)
        bytesOfModels.formUnion([row.model, row.tensors])
        if row.state == .current || merged.contains(where: leaving.contains) {
            holders.insert(row.author)
            holders.formUnion(row.attestedBy)
        }
        guard row.state == .current else { return }
        let remaining = merged.filter { !leaving.contains($0) }
        let isMergeable = !remaining.isEmpty && !remaining.contains(where: affected.contains)
        models.append(
            PlannedModel(
                cohort: row.cohort, materialization: row.event, model: row.model,
                outcome: isMergeable ? .rematerialized : .withdrawn, remaining: EventSet(remaining),
                round: row.round))
    }

    /// Excluded adapters and affected models, less what a contribution that stays has the same bytes as.
    var artifacts: Set<ArtifactDigest> {
        let kept = view.contributions.rows.values.filter {
            $0.excludedBy == nil && !leaving.contains($0.event)
        }
        let adapters = excluded.map { view.contributions[$0]!.adapter }
        return Set(adapters + models.map(\.model)).subtracting(kept.map(\.adapter))
    }
}
