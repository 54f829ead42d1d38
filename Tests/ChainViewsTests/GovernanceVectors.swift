import Bytes
import ChainViews
import ConsortiumFixture
import Events

private typealias Skies = SampleConsortium

/// Scenarios around suspension, release, recipients, exceptions and the answers to requests.
enum GovernanceVectors {
    static func add(to set: inout VectorSet) throws {
        try suspensions(&set)
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        releases(&skies, &set)
        try recipients(&skies, &set)
        try exceptions(&set)
        try holds(&set)
        try refusals(&set)
        try extensions(&set)
        try identities(&set)
    }

    private static func suspension(_ member: MemberName, _ standing: MemberSuspended.Standing = .suspended) -> Event {
        .memberSuspended(MemberSuspended(member: member, reason: .underReview, standing: standing))
    }

    private static func suspensions(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        set.add(
            "suspension-by-one", rule: "tooFewSignatures", "It takes the charter's threshold.", skies,
            suspension(Skies.virgin), by: Skies.delta)
        set.add(
            "suspension-of-a-stranger", rule: "unknownMember", "Nobody of that name.", skies, suspension(Skies.hawk),
            by: Skies.delta, with: [Skies.swiss])
        set.add(
            "suspension-of-the-operator", rule: "recordRefused", "Nobody else could go on with the chain.", skies,
            suspension(Skies.air), by: Skies.delta, with: [Skies.swiss])
        set.add(
            "reinstatement-of-nobody-suspended", rule: "recordRefused", "It is not suspended.", skies,
            suspension(Skies.virgin, .reinstated), by: Skies.delta, with: [Skies.swiss])
        try skies.say(suspension(Skies.virgin), by: Skies.delta, with: [Skies.swiss])
        set.add(
            "suspended-member-contributes", rule: "suspended", "A suspended member adds nothing.", skies,
            .adapterCommitted(Skies.contribution(Skies.virgin, to: "r1")), by: Skies.virgin)
        set.add(
            "suspended-signature-counts-for-none", rule: "tooFewSignatures", "One of the two signers is suspended.",
            skies, suspension(Skies.virgin, .reinstated), by: Skies.delta, with: [Skies.virgin])
        set.add(
            "valid-request-by-a-suspended-member", "ok", "What it owes and is owed goes on.", skies,
            skies.envelope(.deletionRequested(skies.request("del-1", of: Skies.virgin)), by: Skies.virgin))
        set.add(
            "valid-reinstatement", "ok", "As many members as the threshold.", skies,
            skies.envelope(suspension(Skies.virgin, .reinstated), by: Skies.delta, with: [Skies.swiss]))
        for member in [Skies.united, Skies.swiss] {
            try skies.say(suspension(member), by: Skies.delta, with: [Skies.air])
        }
        set.add(
            "suspension-below-the-threshold", rule: "badThreshold", "Nobody could lift it again.", skies,
            suspension(Skies.delta), by: Skies.delta, with: [Skies.air])
    }

    private static func releases(_ skies: inout Skies, _ set: inout VectorSet) {
        let good = skies.released("r1")
        func add(
            _ name: String, rule: String, _ comment: String, by author: MemberName = Skies.delta,
            with cosigners: [MemberName] = [Skies.united], _ change: (inout ModelReleased) -> Void = { _ in }
        ) {
            var event = good
            change(&event)
            set.add(name, rule: rule, comment, skies, .modelReleased(event), by: author, with: cosigners)
        }
        add("release-by-a-contributor", rule: "lacksRole", "Aggregators release.", by: Skies.virgin)
        add("release-of-another-model", rule: "unknownModel", "The materialisation has another digest.") {
            $0.model = digest("another")
        }
        add("release-without-the-approver", rule: "signatureMissing", "The approver did not sign.", with: [Skies.swiss])
        add("release-approved-by-its-author", rule: "signatureMissing", "Nobody approves of itself.") {
            $0.approver = Skies.delta
        }
        add("release-approved-by-a-stranger", rule: "unknownMember", "The approver is no member.") {
            $0.approver = Skies.hawk
        }
        set.add(
            "valid-release", "ok", "Approved by another member.", skies,
            skies.envelope(.modelReleased(good), by: Skies.delta, with: [Skies.united]))
    }

    private static func recipients(_ skies: inout Skies, _ set: inout VectorSet) throws {
        let release = skies.released("r1")
        let good = skies.handedOver("r1")
        var unknown = good, data = good
        unknown.artifact = digest("nothing")
        data.kind = .personalData
        set.add(
            "handover-of-nothing-known", rule: "unknownModel", "No contribution and no model.", skies,
            .handoverRecorded(unknown), by: Skies.delta)
        set.add(
            "handover-of-data-that-names-a-model", rule: "recordRefused", "Data are named by their data set.", skies,
            .handoverRecorded(data), by: Skies.delta)
        try skies.say(.handoverRecorded(good), by: Skies.delta)
        set.add(
            "handover-again", rule: "recordExists", "The id is taken.", skies, .handoverRecorded(good),
            by: Skies.delta)
        try skies.say(.deletionRequested(skies.request("del-1", of: Skies.virgin)), by: Skies.virgin)
        let told = RecipientNotified(deletion: DeletionID("del-1")!, outcome: .notified, recipient: Skies.customer)
        set.add(
            "notice-before-the-decision", rule: "deletionState", "Nothing is decided.", skies,
            .recipientNotified(told), by: Skies.delta)
        let accepted = DeletionDecided(decision: .accepted, deletion: DeletionID("del-1")!)
        try skies.say(.deletionDecided(accepted), by: Skies.virgin)
        let plan = try skies.start("del-1")
        set.add(
            "handover-of-what-is-forgotten", "ok",
            "It is out there, whatever a deletion says: who has it is to be told.",
            skies,
            skies.envelope(.handoverRecorded(with(good) { $0.handover = HandoverID("dis-2")! }), by: Skies.delta))
        set.add(
            "release-of-a-suppressed-model", rule: "notCurrent", "A deletion is at work on it.", skies,
            .modelReleased(release), by: Skies.delta, with: [Skies.united])
        try notices(&skies, told, &set)
        _ = plan
    }

    private static func notices(
        _ skies: inout Skies, _ told: RecipientNotified, _ set: inout VectorSet
    ) throws {
        let answer = RecipientAcknowledged(deletion: told.deletion, recipient: told.recipient, result: .deleted)
        set.add(
            "notice-to-a-stranger", rule: "unknownRecord", "Nothing was given to it.", skies,
            .recipientNotified(with(told) { $0.recipient = RecipientID("rec-9")! }), by: Skies.delta)
        set.add(
            "notice-by-another", rule: "notTheMember", "Whoever gave it tells.", skies, .recipientNotified(told),
            by: Skies.virgin)
        set.add(
            "notice-of-no-deletion", rule: "unknownDeletion", "There is no such request.", skies,
            .recipientNotified(with(told) { $0.deletion = DeletionID("del-9")! }), by: Skies.delta)
        set.add(
            "answer-before-the-notice", rule: "unknownRecord", "It was not told.", skies,
            .recipientAcknowledged(answer), by: Skies.delta)
        try skies.say(.recipientNotified(told), by: Skies.delta)
        set.add(
            "notice-again", rule: "recordExists", "It was told.", skies, .recipientNotified(told), by: Skies.delta)
        try skies.say(.recipientAcknowledged(with(answer) { $0.result = .pending }), by: Skies.delta)
        set.add(
            "valid-final-answer-after-a-pending-one", "ok", "What was pending is done.", skies,
            skies.envelope(.recipientAcknowledged(answer), by: Skies.delta))
        try skies.say(.recipientAcknowledged(answer), by: Skies.delta)
        set.add(
            "answer-after-the-final-one", rule: "recordExists", "It answered for good.", skies,
            .recipientAcknowledged(answer), by: Skies.delta)
    }

    // MARK: Exceptions and answers

    private static func exceptions(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let control = ControlCode("LED-03")!
        let waiver = WaiverGranted(
            approver: Skies.united, control: control, event: nil, expiresAt: skies.time(days: 30),
            reason: .correctionInProgress, waiver: WaiverID("w-1")!)
        set.add(
            "waiver-without-the-approver", rule: "signatureMissing", "The approver did not sign.", skies,
            .waiverGranted(waiver), by: Skies.delta)
        set.add(
            "waiver-that-has-ended", rule: "recordRefused", "It ends when it begins.", skies,
            .waiverGranted(with(waiver) { $0.expiresAt = skies.time(days: 0) }), by: Skies.delta, with: [Skies.united])
        try skies.say(.waiverGranted(waiver), by: Skies.delta, with: [Skies.united])
        set.add(
            "waiver-again", rule: "recordExists", "The id is taken.", skies, .waiverGranted(waiver), by: Skies.delta,
            with: [Skies.united])
        let answer = JudgementRecorded(
            control: control, expiresAt: skies.time(days: -1), isMet: true, office: .dpo)
        set.add(
            "judgement-that-has-ended", rule: "recordRefused", "It ended yesterday.", skies, .judgementRecorded(answer),
            by: Skies.delta)
        let audit = AuditPerformed(findings: Count(0)!, object: .chain, size: Count(1)!)
        set.add(
            "audit-by-a-contributor", rule: "lacksRole", "Auditors audit.", skies, .auditPerformed(audit),
            by: Skies.virgin)
        set.add(
            "audit-of-leaves-to-come", rule: "recordRefused", "The chain is not that long.", skies,
            .auditPerformed(with(audit) { $0.size = Count(99)! }), by: Skies.united)
    }

    private static func holds(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.say(.deletionRequested(skies.request("del-1", of: Skies.virgin)), by: Skies.virgin)
        let good = HoldPlaced(
            dataset: nil, deletion: DeletionID("del-1")!, endsAt: skies.time(days: 90), ground: .gdpr173e,
            hold: HoldID("hold-1")!)
        func add(
            _ name: String, rule: String, _ comment: String, by author: MemberName = Skies.virgin,
            _ change: (inout HoldPlaced) -> Void = { _ in }
        ) {
            var event = good
            change(&event)
            set.add(name, rule: rule, comment, skies, .holdPlaced(event), by: author)
        }
        add("hold-of-nothing", rule: "recordRefused", "A deletion or a data set.") { $0.deletion = nil }
        add("hold-of-two-things", rule: "recordRefused", "One of them.") { $0.dataset = DatasetID("ds-1")! }
        add("hold-of-no-deletion", rule: "unknownDeletion", "There is no such request.") {
            $0.deletion = DeletionID("del-9")!
        }
        add("hold-that-has-ended", rule: "recordRefused", "It ends when it begins.") {
            $0.endsAt = skies.time(days: 0)
        }
        add("hold-by-another-alone", rule: "tooFewSignatures", "Whom it concerns, or the threshold.", by: Skies.united)
        set.add(
            "release-of-no-hold", rule: "unknownRecord", "Nothing is held.", skies,
            .holdReleased(HoldReleased(hold: good.hold)), by: Skies.virgin)
        try skies.say(.holdPlaced(good), by: Skies.virgin)
        add("hold-again", rule: "recordExists", "The id is taken.")
        let released = Event.holdReleased(HoldReleased(hold: good.hold))
        set.add(
            "release-of-anothers-hold-alone", rule: "tooFewSignatures", "Who placed it, or the threshold.", skies,
            released, by: Skies.united)
        try skies.say(released, by: Skies.virgin)
        set.add(
            "release-of-a-hold-again", rule: "recordExists", "It was released.", skies, released, by: Skies.virgin)
    }

    private static func refusals(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let id = DeletionID("del-1")!
        try skies.say(.deletionRequested(skies.request("del-1", of: Skies.virgin, .gdpr171b)), by: Skies.virgin)
        let good = DeletionDecided(
            decision: .refused, deletion: id, refusal: Refusal(ground: .gdpr173b, notice: nil, reviewer: .legal))
        set.add(
            "refusal-without-a-ground", rule: "recordRefused", "A refusal says why, and who looked at it.", skies,
            .deletionDecided(with(good) { $0.refusal = nil }), by: Skies.virgin)
        set.add(
            "refusal-by-another-law", rule: "recordRefused", "The request is under the GDPR.", skies,
            .deletionDecided(with(good) { $0.refusal?.ground = .ccpaUnverified }), by: Skies.virgin)
        set.add(
            "consent-with-a-refusals-ground", rule: "recordRefused", "It is not refused.", skies,
            .deletionDecided(with(good) { $0.decision = .accepted }), by: Skies.virgin)
        set.add(
            "valid-refusal", "ok", "A letter of Article 17(3), and an office.", skies,
            skies.envelope(.deletionDecided(good), by: Skies.virgin))
        try skies.say(.deletionDecided(good), by: Skies.virgin)
        let late = DeletionExtended(
            deletion: id, dueAt: skies.time(days: 60), notice: nil, reason: .complexity, toldAt: skies.time(days: 0))
        set.add(
            "extension-of-what-is-refused", rule: "deletionState", "It was answered.", skies,
            .deletionExtended(late), by: Skies.virgin)
    }

    private static func extensions(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let request = skies.request("del-1", of: Skies.virgin, .gdpr171b)
        try skies.say(.deletionRequested(request), by: Skies.virgin)
        skies.clock = request.receivedAt.seconds + 20 * 86_400
        let good = DeletionExtended(
            deletion: request.deletion, dueAt: Timestamp(midnightOf: request.receivedAt.date.addingMonths(3)!)!,
            notice: nil, reason: .complexity, toldAt: skies.time(days: 0))
        func add(
            _ name: String, rule: String, _ comment: String, by author: MemberName = Skies.virgin,
            _ change: (inout DeletionExtended) -> Void = { _ in }
        ) {
            var event = good
            change(&event)
            set.add(name, rule: rule, comment, skies, .deletionExtended(event), by: author)
        }
        add("extension-of-nothing", rule: "unknownDeletion", "There is no such request.") {
            $0.deletion = DeletionID("del-9")!
        }
        add(
            "extension-by-another-alone", rule: "tooFewSignatures", "Whom it concerns, or the threshold.",
            by: Skies.united)
        add("extension-to-an-earlier-day", rule: "recordRefused", "It is no extension.") { $0.dueAt = request.dueAt }
        add("extension-beyond-three-months", rule: "recordRefused", "Late by any calendar.") {
            $0.dueAt = Timestamp(seconds: $0.dueAt.seconds + 8 * 86_400)!
        }
        add("extension-told-in-the-future", rule: "recordRefused", "Nobody was told yet.") {
            $0.toldAt = skies.time(days: 1)
        }
        set.add(
            "valid-extension", "ok", "Three months in all, told inside the first.", skies,
            skies.envelope(.deletionExtended(good), by: Skies.virgin))
        var late = skies
        late.clock += 30 * 86_400
        set.add(
            "extension-told-too-late", rule: "recordRefused", "The first month is over by any calendar.", late,
            .deletionExtended(with(good) { $0.toldAt = late.time(days: 0) }), by: Skies.virgin)
        try skies.say(.deletionExtended(good), by: Skies.virgin)
        add("extension-again", rule: "recordExists", "Once.")
    }

    private static func identities(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let request = skies.request("del-1", of: Skies.virgin, .gdpr171b)
        try skies.say(.deletionRequested(request), by: Skies.virgin)
        func check(_ step: IdentityChecked.Step, _ doubt: IdentityChecked.Doubt? = nil) -> Event {
            .identityChecked(IdentityChecked(deletion: request.deletion, doubt: doubt, step: step))
        }
        func add(_ name: String, _ comment: String, _ event: Event) {
            set.add(name, rule: "recordRefused", comment, skies, event, by: Skies.virgin)
        }
        add("identity-asked-without-a-doubt", "The doubt is recorded.", check(.asked))
        add("identity-answered-before-the-question", "Nothing was asked.", check(.confirmed))
        try skies.say(check(.asked, .dataDoNotMatch), by: Skies.virgin)
        add("identity-asked-again", "The question is open.", check(.asked, .contactUnknown))
        add("identity-answer-with-a-doubt", "A doubt belongs to a question.", check(.confirmed, .contactUnknown))
        set.add(
            "valid-identity-answer", "ok", "Asked, then confirmed.", skies,
            skies.envelope(check(.confirmed), by: Skies.virgin))
    }
}

/// `value` after one change.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var copy = value
    change(&copy)
    return copy
}
