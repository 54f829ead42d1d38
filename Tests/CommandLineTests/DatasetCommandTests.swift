import Foundation
import Testing

/// `lethe dataset`: files as people write them, and what is wrong with them.
struct DatasetCommandTests {
    @Test func aDatasetIsDealtToShardsAndShown() throws {
        let pilot = TrainingPilot()
        let shards = try JSON(pilot.place.done("dataset", "show", pilot.dataset, "--json")).elements
        #expect(shards.count == 3 && shards.compactMap { $0["records"].number }.reduce(0, +) == 48)
        #expect(shards.allSatisfy { ($0["subjects"].number ?? 0) > 0 && $0["rounds"].elements.isEmpty })
        let row = try #require(try JSON(pilot.place.done("show", "datasets", "--json")).elements.first)
        #expect(row["records"].number == 48 && row["erased"].number == 0 && row["name"].text == "alder.tsv")
        #expect(row["chain"].text == "skies.example/alder")
        let report = try JSON(pilot.place.done("check", "--json"))
        #expect(report["records"].number == 48 && report["notLookedAt"].elements.isEmpty)
    }

    /// The same rows as a table with other names and line ends, and as JSON lines, are the same dataset but for the salts.
    @Test func takesTablesAndJSONLines() throws {
        let pilot = TrainingPilot()
        let table = TrainingPilot.table(10, prefix: "other").replacing("record_id", with: "Id").replacing(
            "\n", with: "\r\n")
        TrainingPilot.write("\u{feff}" + table.replacing("\ttext", with: "\ttweet"), to: pilot.place.file("other.tsv"))
        try pilot.place.done(
            "dataset", "register", "other.tsv", "--as", "birch", "--id-column", "Id", "--text-column", "tweet")
        let lines = (0..<5).map { #"{"record_id":\#($0),"label":"1","text":"caf\u00e9 \#($0)","extra":[1]}"# }
        TrainingPilot.write(lines.joined(separator: "\n"), to: pilot.place.file("lines.jsonl"))
        let answer = try JSON(
            pilot.place.done("dataset", "register", "lines.jsonl", "--as", "birch", "--shards", "2", "--json"))
        #expect(answer["columnsNotKept"].elements.first?.text == "extra" && answer["records"].number == 5)
        let rows = try JSON(pilot.place.done("show", "datasets", "--json")).elements
        #expect(rows.compactMap { $0["records"].number } == [48, 10, 5])
        try pilot.place.done("check")
    }

    private static let header = "record_id\tsubject_id\tlabel\ttext\n"

    @Test(arguments: [
        ("a\t\t0\tx\n\tp\t0\ty\n", ["line 3", "record_id"]),
        ("a\t\t0\tx\nb\t\t1\ty\na\tq\t1\tz\n", ["line 4", "\"a\"", "line 2"]),
        ("a\t\t-1\tx\n", ["line 2", "\"-1\""]), ("a\t\t1.0\tx\n", ["line 2", "\"1.0\""]),
        ("a\t\t70000\tx\n", ["line 2", "70000"]), ("a\t\t\tx\n", ["line 2", "label"]),
        ("a\t\t0\t  \n", ["line 2", "no text"]), ("a\t\t0\n", ["line 2", "3 fields"]),
        ("a\t\t0\tx\n\nb\t\t0\ty\n", ["line 3", "1 fields"]),
        ("\(String(repeating: "a", count: 300))\t\t0\tx\n", ["line 2", "256"]), ("", ["no records"]),
        ("a\t\t2\t \nb\t\tx\ty\n", ["line 2", "line 3"]),
    ])
    func saysWhichLineOfATableIsWrong(rows: String, words: [String]) throws {
        let pilot = TrainingPilot()
        TrainingPilot.write(Self.header + rows, to: pilot.place.file("bad.tsv"))
        let before = try pilot.state()
        let outcome = pilot.place.lethe("dataset", "register", "bad.tsv", "--as", "alder")
        #expect(outcome.status == 2, "\(outcome.output)\(outcome.errors)")
        for word in words + ["bad.tsv"] { #expect(outcome.errors.contains(word), "no \(word) in \(outcome.errors)") }
        #expect(outcome.errors.contains("lethe: hint: "))
        #expect(try pilot.state() == before)
    }

    @Test func saysWhichBytesAndObjectsAreWrong() throws {
        let pilot = TrainingPilot()
        let path = pilot.place.file("bad.tsv")
        try (Data(Self.header.utf8) + Data("a\t\t0\t".utf8) + Data([0xff, 0xfe, 0x0a]) + Data("b\t\t0\tok\n".utf8))
            .write(to: URL(fileURLWithPath: path))
        let register = ["dataset", "register", "bad.tsv", "--as", "alder"]
        try pilot.expectRefused(register, 2, naming: "line 2", "not UTF-8")
        TrainingPilot.write("id\tlabel\ttext\na\t0\tx\n", to: path)
        try pilot.expectRefused(register, 2, naming: "record_id", "id")
        TrainingPilot.write(
            "{\"record_id\":\"a\",\"label\":0,\"text\":\"x\"}\n[1]\n", to: pilot.place.file("bad.jsonl"))
        try pilot.expectRefused(
            ["dataset", "register", "bad.jsonl", "--as", "alder"], 2, naming: "line 2", "JSON object")
        TrainingPilot.write("{\"record_id\":\"a\",\"label\":true,\"text\":\"x\"}\n", to: pilot.place.file("bad.jsonl"))
        try pilot.expectRefused(["dataset", "register", "bad.jsonl", "--as", "alder"], 2, naming: "line 1", "label")
        try pilot.expectRefused(["dataset", "register", "recipe.json", "--as", "alder"], 64, naming: "format")
        try pilot.expectRefused(["dataset", "register", "none.tsv", "--as", "alder"], 2, naming: "none.tsv")
        for shards in ["0", "5000"] {
            try pilot.expectRefused(
                ["dataset", "register", "alder.tsv", "--as", "alder", "--shards", shards], 2, naming: shards)
        }
        try pilot.expectRefused(["dataset", "show", "ds-none"], 2, naming: "ds-none")
    }

    /// Neither id nor subject nor text lies in the clear in any file of the ledger, or is on the public chain.
    @Test func nothingOfARowLiesInTheClear() throws {
        let pilot = TrainingPilot()
        try pilot.place.done(pilot.train + ["--save-every", "1"])
        try pilot.place.done("chain", "export", "--output", "public.chain")
        let names = FileManager.default.enumerator(atPath: pilot.place.path)?.compactMap { $0 as? String } ?? []
        let files = names.filter { $0 != "alder.tsv" && !$0.hasPrefix(".streams") }
        #expect(files.count > 10)
        for name in files {
            guard let content = FileManager.default.contents(atPath: pilot.place.file(name)) else { continue }
            for needle in ["row-17", "person-8", "lost flight", pilot.dataset + "\"" + "name"] {
                #expect(content.range(of: Data(needle.utf8)) == nil, "\(needle) is in \(name)")
            }
        }
    }
}
