import Bytes
import Events
import Foundation
import Testing

/// The files in `schemas/` against the Swift types, which a probing decoder takes apart.
///
/// To write the files anew (titles and descriptions are kept): `LETHE_RECORD=events swift test --filter
/// SchemaTests`.
@Suite struct SchemaTests {
    static let dialect = "https://json-schema.org/draft/2020-12/schema"

    private static func path(_ type: EventType) -> String { "schemas/events/\(type.rawValue).v1.json" }

    @Test(arguments: EventType.allCases)
    func describesTheSwiftType(type: EventType) throws {
        try compare(try Self.withDialect(Self.schema(of: type.contentType)), with: Self.path(type))
    }

    private static func schema(of type: any Decodable.Type) throws -> JSONValue {
        try SchemaProbe.schema(of: type)
    }

    @Test func describesStatements() throws {
        try compare(try Self.statement(), with: "schemas/statement.v1.json")
    }

    @Test func describesEnvelopes() throws { try compare(Self.envelope, with: "schemas/envelope.v1.json") }

    @Test func hasNoFileWithoutAType() throws {
        #expect(
            try Project.files(in: "schemas/events")
                == EventType.allCases.map { "\($0.rawValue).v1.json" }.sorted())
    }

    /// A schema explains itself: every property has a description, every file a title. An absolute `$id`
    /// would send validators to the network.
    @Test func explainsEveryField() throws {
        let paths =
            EventType.allCases.map(Self.path) + ["schemas/statement.v1.json", "schemas/envelope.v1.json"]
        for path in paths {
            let schema = try Self.read(path)
            guard case .string = schema["title"] else {
                Issue.record("\(path) has no title")
                continue
            }
            #expect(schema["$id"] == nil)
            for place in Self.undescribed(schema, at: path) { Issue.record("\(place) has no description") }
        }
    }

    private static func undescribed(_ schema: JSONValue, at place: String) -> [String] {
        guard case .object(let members) = schema else { return [] }
        var places: [String] = members["description"] == nil ? [place] : []
        if case .object(let properties)? = members["properties"] {
            for (name, property) in properties { places += undescribed(property, at: "\(place)/\(name)") }
        }
        if let items = members["items"], items["properties"] != nil {
            places += undescribed(items, at: "\(place)[]")
        }
        return places
    }

    // MARK: Comparing and recording

    private func compare(_ derived: JSONValue, with path: String) throws {
        let file = try? Self.read(path)
        if Project.isRecording {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let text = try encoder.encode(Self.explained(derived, as: file))
            try Project.write(Array(text) + [0x0a], to: path)
            Issue.record("recorded \(path)")
            return
        }
        #expect(Self.withoutWords(try #require(file)) == derived)
    }

    private static func read(_ path: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(Project.bytes(of: path)))
    }

    /// `schema` without titles and descriptions. A property may have one of these names: below `properties`
    /// they stay.
    private static func withoutWords(_ schema: JSONValue, isProperties: Bool = false) -> JSONValue {
        switch schema {
        case .object(let members):
            let kept = members.filter { isProperties || !["title", "description"].contains($0.key) }
            return .object(
                Dictionary(
                    uniqueKeysWithValues: kept.map { name, value in
                        (name, withoutWords(value, isProperties: !isProperties && name == "properties"))
                    }))
        case .array(let elements): return .array(elements.map { withoutWords($0) })
        default: return schema
        }
    }

    /// `schema` with the titles and descriptions that stand at the same places in `file`.
    private static func explained(
        _ schema: JSONValue, as file: JSONValue?, isProperties: Bool = false
    ) -> JSONValue {
        guard case .object(var members) = schema else { return schema }
        for (name, value) in members {
            members[name] = explained(
                value, as: file?[name], isProperties: !isProperties && name == "properties")
        }
        if !isProperties {
            for word in ["title", "description"] { members[word] = file?[word] ?? members[word] }
        }
        return .object(members)
    }

    // MARK: What is read by hand

    private static func withDialect(_ schema: JSONValue) throws -> JSONValue {
        guard case .object(var members) = schema else { return schema }
        members["$schema"] = .string(dialect)
        return .object(members)
    }

    private static func object(_ properties: [String: JSONValue], optional: Set<String> = []) -> JSONValue {
        [
            "type": .string("object"), "additionalProperties": .bool(false),
            "properties": .object(properties),
            "required": .array(
                properties.keys.filter { !optional.contains($0) }.sorted().map { .string($0) }),
        ]
    }

    private static func statement() throws -> JSONValue {
        let predicate = object(
            [
                "author": try SchemaProbe.schema(of: MemberName.self),
                "body": try SchemaProbe.schema(of: BodyReference.self),
                "chain": try SchemaProbe.schema(of: Origin.self),
                "claimedAt": try SchemaProbe.schema(of: Timestamp.self),
                "event": ["type": .string("object")],
                "previous": [
                    "type": .array([.string("string"), .string("null")]),
                    "pattern": .string("^[0-9a-f]{64}$"),
                ],
                "sequence": try SchemaProbe.schema(of: Count.self),
            ], optional: ["body"])
        let root = object([
            "_type": ["const": .string(Statement.statementType)],
            "predicate": predicate,
            "predicateType": ["enum": .array(EventType.allCases.map { .string($0.predicateType) })],
            "subject": [
                "type": .string("array"), "minItems": .integer(1),
                "items": try SchemaProbe.schema(of: Statement.Subject.self),
            ],
        ])
        guard case .object(var members) = root else { return root }
        members["$schema"] = .string(dialect)
        members["allOf"] = .array(EventType.allCases.map(eventRule))
        return .object(members)
    }

    /// A statement of `type` has an event as that type's file describes it.
    private static func eventRule(_ type: EventType) -> JSONValue {
        [
            "if": ["properties": ["predicateType": ["const": .string(type.predicateType)]]],
            "then": [
                "properties": [
                    "predicate": [
                        "properties": ["event": ["$ref": .string("events/\(type.rawValue).v1.json")]]
                    ]
                ]
            ],
        ]
    }

    private static var envelope: JSONValue {
        let signature = object([
            "keyid": SchemaProbe.pattern("^[0-9a-f]{64}$"),
            "sig": SchemaProbe.pattern("^[A-Za-z0-9+/]{85}[AQgw]==$"),
        ])
        let root = object([
            "payload": SchemaProbe.pattern(
                "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$"),
            "payloadType": ["const": .string(Envelope.payloadType)],
            "signatures": ["type": .string("array"), "minItems": .integer(1), "items": signature],
        ])
        guard case .object(var members) = root else { return root }
        members["$schema"] = .string(dialect)
        return .object(members)
    }
}
