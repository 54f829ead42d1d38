public import Bytes
public import Events
internal import Crypto

/// Why a timestamp is not to be relied on. The cases stand in the order of the checks (`schemas/timestamps.md`).
public enum TimestampFailure: Error, Hashable, Sendable {
    /// It is about something else.
    case otherImprint
    /// It answers another request.
    case otherNonce
    /// The token does not bring the certificate that it was signed with.
    case noCertificate
    /// The signer's attributes are not those of this token.
    case attributes(String)
    /// Signed in a way that is not checked here.
    case unsupported(String)
    case badSignature
    /// The certificate is not one for timestamps alone.
    case notForTimestamps(String)
    /// No chain of valid certificates leads to one that is trusted.
    case untrusted(String)

    /// Whether it was judged at all.
    public var isUndecided: Bool { if case .unsupported = self { true } else { false } }
}

extension TimestampFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .otherImprint: "it is about other bytes"
        case .otherNonce: "it answers another request: the nonces differ"
        case .noCertificate: "the certificate that it was signed with is not in it"
        case .attributes(let reason): "its signed attributes do not fit: \(reason)"
        case .unsupported(let what): "it is signed in a way that is not checked here: \(what)"
        case .badSignature: "its signature does not verify"
        case .notForTimestamps(let name): "the certificate of \(name) is not one for timestamps alone"
        case .untrusted(let reason): "no trusted certificate stands behind it: \(reason)"
        }
    }
}

/// A timestamp that holds.
public struct VerifiedTimestamp: Sendable {
    public let time: Timestamp
    /// The authority, by its certificate.
    public let authority: String
    /// The names from the authority's certificate to the trusted one.
    public let path: [String]
    /// Whether the token answers the request that was given.
    public let answersRequest: Bool
}

extension TimestampToken {
    /// Checks the token: it is about `imprint`, answers the request with `nonce`, is signed by an authority whose
    /// certificate is for timestamps, and that certificate leads to one of `trusted`, all valid at the token's time.
    ///
    /// Revocation is not looked at: that takes the authority's lists.
    ///
    /// - Parameter nonce: the request's; `nil` where the request is not at hand.
    public func verify(
        imprint: TimestampImprint, nonce: [UInt8]?, trusting trusted: [Certificate]
    ) throws(TimestampFailure) -> VerifiedTimestamp {
        if let nonce, self.imprint == imprint, self.nonce != nonce { throw .otherNonce }
        let certificate = try verifySignature(imprint: imprint)
        let path = try path(from: certificate, to: trusted)
        return VerifiedTimestamp(
            time: time, authority: certificate.name, path: path.map(\.name), answersRequest: nonce != nil)
    }

    /// Checks everything but who is trusted: what the token is about, and that the holder of the key in the certificate
    /// that it brings signed it.
    ///
    /// - Returns: that certificate.
    @discardableResult
    public func verifySignature(imprint: TimestampImprint) throws(TimestampFailure) -> Certificate {
        guard self.imprint == imprint else { throw .otherImprint }
        let certificate = try signersCertificate()
        try checkAttributes(certificate)
        if case .other(let name) = signer.algorithm { throw .unsupported("the algorithm \(name)") }
        guard signer.algorithm.isValid(signer.signature, of: signer.signedBytes, keyInfo: certificate.keyInfo)
        else {
            throw .badSignature
        }
        guard certificate.isForTimestampsOnly else { throw .notForTimestamps(certificate.name) }
        return certificate
    }

    /// Who the token says made it; for people to read.
    public var authority: String { (try? signersCertificate())?.name ?? "an authority without a certificate" }

    private func signersCertificate() throws(TimestampFailure) -> Certificate {
        guard let issuer = signer.issuer, let serial = signer.serial else {
            throw .unsupported("the signer is named by a key identifier")
        }
        guard
            let found = certificates.first(where: {
                $0.issuer.elementsEqual(issuer) && $0.serial.elementsEqual(serial)
            })
        else { throw .noCertificate }
        return found
    }

    /// RFC 5652 §5.4 and RFC 3161 §2.4.2: the attributes name the content's type, its hash, and the signer's certificate.
    private func checkAttributes(_ certificate: Certificate) throws(TimestampFailure) {
        let type = DERWriter.objectIdentifier("1.2.840.113549.1.9.16.1.4")
        guard signer.attributes["1.2.840.113549.1.9.3"] == type else { throw .attributes("the content's type") }
        let hash = DERWriter.value(DERTag.octetString, signer.digest.hash(content))
        guard signer.attributes["1.2.840.113549.1.9.4"] == hash else { throw .attributes("the content's hash") }
        guard try namesCertificate(certificate) else { throw .attributes("the signer's certificate") }
    }

    /// Whether the ESS attribute (RFC 5035, before it RFC 2634) names `certificate`, by its hash.
    private func namesCertificate(_ certificate: Certificate) throws(TimestampFailure) -> Bool {
        if let attribute = signer.attributes["1.2.840.113549.1.9.16.2.47"] {
            guard let (algorithm, hash) = Self.firstIdentifier(attribute) else { return false }
            return (algorithm ?? .sha256).hash(certificate.bytes) == hash
        }
        // The older attribute names it by SHA-1, which here only tells the certificates of one token apart.
        guard let attribute = signer.attributes["1.2.840.113549.1.9.16.2.12"],
            let (algorithm, hash) = Self.firstIdentifier(attribute), algorithm == nil
        else { return false }
        return Array(Insecure.SHA1.hash(data: certificate.bytes)) == hash
    }

    /// The hash of the first ESSCertID, with its algorithm where it names one.
    private static func firstIdentifier(_ attribute: [UInt8]) -> (DigestAlgorithm?, [UInt8])? {
        guard var outer = try? DERValue.parse(attribute, DERTag.sequence).fields,
            var list = try? outer.next(DERTag.sequence).fields,
            var parts = try? list.next(DERTag.sequence).fields,
            let first = try? parts.next()
        else { return nil }
        if first.tag == DERTag.octetString { return (nil, Array(first.content)) }
        guard let algorithm = DigestAlgorithm(first), let hash = try? parts.next(DERTag.octetString) else {
            return nil
        }
        return (algorithm, Array(hash.content))
    }

    // MARK: Path

    /// The shortest chain from `leaf` to a trusted certificate through those that the token brings.
    private func path(from leaf: Certificate, to trusted: [Certificate]) throws(TimestampFailure)
        -> [Certificate]
    {
        guard leaf.isValid(at: time) else { throw .untrusted("\(leaf.name) was not valid at \(time)") }
        if let name = leaf.unknownCritical.first { throw .unsupported("the extension \(name) of \(leaf.name)") }
        var paths = [[leaf]]
        if trusted.contains(leaf) { return [leaf] }
        var reason = "nobody here issued \(leaf.name)"
        // Each certificate is gone on from once, from the shortest path to it: the token has at most 16, but these may all
        // have signed one another.
        var reached: Set<Certificate> = [leaf]
        while let path = paths.first {
            paths.removeFirst()
            for issuer in trusted + certificates where !reached.contains(issuer) && issuer.signed(path.last!) {
                if let problem = problem(with: issuer, above: path) {
                    reason = problem
                    continue
                }
                if trusted.contains(issuer) { return path + [issuer] }
                reached.insert(issuer)
                if path.count < 8 { paths.append(path + [issuer]) }
            }
        }
        throw .untrusted(reason)
    }

    /// Why `issuer` may not stand above `path`.
    private func problem(with issuer: Certificate, above path: [Certificate]) -> String? {
        guard issuer.isValid(at: time) else { return "\(issuer.name) was not valid at \(time)" }
        guard issuer.isAuthority, issuer.mayCertify else { return "\(issuer.name) may not issue certificates" }
        if let limit = issuer.pathLength, path.count - 1 > limit {
            return "\(issuer.name) allows \(limit) authorities below it"
        }
        if let name = issuer.unknownCritical.first {
            return "\(issuer.name) has the critical extension \(name), which is not known here"
        }
        return nil
    }
}
