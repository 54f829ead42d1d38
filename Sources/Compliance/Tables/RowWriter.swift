internal import Events

/// Inserts rows into one control table through one prepared statement.
final class RowWriter {
    private let table: ControlTable
    private let statement: SQLiteStatement
    private var index: Int32 = 0

    init(_ name: String, _ connection: SQLiteConnection) throws(SQLiteFailure) {
        table = ControlSchema.byName[name]!
        statement = try SQLiteStatement(connection, table.insertion)
    }

    /// Inserts a row whose values stand in the order of the table's columns, a time as one value.
    func insert(_ cells: [Cell]) throws(SQLiteFailure) {
        precondition(cells.count == table.columns.count, "\(table.name) has \(table.columns.count) columns")
        index = 0
        for cell in cells {
            switch cell {
            case .value(let value): try bind(value)
            case .time(let time):
                try bind(time.map { .text($0.text) } ?? .null)
                try bind(time.map { .integer($0.seconds / 86_400) } ?? .null)
                try bind(time.map { .integer($0.seconds) } ?? .null)
            }
        }
        try statement.run()
    }

    private func bind(_ value: SQLValue) throws(SQLiteFailure) {
        index += 1
        try statement.bind(value, at: index)
    }
}

/// One value of a row. A time takes three columns.
enum Cell: Hashable, Sendable {
    case value(SQLValue)
    case time(Timestamp?)

    static func text(_ text: String?) -> Cell { .value(text.map { .text($0) } ?? .null) }
    static func integer(_ number: Int?) -> Cell { .value(number.map { .integer($0) } ?? .null) }
}

extension SQLiteConnection {
    /// Makes the control tables, all empty and without an index.
    func createControlTables() throws(SQLiteFailure) {
        try execute(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 8192; PRAGMA cache_size = -4096")
        try execute(ControlSchema.tables.map(\.definition).joined())
    }

    /// Makes the indexes of some control tables. Sorting rows that are there is much quicker than placing each as it
    /// comes.
    func createControlIndexes(where isChosen: (ControlTable) -> Bool = { _ in true }) throws(SQLiteFailure) {
        try execute(ControlSchema.tables.filter(isChosen).map(\.indexDefinitions).joined())
    }
}
