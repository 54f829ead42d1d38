import Bytes
@testable import Compliance
import Events
import Foundation
import Testing

@testable import Reports

/// What controls found, as a page and as rows.
@Suite struct ComplianceReportTests {
    private static let sample = Result { try LedgerSample.compliance(try Sample.isolated.history()) }
    private static func report() throws -> ComplianceReport { try sample.get() }

    @Test func beginsWithHowManyControlsAreNotMet() throws {
        let report = try Self.report()
        let failing = report.result.packs.flatMap(\.controls).filter { $0.word == .fail }.map(\.control.text)
        #expect(Set(failing).isSuperset(of: ["LED-03"]))
        let main = try #require(report.html().part(from: "<main>", to: "<nav"))
        #expect(main.contains("Fails: \(failing.count) of"))
        #expect(report.page.banner.tone == .bad)
        for (index, word) in ["pass", "fail", "error", "not applicable", "not evaluated", "waived"].enumerated() {
            #expect(report.page.banner.counts[index].term == word)
        }
    }

    /// The words of the whole, for each worst control.
    @Test(arguments: [
        (["pass": 3], ResultWord.pass, "Passes: all 3 controls that apply are met"),
        (["pass": 1, "not_applicable": 4], .pass, "Passes: the 1 control that applies is met"),
        (["pass": 1, "waived": 1], .waived, "Passes with waivers: 1 of 2 controls that apply is waived"),
        (
            ["pass": 1, "waived": 1, "not_evaluated": 2], .notEvaluated,
            "Not complete: 2 of 4 controls that apply wait for a person's answer"
        ),
        (["fail": 1, "pass": 1], .fail, "Fails: 1 of 2 controls that apply is not met"),
        (
            ["error": 1, "fail": 2, "pass": 7], .error,
            "Cannot be told: 1 control of 10 controls that apply gave an error; 2 more fail"
        ),
        (["not_applicable": 5], .notApplicable, "Nothing was judged: no control applies here"),
    ])
    func saysTheWholeInOneSentence(counts: [String: Int], overall: ResultWord, sentence: String) throws {
        var result = try Self.report().result
        (result.counts, result.overall) = (counts, overall)
        #expect(result.headline == sentence)
    }

    @Test func showsTheFirstExceptionsAndSaysWhereTheOthersAre() throws {
        let report = try Self.report()
        let control = try #require(report.result.packs.flatMap(\.controls).first { $0.control.text == "LED-03" })
        try #require(control.violations.count > ComplianceReport.shownExceptions)
        let text = report.html().visibleText
        let hidden = control.violations.count - ComplianceReport.shownExceptions
        #expect(text.contains("LED-03: \(control.violations.count) exceptions, the first 30"))
        #expect(text.contains("The other \(hidden) are in this page's data"))
    }

    /// More exceptions than things in scope look like an error unless it is said that one thing can have several.
    @Test func saysWhereOneThingHasSeveralExceptions() throws {
        var control = try #require(
            try Self.report().result.packs.flatMap(\.controls).first { $0.violations.count > 2 })
        control.violations = Array(control.violations.prefix(2))
        for (population, words) in [(1, "2, several of one thing"), (2, "2"), (9, "2")] {
            control.population = population
            #expect(ComplianceReport.exceptionCount(control) == words)
        }
        control.population = nil
        #expect(ComplianceReport.exceptionCount(control) == "2")
        #expect(try Self.report().html().visibleText.contains("one thing can have several"))
    }

    @Test func hasARowForEachExceptionAndForEachControlWithoutAny() throws {
        let report = try Self.report()
        let expected = report.result.packs.flatMap(\.controls).reduce(0) { $0 + max(1, $1.violations.count) }
        #expect(report.rows.rows.count == expected)
        let subject = try #require(report.rows.columns.firstIndex(of: "subject"))
        let control = try #require(report.rows.columns.firstIndex(of: "control"))
        let led = report.rows.rows.filter { $0[control] == "LED-03" }.map { $0[subject] }
        #expect(led.count == Set(led).count && !led.contains(""))
    }

    @Test func printsTheResponseOfTheOrganisationOrThatThereIsNone() throws {
        let text = try Self.report().html().visibleText
        #expect(text.contains("Two more witnesses join. (operator, by 2026-12-01)"))
        #expect(text.contains("Nobody signed that file"))
        #expect(text.contains("w-1"))
    }

    @Test func namesWhatWasNotLookedAt() throws {
        let report = try Self.report()
        let text = report.html().visibleText
        #expect(text.contains("The controls of the packs that were not asked for: us-ccpa-hipaa."))
        #expect(text.contains("no list was given, so deadlines move for weekends alone"))
        #expect(text.contains("for the roles high risk provider"))
    }

    @Test func saysThatItLooksAhead() throws {
        let report = try LedgerSample.compliance(
            try Sample.isolated.history(), asOf: Timestamp("2027-12-02T12:00:00Z")!.seconds)
        #expect(report.html().visibleText.contains("it looks ahead to 2027-12-02"))
        #expect(try Self.report().page.banner.notice == nil)
    }

    @Test func itsDataAreReadBack() throws {
        let report = try Self.report()
        #expect(try CanonicalJSON.decode(ComplianceReport.Content.self, from: report.json()) == report.content)
    }
}

/// Pages stay readable whatever a ledger gives.
@Suite struct PageSizeTests {
    /// As many exceptions as the engine keeps, in every control: the page grows with what it shows alone.
    @Test func aPageShowsABoundedNumberOfExceptions() throws {
        var report = try LedgerSample.compliance(try Sample.isolated.history())
        let control = try #require(report.content.result.packs[0].controls.first)
        let rows = (0..<1_000).map { number in
            ReportedViolation(
                violation: ViolationRow(
                    subject: "subject-\(number)", reason: "what is wrong with \(number), in a sentence",
                    since: "2026-11-23T10:00:00Z", eventID: nil), waiver: nil)
        }
        report.content.result.packs[0].controls = (0..<12).map { _ in
            var failing = control
            (failing.word, failing.violations, failing.population) = (.fail, rows, 1_000)
            return failing
        }
        let page = report.html()
        #expect(page.withoutData.utf8.count < 400_000)
        #expect(page.withoutData.contains("subject-29") && !page.withoutData.contains("subject-30<"))
        #expect(report.rows.rows.count >= 12_000)
    }

    @Test func aTableSaysHowManyRowsItDoesNotShow() {
        let rows = (0..<301).map { [[Span.text("\($0)")]] }
        let table = DataTable(caption: "rows", columns: ["number"], rows: rows)
        let section = Section("t", "T", table: table, atMost: 300, orElse: "")
        guard case .table(let shown) = section.blocks[0], case .paragraph(let words) = section.blocks[1] else {
            Issue.record("\(section.blocks)")
            return
        }
        #expect(shown.rows.count == 300)
        #expect(words == [.text("The other 1 rows are in this page's data and in the report's JSON and CSV.")])
    }
}
