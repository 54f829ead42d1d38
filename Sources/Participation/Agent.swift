public import Bytes

/// Why an agent cannot do what it is asked.
public enum AgentError: Error, Hashable, Sendable {
    /// A budget's total is zero, so that no share of it exists.
    case zeroTotal(field: String)
    case observationOutOfRange(field: String, Int64)
    case unknownState(State)
    case unknownStateIndex(StateIndex, count: Int)
    /// The name is empty or longer than 256 bytes.
    case badOrganisationName(String)
    /// Some factor is negative, or the cost of the allocation is above 2^53 − 1.
    case costOutOfRange(Allocation)
    /// The round is not after the last one decided: its seed would be used a second time.
    case roundNotAfter(RoundNumber, last: RoundNumber)
    /// The reward of an earlier round has neither been settled nor discarded.
    case rewardMissing(RoundNumber)
    /// No decision waits for a reward.
    case nothingPending(RoundNumber)
    case wrongRound(RoundNumber, pending: RoundNumber)
    case alreadySettled(RoundNumber)
    case rewardOutOfRange(Int64, ClosedRange<Int64>)
    case unknownAction(ActionIndex, count: Int)
    /// An override asks for more than the organisation has.
    case beyondMeans(ActionIndex)
}

/// One organisation's Q-learning agent.
///
/// A round goes: ``decide(round:observation:override:)``; the round closes and is settled;
/// ``settle(round:payout:)`` or, where there is nothing to learn from (the model was recalled, the
/// promise not kept), ``discard(round:)``; the next `decide` first learns from the settled round,
/// because the update needs the state that came after. ``finish()`` learns from the last one. A call
/// that throws changes nothing.
///
/// The agent is a function of policy, profile, charter and these calls: two with the same history are
/// equal, bit for bit, on every machine.
public struct Agent: Hashable, Sendable {
    public let policy: CheckedPolicy
    public let profile: OrganisationProfile
    public let charter: Hash256<Charter>
    public private(set) var table: QTable
    /// How many decisions it has made.
    public private(set) var decisionCount = 0
    public private(set) var lastRound: RoundNumber?
    private var pending: Pending?
    /// By action; staying out costs nothing.
    private let costs: [RoundCost]

    /// A decision whose reward is awaited or not yet learnt from.
    struct Pending: Hashable, Sendable {
        struct Reward: Hashable, Sendable {
            let payout: Payout
            let netMicrocredits: Int64
        }

        let round: RoundNumber
        let number: Int
        let state: StateIndex
        let action: ActionIndex
        var reward: Reward?
    }

    public init(
        policy: CheckedPolicy, profile: OrganisationProfile, charter: Hash256<Charter>
    ) throws(AgentError) {
        guard (1...256).contains(profile.organisation.utf8.count) else {
            throw .badOrganisationName(profile.organisation)
        }
        self.policy = policy
        self.profile = profile
        self.charter = charter
        table = QTable(policy)
        var costs = [RoundCost.nothing]
        for allocation in policy.document.allocations { costs.append(try profile.cost(of: allocation)) }
        self.costs = costs
    }

    /// What an action costs this organisation.
    ///
    /// - Precondition: the action is one of the policy's.
    public func cost(of action: ActionIndex) -> RoundCost { costs[action.rawValue] }

    // MARK: Rounds

    /// Learns from the round before, where it was settled, and decides this one.
    ///
    /// - Parameter override: A person's decision instead of the agent's. The agent's own choice is
    ///   still recorded, and what is learnt is the value of what was done: Q-learning is off-policy.
    public mutating func decide(
        round: RoundNumber, observation: Observation, override: Override? = nil
    ) throws(AgentError) -> (learning: LearningRecord?, decision: DecisionRecord) {
        let step = try advance(round: round, observation: observation, override: override)
        let record = DecisionRecord(
            round: round, number: decisionCount - 1, observation: observation,
            state: try policy.shape.state(at: step.state), stateIndex: step.state,
            qRowUnits: Array(table.row(step.state)), feasible: step.feasible.members,
            explorationRateBasisPoints: step.explorationRate, exploreDraw: step.exploreDraw,
            mode: step.actionDraw == nil ? .greedy : .explore, actionDraw: step.actionDraw,
            chosen: step.chosen, decision: override.map(Decision.override) ?? .agent, taken: step.taken)
        return (step.learnt.map(record(of:)), record)
    }

    /// Takes the payout of the round decided last; it is learnt from when the next state is known.
    public mutating func settle(round: RoundNumber, payout: Payout) throws(AgentError) {
        guard var waiting = pending else { throw .nothingPending(round) }
        guard waiting.round == round else { throw .wrongRound(round, pending: waiting.round) }
        guard waiting.reward == nil else { throw .alreadySettled(round) }
        let cost = costs[waiting.action.rawValue]
        let terms = [
            payout.shareMicrocredits, payout.incentiveMicrocredits, -cost.computeMicrocredits,
            -cost.privacyMicrocredits,
        ]
        guard terms.allSatisfy({ $0.magnitude <= FixedPoint.jsonLimit.magnitude }) else {
            throw .rewardOutOfRange(terms.max { $0.magnitude < $1.magnitude }!, policy.rewardRangeMicrocredits)
        }
        let reward = terms.reduce(0, +)
        guard policy.rewardRangeMicrocredits.contains(reward) else {
            throw .rewardOutOfRange(reward, policy.rewardRangeMicrocredits)
        }
        waiting.reward = Pending.Reward(payout: payout, netMicrocredits: reward)
        pending = waiting
    }

    /// Forgets the round decided last without learning from it.
    public mutating func discard(round: RoundNumber) throws(AgentError) {
        guard let waiting = pending else { throw .nothingPending(round) }
        guard waiting.round == round else { throw .wrongRound(round, pending: waiting.round) }
        pending = nil
    }

    /// Learns from the last round, after which no state comes; `nil` where nothing waits to be learnt.
    public mutating func finish() throws(AgentError) -> LearningRecord? {
        if let waiting = pending, waiting.reward == nil { throw .rewardMissing(waiting.round) }
        return learn(next: nil).map(record(of:))
    }

    // MARK: Steps

    /// A step without the parts that only a record needs.
    struct Step {
        let learnt: Learnt?
        let state: StateIndex
        let feasible: ActionSet
        let explorationRate: Int64
        let exploreDraw: Int
        let actionDraw: Int?
        let chosen: ActionIndex
        let taken: ActionIndex
    }

    struct Learnt {
        let round: RoundNumber
        let state: StateIndex
        let action: ActionIndex
        let reward: Pending.Reward
        let learningRate: Int64
        let next: StateIndex?
        let bestNext: Int64
        let before: Int64
        let after: Int64
    }

    /// What ``decide(round:observation:override:)`` does, without making records.
    mutating func advance(
        round: RoundNumber, observation: Observation, override: Override?
    ) throws(AgentError) -> Step {
        if let lastRound, round <= lastRound { throw .roundNotAfter(round, last: lastRound) }
        if let waiting = pending, waiting.reward == nil { throw .rewardMissing(waiting.round) }
        let state = try policy.shape.index(of: policy.state(of: observation))
        let feasible = feasibleActions(observation)
        if let override { try check(override, feasible) }
        let learnt = learn(next: (state, feasible))
        let rate = policy.explorationRate.basisPoints(at: decisionCount)
        let draws = DrawSource(charter: charter, organisation: profile.organisation, round: round)
        let exploreDraw = draws.exploreDraw
        let actionDraw = exploreDraw < rate ? draws.actionDraw(among: feasible.count) : nil
        let chosen = actionDraw.map(feasible.member(at:)) ?? table.best(state, among: feasible).action
        let taken = override?.action ?? chosen
        pending = Pending(round: round, number: decisionCount, state: state, action: taken)
        decisionCount += 1
        lastRound = round
        return Step(
            learnt: learnt, state: state, feasible: feasible, explorationRate: rate, exploreDraw: exploreDraw,
            actionDraw: actionDraw, chosen: chosen, taken: taken)
    }

    /// The actions that shards, compute budget and privacy budget allow.
    func feasibleActions(_ observation: Observation) -> ActionSet {
        var actions = ActionSet()
        for (index, allocation) in policy.document.allocations.enumerated() {
            let cost = costs[index + 1]
            if allocation.shards <= profile.shards,
                cost.computeMicrocredits <= observation.budgetLeftMicrocredits,
                cost.privacyMicroepsilon <= observation.privacyLeftMicroepsilon
            {
                actions.insert(ActionIndex(rawValue: index + 1))
            }
        }
        return actions
    }

    private func check(_ override: Override, _ feasible: ActionSet) throws(AgentError) {
        guard (0..<policy.actionCount).contains(override.action.rawValue) else {
            throw .unknownAction(override.action, count: policy.actionCount)
        }
        guard feasible.contains(override.action) else { throw .beyondMeans(override.action) }
    }

    /// Updates the table with the settled round; nothing where none waits.
    private mutating func learn(next: (state: StateIndex, feasible: ActionSet)?) -> Learnt? {
        guard let done = pending, let reward = done.reward else { return nil }
        let bestNext = next.map { table.best($0.state, among: $0.feasible).value } ?? 0
        let rate = policy.learningRate.basisPoints(at: done.number)
        let before = table.value(done.state, done.action)
        table.learn(
            done.state, done.action,
            rewardUnits: reward.netMicrocredits * policy.document.valueUnitsPerMicrocredit,
            bestNext: bestNext, learningRate: rate, discount: policy.discountBasisPoints)
        pending = nil
        return Learnt(
            round: done.round, state: done.state, action: done.action, reward: reward, learningRate: rate,
            next: next?.state, bestNext: bestNext, before: before, after: table.value(done.state, done.action))
    }

    private func record(of learnt: Learnt) -> LearningRecord {
        LearningRecord(
            round: learnt.round, stateIndex: learnt.state, action: learnt.action,
            payout: learnt.reward.payout, cost: costs[learnt.action.rawValue],
            rewardMicrocredits: learnt.reward.netMicrocredits,
            learningRateBasisPoints: learnt.learningRate, nextStateIndex: learnt.next,
            bestNextUnits: learnt.bestNext, valueBeforeUnits: learnt.before, valueAfterUnits: learnt.after,
            tableDigest: table.digest)
    }
}
