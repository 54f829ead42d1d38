public import Events
public import Foundation

/// Where a day begins and ends: a fixed distance from UTC, or a place whose clocks are set forward and back.
public enum LegalTimeZone: Sendable {
    /// Seconds east of UTC.
    case fixed(seconds: Int)
    case named(TimeZone)

    public static let utc = LegalTimeZone.fixed(seconds: 0)

    /// Reads `UTC`, a distance such as `+01:00`, or an IANA name such as `Europe/Berlin`.
    public init?(_ text: String) {
        if text == "UTC" || text == "Z" {
            self = .utc
        } else if let seconds = Self.distance(text) {
            self = .fixed(seconds: seconds)
        } else if text.contains("/"), let zone = TimeZone(identifier: text) {
            self = .named(zone)
        } else {
            return nil
        }
    }

    private static func distance(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"), text.first == "+" || text.first == "-",
            bytes[1...2].allSatisfy({ (0x30...0x39).contains($0) }),
            bytes[4...5].allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let hours = Int(bytes[1] - 0x30) * 10 + Int(bytes[2] - 0x30)
        let minutes = Int(bytes[4] - 0x30) * 10 + Int(bytes[5] - 0x30)
        guard hours <= 14, minutes < 60 else { return nil }
        return (hours * 3_600 + minutes * 60) * (text.first == "-" ? -1 : 1)
    }

    /// Seconds east of UTC at `second`, counted from 1970.
    func offset(at second: Int) -> Int {
        switch self {
        case .fixed(let seconds): seconds
        case .named(let zone): zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(second)))
        }
    }

    /// The local day at `second`, counted in days from 1970-01-01.
    func day(at second: Int) -> Int {
        let local = second + offset(at: second)
        return local >= 0 ? local / 86_400 : -1
    }

    /// The last second of a local day.
    ///
    /// Clocks that are set forward or back at midnight give that second two candidates or none that reads
    /// 23:59:59; it is the one after which the local day is another.
    func lastSecond(ofDay day: Int) -> Int {
        let midnight = (day + 1) * 86_400
        let candidates = [midnight - 86_400, midnight + 86_400].map { midnight - offset(at: $0) }
        let ends = candidates.filter { self.day(at: $0) > day && self.day(at: $0 - 1) <= day }
        return (ends.max() ?? candidates.max()!) - 1
    }

    /// The last second of the local hour that `second` lies in.
    func lastSecond(ofHourAt second: Int) -> Int {
        let local = second + offset(at: second)
        return second + 3_599 - local % 3_600
    }
}

/// Which days count, where: what a period of the law is counted by.
///
/// Saturdays and Sundays are never working days. Holidays differ by state and year, so they are given, not
/// built in.
public struct LegalCalendar: Sendable {
    public var timeZone: LegalTimeZone
    public var holidays: Set<CalendarDate>

    public init(timeZone: LegalTimeZone, holidays: Set<CalendarDate> = []) {
        (self.timeZone, self.holidays) = (timeZone, holidays)
    }

    /// The local day on which `time` falls.
    public func day(of time: Timestamp) -> CalendarDate? {
        CalendarDate(daysSince1970: timeZone.day(at: time.seconds))
    }

    public func isWorkingDay(_ day: CalendarDate) -> Bool {
        // 1970-01-01 was a Thursday: 2 and 3 days later came a Saturday and a Sunday.
        let weekday = day.daysSince1970 % 7
        return weekday != 2 && weekday != 3 && !holidays.contains(day)
    }

    /// `day` itself, or the first working day after it.
    func workingDay(from day: CalendarDate) -> CalendarDate? {
        var candidate = day
        while !isWorkingDay(candidate) {
            guard let next = CalendarDate(daysSince1970: candidate.daysSince1970 + 1) else { return nil }
            candidate = next
        }
        return candidate
    }

    /// The last second of `day`.
    func end(of day: CalendarDate) -> Timestamp? {
        Timestamp(seconds: timeZone.lastSecond(ofDay: day.daysSince1970))
    }
}
