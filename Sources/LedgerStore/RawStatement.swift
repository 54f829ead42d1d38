internal import Bytes
internal import GRDB
internal import GRDBSQLite

/// A cached statement that is stepped through SQLite's own functions.
///
/// For the loops that touch every entry: there the wrapper's conversions cost more than the database.
/// Columns and parameters are counted as SQLite does, columns from zero and parameters from one.
///
/// A statement from GRDB's cache comes with the bindings of its last user, so both ends reset and clear
/// it: an old binding would be a wrong row, and an unbound parameter is NULL, which matches nothing and
/// says nothing.
struct RawStatement {
    /// Keeps the statement alive while its handle is used.
    private let owner: Statement
    private let handle: OpaquePointer
    private let connection: OpaquePointer?
    /// SQLITE_TRANSIENT, a cast that Swift does not import: SQLite takes a copy at once.
    private static var copies: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    init(_ database: Database, _ sql: String) throws {
        owner = try database.cachedStatement(sql: sql)
        handle = owner.sqliteStatement
        connection = database.sqliteConnection
        reset()
    }

    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    func bind(_ value: Int64, at parameter: Int32) {
        sqlite3_bind_int64(handle, parameter, value)
    }

    /// Binds without copying: `bytes` has to stay where it is until the next ``reset()``.
    func bind(_ bytes: UnsafeRawBufferPointer, at parameter: Int32) {
        // No bytes at all have no address, and a null pointer would bind NULL.
        let start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
        sqlite3_bind_blob64(handle, parameter, start, UInt64(bytes.count), nil)
    }

    /// Binds a copy of `bytes`.
    func bind(copying bytes: [UInt8], at parameter: Int32) {
        bytes.withUnsafeBytes { bytes in
            let start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
            _ = sqlite3_bind_blob64(handle, parameter, start, UInt64(bytes.count), Self.copies)
        }
    }

    /// Binds a copy of `text`.
    func bind(_ text: String, at parameter: Int32) {
        var text = text
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                // An empty string has no address of its own, and a null pointer would bind NULL.
                let start = characters.baseAddress ?? UnsafePointer(bitPattern: 1)
                _ = sqlite3_bind_text(handle, parameter, start, Int32(characters.count), Self.copies)
            }
        }
    }

    /// Runs a statement that gives no row.
    func run() throws {
        defer { reset() }
        guard sqlite3_step(handle) == SQLITE_DONE else { throw failure() }
    }

    /// Moves to the next row; `false` after the last one.
    func next() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failure()
        }
    }

    func integer(at column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func text(at column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// The bytes of a column, valid until the next step.
    func bytes(at column: Int32) -> UnsafeRawBufferPointer {
        let count = Int(sqlite3_column_bytes(handle, column))
        return UnsafeRawBufferPointer(start: sqlite3_column_blob(handle, column), count: count)
    }

    /// A hash in a column that the schema holds to 32 bytes.
    func hash<Subject>(at column: Int32, as subject: Subject.Type = Subject.self) throws -> Hash256<Subject> {
        guard let hash = Hash256<Subject>(bytes: bytes(at: column)) else {
            throw StoreError(
                .corrupt, "a hash in the database has \(bytes(at: column).count) bytes instead of 32",
                hint: "keep the files as they are, run a check, restore from another holder")
        }
        return hash
    }

    private func failure() -> DatabaseError {
        let error = DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)))
        sqlite3_reset(handle)
        return error
    }
}
