internal import Bytes
public import Events

/// A recipient outside the consortium that was given what a deletion takes out of use.
public struct RecipientDuty: Hashable, Sendable {
    public var recipient: RecipientID
    /// What it was given and was not told of since, or where it was told, all that it was given; in chain order, at least one.
    public var handovers: [HandoverRow]
    /// What it was told after it was given the last of it, and what it answered.
    public var notice: RecipientRow?

    /// The first of ``handovers``.
    public var handover: HandoverRow { handovers[0] }
}

extension PublicView {
    /// Who has to be told of `deletion`, in chain order of what it is to be told of. Empty before its plan is started.
    ///
    /// A notice is about what was given before it: who is given more of it later has to be told once more.
    public func recipientDuties(of deletion: DeletionRow) -> [RecipientDuty] {
        let given = Dictionary(grouping: handovers(affectedBy: deletion), by: \.handedOver.recipient)
        return given.map { recipient, handovers in
            let notice = deletion.recipients.first { $0.recipient == recipient }
            guard let notice else { return RecipientDuty(recipient: recipient, handovers: handovers) }
            let later = handovers.filter { $0.position > notice.position }
            return later.isEmpty
                ? RecipientDuty(recipient: recipient, handovers: handovers, notice: notice)
                : RecipientDuty(recipient: recipient, handovers: later)
        }.sorted { $0.handover.position < $1.handover.position }
    }

    /// What was given away of what `deletion` takes out of use, in chain order: whoever has it is to be told. Empty before
    /// its plan.
    ///
    /// Adapters and models whenever it is recorded that they were given away, for what is recorded late, or given away in
    /// spite of the deletion, is out there as well. A dataset that loses records until the deletion is completed: what is
    /// given of it later is without them.
    public func handovers(affectedBy deletion: DeletionRow) -> [HandoverRow] {
        guard let plan = deletion.plan.flatMap({ plans[$0] }) else { return [] }
        let contributions = (plan.excluded + plan.descendants).compactMap { self.contributions[$0]?.adapter }
        let artifacts = Set(contributions + plan.models.map(\.model)).flatMap { handoversOfArtifact[$0] }
        let datasets = Set((deletion.touched ?? []).map(\.dataset)).flatMap { handoversOfDataset[$0] }
        let ofData = datasets.map { handovers[$0]! }.filter { row in
            deletion.completedAt.map { row.position < $0 } ?? true
        }
        return (artifacts.map { handovers[$0]! } + ofData).sorted { $0.position < $1.position }
    }

    mutating func index(_ row: HandoverRow) {
        let given = row.handedOver
        if given.kind == .adapter, let artifact = given.artifact { lineage.add(user: row.author, of: artifact) }
        if let artifact = given.artifact { handoversOfArtifact.append(given.handover, to: artifact) }
        if let dataset = given.dataset { handoversOfDataset.append(given.handover, to: dataset) }
    }
}
