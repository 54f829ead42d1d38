/// A word of a closed vocabulary. Lists of words ascend by their bytes.
public protocol CodeValue: RawRepresentable<String>, Codable, CaseIterable, Hashable, Sendable, Comparable {}

extension CodeValue {
    public static func < (left: Self, right: Self) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }
}

public enum ReleaseSubject {}
public typealias ReleaseID = Identifier<ReleaseSubject>

public enum HandoverSubject {}
public typealias HandoverID = Identifier<HandoverSubject>

public enum RecipientSubject {}
/// The opaque id of somebody outside the consortium who got something. It names nobody.
public typealias RecipientID = Identifier<RecipientSubject>

public enum HoldSubject {}
public typealias HoldID = Identifier<HoldSubject>

public enum WaiverSubject {}
public typealias WaiverID = Identifier<WaiverSubject>

public enum DocumentSubject {}
/// The opaque id under which all versions of a document are recorded.
public typealias DocumentID = Identifier<DocumentSubject>

public enum PurposeSubject {}
/// What data or a model is used for, by a name that the members agreed on, e.g. `customer-care`.
public typealias PurposeName = Identifier<PurposeSubject>

public enum ConsentSubject {}
public typealias ConsentID = Identifier<ConsentSubject>

public enum RestrictionSubject {}
public typealias RestrictionID = Identifier<RestrictionSubject>

public enum IncidentSubject {}
public typealias IncidentID = Identifier<IncidentSubject>

/// The id of a control of a policy pack, e.g. `GDPR-12-3a`.
public struct ControlCode: TextValue, Comparable {
    public static let pattern = "^[A-Z][A-Za-z0-9]{0,15}(-[A-Za-z0-9]{1,15}){1,5}$"
    public static let form = "the id of a control, such as GDPR-12-3a"
    public let text: String

    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let isWord = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        }
        guard (2...6).contains(parts.count), let first = text.utf8.first, (0x41...0x5a).contains(first),
            parts[0].utf8.count <= 16, parts.dropFirst().allSatisfy({ (1...15).contains($0.utf8.count) }),
            parts.allSatisfy({ $0.utf8.allSatisfy(isWord) })
        else { return nil }
        self.text = text
    }

    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// A country by its two letters of ISO 3166-1, e.g. `DE`.
public struct CountryCode: TextValue {
    public static let pattern = "^[A-Z]{2}$"
    public static let form = "a country's two capital letters, such as DE"
    public let text: String

    public init?(_ text: String) {
        guard text.utf8.count == 2, text.utf8.allSatisfy({ (0x41...0x5a).contains($0) }) else { return nil }
        self.text = text
    }

    /// The European Economic Area: the Union's 27 states, Iceland, Liechtenstein and Norway.
    private static let economicArea: Set<String> = [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI",
        "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
    ]

    /// Whether the General Data Protection Regulation applies there as at home.
    public var isInEconomicArea: Bool { Self.economicArea.contains(text) }
}

/// An office that a person holds in an organisation. Events name offices, never persons.
public enum Office: String, CodeValue {
    case audit, dpo, engineering, legal, management, operations, security
}
