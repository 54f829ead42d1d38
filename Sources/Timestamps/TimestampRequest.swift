public import Bytes

public enum ImprintSubject {}
/// The SHA-256 of what a timestamp is about.
public typealias TimestampImprint = Hash256<ImprintSubject>

/// A request to a time-stamping authority (RFC 3161 §2.4.1): the hash of the data, a nonce, and that the authority's
/// certificate is wanted in the token.
public struct TimestampRequest: Hashable, Sendable {
    /// The most bytes that a request may have here.
    static let maximumBytes = 4_096

    public var imprint: TimestampImprint
    /// Big-endian, without superfluous zeros; what makes an old reply useless.
    public var nonce: [UInt8]

    /// - Parameter nonce: fresh random bytes.
    public init(imprint: TimestampImprint, nonce: [UInt8]) {
        self.imprint = imprint
        self.nonce = Array(nonce.drop { $0 == 0 })
    }

    /// TimeStampReq in DER.
    public var bytes: [UInt8] {
        let algorithm = DERWriter.sequence(
            DERWriter.objectIdentifier(DigestAlgorithm.sha256.rawValue), DERWriter.value(DERTag.null, []))
        let imprint = DERWriter.sequence(algorithm, DERWriter.value(DERTag.octetString, imprint.bytes))
        return DERWriter.sequence(
            DERWriter.integer([1]), imprint, DERWriter.integer(nonce), DERWriter.value(DERTag.boolean, [0xff]))
    }

    /// Reads a request with a nonce over a SHA-256.
    public init(parsing bytes: [UInt8]) throws(DERFault) {
        guard bytes.count <= Self.maximumBytes else {
            throw .value("a request of \(bytes.count) bytes", offset: 0)
        }
        let root = try DERValue.parse(bytes, DERTag.sequence)
        var fields = root.fields
        guard try fields.next(DERTag.integer).smallInteger == 1 else {
            throw root.fault("a request of another version")
        }
        imprint = try TimestampImprint(messageImprint: fields.next(DERTag.sequence))
        _ = try fields.optional(DERTag.objectIdentifier)
        nonce = Array(try fields.next(DERTag.integer).content.drop { $0 == 0 })
    }
}

extension Hash256 where Subject == ImprintSubject {
    /// Reads a MessageImprint; another hash than SHA-256 is refused.
    init(messageImprint value: DERValue) throws(DERFault) {
        var fields = value.fields
        let algorithm = try fields.next(DERTag.sequence)
        let hash = try fields.next(DERTag.octetString)
        guard DigestAlgorithm(algorithm) == .sha256, let imprint = Self(bytes: hash.content) else {
            throw value.fault("an imprint that is no SHA-256")
        }
        self = imprint
    }
}
