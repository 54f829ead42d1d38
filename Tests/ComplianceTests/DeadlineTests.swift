import Compliance
import Events
import Foundation
import Testing

/// When periods end, against examples worked out by hand.
@Suite struct DeadlineTests {
    static let utc = LegalDeadlines(calendar: LegalCalendar(timeZone: .utc))

    static func time(_ text: String) -> Timestamp { Timestamp(text)! }
    static func deadlines(_ zone: String, holidays: [String] = []) -> LegalDeadlines {
        LegalDeadlines(
            calendar: LegalCalendar(
                timeZone: LegalTimeZone(zone)!, holidays: Set(holidays.map { CalendarDate($0)! })))
    }

    /// Receipt, then the end of one month without grace, with it, and of three months with it. All in UTC.
    @Test(arguments: [
        ("2027-01-31T10:00:00Z", "2027-02-28", "2027-03-01", "2027-04-30"),
        ("2028-01-31T10:00:00Z", "2028-02-29", "2028-02-29", "2028-05-01"),
        ("2027-01-30T23:59:59Z", "2027-02-28", "2027-03-01", "2027-04-30"),
        ("2027-02-28T00:00:00Z", "2027-03-28", "2027-03-29", "2027-05-28"),
        ("2027-03-31T12:00:00Z", "2027-04-30", "2027-04-30", "2027-06-30"),
        ("2026-12-31T12:00:00Z", "2027-01-31", "2027-02-01", "2027-03-31"),
        ("2027-05-15T00:00:00Z", "2027-06-15", "2027-06-15", "2027-08-16"),
    ])
    func oneMonthIsACalendarMonth(received: String, strict: String, graced: String, extended: String) throws {
        let answer = try #require(Self.utc.gdprAnswer(received: Self.time(received)))
        #expect(answer.strict.text == "\(strict)T23:59:59Z")
        #expect(answer.graced.text == "\(graced)T23:59:59Z")
        #expect(
            Self.utc.gdprExtendedAnswer(received: Self.time(received))?.graced.text == "\(extended)T23:59:59Z"
        )
    }

    /// Good Friday and Easter Monday of 2027 are 26 and 29 March: four days in a row on which nothing ends.
    @Test func aHolidayMovesTheLimitAndNotTheAlarm() throws {
        let deadlines = Self.deadlines("Europe/Berlin", holidays: ["2027-03-26", "2027-03-29"])
        let answer = try #require(deadlines.gdprAnswer(received: Self.time("2027-02-26T09:00:00Z")))
        #expect(answer.strict.text == "2027-03-26T22:59:59Z")
        // Summer time began on the 28th.
        #expect(answer.graced.text == "2027-03-30T21:59:59Z")
    }

    /// Half an hour before midnight in UTC it is the next day in Berlin, and the period another one.
    @Test func theDayOfReceiptIsTheLocalOne() throws {
        let received = Self.time("2027-01-31T23:30:00Z")
        #expect(Self.utc.gdprAnswer(received: received)?.strict.text == "2027-02-28T23:59:59Z")
        #expect(
            Self.deadlines("Europe/Berlin").gdprAnswer(received: received)?.strict.text
                == "2027-03-01T22:59:59Z")
        #expect(
            Self.deadlines("+01:00").gdprAnswer(received: received)?.strict.text == "2027-03-01T22:59:59Z")
        #expect(
            Self.deadlines("America/Los_Angeles").gdprAnswer(received: received)?.strict.text
                == "2027-03-01T07:59:59Z")
    }

    @Test func seventyTwoHoursAreHours() throws {
        let notice = try #require(Self.utc.breachNotice(aware: Self.time("2027-03-05T16:20:00Z")))
        #expect(notice.strict.text == "2027-03-08T16:20:00Z")
        // The hour that had begun does not count, and a Monday holiday would not help: Art. 3(4) leaves hours
        // out.
        #expect(notice.graced.text == "2027-03-08T16:59:59Z")
        #expect(
            Self.utc.breachNotice(aware: Self.time("2027-03-05T16:20:00Z"), hours: 96)?.strict.text
                == "2027-03-09T16:20:00Z")
    }

    @Test func californiaCountsDaysFromReceipt() {
        let received = Self.time("2027-01-01T12:00:00Z")
        #expect(Self.utc.ccpaAnswer(received: received)?.strict.text == "2027-02-15T23:59:59Z")
        #expect(Self.utc.ccpaExtendedAnswer(received: received)?.strict.text == "2027-04-01T23:59:59Z")
        // Friday 1 January: ten business days end on Friday the 15th, with Martin Luther King's day a week
        // later.
        #expect(Self.utc.ccpaAcknowledgement(received: received)?.strict.text == "2027-01-15T23:59:59Z")
        let holiday = Self.deadlines("UTC", holidays: ["2027-01-14"])
        #expect(holiday.ccpaAcknowledgement(received: received)?.strict.text == "2027-01-18T23:59:59Z")
    }

    /// 45 days end where they end: a Sunday is no reason to be late.
    @Test func calendarDaysHaveNoGrace() throws {
        let answer = try #require(Self.utc.ccpaAnswer(received: Self.time("2027-01-07T12:00:00Z")))
        #expect(answer.strict.text == "2027-02-21T23:59:59Z")
        #expect(answer.graced == answer.strict)
    }

    @Test func weeksAndYearsEndOnTheSameDay() {
        let calendar = LegalCalendar(timeZone: .utc)
        let last = { (period: LegalPeriod, day: String) in
            Regulation1182.lastDay(period, after: CalendarDate(day)!, calendar)?.text
        }
        #expect(last(.weeks(2), "2027-03-03") == "2027-03-17")
        #expect(last(.years(1), "2028-02-29") == "2029-02-28")
        #expect(last(.days(2), "2027-12-30") == "2028-01-01")
        #expect(last(.workingDays(1), "2027-03-05") == "2027-03-08")
    }

    @Test func thereIsNoDeadlineBeyondTheCalendar() {
        #expect(Self.utc.gdprAnswer(received: Self.time("9999-12-15T00:00:00Z")) == nil)
        #expect(Self.utc.breachNotice(aware: Self.time("9999-12-30T00:00:00Z")) == nil)
    }

    @Test(arguments: ["", "Berlin", "Europe/Nowhere", "+1:00", "+15:00", "01:00", "+01:60", "utc", "+01:0a"])
    func refusesATimeZoneThatIsNone(text: String) {
        #expect(LegalTimeZone(text) == nil)
    }

    @Test func theLawFollowsFromTheGround() {
        let laws = DeletionGround.allCases.map { DeletionLaw($0) }
        #expect(laws.filter { $0 == .gdpr }.count == 6)
        #expect(DeletionLaw(.ccpa1798105) == .ccpa)
        #expect(DeletionLaw(.memberLeft) == .agreement)
        #expect(Self.utc.answer(.agreement, received: Self.time("2027-01-01T00:00:00Z")) == nil)
    }
}

/// Every day of ten years in several time zones, against Python's own calendar, zones and `dateutil`.
@Suite struct DeadlineDifferentialTests {
    static let zones = [
        "UTC", "+05:30", "Europe/Berlin", "America/Los_Angeles", "Asia/Beirut", "Australia/Lord_Howe",
        "Pacific/Apia",
    ]

    private static let script = """
        import sys
        from datetime import date, datetime, timedelta, timezone
        from zoneinfo import ZoneInfo
        from dateutil.relativedelta import relativedelta
        HOLIDAYS = {date(y, m, d) for y in range(2024, 2040) for m, d in ((1, 1), (5, 1), (12, 25), (12, 26))}
        def zone(name):
            if name[0] == '+': return timezone(timedelta(hours=int(name[1:3]), minutes=int(name[4:])))
            return ZoneInfo(name)
        def end(day, z):
            # The last second whose local day is `day`: walk back from well after it.
            t = int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp()) + 86400
            lo, hi = t - 16 * 3600, t + 16 * 3600
            while hi - lo > 1:
                mid = (lo + hi) // 2
                if datetime.fromtimestamp(mid, z).date() <= day: lo = mid
                else: hi = mid
            return lo
        def working(day):
            while day.weekday() > 4 or day in HOLIDAYS: day += timedelta(days=1)
            return day
        for line in sys.stdin:
            name, second = line.split()
            z = zone(name)
            day = datetime.fromtimestamp(int(second), z).date()
            business, left = day, 10
            while left:
                business += timedelta(days=1)
                if business.weekday() < 5 and business not in HOLIDAYS: left -= 1
            month, three = day + relativedelta(months=1), day + relativedelta(months=3)
            out = [month, working(month), three, working(three), business, day + timedelta(days=45), day + timedelta(days=90)]
            print(*[end(d, z) for d in out])
        """

    static var calendarHolidays: Set<CalendarDate> {
        Set(
            (2024..<2040).flatMap { year in
                [(1, 1), (5, 1), (12, 25), (12, 26)].map { CalendarDate(year: year, month: $0.0, day: $0.1)! }
            })
    }

    /// One receipt a day at a time that wanders through the day.
    private static func receipts() -> [(zone: String, second: Int)] {
        zones.flatMap { zone in
            (20_089..<23_742).map { day in (zone, day * 86_400 + day * 7_919 % 86_400) }
        }
    }

    @Test(.enabled(if: Project.canImport("dateutil", "zoneinfo"), "needs Python with dateutil"))
    func agreesWithPythonOnEveryDayOfTenYears() throws {
        let receipts = Self.receipts()
        let expected = try Project.withTemporaryFolder { folder in
            let input = folder.appending(path: "receipts")
            try Data(receipts.map { "\($0.zone) \($0.second)\n" }.joined().utf8).write(to: input)
            let script = folder.appending(path: "oracle.py")
            try Data(Self.script.utf8).write(to: script)
            return try Project.run(["sh", "-c", "\(Project.python) \(script.path) < \(input.path)"])
        }
        try #require(expected.status == 0, "\(expected.output.suffix(500))")
        let lines = expected.output.split(separator: "\n")
        try #require(lines.count == receipts.count)
        let calendars = Dictionary(
            uniqueKeysWithValues: Self.zones.map { zone in
                (
                    zone,
                    LegalDeadlines(
                        calendar: LegalCalendar(
                            timeZone: LegalTimeZone(zone)!, holidays: Self.calendarHolidays))
                )
            })
        var differences: [String] = []
        for (receipt, line) in zip(receipts, lines) {
            let deadlines = calendars[receipt.zone]!
            let received = Timestamp(seconds: receipt.second)!
            let month = deadlines.gdprAnswer(received: received),
                three = deadlines.gdprExtendedAnswer(received: received)
            let found = [
                month?.strict, month?.graced, three?.strict, three?.graced,
                deadlines.ccpaAcknowledgement(received: received)?.graced,
                deadlines.ccpaAnswer(received: received)?.strict,
                deadlines.ccpaExtendedAnswer(received: received)?.strict,
            ].map { $0.map { "\($0.seconds)" } ?? "none" }.joined(separator: " ")
            if found != line {
                differences.append("\(receipt.zone) \(received): \(found) instead of \(line)")
            }
        }
        #expect(differences.isEmpty, "\(differences.count): \(differences.prefix(3))")
    }
}
