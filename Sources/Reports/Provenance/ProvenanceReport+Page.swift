internal import Bytes
internal import ChainViews
internal import Events

/// The page of a model's provenance.
extension ProvenanceReport {
    private var model: Model { content.model }
    private func part(_ part: Contribution.Part) -> [Contribution] {
        content.contributions.filter { $0.part == part }
    }

    public var page: Page {
        Page(
            title: "Provenance report",
            subtitle: "Model of \(model.round) on \(content.footing.chain)", banner: banner,
            sections: [
                .openPoints(content.openPoints, orElse: ["None among the checks of this report."]), scope, lineage,
                facts, contributions, training, runs, ancestors, history, deletions,
                .evidence(content.evidence, caption: "Events that the model descends from"), limits, checking,
                definitions,
            ].compactMap { $0 },
            data: json())
    }

    private var tone: Tone {
        if model.state != .current { return .bad }
        return content.openPoints.isEmpty ? .good : .caution
    }

    private var banner: Banner {
        let merged = part(.merged)
        let members = Set(merged.map(\.member)).count
        return Banner(
            tone: tone, notice: model.state == .current ? nil : "This model may not be served.",
            heading: heading,
            sentences: [
                [
                    "It is the exact merge (\(model.rule.rawValue)) of ",
                    .strong(Elapsed.unit(merged.count, "contribution")),
                    " by \(Elapsed.unit(members, "member")), on the base \(content.baseName), made by \(model.madeBy) in event \(model.event) of \(content.footing.chain).",
                ],
                content.footing.sentence,
                [.text(attested)],
            ], scale: nil,
            counts: [
                Fact("merged", "\(merged.count)"), Fact("trained on", "\(part(.ancestor).count)"),
                Fact("excluded", "\(part(.excluded).count)"),
            ] + leftOut + [
                .count(content.deletions.count, "deletion"), .count(content.attestations.count, "attestation"),
            ])
    }

    /// What else the model leaves out, where there is any.
    private var leftOut: [Fact] {
        [("affected", part(.affected).count), ("withdrawn", part(.withdrawn).count)].filter { $0.1 > 0 }
            .map { Fact($0.0, "\($0.1)") }
    }

    private var heading: String {
        let what = content.file.map { "\($0) is" } ?? "This is"
        let name = "the model \(model.model.hex.prefix(16))… of \(model.round)"
        switch model.state {
        case .current: return "\(what) \(name), which is served now."
        case .suppressed: return "\(what) \(name), which a deletion in progress suppresses."
        case .replaced: return "\(what) \(name), which was replaced after a deletion."
        case .recalled: return "\(what) \(name), which was recalled after a deletion."
        }
    }

    private var attested: String {
        let names = content.attestations.map(\.member.text)
        guard !names.isEmpty else { return "No other member has attested that it gets the same bytes." }
        return "\(names.joined(separator: ", ")) merged the same contributions and got the same bytes."
    }

    private var scope: Section {
        Section("scope", "Not looked at", [.list(content.notLookedAt.map { [.text($0)] })])
    }

    // MARK: Lineage

    private var lineage: Section {
        let title = "Lineage of the model"
        let layout = LineageLayout(content.lineage, focus)
        let drawn =
            "\(Elapsed.unit(content.lineage.members.count, "member")) in lanes, "
            + "\(Elapsed.unit(content.rounds.value, "round")) in columns."
        var caption =
            "Each lane is a member, each column a round. A line runs down from the contributions to the model "
            + "that merges them. What a deletion excluded is crossed out"
            + (part(.withdrawn).isEmpty ? "." : "; what was withdrawn before any model merged it, with one line.")
        let hidden = content.rounds.value - layout.columnLabels.count
        if hidden > 0 { caption += " \(Elapsed.unit(hidden, "round")) more are in the tables." }
        if layout.sharedMembers > 0 { caption += " \(layout.sharedMembers) members share the last lane." }
        if layout.hiddenCohorts > 0 {
            caption += " The models of \(layout.hiddenCohorts) cohorts are in the tables alone."
        }
        let picture = Picture(
            markup: LineageDrawing.markup(layout, title: title, summary: "\(drawn) \(attested)"), label: title,
            caption: [.text(caption)], isWide: layout.width > 760)
        return Section("lineage", "Lineage", [.picture(picture)])
    }

    /// What the picture shows as excluded.
    var focus: LineageFocus {
        LineageFocus(
            plans: Set(content.deletions.map(\.plan)),
            affected: Set(content.contributions.filter { $0.part == .affected }.map(\.event)), words: .provenance)
    }

    private var facts: Section {
        Section(
            "model", "The model",
            [
                .facts([
                    Fact("Model", [.fullDigest(model.model.hex)]),
                    Fact("Its tensors alone", [.fullDigest(model.tensors.hex)]),
                    Fact("State", [.mark(model.state.rawValue, model.state == .current ? .good : .bad)]),
                    Fact("Replaced by", model.replacedBy.map { [.digest($0.hex)] } ?? ["nothing"]),
                    Fact(
                        "Round",
                        "\(model.round), \(model.topology.rawValue)" + (model.cohort.map { ", cohort \($0)" } ?? "")),
                    Fact("Merged by the rule", model.rule.meaning),
                    Fact("Made by", "\(model.madeBy), event \(model.event)"),
                    Fact(
                        "Attested by",
                        content.attestations.isEmpty
                            ? "nobody else" : content.attestations.map(\.member.text).joined(separator: ", ")),
                    Fact(
                        "Evaluated by",
                        content.evaluations.isEmpty
                            ? "nobody"
                            : content.evaluations.map { "\($0.member), event \($0.event)" }.joined(separator: "; ")),
                    Fact("Base", ["\(content.baseName), ", .fullDigest(content.base.hex)]),
                ])
            ])
    }

    // MARK: Tables

    private var contributions: Section {
        let rows = content.contributions.filter { $0.round == model.round || $0.part == .merged }
        let total = part(.merged).reduce(0) { $0 + $1.weight }
        let table = DataTable(
            caption: "What \(model.round) was given, and what of it the model merges",
            columns: ["Member", "Adapter", "Part", "Weight", "Share", "Trained on", "Event", "Checkpoint"],
            rows: rows.map { row in
                let isMerged = row.part == .merged
                return [
                    [isMerged ? .text(row.member.text) : .struck(row.member.text)], [.digest(row.adapter.hex)],
                    part(of: row), ["\(row.weight)"],
                    [.text(isMerged ? share(row.weight, of: total) : "—")], origin(of: row), ["\(row.event)"],
                    [.text(covered(row))],
                ]
            })
        return Section(
            "contributions", "Contributions", table: table, atMost: Section.shownRows, orElse: "None.")
    }

    private func part(of row: Contribution) -> [Span] {
        switch row.part {
        case .merged: [.mark("merged", .good)]
        case .ancestor: [.mark("trained on", .plain)]
        case .affected: [.mark("affected", .caution)] + plan(of: row)
        case .excluded: [.mark("excluded", .bad)] + plan(of: row)
        case .withdrawn:
            [.mark("withdrawn", .caution)]
                + (row.excludedBy.map { ["; its bytes go by the plan ", .digest($0.hex)] } ?? [])
        }
    }

    private func plan(of row: Contribution) -> [Span] {
        row.excludedBy.map { [" by the plan ", .digest($0.hex)] } ?? []
    }

    /// A share in per cent with one digit, for rules that weigh.
    private func share(_ weight: Int, of total: Int) -> String {
        guard model.rule != .stack else { return "a block of its own" }
        let permille = total == 0 ? 0 : (weight * 2_000 / total + 1) / 2
        return "\(permille / 10).\(permille % 10) %"
    }

    private func origin(of row: Contribution) -> [Span] {
        guard !row.parents.isEmpty else { return ["the base"] }
        return row.parents.enumerated().flatMap { index, parent -> [Span] in
            [.text(index > 0 ? ", " : ""), .digest(parent.hex)]
        }
    }

    private func covered(_ row: Contribution) -> String {
        guard row.isCovered, let checkpoint = content.footing.checkpoint else { return "not yet" }
        return "\(checkpoint.size)"
    }

    /// What contributions were trained by, as their members say in public.
    private var training: Section? {
        let trained = content.contributions.filter { $0.training != nil }
        guard !trained.isEmpty else { return nil }
        let table = DataTable(
            caption: "What members say of the training behind their contributions",
            columns: ["Member", "Round", "Trainer", "Recipe", "Shards", "Runs"],
            rows: trained.map { row in
                let training = row.training!
                return [
                    [row.part.isMade ? .text(row.member.text) : .struck(row.member.text)],
                    ["\(row.round.name(cohort: row.cohort))"],
                    ["\(training.trainer.rawValue)"], [.digest(training.recipe.hex)],
                    [.text(Self.words(training.shards))], [.digest(training.runs.hex)],
                ]
            })
        return Section(
            "training", "Training", table: table, atMost: Section.shownRows, orElse: "Nothing is said of it.")
    }

    /// `2 of ds-1: 0, 3`, for each data set.
    private static func words(_ shards: Ascending<ShardReference>) -> String {
        let sets = Dictionary(grouping: shards, by: \.dataset)
        return sets.keys.sorted().map { dataset in
            let numbers = sets[dataset]!.map { "\($0.shard)" }
            return "\(dataset): " + (numbers.count > 8 ? "\(numbers.count) shards" : numbers.joined(separator: ", "))
        }.joined(separator: "; ")
    }

    /// The runs of the member whose private chain was looked at.
    private var runs: Section? {
        guard let member = content.organisation else { return nil }
        let table = DataTable(
            caption: "Training runs on the private chain of \(member), by shard and round",
            columns: ["Event", "Round", "Shard", "Records", "Started from", "Result", "Trainer", "Here"],
            rows: content.runs.map { run in
                [
                    ["\(run.event)"], ["\(run.round)"], ["\(run.shard.dataset) \(run.shard.shard)"],
                    ["\(run.records)"], run.parent.map { [.digest($0.hex)] } ?? ["the recipe's beginning"],
                    [.digest(run.adapter.hex)],
                    [.text(run.trainer.rawValue + (run.isReproduced ? ", reproduced" : ""))],
                    [.mark(run.isCurrent ? "counts" : "replaced", run.isCurrent ? .good : .caution)],
                ]
            })
        return Section(
            "runs", "Training runs of \(member)", table: table, atMost: Section.shownRows,
            orElse: "No run is recorded behind its contributions.")
    }

    private var ancestors: Section? {
        let rows = content.contributions.filter { $0.round != model.round && $0.part != .merged }
        guard !rows.isEmpty else { return nil }
        let table = DataTable(
            caption:
                "Earlier contributions that the merged ones were trained on, that a deletion took out, or that were withdrawn",
            columns: ["Round", "Member", "Adapter", "Part", "Trained on", "Event", "Checkpoint"],
            rows: rows.map { row in
                [
                    ["\(row.round.name(cohort: row.cohort))"],
                    [row.part.isMade ? .text(row.member.text) : .struck(row.member.text)],
                    [.digest(row.adapter.hex)], part(of: row), origin(of: row), ["\(row.event)"], [.text(covered(row))],
                ]
            })
        return Section(
            "ancestors", "What they were trained on", table: table, atMost: Section.shownRows, orElse: "Nothing.")
    }

    private var history: Section {
        let table = DataTable(
            caption: "Materialisations of the rounds that are drawn, in the order of the chain",
            columns: ["Event", "Round", "Model", "State", "Merges"],
            rows: content.lineage.models.map { row in
                [
                    ["\(row.position)"], ["\(row.round.name(cohort: row.cohort))"], [.digest(row.model.hex)],
                    [.mark(row.state.rawValue, row.state == .current ? .plain : .caution)],
                    ["\(Elapsed.unit(row.contributions.count, "contribution"))"],
                ]
            })
        return Section("history", "Models", table: table, atMost: Section.shownRows, orElse: "None.")
    }

    private var deletions: Section {
        let table = DataTable(
            caption: "Deletions that excluded something from this lineage",
            columns: ["Deletion", "Of", "State", "Grade", "Plan", "Document"],
            rows: content.deletions.map { row in
                [
                    [.code(row.deletion.text)], ["\(row.member)"], ["\(row.state.rawValue)"],
                    ["\(row.grade.name): \(row.grade.word)"], [.digest(row.plan.hex)],
                    row.certificate.map { [.digest($0.hex)] } ?? ["none"],
                ]
            })
        return Section("deletions", "Deletions", table: table, orElse: "No deletion has touched it.")
    }

    // MARK: Limits and use

    private var limits: Section {
        Section(
            "limits", "Limits",
            [
                .list(
                    (Footing.limits + [
                        "The merge is exact and can be computed again by anybody who holds the contributions. That training as "
                            + "described gives a contribution is the word of the member that committed it.",
                        "Where a deletion excluded a contribution, this shows which procedure was followed. It does not prove "
                            + "that the same information did not enter through another contribution, through the base model, or "
                            + "outside this ledger.",
                    ]).map { [.text($0)] })
            ])
    }

    private var checking: Section {
        content.footing.checking([
            [
                "With the contributions at hand, ", .code("lethe replay"),
                " merges them again; with the file at hand, ", .code("lethe model lineage DIR"),
                " must find the model ", .fullDigest(model.model.hex), ".",
            ]
        ])
    }

    private var definitions: Section {
        Section(
            "definitions", "Definitions",
            [
                .facts(
                    [
                        Fact(
                            "contribution",
                            "an adapter, a small set of changed weights, that a member committed to a round"),
                        Fact("model", "the exact merge of a round's contributions, named by the digest of its content"),
                        Fact("base", "the frozen model that adapters change, named by the digest of its weights"),
                        Fact(
                            "weight",
                            "how much a contribution counts in a mean: as a rule its number of training samples"),
                        Fact(
                            "attested",
                            "another member merged the same contributions and signed that it got equal bytes"),
                        Fact("exclusion", "contributions that every later replay of the chain leaves out"),
                        Fact(
                            "affected",
                            "trained on what a deletion took out: it is not excluded, but later merges leave it out"),
                        Fact(
                            "withdrawn",
                            "taken back by its member, or set aside by the members together, before any model merged it"
                        ),
                    ] + Footing.definitions)
            ])
    }
}

extension MergeRule {
    /// What the rule computes.
    var meaning: String {
        switch self {
        case .mean: "mean: the weighted mean of both factors, each element rounded once"
        case .ffa: "ffa: one factor is frozen and shared, the other is the weighted mean"
        case .stack: "stack: one rank block for each contribution"
        }
    }
}

extension ProvenanceReport {
    public var rows: FlatTable {
        var table = FlatTable([
            "model", "round", "kind", "part", "member", "of_round", "of_cohort", "adapter", "tensors", "weight",
            "parents", "event",
            "state", "excluded_by", "covered_by_checkpoint",
        ])
        let (name, round) = (model.model.hex, model.round.text)
        table.add([
            name, round, "base", "base", nil, nil, nil, content.base.hex, nil, nil, nil, nil, content.baseName.text,
            nil,
            nil,
        ])
        for row in content.contributions {
            table.add([
                name, round, "contribution", row.part.rawValue, row.member.text, row.round.text, row.cohort?.text,
                row.adapter.hex,
                row.tensors.hex, "\(row.weight)", row.parents.map(\.hex).joined(separator: " "), "\(row.event)", nil,
                row.excludedBy?.hex, "\(row.isCovered)",
            ])
        }
        for row in content.runs {
            table.add([
                name, round, "run", row.isCurrent ? "counts" : "replaced", content.organisation?.text, row.round.text,
                nil, row.adapter.hex, nil, "\(row.records)", row.parent?.hex, "\(row.event)",
                "\(row.shard.dataset) \(row.shard.shard)", nil, nil,
            ])
        }
        for row in content.lineage.models {
            table.add([
                name, round, "model", row.position == model.event ? "this" : "other", nil, row.round.text,
                row.cohort?.text, row.model.hex,
                nil, nil, nil, "\(row.position)", row.state.rawValue, nil, nil,
            ])
        }
        for row in content.deletions {
            table.add([
                name, round, "deletion", row.deletion.text, row.member.text, nil, nil, nil, nil, nil, nil, nil,
                "\(row.state.rawValue) \(row.grade.name)", row.plan.hex, nil,
            ])
        }
        for row in content.attestations {
            table.add([name, round, "attestation", "equal bytes", row.member.text] + Array(repeating: nil, count: 10))
        }
        return table
    }
}
