import Bytes
import Events
import Testing

private enum TableSubject {}

@Suite struct CalendarTests {
    /// Every day from 1970 to 2200, in three ways: by its count, by counting on from the day before with a
    /// table of month lengths, and as lines `<days> <date>` whose digest Python's `datetime` and `hashlib`
    /// gave.
    @Test func countsTheDaysAsACalendarDoes() throws {
        var (year, month, day) = (1970, 1, 1)
        var lines: [UInt8] = []
        for count in 0..<84_371 {
            let date = try #require(CalendarDate(daysSince1970: count))
            #expect((date.year, date.month, date.day) == (year, month, day))
            #expect(date.daysSince1970 == count)
            #expect(CalendarDate(date.text) == date)
            lines += Array("\(count) \(date.text)\n".utf8)
            day += 1
            let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            if day > lengths[month - 1] { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect((year, month, day) == (2201, 1, 1))
        let digest = Hash256<TableSubject>.sha256(lines).hex
        #expect(digest == "f5789af5c5d1187a6d091a177bfd15127e180ff0590cc9395662868b053310d2")
    }

    @Test func endsWhereFourDigitsOfYearEnd() {
        #expect(CalendarDate(daysSince1970: 0)?.text == "1970-01-01")
        #expect(CalendarDate(daysSince1970: 2_932_896)?.text == "9999-12-31")
        #expect(CalendarDate(daysSince1970: -1) == nil)
        #expect(CalendarDate(daysSince1970: 2_932_897) == nil)
        #expect(CalendarDate(daysSince1970: .max) == nil)
        #expect(CalendarDate(daysSince1970: .min) == nil)
    }

    @Test(arguments: [
        "2026-02-29", "1900-02-29", "2100-02-29", "2026-04-31", "2026-00-10", "2026-13-01", "2026-01-00",
        "1969-12-31", "10000-01-01", "2026-1-01", "2026-01-1", "+026-01-01", "2026/01/01", " 2026-01-01",
        "2026-01-01 ", "20260101", "", "２０２６-01-01",
    ])
    func refusesWhatIsNoDay(text: String) {
        #expect(CalendarDate(text) == nil)
    }

    /// Regulation 1182/71 Art. 3(2)(c): the same date of the last month, or that month's last day.
    @Test(arguments: [
        ("2026-01-31", 1, "2026-02-28"), ("2028-01-31", 1, "2028-02-29"), ("2100-01-31", 1, "2100-02-28"),
        ("2000-01-31", 1, "2000-02-29"), ("2026-01-30", 1, "2026-02-28"), ("2026-01-28", 1, "2026-02-28"),
        ("2026-03-31", 1, "2026-04-30"), ("2026-12-31", 1, "2027-01-31"), ("2026-11-30", 3, "2027-02-28"),
        ("2028-02-29", 12, "2029-02-28"), ("2028-02-29", 48, "2032-02-29"), ("2026-08-31", 6, "2027-02-28"),
        ("2026-05-15", 0, "2026-05-15"), ("2026-03-31", -1, "2026-02-28"), ("2027-01-15", -13, "2025-12-15"),
    ])
    func addsMonthsAsTheRegulationSays(start: String, months: Int, end: String) throws {
        #expect(try #require(CalendarDate(start)).addingMonths(months)?.text == end)
    }

    @Test(arguments: [
        ("9999-12-31", 1), ("1970-01-01", -1), ("2026-01-01", Int.max), ("2026-01-01", Int.min),
    ])
    func givesNoDeadlineOutsideTheCalendar(start: String, months: Int) throws {
        #expect(try #require(CalendarDate(start)).addingMonths(months) == nil)
    }
}

@Suite struct TimestampTests {
    /// Seconds and texts from Python's `datetime`.
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (15_680_644_176, "2466-11-24T22:29:36Z"),
        (28_071_399_467, "2859-07-19T10:57:47Z"), (108_022_074_679, "5393-01-30T11:51:19Z"),
        (223_649_410_867, "9057-03-02T20:21:07Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
    ])
    func readsAndWritesTheSameSecond(seconds: Int, text: String) throws {
        #expect(try #require(Timestamp(text)).seconds == seconds)
        #expect(Timestamp(seconds: seconds)?.text == text)
    }

    @Test(arguments: [
        "2026-11-23T24:00:00Z", "2026-11-23T10:60:00Z", "2026-11-23T10:00:60Z", "2026-02-30T10:00:00Z",
        "2026-11-23T10:00:00", "2026-11-23T10:00:00z", "2026-11-23t10:00:00Z", "2026-11-23 10:00:00Z",
        "2026-11-23T10:00:00+00:00", "2026-11-23T10:00:00.0Z", "1969-12-31T23:59:59Z", "2026-11-23T10:00Z",
        "2026-11-23T1é:00:00Z", "",
    ])
    func refusesEveryOtherSpelling(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func hasNoSecondBeforeOrAfterItsYears() {
        #expect(Timestamp(seconds: -1) == nil)
        #expect(Timestamp(seconds: 253_402_300_800) == nil)
    }

    @Test func beginsADayAtMidnight() throws {
        let date = try #require(CalendarDate("2026-11-23"))
        #expect(Timestamp(midnightOf: date)?.text == "2026-11-23T00:00:00Z")
        #expect(try #require(Timestamp("2026-11-23T23:59:59Z")).date == date)
    }
}
