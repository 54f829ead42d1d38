public import Bytes
public import ChainViews
public import Events

/// One step of carrying out a plan: an event, and the idempotent work before it.
public enum DeletionStep: Hashable, Sendable {
    case start(Ascending<DeletionID>)
    case applyExclusion(plan: ArtifactDigest)
    /// A member trains a contribution again, without the records that go or from what its parents became, and
    /// commits what takes its place.
    case retrain(EventHash, RoundID, member: MemberName, plan: ArtifactDigest)
    /// Rebuild the model of a round without what is excluded.
    case rematerialize(RoundID, cohort: CohortName?, plan: ArtifactDigest)
    case recall(RoundID, cohort: CohortName?, model: ArtifactDigest, plan: ArtifactDigest)
    case completeRematerialization(plan: ArtifactDigest)
    /// A holder erases what the plan names from each of its stores, then attests it.
    case erase(holder: MemberName, plan: ArtifactDigest)
    /// A holder that said why it keeps something, or until when a backup has it, erases that and attests again. Only the
    /// holder knows when that can be.
    case resolve(holder: MemberName, kept: [StoreResult], plan: ArtifactDigest)
    /// Replay from zero, compare, complete.
    case complete(DeletionID, plan: ArtifactDigest)

    /// Who can take the step: one member, or anyone with a role.
    public enum Actor: Hashable, Sendable, CustomStringConvertible {
        case member(MemberName)
        case role(Role)

        public var description: String {
            switch self {
            case .member(let name): name.text
            case .role(let role): "a member with the role \(role.rawValue)"
            }
        }
    }

    public var actor: Actor {
        switch self {
        case .retrain(_, _, let member, _): .member(member)
        case .erase(let holder, _), .resolve(let holder, _, _): .member(holder)
        default: .role(.aggregator)
        }
    }

    public var summary: String {
        switch self {
        case .start: "start the deletion"
        case .applyExclusion: "exclude the events and suppress the affected models"
        case .retrain(_, let round, let member, _): "\(member) trains its contribution to \(round) again"
        case .rematerialize(let round, let cohort, _): "rebuild the model of \(round.name(cohort: cohort))"
        case .recall(let round, let cohort, _, _): "recall the model of \(round.name(cohort: cohort))"
        case .completeRematerialization: "record what became of each model"
        case .erase(let holder, _): "\(holder) erases and attests"
        case .resolve(let holder, let kept, _):
            "\(holder) erases what it keeps and attests again: "
                + kept.map { result in
                    "\(result.store.rawValue) \(result.verdict.rawValue)"
                        + (result.ground.map { " for \($0.rawValue)" } ?? "")
                        + (result.until.map { " until \($0)" } ?? "")
                }.joined(separator: ", ")
        case .complete(let deletion, _): "replay from zero and complete \(deletion)"
        }
    }
}

/// What is left to do for deletions, read off the public view alone.
///
/// There is no state besides the chain: after a crash, or on another machine, the same view gives the same
/// next steps.
public struct DeletionProgress: Sendable {
    let view: PublicView

    public init(view: PublicView) { self.view = view }

    /// The steps that can be taken now for `deletions`, which are accepted or started together. Empty when
    /// all are completed. More than one step only where they are independent: what members train again, the
    /// holders' erasures, the completions.
    public func nextSteps(for deletions: Ascending<DeletionID>) -> [DeletionStep] {
        let rows = deletions.compactMap { view.deletions[$0] }
        if !rows.isEmpty, rows.allSatisfy({ $0.state == .accepted }) { return [.start(deletions)] }
        guard let plan = rows.compactMap(\.plan).first.flatMap({ view.plans[$0] }) else { return [] }
        return nextSteps(of: plan)
    }

    public func nextSteps(of plan: PlanRow) -> [DeletionStep] {
        guard plan.excludedBy != nil else { return [.applyExclusion(plan: plan.plan)] }
        guard plan.rematerializedBy != nil else { return rebuilding(plan) }
        let attested = Set(plan.erasures.filter(\.isComplete).map(\.holder))
        let open = plan.holders.filter { !attested.contains($0) }
        guard open.isEmpty else { return open.map { erasure(by: $0, plan) } }
        return plan.deletions.filter { view.deletions[$0]?.state == .started }
            .map { .complete($0, plan: plan.plan) }
    }

    private func erasure(by holder: MemberName, _ plan: PlanRow) -> DeletionStep {
        let results = plan.erasures.first { $0.holder == holder }?.results ?? []
        let kept = results.filter { $0.until != nil }
        // What failed is tried again at once.
        guard !kept.isEmpty, !results.contains(where: { $0.verdict == .failed }) else {
            return .erase(holder: holder, plan: plan.plan)
        }
        return .resolve(holder: holder, kept: kept, plan: plan.plan)
    }

    /// What can be trained again now, and the first model that can be disposed of.
    private func rebuilding(_ plan: PlanRow) -> [DeletionStep] {
        let rebuilding = Rebuilding(of: plan, in: view)
        let training = plan.retraining.compactMap { planned -> DeletionStep? in
            guard case .ready = rebuilding.state(of: planned.contribution) else { return nil }
            let row = view.contributions[planned.contribution]!
            return .retrain(row.event, row.round, member: row.member, plan: plan.plan)
        }
        let open = plan.models.filter { view.models[$0.materialization]?.state == .suppressed }
        guard !open.isEmpty || !training.isEmpty else { return [.completeRematerialization(plan: plan.plan)] }
        return training + (open.lazy.compactMap { disposal(of: $0, plan, rebuilding) }.first.map { [$0] } ?? [])
    }

    /// How the model is disposed of; `nil` while something that it is to merge is not trained yet.
    private func disposal(of planned: PlannedModel, _ plan: PlanRow, _ rebuilding: Rebuilding) -> DeletionStep? {
        let recall = DeletionStep.recall(
            planned.round, cohort: planned.cohort, model: planned.model, plan: plan.plan)
        guard planned.outcome == .rematerialized else { return recall }
        switch rebuilding.state(of: planned) {
        case .ready: return .rematerialize(planned.round, cohort: planned.cohort, plan: plan.plan)
        case .givenUp: return recall
        case .waiting: return nil
        }
    }
}
