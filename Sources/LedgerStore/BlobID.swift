public import Bytes

/// What sort of artifact a blob is, and so of what its digest is taken: lower-case letters, digits and
/// hyphens.
public struct BlobKind: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: String

    /// `nil` for an empty name, one of more than 40 characters, or other characters.
    public init?(rawValue: String) {
        let isAllowed = { (byte: UInt8) in
            (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d
        }
        guard (1...40).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy(isAllowed) else { return nil }
        self.rawValue = rawValue
    }

    private init(_ name: String) { rawValue = name }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The tensors of an adapter, by tensor digest.
    public static let tensors = BlobKind("tensors")
    /// A dataset's records, by dataset root.
    public static let dataset = BlobKind("dataset")
    /// Any file, by the SHA-256 of its bytes.
    public static let file = BlobKind("file")
}

public enum BlobSubject {}
/// The digest of a blob; of what it is taken is said by the ``BlobKind``.
public typealias BlobDigest = Hash256<BlobSubject>

/// The name of a blob.
public struct BlobID: Hashable, Sendable {
    public let kind: BlobKind
    public let digest: BlobDigest

    public init<Subject>(_ kind: BlobKind, _ digest: Hash256<Subject>) {
        self.kind = kind
        self.digest = BlobDigest(retagging: digest)
    }
}

extension BlobID: CustomStringConvertible {
    public var description: String { "\(kind.rawValue) \(digest)" }
}

/// A blob that is stored, and how many bytes it has.
public struct BlobRecord: Hashable, Sendable {
    public let id: BlobID
    public let count: Int
}
