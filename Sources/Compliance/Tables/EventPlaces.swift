internal import Bytes
internal import Events

/// Where events stand and what time they claim: by their id looked up in the rows that were written.
struct EventPlaces {
    struct Place {
        var event: String
        var index: Int
        var time: Timestamp?
    }

    private let claimed: [Timestamp]
    private let byID, signers: SQLiteStatement

    /// - Parameter claimed: the claimed time of each event of the public chain.
    init(_ connection: SQLiteConnection, claimed: [Timestamp]) throws(SQLiteFailure) {
        self.claimed = claimed
        byID = try SQLiteStatement(
            connection, "SELECT event_id, event_index, claimed_s FROM events WHERE event_id = ?")
        signers = try SQLiteStatement(
            connection,
            "SELECT count(DISTINCT k.member) FROM key_use AS u JOIN keys AS k ON k.key_id = u.key_id WHERE u.event_id = ?"
        )
    }

    func place(_ event: EventHash?) throws(SQLiteFailure) -> Place? {
        guard let event else { return nil }
        defer { byID.reset() }
        try byID.bind(.text(event.hex), at: 1)
        guard try byID.step(), case .text(let event) = byID.value(at: 0),
            case .integer(let index) = byID.value(at: 1),
            case .integer(let second) = byID.value(at: 2)
        else { return nil }
        return Place(event: event, index: index, time: Timestamp(seconds: second))
    }

    /// The claimed time of the event at `index` of the public chain.
    func time(at index: Int) -> Timestamp? { claimed.indices.contains(index) ? claimed[index] : nil }

    /// How many different members signed `event`; `nil` where there is no event.
    func members(signing event: EventHash?) throws(SQLiteFailure) -> Int? {
        guard let event else { return nil }
        defer { signers.reset() }
        try signers.bind(.text(event.hex), at: 1)
        guard try signers.step(), case .integer(let count) = signers.value(at: 0) else { return nil }
        return count
    }
}
