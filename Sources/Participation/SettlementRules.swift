/// How a round's value is shared out: published, versioned, the same for all members.
public struct SettlementRules: Hashable, Sendable, Codable {
    public static let format = "lethe/settlement-rules/v1"

    public var format: String
    /// Counts the published versions, from 1.
    public var revision: Int
    /// What the consortium holds a millionth of the shared metric to be worth.
    public var microcreditsPerPPM: Int64
    /// Paid to each organisation that took part and contributed at least `minimumContributionPPB`.
    public var incentiveMicrocredits: Int64
    /// The marginal contribution from which incentive and reimbursement are paid; may be negative to
    /// pay everybody.
    public var minimumContributionPPB: Int64
    /// Which part of its declared compute cost an organisation gets back: a decimal string, at most
    /// four places.
    public var reimbursementRate: String
    /// Declared cost above this, for each shard and epoch, is not reimbursed.
    public var reimbursementCapMicrocreditsPerShardEpoch: Int64

    enum CodingKeys: String, CodingKey, CaseIterable {
        case format, revision, microcreditsPerPPM, incentiveMicrocredits, minimumContributionPPB
        case reimbursementRate, reimbursementCapMicrocreditsPerShardEpoch
    }

    public init(
        revision: Int, microcreditsPerPPM: Int64, incentiveMicrocredits: Int64,
        minimumContributionPPB: Int64, reimbursementRate: String,
        reimbursementCapMicrocreditsPerShardEpoch: Int64
    ) {
        format = Self.format
        self.revision = revision
        self.microcreditsPerPPM = microcreditsPerPPM
        self.incentiveMicrocredits = incentiveMicrocredits
        self.minimumContributionPPB = minimumContributionPPB
        self.reimbursementRate = reimbursementRate
        self.reimbursementCapMicrocreditsPerShardEpoch = reimbursementCapMicrocreditsPerShardEpoch
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        format = try fields.decode(String.self, forKey: .format)
        revision = try fields.decode(Int.self, forKey: .revision)
        microcreditsPerPPM = try fields.decode(Int64.self, forKey: .microcreditsPerPPM)
        incentiveMicrocredits = try fields.decode(Int64.self, forKey: .incentiveMicrocredits)
        minimumContributionPPB = try fields.decode(Int64.self, forKey: .minimumContributionPPB)
        reimbursementRate = try fields.decode(String.self, forKey: .reimbursementRate)
        reimbursementCapMicrocreditsPerShardEpoch = try fields.decode(
            Int64.self, forKey: .reimbursementCapMicrocreditsPerShardEpoch)
    }
}

/// Why rules or a round are refused.
public enum SettlementError: Error, Hashable, Sendable {
    case unknownFormat(String)
    case badRevision(Int)
    case badDecimal(field: String, DecimalText.Failure)
    case rateOutOfRange(String)
    case outOfRange(field: String, Int64)
    case repeatedOrganisation(String)
    case badAllocation(organisation: String, Allocation)
    /// The settlements are of different rounds.
    case otherRound(RoundNumber, expected: RoundNumber)
    /// The correction is of an organisation that the settlement does not have.
    case unknownOrganisation(String)
}

extension SettlementRules {
    /// These rules, with every number in a range in which settling cannot overflow.
    ///
    /// The largest products: 10^9 parts per billion · 9·10^9 microcredits per ppm < 2^63; a share is
    /// held in 128 bits.
    public func checked() throws(SettlementError) -> CheckedSettlementRules {
        guard format == Self.format else { throw .unknownFormat(format) }
        guard (1...1_000_000).contains(revision) else { throw .badRevision(revision) }
        let limits: [(String, Int64, ClosedRange<Int64>)] = [
            ("microcreditsPerPPM", microcreditsPerPPM, 0...9_000_000_000),
            ("incentiveMicrocredits", incentiveMicrocredits, 0...1_000_000_000_000),
            ("minimumContributionPPB", minimumContributionPPB, -Contribution.wholePPB...Contribution.wholePPB),
            (
                "reimbursementCapMicrocreditsPerShardEpoch", reimbursementCapMicrocreditsPerShardEpoch,
                0...1_000_000_000_000
            ),
        ]
        for (field, value, range) in limits where !range.contains(value) {
            throw .outOfRange(field: field, value)
        }
        let rate: Int64
        do {
            rate = try DecimalText.scaled(reimbursementRate, digits: 4)
        } catch {
            throw .badDecimal(field: "reimbursementRate", error)
        }
        guard (0...FixedPoint.one).contains(rate) else { throw .rateOutOfRange(reimbursementRate) }
        return CheckedSettlementRules(document: self, reimbursementBasisPoints: rate)
    }
}

/// ``SettlementRules`` that have been found sound.
public struct CheckedSettlementRules: Hashable, Sendable {
    public let document: SettlementRules
    public let reimbursementBasisPoints: Int64
}
