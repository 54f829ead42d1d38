internal import Bytes
public import Events

/// Suspensions, releases, recipients, waivers, judgements, holds and audits.
extension PublicView {
    mutating func suspend(_ event: MemberSuspended, _ record: EventRecord) throws(RuleViolation) {
        guard let row = members[event.member] else { throw .unknownMember(event.member) }
        try requireThreshold(record)
        let isSuspending = event.standing == .suspended
        guard (row.suspendedBy == nil) == isSuspending else {
            throw .recordRefused(
                "standing", id: event.member.text,
                reason: isSuspending ? "it is suspended already" : "it is not suspended")
        }
        guard charter?.chainOperator != event.member else {
            throw .recordRefused(
                "standing", id: event.member.text, reason: "it operates the chain, which nobody else can go on with")
        }
        let active = members.rows.values.count { $0.suspendedBy == nil } - (isSuspending ? 1 : -1)
        let threshold = charter?.threshold.value ?? 1
        // Else nobody could ever lift it again.
        guard active >= threshold else { throw .badThreshold(threshold, members: active) }
        members.update(event.member) { $0.suspendedBy = isSuspending ? record.hash : nil }
    }

    mutating func release(_ event: ModelReleased, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        guard releases[event.release] == nil else { throw .recordExists("release", id: event.release.text) }
        guard let model = models[event.materialization], model.model == event.model else {
            throw .unknownModel(event.model)
        }
        guard model.state == .current else { throw .notCurrent(event.model) }
        try checkInUse(mergedContributions(of: model))
        try requireSignature(of: event.approver, on: record)
        releases.set(
            event.release,
            ReleaseRow(event: record.hash, position: record.count, author: record.author, released: event))
        lineage.add(user: record.author, of: event.model)
    }

    // MARK: Recipients

    mutating func handOver(_ event: HandoverRecorded, _ record: EventRecord) throws(RuleViolation) {
        let id = event.handover.text
        guard handovers[event.handover] == nil else { throw .recordExists("handover", id: id) }
        let isOfData = event.kind == .personalData
        guard (event.dataset != nil) == isOfData, (event.artifact != nil) == !isOfData else {
            throw .recordRefused(
                "handover", id: id, reason: "it names what its kind \(event.kind.rawValue) is not about")
        }
        if let artifact = event.artifact {
            // What was given away although a deletion had taken it out of use is out there: its recipient is to be told.
            guard model(artifact) != nil || !contributions(withAdapter: artifact).isEmpty else {
                throw .unknownModel(artifact)
            }
        }
        let row = HandoverRow(event: record.hash, position: record.count, author: record.author, handedOver: event)
        handovers.set(event.handover, row)
        index(row)
    }

    mutating func notify(_ event: RecipientNotified, _ record: EventRecord) throws(RuleViolation) {
        guard let row = deletions[event.deletion] else { throw .unknownDeletion(event.deletion) }
        guard row.state != .requested, row.state != .refused else {
            throw .deletionState(event.deletion, expected: "accepted", actual: row.state.rawValue)
        }
        try requireGiver(to: event.recipient, record)
        let told = row.recipients.first { $0.recipient == event.recipient && $0.outcome == .notified }
        if let told,
            !handovers(affectedBy: row).contains(where: { given in
                given.handedOver.recipient == event.recipient && given.position > told.position
            })
        {
            throw .recordExists("notice to", id: event.recipient.text)
        }
        let notice = RecipientRow(
            recipient: event.recipient, event: record.hash, position: record.count, author: record.author,
            outcome: event.outcome,
            notifiedAt: record.statement.claimedAt)
        deletions.update(event.deletion) { row in
            row.recipients.removeAll { $0.recipient == event.recipient }
            row.recipients.append(notice)
        }
    }

    mutating func acknowledge(_ event: RecipientAcknowledged, _ record: EventRecord) throws(RuleViolation) {
        guard let row = deletions[event.deletion] else { throw .unknownDeletion(event.deletion) }
        guard
            let place = row.recipients.firstIndex(where: { $0.recipient == event.recipient && $0.outcome == .notified })
        else { throw .unknownRecord("notice to", id: event.recipient.text) }
        try requireGiver(to: event.recipient, record)
        guard !row.recipients[place].isSettled else {
            throw .recordExists("final answer of", id: event.recipient.text)
        }
        deletions.update(event.deletion) { row in
            row.recipients[place].acknowledgedBy = record.hash
            row.recipients[place].acknowledgedAt = record.statement.claimedAt
            row.recipients[place].result = event.result
        }
    }

    /// Only who gave something to a recipient can speak of it.
    private func requireGiver(to recipient: RecipientID, _ record: EventRecord) throws(RuleViolation) {
        let authors = handovers.rows.values.filter { $0.handedOver.recipient == recipient }.map(\.author).sorted()
        guard let first = authors.first else { throw .unknownRecord("recipient", id: recipient.text) }
        guard authors.contains(record.author) else { throw .notTheMember(expected: first, actual: record.author) }
    }

    // MARK: Exceptions and answers

    mutating func grantWaiver(_ event: WaiverGranted, _ record: EventRecord) throws(RuleViolation) {
        guard waivers[event.waiver] == nil else { throw .recordExists("waiver", id: event.waiver.text) }
        try requireEnd(event.expiresAt, of: "waiver", event.waiver.text, record)
        try requireSignature(of: event.approver, on: record)
        waivers.set(
            event.waiver,
            WaiverRow(
                event: record.hash, position: record.count, author: record.author,
                grantedAt: record.statement.claimedAt, granted: event))
    }

    mutating func judge(_ event: JudgementRecorded, _ record: EventRecord) throws(RuleViolation) {
        try requireEnd(event.expiresAt, of: "judgement", event.control.text, record)
        judgements.set(
            record.hash,
            JudgementRow(
                event: record.hash, position: record.count, author: record.author,
                answeredAt: record.statement.claimedAt, recorded: event))
    }

    mutating func placeHold(_ event: HoldPlaced, _ record: EventRecord) throws(RuleViolation) {
        guard holds[event.hold] == nil else { throw .recordExists("hold", id: event.hold.text) }
        try requireEnd(event.endsAt, of: "hold", event.hold.text, record)
        guard (event.deletion == nil) != (event.dataset == nil) else {
            throw .recordRefused("hold", id: event.hold.text, reason: "it names a deletion or a data set, one of them")
        }
        if let deletion = event.deletion {
            guard let row = deletions[deletion] else { throw .unknownDeletion(deletion) }
            try requireConcerned(row, record)
        }
        holds.set(
            event.hold,
            HoldRow(event: record.hash, position: record.count, author: record.author, placed: event))
    }

    mutating func releaseHold(_ event: HoldReleased, _ record: EventRecord) throws(RuleViolation) {
        guard let row = holds[event.hold] else { throw .unknownRecord("hold", id: event.hold.text) }
        guard row.releasedBy == nil else { throw .recordExists("release of the hold", id: event.hold.text) }
        if record.author != row.author { try requireThreshold(record) }
        holds.update(event.hold) { $0.releasedBy = record.hash }
    }

    mutating func audit(_ event: AuditPerformed, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.auditor, record)
        guard (1...record.position).contains(event.size.value) else {
            throw .recordRefused(
                "audit", id: event.object.rawValue, reason: "the chain has \(record.position) leaves, not \(event.size)"
            )
        }
        audits.set(
            record.hash,
            AuditRow(
                event: record.hash, position: record.count, author: record.author,
                performedAt: record.statement.claimedAt, performed: event))
    }

    // MARK: Documents

    /// Each version counts one up, by the same author and of the same kind; every party signs.
    mutating func recordDocument(_ event: DocumentRecorded, _ record: EventRecord) throws(RuleViolation) {
        let id = event.document.text
        func refused(_ reason: String) -> RuleViolation { .recordRefused("document", id: id, reason: reason) }
        let earlier = documents[event.document]
        let version = (earlier?.recorded.version.value ?? 0) + 1
        guard event.version.value == version else {
            throw refused("it says version \(event.version); \(version) is next")
        }
        if let earlier {
            guard earlier.recorded.kind == event.kind else {
                throw refused("it was a \(earlier.recorded.kind.rawValue)")
            }
            try requireAuthor(earlier.author, record)
        }
        let missing = event.kind.required.subtracting(event.given).map(\.rawValue).sorted()
        guard missing.isEmpty else {
            throw refused("a \(event.kind.rawValue) wants \(missing.joined(separator: ", "))")
        }
        let surplus = event.given.subtracting(event.kind.required).subtracting(event.kind.permitted).map(\.rawValue)
            .sorted()
        guard surplus.isEmpty else {
            throw refused("a \(event.kind.rawValue) has no \(surplus.joined(separator: ", "))")
        }
        if let from = event.from, let until = event.until, until < from { throw refused("it ends before it begins") }
        try checkSubjects(of: event, record)
        documents.set(
            event.document,
            DocumentRow(
                event: record.hash, position: record.count, author: record.author,
                recordedAt: record.statement.claimedAt, recorded: event, body: record.statement.body!))
    }

    private func checkSubjects(of event: DocumentRecorded, _ record: EventRecord) throws(RuleViolation) {
        if let base = event.base, bases[base] == nil { throw .unknownBase(base) }
        if let model = event.model, self.model(model) == nil { throw .unknownModel(model) }
        for party in event.parties {
            guard members[party] != nil else { throw .unknownMember(party) }
            if party != record.author { try requireSignature(of: party, on: record) }
        }
        let wanted = event.kind.required.contains(.parties) && event.recipient == nil ? 2 : 0
        guard event.parties.count >= wanted else {
            throw .recordRefused("document", id: event.document.text, reason: "an agreement has at least two parties")
        }
    }

    // MARK: Who may

    /// Wants an event signature of `member`, who is not the author and may act.
    func requireSignature(of member: MemberName, on record: EventRecord) throws(RuleViolation) {
        guard let row = members[member] else { throw .unknownMember(member) }
        guard row.suspendedBy == nil else { throw .suspended(member) }
        let isSigned = record.signers.contains { id in
            keys[id].map { $0.member == member && $0.purpose == .event && $0.isValid(at: record.position) } ?? false
        }
        guard member != record.author, isSigned else { throw .signatureMissing(member) }
    }

    /// Wants who recorded a request, the member concerned, or as many members as the charter's threshold.
    func requireConcerned(_ row: DeletionRow, _ record: EventRecord) throws(RuleViolation) {
        if record.author != row.author, record.author != row.member { try requireThreshold(record) }
    }

    private func requireEnd(
        _ end: Timestamp, of kind: String, _ id: String, _ record: EventRecord
    ) throws(RuleViolation) {
        guard end > record.statement.claimedAt else {
            throw .recordRefused(
                kind, id: id, reason: "it ends at \(end), and is said at \(record.statement.claimedAt)")
        }
    }
}

// MARK: - Questions

extension PublicView {
    public var allReleases: [ReleaseRow] { releases.rows.values.sorted { $0.position < $1.position } }
    public var allHandovers: [HandoverRow] { handovers.rows.values.sorted { $0.position < $1.position } }
    public var allHolds: [HoldRow] { holds.rows.values.sorted { $0.position < $1.position } }
    public var allWaivers: [WaiverRow] { waivers.rows.values.sorted { $0.position < $1.position } }
    public var allJudgements: [JudgementRow] { judgements.rows.values.sorted { $0.position < $1.position } }
    public var allAudits: [AuditRow] { audits.rows.values.sorted { $0.position < $1.position } }
    /// The latest version of each document.
    public var allDocuments: [DocumentRow] { documents.rows.values.sorted { $0.position < $1.position } }

    /// Whether a hold keeps the private side of `deletion` at `time`.
    public func isHeld(_ deletion: DeletionID, at time: Timestamp) -> Bool {
        allHolds.contains { $0.placed.deletion == deletion && $0.isActive(at: time) }
    }

    /// The control packs in force: the latest adoption of each pack.
    public var adoptedPacks: [PackAdoption] {
        var packs: [String: PackAdoption] = [:]
        for row in allPolicies where row.kind == .controlPack {
            guard let adoption = try? CanonicalJSON.decode(PackAdoption.self, from: Array(row.document.text.utf8))
            else { continue }
            packs[adoption.pack.text] = adoption
        }
        return packs.values.sorted { $0.pack < $1.pack }
    }
}

extension EventType {
    /// Whether a suspended member may still say it: what it owes to others, and what looks after its own keys.
    var isOpenToSuspended: Bool {
        switch self {
        case .chainAnchored, .deletionDecided, .deletionExtended, .deletionRequested, .handoverRecorded,
            .documentRecorded, .erasureAttested, .holdPlaced, .holdReleased, .identityChecked, .keyAdded, .keyRevoked,
            .recipientAcknowledged, .recipientNotified:
            true
        default: false
        }
    }
}
