public import Bytes
public import Events
public import Signing

/// A body on its way to its readers: one ciphertext, and for each reader the salt and the data key,
/// sealed to it.
///
/// The data key is made for this copy alone; the vault's own keys never leave it.
///
/// Byte form, integers big-endian: `"lethe/sealed-body/v1" 0x00 || commitment[32] || u16 length || media
/// type || u16 readers || readers × (public key[32] || sealed[112]) || nonce[24] || u32 length ||
/// ciphertext`.
public struct SealedBody: Hashable, Sendable {
    public let commitment: BodyCommitment
    public let mediaType: MediaType
    /// XChaCha20-Poly1305 of the body, with the commitment and the media type as additional data.
    public let ciphertext: [UInt8]
    public let nonce: Nonce
    public let readers: [ReaderCopy]

    public struct ReaderCopy: Hashable, Sendable {
        public let reader: EncryptionPublicKey
        /// `salt[32] || data key[32]` in a sealed box: 112 bytes.
        public let sealed: [UInt8]
    }

    public enum Failure: Error, Hashable {
        /// No copy for this key.
        case notAReader
        /// The copy or the ciphertext does not open: altered, or sealed under another key.
        case altered
        /// It opens, to something that the commitment does not commit to.
        case wrongCommitment
        case weakKey(EncryptionPublicKey)
        case noReaders
    }

    /// Seals `body` to `readers`.
    public init(
        sealing body: OpenBody, to readers: [EncryptionPublicKey], random: RandomBytes
    ) throws(Failure) {
        guard !readers.isEmpty, readers.count <= Self.maximumReaders else { throw .noReaders }
        let key = DataKey.generate(random: random)
        let secret = body.salt.bytes + key.withUnsafeBytes { Array($0) }
        var copies: [ReaderCopy] = []
        for reader in readers {
            guard let sealed = try? reader.seal(secret, random: random) else { throw .weakKey(reader) }
            copies.append(ReaderCopy(reader: reader, sealed: sealed))
        }
        commitment = body.commitment
        mediaType = body.mediaType
        nonce = Nonce(random: random)
        self.readers = copies
        ciphertext = key.seal(
            body.bytes, nonce: nonce, additionalData: Self.context(commitment, mediaType))
    }

    /// The body, if `key` is a reader's and the content is what the commitment says.
    public func open(with key: EncryptionKey) throws(Failure) -> OpenBody {
        guard let copy = readers.first(where: { $0.reader == key.publicKey }) else { throw .notAReader }
        guard let secret = try? key.open(copy.sealed), secret.count == 64,
            let salt = Salt(bytes: Array(secret[..<32])), let dataKey = DataKey(bytes: Array(secret[32...])),
            let bytes = try? dataKey.open(
                ciphertext, nonce: nonce, additionalData: Self.context(commitment, mediaType))
        else { throw .altered }
        let body = OpenBody(salt: salt, mediaType: mediaType, bytes: bytes)
        guard body.commitment == commitment else { throw .wrongCommitment }
        return body
    }

    private static func context(_ commitment: BodyCommitment, _ mediaType: MediaType) -> [UInt8] {
        Array("lethe/sealed-body/v1".utf8) + [0] + commitment.bytes + Array(mediaType.text.utf8)
    }
}

extension SealedBody {
    fileprivate static let maximumReaders = 65_535
    private static let magic = Array("lethe/sealed-body/v1".utf8) + [0]
    private static let sealedLength = 64 + EncryptionPublicKey.overhead

    /// The byte form.
    public var bytes: [UInt8] {
        let type = Array(mediaType.text.utf8)
        var output = Self.magic + commitment.bytes
        output.appendBigEndian(UInt16(type.count))
        output += type
        output.appendBigEndian(UInt16(readers.count))
        for copy in readers { output += copy.reader.bytes + copy.sealed }
        output += nonce.bytes
        output.appendBigEndian(UInt32(ciphertext.count))
        return output + ciphertext
    }

    /// Reads what ``bytes`` wrote; `nil` for anything else, trailing bytes included.
    public init?(bytes: [UInt8]) {
        var rest = bytes[...]
        func take(_ count: Int) -> [UInt8]? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        guard take(Self.magic.count) == Self.magic,
            let commitment = take(32).flatMap({ BodyCommitment(bytes: $0) }),
            let typeLength = take(2)?.bigEndian(at: 0, as: UInt16.self),
            let type = take(Int(typeLength)),
            let mediaType = MediaType(String(decoding: type, as: UTF8.self)),
            let readerCount = take(2)?.bigEndian(at: 0, as: UInt16.self), readerCount > 0
        else { return nil }
        var readers: [ReaderCopy] = []
        for _ in 0..<readerCount {
            guard let reader = take(32).flatMap({ EncryptionPublicKey(bytes: $0) }),
                let sealed = take(Self.sealedLength)
            else { return nil }
            readers.append(ReaderCopy(reader: reader, sealed: sealed))
        }
        guard let nonce = take(24).flatMap({ Nonce(bytes: $0) }),
            let length = take(4)?.bigEndian(at: 0, as: UInt32.self),
            let ciphertext = take(Int(length)), rest.isEmpty
        else { return nil }
        self.commitment = commitment
        self.mediaType = mediaType
        self.readers = readers
        self.nonce = nonce
        self.ciphertext = ciphertext
    }
}

extension SealedBody.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notAReader: "it is sealed to other keys than this one"
        case .altered: "it was altered, or sealed to another key"
        case .wrongCommitment: "what is in it is not what the chain commits to"
        case .weakKey(let key): "anybody could read what is sealed to the key \(key)"
        case .noReaders: "a body is sealed to between one reader and \(SealedBody.maximumReaders)"
        }
    }
}
