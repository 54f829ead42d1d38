public import Bytes
public import Events

/// What a private chain says of data sets, consents, restrictions, incidents and notices.
public struct PrivateGovernance: Sendable {
    /// What a data set is, by its latest description.
    public struct DescriptionRow: Codable, Hashable, Sendable {
        public var event: EventHash
        public var position: Count
        public var describedAt: Timestamp
        public var described: DatasetDescribed
        public var body: BodyCommitment
    }

    public struct ConsentRow: Codable, Hashable, Sendable {
        public var event: EventHash
        public var position: Count
        public var recordedAt: Timestamp
        public var consent: ConsentRecorded
        public var body: BodyCommitment
        public var withdrawal: ConsentWithdrawn?
        public var withdrawnBy: EventHash?
    }

    public struct RestrictionRow: Codable, Hashable, Sendable {
        public var event: EventHash
        public var position: Count
        public var appliedAt: Timestamp
        public var applied: RestrictionRecorded
        public var ended: RestrictionRecorded?
        public var endedBy: EventHash?
    }

    public struct IncidentRow: Codable, Hashable, Sendable {
        public var event: EventHash
        public var position: Count
        public var detected: IncidentDetected
        /// Its steps, in chain order.
        public var steps: [IncidentHandled]

        public var isClosed: Bool { steps.contains { $0.step == .closed } }
    }

    public struct NoticeRow: Codable, Hashable, Sendable {
        public var event: EventHash
        public var position: Count
        public var sent: NoticeSent
        public var body: BodyCommitment
    }

    public struct QuestionRow: Codable, Hashable, Sendable {
        public var event: EventHash
        public var position: Count
        public var asked: RecipientsAsked
        public var body: BodyCommitment
    }

    public internal(set) var descriptions = Table<DatasetID, DescriptionRow>(kind: "description") {
        $0.described.dataset
    }
    public internal(set) var consents = Table<ConsentID, ConsentRow>(kind: "consent") { $0.consent.consent }
    public internal(set) var restrictions = Table<RestrictionID, RestrictionRow>(kind: "restriction") {
        $0.applied.restriction
    }
    public internal(set) var incidents = Table<IncidentID, IncidentRow>(kind: "incident") { $0.detected.incident }
    public internal(set) var notices = Table<EventHash, NoticeRow>(kind: "notice") { $0.event }
    /// Questions about recipients.
    public internal(set) var questions = Table<EventHash, QuestionRow>(kind: "question") { $0.event }

    /// Takes in an event of a kind that it knows, whose body, where the type has one, was taken in.
    mutating func apply(_ record: EventRecord, _ publicView: PublicView) throws(RuleViolation) {
        switch record.statement.event {
        case .datasetDescribed(let event): try describe(event, record)
        case .consentRecorded(let event): try consent(event, record)
        case .consentWithdrawn(let event): try withdraw(event, record)
        case .restrictionRecorded(let event): try restrict(event, record)
        case .incidentDetected(let event):
            guard incidents[event.incident] == nil else { throw .recordExists("incident", id: event.incident.text) }
            incidents.set(
                event.incident, IncidentRow(event: record.hash, position: record.count, detected: event, steps: []))
        case .incidentHandled(let event): try handle(event)
        case .noticeSent(let event):
            guard publicView.deletions[event.deletion] != nil else { throw .unknownDeletion(event.deletion) }
            notices.set(
                record.hash,
                NoticeRow(
                    event: record.hash, position: record.count, sent: event,
                    body: record.statement.body!.commitment))
        case .recipientsAsked(let event): try ask(event, record, publicView)
        default: preconditionFailure("an event of another kind")
        }
    }

    private mutating func ask(
        _ event: RecipientsAsked, _ record: EventRecord, _ publicView: PublicView
    ) throws(RuleViolation) {
        guard let deletion = publicView.deletions[event.deletion] else { throw .unknownDeletion(event.deletion) }
        guard event.receivedAt >= deletion.receivedAt else {
            throw .recordRefused(
                "question about", id: event.deletion.text, reason: "it was received before the request that it is about"
            )
        }
        questions.set(
            record.hash,
            QuestionRow(
                event: record.hash, position: record.count, asked: event, body: record.statement.body!.commitment))
    }

    private mutating func describe(_ event: DatasetDescribed, _ record: EventRecord) throws(RuleViolation) {
        func refused(_ reason: String) -> RuleViolation {
            .recordRefused("description of", id: event.dataset.text, reason: reason)
        }
        guard event.isPersonal || event.basis == nil && !event.hasSpecialCategories && !event.hasHealthInformation
        else { throw refused("without personal data it has no legal basis and no special categories") }
        guard event.hasSpecialCategories || event.specialCondition == nil else {
            throw refused("there are no special categories for which it gives a condition")
        }
        descriptions.set(
            event.dataset,
            DescriptionRow(
                event: record.hash, position: record.count, describedAt: record.statement.claimedAt,
                described: event, body: record.statement.body!.commitment))
    }

    private mutating func consent(_ event: ConsentRecorded, _ record: EventRecord) throws(RuleViolation) {
        guard consents[event.consent] == nil else { throw .recordExists("consent", id: event.consent.text) }
        guard descriptions[event.dataset] != nil else {
            throw .unknownRecord("description of", id: event.dataset.text)
        }
        consents.set(
            event.consent,
            ConsentRow(
                event: record.hash, position: record.count, recordedAt: record.statement.claimedAt, consent: event,
                body: record.statement.body!.commitment))
    }

    private mutating func withdraw(_ event: ConsentWithdrawn, _ record: EventRecord) throws(RuleViolation) {
        guard let row = consents[event.consent] else { throw .unknownRecord("consent", id: event.consent.text) }
        guard row.withdrawal == nil else { throw .recordExists("withdrawal of", id: event.consent.text) }
        consents.update(event.consent) { row in
            row.withdrawal = event
            row.withdrawnBy = record.hash
        }
    }

    private mutating func restrict(_ event: RestrictionRecorded, _ record: EventRecord) throws(RuleViolation) {
        let id = event.restriction.text
        guard event.step != .applied else {
            guard restrictions[event.restriction] == nil else { throw .recordExists("restriction", id: id) }
            restrictions.set(
                event.restriction,
                RestrictionRow(
                    event: record.hash, position: record.count, appliedAt: record.statement.claimedAt,
                    applied: event))
            return
        }
        guard let row = restrictions[event.restriction] else { throw .unknownRecord("restriction", id: id) }
        guard row.ended == nil else { throw .recordExists("end of the restriction", id: id) }
        guard row.applied.right == event.right, row.applied.dataset == event.dataset else {
            throw .recordRefused("end of the restriction", id: id, reason: "it is of another data set or right")
        }
        guard event.step != .overridden || event.right == .objection else {
            throw .recordRefused("end of the restriction", id: id, reason: "only an objection can be overridden")
        }
        restrictions.update(event.restriction) { row in
            row.ended = event
            row.endedBy = record.hash
        }
    }

    private mutating func handle(_ event: IncidentHandled) throws(RuleViolation) {
        let id = event.incident.text
        guard let row = incidents[event.incident] else { throw .unknownRecord("incident", id: id) }
        guard !row.isClosed else { throw .recordExists("end of the incident", id: id) }
        guard (event.step == .assessed) == (event.risk != nil) else {
            throw .recordRefused(
                "step of the incident", id: id, reason: "an assessment, and nothing else, gives a risk")
        }
        guard event.at >= row.detected.awareAt else {
            throw .recordRefused("step of the incident", id: id, reason: "it was done before anybody was aware")
        }
        incidents.update(event.incident) { $0.steps.append(event) }
    }

    // MARK: Stored rows

    mutating func takeChanges() -> [ViewRow] {
        descriptions.takeChanges() + consents.takeChanges() + restrictions.takeChanges() + incidents.takeChanges()
            + notices.takeChanges() + questions.takeChanges()
    }

    var rows: [ViewRow] {
        descriptions.all + consents.all + restrictions.all + incidents.all + notices.all
            + questions.all
    }

    /// Whether `row` is of a kind that it knows; then it was taken in.
    mutating func load(_ row: ViewRow) throws(ViewLoadError) -> Bool {
        switch row.kind {
        case descriptions.kind: try descriptions.load(row)
        case consents.kind: try consents.load(row)
        case restrictions.kind: try restrictions.load(row)
        case incidents.kind: try incidents.load(row)
        case notices.kind: try notices.load(row)
        case questions.kind: try questions.load(row)
        default: return false
        }
        return true
    }

    /// The bodies that rows name, with kind and key.
    var cited: [(kind: String, key: String, body: BodyCommitment)] {
        descriptions.rows.map { (descriptions.kind, $0.text, $1.body) }
            + consents.rows.map { (consents.kind, $0.text, $1.body) }
            + notices.rows.map { (notices.kind, $0.hex, $1.body) }
            + questions.rows.map { (questions.kind, $0.hex, $1.body) }
    }
}
