internal import Bytes
internal import ChainViews
internal import Compliance
internal import Events

/// The page of a deletion in any state.
extension DeletionStateReport {
    public var page: Page {
        Page(
            title: "Deletion: where it stands",
            subtitle: "Deletion \(content.deletion) on \(content.footing.chain)", banner: banner,
            sections: [
                .openPoints(content.openPoints, orElse: ["None among the checks of this report."]), waiting, scope,
                lineage, course, request, excluded, models, erasures,
            ] + content.surroundings.sections + [
                .evidence(content.evidence, caption: "Events that record the deletion and its work"), limits, checking,
                definitions,
            ], data: json())
    }

    private var tone: Tone {
        let results = content.erasures.flatMap(\.results)
        let isKept = results.contains { $0.verdict != .deleted && $0.verdict != .notFound }
        let fallsShort = isKept || content.openPoints.contains { $0.weight == .shortfall }
        if isOverdue { return .bad }
        switch content.state {
        case .certified, .completed: return fallsShort ? .caution : .good
        case .requested, .accepted, .started, .refused: return .caution
        }
    }

    private var banner: Banner {
        let scale = GradeScale(
            title: "Evidence grade, the least over all parts",
            steps: Grade.allCases.map { .init(name: $0.name, word: $0.word) }, reached: content.grade.rawValue)
        return Banner(
            tone: tone, notice: isOverdue ? "Overdue. The answer was due on \(limit.readable)." : nil,
            heading: heading, sentences: [outcome, due, content.footing.sentence], scale: scale,
            counts: [
                .count(content.excluded.count, "contribution"), .count(content.models.count, "model"),
                .count(content.holders.count, "holder"),
                .count(content.erasures.count { !$0.results.isEmpty }, "attestation"),
            ])
    }

    private var heading: String {
        switch content.state {
        case .requested: "Open: the request waits for a decision."
        case .accepted: "Open: the request is accepted, and the work has not begun."
        case .started: "In progress: the work has begun and is not completed."
        case .refused: "Refused: nothing is deleted."
        case .completed: "Completed, and not yet certified."
        case .certified:
            content.certificate == nil ? "Certified." : "Completed and certified, grade \(content.grade.name)."
        }
    }

    private var outcome: [Span] {
        let member = Span.strong(content.member.text)
        guard content.state != .refused else {
            return ["What ", member, " contributed stays, and no model is changed."]
        }
        if isUntold {
            return ["Which contributions rest on the records ", member, " alone knows; its decision will say."]
        }
        guard !content.excluded.isEmpty else { return [member, " has no contribution to exclude."] }
        let count = Elapsed.unit(content.excluded.count, "contribution")
        let models = Elapsed.unit(content.models.count, "model")
        let owners = Span.strong(DeletionReport.names(content.excluded.map(\.member)))
        if content.surroundings.scope == .records {
            let retraining = content.surroundings.retraining
            let trained = retraining.count { $0.after != nil }, settled = content.models.count(where: \.isDone)
            let work =
                content.isPlanned
                ? "\(retraining.count) would be trained again, and \(models) rebuilt or withdrawn"
                : "\(trained) of \(retraining.count) trained again, and \(settled) of \(models) settled"
            return [
                "\(count) of ", owners,
                " \(content.excluded.count == 1 ? "rests" : "rest") on the records or on what does: \(work).",
            ]
        }
        let verb =
            content.isPlanned ? "would be excluded" : content.excluded.count == 1 ? "is excluded" : "are excluded"
        let done = content.models.count(where: \.isDone)
        let fate =
            content.isPlanned
            ? "and \(models) would be rebuilt or withdrawn" : "and \(done) of \(models) that held them are settled"
        let withdrawn = content.excluded.count(where: \.isWithdrawn)
        let note =
            withdrawn == 0
            ? ""
            : withdrawn == 1
                ? " One was withdrawn before any model merged it; its bytes go too."
                : " \(withdrawn) were withdrawn before any model merged them; their bytes go too."
        return ["\(count) of ", owners, " \(verb), \(fate).\(note)"]
    }

    /// Whether what it would change cannot be told yet: records are to go, and nobody has said which shards have them.
    private var isUntold: Bool { content.state == .requested && content.surroundings.scope == .records }

    private var due: [Span] {
        var spans: [Span] = [
            "Received \(content.receivedAt.readable) as declared; an answer is due ", .strong(limit.readable),
            content.surroundings.extended == nil ? "." : " by the extension that is recorded.",
        ]
        if isOpen, !isOverdue {
            spans.append(" \(Elapsed.text(seconds: limit.seconds - content.footing.madeAt.seconds)) are left.")
        }
        return spans
    }

    // MARK: What it waits for

    private var waiting: Section {
        let table = DataTable(
            caption: "The next steps, and who can take them", columns: ["Who", "What"],
            rows: content.waitsFor.map { [[.text($0.by)], [.text($0.step)]] })
        return Section("waiting", "What it waits for", table: table, orElse: "It waits for nobody.")
    }

    private var scope: Section {
        Section("scope", "Not looked at", [.list(content.notLookedAt.map { [.text($0)] })])
    }

    // MARK: Pictures

    private var course: Section {
        let title = "Timeline of the deletion"
        let steps = content.timeline.steps.map { "\($0.name) \($0.at)" }.joined(separator: ", ")
        var caption = "The bar is to scale. All times are those that the organisations declared."
        if isOpen { caption += " What is filled ends when this page was made." }
        let picture = Picture(
            markup: TimelineDrawing.markup(
                TimelineLayout(content.timeline), title: title, summary: "\(steps); due \(content.timeline.dueAt)"),
            label: title, caption: [.text(caption)], isWide: false)
        return Section("timeline", "Timeline", [.picture(picture)])
    }

    private var lineage: Section {
        let title =
            isUntold
            ? "Lineage as it is now"
            : content.isPlanned ? "What the deletion would change" : "Lineage before and after the deletion"
        let layout = LineageLayout(content.lineage, focus)
        var caption = "Each lane is a member, each column a round."
        if isUntold { caption += " What the deletion would change is not drawn: the decision will say." }
        let drawn = layout.columnLabels.count
        if drawn < content.rounds.value { caption += " \(drawn) of \(content.rounds) rounds are drawn." }
        if layout.sharedMembers > 0 { caption += " \(layout.sharedMembers) members share the last lane." }
        if layout.hiddenCohorts > 0 {
            caption += " The models of \(layout.hiddenCohorts) cohorts are in the tables alone."
        }
        let summary =
            "\(Elapsed.unit(content.excluded.count, "contribution")) of \(content.member), "
            + "\(Elapsed.unit(content.models.count, "affected model"))."
        let picture = Picture(
            markup: LineageDrawing.markup(layout, title: title, summary: summary), label: title,
            caption: [.text(caption)], isWide: layout.width > 760)
        return Section("lineage", title, [.picture(picture)])
    }

    /// What the picture shows as excluded and as affected.
    var focus: LineageFocus {
        let toRetrain = Set(content.surroundings.retraining.filter { $0.after == nil }.map(\.event))
        guard content.isPlanned else {
            return LineageFocus(
                plans: Set([content.plan].compactMap { $0 }), toRetrain: toRetrain, affected: Set(content.descendants))
        }
        let before = Set(content.models.map(\.before))
        let pending = content.lineage.models.filter { $0.state == .current && before.contains($0.model) }
        return LineageFocus(
            plans: [], toExclude: Set(content.excluded.map(\.event)), toRetrain: toRetrain,
            affected: Set(content.descendants),
            toRebuild: Set(pending.map(\.position)), words: .plan)
    }

    // MARK: Facts

    private var request: Section {
        var facts = [
            Fact("Deletion", [.code(content.deletion.text)]), Fact("Whose contributions", content.member.text),
            Fact("Recorded by", content.author.text), Fact("Ground", content.ground.meaning),
            Fact("What goes", whatGoes), Fact("State", content.state.rawValue),
            Fact("Received, as declared", content.receivedAt.readable),
            Fact("Due, as recorded", content.dueAt.readable),
        ]
        if let extended = content.surroundings.extended { facts.append(Fact("Extended to", extended.dueAt.readable)) }
        if let strict = content.strictDue, let graced = content.gracedDue {
            facts += [
                Fact("The law's period ends", strict.readable),
                Fact("With grace for weekends", graced.readable),
                Fact("With the longest extension", content.extendedDue?.readable ?? "none"),
            ]
        } else {
            facts.append(Fact("The law's period", "none: the parties agree on it"))
        }
        facts += [
            Fact("Plan", content.plan.map { [.digest($0.hex)] } ?? ["not begun"]),
            Fact("Holders", content.holders.map(\.text).joined(separator: ", ")),
            Fact("Certificate", content.certificate.map { [.digest($0.hex)] } ?? ["none"]),
        ]
        return Section("request", "The request", [.facts(facts)])
    }

    /// What the request is about: all contributions, or records in some shards.
    private var whatGoes: String {
        let touched = content.surroundings.touched
        switch content.surroundings.scope {
        case .contributions: return "everything that \(content.member) contributed"
        case .records where touched.isEmpty: return "records of \(content.member); which shards, the decision says"
        case .records:
            let emptied = touched.count(where: \.emptied)
            let shards = touched.map { "\($0.dataset) \($0.shard)" }.joined(separator: ", ")
            return "records in \(Elapsed.unit(touched.count, "shard")) (\(shards))"
                + (emptied > 0 ? ", of which \(emptied) left empty" : "")
        }
    }

    private var excluded: Section {
        let table = DataTable(
            caption: content.isPlanned
                ? "What the plan would leave out" : "Left out of every later replay of the chain",
            columns: ["Event", "Round", "Member", "Adapter", "Weight"],
            rows: content.excluded.map { row in
                [
                    ["\(row.event)"], ["\(row.round.name(cohort: row.cohort))"], ["\(row.member)"],
                    [.digest(row.adapter.hex)], row.isWithdrawn ? [.mark("withdrawn", .caution)] : ["\(row.weight)"],
                ]
            })
        return Section(
            "excluded", "Excluded contributions", table: table, atMost: Section.shownRows, orElse: "None.")
    }

    private var models: Section {
        let table = DataTable(
            caption: "Every model that descends from the excluded contributions",
            columns: ["Round", "Model before", "What becomes of it", "Model after"],
            rows: content.models.map { row in
                [
                    ["\(row.round.name(cohort: row.cohort))"], [.digest(row.before.hex)], [Self.fate(row)],
                    row.after.map { [.digest($0.hex)] } ?? ["—"],
                ]
            })
        return Section(
            "models", "Models", table: table, atMost: Section.shownRows,
            orElse: "No model descends from what is excluded.")
    }

    private static func fate(_ row: Fate) -> Span {
        switch (row.outcome, row.isDone) {
        case (.rematerialized, true): .mark("rebuilt", .good)
        case (.rematerialized, false): .mark("to be rebuilt", .caution)
        case (.withdrawn, true): .mark("withdrawn", .bad)
        case (.withdrawn, false): .mark("to be withdrawn", .caution)
        }
    }

    private var erasures: Section {
        let rows = content.erasures.flatMap { erasure -> [[[Span]]] in
            guard !erasure.results.isEmpty else {
                return [[["\(erasure.holder)"], ["all stores"], [.mark("not attested yet", .caution)], ["—"], ["—"]]]
            }
            return erasure.results.map { result in
                [
                    ["\(erasure.holder)"], ["\(result.store.rawValue): \(result.store.meaning)"],
                    [.mark(result.words, result.verdict.tone)], ["\(result.items)"],
                    [.text(erasure.event?.description ?? "—")],
                ]
            }
        }
        let table = DataTable(
            caption: "What each holder says it erased, store by store. Attested, not proved.",
            columns: ["Holder", "Store", "Result", "Items", "Event"], rows: rows)
        return Section("erasures", "Erasures", table: table, orElse: "Nobody has had to erase anything yet.")
    }

    // MARK: Limits and use

    private var limits: Section {
        Section(
            "limits", "Limits",
            [
                .list(
                    (Footing.limits + [
                        "This page is no certificate. What a regulator can check offline is the certificate's bundle.",
                        "Where models were rebuilt, this shows which procedure was followed. It does not prove that the same "
                            + "information did not enter through another contribution, through the base model, or outside this ledger.",
                        "An erasure is the word of the holder that attests it.",
                    ]).map { [.text($0)] })
            ])
    }

    private var checking: Section {
        content.footing.checking([
            [
                "Where there is a certificate, get its bundle and run ", .code("lethe verify FILE --trust POLICY"),
                ", which needs no ledger.",
            ]
        ])
    }

    private var definitions: Section {
        let grades = Grade.allCases.map { Fact($0.name, $0.meaning) }
        let terms = Glossary.deletion.filter { !Footing.definitions.map(\.term).contains($0.term) }
        return Section("definitions", "Definitions", [.facts(grades + terms + Footing.definitions)])
    }
}

extension DeletionStateReport {
    public var rows: FlatTable {
        var rows = DeletionRows(content.deletion)
        rows.add(
            "state", content.state.rawValue, member: content.member, outcome: content.grade.name,
            at: content.footing.madeAt)
        for point in content.openPoints { rows.add("open", point.statement, outcome: point.weight.rawValue) }
        for wait in content.waitsFor { rows.add("waits-for", wait.step, outcome: wait.by) }
        for step in content.timeline.steps { rows.add("step", step.name, event: step.event, at: step.at) }
        rows.add("step", "due", at: content.dueAt)
        for row in content.excluded {
            rows.add(
                "excluded", member: row.member, round: row.round, cohort: row.cohort, before: row.adapter,
                outcome: row.isWithdrawn ? "withdrawn" : nil, event: row.event)
        }
        for row in content.models {
            rows.add(
                "model", row.isDone ? "done" : "to do", round: row.round, cohort: row.cohort, before: row.before,
                after: row.after,
                outcome: row.outcome.rawValue)
        }
        for erasure in content.erasures {
            if erasure.results.isEmpty { rows.add("erasure", member: erasure.holder, outcome: "not attested") }
            for result in erasure.results {
                rows.add(
                    "erasure", result.store.rawValue, member: erasure.holder, outcome: result.verdict.rawValue,
                    event: erasure.event)
            }
        }
        content.surroundings.add(to: &rows)
        return rows.table
    }
}
