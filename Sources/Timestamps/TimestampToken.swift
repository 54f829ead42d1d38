public import Bytes
public import Events

/// What a time-stamping authority sent back (RFC 3161 §2.4.2).
public enum TimestampReply: Sendable {
    /// The most bytes that a reply may have here.
    public static let maximumBytes = 1 << 20

    case granted(TimestampToken)
    /// It refused, with the status and its words.
    case refused(status: Int, String)

    /// Reads a TimeStampResp; or the token alone, as some authorities and tools write it.
    public init(parsing bytes: [UInt8]) throws(DERFault) {
        guard bytes.count <= Self.maximumBytes else {
            throw .value("a reply of \(bytes.count) bytes", offset: 0)
        }
        let root = try DERValue.parse(bytes, DERTag.sequence)
        var fields = root.fields
        guard fields.nextTag == DERTag.sequence else {
            self = .granted(try TimestampToken(parsing: bytes))
            return
        }
        let information = try fields.next(DERTag.sequence)
        var parts = information.fields
        guard let status = try parts.next(DERTag.integer).smallInteger else {
            throw information.fault("no status")
        }
        guard status <= 1, let token = try fields.optional(DERTag.sequence) else {
            var words: [String] = []
            if var texts = try parts.optional(DERTag.sequence)?.fields {
                words = try texts.rest().compactMap { String(validating: $0.content, as: UTF8.self) }
            }
            self = .refused(status: status, words.joined(separator: "; "))
            return
        }
        try fields.end()
        self = .granted(try TimestampToken(parsing: Array(token.encoded)))
    }
}

/// A timestamp: an authority's signature over a hash and a time (RFC 3161, in CMS SignedData, RFC 5652). Nothing in it is to
/// be believed before ``verify(imprint:nonce:trusting:)``.
public struct TimestampToken: Sendable {
    private static let signedData = "1.2.840.113549.1.7.2"
    private static let timestampInfo = "1.2.840.113549.1.9.16.1.4"
    /// The most certificates that a token may bring.
    private static let maximumCertificates = 16

    /// The token in DER: what `openssl ts -verify -token_in` reads.
    public let bytes: [UInt8]
    public let imprint: TimestampImprint
    public let time: Timestamp
    /// The authority's serial number, in hexadecimal.
    public let serial: String
    /// The policy under which it was issued, an object identifier.
    public let policy: String
    public let nonce: [UInt8]?
    public let certificates: [Certificate]
    /// The signed content, TSTInfo in DER.
    let content: [UInt8]
    let signer: TokenSigner

    public init(parsing bytes: [UInt8]) throws(DERFault) {
        guard bytes.count <= TimestampReply.maximumBytes else {
            throw .value("a token of \(bytes.count) bytes", offset: 0)
        }
        self.bytes = bytes
        var outer = try DERValue.parse(bytes, DERTag.sequence).fields
        let type = try outer.next(DERTag.objectIdentifier)
        guard type.objectIdentifier == Self.signedData else { throw type.fault("no signed data") }
        var wrapped = try outer.next(DERTag.context(0)).fields
        try outer.end()
        var fields = try wrapped.next(DERTag.sequence).fields
        _ = try fields.next(DERTag.integer)
        _ = try fields.next(DERTag.set)
        content = try Self.content(fields.next(DERTag.sequence))
        var found: [Certificate] = []
        if var list = try fields.optional(DERTag.context(0))?.fields {
            let all = try list.rest()
            guard all.count <= Self.maximumCertificates else {
                throw .value("\(all.count) certificates", offset: 0)
            }
            for value in all where value.tag == DERTag.sequence {
                found.append(try Certificate(der: Array(value.encoded)))
            }
        }
        certificates = found
        _ = try fields.optional(DERTag.context(1))
        var signers = try fields.next(DERTag.set).fields
        signer = try TokenSigner(signers.next(DERTag.sequence))
        // RFC 3161 §2.4.2: one signature, the authority's.
        try signers.end()
        try fields.end()
        let info = try Information(content)
        (imprint, time, serial, policy, nonce) = (info.imprint, info.time, info.serial, info.policy, info.nonce)
    }

    private static func content(_ value: DERValue) throws(DERFault) -> [UInt8] {
        var fields = value.fields
        guard try fields.next(DERTag.objectIdentifier).objectIdentifier == timestampInfo else {
            throw value.fault("no timestamp information")
        }
        var wrapped = try fields.next(DERTag.context(0)).fields
        return Array(try wrapped.next(DERTag.octetString).content)
    }

    /// TSTInfo.
    private struct Information {
        var imprint: TimestampImprint
        var time: Timestamp
        var serial: String
        var policy: String
        var nonce: [UInt8]?

        init(_ bytes: [UInt8]) throws(DERFault) {
            let root = try DERValue.parse(bytes, DERTag.sequence)
            var fields = root.fields
            guard try fields.next(DERTag.integer).smallInteger == 1 else { throw root.fault("another version") }
            guard let policy = try fields.next(DERTag.objectIdentifier).objectIdentifier else {
                throw root.fault("no policy")
            }
            self.policy = policy
            imprint = try TimestampImprint(messageImprint: fields.next(DERTag.sequence))
            serial = Hex.encode(try fields.next(DERTag.integer).content)
            let moment = try fields.next(DERTag.generalizedTime)
            guard let time = moment.time else { throw moment.fault("a time that cannot be read") }
            self.time = time
            for field in try fields.rest() where field.tag == DERTag.integer {
                nonce = Array(field.content.drop { $0 == 0 })
            }
        }
    }
}

/// Who signed a token, and how (CMS SignerInfo).
struct TokenSigner: Sendable {
    /// Issuer and serial number, as the certificate has them; `nil` where the signer is named by another way.
    let issuer: ArraySlice<UInt8>?
    let serial: ArraySlice<UInt8>?
    let digest: DigestAlgorithm
    let algorithm: SignatureAlgorithm
    let signature: ArraySlice<UInt8>
    /// The signed attributes, tagged as the set that they are signed as.
    let signedBytes: [UInt8]
    /// The first value of each signed attribute.
    private(set) var attributes: [String: [UInt8]] = [:]

    init(_ value: DERValue) throws(DERFault) {
        var fields = value.fields
        _ = try fields.next(DERTag.integer)
        if var name = try fields.optional(DERTag.sequence)?.fields {
            issuer = try name.next(DERTag.sequence).encoded
            serial = try name.next(DERTag.integer).content
        } else {
            _ = try fields.next(DERTag.primitive(0))
            (issuer, serial) = (nil, nil)
        }
        let hash = try fields.next(DERTag.sequence)
        guard let digest = DigestAlgorithm(hash) else { throw hash.fault("a hash that is not SHA-2") }
        self.digest = digest
        let signed = try fields.next(DERTag.context(0))
        signedBytes = [DERTag.set] + signed.encoded.dropFirst()
        let identifier = try fields.next(DERTag.sequence)
        var parts = identifier.fields
        guard let name = try parts.next(DERTag.objectIdentifier).objectIdentifier else {
            throw identifier.fault("no algorithm")
        }
        algorithm = SignatureAlgorithm(name, digest: digest)
        signature = try fields.next(DERTag.octetString).content
        _ = try fields.optional(DERTag.context(1))
        try fields.end()
        var list = signed.fields
        for attribute in try list.rest() {
            var parts = attribute.fields
            guard let type = try parts.next(DERTag.objectIdentifier).objectIdentifier else { continue }
            var values = try parts.next(DERTag.set).fields
            guard attributes.updateValue(Array(try values.next().encoded), forKey: type) == nil else {
                throw attribute.fault("an attribute that is there twice")
            }
        }
    }
}
