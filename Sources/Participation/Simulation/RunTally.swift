internal import Bytes

/// Counts what happens in a run while it happens.
struct RunTally {
    private let organisations: Int
    private let rounds: Int
    private let roundsPerPeriod: Int
    /// From here on the run counts as learnt: its last quarter, in whole periods and at least one.
    private let lateFrom: Int
    private var parties: [PartyResult]
    private var periods: [PeriodResult] = []
    private var profile: [PhaseResult]
    private var map: [PolicyCell]
    private let phases: Int
    private var actions: [UInt8] = []

    init(organisations: Int, rounds: Int, roundsPerPeriod: Int, shape: StateShape) {
        self.organisations = organisations
        self.rounds = rounds
        self.roundsPerPeriod = roundsPerPeriod
        lateFrom = rounds - max(1, rounds / 4 / roundsPerPeriod) * roundsPerPeriod
        parties = [PartyResult](repeating: PartyResult(), count: organisations)
        profile = [PhaseResult](repeating: PhaseResult(), count: roundsPerPeriod)
        phases = shape.phase
        map = (0..<shape.budget).flatMap { budget in
            (0..<shape.phase).map { PolicyCell(budgetBin: budget, phaseBin: $0) }
        }
        actions = [UInt8](repeating: 0, count: organisations * rounds)
    }

    mutating func begin(_ round: Int) {
        if round.isMultiple(of: roundsPerPeriod) { periods.append(PeriodResult()) }
    }

    /// An organisation that decides sees the round open.
    mutating func open(_ round: Int, _ seen: Observation) {
        guard round >= lateFrom else { return }
        let place = round % roundsPerPeriod
        profile[place].openings += 1
        profile[place].budgetLeftPPMSum += FixedPoint.flooredShare(
            1_000_000, seen.budgetLeftMicrocredits, over: seen.budgetTotalMicrocredits)
        profile[place].privacyLeftPPMSum += FixedPoint.flooredShare(
            1_000_000, seen.privacyLeftMicroepsilon, over: seen.privacyTotalMicroepsilon)
    }

    /// An agent chose greedily in a state.
    mutating func chose(_ state: State, _ round: Int, _ allocation: Allocation?) {
        guard round >= lateFrom else { return }
        let place = state.budget * phases + state.phase
        map[place].choices += 1
        map[place].participations += allocation == nil ? 0 : 1
        map[place].shardEpochs += allocation.map { $0.shards * $0.epochs } ?? 0
    }

    /// - Parameter decides: Whether it is an organisation that decides, no free rider.
    mutating func tookPart(
        _ index: Int, _ round: Int, _ action: ActionIndex, decides: Bool, cost: RoundCost, line: RewardLine
    ) {
        actions[round * organisations + index] = UInt8(action.rawValue)
        let costs = cost.computeMicrocredits + cost.privacyMicrocredits
        let net = line.totalMicrocredits - costs
        let late = round >= lateFrom
        parties[index].rounds += 1
        parties[index].netMicrocredits += net
        parties[index].shareMicrocredits += line.shareMicrocredits
        parties[index].incentiveMicrocredits += line.incentiveMicrocredits
        parties[index].reimbursementMicrocredits += line.reimbursementMicrocredits
        parties[index].costMicrocredits += costs
        parties[index].lateRounds += late ? 1 : 0
        parties[index].lateNetMicrocredits += late ? net : 0
        let period = round / roundsPerPeriod
        periods[period].participations += decides ? 1 : 0
        periods[period].welfareMicrocredits -= costs
        periods[period].netMicrocredits += net
        if late && decides { profile[round % roundsPerPeriod].participations += 1 }
    }

    mutating func close(_ round: Int, value: Int64, metricPPB: Int64) {
        let period = round / roundsPerPeriod
        periods[period].rounds += 1
        periods[period].welfareMicrocredits += value
        periods[period].metricPPBSum += metricPPB
    }

    /// - Parameter tables: The organisations' tables at the end, in their order.
    func result(names: [String], tables: [QTable]) -> RunResult {
        var hasher = Hasher256()
        hasher.update(Array("lethe/simulation-run/v1".utf8) + [0])
        hasher.update(actions)
        for table in tables { hasher.update(table.canonicalBytes) }
        var parties = parties
        for index in parties.indices { parties[index].organisation = names[index] }
        return RunResult(
            lateRounds: rounds - lateFrom, decisions: organisations * rounds, parties: parties,
            periods: periods, phaseProfile: profile, policyMap: map, digest: hasher.finish())
    }
}
