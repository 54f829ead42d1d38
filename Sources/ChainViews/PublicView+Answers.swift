internal import Bytes
internal import Events

/// Refusals, extensions and questions about who asks.
extension PublicView {
    /// A refusal says why, by its own law, and who looked at it; a consent to delete says neither.
    func check(_ refusal: Refusal?, of event: DeletionDecided, _ row: DeletionRow) throws(RuleViolation) {
        func refused(_ reason: String) -> RuleViolation {
            .recordRefused("decision about", id: event.deletion.text, reason: reason)
        }
        guard (refusal != nil) == (event.decision == .refused) else {
            throw refused(refusal == nil ? "a refusal gives its ground" : "only a refusal has a ground")
        }
        guard let refusal else { return }
        let law = DeletionLaw(row.ground)
        guard refusal.ground.law == law else {
            throw refused("the ground \(refusal.ground.rawValue) is no ground under \(law.rawValue)")
        }
    }

    /// Where the law sets a date, a request is due no later than by any calendar: else late would be in time.
    func checkDue(_ event: DeletionRequested) throws(RuleViolation) {
        guard let limits = ExtensionLimits(DeletionLaw(event.ground), received: event.receivedAt),
            event.dueAt.date > limits.told
        else { return }
        throw .recordRefused(
            "request for", id: event.deletion.text, reason: "under \(event.ground.rawValue) it is due by \(limits.told)"
        )
    }

    /// Once, for an open request, told in time, and no later than the law allows.
    ///
    /// Time zones, weekends and holidays move the law's limits by days, and the chain has no calendar. What is refused here
    /// is late by any calendar; controls judge by theirs.
    mutating func extendDeletion(_ event: DeletionExtended, _ record: EventRecord) throws(RuleViolation) {
        let row = try openDeletion(event.deletion)
        try requireConcerned(row, record)
        func refused(_ reason: String) -> RuleViolation {
            .recordRefused("extension of", id: event.deletion.text, reason: reason)
        }
        guard row.extended == nil else { throw .recordExists("extension of", id: event.deletion.text) }
        guard event.dueAt > row.dueAt else { throw refused("it is due at \(row.dueAt) already") }
        guard event.toldAt >= row.receivedAt, event.toldAt <= record.statement.claimedAt else {
            throw refused("the person was told at \(event.toldAt), outside the time from receipt to now")
        }
        if let limits = ExtensionLimits(DeletionLaw(row.ground), received: row.receivedAt) {
            guard event.toldAt.date <= limits.told else { throw refused("the person had to be told by \(limits.told)") }
            guard event.dueAt.date <= limits.due else { throw refused("no extension reaches beyond \(limits.due)") }
        }
        deletions.update(event.deletion) { row in
            row.extended = ExtensionRow(
                event: record.hash, dueAt: event.dueAt, reason: event.reason, notice: event.notice, toldAt: event.toldAt
            )
        }
    }

    /// First a question with a doubt, then what came of it.
    mutating func checkIdentity(_ event: IdentityChecked, _ record: EventRecord) throws(RuleViolation) {
        let row = try openDeletion(event.deletion)
        try requireConcerned(row, record)
        func refused(_ reason: String) -> RuleViolation {
            .recordRefused("identity check of", id: event.deletion.text, reason: reason)
        }
        let isOpen = row.identity.last?.step == .asked
        switch event.step {
        case .asked:
            guard event.doubt != nil else { throw refused("a question gives its doubt") }
            guard !isOpen else { throw refused("the question before it is open") }
        case .confirmed, .unconfirmed:
            guard event.doubt == nil else { throw refused("an answer has no doubt") }
            guard isOpen else { throw refused("nothing was asked") }
        }
        let entry = IdentityRow(
            event: record.hash, step: event.step, doubt: event.doubt, at: record.statement.claimedAt)
        deletions.update(event.deletion) { $0.identity.append(entry) }
    }

    private func openDeletion(_ id: DeletionID) throws(RuleViolation) -> DeletionRow {
        guard let row = deletions[id] else { throw .unknownDeletion(id) }
        guard [.requested, .accepted, .started].contains(row.state) else {
            throw .deletionState(id, expected: "open", actual: row.state.rawValue)
        }
        return row
    }
}

/// The days after which an answer, or an extension of it, is late by any calendar: the law's, and a week for time zones and holidays.
private struct ExtensionLimits {
    static let graceDays = 7

    var told: CalendarDate
    var due: CalendarDate

    /// `nil` where the parties agree on dates.
    init?(_ law: DeletionLaw, received: Timestamp) {
        let day = received.date
        func plus(days: Int) -> CalendarDate? { CalendarDate(daysSince1970: day.daysSince1970 + days) }
        let dates: (CalendarDate?, CalendarDate?)
        switch law {
        case .gdpr: dates = (day.addingMonths(1), day.addingMonths(3))
        case .ccpa: dates = (plus(days: 45), plus(days: 90))
        case .agreement: return nil
        }
        guard let told = dates.0, let due = dates.1,
            let lateTold = CalendarDate(daysSince1970: told.daysSince1970 + Self.graceDays),
            let lateDue = CalendarDate(daysSince1970: due.daysSince1970 + Self.graceDays)
        else { return nil }
        (self.told, self.due) = (lateTold, lateDue)
    }
}

extension Refusal.Ground {
    /// The law that it is a ground under.
    var law: DeletionLaw {
        switch self {
        case .ccpa1798105d, .ccpaUnverified: .ccpa
        case .contract: .agreement
        case .gdpr122, .gdpr125b, .gdpr171, .gdpr173a, .gdpr173b, .gdpr173c, .gdpr173d, .gdpr173e: .gdpr
        }
    }
}
