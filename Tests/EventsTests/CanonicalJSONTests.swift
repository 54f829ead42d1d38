import Events
import Foundation
import Testing

/// `Tests/Vectors/json`: one text a file, named for what is wrong with it.
@Suite struct CanonicalJSONVectorTests {
    private static let scenarios = Scenario.all(in: "Tests/Vectors/json")

    @Test(arguments: scenarios)
    func judgesAsTheVectorSays(scenario: Scenario) {
        var outcome = "valid"
        do throws(JSONError) {
            try CanonicalJSON.validate(scenario.bytes)
        } catch {
            outcome = Self.name(of: error)
        }
        #expect(outcome == scenario.headers["expect"])
    }

    @Test func hasAVectorForEveryRefusalOfAText() {
        let refusals = Set(Self.scenarios.compactMap { $0.headers["expect"] })
        #expect(
            refusals == [
                "valid", "tooDeep", "unexpectedEnd", "unexpectedByte", "badNumber", "badString",
                "namesOutOfOrder", "trailingBytes",
            ])
    }

    static func name(of error: JSONError) -> String {
        switch error {
        case .tooLarge: "tooLarge"
        case .tooManyValues: "tooManyValues"
        case .tooDeep: "tooDeep"
        case .unexpectedEnd: "unexpectedEnd"
        case .unexpectedByte: "unexpectedByte"
        case .badNumber: "badNumber"
        case .badString: "badString"
        case .namesOutOfOrder: "namesOutOfOrder"
        case .trailingBytes: "trailingBytes"
        case .invalidValue: "invalidValue"
        }
    }

    /// Too large for a vector file.
    @Test func refusesATextBeyondItsLimit() {
        let bytes = [UInt8](repeating: UInt8(ascii: " "), count: CanonicalJSON.maximumBytes + 1)
        #expect(throws: JSONError.tooLarge(bytes: bytes.count)) { try CanonicalJSON.validate(bytes) }
    }

    /// Names of members count too: three names, three values, the object itself.
    @Test func refusesMoreValuesThanTheReaderAllows() throws {
        let bytes = Array(#"{"a":1,"b":2,"c":3}"#.utf8)
        #expect(try CanonicalJSON.decode([String: Int].self, from: bytes, maximumValues: 7).count == 3)
        #expect(throws: JSONError.tooManyValues(6)) {
            try CanonicalJSON.decode([String: Int].self, from: bytes, maximumValues: 6)
        }
    }
}

/// Random values, written by the tests' own writer, read and written by the one under test.
@Suite struct CanonicalJSONPropertyTests {
    /// A value as `CanonicalJSON` decodes and encodes it, of any shape.
    private struct Anything: Codable, Hashable {
        let value: JSONValue
        init(from decoder: any Decoder) throws { value = try JSONValue(from: decoder) }
        func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
    }

    @Test func readsAndWritesRandomValuesUnchanged() throws {
        var generator = SplitMix(state: 20_261_123)
        for _ in 0..<2_000 {
            let value = JSONValue.random(depth: 6, using: &generator)
            let bytes = Array(value.canonical.utf8)
            let decoded = try CanonicalJSON.decode(Anything.self, from: bytes)
            #expect(decoded.value == value)
            #expect(CanonicalJSON.encode(decoded) == bytes)
        }
    }

    @Test func readsAndWritesTheDeepestValue() throws {
        let depth = CanonicalJSON.maximumDepth
        let value = (1..<depth).reduce(JSONValue.array([])) { inner, _ in .object(["a": inner]) }
        let bytes = Array(value.canonical.utf8)
        let decoded = try CanonicalJSON.decode(Anything.self, from: bytes)
        #expect(CanonicalJSON.encode(decoded) == bytes)
    }

    /// A list that is copied for each element takes minutes here, one that is not a fraction of a second.
    @Test(.timeLimit(.minutes(1))) func writesALongListWithoutCopyingIt() {
        let numbers = Array(0..<100_000)
        let text = "[" + numbers.map(String.init).joined(separator: ",") + "]"
        #expect(CanonicalJSON.encode(numbers) == Array(text.utf8))
    }

    /// `rfc8785` from PyPI writes the same bytes.
    @Test(.enabled(if: Project.canImport("rfc8785"), "needs Python with rfc8785"))
    func writesWhatAnotherImplementationWrites() throws {
        var generator = SplitMix(state: 8_785)
        let texts = (0..<500).map { _ in JSONValue.random(depth: 5, using: &generator).canonical }
        let script = Project.root.appending(path: "Tests/EventsTests/Support/rfc8785_agrees.py").path
        try Project.withTemporaryFolder { folder in
            let input = folder.appending(path: "texts.json")
            try JSONEncoder().encode(texts).write(to: input)
            let result = try Project.run([Project.python, script, input.path])
            #expect(result.status == 0 && result.output == "500 agree\n", "\(result.output.suffix(1_000))")
        }
    }
}

/// SplitMix64, so that a failing case comes back with its seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension JSONValue {
    /// Scalars at the edges of escaping, of UTF-8 lengths and of UTF-16 order.
    private static let scalars: [Unicode.Scalar] =
        (0...0x22).map { Unicode.Scalar(UInt8($0)) } + [
            "/", "\\", "a", "b", "z", "A", "K", "\u{7f}", "\u{80}", "\u{e9}", "e", "\u{301}", "\u{7ff}",
            "\u{800}",
            "\u{212a}", "\u{d7ff}", "\u{e000}", "\u{fffd}", "\u{ffff}", "\u{10000}", "\u{1f600}",
            "\u{10ffff}",
        ]

    static func random(depth: Int, using generator: inout SplitMix) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2:
            let bits = Int.random(in: 0...53, using: &generator)
            let magnitude = Int.random(in: 0...((1 << bits) - 1), using: &generator)
            return .integer(Bool.random(using: &generator) ? magnitude : -magnitude)
        case 3, 4: return .string(text(using: &generator))
        case 5, 6:
            var members: [String: JSONValue] = [:]
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                members[text(using: &generator)] = random(depth: depth - 1, using: &generator)
            }
            return .object(members)
        default:
            let count = Int.random(in: 0...5, using: &generator)
            return .array((0..<count).map { _ in random(depth: depth - 1, using: &generator) })
        }
    }

    private static func text(using generator: inout SplitMix) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            text.append(scalars.randomElement(using: &generator)!)
        }
        return String(text)
    }
}
