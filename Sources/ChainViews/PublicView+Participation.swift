internal import Bytes
public import Events

/// Policies, decisions about rounds, evaluations and rewards.
extension PublicView {
    mutating func adoptPolicy(_ event: PolicyAdopted, _ record: EventRecord) throws(RuleViolation) {
        try requireThreshold(record)
        let digest = event.document.digest
        do throws(JSONError) {
            try CanonicalJSON.validate(Array(event.document.text.utf8))
        } catch {
            throw .policyMalformed(digest, reason: "\(error)")
        }
        guard policies[digest] == nil else { throw .policyExists(digest) }
        policies.set(
            digest,
            PolicyRow(
                policy: digest, kind: event.kind, document: event.document, adoptedBy: record.hash,
                adoptedAt: record.count))
    }

    // MARK: Decisions

    mutating func decideParticipation(
        _ event: ParticipationDecided, _ record: EventRecord
    ) throws(RuleViolation) {
        try requireRole(.contributor, record)
        guard let round = rounds[event.round] else { throw .unknownRound(event.round) }
        guard let policy = round.policy else { throw .noPolicy(event.round, .agentPolicy) }
        guard event.policy == policy else {
            throw .policyDiffers(event.round, expected: policy, actual: event.policy)
        }
        guard round.state == .open else { throw .roundClosed(event.round) }
        guard decision(of: record.author, in: event.round) == nil else {
            throw .alreadyDecided(record.author, event.round)
        }
        guard !decisionsByExplanation.contains(event.explanation) else { throw .explanationReused(event.explanation) }
        let row = DecisionRow(
            event: record.hash, position: record.count, member: record.author, round: event.round, policy: policy,
            allocation: event.allocation, override: event.override, explanation: event.explanation,
            state: event.allocation == nil ? .stayedOut : .promised)
        decisions.set(record.hash, row)
        index(row)
    }

    /// Where the round is held by an agent policy: no decision, no contribution; stayed out, no contribution.
    func checkDecided(_ member: MemberName, _ round: RoundRow) throws(RuleViolation) {
        guard round.policy != nil else { return }
        guard let decision = decision(of: member, in: round.round) else { throw .notDecided(member, round.round) }
        guard decision.state != .stayedOut else { throw .stayedOut(member, round.round) }
    }

    mutating func keepPromise(of member: MemberName, in round: RoundID) {
        guard let decision = decision(of: member, in: round) else { return }
        decisions.update(decision.event) { $0.state = .delivered }
    }

    /// What was delivered was taken back: it is promised again while the round is open, and broken after that.
    mutating func renewPromise(of member: MemberName, in round: RoundID) {
        guard let decision = decision(of: member, in: round), decision.state == .delivered else { return }
        let isOpen = rounds[round]!.state == .open
        decisions.update(decision.event) { $0.state = isOpen ? .promised : .broken }
    }

    mutating func breakPromises(in round: RoundID) {
        for decision in decisions(in: round) where decision.state == .promised {
            decisions.update(decision.event) { $0.state = .broken }
        }
    }

    // MARK: Evaluations

    mutating func recordEvaluation(
        _ event: EvaluationRecorded, _ record: EventRecord
    ) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        guard let round = rounds[event.round] else { throw .unknownRound(event.round) }
        guard round.state == .closed else { throw .roundOpen(event.round) }
        let counting = contributions(to: event.round).map(\.event)
        try checkInUse(event.contributions.compactMap { contributions[$0] })
        let places = event.contributions.map { counting.firstIndex(of: $0) ?? -1 }
        guard zip([-1] + places, places).allSatisfy({ $0 < $1 }) else {
            throw .evaluationRefused(
                event.round, reason: "its contributions are not some of those that count, in chain order")
        }
        try checkModel(of: event, counting)
        guard !evaluations(in: event.round).contains(where: { $0.evaluation.isOfTheSame(as: event) }) else {
            throw .evaluationRefused(event.round, reason: "this model was evaluated on this data set already")
        }
        let row = EvaluationRow(
            event: record.hash, position: record.count, author: record.author, evaluation: event)
        evaluations.set(record.hash, row)
        index(row)
    }

    private func checkModel(of event: EvaluationRecorded, _ counting: [EventHash]) throws(RuleViolation) {
        guard !event.contributions.isEmpty else {
            // What the round started from: the base, or a model that the chain knows.
            if let model = event.model, models(withDigest: model).isEmpty { throw .unknownModel(model) }
            return
        }
        guard let model = event.model else {
            throw .evaluationRefused(event.round, reason: "contributions are named and no model")
        }
        if event.contributions == counting, let current = currentModel(of: event.round), current.model != model {
            throw .unknownModel(model)
        }
    }

    // MARK: Rewards

    mutating func settleReward(_ event: RewardSettled, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        guard let round = rounds[event.round] else { throw .unknownRound(event.round) }
        guard let rules = round.rules else { throw .noPolicy(event.round, .settlementRules) }
        guard event.rules == rules else {
            throw .policyDiffers(event.round, expected: rules, actual: event.rules)
        }
        guard round.state == .closed else { throw .roundOpen(event.round) }
        try checkModel(of: event, round)
        try checkLines(of: event)
        try checkImprovement(of: event)
        let entry = RewardRow.Entry(
            event: record.hash, position: record.count, author: record.author, settled: event)
        if rewards[event.round] == nil {
            rewards.set(event.round, RewardRow(round: event.round, entries: [entry]))
        } else {
            rewards.update(event.round) { $0.entries.append(entry) }
        }
    }

    /// A first settlement is for the model that the round serves. A correction names the first settlement and is for the
    /// model that took the place of the one settled last; or for none, where that was withdrawn.
    private func checkModel(of event: RewardSettled, _ round: RoundRow) throws(RuleViolation) {
        guard let latest = round.materialization.flatMap({ models[$0] }) else {
            throw .settlementDiffers(event.round, reason: "the round has no model")
        }
        let isWithdrawn = latest.state == .recalled
        guard latest.state == .current || isWithdrawn else { throw .notCurrent(latest.model) }
        guard let settled = rewards[event.round] else {
            guard event.corrects == nil else { throw .correctsNothing(event.round) }
            guard !isWithdrawn else { throw .modelRecalled(latest.model) }
            guard event.model == latest.model else { throw .notCurrent(event.model ?? latest.model) }
            return
        }
        guard let corrects = event.corrects else { throw .alreadySettled(event.round) }
        guard corrects == settled.first.event else { throw .correctsNothing(event.round) }
        guard event.model == (isWithdrawn ? nil : latest.model) else { throw .notCurrent(latest.model) }
        guard event.model != settled.last.settled.model else { throw .alreadySettled(event.round) }
    }

    /// Lines ascend by member; nobody is left owing; who no longer contributes ends at nothing.
    private func checkLines(of event: RewardSettled) throws(RuleViolation) {
        let names = event.lines.map(\.member)
        guard zip(names, names.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .settlementDiffers(event.round, reason: "the lines do not ascend by member, each once")
        }
        let counting = Set(event.model == nil ? [] : contributions(to: event.round).map(\.member))
        let settled = rewards[event.round]?.first.settled.lines.map(\.member)
        guard settled.map({ Set(names).isSubset(of: $0) }) ?? (Set(names) == counting) else {
            throw .settlementDiffers(event.round, reason: "the lines are not of the members that contributed")
        }
        var balances: [MemberName: MemberBalance] = [:]
        for line in (rewards[event.round]?.entries.flatMap(\.settled.lines) ?? []) + event.lines {
            balances[line.member, default: MemberBalance(line.member)].add(line)
        }
        for balance in balances.values {
            guard balance.isInRange else {
                throw .settlementDiffers(event.round, reason: "\(balance.member) is left with an amount out of range")
            }
            guard balance.isNothing || counting.contains(balance.member) else {
                throw .settlementDiffers(
                    event.round, reason: "\(balance.member) is left with a reward and contributes nothing")
            }
        }
    }

    /// The improvement is that of recorded evaluations: of all contributions, and of none.
    private func checkImprovement(of event: RewardSettled) throws(RuleViolation) {
        let isSampled = event.measure.method == .sampledShapley
        guard (event.measure.samples != nil) == isSampled, (event.measure.seed != nil) == isSampled else {
            throw .settlementDiffers(
                event.round, reason: "sample count and seed belong to sampled Shapley values alone")
        }
        guard let model = event.model else {
            guard event.improvementPPB.value == 0 else {
                throw .settlementDiffers(event.round, reason: "a round without a model improves nothing")
            }
            return
        }
        let counting = contributions(to: event.round).map(\.event)
        let all = evaluations(in: event.round).map(\.evaluation).filter { $0.dataset == event.measure.dataset }
        let whole = all.filter { $0.contributions == counting && $0.model == model }
        let empty = all.filter(\.contributions.isEmpty)
        let holds = whole.contains { high in
            empty.contains { 1_000 * (high.accuracyPPM.value - $0.accuracyPPM.value) == event.improvementPPB.value }
        }
        guard holds else {
            throw .settlementDiffers(event.round, reason: "no recorded evaluations give this improvement")
        }
    }
}

extension EvaluationRecorded {
    /// Whether both are of one model of the same contributions on one data set.
    fileprivate func isOfTheSame(as other: EvaluationRecorded) -> Bool {
        dataset == other.dataset && model == other.model && contributions == other.contributions
    }
}

// MARK: - Questions

extension PublicView {
    /// The policy of `kind` that a round opened now is held by.
    public func policyInForce(_ kind: PolicyKind) -> PolicyRow? {
        policies.rows.values.filter { $0.kind == kind }.max { $0.adoptedAt < $1.adoptedAt }
    }

    /// All policies in the order in which they were adopted.
    public var allPolicies: [PolicyRow] { policies.rows.values.sorted { $0.adoptedAt < $1.adoptedAt } }

    /// The decisions about `round` in chain order.
    public func decisions(in round: RoundID) -> [DecisionRow] {
        decisionsByRound[round].map { decisions[$0]! }
    }

    public func decision(of member: MemberName, in round: RoundID) -> DecisionRow? {
        decisionsByAuthor[Authorship(round: round, member: member)].last.map { decisions[$0]! }
    }

    /// A contribution that was trained on more shards than its member had decided to put in.
    public struct Overrun: Hashable, Sendable {
        public var contribution: ContributionRow
        public var allowed: CommittedAllocation
        /// How many shards it says it was trained on.
        public var shards: Int
    }

    /// What went beyond its member's decision, in chain order. The chain takes it in: the decision is about cost, and whoever
    /// spends more than it said shows it here. Epochs are in the recipe, which the chain does not see: a ledger that holds it
    /// compares them.
    public var overruns: [Overrun] {
        allRounds.flatMap { allContributions(to: $0.round) }.compactMap { row in
            guard let allowed = decision(of: row.member, in: row.round)?.allocation,
                let shards = row.training?.shards.count, shards > allowed.shards.value
            else { return nil }
            return Overrun(contribution: row, allowed: allowed, shards: shards)
        }
    }

    /// The evaluations of models of `round` in chain order.
    public func evaluations(in round: RoundID) -> [EvaluationRow] {
        evaluationsByRound[round].map { evaluations[$0]! }
    }

    /// How many rounds were opened before `round`: the number that seeds the draws of its decisions.
    public func number(of round: RoundID) -> Int? {
        rounds[round].map { row in rounds.rows.values.count { $0.openedAt < row.openedAt } }
    }

    mutating func index(_ row: DecisionRow) {
        decisionsByRound.append(row.event, to: row.round)
        decisionsByAuthor.append(row.event, to: Authorship(round: row.round, member: row.member))
        decisionsByExplanation.append(row.event, to: row.explanation)
    }

    mutating func index(_ row: EvaluationRow) {
        evaluationsByRound.append(row.event, to: row.evaluation.round)
        lineage.add(row)
    }
}
