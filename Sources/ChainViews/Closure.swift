internal import Bytes
internal import Events

/// What a closure starts from: contributions that go as a whole, and shards that lose records.
struct ClosureSeeds {
    /// Members all of whose contributions go.
    var members: Set<MemberName> = []
    var contributions: Set<EventHash> = []
    /// By the member whose they are; the value says whether no record is left.
    var touched: [MemberName: [ShardReference: Bool]] = [:]
    /// Contributions and models that have the bytes of what is affected.
    var copies: Set<EventHash> = []

    /// Whether all of `row` goes.
    func goes(_ row: ContributionRow) -> Bool { members.contains(row.member) || contributions.contains(row.event) }

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

/// What descends from some contributions, in chain order: parents stand before their children. What is neither one of these
/// nor reached from one is not looked at.
///
/// A model is affected if it merged an affected contribution. A contribution is affected if it is one of
/// those that the closure starts from or contains a touched shard, or if a parent of it is affected. What a plan excluded
/// long ago still hands on what it descends from. Where an affected contribution can be trained again it is; what cannot, and
/// what descends from that, is left as it is and named. What has the bytes of something affected is affected too, wherever it
/// stands on the chain and whatever it is said to come from: nothing takes its place.
struct Closure {
    let view: PublicView
    let seeds: ClosureSeeds
    private(set) var excluded: [EventHash] = []
    private(set) var retraining: [PlannedRetraining] = []
    private(set) var descendants: [EventHash] = []
    private(set) var models: [PlannedModel] = []
    private(set) var holders: Set<MemberName> = []
    /// Of `excluded` and `models` what goes for its bytes alone; in chain order.
    private(set) var copies: [EventHash] = []
    /// Contributions and materialisations.
    private var affected: Set<EventHash> = []
    /// The affected shards of an affected contribution, where not all of it is affected.
    private var affectedShards: [EventHash: Set<ShardReference>] = [:]
    /// Affected contributions and models whose place nothing takes and that leave no gap to close over either.
    private var stuck: Set<EventHash> = []
    private var leaving: Set<EventHash> = []
    private var retrained: Set<EventHash> = []
    /// What has the bytes of something affected, and was none of the seeds.
    private var found: Set<EventHash> = []
    /// What may be affected and was not looked at yet.
    private var queue = LineageQueue()

    /// How a contribution is affected.
    private struct Effect {
        var goes = false
        /// Whether all shards are affected, or one cannot tell which.
        var isWhole = false
        var shards: Set<ShardReference> = []
        /// Whether it can be trained again.
        var isTrainable: Bool
        /// Whether it goes for its bytes.
        var isCopy = false

        var isNone: Bool { !goes && !isWhole && shards.isEmpty }
    }

    /// The closure of `seeds`. Bytes lead backwards on the chain too: what has those of something affected is a seed of
    /// another pass, until there is nothing new. Where there is none, and that is so as a rule, one pass is enough.
    init(view: PublicView, seeds: ClosureSeeds) {
        self.init(view, seeds)
        run()
        while !found.isEmpty {
            var more = self.seeds
            more.copies.formUnion(found)
            self.init(view, more)
            run()
        }
    }

    private init(_ view: PublicView, _ seeds: ClosureSeeds) {
        self.view = view
        self.seeds = seeds
    }

    private mutating func run() {
        let lineage = view.lineage
        for member in seeds.members { enqueue(contributions: lineage.contributionsByMember[member]) }
        enqueue(contributions: seeds.contributions.union(seeds.copies))
        for model in seeds.copies.compactMap({ view.models[$0] }) { queue.insert(model.event, at: model.position) }
        for (member, shards) in seeds.touched {
            for shard in shards.keys {
                enqueue(contributions: lineage.contributionsByShard[MemberShard(member: member, shard: shard)])
            }
        }
        while let event = queue.popFirst() {
            if let row = view.contributions[event] { visit(row) } else { visit(view.models[event]!) }
        }
        findCopies()
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
        return bytes.flatMap { view.lineage.users[$0] }
            + leaving.flatMap { view.lineage.usersOfContribution[$0] }
    }

    private mutating func enqueue(contributions events: some Sequence<EventHash>, after position: Count? = nil) {
        for event in events {
            guard let row = view.contributions[event], position.map({ row.position > $0 }) ?? true else { continue }
            queue.insert(event, at: row.position)
        }
    }

    // MARK: Contributions

    private mutating func visit(_ row: ContributionRow) {
        let effect = effect(on: row)
        guard !effect.isNone else { return }
        affected.insert(row.event)
        enqueue(contributions: view.lineage.children[row.adapter], after: row.position)
        for model in view.allModels(of: row.round) where model.position > row.position {
            queue.insert(model.event, at: model.position)
        }
        if !effect.goes, !effect.isWhole { affectedShards[row.event] = effect.shards }
        if row.affectedBy != nil { stuck.insert(row.event) }
        guard row.excludedBy == nil else { return }
        // What was withdrawn no model has, and nothing goes on from it: its bytes go, and nothing takes their place.
        let isWithdrawn = row.withdrawnBy != nil
        let losesRecords = !seeds.touchedShards(of: row).isEmpty
        if effect.goes || effect.isCopy || losesRecords || effect.isTrainable || isWithdrawn {
            exclude(row)
            if effect.isCopy { copies.append(row.event) }
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
        guard !remaining.isEmpty, row.withdrawnBy == nil, isWanted(row) else { return }
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
        var waiting = [row]
        var seen: Set<EventHash> = []
        while let row = waiting.popLast() {
            if isMerged(row) { return true }
            for event in view.lineage.children[row.adapter] where seen.insert(event).inserted {
                let later = view.contributions[event]!
                guard later.member == row.member, later.excludedBy == nil, later.position > row.position,
                    view.rounds[later.round]!.topology == .isolated
                else { continue }
                waiting.append(later)
            }
        }
        return false
    }

    /// Whether a model that is served merged `row`, or one of its round that is closed is yet to.
    private func isMerged(_ row: ContributionRow) -> Bool {
        let round = view.rounds[row.round]!
        let models = view.allModels(of: row.round).filter { $0.takes(row, in: round) }
        if models.contains(where: { $0.state == .current && view.merged(row, in: $0) }) { return true }
        return round.state == .closed && models.isEmpty
    }

    private func effect(on row: ContributionRow) -> Effect {
        var effect = Effect(
            isTrainable: row.training != nil && row.affectedBy == nil && row.withdrawnBy == nil)
        effect.goes = seeds.goes(row)
        effect.shards = seeds.touchedShards(of: row)
        if seeds.copies.contains(row.event) {
            (effect.isWhole, effect.isTrainable, effect.isCopy) = (true, false, !effect.goes)
        }
        for parent in row.parents { take(parent, of: row, into: &effect) }
        return effect
    }

    /// What the affected contributions and models that `row` calls `parent` do to it.
    ///
    /// Several models may have the same bytes, and one that can be rebuilt is enough to start from.
    private func take(_ parent: ArtifactDigest, of row: ContributionRow, into effect: inout Effect) {
        let round = view.rounds[row.round]!
        let found = affectedParents(parent, of: row)
        guard round.topology != .isolated else {
            for parent in found { take(parent, of: row, isLost: stuck.contains(parent), into: &effect) }
            return
        }
        let named =
            round.topology == .cohort
            ? found.filter { view.models[$0]!.cohort == round.cohort(of: row.member) } : found
        let isLost = named.allSatisfy(stuck.contains)
        for parent in found { take(parent, of: row, isLost: isLost, into: &effect) }
    }

    /// What the affected `parent` does to `row`.
    ///
    /// In isolated rounds each shard continues its own lineage, so only shards that both have are affected, where
    /// both say which theirs are. Where they have none in common, their shards do not say what the parent is for.
    private func take(_ parent: EventHash, of row: ContributionRow, isLost: Bool, into effect: inout Effect) {
        if let before = view.contributions[parent]?.training?.shards, let shards = row.training?.shards,
            !Set(before).isDisjoint(with: shards)
        {
            let touched = affectedShards[parent] ?? Set(before)
            let common = touched.intersection(shards)
            effect.shards.formUnion(common)
            if !common.isEmpty, isLost { effect.isTrainable = false }
        } else {
            effect.isWhole = true
            if isLost { effect.isTrainable = false }
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

    // MARK: Models

    private mutating func visit(_ row: ModelRow) {
        let merged = view.contributions(of: row)
        let reached = merged.filter(affected.contains)
        guard !reached.isEmpty || seeds.copies.contains(row.event) else { return }
        affected.insert(row.event)
        enqueue(contributions: view.lineage.children[row.model], after: row.position)
        if row.state == .current || merged.contains(where: leaving.contains) {
            holders.insert(row.author)
            holders.formUnion(row.attestedBy)
        }
        if row.state == .recalled { stuck.insert(row.event) }
        guard row.state == .current else { return }
        let remaining = merged.filter { !leaving.contains($0) }
        let again = merged.count(where: retrained.contains)
        let isEmpty = remaining.isEmpty && again == 0
        // Merged again, the same would give the same bytes.
        let isMergeable = !isEmpty && remaining.count < merged.count && !remaining.contains(where: affected.contains)
        if !isMergeable, reached.allSatisfy(seeds.copies.contains) { copies.append(row.event) }
        // Where nothing is left there is no such model in the other history either, and no gap.
        if !isMergeable, !isEmpty { stuck.insert(row.event) }
        models.append(
            PlannedModel(
                cohort: row.cohort, materialization: row.event, model: row.model,
                outcome: isMergeable ? .rematerialized : .withdrawn, remaining: EventSet(remaining),
                retrained: Count(again)!, round: row.round))
    }

    // MARK: Copies

    /// Whatever has the bytes of something affected and is not known to go.
    private mutating func findCopies() {
        for event in affected {
            if let row = view.models[event] { findCopies(of: row) } else { findCopies(of: view.contributions[event]!) }
        }
        found.subtract(seeds.copies)
    }

    /// What a model merged has the same bytes rightly: the mean of one is that one. Any other contribution is that model.
    private mutating func findCopies(of row: ModelRow) {
        for bytes in [row.model, row.tensors] {
            found.formUnion(view.models(withBytes: bytes).map(\.event).filter { !affected.contains($0) })
            let rows = view.contributions(withBytes: bytes)
            guard !rows.contains(where: { $0.round == row.round && view.merged($0, in: row) }) else { continue }
            found.formUnion(rows.filter { $0.excludedBy == nil && !seeds.goes($0) }.map(\.event))
        }
    }

    /// A model that stands before a contribution with its bytes is what that started from, and stays.
    private mutating func findCopies(of row: ContributionRow) {
        guard row.excludedBy == nil else { return }
        for bytes in [row.adapter, row.tensors] {
            let rows = view.contributions(withBytes: bytes).filter { $0.excludedBy == nil }
            found.formUnion(rows.map(\.event).filter { !affected.contains($0) })
            let models = view.models(withBytes: bytes).filter { $0.position > row.position }
            found.formUnion(models.map(\.event).filter { !affected.contains($0) })
        }
    }

    // MARK: Results

    /// Excluded adapters and affected models, less what a contribution or a model that stays has the same bytes as.
    var artifacts: Set<ArtifactDigest> {
        let gone = Set(excluded.map { view.contributions[$0]!.adapter } + models.map(\.model))
        let going = Set(models.map(\.materialization))
        return gone.filter { bytes in
            !view.contributions(withAdapter: bytes).contains {
                $0.excludedBy == nil && $0.withdrawnBy == nil && !leaving.contains($0.event)
            } && !view.models(withDigest: bytes).contains { $0.state == .current && !going.contains($0.event) }
        }
    }
}
