public import Events

/// Rows of control tables that a control must pass, or must fail in a known way.
///
/// A fixture is a text of canonical JSON lines. The first is `{"as_of":TIME}`; each other is a row,
/// `{"row":{COLUMN:VALUE,…},"table":NAME}`. Of a time's three columns a row gives the one that ends in `_at`.
/// A required column that a row leaves out is the empty text, 0 or 1970-01-01T00:00:00Z; an optional one is
/// NULL.
public struct Fixture: Hashable, Sendable {
    public enum Kind: String, Codable, CaseIterable, Hashable, Sendable { case pass, fail }

    struct Row: Hashable, Sendable {
        var table: String
        /// In the order of the table's columns.
        var cells: [Cell]
    }

    public let asOf: Timestamp
    let rows: [Row]

    private struct Header: Codable {
        private enum CodingKeys: String, CodingKey { case asOf = "as_of" }
        var asOf: Timestamp
    }

    private struct Line: Decodable {
        var row: [String: Value]
        var table: SQLName
    }

    private enum Value: Decodable {
        case integer(Int)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                self = .integer(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    init(_ bytes: [UInt8], file: String) throws(PackError) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.last?.isEmpty == true else {
            throw .fixture(file: file, line: lines.count, reason: "the last line does not end")
        }
        var asOf: Timestamp?
        var texts: [(table: String, values: [String: SQLValue], line: Int)] = []
        for (index, line) in lines.dropLast().enumerated() {
            do throws(JSONError) {
                if index == 0 {
                    asOf = try CanonicalJSON.decode(Header.self, from: Array(line)).asOf
                } else {
                    let read = try CanonicalJSON.decode(Line.self, from: Array(line))
                    let values = read.row.mapValues { value in
                        switch value {
                        case .integer(let number): SQLValue.integer(number)
                        case .text(let text): SQLValue.text(text)
                        }
                    }
                    texts.append((read.table.text, values, index + 1))
                }
            } catch {
                throw .fixture(file: file, line: index + 1, reason: "\(error)")
            }
        }
        guard let asOf else { throw .fixture(file: file, line: 1, reason: "the file is empty") }
        self.asOf = asOf
        var rows: [Row] = []
        for text in texts {
            guard let table = ControlSchema.byName[text.table] else {
                throw .fixture(file: file, line: text.line, reason: "there is no control table \(text.table)")
            }
            rows.append(
                Row(
                    table: text.table,
                    cells: try Self.cells(text.values, of: table, file: file, line: text.line)))
        }
        self.rows = rows
    }

    /// `values` in the order of the table's columns.
    private static func cells(
        _ values: [String: SQLValue], of table: ControlTable, file: String, line: Int
    ) throws(PackError) -> [Cell] {
        var left = values
        var cells: [Cell] = []
        for column in table.columns {
            let name = column.kind == .time ? "\(column.name)_at" : column.name
            let value = left.removeValue(forKey: name)
            guard let cell = cell(value, column) else {
                throw .fixture(file: file, line: line, reason: "\(name) is not a \(column.kind.rawValue)")
            }
            cells.append(cell)
        }
        if let name = left.keys.sorted().first {
            throw .fixture(file: file, line: line, reason: "\(table.name) takes no \(name)")
        }
        return cells
    }

    private static func cell(_ value: SQLValue?, _ column: ControlTable.Column) -> Cell? {
        switch (column.kind, value) {
        case (.time, .text(let text)?): return Timestamp(text).map { .time($0) }
        case (.time, nil): return .time(column.isOptional ? nil : Timestamp(seconds: 0))
        case (.text, .text(let text)?): return .text(text)
        case (.text, nil): return .text(column.isOptional ? nil : "")
        case (.integer, .integer(let number)?): return .integer(number)
        case (.integer, nil): return .integer(column.isOptional ? nil : 0)
        default: return nil
        }
    }

    /// A sandbox over a database of these rows alone, in memory.
    ///
    /// SQLite's heap is the process's: where a statement that is compiled elsewhere has used it up, this waits for its end.
    func sandbox(_ limits: SandboxLimits) throws(SandboxError) -> Sandbox {
        if let sandbox = try? filled(limits) { return sandbox }
        do {
            return try HeapBound.waiting { Result { () throws(SQLiteFailure) in try filled(limits) } }.get()
        } catch {
            throw .cannotOpen(path: ":memory:", reason: error.message)
        }
    }

    private func filled(_ limits: SandboxLimits) throws(SQLiteFailure) -> Sandbox {
        let connection = try SQLiteConnection(.memory)
        try connection.createControlTables()
        var writers: [String: RowWriter] = [:]
        for row in rows {
            if writers[row.table] == nil { writers[row.table] = try RowWriter(row.table, connection) }
            try writers[row.table]!.insert(row.cells)
        }
        return try Self.confine(connection, limits)
    }

    private static func confine(
        _ connection: SQLiteConnection, _ limits: SandboxLimits
    ) throws(SQLiteFailure) -> Sandbox {
        do throws(SandboxError) {
            return try Sandbox(connection, tables: Set(ControlSchema.tables.map(\.name)), limits: limits)
        } catch {
            throw SQLiteFailure(code: 0, message: "\(error)")
        }
    }

    /// No rows at all.
    static let empty = Fixture(asOf: Timestamp(seconds: 0)!)

    private init(asOf: Timestamp) { (self.asOf, rows) = (asOf, []) }
}
