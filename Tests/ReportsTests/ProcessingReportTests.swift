import ChainViews
import Events
import Testing

@testable import Reports

/// Records of processing.
@Suite struct ProcessingReportTests {
    @Test func hasOneActivityForWhatEachMemberDoes() throws {
        let report = try LedgerSample.processing(try Sample.isolated.history())
        let found = report.content.activities.map { "\($0.controller) \($0.kind.rawValue) \($0.number)" }
        // American operates and merges: three models, and three more without delta. Virgin sat out of a round.
        #expect(
            found == [
                "american training 3", "american merging 6", "delta training 3", "southwest training 3",
                "united training 3",
                "usairways training 3", "virgin training 2",
            ])
    }

    @Test func countsWhatNobodyRecorded() throws {
        let report = try LedgerSample.processing(try Sample.isolated.history(), "virgin")
        let activity = try #require(report.content.activities.first)
        #expect(activity.missing == [.purposes, .subjects, .data, .transfers, .timeLimits])
        #expect(report.findings == 5)
        #expect(report.page.banner.tone == .caution)
        let text = report.html().visibleText
        #expect(text.contains("Incomplete: 5 matters of Art. 30(1) not recorded, over 1 activity."))
        #expect(activity.entry(.recipients).values.contains("american: merges the adapters"))
    }

    @Test func isCompleteWhereEverythingIsRecorded() throws {
        var report = try LedgerSample.processing(try Sample.isolated.history(), "virgin")
        report.content.activities[0].entries = ProcessingReport.Matter.allCases.map { .init($0, ["recorded"]) }
        #expect(report.findings == 0)
        #expect(report.page.banner.tone == .good)
        #expect(report.html().visibleText.contains("Every matter of Art. 30(1) is recorded for 1 activity."))
    }

    @Test func saysThatThereIsNothing() throws {
        let report = try LedgerSample.processing(try History(Sample.airlines))
        #expect(report.html().visibleText.contains("No processing is recorded."))
    }

    @Test func itsDataAreReadBack() throws {
        let report = try LedgerSample.processing(try Sample.isolated.history())
        #expect(try CanonicalJSON.decode(ProcessingReport.Content.self, from: report.json()) == report.content)
        #expect(report.rows.rows.count == 7 * ProcessingReport.Matter.allCases.count)
    }
}
