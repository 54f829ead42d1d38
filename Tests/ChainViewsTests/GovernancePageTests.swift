import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import Testing

/// `schemas/governance.md` against the code.
@Suite struct GovernancePageTests {
    private static func page() throws -> String {
        String(decoding: try VectorFolder.bytes(of: "../../schemas/governance.md"), as: UTF8.self)
    }

    @Test func listsEveryKindOfDocumentWithItsMembers() throws {
        let page = try Self.page()
        func cell(_ members: Set<DocumentKind.Member>) -> String {
            members.isEmpty ? " " : " \(members.map(\.rawValue).sorted().joined(separator: ", ")) "
        }
        for kind in DocumentKind.allCases {
            let row = "| `\(kind.rawValue)` |\(cell(kind.required))|\(cell(kind.permitted))|"
            #expect(page.contains(row), "\(row)")
        }
    }

    @Test func namesEveryTypeAndEveryKindOfRow() throws {
        let page = try Self.page()
        let types: [EventType] = [
            .memberSuspended, .modelReleased, .handoverRecorded, .recipientNotified, .recipientAcknowledged,
            .waiverGranted, .judgementRecorded, .holdPlaced, .holdReleased, .auditPerformed, .deletionExtended,
            .identityChecked, .documentRecorded, .datasetDescribed, .consentRecorded, .consentWithdrawn,
            .restrictionRecorded, .incidentDetected, .incidentHandled, .noticeSent,
            .recipientsAsked,
        ]
        for type in types { #expect(page.contains("| `\(type.rawValue)` |"), "\(type)") }
    }

    /// Rows that were stored give the view back, with everything that governance says.
    @Test func aViewIsThatOfItsRows() throws {
        var skies = SampleConsortium.founded()
        try skies.runRound("r1", .isolated, [SampleConsortium.united, SampleConsortium.virgin])
        try skies.say(.modelReleased(skies.released("r1")), by: SampleConsortium.delta, with: [SampleConsortium.united])
        try skies.say(.handoverRecorded(skies.handedOver("r1")), by: SampleConsortium.delta)
        try skies.say(skies.document(.storeMap), by: SampleConsortium.delta)
        try skies.say(.deletionRequested(skies.request("d1", of: SampleConsortium.virgin)), by: SampleConsortium.virgin)
        let hold = HoldPlaced(
            dataset: nil, deletion: DeletionID("d1")!, endsAt: skies.time(days: 9), ground: .gdpr173e,
            hold: HoldID("h")!)
        try skies.say(.holdPlaced(hold), by: SampleConsortium.virgin)
        let loaded = try PublicView(origin: SampleConsortium.origin, size: skies.view.size, rows: skies.view.rows)
        #expect(loaded.rows == skies.view.rows)
        #expect(loaded.allReleases.count == 1 && loaded.allHandovers.count == 1 && loaded.allDocuments.count == 1)
        #expect(loaded.isHeld(DeletionID("d1")!, at: skies.time(days: 1)))
        #expect(!loaded.isHeld(DeletionID("d1")!, at: skies.time(days: 10)))
        let kinds = Set(skies.view.rows.map(\.kind))
        let page = try Self.page()
        for kind in ["release", "handover", "hold", "document"] {
            #expect(kinds.contains(kind) && page.contains("`\(kind)`"), "\(kind)")
        }
    }
}
