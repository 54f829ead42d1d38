import Foundation
import GRDB
import Testing

/// One ledger directory that holds the keys of a hub and two contributors, with a materialised round: what most tests
/// of bad input start from.
struct Pilot {
    let place: Workplace

    /// Made once; each test gets a copy.
    private static let template: Workplace = {
        let place = Workplace(environment: ["LETHE_LEDGER": "pilot"])
        do {
            try place.done(
                "init", "--consortium", "skies.example", "--member", "hub:operator,aggregator,witness", "--member",
                "alder", "--member", "birch")
            try place.done(
                "base", "register", "sentence-transformers/all-MiniLM-L6-v2", "--digest", Organisations.baseDigest)
            try place.done("round", "open", "round-1")
            for (number, name) in ["alder", "birch"].enumerated() {
                SmallAdapter(seed: UInt64(number + 1)).write(to: place.file("round-1/\(name)"))
                try place.done(
                    "adapter", "commit", "round-1/\(name)", "--round", "round-1", "--samples", "\(number + 3)", "--as",
                    name)
            }
            try place.done("round", "close", "round-1")
            try place.done("model", "materialize", "round-1")
            try place.done("round", "open", "round-2")
            SmallAdapter(seed: 5).write(to: place.file("round-2/alder"))
            try place.done(
                "adapter", "commit", "round-2/alder", "--round", "round-2", "--samples", "3", "--as", "alder")
        } catch {
            fatalError("the pilot ledger cannot be made: \(error)")
        }
        return place
    }()

    init() { self.init(copying: Self.template) }

    private init(copying source: Workplace) {
        place = Workplace(environment: ["LETHE_LEDGER": "pilot"])
        for name in ["pilot", "round-1", "round-2"] {
            try! FileManager.default.copyItem(atPath: source.file(name), toPath: place.file(name))
        }
    }

    /// The same ledger in another place, to be spoiled.
    func copy() -> Pilot { Pilot(copying: place) }

    /// What a refusal may not change: the chains, what the check finds, the blobs, the outbox.
    func state() throws -> String {
        let files = FileManager.default
        let listed = try ["blobs", "outbox", "keys"].map {
            try files.contentsOfDirectory(atPath: place.file("pilot/\($0)")).sorted().joined(separator: " ")
        }
        return try ([place.done("chain", "list", "--json"), place.done("check", "--json")] + listed).joined(
            separator: "\n")
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
        for word in words where !word.isEmpty {
            #expect(error?.contains(word) ?? false, "no \"\(word)\" in \(outcome.errors)", sourceLocation: location)
        }
        #expect(try state() == before, "\(arguments) changed the ledger", sourceLocation: location)
    }

    /// Changes a database of the ledger behind its back.
    func spoil(_ database: String, _ sql: String) throws {
        let queue = try DatabaseQueue(path: place.file("pilot/\(database).sqlite"))
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }
}
