public import Bytes

/// What happened to an agent: what its chain says besides the agent's own records.
public enum AgentInput: Hashable, Sendable {
    case decide(round: RoundNumber, observation: Observation, override: Override?)
    case settle(round: RoundNumber, payout: Payout)
    case discard(round: RoundNumber)
    /// The series of rounds ended.
    case finish
}

/// Derives an agent's decisions and tables again, from the policy, the seed and what was observed.
public struct DecisionReplay: Sendable {
    /// Everything that an agent did, and the table it ended with.
    public struct Derivation: Hashable, Sendable {
        public let records: [AgentRecord]
        public let table: QTable
    }

    /// The agent would have refused this input.
    public struct Refusal: Error, Hashable, Sendable {
        /// The place of the input, from 0.
        public let input: Int
        public let cause: AgentError
    }

    /// The first place where records are not what the policy gives.
    public struct Divergence: Hashable, Sendable {
        /// The place of the record, from 0.
        public let record: Int
        /// The round that the derived record is of; of the recorded one where nothing was derived.
        public let round: RoundNumber
        /// The path of the field, as `qRowUnits[2]`; `kind` where one is a decision and the other an update.
        public let field: String
        /// `missing` where there is no record, or no such field.
        public let recorded: String
        public let derived: String
    }

    private let start: Agent

    /// - Parameter charter: The digest that seeds the draws together with the profile's organisation.
    public init(
        policy: CheckedPolicy, profile: OrganisationProfile, charter: Hash256<Charter>
    ) throws(AgentError) {
        start = try Agent(policy: policy, profile: profile, charter: charter)
    }

    /// What the agent does when `inputs` happen to it.
    public func derive(_ inputs: [AgentInput]) throws(Refusal) -> Derivation {
        var agent = start
        var records: [AgentRecord] = []
        for (index, input) in inputs.enumerated() {
            do {
                records += try Self.apply(input, to: &agent)
            } catch {
                throw Refusal(input: index, cause: error)
            }
        }
        return Derivation(records: records, table: agent.table)
    }

    /// The first difference between `recorded` and what `inputs` give; `nil` where there is none.
    public func firstDivergence(
        of recorded: [AgentRecord], from inputs: [AgentInput]
    ) throws(Refusal) -> Divergence? {
        let derived = try derive(inputs).records
        for index in 0..<Swift.max(recorded.count, derived.count) {
            let left = index < recorded.count ? recorded[index] : nil
            let right = index < derived.count ? derived[index] : nil
            if let found = Self.difference(at: index, left, right) { return found }
        }
        return nil
    }

    private static func apply(
        _ input: AgentInput, to agent: inout Agent
    ) throws(AgentError) -> [AgentRecord] {
        switch input {
        case .decide(let round, let observation, let override):
            let step = try agent.decide(round: round, observation: observation, override: override)
            return (step.learning.map { [.learning($0)] } ?? []) + [.decision(step.decision)]
        case .settle(let round, let payout):
            try agent.settle(round: round, payout: payout)
            return []
        case .discard(let round):
            try agent.discard(round: round)
            return []
        case .finish:
            return try agent.finish().map { [.learning($0)] } ?? []
        }
    }

    private static func difference(
        at index: Int, _ recorded: AgentRecord?, _ derived: AgentRecord?
    ) -> Divergence? {
        guard recorded != derived, let round = (derived ?? recorded)?.round else { return nil }
        func divergence(_ field: String, _ left: String, _ right: String) -> Divergence {
            Divergence(record: index, round: round, field: field, recorded: left, derived: right)
        }
        guard let recorded, let derived, recorded.kind == derived.kind else {
            return divergence("kind", recorded?.kind ?? "missing", derived?.kind ?? "missing")
        }
        let (left, right) = (recorded.fields, derived.fields)
        for (mine, theirs) in zip(left, right) where mine != theirs {
            // Two fields of different paths at one place: a list is longer on one side, and the derived
            // one leads.
            return mine.path == theirs.path
                ? divergence(theirs.path, mine.value, theirs.value)
                : left.contains { $0.path == theirs.path }
                    ? divergence(mine.path, mine.value, "missing")
                    : divergence(theirs.path, "missing", theirs.value)
        }
        let longer = left.count > right.count ? left : right
        let field = longer[Swift.min(left.count, right.count)]
        return left.count > right.count
            ? divergence(field.path, field.value, "missing") : divergence(field.path, "missing", field.value)
    }
}

extension AgentRecord {
    var round: RoundNumber {
        switch self {
        case .decision(let record): record.round
        case .learning(let record): record.round
        }
    }

    var kind: String {
        switch self {
        case .decision: "decision"
        case .learning: "learning"
        }
    }
}
