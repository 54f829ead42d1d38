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

    /// What another member's private chain would tell is no finding, and its own to tell.
    @Test func listsWhatIsForOthersToTell() throws {
        let report = try LedgerSample.processing(try Sample.isolated.history(), "virgin")
        let activity = try #require(report.content.activities.first)
        #expect(activity.missing.isEmpty && report.findings == 0)
        #expect(activity.untold == [.purposes, .subjects, .data, .timeLimits])
        #expect(report.unseen == 0 && report.forOthers == 4)
        #expect(report.page.banner.tone == .good)
        let text = report.html().visibleText
        #expect(
            text.contains("All that this ledger can tell of Art. 30(1) is recorded; 4 matters are for others to tell."))
        #expect(text.contains("virgin, from its own ledger"))
    }

    /// What our own private chain would tell is no finding where that chain is not here; nor is it a pass.
    @Test func tellsWhatIsNotRecordedFromWhatWasNotLookedAt() throws {
        var report = try LedgerSample.processing(try Sample.isolated.history(), "virgin")
        report.content.activities[0].isForOthersToTell = false
        let activity = try #require(report.content.activities.first)
        #expect(report.findings == 0 && report.unseen == 4 && report.forOthers == 0)
        #expect(report.page.banner.tone == .caution)
        let text = report.html().visibleText
        #expect(
            text.contains(
                "Nothing that can be seen here is missing; 4 matters of Art. 30(1) are for private chains to tell."))
        #expect(activity.entry(.recipients).values.contains("american: merges the adapters"))
    }

    @Test func countsWhatNobodyRecorded() throws {
        var report = try LedgerSample.processing(try Sample.isolated.history(), "virgin")
        report.content.activities[0].unseen = []
        #expect(report.content.activities[0].missing == [.purposes, .subjects, .data, .timeLimits])
        #expect(report.findings == 4 && report.unseen == 0)
        #expect(
            report.html().visibleText.contains("Incomplete: 4 matters of Art. 30(1) not recorded, over 1 activity."))
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
