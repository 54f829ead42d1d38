internal import Adapters
public import Bytes
internal import ChainViews
public import Events
internal import LedgerStore
internal import Training

/// What a bench is made ready for.
struct BenchKey: Hashable {
    let base: ArtifactDigest
    /// `nil`: the built-in trainer.
    let command: TrainerCommand?
}

/// The benches that carrying out a plan has made ready: reading a base takes longer than many a run on it.
typealias Benches = [BenchKey: Workbench]

/// Carrying out what a plan wants trained again.
extension Ledger {
    /// Trains again what is to take the place of `contribution`, and commits it.
    ///
    /// Runs first, each an event of its own on the member's private chain, then their merge, then the
    /// contribution: a call that was cut off is repeated, and what is done is not done again. Shards that the
    /// plan leaves alone keep their run.
    ///
    /// - Parameter benches: what was made ready for contributions before it, and is used again.
    func trainAgain(
        _ contribution: EventHash, as member: MemberName, plan digest: ArtifactDigest,
        options: TrainingOptions, _ benches: inout Benches
    ) throws -> Recorded {
        let view = try view
        let (plan, row) = (view.plans[digest]!, view.contributions[contribution]!)
        guard case .ready(let parents) = Rebuilding(of: plan, in: view).state(of: contribution) else {
            throw EngineError(
                .inconsistent, "the contribution of \(member) to \(row.round) cannot be trained again yet")
        }
        let planned = plan.retraining.first { $0.contribution == contribution }!
        let round = view.rounds[row.round]!
        let origin = try requiredPrivateChain(of: member)
        let leaving = try records(of: plan.deletions, of: member)
        var runs: [RunRow] = []
        for shard in row.training!.shards where !planned.emptied.contains(shard) {
            let old = try run(on: shard, behind: row, under: digest)
            guard planned.shards.contains(shard) else {
                runs.append(old)
                continue
            }
            let excluding = Set(leaving[shard.dataset] ?? [])
            guard
                try openDataset(shard.dataset).left(in: shard.shard.value).contains(where: {
                    !excluding.contains($0)
                })
            else { continue }
            let ready = try bench(for: round, try options.fitting(old, member), &benches)
            let request = ShardRunRequest(
                shard: shard, round: row.round, recipe: try recipe(of: old),
                parent: try parent(of: old, in: round, parents), excluding: excluding, plan: digest)
            runs.append(
                try trainShard(
                    request, as: member, on: ready, options: options,
                    label: "\(member) trains shard \(shard.shard) for \(row.round) again"
                ).row)
        }
        return try commit(runs, replacing: row, parents, plan: digest, round, origin)
    }

    private func bench(
        for round: RoundRow, _ options: TrainingOptions, _ benches: inout Benches
    ) throws -> Workbench {
        let key = BenchKey(base: round.base, command: options.trainer)
        if let bench = benches[key] { return bench }
        let bench = try workbench(for: round, options)
        benches[key] = bench
        return bench
    }

    private func commit(
        _ runs: [RunRow], replacing row: ContributionRow, _ parents: Ascending<ArtifactDigest>,
        plan: ArtifactDigest,
        _ round: RoundRow, _ origin: Origin
    ) throws -> Recorded {
        guard !runs.isEmpty else {
            throw EngineError(
                .refused, "no record is left behind the contribution of \(row.member) to \(row.round)",
                hint: "nothing can take its place: lethe model recall \(row.round) --plan \(plan)")
        }
        let merged = try mergeRuns(runs, for: round)
        let event = AdapterCommitted(
            adapter: merged.adapter, configuration: merged.configuration, parents: parents, round: row.round,
            tensors: merged.tensors, weight: merged.weight, training: merged.training, replaces: row.event,
            plan: plan)
        try dryRun(.adapterCommitted(event), as: row.member, on: publicOrigin)
        try anchorIfBehind(origin, as: row.member)
        return try record(.adapterCommitted(event), as: row.member, on: publicOrigin)
    }

    /// The run on `shard` that went into the contribution `row`: the last one for its round that `plan` did
    /// not call for.
    func run(
        on shard: ShardReference, behind row: ContributionRow, under plan: ArtifactDigest?
    ) throws -> RunRow {
        let runs = try chain(of: shard.dataset).runs(on: shard, in: row.round)
        guard let run = runs.last(where: { plan == nil || $0.trained.plan != plan }) else {
            throw EngineError(
                .missing,
                "the run on shard \(shard.shard) of \(shard.dataset) for \(row.round) is not in this ledger",
                hint: "import the private chain of \(row.member) that has it")
        }
        return run
    }

    private func recipe(of run: RunRow) throws -> Recipe {
        guard let document = try runDocument(run) else {
            throw EngineError(
                .missing,
                "the recipe of the run on shard \(run.trained.shard) for \(run.trained.round) is not in this ledger",
                hint: "restore vault.sqlite from its newest backup")
        }
        return try Recipe(json: Array(document.recipe.utf8))
    }

    /// What the run that takes the place of `old` starts from: in an isolated round what became of the run
    /// that `old` started from, else what became of the model.
    private func parent(
        of old: RunRow, in round: RoundRow, _ parents: Ascending<ArtifactDigest>
    ) throws -> ArtifactDigest? {
        guard round.topology == .isolated else { return parents.first }
        let chain = try chain(of: old.trained.dataset)
        guard let adapter = old.trained.parent,
            let earlier = chain.runs(on: old.trained.reference).last(where: {
                $0.trained.adapter == adapter && $0.trained.round != old.trained.round
                    && $0.position < old.position
            })
        else { return nil }
        return chain.currentRun(on: earlier.trained.reference, in: earlier.trained.round)?.trained.adapter
    }

    // MARK: Looking ahead

    /// Refuses a plan of which a local member could not train its part: data that is missing or is not what
    /// it is committed to, a run or a recipe that is not here.
    func checkTrainable(_ plan: Plan) throws {
        let view = try view
        var lacking: [String] = []
        for planned in plan.retraining {
            let row = view.contributions[planned.contribution]!
            guard localMembers.contains(row.member), privateChain(of: row.member) != nil else { continue }
            let leaving = try records(of: plan.deletions, of: row.member)
            for shard in planned.shards {
                let old = try run(on: shard, behind: row, under: nil)
                _ = try recipe(of: old)
                _ = try records(
                    of: shard, in: try openDataset(shard.dataset),
                    excluding: Set(leaving[shard.dataset] ?? []))
            }
            for shard in row.training!.shards
            where !planned.shards.contains(shard) && !planned.emptied.contains(shard) {
                let kept = try run(on: shard, behind: row, under: nil)
                guard try !holdsAdapter(kept.trained.adapter) else { continue }
                lacking.append("of shard \(shard.shard) of \(shard.dataset) for \(row.round)")
            }
        }
        guard lacking.isEmpty else {
            throw EngineError(
                .missing,
                lacking.count == 1
                    ? "the adapter \(lacking[0]) is not in this ledger"
                    : "\(lacking.count) adapters are not in this ledger: \(lacking.joined(separator: ", "))",
                hint: "lethe adapter import DIR brings each back; without it the contribution cannot be merged again")
        }
    }

    /// How long the runs of `plan` will take in milliseconds, by the mean duration of those recorded here;
    /// `nil` without any.
    func estimatedMilliseconds(of plan: Plan) throws -> Int? {
        let view = try view
        let all = privateViews.values.flatMap(\.allRuns)
        guard !all.isEmpty else { return plan.retraining.isEmpty ? 0 : nil }
        let mean = all.reduce(0) { $0 + $1.trained.durationMilliseconds.value } / all.count
        let latest = Dictionary(
            all.map {
                (
                    RunName(shard: $0.trained.reference, round: $0.trained.round),
                    $0.trained.durationMilliseconds.value
                )
            },
            uniquingKeysWith: { $1 })
        return plan.retraining.reduce(0) { sum, planned in
            let round = view.contributions[planned.contribution]!.round
            return planned.shards.reduce(sum) { $0 + (latest[RunName(shard: $1, round: round)] ?? mean) }
        }
    }

    private struct RunName: Hashable {
        var shard: ShardReference
        var round: RoundID
    }

    // MARK: Erasing

    /// The adapters of runs of `member` that have to go with `plan`: those that nothing which counts is made
    /// of, among those behind what it excluded, and those of runs that came to no contribution.
    ///
    /// Where a round is still open its member commits anew, and what it trained on other shards stays for
    /// that.
    func adaptersToErase(_ plan: PlanRow, of member: MemberName) throws -> [ArtifactDigest] {
        let view = try view
        guard let origin = privateChain(of: member), let chain = privateViews[origin] else { return [] }
        let stale = try staleRuns(plan, of: member, on: chain)
        let leaves = plan.deletions.contains {
            view.deletions[$0].map { $0.member == member && $0.scope == .contributions } ?? false
        }
        var gone = Set(chain.allRuns.filter { stale.contains($0.event) }.map(\.trained.adapter))
        for row in plan.excluded.map({ view.contributions[$0]! }) where row.member == member {
            let counting =
                view.contributions(to: row.round).first { $0.member == member }?.training?.shards ?? []
            let isAwaited = !leaves && view.rounds[row.round]!.state == .open
            for shard in row.training?.shards ?? [] {
                let runs = chain.runs(on: shard, in: row.round)
                let isKept =
                    counting.contains(shard)
                    || (isAwaited && runs.last.map { !stale.contains($0.event) } ?? false)
                gone.formUnion((isKept ? runs.dropLast() : runs[...]).map(\.trained.adapter))
            }
        }
        return gone.subtracting(try adaptersInUse(chain, view)).sorted()
    }

    /// The runs on records that go, and those that go on from one of these, from a run that was trained
    /// again, or from a model that was taken out of use.
    private func staleRuns(
        _ plan: PlanRow, of member: MemberName, on chain: PrivateView
    ) throws -> Set<EventHash> {
        let view = try view
        let leaving = try records(of: plan.deletions, of: member).mapValues(Set.init)
        let models = Set(plan.models.map(\.model))
        var stale: Set<EventHash> = []
        var adapters: Set<ArtifactDigest> = []
        for run in chain.allRuns {
            let isReplaced =
                run.trained.plan != plan.plan
                && chain.runs(on: run.trained.reference, in: run.trained.round)
                    .contains { $0.trained.plan == plan.plan }
            let goesOn = run.trained.parent.map { parent in
                view.rounds[run.trained.round]!.topology == .isolated
                    ? adapters.contains(parent) : models.contains(parent)
            }
            guard try isReplaced || goesOn ?? false || uses(leaving[run.trained.dataset] ?? [], run) else {
                continue
            }
            stale.insert(run.event)
            adapters.insert(run.trained.adapter)
        }
        return stale
    }

    /// Whether a run used one of `records`; where it cannot be told, it may have.
    private func uses(_ records: Set<RecordCommitment>, _ run: RunRow) throws -> Bool {
        guard !records.isEmpty else { return false }
        let shard = try openDataset(run.trained.dataset).manifest.shards[run.trained.shard.value].filter(
            records.contains)
        guard !shard.isEmpty, let document = try runDocument(run) else { return !shard.isEmpty }
        return !Set(document.excluded).isSuperset(of: shard)
    }

    private func adaptersInUse(_ chain: PrivateView, _ view: PublicView) throws -> Set<ArtifactDigest> {
        var used: Set<ArtifactDigest> = []
        for round in view.allRounds {
            for row in view.contributions(to: round.round) {
                used.insert(row.adapter)
                for shard in row.training?.shards ?? [] {
                    if let run = chain.currentRun(on: shard, in: round.round) {
                        used.insert(run.trained.adapter)
                    }
                }
            }
        }
        return used
    }

    // MARK: Giving up

    /// Recalls the model that `plan` wants rebuilt for a round or one of its cohorts: what it needs is lost.
    public func recall(
        _ round: RoundID, cohort: CohortName?, plan: ArtifactDigest, as member: MemberName
    ) throws -> Recorded {
        guard let row = try view.plans[plan],
            let planned = row.models.first(where: { $0.round == round && $0.cohort == cohort })
        else {
            throw EngineError(
                .refused, "the plan \(plan) does not affect a model of \(round.name(cohort: cohort))",
                hint: "lethe deletion status shows the plans")
        }
        let event = ModelRecalled(model: planned.model, plan: plan, round: round, cohort: cohort)
        return try record(.modelRecalled(event), as: member, on: publicOrigin)
    }
}

extension TrainingOptions {
    /// These, if they give a run the kind of trainer that it was computed by before.
    func fitting(_ run: RunRow, _ member: MemberName) throws -> TrainingOptions {
        switch (run.trained.trainer.kind, trainer) {
        case (.external, nil):
            throw EngineError(
                .refused,
                "\(member) trained for \(run.trained.round) by an external trainer, and none is named",
                hint: "lethe deletion execute … --trainer COMMAND")
        case (.builtIn, .some):
            var own = self
            own.trainer = nil
            return own
        default: return self
        }
    }
}
