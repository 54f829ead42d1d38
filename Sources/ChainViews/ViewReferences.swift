internal import Bytes
internal import Events

/// Stored rows that name each other.
///
/// A view's code follows such names without asking, so rows that were damaged or exchanged in a store must
/// not get that far. What this does not find, a replay from entry bytes does.
extension PublicView {
    /// Refuses rows that name what is not there, and rows that cannot be those of `size` leaves.
    func checkReferences() throws(ViewLoadError) {
        let events = authors.rows.values.reduce(0) { $0 &+ $1.events.value }
        guard events == size, (size > 0) == (charter != nil) else {
            throw ViewLoadError(
                kind: "author", key: origin.text, reason: "the rows are of \(events) leaves, not \(size)")
        }
        for row in keys.rows.values {
            try require(members[row.member] != nil, keys.kind, row.key.keyID, "member")
        }
        for row in rounds.rows.values {
            try require(bases[row.base] != nil, rounds.kind, row.round, "base")
            try require(
                row.materialization.map { models[$0] != nil } ?? true, rounds.kind, row.round, "model")
            let ruled = [row.policy, row.rules].allSatisfy { $0.map { policies[$0] != nil } ?? true }
            try require(ruled, rounds.kind, row.round, "policy")
        }
        for row in contributions.rows.values {
            try require(rounds[row.round] != nil, contributions.kind, row.event, "round")
            let known = [row.excludedBy, row.affectedBy].allSatisfy { $0.map { plans[$0] != nil } ?? true }
            try require(known, contributions.kind, row.event, "plan")
            let replaced = row.replaces.map { contributions[$0] != nil } ?? true
            try require(replaced, contributions.kind, row.event, "contribution")
        }
        for row in models.rows.values {
            try require(rounds[row.round] != nil, models.kind, row.event, "round")
            try require(row.replacedBy.map { models[$0] != nil } ?? true, models.kind, row.event, "successor")
        }
        for row in deletions.rows.values {
            try require(row.plan.map { plans[$0] != nil } ?? true, deletions.kind, row.deletion, "plan")
        }
        for row in plans.rows.values { try checkReferences(of: row) }
        try checkParticipation()
        try checkTrainingAttestations()
        for row in mitigations.rows.values {
            let known = deletions[row.mitigation.deletion] != nil && model(row.mitigation.model) != nil
            try require(known, mitigations.kind, row.event, "deletion or model")
        }
    }

    private func checkTrainingAttestations() throws(ViewLoadError) {
        for row in trainingAttestations.rows.values {
            let known = contributions[row.attested.contribution] != nil && plans[row.attested.plan] != nil
            try require(known, trainingAttestations.kind, row.event, "contribution or plan")
        }
    }

    private func checkParticipation() throws(ViewLoadError) {
        for row in decisions.rows.values {
            let known = rounds[row.round] != nil && policies[row.policy] != nil
            try require(known, decisions.kind, row.event, "round or policy")
        }
        for row in evaluations.rows.values {
            try require(rounds[row.evaluation.round] != nil, evaluations.kind, row.event, "round")
        }
        for row in rewards.rows.values {
            try require(rounds[row.round] != nil && !row.entries.isEmpty, rewards.kind, row.round, "round or event")
        }
    }

    private func checkReferences(of row: PlanRow) throws(ViewLoadError) {
        try require(row.deletions.allSatisfy { deletions[$0] != nil }, plans.kind, row.plan, "deletion")
        let cited = row.excluded + row.descendants + row.retraining.map(\.contribution)
        try require(cited.allSatisfy { contributions[$0] != nil }, plans.kind, row.plan, "contribution")
        let known = row.models.allSatisfy { models[$0.materialization] != nil && rounds[$0.round] != nil }
        try require(known, plans.kind, row.plan, "model")
        let isWhole = row.dispositions.map { $0.count == row.models.count } ?? true
        try require(isWhole, plans.kind, row.plan, "disposition")
    }

    private func require(
        _ holds: Bool, _ kind: String, _ key: some RowKey, _ what: String
    ) throws(ViewLoadError) {
        guard holds else {
            throw ViewLoadError(kind: kind, key: key.rowKey, reason: "it names a \(what) that is not there")
        }
    }
}
