/// Everything that determines a simulation; equal set-ups give equal bytes.
public struct SimulationSetup: Hashable, Sendable, Codable {
    public static let format = "lethe/simulation-setup/v1"
    public static let organisationRange = 6...1000
    public static let roundRange = 20...10_000

    public var format: String
    /// Seeds the organisations and all draws.
    public var seed: String
    /// How many organisations there are, the free riders and the one that lies about its costs among them.
    public var organisations: Int
    public var freeRiders: Int
    public var rounds: Int
    /// Budgets are refilled every so many rounds.
    public var roundsPerPeriod: Int
    /// By how much the lying organisation multiplies its costs when it declares them.
    public var lieFactor: Int64
    public var model: UtilityModel
    public var policy: AgentPolicy
    public var rules: SettlementRules

    enum CodingKeys: String, CodingKey, CaseIterable {
        case format, seed, organisations, freeRiders, rounds, roundsPerPeriod, lieFactor, model, policy, rules
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        format = try fields.decode(String.self, forKey: .format)
        seed = try fields.decode(String.self, forKey: .seed)
        organisations = try fields.decode(Int.self, forKey: .organisations)
        freeRiders = try fields.decode(Int.self, forKey: .freeRiders)
        rounds = try fields.decode(Int.self, forKey: .rounds)
        roundsPerPeriod = try fields.decode(Int.self, forKey: .roundsPerPeriod)
        lieFactor = try fields.decode(Int64.self, forKey: .lieFactor)
        model = try fields.decode(UtilityModel.self, forKey: .model)
        policy = try fields.decode(AgentPolicy.self, forKey: .policy)
        rules = try fields.decode(SettlementRules.self, forKey: .rules)
    }
}

/// Why a simulation is refused or stops.
public enum SimulationError: Error, Hashable, Sendable {
    case unknownFormat(String)
    case outOfRange(field: String, Int64)
    case badDecimal(field: String, DecimalText.Failure)
    case policy(AgentPolicyError)
    case rules(SettlementError)
    case agent(AgentError, organisation: String, round: Int)
    case settlement(SettlementError, round: Int)
    /// The list of organisations has a name twice.
    case repeatedOrganisation(String)
}

extension SimulationSetup {
    /// A consortium in which budgets are scarce, prices such that about half the organisations gain by
    /// taking part, and the shared value grows with the number of organisations. Rounds come in periods
    /// of 20.
    public static func standard(organisations: Int, rounds: Int, seed: String) -> SimulationSetup {
        let count = Int64(organisations)
        return SimulationSetup(
            format: format, seed: seed, organisations: organisations,
            freeRiders: organisations / 12 + 1, rounds: rounds, roundsPerPeriod: 20, lieFactor: 3,
            model: UtilityModel(
                ceilingPPB: 900_000_000, halfDataUnits: 8_000 * count, driftRate: "0.2",
                epochYieldPerMille: [1000, 1500]),
            policy: standardPolicy(organisations: count),
            rules: SettlementRules(
                revision: 1, microcreditsPerPPM: 60 * count, incentiveMicrocredits: 100_000,
                minimumContributionPPB: 200_000 / count, reimbursementRate: "0.2",
                reimbursementCapMicrocreditsPerShardEpoch: 1_000_000))
    }

    private static func standardPolicy(organisations count: Int64) -> AgentPolicy {
        AgentPolicy(
            name: "standard", revision: 1,
            bins: StateBinEdges(
                budgetLeftPPM: [100_000, 300_000, 500_000, 700_000, 900_000], contributionPPB: [],
                privacyLeftPPM: [300_000], phasePPM: [200_000, 400_000, 600_000, 800_000],
                othersLastRound: [count / 2]),
            allocations: [
                Allocation(shards: 1, epochs: 1), Allocation(shards: 2, epochs: 1),
                Allocation(shards: 4, epochs: 1), Allocation(shards: 2, epochs: 2),
                Allocation(shards: 4, epochs: 2),
            ],
            explorationRate: [
                RateStep(fromDecision: 0, rate: "0.4"), RateStep(fromDecision: 200, rate: "0.2"),
                RateStep(fromDecision: 500, rate: "0.1"), RateStep(fromDecision: 700, rate: "0.02"),
            ],
            learningRate: [
                RateStep(fromDecision: 0, rate: "0.2"), RateStep(fromDecision: 500, rate: "0.1"),
            ],
            discount: "0.95", initialValueMicrocredits: 0, valueUnitsPerMicrocredit: 10,
            rewardMinimumMicrocredits: -100_000_000, rewardMaximumMicrocredits: 100_000_000)
    }

    private init(
        format: String, seed: String, organisations: Int, freeRiders: Int, rounds: Int,
        roundsPerPeriod: Int, lieFactor: Int64, model: UtilityModel, policy: AgentPolicy,
        rules: SettlementRules
    ) {
        self.format = format
        self.seed = seed
        self.organisations = organisations
        self.freeRiders = freeRiders
        self.rounds = rounds
        self.roundsPerPeriod = roundsPerPeriod
        self.lieFactor = lieFactor
        self.model = model
        self.policy = policy
        self.rules = rules
    }

    /// This set-up with its documents found sound.
    func checked() throws(SimulationError) -> CheckedSetup {
        guard format == Self.format else { throw .unknownFormat(format) }
        let limits: [(String, Int, ClosedRange<Int>)] = [
            ("organisations", organisations, Self.organisationRange),
            // At least three honest organisations besides the free riders and the liar.
            ("freeRiders", freeRiders, 0...max(0, organisations - 4)),
            ("rounds", rounds, Self.roundRange),
            ("roundsPerPeriod", roundsPerPeriod, 2...1000),
            ("lieFactor", Int(lieFactor), 1...100),
            ("seed", seed.utf8.count, 0...256),
            // Sums over 1,000 organisations and 10,000 rounds stay far inside Int64 with these.
            ("rules.microcreditsPerPPM", Int(rules.microcreditsPerPPM), 0...1_000_000),
            ("rules.incentiveMicrocredits", Int(rules.incentiveMicrocredits), 0...1_000_000_000),
            ("model.epochYieldPerMille", model.epochYieldPerMille.count, 1...100),
        ]
        for (field, value, range) in limits where !range.contains(value) {
            throw .outOfRange(field: field, Int64(value))
        }
        guard rounds.isMultiple(of: roundsPerPeriod) else {
            throw .outOfRange(field: "rounds, a multiple of roundsPerPeriod", Int64(rounds))
        }
        let policy: CheckedPolicy
        do { policy = try self.policy.checked() } catch { throw .policy(error) }
        let rules: CheckedSettlementRules
        do { rules = try self.rules.checked() } catch { throw .rules(error) }
        return CheckedSetup(
            document: self, model: try model.checked(allocations: self.policy.allocations), policy: policy,
            rules: rules)
    }
}

/// A ``SimulationSetup`` that has been found sound.
struct CheckedSetup: Sendable {
    let document: SimulationSetup
    let model: CheckedUtilityModel
    let policy: CheckedPolicy
    let rules: CheckedSettlementRules
}
