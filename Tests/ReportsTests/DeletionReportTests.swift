import Bytes
import Events
import Foundation
import Proofs
import Testing

@testable import Reports

/// The page of a deletion, from a verdict of the real verifier over histories that real admission let in.
@Suite struct DeletionReportTests {
    /// Writes all samples to the folder that `LETHE_REPORT_PAGES` names, for people to look at.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["LETHE_REPORT_PAGES"] != nil, "LETHE_REPORT_PAGES names no folder"))
    func writesPagesToLookAt() throws {
        let folder = ProcessInfo.processInfo.environment["LETHE_REPORT_PAGES"]!
        for sample in Sample.allCases {
            let page = try sample.report().html()
            try Data(page.utf8).write(to: URL(filePath: "\(folder)/\(sample.rawValue).html"))
            #expect(page.hasSuffix("</html>\n"))
        }
    }
}
