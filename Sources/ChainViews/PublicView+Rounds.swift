internal import Bytes
internal import Events

/// Rounds, contributions and models.
extension PublicView {
    mutating func openRound(_ event: RoundOpened, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        guard rounds[event.round] == nil else { throw .roundExists(event.round) }
        guard bases[event.base] != nil else { throw .unknownBase(event.base) }
        try checkCohorts(event)
        rounds.set(
            event.round,
            RoundRow(
                round: event.round, rule: event.rule, topology: event.topology, cohorts: event.cohorts,
                base: event.base,
                author: record.author, openedBy: record.hash, openedAt: record.count, state: .open,
                policy: policyInForce(.agentPolicy)?.policy, rules: policyInForce(.settlementRules)?.policy))
    }

    /// Cohorts are disjoint, and belong to the topology of that name.
    private func checkCohorts(_ event: RoundOpened) throws(RuleViolation) {
        guard (event.topology == .cohort) == (event.cohorts != nil) else {
            throw .cohortsDoNotFit(event.round, reason: "the topology is \(event.topology.rawValue)")
        }
        guard let cohorts = event.cohorts else { return }
        guard !cohorts.isEmpty, cohorts.allSatisfy({ !$0.members.isEmpty }) else { throw .listIsEmpty("cohorts") }
        var seen: Set<MemberName> = []
        for member in cohorts.flatMap(\.members) {
            guard members[member] != nil else { throw .unknownMember(member) }
            guard seen.insert(member).inserted else {
                throw .cohortsDoNotFit(event.round, reason: "\(member) is in two of them")
            }
        }
    }

    mutating func commitAdapter(_ event: AdapterCommitted, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.contributor, record)
        let isReplacement = event.replaces != nil || event.plan != nil
        let round = try isReplacement ? checkReplacement(event, record) : checkAddition(event, record)
        if let training = event.training, training.shards.isEmpty { throw .listIsEmpty("shards") }
        if let expected = round.configuration, expected != event.configuration {
            throw .configurationDiffers(event.round, expected: expected, actual: event.configuration)
        }
        for artifact in [event.adapter, event.tensors] {
            try checkOwnBytes(artifact, record.author)
            try checkLineage(of: artifact, as: event, isReplacement: isReplacement)
        }
        let row = ContributionRow(
            event: record.hash, position: record.count, member: record.author, round: event.round,
            adapter: event.adapter, tensors: event.tensors, parents: event.parents, weight: event.weight,
            training: event.training, replaces: event.replaces)
        contributions.set(record.hash, row)
        index(row)
        if !isReplacement { keepPromise(of: record.author, in: event.round) }
        if round.configuration == nil {
            rounds.update(event.round) { $0.configuration = event.configuration }
        }
    }

    /// Refuses a contribution that its round, or the state of its parents, does not allow.
    private func checkAddition(
        _ event: AdapterCommitted, _ record: EventRecord
    ) throws(RuleViolation) -> RoundRow {
        let round = try openRow(event.round)
        guard !hasContribution(by: record.author, to: event.round) else {
            throw .alreadyContributed(record.author, event.round)
        }
        try checkDecided(record.author, round)
        // A settlement names each of them.
        if round.rules != nil, contributions(to: event.round).count >= RewardSettled.mostLines {
            throw .roundFull(event.round, limit: RewardSettled.mostLines)
        }
        guard round.topology != .cohort || round.cohort(of: record.author) != nil else {
            throw .notInACohort(record.author, event.round)
        }
        for parent in event.parents { try checkParent(parent, of: record.author, round) }
        return round
    }

    /// Isolated rounds continue the member's own contributions; feedback rounds start from a model that is
    /// served, cohort rounds from one of the member's cohort.
    private func checkParent(
        _ parent: ArtifactDigest, of member: MemberName, _ round: RoundRow
    ) throws(RuleViolation) {
        let topology = round.topology
        switch topology {
        case .isolated:
            let own = contributions(withAdapter: parent).filter { $0.member == member }
            guard !own.isEmpty else { throw .unknownParent(parent, topology) }
            guard own.allSatisfy(\.counts) else { throw .forgotten(parent) }
        case .feedback, .cohort:
            let found = models(withDigest: parent).filter {
                topology == .feedback || $0.cohort == round.cohort(of: member)
            }
            guard !found.isEmpty else { throw .unknownParent(parent, topology) }
            guard found.allSatisfy({ $0.state == .current }) else { throw .suppressedParent(parent) }
        }
    }

    /// Its member takes a contribution back while the round is open. Later, and for anybody else, it takes the charter's
    /// threshold: a contribution that does not merge, or is a copy, holds up everybody.
    mutating func withdraw(_ event: ContributionWithdrawn, _ record: EventRecord) throws(RuleViolation) {
        func refused(_ reason: String) -> RuleViolation { .withdrawalRefused(event.contribution, reason: reason) }
        guard let row = contributions[event.contribution], row.adapter == event.adapter else {
            throw .unknownAdapter(event.adapter)
        }
        let round = rounds[row.round]!
        guard row.counts else { throw refused("it does not count any more") }
        guard row.replaces == nil else { throw refused("a plan wants it in another's place") }
        // What the plan trains again may go on from it.
        guard lineage.openPlan == nil else { throw refused("a plan is being carried out") }
        if record.author != row.member || round.state != .open { try requireThreshold(record) }
        guard !allModels(of: row.round).contains(where: { merged(row, in: $0) }) else {
            throw refused("a model merged it, and a deletion takes it out of that")
        }
        let later = lineage.children[row.adapter].map { contributions[$0]! }
        guard !later.contains(where: { $0.member == row.member && $0.counts && $0.position > row.position }) else {
            throw refused("a later contribution of \(row.member) goes on from it")
        }
        contributions.update(row.event) { $0.withdrawnBy = record.hash }
        lineage.discount(row)
        renewPromise(of: row.member, in: row.round)
        guard contributions(to: row.round).isEmpty else { return }
        rounds.update(row.round) { $0.configuration = nil }
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
        if let cohort = event.cohort, round.cohorts?.contains(where: { $0.name == cohort }) != true {
            throw .unknownCohort(cohort, event.round)
        }
        try checkContributions(event.contributions, of: event.round, event.cohort)
        guard event.contributions.count.value > 0 else { throw .listIsEmpty("contributions") }
        try checkReplacement(event)
        for artifact in [event.model, event.tensors] {
            guard !isForgotten(artifact) || isServed(artifact) else { throw .forgotten(artifact) }
        }
        if let old = latestModel(of: event.round, cohort: event.cohort)?.event {
            models.update(old) { row in
                row.state = .replaced
                row.replacedBy = record.hash
            }
        }
        let row = ModelRow(
            event: record.hash, position: record.count, author: record.author, model: event.model,
            tensors: event.tensors, round: event.round, cohort: event.cohort, contributions: event.contributions,
            plan: event.plan, state: .current, attestedBy: [], attestations: [])
        models.set(record.hash, row)
        index(row)
        if event.cohort == nil { rounds.update(event.round) { $0.materialization = record.hash } }
    }

    /// A round has one model, and one for each cohort; another may take its place only under a plan that says so, and only with other
    /// bytes.
    private func checkReplacement(
        _ event: ModelMaterialized
    ) throws(RuleViolation) {
        guard let old = latestModel(of: event.round, cohort: event.cohort)?.event else {
            guard event.plan == nil else { throw .unknownPlan(event.plan!) }
            return
        }
        guard let plan = event.plan else { throw .alreadyMaterialized(event.round) }
        let row = try openPlan(plan)
        guard let planned = row.planned(old, in: self), planned.outcome == .rematerialized,
            models[old]?.state == .suppressed
        else {
            throw .modelsDiffer(plan)
        }
        guard case .ready = Rebuilding(of: row, in: self).state(of: planned) else { throw .retrainingOpen(event.round) }
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
            row.attestations.append(record.hash)
        }
    }

    /// A planned withdrawal; or what is left where a model was to be rebuilt and cannot be: a contribution is
    /// lost, or the rebuilt bytes are the old ones. The outcome is then not exact.
    mutating func recall(_ event: ModelRecalled, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        let plan = try openPlan(event.plan)
        let planned = allModels(of: event.round).compactMap { plan.planned($0.event, in: self) }.first {
            $0.model == event.model && $0.cohort == event.cohort
        }
        guard let planned else { throw .modelsDiffer(event.plan) }
        guard models[planned.materialization]?.state == .suppressed else { throw .notCurrent(event.model) }
        models.update(planned.materialization) { $0.state = .recalled }
        if planned.outcome == .rematerialized { lineage.abandon(planned.materialization, under: event.plan) }
    }

    private func openRow(_ round: RoundID) throws(RuleViolation) -> RoundRow {
        guard let row = rounds[round] else { throw .unknownRound(round) }
        guard row.state == .open else { throw .roundClosed(round) }
        return row
    }

    private func checkContributions(
        _ set: EventSet, of round: RoundID, _ cohort: CohortName? = nil
    ) throws(RuleViolation) {
        let counting = contributions(to: round, cohort: cohort)
        try checkInUse(counting)
        let expected = EventSet(counting.map(\.event))
        guard set == expected else {
            throw .contributionsDiffer(round, expected: expected.count.value, actual: set.count.value)
        }
    }
}
