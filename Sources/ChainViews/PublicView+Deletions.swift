internal import Bytes
public import Events

/// Deletions and the plans that carry them out.
extension PublicView {
    mutating func requestDeletion(_ event: DeletionRequested, _ record: EventRecord) throws(RuleViolation) {
        guard deletions[event.deletion] == nil else { throw .deletionExists(event.deletion) }
        guard members[event.member] != nil else { throw .unknownMember(event.member) }
        guard event.dueAt >= event.receivedAt else { throw .dueBeforeReceived(event.deletion) }
        try checkDue(event)
        deletions.set(
            event.deletion,
            DeletionRow(
                deletion: event.deletion, requestedBy: record.hash, requestedAt: record.count,
                author: record.author, member: event.member, scope: event.scope, ground: event.ground,
                receivedAt: event.receivedAt, dueAt: event.dueAt, state: .requested))
    }

    /// The member concerned decides alone; for anybody else it takes the charter's threshold.
    mutating func decideDeletion(_ event: DeletionDecided, _ record: EventRecord) throws(RuleViolation) {
        let row = try deletion(event.deletion, in: .requested)
        if record.author != row.member { try requireThreshold(record) }
        try check(event.refusal, of: event, row)
        try checkTouched(event, row)
        let earlier = try earlierParts(of: event, row)
        deletions.update(event.deletion) { row in
            row.refusal = event.refusal
            row.touched = event.touched.map { Ascending((earlier == nil ? [] : row.touched ?? []) + $0.elements) }
            row.parts = event.part.map { part in
                DecisionParts(events: (earlier?.events ?? []) + [record.hash], of: part.of)
            }
            guard event.part?.isLast ?? true else { return }
            row.state = event.decision == .accepted ? .accepted : .refused
            row.decidedBy = record.hash
        }
    }

    /// An accepted deletion of records says which shards they are in; nothing else does.
    private func checkTouched(_ event: DeletionDecided, _ row: DeletionRow) throws(RuleViolation) {
        let isWanted = row.scope == .records && event.decision == .accepted
        guard isWanted == (event.touched != nil) else {
            let reason = isWanted ? "an accepted deletion of records names them" : "this decision has none"
            throw .touchedDoesNotFit(event.deletion, reason: reason)
        }
        if let touched = event.touched, touched.isEmpty { throw .listIsEmpty("touched") }
        let limit = DeletionDecided.touchedInOnePart
        if let touched = event.touched, touched.count > limit {
            throw .listTooLong("touched", touched.count, limit: limit)
        }
    }

    /// The parts of the decision that stand before this one; `nil` where it is the first or the whole. A first part begins
    /// anew, whatever came before it.
    private func earlierParts(
        of event: DeletionDecided, _ row: DeletionRow
    ) throws(RuleViolation) -> DecisionParts? {
        guard let part = event.part else { return nil }
        func refused(_ reason: String) -> RuleViolation { .touchedDoesNotFit(event.deletion, reason: reason) }
        let (number, of) = (part.number.value, part.of.value)
        guard let touched = event.touched, (2...DeletionDecided.mostParts).contains(of), (1...of).contains(number)
        else {
            throw refused("there is no part \(number) of \(of)")
        }
        guard part.isLast || touched.count == DeletionDecided.touchedInOnePart else {
            throw refused("only the last part may have fewer than \(DeletionDecided.touchedInOnePart) shards")
        }
        guard number > 1 else { return nil }
        guard let earlier = row.parts, earlier.of == part.of, earlier.events.count == number - 1 else {
            throw refused("part \(number - 1) of \(of) does not stand before it")
        }
        guard let last = row.touched?.last, let first = touched.first, last < first else {
            throw refused("the shards do not ascend over the parts")
        }
        return earlier
    }

    mutating func startDeletion(_ event: DeletionStarted, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        guard !event.deletions.isEmpty else { throw .listIsEmpty("deletions") }
        guard event.deletions.count <= DeletionStarted.mostDeletions else {
            throw .listTooLong("deletions", event.deletions.count, limit: DeletionStarted.mostDeletions)
        }
        for deletion in event.deletions { _ = try self.deletion(deletion, in: .accepted) }
        if let open = lineage.openPlan {
            throw .planStep(
                open, expected: "re-materialised yet, and plans are carried out one after the other")
        }
        let plan = plan(for: event.deletions)
        guard plan.digest == event.plan, DerivedList(plan.excluded) == event.excluded,
            DerivedList(plan.holders) == event.holders
        else {
            throw .planDiffers(expected: plan.digest, actual: event.plan)
        }
        let row = PlanRow(
            plan: event.plan, deletions: plan.deletions, excluded: plan.excluded, retraining: plan.retraining,
            descendants: plan.descendants, work: plan.work, holders: plan.holders, models: plan.models,
            copies: plan.copies, artifacts: plan.artifacts, startedBy: record.hash, startedAt: record.count, erasures: [])
        plans.set(event.plan, row)
        lineage.add(row)
        for deletion in event.deletions {
            deletions.update(deletion) { row in
                row.state = .started
                row.plan = event.plan
            }
        }
        takeOutOfUse(plan, event.plan)
    }

    /// From the start on, nothing is merged or trained from what a plan names, so that nothing can come to
    /// descend from it while the plan is carried out.
    private mutating func takeOutOfUse(_ plan: Plan, _ digest: ArtifactDigest) {
        for row in (plan.excluded + plan.descendants).map({ contributions[$0]! }) where row.counts {
            lineage.discount(row)
        }
        for contribution in plan.excluded {
            contributions.update(contribution) { $0.excludedBy = digest }
        }
        for contribution in plan.descendants where contributions[contribution]!.affectedBy == nil {
            contributions.update(contribution) { $0.affectedBy = digest }
        }
        for row in (plan.excluded + plan.descendants).map({ contributions[$0]! }) {
            forget(row.adapter, row.tensors)
        }
        for planned in plan.models {
            models.update(planned.materialization) { $0.state = .suppressed }
            forget(planned.model, models[planned.materialization]!.tensors)
        }
    }

    mutating func applyExclusion(_ event: ExclusionApplied, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        guard let plan = plans[event.plan] else { throw .unknownPlan(event.plan) }
        guard plan.excludedBy == nil else {
            throw .planStep(event.plan, expected: "waiting for its exclusion")
        }
        guard event.models == DerivedList(Ascending(plan.models.map(\.model))) else { throw .modelsDiffer(event.plan) }
        plans.update(event.plan) { $0.excludedBy = record.hash }
    }

    mutating func completeRematerialization(
        _ event: RematerializationCompleted, _ record: EventRecord
    ) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        let plan = try openPlan(event.plan)
        let dispositions = try dispositions(of: plan)
        guard event.dispositions == DerivedList(dispositions) else {
            throw .dispositionsDiffer(event.plan, reason: Self.difference(event.dispositions, from: dispositions))
        }
        plans.update(event.plan) { row in
            row.rematerializedBy = record.hash
            row.dispositions = dispositions
        }
        lineage.closePlan()
    }

    /// What became of each model of an open plan, in its order.
    ///
    /// - Throws: where one is neither rebuilt as planned nor recalled.
    public func dispositions(of plan: PlanRow) throws(RuleViolation) -> [Disposition] {
        let rebuilding = Rebuilding(of: plan, in: self)
        var dispositions: [Disposition] = []
        for planned in plan.models { dispositions.append(try disposition(of: planned, plan, rebuilding)) }
        return dispositions
    }

    private func disposition(
        of planned: PlannedModel, _ plan: PlanRow, _ rebuilding: Rebuilding
    ) throws(RuleViolation) -> Disposition {
        let old = models[planned.materialization]!
        if old.state == .recalled {
            return Disposition(
                newModel: nil, oldModel: planned.model, outcome: .withdrawn, round: planned.round,
                cohort: planned.cohort)
        }
        let new = old.replacedBy.flatMap { models[$0] }
        guard let new, new.plan == plan.plan, case .ready(let merged) = rebuilding.state(of: planned),
            new.contributions == EventSet(merged)
        else {
            throw .dispositionsDiffer(
                plan.plan, reason: "the model of \(planned.round.name(cohort: planned.cohort)) is not disposed of")
        }
        return Disposition(
            newModel: new.model, oldModel: planned.model, outcome: .rematerialized, round: planned.round,
            cohort: planned.cohort)
    }

    /// Where what an event says differs from what the chain gives.
    private static func difference(_ said: DerivedList<Disposition>, from given: [Disposition]) -> String {
        guard said.count.value == given.count else {
            return "\(given.count) models are affected, the event has \(said.count)"
        }
        let first = zip(said.elements ?? [], given).first { $0 != $1 }
        return first.map { "\($1.round.name(cohort: $1.cohort)) is not as it was disposed of" }
            ?? "the chain gives another list"
    }

    mutating func attestErasure(_ event: ErasureAttested, _ record: EventRecord) throws(RuleViolation) {
        guard let plan = plans[event.plan] else { throw .unknownPlan(event.plan) }
        guard plan.rematerializedBy != nil else {
            throw .planStep(event.plan, expected: "re-materialised yet")
        }
        guard plan.holders.contains(record.author) else { throw .notAHolder(record.author) }
        let earlier = plan.erasures.first { $0.holder == record.author }
        guard earlier.map({ !$0.isComplete }) ?? true else { throw .erasureRepeated(record.author) }
        guard event.artifacts == DerivedList(plan.artifacts) else { throw .artifactsDiffer(record.author) }
        guard !event.results.isEmpty else { throw .listIsEmpty("results") }
        let stores = event.results.map(\.store.rawValue)
        guard stores == Ascending(stores).elements else { throw .storesNotAscending }
        try checkResults(event, claimedAt: record.statement.claimedAt)
        plans.update(event.plan) { row in
            row.erasures.removeAll { $0.holder == record.author }
            row.erasures.append(
                ErasureRow(
                    holder: record.author, event: record.hash, results: event.results, check: event.check,
                    tool: event.tool))
        }
    }

    /// What each store says fits together, and no store that every holder has is passed over.
    private func checkResults(_ event: ErasureAttested, claimedAt: Timestamp) throws(RuleViolation) {
        for result in event.results {
            guard result.hasItsDates, result.until.map({ $0 > claimedAt }) ?? true else {
                throw .storeResultUndated(result.store, result.verdict)
            }
            if let reason = result.contradiction { throw .storeResultContradicts(result.store, reason: reason) }
        }
        let named = Set(event.results.map(\.store))
        if let missing = ErasureAttested.required.first(where: { !named.contains($0) }) { throw .storeMissing(missing) }
    }

    mutating func completeDeletion(_ event: DeletionCompleted, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        _ = try deletion(event.deletion, in: .started)
        guard let plan = plans[event.plan], plan.deletions.contains(event.deletion) else {
            throw .unknownPlan(event.plan)
        }
        for holder in plan.holders {
            guard let erasure = plan.erasures.first(where: { $0.holder == holder }) else {
                throw .erasureOpen(holder, "it has not attested")
            }
            guard erasure.isComplete else { throw .erasureOpen(holder, "a store is not erased") }
        }
        let outcome: DeletionCompleted.Outcome = plan.isExact ? .exact : .withdrawn
        guard event.outcome == outcome else { throw .outcomeDiffers(expected: outcome.rawValue) }
        guard event.keyDirectory == keyDirectory else { throw .keyDirectoryDiffers }
        deletions.update(event.deletion) { row in
            row.state = .completed
            row.completedBy = record.hash
            row.completedAt = record.count
        }
    }

    /// A certificate, or a statement of status of a deletion in any state. Each takes the place of the one before.
    mutating func certifyDeletion(_ event: DeletionCertified, _ record: EventRecord) throws(RuleViolation) {
        guard let row = deletions[event.deletion] else { throw .unknownDeletion(event.deletion) }
        let isDone = row.state == .completed || row.state == .certified
        guard isDone || event.kind == .statusStatement else {
            throw .deletionState(
                event.deletion, expected: DeletionRow.State.completed.rawValue, actual: row.state.rawValue)
        }
        let isExact = isDone && row.plan.flatMap { plans[$0] }?.isExact ?? false
        guard (event.kind == .certificate) == isExact else {
            throw .outcomeDiffers(expected: isExact ? "certificate" : "status-statement")
        }
        guard event.supersedes == row.certificate else {
            throw .supersedesDiffers(event.deletion, expected: row.certificate)
        }
        guard event.certificate != row.certificate else { throw .supersedesItself(event.deletion) }
        deletions.update(event.deletion) { row in
            if isDone { row.state = .certified }
            row.certificate = event.certificate
            row.certificateKind = event.kind
            row.serial = Count((row.serial?.value ?? 0) + 1)!
        }
    }

    private func deletion(
        _ id: DeletionID, in state: DeletionRow.State
    ) throws(RuleViolation) -> DeletionRow {
        guard let row = deletions[id] else { throw .unknownDeletion(id) }
        guard row.state == state else {
            throw .deletionState(id, expected: state.rawValue, actual: row.state.rawValue)
        }
        return row
    }

    /// A plan whose exclusion is in force and whose models are not all disposed of.
    func openPlan(_ digest: ArtifactDigest) throws(RuleViolation) -> PlanRow {
        guard let plan = plans[digest] else { throw .unknownPlan(digest) }
        guard plan.excludedBy != nil, plan.rematerializedBy == nil else {
            throw .planStep(digest, expected: "between its exclusion and the end of its re-materialisation")
        }
        return plan
    }
}
