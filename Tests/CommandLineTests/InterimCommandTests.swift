import Foundation
import Testing

/// A person asks to be forgotten: measured, weakened for the time being, unlearned, measured again; by commands alone.
struct InterimCommandTests {
    private struct Evaluations: Decodable {
        struct Evaluation: Decodable {
            var deletion: String?
            var kind: String
        }
        var evaluations: [Evaluation]
        var events: [String]
    }

    private struct Status: Decodable {
        struct Interim: Decodable {
            var isOver: Bool
            var method: String
        }
        var deletion: String
        var grade: Int
        var interim: [Interim]
        var state: String
    }

    /// A ledger of two contributors with a model that they trained on made-up records.
    private static func trained() throws -> Workplace {
        let place = Workplace(environment: ["LETHE_LEDGER": "ledger"])
        try place.done(
            "init", "--consortium", "x.example", "--member", "hub:operator,aggregator,witness", "--member", "alder",
            "--member", "birch")
        try place.done("base", "register", "--embedded", "3", "--as", "hub")
        try place.done("recipe", "new", "recipe.json", "--epochs", "4", "--rank", "2", "--length", "12")
        try place.done("round", "open", "r1")
        for (number, member) in ["alder", "birch", "test"].enumerated() {
            let rows = (0..<18).map { index in
                let words = index % 2 == 0 ? "late lost rude" : "great kind early"
                return "r\(number)-\(index)\ts\(number)-\(index / 3)\t\(index % 2)\t\(words) n\(number * 18 + index)"
            }
            let text = (["record_id\tsubject_id\tlabel\ttext"] + rows).joined(separator: "\n") + "\n"
            try Data(text.utf8).write(to: URL(filePath: place.file("\(member).tsv")))
            guard number < 2 else { continue }
            let registered = try place.done("dataset", "register", "\(member).tsv", "--shards", "2", "--as", member)
            let dataset = try #require(registered.firstMatch(of: /ds-[0-9a-f]{12}/)).output
            try place.done("train", "r1", "--dataset", String(dataset), "--recipe", "recipe.json", "--as", member)
        }
        try place.done("round", "close", "r1")
        try place.done("model", "materialize", "r1")
        return place
    }

    private func status(_ place: Workplace) throws -> Status {
        try JSONDecoder().decode([Status].self, from: Data(place.done("deletion", "status", "--json").utf8))[0]
    }

    @Test func aModelIsMeasuredWeakenedUnlearnedAndMeasuredAgain() throws {
        let place = try Self.trained()
        let requested = try place.done(
            "deletion", "request", "--subject", "s0-1", "--as", "alder", "--reason", "please")
        let deletion = String(try #require(requested.firstMatch(of: /del-[0-9a-f]{12}/)).output)
        let measured = try place.done(
            "evaluate", "r1", "--data", "test.tsv", "--deletion", deletion, "--tokens", "12", "--as", "alder", "--json")
        let answer = try JSONDecoder().decode(Evaluations.self, from: Data(measured.utf8))
        #expect(
            answer.evaluations.map(\.kind) == ["accuracy", "membership-inference"],
            "it knows whom the deletion is about")
        #expect(answer.events.count == 2 && answer.evaluations.allSatisfy { $0.deletion == deletion })

        let end = "2099-01-01"
        let late = place.lethe("deletion", "interim", deletion, "--until", end, "--output", "weak", "--as", "hub")
        #expect(late.status == 1 && late.errors.contains("three calendar months"))
        #expect(!FileManager.default.fileExists(atPath: place.file("weak")))
        let soon = String(ISO8601DateFormatter().string(from: Date().addingTimeInterval(20 * 86_400)).prefix(10))
        let told = try place.done(
            "deletion", "interim", deletion, "--until", soon, "--tokens", "12", "--output", "weak", "--as", "hub")
        #expect(told.contains("approximate, interim, ends on \(soon) (lora-adaptation)"))
        #expect(told.contains("Influence may remain. This is not erasure."))
        #expect(try place.done("deletion", "status").contains("\(deletion): approximate, interim, ends on \(soon)"))
        #expect(try status(place).grade == 0)
        try place.done("evaluate", "weak", "--data", "test.tsv", "--tokens", "12", "--as", "birch")

        try place.done("deletion", "decide", deletion)
        let plan = try place.done("deletion", "plan", deletion, "--digest-only").trimmingCharacters(
            in: .whitespacesAndNewlines)
        try place.done("deletion", "execute", plan)
        let done = try status(place)
        #expect(done.state == "completed" && done.grade >= 3 && done.interim.map(\.isOver) == [true])
        let gone = place.lethe("adapter", "import", "weak")
        #expect(gone.status == 1, "what descends from the forgotten may not come back")
        let after = try place.done(
            "evaluate", "r1", "--data", "test.tsv", "--deletion", deletion, "--tokens", "12", "--as", "alder")
        #expect(!after.contains("membership"), "nobody here knows any more whom it was about")
        try place.done("check")
    }
}
