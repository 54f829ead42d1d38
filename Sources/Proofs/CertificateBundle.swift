public import Bytes
public import Events

/// A certificate with everything that is needed to check it, as one file (`schemas/certificate.md`).
///
/// The bundle holds the whole public chain up to its checkpoint, so that a verifier replays it: absence of a
/// revocation, completeness of the closure and of each contributor list are then proven, not attested. Each
/// cited event also has its own inclusion proof, for a check by hand.
public struct CertificateBundle: Codable, Hashable, Sendable {
    public static let format = "lethe/certificate-bundle@v1"
    /// The most bytes that a verifier reads: a public chain of some 200,000 events with its certificate.
    public static let maximumBytes = 256 << 20
    /// The most values (objects, lists, strings, numbers) that a bundle may be made of. Together with the limit above
    /// it bounds what reading one may cost.
    public static let maximumValues = 4 << 20
    /// The most earlier checkpoints, and the most timestamps.
    public static let maximumEarlier = 64

    public struct Chain: Codable, Hashable, Sendable {
        /// The signed note, with cosignatures.
        public var checkpoint: String
        /// All envelopes up to the checkpoint, in order.
        public var entries: [JSONText]

        public init(checkpoint: [UInt8], entries: [[UInt8]]) {
            self.checkpoint = String(decoding: checkpoint, as: UTF8.self)
            self.entries = entries.map { JSONText($0)! }
        }
    }

    public struct InclusionProof: Codable, Hashable, Sendable {
        public var event: EventHash
        public var index: Count
        /// Base64, from the leaf's neighbour upwards.
        public var path: [String]

        public init(event: EventHash, index: Int, path: [[UInt8]]) {
            self.event = event
            self.index = Count(index)!
            self.path = path.map(Base64.encode)
        }
    }

    /// A checkpoint that the chain's own one extends.
    public struct EarlierCheckpoint: Codable, Hashable, Sendable {
        /// The signed note, with cosignatures.
        public var checkpoint: String
        /// The consistency proof from it to the chain's checkpoint (RFC 6962 §2.1.2), in base64.
        public var consistency: [String]

        public init(checkpoint: [UInt8], consistency: [[UInt8]]) {
            self.checkpoint = String(decoding: checkpoint, as: UTF8.self)
            self.consistency = consistency.map(Base64.encode)
        }
    }

    /// What an authority outside the consortium says of a checkpoint that the chain's own one extends (RFC 3161).
    public struct Timestamped: Codable, Hashable, Sendable {
        /// The checkpoint's text, without signatures: what the token is about is its SHA-256.
        public var checkpoint: String
        /// The consistency proof from it to the chain's checkpoint, in base64.
        public var consistency: [String]
        /// The token, a ContentInfo in DER, in base64.
        public var token: String

        public init(checkpoint: String, consistency: [[UInt8]], token: [UInt8]) {
            self.checkpoint = checkpoint
            self.consistency = consistency.map(Base64.encode)
            self.token = Base64.encode(token)
        }
    }

    /// The certificate: a DSSE envelope around an in-toto statement.
    public var certificate: JSONText
    public var chain: Chain
    /// Checkpoints between which the chain took in the request and the completion, in the order of the certificate.
    public var earlier: [EarlierCheckpoint]
    public var format: String
    /// One for each event that the certificate cites, in its order.
    public var proofs: [InclusionProof]
    /// Timestamps of checkpoints, ascending by size; where the issuer has some.
    public var timestamps: [Timestamped]

    public init(
        certificate: [UInt8], chain: Chain, earlier: [EarlierCheckpoint] = [], proofs: [InclusionProof],
        timestamps: [Timestamped] = []
    ) {
        self.earlier = earlier
        self.timestamps = timestamps
        format = Self.format
        self.certificate = JSONText(certificate)!
        self.chain = chain
        self.proofs = proofs
    }

    /// Why a file is not a bundle.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case tooLarge(Int)
        case noFinalNewline
        case malformed(JSONError)
        case tooManyValues
        case unknownFormat(String)

        public var description: String {
            switch self {
            case .tooLarge(let bytes):
                "the bundle has \(bytes) bytes; the limit is \(CertificateBundle.maximumBytes)"
            case .noFinalNewline: "the bundle does not end in a newline: it is cut off, or no bundle"
            case .malformed(let error): "the bundle is malformed: \(error)"
            case .tooManyValues:
                "the bundle is made of more than \(CertificateBundle.maximumValues) values"
            case .unknownFormat(let format): "unknown bundle format \"\(format.prefix(60))\""
            }
        }
    }

    public var bytes: [UInt8] { CanonicalJSON.encode(self) + [0x0a] }

    public init(parsing bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= Self.maximumBytes else { throw .tooLarge(bytes.count) }
        guard bytes.last == 0x0a else { throw .noFinalNewline }
        do throws(JSONError) {
            self = try CanonicalJSON.decode(
                Self.self, from: bytes.dropLast(), maximumValues: Self.maximumValues)
        } catch {
            throw error == .tooManyValues(Self.maximumValues) ? .tooManyValues : .malformed(error)
        }
        guard format == Self.format else { throw .unknownFormat(format) }
    }
}
