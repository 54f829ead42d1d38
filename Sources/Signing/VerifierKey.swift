internal import Bytes

/// Four bytes that, with a key name, say which key made a note signature. Easy to collide on purpose, and
/// no harm done: the verifier has the whole key.
public struct NoteKeyID: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Eight lower-case hexadecimal digits.
    public var hex: String {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(rawValue)
        return Hex.encode(bytes)
    }
}

/// How a key signs notes; the raw value is the signature type byte of C2SP signed-note.
public enum NoteAlgorithm: UInt8, Hashable, Sendable {
    /// Ed25519 of the note text.
    case ed25519 = 0x01
    /// Ed25519 of a time and the note text (C2SP tlog-cosignature, cosignature/v1).
    case cosignatureV1 = 0x04
}

/// A named public key that checks note signatures, the *vkey* of C2SP signed-note.
///
/// Text form: `name+hex(key ID)+base64(type || public key)`.
public struct VerifierKey: Hashable, Sendable {
    public let name: KeyName
    public let algorithm: NoteAlgorithm
    public let publicKey: PublicKey
    /// The first four bytes of `SHA-256(name || 0x0A || type || public key)`.
    public let id: NoteKeyID

    public init(name: KeyName, algorithm: NoteAlgorithm, publicKey: PublicKey) {
        self.name = name
        self.algorithm = algorithm
        self.publicKey = publicKey
        let digest = Hash256<VerifierKey>.sha256(
            Array(name.text.utf8), [0x0a, algorithm.rawValue], publicKey.bytes)
        id = NoteKeyID(rawValue: digest.bytes.bigEndian(at: 0)!)
    }

    public enum Failure: Error, Hashable {
        /// Not three parts with plus signs between them.
        case malformed(String)
        case name(String)
        /// Not eight lower-case hexadecimal digits.
        case keyID(String)
        /// Not padded base64, or nothing in it.
        case keyMaterial(String)
        /// A signature type that is not supported here; 0x06, ML-DSA-44, is one.
        case unsupportedType(UInt8)
        case keyLength(Int)
        /// The ID is not the hash of the rest.
        case keyIDMismatch(stated: NoteKeyID, computed: NoteKeyID)
    }

    /// Reads what ``text`` wrote.
    public init(parsing text: String) throws(Failure) {
        let plus = UInt8(ascii: "+")
        let parts = text.utf8.split(separator: plus, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed(text) }
        guard let name = KeyName(Substring(parts[0])) else { throw .name(String(Substring(parts[0]))) }
        let idText = Substring(parts[1])
        guard parts[1].count == 8, let stated: UInt32 = Hex.decode(idText)?.bigEndian(at: 0) else {
            throw .keyID(String(idText))
        }
        let material = Substring(parts[2])
        guard let bytes = Base64.decode(material), let type = bytes.first else {
            throw .keyMaterial(String(material))
        }
        guard let algorithm = NoteAlgorithm(rawValue: type) else { throw .unsupportedType(type) }
        guard let key = PublicKey(bytes: bytes.dropFirst()) else { throw .keyLength(bytes.count - 1) }
        self.init(name: name, algorithm: algorithm, publicKey: key)
        guard id.rawValue == stated else {
            throw .keyIDMismatch(stated: NoteKeyID(rawValue: stated), computed: id)
        }
    }

    public var text: String {
        "\(name)+\(id.hex)+\(Base64.encode([algorithm.rawValue] + publicKey.bytes))"
    }
}

extension VerifierKey: CustomStringConvertible {
    public var description: String { text }
}
