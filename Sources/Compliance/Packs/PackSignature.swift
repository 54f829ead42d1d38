public import Bytes
public import Events

/// A signature on a pack: an in-toto statement about its digest in a DSSE envelope, so that the tools that
/// read events read it too. It stands beside the pack's files as `pack.sig.json`.
public struct PackSignature: Hashable, Sendable {
    public static let predicateType = "https://lethe.example/policy-pack/v1"

    /// What is signed.
    public struct Statement: Codable, Hashable, Sendable {
        public struct Predicate: Codable, Hashable, Sendable {
            public var pack: PackID
            public var version: PackVersion
        }

        private enum CodingKeys: String, CodingKey {
            case type = "_type"
            case predicate, predicateType, subject
        }

        public var type: String
        public var predicate: Predicate
        public var predicateType: String
        public var subject: [Events.Statement.Subject]

        public init(_ pack: Pack) {
            type = Events.Statement.statementType
            predicate = Predicate(pack: pack.id, version: pack.manifest.version)
            predicateType = PackSignature.predicateType
            subject = [.init(name: pack.id.text, digest: ArtifactDigest(retagging: pack.digest))]
        }

        /// The canonical bytes that go into the envelope.
        public var bytes: [UInt8] { CanonicalJSON.encode(self) }
    }

    public let envelope: Envelope

    /// The envelope around the statement about `pack`, once `signatures` over its ``Envelope/signedBytes``
    /// are made.
    public init(_ pack: Pack, signatures: [Envelope.Signature]) {
        envelope = Envelope(payload: Statement(pack).bytes, signatures: signatures)
    }

    /// Reads the bytes of `pack.sig.json`.
    public init(parsing bytes: [UInt8]) throws(PackError) {
        do throws(Envelope.ParseError) {
            envelope = try Envelope(
                parsing: bytes.last == UInt8(ascii: "\n") ? Array(bytes.dropLast()) : bytes)
        } catch {
            throw .signature("\(error)")
        }
    }

    /// The keys that signed exactly this pack.
    ///
    /// - Parameter isValid: whether a signature over a message holds under the key that the caller knows by
    ///   this id; an
    ///   unknown key id is `nil`, and is left out of the answer.
    /// - Throws: where the statement is about other files, another pack or version, or a known key's
    ///   signature is false.
    public func signers(
        of pack: Pack, isValid: (KeyID, _ signature: [UInt8], _ message: [UInt8]) -> Bool?
    ) throws(PackError) -> [KeyID] {
        guard envelope.payload == Statement(pack).bytes else {
            throw .signature(
                "it is not about \(pack.id) \(pack.manifest.version) with the digest \(pack.digest)")
        }
        var signers: [KeyID] = []
        for signature in envelope.signatures {
            switch isValid(signature.keyID, signature.signature, envelope.signedBytes) {
            case true?: signers.append(signature.keyID)
            case false?: throw .signature("the signature by the key \(signature.keyID) does not verify")
            case nil: continue
            }
        }
        return signers
    }
}
