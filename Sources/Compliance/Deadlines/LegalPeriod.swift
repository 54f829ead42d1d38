public import Events

/// A length of time as a law words it.
public enum LegalPeriod: Hashable, Sendable {
    case hours(Int)
    case days(Int)
    case workingDays(Int)
    case weeks(Int)
    /// Calendar months, not blocks of 30 days.
    case months(Int)
    case years(Int)
}

/// When a period ends.
public struct Deadline: Hashable, Sendable {
    /// The end without any grace: the alarm.
    public var strict: Timestamp
    /// The end with the grace that the rule gives where the last day is no working day: the limit.
    public var graced: Timestamp

    public init(strict: Timestamp, graced: Timestamp) { (self.strict, self.graced) = (strict, graced) }
}

/// Regulation (EEC, Euratom) No 1182/71: how periods of Union law are counted.
///
/// Art. 3(1): the hour or the day of the event that starts a period is not part of it. Art. 3(2): a period
/// ends with the last hour of its last day; in weeks, months and years that is the same weekday or date, or
/// the month's last day where the date does not exist. Art. 3(3): holidays and weekends are part of it. Art.
/// 3(4): a period that is not in hours and ends on one of them ends with the next working day. Art. 3(5), at
/// least two working days in every period of two days or more, is not applied: whether it reaches periods in
/// hours is disputed, and it could only make a limit later.
public enum Regulation1182 {
    /// The end of `period` after something that happened at `start`; `nil` beyond the year 9999.
    public static func deadline(
        _ period: LegalPeriod, after start: Timestamp, calendar: LegalCalendar
    ) -> Deadline? {
        if case .hours(let hours) = period { return deadline(hours: hours, after: start, calendar) }
        guard let day = calendar.day(of: start), let last = lastDay(period, after: day, calendar),
            let working = calendar.workingDay(from: last), let strict = calendar.end(of: last),
            let graced = calendar.end(of: working)
        else { return nil }
        return Deadline(strict: strict, graced: graced)
    }

    /// The last day of a period that is not in hours.
    public static func lastDay(
        _ period: LegalPeriod, after day: CalendarDate, _ calendar: LegalCalendar
    ) -> CalendarDate? {
        switch period {
        case .hours: nil
        case .days(let count): CalendarDate(daysSince1970: day.daysSince1970 + count)
        case .weeks(let count): CalendarDate(daysSince1970: day.daysSince1970 + 7 * count)
        case .months(let count): day.addingMonths(count)
        case .years(let count): day.addingMonths(12 * count)
        case .workingDays(let count): workingDay(count, after: day, calendar)
        }
    }

    private static func workingDay(
        _ count: Int, after day: CalendarDate, _ calendar: LegalCalendar
    ) -> CalendarDate? {
        var last = day
        for _ in 0..<count {
            guard let next = CalendarDate(daysSince1970: last.daysSince1970 + 1),
                let working = calendar.workingDay(from: next)
            else { return nil }
            last = working
        }
        return last
    }

    /// Strictly the moment itself so many hours later; by the Regulation the end of that hour, as the hour
    /// that had begun does not count.
    private static func deadline(
        hours: Int, after start: Timestamp, _ calendar: LegalCalendar
    ) -> Deadline? {
        let end = start.seconds + hours * 3_600
        guard let strict = Timestamp(seconds: end),
            let graced = Timestamp(
                seconds: calendar.timeZone.lastSecond(ofHourAt: start.seconds) + hours * 3_600)
        else { return nil }
        return Deadline(strict: strict, graced: graced)
    }
}

/// The periods that controls ask for.
public struct LegalDeadlines: Sendable {
    public var calendar: LegalCalendar

    public init(calendar: LegalCalendar) { self.calendar = calendar }

    /// GDPR Art. 12(3): one month from receipt.
    public func gdprAnswer(received: Timestamp) -> Deadline? {
        Regulation1182.deadline(.months(1), after: received, calendar: calendar)
    }

    /// GDPR Art. 12(3): the extension by two further months, three in all from receipt.
    public func gdprExtendedAnswer(received: Timestamp) -> Deadline? {
        Regulation1182.deadline(.months(3), after: received, calendar: calendar)
    }

    /// GDPR Art. 33(1): hours after becoming aware of a breach. The number is a parameter, as it may change.
    public func breachNotice(aware: Timestamp, hours: Int = 72) -> Deadline? {
        Regulation1182.deadline(.hours(hours), after: aware, calendar: calendar)
    }

    /// AI Act Art. 73(2) to (4): days after becoming aware of a serious incident; `nil` for what is none.
    public func seriousIncidentReport(_ kind: IncidentDetected.Kind, aware: Timestamp) -> Deadline? {
        switch kind {
        case .serious: Regulation1182.deadline(.days(15), after: aware, calendar: calendar)
        case .death: Regulation1182.deadline(.days(10), after: aware, calendar: calendar)
        case .widespread: Regulation1182.deadline(.days(2), after: aware, calendar: calendar)
        case .personalDataBreach: nil
        }
    }

    /// 45 CFR 164.410(b): 60 calendar days after discovery.
    public func hipaaNotice(aware: Timestamp) -> Deadline? { calendarDeadline(.days(60), aware) }

    /// 11 CCR 7021(a): receipt confirmed within 10 business days.
    public func ccpaAcknowledgement(received: Timestamp) -> Deadline? {
        calendarDeadline(.workingDays(10), received)
    }

    /// 11 CCR 7021(b): an answer within 45 calendar days of receipt, whatever time identity checks take.
    public func ccpaAnswer(received: Timestamp) -> Deadline? { calendarDeadline(.days(45), received) }

    /// 11 CCR 7021(b): with notice and a reason, 90 calendar days in all.
    public func ccpaExtendedAnswer(received: Timestamp) -> Deadline? { calendarDeadline(.days(90), received) }

    /// Days from receipt without grace: the rule says calendar days, so a weekend does not move the end.
    private func calendarDeadline(_ period: LegalPeriod, _ received: Timestamp) -> Deadline? {
        Regulation1182.deadline(period, after: received, calendar: calendar).map {
            Deadline(strict: $0.strict, graced: $0.strict)
        }
    }
}

extension LegalDeadlines {
    /// The end of the answer's period under `law`; `nil` where the parties agree on it.
    public func answer(_ law: DeletionLaw, received: Timestamp) -> Deadline? {
        switch law {
        case .gdpr: gdprAnswer(received: received)
        case .ccpa: ccpaAnswer(received: received)
        case .agreement: nil
        }
    }

    public func extendedAnswer(_ law: DeletionLaw, received: Timestamp) -> Deadline? {
        switch law {
        case .gdpr: gdprExtendedAnswer(received: received)
        case .ccpa: ccpaExtendedAnswer(received: received)
        case .agreement: nil
        }
    }
}
