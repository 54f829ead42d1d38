import Bytes
import ChainViews
import Compliance
import Events
import Foundation
import Testing

@testable import Reports

/// Between two turns of cosigning the newest checkpoint has no cosignature, and the one before it has.
@Test func anEarlierCheckpointThatWasCosignedIsNamed() throws {
    let history = try Sample.isolated.history()
    var footing = LedgerSample.footing(history, cosigners: 0)
    let size = footing.checkpoint!.size.value
    func words(_ footing: Footing) -> String {
        var report = LedgerSample.provenanceOfRound1(history)
        report.content.footing = footing
        return report.html().visibleText
    }
    #expect(words(footing).contains("nobody has cosigned it, so only its operator vouches for it."))
    footing.cosigned = .init(
        size: Count(size - 1)!, root: footing.checkpoint!.root, cosigners: Array(history.members.prefix(2)))
    let text = words(footing)
    #expect(!text.contains("so only its operator vouches"))
    #expect(text.contains("nobody has cosigned it yet. The one of size \(size - 1) is cosigned by american, delta;"))
    #expect(text.contains("for the 1 event after it only the operator vouches."))
}

/// What every report from a ledger owes its readers.
@Suite struct LedgerReportTests {
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["LETHE_REPORT_PAGES"] != nil,
            "LETHE_REPORT_PAGES names no folder"), arguments: LedgerSample.names)
    func writesPagesToLookAt(_ name: String) throws {
        let folder = try #require(ProcessInfo.processInfo.environment["LETHE_REPORT_PAGES"])
        let page = try LedgerSample.forms(name).page
        try Data(page.utf8).write(to: URL(filePath: "\(folder)/\(name).html"))
        #expect(page.hasSuffix("</html>\n"))
    }

    @Test(.enabled(if: Tool.hasPython, "no python3"), arguments: LedgerSample.names)
    func isWellFormedSelfContainedAndAccessible(_ name: String) throws {
        let page = try LedgerSample.forms(name).page
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Support/check_page.py")
        let outcome = try Tool.withFolder { folder in
            try Data(page.utf8).write(to: URL(filePath: "\(folder)/page.html"))
            return try #require(Tool.run([Tool.python, script.path(), "\(folder)/page.html"]))
        }
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test(arguments: LedgerSample.names) func carriesItsDataAndTheirDigest(_ name: String) throws {
        let forms = try LedgerSample.forms(name)
        let data = try #require(forms.page.part(from: #"id="report-data">"#, to: "</script>"))
        #expect(Array(data.utf8) == forms.data)
        #expect(forms.page.visibleText.contains(ArtifactDigest.sha256(forms.data).hex))
    }

    @Test(arguments: LedgerSample.names) func saysTheVerdictFirstThenFailuresThenLimits(_ name: String) throws {
        let page = try LedgerSample.forms(name).page
        let titles = page.matches(of: /<h2 id="([a-z]+)">/).map { String($0.1) }
        #expect(titles.first == "verdict")
        #expect(titles[1] == (["compliance": "failures", "processing": "missing"][name] ?? "open"))
        let scope = try #require(titles.firstIndex(of: "scope"))
        #expect(scope <= 3)
        #expect(titles.suffix(4) == ["limits", "checking", "definitions", "digests"])
    }

    /// Paper has no tooltips: whatever digest is cut short somewhere must stand in full somewhere else.
    @Test(arguments: LedgerSample.names) func showsEveryShortenedDigestInFullToo(_ name: String) throws {
        let text = try LedgerSample.forms(name).page.visibleText
        let full = Set(text.matches(of: /[0-9a-f]{64}/).map { String($0.0) })
        for digest in Set(text.matches(of: /([0-9a-f]{6,20})…/).map({ String($0.1) })) {
            #expect(full.contains { $0.hasPrefix(digest) }, "\(digest)… is nowhere in full")
        }
    }

    @Test(arguments: LedgerSample.names) func usesNoWordThatWeDoNotStandFor(_ name: String) throws {
        let text = try LedgerSample.forms(name).page.visibleText.lowercased()
        for word in ["forgot", "guarantee", "irreversibl", "compliant", "court-proof"] {
            #expect(!text.contains(word), "\(word)")
        }
        #expect(text.contains("this one can lie"))
        #expect(text.contains("not legal advice"))
    }

    /// Python's own reader gets back rows of one length, one a line.
    @Test(.enabled(if: Tool.hasPython, "no python3"), arguments: LedgerSample.names)
    func givesRowsThatAnotherReaderReads(_ name: String) throws {
        let csv = try LedgerSample.forms(name).csv
        let outcome = try Tool.withFolder { folder in
            try Data(csv.utf8).write(to: URL(filePath: "\(folder)/rows.csv"))
            let program =
                "import csv,sys; r=list(csv.reader(open(sys.argv[1],newline='',encoding='utf-8'),strict=True));"
                + "print(len(r), len(set(map(len,r))))"
            return try #require(Tool.run([Tool.python, "-c", program, "\(folder)/rows.csv"]))
        }
        let lines = csv.components(separatedBy: "\r\n").count - 1
        #expect(outcome.output == "\(lines) 1\n")
        #expect(lines > 3)
    }

    @Test(.enabled(if: Tool.printsPages, "no chromium or no pdftotext"), arguments: ["compliance", "provenance"])
    func printsWhatCounts(_ name: String) throws {
        let forms = try LedgerSample.forms(name)
        let printed = try Tool.withFolder { folder in
            try Data(forms.page.utf8).write(to: URL(filePath: "\(folder)/page.html"))
            let browser = try #require(
                Tool.run([
                    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
                    "--user-data-dir=\(folder)/profile", "--print-to-pdf=\(folder)/page.pdf",
                    "file://\(folder)/page.html",
                ]))
            #expect(browser.status == 0, "\(browser.output.suffix(300))")
            return try #require(Tool.run(["pdftotext", "-layout", "\(folder)/page.pdf", "-"])).output
        }
        let words = printed.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let verdict = try #require(forms.page.part(from: #"<h2 id="verdict">"#, to: "</h2>"))
        #expect(words.contains(verdict.visibleWords))
        #expect(words.contains(ArtifactDigest.sha256(forms.data).hex))
        #expect(words.contains("Times before a cosigned checkpoint are declared by the organisations."))
        #expect(words.firstMatch(of: /\b1 ?\/ ?[0-9]+\b/) != nil, "no page numbers")
    }
}

extension String {
    fileprivate var visibleWords: String { "<body>\(self)".visibleText.trimmingCharacters(in: .whitespaces) }
}

@Suite struct FlatTableTests {
    private func csv(_ cells: String...) -> String {
        var table = FlatTable(cells.indices.map { "c\($0)" })
        table.add(cells)
        return String(table.csv.split(separator: "\r\n", omittingEmptySubsequences: false)[1])
    }

    @Test(arguments: [
        ("word", "word"), ("a,b", "\"a,b\""), ("say \"yes\"", "\"say \"\"yes\"\"\""), ("two\r\nlines", "two  lines"),
        ("a\"\u{301}b", "\"a\"\"\u{301}b\""), ("", ""), (" x", "\" x\""), ("\u{202e}x", "\u{fffd}x"),
    ])
    func writesAField(text: String, field: String) {
        #expect(Array(csv(text).unicodeScalars) == Array(field.unicodeScalars))
    }

    /// What spreadsheets compute when they open a file.
    @Test(arguments: [
        "=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "%0a", "\t=1", "\r=1", "  =1", "\u{a0}=1", "＝1", "＋1", "－1", "＠A",
        "=HYPERLINK(\"http://x\",\"y\")", "=cmd|' /C calc'!A0",
    ])
    func neverWritesAFormula(text: String) {
        let field = csv(text)
        let shown = field.hasPrefix("\"") ? String(field.dropFirst()) : field
        #expect(shown.hasPrefix("'"), "\(field)")
    }

    @Test func leavesDigestsAndTimesAlone() {
        #expect(csv("2026-11-23T10:00:00Z", "0ab", "round-1") == "2026-11-23T10:00:00Z,0ab,round-1")
    }
}

/// Hostile text in every field that its type does not restrict.
@Suite struct HostileLedgerReportTests {
    private static func compliance(_ text: String) throws -> ComplianceReport {
        var report = try base.get()
        report.content.answers?.name = text
        report.content.footing.command = text
        report.content.notLookedAt = [text]
        report.content.timeZone = text
        report.content.responses = [
            ManagementResponse(control: "LED-03", subject: text, response: text, responsible: text, dueOn: nil)
        ]
        report.content.waivers = [
            Waiver(
                waiver: text, control: text, subject: text, owner: text, approver: text, reason: text,
                grantedAt: Timestamp(seconds: 0)!, expiresAt: nil)
        ]
        for pack in report.content.result.packs.indices {
            for control in report.content.result.packs[pack].controls.indices {
                report.content.result.packs[pack].controls[control].explanation = text
                for row in report.content.result.packs[pack].controls[control].violations.indices {
                    let hostile = ViolationRow(subject: text, reason: text, since: text, eventID: text)
                    report.content.result.packs[pack].controls[control].violations[row].violation = hostile
                    report.content.result.packs[pack].controls[control].violations[row].waiver = text
                }
            }
        }
        return report
    }

    private static let base = Result { try LedgerSample.compliance(try Sample.isolated.history()) }

    private static func provenance(_ text: String) throws -> ProvenanceReport {
        var report = try LedgerSample.provenance(try Sample.isolated.history(), "round-3", file: text)
        report.content.notLookedAt = [text]
        report.content.openPoints = [.init(.weakness, text)]
        report.content.footing.command = text
        return report
    }

    private static func state(_ text: String) throws -> DeletionStateReport {
        var report = try LedgerSample.state(
            try Sample.isolated.history(), "del-5f2c71", waits: [.init(by: text, step: text)])
        report.content.openPoints = [.init(.shortfall, text)]
        report.content.timeline.steps[0].name = text
        return report
    }

    private static func processing(_ text: String) throws -> ProcessingReport {
        var report = try LedgerSample.processing(try Sample.isolated.history())
        report.content.notLookedAt = [text]
        report.content.activities[0].entries = ProcessingReport.Matter.allCases.map { .init($0, [text, text]) }
        return report
    }

    private func expectText(_ make: (String) throws -> any Report) throws {
        let harmless = try make("word").html().withoutData.unicodeScalars
        for text in HostileTextTests.hostile {
            let page = try make(text).html()
            for mark: Unicode.Scalar in ["<", ">", "\"", "'"] {
                let count = page.withoutData.unicodeScalars.count { $0 == mark }
                #expect(count == harmless.count { $0 == mark }, "\(mark) with \(text)")
            }
            #expect(page.ranges(of: "</script").count == 1)
            #expect(
                !page.unicodeScalars.contains {
                    $0.value == 0x202e || $0.value == 0x61c || $0.value == 0 || $0.value == 0x1b
                })
        }
    }

    /// Everything that a pack says of itself: it comes from others. What its type refuses stands for a word.
    private static func pack(_ hostile: String) throws -> ComplianceReport {
        var report = try base.get()
        let text = Prose(hostile) ?? Prose("word")!
        for pack in report.content.result.packs.indices {
            report.content.result.packs[pack].title = text
            for control in report.content.result.packs[pack].controls.indices {
                report.content.result.packs[pack].controls[control].title = text
                report.content.result.packs[pack].controls[control].limits = text
                report.content.result.packs[pack].controls[control].meaning = text
            }
        }
        return report
    }

    private static func experiment(_ text: String) throws -> ExperimentReport {
        let organisation = ExperimentResults.Organisation(name: text, records: 1, subjects: 1, heldOut: 1)
        let settings = ExperimentResults.Settings(
            batchSize: 1, epochs: 1, learningRate: text, maximumTokens: 1, rank: 1, rounds: 1, seed: 1)
        return ExperimentReport(
            ExperimentResults(
                base: text, cores: 1, organisations: [organisation], majorityPPM: 1, settings: settings, federations: []
            ),
            command: text)
    }

    @Test func staysTextWhereItComesFromAPack() throws { try expectText(Self.pack) }
    @Test func staysTextInAnExperiment() throws { try expectText(Self.experiment) }
    @Test func staysTextInAComplianceReport() throws { try expectText(Self.compliance) }
    @Test func staysTextInAProvenanceReport() throws { try expectText(Self.provenance) }
    @Test func staysTextInRecordsOfProcessing() throws { try expectText(Self.processing) }
    @Test func staysTextInADeletionsState() throws { try expectText(Self.state) }

    @Test func noFieldOfARowIsAFormula() throws {
        let csv = try Self.compliance("=1+1").csv()
        #expect(csv.contains("'=1+1"))
        #expect(csv.firstMatch(of: /(^|,|\n)"? *=/) == nil)
    }
}
