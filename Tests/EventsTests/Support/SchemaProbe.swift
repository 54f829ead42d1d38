import Bytes
import Events

/// Derives the JSON Schema of a type by letting it decode itself from a decoder that notes every question.
///
/// Each member that the type asks for becomes a property; a value is then made up that the type accepts, so
/// that it goes on to ask for the next one.
enum SchemaProbe {
    static func schema<Value: Decodable>(of type: Value.Type) throws -> JSONValue {
        try answer(type).schema
    }

    /// The schema of `type` and some valid value.
    fileprivate static func answer<Value: Decodable>(
        _ type: Value.Type
    ) throws -> (schema: JSONValue, value: Value) {
        if let scalar = try scalar(type) {
            return (scalar.schema, try Value(from: ScalarProbe(scalar: scalar.sample)))
        }
        if let list = type as? any ListProbe.Type {
            return (try list.schema(), list.emptyList as! Value)
        }
        let notes = Notes()
        let value = try Value(from: ObjectProbe(notes: notes))
        guard notes.isObject else { throw ProbeError.unknownKind("\(type)") }
        return (notes.schema, value)
    }

    private static func scalar(_ type: any Decodable.Type) throws -> (schema: JSONValue, sample: JSONValue)? {
        switch type {
        case is String.Type: return (["type": .string("string")], .string(""))
        case is Bool.Type: return (["type": .string("boolean")], .bool(true))
        case let text as any TextValue.Type:
            return (pattern(text.pattern), .string(try sample(of: text)))
        case is any HashProbe.Type:
            return (pattern("^[0-9a-f]{64}$"), .string(String(repeating: "0", count: 64)))
        case let integer as any IntegerValue.Type:
            let range = integer.range
            return (
                [
                    "type": .string("integer"), "minimum": .integer(range.lowerBound),
                    "maximum": .integer(range.upperBound),
                ], .integer(range.lowerBound)
            )
        case let cases as any CaseIterable.Type:
            let names = rawValues(cases).sorted()
            return (["enum": .array(names.map { .string($0) })], .string(names[0]))
        default: return nil
        }
    }

    static func pattern(_ text: String) -> JSONValue {
        ["type": .string("string"), "pattern": .string(text)]
    }

    private static func rawValues<Cases: CaseIterable>(_ type: Cases.Type) -> [String] {
        type.allCases.map { ($0 as! any RawRepresentable).rawValue as! String }
    }

    private static func sample(of type: any TextValue.Type) throws -> String {
        let candidates = [
            "a", "a/a", "2026-11-23", "2026-11-23T10:00:00Z", String(repeating: "A", count: 43) + "=", "{}",
            "DE", "LED-01",
        ]
        guard let text = candidates.first(where: { type.init($0) != nil }) else {
            throw ProbeError.noSample("\(type)")
        }
        return text
    }
}

enum ProbeError: Error {
    case unknownKind(String)
    case noSample(String)
    case unexpectedQuestion(String)
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(uniqueKeysWithValues: elements))
    }
}

private protocol HashProbe {}
extension Hash256: HashProbe {}

private protocol ListProbe {
    static var emptyList: Self { get }
    static func schema() throws -> JSONValue
}

extension Array: ListProbe where Element: Decodable {
    fileprivate static var emptyList: Self { [] }
    fileprivate static func schema() throws -> JSONValue {
        ["type": .string("array"), "items": try SchemaProbe.schema(of: Element.self)]
    }
}

extension Ascending: ListProbe {
    fileprivate static var emptyList: Self { [] }
    fileprivate static func schema() throws -> JSONValue {
        [
            "type": .string("array"), "uniqueItems": .bool(true),
            "items": try SchemaProbe.schema(of: Element.self),
        ]
    }
}

/// What a type asked for.
private final class Notes {
    var isObject = false
    var properties: [String: JSONValue] = [:]
    var required: [String] = []

    var schema: JSONValue {
        [
            "type": .string("object"), "additionalProperties": .bool(false),
            "properties": .object(properties), "required": .array(required.sorted().map { .string($0) }),
        ]
    }
}

private struct ObjectProbe: Decoder {
    let notes: Notes
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        notes.isObject = true
        return KeyedDecodingContainer(KeyedProbe(notes: notes))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw ProbeError.unexpectedQuestion("unkeyed container")
    }
    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw ProbeError.unexpectedQuestion("single value")
    }
}

private struct KeyedProbe<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let notes: Notes
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) throws -> Bool { throw ProbeError.unexpectedQuestion("null") }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let answer = try SchemaProbe.answer(type)
        notes.properties[key.stringValue] = answer.schema
        notes.required.append(key.stringValue)
        return answer.value
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        notes.properties[key.stringValue] = try SchemaProbe.schema(of: type)
        return nil
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        notes.properties[key.stringValue] = try SchemaProbe.schema(of: type)
        return nil
    }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        notes.properties[key.stringValue] = try SchemaProbe.schema(of: type)
        return nil
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw ProbeError.unexpectedQuestion("nested container") }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw ProbeError.unexpectedQuestion("nested list")
    }
    func superDecoder() throws -> any Decoder { throw ProbeError.unexpectedQuestion("super") }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw ProbeError.unexpectedQuestion("super") }
}

/// Gives one string, integer or flag.
private struct ScalarProbe: Decoder, SingleValueDecodingContainer {
    let scalar: JSONValue
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw ProbeError.unexpectedQuestion("members of a scalar")
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw ProbeError.unexpectedQuestion("elements of a scalar")
    }
    func singleValueContainer() -> any SingleValueDecodingContainer { self }
    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        switch scalar {
        case .string(let text as Value): text
        case .integer(let integer as Value): integer
        case .bool(let flag as Value): flag
        default: throw ProbeError.unexpectedQuestion("\(type)")
        }
    }
}
