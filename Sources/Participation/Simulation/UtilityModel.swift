/// How data becomes quality in the simulation: diminishing returns, and a world that moves on.
///
/// A contribution of s shards for e epochs is worth q · d · s · y(e) effective data units: quality
/// times data per shard times shards times the yield of the epochs. The stock of effective data decays
/// by the drift rate from round to round, S ← ⌊S · (1 − δ)⌋ + X, and the shared metric is M(S) =
/// ⌊ceiling · S / (S + K)⌋.
public struct UtilityModel: Hashable, Sendable, Codable {
    /// The metric that no amount of data exceeds, in parts per billion.
    public var ceilingPPB: Int64
    /// K: the stock of effective data at which the metric is half of its ceiling.
    public var halfDataUnits: Int64
    /// δ: which part of the stock each round finds out of date, a decimal string of at most four places.
    public var driftRate: String
    /// y(e) · 1000 for e = 1, 2, …: later epochs add less.
    public var epochYieldPerMille: [Int64]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case ceilingPPB, halfDataUnits, driftRate, epochYieldPerMille
    }

    public init(
        ceilingPPB: Int64, halfDataUnits: Int64, driftRate: String, epochYieldPerMille: [Int64]
    ) {
        self.ceilingPPB = ceilingPPB
        self.halfDataUnits = halfDataUnits
        self.driftRate = driftRate
        self.epochYieldPerMille = epochYieldPerMille
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        ceilingPPB = try fields.decode(Int64.self, forKey: .ceilingPPB)
        halfDataUnits = try fields.decode(Int64.self, forKey: .halfDataUnits)
        driftRate = try fields.decode(String.self, forKey: .driftRate)
        epochYieldPerMille = try fields.decode([Int64].self, forKey: .epochYieldPerMille)
    }

    func checked(allocations: [Allocation]) throws(SimulationError) -> CheckedUtilityModel {
        guard (0...Contribution.wholePPB).contains(ceilingPPB) else {
            throw .outOfRange(field: "ceilingPPB", ceilingPPB)
        }
        guard (1...1_000_000_000_000).contains(halfDataUnits) else {
            throw .outOfRange(field: "halfDataUnits", halfDataUnits)
        }
        let drift: Int64
        do {
            drift = try DecimalText.scaled(driftRate, digits: 4)
        } catch {
            throw .badDecimal(field: "driftRate", error)
        }
        guard (0...FixedPoint.one).contains(drift) else { throw .outOfRange(field: "driftRate", drift) }
        for yield in epochYieldPerMille where !(0...1_000_000).contains(yield) {
            throw .outOfRange(field: "epochYieldPerMille", yield)
        }
        for allocation in allocations where !(1...epochYieldPerMille.count).contains(allocation.epochs) {
            throw .outOfRange(field: "allocations.epochs", Int64(allocation.epochs))
        }
        for allocation in allocations where allocation.shards > 1000 {
            throw .outOfRange(field: "allocations.shards", Int64(allocation.shards))
        }
        return CheckedUtilityModel(document: self, driftBasisPoints: drift)
    }
}

/// A ``UtilityModel`` that has been found sound.
struct CheckedUtilityModel: Sendable {
    let document: UtilityModel
    let driftBasisPoints: Int64

    /// M(S): the shared metric at a stock of effective data, in parts per billion.
    func metricPPB(stock: Int64) -> Int64 {
        stock == 0
            ? 0
            : FixedPoint.flooredShare(document.ceilingPPB, stock, over: stock + document.halfDataUnits)
    }

    /// What is left of the stock when the next round opens.
    func decayed(_ stock: Int64) -> Int64 {
        FixedPoint.flooredShare(stock, FixedPoint.one - driftBasisPoints, over: FixedPoint.one)
    }

    /// The effective data units of an allocation.
    func effectiveData(of allocation: Allocation, by organisation: SimulatedOrganisation) -> Int64 {
        organisation.qualityBasisPoints * organisation.dataUnitsPerShard * Int64(allocation.shards)
            * document.epochYieldPerMille[allocation.epochs - 1] / (FixedPoint.one * 1000)
    }
}
