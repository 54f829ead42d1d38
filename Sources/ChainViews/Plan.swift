public import Bytes
public import Events

/// One affected model and what becomes of it.
public struct PlannedModel: Codable, Hashable, Sendable {
    public var materialization: EventHash
    public var model: ArtifactDigest
    public var outcome: Disposition.Outcome
    /// The contributions that the new model merges; those that the old one merged, less excluded and affected ones.
    public var remaining: EventSet
    public var round: RoundID
}

/// An exclusion, its closure in the lineage, and the work to re-materialise it.
///
/// A plan is a function of the public chain and the deletions: whoever has the chain derives the same bytes, so its
/// digest can be agreed on without sending it. It holds public facts alone.
public struct Plan: Codable, Hashable, Sendable {
    public static let format = "lethe/plan@v1"

    public var format: String
    public var deletions: Ascending<DeletionID>
    /// The contributions that every later replay leaves out, in chain order.
    public var excluded: [EventHash]
    /// Contributions of others that were trained on top of an affected model, in chain order. Nothing short of training
    /// them again makes them free of what is excluded.
    public var descendants: [EventHash]
    /// In chain order of their materialisation.
    public var models: [PlannedModel]
    /// The members that hold something to erase.
    public var holders: Ascending<MemberName>
    /// What each holder erases: excluded adapters and affected models.
    public var artifacts: Ascending<ArtifactDigest>

    /// SHA-256 of the plan's canonical JSON.
    public var digest: ArtifactDigest { .sha256(CanonicalJSON.encode(self)) }

    /// Whether every affected model can be rebuilt.
    public var isExact: Bool { models.allSatisfy { $0.outcome == .rematerialized } }
}

extension PublicView {
    /// The plan that carries out `deletions` on this view. All must exist; whether they are accepted is not looked at.
    ///
    /// The closure is what the graph says: a model is affected if it merges an excluded or affected contribution, a
    /// contribution if it starts from an excluded or affected adapter or model. One pass in chain order finds it, because
    /// parents stand before their children.
    public func plan(for deletions: Ascending<DeletionID>) -> Plan {
        let members = Set(deletions.compactMap { self.deletions[$0]?.member })
        var closure = Closure(view: self, members: members)
        closure.run()
        var holders = members
        for model in closure.models {
            let row = models[model.materialization]!
            holders.insert(row.author)
            holders.formUnion(row.attestedBy)
        }
        for event in closure.excluded {
            holders.insert(rounds[contributions[event]!.round]!.author)
        }
        return Plan(
            format: Plan.format, deletions: deletions, excluded: closure.excluded,
            descendants: closure.descendants, models: closure.models, holders: Ascending(holders),
            artifacts: Ascending(closure.artifacts))
    }
}

/// One pass over contributions and models in chain order.
private struct Closure {
    let view: PublicView
    let members: Set<MemberName>
    var excluded: [EventHash] = []
    var descendants: [EventHash] = []
    var models: [PlannedModel] = []
    /// Adapters and models that hold something of what is excluded.
    private var tainted: Set<ArtifactDigest> = []
    private var affected: Set<EventHash> = []

    private enum Node {
        case contribution(ContributionRow)
        case model(ModelRow)
    }

    init(view: PublicView, members: Set<MemberName>) {
        self.view = view
        self.members = members
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
    }

    private mutating func visit(_ row: ContributionRow) {
        guard row.excludedBy == nil else { return }
        if members.contains(row.member) {
            excluded.append(row.event)
        } else if row.parents.contains(where: tainted.contains) {
            descendants.append(row.event)
        } else {
            return
        }
        affected.insert(row.event)
        tainted.insert(row.adapter)
    }

    private mutating func visit(_ row: ModelRow) {
        let merged = view.contributions(of: row)
        guard merged.contains(where: affected.contains) else { return }
        tainted.insert(row.model)
        guard row.state == .current else { return }
        let gone = Set(excluded)
        let remaining = merged.filter { !gone.contains($0) }
        let isMergeable = !remaining.isEmpty && !remaining.contains(where: affected.contains)
        models.append(
            PlannedModel(
                materialization: row.event, model: row.model,
                outcome: isMergeable ? .rematerialized : .withdrawn, remaining: EventSet(remaining),
                round: row.round))
    }

    /// Excluded adapters and affected models, less what a contribution that stays has the same bytes as.
    var artifacts: Set<ArtifactDigest> {
        let gone = Set(excluded)
        let kept = view.contributions.rows.values.filter { $0.excludedBy == nil && !gone.contains($0.event) }
        let adapters = excluded.map { view.contributions[$0]!.adapter }
        return Set(adapters + models.map(\.model)).subtracting(kept.map(\.adapter))
    }
}

extension PublicView {
    /// Contributions outside `plan` that start, directly or through others, from what it excluded or disposed of.
    public func descendants(of plan: PlanRow) -> [EventHash] {
        let excluded = Set(plan.excluded)
        var tainted = Set(plan.models.map(\.model))
        tainted.formUnion(plan.excluded.map { contributions[$0]!.adapter })
        var found: [EventHash] = []
        for row in contributions.rows.values.sorted(by: { $0.position < $1.position })
        where !excluded.contains(row.event) && row.parents.contains(where: tainted.contains) {
            found.append(row.event)
            tainted.insert(row.adapter)
        }
        return found
    }
}

extension PublicView {
    /// Contributions that start, directly or through models and others, from one of `events`, without `events` themselves.
    public func descendants(ofContributions events: Set<EventHash>) -> [EventHash] {
        var affected = events
        var tainted: Set<ArtifactDigest> = []
        let nodes =
            contributions.rows.values.map { ($0.position, $0.event) } + models.rows.values.map { ($0.position, $0.event) }
        var found: [EventHash] = []
        for (_, event) in nodes.sorted(by: { $0.0 < $1.0 }) {
            if let row = contributions[event] {
                if !events.contains(event), row.parents.contains(where: tainted.contains) { found.append(event) }
                if events.contains(event) || found.last == event {
                    affected.insert(event)
                    tainted.insert(row.adapter)
                }
            } else if let row = models[event], contributions(of: row).contains(where: affected.contains) {
                tainted.insert(row.model)
            }
        }
        return found
    }
}
