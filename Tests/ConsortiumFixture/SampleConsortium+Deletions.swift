public import Bytes
public import ChainViews
public import Events

extension SampleConsortium {
    public func request(_ id: String, of member: MemberName) -> DeletionRequested {
        DeletionRequested(
            deletion: DeletionID(id)!, dueAt: Timestamp(seconds: clock + 30 * 86_400)!, ground: .memberLeft,
            member: member, receivedAt: Timestamp(seconds: clock)!, scope: .contributions)
    }

    /// The request for a deletion and the acceptance by the member concerned.
    public mutating func accept(_ id: String, of member: MemberName) throws {
        try say(.deletionRequested(request(id, of: member)), by: member)
        try say(.deletionDecided(DeletionDecided(decision: .accepted, deletion: DeletionID(id)!)), by: member)
    }

    /// The request for a deletion of records of `member` and its acceptance: which shards of its one dataset lose
    /// some, and which of these all.
    public mutating func acceptRecords(
        _ id: String, of member: MemberName, shards: [Int], emptied: [Int] = []
    ) throws {
        var request = request(id, of: member)
        request.scope = .records
        try say(.deletionRequested(request), by: member)
        let touched = shards.map { shard in
            TouchedShard(Self.shard(member, shard), emptied: emptied.contains(shard))
        }
        let event = DeletionDecided(
            decision: .accepted, deletion: DeletionID(id)!, touched: Ascending(touched))
        try say(.deletionDecided(event), by: member)
    }

    /// The contribution that takes the place of `event` under `plan`, trained on all shards that are left.
    public func replacement(of event: EventHash, _ plan: ArtifactDigest) -> AdapterCommitted {
        let row = view.contributions[event]!
        let plan = view.plans[plan]!
        let planned = plan.retraining.first { $0.contribution == event }
        var parents: Ascending<ArtifactDigest> = []
        if case .ready(let ready) = Rebuilding(of: plan, in: view).state(of: event) { parents = ready }
        let label = "\(row.adapter.hex)/again"
        let losing = plan.deletions.flatMap { view.deletions[$0]!.touched?.map(\.reference) ?? [] }
        let losesRecords = row.training?.shards.contains { losing.contains($0) } ?? false
        var event = Self.contribution(
            row.member, to: row.round.text, parents: parents.elements, label: label,
            weight: row.weight.value - (losesRecords ? 1 : 0))
        event.training = row.training
        event.training?.runs = Hash256(runs: [digest("run/\(label)")])
        event.training?.shards = Ascending(
            (row.training?.shards ?? []).filter { !(planned?.emptied.contains($0) ?? false) })
        (event.replaces, event.plan) = (row.event, plan.plan)
        return event
    }

    /// What came out where somebody trained again what took the place of `event` under `plan`.
    public func replayed(
        _ event: EventHash, _ plan: ArtifactDigest, _ outcome: TrainingAttested.Outcome = .equal
    ) -> TrainingAttested {
        let row = view.contributions[view.contributions.rows.values.first { $0.replaces == event }!.event]!
        let training = row.training!
        let planned = view.plans[plan]!.retraining.first { $0.contribution == event }!
        let (isEqual, label) = (outcome == .equal, "other/\(row.adapter.hex)")
        return TrainingAttested(
            adapter: isEqual ? row.adapter : digest(label), contribution: row.event,
            environment: TrainerIdentity.digest(of: [.builtIn(arithmetic: TrainerText("arithmetic/v1")!)]),
            outcome: outcome, plan: plan, recipe: training.recipe,
            runs: isEqual ? training.runs : Hash256(runs: [digest(label)]),
            shards: Ascending(planned.shards.filter(training.shards.contains)), trainer: .builtIn)
    }

    public mutating func retrain(_ event: EventHash, _ plan: ArtifactDigest) throws {
        try say(.adapterCommitted(replacement(of: event, plan)), by: view.contributions[event]!.member)
    }

    public func start(of ids: [String]) -> DeletionStarted {
        let deletions = Ascending(ids.map { DeletionID($0)! })
        let plan = view.plan(for: deletions)
        return DeletionStarted(
            deletions: deletions, excluded: plan.excluded, holders: plan.holders, plan: plan.digest)
    }

    /// Starts the plan for `ids` and returns its digest.
    @discardableResult
    public mutating func start(_ ids: String..., by author: MemberName = delta) throws -> ArtifactDigest {
        let event = start(of: ids)
        try say(.deletionStarted(event), by: author)
        return event.plan
    }

    public mutating func exclude(_ plan: ArtifactDigest, by author: MemberName = delta) throws {
        let models = Ascending(view.plans[plan]!.models.map(\.model))
        try say(.exclusionApplied(ExclusionApplied(models: models, plan: plan)), by: author)
    }

    /// Trains again what is to be, and rebuilds or recalls each model as planned.
    public mutating func rebuild(_ plan: ArtifactDigest, by author: MemberName = delta) throws {
        for planned in view.plans[plan]!.models {
            for retraining in view.plans[plan]!.retraining {
                guard case .ready = Rebuilding(of: view.plans[plan]!, in: view).state(of: retraining.contribution)
                else { continue }
                try retrain(retraining.contribution, plan)
            }
            switch planned.outcome {
            case .rematerialized:
                try materialize(planned.round.text, cohort: planned.cohort, plan: plan, by: author)
            case .withdrawn: try recall(planned, plan, by: author)
            }
        }
    }

    public mutating func recall(
        _ planned: PlannedModel, _ plan: ArtifactDigest, by author: MemberName = delta
    ) throws {
        let event = ModelRecalled(
            model: planned.model, plan: plan, round: planned.round, cohort: planned.cohort)
        try say(.modelRecalled(event), by: author)
    }

    /// What became of the plan's models, as the view has it.
    public func completion(of plan: ArtifactDigest) -> RematerializationCompleted {
        let dispositions = view.plans[plan]!.models.map { planned in
            let successor = view.models[planned.materialization]!.replacedBy.map { view.models[$0]!.model }
            return Disposition(
                newModel: successor, oldModel: planned.model,
                outcome: successor == nil ? .withdrawn : .rematerialized, round: planned.round,
                cohort: planned.cohort)
        }
        return RematerializationCompleted(dispositions: dispositions, plan: plan)
    }

    public mutating func completeRematerialization(
        _ plan: ArtifactDigest, by author: MemberName = delta
    ) throws {
        try say(.rematerializationCompleted(completion(of: plan)), by: author)
    }

    public func erasure(
        _ plan: ArtifactDigest, _ verdict: StoreResult.Verdict = .deleted
    ) -> ErasureAttested {
        let isKept = verdict == .retained || verdict == .pendingBackup
        return ErasureAttested(
            artifacts: view.plans[plan]!.artifacts, plan: plan,
            results: [
                StoreResult(
                    items: Count(verdict == .notFound ? 0 : 2)!, store: .blobs, verdict: verdict,
                    ground: verdict == .retained ? .gdpr173e : nil,
                    until: isKept ? Timestamp(seconds: clock + 90 * 86_400) : nil),
                StoreResult(items: Count(0)!, store: .vault, verdict: .notFound),
            ])
    }

    public mutating func erase(_ plan: ArtifactDigest, by holder: MemberName) throws {
        try say(.erasureAttested(erasure(plan)), by: holder)
    }

    public func completion(_ id: String, of plan: ArtifactDigest) -> DeletionCompleted {
        DeletionCompleted(
            deletion: DeletionID(id)!, keyDirectory: view.keyDirectory,
            outcome: view.plans[plan]!.isExact ? .exact : .withdrawn, plan: plan)
    }

    public mutating func complete(_ id: String, _ plan: ArtifactDigest, by author: MemberName = delta) throws {
        try say(.deletionCompleted(completion(id, of: plan)), by: author)
    }

    /// The steps between a plan's start and the erasures.
    public mutating func dispose(_ plan: ArtifactDigest) throws {
        try exclude(plan)
        try rebuild(plan)
        try completeRematerialization(plan)
    }

    /// One member's deletion from the request to its completion; returns the plan's digest.
    @discardableResult
    public mutating func delete(_ member: MemberName, _ id: String) throws -> ArtifactDigest {
        try accept(id, of: member)
        let plan = try start(id)
        try dispose(plan)
        for holder in view.plans[plan]!.holders { try erase(plan, by: holder) }
        try complete(id, plan)
        return plan
    }
}
