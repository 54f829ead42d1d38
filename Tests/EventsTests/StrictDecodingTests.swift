import Events
import Testing

/// What a decoder may let through although the text itself is canonical.
@Suite struct StrictDecodingTests {
    private struct Keyed: Codable, Hashable { var eventKey: Int }

    /// Swift compares strings by canonical equivalence, where U+212A KELVIN SIGN equals the letter K; two
    /// spellings of one name would be two encodings of one value.
    @Test func readsNoNameThatOnlyLooksLikeAField() {
        #expect(throws: JSONError.self) {
            try CanonicalJSON.decode(Keyed.self, from: Array("{\"event\u{212A}ey\":1}".utf8))
        }
    }

    private struct Nested: Decodable {
        enum Outer: String, CodingKey { case inner }
        enum Inner: String, CodingKey { case known }
        init(from decoder: any Decoder) throws {
            let outer = try decoder.container(keyedBy: Outer.self)
            let inner = try outer.nestedContainer(keyedBy: Inner.self, forKey: .inner)
            _ = try inner.decode(Int.self, forKey: .known)
        }
    }

    @Test func refusesAnUnknownFieldInANestedContainer() throws {
        _ = try CanonicalJSON.decode(Nested.self, from: Array(#"{"inner":{"known":1}}"#.utf8))
        #expect(throws: JSONError.invalidValue(path: "$.inner.other", reason: "is unknown")) {
            try CanonicalJSON.decode(Nested.self, from: Array(#"{"inner":{"known":1,"other":2}}"#.utf8))
        }
    }

    private struct Fieldless: Decodable {}

    @Test(arguments: [#"{"other":1}"#, "[1]", "7", "{}"])
    func refusesWhatATypeDoesNotLookAt(text: String) {
        #expect(throws: JSONError.self) {
            try CanonicalJSON.decode(Fieldless.self, from: Array(text.utf8))
        }
    }

    private struct Pair: Decodable {
        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            _ = try (list.decode(Int.self), list.decode(Int.self))
        }
    }

    @Test func refusesElementsBeyondThoseThatATypeReads() throws {
        _ = try CanonicalJSON.decode(Pair.self, from: Array("[1,2]".utf8))
        #expect(throws: JSONError.invalidValue(path: "$[2]", reason: "is unknown")) {
            try CanonicalJSON.decode(Pair.self, from: Array("[1,2,3]".utf8))
        }
    }

    private struct Twice: Decodable {
        enum Keys: String, CodingKey { case first }
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            _ = try container.decode(Int.self, forKey: .first)
            _ = try container.decode(Int.self, forKey: .first)
        }
    }

    /// Reading one field twice must not make up for a field that nobody read.
    @Test func refusesAnUnknownFieldBesideOneThatIsReadTwice() {
        #expect(throws: JSONError.invalidValue(path: "$.second", reason: "is unknown")) {
            try CanonicalJSON.decode(Twice.self, from: Array(#"{"first":1,"second":2}"#.utf8))
        }
    }
}
