import ArgumentParser
import Bytes
import ChainViews
import Events
import LetheEngine
import Signing

/// What surrounds training, as events: one verb for each kind.
struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record documents, releases, recipients, waivers, audits; data sets, consents and incidents.",
        discussion: """
            Each kind becomes one event. What goes onto the public chain has words of closed lists, digests, times and \
            opaque ids; text goes into a body, which only readers of the private chain have, or which is opened for one \
            reader. schemas/governance.md has the rules.
            """,
        subcommands: [
            Document.self, Release.self, Handover.self, Notified.self, Acknowledged.self, Waiver.self, Judgement.self,
            Audit.self, Suspension.self, Dataset.self, Consent.self, Withdrawal.self, Restriction.self, Incident.self,
            IncidentStep.self, Notice.self, Question.self,
        ])
}

/// What the kinds have in common: who signs, and where it goes.
struct RecordOptions: ParsableArguments {
    @OptionGroup var ledger: LedgerOptions
    @Option(name: .customLong("with"), parsing: .singleValue, help: "Another local member that signs.")
    var cosigners: [String] = []
    @Option(help: "Write the event to FILE for further signatures, and append nothing.") var draft: String?

    /// The same with the signature of `approver`, where it is not drafted for others to sign.
    func alsoSigned(by approver: MemberName) -> RecordOptions {
        var options = self
        if draft == nil, !cosigners.contains(approver.text) { options.cosigners.append(approver.text) }
        return options
    }

    /// Records a public event, or drafts it.
    func publish(
        _ what: String, body: (MediaType, [UInt8])? = nil, role: Role? = nil,
        _ event: @escaping (Ledger, MemberName) async throws -> Event
    ) async throws {
        let cosigners: [MemberName] = try cosigners.map { try parsed($0, "member name") }
        try await ledger.writing { ledger in
            let author = try await self.ledger.actor(ledger, role: role)
            let event = try await event(ledger, author)
            guard let draft else {
                let recorded = try await ledger.record(
                    event, as: author, on: ledger.publicOrigin, body: body, cosigners: cosigners)
                return printRecorded(recorded, what, json: self.ledger.json)
            }
            let bytes = try await ledger.draft(event, as: author, cosigners: cosigners, body: body)
            try writeFile(bytes + [0x0a], to: draft)
            printFile(
                draft, ["member": author.text], draftWords(author),
                json: self.ledger.json)
        }
    }
}

/// What private kinds have in common: the text that goes into the body.
struct PrivateRecordOptions: ParsableArguments {
    @OptionGroup var ledger: LedgerOptions
    @Option(help: "What there is to say, for readers of the private chain alone.") var text: String?
    @Option(help: "The same from a file: its type follows from its ending.") var file: String?

    /// The body that was given; an error where none was and one is wanted.
    func body() throws -> (MediaType, [UInt8]) {
        switch (text, file) {
        case (let text?, nil): return (.plainText, Array(text.utf8))
        case (nil, let file?): return (mediaType(ofFile: file), try readFile(file))
        case (nil, nil):
            throw Answer(
                code: 64, message: "neither --text nor --file is given", hint: "say what there is to say: --text \"…\"")
        case (.some, .some):
            throw Answer(code: 64, message: "both --text and --file are given", hint: "one of them is the body")
        }
    }

    func publish(_ what: String, hasBody: Bool = true, _ event: Event) async throws {
        try await publish(hasBody: hasBody) { _ in (what, event) }
    }

    /// The same for an event that names something that the ledger has to look up, and what is said of it.
    func publish(hasBody: Bool = true, _ event: @escaping (Ledger) async throws -> (String, Event)) async throws {
        let body = hasBody ? try body() : nil
        if !hasBody, text != nil || file != nil {
            throw Answer(code: 64, message: "this kind has no text", hint: "leave out --text and --file")
        }
        try await ledger.writing { ledger in
            let author = try await self.ledger.actor(ledger)
            guard let origin = await ledger.privateChain(of: author) else {
                throw EngineError(.missing, "\(author) operates no private chain here", hint: "lethe chain open")
            }
            let (what, event) = try await event(ledger)
            let recorded = try await ledger.record(event, as: author, on: origin, body: body)
            printRecorded(recorded, what, json: self.ledger.json)
        }
    }
}

extension MediaType {
    static let plainText = MediaType("text/plain")!
}

/// The media type that the ending of a file's name stands for.
func mediaType(ofFile path: String) -> MediaType {
    let types = [
        "csv": "text/csv", "html": "text/html", "json": "application/json", "md": "text/markdown",
        "pdf": "application/pdf", "txt": "text/plain",
    ]
    let ending = path.split(separator: "/").last?.split(separator: ".").last.map { $0.lowercased() } ?? ""
    return MediaType(types[ending] ?? "application/octet-stream")!
}

/// The id that `text` spells, or a fresh one of `prefix` and twelve random digits.
func identifier<Subject>(
    _ text: String?, _ prefix: String, _ what: String, _ ledger: Ledger
) throws -> Identifier<Subject> {
    if let text { return try parsed(text, what) }
    return Identifier("\(prefix)-" + Hex.encode(ledger.surroundings.random.generate(6)))!
}

/// The value of an option that takes a word of a list, or a comma-separated list of such words.
func words<Word: CodeValue>(_ texts: [String], _ what: String) throws -> Ascending<Word> {
    Ascending(try texts.flatMap { $0.split(separator: ",") }.map { try parsed(String($0), what) })
}

// MARK: - On the public chain

extension RecordCommand {
    struct Document: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "An agreement, an assessment, a procedure, technical documentation, …",
            discussion: """
                FILE is the document; it stays here, behind a salted commitment. Kinds: \
                \(DocumentKind.allCases.map(\.rawValue).joined(separator: ", ")). An agreement names its parties, and \
                each of them signs: with --with where its keys are here, else by --draft and lethe sign.
                """)
        @OptionGroup var options: RecordOptions
        @Argument(help: "The document.") var file: String
        @Option(help: "What it is.") var kind: String
        @Option(help: "Its id: with one that is recorded already, its next version (default: a fresh one).") var id:
            String?
        @Option(parsing: .singleValue, help: "A member that it binds, besides the author.") var party: [String] = []
        @Option(parsing: .singleValue, help: "What it has parts about, e.g. training or annex-iv-2.") var topic:
            [String] = []
        @Option(help: "The base that it is about: its digest.") var base: String?
        @Option(help: "The model that it is about: its digest.") var model: String?
        @Option(help: "Somebody outside that it binds: an opaque id.") var recipient: String?
        @Option(help: "Computing, in units of 10^15 floating-point operations.") var petaflop: Int?
        @Option(help: "From when it counts.") var from: String?
        @Option(help: "Until when it counts.") var until: String?
        @Option(help: "The office that a role assignment names.") var office: String?
        @Option(help: "What risk is left: low, medium or high.") var risk: String?
        @Option(help: "Until when it is kept at least.") var retainUntil: String?
        @Option(help: "What a transfer rests on: adequacy, standard-clauses, …") var tool: String?

        func run() async throws {
            let kind: DocumentKind = try parsed(kind, "kind of document")
            let bytes = try readFile(file)
            let template = try template(kind)
            try await options.publish("recorded the \(kind.rawValue)", body: (mediaType(ofFile: file), bytes)) {
                ledger, author in
                var event = template
                event.document = try identifier(id, "doc", "document id", ledger)
                let earlier = try await ledger.view.documents[event.document]
                event.version = Quantity((earlier?.recorded.version.value ?? 0) + 1)!
                // Whoever binds others is bound too.
                if !event.parties.isEmpty { event.parties = Ascending(event.parties + [author]) }
                return .documentRecorded(event)
            }
        }

        private func template(_ kind: DocumentKind) throws -> DocumentRecorded {
            let parties: [MemberName] = try party.map { try parsed($0, "member name") }
            return DocumentRecorded(
                document: DocumentID("doc")!, kind: kind, version: Quantity(1)!, parties: Ascending(parties),
                topics: try words(topic, "topic"), base: try base.map { try parsedDigest($0, "base digest") },
                computePetaFLOP: try petaflop.map { number in
                    guard let count = Count(number) else {
                        throw Answer(code: 64, message: "\(number) is no amount of computing", hint: "a number from 0")
                    }
                    return count
                },
                from: try from.map { try parsed($0, "time") },
                model: try model.map { try parsedDigest($0, "model digest") },
                office: try office.map { try parsed($0, "office") },
                recipient: try recipient.map { try parsed($0, "recipient id") },
                residualRisk: try risk.map { try parsed($0, "risk") },
                retainUntil: try retainUntil.map { try parsed($0, "time") },
                transferTool: try tool.map { try parsed($0, "transfer tool") },
                until: try until.map { try parsed($0, "time") })
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The current model of a round is put to use; another member approves.")
        @OptionGroup var options: RecordOptions
        @Argument(help: "The round.") var round: String
        @Option(help: "What it is to be used for.") var purpose: String
        @Option(help: "The member that approves; it signs too.") var approver: String
        @Option(help: "The release's name (default: a fresh id).") var id: String?
        @Option(help: "personal-data, not-assessed or anonymous.") var anonymity = "not-assessed"
        @Option(name: .customLong("class"), help: "not-high-risk or high-risk.") var riskClass = "not-high-risk"
        @Flag(help: "It is a substantial modification of what was released before.") var substantialChange = false

        func run() async throws {
            let round: RoundID = try parsed(round, "round")
            let approver: MemberName = try parsed(approver, "member name")
            let purpose: PurposeName = try parsed(purpose, "purpose")
            let anonymity: ModelReleased.Anonymity = try parsed(anonymity, "word about anonymity")
            let riskClass: ModelReleased.RiskClass = try parsed(riskClass, "risk class")
            try await options.alsoSigned(by: approver).publish("released the model of \(round)", role: .aggregator) {
                ledger, _ in
                let model = try await ledger.currentModel(of: round)
                return .modelReleased(
                    ModelReleased(
                        anonymity: anonymity, approver: approver, isSubstantialChange: substantialChange,
                        materialization: model.event, model: model.model, purpose: purpose,
                        release: try identifier(id, "release", "release name", ledger), riskClass: riskClass))
            }
        }
    }

    struct Handover: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A model, a contribution or data went to somebody outside the consortium.")
        @OptionGroup var options: RecordOptions
        @Option(help: "Who got it: an opaque id, the same each time (default: a fresh one).") var recipient: String?
        @Option(help: "What the recipient is: customer, processor, authority, public, …") var category: String
        @Option(help: "Where it is: two letters, e.g. DE.") var country: String
        @Option(help: "adapter, annex-xii or personal-data.") var kind = "adapter"
        @Option(help: "The model or contribution: its digest, or a round for its current model.") var artifact: String?
        @Option(help: "The data set, for personal data.") var dataset: String?
        @Option(help: "The handover's id (default: a fresh one).") var id: String?

        func run() async throws {
            let category: HandoverRecorded.Category = try parsed(category, "category of recipients")
            let country: CountryCode = try parsed(country, "country")
            let kind: HandoverRecorded.Kind = try parsed(kind, "kind of handover")
            let dataset: DatasetID? = try dataset.map { try parsed($0, "data set id") }
            try await options.publish("recorded the handover") { ledger, _ in
                .handoverRecorded(
                    HandoverRecorded(
                        artifact: try await digest(artifact, ledger), category: category, country: country,
                        dataset: dataset, handover: try identifier(id, "han", "handover id", ledger), kind: kind,
                        recipient: try identifier(recipient, "rec", "recipient id", ledger)))
            }
        }

        private func digest(_ text: String?, _ ledger: Ledger) async throws -> ArtifactDigest? {
            guard let text else { return nil }
            if let digest = ArtifactDigest(hex: text) { return digest }
            return try await ledger.currentModel(of: try parsed(text, "digest or round")).model
        }
    }

    struct Notified: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A recipient was told of a deletion, or why it cannot be.")
        @OptionGroup var options: RecordOptions
        @Argument(help: "The deletion.") var deletion: String
        @Option(help: "The recipient's id.") var recipient: String
        @Option(help: "notified, impossible or disproportionate.") var outcome = "notified"

        func run() async throws {
            let outcome: RecipientNotified.Outcome = try parsed(outcome, "outcome")
            let recipient: RecipientID = try parsed(recipient, "recipient id")
            try await options.publish("\(recipient): \(outcome.rawValue)") { ledger, _ in
                let id = try await ledger.resolveDeletion(deletion)
                return .recipientNotified(RecipientNotified(deletion: id, outcome: outcome, recipient: recipient))
            }
        }
    }

    struct Acknowledged: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a recipient answered to the notice of a deletion.")
        @OptionGroup var options: RecordOptions
        @Argument(help: "The deletion.") var deletion: String
        @Option(help: "The recipient's id.") var recipient: String
        @Option(help: "deleted, not-held, pending or refused.") var result: String

        func run() async throws {
            let recipient: RecipientID = try parsed(recipient, "recipient id")
            let result: RecipientAcknowledged.Result = try parsed(result, "result")
            try await options.publish("\(recipient): \(result.rawValue)") { ledger, _ in
                let id = try await ledger.resolveDeletion(deletion)
                return .recipientAcknowledged(RecipientAcknowledged(deletion: id, recipient: recipient, result: result))
            }
        }
    }

    struct Waiver: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "An exception from a control until a day, approved by another member.")
        @OptionGroup var options: RecordOptions
        @Argument(help: "The control, e.g. GDPR-12-3a.") var control: String
        @Option(help: "Until when.") var expires: String
        @Option(help: "accepted-risk, compensating-control, correction-in-progress, legal-advice or not-a-fault.")
        var reason: String
        @Option(help: "The member that approves; it signs too.") var approver: String
        @Option(help: "The event that shows the one violation it is about (default: all of the control's).")
        var event: String?
        @Option(help: "The waiver's id (default: a fresh one).") var id: String?

        func run() async throws {
            let approver: MemberName = try parsed(approver, "member name")
            let control: ControlCode = try parsed(control, "control id")
            let expires: Timestamp = try parsed(expires, "time")
            let reason: WaiverGranted.Reason = try parsed(reason, "reason")
            try await options.alsoSigned(by: approver).publish("waived \(control) until \(expires.date)") { ledger, _ in
                let event = try await event.asyncMap { try await ledger.resolveEvent($0) }
                return .waiverGranted(
                    WaiverGranted(
                        approver: approver, control: control, event: event, expiresAt: expires, reason: reason,
                        waiver: try identifier(id, "waiver", "waiver id", ledger)))
            }
        }
    }

    struct Judgement: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A person's answer to what a control's query cannot see.")
        @OptionGroup var options: RecordOptions
        @Argument(help: "The control, e.g. GDPR-12-4-M.") var control: String
        @Option(help: "The office that answers: dpo, legal, …") var office: String
        @Option(help: "Until when the answer counts.") var expires: String
        @Flag(inversion: .prefixedNo, help: "The control is met, or is not.") var met: Bool

        func run() async throws {
            let event = JudgementRecorded(
                control: try parsed(control, "control id"), expiresAt: try parsed(expires, "time"), isMet: met,
                office: try parsed(office, "office"))
            try await options.publish("\(event.office.rawValue) answers \(met ? "yes" : "no") to \(event.control)") {
                _, _ in .judgementRecorded(event)
            }
        }
    }

    struct Audit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "An auditor looked at something.")
        @OptionGroup var options: RecordOptions
        @Argument(help: "What was looked at: chain, models, stores or controls.") var object: String
        @Option(help: "How many faults were found.") var findings: Int
        @Option(help: "How many leaves of the public chain were looked at (default: all).") var size: Int?

        func run() async throws {
            let object: AuditPerformed.Object = try parsed(object, "thing to audit")
            guard let findings = Count(findings) else {
                throw Answer(code: 64, message: "\(findings) is no number of faults", hint: "0 for a clean one")
            }
            try await options.publish("audited the \(object.rawValue)", role: .auditor) { ledger, _ in
                let whole = try await ledger.view.size
                guard let size = Count(size ?? whole) else {
                    throw Answer(code: 64, message: "\(size ?? 0) is no size", hint: "the chain has \(whole) leaves")
                }
                return .auditPerformed(AuditPerformed(findings: findings, object: object, size: size))
            }
        }
    }

    struct Suspension: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Suspend a member, or reinstate it. Takes as many members as the charter's threshold.")
        @OptionGroup var options: RecordOptions
        @Argument(help: "The member.") var member: String
        @Option(help: "breach, left, own-request, under-review or resolved.") var reason: String
        @Flag(help: "Reinstate it.") var reinstate = false

        func run() async throws {
            let event = MemberSuspended(
                member: try parsed(member, "member name"), reason: try parsed(reason, "reason"),
                standing: reinstate ? .reinstated : .suspended)
            try await options.publish("\(event.member) is \(event.standing.rawValue)") { _, _ in .memberSuspended(event)
            }
        }
    }
}

extension Ledger {
    /// The model of `round` that is served now.
    fileprivate func currentModel(of round: RoundID) throws -> ModelRow {
        guard let model = try view.currentModel(of: round) else {
            throw EngineError(
                .invalidRequest, "\(round) has no current model", hint: "lethe show rounds lists those that have")
        }
        return model
    }
}
