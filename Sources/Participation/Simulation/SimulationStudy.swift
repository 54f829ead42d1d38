/// A simulation with everything that it is to be judged against.
public struct SimulationStudy: Hashable, Sendable, Codable {
    public static let format = "lethe/simulation-study/v1"

    public let format: String
    public let setup: SimulationSetup
    public let organisations: [SimulatedOrganisation]
    /// Every honest organisation, and the liar, decides by the same strategy; free riders ride free in
    /// all runs.
    public let strategies: [StrategyResult]
    public let search: FixedPolicySearch
    /// One honest organisation decides otherwise while all others learn; empty where the simulation is
    /// too large.
    public let deviations: [DeviationResult]
    public let probe: String
    public let misuse: [MisuseResult]
    /// How many decisions all runs together took.
    public let decisions: Int

    /// The strategy that this study is about.
    public var learning: StrategyResult { strategies[0] }
}

/// The run in which all decide by one strategy.
public struct StrategyResult: Hashable, Sendable, Codable {
    public let name: String
    public let run: RunResult
}

/// What one organisation makes of another strategy.
public struct DeviationResult: Hashable, Sendable, Codable {
    public let name: String
    public let party: PartyResult
}

/// The best policy that gives each class of organisations one action for all rounds.
public struct FixedPolicySearch: Hashable, Sendable, Codable {
    /// By class, cheapest data first; an organisation does this whenever it can and stays out otherwise.
    public let actions: [ActionIndex]
    /// How many policies were run, over how many rounds each.
    public let evaluations: Int
    public let rounds: Int
}

/// What the rules, or rules without one of their parts, make of free riders and of the liar.
public struct MisuseResult: Hashable, Sendable, Codable {
    public let name: String
    public let rules: SettlementRules
    /// What all free riders together were paid; their costs are nil.
    public let freeRiderMicrocredits: Int64
    public let freeRiderRounds: Int
    /// What the liar was paid and what remained to it, lying; and telling the truth, all else equal.
    public let lying: PartyResult
    public let truthful: PartyResult
}

extension SimulationSetup {
    /// Runs the simulation, its baselines, the search for the best fixed policy, and the misuse variants.
    ///
    /// - Parameter deviationLimit: The largest number of decisions in a run for which the deviations of
    ///   a single organisation, one run each, are computed as well.
    public func study(deviationLimit: Int = 200_000) throws(SimulationError) -> SimulationStudy {
        var study = StudyInProgress(setup: try checked(), organisations: world())
        let search = try study.searchFixed()
        let strategies = try study.compareStrategies(search)
        let small = organisations * rounds <= deviationLimit
        let deviations = small ? try study.deviate() : []
        let misuse = try study.misuse()
        return SimulationStudy(
            format: SimulationStudy.format, setup: self, organisations: study.organisations,
            strategies: strategies, search: search, deviations: deviations,
            probe: study.organisations[study.probe].profile.organisation, misuse: misuse,
            decisions: study.decisions)
    }

    /// Runs the simulation alone, all organisations learning.
    public func run() throws(SimulationError) -> RunResult {
        var study = StudyInProgress(setup: try checked(), organisations: world())
        return try study.run(study.all(.qLearning))
    }
}

/// The runs of a study, counted.
private struct StudyInProgress {
    static let classes = 4

    let setup: CheckedSetup
    let organisations: [SimulatedOrganisation]
    var decisions = 0

    init(setup: CheckedSetup, organisations: [SimulatedOrganisation]) {
        self.setup = setup
        self.organisations = organisations
    }

    func all(_ strategy: Strategy) -> [Strategy] {
        [Strategy](repeating: strategy, count: organisations.count)
    }

    mutating func run(
        _ strategies: [Strategy], in world: [SimulatedOrganisation]? = nil,
        rules: CheckedSettlementRules? = nil, rounds: Int? = nil
    ) throws(SimulationError) -> RunResult {
        let result = try SimulationRun(
            setup, organisations: world ?? organisations, strategies: strategies, rules: rules, rounds: rounds
        ).result()
        decisions += result.decisions
        return result
    }

    mutating func compareStrategies(
        _ search: FixedPolicySearch
    ) throws(SimulationError) -> [StrategyResult] {
        let named: [(String, [Strategy])] = [
            ("Q-learning", all(.qLearning)), ("always in", all(.alwaysIn)), ("never in", all(.neverIn)),
            ("random", all(.random)), ("greedy-myopic", all(.myopic)),
            ("best fixed", assignment(search.actions)),
        ]
        var results: [StrategyResult] = []
        for (name, strategies) in named {
            results.append(StrategyResult(name: name, run: try run(strategies)))
        }
        return results
    }

    // MARK: The best fixed policy

    /// The class of each organisation, 0 for the quarter whose data costs least.
    private var classOf: [Int] {
        let order = organisations.indices.sorted {
            (organisations[$0].costRank, $0) < (organisations[$1].costRank, $1)
        }
        var classes = [Int](repeating: 0, count: order.count)
        for (rank, index) in order.enumerated() { classes[index] = rank * Self.classes / order.count }
        return classes
    }

    private func assignment(_ actions: [ActionIndex]) -> [Strategy] {
        classOf.map { .fixed(actions[$0]) }
    }

    /// Coordinate ascent on welfare: from the best common action, class after class, until a pass
    /// changes nothing.
    mutating func searchFixed() throws(SimulationError) -> FixedPolicySearch {
        let rounds = min(setup.document.rounds, 4 * setup.document.roundsPerPeriod)
        let candidates = (0..<setup.policy.actionCount).map(ActionIndex.init(rawValue:))
        var known: [[ActionIndex]: Int64] = [:]
        var best = [ActionIndex](repeating: .stayOut, count: Self.classes)
        var bestWelfare = try welfare(best, rounds, &known)
        func improves(_ welfare: Int64) -> Bool { welfare > bestWelfare }
        for action in candidates {
            let trial = [ActionIndex](repeating: action, count: Self.classes)
            let reached = try welfare(trial, rounds, &known)
            if improves(reached) { (best, bestWelfare) = (trial, reached) }
        }
        var changed = true
        while changed {
            changed = false
            for place in 0..<Self.classes {
                for action in candidates {
                    var trial = best
                    trial[place] = action
                    let reached = try welfare(trial, rounds, &known)
                    if improves(reached) { (best, bestWelfare, changed) = (trial, reached, true) }
                }
            }
        }
        return FixedPolicySearch(actions: best, evaluations: known.count, rounds: rounds)
    }

    private mutating func welfare(
        _ actions: [ActionIndex], _ rounds: Int, _ known: inout [[ActionIndex]: Int64]
    ) throws(SimulationError) -> Int64 {
        if let welfare = known[actions] { return welfare }
        let welfare = try run(assignment(actions), rounds: rounds).total(\.welfareMicrocredits)
        known[actions] = welfare
        return welfare
    }

    // MARK: One that decides otherwise

    /// The honest organisation whose data is in the middle by cost.
    var probe: Int {
        let honest = organisations.indices.filter { organisations[$0].role == .honest }
        return honest.sorted {
            (organisations[$0].costRank, $0) < (organisations[$1].costRank, $1)
        }[honest.count / 2]
    }

    mutating func deviate() throws(SimulationError) -> [DeviationResult] {
        var named: [(String, Strategy)] = [
            ("Q-learning", .qLearning), ("always in", .alwaysIn), ("never in", .neverIn),
            ("random", .random), ("greedy-myopic", .myopic),
        ]
        for (index, allocation) in setup.policy.document.allocations.enumerated() {
            named.append(
                (
                    "fixed: \(allocation.shards) × \(allocation.epochs)",
                    .fixed(ActionIndex(rawValue: index + 1))
                ))
        }
        var results: [DeviationResult] = []
        for (name, strategy) in named {
            var strategies = all(.qLearning)
            strategies[probe] = strategy
            results.append(DeviationResult(name: name, party: try run(strategies).parties[probe]))
        }
        return results
    }

    // MARK: Misuse

    mutating func misuse() throws(SimulationError) -> [MisuseResult] {
        var flat = setup.document.rules
        flat.minimumContributionPPB = -Contribution.wholePPB
        var uncapped = setup.document.rules
        uncapped.reimbursementCapMicrocreditsPerShardEpoch = 1_000_000_000_000
        var unreimbursed = setup.document.rules
        unreimbursed.reimbursementRate = "0"
        var results: [MisuseResult] = []
        for (name, rules) in [
            ("as published", setup.document.rules), ("no minimum contribution", flat),
            ("no cap on declared cost", uncapped), ("no reimbursement", unreimbursed),
        ] {
            results.append(try misuse(name, rules))
        }
        return results
    }

    private mutating func misuse(
        _ name: String, _ document: SettlementRules
    ) throws(SimulationError) -> MisuseResult {
        let rules: CheckedSettlementRules
        do { rules = try document.checked() } catch { throw .rules(error) }
        var truthful = organisations
        for index in truthful.indices where truthful[index].role == .liar { truthful[index].role = .honest }
        let lying = try run(all(.qLearning), rules: rules)
        let honest = try run(all(.qLearning), in: truthful, rules: rules)
        let riders = organisations.indices.filter { organisations[$0].role == .freeRider }
        let liar = organisations.count - 1
        return MisuseResult(
            name: name, rules: document,
            freeRiderMicrocredits: riders.reduce(0) { $0 + lying.parties[$1].netMicrocredits },
            freeRiderRounds: riders.reduce(0) { $0 + lying.parties[$1].rounds },
            lying: lying.parties[liar], truthful: honest.parties[liar])
    }
}
