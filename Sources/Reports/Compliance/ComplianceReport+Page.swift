internal import Bytes
internal import ChainViews
internal import Compliance
internal import Events

/// The frame of the page, and what is read first.
extension ComplianceReport {
    /// Exceptions of one control that the page shows; the others are in the data.
    static let shownExceptions = 30

    var result: ComplianceResult { content.result }

    public var page: Page {
        Page(
            title: "Compliance report", subtitle: "\(result.chain) as of \(result.asOf.readable)",
            banner: banner,
            sections: [failures, waiting, scope] + tables
                + [
                    packs, waivers,
                    .evidence(shownEvidence, caption: evidenceCaption),
                    limits, checking, definitions,
                ].compactMap { $0 },
            data: json())
    }

    private var banner: Banner {
        Banner(
            tone: result.overall == .notApplicable ? .caution : result.overall.tone, notice: notice,
            heading: "\(result.headline).", sentences: [subject, content.footing.sentence], scale: nil,
            counts: [ResultWord.pass, .fail, .error, .notApplicable, .notEvaluated, .waived].map { word in
                Fact(word.words, "\(result.count(word))")
            })
    }

    private var notice: String? {
        guard result.asOf > content.footing.madeAt else { return nil }
        return "Judged as of a later time than this page was made: it looks ahead to \(result.asOf.date), "
            + "as if nothing were recorded until then."
    }

    /// The events that the page's own rows name. Those of exceptions that are not shown are in the data.
    private var shownEvidence: [CitedEvent] {
        let shown = result.findings.flatMap { $0.control.violations.prefix(Self.shownExceptions) }
        let named = Set(shown.compactMap(\.violation.eventID))
        return content.evidence.filter { named.contains($0.event.hex) }
    }

    private var evidenceCaption: String {
        let hidden = content.evidence.count - shownEvidence.count
        let more = hidden > 0 ? "; \(hidden) more are in this page's data" : ""
        return "Events that exceptions name, in the order of their chains\(more)"
    }

    private var subject: [Span] {
        let roles = result.roles.isEmpty ? "no legal role" : result.roles.map(\.words).joined(separator: ", ")
        let count = Elapsed.unit(result.packs.flatMap(\.controls).count, "control")
        let who: String =
            content.organisation.map { "for \($0), which is: \(roles), with its private chain" } ?? "for: \(roles)"
        return [
            "\(count) in \(Elapsed.unit(result.packs.count, "pack")) over ",
            .strong("all \(Elapsed.unit(result.size, "event"))"),
            " of \(result.chain), each verified from its bytes before, \(who). The whole is as good as its worst control.",
        ]
    }

    // MARK: What fails and what waits

    private var failures: Section {
        let found = result.findings.filter { $0.control.word == .error || $0.control.word == .fail }
            .sorted { Self.rank($0.control) > Self.rank($1.control) }
        guard !found.isEmpty else {
            return Section("failures", "Failures and errors", [.paragraph(["None among the controls that apply."])])
        }
        let overview = DataTable(
            caption: "Controls that are not met or could not be told, the gravest first",
            columns: ["Control", "Result", "Wanted", "Severity", "In scope", "Exceptions"],
            rows: found.map { found in
                let control = found.control
                return [
                    [.code(control.control.text)], [.mark(control.word.words, control.word.tone)],
                    [.text(control.title.text)], ["\(control.severity.rawValue)"],
                    [.text(Self.population(control))], [.text(Self.exceptionCount(control))],
                ]
            })
        return Section(
            "failures", "Failures and errors",
            [.table(overview)] + found.flatMap { blocks(of: $0.control, in: $0.pack) })
    }

    /// How many exceptions there are; where they are more than what is in scope, of how few things.
    static func exceptionCount(_ control: ControlResult) -> String {
        let count = control.violations.count
        let number = control.isTruncated ? "> \(count)" : "\(count)"
        guard let population = control.population, count > population, population > 0 else { return number }
        return "\(number), several of \(population == 1 ? "one thing" : "the same things")"
    }

    static func population(_ control: ControlResult) -> String { control.population.map { "\($0)" } ?? "—" }

    /// Failures before errors, the gravest first.
    private static func rank(_ control: ControlResult) -> Int {
        let severity = Severity.allCases.firstIndex(of: control.severity) ?? 0
        return (control.word == .fail ? 10 : 0) + severity
    }

    private func blocks(of control: ControlResult, in pack: PackResult) -> [Block] {
        var facts = [
            Fact("Wanted", control.meaning.text),
            Fact("Rule", "\(Self.rule(control)); control of \(pack.pack) \(pack.version)"),
            Fact("Answers for it", Self.role(control.owner)),
        ]
        if let explanation = control.explanation { facts.append(Fact("Because", explanation)) }
        facts.append(Fact("Management response", response(to: control)))
        return [
            .heading([
                .mark(control.word.words, control.word.tone), " ", .code(control.control.text),
                " \(control.title)",
            ]), .facts(facts),
        ] + exceptions(of: control)
    }

    static func rule(_ control: ControlResult) -> String {
        control.regime.law.text + (control.regime.article.map { ", \($0)" } ?? "")
    }

    static func role(_ name: SQLName) -> String {
        name.text.split(separator: "_").joined(separator: " ")
    }

    private func response(to control: ControlResult) -> [Span] {
        let found = content.responses.filter { $0.control == control.control.text }
        guard !found.isEmpty else { return [.mark("none recorded", .caution)] }
        return found.enumerated().flatMap { index, response -> [Span] in
            let subject = response.subject.map { "\($0): " } ?? ""
            let due = response.dueOn.map { ", by \($0)" } ?? ", no date given"
            return [
                .text(index > 0 ? "; " : ""),
                .text("\(subject)\(response.response) (\(response.responsible)\(due))"),
            ]
        }
    }

    private func exceptions(of control: ControlResult) -> [Block] {
        guard !control.violations.isEmpty else { return [] }
        let isWaived = control.violations.contains { $0.waiver != nil }
        let shown = control.violations.prefix(Self.shownExceptions)
        let rows = shown.map { row -> [[Span]] in
            let cells: [[Span]] = [
                [Self.name(row.violation.subject)], [.text(row.violation.reason)],
                [.text(row.violation.since.map(Self.readable) ?? "not known")], event(row.violation.eventID),
            ]
            return cells + (isWaived ? [[.text(row.waiver ?? "no")]] : [])
        }
        let count = control.violations.count
        let number = control.isTruncated ? "more than \(count) exceptions" : Elapsed.unit(count, "exception")
        let table = DataTable(
            caption: "\(control.control): \(number)" + (count > shown.count ? ", the first \(shown.count)" : ""),
            columns: ["Subject", "What is wrong", "Since", "Event"] + (isWaived ? ["Waiver"] : []), rows: rows)
        guard count > shown.count else { return [.table(table)] }
        return [
            .table(table),
            .paragraph([
                .text("The other \(count - shown.count) are in this page's data and in the report's JSON and CSV.")
            ]),
        ]
    }

    /// A name, or the beginning of a digest.
    private static func name(_ text: String) -> Span {
        ArtifactDigest(hex: text) != nil ? .digest(text) : .text(text)
    }

    private static func readable(_ time: String) -> String { Timestamp(time)?.readable ?? time }

    private func event(_ id: String?) -> [Span] {
        guard let id else { return ["none"] }
        guard let hash = EventHash(hex: id), let cited = content.evidence.first(where: { $0.event == hash }) else {
            return [Self.name(id)]
        }
        return [.text(cited.chain.isPublic ? "\(cited.index)" : "\(cited.chain) \(cited.index)")]
    }

    private var waiting: Section {
        let found = result.findings.filter { $0.control.word == .notEvaluated || $0.control.word == .waived }
        var blocks: [Block] = []
        let questions = found.filter { $0.control.word == .notEvaluated }.map { found -> [Span] in
            [
                .mark("not evaluated ", .caution), .code(found.control.control.text),
                .text(" \(found.control.title). \(found.control.question?.text ?? "")"),
                .text(" Asked of: \(Self.role(found.control.owner))."),
            ]
        }
        if !questions.isEmpty { blocks.append(.list(questions)) }
        for waived in found where waived.control.word == .waived {
            blocks += self.blocks(of: waived.control, in: waived.pack)
        }
        return Section(
            "waiting", "Waiting for an answer, and waived",
            blocks.isEmpty ? [.paragraph(["Nothing waits for an answer, and nothing is waived."])] : blocks)
    }

    // MARK: Scope

    private var scope: Section {
        let facts = [
            Fact("Looked at", looked),
            Fact(
                "Legal roles", result.roles.isEmpty ? "none given" : result.roles.map(\.words).joined(separator: ", ")),
            Fact("Judged as of", result.asOf.readable),
            Fact(
                "Deadlines end",
                "by the clocks of \(content.timeZone), with \(Elapsed.unit(content.holidays, "holiday"))"),
            Fact(
                "Proven times",
                "rest on cosignatures of at least \(Elapsed.unit(content.quorum, "witness", "witnesses"))"),
            Fact("Control tables", "version \(result.tables)"),
            Fact("Made", content.footing.madeAt.readable),
        ]
        return Section(
            "scope", "Scope, and what was not looked at",
            [.facts(facts), .heading(["Not looked at"]), .list(content.notLookedAt.map { [.text($0)] })])
    }

    private var looked: String {
        let events = "\(result.chain), \(Elapsed.unit(result.size, "event"))"
        return content.organisation.map { "\(events), and the private chain of \($0)" } ?? events
    }
}
