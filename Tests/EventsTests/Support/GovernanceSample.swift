import Bytes
import Events

/// Events about what surrounds training, with every field that a type can have.
enum GovernanceSample {
    private static let deletion = DeletionID("d-2026-0001")!
    private static let recipient = RecipientID("rec-01")!
    private static let later = Timestamp("2027-03-31T21:59:59Z")!
    private static let united = MemberName("united")!

    static func publicEvent(_ type: EventType) -> Event {
        switch type {
        case .memberSuspended:
            .memberSuspended(MemberSuspended(member: united, reason: .underReview, standing: .suspended))
        case .modelReleased:
            .modelReleased(
                ModelReleased(
                    anonymity: .personalData, approver: united, isSubstantialChange: true,
                    materialization: Sample.hash(59), model: Sample.hash(57), purpose: PurposeName("customer-care")!,
                    release: ReleaseID("release-1")!, riskClass: .notHighRisk))
        case .waiverGranted:
            .waiverGranted(
                WaiverGranted(
                    approver: united, control: ControlCode("GDPR-12-3a")!, event: Sample.hash(80), expiresAt: later,
                    reason: .correctionInProgress, waiver: WaiverID("w-1")!))
        case .judgementRecorded:
            .judgementRecorded(
                JudgementRecorded(control: ControlCode("GDPR-12-4-M")!, expiresAt: later, isMet: true, office: .dpo))
        case .holdPlaced:
            .holdPlaced(
                HoldPlaced(
                    dataset: DatasetID("ds-0a1b2c3d4e5f")!, deletion: deletion, endsAt: later, ground: .gdpr173e,
                    hold: HoldID("hold-1")!))
        case .holdReleased: .holdReleased(HoldReleased(hold: HoldID("hold-1")!))
        case .auditPerformed:
            .auditPerformed(AuditPerformed(findings: Count(2)!, object: .models, size: Count(120)!))
        case .documentRecorded: .documentRecorded(document)
        default: answer(type)
        }
    }

    private static func answer(_ type: EventType) -> Event {
        switch type {
        case .handoverRecorded:
            .handoverRecorded(
                HandoverRecorded(
                    artifact: Sample.hash(57), category: .downstreamProvider, country: CountryCode("US")!,
                    dataset: DatasetID("ds-0a1b2c3d4e5f")!, handover: HandoverID("dis-1")!, kind: .adapter,
                    recipient: recipient))
        case .recipientNotified:
            .recipientNotified(RecipientNotified(deletion: deletion, outcome: .notified, recipient: recipient))
        case .recipientAcknowledged:
            .recipientAcknowledged(
                RecipientAcknowledged(deletion: deletion, recipient: recipient, result: .notHeld))
        case .deletionExtended:
            .deletionExtended(
                DeletionExtended(
                    deletion: deletion, dueAt: Timestamp("2027-02-20T00:00:00Z")!, notice: Sample.hash(81),
                    reason: .complexity, toldAt: Timestamp("2026-12-01T09:00:00Z")!))
        default:
            .identityChecked(IdentityChecked(deletion: deletion, doubt: .dataDoNotMatch, step: .asked))
        }
    }

    private static var document: DocumentRecorded {
        DocumentRecorded(
            document: DocumentID("doc-1")!, kind: .agreementTransfer, version: Quantity(2)!,
            parties: [MemberName("delta")!, united], topics: [.annexIV1, .ledger], base: Sample.hash(37),
            computePetaFLOP: Count(12_000)!, from: Timestamp("2026-11-01T00:00:00Z")!, model: Sample.hash(57),
            office: .security, recipient: recipient, residualRisk: .medium, retainUntil: later,
            transferTool: .standardClauses, until: later)
    }

    static func privateEvent(_ type: EventType) -> Event {
        let dataset = DatasetID("ds-0a1b2c3d4e5f")!, incident = IncidentID("inc-1")!
        let aware = Timestamp("2026-11-22T07:00:00Z")!
        switch type {
        case .datasetDescribed: return .datasetDescribed(description(of: dataset))
        case .consentRecorded:
            return .consentRecorded(ConsentRecorded(channel: .web, consent: ConsentID("con-1")!, dataset: dataset))
        case .consentWithdrawn:
            return .consentWithdrawn(
                ConsentWithdrawn(channel: .email, consent: ConsentID("con-1")!, receivedAt: aware))
        case .restrictionRecorded:
            return .restrictionRecorded(
                RestrictionRecorded(
                    dataset: dataset, restriction: RestrictionID("res-1")!, right: .objection, step: .overridden,
                    toldAt: aware))
        case .incidentDetected:
            return .incidentDetected(
                IncidentDetected(awareAt: aware, incident: incident, kind: .personalDataBreach, part: .processor))
        case .incidentHandled:
            return .incidentHandled(IncidentHandled(at: aware, incident: incident, risk: .high, step: .assessed))
        case .recipientsAsked:
            return .recipientsAsked(RecipientsAsked(channel: .email, deletion: deletion, receivedAt: aware))
        default:
            return .noticeSent(
                NoticeSent(
                    channel: .letter, contents: [.complaint, .reasons], deletion: deletion, kind: .refusal,
                    sentAt: aware))
        }
    }

    private static func description(of dataset: DatasetID) -> DatasetDescribed {
        DatasetDescribed(
            dataset: dataset, source: .dataSubjects, licence: .own,
            purposes: [PurposeName("customer-care")!, PurposeName("safety")!], isPersonal: true, basis: .gdpr61f,
            hasSpecialCategories: true, specialCondition: .gdpr92j, hasHealthInformation: true,
            deidentification: .hipaaExpert, retainUntil: later, topics: [.bias, .legitimateInterests],
            dataCategories: [.content, .health], subjectCategories: [.patients])
    }
}
