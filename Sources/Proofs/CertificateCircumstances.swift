internal import Bytes
internal import ChainViews
internal import Events

/// What a certificate says besides the deletion itself: documents, holds, interim measures, recipients that nobody told.
extension CertificateContent {
    private static let documentKinds: Set<DocumentKind> = [
        .agreementJointControllers, .agreementProcessor, .procedureErasure, .roleAssignment, .storeMap,
    ]

    /// The latest version of each document that one of `members` recorded, or that binds one of them.
    static func documents(of members: Set<MemberName>, _ view: PublicView) -> [CertifiedDocument] {
        view.allDocuments.filter { row in
            documentKinds.contains(row.recorded.kind)
                && (members.contains(row.author) || row.recorded.parties.contains(where: members.contains))
        }.map { row in
            CertifiedDocument(
                author: row.author, commitment: row.body.commitment, document: row.recorded.document, event: row.event,
                kind: row.recorded.kind, office: row.recorded.office, until: row.recorded.until,
                version: row.recorded.version)
        }.sorted { $0.document < $1.document }
    }

    static func holds(_ row: DeletionRow, _ view: PublicView) -> [CertifiedHold] {
        let datasets = Set((row.touched ?? []).map(\.dataset))
        return view.allHolds.filter { hold in
            hold.placed.deletion == row.deletion || (hold.placed.dataset.map(datasets.contains) ?? false)
        }.map { hold in
            CertifiedHold(
                endsAt: hold.placed.endsAt, event: hold.event, ground: hold.placed.ground, hold: hold.placed.hold,
                member: hold.author, releasedBy: hold.releasedBy)
        }
    }

    /// `nil` where there were none.
    static func interim(
        _ row: DeletionRow, _ view: PublicView, _ place: (EventHash) -> EventPlace?
    ) -> [CertifiedInterim]? {
        let completedAt = row.completedBy.flatMap(place)?.claimedAt
        let measures = view.mitigations(for: row.deletion).compactMap { measure -> CertifiedInterim? in
            guard let appliedAt = place(measure.event)?.claimedAt else { return nil }
            let mitigation = measure.mitigation
            let tests = view.allAdapterEvaluations.filter { $0.evaluation.adapter == mitigation.adapter }
            return CertifiedInterim(
                adapter: mitigation.adapter, appliedAt: appliedAt,
                endedAt: completedAt.flatMap { $0 < mitigation.until ? $0 : nil }, evaluations: tests.map(\.event),
                event: measure.event, grade: .excluded, method: mitigation.method, model: mitigation.model,
                recipe: mitigation.recipe, until: mitigation.until)
        }
        return measures.isEmpty ? nil : measures
    }

    /// Whoever was given what goes, as the chain records it, and was told nothing since.
    static func untold(_ row: DeletionRow, _ view: PublicView) -> [UntoldRecipient] {
        view.recipientDuties(of: row).filter { $0.notice == nil }.map { duty in
            UntoldRecipient(event: duty.handover.event, member: duty.handover.author, recipient: duty.recipient)
        }.sorted { $0.recipient < $1.recipient }
    }
}

extension ErasureRow {
    /// What the holder still has, or could not erase, in words.
    var remainder: String {
        results.filter { $0.verdict != .deleted && $0.verdict != .notFound }.map(\.words).joined(separator: ", ")
    }
}

extension StoreResult {
    /// The store, what came of it, and for what is kept why and until when.
    var words: String {
        "\(store.rawValue) \(verdict.rawValue) (\(items))" + (ground.map { " for \($0.rawValue)" } ?? "")
            + (until.map { " until \($0)" } ?? "") + (method.map { " by \($0.rawValue)" } ?? "")
    }
}
