/// What a closed round gives to settle: what it improved and what each organisation put in.
public struct RoundOutcome: Hashable, Sendable, Codable {
    /// One organisation that took part and delivered.
    public struct Entry: Hashable, Sendable, Codable {
        public var organisation: String
        public var allocation: Allocation
        /// What it says that its computing cost.
        public var declaredCostMicrocredits: Int64
        /// Leave-one-out or Shapley, in parts per billion of the shared metric.
        public var contributionPPB: Int64

        public init(
            organisation: String, allocation: Allocation, declaredCostMicrocredits: Int64,
            contributionPPB: Int64
        ) {
            self.organisation = organisation
            self.allocation = allocation
            self.declaredCostMicrocredits = declaredCostMicrocredits
            self.contributionPPB = contributionPPB
        }
    }

    public var round: RoundNumber
    /// Metric of the round's model less the metric without any contribution, in parts per billion.
    public var improvementPPB: Int64
    public var entries: [Entry]

    public init(round: RoundNumber, improvementPPB: Int64, entries: [Entry]) {
        self.round = round
        self.improvementPPB = improvementPPB
        self.entries = entries
    }
}

/// What one organisation is paid for one round.
public struct RewardLine: Hashable, Sendable, Codable {
    public var organisation: String
    public var shareMicrocredits: Int64
    public var incentiveMicrocredits: Int64
    public var reimbursementMicrocredits: Int64

    public var totalMicrocredits: Int64 {
        shareMicrocredits + incentiveMicrocredits + reimbursementMicrocredits
    }

    /// The same money as an agent sees it.
    public var payout: Payout {
        Payout(
            shareMicrocredits: shareMicrocredits,
            incentiveMicrocredits: incentiveMicrocredits + reimbursementMicrocredits)
    }
}

/// A round's rewards. Once published it is never edited; see ``corrections(to:earlier:)``.
public struct Settlement: Hashable, Sendable, Codable {
    public let round: RoundNumber
    /// What the round's improvement is worth; 0 where it made the model worse.
    public let valueMicrocredits: Int64
    /// By organisation, in ascending order of bytes.
    public let lines: [RewardLine]
    /// What rounding down left of the value: less than one micro-credit for each line that has a share.
    public let undistributedMicrocredits: Int64
}

/// By how much one organisation's reward of one round changes: a new entry beside the settled one.
public struct RewardCorrection: Hashable, Sendable, Codable {
    public let round: RoundNumber
    public let organisation: String
    public let shareDeltaMicrocredits: Int64
    public let incentiveDeltaMicrocredits: Int64
    public let reimbursementDeltaMicrocredits: Int64
}

extension CheckedSettlementRules {
    /// The rewards of a round.
    ///
    /// With value V = ⌊improvement⁺ · price⌋ and positive parts φᵢ⁺ of the contributions, organisation
    /// i gets the share ⌊V · φᵢ⁺ / Σφⱼ⁺⌋, and, where φᵢ is at least the minimum, the incentive and
    /// ⌊rate · min(declared, cap · shards · epochs)⌋. The result does not depend on the order of the
    /// entries.
    public func settle(_ outcome: RoundOutcome) throws(SettlementError) -> Settlement {
        guard outcome.improvementPPB.magnitude <= Contribution.wholePPB.magnitude else {
            throw .outOfRange(field: "improvementPPB", outcome.improvementPPB)
        }
        let entries = outcome.entries.sorted {
            $0.organisation.utf8.lexicographicallyPrecedes($1.organisation.utf8)
        }
        for (left, right) in zip(entries, entries.dropFirst()) where left.organisation == right.organisation {
            throw .repeatedOrganisation(left.organisation)
        }
        for entry in entries { try check(entry) }
        let value = max(0, outcome.improvementPPB) * document.microcreditsPerPPM / 1000
        let weight = entries.reduce(0) { $0 + max(0, $1.contributionPPB) }
        let lines = entries.map { line(for: $0, value: value, weight: weight) }
        return Settlement(
            round: outcome.round, valueMicrocredits: value, lines: lines,
            undistributedMicrocredits: value - lines.reduce(0) { $0 + $1.shareMicrocredits })
    }

    private func check(_ entry: RoundOutcome.Entry) throws(SettlementError) {
        guard entry.contributionPPB.magnitude <= Contribution.wholePPB.magnitude else {
            throw .outOfRange(field: "contributionPPB", entry.contributionPPB)
        }
        guard (0...FixedPoint.jsonLimit).contains(entry.declaredCostMicrocredits) else {
            throw .outOfRange(field: "declaredCostMicrocredits", entry.declaredCostMicrocredits)
        }
        guard (1...1_000_000).contains(entry.allocation.shards),
            (1...1_000_000).contains(entry.allocation.epochs)
        else { throw .badAllocation(organisation: entry.organisation, entry.allocation) }
    }

    private func line(for entry: RoundOutcome.Entry, value: Int64, weight: Int64) -> RewardLine {
        let positive = max(0, entry.contributionPPB)
        let extra = extras(
            allocation: entry.allocation, declaredCostMicrocredits: entry.declaredCostMicrocredits,
            contributionPPB: entry.contributionPPB)
        return RewardLine(
            organisation: entry.organisation,
            shareMicrocredits: positive == 0 ? 0 : FixedPoint.flooredShare(value, positive, over: weight),
            incentiveMicrocredits: extra.incentive, reimbursementMicrocredits: extra.reimbursement)
    }

    /// What is paid besides the share.
    func extras(
        allocation: Allocation, declaredCostMicrocredits declared: Int64, contributionPPB: Int64
    ) -> (incentive: Int64, reimbursement: Int64) {
        guard contributionPPB >= document.minimumContributionPPB else { return (0, 0) }
        let units = Int64(allocation.shards) * Int64(allocation.epochs)
        // A cap that leaves Int64 is beyond every declaration.
        let (cap, beyond) = document.reimbursementCapMicrocreditsPerShardEpoch
            .multipliedReportingOverflow(by: units)
        let recognised = beyond ? declared : min(declared, cap)
        return (
            document.incentiveMicrocredits,
            FixedPoint.flooredShare(recognised, reimbursementBasisPoints, over: FixedPoint.one)
        )
    }

    /// The settlement of `outcome` had the `excluded` organisations not contributed.
    ///
    /// - Parameters:
    ///   - improvementPPB: What the remaining contributions improve together.
    ///   - contributionsPPB: The marginal contributions among those that remain, measured without the excluded.
    public func settle(
        _ outcome: RoundOutcome, excluding excluded: Set<String>, improvementPPB: Int64,
        contributionsPPB: [String: Int64]
    ) throws(SettlementError) -> Settlement {
        var remaining: [RoundOutcome.Entry] = []
        for entry in outcome.entries where !excluded.contains(entry.organisation) {
            guard let contribution = contributionsPPB[entry.organisation] else {
                throw .unknownOrganisation(entry.organisation)
            }
            var entry = entry
            entry.contributionPPB = contribution
            remaining.append(entry)
        }
        return try settle(
            RoundOutcome(round: outcome.round, improvementPPB: improvementPPB, entries: remaining))
    }
}

extension Settlement {
    /// The entries that bring what was settled and corrected so far to what `recomputed` gives.
    ///
    /// One for each organisation whose reward changes, in ascending order of bytes; none where nothing
    /// does, so a second run over the same exclusions gives nothing. An organisation that `recomputed`
    /// lacks goes to zero.
    public func corrections(
        to recomputed: Settlement, earlier: [RewardCorrection]
    ) throws(SettlementError) -> [RewardCorrection] {
        guard recomputed.round == round else { throw .otherRound(recomputed.round, expected: round) }
        let targets = Dictionary(recomputed.lines.map { ($0.organisation, $0) }) { first, _ in first }
        let known = Set(lines.map(\.organisation))
        for name in targets.keys.sorted() + earlier.map(\.organisation) where !known.contains(name) {
            throw .unknownOrganisation(name)
        }
        var corrections: [RewardCorrection] = []
        for line in try balance(after: earlier) {
            let target = targets[line.organisation]
            let correction = RewardCorrection(
                round: round, organisation: line.organisation,
                shareDeltaMicrocredits: (target?.shareMicrocredits ?? 0) - line.shareMicrocredits,
                incentiveDeltaMicrocredits: (target?.incentiveMicrocredits ?? 0) - line.incentiveMicrocredits,
                reimbursementDeltaMicrocredits: (target?.reimbursementMicrocredits ?? 0)
                    - line.reimbursementMicrocredits)
            if !correction.isNothing { corrections.append(correction) }
        }
        return corrections
    }

    /// What each organisation has for this round after `corrections`, by organisation in ascending order.
    public func balance(after corrections: [RewardCorrection]) throws(SettlementError) -> [RewardLine] {
        var places: [String: Int] = [:]
        for (place, line) in lines.enumerated() { places[line.organisation] = place }
        var balance = lines
        for correction in corrections {
            guard correction.round == round else { throw .otherRound(correction.round, expected: round) }
            guard let place = places[correction.organisation] else {
                throw .unknownOrganisation(correction.organisation)
            }
            try balance[place].add(correction)
        }
        return balance
    }
}

extension RewardLine {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case organisation, shareMicrocredits, incentiveMicrocredits, reimbursementMicrocredits
    }

    /// Reads a line whose amounts are small enough to be added up.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        organisation = try fields.decode(String.self, forKey: .organisation)
        shareMicrocredits = try fields.decodeAmount(forKey: .shareMicrocredits)
        incentiveMicrocredits = try fields.decodeAmount(forKey: .incentiveMicrocredits)
        reimbursementMicrocredits = try fields.decodeAmount(forKey: .reimbursementMicrocredits)
    }

    fileprivate mutating func add(_ correction: RewardCorrection) throws(SettlementError) {
        func sum(_ field: String, _ amount: Int64, _ delta: Int64) throws(SettlementError) -> Int64 {
            let (sum, overflow) = amount.addingReportingOverflow(delta)
            guard !overflow, sum.magnitude <= FixedPoint.jsonLimit.magnitude else {
                throw .outOfRange(field: field, delta)
            }
            return sum
        }
        shareMicrocredits = try sum(
            "shareDeltaMicrocredits", shareMicrocredits, correction.shareDeltaMicrocredits)
        incentiveMicrocredits = try sum(
            "incentiveDeltaMicrocredits", incentiveMicrocredits, correction.incentiveDeltaMicrocredits)
        reimbursementMicrocredits = try sum(
            "reimbursementDeltaMicrocredits", reimbursementMicrocredits,
            correction.reimbursementDeltaMicrocredits)
    }
}

extension RewardCorrection {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case round, organisation, shareDeltaMicrocredits, incentiveDeltaMicrocredits
        case reimbursementDeltaMicrocredits
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        round = try fields.decode(RoundNumber.self, forKey: .round)
        organisation = try fields.decode(String.self, forKey: .organisation)
        shareDeltaMicrocredits = try fields.decodeAmount(forKey: .shareDeltaMicrocredits)
        incentiveDeltaMicrocredits = try fields.decodeAmount(forKey: .incentiveDeltaMicrocredits)
        reimbursementDeltaMicrocredits = try fields.decodeAmount(forKey: .reimbursementDeltaMicrocredits)
    }

    fileprivate var isNothing: Bool {
        shareDeltaMicrocredits == 0 && incentiveDeltaMicrocredits == 0 && reimbursementDeltaMicrocredits == 0
    }
}
