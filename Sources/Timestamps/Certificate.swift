internal import Bytes
public import Events

/// As much of an X.509 certificate (RFC 5280) as judging a timestamp takes.
public struct Certificate: Hashable, Sendable {
    /// The whole certificate in DER.
    public let bytes: [UInt8]
    /// What the issuer signed.
    let signedPart: ArraySlice<UInt8>
    let serial: ArraySlice<UInt8>
    let issuer: ArraySlice<UInt8>
    let subject: ArraySlice<UInt8>
    let keyInfo: ArraySlice<UInt8>
    let algorithm: SignatureAlgorithm
    let signature: ArraySlice<UInt8>
    public let notBefore: Timestamp
    public let notAfter: Timestamp
    /// Whether it may sign others, and how many such may follow below.
    private(set) var isAuthority = false
    private(set) var pathLength: Int?
    /// Whether its key usage lets it sign certificates; true where it says nothing.
    private(set) var mayCertify = true
    /// Whether it is for timestamps and for nothing else, and says so in a critical extension.
    private(set) var isForTimestampsOnly = false
    /// Critical extensions that are not understood here.
    private(set) var unknownCritical: [String] = []

    /// The most bytes that a certificate may have here.
    static let maximumBytes = 64 << 10

    public init(der: [UInt8]) throws(DERFault) {
        guard der.count <= Self.maximumBytes else {
            throw .value("a certificate of \(der.count) bytes", offset: 0)
        }
        bytes = der
        var outer = try DERValue.parse(der, DERTag.sequence).fields
        let body = try outer.next(DERTag.sequence)
        signedPart = body.encoded
        let outerAlgorithm = try outer.next(DERTag.sequence)
        let signatureBits = try outer.next(DERTag.bitString)
        guard let bits = signatureBits.bits else { throw signatureBits.fault("a signature of odd bits") }
        signature = bits
        try outer.end()
        var fields = body.fields
        _ = try fields.optional(DERTag.context(0))
        serial = try fields.next(DERTag.integer).content
        let innerAlgorithm = try fields.next(DERTag.sequence)
        guard innerAlgorithm.encoded.elementsEqual(outerAlgorithm.encoded) else {
            throw innerAlgorithm.fault("two different signature algorithms")
        }
        algorithm = try SignatureAlgorithm(innerAlgorithm)
        issuer = try fields.next(DERTag.sequence).encoded
        let validity = try fields.next(DERTag.sequence)
        var times = validity.fields
        guard let from = try times.next().time, let until = try times.next().time else {
            throw validity.fault("a validity that cannot be read")
        }
        (notBefore, notAfter) = (from, until)
        subject = try fields.next(DERTag.sequence).encoded
        keyInfo = try fields.next(DERTag.sequence).encoded
        for field in try fields.rest() where field.tag == DERTag.context(3) {
            var inner = field.fields
            for value in try Self.all(in: inner.next(DERTag.sequence)) { try read(extension: value) }
            try inner.end()
        }
    }

    private static func all(in list: DERValue) throws(DERFault) -> [DERValue] {
        var fields = list.fields
        return try fields.rest()
    }

    private mutating func read(extension value: DERValue) throws(DERFault) {
        var fields = value.fields
        guard let name = try fields.next(DERTag.objectIdentifier).objectIdentifier else {
            throw value.fault("an extension without name")
        }
        let isCritical = try fields.optional(DERTag.boolean)?.boolean ?? false
        let content = Array(try fields.next(DERTag.octetString).content)
        try fields.end()
        switch name {
        case "2.5.29.19": try readBasicConstraints(content)
        case "2.5.29.15":
            guard let bits = try DERValue.parse(content, DERTag.bitString).content.dropFirst().first else {
                return
            }
            mayCertify = bits & 0x04 != 0
        case "2.5.29.37":
            let purposes = try Self.all(in: DERValue.parse(content, DERTag.sequence)).map(\.objectIdentifier)
            isForTimestampsOnly = isCritical && purposes == ["1.3.6.1.5.5.7.3.8"]
        default: if isCritical { unknownCritical.append(name) }
        }
    }

    private mutating func readBasicConstraints(_ content: [UInt8]) throws(DERFault) {
        var fields = try DERValue.parse(content, DERTag.sequence).fields
        isAuthority = try fields.optional(DERTag.boolean)?.boolean ?? false
        pathLength = try fields.optional(DERTag.integer)?.smallInteger
        try fields.end()
    }

    /// Whether this certificate's key made the signature of `child`.
    func signed(_ child: Certificate) -> Bool {
        child.issuer.elementsEqual(subject)
            && child.algorithm.isValid(child.signature, of: Array(child.signedPart), keyInfo: keyInfo)
    }

    func isValid(at time: Timestamp) -> Bool { notBefore <= time && time <= notAfter }

    /// The common name, else the organisation, of the subject; for people to read.
    public var name: String {
        for wanted in ["2.5.4.3", "2.5.4.10"] {
            if let text = attribute(wanted) { return text }
        }
        return "a certificate without a name"
    }

    private func attribute(_ wanted: String) -> String? {
        guard let name = try? DERValue.parse(Array(subject), DERTag.sequence),
            let sets = try? Self.all(in: name)
        else {
            return nil
        }
        for set in sets {
            for pair in (try? Self.all(in: set)) ?? [] {
                guard let parts = try? Self.all(in: pair), parts.count == 2, parts[0].objectIdentifier == wanted
                else { continue }
                return String(validating: parts[1].content, as: UTF8.self)
            }
        }
        return nil
    }
}

extension Certificate {
    /// Reads the certificates of a PEM file, in its order; whatever stands between them is ignored.
    public static func all(pem text: String) throws(DERFault) -> [Certificate] {
        var found: [Certificate] = []
        var lines: [Substring]?
        for line in text.split(whereSeparator: \.isNewline) {
            let trimmed = line.trimmingSuffix { $0 == " " || $0 == "\t" }
            switch trimmed {
            case "-----BEGIN CERTIFICATE-----": lines = []
            case "-----END CERTIFICATE-----":
                guard let block = lines, let der = Base64.decode(block.joined()) else {
                    throw .value("a PEM block that is no base64", offset: 0)
                }
                found.append(try Certificate(der: der))
                lines = nil
            default: lines?.append(trimmed)
            }
        }
        guard lines == nil else { throw .cutOff(offset: text.utf8.count) }
        return found
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while isSpace: (Character) -> Bool) -> Substring {
        var text = self
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}
