public import Bytes
public import Events

/// One commitment of a private chain, opened for one reader, with everything that is needed to check it
/// (`schemas/disclosure.md`).
///
/// It holds the public chain up to a checkpoint, as a certificate bundle does, so that a verifier replays which
/// keys counted and what was anchored; the opened anchor; and the one leaf with its body and its path. Of the
/// rest of the private chain it shows hashes along that path and the size as of the anchor, nothing else.
public struct Disclosure: Codable, Hashable, Sendable {
    public static let format = "lethe/disclosure@v1"
    /// The most bytes that a verifier reads.
    public static let maximumBytes = CertificateBundle.maximumBytes
    /// The longest path of any tree.
    static let maximumPath = 63

    /// What a body commitment hides: with these three anybody computes it again.
    public struct OpenedBody: Codable, Hashable, Sendable {
        /// Base64.
        public var body: String
        public var mediaType: MediaType
        /// Base64 of 32 bytes.
        public var salt: String

        public init(body: [UInt8], mediaType: MediaType, salt: Salt) {
            self.body = Base64.encode(body)
            self.mediaType = mediaType
            self.salt = Base64.encode(salt.bytes)
        }

        /// The body, if this opens `reference`; `nil` if it does not.
        func opening(_ reference: BodyReference) -> [UInt8]? {
            guard mediaType == reference.mediaType, let bytes = Base64.decode(body),
                let salt = Base64.decode(salt).flatMap({ Salt(bytes: $0) }),
                BodyCommitment(body: bytes, mediaType: mediaType, salt: salt) == reference.commitment
            else { return nil }
            return bytes
        }
    }

    /// The public event that commits to a checkpoint of the private chain, with that checkpoint.
    public struct Anchor: Codable, Hashable, Sendable {
        public var checkpoint: OpenedBody
        public var event: EventHash

        public init(event: EventHash, checkpoint: OpenedBody) {
            self.event = event
            self.checkpoint = checkpoint
        }
    }

    /// The leaf of the private chain, where one is disclosed.
    public struct Leaf: Codable, Hashable, Sendable {
        /// The body that the event commits to, where it has one.
        public var body: OpenedBody?
        public var entry: JSONText
        public var index: Count
        /// Base64, from the leaf's neighbour upwards, in the tree of the anchored checkpoint.
        public var path: [String]

        public init(body: OpenedBody?, entry: [UInt8], index: Int, path: [[UInt8]]) {
            self.body = body
            self.entry = JSONText(entry)!
            self.index = Count(index)!
            self.path = path.map(Base64.encode)
        }
    }

    public var anchor: Anchor
    /// The public chain, to a checkpoint after the anchor.
    public var chain: CertificateBundle.Chain
    public var format: String
    /// Absent where the anchor alone is opened.
    public var leaf: Leaf?

    public init(anchor: Anchor, chain: CertificateBundle.Chain, leaf: Leaf?) {
        format = Self.format
        self.anchor = anchor
        self.chain = chain
        self.leaf = leaf
    }

    /// Why a file is not a disclosure.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case tooLarge(Int)
        case noFinalNewline
        case malformed(JSONError)
        case unknownFormat(String)

        public var description: String {
            switch self {
            case .tooLarge(let bytes): "the file has \(bytes) bytes; the limit is \(Disclosure.maximumBytes)"
            case .noFinalNewline: "the file does not end in a newline: it is cut off, or no disclosure"
            case .malformed(let error): "the disclosure is malformed: \(error)"
            case .unknownFormat(let format): "unknown disclosure format \"\(format.prefix(60))\""
            }
        }
    }

    public var bytes: [UInt8] { CanonicalJSON.encode(self) + [0x0a] }

    /// Whether a file claims to be a disclosure: its members are in canonical order, and `anchor` is the first.
    public static func isClaimed(by bytes: [UInt8]) -> Bool { bytes.starts(with: Array(#"{"anchor":"#.utf8)) }

    /// The format of a disclosure that is sealed to a key; the ledger that has the key opens it.
    public static let sealedFormat = "lethe/sealed-disclosure@v1"

    /// Whether a file claims to be a sealed disclosure.
    public static func isClaimedSealed(by bytes: [UInt8]) -> Bool {
        bytes.starts(with: Array("{\"format\":\"\(sealedFormat)\"".utf8))
    }

    public init(parsing bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= Self.maximumBytes else { throw .tooLarge(bytes.count) }
        guard bytes.last == 0x0a else { throw .noFinalNewline }
        do throws(JSONError) {
            self = try CanonicalJSON.decode(
                Self.self, from: bytes.dropLast(), maximumValues: CertificateBundle.maximumValues)
        } catch {
            throw .malformed(error)
        }
        guard format == Self.format else { throw .unknownFormat(format) }
    }
}
