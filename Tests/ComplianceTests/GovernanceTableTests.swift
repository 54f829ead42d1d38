import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import Testing

@testable import Compliance

private typealias Skies = SampleConsortium

/// What the control tables say of releases, recipients, documents, data sets and incidents, against what was said.
@Suite struct GovernanceTableTests {
    private static func ask(_ database: ControlDatabase, _ columns: String, _ rest: String) throws -> [[String]] {
        try ControlDatabaseTests.ask(database, columns.split(separator: " ").map(String.init), rest)
    }

    private static func time(_ text: String) -> Timestamp { Timestamp(text)! }

    /// A model of two, released and handed over, and then a deletion of one of them of which the recipient is told.
    private static func history() throws -> History {
        var history = try History.withModel()
        let model = history.consortium.view.currentModel(of: RoundID("r1")!)!
        try history.consortium.say(
            .modelReleased(history.consortium.released("r1")), by: Skies.delta, with: [Skies.united])
        try history.consortium.say(.handoverRecorded(history.consortium.handedOver("r1")), by: Skies.delta)
        _ = model
        try history.request("d1", of: Skies.virgin, .gdpr171b)
        let id = DeletionID("d1")!
        try history.consortium.say(
            .identityChecked(IdentityChecked(deletion: id, doubt: .actsForAnother, step: .asked)), by: Skies.virgin)
        try history.consortium.say(
            .identityChecked(IdentityChecked(deletion: id, doubt: nil, step: .confirmed)), by: Skies.virgin)
        let extended = DeletionExtended(
            deletion: id, dueAt: history.consortium.time(days: 60), notice: digest("notice"), reason: .complexity,
            toldAt: history.consortium.time(days: 0))
        try history.consortium.say(.deletionExtended(extended), by: Skies.virgin)
        let hold = HoldPlaced(
            dataset: nil, deletion: id, endsAt: time("2027-06-01T00:00:00Z"), ground: .authorityOrder,
            hold: HoldID("h1")!)
        try history.consortium.say(.holdPlaced(hold), by: Skies.virgin)
        try history.carryOut("d1")
        return history
    }

    @Test func releasesRecipientsAndAnswersAreThere() throws {
        var history = try Self.history()
        let id = DeletionID("d1")!
        try history.consortium.say(
            .recipientNotified(RecipientNotified(deletion: id, outcome: .notified, recipient: Skies.customer)),
            by: Skies.delta)
        let answer = try history.consortium.say(
            .recipientAcknowledged(RecipientAcknowledged(deletion: id, recipient: Skies.customer, result: .notHeld)),
            by: Skies.delta)
        let released = try history.consortium.say(.holdReleased(HoldReleased(hold: HoldID("h1")!)), by: Skies.virgin)
        try history.withDatabase { database throws in
            #expect(
                try Self.ask(
                    database, "release author approver round purpose risk_class anonymity is_substantial_change",
                    "FROM releases ORDER BY 1")
                    == [["release-1", "delta", "united", "r1", "customer-care", "not-high-risk", "personal-data", "0"]])
            #expect(
                try Self.ask(
                    database, "handover recipient category country is_in_eea kind dataset", "FROM handovers ORDER BY 1")
                    == [["dis-1", "rec-1", "customer", "DE", "1", "adapter", "-"]])
            #expect(
                try Self.ask(
                    database, "deletion recipient author outcome answer_event result",
                    "FROM recipient_duties ORDER BY 1")
                    == [["d1", "rec-1", "delta", "notified", answer.hex, "not-held"]])
            #expect(
                try Self.ask(database, "hold deletion dataset ground ends_at released_event", "FROM holds ORDER BY 1")
                    == [["h1", "d1", "-", "authority-order", "2027-06-01T00:00:00Z", released.hex]])
            #expect(
                try Self.ask(database, "deletion step doubt", "FROM identity_checks ORDER BY event_index")
                    == [["d1", "asked", "acts-for-another"], ["d1", "confirmed", "-"]])
            let extended = try Self.ask(
                database, "extension_reason extension_notice limit_due_at extension_due_at", "FROM deletions ORDER BY 1"
            )
            #expect(extended[0][0] == "complexity" && extended[0][1] == (digest("notice") as EventHash).hex)
            #expect(extended[0][2] == extended[0][3])
        }
    }

    @Test func aRefusalStandsWithItsGroundAndReviewer() throws {
        var history = try History.withModel()
        try history.request("d1", of: Skies.virgin, .gdpr171b)
        let refusal = Refusal(ground: .gdpr173b, notice: digest("told"), reviewer: .legal)
        try history.consortium.say(
            .deletionDecided(DeletionDecided(decision: .refused, deletion: DeletionID("d1")!, refusal: refusal)),
            by: Skies.virgin)
        try history.withDatabase { database throws in
            #expect(
                try Self.ask(
                    database, "decision refusal_ground refusal_reviewer refusal_notice", "FROM deletions ORDER BY 1")
                    == [["refused", "gdpr-17-3-b", "legal", (digest("told") as EventHash).hex]])
        }
    }

    @Test func documentsWaiversAuditsAndPacksAreThere() throws {
        var history = History()
        func say(_ event: Event, with cosigners: [MemberName] = [], by author: MemberName = Skies.delta) throws {
            try history.consortium.say(event, by: author, with: cosigners)
        }
        let end = Self.time("2027-06-01T00:00:00Z")
        for version in 1...2 {
            try say(
                history.consortium.document(.agreementTransfer, version: version, parties: [Skies.delta, Skies.united])
                { event in
                    (event.recipient, event.transferTool, event.until) = (Skies.customer, .standardClauses, end)
                }, with: [Skies.united])
        }
        try say(
            .judgementRecorded(
                JudgementRecorded(control: ControlCode("GDPR-12-4-M")!, expiresAt: end, isMet: true, office: .dpo)))
        try say(
            .auditPerformed(AuditPerformed(findings: Count(3)!, object: .stores, size: Count(2)!)), by: Skies.united)
        try say(
            .memberSuspended(MemberSuspended(member: Skies.swiss, reason: .ownRequest, standing: .suspended)),
            with: [Skies.united])
        let adoption = PackAdoption(digest: digest("files"), pack: .init("gdpr-erasure")!, version: "1.1.0")
        let text = PolicyText(String(decoding: CanonicalJSON.encode(adoption), as: UTF8.self))!
        try say(.policyAdopted(PolicyAdopted(document: text, kind: .controlPack)), with: [Skies.united])
        let inputs = history.inputs { inputs in
            inputs.waivers = [
                Waiver(
                    waiver: "w1", control: "LED-03", subject: nil, owner: "delta", approver: "united",
                    reason: "accepted-risk",
                    grantedAt: end, expiresAt: end, event: "e1")
            ]
        }
        try history.withDatabase(inputs) { database throws in
            #expect(
                try Self.ask(
                    database, "document version is_latest kind recipient transfer_tool until_at",
                    "FROM documents ORDER BY version")
                    == [1, 2].map {
                        [
                            "doc-1", "\($0)", $0 == 2 ? "1" : "0", "agreement-transfer", "rec-1", "standard-clauses",
                            end.text,
                        ]
                    })
            #expect(
                try Self.ask(database, "party", "FROM document_parties ORDER BY 1").flatMap(\.self) == [
                    "delta", "delta", "united", "united",
                ])
            #expect(
                try Self.ask(database, "control office is_met expires_at", "FROM judgements ORDER BY 1")
                    == [["GDPR-12-4-M", "dpo", "1", end.text]])
            #expect(
                try Self.ask(database, "author object size findings", "FROM audits ORDER BY 1") == [
                    ["united", "stores", "2", "3"]
                ])
            #expect(
                try Self.ask(database, "member standing reason", "FROM suspensions ORDER BY 1") == [
                    ["swiss", "suspended", "own-request"]
                ])
            #expect(
                try Self.ask(database, "pack version digest is_latest", "FROM pack_adoptions ORDER BY 1")
                    == [["gdpr-erasure", "1.1.0", adoption.digest.hex, "1"]])
            #expect(
                try Self.ask(database, "waiver event owner approver", "FROM waivers ORDER BY 1") == [
                    ["w1", "e1", "delta", "united"]
                ])
        }
    }

    @Test func oneOrganisationsOwnDataAreThereForItsReadersAlone() throws {
        var history = try History.withModel()
        let origin = Skies.privateOrigin(of: Skies.delta)
        func say(_ event: Event) throws -> EventHash { try history.consortium.say(event, by: Skies.delta, on: origin) }
        let aware = Self.time("2027-01-01T10:30:00Z"), dataset = DatasetID("ds-1")!
        _ = try say(Skies.description())
        _ = try say(Skies.description { $0.retainUntil = aware })
        _ = try say(.consentRecorded(ConsentRecorded(channel: .web, consent: ConsentID("k1")!, dataset: dataset)))
        let withdrawn = try say(
            .consentWithdrawn(ConsentWithdrawn(channel: .letter, consent: ConsentID("k1")!, receivedAt: aware)))
        var restriction = RestrictionRecorded(
            dataset: dataset, restriction: RestrictionID("r1")!, right: .restriction, step: .applied, toldAt: nil)
        _ = try say(.restrictionRecorded(restriction))
        (restriction.step, restriction.toldAt) = (.lifted, aware)
        let lifted = try say(.restrictionRecorded(restriction))
        _ = try say(
            .incidentDetected(
                IncidentDetected(
                    awareAt: aware, incident: IncidentID("i1")!, kind: .personalDataBreach, part: .controller)))
        _ = try say(
            .incidentDetected(
                IncidentDetected(awareAt: aware, incident: IncidentID("i2")!, kind: .death, part: .controller)))
        _ = try say(
            .incidentHandled(IncidentHandled(at: aware, incident: IncidentID("i1")!, risk: .high, step: .assessed)))
        try history.withDatabase(isPrivate: true) { database throws in
            #expect(
                try Self.ask(
                    database, "dataset is_latest is_personal basis deidentification retain_until_at",
                    "FROM datasets ORDER BY event_index")
                    == [
                        ["ds-1", "0", "1", "gdpr-6-1-a", "none", "-"],
                        ["ds-1", "1", "1", "gdpr-6-1-a", "none", aware.text],
                    ])
            #expect(
                try Self.ask(database, "kind category", "FROM dataset_categories ORDER BY 1, 2")
                    == [
                        ["data", "content"], ["data", "content"], ["subjects", "customers"], ["subjects", "customers"],
                    ])
            #expect(
                try Self.ask(
                    database, "consent dataset channel withdrawn_event withdrawal_channel withdrawn_at",
                    "FROM consents ORDER BY 1")
                    == [["k1", "ds-1", "web", withdrawn.hex, "letter", aware.text]])
            let ended = try Self.ask(
                database, "restriction right end ended_event told_at", "FROM restrictions ORDER BY 1")
            #expect(ended == [["r1", "restriction", "lifted", lifted.hex, aware.text]])
            #expect(
                try Self.ask(
                    database, "n", "FROM (SELECT count(*) AS n FROM restrictions WHERE ended_s > applied_s) ORDER BY 1")
                    == [["1"]])
            // 72 hours from the end of the hour that had begun; 60 days; 10 days, whose last is a Monday.
            #expect(
                try Self.ask(
                    database, "incident kind breach_due_at serious_due_at persons_due_at", "FROM incidents ORDER BY 1")
                    == [
                        ["i1", "personal-data-breach", "2027-01-04T10:59:59Z", "-", "2027-03-02T23:59:59Z"],
                        ["i2", "death", "-", "2027-01-11T23:59:59Z", "-"],
                    ])
            #expect(
                try Self.ask(database, "incident step risk done_at", "FROM incident_steps ORDER BY 1") == [
                    ["i1", "assessed", "high", aware.text]
                ])
        }
        try history.withDatabase { database throws in
            for table in ControlSchema.privateTables.map(\.name) {
                #expect(
                    try Self.ask(database, "n", "FROM (SELECT count(*) AS n FROM \(table)) ORDER BY 1") == [["0"]],
                    "\(table)")
            }
        }
    }
}
