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

    /// Rebuilds or recalls each model as planned.
    public mutating func rebuild(_ plan: ArtifactDigest, by author: MemberName = delta) throws {
        for planned in view.plans[plan]!.models {
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
        ErasureAttested(
            artifacts: view.plans[plan]!.artifacts, plan: plan,
            results: [
                StoreResult(items: Count(2)!, store: .blobs, verdict: verdict),
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

    public mutating func complete(_ id: String, _ plan: ArtifactDigest, by author: MemberName = delta) throws
    {
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
