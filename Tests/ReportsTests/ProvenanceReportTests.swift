import Bytes
import ChainViews
import Events
import Foundation
import Testing

@testable import Reports

/// Where a model comes from.
@Suite struct ProvenanceReportTests {
    @Test func mergesEverybodyButTheExcludedOne() throws {
        let report = try LedgerSample.provenance(try Sample.isolated.history(), "round-3")
        let merged = report.content.contributions.filter { $0.part == .merged }
        #expect(merged.map(\.member.text).sorted() == Sample.airlines.filter { $0 != "delta" })
        let excluded = report.content.contributions.filter { $0.part == .excluded && $0.round.text == "round-3" }
        #expect(excluded.map(\.member.text) == ["delta"])
        let page = report.html()
        #expect(page.contains("<s>delta</s>"))
        #expect(report.content.deletions.map(\.deletion.text) == ["del-5f2c71"])
    }

    /// Each member's earlier contribution, down to the base; virgin sat out of round 2.
    @Test func followsEachMembersOwnChainInIsolatedRounds() throws {
        let report = try LedgerSample.provenance(try Sample.isolated.history(), "round-3")
        let ancestors = report.content.contributions.filter { $0.part == .ancestor }
        let expected = Sample.airlines.filter { $0 != "delta" }.flatMap { name in
            name == "virgin" ? ["round-1 virgin"] : ["round-1 \(name)", "round-2 \(name)"]
        }
        #expect(Set(ancestors.map { "\($0.round) \($0.member)" }) == Set(expected))
        #expect(ancestors.count == expected.count)
    }

    /// A model of a feedback round descends from the model before and all that it merged.
    @Test func followsModelsInFeedbackRounds() throws {
        var history = try History(Sample.airlines)
        for round in 1...3 { try history.round("round-\(round)", .feedback) }
        let report = try LedgerSample.provenance(history, "round-3")
        #expect(report.content.lineage.models.map(\.round.text) == ["round-1", "round-2", "round-3"])
        #expect(report.content.contributions.count == 18)
        let first = try LedgerSample.provenance(history, "round-1")
        #expect(first.content.lineage.models.map(\.round.text) == ["round-1"])
        #expect(first.content.contributions.count == 6)
    }

    @Test func refusesToServeAModelThatWasReplaced() throws {
        let report = try LedgerSample.provenance(
            try Sample.isolated.history(), "round-3", isFirst: true, file: "model-3")
        #expect(report.page.banner.tone == .bad)
        let text = report.html().visibleText
        #expect(text.contains("This model may not be served."))
        #expect(text.contains("model-3 is the model"))
        #expect(report.content.model.replacedBy != nil)
    }

    /// 100, 174, … of the five that remain: rounded to a tenth of a per cent, half up.
    @Test func givesEachShareOfTheWeight() throws {
        let report = try LedgerSample.provenance(try Sample.isolated.history(), "round-1")
        let weights = [100, 174, 211, 248, 285], total = 1_018
        let text = report.html().visibleText
        for weight in weights {
            let percent = (Double(weight) / Double(total) * 1_000).rounded() / 10
            #expect(text.contains(String(format: "%.1f %%", percent)), "\(percent)")
        }
    }

    @Test func saysWhatIsWeak() throws {
        let report = try LedgerSample.provenance(try Sample.lonely.history(), "round-2")
        #expect(
            report.content.openPoints.map(\.statement).contains {
                $0.hasPrefix("No other member has merged")
            })
        #expect(report.page.banner.tone == .caution)
        #expect(try LedgerSample.provenance(try Sample.isolated.history(), "round-2").page.banner.tone == .good)
    }

    @Test func itsDataAreReadBack() throws {
        let report = try LedgerSample.provenance(try Sample.isolated.history(), "round-3")
        #expect(try CanonicalJSON.decode(ProvenanceReport.Content.self, from: report.json()) == report.content)
        #expect(report.rows.rows.count == 1 + report.content.contributions.count + 2 + 1 + 1)
    }
}
