public import Bytes
public import Events

/// One affected model and what becomes of it.
public struct PlannedModel: Codable, Hashable, Sendable {
    /// The cohort whose model it is, if any.
    public var cohort: CohortName?
    public var materialization: EventHash
    public var model: ArtifactDigest
    public var outcome: Disposition.Outcome
    /// What the old model merged, less what is excluded. The new model, where there is one, merges these and
    /// what takes the place of contributions that are trained again.
    public var remaining: EventSet
    /// How many of the contributions that it merged are trained again.
    public var retrained: Count
    public var round: RoundID
}

/// A contribution that is trained again: without the records that go, or from the parents' successors.
public struct PlannedRetraining: Codable, Hashable, Sendable {
    /// The contribution that is excluded and whose place the new one takes.
    public var contribution: EventHash
    /// The shards that are not trained again because no record is left in them.
    public var emptied: Ascending<ShardReference>
    /// The shards that are trained again. Those in neither list stay as they are.
    public var shards: Ascending<ShardReference>
}

/// The work of a plan in training runs, one for each shard of each contribution.
public struct ShardRuns: Codable, Hashable, Sendable {
    /// The runs behind all contributions that count.
    public var all: Count
    /// The runs that the plan repeats.
    public var retrained: Count
}

/// An exclusion, its closure in the lineage, and the work to re-materialise it.
///
/// A plan is a function of the public chain and the deletions: whoever has the chain derives the same bytes,
/// so its digest can be agreed on without sending it. It holds public facts alone.
public struct Plan: Codable, Hashable, Sendable {
    public static let format = "lethe/plan@v1"

    public var format: String
    /// Of `excluded` and `models` what goes for its bytes alone: those of something affected. In chain order; absent where
    /// there is nothing.
    public var copies: [EventHash]?
    public var deletions: Ascending<DeletionID>
    /// The contributions that every later replay leaves out, in chain order.
    public var excluded: [EventHash]
    /// What takes the place of some of these, in chain order.
    public var retraining: [PlannedRetraining]
    /// Contributions that were trained on top of an affected model and cannot be trained again, in chain order:
    /// nobody said by what they were trained, or what they start from cannot be rebuilt.
    public var descendants: [EventHash]
    /// In chain order of their materialisation.
    public var models: [PlannedModel]
    /// The members that hold something to erase: who is concerned, whose contributions go, who made or confirmed
    /// a model of them, who opened the rounds, who trained on an affected model, who measured, released or handed over
    /// one of these.
    public var holders: Ascending<MemberName>
    /// What each holder erases: excluded adapters and affected models, by adapter digest.
    public var artifacts: Ascending<ArtifactDigest>
    public var work: ShardRuns

    /// SHA-256 of the plan's canonical JSON.
    public var digest: ArtifactDigest { .sha256(CanonicalJSON.encode(self)) }

    /// Whether every affected model can be rebuilt, or is only a copy of one, and all that was trained on one can be trained
    /// again.
    public var isExact: Bool {
        let copies = Set(copies ?? [])
        return descendants.isEmpty
            && models.allSatisfy { $0.outcome == .rematerialized || copies.contains($0.materialization) }
    }
}

extension PublicView {
    /// The plan that carries out `deletions` on this view. All must exist; whether they are accepted is not
    /// looked at.
    public func plan(for deletions: Ascending<DeletionID>) -> Plan {
        let rows = deletions.compactMap { self.deletions[$0] }
        let leaving = Set(rows.filter { $0.scope == .contributions }.map(\.member))
        let seeds = ClosureSeeds(members: leaving, touched: touchedShards(of: rows))
        let closure = Closure(view: self, seeds: seeds)
        return Plan(
            format: Plan.format, copies: closure.copies.isEmpty ? nil : closure.copies, deletions: deletions,
            excluded: closure.excluded, retraining: closure.retraining,
            descendants: closure.descendants, models: closure.models,
            holders: Ascending(closure.holders.union(rows.map(\.member))), artifacts: Ascending(closure.artifacts),
            work: work(of: closure.retraining))
    }

    /// The shards that the decisions about `deletions` name, and whether no record is left in them.
    func touchedShards(of deletions: [DeletionRow]) -> [MemberName: [ShardReference: Bool]] {
        var touched: [MemberName: [ShardReference: Bool]] = [:]
        for row in deletions {
            for shard in row.touched ?? [] {
                touched[row.member, default: [:]][shard.reference, default: false] =
                    shard.emptied
                    || touched[row.member]?[shard.reference] == true
            }
        }
        return touched
    }

    private func work(of retraining: [PlannedRetraining]) -> ShardRuns {
        let again = retraining.reduce(0) { $0 + $1.shards.count }
        return ShardRuns(all: Count(lineage.countingRuns)!, retrained: Count(again)!)
    }

    /// Who outside the consortium was given, as the chain records it, an adapter or a model that `plan` takes out of use,
    /// or a dataset that loses records.
    public func recipients(of plan: Plan) -> Ascending<RecipientID> {
        recipients(of: plan.excluded, plan.models, plan.deletions)
    }

    /// The same of a plan that was started.
    public func recipients(of plan: PlanRow) -> Ascending<RecipientID> {
        recipients(of: plan.excluded, plan.models, plan.deletions)
    }

    private func recipients(
        of excluded: [EventHash], _ models: [PlannedModel], _ ids: Ascending<DeletionID>
    ) -> Ascending<RecipientID> {
        let adapters = Set(excluded.map { contributions[$0]!.adapter } + models.map(\.model))
        let datasets = Set(ids.flatMap { deletions[$0]?.touched ?? [] }.map(\.dataset))
        let given =
            adapters.flatMap { handoversOfArtifact[$0] } + datasets.flatMap { handoversOfDataset[$0] }
        return Ascending(given.map { handovers[$0]!.handedOver.recipient })
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
        let closure = Closure(view: self, seeds: ClosureSeeds(contributions: events))
        let found = Set(closure.descendants + closure.excluded).subtracting(events)
        return found.sorted { contributions[$0]!.position < contributions[$1]!.position }
    }
}
