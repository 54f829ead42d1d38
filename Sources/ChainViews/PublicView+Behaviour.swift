public import Bytes
public import Events

/// What somebody measured of an adapter.
public struct AdapterEvaluationRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var evaluation: AdapterEvaluated
}

/// An approximately changed adapter that serves for a time.
public struct MitigationRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var mitigation: MitigationApplied
}

/// Evaluations of adapters, and approximate measures until a deletion is carried out.
extension PublicView {
    mutating func recordAdapterEvaluation(
        _ event: AdapterEvaluated, _ record: EventRecord
    ) throws(RuleViolation) {
        guard knowsAdapter(event.adapter) else { throw .unknownAdapter(event.adapter) }
        if let deletion = event.deletion, deletions[deletion] == nil { throw .unknownDeletion(deletion) }
        try checkSections(of: event)
        adapterEvaluations.set(
            record.hash,
            AdapterEvaluationRow(
                event: record.hash, position: record.count, author: record.author, evaluation: event))
        lineage.add(user: record.author, of: event.adapter)
    }

    /// The section that the kind names and no other, and nothing in it that contradicts itself.
    private func checkSections(of event: AdapterEvaluated) throws(RuleViolation) {
        func refuse(_ reason: String) -> RuleViolation { .measurementRefused(event.adapter, reason: reason) }
        let sections = [event.accuracy != nil, event.membership != nil, event.distance != nil]
        let wanted: [AdapterEvaluated.Kind] = [.accuracy, .membershipInference, .distance]
        guard sections == wanted.map({ $0 == event.kind }) else {
            throw refuse("its section is not the one that \(event.kind.rawValue) names")
        }
        guard (event.dataset == nil) == (event.kind == .distance) else {
            throw refuse("all kinds but a distance are measured on a data set")
        }
        if let membership = event.membership, membership.lowPPM > membership.highPPM {
            throw refuse("the interval ends before it begins")
        }
        if let distance = event.distance, distance.isEqual,
            distance.greatestPPB.value != 0 || distance.relativePPB?.value != 0
        {
            throw refuse("equal bytes are at no distance")
        }
    }

    /// Whether the chain names this adapter: a contribution, a model, or what serves in a model's place.
    private func knowsAdapter(_ adapter: ArtifactDigest) -> Bool {
        !contributions(withAdapter: adapter).isEmpty || !models(withDigest: adapter).isEmpty
            || mitigations.rows.values.contains { $0.mitigation.adapter == adapter }
    }

    mutating func applyMitigation(_ event: MitigationApplied, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        guard let deletion = deletions[event.deletion] else { throw .unknownDeletion(event.deletion) }
        guard [.requested, .accepted, .started].contains(deletion.state) else {
            throw .deletionState(
                event.deletion, expected: "requested, accepted or started", actual: deletion.state.rawValue)
        }
        guard !models(withDigest: event.model).isEmpty else { throw .unknownModel(event.model) }
        for artifact in [event.adapter, event.tensors] where isKnown(artifact) {
            throw .mitigationRefused(event.deletion, reason: "its adapter is on the chain already")
        }
        try checkEnd(of: event, claimedAt: record.statement.claimedAt)
        mitigations.set(
            record.hash,
            MitigationRow(
                event: record.hash, position: record.count, author: record.author, mitigation: event))
        forget(event.adapter, event.tensors)
    }

    /// The end lies after the beginning and at most three calendar months later: the longest that an answer to a
    /// request may take (GDPR Art. 12(3)).
    private func checkEnd(of event: MitigationApplied, claimedAt: Timestamp) throws(RuleViolation) {
        guard event.until > claimedAt else {
            throw .mitigationRefused(event.deletion, reason: "it ends before it begins")
        }
        let latest = claimedAt.date.addingMonths(3).flatMap { Timestamp(midnightOf: $0) }
        guard let latest, event.until.seconds <= latest.seconds + claimedAt.seconds % 86_400 else {
            throw .mitigationRefused(
                event.deletion, reason: "it ends more than three calendar months after it began")
        }
    }

    /// Whether an artifact stands on the chain as a contribution, a model, or another mitigation's adapter.
    private func isKnown(_ artifact: ArtifactDigest) -> Bool {
        contributionsByBytes.contains(artifact) || modelsByBytes.contains(artifact) || isForgotten(artifact)
    }

    // MARK: Questions

    /// The evaluations of adapters in chain order.
    public var allAdapterEvaluations: [AdapterEvaluationRow] {
        adapterEvaluations.rows.values.sorted { $0.position < $1.position }
    }

    /// The approximate measures for `deletion`, in chain order.
    public func mitigations(for deletion: DeletionID) -> [MitigationRow] {
        mitigations.rows.values.filter { $0.mitigation.deletion == deletion }
            .sorted { $0.position < $1.position }
    }

    /// Whether `row` is over at `time`: its date has come, or the deletion is done or refused.
    public func isOver(_ row: MitigationRow, at time: Timestamp) -> Bool {
        switch deletions[row.mitigation.deletion]?.state {
        case .requested, .accepted, .started: row.mitigation.until <= time
        default: true
        }
    }
}
