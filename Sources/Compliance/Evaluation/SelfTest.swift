internal import Events

/// Whether a control judged one of its own fixtures as the fixture says.
public struct SelfTestResult: Codable, Hashable, Sendable {
    public var control: String
    public var fixture: Fixture.Kind
    public var isExpected: Bool
    public var pack: String
    /// What differs.
    public var reason: String?

    public init(pack: String, control: String, fixture: Fixture.Kind, isExpected: Bool, reason: String?) {
        (self.pack, self.control, self.fixture) = (pack, control, fixture)
        (self.isExpected, self.reason) = (isExpected, reason)
    }
}

/// Runs controls on their own fixtures. A control that cannot tell these apart has nothing to say about a
/// ledger.
public enum SelfTest {
    /// Both fixtures of each control, in the order of the pack.
    ///
    /// The limits are always the same ones: what a caller allows a query on a ledger does not change what a
    /// fixture gives.
    public static func results(of pack: Pack) -> [SelfTestResult] {
        pack.controls.flatMap { control in
            Fixture.Kind.allCases.map { kind in
                let difference = difference(control, kind)
                return SelfTestResult(
                    pack: pack.id.text, control: control.id.text, fixture: kind,
                    isExpected: difference == nil, reason: difference)
            }
        }
    }

    private static func difference(_ control: Control, _ kind: Fixture.Kind) -> String? {
        let fixture = kind == .pass ? control.passFixture : control.failFixture
        do throws(SandboxError) {
            let found = try ControlRun(control, asOf: fixture.asOf).run(
                in: try fixture.sandbox(.small))
            guard found.applies else { return "the control does not apply to it" }
            guard found.population > 0 else { return "nothing in it is in scope" }
            let expected = kind == .pass ? [] : control.expected
            guard found.rows == expected else {
                return "it gives \(summary(found.rows)) instead of \(summary(expected))"
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func summary(_ rows: [ViolationRow]) -> String {
        rows.isEmpty ? "no violation" : rows.map { "\($0.subject): \($0.reason)" }.joined(separator: "; ")
    }
}

/// What controls gave on their own fixtures, by control.
struct SelfTests {
    private let results: [String: [SelfTestResult]]

    init(_ results: [SelfTestResult]) {
        self.results = Dictionary(grouping: results) { "\($0.pack)/\($0.control)" }
    }

    /// What is not as it should be in a fixture of `control`, or that it was run on fewer than both; `nil` where all is
    /// well.
    func difference(_ control: Control, in pack: Pack) -> String? {
        let results = results["\(pack.id.text)/\(control.id.text)"] ?? []
        guard Set(results.map(\.fixture)).isSuperset(of: Fixture.Kind.allCases) else {
            return "it was not run on both of its fixtures"
        }
        return results.first { !$0.isExpected }.map {
            "its fixture \($0.fixture.rawValue).jsonl: \($0.reason ?? "it is judged otherwise than it says")"
        }
    }
}

/// One control's queries over one database.
struct ControlRun {
    struct Found {
        var applies: Bool
        var population: Int
        var rows: [ViolationRow]
        var isTruncated: Bool
    }

    private let control: Control
    private let parameters: [String: SQLValue]

    init(_ control: Control, asOf: Timestamp) {
        self.control = control
        parameters = control.parameters(asOf: asOf)
    }

    func run(in sandbox: Sandbox) throws(SandboxError) -> Found {
        if let condition = control.appliesIf {
            let answer = try sandbox.integer(condition, parameters)
            guard answer < 2 else { throw .wrongValue(column: "applies_if") }
            guard answer == 1 else {
                return Found(applies: false, population: 0, rows: [], isTruncated: false)
            }
        }
        let population = try sandbox.integer(control.population, parameters)
        let columns = control.manifest.result.names
        let rows = try sandbox.rows(control.violations, parameters, columns: columns)
        var violations: [ViolationRow] = []
        for row in rows.values { violations.append(try Self.violation(row, columns)) }
        return Found(
            applies: true, population: population, rows: violations, isTruncated: rows.isTruncated)
    }

    /// A row as subject, reason, since and event; the last two may be absent.
    private static func violation(_ row: [SQLValue], _ columns: [String]) throws(SandboxError) -> ViolationRow {
        guard case .text(let subject) = row[0] else { throw .wrongValue(column: columns[0]) }
        guard case .text(let reason) = row[1] else { throw .wrongValue(column: columns[1]) }
        return ViolationRow(
            subject: subject, reason: reason, since: try text(row[2], columns[2]),
            eventID: try text(row[3], columns[3]))
    }

    private static func text(_ value: SQLValue, _ column: String) throws(SandboxError) -> String? {
        switch value {
        case .null: nil
        case .text(let text): text
        case .integer: throw .wrongValue(column: column)
        }
    }
}
