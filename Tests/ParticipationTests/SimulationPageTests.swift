import Foundation
@testable import Participation
import Testing

@Suite struct SimulationPageTests {
    static func study(_ seed: String = "alpha") throws -> SimulationStudy {
        try SimulationSetup.standard(organisations: 8, rounds: 60, seed: seed).study()
    }

    static let hasParser = succeeds([python, "-c", "import xml.dom.minidom"])

    @Test func standsAlone() throws {
        let html = try SimulationPage(Self.study()).html
        for request in ["http:", "https:", "<script", "<link", "<img", "@import", "url(", "src=", "href="] {
            #expect(!html.contains(request), "\(request)")
        }
        #expect(html.contains("prefers-color-scheme:dark") && html.contains("@media print"))
    }

    @Test func equalStudiesGiveEqualPages() throws {
        let html = try SimulationPage(Self.study()).html
        #expect(try SimulationPage(Self.study()).html == html)
        #expect(try SimulationPage(Self.study("beta")).html != html)
    }

    /// An XML parser, which knows nothing of browsers' forgiveness, reads the whole page but its
    /// doctype and void tags.
    @Test(.enabled(if: hasParser, "python3 is not installed"))
    func everyElementIsClosed() throws {
        var html = try SimulationPage(Self.study()).html
        for (from, to) in [
            ("<!doctype html>", ""), ("<br>", "<br/>"), ("<meta charset=\"utf-8\">", ""),
            ("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">", ""),
        ] {
            #expect(html.contains(from))
            html = html.replacingOccurrences(of: from, with: to)
        }
        let file = URL(filePath: NSTemporaryDirectory()).appending(path: UUID().uuidString + ".xml")
        try Data(html.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let program = "import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])"
        #expect(succeeds([python, "-c", program, file.path()]))
    }

    @Test func aSeedCannotBecomeMarkup() throws {
        let html = try SimulationPage(Self.study("<b onclick='x'>\"&")).html
        #expect(!html.contains("<b onclick"))
        #expect(html.contains("“&lt;b onclick=&#39;x&#39;&gt;&quot;&amp;”"))
    }

    /// The figures of the comparison table, worked out here from the sums of the study.
    @Test func tableFiguresAreThoseOfTheStudy() throws {
        let study = try Self.study()
        let html = SimulationPage(study).html
        for strategy in study.strategies {
            let welfare = strategy.run.periods.reduce(0) { $0 + $1.welfareMicrocredits }
            let text = String(format: "%.2f", Double(welfare) / 1e6 / Double(8 * 60))
            let row = try #require(
                html.split(separator: "\n").first {
                    $0.contains("<th scope=\"row\">\(strategy.name)</th>")
                })
            #expect(row.contains("<td>\(text.replacingOccurrences(of: "-", with: "−"))</td>"), "\(strategy.name)")
        }
    }

    @Test func namesEveryBaselineThatIsAhead() throws {
        for seed in ["alpha", "beta", "gamma"] {
            let study = try Self.study(seed)
            let page = SimulationPage(study)
            let lines = page.html.split(separator: "\n")
            let verdict = try #require(lines.first { $0.contains("class=\"verdict\"") })
            let own = page.lateWelfare(study.learning)
            let behind = verdict.range(of: "does not beat").map { String(verdict[$0.upperBound...]) } ?? ""
            for other in study.strategies.dropFirst() {
                #expect(behind.contains("\(other.name) (") == (page.lateWelfare(other) > own), "\(other.name)")
            }
        }
    }

    /// The late rounds of 60 are the last 20: at 0.4 in the standard policy, or from where this one steps down.
    @Test func saysHowMuchIsExploredLate() throws {
        #expect(try SimulationPage(Self.study()).html.contains("at a rate of 0.4 or less"))
        var setup = SimulationSetup.standard(organisations: 6, rounds: 60, seed: "a")
        setup.policy.explorationRate = [
            RateStep(fromDecision: 0, rate: "0.3"), RateStep(fromDecision: 40, rate: "0.02"),
        ]
        #expect(try SimulationPage(setup.study()).html.contains("at a rate of 0.02 or less"))
    }

    @Test(arguments: [
        (Int64(0), Int64(1), 2, "0.00"), (-5, 1000, 2, "0.00"), (-15, 1000, 2, "−0.02"),
        (1_234_567, 1, 0, "1,234,567"), (1, 3, 3, "0.333"), (5, 0, 1, "–"),
    ])
    func printsQuotients(numerator: Int64, denominator: Int64, places: Int, text: String) {
        #expect(PageText.quotient(numerator, denominator, places: places) == text)
    }

    /// The marks hold the values between them, are evenly spaced, and are few.
    @Test func axisMarksHoldTheirValues() {
        for (low, high) in [(0, 1), (0, 999_999), (-1, 1), (-730_000, 12), (0, 1_000_000), (-3, 70_000_000)]
            as [(Int64, Int64)]
        {
            let ticks = AxisTicks(low: low, high: high, unit: 1000)
            #expect(ticks.low <= low && ticks.high >= high)
            #expect(ticks.values.contains(0))
            #expect((2...8).contains(ticks.values.count))
            let steps = zip(ticks.values, ticks.values.dropFirst()).map { $1 - $0 }
            #expect(Set(steps).count == 1)
        }
    }
}
