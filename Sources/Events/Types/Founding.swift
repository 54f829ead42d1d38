public import Bytes

/// What a member may do in its consortium.
public enum Role: String, Codable, CaseIterable, Hashable, Sendable, Comparable {
    /// Audits: attests models and records audits.
    case auditor
    /// Opens and closes rounds, materialises models, carries out deletions.
    case aggregator
    /// Commits adapters.
    case contributor
    /// Operates the public chain.
    case `operator`
    /// Cosigns checkpoints.
    case witness

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A member as the charter or its admission describes it.
public struct MemberRecord: Codable, Hashable, Sendable {
    public var name: MemberName
    /// Ascending, each once, at least one.
    public var roles: Ascending<Role>
    /// Ed25519: signs events.
    public var eventKey: KeyBytes
    /// Ed25519: cosigns checkpoints. Another key than ``eventKey``.
    public var witnessKey: KeyBytes
    /// X25519: private bodies are sealed to it.
    public var encryptionKey: KeyBytes

    public init(
        name: MemberName, roles: Ascending<Role>, eventKey: KeyBytes, witnessKey: KeyBytes,
        encryptionKey: KeyBytes
    ) {
        self.name = name
        self.roles = roles
        self.eventKey = eventKey
        self.witnessKey = witnessKey
        self.encryptionKey = encryptionKey
    }
}

/// The charter: the first event of the public chain.
public struct ConsortiumFounded: Codable, Hashable, Sendable {
    public var consortium: Consortium
    /// Which member's operator key signs the public chain's checkpoints.
    public var chainOperator: MemberName
    /// Ed25519: signs the public chain's checkpoints; its vkey name is the chain's origin.
    public var checkpointKey: KeyBytes
    /// In ascending order of name, at least one.
    public var members: [MemberRecord]
    /// How many members must sign a decision that binds all: an admission, the exclusion of somebody else's events.
    public var threshold: Count

    public init(
        consortium: Consortium, chainOperator: MemberName, checkpointKey: KeyBytes,
        members: [MemberRecord], threshold: Count
    ) {
        self.consortium = consortium
        self.chainOperator = chainOperator
        self.checkpointKey = checkpointKey
        self.members = members
        self.threshold = threshold
    }
}

/// A new member, admitted by as many members' signatures as the charter's threshold.
public struct MemberAdmitted: Codable, Hashable, Sendable {
    public var member: MemberRecord

    public init(member: MemberRecord) { self.member = member }
}

public enum KeyPurpose: String, Codable, CaseIterable, Hashable, Sendable {
    case event, witness, encryption
}

/// Another key of a member. A new event key signs the envelope too, which shows that the member holds it.
public struct KeyAdded: Codable, Hashable, Sendable {
    public var key: KeyBytes
    public var member: MemberName
    public var purpose: KeyPurpose

    public init(key: KeyBytes, member: MemberName, purpose: KeyPurpose) {
        self.key = key
        self.member = member
        self.purpose = purpose
    }
}

public enum RevocationReason: String, Codable, CaseIterable, Hashable, Sendable {
    case rotated, lost, compromised
}

/// The end of a key. From this event on nothing signed by it is admitted; what it signed at or after ``goodSize`` is
/// disputed.
public struct KeyRevoked: Codable, Hashable, Sendable {
    /// The key is vouched for in the first `goodSize` leaves of the public chain.
    public var goodSize: Count
    public var key: KeyID
    public var member: MemberName
    public var reason: RevocationReason

    public init(goodSize: Count, key: KeyID, member: MemberName, reason: RevocationReason) {
        self.goodSize = goodSize
        self.key = key
        self.member = member
        self.reason = reason
    }
}

/// A private chain exists. Who reads it is said on the chain itself, not here.
public struct ChainOpened: Codable, Hashable, Sendable {
    /// Ed25519: signs this chain's checkpoints.
    public var checkpointKey: KeyBytes
    public var chainOperator: MemberName
    public var origin: Origin

    public init(checkpointKey: KeyBytes, chainOperator: MemberName, origin: Origin) {
        self.checkpointKey = checkpointKey
        self.chainOperator = chainOperator
        self.origin = origin
    }
}

/// A private chain's checkpoint, committed to. The body is the checkpoint's signed note, so that outsiders learn
/// neither size nor root, and a member can open it to a regulator.
public struct ChainAnchored: Codable, Hashable, Sendable {
    public var origin: Origin

    public init(origin: Origin) { self.origin = origin }
}

/// Who may read a private chain: its first event.
public struct ReadersListed: Codable, Hashable, Sendable {
    /// Ascending, each once, at least one.
    public var readers: Ascending<MemberName>

    public init(readers: Ascending<MemberName>) { self.readers = readers }
}

/// The name of a base model where people fetch it, e.g. `sentence-transformers/all-MiniLM-L6-v2`.
public struct BaseName: TextValue {
    public static let pattern = "^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$"
    public static let form =
        "a name of at most 128 letters, digits, dots, hyphens, underscores and slashes that begins with "
        + "a letter or digit"
    public let text: String

    public init?(_ text: String) {
        let isAlphanumeric = { (byte: UInt8) in
            (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
        }
        guard (1...128).contains(text.utf8.count), text.utf8.first.map(isAlphanumeric) == true,
            text.utf8.allSatisfy({ isAlphanumeric($0) || [0x2e, 0x5f, 0x2f, 0x2d].contains($0) })
        else { return nil }
        self.text = text
    }
}

/// A frozen base model that rounds may start from.
public struct BaseRegistered: Codable, Hashable, Sendable {
    /// SHA-256 of the base's weights file.
    public var base: ArtifactDigest
    public var name: BaseName

    public init(base: ArtifactDigest, name: BaseName) {
        self.base = base
        self.name = name
    }
}
