import Bytes
import Events
import Foundation
import Testing

@testable import Reports

@Suite struct ExperimentReportTests {
    private static func results(isEqual: Bool = true) -> ExperimentResults {
        let area = ExperimentResults.Area(aucPPM: 612_500, lowPPM: 531_000, highPPM: 698_400)
        let approximation = ExperimentResults.Approximation(
            method: "gradient-ascent", accuracyPPM: 701_000, area: area, relativePPB: 12_345_678,
            greatestPPB: 5_000_000,
            work: .init(milliseconds: 420, samples: 12))
        let deletion = ExperimentResults.Deletion(
            kind: "one subject", forgotten: 4, isEqual: isEqual, accuracyBeforePPM: 903_448, accuracyAfterPPM: 900_049,
            accuracyRetrainPPM: 900_049, areaBefore: area,
            areaAfter: .init(aucPPM: 500_000, lowPPM: 1, highPPM: 999_999),
            unlearning: .init(milliseconds: 1_950, samples: 100, shardRuns: 2), wholeMilliseconds: 3_049,
            retraining: .init(milliseconds: 61_000, samples: 1_230, shardRuns: 24), approximations: [approximation])
        let federation = ExperimentResults.Federation(
            topology: "isolated", shards: 4, accuracyPPM: 903_448, events: 100, leafBytes: 98_765, storedBytes: 400_000,
            ledgerMilliseconds: 1_000, training: .init(milliseconds: 9_000, samples: 1_240, shardRuns: 24),
            deletions: [deletion])
        return ExperimentResults(
            base: "mini/<base>", cores: 2,
            organisations: [.init(name: "delta", records: 300, subjects: 120, heldOut: 80)], majorityPPM: 745_678,
            settings: .init(
                batchSize: 16, epochs: 1, learningRate: "0.002", maximumTokens: 32, rank: 8, rounds: 2, seed: 1),
            federations: [federation])
    }

    private static func report(isEqual: Bool = true) -> ExperimentReport {
        ExperimentReport(results(isEqual: isEqual), command: "lethe experiment --rounds 2")
    }

    @Test(.enabled(if: Tool.hasPython, "no python3")) func isWellFormedSelfContainedAndAccessible() throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Support/check_page.py")
        let outcome = try Tool.withFolder { folder in
            try Data(Self.report().html().utf8).write(to: URL(filePath: "\(folder)/page.html"))
            return try #require(Tool.run([Tool.python, script.path(), "\(folder)/page.html"]))
        }
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test func showsTheFiguresRounded() {
        let page = Self.report().html()
        for figure in [
            "0.903", "0.900", "0.613 (0.531 to 0.698)", "0.500 (0.000 to 1.000)", "0.0123", "2 of 24", "100 of 1230",
            "12.3 times less", "2.0 s", "3.0 s", "61.0 s", "0.100", "987", "4000", "1 of 1 deletions gave",
            "mini/&lt;base&gt;",
            "0.746", "took 12.3 times less",
        ] {
            #expect(page.contains(figure), "\(figure)")
        }
    }

    @Test func saysAtTheTopWhereBytesDiffer() throws {
        let page = Self.report(isEqual: false).html()
        #expect(page.contains("0 of 1 deletions gave") && page.contains("Not exact every time"))
        #expect(!Self.report().html().contains("Not exact every time"))
    }

    @Test func theRowsAreTheDeletionsByEachMethod() throws {
        let rows = Self.report().rows.rows
        let deletions = Self.results().federations.flatMap(\.deletions)
        #expect(rows.count == deletions.count + deletions.flatMap(\.approximations).count)
        #expect(rows[0][4] == "exact" && rows[0][5] == "yes" && rows[0][6] == "\(deletions[0].accuracyAfterPPM)")
        #expect(Set(rows.dropFirst().map { $0[5] }) == [""])
    }

    @Test func theJSONReadsBack() throws {
        let bytes = Self.report().json()
        #expect(try CanonicalJSON.decode(ExperimentResults.self, from: bytes) == Self.results())
        #expect(Self.report().html().contains(ArtifactDigest.sha256(bytes).hex))
    }
}
