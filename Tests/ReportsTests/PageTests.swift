import Bytes
import Events
import Foundation
import Testing

@testable import Reports

/// The frame: what holds for every page, judged by programs of others where they are present.
@Suite struct PageTests {
    @Test(.enabled(if: Tool.hasPython, "no python3"), arguments: Sample.allCases)
    func isWellFormedSelfContainedAndAccessible(_ sample: Sample) throws {
        let page = try sample.page()
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "Support/check_page.py")
        let outcome = try Tool.withFolder { folder in
            try Data(page.utf8).write(to: URL(filePath: "\(folder)/page.html"))
            return try #require(Tool.run([Tool.python, script.path(), "\(folder)/page.html"]))
        }
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    /// What a regulator gets on paper: printed by a browser, read back from the PDF.
    @Test(.enabled(if: Tool.printsPages, "no chromium or no pdftotext")) func printsWhatCounts() throws {
        let report = try Sample.lonely.report()
        let printed = try Tool.withFolder { folder in
            try Data(report.html().utf8).write(to: URL(filePath: "\(folder)/page.html"))
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
        #expect(words.contains("Signed by the chain's operator alone (american)"))
        #expect(words.contains("Certificate of deletion, checked"))
        #expect(words.contains(report.content.bundle.hex))
        #expect(words.contains(report.page.dataDigest.hex))
        #expect(words.contains("Times before checkpoint 39 are declared by the organisations."))
        #expect(words.firstMatch(of: /\b1 ?\/ ?[0-9]+\b/) != nil, "no page numbers")
        let heads = printed.matches(of: /How known +Statement +Source/).count
        #expect(heads >= 1)
    }

    /// WCAG 2.2, 1.4.3: at least 4.5 between text and what it stands on, in both schemes.
    @Test(arguments: ["light", "dark"]) func hasEnoughContrast(_ scheme: String) throws {
        let styles = try #require(Sample.isolated.page().part(from: "<style>", to: "</style>"))
        let blocks = styles.matches(of: /:root \{([^}]*)\}/).map { String($0.1) }
        try #require(blocks.count == 2)
        let colours = Dictionary(
            uniqueKeysWithValues: blocks[scheme == "light" ? 0 : 1].matches(
                of: /--([a-z-]+): #([0-9a-f]{6})/
            )
            .map { (String($0.1), Int($0.2, radix: 16)!) })
        let grounds = ["paper", "panel", "good-panel", "caution-panel", "bad-panel", "faint"]
        for ground in grounds {
            for text in ["ink", "soft", "bad"] {
                let ratio = Self.contrast(try #require(colours[text]), try #require(colours[ground]))
                #expect(ratio >= 4.5, "\(text) on \(ground): \(ratio)")
            }
        }
        for text in ["link", "good", "caution", "old", "new"] {
            let ratio = Self.contrast(try #require(colours[text]), try #require(colours["paper"]))
            #expect(ratio >= 4.5, "\(text): \(ratio)")
        }
    }

    /// The formula of WCAG 2.2.
    private static func contrast(_ first: Int, _ second: Int) -> Double {
        func luminance(_ colour: Int) -> Double {
            let linear = [16, 8, 0].map { shift -> Double in
                let value = Double(colour >> shift & 255) / 255
                return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
            }
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        }
        let (lighter, darker) = (
            max(luminance(first), luminance(second)), min(luminance(first), luminance(second))
        )
        return (lighter + 0.05) / (darker + 0.05)
    }
}
