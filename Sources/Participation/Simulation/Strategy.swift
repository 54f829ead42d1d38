/// How a simulated organisation decides.
public enum Strategy: Hashable, Sendable {
    case qLearning
    /// The feasible allocation with the most shard-epochs, every round.
    case alwaysIn
    case neverIn
    /// Each feasible action equally likely.
    case random
    /// The action with the best reward in this round, if all others do what they did in the last one.
    /// It knows the utility model, which no real organisation does, and looks no further than the
    /// round.
    case myopic
    /// This action whenever it is feasible, staying out otherwise.
    case fixed(ActionIndex)
}

/// What a myopic organisation remembers of the round before, about all.
struct LastRound {
    var totalData: Int64 = 0
    var contributionSumPPB: Int64 = 0
}

extension CheckedSetup {
    /// The feasible action of the most shard-epochs; of equals the first.
    func largest(_ feasible: ActionSet) -> ActionIndex {
        func size(_ action: ActionIndex) -> Int {
            policy.allocation(of: action).map { $0.shards * $0.epochs } ?? 0
        }
        return feasible.members.reduce(.stayOut) { size($1) > size($0) ? $1 : $0 }
    }

    /// What the myopic strategy does.
    ///
    /// - Parameter own: What the organisation itself put in and contributed in the last round.
    func myopicChoice(
        _ organisation: SimulatedOrganisation, costs: (ActionIndex) -> RoundCost, feasible: ActionSet,
        stock: Int64, last: LastRound, own: LastRound
    ) -> ActionIndex {
        var best = (action: ActionIndex.stayOut, reward: Int64(0))
        for action in feasible.members.dropFirst() {
            guard let allocation = policy.allocation(of: action) else { continue }
            let data = model.effectiveData(of: allocation, by: organisation)
            let others = last.totalData - own.totalData
            let whole = model.metricPPB(stock: stock + others + data)
            let contribution = whole - model.metricPPB(stock: stock + others)
            let improvement = whole - model.metricPPB(stock: stock)
            let sum = max(1, last.contributionSumPPB - own.contributionSumPPB + contribution)
            let value = improvement * rules.document.microcreditsPerPPM / 1000
            let share = FixedPoint.flooredShare(value, contribution, over: max(sum, contribution, 1))
            let cost = costs(action)
            let extra = rules.extras(
                allocation: allocation, declaredCostMicrocredits: cost.computeMicrocredits,
                contributionPPB: contribution)
            let reward =
                share + extra.incentive + extra.reimbursement - cost.computeMicrocredits
                - cost.privacyMicrocredits
            if reward > best.reward { best = (action, reward) }
        }
        return best.action
    }
}
