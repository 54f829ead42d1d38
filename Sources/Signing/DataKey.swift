internal import CSodium

/// The 24 bytes that make one use of a ``DataKey`` different from every other. Never use one twice with the
/// same key.
public struct Nonce: Hashable, Sendable {
    private let words: SIMD3<UInt64>

    /// Reads exactly 24 bytes; `nil` for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 24 else { return nil }
        words = Array(bytes).withUnsafeBytes { bytes in
            SIMD3(
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        }
    }

    /// A fresh nonce. 192 random bits do not repeat by accident.
    public init(random: RandomBytes) {
        self.init(bytes: random.generate(24))!
    }

    /// `prefix[16] || u64be counter`, for the chunks of one file; `nil` for a prefix of another length.
    public init?(prefix: [UInt8], counter: UInt64) {
        guard prefix.count == 16 else { return nil }
        words = prefix.withUnsafeBytes { bytes in
            SIMD3(
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self), counter.bigEndian)
        }
    }

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: words) { try body(UnsafeRawBufferPointer(rebasing: $0[..<24])) }
    }
}

/// A 32-byte key for XChaCha20-Poly1305 with additional data. Wiped when the last copy of the value goes
/// (best effort).
///
/// A sealed message is `ciphertext || tag[16]`.
public struct DataKey: Sendable {
    /// How many bytes sealing adds.
    public static let overhead = 16

    private let secret: SecretBytes

    /// Reads exactly 32 bytes; `nil` for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        secret = SecretBytes(bytes)
    }

    /// Takes over a box of 32 bytes.
    init(secret: SecretBytes) {
        precondition(secret.count == 32, "a data key has 32 bytes")
        self.secret = secret
    }

    /// A fresh key.
    public static func generate(random: RandomBytes) -> DataKey {
        DataKey(bytes: random.generate(32))!
    }

    /// Encrypts `message`; `additionalData` is authenticated with it and has to be given again to open it.
    public func seal(_ message: [UInt8], nonce: Nonce, additionalData: [UInt8] = []) -> [UInt8] {
        let size = message.count + Self.overhead
        return [UInt8](unsafeUninitializedCapacity: size) { output, written in
            message.withUnsafeBytes { message in
                additionalData.withUnsafeBytes { additionalData in
                    let output = UnsafeMutableRawBufferPointer(start: output.baseAddress, count: size)
                    seal(message, into: output, nonce: nonce, additionalData: additionalData)
                }
            }
            written = size
        }
    }

    /// Decrypts what ``seal(_:nonce:additionalData:)`` gave for the same nonce and additional data.
    public func open(
        _ sealed: [UInt8], nonce: Nonce, additionalData: [UInt8] = []
    ) throws(DecryptionFailure) -> [UInt8] {
        guard sealed.count >= Self.overhead else { throw DecryptionFailure() }
        var message = [UInt8](repeating: 0, count: sealed.count - Self.overhead)
        let isOpen = message.withUnsafeMutableBytes { output in
            sealed.withUnsafeBytes { sealed in
                additionalData.withUnsafeBytes {
                    decrypt(sealed, into: output, nonce: nonce, additionalData: $0)
                }
            }
        }
        guard isOpen else { throw DecryptionFailure() }
        return message
    }

    /// Encrypts `message` into `output` without allocating. Both may be the same memory.
    ///
    /// - Precondition: `output` is 16 bytes longer than `message`.
    public func seal(
        _ message: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, nonce: Nonce,
        additionalData: UnsafeRawBufferPointer
    ) {
        precondition(output.count == message.count + Self.overhead, "the output has another size")
        secret.withUnsafeBytes { key in
            nonce.withUnsafeBytes { nonce in
                _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                    output.octets!, nil, message.octets, UInt64(message.count),
                    additionalData.octets, UInt64(additionalData.count), nil, nonce.octets!, key.octets!)
            }
        }
    }

    /// Decrypts `sealed` into `output` without allocating. Both may be the same memory; after a failure
    /// `output` holds nothing of the message.
    ///
    /// - Precondition: `output` is 16 bytes shorter than `sealed`, or `sealed` is too short to be anything.
    public func open(
        _ sealed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, nonce: Nonce,
        additionalData: UnsafeRawBufferPointer
    ) throws(DecryptionFailure) {
        guard sealed.count >= Self.overhead else { throw DecryptionFailure() }
        precondition(output.count == sealed.count - Self.overhead, "the output has another size")
        guard decrypt(sealed, into: output, nonce: nonce, additionalData: additionalData) else {
            throw DecryptionFailure()
        }
    }

    private func decrypt(
        _ sealed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, nonce: Nonce,
        additionalData: UnsafeRawBufferPointer
    ) -> Bool {
        secret.withUnsafeBytes { key in
            nonce.withUnsafeBytes { nonce in
                crypto_aead_xchacha20poly1305_ietf_decrypt(
                    output.octets, nil, nil, sealed.octets!, UInt64(sealed.count),
                    additionalData.octets, UInt64(additionalData.count), nonce.octets!, key.octets!) == 0
            }
        }
    }

    /// Calls `body` with the 32 bytes, to wrap them under another key.
    public func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try secret.withUnsafeBytes(body)
    }
}

extension DataKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "DataKey" }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
