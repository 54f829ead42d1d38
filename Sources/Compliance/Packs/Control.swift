public import Bytes
internal import Events

/// One rule of a pack: its manifest, its queries and its fixtures.
public struct Control: Hashable, Sendable {
    public let manifest: ControlManifest
    /// Rows are violations.
    let violations: String
    /// How many things were in scope.
    let population: String
    /// 1 where the control applies to this ledger at all.
    let appliesIf: String?
    public let passFixture: Fixture
    public let failFixture: Fixture
    /// What the violations query gives for ``failFixture``, in its order. Never empty.
    public let expected: [ViolationRow]
    /// SHA-256 of `violations.sql`.
    public let queryDigest: QueryDigest

    public var id: ControlID { manifest.id }

    /// Parameters that every query is given: the time as of which it judges, as text, in seconds and in days
    /// since 1970.
    static let givenParameters: Set<String> = ["as_of", "as_of_s", "as_of_day"]

    func parameters(asOf: Timestamp) -> [String: SQLValue] {
        var values: [String: SQLValue] = [
            "as_of": .text(asOf.text), "as_of_s": .integer(asOf.seconds),
            "as_of_day": .integer(asOf.seconds / 86_400),
        ]
        for (name, parameter) in manifest.params { values[name.text] = parameter.value }
        return values
    }
}

// MARK: - Reading

extension Control {
    private static let files: Set<String> = [
        "control.yaml", "violations.sql", "population.sql", "fixtures/pass.jsonl", "fixtures/fail.jsonl",
        "fixtures/fail.expected.json",
    ]

    /// The control in `folder` of `pack`, judged as far as it can be without running its fixtures.
    init(_ folder: String, in pack: PackFiles) throws(PackError) {
        try Self.checkFiles(of: folder, pack)
        let file = "\(folder)/control.yaml"
        manifest = try YAMLText.decode(ControlManifest.self, from: try pack.text(file), file: file)
        if let problem = manifest.problem { throw .manifest(file: file, reason: problem) }
        guard manifest.id.text == folder else {
            throw .wrongID(file: file, expected: folder, actual: manifest.id.text)
        }
        violations = try pack.text("\(folder)/violations.sql")
        population = try pack.text("\(folder)/population.sql")
        let condition = "\(folder)/applies_if.sql"
        appliesIf = pack.contents[condition] == nil ? nil : try pack.text(condition)
        passFixture = try Fixture(
            try Self.bytes("\(folder)/fixtures/pass.jsonl", pack), file: "\(folder)/fixtures/pass.jsonl")
        failFixture = try Fixture(
            try Self.bytes("\(folder)/fixtures/fail.jsonl", pack), file: "\(folder)/fixtures/fail.jsonl")
        expected = try Self.expected("\(folder)/fixtures/fail.expected.json", pack)
        queryDigest = .sha256(Array(violations.utf8))
        try checkQueries(folder)
    }

    private static func checkFiles(of folder: String, _ pack: PackFiles) throws(PackError) {
        let prefix = "\(folder)/"
        let found = Set(
            pack.contents.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
        if let name = files.subtracting(found).sorted().first { throw .missingFile(prefix + name) }
        let extra = found.subtracting(files).subtracting(["applies_if.sql"])
        if let name = extra.sorted().first { throw .unexpectedFile(prefix + name) }
    }

    private static func bytes(_ path: String, _ pack: PackFiles) throws(PackError) -> [UInt8] {
        guard let bytes = pack.contents[path] else { throw .missingFile(path) }
        return bytes
    }

    private static func expected(_ path: String, _ pack: PackFiles) throws(PackError) -> [ViolationRow] {
        var bytes = try bytes(path, pack)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        let rows: [ViolationRow]
        do throws(JSONError) {
            rows = try CanonicalJSON.decode([ViolationRow].self, from: bytes)
        } catch {
            throw .fixture(file: path, line: 1, reason: "\(error)")
        }
        guard !rows.isEmpty else {
            throw .fixture(file: path, line: 1, reason: "a fixture that must fail expects at least one row")
        }
        return rows
    }

    // MARK: Queries

    /// Runs each query on the empty database: it must compile in the sandbox, read what the manifest says and
    /// no more, use every parameter, and find nothing wrong where nothing happened.
    private func checkQueries(_ folder: String) throws(PackError) {
        let sandbox: Sandbox
        do throws(SandboxError) {
            sandbox = try Fixture.empty.sandbox(.small)
        } catch {
            throw .query(file: folder, reason: "\(error)")
        }
        let text = QueryText(violations)
        let file = "\(folder)/violations.sql"
        guard text.isOrdered else {
            throw .query(file: file, reason: "the rows need an ORDER BY of the whole query")
        }
        guard !text.isLimited else { throw .query(file: file, reason: "LIMIT would hide violations") }
        let values = parameters(asOf: Fixture.empty.asOf)
        let rows = try Self.asking(file) { () throws(SandboxError) in
            try sandbox.rows(violations, values, columns: manifest.result.names)
        }
        guard rows.values.isEmpty else { throw .failsOnNothing(file: file) }
        _ = try Self.asking("\(folder)/population.sql") { () throws(SandboxError) in
            try sandbox.integer(population, values)
        }
        if let appliesIf {
            let answer = try Self.asking("\(folder)/applies_if.sql") { () throws(SandboxError) in
                try sandbox.integer(appliesIf, values)
            }
            guard answer < 2 else {
                throw .query(file: "\(folder)/applies_if.sql", reason: "the answer must be 0 or 1")
            }
        }
        try checkDeclarations(folder, tables: sandbox.tablesRead, parameters: sandbox.parametersUsed)
    }

    private static func asking<Answer>(
        _ file: String, _ question: () throws(SandboxError) -> Answer
    ) throws(PackError) -> Answer {
        do throws(SandboxError) {
            return try question()
        } catch {
            throw .query(file: file, reason: "\(error)")
        }
    }

    private func checkDeclarations(
        _ folder: String, tables: Set<String>, parameters: Set<String>
    ) throws(PackError) {
        let file = "\(folder)/control.yaml"
        let declared = Set(manifest.views.keys.map(\.text))
        if let table = tables.subtracting(declared).sorted().first {
            throw .manifest(file: file, reason: "the queries read \(table), which views does not name")
        }
        if let table = declared.subtracting(tables).sorted().first {
            throw .manifest(file: file, reason: "views names \(table), which no query reads")
        }
        let unused = Set(manifest.params.keys.map(\.text)).subtracting(parameters)
        if let name = unused.sorted().first {
            throw .manifest(file: file, reason: "params names \(name), which no query uses")
        }
    }
}
