internal import Bytes
internal import ChainViews
public import Events

extension SampleConsortium {
    /// Of a request that rests on an agreement, as ``request(_:of:)`` makes them.
    public static let refusal = Refusal(ground: .contract, notice: nil, reviewer: .dpo)
    public static let customer = RecipientID("rec-1")!

    /// Seconds of the sample's clock, `days` from now.
    public func time(days: Int) -> Timestamp { Timestamp(seconds: clock + days * 86_400)! }

    /// A release of the current model of `round`.
    public func released(_ round: String, _ id: String = "release-1", approver: MemberName = united) -> ModelReleased {
        let model = view.currentModel(of: RoundID(round)!)!
        return ModelReleased(
            anonymity: .personalData, approver: approver, isSubstantialChange: false, materialization: model.event,
            model: model.model, purpose: PurposeName("customer-care")!, release: ReleaseID(id)!,
            riskClass: .notHighRisk)
    }

    /// The current model of `round` goes to a customer in Germany.
    public func handedOver(
        _ round: String, _ id: String = "dis-1", to recipient: RecipientID = customer
    ) -> HandoverRecorded {
        HandoverRecorded(
            artifact: view.currentModel(of: RoundID(round)!)!.model, category: .customer, country: CountryCode("DE")!,
            dataset: nil, handover: HandoverID(id)!, kind: .adapter, recipient: recipient)
    }

    /// A request that came in now under `ground`, due in `days`.
    public func request(
        _ id: String, of member: MemberName, _ ground: DeletionGround, days: Int = 27
    ) -> DeletionRequested {
        DeletionRequested(
            deletion: DeletionID(id)!, dueAt: time(days: days), ground: ground, member: member,
            receivedAt: time(days: 0), scope: .contributions)
    }

    public func document(
        _ kind: DocumentKind, _ id: String = "doc-1", version: Int = 1, parties: Ascending<MemberName> = [],
        change: (inout DocumentRecorded) -> Void = { _ in }
    ) -> Event {
        var event = DocumentRecorded(
            document: DocumentID(id)!, kind: kind, version: Quantity(version)!, parties: parties)
        change(&event)
        return .documentRecorded(event)
    }

    /// Personal data of customers, used for customer care by consent.
    public static func description(
        _ dataset: String = "ds-1", change: (inout DatasetDescribed) -> Void = { _ in }
    ) -> Event {
        var event = DatasetDescribed(
            dataset: DatasetID(dataset)!, source: .dataSubjects, licence: .own,
            purposes: [PurposeName("customer-care")!], isPersonal: true, basis: .gdpr61a, topics: [.minimisation],
            dataCategories: [.content], subjectCategories: [.customers])
        change(&event)
        return .datasetDescribed(event)
    }
}
