/// What taking part costs one organisation: private to it, and part of what a replay of its decisions needs.
public struct OrganisationProfile: Hashable, Sendable, Codable {
    /// The member's name on the chain, 1 … 256 bytes; part of the seed of its draws.
    public var organisation: String
    /// How many shards its dataset has; an allocation of more is out of reach.
    public var shards: Int
    public var computeMicrocreditsPerShardEpoch: Int64
    /// ε that one epoch spends, in millionths. Shards are disjoint, so their spending composes in parallel
    /// (McSherry 2009, theorem 4) and does not add up; epochs do.
    public var privacyMicroepsilonPerEpoch: Int64
    /// What the organisation holds a millionth of ε to be worth.
    public var privacyMicrocreditsPerMicroepsilon: Int64

    enum CodingKeys: String, CodingKey, CaseIterable {
        case organisation, shards, computeMicrocreditsPerShardEpoch, privacyMicroepsilonPerEpoch
        case privacyMicrocreditsPerMicroepsilon
    }

    public init(
        organisation: String, shards: Int, computeMicrocreditsPerShardEpoch: Int64,
        privacyMicroepsilonPerEpoch: Int64, privacyMicrocreditsPerMicroepsilon: Int64
    ) {
        self.organisation = organisation
        self.shards = shards
        self.computeMicrocreditsPerShardEpoch = computeMicrocreditsPerShardEpoch
        self.privacyMicroepsilonPerEpoch = privacyMicroepsilonPerEpoch
        self.privacyMicrocreditsPerMicroepsilon = privacyMicrocreditsPerMicroepsilon
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        organisation = try fields.decode(String.self, forKey: .organisation)
        shards = try fields.decode(Int.self, forKey: .shards)
        computeMicrocreditsPerShardEpoch = try fields.decode(
            Int64.self, forKey: .computeMicrocreditsPerShardEpoch)
        privacyMicroepsilonPerEpoch = try fields.decode(Int64.self, forKey: .privacyMicroepsilonPerEpoch)
        privacyMicrocreditsPerMicroepsilon = try fields.decode(
            Int64.self, forKey: .privacyMicrocreditsPerMicroepsilon)
    }

    /// What `allocation` costs.
    public func cost(of allocation: Allocation) throws(AgentError) -> RoundCost {
        func product(_ factors: Int64...) throws(AgentError) -> Int64 {
            var result: Int64 = 1
            for factor in factors {
                let (next, overflow) = result.multipliedReportingOverflow(by: factor)
                guard factor >= 0, !overflow, next <= FixedPoint.jsonLimit else {
                    throw .costOutOfRange(allocation)
                }
                result = next
            }
            return result
        }
        let (shards, epochs) = (Int64(allocation.shards), Int64(allocation.epochs))
        let epsilon = try product(privacyMicroepsilonPerEpoch, epochs)
        return RoundCost(
            computeMicrocredits: try product(computeMicrocreditsPerShardEpoch, shards, epochs),
            privacyMicroepsilon: epsilon,
            privacyMicrocredits: try product(epsilon, privacyMicrocreditsPerMicroepsilon))
    }
}

/// What one round costs an organisation that takes part.
public struct RoundCost: Hashable, Sendable, Codable {
    public let computeMicrocredits: Int64
    public let privacyMicroepsilon: Int64
    /// The privacy spent, at the organisation's own price.
    public let privacyMicrocredits: Int64

    static let nothing = RoundCost(computeMicrocredits: 0, privacyMicroepsilon: 0, privacyMicrocredits: 0)
}
