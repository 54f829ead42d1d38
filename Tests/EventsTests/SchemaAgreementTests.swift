import Events
import Foundation
import Testing

/// The schemas and the Swift types judge the same statements alike; Python's `jsonschema` speaks for the
/// schemas.
///
/// Each valid vector is changed in one place at a time: a field dropped, added, nulled, of another type, out
/// of range, in another spelling. Left out is what a schema cannot see: the order of an ascending list, and
/// days that no calendar has. Both are refused by Swift, and counted here.
@Suite struct SchemaAgreementTests {
    /// A statement after one change, and what Swift says of it.
    private struct Mutant: Encodable {
        var text: String
        var accepted: Bool
    }

    @Test(.enabled(if: Project.canImport("jsonschema", "referencing"), "needs Python with jsonschema"))
    func judgesMutantsAsTheSchemasDo() throws {
        var mutants: [Mutant] = []
        var unseen = 0
        for type in EventType.allCases {
            let bytes = try Project.bytes(of: "Tests/Vectors/events/\(type.rawValue).json")
            let statement = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
            // Members of the statement itself are changed once; the event's fields for each type.
            let changed =
                type == .chainAnchored
                ? Mutation.all(of: statement) : Mutation.all(of: statement, below: ["predicate", "event"])
            for value in [statement] + changed {
                let verdict = Self.verdict(value.canonical)
                if let accepted = verdict {
                    mutants.append(Mutant(text: value.canonical, accepted: accepted))
                } else {
                    unseen += 1
                }
            }
        }
        #expect(mutants.count > 2_000)
        #expect(mutants.filter(\.accepted).count > 100)
        #expect(unseen > 10)
        try Self.compare(mutants)
    }

    /// Whether Swift takes the statement; `nil` where it refuses what a schema cannot see.
    private static func verdict(_ text: String) -> Bool? {
        do throws(Statement.ParseError) {
            _ = try Statement(parsing: Array(text.utf8))
            return true
        } catch {
            if case .invalidField(_, let reason) = error, reason.contains("ascending order") { return nil }
            return text.contains("2026-02-30") ? nil : false
        }
    }

    private static func compare(_ mutants: [Mutant]) throws {
        try Project.withTemporaryFolder { folder in
            let input = folder.appending(path: "mutants.json")
            try JSONEncoder().encode(mutants).write(to: input)
            let script = Project.root.appending(path: "Tests/EventsTests/Support/judge.py").path
            let schemas = Project.root.appending(path: "schemas").path
            let result = try Project.run([Project.python, script, schemas, input.path])
            try #require(result.status == 0, "\(result.output.suffix(2_000))")
            let verdicts = result.output.split(separator: "\n")
            try #require(verdicts.count == mutants.count)
            for (mutant, verdict) in zip(mutants, verdicts) {
                #expect((verdict == "1") == mutant.accepted, "\(mutant.text)")
            }
        }
    }
}

/// One-place changes of a JSON value.
enum Mutation {
    /// All changes in or below the member that `path` leads to.
    static func all(of value: JSONValue, below path: [String] = []) -> [JSONValue] {
        guard let name = path.first else { return changes(of: value) }
        guard case .object(let members) = value, let child = members[name] else { return [] }
        return all(of: child, below: Array(path.dropFirst())).map { changed in
            .object(members.merging([name: changed]) { $1 })
        }
    }

    private static func changes(of value: JSONValue) -> [JSONValue] {
        replacements(of: value).filter { $0 != value } + inside(value)
    }

    private static func inside(_ value: JSONValue) -> [JSONValue] {
        switch value {
        case .object(let members):
            members.flatMap { name, child in
                [.object(members.filter { $0.key != name })]
                    + changes(of: child).map { .object(members.merging([name: $0]) { $1 }) }
            } + [
                .object(members.merging(["zz": .null]) { $1 }),
                .object(members.merging(["0": .integer(1)]) { $1 }),
            ]
        case .array(let elements):
            elements.indices.flatMap { index in
                changes(of: elements[index]).map { changed in
                    var copy = elements
                    copy[index] = changed
                    return JSONValue.array(copy)
                }
            } + [
                .array([]), .array(elements + [.null]), .array(elements + elements.prefix(1)),
                .array(elements.reversed()), .array(Array(elements.dropLast())),
            ]
        default: []
        }
    }

    /// Values of every other kind, and neighbours of the same kind.
    private static func replacements(of value: JSONValue) -> [JSONValue] {
        let other: [JSONValue] = [
            .null, .bool(true), .bool(false), .integer(0), .integer(1), .integer(-1), .integer(1 << 31),
            .integer((1 << 53) - 1), .integer(1 << 53), .string(""), .string("a"), .array([]),
            .array([value]),
            .object([:]), .object(["a": value]),
        ]
        guard case .string(let text) = value else { return other }
        return other
            + [
                text + "\n", " " + text, text + " ", text.uppercased(), text + "\u{e9}",
                String(text.dropLast()),
                String(text.dropFirst()), text + text, String(repeating: "a", count: 64),
                String(repeating: "a", count: 65), String(repeating: "a", count: 300), "-" + text, text + ".",
                text.replacing("a", with: "\u{3b1}"), text.replacing("-", with: "\u{2011}"),
                text.replacing("2026-1", with: "2026-02-30"), "2026-02-30T10:00:00Z", "2026-11-23T24:00:00Z",
                String(repeating: "0", count: 64), "\u{0}",
            ].map { .string($0) }
    }
}
