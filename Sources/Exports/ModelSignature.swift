internal import Adapters
internal import Bytes
internal import Events
public import Signing

/// Why a file is not a model signature that holds. The cases stand in the order of the checks.
public enum ModelSignatureFailure: Error, Hashable, Sendable {
    case tooLarge(Int)
    case malformed(String)
    /// It is well-formed, and this program cannot judge it.
    case unsupported(String)
    /// The bundle names another key than the one that was given.
    case otherKey(hint: String)
    case badSignature
    case statement(String)

    /// Whether it was judged at all.
    public var isUndecided: Bool {
        switch self {
        case .tooLarge, .malformed, .unsupported: true
        case .otherKey, .badSignature, .statement: false
        }
    }
}

extension ModelSignatureFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLarge(let bytes): "it has \(bytes) bytes; the limit is \(ModelSignature.maximumBytes)"
        case .malformed(let reason): "it is malformed: \(reason)"
        case .unsupported(let what): "it cannot be judged here: \(what)"
        case .otherKey(let hint): "it was made with the key \(hint.prefix(16))…, not with the one given"
        case .badSignature: "the signature does not verify under the key given"
        case .statement(let reason): "the signed statement is not a model signature: \(reason)"
        }
    }
}

/// An OpenSSF model signature: a sigstore bundle v0.3 with a DSSE envelope around an in-toto statement about the files of a
/// directory, signed with a key (`schemas/exports.md`).
public enum ModelSignature {
    public static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"
    /// The most bytes that a bundle may have.
    public static let maximumBytes = 16 << 20

    /// The bundle over `manifest`, signed with `key`.
    public static func bytes(signing manifest: ModelManifest, with key: ReleaseKey) -> [UInt8] {
        let payload = manifest.statement.canonicalBytes
        let message = Envelope.preAuthenticationEncoding(Envelope.payloadType, payload)
        return JSONValue.object([
            "mediaType": .string(mediaType),
            "verificationMaterial": .object([
                "publicKey": .object(["hint": .string(key.publicKey.hint)]), "tlogEntries": .array([]),
            ]),
            "dsseEnvelope": .object([
                "payload": .string(Base64.encode(payload)), "payloadType": .string(Envelope.payloadType),
                "signatures": .array([
                    .object(["keyid": .string(""), "sig": .string(Base64.encode(key.sign(message)))])
                ]),
            ]),
        ]).canonicalBytes
    }

    /// The manifest that a bundle signs, once its signature holds under `key`.
    ///
    /// Bundles with certificates, from a signer who has no key, are well-formed and cannot be judged here.
    public static func manifest(
        in bytes: [UInt8], signedBy key: ReleasePublicKey
    ) throws(ModelSignatureFailure) -> ModelManifest {
        guard bytes.count <= maximumBytes else { throw .tooLarge(bytes.count) }
        let bundle = try parse(bytes)
        guard bundle["mediaType"]?.text == mediaType else {
            throw .unsupported("the media type \"\(bundle["mediaType"]?.text?.prefix(80) ?? "")\"")
        }
        guard let material = bundle["verificationMaterial"] else {
            throw .malformed("it has no verification material")
        }
        guard let named = material["publicKey"] else {
            throw .unsupported(
                "it was made with a certificate, not with a key: check it with sigstore's own tools")
        }
        if let hint = named["hint"]?.text, !hint.isEmpty, hint != key.hint { throw .otherKey(hint: hint) }
        let payload = try payload(of: bundle["dsseEnvelope"], signedBy: key)
        return try ModelManifest(try parse(payload))
    }

    /// The payload of the envelope, which must have one signature, and one that holds.
    private static func payload(
        of envelope: JSONValue?, signedBy key: ReleasePublicKey
    ) throws(ModelSignatureFailure) -> [UInt8] {
        guard let envelope, envelope["payloadType"]?.text == Envelope.payloadType,
            let payload = envelope["payload"]?.text.flatMap({ Base64.decode($0) }),
            let signatures = envelope["signatures"]?.elements, signatures.count == 1,
            let signature = signatures[0]["sig"]?.text.flatMap({ Base64.decode($0) })
        else { throw .malformed("it has no envelope with an in-toto statement and one signature") }
        let message = Envelope.preAuthenticationEncoding(Envelope.payloadType, payload)
        guard key.isValidSignature(signature, of: message) else { throw .badSignature }
        return payload
    }

    private static func parse(_ bytes: [UInt8]) throws(ModelSignatureFailure) -> JSONValue {
        do throws(JSONFault) {
            return try JSONValue(parsing: bytes, limit: maximumBytes)
        } catch {
            throw .malformed("\(error)")
        }
    }
}
