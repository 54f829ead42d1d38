public import Bytes

/// How many there are of something of which there is at least one and at most a million: shards, epochs, rounds, samples.
public struct Quantity: IntegerValue {
    public static let range = 1...1_000_000
    public let value: Int

    public init?(_ value: Int) {
        guard Self.range.contains(value) else { return nil }
        self.value = value
    }
}

/// Money in millionths of the consortium's credit; below zero in corrections.
public struct Microcredits: IntegerValue {
    public static let range = -CanonicalJSON.maximumInteger...CanonicalJSON.maximumInteger
    public let value: Int

    public init?(_ value: Int) {
        guard Self.range.contains(value) else { return nil }
        self.value = value
    }
}

/// A metric between nothing and 1, in millionths.
public struct PartsPerMillion: IntegerValue {
    public static let range = 0...1_000_000
    public let value: Int

    public init?(_ value: Int) {
        guard Self.range.contains(value) else { return nil }
        self.value = value
    }
}

/// A difference of metrics between −1 and 1, in thousand-millionths.
public struct PartsPerBillion: IntegerValue {
    public static let range = -1_000_000_000...1_000_000_000
    public let value: Int

    public init?(_ value: Int) {
        guard Self.range.contains(value) else { return nil }
        self.value = value
    }
}

/// A policy as it was adopted: the canonical JSON of one object, in printable ASCII, 2 to 24,576 characters.
///
/// Here it is only text in braces. That it is canonical is the chain's to judge; what it says, target `Participation`'s.
public struct PolicyText: TextValue {
    public static let pattern = "^\\{[ -~]{0,24574}\\}$"
    public static let form = "a JSON object of at most 24,576 printable ASCII characters on one line"
    public static let maximumLength = 24_576
    public let text: String

    public init?(_ text: String) {
        guard (2...Self.maximumLength).contains(text.utf8.count), text.utf8.first == UInt8(ascii: "{"),
            text.utf8.last == UInt8(ascii: "}"), text.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        else { return nil }
        self.text = text
    }

    /// SHA-256 of the text: what names the policy.
    public var digest: ArtifactDigest { .sha256(Array(text.utf8)) }
}

/// What a policy rules.
public enum PolicyKind: String, Codable, CaseIterable, Hashable, Sendable {
    /// How every organisation's agent decides and learns: `schemas/agent-policy.v1.json`.
    case agentPolicy = "agent-policy"
    /// Which control pack the consortium is judged by, named by its digest: ``PackAdoption``.
    case controlPack = "control-pack"
    /// How a round's improvement is turned into rewards: `schemas/settlement-rules.v1.json`.
    case settlementRules = "settlement-rules"

    /// The `format` member that a document of this kind has.
    public var format: String { "lethe/\(rawValue)/v1" }
}

/// From here on, rounds that are opened are held by this policy; or the consortium is judged by this control pack.
public struct PolicyAdopted: Codable, Hashable, Sendable {
    public var document: PolicyText
    public var kind: PolicyKind

    public init(document: PolicyText, kind: PolicyKind) {
        self.document = document
        self.kind = kind
    }
}

/// What a member says it will put into a round.
public struct CommittedAllocation: Codable, Hashable, Sendable {
    /// What the member says that its computing costs, in micro-credits. Not verified; the rules cap what it can bring.
    public var declaredCostMicrocredits: Count
    public var epochs: Quantity
    public var shards: Quantity

    public init(declaredCostMicrocredits: Count, epochs: Quantity, shards: Quantity) {
        self.declaredCostMicrocredits = declaredCostMicrocredits
        self.epochs = epochs
        self.shards = shards
    }
}

/// A member's decision about one round, before any contribution to it. Why it decided so is on its private chain.
public struct ParticipationDecided: Codable, Hashable, Sendable {
    /// Absent where the member stays out.
    public var allocation: CommittedAllocation?
    /// The `decision-explained` event on the member's private chain.
    public var explanation: EventHash
    /// Whether a person decided instead of the agent; the reason is in the explanation.
    public var override: Bool
    /// The agent policy that was in force when the round was opened.
    public var policy: ArtifactDigest
    public var round: RoundID

    public init(
        allocation: CommittedAllocation?, explanation: EventHash, override: Bool, policy: ArtifactDigest, round: RoundID
    ) {
        self.allocation = allocation
        self.explanation = explanation
        self.override = override
        self.policy = policy
        self.round = round
    }
}

/// What the model of some of a round's contributions reaches on a data set: a claim of whoever measured it.
public struct EvaluationRecorded: Codable, Hashable, Sendable {
    public var accuracyPPM: PartsPerMillion
    /// The contributions merged into the model, in chain order; none for what the round started from.
    public var contributions: [EventHash]
    /// SHA-256 of the data set.
    public var dataset: ArtifactDigest
    /// Adapter digest of the model; absent for the base alone.
    public var model: ArtifactDigest?
    public var round: RoundID

    public init(
        accuracyPPM: PartsPerMillion, contributions: [EventHash], dataset: ArtifactDigest, model: ArtifactDigest?,
        round: RoundID
    ) {
        self.accuracyPPM = accuracyPPM
        self.contributions = contributions
        self.dataset = dataset
        self.model = model
        self.round = round
    }
}

/// How the contributions of a round's members were measured.
public struct ContributionMeasure: Codable, Hashable, Sendable {
    public enum Method: String, Codable, CaseIterable, Hashable, Sendable {
        case leaveOneOut = "leave-one-out"
        case sampledShapley = "sampled-shapley"
    }

    public enum SeedSubject {}

    /// SHA-256 of the data set that all evaluations are on.
    public var dataset: ArtifactDigest
    public var method: Method
    /// How many permutations were drawn; for sampled Shapley values alone.
    public var samples: Quantity?
    /// What they were drawn from; for sampled Shapley values alone.
    public var seed: Hash256<SeedSubject>?

    public init(dataset: ArtifactDigest, method: Method, samples: Quantity?, seed: Hash256<SeedSubject>?) {
        self.dataset = dataset
        self.method = method
        self.samples = samples
        self.seed = seed
    }
}

/// One member's reward, or by how much it changes.
public struct RewardEntry: Codable, Hashable, Sendable {
    /// What the member added to the shared metric.
    public var contributionPPB: PartsPerBillion
    public var incentiveMicrocredits: Microcredits
    public var member: MemberName
    public var reimbursementMicrocredits: Microcredits
    public var shareMicrocredits: Microcredits

    public init(
        contributionPPB: PartsPerBillion, incentiveMicrocredits: Microcredits, member: MemberName,
        reimbursementMicrocredits: Microcredits, shareMicrocredits: Microcredits
    ) {
        self.contributionPPB = contributionPPB
        self.incentiveMicrocredits = incentiveMicrocredits
        self.member = member
        self.reimbursementMicrocredits = reimbursementMicrocredits
        self.shareMicrocredits = shareMicrocredits
    }
}

/// The rewards of a closed round; or, where it corrects such an event, by how much they change.
public struct RewardSettled: Codable, Hashable, Sendable {
    /// The most contributions of a round that has settlement rules: as many lines fit, whatever the names and amounts are.
    public static let mostLines = 200

    /// The `reward-settled` event whose amounts change; absent for a round's first. Nothing settled is ever edited.
    public var corrects: EventHash?
    /// The metric of the round's model less that of what the round started from.
    public var improvementPPB: PartsPerBillion
    /// Ascending by member, each once.
    public var lines: [RewardEntry]
    public var measure: ContributionMeasure
    /// The model that the rewards are for; absent where a deletion left the round without one.
    public var model: ArtifactDigest?
    public var round: RoundID
    /// The settlement rules that were in force when the round was opened.
    public var rules: ArtifactDigest

    public init(
        corrects: EventHash?, improvementPPB: PartsPerBillion, lines: [RewardEntry], measure: ContributionMeasure,
        model: ArtifactDigest?, round: RoundID, rules: ArtifactDigest
    ) {
        self.corrects = corrects
        self.improvementPPB = improvementPPB
        self.lines = lines
        self.measure = measure
        self.model = model
        self.round = round
        self.rules = rules
    }
}

/// Private: what an organisation has for its next rounds and what taking part costs it. The body holds it.
public struct ResourcesAllocated: Codable, Hashable, Sendable {
    /// After how many rounds the budgets are refilled.
    public var rounds: Quantity

    public init(rounds: Quantity) { self.rounds = rounds }
}

/// Private: what a decision follows from. The body holds state, Q-row, draws and action.
public struct DecisionExplained: Codable, Hashable, Sendable {
    public var round: RoundID

    public init(round: RoundID) { self.round = round }
}
