internal import Bytes
internal import ChainViews
internal import Compliance
internal import Events

/// All controls, what they are made of, and how to check them.
extension ComplianceReport {
    /// One table for each pack.
    var tables: [Section] {
        let tables = result.packs.map { pack -> Block in
            let rows = pack.controls.map { control -> [[Span]] in
                [
                    [.code(control.control.text)],
                    [.mark(control.word.words, control.word.tone)] + Self.because(control),
                    [.text(control.title.text)], [.text(Self.population(control))],
                    [.text(Self.exceptionCount(control))],
                    [.digest(control.queryDigest.hex)],
                ]
            }
            return .table(
                DataTable(
                    caption: "\(pack.pack) \(pack.version), \(pack.title): \(pack.overall.words)",
                    columns: ["Control", "Result", "Wanted", "In scope", "Exceptions", "Query"], rows: rows))
        }
        return [Section("controls", "All controls", tables.isEmpty ? [.paragraph(["No pack was asked for."])] : tables)]
    }

    /// Why a control without rows has its word.
    private static func because(_ control: ControlResult) -> [Span] {
        switch control.word {
        case .notApplicable: [.text(control.explanation.map { ": \($0)" } ?? "")]
        case .pass where control.judgement != nil: [.text(", as \(control.judgement!.answeredBy) answers")]
        default: []
        }
    }

    var packs: Section {
        let rows = result.packs.map { pack -> [[Span]] in
            [
                ["\(pack.pack)"], ["\(pack.version)"], [.mark(pack.overall.words, pack.overall.tone)],
                [.text(pack.regime.law.text)], [.fullDigest(pack.digest.hex)],
                pack.signers.isEmpty
                    ? [.mark("nobody", .caution)]
                    : pack.signers.enumerated().flatMap { index, key -> [Span] in
                        [.text(index > 0 ? ", " : ""), .digest(key.hex)]
                    },
                [.mark(pack.standing.words, pack.standing == .adopted ? .plain : .caution)],
            ]
        }
        let table = DataTable(
            caption: "Packs of controls that were judged; the signer is a member's key",
            columns: ["Pack", "Version", "Result", "Law", "Digest of its files", "Signed by", "Adopted"], rows: rows)
        return Section("packs", "Packs", table: table, orElse: "None.")
    }

    var waivers: Section? {
        guard !content.waivers.isEmpty || content.answers != nil else { return nil }
        let used = Set(result.findings.flatMap { $0.control.violations.compactMap(\.waiver) })
        let rows = content.waivers.map { waiver -> [[Span]] in
            let isUsed = used.contains(waiver.waiver)
            return [
                [.text(waiver.waiver)], [.text(waiver.control)], [.text(waiver.subject ?? "all of it")],
                [.text(waiver.reason)], [.text(waiver.owner)], [.text(waiver.approver)],
                [.text(waiver.expiresAt?.readable ?? "no end")],
                [.mark(isUsed ? "used" : "not used", isUsed ? .caution : .plain)],
            ]
        }
        let table = DataTable(
            caption: "Exceptions that somebody allowed",
            columns: ["Waiver", "Control", "Subject", "Reason", "Owner", "Approver", "Until", "Here"], rows: rows)
        var blocks: [Block] = rows.isEmpty ? [.paragraph(["There are no waivers."])] : [.table(table)]
        if let answers = content.answers {
            blocks.append(
                .paragraph([
                    "Answers, waivers and responses were read from the file ", .code(answers.name), ", SHA-256 ",
                    .fullDigest(answers.digest.hex),
                    ". Nobody signed that file: whoever made this page answers for it.",
                ]))
        }
        return Section("waivers", "Waivers and answers", blocks)
    }

    // MARK: Limits and use

    var limits: Section {
        let packs = result.packs.map { pack -> [Span] in [.strong("\(pack.pack): "), .text(pack.limits.text)] }
        let controls = result.findings.filter { $0.control.word != .notApplicable }.map { found -> [Span] in
            [.code(found.control.control.text), .text(" \(found.control.limits)")]
        }
        return Section(
            "limits", "Limits",
            [
                .list(
                    (Footing.limits + [
                        "A pass says that a query found no exception among what it looked at. It is no opinion on "
                            + "whether a law is kept.",
                        "A control sees what was recorded. Where nothing was recorded of a duty, a control that looks for "
                            + "its breach finds none.",
                    ]).map { [.text($0)] }),
                .heading(["Of the packs"]), .list(packs),
            ] + (controls.isEmpty ? [] : [.heading(["Of the controls that apply"]), .list(controls)]))
    }

    var checking: Section {
        content.footing.checking([
            [
                "Each pack must have the digest printed under ", .link("packs", section: "packs"),
                ": inside its folder, ", .code("export LC_ALL=C; find * -type f ! -name pack.sig.json | sort | "),
                .code("xargs sha256sum | sha256sum"), ".",
            ],
            [
                "Read the query of a control that matters to you, ", .code("violations.sql"),
                "; its SHA-256 begins with the digits in the table.",
            ],
        ])
    }

    var definitions: Section {
        let words = [ResultWord.pass, .fail, .error, .notApplicable, .notEvaluated, .waived]
            .map { Fact($0.words, $0.meaning) }
        let terms = [
            Fact("control", "one rule that can be checked over a ledger: a query whose rows are the exceptions"),
            Fact("pack", "a set of controls with one version and one digest"),
            Fact("in scope", "how many things the control looked at; with none it does not apply"),
            Fact(
                "exception",
                "one row of a control's query: a thing that is not as the rule wants it, in one respect; one thing can have several"
            ),
            Fact("query", "SHA-256 of the query's text: the same digits, the same question"),
            Fact("waiver", "a time-limited exception, approved by somebody who does not own the control"),
        ]
        return Section("definitions", "Definitions", [.facts(words + terms + Footing.definitions)])
    }
}

/// The content as rows: one for each exception, and one for each control without any.
extension ComplianceReport {
    public var rows: FlatTable {
        var table = FlatTable([
            "chain", "size", "as_of", "pack", "pack_version", "pack_digest", "control", "control_version", "title",
            "severity", "law", "article", "result", "explanation", "in_scope", "subject", "reason", "since",
            "event_id", "waiver", "truncated", "query_digest", "owner",
        ])
        for (pack, control) in result.findings {
            let before: [String?] = [
                result.chain.text, "\(result.size)", result.asOf.text, pack.pack.text, pack.version.text,
                pack.digest.hex, control.control.text, control.version.text, control.title.text,
                control.severity.rawValue, control.regime.law.text, control.regime.article?.text,
                control.word.rawValue, control.explanation, control.population.map { "\($0)" },
            ]
            let after: [String?] = ["\(control.isTruncated)", control.queryDigest.hex, control.owner.text]
            if control.violations.isEmpty { table.add(before + [nil, nil, nil, nil, nil] + after) }
            for row in control.violations {
                let found = row.violation
                table.add(before + [found.subject, found.reason, found.since, found.eventID, row.waiver] + after)
            }
        }
        return table
    }
}

extension PackStanding {
    /// Whether the consortium adopted the pack, as a reader is told.
    fileprivate var words: String {
        switch self {
        case .adopted: "yes"
        case .notAdopted: "no"
        case .otherVersion: "another version"
        }
    }
}
