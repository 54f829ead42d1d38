import Bytes
@testable import Participation
import Testing

@Suite struct AgentTests {
    struct Walk: Decodable {
        struct Step: Decodable { let state, exploreDraw, action: Int }
        let decisions: [Step]
        let tableUnits: [Int64]
        let tableDigest: String
    }

    /// Forty rounds that `derive.py` computes as well: states, draws, actions, and every byte of the table.
    @Test func walksAsTheOracleDoes() throws {
        let walk: Walk = try vector("walk")
        #expect(walk.decisions.count == 40)
        var agent = try Agent(policy: smallPolicy().checked(), profile: profile(), charter: charter)
        var (left, contribution): (Int64, Int64?) = (6_000_000, nil)
        for (number, known) in walk.decisions.enumerated() {
            if number.isMultiple(of: 8) { left = 6_000_000 }
            let phase = Int64(number % 8) * 125_000
            let (_, step) = try agent.decide(
                round: round(number),
                observation: observation(left: left, contributionPPB: contribution, phasePPM: phase))
            #expect(step.stateIndex.rawValue == known.state, "round \(number)")
            #expect(step.exploreDraw == known.exploreDraw, "round \(number)")
            #expect(step.taken.rawValue == known.action, "round \(number)")
            let late: Int64 = step.taken != .stayOut && phase >= 500_000 ? 700_000 : 0
            let share = [0, 1_500_000, 1_900_000][step.taken.rawValue] + late
            try agent.settle(round: round(number), payout: payout(share))
            left -= agent.cost(of: step.taken).computeMicrocredits
            if step.taken != .stayOut { contribution = 0 }
        }
        let last = try agent.finish()
        #expect(agent.table.values == walk.tableUnits)
        #expect(agent.table.digest.hex == walk.tableDigest)
        #expect(last?.tableDigest == agent.table.digest)
        #expect(last?.nextStateIndex == nil)
    }

    @Test func refusesToUseTheSeedOfARoundTwice() throws {
        var agent = try Agent(policy: smallPolicy().checked(), profile: profile(), charter: charter)
        _ = try agent.decide(round: round(5), observation: observation())
        try agent.settle(round: round(5), payout: payout(0))
        for number in [5, 4, 0] {
            #expect(throws: AgentError.roundNotAfter(round(number), last: round(5))) {
                try agent.decide(round: round(number), observation: observation())
            }
        }
        #expect(agent.decisionCount == 1)
    }

    @Test func waitsForTheRewardOfTheRoundBefore() throws {
        var agent = try Agent(policy: smallPolicy().checked(), profile: profile(), charter: charter)
        #expect(throws: AgentError.nothingPending(round(1))) {
            try agent.settle(round: round(1), payout: payout(0))
        }
        _ = try agent.decide(round: round(1), observation: observation())
        #expect(throws: AgentError.rewardMissing(round(1))) {
            try agent.decide(round: round(2), observation: observation())
        }
        #expect(throws: AgentError.rewardMissing(round(1))) { try agent.finish() }
        #expect(throws: AgentError.wrongRound(round(2), pending: round(1))) {
            try agent.settle(round: round(2), payout: payout(0))
        }
        try agent.settle(round: round(1), payout: payout(0))
        #expect(throws: AgentError.alreadySettled(round(1))) {
            try agent.settle(round: round(1), payout: payout(0))
        }
        #expect(try agent.decide(round: round(2), observation: observation()).learning != nil)
    }

    @Test func learnsNothingFromADiscardedRound() throws {
        var agent = try Agent(policy: smallPolicy().checked(), profile: profile(), charter: charter)
        let fresh = agent.table
        _ = try agent.decide(round: round(1), observation: observation())
        try agent.settle(round: round(1), payout: payout(9_000_000))
        try agent.discard(round: round(1))
        #expect(try agent.decide(round: round(2), observation: observation()).learning == nil)
        #expect(agent.table == fresh)
    }

    @Test func refusesARewardBeyondThePolicysBounds() throws {
        var agent = try Agent(policy: smallPolicy().checked(), profile: profile(), charter: charter)
        let staying = try Override(action: .stayOut, reason: "audit")
        _ = try agent.decide(round: round(1), observation: observation(), override: staying)
        for share in [100_000_001, -100_000_001, Int64.max, Int64.min] {
            #expect(throws: AgentError.self) { try agent.settle(round: round(1), payout: payout(share)) }
        }
        try agent.settle(round: round(1), payout: payout(100_000_000))
    }

    @Test func doesWhatTheOverrideSaysAndRecordsItsOwnChoice() throws {
        var document = smallPolicy()
        document.explorationRate = [RateStep(fromDecision: 0, rate: "0")]
        var agent = try Agent(policy: document.checked(), profile: profile(), charter: charter)
        let other = try Override(action: ActionIndex(rawValue: 2), reason: "the regulator asked for it")
        let step = try agent.decide(round: round(1), observation: observation(), override: other).decision
        #expect(step.chosen == .stayOut)
        #expect(step.taken == ActionIndex(rawValue: 2))
        #expect(step.decision == .override(other))
        try agent.settle(round: round(1), payout: payout(12_000_000))
        // 0 + ¼ · (12 − 2 credits) · 10 units a micro-credit.
        #expect(try agent.finish()?.valueAfterUnits == 25_000_000)
        #expect(agent.table.value(step.stateIndex, step.taken) == 25_000_000)
    }

    @Test func refusesAnOverrideBeyondMeansOrOutsideThePolicy() throws {
        var agent = try Agent(policy: smallPolicy().checked(), profile: profile(), charter: charter)
        let two = try Override(action: ActionIndex(rawValue: 2), reason: "hurry")
        #expect(throws: AgentError.beyondMeans(ActionIndex(rawValue: 2))) {
            try agent.decide(round: round(1), observation: observation(left: 1_999_999), override: two)
        }
        let three = try Override(action: ActionIndex(rawValue: 3), reason: "hurry")
        #expect(throws: AgentError.unknownAction(ActionIndex(rawValue: 3), count: 3)) {
            try agent.decide(round: round(1), observation: observation(), override: three)
        }
        #expect(agent.decisionCount == 0)
    }

    @Test func neverExceedsItsMeans() throws {
        var document = smallPolicy()
        document.explorationRate = [RateStep(fromDecision: 0, rate: "1")]
        var seen: Set<Int> = []
        for (left, largest) in [(Int64(0), 0), (999_999, 0), (1_000_000, 1), (1_999_999, 1), (2_000_000, 2)] {
            var agent = try Agent(policy: document.checked(), profile: profile(), charter: charter)
            for number in 0..<50 {
                let step = try agent.decide(round: round(number), observation: observation(left: left)).decision
                #expect(step.feasible == (0...largest).map(ActionIndex.init(rawValue:)))
                #expect(step.taken.rawValue <= largest)
                seen.insert(step.taken.rawValue)
                try agent.discard(round: round(number))
            }
        }
        #expect(seen == [0, 1, 2])
    }

    @Test(arguments: [
        (AgentError.zeroTotal(field: "budgetLeftMicrocredits"), observation(left: 0, total: 0)),
        (.observationOutOfRange(field: "budgetLeftMicrocredits", 7), observation(left: 7, total: 6)),
        (.observationOutOfRange(field: "budgetLeftMicrocredits", -1), observation(left: -1)),
        (.observationOutOfRange(field: "phasePPM", 1_000_000), observation(phasePPM: 1_000_000)),
        (
            .observationOutOfRange(field: "contributionPPB", 1_000_000_001),
            observation(contributionPPB: 1_000_000_001)
        ),
    ])
    func refusesWhatNoRoundCouldShow(error: AgentError, seen: Observation) throws {
        var agent = try Agent(policy: smallPolicy().checked(), profile: profile(), charter: charter)
        #expect(throws: error) { try agent.decide(round: round(1), observation: seen) }
    }

    @Test func refusesAProfileThatCannotBeCounted() throws {
        let policy = try smallPolicy().checked()
        var other = profile()
        other.computeMicrocreditsPerShardEpoch = 1 << 52
        #expect(throws: AgentError.costOutOfRange(Allocation(shards: 2, epochs: 1))) {
            try Agent(policy: policy, profile: other, charter: charter)
        }
        #expect(throws: AgentError.badOrganisationName("")) {
            try Agent(policy: policy, profile: profile(""), charter: charter)
        }
    }
}

@Suite struct StateTests {
    @Test func everyStateHasItsOwnRow() throws {
        let shape = try SimulationSetup.standard(organisations: 24, rounds: 20, seed: "").policy.checked().shape
        var rows: Set<Int> = []
        for row in 0..<shape.count {
            let state = try shape.state(at: StateIndex(rawValue: row))
            #expect(try shape.index(of: state).rawValue == row)
            rows.insert(row)
        }
        #expect(rows.count == 6 * 2 * 2 * 5 * 2)
    }

    @Test func refusesAnUnknownState() throws {
        let shape = try smallPolicy().checked().shape
        for state in [
            State(budget: 2, contribution: 0, privacy: 0, phase: 0, others: 0),
            State(budget: 0, contribution: -1, privacy: 0, phase: 0, others: 0),
            State(budget: 0, contribution: 0, privacy: 0, phase: 0, others: 1),
        ] {
            #expect(throws: AgentError.unknownState(state)) { try shape.index(of: state) }
        }
        #expect(throws: AgentError.unknownStateIndex(StateIndex(rawValue: 8), count: 8)) {
            try shape.state(at: StateIndex(rawValue: 8))
        }
    }

    /// An edge belongs to the bin above it, and "never took part" is a bin of its own.
    @Test func anEdgeBelongsToTheBinAbove() throws {
        var document = smallPolicy()
        document.bins.contributionPPB = [0, 1000]
        document.bins.othersLastRound = [3]
        let policy = try document.checked()
        func bins(_ seen: Observation) throws -> [Int] {
            let state = try policy.state(of: seen)
            return [state.budget, state.contribution, state.phase, state.others]
        }
        #expect(try bins(observation(left: 2_999_999)) == [0, 0, 0, 0])
        #expect(try bins(observation(left: 3_000_000, contributionPPB: -1)) == [1, 1, 0, 0])
        #expect(try bins(observation(contributionPPB: 0, phasePPM: 499_999)) == [1, 2, 0, 0])
        #expect(try bins(observation(contributionPPB: 999, phasePPM: 500_000)) == [1, 2, 1, 0])
        var seen = observation(contributionPPB: 1000)
        seen.othersLastRound = 3
        #expect(try bins(seen) == [1, 3, 0, 1])
    }
}

@Suite struct OverrideTests {
    @Test(arguments: ["", " ", "\u{2003}", "\u{00A0} "])
    func refusesAReasonThatSaysNothing(reason: String) {
        #expect(throws: Override.Failure.noReason) { try Override(action: .stayOut, reason: reason) }
    }

    @Test func refusesAReasonTooLongOrWithControls() throws {
        #expect(throws: Override.Failure.reasonTooLong(bytes: 1025)) {
            try Override(action: .stayOut, reason: String(repeating: "x", count: 1025))
        }
        #expect(throws: Override.Failure.controlCharacter) {
            try Override(action: .stayOut, reason: "yes\u{1B}[2J")
        }
        #expect(try Override(action: .stayOut, reason: "Prüfung").reason == "Prüfung")
    }
}
