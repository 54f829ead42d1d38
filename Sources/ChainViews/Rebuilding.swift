public import Bytes
public import Events

/// How far the training of one contribution is that a plan wants again.
public enum RetrainingState: Hashable, Sendable {
    /// The event of the contribution that took the place of the excluded one.
    case replaced(EventHash)
    /// Its member can train it now, from these parents.
    case ready(parents: Ascending<ArtifactDigest>)
    /// What it starts from is being trained or merged again.
    case waiting
    /// A model that it was to be part of, or to start from, was recalled, or its round was merged without it: nothing will
    /// take its place.
    case givenUp
}

/// How far an affected model is.
public enum RebuildingState: Hashable, Sendable {
    /// These contributions, in the order of the round, are what the new model merges.
    case ready([EventHash])
    case waiting
    case givenUp
}

/// How far the contributions and models are that a started plan wants anew. Read off a view, in time
/// proportional to the plan.
public struct Rebuilding: Sendable {
    private let view: PublicView
    private let plan: PlanRow
    private let planned: Set<EventHash>
    /// Contributions of models that were to be rebuilt and were recalled.
    private let abandoned: Set<EventHash>

    public init(of plan: PlanRow, in view: PublicView) {
        self.view = view
        self.plan = plan
        planned = Set(plan.retraining.map(\.contribution))
        let recalled = plan.models.lazy.filter {
            $0.outcome == .rematerialized && view.models[$0.materialization]!.state == .recalled
        }
        abandoned = Set(recalled.flatMap { view.contributions(of: view.models[$0.materialization]!) })
    }

    /// How far the training is that is to take the place of `contribution`, one of those of the plan.
    public func state(of contribution: EventHash) -> RetrainingState {
        if let event = view.replacements[contribution] { return .replaced(event) }
        guard !abandoned.contains(contribution), !isPassedOver(contribution) else { return .givenUp }
        switch presentParents(of: view.contributions[contribution]!) {
        case .known(let parents): return .ready(parents: Ascending(parents))
        case .waiting: return .waiting
        case .lost: return .givenUp
        }
    }

    /// Whether the round of `contribution`, which had no model when the plan was started, has one now that merged what there was.
    private func isPassedOver(_ contribution: EventHash) -> Bool {
        let row = view.contributions[contribution]!
        let round = view.rounds[row.round]!
        return view.allModels(of: row.round).contains {
            $0.plan == nil && $0.position > plan.startedAt && $0.takes(row, in: round)
        }
    }

    /// How far the model is that `planned` asks for.
    public func state(of planned: PlannedModel) -> RebuildingState {
        var merged: [EventHash] = []
        var isWaiting = false
        for event in view.contributions(of: view.models[planned.materialization]!) {
            guard view.contributions[event]!.excludedBy != nil else {
                merged.append(event)
                continue
            }
            guard self.planned.contains(event) else { continue }
            switch state(of: event) {
            case .replaced(let successor): merged.append(successor)
            case .givenUp: return .givenUp
            case .ready, .waiting: isWaiting = true
            }
        }
        return isWaiting ? .waiting : .ready(merged)
    }

    // MARK: What parents have become

    /// What stands in the place of something that a contribution started from.
    private enum Present {
        /// Adapters: one, or where nothing was left of it those that it started from itself.
        case known(Set<ArtifactDigest>)
        case waiting
        case lost

        func and(_ other: Self) -> Self {
            switch (self, other) {
            case (.known(let left), .known(let right)): .known(left.union(right))
            case (.lost, _), (_, .lost): .lost
            default: .waiting
            }
        }
    }

    private func presentParents(of row: ContributionRow) -> Present {
        row.parents.reduce(.known([])) { $0.and(present($1, of: row)) }
    }

    /// What stands in the place of `parent`: of each of the member's contributions with this digest before `row`, which
    /// may be several with the same bytes; of the last model with it.
    private func present(_ parent: ArtifactDigest, of row: ContributionRow) -> Present {
        let round = view.rounds[row.round]!
        switch round.topology {
        case .isolated:
            let own = view.contributions(withAdapter: parent).filter {
                $0.member == row.member && $0.position < row.position
            }
            return own.isEmpty ? .lost : own.reduce(.known([])) { $0.and(present($1)) }
        case .feedback, .cohort:
            let model = view.models(withDigest: parent).last {
                $0.position < row.position
                    && (round.topology == .feedback || $0.cohort == round.cohort(of: row.member))
            }
            return model.map(present) ?? .lost
        }
    }

    private func present(_ row: ContributionRow) -> Present {
        if row.counts { return .known([row.adapter]) }
        if let successor = view.replacements[row.event] { return present(view.contributions[successor]!) }
        guard row.excludedBy != nil else { return .lost }
        guard wasToBeRetrained(row) else { return presentParents(of: row) }
        guard row.excludedBy == plan.plan else { return .lost }
        // Nothing is given up unless a model was recalled that was to be rebuilt: then it may be further up.
        guard !abandoned.isEmpty else { return .waiting }
        return state(of: row.event) == .givenUp ? .lost : .waiting
    }

    private func wasToBeRetrained(_ row: ContributionRow) -> Bool {
        guard row.excludedBy != plan.plan else { return planned.contains(row.event) }
        return row.excludedBy.flatMap { view.plans[$0] }.map { plan in
            plan.retraining.contains { $0.contribution == row.event }
        } ?? false
    }

    private func present(_ row: ModelRow) -> Present {
        switch row.state {
        case .current: return .known([row.model])
        case .suppressed: return .waiting
        case .replaced: return present(view.models[row.replacedBy!]!)
        case .recalled:
            // Where nothing was left to merge, the other history has no such model either.
            let merged = view.contributions(of: row).map { view.contributions[$0]! }
            let isGone = merged.allSatisfy { $0.excludedBy != nil && !wasToBeRetrained($0) }
            return isGone ? merged.reduce(.known([])) { $0.and(presentParents(of: $1)) } : .lost
        }
    }
}
