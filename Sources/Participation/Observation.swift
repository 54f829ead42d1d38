/// What an agent sees when a round opens.
public struct Observation: Hashable, Sendable, Codable {
    /// What is left of the period's compute budget, and what it was.
    public var budgetLeftMicrocredits: Int64
    public var budgetTotalMicrocredits: Int64
    /// Marginal contribution in the last round taken part in, in parts per billion of the shared
    /// metric; `nil` before the first.
    public var contributionPPB: Int64?
    /// What is left of the period's privacy budget, and what it was, in millionths of ε.
    public var privacyLeftMicroepsilon: Int64
    public var privacyTotalMicroepsilon: Int64
    /// How far the budget period has run, 0 … 999,999.
    public var phasePPM: Int64
    /// How many other organisations took part in the round before; 0 in the first.
    public var othersLastRound: Int64

    enum CodingKeys: String, CodingKey, CaseIterable {
        case budgetLeftMicrocredits, budgetTotalMicrocredits, contributionPPB
        case privacyLeftMicroepsilon, privacyTotalMicroepsilon, phasePPM, othersLastRound
    }

    public init(
        budgetLeftMicrocredits: Int64, budgetTotalMicrocredits: Int64, contributionPPB: Int64?,
        privacyLeftMicroepsilon: Int64, privacyTotalMicroepsilon: Int64, phasePPM: Int64,
        othersLastRound: Int64
    ) {
        self.budgetLeftMicrocredits = budgetLeftMicrocredits
        self.budgetTotalMicrocredits = budgetTotalMicrocredits
        self.contributionPPB = contributionPPB
        self.privacyLeftMicroepsilon = privacyLeftMicroepsilon
        self.privacyTotalMicroepsilon = privacyTotalMicroepsilon
        self.phasePPM = phasePPM
        self.othersLastRound = othersLastRound
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        budgetLeftMicrocredits = try fields.decode(Int64.self, forKey: .budgetLeftMicrocredits)
        budgetTotalMicrocredits = try fields.decode(Int64.self, forKey: .budgetTotalMicrocredits)
        contributionPPB = try fields.decodeIfPresent(Int64.self, forKey: .contributionPPB)
        privacyLeftMicroepsilon = try fields.decode(Int64.self, forKey: .privacyLeftMicroepsilon)
        privacyTotalMicroepsilon = try fields.decode(Int64.self, forKey: .privacyTotalMicroepsilon)
        phasePPM = try fields.decode(Int64.self, forKey: .phasePPM)
        othersLastRound = try fields.decode(Int64.self, forKey: .othersLastRound)
    }

    /// Throws where a share cannot be formed or a value is one that no round could show.
    func check() throws(AgentError) {
        func share(_ field: String, _ left: Int64, of total: Int64) throws(AgentError) {
            guard total > 0 else { throw .zeroTotal(field: field) }
            guard total <= FixedPoint.jsonLimit, (0...total).contains(left) else {
                throw .observationOutOfRange(field: field, left)
            }
        }
        try share("budgetLeftMicrocredits", budgetLeftMicrocredits, of: budgetTotalMicrocredits)
        try share("privacyLeftMicroepsilon", privacyLeftMicroepsilon, of: privacyTotalMicroepsilon)
        guard (0..<1_000_000).contains(phasePPM) else {
            throw .observationOutOfRange(field: "phasePPM", phasePPM)
        }
        guard (0...FixedPoint.jsonLimit).contains(othersLastRound) else {
            throw .observationOutOfRange(field: "othersLastRound", othersLastRound)
        }
        let contribution = contributionPPB ?? 0
        guard contribution.magnitude <= UInt64(Contribution.wholePPB) else {
            throw .observationOutOfRange(field: "contributionPPB", contribution)
        }
    }
}

/// How many bins each dimension of the state has; every count is at least 1.
public struct StateShape: Hashable, Sendable {
    public let budget, contribution, privacy, phase, others: Int

    /// How many states there are.
    public var count: Int { budget * contribution * privacy * phase * others }

    init(_ edges: StateBinEdges) {
        budget = edges.budgetLeftPPM.count + 1
        contribution = edges.contributionPPB.count + 2
        privacy = edges.privacyLeftPPM.count + 1
        phase = edges.phasePPM.count + 1
        others = edges.othersLastRound.count + 1
    }
}

/// A state of the Markov decision process: the bin of each dimension, from 0.
public struct State: Hashable, Sendable, Codable {
    public let budget, contribution, privacy, phase, others: Int

    enum CodingKeys: String, CodingKey, CaseIterable {
        case budget, contribution, privacy, phase, others
    }

    public init(budget: Int, contribution: Int, privacy: Int, phase: Int, others: Int) {
        self.budget = budget
        self.contribution = contribution
        self.privacy = privacy
        self.phase = phase
        self.others = others
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        budget = try fields.decode(Int.self, forKey: .budget)
        contribution = try fields.decode(Int.self, forKey: .contribution)
        privacy = try fields.decode(Int.self, forKey: .privacy)
        phase = try fields.decode(Int.self, forKey: .phase)
        others = try fields.decode(Int.self, forKey: .others)
    }
}

/// The row of a state in the Q-table.
public struct StateIndex: RawRepresentable, Hashable, Sendable, Codable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }
}

extension StateShape {
    /// The row of `state`: its bins as the digits of a mixed-radix number, budget first.
    public func index(of state: State) throws(AgentError) -> StateIndex {
        let digits = [
            (state.budget, budget), (state.contribution, contribution), (state.privacy, privacy),
            (state.phase, phase), (state.others, others),
        ]
        guard digits.allSatisfy({ (0..<$0.1).contains($0.0) }) else { throw .unknownState(state) }
        return StateIndex(rawValue: digits.reduce(0) { $0 * $1.1 + $1.0 })
    }

    /// The state of row `index`.
    public func state(at index: StateIndex) throws(AgentError) -> State {
        guard (0..<count).contains(index.rawValue) else { throw .unknownStateIndex(index, count: count) }
        var rest = index.rawValue
        func digit(_ radix: Int) -> Int {
            defer { rest /= radix }
            return rest % radix
        }
        let (o, f, p, c, b) = (digit(others), digit(phase), digit(privacy), digit(contribution), digit(budget))
        return State(budget: b, contribution: c, privacy: p, phase: f, others: o)
    }
}

extension CheckedPolicy {
    /// The state that `observation` shows, by the policy's bins.
    public func state(of observation: Observation) throws(AgentError) -> State {
        try observation.check()
        let bins = document.bins
        let budgetPPM = FixedPoint.flooredShare(
            1_000_000, observation.budgetLeftMicrocredits, over: observation.budgetTotalMicrocredits)
        let privacyPPM = FixedPoint.flooredShare(
            1_000_000, observation.privacyLeftMicroepsilon, over: observation.privacyTotalMicroepsilon)
        return State(
            budget: bin(budgetPPM, bins.budgetLeftPPM),
            contribution: observation.contributionPPB.map { 1 + bin($0, bins.contributionPPB) } ?? 0,
            privacy: bin(privacyPPM, bins.privacyLeftPPM),
            phase: bin(observation.phasePPM, bins.phasePPM),
            others: bin(observation.othersLastRound, bins.othersLastRound))
    }

    /// How many of the ascending `edges` are at most `value`.
    private func bin(_ value: Int64, _ edges: [Int64]) -> Int {
        var count = 0
        while count < edges.count, edges[count] <= value { count += 1 }
        return count
    }
}
