internal import Bytes
internal import CSodium

/// What was sealed cannot be opened: the key is another, or the bytes were altered or cut.
public struct DecryptionFailure: Error, Hashable, Sendable {
    public init() {}
}

/// An X25519 public key, to which anybody can seal a message (libsodium's `crypto_box_seal` format).
///
/// A sealed message is `ephemeral key[32] || tag[16] || ciphertext`, 48 bytes longer than its content. It
/// says nothing of who sent it: sign what has to be attributed.
public struct EncryptionPublicKey: Hashable, Sendable {
    /// How many bytes sealing adds.
    public static let overhead = 48

    public let bytes: [UInt8]

    /// Reads exactly 32 bytes; `nil` for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads the canonical padded base64 of 32 bytes; `nil` for anything else.
    public init?(base64: some StringProtocol) {
        guard let bytes = Base64.decode(base64) else { return nil }
        self.init(bytes: bytes)
    }

    public var base64: String { Base64.encode(bytes) }

    /// These bytes are a point of small order: a message sealed to it could be read by everybody.
    public struct WeakKey: Error, Hashable, Sendable {}

    /// Seals `message` so that only the owner of this key can open it.
    public func seal(_ message: [UInt8], random: RandomBytes) throws(WeakKey) -> [UInt8] {
        Sodium.ready
        var ephemeralPublic = [UInt8](repeating: 0, count: 32)
        let ephemeral = SecretBytes(count: 32) {
            crypto_box_seed_keypair(&ephemeralPublic, $0.octets!, random.generate(32))
        }
        // The nonce is BLAKE2b-192 of both public keys: the ephemeral one never comes twice, so neither
        // does it.
        var nonce = [UInt8](repeating: 0, count: 24)
        let keys = ephemeralPublic + bytes
        crypto_generichash(&nonce, 24, keys, UInt64(keys.count), nil, 0)
        var box = [UInt8](repeating: 0, count: message.count + 16)
        let status = ephemeral.withUnsafeBytes {
            crypto_box_easy(&box, message, UInt64(message.count), nonce, bytes, $0.octets!)
        }
        guard status == 0 else { throw WeakKey() }
        return ephemeralPublic + box
    }
}

extension EncryptionPublicKey: CustomStringConvertible {
    public var description: String { base64 }
}

/// An X25519 key pair. Its secret is wiped when the last copy of the value goes (best effort).
public struct EncryptionKey: Sendable {
    public let publicKey: EncryptionPublicKey
    private let secret: SecretBytes

    /// The key pair of a 32-byte secret scalar; `nil` for any other count.
    public init?(secret: [UInt8]) {
        guard let key = secret.withUnsafeBytes(EncryptionKey.init(secret:)) else { return nil }
        self = key
    }

    /// The same, without a copy of the secret that nobody would wipe.
    init?(secret bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        secret = SecretBytes(count: 32) { $0.copyMemory(from: bytes) }
        var publicBytes = [UInt8](repeating: 0, count: 32)
        guard crypto_scalarmult_base(&publicBytes, bytes.octets!) == 0 else { return nil }
        publicKey = EncryptionPublicKey(bytes: publicBytes)!
    }

    /// A fresh key pair.
    public static func generate(random: RandomBytes) -> EncryptionKey {
        EncryptionKey(secret: random.generate(32))!
    }

    /// The message that was sealed to this key.
    public func open(_ sealed: [UInt8]) throws(DecryptionFailure) -> [UInt8] {
        guard sealed.count >= EncryptionPublicKey.overhead else { throw DecryptionFailure() }
        var message = [UInt8](repeating: 0, count: sealed.count - EncryptionPublicKey.overhead)
        let status = secret.withUnsafeBytes {
            crypto_box_seal_open(&message, sealed, UInt64(sealed.count), publicKey.bytes, $0.octets!)
        }
        guard status == 0 else { throw DecryptionFailure() }
        return message
    }

    func withSecret<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try secret.withUnsafeBytes(body)
    }
}

extension EncryptionKey: CustomStringConvertible, CustomReflectable {
    /// Names the public key and nothing else.
    public var description: String { "EncryptionKey(\(publicKey))" }

    public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
