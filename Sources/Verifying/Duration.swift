/// A span of time, written as a whole number with its unit: `90s`, `15m`, `12h`, `30d`, `4w`.
public struct Duration: Hashable, Sendable, CustomStringConvertible {
    public let seconds: Int

    private static let units: [(letter: Character, seconds: Int)] = [
        ("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]

    public init(seconds: Int) { self.seconds = seconds }

    /// `nil` for anything but digits and one unit, and for more than a century.
    public init?(_ text: String) {
        guard let letter = text.last, let unit = Self.units.first(where: { $0.letter == letter }),
            case let digits = text.dropLast(), (1...10).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (48...57).contains($0) }), let count = Int(digits),
            count <= 36_525 * 86_400 / unit.seconds
        else { return nil }
        seconds = count * unit.seconds
    }

    /// In the largest unit that gives it exactly and of which there are at least two.
    public var description: String {
        let unit =
            Self.units.first { seconds % $0.seconds == 0 && seconds >= 2 * $0.seconds && $0.letter != "w" } ?? ("s", 1)
        return "\(seconds / unit.seconds)\(unit.letter)"
    }

    /// Without what is less than the largest unit of which there are at least two: near enough for people.
    public var rounded: Duration {
        let unit = Self.units.first { seconds >= 2 * $0.seconds && $0.letter != "w" }?.seconds ?? 1
        return Duration(seconds: seconds / unit * unit)
    }
}

extension Duration {
    /// What to type instead of something that is no duration.
    public static let hint = "a whole number and its unit, at most a century: 90s, 15m, 12h, 30d or 4w"
}
