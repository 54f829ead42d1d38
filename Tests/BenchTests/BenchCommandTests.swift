import Foundation
import Testing

/// What a run must look like, never how fast it is: machines are what they are.
@Suite struct BenchCommandTests {
    private struct Answer: Decodable {
        struct Line: Decodable {
            struct Figure: Decodable {
                var unit: String
                var value: String
            }

            var against: String
            var floor: Figure
            var measured: Figure
            var name: String
            var ratio: String
            var want: String
        }

        var cores: Int
        var lines: [Line]
        var skipped: [String]
    }

    /// Runs the program that was built beside the tests.
    private func bench(_ arguments: [String]) throws -> (status: Int32, output: Data) {
        let process = Process(), pipe = Pipe()
        let tests = URL(fileURLWithPath: CommandLine.arguments[0])
        process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("lethe")
        process.arguments = ["bench"] + arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    @Test func quickRunGivesEveryLineWithAFloorAndLeavesNothingBehind() throws {
        let directory = NSTemporaryDirectory() + "bench-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let (status, output) = try bench(["--quick", "--json", "--directory", directory])
        #expect(status == 0)
        let answer = try JSONDecoder().decode(Answer.self, from: output)
        let beginnings = [
            "append, one event", "append, groups of 64", "append, groups of 1024", "check, ", "merge 8 × ",
            "verify one proof", "lethe verify, a proof", "lethe verify, a certificate", "verify a certificate, ",
            "its bundle",
            "lethe --help", "participation", "unlearn 1 person, isolated, 2", "unlearn 1 person, feedback",
            "unlearn 1 person, isolated, each",
        ]
        for beginning in beginnings {
            #expect(answer.lines.contains { $0.name.hasPrefix(beginning) }, "no line begins with \(beginning)")
        }
        for line in answer.lines {
            let figures = [line.measured.value, line.floor.value, line.ratio].map { Double($0) ?? -1 }
            #expect(figures.allSatisfy { $0 > 0 }, "\(line.name): \(figures)")
            #expect(!line.against.isEmpty)
        }
        #expect(answer.lines.contains { $0.against.hasPrefix("numpy") } || !answer.skipped.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }

    @Test func onlyTheLinesAskedForAreMeasured() throws {
        let (status, output) = try bench(["--quick", "--json", "--only", "participation"])
        #expect(status == 0)
        let names = try JSONDecoder().decode(Answer.self, from: output).lines.map(\.name)
        #expect(names == ["participation, 20 × 20"])
    }

    /// What cannot be measured here is named, with what it would take.
    @Test func trainingIsMeasuredOrSkippedWithAReason() throws {
        let (status, output) = try bench(["--quick", "--json", "--only", "train"])
        #expect(status == 0)
        let answer = try JSONDecoder().decode(Answer.self, from: output)
        for (line, skipped) in [
            ("product ", "products against numpy"), ("train MiniLM", "training steps against PyTorch"),
        ] {
            let isThere = answer.lines.contains { $0.name.hasPrefix(line) }
            #expect(isThere != answer.skipped.contains { $0.hasPrefix(skipped) }, "\(line)")
        }
        for line in answer.lines { #expect((Double(line.ratio) ?? 0) > 0, "\(line.name)") }
    }

    @Test func refusesANumberOfEventsThatNoRunCanHave() throws {
        #expect(try bench(["--events", "0"]).status == 64)
    }
}
