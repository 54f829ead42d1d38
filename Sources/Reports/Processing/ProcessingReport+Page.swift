internal import Bytes
internal import ChainViews
internal import Events

/// The page of records of processing.
extension ProcessingReport {
    private var activities: [Activity] { content.activities }

    public var page: Page {
        Page(
            title: "Records of processing", subtitle: "GDPR Art. 30, from \(content.footing.chain)", banner: banner,
            sections: [missing, untold, scope].compactMap { $0 } + records + [
                .evidence(content.evidence, caption: "Events that the records rest on"), limits, checking, definitions,
            ], data: json())
    }

    private var banner: Banner {
        let controllers = Set(activities.map(\.controller)).count
        let heading: String =
            if activities.isEmpty {
                "No processing is recorded."
            } else if findings == 0, unseen > 0 {
                "Nothing that can be seen here is missing; \(Elapsed.unit(unseen, "matter")) of Art. 30(1) "
                    + "\(unseen == 1 ? "is" : "are") for private chains to tell."
            } else if findings == 0, forOthers > 0 {
                "All that this ledger can tell of Art. 30(1) is recorded; \(Elapsed.unit(forOthers, "matter")) "
                    + "\(forOthers == 1 ? "is" : "are") for others to tell."
            } else if findings == 0 {
                "Every matter of Art. 30(1) is recorded for \(Elapsed.unit(activities.count, "activity", "activities"))."
            } else {
                "Incomplete: \(Elapsed.unit(findings, "matter")) of Art. 30(1) not recorded, over "
                    + "\(Elapsed.unit(activities.count, "activity", "activities"))."
            }
        return Banner(
            tone: findings + unseen == 0 && !activities.isEmpty ? .good : .caution, notice: nil, heading: heading,
            sentences: [
                [
                    "Made from ", .strong(Elapsed.unit(content.footing.size.value, "event")),
                    " of \(content.footing.chain)",
                    .text(privateChains),
                    ". What nobody recorded is not filled in.",
                ],
                content.footing.sentence,
            ], scale: nil,
            counts: [
                Fact(controllers == 1 ? "organisation" : "organisations", "\(controllers)"),
                Fact(activities.count == 1 ? "activity" : "activities", "\(activities.count)"),
                Fact("not recorded", "\(findings)"), Fact("not looked at", "\(unseen)"),
                Fact("for others to tell", "\(forOthers)"),
            ])
    }

    private var privateChains: String {
        let names = content.privateChains.map(\.text).joined(separator: ", ")
        guard !names.isEmpty else { return "" }
        return " and the private \(content.privateChains.count == 1 ? "chain" : "chains") of \(names)"
    }

    // MARK: What is missing

    private var missing: Section {
        let rows = activities.filter { !$0.missing.isEmpty }.map { activity -> [[Span]] in
            [
                ["\(activity.controller)"], [.text(activity.kind.words)],
                [.text(activity.missing.map(\.title).joined(separator: ", "))], ["\(activity.missing.count)"],
            ]
        }
        let table = DataTable(
            caption: "Matters of Art. 30(1) that no event records",
            columns: ["Organisation", "Activity", "Not recorded", "Number"],
            rows: rows)
        return Section("missing", "Findings: what is not recorded", table: table, orElse: "Nothing is missing.")
    }

    /// What others know, which is no finding.
    private var untold: Section? {
        guard unseen + forOthers > 0 else { return nil }
        let rows = activities.filter { !$0.untold.isEmpty }.map { activity -> [[Span]] in
            [
                ["\(activity.controller)"], [.text(activity.kind.words)],
                [.text(activity.untold.map(\.title).joined(separator: ", "))],
                [
                    activity.kind == .merging
                        ? "each member behind whose adapters the data are"
                        : activity.isForOthersToTell
                            ? "\(activity.controller), from its own ledger"
                            : "\(activity.controller), whose private chain is not in this ledger"
                ],
            ]
        }
        let table = DataTable(
            caption: "Matters of Art. 30(1) that descriptions of data sets tell, which stand on private chains",
            columns: ["Organisation", "Activity", "Not looked at", "Who can tell"], rows: rows)
        return Section("untold", "What private chains tell", table: table, orElse: "")
    }

    private var scope: Section {
        Section("scope", "Not looked at", [.list(content.notLookedAt.map { [.text($0)] })])
    }

    // MARK: The records

    private var records: [Section] {
        let controllers = Dictionary(grouping: activities, by: \.controller)
        let blocks = controllers.keys.sorted().flatMap { controller -> [Block] in
            (controllers[controller] ?? []).flatMap { activity -> [Block] in
                [
                    .heading([.strong(controller.text), ": \(activity.kind.words)"]),
                    .facts(facts(of: activity)),
                ]
            }
        }
        return [
            Section(
                "records", "Activities, by the letters of Art. 30(1)", blocks.isEmpty ? [.paragraph(["None."])] : blocks
            )
        ]
    }

    private func facts(of activity: Activity) -> [Fact] {
        let noun = activity.kind == .training ? "contribution" : "model"
        let rounds = activity.rounds.map(\.text)
        let named =
            rounds.count > 6
            ? "\(rounds.count) rounds, \(rounds[0]) to \(rounds.last!)" : rounds.joined(separator: ", ")
        let extent = Fact(
            "Extent",
            "\(Elapsed.unit(activity.number.value, noun)) in \(named); "
                + "\(activity.firstAt.date) to \(activity.lastAt.date), as declared")
        let datasets = activity.datasets.map { row in
            Fact(
                "Data set \(row.dataset)",
                "\(Elapsed.unit(row.records.value, "record")) in \(Elapsed.unit(row.shards.value, "shard")), "
                    + "\(row.erased) of them erased; \(Elapsed.unit(row.runs.value, "training run"))")
        }
        return [extent] + datasets
            + activity.entries.map { entry in
                guard entry.isRecorded || !activity.unseen.contains(entry.matter) else {
                    return Fact(entry.matter.term, [.mark("not looked at", .plain)])
                }
                guard entry.isRecorded else {
                    let tone = entry.matter.isRequired ? Tone.caution : .plain
                    return Fact(entry.matter.term, [.mark("not recorded", tone)])
                }
                return Fact(entry.matter.term, value(of: entry))
            }
    }

    private func value(of entry: Entry) -> [Span] {
        let places = content.evidence.filter { entry.events.contains($0.event) }.map { "\($0.index)" }
        let words = entry.values.joined(separator: "; ")
        return [.text(places.isEmpty ? words : "\(words) (event \(places.joined(separator: ", ")))")]
    }

    // MARK: Limits and use

    private var limits: Section {
        Section(
            "limits", "Limits",
            [
                .list(
                    (Footing.limits + [
                        "Whether a member is a controller, a joint controller or a processor is a legal question. Each member "
                            + "is listed for what it does.",
                        "A transfer that nobody recorded is not on this page, nor where the members themselves are.",
                        "Contact details are wanted by Art. 30(1)(a) and are not on the ledger.",
                    ]).map { [.text($0)] })
            ])
    }

    private var checking: Section {
        content.footing.checking([
            ["Hold each entry against the event that it names: ", .code("lethe show event INDEX"), "."]
        ])
    }

    private var definitions: Section {
        Section(
            "definitions", "Definitions",
            [
                .facts(
                    [
                        Fact(
                            "activity",
                            "what one member does: training adapters on its data, or merging those of others"),
                        Fact(
                            "contribution",
                            "an adapter, a small set of changed weights, that a member committed to a round"),
                        Fact("recipient", "whoever gets the adapters or what was made of them"),
                        Fact("not recorded", "no event that was looked at says anything of the matter"),
                        Fact(
                            "not looked at",
                            "a description of a data set may say it, on a private chain that this report was made without"
                        ),
                    ] + Footing.definitions)
            ])
    }
}

extension ProcessingReport.Matter {
    /// The title with its letter of Art. 30(1), if it has one.
    var term: String { isRequired ? "\(title) \(article.suffix(3))" : title }
}

extension ProcessingReport.Activity.Kind {
    var words: String {
        switch self {
        case .training: "training adapters on its own data"
        case .merging: "merging adapters into models"
        }
    }
}

extension ProcessingReport {
    public var rows: FlatTable {
        var table = FlatTable([
            "controller", "activity", "contributions_or_models", "rounds", "first_at", "last_at", "matter", "article",
            "recorded", "value", "events",
        ])
        for activity in activities {
            for entry in activity.entries {
                table.add([
                    activity.controller.text, activity.kind.rawValue, "\(activity.number)",
                    activity.rounds.map(\.text).joined(separator: " "), activity.firstAt.text, activity.lastAt.text,
                    entry.matter.rawValue, entry.matter.article, "\(entry.isRecorded)",
                    entry.values.joined(separator: "; "), entry.events.map(\.hex).joined(separator: " "),
                ])
            }
        }
        return table
    }
}
