internal import GRDBSQLite

/// Runs one control query at a time over a control database, and lets it do nothing else.
///
/// What holds a query in: the connection is read-only, `query_only`, untrusting and DEFENSIVE; the authorizer
/// allows reading the control tables and a list of pure functions; there is one statement, all its parameters
/// are named and bound; time, memory, rows and the size of every value are limited. The database holds
/// nothing that the reader of the result may not see. See `schemas/policy-packs.md`.
final class Sandbox {
    /// Bytes that SQLite may hold in the whole process: the last stop, far above ``SandboxLimits/bytes``.
    private static let heapLimit: Int64 = 1 << 30
    /// Bytes of any one text, row or statement.
    private static let valueLimit: Int32 = 1_000_000
    /// Bytes of all rows of one result.
    private static let resultLimit = 16 << 20

    let limits: SandboxLimits
    private let connection: SQLiteConnection
    private let authorizer: Authorizer
    private let progress: ProgressGuard
    /// The parameters that any statement so far had.
    private(set) var parametersUsed: Set<String> = []
    /// The control tables that any statement so far read.
    var tablesRead: Set<String> { authorizer.tablesRead }

    /// - Parameter connection: of a control database; it can do nothing but answer queries afterwards.
    init(
        _ connection: SQLiteConnection, tables: Set<String>, limits: SandboxLimits
    ) throws(SandboxError) {
        self.connection = connection
        self.limits = limits
        authorizer = Authorizer(tables: tables)
        progress = ProgressGuard(limits: limits)
        do throws(SQLiteFailure) {
            try confine()
        } catch {
            throw .cannotOpen(path: "", reason: error.message)
        }
    }

    deinit {
        sqlite3_set_authorizer(connection.handle, nil, nil)
        sqlite3_progress_handler(connection.handle, 0, nil, nil)
    }

    private func confine() throws(SQLiteFailure) {
        if sqlite3_hard_heap_limit64(-1) == 0 { sqlite3_hard_heap_limit64(Self.heapLimit) }
        try connection.harden()
        // The first use of a table-valued function declares its columns, which an authorizer would have to
        // allow as a change of the schema.
        _ = try connection.integer("SELECT count(*) FROM json_each('[]')")
        // Sorting a long chain spills into an unnamed file, so that memory does not grow with the chain; how
        // much a query can write there in its time is what limits it.
        try connection.execute(
            "PRAGMA temp_store = FILE; PRAGMA cache_size = -4096; PRAGMA trusted_schema = 0; PRAGMA query_only = 1"
        )
        for (limit, value) in [
            (SQLITE_LIMIT_LENGTH, Self.valueLimit), (SQLITE_LIMIT_SQL_LENGTH, 65_536),
            (SQLITE_LIMIT_VDBE_OP, 100_000), (SQLITE_LIMIT_COMPOUND_SELECT, 50), (SQLITE_LIMIT_ATTACHED, 0),
            (SQLITE_LIMIT_EXPR_DEPTH, 100), (SQLITE_LIMIT_COLUMN, 100), (SQLITE_LIMIT_FUNCTION_ARG, 20),
            (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100), (SQLITE_LIMIT_VARIABLE_NUMBER, 50),
            (SQLITE_LIMIT_WORKER_THREADS, 0),
        ] {
            sqlite3_limit(connection.handle, limit, value)
        }
        authorizer.install(on: connection.handle)
        progress.install(on: connection.handle)
    }

    // MARK: Asking

    struct Rows: Hashable {
        var values: [[SQLValue]]
        /// There were more rows than the limits let through.
        var isTruncated: Bool
    }

    /// The rows of `sql`, whose columns must be `columns` in this order.
    func rows(
        _ sql: String, _ parameters: [String: SQLValue], columns: [String]
    ) throws(SandboxError) -> Rows {
        let statement = try prepare(sql, parameters)
        let names = (0..<statement.columnCount).map(statement.columnName)
        guard names == columns else { throw .wrongColumns(expected: columns, actual: names) }
        var rows = Rows(values: [], isTruncated: false)
        var bytes = 0
        while try step(statement) {
            guard rows.values.count < limits.rows, bytes < Self.resultLimit else {
                rows.isTruncated = true
                break
            }
            var row: [SQLValue] = []
            for (column, name) in names.enumerated() {
                guard let value = statement.value(at: Int32(column)) else { throw .wrongValue(column: name) }
                if case .text(let text) = value { bytes += text.utf8.count }
                row.append(value)
            }
            rows.values.append(row)
        }
        return rows
    }

    /// The one integer that `sql` gives: a count, or 0 and 1.
    func integer(_ sql: String, _ parameters: [String: SQLValue]) throws(SandboxError) -> Int {
        let statement = try prepare(sql, parameters)
        guard statement.columnCount == 1 else {
            let names = (0..<statement.columnCount).map(statement.columnName)
            throw .wrongColumns(expected: ["one integer"], actual: names)
        }
        let name = statement.columnName(at: 0)
        guard try step(statement), case .integer(let value) = statement.value(at: 0), value >= 0,
            try !step(statement)
        else { throw .wrongValue(column: name) }
        return value
    }

    /// Compiles `sql` and binds its parameters; refuses what is not one reading statement.
    private func prepare(
        _ sql: String, _ parameters: [String: SQLValue]
    ) throws(SandboxError) -> SQLiteStatement {
        authorizer.forget()
        progress.start()
        guard !sql.utf8.contains(0) else { throw .sql("the query holds a zero byte") }
        let statement = try onlyStatement(of: sql)
        guard sqlite3_stmt_readonly(statement.handle) != 0, sqlite3_stmt_isexplain(statement.handle) == 0
        else {
            throw .notReadOnly
        }
        for index in 0..<sqlite3_bind_parameter_count(statement.handle) {
            guard
                let name = sqlite3_bind_parameter_name(statement.handle, index + 1).map({
                    String(cString: $0)
                }),
                name.hasPrefix(":")
            else { throw .unnamedParameter(index: Int(index + 1)) }
            guard let value = parameters[String(name.dropFirst())] else { throw .unboundParameter(name) }
            parametersUsed.insert(String(name.dropFirst()))
            do throws(SQLiteFailure) {
                try statement.bind(value, at: index + 1)
            } catch {
                throw explained(error)
            }
        }
        return statement
    }

    private func onlyStatement(of sql: String) throws(SandboxError) -> SQLiteStatement {
        var found: SQLiteStatement?
        var bytes = Array(sql.utf8CString)
        while bytes.count > 1 {
            var handle: OpaquePointer?
            var rest = 0
            let code = bytes.withUnsafeBufferPointer { text in
                var tail: UnsafePointer<CChar>?
                let code = HeapBound.holding(limits.bytes) {
                    sqlite3_prepare_v3(connection.handle, text.baseAddress, -1, 0, &handle, &tail)
                }
                rest = tail.map { $0 - text.baseAddress! } ?? text.count
                return code
            }
            guard code == SQLITE_OK else {
                // Something that does not compile after a statement that does: it is a second one all the
                // same.
                guard found == nil else { throw .severalStatements }
                throw explained(connection.failure())
            }
            guard let handle else { break }
            let statement = SQLiteStatement(connection, owning: handle)
            guard found == nil else { throw .severalStatements }
            found = statement
            bytes.removeFirst(rest)
        }
        guard let found else { throw .empty }
        return found
    }

    private func step(_ statement: SQLiteStatement) throws(SandboxError) -> Bool {
        do throws(SQLiteFailure) {
            return try statement.step()
        } catch {
            throw explained(error)
        }
    }

    /// What an error of SQLite comes from, in this sandbox's words.
    private func explained(_ failure: SQLiteFailure) -> SandboxError {
        // A refused function is reported as an ordinary error, a refused read is not.
        if let refusal = authorizer.refusal { return .notAllowed(refusal) }
        return switch (failure.primaryCode, progress.stop) {
        case (SQLITE_AUTH, _): .notAllowed(failure.message)
        case (SQLITE_INTERRUPT, .memory), (SQLITE_NOMEM, _): .tooMuchMemory(bytes: limits.bytes)
        case (SQLITE_INTERRUPT, _): .tooSlow(milliseconds: limits.milliseconds)
        case (SQLITE_TOOBIG, _): .tooLarge
        case (SQLITE_READONLY, _): .notReadOnly
        default: .sql(failure.message)
        }
    }
}
