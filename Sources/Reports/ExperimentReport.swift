internal import Bytes
internal import Events

/// An experiment's figures as a page for people, as JSON, and as rows.
public struct ExperimentReport: Report {
    public let content: ExperimentResults
    private let command: String
    private var results: ExperimentResults { content }

    /// - Parameter command: the command line that makes the figures again.
    public init(_ results: ExperimentResults, command: String) {
        content = results
        self.command = command
    }

    public var page: Page {
        Page(
            title: "Unlearning experiment", subtitle: "Federated LoRA adapters on \(results.base)", banner: banner,
            sections: [
                exactSection, approximateSection, costSection, ledgerSection, settingsSection, readingSection,
            ], data: json())
    }

    /// One row for each deletion, carried out exactly and by each approximate method.
    public var rows: FlatTable {
        var table = FlatTable([
            "topology", "shards", "deleted", "records", "method", "equal_bytes", "accuracy_ppm", "area_ppm",
            "area_low_ppm",
            "area_high_ppm", "relative_ppb", "samples", "milliseconds",
        ])
        for (federation, deletion) in deletions {
            let head = [federation.topology, "\(federation.shards)", deletion.kind, "\(deletion.forgotten)"]
            func add(
                _ method: String, _ isEqual: Bool?, _ ppm: Int, _ area: ExperimentResults.Area, _ relative: Int?,
                _ work: ExperimentResults.Work
            ) {
                table.add(
                    head + [
                        method, isEqual.map { $0 ? "yes" : "no" }, "\(ppm)", "\(area.aucPPM)", "\(area.lowPPM)",
                        "\(area.highPPM)", relative.map { "\($0)" }, "\(work.samples)", "\(work.milliseconds)",
                    ])
            }
            add("exact", deletion.isEqual, deletion.accuracyAfterPPM, deletion.areaAfter, nil, deletion.unlearning)
            for row in deletion.approximations {
                add(row.method, nil, row.accuracyPPM, row.area, row.relativePPB, row.work)
            }
        }
        return table
    }

    private var deletions: [(federation: ExperimentResults.Federation, deletion: ExperimentResults.Deletion)] {
        results.federations.flatMap { federation in federation.deletions.map { (federation, $0) } }
    }

    private var banner: Banner {
        let all = deletions
        let equal = all.count { $0.deletion.isEqual }
        let ratios = all.filter { $0.deletion.kind == "one subject" && $0.deletion.unlearning.samples > 0 }
            .map { Double($0.deletion.retraining.samples) / Double($0.deletion.unlearning.samples) }
        var sentences: [[Span]] = [
            ["\(equal) of \(all.count) deletions gave, byte for byte, the model of the history without the records."]
        ]
        if let least = ratios.min(), let most = ratios.max() {
            let (low, high) = (Self.times(least), Self.times(most))
            let range = low == high ? low : "\(low) to \(high)"
            sentences.append(["Unlearning one subject took \(range) less training than training the federation again."])
        }
        return Banner(
            tone: equal == all.count ? .good : .bad, notice: nil,
            heading: equal == all.count ? "Exact every time" : "Not exact every time", sentences: sentences,
            scale: nil,
            counts: [
                Fact(Self.plural("federation", results.federations.count), "\(results.federations.count)"),
                Fact(Self.plural("deletion", all.count), "\(all.count)"),
                Fact("with equal bytes", "\(equal)"),
            ])
    }

    // MARK: Tables

    private var exactSection: Section {
        let rows = deletions.map { federation, deletion -> [[Span]] in
            [
                [.text(Self.name(federation))], [.text(deletion.kind)], [.text("\(deletion.forgotten)")],
                [deletion.isEqual ? .mark("yes", .good) : .mark("no", .bad)],
                [.text(Self.share(deletion.accuracyBeforePPM))], [.text(Self.share(deletion.accuracyAfterPPM))],
                [.text(Self.share(deletion.accuracyRetrainPPM))], [.text(Self.area(deletion.areaBefore))],
                [.text(Self.area(deletion.areaAfter))],
            ]
        }
        let table = DataTable(
            caption: "The last model before and after each deletion, and the matched retrain",
            columns: [
                "Federation", "Deleted", "Records", "Equal bytes", "Accuracy before", "Accuracy after",
                "Accuracy of the retrain", "Membership area before", "Membership area after",
            ], rows: rows)
        return Section("exact", "Exact unlearning", table: table, orElse: "No deletion was carried out.")
    }

    private var approximateSection: Section {
        let rows = deletions.flatMap { federation, deletion in
            deletion.approximations.map { approximation -> [[Span]] in
                [
                    [.text(Self.name(federation))], [.text(deletion.kind)], [.text(approximation.method)],
                    [.text(Self.share(approximation.accuracyPPM))], [.text(Self.area(approximation.area))],
                    [.text(approximation.relativePPB.map { Self.decimal($0, 9, 4) } ?? "other shape")],
                    [.text("\(approximation.work.samples)")], [.text(Self.seconds(approximation.work.milliseconds))],
                ]
            }
        }
        let table = DataTable(
            caption: "The same model changed approximately instead; its distance from the retrain is never nothing",
            columns: [
                "Federation", "Deleted", "Method", "Accuracy", "Membership area", "Relative distance", "Samples",
                "Time",
            ], rows: rows)
        return Section(
            "approximate", "Approximate methods", table: table, orElse: "No approximate method was tried.")
    }

    private var costSection: Section {
        let rows = deletions.map { federation, deletion -> [[Span]] in
            let (less, all) = (deletion.unlearning, deletion.retraining)
            return [
                [.text(Self.name(federation))], [.text(deletion.kind)],
                [.text("\(less.shardRuns) of \(all.shardRuns)")], [.text("\(less.samples) of \(all.samples)")],
                [
                    .text(
                        less.samples == 0
                            ? "no training" : Self.times(Double(all.samples) / Double(less.samples)) + " less")
                ],
                [.text(Self.seconds(less.milliseconds))], [.text(Self.seconds(deletion.wholeMilliseconds))],
                [.text(Self.seconds(all.milliseconds))],
            ]
        }
        let table = DataTable(
            caption: "What unlearning cost, against training the federation again without the records",
            columns: [
                "Federation", "Deleted", "Shard runs", "Samples", "Work", "Training time", "Whole time",
                "Retraining time",
            ], rows: rows)
        return Section("cost", "Work and time", table: table, orElse: "No deletion was carried out.")
    }

    private var ledgerSection: Section {
        let rows = results.federations.map { federation -> [[Span]] in
            let whole = federation.ledgerMilliseconds + federation.training.milliseconds
            let share = whole == 0 ? 0 : 1_000_000 * federation.ledgerMilliseconds / whole
            let perEvent = { (bytes: Int) in federation.events == 0 ? 0 : bytes / federation.events }
            return [
                [.text(Self.name(federation))], [.text(Self.share(federation.accuracyPPM))],
                [.text("\(federation.training.shardRuns)")], [.text("\(federation.training.samples)")],
                [.text(Self.seconds(federation.training.milliseconds))],
                [.text(Self.seconds(federation.ledgerMilliseconds))], [.text(Self.share(share))],
                [.text("\(federation.events)")], [.text("\(perEvent(federation.leafBytes))")],
                [.text("\(perEvent(federation.storedBytes))")],
            ]
        }
        let table = DataTable(
            caption: "Training the federations, and what the ledger took of it",
            columns: [
                "Federation", "Accuracy", "Shard runs", "Samples", "Training time", "Ledger time", "Ledger share",
                "Events", "Leaf bytes an event", "Stored bytes an event",
            ], rows: rows)
        return Section("ledger", "What the ledger costs", table: table, orElse: "No federation was trained.")
    }

    private var settingsSection: Section {
        let settings = results.settings
        let organisations = DataTable(
            caption: "Who took part", columns: ["Organisation", "Records", "Subjects", "Held out"],
            rows: results.organisations.map {
                [[.text($0.name)], [.text("\($0.records)")], [.text("\($0.subjects)")], [.text("\($0.heldOut)")]]
            })
        return Section(
            "settings", "What was run",
            [
                .facts([
                    Fact("Base", results.base), Fact("Rounds", "\(settings.rounds)"),
                    Fact("Epochs a round", "\(settings.epochs)"), Fact("Batch", "\(settings.batchSize)"),
                    Fact("Rank", "\(settings.rank)"), Fact("Learning rate", settings.learningRate),
                    Fact("Tokens of a text", "\(settings.maximumTokens)"), Fact("Seed", "\(settings.seed)"),
                    Fact("Processor cores", "\(results.cores)"),
                    Fact("Accuracy of always saying the commonest label", Self.share(results.majorityPPM)),
                ]), .table(organisations), .command(command),
            ])
    }

    private var readingSection: Section {
        Section("reading", "How to read this", [.list(Self.explanations.map { [.text($0)] })])
    }

    private static let explanations: [String] = [
        """
        Equal bytes: the last model after the deletion has the tensors of the matched retrain, the same rounds trained \
        again from the first one without the records.
        """,
        """
        Membership area: how often the record to forget has a smaller loss than a held-out one; 0.500 is guessing. In \
        brackets the 95 % interval. Few records give a wide one, and no interval proves that nothing is left.
        """,
        """
        Approximate: parameters were changed to reduce the influence of the records. Influence may remain. This is not \
        erasure.
        """,
        """
        Samples: records times epochs. Times are of this machine, with whatever else it was doing; work is not. Ledger \
        time is everything between the founding and the last model that was not training: signing, storing, merging, \
        loading the base.
        """,
    ]

    // MARK: Words

    private static func name(_ federation: ExperimentResults.Federation) -> String {
        "\(federation.topology), \(federation.shards) shard\(federation.shards == 1 ? "" : "s") each"
    }

    private static func plural(_ word: String, _ count: Int) -> String { count == 1 ? word : word + "s" }

    /// Millionths as a share with three digits.
    private static func share(_ ppm: Int) -> String { decimal(ppm, 6, 3) }

    private static func area(_ area: ExperimentResults.Area) -> String {
        "\(share(area.aucPPM)) (\(share(area.lowPPM)) to \(share(area.highPPM)))"
    }

    private static func seconds(_ milliseconds: Int) -> String { decimal(milliseconds, 3, 1) + " s" }

    /// A ratio with one digit, such as `12.3 times`.
    private static func times(_ ratio: Double) -> String { decimal(Int((ratio * 10).rounded()), 1, 1) + " times" }

    /// `value` ÷ 10^`scale` with `digits` digits after the point, half up.
    private static func decimal(_ value: Int, _ scale: Int, _ digits: Int) -> String {
        let unit = (digits..<scale).reduce(1) { product, _ in product * 10 }
        let rounded = (value + unit / 2) / unit
        var text = String(rounded)
        if text.count <= digits { text = String(repeating: "0", count: digits + 1 - text.count) + text }
        return text.dropLast(digits) + "." + text.suffix(digits)
    }
}
