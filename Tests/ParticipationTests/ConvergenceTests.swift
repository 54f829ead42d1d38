import Bytes
@testable import Participation
import Testing

/// Two games small enough to be solved exactly. Each is a deterministic Markov decision process of the
/// agent's own states; value iteration in floating point, sharing no code with the agent, says what is
/// optimal.
@Suite struct ConvergenceTests {
    /// A solved game: Q*(s, a) for the feasible actions of every reachable state, in micro-credits.
    struct Game<Node: Hashable & Sendable>: Sendable {
        let start: Node
        let actions: @Sendable (Node) -> [Int]
        let step: @Sendable (Node, Int) -> (reward: Double, next: Node)

        func solved(discount: Double) -> [Node: [Int: Double]] {
            var nodes: Set<Node> = [start]
            var frontier = [start]
            while let node = frontier.popLast() {
                for action in actions(node) {
                    let next = step(node, action).next
                    if nodes.insert(next).inserted { frontier.append(next) }
                }
            }
            var values = Dictionary(uniqueKeysWithValues: nodes.map { ($0, 0.0) })
            for _ in 0..<3000 {
                for node in nodes {
                    values[node] = actions(node).map { action in
                        let (reward, next) = step(node, action)
                        return reward + discount * values[next]!
                    }.max()!
                }
            }
            return Dictionary(
                uniqueKeysWithValues: nodes.map { node in
                    let row = actions(node).map { action in
                        let (reward, next) = step(node, action)
                        return (action, reward + discount * values[next]!)
                    }
                    return (node, Dictionary(uniqueKeysWithValues: row))
                })
        }
    }

    /// A budget for two rounds of four, and shares of 2, 3, 4 and 6 credits: the last two are worth
    /// waiting for.
    struct Saving: Hashable {
        var left: Int
        var place: Int
    }

    static let saving = Game<Saving>(
        start: Saving(left: 2, place: 0),
        actions: { $0.left > 0 ? [0, 1] : [0] },
        step: { node, action in
            let reward = action == 0 ? 0 : [2.0, 3, 4, 6][node.place] * 1e6 - 1e6
            let place = (node.place + 1) % 4
            return (reward, Saving(left: place == 0 ? 2 : node.left - action, place: place))
        })

    @Test func learnsToSaveItsBudgetForTheRoundsThatPay() throws {
        var document = smallPolicy()
        document.bins = StateBinEdges(
            budgetLeftPPM: [500_000, 1_000_000], contributionPPB: [], privacyLeftPPM: [],
            phasePPM: [250_000, 500_000, 750_000], othersLastRound: [])
        document.allocations = [Allocation(shards: 1, epochs: 1)]
        document.explorationRate = [RateStep(fromDecision: 0, rate: "0.5")]
        document.learningRate = [RateStep(fromDecision: 0, rate: "0.5")]
        let policy = try document.checked()
        var agent = try Agent(policy: policy, profile: profile(), charter: charter)
        var node = Saving(left: 2, place: 0)
        var rows: [Saving: StateIndex] = [:]
        for number in 0..<6000 {
            let seen = observation(
                left: Int64(node.left) * 1_000_000, total: 2_000_000, contributionPPB: 0,
                phasePPM: Int64(node.place) * 250_000)
            let step = try agent.decide(round: round(number), observation: seen).decision
            rows[node] = step.stateIndex
            let share: Int64 = step.taken == .stayOut ? 0 : [2, 3, 4, 6][node.place] * 1_000_000
            try agent.settle(round: round(number), payout: payout(share))
            node = Self.saving.step(node, step.taken.rawValue).next
        }
        let solved = Self.saving.solved(discount: 0.9)
        expectOptimal(agent, solved, rows)
        // The known solution: wait twice, then take part twice.
        func best(_ left: Int, _ place: Int) -> Int {
            solved[Saving(left: left, place: place)]!.max { $0.value < $1.value }!.key
        }
        #expect([best(2, 0), best(2, 1), best(2, 2), best(1, 3)] == [0, 0, 1, 1])
    }

    /// Standing is the last contribution, low or high. The large allocation costs more than it brings
    /// at once, but a high standing earns a bonus in the next round: a myopic organisation never
    /// invests.
    struct Standing: Hashable { var high: Bool }

    static let investing = Game<Standing>(
        start: Standing(high: false),
        actions: { _ in [0, 1, 2] },
        step: { node, action in
            // Shares less costs: nothing, 1 credit at low effort, −0.5 at high effort; 3 credits for
            // high standing.
            let now = [0, 1e6, -0.5e6][action] + (node.high && action != 0 ? 3e6 : 0)
            return (now, action == 0 ? node : Standing(high: action == 2))
        })

    @Test func learnsToInvestInItsStanding() throws {
        var document = smallPolicy()
        document.bins = StateBinEdges(
            budgetLeftPPM: [], contributionPPB: [1000], privacyLeftPPM: [], phasePPM: [], othersLastRound: [])
        document.explorationRate = [RateStep(fromDecision: 0, rate: "0.3")]
        document.learningRate = [RateStep(fromDecision: 0, rate: "0.5")]
        let policy = try document.checked()
        var agent = try Agent(policy: policy, profile: profile(), charter: charter)
        var node = Standing(high: false)
        var rows: [Standing: StateIndex] = [:]
        for number in 0..<4000 {
            let seen = observation(contributionPPB: node.high ? 2000 : 0)
            let step = try agent.decide(round: round(number), observation: seen).decision
            rows[node] = step.stateIndex
            let bonus: Int64 = node.high && step.taken != .stayOut ? 3_000_000 : 0
            let share = [0, 2_000_000, 1_500_000][step.taken.rawValue] + bonus
            try agent.settle(round: round(number), payout: payout(share))
            node = Self.investing.step(node, step.taken.rawValue).next
        }
        let solved = Self.investing.solved(discount: 0.9)
        expectOptimal(agent, solved, rows)
        for high in [false, true] {
            let row = solved[Standing(high: high)]!
            #expect(row.max { $0.value < $1.value }!.key == 2, "investing is the known solution")
        }
    }

    /// Every feasible action of every state has its optimal value, to within what rounding at a rate of
    /// one half may leave: 1/(2α(1 − γ)) = 10 value units, which is one micro-credit.
    private func expectOptimal<Node: Hashable>(
        _ agent: Agent, _ solved: [Node: [Int: Double]], _ rows: [Node: StateIndex]
    ) {
        #expect(Set(rows.keys) == Set(solved.keys), "every state was visited")
        for (node, row) in solved {
            guard let state = rows[node] else { continue }
            for (action, value) in row {
                let learnt = agent.table.value(state, ActionIndex(rawValue: action))
                #expect(abs(Double(learnt) - 10 * value) <= 11, "\(node), action \(action)")
            }
        }
    }
}
