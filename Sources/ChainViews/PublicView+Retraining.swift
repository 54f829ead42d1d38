public import Bytes
public import Events

/// Contributions that take the place of others.
extension PublicView {
    /// Refuses a contribution that takes another's place unless an open plan asks for it: by the same member,
    /// in the same round, from what the old one's parents have become, by the same recipe on the same shards.
    func checkReplacement(_ event: AdapterCommitted, _ record: EventRecord) throws(RuleViolation) -> RoundRow {
        let old = event.replaces ?? EventHash.sha256([])
        func refused(_ reason: String) -> RuleViolation { .replacementRefused(old, reason: reason) }
        guard event.replaces != nil, let digest = event.plan else {
            throw refused("a plan and the contribution are named together")
        }
        let plan = try openPlan(digest)
        guard let planned = plan.retraining(of: old, in: self) else {
            throw refused("the plan does not want it trained again")
        }
        let row = contributions[old]!
        try requireAuthor(row.member, record)
        guard event.round == row.round else { throw refused("it is of \(row.round)") }
        switch Rebuilding(of: plan, in: self).state(of: old) {
        case .replaced: throw refused("another has taken it already")
        case .waiting: throw refused("what it starts from is not rebuilt yet")
        case .givenUp: throw refused("what it starts from, or was to be part of, was recalled")
        case .ready(let parents):
            guard event.parents == parents else { throw refused("it does not start from what its parents became") }
        }
        if let reason = mismatch(of: event, row, planned, plan) { throw refused(reason) }
        return rounds[row.round]!
    }

    /// Why `event` is not `row` trained again as `planned`.
    private func mismatch(
        of event: AdapterCommitted, _ row: ContributionRow, _ planned: PlannedRetraining, _ plan: PlanRow
    ) -> String? {
        guard let old = row.training, let new = event.training else { return "it does not say how it was trained" }
        guard new.recipe == old.recipe, new.trainer == old.trainer else { return "it was trained by another recipe" }
        guard new.runs != old.runs else { return "it is made of the same runs" }
        let remaining = Set(old.shards).subtracting(planned.emptied)
        let losing = touchedShards(of: plan.deletions.compactMap { deletions[$0] })[row.member] ?? [:]
        // Between the decision and the training another deletion may have emptied a shard that loses records.
        guard !new.shards.isEmpty, remaining.isSuperset(of: new.shards),
            remaining.subtracting(new.shards).allSatisfy({ losing[$0] != nil })
        else { return "it was trained on other shards" }
        let losesRecords = old.shards.contains { losing[$0] != nil }
        // Equal weight would be as many records as before: one that was to go, or another in its place.
        guard losesRecords ? event.weight < row.weight : event.weight == row.weight else {
            return "its weight is \(event.weight)"
        }
        return nil
    }
}

/// Second replays of what was trained again: by organisations that were handed the records.
extension PublicView {
    mutating func attestTraining(_ event: TrainingAttested, _ record: EventRecord) throws(RuleViolation) {
        func refused(_ reason: String) -> RuleViolation {
            .trainingAttestationRefused(event.contribution, reason: reason)
        }
        guard let plan = plans[event.plan] else { throw .unknownPlan(event.plan) }
        guard let row = contributions[event.contribution], let training = row.training,
            let planned = row.replaces.flatMap({ plan.retraining(of: $0, in: self) })
        else { throw refused("it took no place under the plan \(event.plan.hex.prefix(16))…") }
        guard row.member != record.author else { throw .ownTraining(record.author) }
        guard row.counts else { throw refused("another deletion took it out of use") }
        if let reason = mismatch(of: event, row, training, planned) { throw refused(reason) }
        let earlier = trainingAttestations(of: event.contribution).last { $0.author == record.author }
        guard earlier?.attested.outcome != event.outcome else {
            throw refused("\(record.author) has said so already")
        }
        let attestation = TrainingAttestationRow(
            event: record.hash, position: record.count, author: record.author, attested: event)
        trainingAttestations.set(record.hash, attestation)
        index(attestation)
    }

    /// Why `event` does not fit the contribution that it is about.
    private func mismatch(
        of event: TrainingAttested, _ row: ContributionRow, _ training: TrainingReference, _ planned: PlannedRetraining
    ) -> String? {
        guard event.recipe == training.recipe else { return "it was trained by another recipe" }
        // What the built-in trainer gave does not become an external trainer's.
        guard event.trainer == .builtIn || training.trainer == .external else { return "no external trainer gave it" }
        // A shard that was emptied between decision and training has no run.
        let trained = Set(training.shards)
        guard event.shards == Ascending(planned.shards.filter(trained.contains)) else {
            return
                "the runs on \(event.shards.count) shard(s) were repeated, which are not those that were trained again"
        }
        // One of its runs is the external trainer's. Which one, the chain says only where all of them were repeated.
        guard event.trainer == .external || training.trainer == .builtIn || event.shards.count < trained.count else {
            return "an external trainer gave one of the runs that were repeated"
        }
        let isEqual = event.runs == training.runs && event.adapter == row.adapter
        guard isEqual == (event.outcome == .equal) else {
            return isEqual ? "the digests are its own, and are called different" : "the digests are others than its own"
        }
        return nil
    }

    mutating func index(_ row: TrainingAttestationRow) {
        trainingAttestationsByContribution.append(row.event, to: row.attested.contribution)
        lineage.add(user: row.author, ofContribution: row.attested.contribution)
    }

    // MARK: Questions

    /// What other organisations said that training `contribution` again gave, in chain order.
    public func trainingAttestations(of contribution: EventHash) -> [TrainingAttestationRow] {
        trainingAttestationsByContribution[contribution].map { trainingAttestations[$0]! }
    }

    /// The last word of each organisation that trained `contribution` again.
    public func standingTrainingAttestations(of contribution: EventHash) -> [TrainingAttestationRow] {
        let all = trainingAttestations(of: contribution)
        return all.filter { row in all.last { $0.author == row.author } == row }
    }

    /// Whether another organisation trained it again with equal digests, and none that did stands by others.
    public func isTrainingConfirmed(of contribution: EventHash) -> Bool {
        let standing = standingTrainingAttestations(of: contribution)
        return !standing.isEmpty && standing.allSatisfy { $0.attested.outcome == .equal }
    }
}
