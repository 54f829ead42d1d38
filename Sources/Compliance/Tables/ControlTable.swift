/// A table of the control database, as `schemas/control-tables.md` documents it.
public struct ControlTable: Hashable, Sendable {
    public struct Column: Hashable, Sendable {
        public enum Kind: String, Hashable, Sendable {
            case text, integer
            /// Three columns: `<name>_at` in UTC as text, `<name>_day` in days and `<name>_s` in seconds
            /// since 1970.
            case time
        }

        public var name: String
        public var kind: Kind
        /// Whether the value may be absent.
        public var isOptional: Bool
        public var meaning: String

        static func text(_ name: String, _ meaning: String) -> Column {
            Column(name: name, kind: .text, isOptional: false, meaning: meaning)
        }

        static func integer(_ name: String, _ meaning: String) -> Column {
            Column(name: name, kind: .integer, isOptional: false, meaning: meaning)
        }

        static func time(_ name: String, _ meaning: String) -> Column {
            Column(name: name, kind: .time, isOptional: false, meaning: meaning)
        }

        var optional: Column {
            var copy = self
            copy.isOptional = true
            return copy
        }

        /// The SQL columns that stand for it, with their types.
        var sqlColumns: [(name: String, type: String)] {
            switch kind {
            case .text: [(name, "TEXT")]
            case .integer: [(name, "INTEGER")]
            case .time: [("\(name)_at", "TEXT"), ("\(name)_day", "INTEGER"), ("\(name)_s", "INTEGER")]
            }
        }
    }

    public var name: String
    /// What one row is.
    public var meaning: String
    /// Lists of SQL columns that queries look rows up by.
    public var indexes: [[String]]
    public var columns: [Column]

    init(_ name: String, _ meaning: String, indexes: [[String]] = [], _ columns: [Column]) {
        (self.name, self.meaning, self.indexes, self.columns) = (name, meaning, indexes, columns)
    }

    /// The statement that makes the table. No column is unique: what is wrong must be writable to be found.
    var definition: String {
        let columns = columns.flatMap { column in
            column.sqlColumns.map { "\($0.name) \($0.type)\(column.isOptional ? "" : " NOT NULL")" }
        }
        return "CREATE TABLE \(name) (\(columns.joined(separator: ", "))) STRICT;"
    }

    /// The statements that make its indexes.
    var indexDefinitions: String {
        indexes.map { columns in
            "CREATE INDEX \(name)_by_\(columns.joined(separator: "_")) ON \(name) (\(columns.joined(separator: ", ")));"
        }.joined()
    }

    var sqlColumns: [String] { columns.flatMap { $0.sqlColumns.map(\.name) } }

    var insertion: String {
        let marks = Array(repeating: "?", count: sqlColumns.count).joined(separator: ", ")
        return "INSERT INTO \(name) (\(sqlColumns.joined(separator: ", "))) VALUES (\(marks))"
    }
}

/// A version of the tables' layout: a change that can change a query's answer raises `major`, an added table
/// or column `minor`.
public struct TablesVersion: Hashable, Comparable, Sendable {
    public var major, minor: Int

    public init(_ major: Int, _ minor: Int) { (self.major, self.minor) = (major, minor) }

    public static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    public var text: String { "\(major).\(minor)" }
}
