internal import CSodium

/// An Ed25519 key pair. Its secret is wiped when the last copy of the value goes (best effort).
public struct SigningKey: Sendable {
    public let publicKey: PublicKey
    /// libsodium's 64 bytes: the seed, then the public key.
    private let secret: SecretBytes

    /// The key pair that RFC 8032 derives from a 32-byte seed; `nil` for any other count.
    public init?(seed: [UInt8]) {
        guard let key = seed.withUnsafeBytes(SigningKey.init(seed:)) else { return nil }
        self = key
    }

    /// The same, without a copy of the seed that nobody would wipe.
    init?(seed: UnsafeRawBufferPointer) {
        guard seed.count == 32 else { return nil }
        var publicBytes = [UInt8](repeating: 0, count: 32)
        secret = SecretBytes(count: 64) {
            crypto_sign_seed_keypair(&publicBytes, $0.octets!, seed.octets!)
        }
        publicKey = PublicKey(bytes: publicBytes)!
    }

    /// A fresh key pair.
    public static func generate(random: RandomBytes) -> SigningKey {
        SigningKey(seed: random.generate(32))!
    }

    /// The 64 bytes of the signature of `message`. The same key and message give the same bytes.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        message.withUnsafeBytes { sign($0) }
    }

    public func sign(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64) { signature, written in
            secret.withUnsafeBytes {
                _ = crypto_sign_detached(
                    signature.baseAddress!, nil, message.octets, UInt64(message.count), $0.octets!)
            }
            written = 64
        }
    }

    /// Calls `body` with the 32 bytes from which the key pair can be made again.
    func withSeed<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try secret.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<32])) }
    }
}

extension SigningKey: CustomStringConvertible, CustomReflectable {
    /// Names the public key and nothing else.
    public var description: String { "SigningKey(\(publicKey))" }

    public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
