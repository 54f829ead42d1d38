internal import Bytes
internal import Crypto

/// Why a PEM file is not a key that release signatures are made or checked with.
public enum ReleaseKeyFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case notAPrivateKey
    case notAPublicKey

    public var description: String {
        switch self {
        case .notAPrivateKey: "it is not a P-256 private key in PEM"
        case .notAPublicKey: "it is not a public key on P-256, P-384 or P-521 in PEM"
        }
    }
}

/// A P-256 key pair, for signatures that other ecosystems check: OpenSSF model signatures want ECDSA.
///
/// Events are never signed with it. A ledger does not know it: whoever relies on a release key gets its public half by
/// another way.
public struct ReleaseKey: Sendable {
    private let key: P256.Signing.PrivateKey

    /// A fresh key pair.
    public static func generate(random: RandomBytes) -> ReleaseKey {
        // About one in 2^32 strings of 32 bytes is no scalar of the curve.
        while true {
            if let key = try? P256.Signing.PrivateKey(rawRepresentation: random.generate(32)) {
                return ReleaseKey(key: key)
            }
        }
    }

    private init(key: P256.Signing.PrivateKey) { self.key = key }

    /// Reads PKCS #8 or SEC 1 PEM, unencrypted.
    public init(pem: String) throws(ReleaseKeyFailure) {
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) else { throw .notAPrivateKey }
        self.key = key
    }

    /// PKCS #8 PEM, with a newline.
    public var pem: String { key.pemRepresentation + "\n" }

    public var publicKey: ReleasePublicKey { ReleasePublicKey(key.publicKey) }

    /// The DER bytes of an ECDSA signature over the SHA-256 of `message`. Another one each time.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        // Signing fails only for a key that is none.
        Array(try! key.signature(for: SHA256.hash(data: message)).derRepresentation)
    }
}

extension ReleaseKey: CustomStringConvertible, CustomReflectable {
    /// Names no secret.
    public var description: String { "ReleaseKey(\(publicKey.hint.prefix(16))…)" }
    public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey.hint]) }
}

/// A public key on one of the curves of sigstore's model signatures, with the hash that goes with it.
public struct ReleasePublicKey: Sendable {
    private enum Curve: Sendable {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
    }

    private let curve: Curve

    init(_ key: P256.Signing.PublicKey) { curve = .p256(key) }

    /// Reads a SubjectPublicKeyInfo in PEM.
    public init(pem: String) throws(ReleaseKeyFailure) {
        if let key = try? P256.Signing.PublicKey(pemRepresentation: pem) {
            curve = .p256(key)
        } else if let key = try? P384.Signing.PublicKey(pemRepresentation: pem) {
            curve = .p384(key)
        } else if let key = try? P521.Signing.PublicKey(pemRepresentation: pem) {
            curve = .p521(key)
        } else {
            throw .notAPublicKey
        }
    }

    private var der: [UInt8] {
        switch curve {
        case .p256(let key): Array(key.derRepresentation)
        case .p384(let key): Array(key.derRepresentation)
        case .p521(let key): Array(key.derRepresentation)
        }
    }

    /// SubjectPublicKeyInfo in PEM, as OpenSSL writes it: 64 characters a line, a newline at the end.
    public var pem: String {
        let text = Array(Base64.encode(der))
        let lines = stride(from: 0, to: text.count, by: 64).map { String(text[$0..<min($0 + 64, text.count)]) }
        return "-----BEGIN PUBLIC KEY-----\n\(lines.joined(separator: "\n"))\n-----END PUBLIC KEY-----\n"
    }

    /// What names the key in a sigstore bundle: the hexadecimal SHA-256 of ``pem``. A hint, never evidence.
    public var hint: String { Hash256<ReleasePublicKey>.sha256(Array(pem.utf8)).hex }

    /// Whether `signature`, in DER, is one of `message` by this key; under SHA-256, SHA-384 or SHA-512 as the curve wants.
    public func isValidSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch curve {
        case .p256(let key):
            guard let parsed = try? P256.Signing.ECDSASignature(derRepresentation: signature) else {
                return false
            }
            return key.isValidSignature(parsed, for: SHA256.hash(data: message))
        case .p384(let key):
            guard let parsed = try? P384.Signing.ECDSASignature(derRepresentation: signature) else {
                return false
            }
            return key.isValidSignature(parsed, for: SHA384.hash(data: message))
        case .p521(let key):
            guard let parsed = try? P521.Signing.ECDSASignature(derRepresentation: signature) else {
                return false
            }
            return key.isValidSignature(parsed, for: SHA512.hash(data: message))
        }
    }
}
