internal import Bytes

/// One organisation of a simulated consortium.
public struct SimulatedOrganisation: Hashable, Sendable, Codable {
    public enum Role: String, Hashable, Sendable, Codable {
        case honest
        /// Promises the cheapest allocation every round and delivers an empty contribution at no cost.
        case freeRider
        /// Acts and learns as the honest do, but declares a multiple of its compute cost.
        case liar
    }

    public var role: Role
    public var profile: OrganisationProfile
    public var qualityBasisPoints: Int64
    public var dataUnitsPerShard: Int64
    /// What each period starts with.
    public var budgetMicrocredits: Int64
    public var privacyBudgetMicroepsilon: Int64

    /// Cost of one effective data unit at one epoch, in millionths of a micro-credit: what classes are
    /// formed by.
    var costRank: Int64 {
        profile.computeMicrocreditsPerShardEpoch * 1_000_000
            / max(1, qualityBasisPoints * dataUnitsPerShard / FixedPoint.one)
    }
}

extension SimulationSetup {
    /// The organisations of this set-up, in ascending order of names.
    ///
    /// Each is drawn from the seed and its own name alone: quality 0.5 … 1, data per shard 500 … 1,500
    /// units, 2 … 4 shards, compute 0.2 … 1.6 credits for a shard-epoch, 0.1 ε for an epoch at 1 … 2
    /// credits for an ε, a compute budget for 0.8 … 2.5 shard-epochs a round, a privacy budget for 0.8
    /// … 2 epochs a round. The last is the liar, the free riders come just before it.
    ///
    /// - Precondition: `organisations` is inside ``organisationRange``.
    public func world() -> [SimulatedOrganisation] {
        (1...organisations).map { number in
            let digits = String(number)
            let name = "org-" + String(repeating: "0", count: 4 - digits.count) + digits
            let role: SimulatedOrganisation.Role =
                number == organisations
                ? .liar : number >= organisations - freeRiders ? .freeRider : .honest
            return organisation(name: name, role: role)
        }
    }

    private func organisation(
        name: String, role: SimulatedOrganisation.Role
    ) -> SimulatedOrganisation {
        let seed: Hash256<SimulationSetup> = .sha256(Array(seed.utf8))
        var draws = DrawStream(domain: "lethe/simulation-world/v1", seed: seed.bytes + Array(name.utf8))
        let quality = Int64(draws.next(in: 5_000...10_000))
        let data = Int64(draws.next(in: 500...1_500))
        let shards = draws.next(in: 2...4)
        let compute = Int64(draws.next(in: 200_000...1_600_000))
        let price = Int64(draws.next(in: 1...2))
        let budget = Int64(draws.next(in: 8...25)) * compute * Int64(roundsPerPeriod) / 10
        let privacy = Int64(draws.next(in: 8...20)) * 10_000 * Int64(roundsPerPeriod)
        return SimulatedOrganisation(
            role: role,
            profile: OrganisationProfile(
                organisation: name, shards: shards, computeMicrocreditsPerShardEpoch: compute,
                privacyMicroepsilonPerEpoch: 100_000, privacyMicrocreditsPerMicroepsilon: price),
            qualityBasisPoints: quality, dataUnitsPerShard: data, budgetMicrocredits: budget,
            privacyBudgetMicroepsilon: privacy)
    }

    /// The digest that seeds the draws of every organisation and round.
    var charter: Hash256<Charter> {
        .sha256(Array("lethe/simulation-charter/v1".utf8) + [0] + Array(seed.utf8))
    }
}
