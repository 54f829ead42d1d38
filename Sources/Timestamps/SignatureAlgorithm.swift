internal import Crypto
internal import CryptoExtras

/// A hash that signatures in certificates and tokens are over. SHA-1 and older are not among them.
enum DigestAlgorithm: String, Hashable, Sendable {
    case sha256 = "2.16.840.1.101.3.4.2.1"
    case sha384 = "2.16.840.1.101.3.4.2.2"
    case sha512 = "2.16.840.1.101.3.4.2.3"

    /// Reads an AlgorithmIdentifier.
    init?(_ identifier: DERValue) {
        var fields = identifier.fields
        guard identifier.tag == DERTag.sequence, let name = (try? fields.next())?.objectIdentifier else {
            return nil
        }
        self.init(rawValue: name)
    }

    func hash(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .sha256: Array(SHA256.hash(data: bytes))
        case .sha384: Array(SHA384.hash(data: bytes))
        case .sha512: Array(SHA512.hash(data: bytes))
        }
    }
}

/// How a certificate or a token is signed.
enum SignatureAlgorithm: Hashable, Sendable {
    case rsa(DigestAlgorithm)
    case ecdsa(DigestAlgorithm)
    /// One that is not checked here, by its object identifier.
    case other(String)

    init(_ identifier: DERValue) throws(DERFault) {
        var fields = identifier.fields
        guard let name = try fields.next(DERTag.objectIdentifier).objectIdentifier else {
            throw identifier.fault("an algorithm without name")
        }
        self.init(name, digest: nil)
    }

    /// - Parameter digest: what a token's signer names beside an algorithm that says no hash itself.
    init(_ name: String, digest: DigestAlgorithm?) {
        switch name {
        case "1.2.840.113549.1.1.1": self = digest.map(SignatureAlgorithm.rsa) ?? .other(name)
        case "1.2.840.113549.1.1.11": self = .rsa(.sha256)
        case "1.2.840.113549.1.1.12": self = .rsa(.sha384)
        case "1.2.840.113549.1.1.13": self = .rsa(.sha512)
        case "1.2.840.10045.2.1": self = digest.map(SignatureAlgorithm.ecdsa) ?? .other(name)
        case "1.2.840.10045.4.3.2": self = .ecdsa(.sha256)
        case "1.2.840.10045.4.3.3": self = .ecdsa(.sha384)
        case "1.2.840.10045.4.3.4": self = .ecdsa(.sha512)
        default: self = .other(name)
        }
    }

    /// Whether `signature` is one of `message` by the key in a SubjectPublicKeyInfo. RSA below 2,048 bits counts for nothing.
    func isValid(_ signature: ArraySlice<UInt8>, of message: [UInt8], keyInfo: ArraySlice<UInt8>) -> Bool {
        let key = Array(keyInfo)
        switch self {
        case .rsa(let digest):
            guard let key = try? _RSA.Signing.PublicKey(derRepresentation: key) else { return false }
            let parsed = _RSA.Signing.RSASignature(rawRepresentation: Array(signature))
            return switch digest {
            case .sha256:
                key.isValidSignature(parsed, for: SHA256.hash(data: message), padding: .insecurePKCS1v1_5)
            case .sha384:
                key.isValidSignature(parsed, for: SHA384.hash(data: message), padding: .insecurePKCS1v1_5)
            case .sha512:
                key.isValidSignature(parsed, for: SHA512.hash(data: message), padding: .insecurePKCS1v1_5)
            }
        case .ecdsa(let digest):
            return switch digest {
            case .sha256: Self.isECDSA(Array(signature), SHA256.hash(data: message), key)
            case .sha384: Self.isECDSA(Array(signature), SHA384.hash(data: message), key)
            case .sha512: Self.isECDSA(Array(signature), SHA512.hash(data: message), key)
            }
        case .other: return false
        }
    }

    private static func isECDSA(_ signature: [UInt8], _ digest: some Digest, _ key: [UInt8]) -> Bool {
        if let key = try? P256.Signing.PublicKey(derRepresentation: key),
            let parsed = try? P256.Signing.ECDSASignature(derRepresentation: signature)
        {
            return key.isValidSignature(parsed, for: digest)
        }
        if let key = try? P384.Signing.PublicKey(derRepresentation: key),
            let parsed = try? P384.Signing.ECDSASignature(derRepresentation: signature)
        {
            return key.isValidSignature(parsed, for: digest)
        }
        if let key = try? P521.Signing.PublicKey(derRepresentation: key),
            let parsed = try? P521.Signing.ECDSASignature(derRepresentation: signature)
        {
            return key.isValidSignature(parsed, for: digest)
        }
        return false
    }
}
