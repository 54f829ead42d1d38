/// A note whose text was signed by at least one known key.
///
/// Only ``Note/verified(by:)`` makes one. That it is signed by *some* known key is not yet a reason to
/// trust what it says: which keys, and how many, is for the caller's policy.
public struct VerifiedNote: Hashable, Sendable {
    /// A known key and its valid signature.
    public struct Signature: Hashable, Sendable {
        public let key: VerifierKey
        /// For a cosignature, the time that it states, in seconds since 1970-01-01T00:00:00Z: the earliest
        /// where one cosigner signed several.
        public let time: UInt64?
    }

    public let text: String
    /// One for each known key that signed, in the order of their first lines.
    public let signatures: [Signature]
    /// How many lines were ignored because their (name, key ID) is unknown.
    public let ignored: Int
}

/// Why no text comes out of a note.
public enum NoteVerificationFailure: Error, Hashable {
    /// A known key's signature does not hold. The whole note is refused.
    case invalidSignature(name: KeyName, keyID: NoteKeyID)
    /// Two of the given keys share name and ID, so it cannot be said whose signature it is.
    case ambiguousKey(name: KeyName, keyID: NoteKeyID)
    /// No known key signed.
    case noKnownSignature
}

extension Note {
    /// The text, if a key in `known` signed it.
    ///
    /// As C2SP signed-note has it: lines of unknown (name, key ID) are ignored; each line of a known one
    /// must be valid, repeated ones too; a key counts once, however often it signed.
    public func verified(
        by known: some Sequence<VerifierKey>
    ) throws(NoteVerificationFailure) -> VerifiedNote {
        let keys = try Self.index(known)
        var found: [VerifiedNote.Signature] = []
        var ignored = 0
        for line in signatures {
            guard let key = keys[KeyReference(name: line.name, id: line.keyID)] else {
                ignored += 1
                continue
            }
            let signature = try verify(line, with: key)
            if let place = found.firstIndex(where: { $0.key == key }) {
                let times = [found[place].time, signature.time].compactMap { $0 }
                found[place] = VerifiedNote.Signature(key: key, time: times.min())
            } else {
                found.append(signature)
            }
        }
        guard !found.isEmpty else { throw .noKnownSignature }
        return VerifiedNote(text: text, signatures: found, ignored: ignored)
    }

    private func verify(
        _ line: NoteSignature, with key: VerifierKey
    ) throws(NoteVerificationFailure) -> VerifiedNote.Signature {
        switch key.algorithm {
        case .ed25519:
            if key.publicKey.isValidSignature(line.signature, of: textBytes) {
                return VerifiedNote.Signature(key: key, time: nil)
            }
        case .cosignatureV1:
            if let time = Cosignature.verify(line.signature, text: textBytes, key: key.publicKey) {
                return VerifiedNote.Signature(key: key, time: time)
            }
        }
        throw .invalidSignature(name: line.name, keyID: line.keyID)
    }

    private struct KeyReference: Hashable {
        let name: KeyName
        let id: NoteKeyID
    }

    private static func index(
        _ known: some Sequence<VerifierKey>
    ) throws(NoteVerificationFailure) -> [KeyReference: VerifierKey] {
        var keys: [KeyReference: VerifierKey] = [:]
        for key in known {
            let former = keys.updateValue(key, forKey: KeyReference(name: key.name, id: key.id))
            if let former, former != key { throw .ambiguousKey(name: key.name, keyID: key.id) }
        }
        return keys
    }
}
