/// Why a control query has no result. None of these is ever a pass.
public enum SandboxError: Error, Hashable, Sendable {
    case cannotOpen(path: String, reason: String)
    case empty
    case severalStatements
    case notReadOnly
    /// The authorizer refused an action: what, and on what.
    case notAllowed(String)
    /// A parameter without a name, such as `?` or `?1`.
    case unnamedParameter(index: Int)
    case unboundParameter(String)
    case wrongColumns(expected: [String], actual: [String])
    /// A float or a blob, or a count that is not one integer.
    case wrongValue(column: String)
    case tooSlow(milliseconds: Int)
    case tooMuchMemory(bytes: Int)
    case tooLarge
    case sql(String)
}

extension SandboxError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason): "the control database \(path) cannot be opened: \(reason)"
        case .empty: "the query is empty"
        case .severalStatements: "the text holds more than one statement"
        case .notReadOnly: "the query would write"
        case .notAllowed(let what): "a control query may not \(what)"
        case .unnamedParameter(let index): "parameter \(index) has no name; write :name"
        case .unboundParameter(let name): "the parameter \(name) is not declared in params"
        case .wrongColumns(let expected, let actual):
            "the columns are \(actual.joined(separator: ", ")); they must be \(expected.joined(separator: ", "))"
        case .wrongValue(let column): "the column \(column) holds a value of the wrong type"
        case .tooSlow(let milliseconds): "the query computed for more than \(milliseconds) ms"
        case .tooMuchMemory(let bytes): "the query took more than \(bytes) bytes of memory"
        case .tooLarge: "a value or the query itself is larger than the sandbox allows"
        case .sql(let message): message
        }
    }
}

/// What a control query may use up.
public struct SandboxLimits: Hashable, Sendable {
    /// Rows that are kept; of more, the result says so.
    public var rows: Int
    /// What the query may compute, in processor time.
    public var milliseconds: Int
    /// Bytes that SQLite may hold beyond what the process held when the query began.
    public var bytes: Int

    /// For no rows and for fixtures: a pack of many controls must not take hours to be looked at.
    public static let small = SandboxLimits(milliseconds: 3_000)

    public init(rows: Int = 1_000, milliseconds: Int = 10_000, bytes: Int = 256 << 20) {
        (self.rows, self.milliseconds, self.bytes) = (rows, milliseconds, bytes)
    }
}
