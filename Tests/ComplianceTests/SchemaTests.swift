import Events
import Foundation
import Testing

@testable import Compliance

/// The published schemas and pages say what the code does.
@Suite struct SchemaTests {
    private struct Shape {
        var schema: String
        /// The documents that are changed, as canonical JSON.
        var documents: [[UInt8]]
        /// Why Swift refuses the bytes; `nil` where it takes them.
        var refusal: ([UInt8]) -> String?
    }

    private static func shape(_ name: String) throws -> Shape {
        let files = try PackLoadingTests.files()
        let read = { (path: String) in
            try YAMLText.json(String(decoding: files[path]!, as: UTF8.self), file: path)
        }
        if name == "pack" {
            let shipped = try Project.text(of: "policies/gdpr-governance/pack.yaml")
            return Shape(
                schema: "pack.v1.json",
                documents: [try read("pack.yaml"), try YAMLText.json(shipped, file: "pack.yaml")]
            ) { bytes in
                refusal(PackManifest.self, bytes) { manifest in
                    if manifest.controls.isEmpty { return "seen: no control" }
                    return Set(manifest.controls).count == manifest.controls.count
                        ? nil : "seen: a control twice"
                }
            }
        }
        let shipped = try Project.text(of: "policies/gdpr-governance/GDPR-5-2/control.yaml")
        let judged = try Project.text(of: "policies/gdpr-erasure/GDPR-12-4-M/control.yaml")
        return Shape(
            schema: "control.v1.json",
            documents: [
                try read("TST-1/control.yaml"), try YAMLText.json(shipped, file: "c"),
                try YAMLText.json(judged, file: "c"),
            ]
        ) { bytes in
            refusal(ControlManifest.self, bytes) { manifest in
                guard let problem = manifest.problem else { return nil }
                return problem.contains("must not be empty") || problem.contains("a role twice")
                    ? "seen: \(problem)" : problem
            }
        }
    }

    private static func refusal<Manifest: Decodable>(
        _ type: Manifest.Type, _ bytes: [UInt8], _ problem: (Manifest) -> String?
    ) -> String? {
        do throws(JSONError) {
            return problem(try CanonicalJSON.decode(type, from: bytes))
        } catch {
            let reason = "\(error)"
            return reason.contains("the default") ? reason : "seen: \(reason)"
        }
    }

    /// What Swift refuses beyond the schema is what a schema cannot say: days that do not exist, a default
    /// outside its bounds, a table that is none, two columns of one name.
    @Test(
        .enabled(if: Project.canImport("jsonschema"), "needs Python with jsonschema"),
        arguments: ["pack", "control"])
    func theDecoderJudgesManifestsAsTheSchemaDoes(name: String) throws {
        let shape = try Self.shape(name)
        let result = try Project.withTemporaryFolder { folder in
            let input = folder.appending(path: "documents")
            try Data(shape.documents.flatMap { $0 + [0x0a] }).write(to: input)
            let script = Project.root.appending(path: "Tests/ComplianceTests/Support/schema_judge.py").path
            let schema = Project.root.appending(path: "schemas/\(shape.schema)").path
            return try Project.run([Project.python, script, schema, input.path])
        }
        try #require(result.status == 0, "\(result.output.suffix(2_000))")
        var (accepted, refused, beyond) = (0, 0, 0)
        for line in result.output.split(separator: "\n") {
            let text = String(line.dropFirst(2))
            let refusal = shape.refusal(Array(text.utf8))
            switch (line.first == "1", refusal) {
            case (true, nil): accepted += 1
            case (false, .some): refused += 1
            case (true, let reason?) where !reason.hasPrefix("seen: ") || text.contains("2027-02-30"):
                beyond += 1
            default:
                Issue.record(
                    "the schema says \(line.prefix(1)), Swift \(refusal ?? "yes"): \(text.prefix(600))")
            }
        }
        #expect(accepted > 100 && refused > 900 && beyond > 0, "\(accepted) \(refused) \(beyond)")
    }

    /// `schemas/control-tables.md` is generated text: each table with its columns and what they mean.
    @Test func thePageOfTheControlTablesIsTheSchema() throws {
        let page = try Project.text(of: "schemas/control-tables.md")
        #expect(page.contains("version \(ControlSchema.version.text)"))
        var tables: [String] = []
        for table in ControlSchema.tables {
            tables.append(table.name)
            let section = "### \(table.name)\n\n\(table.meaning)\n\n" + Self.rows(of: table)
            #expect(page.contains(section), "the page lacks this:\n\(section)")
        }
        let headings = page.split(separator: "\n").filter { $0.hasPrefix("### ") }.map {
            String($0.dropFirst(4))
        }
        #expect(headings == tables)
    }

    @Test func thePageOfThePacksListsTheFunctions() throws {
        let page = try Project.text(of: "schemas/policy-packs.md")
        let start = try #require(page.firstRange(of: "and the functions ")).upperBound
        let list = page[start...].prefix { $0 != "." }.replacing("\n", with: " ").replacing(
            " and ", with: ", ")
        #expect(Set(list.split(separator: ", ").map(String.init)) == Authorizer.functions)
        for name in PolicyTests.packNames { #expect(page.contains("`\(name)`")) }
    }

    static func rows(of table: ControlTable) -> String {
        let kinds: [ControlTable.Column.Kind: String] = [.text: "text", .integer: "integer", .time: "time"]
        return "| column | type | meaning |\n|---|---|---|\n"
            + table.columns.map { column in
                "| `\(column.name)` | \(kinds[column.kind]!)\(column.isOptional ? ", may be absent" : "") | \(column.meaning) |\n"
            }.joined()
    }
}
