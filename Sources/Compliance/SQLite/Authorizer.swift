internal import GRDBSQLite

/// Says yes or no to each thing that a query wants to do, while SQLite compiles it.
///
/// Allowed are SELECT, recursion, reading the control tables and `json_each`, and a list of functions whose
/// result depends on their arguments alone. Everything else is refused, and what it was is kept for the
/// message. The name of a view or a common table expression gives no rights: a query can give any name to
/// anything.
final class Authorizer {
    /// No dates, as `'now'` passes any of them; no random numbers, nothing that reads or writes files,
    /// nothing that makes large values out of nothing, no floating-point results; and no `trim`, which of two
    /// long texts takes minutes in one call, where nothing can stop it.
    static let functions: Set<String> = [
        "abs", "coalesce", "count", "dense_rank", "first_value", "glob", "group_concat", "ifnull", "iif",
        "instr", "json_array_length", "json_extract", "json_group_array", "json_valid", "lag",
        "last_value", "lead", "length", "like", "lower", "max", "min", "nullif", "rank", "replace",
        "row_number", "substr", "substring", "sum", "typeof", "upper",
    ]

    private let tables: Set<String>
    private(set) var refusal: String?
    /// The control tables that any statement so far read.
    private(set) var tablesRead: Set<String> = []

    init(tables: Set<String>) { self.tables = tables.union(["json_each"]) }

    func forget() { refusal = nil }

    /// SQLite's question in its own terms: an action code and up to two names.
    func decide(_ action: Int32, _ first: String, _ second: String) -> Int32 {
        switch action {
        case SQLITE_SELECT, SQLITE_RECURSIVE: return SQLITE_OK
        case SQLITE_READ where mayRead(first, column: second):
            if tables.contains(first), first != "json_each" { tablesRead.insert(first) }
            return SQLITE_OK
        case SQLITE_FUNCTION where Self.functions.contains(second.lowercased()): return SQLITE_OK
        case SQLITE_READ: refusal = "read \(first).\(second)"
        case SQLITE_FUNCTION: refusal = "call \(second)()"
        case SQLITE_ATTACH, SQLITE_DETACH: refusal = "attach or detach a database"
        case SQLITE_PRAGMA: refusal = "use PRAGMA \(first)"
        case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE: refusal = "change the table \(first)"
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: refusal = "open a transaction"
        default: refusal = "do this: action \(action) on \(first) \(second)"
        }
        return SQLITE_DENY
    }

    /// A read without a column is a count over a table or over a common table expression. The latter's name
    /// is the query's own choice and reads nothing by itself, so only names that SQLite gives a meaning to
    /// are refused.
    private func mayRead(_ table: String, column: String) -> Bool {
        let name = table.lowercased()
        guard column.isEmpty else { return tables.contains(name) }
        let reserved = [
            "sqlite_", "pragma_", "fts", "rtree", "dbstat", "bytecode", "tables_used", "json_tree",
        ]
        return !reserved.contains { name.hasPrefix($0) }
    }

    /// Asks this authorizer for every statement compiled on `connection` from now on. It must outlive that.
    func install(on connection: OpaquePointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_set_authorizer(
            connection,
            { context, action, first, second, _, _ in
                let authorizer = Unmanaged<Authorizer>.fromOpaque(context!).takeUnretainedValue()
                return authorizer.decide(
                    action, first.map { String(cString: $0) } ?? "", second.map { String(cString: $0) } ?? "")
            }, context)
    }
}
