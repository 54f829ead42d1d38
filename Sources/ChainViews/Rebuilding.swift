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

/// How far the contributions and models are that a started plan wants anew. Read off a view.
public struct Rebuilding: Sendable {
    private let view: PublicView
    private let plan: PlanRow
    /// Contributions of models that were to be rebuilt and were recalled.
    private let abandoned: Set<EventHash>

    public init(of plan: PlanRow, in view: PublicView) {
        self.view = view
        self.plan = plan
        let recalled = view.lineage.abandoned[plan.plan] ?? []
        abandoned = Set(recalled.flatMap { view.contributions(of: view.models[$0]!) })
    }

    /// How far the training is that is to take the place of `contribution`, one of those of the plan.
    public func state(of contribution: EventHash) -> RetrainingState {
        if let event = view.replacements[contribution].last { return .replaced(event) }
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
            let row = view.contributions[event]!
            guard row.excludedBy != nil else {
                merged.append(event)
                continue
            }
            guard row.excludedBy == plan.plan, wasToBeRetrained(row) else { continue }
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

    /// What stands in the place of a contribution or a model, by way of others.
    private enum Step {
        case settled(Present)
        /// What stands in the place of all of these.
        case all([EventHash])
        /// Nothing yet: it is lost where one of these is.
        case waiting(for: [EventHash])

        var sources: [EventHash] {
            switch self {
            case .settled: []
            case .all(let events), .waiting(let events): events
            }
        }

        func answer(_ answers: [EventHash: Present]) -> Present {
            if case .settled(let present) = self { return present }
            // One without an answer leads back here: nothing new comes of it.
            let present = sources.reduce(Present.known([])) { $0.and(answers[$1] ?? .lost) }
            guard case .waiting = self, case .known = present else { return present }
            return .waiting
        }
    }

    private func presentParents(of row: ContributionRow) -> Present {
        let step = step(toParentsOf: [row])
        return step.answer(answers(to: step.sources))
    }

    /// What stands in the place of `events` and of all that they lead to. Each contribution and model on the way is looked
    /// at once, and without recursion: lineages are as long as chains, and their ways meet again and again.
    private func answers(to events: [EventHash]) -> [EventHash: Present] {
        var answers: [EventHash: Present] = [:]
        var steps: [EventHash: Step] = [:]
        var stack = events
        while let event = stack.last {
            if answers[event] != nil {
                stack.removeLast()
            } else if let known = steps[event] {
                answers[event] = known.answer(answers)
                stack.removeLast()
            } else {
                let next = view.contributions[event].map { step($0) } ?? step(view.models[event]!)
                steps[event] = next
                stack += next.sources.filter { steps[$0] == nil }
            }
        }
        return answers
    }

    private func step(toParentsOf rows: [ContributionRow]) -> Step {
        var sources: [EventHash] = []
        for row in rows {
            for parent in row.parents {
                let found = events(behind: parent, of: row)
                guard !found.isEmpty else { return .settled(.lost) }
                sources += found
            }
        }
        return .all(sources)
    }

    /// What `parent` named: each of the member's contributions with this digest before `row`, which may be several with
    /// the same bytes; of models the last that is not withdrawn for good.
    private func events(behind parent: ArtifactDigest, of row: ContributionRow) -> [EventHash] {
        let round = view.rounds[row.round]!
        switch round.topology {
        case .isolated:
            return view.contributions(withAdapter: parent).filter {
                $0.member == row.member && $0.position < row.position
            }.map(\.event)
        case .feedback, .cohort:
            let models = view.models(withDigest: parent).filter {
                $0.position < row.position
                    && (round.topology == .feedback || $0.cohort == round.cohort(of: row.member))
            }
            let model = models.last { !isLost($0) } ?? models.last
            return model.map { [$0.event] } ?? []
        }
    }

    private func step(_ row: ContributionRow) -> Step {
        if row.counts { return .settled(.known([row.adapter])) }
        if let successor = view.replacements[row.event].last { return .all([successor]) }
        guard row.excludedBy != nil else { return .settled(.lost) }
        guard wasToBeRetrained(row) else { return step(toParentsOf: [row]) }
        guard row.excludedBy == plan.plan, !abandoned.contains(row.event) else { return .settled(.lost) }
        // Nothing is given up unless a model was recalled that was to be rebuilt: then it may be further up.
        guard !abandoned.isEmpty else { return .settled(.waiting) }
        let parents = step(toParentsOf: [row])
        guard case .all(let sources) = parents else { return parents }
        return .waiting(for: sources)
    }

    /// Whether the plan that excluded `row` wants it trained again.
    private func wasToBeRetrained(_ row: ContributionRow) -> Bool { view.lineage.retrained[row.event] != nil }

    private func step(_ row: ModelRow) -> Step {
        switch row.state {
        case .current: return .settled(.known([row.model]))
        case .suppressed: return .settled(.waiting)
        case .replaced: return .all([row.replacedBy!])
        case .recalled:
            return isGone(row) ? step(toParentsOf: view.mergedContributions(of: row)) : .settled(.lost)
        }
    }

    /// Whether nothing was left to merge: the other history has no such model either.
    private func isGone(_ row: ModelRow) -> Bool {
        view.mergedContributions(of: row).allSatisfy { $0.excludedBy != nil && !wasToBeRetrained($0) }
    }

    /// Whether nothing takes the place of `row`, although something of it is left.
    private func isLost(_ row: ModelRow) -> Bool {
        switch row.state {
        case .current, .replaced: false
        case .suppressed: plan.planned(row.event, in: view)?.outcome == .withdrawn && !isGone(row)
        case .recalled: !isGone(row)
        }
    }
}
