internal import Bytes

/// One signature line of a note: `— name base64(key ID || signature)`. Not verified.
public struct NoteSignature: Hashable, Sendable {
    public let name: KeyName
    public let keyID: NoteKeyID
    /// What follows the key ID; at least one byte.
    public let signature: [UInt8]

    public init(name: KeyName, keyID: NoteKeyID, signature: [UInt8]) {
        precondition(!signature.isEmpty, "a signature has at least one byte")
        self.name = name
        self.keyID = keyID
        self.signature = signature
    }

    /// The line without its newline.
    public var line: String {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(keyID.rawValue)
        return "\u{2014} \(name) \(Base64.encode(bytes + signature))"
    }

    /// Reads a line without its newline; `nil` where it is none.
    init?(line: some Collection<UInt8>) {
        let dash = Array("\u{2014} ".utf8)
        guard line.starts(with: dash) else { return nil }
        let parts = line.dropFirst(dash.count)
            .split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let name = KeyName(utf8: parts[0]),
            let bytes = Base64.decode(String(decoding: parts[1], as: UTF8.self)), bytes.count >= 5,
            let id: UInt32 = bytes.bigEndian(at: 0)
        else { return nil }
        self.init(name: name, keyID: NoteKeyID(rawValue: id), signature: Array(bytes[4...]))
    }
}

/// A text with signature lines that nobody has checked yet (C2SP signed-note v1.0.0).
///
/// Ignore the text until ``verified(by:)`` has given it back.
public struct Note: Hashable, Sendable {
    /// The most bytes that a note may have. The specification leaves the limit to the reader.
    public static let maximumSize = 1 << 20
    /// The most signature lines that a note may have; the specification wants at least 16.
    public static let maximumSignatures = 256

    /// The signed text as UTF-8, with its last newline.
    public let textBytes: [UInt8]
    public private(set) var signatures: [NoteSignature]

    public enum Failure: Error, Hashable {
        case tooLarge(Int)
        case notUTF8
        /// A character below U+0020 other than the newline, at this byte.
        case controlCharacter(offset: Int)
        /// The text to be signed does not end in a newline.
        case textWithoutNewline
        /// There is no blank line between a text and its signatures.
        case noBlankLine
        case noSignatures
        case signatureLine(String)
        case tooManySignatures(Int)
    }

    /// A note that nobody has signed yet.
    public init(text: String) throws(Failure) {
        let bytes = Array(text.utf8)
        guard bytes.last == newline else { throw .textWithoutNewline }
        try Self.checkCharacters(bytes)
        textBytes = bytes
        signatures = []
    }

    /// Reads a signed note. Only one spelling of each note is accepted: what is read writes the same bytes
    /// again.
    public init(parsing bytes: [UInt8]) throws(Failure) {
        try Self.checkCharacters(bytes)
        guard bytes.last == newline, let blank = Self.lastBlankLine(of: bytes) else { throw .noBlankLine }
        textBytes = Array(bytes[..<blank])
        signatures = []
        let lines = bytes[(blank + 1)...].dropLast()
        guard !lines.isEmpty else { throw .noSignatures }
        for line in lines.split(separator: newline, omittingEmptySubsequences: false) {
            guard let signature = NoteSignature(line: line) else {
                throw .signatureLine(String(decoding: line, as: UTF8.self))
            }
            signatures.append(signature)
        }
        guard signatures.count <= Self.maximumSignatures else { throw .tooManySignatures(signatures.count) }
    }

    private static func checkCharacters(_ bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= maximumSize else { throw .tooLarge(bytes.count) }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
        if let offset = bytes.firstIndex(where: { $0 < 0x20 && $0 != newline }) {
            throw .controlCharacter(offset: offset)
        }
    }

    /// Where the last empty line stands: a newline right after another.
    private static func lastBlankLine(of bytes: [UInt8]) -> Int? {
        bytes.indices.dropFirst().last { bytes[$0] == newline && bytes[$0 - 1] == newline }
    }

    public var text: String { String(decoding: textBytes, as: UTF8.self) }

    /// The text, a blank line, the signature lines.
    public var bytes: [UInt8] {
        textBytes + [newline] + signatures.flatMap { Array($0.line.utf8) + [newline] }
    }
}

private let newline = UInt8(ascii: "\n")

extension Note {
    /// Adds the Ed25519 signature of `key` under `name`.
    public mutating func sign(as name: KeyName, with key: SigningKey) {
        let verifier = VerifierKey(name: name, algorithm: .ed25519, publicKey: key.publicKey)
        add(NoteSignature(name: name, keyID: verifier.id, signature: key.sign(textBytes)))
    }

    /// Adds the cosignature of `key` under `name`.
    ///
    /// - Parameter time: seconds since 1970-01-01T00:00:00Z, at most 2^63 − 1.
    public mutating func cosign(as name: KeyName, with key: SigningKey, time: UInt64) {
        precondition(time <= Int64.max, "the format has no such time")
        let verifier = VerifierKey(name: name, algorithm: .cosignatureV1, publicKey: key.publicKey)
        let signature = Cosignature.sign(text: textBytes, time: time, key: key)
        add(NoteSignature(name: name, keyID: verifier.id, signature: signature))
    }

    /// Adds a line that somebody else made, for example a witness; nothing if it is there already.
    public mutating func add(_ signature: NoteSignature) {
        if !signatures.contains(signature) { signatures.append(signature) }
    }
}
