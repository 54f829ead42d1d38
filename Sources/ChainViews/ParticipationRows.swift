public import Bytes
public import Events

/// An adopted policy, with its text.
public struct PolicyRow: Codable, Hashable, Sendable {
    public var policy: ArtifactDigest
    public var kind: PolicyKind
    public var document: PolicyText
    public var adoptedBy: EventHash
    public var adoptedAt: Count
}

/// What a member said about a round before it contributed, and what came of it.
public struct DecisionRow: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable {
        /// It takes part and has not contributed yet.
        case promised
        case stayedOut = "stayed-out"
        case delivered
        /// The round was closed without the contribution that was promised.
        case broken
    }

    /// The `participation-decided` event.
    public var event: EventHash
    public var position: Count
    public var member: MemberName
    public var round: RoundID
    public var policy: ArtifactDigest
    /// Absent where the member stays out.
    public var allocation: CommittedAllocation?
    public var override: Bool
    public var explanation: EventHash
    public var state: State
}

/// What somebody measured of the model of some of a round's contributions.
public struct EvaluationRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var evaluation: EvaluationRecorded
}

/// A round's rewards: the first settlement and the corrections after it, in chain order.
public struct RewardRow: Codable, Hashable, Sendable {
    public struct Entry: Codable, Hashable, Sendable {
        public var event: EventHash
        public var position: Count
        public var author: MemberName
        public var settled: RewardSettled
    }

    public var round: RoundID
    /// At least one; the first corrects nothing.
    public var entries: [Entry]

    public var first: Entry { entries[0] }
    public var last: Entry { entries[entries.count - 1] }

    /// What each member has for the round by the events before `position`, ascending by member; all of them without one.
    public func balance(before position: Int = .max) -> [MemberBalance] {
        var balances: [MemberName: MemberBalance] = [:]
        for entry in entries where entry.position.value < position {
            for line in entry.settled.lines { balances[line.member, default: MemberBalance(line.member)].add(line) }
        }
        return balances.values.sorted { $0.member < $1.member }
    }
}

/// What one member has for one round, in micro-credits.
public struct MemberBalance: Hashable, Sendable {
    public let member: MemberName
    public private(set) var share = 0
    public private(set) var incentive = 0
    public private(set) var reimbursement = 0

    init(_ member: MemberName) { self.member = member }

    /// Adds a line; amounts beyond Int64 stay at its ends and are refused by whoever judges them.
    mutating func add(_ line: RewardEntry) {
        share = Self.sum(share, line.shareMicrocredits)
        incentive = Self.sum(incentive, line.incentiveMicrocredits)
        reimbursement = Self.sum(reimbursement, line.reimbursementMicrocredits)
    }

    private static func sum(_ amount: Int, _ change: Microcredits) -> Int {
        let (sum, overflow) = amount.addingReportingOverflow(change.value)
        return overflow ? (change.value > 0 ? .max : .min) : sum
    }

    /// Whether no part is owed by the member, nor beyond what an event can say.
    var isInRange: Bool {
        [share, incentive, reimbursement].allSatisfy { (0...CanonicalJSON.maximumInteger).contains($0) }
    }

    public var isNothing: Bool { share == 0 && incentive == 0 && reimbursement == 0 }
}
