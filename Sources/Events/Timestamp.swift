/// A UTC time to the second, written `2026-11-23T10:00:00Z` and in no other way.
///
/// Years 1970 to 9999; no leap seconds. In an event it is what the author claims; what is proven is the
/// bracket between two checkpoints.
public struct Timestamp: TextValue, Comparable {
    public static let pattern =
        "^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"
    public static let form = "a time in UTC such as 2026-11-23T10:00:00Z"

    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: Int

    public init?(seconds: Int) {
        guard (0...253_402_300_799).contains(seconds) else { return nil }
        self.seconds = seconds
    }

    public init?(_ text: String) {
        var text = text
        guard let seconds = text.withUTF8(Self.seconds) else { return nil }
        self.init(seconds: seconds)
    }

    private static func seconds(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        guard text.count == 20, text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"),
            text[16] == UInt8(ascii: ":"), text[19] == UInt8(ascii: "Z"),
            let date = CalendarDate(UnsafeBufferPointer(rebasing: text[..<10])),
            let hour = CalendarDate.number(text, 11..<13), hour < 24,
            let minute = CalendarDate.number(text, 14..<16), minute < 60,
            let second = CalendarDate.number(text, 17..<19), second < 60
        else { return nil }
        return date.daysSince1970 * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// Midnight UTC at the beginning of `date`.
    public init?(midnightOf date: CalendarDate) {
        self.init(seconds: date.daysSince1970 * 86_400)
    }

    public var date: CalendarDate { CalendarDate(civilDay: seconds / 86_400) }

    public var text: String {
        let clock = seconds % 86_400
        let digits = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
        return "\(date)T\(digits(clock / 3_600)):\(digits(clock / 60 % 60)):\(digits(clock % 60))Z"
    }

    public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
}

/// A day of the proleptic Gregorian calendar, written `2026-11-23`.
public struct CalendarDate: TextValue, Comparable {
    public static let pattern = "^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
    public static let form = "a day such as 2026-11-23"
    public let year, month, day: Int

    /// `nil` unless the day exists and lies in 1970 to 9999.
    public init?(year: Int, month: Int, day: Int) {
        guard (1970...9999).contains(year), (1...12).contains(month),
            (1...Self.daysIn(month: month, of: year)).contains(day)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    public init?(_ text: String) {
        var text = text
        guard let date = text.withUTF8({ Self($0) }) else { return nil }
        self = date
    }

    fileprivate init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard text.count == 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let year = Self.number(text, 0..<4), let month = Self.number(text, 5..<7),
            let day = Self.number(text, 8..<10)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// The number that the decimal digits in `range` spell; `nil` where one of them is none.
    fileprivate static func number(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
        var number = 0
        for index in range {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number * 10 + Int(digit)
        }
        return number
    }

    /// The day `days` days after 1970-01-01; `nil` before it and after 9999-12-31.
    public init?(daysSince1970 days: Int) {
        guard (0...2_932_896).contains(days) else { return nil }
        self.init(civilDay: days)
    }

    /// The civil date of a day count in range, by the 400-year cycle of 146,097 days.
    fileprivate init(civilDay days: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    public var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let shiftedMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        let yearOfEra = shiftedYear % 400
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return shiftedYear / 400 * 146_097 + dayOfEra - 719_468
    }

    /// The same day `count` months later, or the last day of that month where it is shorter (Regulation
    /// 1182/71, Art. 3(2)(c)): one month after 31 January is the last day of February. `nil` outside 1970 to
    /// 9999, since a deadline that is silently another day would be worse than none.
    public func addingMonths(_ count: Int) -> CalendarDate? {
        let (months, overflow) = (year * 12 + month - 1).addingReportingOverflow(count)
        guard !overflow, months >= 0 else { return nil }
        let (newYear, newMonth) = (months / 12, months % 12 + 1)
        let lastDay = Self.daysIn(month: newMonth, of: newYear)
        return CalendarDate(year: newYear, month: newMonth, day: min(day, lastDay))
    }

    public static func daysIn(month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    public var text: String {
        "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}
