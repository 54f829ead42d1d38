internal import Bytes

/// A study as one HTML page that stands alone: no script, no request, pictures as inline SVG beside
/// their tables.
///
/// A function of the study: equal studies give equal bytes.
public struct SimulationPage: Sendable {
    let study: SimulationStudy

    public init(_ study: SimulationStudy) { self.study = study }

    public var html: String {
        let setup = study.setup
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <title>Participation, simulated: \(setup.organisations) organisations, \
            \(PageText.grouped(setup.rounds)) rounds</title>
            <style>
            \(PageStyle.css)
            </style>
            </head>
            <body>
            <main>
            \(header)
            \(comparison)
            \(overTime)
            \(budgets)
            \(learntPolicy)
            \(deviations)
            \(misuse)
            \(model)
            \(footer)
            </main>
            </body>
            </html>

            """
    }

    /// How many organisations decide: all but the free riders.
    var deciding: Int { study.organisations.count { $0.role != .freeRider } }

    /// Organisations times late rounds: what late sums are divided by.
    var lateShare: Int { setup.organisations * study.learning.run.lateRounds }

    var setup: SimulationSetup { study.setup }

    /// How well a strategy did in the late rounds, in micro-credits over all organisations.
    func lateWelfare(_ strategy: StrategyResult) -> Int64 {
        strategy.run.total(\.welfareMicrocredits, late: true)
    }

    // MARK: Head

    private var header: String {
        let run = study.learning.run
        let late = run.total({ Int64($0.participations) }, late: true)
        let best = study.strategies.dropFirst().max { lateWelfare($0) < lateWelfare($1) }
        let facts = [
            (
                PageText.credits(lateWelfare(study.learning), per: lateShare),
                "credits of welfare per organisation and round, all learning"
            ),
            (
                best.map { PageText.credits(lateWelfare($0), per: lateShare) } ?? "–",
                "the same for the best baseline, \(best?.name ?? "none")"
            ),
            (
                PageText.percent(late, of: Int64(deciding * run.lateRounds)),
                "of the learners’ late decisions are to take part"
            ),
            (PageText.grouped(study.decisions), "decisions in all the runs of this page"),
        ].map { "<li><b>\($0.0)</b>\(PageText.escaped($0.1))</li>" }
        return """
            <h1>Participation, simulated</h1>
            <p class="sub">\(setup.organisations) organisations, \(PageText.grouped(setup.rounds)) \
            rounds, budgets refilled every \(setup.roundsPerPeriod) rounds, seed \
            “\(PageText.escaped(setup.seed))”. “Late” is the last \(PageText.grouped(run.lateRounds)) \
            rounds, in which agents explore at a rate of \(lateExploration) or less. One credit is a million \
            micro-credits; all figures are exact sums, rounded only for print.</p>
            <div class="verdict">\(verdict)</div>
            <ul class="facts">\(facts.joined())</ul>
            """
    }

    /// The highest rate of exploration in the late rounds.
    private var lateExploration: String {
        let start = setup.rounds - study.learning.run.lateRounds
        let steps = setup.policy.explorationRate
        let first = steps.lastIndex { $0.fromDecision <= start } ?? 0
        let rates = steps[first...].compactMap { try? DecimalText.scaled($0.rate, digits: 4) }
        return DecimalText.text(rates.max() ?? 0, digits: 4)
    }

    /// Which baselines Q-learning beats, and which beat it, in words that follow the figures.
    private var verdict: String {
        let own = lateWelfare(study.learning)
        let others = study.strategies.dropFirst()
        let ahead = others.filter { lateWelfare($0) < own }.map(\.name)
        let behind = others.filter { lateWelfare($0) > own }
        let losses = behind.map {
            "\($0.name) (\(PageText.change(lateWelfare($0), from: own)))"
        }
        let first =
            ahead.isEmpty
            ? "Organisations that learn create less welfare than under every baseline."
            : "When all organisations learn, late welfare is above \(PageText.list(ahead))."
        let second =
            behind.isEmpty
            ? "No baseline does better."
            : "Q-learning does not beat \(PageText.list(losses)): the figure is by how much "
                + "the baseline is ahead."
        return "<p>\(PageText.escaped(first)) \(PageText.escaped(second)) \(PageText.escaped(ownInterest))</p>"
    }

    private var ownInterest: String {
        guard let own = study.deviations.first else { return "" }
        let better = study.deviations.dropFirst()
            .filter { $0.party.lateNetMicrocredits > own.party.lateNetMicrocredits }.map(\.name)
        return better.isEmpty
            ? "A single organisation among learners gains from no other strategy that was tried."
            : "A single organisation among learners would have kept more with \(PageText.list(better))."
    }

    private var footer: String {
        """
        <footer><p>Digest of the learning run, over every action and every final Q-table:<br>\
        <span class="digest">\(study.learning.run.digest.hex)</span></p>
        <p>The same set-up gives the same digest on every machine. Formulas, rounding and generator: \
        schemas/participation.md.</p></footer>
        """
    }
}
