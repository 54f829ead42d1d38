internal import Bytes
internal import Events

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
