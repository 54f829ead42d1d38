internal import Bytes
internal import Events
internal import Proofs

/// The page's parts, in the order in which they are read.
extension DeletionReport {
    private var certificate: CertificateContent { content.certificate }
    private var isCertificate: Bool { certificate.kind == .certificate }
    private var contributions: String { Elapsed.unit(certificate.excluded.count, "contribution") }

    var page: Page {
        Page(
            title: isCertificate ? "Deletion report" : "Deletion report: statement of status",
            subtitle: "Deletion \(certificate.deletion) on \(certificate.checkpoint.origin)",
            banner: banner,
            sections: [
                openPoints, outOfScope, lineage, course, request, excluded, models, erasures, checklist, evidence, limits,
                checking, definitions,
            ], data: json())
    }

    // MARK: Verdict

    private var banner: Banner {
        let signers = content.signers.map(\.text).joined(separator: ", ")
        let notice =
            content.isSignedByOperatorAlone
            ? "Signed by the chain's operator alone (\(signers)): no other member vouches for this document." : nil
        let proved = EvidenceWord.allWords.map { word in
            Fact(word.rawValue, [.text("\(content.findings.count { $0.word == word })")])
        }
        let scale = GradeScale(
            title: "Evidence grade, the least over all parts",
            steps: Grade.allCases.map { .init(name: $0.name, word: $0.word) }, reached: certificate.grade.rawValue)
        return Banner(
            tone: isFlawless ? .good : .caution, notice: notice,
            heading: isCertificate
                ? "Certificate of deletion, checked"
                : "Statement of status. This is not a certificate of deletion.",
            sentences: [outcome, standing, grade], scale: scale, counts: proved)
    }

    /// Whether nothing falls short and somebody besides the operator signed.
    private var isFlawless: Bool {
        isCertificate && !content.isSignedByOperatorAlone && !content.openPoints.contains { $0.weight == .shortfall }
    }

    private var outcome: [Span] {
        let member = Span.strong(certificate.member.text)
        let count = certificate.models.count
        if certificate.excluded.isEmpty { return [member, .text(" had no contribution to exclude.")] }
        guard isCertificate else {
            let withdrawn = certificate.models.count { $0.newModel == nil }
            return [
                .text("\(contributions) of "), member,
                .text(" \(certificate.excluded.count == 1 ? "is" : "are") excluded, but \(withdrawn) of "),
                .text("\(Elapsed.unit(count, "affected model")) could not be rebuilt and "),
                .text("\(withdrawn == 1 ? "was" : "were") withdrawn instead."),
            ]
        }
        let rebuilt =
            count == 1 ? "the one model that descended from them was" : "each of the \(count) models that descended from them was"
        return [
            .text("\(contributions) of "), member,
            .text(" \(certificate.excluded.count == 1 ? "is" : "are") excluded, and \(rebuilt) rebuilt without them."),
        ]
    }

    private var standing: [Span] {
        let position = certificate.checkpoint
        return [
            .text("Checked against all \(position.size) events of \(position.origin) as of checkpoint \(position.size); "),
            .text("issued by "), .strong(certificate.issuer.text),
            .text(" at \(certificate.issuedAt.readable), signed by \(content.signers.map(\.text).joined(separator: ", "))."),
        ]
    }

    private var grade: [Span] {
        [.text("Grade "), .strong(certificate.grade.name), .text(": \(certificate.grade.meaning).")]
    }

    // MARK: What is missing

    private var openPoints: Section {
        guard !content.openPoints.isEmpty else {
            return Section(
                "open", "Failures and open points",
                [.paragraph([.text("None among the checks listed under "), .link("Checklist", section: "checklist"), .text(".")])])
        }
        return Section(
            "open", "Failures and open points",
            [
                .list(
                    content.openPoints.map { point in
                        let isShort = point.weight == .shortfall
                        return [
                            .mark(isShort ? "Falls short. " : "Weaker evidence. ", isShort ? .bad : .caution),
                            .text(point.statement),
                        ]
                    })
            ])
    }

    private var outOfScope: Section {
        Section("scope", "Not looked at", [.list(certificate.outOfScope.map { [.text($0)] })])
    }

    // MARK: Pictures

    private var lineage: Section {
        let layout = LineageLayout(content.lineage, plan: certificate.plan, affected: affected)
        let markup = LineageDrawing.markup(layout, title: "Lineage before and after the deletion", summary: lineageSummary)
        let picture = Picture(
            markup: markup, label: "Lineage before and after the deletion", caption: caption(layout),
            isWide: layout.width > 760)
        return Section("lineage", "Lineage before and after", [.picture(picture)])
    }

    private var lineageSummary: String {
        let graph = content.lineage
        let excluded = certificate.excluded.map(\.member.text)
        return "\(Elapsed.unit(graph.members.count, "member")) in lanes, \(Elapsed.unit(graph.rounds.count, "round")) in columns. "
            + "\(excluded.count) contributions of \(certificate.member) are excluded. "
            + certificate.models.map { model in
                model.newModel == nil
                    ? "The model of \(model.round) is recalled."
                    : "The model of \(model.round) is replaced by a merge of \(model.contributions.count) contributions."
            }.joined(separator: " ")
    }

    private func caption(_ layout: LineageLayout) -> [Span] {
        var caption = "Each lane is a member, each column a round. Two lines run down from a round's contributions: the dashed one "
            + "to the model before the deletion, the solid one to the model served now. A ring or dot marks each "
            + "contribution that a line takes in; the excluded ones have no dot on the solid line."
        if layout.hiddenRounds > 0 {
            caption += " Of \(content.lineage.rounds.count) rounds, \(layout.hiddenRounds) are not drawn, "
                + "\(layout.hiddenTouchedRounds) of which the deletion touches; the table of models lists all that it touches."
        }
        if layout.sharedMembers > 0 {
            caption += " \(layout.sharedMembers) members share the last lane, which shows how many of them contributed."
        }
        return [.text(caption)]
    }

    private var course: Section {
        let steps = content.timeline.steps
        let layout = TimelineLayout(content.timeline)
        let summary = steps.map { "\($0.name) \($0.at)" }.joined(separator: ", ") + ", due \(content.timeline.dueAt)"
        let picture = Picture(
            markup: TimelineDrawing.markup(layout, title: "Timeline of the deletion", summary: summary),
            label: "Timeline of the deletion",
            caption: [
                .text(
                    "The bar is to scale. All times are those that the organisations declared; what is proven is the order of the "
                        + "events, and that all of them precede checkpoint \(certificate.checkpoint.size).")
            ], isWide: false)
        return Section("timeline", "Timeline", [.picture(picture)])
    }

    // MARK: Tables

    private var request: Section {
        let facts = [
            Fact("Deletion", [.code(certificate.deletion.text)]),
            Fact("Whose contributions", [.text(certificate.member.text)]),
            Fact("Ground", [.text(certificate.ground.meaning)]),
            Fact("Received, as declared", [.text(certificate.receivedAt.readable)]),
            Fact("Due", [.text(certificate.dueAt.readable)]),
            Fact("Plan", [.digest(certificate.plan.hex)]),
            Fact("Counterfactual", [.text("\(certificate.counterfactual).")]),
            Fact("Checkpoint", [.text("size \(certificate.checkpoint.size), root "), .digest(certificate.checkpoint.root.hex)]),
            Fact("Key directory", [.digest(certificate.keyDirectory.hex)]),
            Fact("Bundle file", [.digest(content.bundle.hex)]),
        ]
        return Section("request", "The request and the document", [.facts(facts)])
    }

    private var excluded: Section {
        let rows = certificate.excluded.map { cited -> [[Span]] in
            let place = index(of: cited.event)
            let round = content.lineage.contributions.first { $0.position.description == place }?.round.text
            return [
                [.text(place)], [.text(round ?? "—")], [.text(cited.member.text)], [.digest(cited.adapter.hex)],
                [.text("\(cited.weight)")],
            ]
        }
        guard !rows.isEmpty else {
            return Section("excluded", "Excluded contributions", [.paragraph([.text("None.")])])
        }
        return Section(
            "excluded", "Excluded contributions",
            [
                .table(
                    DataTable(
                        caption: "Left out of every later replay of the chain",
                        columns: ["Event", "Round", "Member", "Adapter", "Weight"], rows: rows))
            ])
    }

    private var models: Section {
        guard !certificate.models.isEmpty else {
            return Section("models", "Models", [.paragraph([.text("No model descends from what is excluded.")])])
        }
        let rows = certificate.models.map { model -> [[Span]] in
            let isRebuilt = model.newModel != nil
            return [
                [.text(model.round.text)], [.digest(model.oldModel.hex)],
                [.mark(isRebuilt ? "rebuilt" : "withdrawn", isRebuilt ? .good : .bad)],
                model.newModel.map { [.digest($0.hex)] } ?? [.text("none")],
                [.text(isRebuilt ? "\(model.rule.rawValue) of \(contributors(of: model))" : "—")],
                [.text(model.materializedBy?.text ?? "—")],
                [.text(model.attestedBy.isEmpty ? "nobody else" : model.attestedBy.map(\.text).joined(separator: ", "))],
            ]
        }
        return Section(
            "models", "Models",
            [
                .table(
                    DataTable(
                        caption: "Every model that descended from the excluded contributions",
                        columns: ["Round", "Old model", "Outcome", "New model", "Merged from", "Rebuilt by", "Attested by"],
                        rows: rows))
            ])
    }

    /// The members whose contributions a new model merges; where they are many, those of its round that are absent.
    private func contributors(of model: CertifiedModel) -> String {
        let merged = model.contributions.map(\.member)
        guard merged.count > 10 else { return merged.map(\.text).joined(separator: ", ") }
        let all = content.lineage.contributions.filter { $0.round == model.round }.map(\.member)
        let absent = Set(all).subtracting(merged).sorted().map(\.text).joined(separator: ", ")
        return "\(merged.count) of the round's \(all.count) contributions, all but those of \(absent)"
    }

    private var erasures: Section {
        guard !certificate.erasures.isEmpty else {
            return Section("erasures", "Erasures", [.paragraph([.text("No holder had anything to erase.")])])
        }
        let rows = certificate.erasures.flatMap { erasure in
            erasure.results.map { result -> [[Span]] in
                [
                    [.text(erasure.holder.text)], [.text("\(result.store.rawValue): \(result.store.meaning)")],
                    [.mark(result.verdict.words, result.verdict.tone)], [.text("\(result.items)")],
                    [.text(index(of: erasure.event))],
                ]
            }
        }
        return Section(
            "erasures", "Erasures",
            [
                .table(
                    DataTable(
                        caption: "What each holder says it erased, store by store. Attested, not proved.",
                        columns: ["Holder", "Store", "Result", "Items", "Event"], rows: rows))
            ])
    }

    private func index(of event: EventHash) -> String {
        certificate.events.first { $0.event == event }.map { "\($0.index)" } ?? "—"
    }

    private var checklist: Section {
        let rows = content.findings.map { finding -> [[Span]] in
            [[.mark(finding.word.rawValue, finding.word.tone)], [.text(finding.statement)], [.text(finding.source)]]
        }
        return Section(
            "checklist", "Checklist",
            [
                .table(
                    DataTable(
                        caption: "Every statement of the document, how it is known, and where from",
                        columns: ["How known", "Statement", "Source"], rows: rows))
            ])
    }

    private var evidence: Section {
        let rows = certificate.events.map { cited -> [[Span]] in
            [[.text("\(cited.index)")], [.text(cited.type)], [.fullDigest(cited.event.hex)]]
        }
        return Section(
            "evidence", "Evidence index",
            [
                .table(
                    DataTable(
                        caption: "Events that the document rests on; each has an inclusion proof in the bundle",
                        columns: ["Event", "Type", "Leaf hash"], rows: rows))
            ])
    }

    // MARK: Limits and use

    private var limits: Section {
        Section("limits", "Limits", [.list(certificate.limits.map { [.text($0)] })])
    }

    private var checking: Section {
        Section(
            "checking", "How to check this report",
            [
                .paragraph([
                    .text("A page can say anything, and this one can lie. What counts is the bundle file. On a machine of your own, "),
                    .text("with a trust policy that you got from members you trust, and without a network, run:"),
                ]),
                .command(content.command),
                .steps([
                    [.text("The SHA-256 of the bundle file must be "), .fullDigest(content.bundle.hex), .text(".")],
                    [.text("The command prints each statement of the checklist with its word, and ends with exit code 0.")],
                    [
                        .text("With the adapters at hand, add "), .code("--adapters DIR"),
                        .text(": the merges are then computed again, and their lines read reproduced."),
                    ],
                ]),
            ])
    }

    private var definitions: Section {
        let words = EvidenceWord.allWords.map { Fact($0.rawValue, [.text($0.meaning)]) }
        let grades = Grade.allCases.map { Fact($0.name, [.text($0.meaning)]) }
        return Section("definitions", "Definitions", [.facts(words + grades + Glossary.deletion)])
    }
}

extension EvidenceWord {
    static let allWords: [EvidenceWord] = [.proved, .reproduced, .attested, .notClaimed]
}

extension Timestamp {
    /// `2026-11-23 10:00:00 UTC`.
    var readable: String { "\(text.prefix(10)) \(text.dropFirst(11).dropLast()) UTC" }
}
