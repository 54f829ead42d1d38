import Bytes
import Events
import Foundation
import Proofs
import Testing

@testable import Reports

/// The page of a deletion, from verdicts of the real verifier over histories that real admission let in.
@Suite struct DeletionReportTests {
    /// Writes all samples to the folder that `LETHE_REPORT_PAGES` names, for people to look at.
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["LETHE_REPORT_PAGES"] != nil,
            "LETHE_REPORT_PAGES names no folder"))
    func writesPagesToLookAt() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["LETHE_REPORT_PAGES"])
        for sample in Sample.allCases {
            let page = try sample.page()
            try Data(page.utf8).write(to: URL(filePath: "\(folder)/\(sample.rawValue).html"))
            #expect(page.hasSuffix("</html>\n"))
        }
    }

    /// Record with `LETHE_RECORD=reports`, then look at the page before committing it.
    @Test func hasTheRecordedBytes() throws {
        let page = try Sample.isolated.page()
        let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "Golden/isolated.html")
        if ProcessInfo.processInfo.environment["LETHE_RECORD"] == "reports" {
            try Data(page.utf8).write(to: golden)
            Issue.record("recorded \(golden.path()); run again without LETHE_RECORD")
            return
        }
        let recorded = try String(contentsOf: golden, encoding: .utf8)
        let difference = zip(page.split(separator: "\n"), recorded.split(separator: "\n")).first {
            $0 != $1
        }
        #expect(difference == nil)
        #expect(page == recorded)
    }

    @Test(arguments: Sample.allCases) func saysTheVerdictFirstAndWhatIsMissingNext(_ sample: Sample) throws {
        let page = try sample.page()
        let titles = page.matches(of: /<h2 id="([a-z]+)">/).map { String($0.1) }
        #expect(
            titles == [
                "verdict", "open", "scope", "lineage", "timeline", "request", "excluded", "models",
                "erasures",
                "checklist", "evidence", "limits", "checking", "definitions", "digests",
            ])
    }

    @Test func callsACertificateByItsName() throws {
        let text = try Sample.isolated.page().visibleText
        #expect(text.contains("Certificate of deletion, checked"))
        #expect(text.contains("each of the 3 models that descended from them was rebuilt without them"))
        #expect(text.contains("as of checkpoint 45; issued by"))
        #expect(text.contains("another organisation got equal digests"))
        #expect(!text.contains("Falls short."))
    }

    @Test func saysThatAStatementOfStatusIsNoCertificate() throws {
        let report = try Sample.feedback.report()
        let text = report.html().visibleText
        #expect(text.contains("Statement of status. This is not a certificate of deletion."))
        #expect(!text.contains("Certificate of deletion"))
        #expect(text.contains("The model of round-3 was withdrawn, and nothing replaces it."))
        #expect(text.contains("10 later contributions trained on an affected model still exist."))
        #expect(report.page.banner.tone == .caution)
        #expect(report.content.certificate.grade == .destroyed)
    }

    @Test func beginsWithTheOperatorsNameWhereNobodyElseSigned() throws {
        let main = try #require(Sample.lonely.page().part(from: "<main>", to: "</h2>"))
        let notice = try #require(main.range(of: "Signed by the chain&#39;s operator alone (american)"))
        let heading = try #require(main.range(of: "<h2"))
        #expect(notice.upperBound < heading.lowerBound)
        #expect(try !Sample.isolated.page().contains("operator alone"))
    }

    @Test func saysThatADeletionWasLate() throws {
        let report = try Sample.lonely.report()
        #expect(
            report.content.openPoints.first?.statement
                == "The deletion was completed 5 days after it was due.")
        #expect(report.page.banner.tone == .caution)
    }

    @Test(arguments: Sample.allCases) func printsEveryLimitAndNothingThatWeDoNotClaim(_ sample: Sample)
        throws
    {
        let report = try sample.report(), text = report.html().visibleText
        for sentence in report.content.certificate.limits + report.content.certificate.outOfScope {
            #expect(text.contains(sentence))
        }
        for word in [
            "forgot", "guarantee", "irreversibl", "anonymised", "compliant", "court-proof", "qualified",
        ] {
            #expect(!text.lowercased().contains(word), "\(word)")
        }
    }

    /// Paper has no tooltips: whatever digest is cut short somewhere must stand in full somewhere else.
    @Test(arguments: Sample.allCases) func showsEveryShortenedDigestInFullToo(_ sample: Sample) throws {
        let text = try sample.page().visibleText
        let full = Set(text.matches(of: /[0-9a-f]{64}/).map { String($0.0) })
        let short = Set(text.matches(of: /([0-9a-f]{6,20})…/).map { String($0.1) })
        #expect(short.count > 10)
        for digest in short {
            #expect(full.contains { $0.hasPrefix(digest) }, "\(digest)… is nowhere in full")
        }
    }

    @Test func carriesItsDataAndTheirDigest() throws {
        let report = try Sample.feedback.report(), page = report.html()
        let data = try #require(page.part(from: #"id="report-data">"#, to: "</script>"))
        #expect(Array(data.utf8) == report.json())
        #expect(page.visibleText.contains(ArtifactDigest.sha256(report.json()).hex))
        #expect(
            try CanonicalJSON.decode(DeletionReport.Content.self, from: report.json()) == report.content)
    }

    @Test func saysThatNoModelDescendsFromAnOpenRound() throws {
        var history = try History(Sample.airlines)
        try history.open("round-1", .isolated)
        try history.delete("delta", id: "del-000001", isAttested: false)
        let (verdict, bundle) = try history.verdict("del-000001", signers: [history.members[1]])
        let page = DeletionReport(verdict: verdict, bundleDigest: .sha256(bundle), command: Sample.command)
            .html()
        let text = page.visibleText
        #expect(text.contains("is excluded, and no model descended from them."))
        #expect(text.contains("No model descends from what is excluded."))
        #expect(text.contains("no model yet"))
    }

    @Test func saysHowToCheckItAndThatItCanLie() throws {
        let report = try Sample.isolated.report(), text = report.html().visibleText
        #expect(text.contains("lethe verify deletion.certificate.json --trust trust.policy"))
        #expect(text.contains("this one can lie"))
        #expect(text.contains(report.content.bundle.hex))
    }
}

/// Hostile text in every field that is not restricted by its type.
@Suite struct HostileTextTests {
    /// The last two begin with characters that a comparison of whole characters takes for others: a
    /// quotation mark and a less-than sign, each with a combining accent.
    static let hostile = [
        "</script><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='alert(1)",
        "<!--", "]]>",
        "&lt;b&gt;", "{{title}}{{{markup}}}", "\u{202e}moc.live", "\u{61c}1-2", "\u{0}\u{1b}[2J",
        "a\"\u{301} onmouseover=alert(1) b=\"\u{301}",
        "<\u{338}script>alert(1)",
    ]

    private static func report(_ text: String) throws -> DeletionReport {
        var report = try Sample.isolated.report()
        report.content.command = text
        report.content.certificate.counterfactual = text
        report.content.certificate.limits = [text]
        report.content.certificate.outOfScope = [text]
        report.content.certificate.events[0].type = text
        report.content.findings[0].statement = text
        report.content.findings[0].source = text
        report.content.openPoints = [.init(.shortfall, text)]
        report.content.timeline.steps[1].name = text
        return report
    }

    /// Whatever a field holds, the page has the tags and quotation marks that it has with a harmless word
    /// there.
    @Test(arguments: hostile) func staysText(_ text: String) throws {
        let page = try Self.report(text).html(), harmless = try Self.report("word").html()
        for mark: Unicode.Scalar in ["<", ">", "\"", "'"] {
            let count = page.withoutData.unicodeScalars.count { $0 == mark }
            #expect(count == harmless.withoutData.unicodeScalars.count { $0 == mark }, "\(mark)")
        }
        #expect(page.ranges(of: "</script").count == 1)
        #expect(
            !page.unicodeScalars.contains {
                $0.value == 0x202e || $0.value == 0x61c || $0.value == 0 || $0.value == 0x1b
            })
    }

    @Test func comesBackOutOfTheData() throws {
        for text in Self.hostile {
            let report = try Self.report(text)
            let data = try #require(report.html().part(from: #"id="report-data">"#, to: "</script>"))
            let read = try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any]
            #expect(read?["command"] as? String == text)
        }
    }

    @Test func staysTextInEveryPartOfAPage() {
        func page(_ text: String) -> String {
            let spans: [Span] = [
                .text(text), .strong(text), .code(text), .digest(text), .fullDigest(text),
                .mark(text, .bad),
                .link(text, section: text),
            ]
            let blocks: [Block] = [
                .paragraph(spans), .list([spans]), .steps([spans]), .facts([Fact(text, spans)]),
                .table(DataTable(caption: text, columns: [text], rows: [[spans]])), .command(text),
                .picture(Picture(markup: "<svg/>", label: text, caption: spans, isWide: false)),
            ]
            let scale = GradeScale(title: text, steps: [.init(name: text, word: text)], reached: 0)
            let banner = Banner(
                tone: .bad, notice: text, heading: text, sentences: [spans], scale: scale,
                counts: [Fact(text, spans)])
            return Page(
                title: text, subtitle: text, banner: banner, sections: [Section(text, text, blocks)],
                data: CanonicalJSON.encode([text])
            ).html()
        }
        let harmless = page("word").withoutData.unicodeScalars
        for text in Self.hostile {
            let scalars = page(text).withoutData.unicodeScalars
            for mark: Unicode.Scalar in ["<", ">", "\"", "'"] {
                #expect(scalars.count { $0 == mark } == harmless.count { $0 == mark }, "\(text)")
            }
        }
    }
}
