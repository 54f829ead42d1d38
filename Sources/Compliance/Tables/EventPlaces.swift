internal import Bytes
internal import Events

/// Where events stand and what time they claim, looked up in the rows that were written.
struct EventPlaces {
    struct Place {
        var event: String
        var index: Int
        var time: Timestamp?
    }

    private let chain: String
    private let byID, byIndex, signers: SQLiteStatement

    init(_ connection: SQLiteConnection, chain: Origin) throws(SQLiteFailure) {
        self.chain = chain.text
        let columns = "SELECT event_id, event_index, claimed_s FROM events WHERE"
        byID = try SQLiteStatement(connection, "\(columns) event_id = ?")
        byIndex = try SQLiteStatement(connection, "\(columns) chain = ? AND event_index = ?")
        signers = try SQLiteStatement(
            connection,
            "SELECT count(DISTINCT k.member) FROM key_use AS u JOIN keys AS k ON k.key_id = u.key_id WHERE u.event_id = ?"
        )
    }

    func place(_ event: EventHash?) throws(SQLiteFailure) -> Place? {
        guard let event else { return nil }
        return try row(byID, [.text(event.hex)])
    }

    func time(at index: Int) throws(SQLiteFailure) -> Timestamp? {
        try row(byIndex, [.text(chain), .integer(index)])?.time
    }

    /// How many different members signed `event`; `nil` where there is no event.
    func members(signing event: EventHash?) throws(SQLiteFailure) -> Int? {
        guard let event else { return nil }
        defer { signers.reset() }
        try signers.bind(.text(event.hex), at: 1)
        guard try signers.step(), case .integer(let count) = signers.value(at: 0) else { return nil }
        return count
    }

    private func row(_ statement: SQLiteStatement, _ keys: [SQLValue]) throws(SQLiteFailure) -> Place? {
        defer { statement.reset() }
        for (position, key) in keys.enumerated() { try statement.bind(key, at: Int32(position + 1)) }
        guard try statement.step(), case .text(let event) = statement.value(at: 0),
            case .integer(let index) = statement.value(at: 1),
            case .integer(let second) = statement.value(at: 2)
        else { return nil }
        return Place(event: event, index: index, time: Timestamp(seconds: second))
    }
}
