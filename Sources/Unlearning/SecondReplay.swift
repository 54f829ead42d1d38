public import ChainViews
public import Events

/// What another organisation than its maker has to repeat, with equal digests, before a deletion has grade A4.
public enum SecondReplay: Hashable, Sendable {
    case merge(RoundID, cohort: CohortName?, maker: MemberName)
    /// Train again what took the place of a contribution, from the records that its member hands over.
    case train(EventHash, RoundID, member: MemberName)

    public var summary: String {
        switch self {
        case .merge(let round, let cohort, let maker):
            "another organisation than \(maker) merges the model of \(round.name(cohort: cohort)) again"
        case .train(_, let round, let member):
            "another organisation than \(member) trains its contribution to \(round) again"
        }
    }
}

extension DeletionProgress {
    /// What is there to be repeated under `plan`, and nobody has repeated; empty where the outcome cannot be exact.
    public func secondReplays(of plan: PlanRow) -> [SecondReplay] {
        guard plan.dispositions == nil || plan.isExact else { return [] }
        let rebuilding = Rebuilding(of: plan, in: view)
        let training = plan.retraining.compactMap { planned -> SecondReplay? in
            guard case .replaced(let event) = rebuilding.state(of: planned.contribution),
                !view.isTrainingConfirmed(of: event), let row = view.contributions[event]
            else { return nil }
            return .train(event, row.round, member: row.member)
        }
        let merging = plan.models.compactMap { planned -> SecondReplay? in
            guard let new = view.models[planned.materialization]?.replacedBy.flatMap({ view.models[$0] }),
                new.state == .current, new.attestedBy.isEmpty
            else { return nil }
            return .merge(new.round, cohort: new.cohort, maker: new.author)
        }
        return training + merging
    }
}
