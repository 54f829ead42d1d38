import ArgumentParser
import Events
import LetheEngine

// What an organisation says of its own data and duties, on its private chain.
extension RecordCommand {
    struct Dataset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a data set is, for what it may be used and until when.",
            discussion:
                "The datasheet is the body: --file or --text. A later description takes the place of an earlier one.")
        @OptionGroup var options: PrivateRecordOptions
        @Argument(help: "The data set's id.") var dataset: String
        @Option(help: "data-subjects, third-party, public-sources or synthetic.") var source: String
        @Option(help: "own, licensed, open, public-domain or unknown.") var licence: String
        @Option(parsing: .singleValue, help: "What it may be used for.") var purpose: [String] = []
        @Option(help: "The legal basis, e.g. gdpr-6-1-a; without one there are no personal data in it.") var basis:
            String?
        @Option(help: "Special categories are in it, under this condition, e.g. gdpr-9-2-a, or none.") var special:
            String?
        @Flag(help: "It held protected health information before it was de-identified.") var health = false
        @Option(help: "none, pseudonymised, hipaa-expert or hipaa-safe-harbor.") var deidentification = "none"
        @Option(help: "When it must be gone.") var retainUntil: String?
        @Option(parsing: .singleValue, help: "What the datasheet says something about, e.g. collection or bias.")
        var topic: [String] = []
        @Option(parsing: .singleValue, help: "What kinds of data: content, contact, health, …") var category: [String] =
            []
        @Option(parsing: .singleValue, help: "Whom they are about: customers, patients, …") var subjects: [String] = []

        func run() async throws {
            let purposes: [PurposeName] = try purpose.map { try parsed($0, "purpose") }
            let condition: SpecialCondition? = try special == "none" ? nil : special.map { try parsed($0, "condition") }
            let event = DatasetDescribed(
                dataset: try parsed(dataset, "data set id"), source: try parsed(source, "source"),
                licence: try parsed(licence, "licence"), purposes: Ascending(purposes), isPersonal: basis != nil,
                basis: try basis.map { try parsed($0, "legal basis") }, hasSpecialCategories: special != nil,
                specialCondition: condition, hasHealthInformation: health,
                deidentification: try parsed(deidentification, "way to de-identify"),
                retainUntil: try retainUntil.map { try parsed($0, "time") }, topics: try words(topic, "topic"),
                dataCategories: try words(category, "category of data"),
                subjectCategories: try words(subjects, "category of persons"))
            try await options.publish("described \(event.dataset)", .datasetDescribed(event))
        }
    }

    struct Consent: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Somebody consented: who, when and to which text is the body.")
        @OptionGroup var options: PrivateRecordOptions
        @Argument(help: "The consent's opaque id.") var consent: String
        @Option(help: "The data set that it is for.") var dataset: String
        @Option(help: "app, email, letter, person, phone or web.") var channel: String

        func run() async throws {
            let event = ConsentRecorded(
                channel: try parsed(channel, "channel"), consent: try parsed(consent, "consent id"),
                dataset: try parsed(dataset, "data set id"))
            try await options.publish("recorded \(event.consent)", .consentRecorded(event))
        }
    }

    struct Withdrawal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A consent is withdrawn.")
        @OptionGroup var options: PrivateRecordOptions
        @Argument(help: "The consent's id.") var consent: String
        @Option(help: "app, email, letter, person, phone or web.") var channel: String
        @Option(help: "When the withdrawal was received.") var received: String

        func run() async throws {
            let event = ConsentWithdrawn(
                channel: try parsed(channel, "channel"), consent: try parsed(consent, "consent id"),
                receivedAt: try parsed(received, "time"))
            try await options.publish("\(event.consent) is withdrawn", hasBody: false, .consentWithdrawn(event))
        }
    }

    struct Restriction: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Processing of a data set is restricted or objected to, or no longer.")
        @OptionGroup var options: PrivateRecordOptions
        @Argument(help: "The restriction's opaque id.") var restriction: String
        @Option(help: "The data set.") var dataset: String
        @Option(help: "restriction or objection.") var right = "restriction"
        @Option(help: "applied, lifted or overridden.") var step = "applied"
        @Option(help: "When the person was told.") var told: String?

        func run() async throws {
            let event = RestrictionRecorded(
                dataset: try parsed(dataset, "data set id"), restriction: try parsed(restriction, "restriction id"),
                right: try parsed(right, "right"), step: try parsed(step, "step"),
                toldAt: try told.map { try parsed($0, "time") })
            try await options.publish("\(event.restriction) is \(event.step.rawValue)", .restrictionRecorded(event))
        }
    }

    struct Incident: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Something went wrong: what exactly is the body.")
        @OptionGroup var options: PrivateRecordOptions
        @Argument(help: "The incident's opaque id.") var incident: String
        @Option(help: "personal-data-breach, serious, death or widespread.") var kind: String
        @Option(help: "When the organisation became aware.") var aware: String
        @Option(help: "What it is in the processing: controller or processor.") var part = "controller"

        func run() async throws {
            let event = IncidentDetected(
                awareAt: try parsed(aware, "time"), incident: try parsed(incident, "incident id"),
                kind: try parsed(kind, "kind of incident"), part: try parsed(part, "part"))
            try await options.publish("recorded \(event.incident)", .incidentDetected(event))
        }
    }

    struct IncidentStep: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A step of dealing with an incident: what was said or found is the body.")
        @OptionGroup var options: PrivateRecordOptions
        @Argument(help: "The incident's id.") var incident: String
        @Option(help: "assessed, authority-notified, controller-notified, persons-notified, explained or closed.")
        var step: String
        @Option(help: "When it was done.") var at: String
        @Option(help: "What an assessment finds: unlikely, risk or high.") var risk: String?

        func run() async throws {
            let event = IncidentHandled(
                at: try parsed(at, "time"), incident: try parsed(incident, "incident id"),
                risk: try risk.map { try parsed($0, "risk") }, step: try parsed(step, "step"))
            try await options.publish("\(event.incident): \(event.step.rawValue)", .incidentHandled(event))
        }
    }

    struct Notice: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a person was told about a request: the text is the body.")
        @OptionGroup var options: PrivateRecordOptions
        @Argument(help: "The deletion.") var deletion: String
        @Option(help: "acknowledgement, delay, refusal, completion, identity-question or recipients.") var kind: String
        @Option(help: "When it was sent.") var sent: String
        @Option(help: "app, email, letter, person, phone or web.") var channel: String
        @Option(parsing: .singleValue, help: "What it says: reasons, complaint, remedy, recipients.") var contents:
            [String] = []

        func run() async throws {
            let channel: Channel = try parsed(channel, "channel")
            let contents: Ascending<NoticeSent.Content> = try words(contents, "part of a notice")
            let kind: NoticeSent.Kind = try parsed(kind, "kind of notice")
            let sent: Timestamp = try parsed(sent, "time")
            try await options.publish { ledger in
                let id = try await ledger.resolveDeletion(deletion)
                let event = NoticeSent(channel: channel, contents: contents, deletion: id, kind: kind, sentAt: sent)
                return ("recorded the notice about \(id)", .noticeSent(event))
            }
        }
    }
    struct Question: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A person asked who received the data: the question is the body. The answer is a notice.")
        @OptionGroup var options: PrivateRecordOptions
        @Argument(help: "The deletion.") var deletion: String
        @Option(help: "When it was received.") var received: String
        @Option(help: "app, email, letter, person, phone or web.") var channel: String

        func run() async throws {
            let channel: Channel = try parsed(channel, "channel")
            let received: Timestamp = try parsed(received, "time")
            try await options.publish { ledger in
                let id = try await ledger.resolveDeletion(deletion)
                let event = RecipientsAsked(channel: channel, deletion: id, receivedAt: received)
                return ("recorded the question about \(id)", .recipientsAsked(event))
            }
        }
    }
}
