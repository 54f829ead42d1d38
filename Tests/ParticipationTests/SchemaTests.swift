import Foundation
import Participation
import Testing

@Suite struct SchemaTests {
    private func schema(_ name: String) -> URL { package.appending(path: "schemas/\(name).v1.json") }

    private static func documents() throws -> [(name: String, value: Tree)] {
        [
            ("agent-policy", try Tree(json(smallPolicy()))),
            ("settlement-rules", try Tree(json(SettlementTests.rules))),
        ]
    }

    /// The schema and the type name the same members, at every level, and the schema is closed everywhere.
    @Test func schemasAndTypesNameTheSameFields() throws {
        for (name, value) in try Self.documents() {
            let schema = try #require(
                JSONSerialization.jsonObject(with: Data(contentsOf: schema(name))) as? [String: Any])
            let definitions = schema["$defs"] as? [String: [String: Any]] ?? [:]
            try compare(inline(schema, definitions) as? [String: Any] ?? [:], value, name)
        }
    }

    private func compare(_ schema: [String: Any], _ value: Tree, _ path: String) throws {
        switch value {
        case .object(let members):
            let properties = try #require(schema["properties"] as? [String: [String: Any]], "\(path)")
            #expect(Set(properties.keys) == Set(members.keys), "\(path)")
            #expect(Set(schema["required"] as? [String] ?? []) == Set(members.keys), "\(path)")
            #expect(schema["additionalProperties"] as? Bool == false, "\(path)")
            for (name, member) in members { try compare(properties[name]!, member, "\(path)/\(name)") }
        case .array(let items):
            let inner = try #require(schema["items"] as? [String: Any], "\(path)")
            for item in items { try compare(inner, item, "\(path)[]") }
        case .number: #expect(schema["type"] as? String == "integer", "\(path)")
        case .string: #expect(schema["type"] as? String == "string", "\(path)")
        }
    }

    private func inline(_ value: Any, _ definitions: [String: [String: Any]]) -> Any {
        if let object = value as? [String: Any] {
            if let reference = object["$ref"] as? String {
                return inline(definitions[String(reference.dropFirst("#/$defs/".count))]!, definitions)
            }
            return object.mapValues { inline($0, definitions) }
        }
        if let array = value as? [Any] { return array.map { inline($0, definitions) } }
        return value
    }

    static let hasValidator = succeeds([python, "-c", "import jsonschema"])

    /// Each document as it is, and with a fault that its schema can see; the last of each list is an
    /// unknown field.
    @Test(.enabled(if: hasValidator, "python3 with jsonschema is not installed"))
    func anIndependentValidatorAcceptsTheDocumentsAndRefusesFaults() throws {
        let faults: [String: [([String], Tree)]] = [
            "agent-policy": [
                (["discount"], .string("1")), (["allocations"], .array([])),
                (["learningRate", "0", "rate"], .string("0.12345")), (["bins", "phasePPM", "0"], .string("1")),
            ],
            "settlement-rules": [
                (["reimbursementRate"], .string("0.10")), (["revision"], .number(0)),
                (["microcreditsPerPPM"], .number(-1)),
            ],
        ]
        for (name, value) in try Self.documents() {
            var refused = try #require(faults[name]).map { path, fault in value.changing(path) { _ in fault } }
            guard case .object(var members) = value else { continue }
            members["extra"] = .number(1)
            refused.append(.object(members))
            let verdicts = try verdicts(name, [value] + refused)
            #expect(verdicts == "1" + String(repeating: "0", count: refused.count), "\(name)")
        }
    }

    /// One digit for each value: 1 where the schema accepts it.
    private func verdicts(_ name: String, _ values: [Tree]) throws -> String {
        let folder = URL(filePath: NSTemporaryDirectory()).appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (input, output) = (folder.appending(path: "values.json"), folder.appending(path: "verdicts"))
        try Tree.array(values).data.write(to: input)
        let program = """
            import json, sys, jsonschema
            schema, values = (json.load(open(path)) for path in sys.argv[1:3])
            jsonschema.Draft202012Validator.check_schema(schema)
            judge = jsonschema.Draft202012Validator(schema)
            open(sys.argv[3], "w").write("".join(str(int(judge.is_valid(value))) for value in values))
            """
        try #require(
            succeeds([python, "-c", program, schema(name).path(), input.path(), output.path()]))
        return try String(contentsOf: output, encoding: .utf8)
    }
}
