internal import Bytes
internal import ChainViews
internal import Events

/// Writes what events about governance say, as they come: of the public chain, and of one private chain.
final class GovernanceEventWriter {
    private let view: PublicView
    private let calendar: LegalCalendar
    private let connection: SQLiteConnection
    private var writers: [String: RowWriter] = [:]
    private var latestPacks: [String: EventHash] = [:]

    init(_ view: PublicView, _ calendar: LegalCalendar, _ connection: SQLiteConnection) {
        (self.view, self.calendar, self.connection) = (view, calendar, connection)
        for row in view.allPolicies where row.kind == .controlPack {
            if let adoption = Self.adoption(row.document) { latestPacks[adoption.pack.text] = row.adoptedBy }
        }
    }

    private func insert(_ table: String, _ cells: [Cell]) throws(SQLiteFailure) {
        if writers[table] == nil { writers[table] = try RowWriter(table, connection) }
        try writers[table]!.insert(cells)
    }

    private static func adoption(_ document: PolicyText) -> PackAdoption? {
        try? CanonicalJSON.decode(PackAdoption.self, from: Array(document.text.utf8))
    }

    // MARK: The public chain

    func insert(_ record: EventRecord) throws(SQLiteFailure) {
        switch record.statement.event {
        case .memberSuspended(let event):
            try insert(
                "suspensions",
                [.text(event.member.text)] + id(record)
                    + [.text(event.standing.rawValue), .text(event.reason.rawValue), claimed(record)])
        case .modelReleased(let event): try insert(event, record)
        case .handoverRecorded(let event): try insert(event, record)
        case .identityChecked(let event):
            try insert(
                "identity_checks",
                [.text(event.deletion.text)] + id(record)
                    + [.text(event.step.rawValue), .text(event.doubt?.rawValue), claimed(record)])
        case .auditPerformed(let event):
            try insert(
                "audits",
                id(record) + [
                    .text(record.author.text), .text(event.object.rawValue), .integer(event.size.value),
                    .integer(event.findings.value), claimed(record),
                ])
        case .documentRecorded(let event): try insert(event, record)
        case .judgementRecorded(let event):
            try insert(
                "judgements",
                id(record) + [
                    .text(record.author.text), .text(event.control.text), .text(event.office.rawValue),
                    .integer(event.isMet ? 1 : 0), claimed(record), .time(event.expiresAt),
                ])
        case .policyAdopted(let event): try insert(event, record)
        case .adapterEvaluated(let event):
            try insert(
                "adapter_evaluations",
                id(record) + [
                    .text(record.author.text), .text(event.adapter.hex), .text(event.kind.rawValue),
                    .text(event.deletion?.text), .text(event.dataset?.hex), .integer(event.accuracy?.accuracyPPM.value),
                    .integer(event.membership?.aucPPM.value), .integer(event.membership?.lowPPM.value),
                    .integer(event.membership?.highPPM.value), .integer(event.distance.map { $0.isEqual ? 1 : 0 }),
                    claimed(record),
                ])
        case .participationDecided(let event):
            try insert(
                "participation_decisions",
                [.text(event.round.text), .text(record.author.text)] + id(record) + [
                    .integer(event.allocation == nil ? 0 : 1), .integer(event.allocation?.shards.value),
                    .integer(event.allocation?.epochs.value), .integer(event.override ? 1 : 0), claimed(record),
                ])
        case .evaluationRecorded(let event):
            try insert(
                "round_evaluations",
                id(record) + [
                    .text(record.author.text), .text(event.round.text), .text(event.model?.hex),
                    .text(event.dataset.hex),
                    .integer(event.contributions.count), .integer(event.accuracyPPM.value), claimed(record),
                ])
        case .trainingAttested(let event):
            let standing = view.standingTrainingAttestations(of: event.contribution)
            try insert(
                "training_attestations",
                [.text(event.contribution.hex), .text(event.plan.hex), .text(record.author.text)] + id(record) + [
                    .text(event.outcome.rawValue), .text(event.trainer.rawValue),
                    .integer(standing.contains { $0.event == record.hash } ? 1 : 0), claimed(record),
                ])
        case .mitigationApplied(let event):
            try insert(
                "mitigations",
                id(record) + [
                    .text(record.author.text), .text(event.deletion.text), .text(event.method.rawValue),
                    .text(event.model.hex), .text(event.adapter.hex), .text(event.recipe.hex), claimed(record),
                    .time(event.until),
                ])
        default: break
        }
    }

    private func insert(_ event: ModelReleased, _ record: EventRecord) throws(SQLiteFailure) {
        try insert(
            "releases",
            [.text(event.release.text)] + id(record) + [
                .text(record.author.text), .text(event.approver.text), .text(event.materialization.hex),
                .text(event.model.hex), .text(view.models[event.materialization]?.round.text ?? ""),
                .text(event.purpose.text), .text(event.riskClass.rawValue), .text(event.anonymity.rawValue),
                .integer(event.isSubstantialChange ? 1 : 0), claimed(record),
            ])
    }

    private func insert(_ event: HandoverRecorded, _ record: EventRecord) throws(SQLiteFailure) {
        try insert(
            "handovers",
            [.text(event.handover.text)] + id(record) + [
                .text(record.author.text), .text(event.recipient.text), .text(event.category.rawValue),
                .text(event.country.text), .integer(event.country.isInEconomicArea ? 1 : 0),
                .text(event.kind.rawValue), .text(event.artifact?.hex), .text(event.dataset?.text), claimed(record),
            ])
    }

    private func insert(_ event: DocumentRecorded, _ record: EventRecord) throws(SQLiteFailure) {
        let isLatest = view.documents[event.document]?.event == record.hash
        try insert(
            "documents",
            [.text(event.document.text), .integer(event.version.value), .integer(isLatest ? 1 : 0)] + id(record) + [
                .text(record.author.text), .text(event.kind.rawValue), .text(event.base?.hex), .text(event.model?.hex),
                .text(event.office?.rawValue), .text(event.recipient?.text), .text(event.residualRisk?.rawValue),
                .text(event.transferTool?.rawValue), .integer(event.computePetaFLOP?.value), claimed(record),
                .time(event.from), .time(event.until), .time(event.retainUntil),
            ])
        for party in event.parties { try insert("document_parties", [.text(record.hash.hex), .text(party.text)]) }
        for topic in event.topics { try insert("document_topics", [.text(record.hash.hex), .text(topic.rawValue)]) }
    }

    private func insert(_ event: PolicyAdopted, _ record: EventRecord) throws(SQLiteFailure) {
        guard event.kind == .controlPack, let adoption = Self.adoption(event.document) else { return }
        try insert(
            "pack_adoptions",
            [.text(adoption.pack.text), .text(adoption.version), .text(adoption.digest.hex)] + id(record)
                + [.integer(latestPacks[adoption.pack.text] == record.hash ? 1 : 0), claimed(record)])
    }

    // MARK: A private chain

    func insertPrivate(_ record: EventRecord, _ chain: PrivateView) throws(SQLiteFailure) {
        switch record.statement.event {
        case .datasetDescribed(let event): try insert(event, record, chain)
        case .consentRecorded(let event):
            let row = chain.governance.consents[event.consent]
            try insert(
                "consents",
                [.text(event.consent.text), .text(event.dataset.text)] + id(record) + [
                    .text(event.channel.rawValue), claimed(record), .text(row?.withdrawnBy?.hex),
                    .text(row?.withdrawal?.channel.rawValue), .time(row?.withdrawal?.receivedAt),
                ])
        case .restrictionRecorded(let event) where event.step == .applied:
            let row = chain.governance.restrictions[event.restriction]
            try insert(
                "restrictions",
                [.text(event.restriction.text), .text(event.dataset.text), .text(event.right.rawValue)] + id(record) + [
                    claimed(record), .text(row?.endedBy?.hex), .text(row?.ended?.step.rawValue),
                    .time(row?.ended?.toldAt), .time(nil),
                ])
        case .incidentDetected(let event): try insert(event, record)
        case .datasetRegistered, .shardTrained, .recordErased: try insertTraining(record, chain)
        case .recipientsAsked(let event):
            let due = LegalDeadlines(calendar: calendar).gdprAnswer(received: event.receivedAt)
            try insert(
                "recipient_questions",
                id(record) + [
                    .text(event.deletion.text), .text(event.channel.rawValue), .time(event.receivedAt),
                    .time(due?.graced ?? event.receivedAt),
                ])
        case .incidentHandled(let event):
            try insert(
                "incident_steps",
                [.text(event.incident.text)] + id(record)
                    + [.text(event.step.rawValue), .text(event.risk?.rawValue), .time(event.at)])
        case .noticeSent(let event):
            try insert(
                "notices",
                id(record) + [
                    .text(event.deletion.text), .text(event.kind.rawValue), .text(event.channel.rawValue),
                    .time(event.sentAt),
                ])
            for content in event.contents {
                try insert("notice_contents", [.text(record.hash.hex), .text(content.rawValue)])
            }
        case .accessRecorded(let event):
            try insert(
                "accesses",
                id(record) + [
                    .text(record.author.text), .text(event.access.rawValue), .text(event.reader.rawValue),
                    .integer(event.leaves.count), claimed(record),
                ])
        default: break
        }
    }

    private func insert(
        _ event: DatasetDescribed, _ record: EventRecord, _ chain: PrivateView
    ) throws(SQLiteFailure) {
        let isLatest = chain.governance.descriptions[event.dataset]?.event == record.hash
        let hash = record.hash.hex
        try insert(
            "datasets",
            [
                .text(event.dataset.text), .text(hash), .text(record.statement.chain.text), .integer(record.position),
                .integer(isLatest ? 1 : 0), .integer(event.isPersonal ? 1 : 0), .text(event.basis?.rawValue),
                .integer(event.hasSpecialCategories ? 1 : 0), .text(event.specialCondition?.rawValue),
                .integer(event.hasHealthInformation ? 1 : 0), .text(event.deidentification.rawValue),
                .text(event.licence.rawValue), .text(event.source.rawValue), .time(event.retainUntil), claimed(record),
            ])
        for purpose in event.purposes { try insert("dataset_purposes", [.text(hash), .text(purpose.text)]) }
        for topic in event.topics { try insert("dataset_topics", [.text(hash), .text(topic.rawValue)]) }
        let categories =
            event.dataCategories.map { ("data", $0.rawValue) }
            + event.subjectCategories.map { ("subjects", $0.rawValue) }
        for (kind, category) in categories {
            try insert("dataset_categories", [.text(hash), .text(kind), .text(category)])
        }
    }

    private func insertTraining(_ record: EventRecord, _ chain: PrivateView) throws(SQLiteFailure) {
        switch record.statement.event {
        case .datasetRegistered(let event):
            try insert(
                "dataset_registrations",
                [.text(event.dataset.text)] + id(record) + [
                    .integer(event.records.count.value), .integer(chain.datasets[event.dataset]?.erased.value ?? 0),
                    .integer(event.shards.value), claimed(record),
                ])
        case .shardTrained(let event):
            let isLatest = chain.currentRun(on: event.reference, in: event.round)?.event == record.hash
            try insert(
                "shard_runs",
                id(record) + [
                    .text(event.run.hex), .text(event.round.text), .text(event.dataset.text),
                    .integer(event.shard.value), .text(event.recipe.hex), .text(event.adapter.hex),
                    .text(event.parent?.hex), .text(event.plan?.hex), .text(event.trainer.kind.rawValue),
                    .integer(event.records.count.value), .integer(event.durationMilliseconds.value),
                    .integer(isLatest ? 1 : 0), claimed(record),
                ])
        case .recordErased(let event):
            for part in event.records {
                try insert(
                    "record_erasures",
                    [.text(part.dataset.text)] + id(record) + [.integer(part.records.count), claimed(record)])
            }
        default: break
        }
    }

    private func insert(_ event: IncidentDetected, _ record: EventRecord) throws(SQLiteFailure) {
        let deadlines = LegalDeadlines(calendar: calendar)
        let isBreach = event.kind == .personalDataBreach
        try insert(
            "incidents",
            [.text(event.incident.text)] + id(record) + [
                .text(event.kind.rawValue), .text(event.part.rawValue), .time(event.awareAt),
                .time(isBreach ? deadlines.breachNotice(aware: event.awareAt)?.graced : nil),
                .time(deadlines.seriousIncidentReport(event.kind, aware: event.awareAt)?.graced),
                .time(isBreach ? deadlines.hipaaNotice(aware: event.awareAt)?.strict : nil),
            ])
    }

    // MARK: Cells

    private func id(_ record: EventRecord) -> [Cell] { [.text(record.hash.hex), .integer(record.position)] }
    private func claimed(_ record: EventRecord) -> Cell { .time(record.statement.claimedAt) }
}
