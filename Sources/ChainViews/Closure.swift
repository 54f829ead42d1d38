internal import Bytes
internal import Events

/// What a closure starts from: contributions that go as a whole, and shards that lose records.
struct ClosureSeeds {
    var goes: (ContributionRow) -> Bool
    /// By the member whose they are; the value says whether no record is left.
    var touched: [MemberName: [ShardReference: Bool]] = [:]

    /// The shards of `row` that lose records.
    func touchedShards(of row: ContributionRow) -> Set<ShardReference> {
        guard let touched = touched[row.member], let training = row.training else { return [] }
        return Set(training.shards.filter { touched[$0] != nil })
    }

    /// The shards of `row` in which a record is left.
    func remainingShards(of row: ContributionRow) -> Ascending<ShardReference> {
        let shards = row.training?.shards ?? []
        return Ascending(shards.filter { touched[row.member]?[$0] != true })
    }
}

/// What descends from some contributions, in one pass in chain order: parents stand before their children.
///
/// A model is affected if it merged an affected contribution. A contribution is affected if it is one of
/// those that the closure starts from or contains a touched shard; if a parent of it is affected; or if it has
/// the bytes of an affected model, whatever parents it names. What a plan excluded long ago still hands on what
/// it descends from. Where an affected contribution can be trained again it is; what cannot, and what
/// descends from that, is left as it is and named.
struct Closure {
    let view: PublicView
    let seeds: ClosureSeeds
    private(set) var excluded: [EventHash] = []
    private(set) var retraining: [PlannedRetraining] = []
    private(set) var descendants: [EventHash] = []
    private(set) var models: [PlannedModel] = []
    private(set) var holders: Set<MemberName> = []
    /// Contributions and materialisations.
    private var affected: Set<EventHash> = []
    /// The affected shards of an affected contribution, where not all of it is affected.
    private var affectedShards: [EventHash: Set<ShardReference>] = [:]
    /// Affected contributions and models whose place nothing takes and that leave no gap to close over either.
    private var stuck: Set<EventHash> = []
    private var leaving: Set<EventHash> = []
    private var retrained: Set<EventHash> = []
    /// Adapter and tensor digests of affected models.
    private var bytesOfModels: Set<ArtifactDigest> = []
    /// The contributions in models that are served.
    private let merged: Set<EventHash>

    private enum Node {
        case contribution(ContributionRow)
        case model(ModelRow)
    }

    /// How a contribution is affected.
    private struct Effect {
        var goes = false
        /// Whether all shards are affected, or one cannot tell which.
        var isWhole = false
        var shards: Set<ShardReference> = []
        /// Whether it can be trained again.
        var isTrainable: Bool

        var isNone: Bool { !goes && !isWhole && shards.isEmpty }
    }

    init(view: PublicView, seeds: ClosureSeeds) {
        self.view = view
        self.seeds = seeds
        let current = view.models.rows.values.filter { $0.state == .current }
        merged = Set(current.flatMap { view.contributions(of: $0) })
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
        holders.formUnion(users)
    }

    /// Who recorded that it measured, trained again, released or handed over what is excluded or affected: it had the bytes.
    private var users: [MemberName] {
        let bytes = Set(excluded.map { view.contributions[$0]!.adapter } + models.map(\.model))
        guard !bytes.isEmpty else { return [] }
        let measured = view.evaluations.rows.values.filter { row in
            row.evaluation.model.map(bytes.contains) ?? false
                || row.evaluation.contributions.contains(where: leaving.contains)
        }
        return measured.map(\.author)
            + view.adapterEvaluations.rows.values.filter { bytes.contains($0.evaluation.adapter) }.map(\.author)
            + view.trainingAttestations.rows.values.filter { leaving.contains($0.attested.contribution) }.map(\.author)
            + view.releases.rows.values.filter { bytes.contains($0.released.model) }.map(\.author)
            + view.handovers.rows.values.filter {
                $0.handedOver.kind == .adapter && $0.handedOver.artifact.map(bytes.contains) ?? false
            }.map(\.author)
    }

    // MARK: Contributions

    private mutating func visit(_ row: ContributionRow) {
        let effect = effect(on: row)
        guard !effect.isNone else { return }
        affected.insert(row.event)
        if !effect.goes, !effect.isWhole { affectedShards[row.event] = effect.shards }
        if row.affectedBy != nil { stuck.insert(row.event) }
        guard row.excludedBy == nil else { return }
        if effect.goes || !seeds.touchedShards(of: row).isEmpty || effect.isTrainable {
            exclude(row)
            if !effect.goes, effect.isTrainable { retrain(row, effect) }
        } else {
            descendants.append(row.event)
            stuck.insert(row.event)
        }
    }

    private mutating func exclude(_ row: ContributionRow) {
        excluded.append(row.event)
        leaving.insert(row.event)
        holders.formUnion([row.member, view.rounds[row.round]!.author])
    }

    /// Plans another contribution in the place of `row`, unless nothing is left to train on, or nothing wants it: then its
    /// round is open, and its member commits anew.
    private mutating func retrain(_ row: ContributionRow, _ effect: Effect) {
        let remaining = seeds.remainingShards(of: row)
        guard !remaining.isEmpty, isWanted(row) else { return }
        let again = effect.isWhole ? remaining : Ascending(remaining.filter(effect.shards.contains))
        let all = row.training?.shards ?? []
        retrained.insert(row.event)
        retraining.append(
            PlannedRetraining(
                contribution: row.event, emptied: Ascending(all.filter { !remaining.contains($0) }), shards: again))
    }

    /// Whether a model has merged `row` or is yet to merge it, or the member's later contributions that one wants go on
    /// from it.
    private func isWanted(_ row: ContributionRow) -> Bool {
        if merged.contains(row.event) { return true }
        let round = view.rounds[row.round]!
        if round.state == .closed, !view.allModels(of: row.round).contains(where: { $0.takes(row, in: round) }) {
            return true
        }
        return view.contributions.rows.values.contains { later in
            later.member == row.member && later.excludedBy == nil && later.position > row.position
                && later.parents.contains(row.adapter) && view.rounds[later.round]!.topology == .isolated
                && isWanted(later)
        }
    }

    private func effect(on row: ContributionRow) -> Effect {
        var effect = Effect(isTrainable: row.training != nil && row.affectedBy == nil)
        effect.goes = seeds.goes(row)
        effect.shards = seeds.touchedShards(of: row)
        if hasBytesOfModel(row) { (effect.isWhole, effect.isTrainable) = (true, false) }
        for parent in row.parents {
            for parent in affectedParents(parent, of: row) { take(parent, of: row, into: &effect) }
        }
        return effect
    }

    /// What the affected `parent` does to `row`.
    ///
    /// In isolated rounds each shard continues its own lineage, so only shards that both have are affected, where
    /// both say which theirs are. Where they have none in common, their shards do not say what the parent is for.
    private func take(_ parent: EventHash, of row: ContributionRow, into effect: inout Effect) {
        if let before = view.contributions[parent]?.training?.shards, let shards = row.training?.shards,
            !Set(before).isDisjoint(with: shards)
        {
            let touched = affectedShards[parent] ?? Set(before)
            let common = touched.intersection(shards)
            effect.shards.formUnion(common)
            if !common.isEmpty, stuck.contains(parent) { effect.isTrainable = false }
        } else {
            effect.isWhole = true
            if stuck.contains(parent) { effect.isTrainable = false }
        }
    }

    /// A parent is what its digest stood for when the child was committed: in an isolated round the member's
    /// own earlier contribution, in the others an earlier model.
    private func affectedParents(_ parent: ArtifactDigest, of row: ContributionRow) -> [EventHash] {
        switch view.rounds[row.round]!.topology {
        case .isolated:
            view.contributions(withAdapter: parent).filter {
                $0.member == row.member && $0.position < row.position && affected.contains($0.event)
            }.map(\.event)
        case .feedback, .cohort:
            view.models(withDigest: parent).filter {
                $0.position < row.position && affected.contains($0.event)
            }.map(\.event)
        }
    }

    private func hasBytesOfModel(_ row: ContributionRow) -> Bool {
        bytesOfModels.contains(row.adapter) || bytesOfModels.contains(row.tensors)
    }

    // MARK: Models

    private mutating func visit(_ row: ModelRow) {
        let merged = view.contributions(of: row)
        guard merged.contains(where: affected.contains) else { return }
        affected.insert(row.event)
        bytesOfModels.formUnion([row.model, row.tensors])
        if row.state == .current || merged.contains(where: leaving.contains) {
            holders.insert(row.author)
            holders.formUnion(row.attestedBy)
        }
        if row.state == .recalled { stuck.insert(row.event) }
        guard row.state == .current else { return }
        let remaining = merged.filter { !leaving.contains($0) }
        let again = merged.count(where: retrained.contains)
        let isEmpty = remaining.isEmpty && again == 0
        let isMergeable = !isEmpty && !remaining.contains(where: affected.contains)
        // Where nothing is left there is no such model in the other history either, and no gap.
        if !isMergeable, !isEmpty { stuck.insert(row.event) }
        models.append(
            PlannedModel(
                cohort: row.cohort, materialization: row.event, model: row.model,
                outcome: isMergeable ? .rematerialized : .withdrawn, remaining: EventSet(remaining),
                retrained: Count(again)!, round: row.round))
    }

    // MARK: Results

    /// Excluded adapters and affected models, less what a contribution that stays has the same bytes as.
    var artifacts: Set<ArtifactDigest> {
        let kept = view.contributions.rows.values.filter {
            $0.excludedBy == nil && !leaving.contains($0.event)
        }
        let adapters = excluded.map { view.contributions[$0]!.adapter }
        return Set(adapters + models.map(\.model)).subtracting(kept.map(\.adapter))
    }
}
