internal import Bytes
internal import Events

/// Rounds, contributions and models.
extension PublicView {
    mutating func openRound(_ event: RoundOpened, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        guard rounds[event.round] == nil else { throw .roundExists(event.round) }
        guard bases[event.base] != nil else { throw .unknownBase(event.base) }
        rounds.set(
            event.round,
            RoundRow(
                round: event.round, rule: event.rule, topology: event.topology, base: event.base,
                author: record.author, openedBy: record.hash, openedAt: record.count, state: .open,
                policy: policyInForce(.agentPolicy)?.policy, rules: policyInForce(.settlementRules)?.policy))
    }

    mutating func commitAdapter(_ event: AdapterCommitted, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.contributor, record)
        let round = try openRow(event.round)
        guard !hasContribution(by: record.author, to: event.round) else {
            throw .alreadyContributed(record.author, event.round)
        }
        try checkDecided(record.author, round)
        if let expected = round.configuration, expected != event.configuration {
            throw .configurationDiffers(event.round, expected: expected, actual: event.configuration)
        }
        for artifact in [event.adapter, event.tensors] { try checkOwnBytes(artifact, record.author) }
        for parent in event.parents {
            try checkParent(parent, of: record.author, round.topology)
        }
        let row = ContributionRow(
            event: record.hash, position: record.count, member: record.author, round: event.round,
            adapter: event.adapter, tensors: event.tensors, parents: event.parents, weight: event.weight)
        contributions.set(record.hash, row)
        index(row)
        keepPromise(of: record.author, in: event.round)
        if round.configuration == nil {
            rounds.update(event.round) { $0.configuration = event.configuration }
        }
    }

    /// Refuses bytes that a deletion took out of use, and bytes that somebody else committed before: deleting
    /// one of two equal contributions would either leave its bytes behind or take the other's with them.
    private func checkOwnBytes(_ artifact: ArtifactDigest, _ author: MemberName) throws(RuleViolation) {
        guard !isForgotten(artifact) else { throw .forgotten(artifact) }
        guard let committer = committers[artifact], committer != author else { return }
        throw .adapterOfAnother(artifact, committer)
    }

    /// Isolated rounds continue the member's own contributions; feedback rounds start from a model that is
    /// served.
    private func checkParent(
        _ parent: ArtifactDigest, of member: MemberName, _ topology: Topology
    ) throws(RuleViolation) {
        switch topology {
        case .isolated:
            let own = contributions(withAdapter: parent).filter { $0.member == member }
            guard !own.isEmpty else { throw .unknownParent(parent, topology) }
            guard own.allSatisfy(\.counts) else { throw .forgotten(parent) }
        case .feedback:
            let found = models(withDigest: parent)
            guard !found.isEmpty else { throw .unknownParent(parent, topology) }
            guard found.allSatisfy({ $0.state == .current }) else { throw .suppressedParent(parent) }
        }
    }

    mutating func closeRound(_ event: RoundClosed, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        let round = try openRow(event.round)
        try checkContributions(event.contributions, of: event.round)
        // Where members decide for themselves, all of them may have stayed out.
        guard event.contributions.count.value > 0 || round.policy != nil else { throw .listIsEmpty("contributions") }
        rounds.update(event.round) { row in
            row.state = .closed
            row.closedAt = record.count
        }
        breakPromises(in: event.round)
    }

    mutating func materialize(_ event: ModelMaterialized, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        guard let round = rounds[event.round] else { throw .unknownRound(event.round) }
        guard round.state == .closed else { throw .roundOpen(event.round) }
        try checkContributions(event.contributions, of: event.round)
        guard event.contributions.count.value > 0 else { throw .listIsEmpty("contributions") }
        try checkReplacement(event, round)
        for artifact in [event.model, event.tensors] where isForgotten(artifact) {
            throw .forgotten(artifact)
        }
        if let old = round.materialization {
            models.update(old) { row in
                row.state = .replaced
                row.replacedBy = record.hash
            }
        }
        let row = ModelRow(
            event: record.hash, position: record.count, author: record.author, model: event.model,
            tensors: event.tensors, round: event.round, contributions: event.contributions,
            plan: event.plan, state: .current, attestedBy: [])
        models.set(record.hash, row)
        index(row)
        rounds.update(event.round) { $0.materialization = record.hash }
    }

    /// A round has one model; another may take its place only under a plan that says so, and only with other
    /// bytes.
    private func checkReplacement(
        _ event: ModelMaterialized, _ round: RoundRow
    ) throws(RuleViolation) {
        guard let old = round.materialization else {
            guard event.plan == nil else { throw .unknownPlan(event.plan!) }
            return
        }
        guard let plan = event.plan else { throw .alreadyMaterialized(event.round) }
        let row = try openPlan(plan)
        let planned = row.models.first { $0.materialization == old }
        guard let planned, planned.outcome == .rematerialized, models[old]?.state == .suppressed else {
            throw .modelsDiffer(plan)
        }
        guard planned.model != event.model else { throw .sameBytesAsBefore(event.model) }
    }

    mutating func attest(_ event: ModelAttested, _ record: EventRecord) throws(RuleViolation) {
        guard let row = models[event.materialization], row.model == event.model else {
            throw .unknownModel(event.model)
        }
        guard row.state == .current else { throw .notCurrent(event.model) }
        guard row.author != record.author else { throw .ownModel(record.author) }
        guard !row.attestedBy.contains(record.author) else {
            throw .alreadyAttested(record.author, event.model)
        }
        models.update(event.materialization) { row in
            row.attestedBy = Ascending(row.attestedBy.elements + [record.author])
        }
    }

    /// A planned withdrawal; or what is left where a model was to be rebuilt and cannot be: a contribution is
    /// lost, or the rebuilt bytes are the old ones. The outcome is then not exact.
    mutating func recall(_ event: ModelRecalled, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        let plan = try openPlan(event.plan)
        let planned = plan.models.first { $0.model == event.model && $0.round == event.round }
        guard let planned else { throw .modelsDiffer(event.plan) }
        guard models[planned.materialization]?.state == .suppressed else { throw .notCurrent(event.model) }
        models.update(planned.materialization) { $0.state = .recalled }
    }

    private func openRow(_ round: RoundID) throws(RuleViolation) -> RoundRow {
        guard let row = rounds[round] else { throw .unknownRound(round) }
        guard row.state == .open else { throw .roundClosed(round) }
        return row
    }

    private func checkContributions(_ set: EventSet, of round: RoundID) throws(RuleViolation) {
        let expected = EventSet(contributions(to: round).map(\.event))
        guard set == expected else {
            throw .contributionsDiffer(round, expected: expected.count.value, actual: set.count.value)
        }
    }
}
