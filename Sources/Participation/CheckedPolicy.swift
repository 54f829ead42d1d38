/// Why a policy is refused.
public enum AgentPolicyError: Error, Hashable, Sendable {
    case unknownFormat(String)
    /// The name is empty, longer than 128 bytes or has a control character.
    case badName(String)
    case badRevision(Int)
    case unsortedEdges(field: String)
    /// More than ``CheckedPolicy/edgeLimit`` edges in one dimension.
    case tooManyEdges(field: String, count: Int)
    /// No allocation at all, or more than ``CheckedPolicy/allocationLimit``.
    case badAllocationCount(Int)
    /// Shards or epochs outside 1 … 1,000,000.
    case badAllocation(Allocation)
    case repeatedAllocation(Allocation)
    /// The schedule is empty, does not begin at decision 0, or is not strictly ascending.
    case badSchedule(field: String)
    case badDecimal(field: String, DecimalText.Failure)
    /// A rate outside its range: ε and α in 0 … 1, α above 0, γ in 0 ..< 1.
    case rateOutOfRange(field: String, String)
    case zeroValueUnits
    case emptyRewardRange(minimum: Int64, maximum: Int64)
    /// The number cannot be carried by JSON exactly: its magnitude is above 2^53 − 1.
    case numberTooLarge(field: String, Int64)
    case tooManyEntries(states: Int, actions: Int)
    /// Some step of the update could leave Int64 with values that the policy allows.
    case overflow(step: String)
    /// The initial value is beyond what any run could reach.
    case initialValueOutOfBounds(Int64, bound: Int64)
}

/// An ``AgentPolicy`` that has been found sound, with its decimal strings as fixed-point integers.
///
/// That one exists is a proof that, for every table, reward and state that the policy admits, no
/// product, sum or Q-value of the update leaves Int64 (see ``AgentPolicy/checked()``).
public struct CheckedPolicy: Hashable, Sendable {
    public static let edgeLimit = 64
    public static let allocationLimit = 63
    /// The largest Q-table: 2^20 entries, 8 MiB.
    public static let entryLimit = 1 << 20

    public let document: AgentPolicy
    /// How many bins each dimension has.
    public let shape: StateShape
    public let explorationRate: RateSchedule
    public let learningRate: RateSchedule
    /// γ in basis points.
    public let discountBasisPoints: Int64
    /// In value units, as the entries of the Q-table.
    public let initialValueUnits: Int64
    /// No Q-value's magnitude is above this: ⌈max |reward| / (1 − γ)⌉, in value units.
    public let valueBoundUnits: Int64

    /// Staying out and every allocation.
    public var actionCount: Int { document.allocations.count + 1 }

    public var rewardRangeMicrocredits: ClosedRange<Int64> {
        document.rewardMinimumMicrocredits...document.rewardMaximumMicrocredits
    }

    /// What `action` puts in; `nil` for staying out.
    ///
    /// - Precondition: the action is one of this policy's.
    public func allocation(of action: ActionIndex) -> Allocation? {
        action == .stayOut ? nil : document.allocations[action.rawValue - 1]
    }
}

/// Rates that change at given decisions, in basis points.
public struct RateSchedule: Hashable, Sendable {
    /// The first decision that each rate is for, strictly ascending from 0.
    let starts: [Int]
    let basisPoints: [Int64]

    /// The rate for the decision numbered `decision`, from 0.
    public func basisPoints(at decision: Int) -> Int64 {
        var step = starts.count - 1
        while starts[step] > decision { step -= 1 }
        return basisPoints[step]
    }
}

/// Which action: 0 is staying out, k is the policy's allocation k − 1.
public struct ActionIndex: RawRepresentable, Hashable, Comparable, Sendable, Codable {
    public let rawValue: Int

    public static let stayOut = ActionIndex(rawValue: 0)

    public init(rawValue: Int) { self.rawValue = rawValue }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension AgentPolicy {
    /// This policy, found sound.
    ///
    /// The check of ranges is interval arithmetic over the very expression of ``QTable``'s update: with
    /// every Q-value in ±B, every reward inside its bounds and every learning rate of the schedule,
    /// each intermediate is an interval inside Int64. B = ⌈R / (1 − γ)⌉ is closed under the update
    /// because the target r + γ max Q lies in ±B then, the new value is a convex mixture of two values
    /// in ±B, and rounding to nearest does not leave an interval with integer ends.
    public func checked() throws(AgentPolicyError) -> CheckedPolicy {
        guard format == Self.format else { throw .unknownFormat(format) }
        guard (1...128).contains(name.utf8.count), !name.utf8.contains(where: { $0 < 32 || $0 == 127 })
        else { throw .badName(name) }
        guard (1...1_000_000).contains(revision) else { throw .badRevision(revision) }
        try checkEdges()
        try checkAllocations()
        let shape = StateShape(bins)
        guard shape.count * (allocations.count + 1) <= CheckedPolicy.entryLimit else {
            throw .tooManyEntries(states: shape.count, actions: allocations.count + 1)
        }
        let exploration = try schedule(explorationRate, field: "explorationRate")
        let learning = try schedule(learningRate, field: "learningRate")
        if let zero = learning.basisPoints.firstIndex(of: 0) {
            throw .rateOutOfRange(field: "learningRate", learningRate[zero].rate)
        }
        let discount = try rate(self.discount, field: "discount")
        guard discount < FixedPoint.one else { throw .rateOutOfRange(field: "discount", self.discount) }
        let bound = try provenBound(learning: learning, discount: discount)
        return CheckedPolicy(
            document: self, shape: shape, explorationRate: exploration, learningRate: learning,
            discountBasisPoints: discount,
            initialValueUnits: initialValueMicrocredits * valueUnitsPerMicrocredit, valueBoundUnits: bound)
    }

    private func checkEdges() throws(AgentPolicyError) {
        let fields = [
            ("bins.budgetLeftPPM", bins.budgetLeftPPM), ("bins.contributionPPB", bins.contributionPPB),
            ("bins.privacyLeftPPM", bins.privacyLeftPPM), ("bins.phasePPM", bins.phasePPM),
            ("bins.othersLastRound", bins.othersLastRound),
        ]
        for (field, edges) in fields {
            guard edges.count <= CheckedPolicy.edgeLimit else {
                throw .tooManyEdges(field: field, count: edges.count)
            }
            for edge in edges { try checkNumber(edge, field: field) }
            guard zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw .unsortedEdges(field: field)
            }
        }
    }

    private func checkAllocations() throws(AgentPolicyError) {
        guard (1...CheckedPolicy.allocationLimit).contains(allocations.count) else {
            throw .badAllocationCount(allocations.count)
        }
        var seen: Set<Allocation> = []
        for allocation in allocations {
            guard (1...1_000_000).contains(allocation.shards), (1...1_000_000).contains(allocation.epochs)
            else { throw .badAllocation(allocation) }
            guard seen.insert(allocation).inserted else { throw .repeatedAllocation(allocation) }
        }
    }

    private func schedule(
        _ steps: [RateStep], field: String
    ) throws(AgentPolicyError) -> RateSchedule {
        let starts = steps.map(\.fromDecision)
        guard starts.first == 0, zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }),
            starts.count <= 64, starts.allSatisfy({ $0 <= FixedPoint.jsonLimit })
        else { throw .badSchedule(field: field) }
        var rates: [Int64] = []
        for step in steps { rates.append(try rate(step.rate, field: field)) }
        return RateSchedule(starts: starts, basisPoints: rates)
    }

    private func rate(_ text: String, field: String) throws(AgentPolicyError) -> Int64 {
        let value: Int64
        do {
            value = try DecimalText.scaled(text, digits: 4)
        } catch {
            throw .badDecimal(field: field, error)
        }
        guard (0...FixedPoint.one).contains(value) else { throw .rateOutOfRange(field: field, text) }
        return value
    }

    private func checkNumber(_ value: Int64, field: String) throws(AgentPolicyError) {
        guard value.magnitude <= FixedPoint.jsonLimit.magnitude else {
            throw .numberTooLarge(field: field, value)
        }
    }

    /// B in value units, after every step of the update has been shown to stay inside Int64.
    private func provenBound(
        learning: RateSchedule, discount: Int64
    ) throws(AgentPolicyError) -> Int64 {
        try checkNumber(initialValueMicrocredits, field: "initialValueMicrocredits")
        try checkNumber(valueUnitsPerMicrocredit, field: "valueUnitsPerMicrocredit")
        try checkNumber(rewardMinimumMicrocredits, field: "rewardMinimumMicrocredits")
        try checkNumber(rewardMaximumMicrocredits, field: "rewardMaximumMicrocredits")
        guard valueUnitsPerMicrocredit > 0 else { throw .zeroValueUnits }
        guard rewardMinimumMicrocredits <= rewardMaximumMicrocredits else {
            throw .emptyRewardRange(minimum: rewardMinimumMicrocredits, maximum: rewardMaximumMicrocredits)
        }
        let units = Interval(exactly: valueUnitsPerMicrocredit)
        let one = Interval(exactly: FixedPoint.one)
        guard let reward = Interval(rewardMinimumMicrocredits, rewardMaximumMicrocredits).times(units)
        else { throw .overflow(step: "reward in value units") }
        guard let initial = Interval(exactly: initialValueMicrocredits).times(units) else {
            throw .overflow(step: "initial value in value units")
        }
        let largest = Swift.max(reward.low.magnitude, reward.high.magnitude)
        guard largest <= UInt64(Int64.max), let scaled = Interval(exactly: Int64(largest)).times(one)
        else { throw .overflow(step: "value bound") }
        let gap = FixedPoint.one - discount
        let bound = scaled.high / gap + (scaled.high % gap == 0 ? 0 : 1)
        try checkNumber(bound, field: "value bound")
        guard initial.low.magnitude <= bound.magnitude else {
            throw .initialValueOutOfBounds(initialValueMicrocredits, bound: bound)
        }
        for rate in learning.basisPoints {
            try proveUpdate(value: Interval(-bound, bound), reward: reward, rate: rate, discount: discount)
        }
        return bound
    }

    /// The update's expression, over intervals: (1 − α)·Q + α·(r + γ·max Q), times 10^8.
    private func proveUpdate(
        value: Interval, reward: Interval, rate: Int64, discount: Int64
    ) throws(AgentPolicyError) {
        let one = Interval(exactly: FixedPoint.one)
        guard let kept = Interval(exactly: (FixedPoint.one - rate) * FixedPoint.one).times(value) else {
            throw .overflow(step: "(1 − α) · Q")
        }
        guard let ahead = Interval(exactly: discount).times(value) else { throw .overflow(step: "γ · max Q") }
        guard let now = one.times(reward) else { throw .overflow(step: "reward") }
        guard let target = now.plus(ahead) else { throw .overflow(step: "r + γ · max Q") }
        guard let learnt = Interval(exactly: rate).times(target) else {
            throw .overflow(step: "α · (r + γ · max Q)")
        }
        guard kept.plus(learnt) != nil else { throw .overflow(step: "(1 − α) · Q + α · (r + γ · max Q)") }
    }
}
