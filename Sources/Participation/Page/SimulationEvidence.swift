/// The sections of the page on what was learnt, what one organisation could gain, and misuse.
extension SimulationPage {
    // MARK: The learnt policy

    var learntPolicy: String {
        let participation = policyMap("How often the learnt policy takes part, in per cent") { cell in
            let share = Int64(cell.participations) * 1000 / Int64(cell.choices)
            return (share, PageText.quotient(Int64(cell.participations) * 100, Int64(cell.choices), places: 0))
        }
        let largest = setup.policy.allocations.map { $0.shards * $0.epochs }.max() ?? 1
        let effort = policyMap("How many shard-epochs it gives where it takes part") { cell in
            guard cell.participations > 0 else { return (0, "–") }
            let mean = Int64(cell.shardEpochs) * 1000 / Int64(cell.participations)
            return (
                mean / Int64(largest),
                PageText.quotient(Int64(cell.shardEpochs), Int64(cell.participations), places: 1)
            )
        }
        return """
            <h2>What was learnt</h2>
            <p>Late choices of all learning organisations where they did not explore, by what was \
            left of the compute budget and how far the period had run. Dashed cells were never \
            reached. Each organisation learns a table of its own; this is their sum.</p>
            <div class="pair"><figure>\(participation.svg)<figcaption>Takes part, per cent of greedy \
            choices.</figcaption></figure><figure>\(effort.svg)<figcaption>Mean shard-epochs where it takes \
            part.</figcaption></figure></div>
            """
    }

    private func policyMap(
        _ title: String, _ value: (PolicyCell) -> (shade: Int64, label: String)
    ) -> HeatMap {
        let cells = study.learning.run.policyMap
        let (rows, columns) = (
            (cells.map(\.budgetBin).max() ?? 0) + 1, (cells.map(\.phaseBin).max() ?? 0) + 1
        )
        // The fullest budget on top.
        let grid = (0..<rows).reversed().map { row in
            (0..<columns).map { column -> HeatMap.Cell? in
                let cell = cells[row * columns + column]
                guard cell.choices > 0 else { return nil }
                let (shade, label) = value(cell)
                return HeatMap.Cell(
                    shade: shade, label: label, note: "\(PageText.grouped(cell.choices)) choices: \(label)")
            }
        }
        return HeatMap(
            title: title, columnTitle: "how far the period has run", rowTitle: "budget left",
            columns: Self.binNames(setup.policy.bins.phasePPM),
            rows: Self.binNames(setup.policy.bins.budgetLeftPPM).reversed(), cells: grid)
    }

    /// "0–20 %" and so on, from edges in parts per million.
    private static func binNames(_ edges: [Int64]) -> [String] {
        let ends = [0] + edges + [1_000_000]
        return zip(ends, ends.dropFirst()).map { low, high in
            PageText.quotient(low, 10_000, places: 0) + "–" + PageText.quotient(high, 10_000, places: 0) + " %"
        }
    }

    // MARK: One that decides otherwise

    var deviations: String {
        guard let own = study.deviations.first else {
            return """
                <h2>One organisation decides otherwise</h2>
                <p>Not computed: the simulation is larger than the limit given for these runs.</p>
                """
        }
        let late = study.learning.run.lateRounds
        let bars = study.deviations.enumerated().map { index, result in
            BarChart.Bar(
                style: index == 0 ? 0 : 2, name: result.name, value: result.party.lateNetMicrocredits,
                label: PageText.credits(result.party.lateNetMicrocredits, per: late))
        }
        let rows = study.deviations.map { result in
            [
                result.name, PageText.credits(result.party.netMicrocredits, per: setup.rounds),
                PageText.credits(result.party.lateNetMicrocredits, per: late),
                PageText.percent(Int64(result.party.lateRounds), of: Int64(late)),
                PageText.change(result.party.lateNetMicrocredits, from: own.party.lateNetMicrocredits),
            ]
        }
        let table = PageTable(
            caption: "What \(study.probe) keeps per round, in credits, while all others learn.",
            columns: ["Strategy", "all rounds", "late", "takes part", "against learning"], rows: rows,
            emphasis: 0)
        return """
            <h2>One organisation decides otherwise</h2>
            <p>Everybody learns but \(PageText.escaped(study.probe)), the honest organisation in the \
            middle by cost of data. Each row is a run of its own, and the others react. “fixed: s × \
            e” is s shards for e epochs whenever the means allow, and staying out otherwise: with \
            fewer shards than s, always.</p>
            <div class="row"><figure>\(BarChart(title: "What one organisation keeps, late", bars: bars).svg)\
            <figcaption>Kept per late round, in credits.</figcaption></figure>\(table.html)</div>
            """
    }

    // MARK: Misuse

    var misuse: String {
        let table = PageTable(
            caption: "The published rules, and the same rules without one of their parts. Credits per "
                + "organisation and round, over the whole run.",
            columns: [
                "Rules", "free rider is paid", "liar reimbursed, lying", "truthful", "liar keeps, lying",
                "truthful", "lying gains",
            ], rows: study.misuse.map(misuseRow), emphasis: 0)
        let rules = setup.rules
        return """
            <h2>Free riders and a liar</h2>
            <p>\(setup.freeRiders) \
            \(setup.freeRiders == 1 ? "organisation promises" : "organisations promise") the smallest \
            allocation every round and \(setup.freeRiders == 1 ? "delivers" : "deliver") an adapter \
            that adds nothing. One more, \(PageText.escaped(liar)), works like the others but \
            declares \(setup.lieFactor) times its compute cost. The truthful run is the same run, \
            draw for draw, with true declarations.</p>
            \(table.html)
            <ul>
            <li>The incentive of \(PageText.credits(rules.incentiveMicrocredits)) credits is tied to \
            a measured contribution of at least \(PageText.grouped(rules.minimumContributionPPB)) \
            ppb. The share follows the contribution by itself, so a free rider’s is nil under all \
            rules.</li>
            <li>Declared costs are reimbursed at a rate of \
            \(PageText.escaped(rules.reimbursementRate)) up to \
            \(PageText.credits(rules.reimbursementCapMicrocreditsPerShardEpoch)) credits for a shard \
            and epoch. \(PageText.escaped(liarReading))</li>
            <li>Contributions are measured without error here. With a noisy metric a free rider would \
            pass the minimum now and then.</li>
            </ul>
            """
    }

    private var liar: String { study.organisations.last?.profile.organisation ?? "" }

    private func misuseRow(_ result: MisuseResult) -> [String] {
        let (lying, truthful) = (result.lying, result.truthful)
        return [
            result.name, PageText.credits(result.freeRiderMicrocredits, per: max(1, result.freeRiderRounds)),
            PageText.credits(lying.reimbursementMicrocredits, per: setup.rounds),
            PageText.credits(truthful.reimbursementMicrocredits, per: setup.rounds),
            PageText.credits(lying.netMicrocredits, per: setup.rounds),
            PageText.credits(truthful.netMicrocredits, per: setup.rounds),
            PageText.change(lying.netMicrocredits, from: truthful.netMicrocredits),
        ]
    }

    private var liarReading: String {
        guard let published = study.misuse.first else { return "" }
        let gain = published.lying.netMicrocredits - published.truthful.netMicrocredits
        return gain > 0
            ? "The cap bounds what a lie brings and does not end it: only a rule that does not ask for "
                + "declarations does."
            : "Under the published rules the lie did not pay in this run."
    }

    // MARK: The model

    var model: String {
        let model = setup.model
        let yields = model.epochYieldPerMille.map { DecimalText.text($0, digits: 3) }
        let allocations = setup.policy.allocations.map(Self.text)
        return """
            <h2>The model, and what it leaves out</h2>
            <dl>
            <dt>Data</dt><dd>s shards for e epochs are worth quality · data per shard · s · y(e) \
            effective units, y = \(yields.joined(separator: ", ")) for e = 1, 2, …: later epochs add \
            less.</dd>
            <dt>Metric</dt><dd>M(S) = \
            \(PageText.percent(model.ceilingPPB, of: Contribution.wholePPB)) · S / (S + K), K = \
            \(PageText.grouped(model.halfDataUnits)) units: diminishing returns in the stock S, of \
            which each round finds \(PageText.escaped(model.driftRate)) out of date.</dd>
            <dt>Value</dt><dd>A round is worth its improvement of the metric over not holding it, at \
            \(PageText.credits(setup.rules.microcreditsPerPPM * 10_000)) credits for a percentage point.</dd>
            <dt>Organisations</dt><dd>Quality 0.5 … 1, 500 … 1,500 units a shard, 2 … 4 shards, 0.2 … \
            1.6 credits a shard-epoch, 0.1 ε an epoch at 1 … 2 credits for an ε, budgets for 0.8 … \
            2.5 shard-epochs and 0.8 … 2 epochs a round; drawn from the seed and the name.</dd>
            <dt>Actions</dt><dd>Stay out, or shards × epochs of \(PageText.list(allocations)).</dd>
            <dt>Contribution</dt><dd>Leave-one-out, exact. Shares are in proportion to it.</dd>
            <dt>Learning</dt><dd>Discount \(PageText.escaped(setup.policy.discount)); exploration \
            \(schedule(setup.policy.explorationRate)); learning rate \
            \(schedule(setup.policy.learningRate)).</dd>
            </dl>
            <p>Left out: noise in the metric, organisations that come and go, collusion, and \
            deletions. Every learner makes the others’ world move, so the convergence that holds for \
            one agent in a fixed world is not promised here; shares are paid in proportion, so each \
            organisation’s gain is in part the others’ loss, and learners that serve themselves need \
            not serve all.</p>
            """
    }

    private func schedule(_ steps: [RateStep]) -> String {
        steps.map { PageText.escaped($0.rate) + " from decision \($0.fromDecision)" }.joined(separator: ", ")
    }
}
