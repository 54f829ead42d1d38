public import Bytes

public enum BodySubject {}
/// A salted commitment to erasable data (formats: body commitment v1).
public typealias BodyCommitment = Hash256<BodySubject>

public enum RecordSubject {}
/// A salted commitment to one record of a dataset.
public typealias RecordCommitment = Hash256<RecordSubject>

/// 256 fresh random bits that make a commitment unguessable. Kept beside the value, erased with it.
public struct Salt: Hashable, Sendable {
    public let bytes: [UInt8]

    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }
}

/// What an event says of a body that it does not contain.
public struct BodyReference: Codable, Hashable, Sendable {
    public var commitment: BodyCommitment
    public var mediaType: MediaType

    public init(commitment: BodyCommitment, mediaType: MediaType) {
        self.commitment = commitment
        self.mediaType = mediaType
    }
}

/// An RFC 6838 type, e.g. `application/json`. Lower case, no parameters.
public struct MediaType: TextValue {
    public static let pattern = "^[a-z0-9][a-z0-9.+-]{0,62}/[a-z0-9][a-z0-9.+-]{0,62}$"
    public static let form = "a media type in lower case, such as text/plain"
    public let text: String

    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isEdge = { (byte: UInt8) in (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) }
        guard parts.count == 2,
            parts.allSatisfy({ part in
                (1...63).contains(part.utf8.count) && part.utf8.first.map(isEdge) == true
                    && part.utf8.allSatisfy { isEdge($0) || $0 == 0x2e || $0 == 0x2b || $0 == 0x2d }
            })
        else { return nil }
        self.text = text
    }

    public static let json = MediaType("application/json")!
    /// A signed note: a checkpoint, opened from an anchor.
    public static let checkpoint = MediaType("text/vnd.c2sp.tlog-checkpoint")!
}

extension Hash256 where Subject == BodySubject {
    /// SHA-256("lethe/body/v1" 0x00 ‖ salt ‖ u64be(len(mediaType)) ‖ mediaType ‖ body).
    public init(body: [UInt8], mediaType: MediaType, salt: Salt) {
        let type = Array(mediaType.text.utf8)
        var prefix = Array("lethe/body/v1".utf8) + [0] + salt.bytes
        prefix.appendBigEndian(UInt64(type.count))
        self = .sha256(prefix, type, body)
    }
}

extension Hash256 where Subject == RecordSubject {
    /// SHA-256("lethe/record/v1" 0x00 ‖ salt ‖ record bytes).
    public init(record: [UInt8], salt: Salt) {
        self = .sha256(Array("lethe/record/v1".utf8) + [0], salt.bytes, record)
    }
}
