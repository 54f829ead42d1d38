public import Events

public enum PackNameSubject {}
/// A pack's name, e.g. `gdpr-erasure`.
public typealias PackID = Identifier<PackNameSubject>

/// A control's id, e.g. `GDPR-12-3a`. An `-M` at the end says that a person has to judge as well.
public struct ControlID: TextValue, Comparable {
    public static let pattern = "^[A-Z][A-Za-z0-9]*(-[A-Za-z0-9]+)+$"
    public static let form =
        "an id such as GDPR-12-3a: words of letters and digits with hyphens between them, the first with "
        + "a capital"
    public let text: String

    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let isAlphanumeric = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        }
        guard parts.count > 1, text.utf8.count <= 64,
            text.utf8.first.map({ (0x41...0x5a).contains($0) }) == true,
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isAlphanumeric) })
        else { return nil }
        self.text = text
    }

    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// Three numbers: a change of what passes raises the first, a change of what is looked at the second, of
/// words the third.
public struct PackVersion: TextValue {
    public static let pattern = "^(0|[1-9][0-9]{0,4})\\.(0|[1-9][0-9]{0,4})\\.(0|[1-9][0-9]{0,4})$"
    public static let form = "three numbers with dots between them, such as 1.0.2"
    public let text: String

    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ DecimalText.isNumber($0, digits: 5) }) else { return nil }
        self.text = text
    }
}

enum DecimalText {
    /// Whether `text` is a decimal number of at most `digits` digits, without a zero in front.
    static func isNumber(_ text: Substring, digits: Int) -> Bool {
        (1...digits).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && (text.utf8.count == 1 || text.first != "0")
    }
}

/// A name of a column, a table or a parameter in SQL.
public struct SQLName: TextValue {
    public static let pattern = "^[a-z][a-z0-9_]{0,40}$"
    public static let form = "a name of at most 41 lower-case letters, digits and underscores that begins with a letter"
    public let text: String

    public init?(_ text: String) {
        let isLetter = { (byte: UInt8) in (0x61...0x7a).contains(byte) }
        guard (1...41).contains(text.utf8.count), text.utf8.first.map(isLetter) == true,
            text.utf8.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") })
        else { return nil }
        self.text = text
    }
}

/// A range of table versions, e.g. `>=1 <2`: from the first, below the second.
public struct VersionRange: TextValue {
    public static let pattern =
        "^>=(0|[1-9][0-9]{0,3})(\\.(0|[1-9][0-9]{0,3}))? <(0|[1-9][0-9]{0,3})(\\.(0|[1-9][0-9]{0,3}))?$"
    public static let form = "a range of versions such as \">=1 <2\""
    public let text: String
    private let lower, upper: TablesVersion

    public init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasPrefix(">="), parts[1].hasPrefix("<"),
            let lower = Self.version(parts[0].dropFirst(2)), let upper = Self.version(parts[1].dropFirst())
        else { return nil }
        (self.text, self.lower, self.upper) = (text, lower, upper)
    }

    private static func version(_ text: Substring) -> TablesVersion? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ DecimalText.isNumber($0, digits: 4) }) else {
            return nil
        }
        return TablesVersion(Int(parts[0])!, parts.count == 2 ? Int(parts[1])! : 0)
    }

    public func contains(_ version: TablesVersion) -> Bool { lower <= version && version < upper }
}

/// One to 2,000 characters without control characters: a sentence or a few, on one line.
public struct Prose: TextValue {
    public static let pattern = "^[^\\u0000-\\u001f\\u007f]{1,2000}$"
    public static let form = "one line of 1 to 2,000 characters"
    public let text: String

    public init?(_ text: String) {
        let scalars = text.unicodeScalars
        guard (1...2_000).contains(scalars.count),
            scalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
        else {
            return nil
        }
        self.text = text
    }
}

/// An address that a reader may open: https, no spaces, no quotes.
public struct WebAddress: TextValue {
    public static let pattern = "^https://[A-Za-z0-9._~:/?#@%&=+,;()-]{1,300}$"
    public static let form = "an address that begins with https://, without spaces and quotes"
    public let text: String

    public init?(_ text: String) {
        let marks = Set("._~:/?#@%&=+,;()-".utf8)
        let rest = text.dropFirst("https://".count)
        guard text.hasPrefix("https://"), (1...300).contains(rest.utf8.count),
            rest.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || marks.contains(byte)
            })
        else { return nil }
        self.text = text
    }
}

public enum Severity: String, Codable, CaseIterable, Hashable, Sendable { case low, medium, high, critical }

/// What the organisation that is looked at is under a law.
public enum PartyRole: String, Codable, CaseIterable, Hashable, Sendable {
    /// Every organisation, whatever its role.
    case any
    case businessAssociate = "business_associate"
    case business
    case controller
    case coveredEntity = "covered_entity"
    case dataBroker = "data_broker"
    case deployer
    case gpaiProvider = "gpai_provider"
    case highRiskProvider = "high_risk_provider"
    case jointController = "joint_controller"
    case processor
    case serviceProvider = "service_provider"
}

/// The law, standard or charter that a control comes from.
public struct Regime: Codable, Hashable, Sendable {
    public var article: Prose?
    public var law: Prose
    public var url: WebAddress?
}

/// A number or a text that a query is given. Its value is part of the signed pack: nobody tunes it at run
/// time.
public enum PackParameter: Codable, Hashable, Sendable {
    case integer(default: Int, min: Int, max: Int, meaning: Prose)
    case text(default: Prose, allowed: [Prose], meaning: Prose)

    private enum Kind: String, Codable { case integer, text }
    private enum Keys: String, CodingKey {
        case type, `default`, min, max, allowed, meaning
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        let meaning = try container.decode(Prose.self, forKey: .meaning)
        let problem: String?
        switch try container.decode(Kind.self, forKey: .type) {
        case .integer:
            let value = try container.decode(Int.self, forKey: .default)
            let (low, high) = (
                try container.decode(Int.self, forKey: .min), try container.decode(Int.self, forKey: .max)
            )
            problem = low <= value && value <= high ? nil : "the default \(value) is not in \(low)...\(high)"
            self = .integer(default: value, min: low, max: high, meaning: meaning)
        case .text:
            let value = try container.decode(Prose.self, forKey: .default)
            let allowed = try container.decode([Prose].self, forKey: .allowed)
            problem = allowed.contains(value) ? nil : "the default is not among the allowed texts"
            self = .text(default: value, allowed: allowed, meaning: meaning)
        }
        if let problem {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: problem))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        switch self {
        case .integer(let value, let low, let high, let meaning):
            try container.encode(Kind.integer, forKey: .type)
            try container.encode(value, forKey: .default)
            try container.encode(low, forKey: .min)
            try container.encode(high, forKey: .max)
            try container.encode(meaning, forKey: .meaning)
        case .text(let value, let allowed, let meaning):
            try container.encode(Kind.text, forKey: .type)
            try container.encode(value, forKey: .default)
            try container.encode(allowed, forKey: .allowed)
            try container.encode(meaning, forKey: .meaning)
        }
    }

    var value: SQLValue {
        switch self {
        case .integer(let value, _, _, _): .integer(value)
        case .text(let value, _, _): .text(value.text)
        }
    }
}
