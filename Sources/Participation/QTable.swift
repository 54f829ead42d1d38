public import Bytes

/// The learnt values of every action in every state, in value units; the agent's whole memory.
///
/// Canonical bytes: "lethe/q-table/v1" 00 || u32be(states) || u32be(actions) || each value as i64be,
/// row by row. The digest is their SHA-256.
public struct QTable: Hashable, Sendable {
    public let stateCount: Int
    public let actionCount: Int
    /// Row by row: the value of action a in state s is at s · `actionCount` + a.
    public private(set) var values: [Int64]

    private static let header = Array("lethe/q-table/v1".utf8) + [0]

    /// A table with the policy's initial value everywhere.
    public init(_ policy: CheckedPolicy) {
        stateCount = policy.shape.count
        actionCount = policy.actionCount
        values = [Int64](repeating: policy.initialValueUnits, count: stateCount * actionCount)
    }

    /// The values of all actions in a state.
    public func row(_ state: StateIndex) -> ArraySlice<Int64> {
        values[state.rawValue * actionCount..<(state.rawValue + 1) * actionCount]
    }

    public func value(_ state: StateIndex, _ action: ActionIndex) -> Int64 {
        values[state.rawValue * actionCount + action.rawValue]
    }

    /// The best of the feasible actions in a state: the largest value, and of equals the lowest index.
    func best(_ state: StateIndex, among feasible: ActionSet) -> (action: ActionIndex, value: Int64) {
        var best = (action: ActionIndex.stayOut, value: value(state, .stayOut))
        for action in 1..<actionCount where feasible.contains(ActionIndex(rawValue: action)) {
            let value = values[state.rawValue * actionCount + action]
            if value > best.value { best = (ActionIndex(rawValue: action), value) }
        }
        return best
    }

    /// Replaces the value of one action in one state by
    /// ``updated(value:rewardUnits:bestNext:learningRate:discount:)``.
    mutating func learn(
        _ state: StateIndex, _ action: ActionIndex, rewardUnits: Int64, bestNext: Int64,
        learningRate: Int64, discount: Int64
    ) {
        let place = state.rawValue * actionCount + action.rawValue
        values[place] = Self.updated(
            value: values[place], rewardUnits: rewardUnits, bestNext: bestNext,
            learningRate: learningRate, discount: discount)
    }

    /// Q(s, a) + α · (r + γ · max Q(s′, ·) − Q(s, a)), the exact rational rounded once, half to even.
    ///
    /// Watkins and Dayan 1992, equation (1); Sutton and Barto 2018, equation (6.8). Values and rewards
    /// are in value units, rates in basis points, so the rational is over 10^8.
    /// ``AgentPolicy/checked()`` has shown that no step here overflows; the order of operations is the
    /// one it looked at.
    static func updated(
        value: Int64, rewardUnits: Int64, bestNext: Int64, learningRate: Int64, discount: Int64
    ) -> Int64 {
        let kept = (FixedPoint.one - learningRate) * FixedPoint.one * value
        let learnt = learningRate * (FixedPoint.one * rewardUnits + discount * bestNext)
        return FixedPoint.roundedHalfToEven(kept + learnt, over: FixedPoint.one * FixedPoint.one)
    }

    public var canonicalBytes: [UInt8] {
        var bytes = Self.header
        bytes.reserveCapacity(bytes.count + 8 + 8 * values.count)
        bytes.appendBigEndian(UInt32(stateCount))
        bytes.appendBigEndian(UInt32(actionCount))
        for value in values { bytes.appendBigEndian(value) }
        return bytes
    }

    public var digest: Hash256<QTable> { .sha256(canonicalBytes) }

    /// Reads the canonical bytes of a table of this policy; `nil` for any other bytes, or values beyond
    /// its bound.
    public init?(canonicalBytes bytes: [UInt8], policy: CheckedPolicy) {
        let start = Self.header.count
        stateCount = policy.shape.count
        actionCount = policy.actionCount
        let count = stateCount * actionCount
        guard bytes.count == start + 8 + 8 * count, bytes.starts(with: Self.header),
            bytes.bigEndian(at: start, as: UInt32.self) == UInt32(stateCount),
            bytes.bigEndian(at: start + 4, as: UInt32.self) == UInt32(actionCount)
        else { return nil }
        values = []
        values.reserveCapacity(count)
        for index in 0..<count {
            guard let value = bytes.bigEndian(at: start + 8 + 8 * index, as: Int64.self),
                value.magnitude <= policy.valueBoundUnits.magnitude
            else { return nil }
            values.append(value)
        }
    }
}

/// Which actions are within an organisation's means; staying out always is.
struct ActionSet: Hashable, Sendable {
    /// Bit k stands for action k.
    private var bits: UInt64 = 1

    mutating func insert(_ action: ActionIndex) { bits |= 1 << UInt64(action.rawValue) }

    func contains(_ action: ActionIndex) -> Bool { bits >> UInt64(action.rawValue) & 1 == 1 }

    var count: Int { bits.nonzeroBitCount }

    /// The members in ascending order.
    var members: [ActionIndex] {
        (0..<64).map(ActionIndex.init(rawValue:)).filter(contains)
    }

    /// The member that `rank` others are below.
    ///
    /// - Precondition: `rank` is less than `count`.
    func member(at rank: Int) -> ActionIndex {
        var rest = bits
        for _ in 0..<rank { rest &= rest - 1 }
        return ActionIndex(rawValue: rest.trailingZeroBitCount)
    }
}
