import ArgumentParser
import Bytes
import Events
import Foundation
import Participation

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract:
            "Run many rounds of many learning organisations, against simpler strategies, and write what came of it.",
        discussion: """
            Writes DIR/simulation.json and DIR/simulation.html. Equal options give equal bytes on every machine. The \
            utility of a round is a stated model (schemas/participation.md), not training.
            """)

    @Option(help: "6 to 1000.") var organisations = 12
    @Option(help: "20 to 10000, a multiple of the period's 20.") var rounds = 400
    @Option(help: "Seeds the organisations and all draws.") var seed = "lethe"
    @Option(help: "A whole set-up as JSON, instead of the three options above.") var setup: String?
    @Option(name: .shortAndLong, help: "The folder to write into.") var output = "lethe-simulation"
    @Flag(name: .long, help: "Answer in JSON.") var json = false

    func run() async throws {
        let setup = try readSetup()
        let started = Date()
        let progress = ProgressLine()
        let study: SimulationStudy
        do {
            study = try setup.study { progress.show("simulating: run \($0)") }
        } catch {
            throw Answer(
                code: 64, message: "the set-up is refused: \(error)",
                hint: "organisations 6 to 1000, rounds 20 to 10000 in multiples of 20; lethe simulate --help")
        }
        progress.show("simulated", isLast: true)
        let seconds = Date().timeIntervalSince(started)
        let bytes = try encoded(study)
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        try writeFile(bytes, to: "\(output)/simulation.json")
        try writeFile(Array(SimulationPage(study).html.utf8), to: "\(output)/simulation.html")
        answer(study, ArtifactDigest.sha256(bytes), seconds)
    }

    private func readSetup() throws -> SimulationSetup {
        guard let setup else { return .standard(organisations: organisations, rounds: rounds, seed: seed) }
        do {
            return try JSONDecoder().decode(SimulationSetup.self, from: Data(readFile(setup)))
        } catch let error as Answer {
            throw error
        } catch {
            throw Answer(
                code: 64, message: "\(setup) is not a set-up: \(error)",
                hint: "the member \"setup\" of a simulation.json is one")
        }
    }

    /// Names in ascending order, no white space: equal studies are equal bytes.
    private func encoded(_ study: SimulationStudy) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(study)) + [0x0a]
    }

    private func answer(_ study: SimulationStudy, _ digest: ArtifactDigest, _ seconds: Double) {
        if json {
            return printJSON(
                SimulationAnswer(
                    decisions: study.decisions, decisionsPerSecond: Int(Double(study.decisions) / max(seconds, 1e-9)),
                    digest: digest, html: "\(output)/simulation.html", json: "\(output)/simulation.json",
                    run: study.learning.run.digest.hex))
        }
        var table = TextTable(["strategy", "late welfare (credits)", "taking part late"])
        for strategy in study.strategies {
            let late = strategy.run.parties.reduce(0) { $0 + $1.lateRounds }
            let welfare = strategy.run.total(\.welfareMicrocredits, late: true)
            table.add([strategy.name, "\(welfare / 1_000_000)", "\(late)"])
        }
        print(table.text)
        print(
            "\(study.decisions) decisions in \(String(format: "%.1f", seconds)) s, "
                + "\(Int(Double(study.decisions) / max(seconds, 1e-9))) a second")
        print("\(output)/simulation.json  sha256 \(digest)")
        print("\(output)/simulation.html")
    }
}

private struct SimulationAnswer: Encodable {
    var decisions: Int
    var decisionsPerSecond: Int
    var digest: ArtifactDigest
    var html: String
    var json: String
    /// Over every action and every final Q-table of the learning run.
    var run: String
}
