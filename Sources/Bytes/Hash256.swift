#if !LETHE_SMALL
    internal import Crypto
#endif

/// A SHA-256 value, tagged with what it is the hash of.
///
/// `Hash256<Leaf>` and `Hash256<Tensors>` hold the same 32 bytes but are different types, so a leaf hash can never
/// be compared with a tensor digest by accident. The tag costs nothing at run time. Text form: 64 lower-case
/// hexadecimal digits, and no other spelling is accepted.
public struct Hash256<Subject>: Hashable, Comparable, Sendable {
    /// The value as four big-endian words, so that word order is byte order.
    @usableFromInline internal var word0, word1, word2, word3: UInt64

    /// Reads exactly 32 bytes; `nil` for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var position = 0
        for byte in bytes {
            switch position >> 3 {
            case 0: words.0 = words.0 << 8 | UInt64(byte)
            case 1: words.1 = words.1 << 8 | UInt64(byte)
            case 2: words.2 = words.2 << 8 | UInt64(byte)
            default: words.3 = words.3 << 8 | UInt64(byte)
            }
            position += 1
        }
        (word0, word1, word2, word3) = words
    }

    /// Reads exactly 32 bytes in memory; `nil` for any other count. For the loops that read every hash of a log.
    public init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        self.init(raw: bytes.baseAddress!)
    }

    /// Reads 64 lower-case hexadecimal digits; `nil` for anything else.
    public init?(hex: some StringProtocol) {
        var text = String(hex)
        guard let words = text.withUTF8(Hex.words) else { return nil }
        (word0, word1, word2, word3) = words
    }

    /// Reads 64 lower-case hexadecimal digits where they stand in a text; `nil` for anything else.
    @inlinable
    public init?(hexDigits digits: UnsafeBufferPointer<UInt8>) {
        guard let words = Hex.words(digits) else { return nil }
        (word0, word1, word2, word3) = words
    }

    /// Reads 32 raw bytes at `pointer`.
    init(raw pointer: UnsafeRawPointer) {
        word0 = UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        word1 = UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        word2 = UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        word3 = UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }

    /// The same value under another tag. The caller vouches that the meaning changes with it.
    public init<Other>(retagging other: Hash256<Other>) {
        (word0, word1, word2, word3) = (other.word0, other.word1, other.word2, other.word3)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        withUnsafeBytes { Array($0) }
    }

    /// The 64 lower-case hexadecimal digits.
    public var hex: String {
        withUnsafeBytes { bytes in
            String(unsafeUninitializedCapacity: 64) { Hex.fill($0, from: bytes) }
        }
    }

    /// Calls `body` with the 32 bytes, without allocating.
    public func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let raw = (word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian)
        return try Swift.withUnsafeBytes(of: raw, body)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.word0, left.word1, left.word2, left.word3)
            < (right.word0, right.word1, right.word2, right.word3)
    }

    /// HMAC-SHA-256 (RFC 2104) of `parts`, one after the other, under `key`.
    public static func hmac(key: [UInt8], _ parts: [UInt8]...) -> Self {
        var hasher = HMAC<SHA256>(key: SymmetricKey(data: key))
        for part in parts { part.withUnsafeBytes { hasher.update(data: $0) } }
        return Hash256(bytes: Array(hasher.finalize()))!
    }

    /// SHA-256 of `parts`, one after the other.
    public static func sha256(_ parts: [UInt8]...) -> Self {
        var hasher = Hasher256()
        for part in parts { hasher.update(part) }
        return hasher.finish()
    }
}

extension Hash256: CustomStringConvertible {
    public var description: String { hex }
}

extension Hash256: Codable {
    public init(from decoder: any Decoder) throws {
        var text = try decoder.singleValueContainer().decode(String.self)
        guard let words = text.withUTF8(Hex.words) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "not 64 lower-case hexadecimal digits: \(text.prefix(80))"))
        }
        (word0, word1, word2, word3) = words
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}

/// An incremental SHA-256 (FIPS 180-4).
public struct Hasher256 {
    private var state = SHA256()

    public init() {}

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { state.update(bufferPointer: $0) }
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state.update(bufferPointer: bytes)
    }

    public mutating func update<Subject>(_ hash: Hash256<Subject>) {
        hash.withUnsafeBytes { state.update(bufferPointer: $0) }
    }

    /// The hash of everything given so far.
    public func finish<Subject>(as subject: Subject.Type = Subject.self) -> Hash256<Subject> {
        state.finalize().withUnsafeBytes { Hash256(raw: $0.baseAddress!) }
    }
}
