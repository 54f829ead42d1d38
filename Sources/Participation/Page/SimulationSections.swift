/// The sections of the page that compare strategies.
extension SimulationPage {
    private static let shortNames = ["Q", "always", "never", "random", "myopic", "fixed"]

    private var legend: String {
        let items = study.strategies.enumerated().map { index, strategy in
            """
            <li><svg viewBox="0 0 30 10" aria-hidden="true"><line class="line s\(index)" x1="0" x2="30" y1="5" \
            y2="5"/></svg>\(PageText.escaped(strategy.name))</li>
            """
        }
        return "<ul class=\"legend\">\(items.joined())</ul>"
    }

    // MARK: All by one strategy

    var comparison: String {
        let bars = study.strategies.enumerated().map { index, strategy in
            BarChart.Bar(
                style: index, name: strategy.name, value: lateWelfare(strategy),
                label: PageText.credits(lateWelfare(strategy), per: lateShare))
        }
        let chart = BarChart(title: "Late welfare per organisation and round, by strategy", bars: bars)
        let table = PageTable(
            caption: "Per organisation and round, in credits. “Better off learning”: honest organisations that "
                + "keep more, late, when all learn than when all follow the baseline.",
            columns: [
                "Strategy", "takes part", "metric", "welfare, all", "welfare, late", "kept, late",
                "better off learning",
            ], rows: study.strategies.indices.map(comparisonRow), emphasis: 0)
        return """
            <h2>Everybody by the same strategy</h2>
            <p>Welfare is the value of the rounds’ improvements less everybody’s compute and privacy \
            costs; payouts are transfers and cancel. “Kept” is what organisations are paid less their \
            costs.</p>
            <div class="row"><figure>\(chart.svg)<figcaption>Late welfare per organisation and round, in \
            credits.</figcaption></figure><p>\(PageText.escaped(fixedPolicy))</p></div>
            \(table.html)
            """
    }

    private func comparisonRow(_ index: Int) -> [String] {
        let run = study.strategies[index].run
        let all = setup.organisations * setup.rounds
        return [
            study.strategies[index].name,
            PageText.percent(
                run.total({ Int64($0.participations) }, late: true), of: Int64(deciding * run.lateRounds)),
            PageText.percent(
                run.total(\.metricPPBSum, late: true) / Int64(run.lateRounds), of: Contribution.wholePPB),
            PageText.credits(run.total(\.welfareMicrocredits), per: all),
            PageText.credits(run.total(\.welfareMicrocredits, late: true), per: lateShare),
            PageText.credits(run.total(\.netMicrocredits, late: true), per: lateShare),
            index == 0 ? "" : betterOff(than: run),
        ]
    }

    private func betterOff(than run: RunResult) -> String {
        let honest = study.organisations.indices.filter { study.organisations[$0].role == .honest }
        let better = honest.filter {
            study.learning.run.parties[$0].lateNetMicrocredits > run.parties[$0].lateNetMicrocredits
        }
        return "\(better.count) of \(honest.count)"
    }

    private var fixedPolicy: String {
        let names = ["the cheapest quarter", "the second", "the third", "the dearest"]
        let parts = zip(names, study.search.actions).map { name, action in
            let allocation =
                action == .stayOut
                ? "stays out"
                : "does " + Self.text(setup.policy.allocations[action.rawValue - 1])
            return "\(name) \(allocation)"
        }
        return "The best fixed policy was searched for with full knowledge of the model: one action for each quarter "
            + "of the organisations by cost of data, \(study.search.evaluations) policies run over "
            + "\(study.search.rounds) rounds each, climbing one quarter at a time. It found: "
            + PageText.list(parts) + ". Nobody in a real consortium could search so."
    }

    static func text(_ allocation: Allocation) -> String {
        "\(allocation.shards)\u{A0}×\u{A0}\(allocation.epochs)"
    }

    // MARK: Over time

    var overTime: String {
        let periods = study.learning.run.periods.count
        let participation = LineChart(
            title: "Share of organisations that take part, by period", horizontal: "budget period",
            ends: ("1", "\(periods)"), unit: 10_000, unitName: "per cent",
            series: series { $0.participations * 1_000_000 / ($0.rounds * deciding) },
            atLeast: 1_000_000)
        let welfare = LineChart(
            title: "Welfare per organisation and round, by period", horizontal: "budget period",
            ends: ("1", "\(periods)"), unit: 1_000_000, unitName: "credits",
            series: series { Int($0.welfareMicrocredits) / ($0.rounds * setup.organisations) })
        return """
            <h2>Participation and welfare over time</h2>
            \(legend)
            <div class="row"><figure>\(participation.svg)<figcaption>Who takes part, mean of each \
            period; free riders, who always do, are not counted.</figcaption></figure>\
            \(eighths("Taking part, per cent", participation, places: 0).html)</div>
            <div class="row"><figure>\(welfare.svg)<figcaption>Welfare per organisation and round, \
            mean of each period.</figcaption></figure>\
            \(eighths("Welfare per organisation and round, credits", welfare, places: 2).html)</div>
            """
    }

    private func series(_ value: (PeriodResult) -> Int) -> [LineChart.Series] {
        study.strategies.enumerated().map { index, strategy in
            LineChart.Series(
                style: index, name: strategy.name, values: strategy.run.periods.map { Int64(value($0)) })
        }
    }

    /// The chart's series as means over eighths of the run.
    private func eighths(_ caption: String, _ chart: LineChart, places: Int) -> PageTable {
        let count = chart.series.first?.values.count ?? 0
        let parts = min(8, count)
        let rows = (0..<parts).map { part -> [String] in
            let range = part * count / parts..<(part + 1) * count / parts
            let name =
                range.count == 1 ? "\(range.lowerBound + 1)" : "\(range.lowerBound + 1)–\(range.upperBound)"
            return [name]
                + chart.series.map {
                    PageText.quotient(
                        $0.values[range].reduce(0, +), Int64(range.count) * chart.unit, places: places)
                }
        }
        return PageTable(caption: caption, columns: ["Periods"] + Self.shortNames, rows: rows, emphasis: nil)
    }

    // MARK: Budgets

    var budgets: String {
        let compute = budgetChart("Compute budget left, late rounds", \.budgetLeftPPMSum)
        let privacy = budgetChart("Privacy budget left, late rounds", \.privacyLeftPPMSum)
        return """
            <h2>How budgets are spent within a period</h2>
            <p>Each line is the mean share of the budget that is left when the round opens, over all \
            organisations that decide and all late periods. A line that falls early is an \
            organisation that cannot take part later, whatever the later rounds pay.</p>
            \(legend)
            <div class="row"><figure>\(compute.svg)<figcaption>Compute budget left.</figcaption></figure>\
            \(placesTable("Compute budget left, per cent", compute).html)</div>
            <div class="row"><figure>\(privacy.svg)<figcaption>Privacy budget left.</figcaption></figure>\
            \(placesTable("Privacy budget left, per cent", privacy).html)</div>
            """
    }

    private func budgetChart(_ title: String, _ sum: (PhaseResult) -> Int64) -> LineChart {
        LineChart(
            title: title, horizontal: "round of the period", ends: ("1", "\(setup.roundsPerPeriod)"),
            unit: 10_000, unitName: "per cent",
            series: study.strategies.enumerated().map { index, strategy in
                LineChart.Series(
                    style: index, name: strategy.name,
                    values: strategy.run.phaseProfile.map { sum($0) / Int64(max(1, $0.openings)) })
            }, atLeast: 1_000_000)
    }

    private func placesTable(_ caption: String, _ chart: LineChart) -> PageTable {
        let count = setup.roundsPerPeriod
        let places = Set((0..<min(8, count)).map { $0 * (count - 1) / max(1, min(8, count) - 1) }).sorted()
        return PageTable(
            caption: caption, columns: ["Round"] + Self.shortNames,
            rows: places.map { place in
                ["\(place + 1)"]
                    + chart.series.map { PageText.quotient($0.values[place], chart.unit, places: 0) }
            }, emphasis: nil)
    }
}
