internal import Bytes
internal import CSodium

/// An Ed25519 public key (RFC 8032). Text form: standard padded base64 of its 32 bytes.
public struct PublicKey: Hashable, Sendable {
    private let storage: SIMD32<UInt8>

    /// Reads exactly 32 bytes; `nil` for any other count. Whether they are a point on the curve shows when
    /// a signature is checked: none is valid under bytes that are not, nor under a point of small order.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var storage = SIMD32<UInt8>()
        for (position, byte) in bytes.enumerated() { storage[position] = byte }
        self.storage = storage
    }

    /// The same for an array, without a step for each byte: every verification begins here.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        storage = bytes.withUnsafeBytes { $0.loadUnaligned(as: SIMD32<UInt8>.self) }
    }

    /// Reads the canonical padded base64 of 32 bytes; `nil` for anything else.
    public init?(base64: some StringProtocol) {
        guard let bytes = Base64.decode(base64) else { return nil }
        self.init(bytes: bytes)
    }

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    public var base64: String { Base64.encode(bytes) }

    /// The lower-case hexadecimal SHA-256 of the 32 bytes. A hint of which key signed, never a reason to
    /// trust it.
    public var keyID: String { Hash256<PublicKey>.sha256(bytes).hex }

    /// Calls `body` with the 32 bytes, without allocating.
    public func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try Swift.withUnsafeBytes(of: storage, body)
    }

    /// Whether `signature` is this key's Ed25519 signature of `message`.
    ///
    /// libsodium's rules: the scalar must be canonical, the key canonical and of large order, and so on. Of
    /// the many libraries' answers to corner cases ours is this one alone, so no second verifier may be
    /// added beside it.
    public func isValidSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        signature.withUnsafeBytes { signature in
            message.withUnsafeBytes { isValidSignature(signature, of: $0) }
        }
    }

    /// The same for bytes that lie elsewhere, without copying them.
    public func isValidSignature(
        _ signature: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer
    ) -> Bool {
        guard signature.count == 64 else { return false }
        Sodium.ready
        return withUnsafeBytes { key in
            crypto_sign_verify_detached(
                signature.octets!, message.octets, UInt64(message.count), key.octets!) == 0
        }
    }
}

extension PublicKey: Comparable {
    /// The order of the bytes.
    public static func < (left: Self, right: Self) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { left.lexicographicallyPrecedes($0) } }
    }
}

extension PublicKey: CustomStringConvertible {
    public var description: String { base64 }
}

extension PublicKey: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let key = Self(base64: text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "not the base64 of a 32-byte public key: \(text.prefix(80))"))
        }
        self = key
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(base64)
    }
}
