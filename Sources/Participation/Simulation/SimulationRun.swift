internal import Bytes

/// One run of a consortium: the organisations, how each decides, and the rounds one after the other.
///
/// Everything is integer arithmetic in one fixed order, ascending by name, so a run is a function of
/// its input.
struct SimulationRun {
    private let setup: CheckedSetup
    private let rules: CheckedSettlementRules
    private let organisations: [SimulatedOrganisation]
    private let strategies: [Strategy]
    private let rounds: Int
    private var agents: [Agent] = []
    private var standings: [Standing] = []
    private var stock: Int64 = 0
    private var last = LastRound()
    private var lastCount: Int64 = 0
    private var tally: RunTally

    /// What the run keeps of one organisation from round to round.
    private struct Standing {
        var budgetLeft: Int64 = 0
        var privacyLeft: Int64 = 0
        var contribution: Int64?
        var tookPart = false
        var own = LastRound()
    }

    /// What an organisation does in one round.
    private struct Move {
        let index: Int
        let action: ActionIndex
        let allocation: Allocation
        let data: Int64
        let cost: RoundCost
        let declared: Int64
    }

    /// - Parameters:
    ///   - organisations: In any order; the run sorts them, with their strategies, by name.
    ///   - rules: The settlement rules in force, where they are not the set-up's.
    ///   - rounds: How many rounds to run, where not the set-up's number.
    init(
        _ setup: CheckedSetup, organisations: [SimulatedOrganisation], strategies: [Strategy],
        rules: CheckedSettlementRules? = nil, rounds: Int? = nil
    ) throws(SimulationError) {
        precondition(organisations.count == strategies.count, "each organisation has one strategy")
        let order = organisations.indices.sorted {
            organisations[$0].profile.organisation.utf8
                .lexicographicallyPrecedes(organisations[$1].profile.organisation.utf8)
        }
        self.setup = setup
        self.rules = rules ?? setup.rules
        self.organisations = order.map { organisations[$0] }
        self.strategies = order.map { strategies[$0] }
        self.rounds = rounds ?? setup.document.rounds
        tally = RunTally(
            organisations: self.organisations.count, rounds: self.rounds,
            roundsPerPeriod: setup.document.roundsPerPeriod, shape: setup.policy.shape)
        standings = [Standing](repeating: Standing(), count: order.count)
        for (left, right) in zip(self.organisations, self.organisations.dropFirst())
        where left.profile.organisation == right.profile.organisation {
            throw .repeatedOrganisation(left.profile.organisation)
        }
        for organisation in self.organisations {
            let name = organisation.profile.organisation
            do {
                agents.append(
                    try Agent(
                        policy: setup.policy, profile: organisation.profile, charter: setup.document.charter))
            } catch {
                throw .agent(error, organisation: name, round: 0)
            }
        }
    }

    /// Runs all rounds.
    consuming func result() throws(SimulationError) -> RunResult {
        for round in 0..<rounds { try play(round) }
        return tally.result(names: organisations.map(\.profile.organisation), tables: agents.map(\.table))
    }

    private mutating func play(_ round: Int) throws(SimulationError) {
        if round.isMultiple(of: setup.document.roundsPerPeriod) { refill() }
        tally.begin(round)
        stock = setup.model.decayed(stock)
        var moves: [Move] = []
        for index in organisations.indices {
            let action = try decide(index, round)
            if let move = move(index, action) { moves.append(move) }
        }
        let before = setup.model.metricPPB(stock: stock)
        let total = moves.reduce(0) { $0 + $1.data }
        let whole = setup.model.metricPPB(stock: stock + total)
        let contributions = moves.map { whole - setup.model.metricPPB(stock: stock + total - $0.data) }
        let settlement = try settle(round, whole - before, moves, contributions)
        for index in organisations.indices { standings[index].tookPart = false }
        try pay(round, moves, contributions, settlement)
        stock += total
        last = LastRound(totalData: total, contributionSumPPB: contributions.reduce(0, +))
        lastCount = Int64(moves.count)
        tally.close(round, value: settlement.valueMicrocredits, metricPPB: whole)
    }

    private mutating func refill() {
        for (index, organisation) in organisations.enumerated() {
            standings[index].budgetLeft = organisation.budgetMicrocredits
            standings[index].privacyLeft = organisation.privacyBudgetMicroepsilon
        }
    }

    private func observation(_ index: Int, _ round: Int) -> Observation {
        let period = setup.document.roundsPerPeriod
        let standing = standings[index]
        return Observation(
            budgetLeftMicrocredits: standing.budgetLeft,
            budgetTotalMicrocredits: organisations[index].budgetMicrocredits,
            contributionPPB: standing.contribution,
            privacyLeftMicroepsilon: standing.privacyLeft,
            privacyTotalMicroepsilon: organisations[index].privacyBudgetMicroepsilon,
            phasePPM: Int64(round % period * 1_000_000 / period),
            othersLastRound: lastCount - (standing.tookPart ? 1 : 0))
    }

    private mutating func decide(_ index: Int, _ round: Int) throws(SimulationError) -> ActionIndex {
        let seen = observation(index, round)
        let organisation = organisations[index]
        guard organisation.role != .freeRider else { return ActionIndex(rawValue: 1) }
        tally.open(round, seen)
        if strategies[index] == .qLearning { return try learnAndDecide(index, round, seen) }
        let feasible = agents[index].feasibleActions(seen)
        switch strategies[index] {
        case .qLearning, .neverIn: return .stayOut
        case .alwaysIn: return setup.largest(feasible)
        case .fixed(let action): return feasible.contains(action) ? action : .stayOut
        case .random:
            let draws = DrawSource(
                charter: setup.document.charter, organisation: organisation.profile.organisation,
                round: RoundNumber(rawValue: round)!)
            return feasible.member(at: draws.actionDraw(among: feasible.count))
        case .myopic:
            return setup.myopicChoice(
                organisation, costs: agents[index].cost(of:), feasible: feasible, stock: stock, last: last,
                own: standings[index].own)
        }
    }

    private mutating func learnAndDecide(
        _ index: Int, _ round: Int, _ seen: Observation
    ) throws(SimulationError) -> ActionIndex {
        do {
            let step = try agents[index].advance(
                round: RoundNumber(rawValue: round)!, observation: seen, override: nil)
            if step.actionDraw == nil {
                tally.chose(
                    try setup.policy.shape.state(at: step.state), round,
                    setup.policy.allocation(of: step.taken))
            }
            return step.taken
        } catch {
            throw .agent(error, organisation: organisations[index].profile.organisation, round: round)
        }
    }

    /// What comes of an action: a free rider delivers nothing and pays nothing.
    private func move(_ index: Int, _ action: ActionIndex) -> Move? {
        guard let allocation = setup.policy.allocation(of: action) else { return nil }
        let organisation = organisations[index]
        let honest = agents[index].cost(of: action)
        switch organisation.role {
        case .freeRider:
            return Move(
                index: index, action: action, allocation: allocation, data: 0, cost: .nothing,
                declared: honest.computeMicrocredits)
        case .honest, .liar:
            let factor = organisation.role == .liar ? setup.document.lieFactor : 1
            return Move(
                index: index, action: action, allocation: allocation,
                data: setup.model.effectiveData(of: allocation, by: organisation), cost: honest,
                declared: honest.computeMicrocredits * factor)
        }
    }

    private func settle(
        _ round: Int, _ improvementPPB: Int64, _ moves: [Move], _ contributions: [Int64]
    ) throws(SimulationError) -> Settlement {
        let entries = zip(moves, contributions).map { move, contribution in
            RoundOutcome.Entry(
                organisation: organisations[move.index].profile.organisation, allocation: move.allocation,
                declaredCostMicrocredits: move.declared, contributionPPB: contribution)
        }
        do {
            return try rules.settle(
                RoundOutcome(
                    round: RoundNumber(rawValue: round)!, improvementPPB: improvementPPB, entries: entries))
        } catch {
            throw .settlement(error, round: round)
        }
    }

    /// Books costs and payouts, and lets the agents know. The settlement's lines are in the order of
    /// the moves.
    private mutating func pay(
        _ round: Int, _ moves: [Move], _ contributions: [Int64], _ settlement: Settlement
    ) throws(SimulationError) {
        var payouts = [Payout](repeating: .nothing, count: organisations.count)
        for (place, move) in moves.enumerated() {
            let line = settlement.lines[place]
            payouts[move.index] = line.payout
            standings[move.index].budgetLeft -= move.cost.computeMicrocredits
            standings[move.index].privacyLeft -= move.cost.privacyMicroepsilon
            standings[move.index].tookPart = true
            standings[move.index].contribution = contributions[place]
            tally.tookPart(
                move.index, round, move.action,
                decides: organisations[move.index].role != .freeRider, cost: move.cost, line: line)
        }
        for index in organisations.indices { standings[index].own = LastRound() }
        for (place, move) in moves.enumerated() {
            standings[move.index].own = LastRound(
                totalData: move.data, contributionSumPPB: contributions[place])
        }
        for index in organisations.indices
        where strategies[index] == .qLearning && organisations[index].role != .freeRider {
            do {
                try agents[index].settle(round: RoundNumber(rawValue: round)!, payout: payouts[index])
            } catch {
                throw .agent(error, organisation: organisations[index].profile.organisation, round: round)
            }
        }
    }
}
