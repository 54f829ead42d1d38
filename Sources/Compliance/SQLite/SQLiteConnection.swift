internal import GRDBSQLite
internal import SQLiteSettings

/// A value in a column or a parameter of a control query. There are no floats and no blobs.
public enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int)
    case text(String)
}

/// A call to SQLite that did not do what it should.
struct SQLiteFailure: Error, Hashable {
    /// SQLite's result code, extended.
    var code: Int32
    var message: String

    /// The code without what the extension says.
    var primaryCode: Int32 { code & 0xFF }
}

/// One raw connection of our own. The target's code alone uses it, from one thread at a time.
///
/// GRDB is not used here: it owns a connection's authorizer, and the sandbox needs that one.
final class SQLiteConnection {
    enum Location {
        case memory
        /// A file that must not be there yet.
        case newFile(String)
        /// A file that nobody writes to any more, opened without locks and without a journal.
        case immutableFile(String)
    }

    let handle: OpaquePointer

    init(_ location: Location) throws(SQLiteFailure) {
        var handle: OpaquePointer?
        let (name, flags) = Self.arguments(location)
        let code = sqlite3_open_v2(name, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let handle else {
            let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(handle)
            throw SQLiteFailure(code: code, message: message)
        }
        self.handle = handle
    }

    deinit { sqlite3_close_v2(handle) }

    private static func arguments(_ location: Location) -> (name: String, flags: Int32) {
        switch location {
        case .memory: (":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY)
        case .newFile(let path): (path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        case .immutableFile(let path):
            ("file:\(percentEncoded(path))?mode=ro&immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
        }
    }

    /// A path as a URI takes it: everything but unreserved characters and slashes is escaped.
    private static func percentEncoded(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Runs statements of our own that give no rows of interest.
    func execute(_ sql: String) throws(SQLiteFailure) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure() }
    }

    /// Sets what `SQLiteSettings` lists, for good.
    func harden() throws(SQLiteFailure) {
        let code = lethe_sqlite_harden(UnsafeMutableRawPointer(handle))
        guard code == SQLITE_OK else {
            throw SQLiteFailure(
                code: code, message: "this build of SQLite lacks a setting that the sandbox needs")
        }
    }

    /// The value of the first column of the first row.
    func integer(_ sql: String) throws(SQLiteFailure) -> Int? {
        let statement = try SQLiteStatement(self, sql)
        guard try statement.step(), case .integer(let value) = statement.value(at: 0) else { return nil }
        return value
    }

    func failure() -> SQLiteFailure {
        SQLiteFailure(
            code: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)))
    }
}

/// A compiled statement. Columns count from zero, parameters from one, as SQLite counts them.
final class SQLiteStatement {
    private let connection: SQLiteConnection
    let handle: OpaquePointer
    /// SQLITE_TRANSIENT, a cast that Swift does not import: SQLite takes a copy at once.
    private static var copies: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    init(_ connection: SQLiteConnection, _ sql: String) throws(SQLiteFailure) {
        var handle: OpaquePointer?
        guard sqlite3_prepare_v3(connection.handle, sql, -1, 0, &handle, nil) == SQLITE_OK else {
            throw connection.failure()
        }
        guard let handle else { throw SQLiteFailure(code: SQLITE_MISUSE, message: "the statement is empty") }
        self.connection = connection
        self.handle = handle
    }

    /// Takes over a handle that was prepared already.
    init(_ connection: SQLiteConnection, owning handle: OpaquePointer) {
        self.connection = connection
        self.handle = handle
    }

    deinit { sqlite3_finalize(handle) }

    func bind(_ value: SQLValue, at parameter: Int32) throws(SQLiteFailure) {
        let code =
            switch value {
            case .null: sqlite3_bind_null(handle, parameter)
            case .integer(let number): sqlite3_bind_int64(handle, parameter, Int64(number))
            case .text(let text): Self.bind(text, to: handle, at: parameter)
            }
        guard code == SQLITE_OK else { throw connection.failure() }
    }

    private static func bind(_ text: String, to handle: OpaquePointer, at parameter: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                // An empty string has no address of its own, and a null pointer would bind NULL.
                let start = characters.baseAddress ?? UnsafePointer(bitPattern: 1)
                return sqlite3_bind_text64(
                    handle, parameter, start, UInt64(characters.count), copies, UInt8(SQLITE_UTF8))
            }
        }
    }

    /// Moves to the next row; `false` after the last one.
    func step() throws(SQLiteFailure) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw connection.failure()
        }
    }

    /// Runs a statement that gives no row, and makes it ready for the next values.
    func run() throws(SQLiteFailure) {
        defer { sqlite3_reset(handle) }
        _ = try step()
    }

    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    var columnCount: Int32 { sqlite3_column_count(handle) }
    func columnName(at column: Int32) -> String { String(cString: sqlite3_column_name(handle, column)) }

    /// The value of a column; `nil` for a float or a blob, which control tables do not have.
    func value(at column: Int32) -> SQLValue? {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(Int(sqlite3_column_int64(handle, column)))
        case SQLITE_TEXT:
            guard let start = sqlite3_column_text(handle, column) else { return nil }
            let count = Int(sqlite3_column_bytes(handle, column))
            return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        default: return nil
        }
    }
}
