public import Bytes

/// A value that is written as one string, of which only some strings are valid.
///
/// Conforming types refuse bad strings when they are read, so a value that exists is valid. ``pattern`` is the same
/// rule as an ECMA-262 regular expression, for the JSON Schema of the types that hold such values; ``form`` says it to
/// people, as what a value is.
public protocol TextValue: Codable, Hashable, Sendable, CustomStringConvertible {
    static var pattern: String { get }
    static var form: String { get }
    var text: String { get }
    init?(_ text: String)
}

extension TextValue {
    public var description: String { text }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "\"\(text.prefix(80))\" is not \(Self.form)"))
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// A name that people give to a member, a round, a deletion: 1 to 64 of `a-z 0-9 . _ -`, beginning and ending with a
/// letter or digit. Tagged, so that a member cannot be passed for a round.
public struct Identifier<Subject>: TextValue, Comparable {
    public static var pattern: String { "^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$" }
    public static var form: String {
        "a name of at most 64 lower-case letters, digits, dots, hyphens and underscores, with a letter or digit at both ends"
    }
    public let text: String

    public init?(_ text: String) {
        var copy = text
        guard copy.withUTF8({ NameRule.identifier.holds(for: $0[...]) }) else { return nil }
        self.text = text
    }

    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

public enum MemberSubject {}
public enum RoundSubject {}
public enum DeletionSubject {}
/// The name of an organisation in its consortium, e.g. `delta`.
public typealias MemberName = Identifier<MemberSubject>
public typealias RoundID = Identifier<RoundSubject>
/// The opaque id of a deletion request. It names nobody.
public typealias DeletionID = Identifier<DeletionSubject>

/// The origin of a chain's checkpoints: `<consortium>/<chain>`, e.g. `skies.example/public`.
public struct Origin: TextValue, Comparable {
    public static let pattern = "^[a-z0-9]([a-z0-9.-]{0,126}[a-z0-9])?/[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$"
    public static let form = "a consortium and one of its chains, such as skies.example/public"
    public let text: String

    public init?(_ text: String) {
        var copy = text
        let isValid = copy.withUTF8 { bytes in
            guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { return false }
            return NameRule.consortium.holds(for: bytes[..<slash])
                && NameRule.identifier.holds(for: bytes[(slash + 1)...])
        }
        guard isValid else { return nil }
        self.text = text
    }

    public init(_ consortium: Consortium, chain: Identifier<Origin>) {
        text = "\(consortium)/\(chain)"
    }

    /// The origin of the public chain of `consortium`.
    public static func `public`(of consortium: Consortium) -> Origin {
        Origin("\(consortium)/public")!
    }

    public var consortium: Consortium { Consortium(String(text.prefix { $0 != "/" }))! }
    /// What follows the slash.
    public var chain: String { String(text.drop { $0 != "/" }.dropFirst()) }
    public var isPublic: Bool { chain == "public" }

    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// The domain-like name of a consortium, e.g. `skies.example`.
public struct Consortium: TextValue {
    public static let pattern = "^[a-z0-9]([a-z0-9.-]{0,126}[a-z0-9])?$"
    public static let form =
        "a name such as skies.example: lower-case letters, digits, dots and hyphens, with a letter or "
        + "digit at both ends"
    public let text: String

    public init?(_ text: String) {
        var copy = text
        guard copy.withUTF8({ NameRule.consortium.holds(for: $0[...]) }) else { return nil }
        self.text = text
    }
}

/// Which characters a name has: lower-case letters and digits everywhere, others only inside.
private struct NameRule {
    static let identifier = NameRule(maximum: 64, allowsUnderscore: true)
    static let consortium = NameRule(maximum: 128, allowsUnderscore: false)

    let maximum: Int
    let allowsUnderscore: Bool

    func holds(for name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard (1...maximum).contains(name.count), Self.isEdge(name[name.startIndex]),
            Self.isEdge(name[name.endIndex - 1])
        else { return false }
        return name.allSatisfy { byte in
            Self.isEdge(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                || (allowsUnderscore && byte == UInt8(ascii: "_"))
        }
    }

    private static func isEdge(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// A raw 32-byte public key in standard base64: what an event says a key is. Target `Signing` gives it meaning.
public struct KeyBytes: TextValue {
    public static let pattern = "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$"
    public static let form = "32 bytes in base64: 43 characters and an equals sign"
    public let bytes: [UInt8]
    public var text: String { Base64.encode(bytes) }

    public init?(_ text: String) {
        guard let bytes = Base64.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// The key's id: the hexadecimal SHA-256 of its 32 bytes. A hint in envelopes, never evidence.
    public var keyID: KeyID { KeyID(retagging: Hash256<KeyBytes>.sha256(bytes)) }
}

public enum KeySubject {}
public typealias KeyID = Hash256<KeySubject>

/// The 32-byte leaf hash that places an event in its chain (RFC 6962 §2.1 over the envelope's bytes).
///
/// Events cite each other by it. Target `MerkleLog` computes the same value as its `LeafHash`.
public enum EventSubject {}
public typealias EventHash = Hash256<EventSubject>

extension Hash256 where Subject == EventSubject {
    /// The hash under which the envelope `bytes` stand in a chain: SHA-256(0x00 ‖ bytes).
    public init(envelope bytes: [UInt8]) {
        self = .sha256([0], bytes)
    }
}

public enum ArtifactSubject {}
/// The digest of something outside the chain: an adapter, its tensors, a base, a plan, a certificate.
public typealias ArtifactDigest = Hash256<ArtifactSubject>
