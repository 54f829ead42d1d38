public import Bytes

/// What an organisation is paid for a round: the public side of its reward.
public struct Payout: Hashable, Sendable, Codable {
    /// Its share of the value of the round's improvement.
    public var shareMicrocredits: Int64
    /// Everything else the consortium pays: incentive and reimbursement.
    public var incentiveMicrocredits: Int64

    public static let nothing = Payout(shareMicrocredits: 0, incentiveMicrocredits: 0)

    public init(shareMicrocredits: Int64, incentiveMicrocredits: Int64) {
        self.shareMicrocredits = shareMicrocredits
        self.incentiveMicrocredits = incentiveMicrocredits
    }
}

/// A decision with everything that it follows from.
public struct DecisionRecord: Hashable, Sendable, Codable {
    public enum Mode: String, Hashable, Sendable, Codable { case greedy, explore }

    public var round: RoundNumber
    /// How many decisions this agent had made before.
    public var number: Int
    public var observation: Observation
    public var state: State
    public var stateIndex: StateIndex
    /// The Q-values of all actions in this state when the decision was made, in value units.
    public var qRowUnits: [Int64]
    /// The actions within the organisation's means, ascending.
    public var feasible: [ActionIndex]
    public var explorationRateBasisPoints: Int64
    /// 0 … 9,999; the agent explores where it is below the exploration rate.
    public var exploreDraw: Int
    public var mode: Mode
    /// Which of the feasible actions, from 0; only where the agent explores.
    public var actionDraw: Int?
    /// What the agent chose.
    public var chosen: ActionIndex
    public var decision: Decision
    /// What was done: `chosen`, or the override's action.
    public var taken: ActionIndex
}

/// One update of the Q-table with everything that it follows from.
public struct LearningRecord: Hashable, Sendable, Codable {
    /// The round whose reward was learnt from, and its state and action.
    public var round: RoundNumber
    public var stateIndex: StateIndex
    public var action: ActionIndex
    public var payout: Payout
    public var cost: RoundCost
    /// Payout less the costs of computing and of privacy.
    public var rewardMicrocredits: Int64
    public var learningRateBasisPoints: Int64
    /// `nil` where the series of rounds ended.
    public var nextStateIndex: StateIndex?
    /// The best Q-value of a feasible action in the next state; 0 where the series ended.
    public var bestNextUnits: Int64
    public var valueBeforeUnits: Int64
    public var valueAfterUnits: Int64
    /// Of the whole table after the update.
    public var tableDigest: Hash256<QTable>
}

/// What an agent leaves behind, in order of time.
public enum AgentRecord: Hashable, Sendable {
    case decision(DecisionRecord)
    case learning(LearningRecord)
}

extension AgentRecord {
    /// Every field with its path and its value as text, in the order in which a comparison looks at them.
    var fields: [(path: String, value: String)] {
        switch self {
        case .decision(let record): record.fields
        case .learning(let record): record.fields
        }
    }
}

/// The text of a value that may be absent.
private func text<Value: CustomStringConvertible>(_ value: Value?) -> String {
    value.map(\.description) ?? "none"
}

extension DecisionRecord {
    fileprivate var fields: [(path: String, value: String)] {
        let seen = observation
        var fields: [(path: String, value: String)] = [
            ("round", "\(round.rawValue)"), ("number", "\(number)"),
            ("observation.budgetLeftMicrocredits", "\(seen.budgetLeftMicrocredits)"),
            ("observation.budgetTotalMicrocredits", "\(seen.budgetTotalMicrocredits)"),
            ("observation.contributionPPB", text(seen.contributionPPB)),
            ("observation.privacyLeftMicroepsilon", "\(seen.privacyLeftMicroepsilon)"),
            ("observation.privacyTotalMicroepsilon", "\(seen.privacyTotalMicroepsilon)"),
            ("observation.phasePPM", "\(seen.phasePPM)"),
            ("observation.othersLastRound", "\(seen.othersLastRound)"),
            ("state.budget", "\(state.budget)"), ("state.contribution", "\(state.contribution)"),
            ("state.privacy", "\(state.privacy)"), ("state.phase", "\(state.phase)"),
            ("state.others", "\(state.others)"), ("stateIndex", "\(stateIndex.rawValue)"),
        ]
        fields += qRowUnits.enumerated().map { ("qRowUnits[\($0.offset)]", "\($0.element)") }
        fields += feasible.enumerated().map { ("feasible[\($0.offset)]", "\($0.element.rawValue)") }
        fields += [
            ("explorationRateBasisPoints", "\(explorationRateBasisPoints)"),
            ("exploreDraw", "\(exploreDraw)"), ("mode", mode.rawValue), ("actionDraw", text(actionDraw)),
            ("chosen", "\(chosen.rawValue)"),
        ]
        switch decision {
        case .agent: fields.append(("decision.by", "agent"))
        case .override(let override):
            fields += [
                ("decision.by", "override"), ("decision.action", "\(override.action.rawValue)"),
                ("decision.reason", override.reason),
            ]
        }
        fields.append(("taken", "\(taken.rawValue)"))
        return fields
    }
}

extension LearningRecord {
    fileprivate var fields: [(path: String, value: String)] {
        [
            ("round", "\(round.rawValue)"), ("stateIndex", "\(stateIndex.rawValue)"),
            ("action", "\(action.rawValue)"),
            ("payout.shareMicrocredits", "\(payout.shareMicrocredits)"),
            ("payout.incentiveMicrocredits", "\(payout.incentiveMicrocredits)"),
            ("cost.computeMicrocredits", "\(cost.computeMicrocredits)"),
            ("cost.privacyMicroepsilon", "\(cost.privacyMicroepsilon)"),
            ("cost.privacyMicrocredits", "\(cost.privacyMicrocredits)"),
            ("rewardMicrocredits", "\(rewardMicrocredits)"),
            ("learningRateBasisPoints", "\(learningRateBasisPoints)"),
            ("nextStateIndex", text(nextStateIndex?.rawValue)), ("bestNextUnits", "\(bestNextUnits)"),
            ("valueBeforeUnits", "\(valueBeforeUnits)"), ("valueAfterUnits", "\(valueAfterUnits)"),
            ("tableDigest", tableDigest.hex),
        ]
    }
}
