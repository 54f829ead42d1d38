extension Note.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLarge(let bytes): "it has \(bytes) bytes, of at most \(Note.maximumSize)"
        case .notUTF8: "it is not UTF-8"
        case .controlCharacter(let offset): "it has a control character at byte \(offset)"
        case .textWithoutNewline: "the text that is signed does not end in a newline"
        case .noBlankLine: "there is no blank line between a text and its signatures"
        case .noSignatures: "nobody signed it"
        case .signatureLine(let line): "\"\(line.prefix(80))\" is no signature line"
        case .tooManySignatures(let count): "it has \(count) signatures, of at most \(Note.maximumSignatures)"
        }
    }
}

extension NoteVerificationFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidSignature(let name, let keyID): "the signature of \(name) (key \(keyID.hex)) does not hold"
        case .ambiguousKey(let name, let keyID): "two keys are called \(name) and have the id \(keyID.hex)"
        case .noKnownSignature: "none of the keys that are known for it signed it"
        }
    }
}

extension VerifierKey.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let text): "\"\(text.prefix(80))\" is no key: NAME+ID+BASE64"
        case .name(let name): "\"\(name.prefix(80))\" is no name of a key"
        case .keyID(let text): "the key's id \"\(text.prefix(80))\" is not eight lower-case hexadecimal digits"
        case .keyMaterial(let text): "the key \"\(text.prefix(80))\" is not base64"
        case .unsupportedType(let type): "keys of the type \(type) are not supported: 1 and 4 are"
        case .keyLength(let length): "the key has \(length) bytes, not 32"
        case .keyIDMismatch(let stated, let computed):
            "the key's id is \(computed.hex), not \(stated.hex): a character of it was changed"
        }
    }
}

extension NoteAlgorithm: CustomStringConvertible {
    public var description: String {
        switch self {
        case .ed25519: "Ed25519"
        case .cosignatureV1: "cosignatures"
        }
    }
}

extension DecryptionFailure: CustomStringConvertible {
    public var description: String { "it was altered, or sealed to another key" }
}

extension EncryptionPublicKey.WeakKey: CustomStringConvertible {
    public var description: String { "anybody could read what is sealed to this key" }
}

extension SealedSecret.Failure: CustomStringConvertible {
    var description: String {
        switch self {
        case .outOfMemory: "there is not enough memory to derive the key"
        case .wrongPassphrase: "the passphrase is wrong, or the file was changed"
        }
    }
}
