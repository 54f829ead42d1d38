import Bytes
import ChainViews
import ConsortiumFixture
import Events

private typealias Skies = SampleConsortium

/// Scenarios around recorded documents.
enum DocumentVectors {
    static func add(to set: inout VectorSet) throws {
        var skies = Skies.founded()
        let recorded = skies.document(.procedureErasure)
        func refuse(
            _ name: String, _ rule: String, _ comment: String, _ event: Event,
            by author: MemberName = Skies.delta, with cosigners: [MemberName] = []
        ) {
            set.add(name, rule: rule, comment, skies, event, by: author, with: cosigners)
        }
        refuse(
            "document-begins-at-two", "recordRefused", "The first version is 1.",
            skies.document(.procedureErasure, version: 2))
        refuse(
            "document-without-a-member-of-its-kind", "recordRefused", "An impact assessment says what risk is left.",
            skies.document(.dpia) { $0.topics = [.training] })
        refuse(
            "document-with-a-member-of-another-kind", "recordRefused", "A procedure has no office.",
            skies.document(.procedureErasure) { $0.office = .dpo })
        refuse(
            "document-that-ends-before-it-begins", "recordRefused", "A day too early.",
            skies.document(.procedureErasure) { ($0.from, $0.until) = (skies.time(days: 1), skies.time(days: 0)) })
        refuse(
            "document-about-no-model", "unknownModel", "There is no such model.",
            skies.document(.biasExamination) { $0.model = digest("nothing") })
        refuse(
            "document-about-no-base", "unknownBase", "There is no such base.",
            skies.document(.dueDiligence) { $0.base = digest("nothing") })
        agreements(skies, &set)
        try skies.say(recorded, by: Skies.delta)
        refuse("document-again", "recordRefused", "Version 2 is next.", recorded)
        refuse(
            "document-of-another-kind", "recordRefused", "It was a procedure.",
            skies.document(.storeMap, version: 2))
        refuse(
            "document-of-another-author", "notTheMember", "Its author goes on with it.",
            skies.document(.procedureErasure, version: 2), by: Skies.united)
        set.add(
            "valid-second-version", "ok", "One more.", skies,
            skies.envelope(skies.document(.procedureErasure, version: 2), by: Skies.delta))
    }

    private static func agreements(_ skies: Skies, _ set: inout VectorSet) {
        let both = skies.document(.agreementJointControllers, parties: [Skies.delta, Skies.united])
        set.add(
            "agreement-that-a-party-did-not-sign", rule: "signatureMissing", "Every party signs.", skies, both,
            by: Skies.delta)
        set.add(
            "agreement-with-oneself", rule: "recordRefused", "Two parties at least.", skies,
            skies.document(.agreementJointControllers, parties: [Skies.delta]), by: Skies.delta)
        set.add(
            "agreement-with-a-stranger", rule: "unknownMember", "A party is no member.", skies,
            skies.document(.agreementJointControllers, parties: [Skies.delta, Skies.hawk]), by: Skies.delta)
        set.add(
            "valid-agreement", "ok", "Both signed.", skies,
            skies.envelope(both, by: Skies.delta, with: [Skies.united]))
    }
}

/// Scenarios around data sets, consents, restrictions, incidents and notices on a private chain.
enum PrivateGovernanceVectors {
    static func add(to set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openPrivateChain(of: Skies.united, readers: [Skies.virgin])
        let origin = Skies.privateOrigin(of: Skies.united)
        func refuse(
            _ name: String, _ rule: String, _ comment: String, _ event: Event, by author: MemberName = Skies.united
        ) {
            set.add(name, rule: rule, comment, skies, on: origin, event, by: author)
        }
        func say(_ event: Event) throws { try skies.say(event, by: Skies.united, on: origin) }
        refuse(
            "description-by-a-reader", "notTheMember", "Whose chain it is, describes.", Skies.description(),
            by: Skies.virgin)
        refuse(
            "description-of-a-basis-without-need", "recordRefused", "There are no personal data in it.",
            Skies.description { $0.isPersonal = false })
        refuse(
            "description-of-a-condition-without-need", "recordRefused", "There are no special categories in it.",
            Skies.description { $0.specialCondition = .gdpr92a })
        let consent = ConsentRecorded(channel: .web, consent: ConsentID("con-1")!, dataset: DatasetID("ds-1")!)
        let withdrawal = ConsentWithdrawn(channel: .web, consent: consent.consent, receivedAt: skies.time(days: 0))
        refuse("consent-to-nothing-described", "unknownRecord", "What for?", .consentRecorded(consent))
        refuse("withdrawal-of-no-consent", "unknownRecord", "Nobody consented.", .consentWithdrawn(withdrawal))
        try say(Skies.description())
        try say(.consentRecorded(consent))
        refuse("consent-again", "recordExists", "The id is taken.", .consentRecorded(consent))
        try say(.consentWithdrawn(withdrawal))
        refuse("withdrawal-again", "recordExists", "It was withdrawn.", .consentWithdrawn(withdrawal))
        refuse(
            "notice-about-no-request", "unknownDeletion", "There is no such request.",
            .noticeSent(
                NoticeSent(
                    channel: .email, contents: [.reasons], deletion: DeletionID("del-9")!, kind: .refusal,
                    sentAt: skies.time(days: 0))))
        try questions(skies, origin, &set)
        try restrictions(&skies, origin, &set)
        try incidents(&skies, origin, &set)
    }

    private static func questions(_ skies: Skies, _ origin: Origin, _ set: inout VectorSet) throws {
        var skies = skies
        let asked = RecipientsAsked(channel: .letter, deletion: DeletionID("del-1")!, receivedAt: skies.time(days: 0))
        func refuse(
            _ name: String, _ rule: String, _ comment: String, _ event: RecipientsAsked,
            by author: MemberName = Skies.united
        ) {
            set.add(name, rule: rule, comment, skies, on: origin, .recipientsAsked(event), by: author)
        }
        refuse("question-about-no-request", "unknownDeletion", "There is no such request.", asked)
        try skies.say(.deletionRequested(skies.request("del-1", of: Skies.united)), by: Skies.united)
        refuse(
            "question-before-the-request", "recordRefused", "Nobody had asked for anything yet.",
            with(asked) { $0.receivedAt = Timestamp(seconds: $0.receivedAt.seconds - 86_400)! })
    }

    private static func restrictions(_ skies: inout Skies, _ origin: Origin, _ set: inout VectorSet) throws {
        let applied = RestrictionRecorded(
            dataset: DatasetID("ds-1")!, restriction: RestrictionID("res-1")!, right: .restriction, step: .applied,
            toldAt: nil)
        let lifted = with(applied) { $0.step = .lifted }
        func refuse(_ name: String, _ rule: String, _ comment: String, _ event: RestrictionRecorded) {
            set.add(name, rule: rule, comment, skies, on: origin, .restrictionRecorded(event), by: Skies.united)
        }
        refuse("restriction-lifted-before-it-applied", "unknownRecord", "Nothing is restricted.", lifted)
        try skies.say(.restrictionRecorded(applied), by: Skies.united, on: origin)
        refuse("restriction-again", "recordExists", "The id is taken.", applied)
        refuse(
            "restriction-of-another-data-set-lifted", "recordRefused", "It is of another data set.",
            with(lifted) { $0.dataset = DatasetID("ds-2")! })
        refuse(
            "restriction-overridden", "recordRefused", "Only objections are weighed.",
            with(lifted) { $0.step = .overridden })
        try skies.say(.restrictionRecorded(lifted), by: Skies.united, on: origin)
        refuse("restriction-lifted-again", "recordExists", "It was lifted.", lifted)
    }

    private static func incidents(_ skies: inout Skies, _ origin: Origin, _ set: inout VectorSet) throws {
        let id = IncidentID("inc-1")!
        let detected = IncidentDetected(
            awareAt: skies.time(days: 0), incident: id, kind: .personalDataBreach, part: .controller)
        let closed = IncidentHandled(at: skies.time(days: 2), incident: id, risk: nil, step: .closed)
        func refuse(_ name: String, _ rule: String, _ comment: String, _ event: Event) {
            set.add(name, rule: rule, comment, skies, on: origin, event, by: Skies.united)
        }
        refuse("incident-step-without-incident", "unknownRecord", "Nothing was detected.", .incidentHandled(closed))
        try skies.say(.incidentDetected(detected), by: Skies.united, on: origin)
        refuse("incident-again", "recordExists", "The id is taken.", .incidentDetected(detected))
        refuse(
            "incident-assessed-without-a-risk", "recordRefused", "An assessment gives a risk.",
            .incidentHandled(with(closed) { $0.step = .assessed }))
        refuse(
            "incident-step-before-anybody-knew", "recordRefused", "A day too early.",
            .incidentHandled(with(closed) { $0.at = Timestamp(seconds: detected.awareAt.seconds - 86_400)! }))
        try skies.say(.incidentHandled(closed), by: Skies.united, on: origin)
        refuse("incident-step-after-its-end", "recordExists", "It was closed.", .incidentHandled(closed))
    }
}
