import Foundation
import GRDB
import Testing

/// One ledger directory with the embedded base, an open round, and a dataset of alder's in three shards: what the tests of
/// training start from.
struct TrainingPilot {
    let place: Workplace
    let dataset: String

    /// Made once; each test gets a copy.
    private static let template: (place: Workplace, dataset: String) = {
        let place = Workplace(environment: ["LETHE_LEDGER": "pilot"])
        do {
            try place.done(
                "init", "--consortium", "skies.example", "--member", "hub:operator,aggregator,witness", "--member",
                "alder", "--member", "birch")
            try place.done("base", "register", "--embedded", "7")
            try place.done("round", "open", "round-1")
            try place.done("recipe", "new", "recipe.json")
            write(table(48), to: place.file("alder.tsv"))
            let answer = try JSON(
                place.done("dataset", "register", "alder.tsv", "--as", "alder", "--shards", "3", "--json"))
            return (place, answer["dataset"].text ?? "")
        } catch {
            fatalError("the training pilot cannot be made: \(error)")
        }
    }()

    init() { self.init(copying: Self.template.place, dataset: Self.template.dataset) }

    /// What somebody has put there.
    init(at place: Workplace, dataset: String) { (self.place, self.dataset) = (place, dataset) }

    private init(copying source: Workplace, dataset: String) {
        place = Workplace(environment: ["LETHE_LEDGER": "pilot"])
        self.dataset = dataset
        for name in ["pilot", "recipe.json", "alder.tsv"] {
            try! FileManager.default.copyItem(atPath: source.file(name), toPath: place.file(name))
        }
    }

    func copy() -> TrainingPilot { TrainingPilot(copying: place, dataset: dataset) }

    static func write(_ text: String, to path: String) {
        try! Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// A made-up table: row `n` is about person `n / 2`.
    static func table(_ count: Int, prefix: String = "row") -> String {
        let words = [["late", "lost", "rude", "awful"], ["great", "friendly", "thanks", "lovely"]]
        let lines = (0..<count).map { row in
            let label = row % 3 == 0 ? 1 : 0
            let text = (0..<4).map { words[label][(row * 5 + $0) % 4] + ($0 == 3 ? " \(row)" : " flight") }
            return "\(prefix)-\(row)\tperson-\(row / 2)\t\(label)\t\(text.joined(separator: " "))"
        }
        return (["record_id\tsubject_id\tlabel\ttext"] + lines).joined(separator: "\n") + "\n"
    }

    var train: [String] { train("round-1") }

    func train(_ round: String, as member: String = "alder") -> [String] {
        ["train", round, "--dataset", dataset, "--recipe", "recipe.json", "--as", member]
    }

    /// The digests of what a training gave: of every run, and of the contribution.
    func digests(_ answer: String) throws -> [String] {
        let json = try JSON(answer)
        return json["runs"].elements.compactMap { $0["run"].text } + [json["adapter"].text ?? "none"]
    }

    /// Closes the round, materialises its model and opens the next.
    func turn(_ round: String, next: String, topology: String = "isolated") throws {
        try place.done("round", "close", round)
        try place.done("model", "materialize", round)
        try place.done("round", "open", next, "--topology", topology)
    }

    /// What a refusal may not change.
    func state() throws -> String {
        let blobs = try FileManager.default.contentsOfDirectory(atPath: place.file("pilot/blobs")).sorted()
        return try place.done("chain", "list", "--json") + place.done("show", "datasets", "--json")
            + blobs.joined(separator: " ")
    }

    /// Runs a command that must be refused and change nothing.
    func expectRefused(
        _ arguments: [String], _ status: Int32, naming words: String..., at location: SourceLocation = #_sourceLocation
    ) throws {
        let before = try state()
        let outcome = place.lethe(arguments)
        let lines = outcome.errors.split(separator: "\n")
        let error = lines.first { $0.hasPrefix("lethe: error: ") }
        #expect(outcome.status == status, "\(arguments): \(outcome.output)\(outcome.errors)", sourceLocation: location)
        #expect(lines.contains { $0.hasPrefix("lethe: hint: ") }, "\(outcome.errors)", sourceLocation: location)
        for word in words {
            #expect(error?.contains(word) ?? false, "no \"\(word)\" in \(outcome.errors)", sourceLocation: location)
        }
        #expect(try state() == before, "\(arguments) changed the ledger", sourceLocation: location)
    }

    /// Changes the vault behind the ledger's back.
    func spoil(_ sql: String) throws {
        let queue = try DatabaseQueue(path: place.file("pilot/vault.sqlite"))
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }
}
