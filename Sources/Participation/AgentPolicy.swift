/// The published, versioned rules by which every organisation's agent decides and learns.
///
/// This is the document as it stands on the chain: integers, strings, arrays, objects, nothing else. It
/// may say anything; ``checked()`` turns it into a ``CheckedPolicy``, the only form an ``Agent`` takes.
/// Field by field: `schemas/participation.md` and `schemas/agent-policy.v1.json`.
public struct AgentPolicy: Hashable, Sendable, Codable {
    public static let format = "lethe/agent-policy/v1"

    /// ``format``; anything else is another document.
    public var format: String
    public var name: String
    /// Counts the published versions of the policy of this name, from 1.
    public var revision: Int
    public var bins: StateBinEdges
    /// The allocations that an agent may choose from. Action 0 is staying out; action k is
    /// `allocations[k − 1]`.
    public var allocations: [Allocation]
    /// ε: the probability of exploring, by how many decisions the agent has made before.
    public var explorationRate: [RateStep]
    /// α of the update, by how many decisions the agent has made before the one that is learnt from.
    public var learningRate: [RateStep]
    /// γ, a decimal string with at most four decimal places, below 1.
    public var discount: String
    /// What every entry of the Q-table starts as.
    public var initialValueMicrocredits: Int64
    /// How many units of a Q-value make one micro-credit: the resolution of learning.
    public var valueUnitsPerMicrocredit: Int64
    /// The reward of one round never lies outside these bounds; one that does is refused, not clipped.
    public var rewardMinimumMicrocredits: Int64
    public var rewardMaximumMicrocredits: Int64

    enum CodingKeys: String, CodingKey, CaseIterable {
        case format, name, revision, bins, allocations, explorationRate, learningRate, discount
        case initialValueMicrocredits, valueUnitsPerMicrocredit
        case rewardMinimumMicrocredits, rewardMaximumMicrocredits
    }

    public init(
        name: String, revision: Int, bins: StateBinEdges, allocations: [Allocation],
        explorationRate: [RateStep], learningRate: [RateStep], discount: String,
        initialValueMicrocredits: Int64, valueUnitsPerMicrocredit: Int64,
        rewardMinimumMicrocredits: Int64, rewardMaximumMicrocredits: Int64
    ) {
        format = Self.format
        self.name = name
        self.revision = revision
        self.bins = bins
        self.allocations = allocations
        self.explorationRate = explorationRate
        self.learningRate = learningRate
        self.discount = discount
        self.initialValueMicrocredits = initialValueMicrocredits
        self.valueUnitsPerMicrocredit = valueUnitsPerMicrocredit
        self.rewardMinimumMicrocredits = rewardMinimumMicrocredits
        self.rewardMaximumMicrocredits = rewardMaximumMicrocredits
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        format = try fields.decode(String.self, forKey: .format)
        name = try fields.decode(String.self, forKey: .name)
        revision = try fields.decode(Int.self, forKey: .revision)
        bins = try fields.decode(StateBinEdges.self, forKey: .bins)
        allocations = try fields.decode([Allocation].self, forKey: .allocations)
        explorationRate = try fields.decode([RateStep].self, forKey: .explorationRate)
        learningRate = try fields.decode([RateStep].self, forKey: .learningRate)
        discount = try fields.decode(String.self, forKey: .discount)
        initialValueMicrocredits = try fields.decode(Int64.self, forKey: .initialValueMicrocredits)
        valueUnitsPerMicrocredit = try fields.decode(Int64.self, forKey: .valueUnitsPerMicrocredit)
        rewardMinimumMicrocredits = try fields.decode(Int64.self, forKey: .rewardMinimumMicrocredits)
        rewardMaximumMicrocredits = try fields.decode(Int64.self, forKey: .rewardMaximumMicrocredits)
    }
}

/// Where the bins of each state dimension end: strictly ascending edges.
///
/// A value's bin is the number of edges that are at most the value, so k edges make k + 1 half-open
/// bins and an edge belongs to the bin above it. The contribution has one more bin, number 0, for
/// "never took part".
public struct StateBinEdges: Hashable, Sendable, Codable {
    /// Share of the period's compute budget that is left, in parts per million.
    public var budgetLeftPPM: [Int64]
    /// Marginal contribution in the last round taken part in, in parts per billion of the shared metric.
    public var contributionPPB: [Int64]
    /// Share of the period's privacy budget that is left, in parts per million.
    public var privacyLeftPPM: [Int64]
    /// How far the budget period has run when the round opens, in parts per million.
    public var phasePPM: [Int64]
    /// How many other organisations took part in the round before.
    public var othersLastRound: [Int64]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case budgetLeftPPM, contributionPPB, privacyLeftPPM, phasePPM, othersLastRound
    }

    public init(
        budgetLeftPPM: [Int64], contributionPPB: [Int64], privacyLeftPPM: [Int64], phasePPM: [Int64],
        othersLastRound: [Int64]
    ) {
        self.budgetLeftPPM = budgetLeftPPM
        self.contributionPPB = contributionPPB
        self.privacyLeftPPM = privacyLeftPPM
        self.phasePPM = phasePPM
        self.othersLastRound = othersLastRound
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        budgetLeftPPM = try fields.decode([Int64].self, forKey: .budgetLeftPPM)
        contributionPPB = try fields.decode([Int64].self, forKey: .contributionPPB)
        privacyLeftPPM = try fields.decode([Int64].self, forKey: .privacyLeftPPM)
        phasePPM = try fields.decode([Int64].self, forKey: .phasePPM)
        othersLastRound = try fields.decode([Int64].self, forKey: .othersLastRound)
    }
}

/// What an organisation puts into a round: so many of its shards, each trained for so many epochs.
public struct Allocation: Hashable, Sendable, Codable {
    public var shards: Int
    public var epochs: Int

    enum CodingKeys: String, CodingKey, CaseIterable { case shards, epochs }

    public init(shards: Int, epochs: Int) {
        self.shards = shards
        self.epochs = epochs
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        shards = try fields.decode(Int.self, forKey: .shards)
        epochs = try fields.decode(Int.self, forKey: .epochs)
    }
}

/// A rate that holds from decision `fromDecision` (counted from 0) until the next step of its schedule.
public struct RateStep: Hashable, Sendable, Codable {
    public var fromDecision: Int
    /// A decimal string from 0 to 1 with at most four decimal places.
    public var rate: String

    enum CodingKeys: String, CodingKey, CaseIterable { case fromDecision, rate }

    public init(fromDecision: Int, rate: String) {
        self.fromDecision = fromDecision
        self.rate = rate
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        fromDecision = try fields.decode(Int.self, forKey: .fromDecision)
        rate = try fields.decode(String.self, forKey: .rate)
    }
}
