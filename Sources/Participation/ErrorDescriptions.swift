extension AgentPolicyError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownFormat(let format): "the format is \"\(format)\", not \"\(AgentPolicy.format)\""
        case .badName(let name): "the name \"\(name.prefix(40))\" is empty, too long or has control characters"
        case .badRevision(let revision): "the revision \(revision) is not in 1...1000000"
        case .unsortedEdges(let field): "\(field) is not strictly ascending"
        case .tooManyEdges(let field, let count):
            "\(field) has \(count) edges; \(CheckedPolicy.edgeLimit) are the most"
        case .badAllocationCount(let count):
            "there are \(count) allocations, not 1 to \(CheckedPolicy.allocationLimit)"
        case .badAllocation(let allocation):
            "the allocation \(allocation.shards)x\(allocation.epochs) is out of range"
        case .repeatedAllocation(let allocation):
            "the allocation \(allocation.shards)x\(allocation.epochs) is there twice"
        case .badSchedule(let field):
            "\(field) does not begin at decision 0 and ascend, or has more than 64 steps"
        case .badDecimal(let field, let failure): "\(field) is no decimal string that it can hold: \(failure)"
        case .rateOutOfRange(let field, let text): "\(field) has the rate \"\(text)\", which is out of range"
        case .zeroValueUnits: "valueUnitsPerMicrocredit must be above zero"
        case .emptyRewardRange(let minimum, let maximum): "no reward lies in \(minimum) to \(maximum)"
        case .numberTooLarge(let field, let number): "\(field) has \(number), beyond ±(2^53 − 1)"
        case .tooManyEntries(let states, let actions):
            "a table of \(states) states and \(actions) actions has more than \(CheckedPolicy.entryLimit) entries"
        case .overflow(let step): "its numbers could overflow in the step \(step)"
        case .initialValueOutOfBounds(let value, let bound):
            "the initial value \(value) is beyond what any run could reach, \(bound) units"
        }
    }
}

extension AgentError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .zeroTotal(let field): "the total of \(field) is zero"
        case .observationOutOfRange(let field, let value): "\(field) of \(value) is out of range"
        case .unknownState(let state): "the policy has no state \(state)"
        case .unknownStateIndex(let index, let count): "there is no state \(index.rawValue) among \(count)"
        case .badOrganisationName(let name): "the organisation's name \"\(name.prefix(40))\" is empty or too long"
        case .costOutOfRange(let allocation):
            "the cost of \(allocation.shards)x\(allocation.epochs) is out of range"
        case .roundNotAfter(let round, let last):
            "round number \(round.rawValue) is not after \(last.rawValue), the last one decided: a seed is used once"
        case .rewardMissing(let round): "the reward of round number \(round.rawValue) is missing"
        case .nothingPending(let round): "no decision about round number \(round.rawValue) waits for a reward"
        case .wrongRound(let round, let pending):
            "the reward is of round number \(round.rawValue), the decision of \(pending.rawValue)"
        case .alreadySettled(let round): "round number \(round.rawValue) has its reward already"
        case .rewardOutOfRange(let reward, let range):
            "the reward \(reward) is not in the policy's \(range.lowerBound)...\(range.upperBound)"
        case .unknownAction(let action, let count): "there is no action \(action.rawValue) among \(count)"
        case .beyondMeans(let action): "action \(action.rawValue) is beyond what is left of shards or budgets"
        }
    }
}

extension SettlementError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownFormat(let format): "the format is \"\(format)\", not \"\(SettlementRules.format)\""
        case .badRevision(let revision): "the revision \(revision) is not in 1...1000000"
        case .badDecimal(let field, let failure): "\(field) is no decimal string that it can hold: \(failure)"
        case .rateOutOfRange(let text): "the rate \"\(text)\" is not from 0 to 1"
        case .outOfRange(let field, let value): "\(field) of \(value) is out of range"
        case .repeatedOrganisation(let name): "\(name) is there twice"
        case .badAllocation(let name, let allocation):
            "the allocation \(allocation.shards)x\(allocation.epochs) of \(name) is out of range"
        case .otherRound(let round, let expected):
            "one is of round number \(round.rawValue), the other of \(expected.rawValue)"
        case .unknownOrganisation(let name): "\(name) was not settled"
        }
    }
}

extension SimulationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownFormat(let format): "the format is \"\(format)\", not \"\(SimulationSetup.format)\""
        case .outOfRange(let field, let value): "\(field) of \(value) is out of range"
        case .badDecimal(let field, let failure): "\(field) is no decimal string that it can hold: \(failure)"
        case .policy(let error): "the policy: \(error)"
        case .rules(let error): "the rules: \(error)"
        case .agent(let error, let name, let round): "\(name) in round \(round): \(error)"
        case .settlement(let error, let round): "round \(round): \(error)"
        case .repeatedOrganisation(let name): "\(name) is there twice"
        }
    }
}

extension DecimalText.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notCanonical(let text): "\"\(text.prefix(40))\" is not a decimal number in its one spelling"
        case .notExact(let text, let digits): "\"\(text.prefix(40))\" has more than \(digits) digits after the point"
        case .tooLarge(let text): "\"\(text.prefix(40))\" is too large"
        }
    }
}

extension Contribution.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .utilityOutOfRange(let value, let coalition):
            "the model of \(coalition.isEmpty ? "nobody" : coalition.joined(separator: ", ")) measures \(value): out of range"
        case .repeatedPlayer(let player): "\(player) is named twice"
        case .badSampleCount(let count): "\(count) is no number of samples from 1 to 1000000"
        }
    }
}

extension Override.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noReason: "no reason is given"
        case .reasonTooLong(let bytes): "the reason has \(bytes) bytes, of at most 1024"
        case .controlCharacter: "the reason has a control character"
        }
    }
}

extension DecisionReplay.Refusal: CustomStringConvertible {
    public var description: String { "input \(input): \(cause)" }
}
