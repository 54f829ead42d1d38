public import Bytes

/// A DSSE v1.0.2 envelope around one statement, in the one encoding that Lethe accepts.
///
/// The bytes are compact JSON with the members `payload`, `payloadType`, `signatures`; signatures stand in ascending
/// order of key id, one for each key. These bytes are what a chain stores, hashes and proves: see ``EventHash``.
public struct Envelope: Hashable, Sendable {
    /// The payload type of in-toto statements.
    public static let payloadType = "application/vnd.in-toto+json"
    /// The most bytes that an entry of a tiled log can have (C2SP tlog-tiles: a 16-bit length).
    public static let maximumBytes = 65_535

    public struct Signature: Hashable, Sendable {
        /// Which key made the signature: a hint. The key itself comes from the chain's key state.
        public var keyID: KeyID
        /// 64 bytes over ``Envelope/signedBytes``.
        public var signature: [UInt8]

        public init(keyID: KeyID, signature: [UInt8]) {
            self.keyID = keyID
            self.signature = signature
        }
    }

    /// The statement's canonical bytes.
    public let payload: [UInt8]
    /// In ascending order of key id, each key id once.
    public let signatures: [Signature]

    /// An envelope with `signatures` in canonical order. Of two signatures by one key, the first is kept.
    public init(payload: [UInt8], signatures: [Signature]) {
        self.payload = payload
        var byKey: [KeyID: Signature] = [:]
        for signature in signatures where byKey[signature.keyID] == nil {
            byKey[signature.keyID] = signature
        }
        self.signatures = byKey.values.sorted { $0.keyID < $1.keyID }
    }

    /// The bytes that every signature is over: the DSSE pre-authentication encoding of the payload.
    public var signedBytes: [UInt8] { Self.preAuthenticationEncoding(Self.payloadType, payload) }

    /// PAE(type, body) = "DSSEv1" SP len(type) SP type SP len(body) SP body.
    public static func preAuthenticationEncoding(_ type: String, _ body: [UInt8]) -> [UInt8] {
        var bytes = Array("DSSEv1 \(type.utf8.count) \(type) \(body.count) ".utf8)
        bytes += body
        return bytes
    }

    /// The envelope's one encoding.
    public var bytes: [UInt8] {
        var bytes = Array(#"{"payload":""#.utf8)
        bytes.reserveCapacity(payload.count * 4 / 3 + 256 + signatures.count * 190)
        bytes += Base64.encodeToBytes(payload)
        bytes += Array(#"","payloadType":"\#(Self.payloadType)","signatures":["#.utf8)
        for (index, signature) in signatures.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += Array(#"{"keyid":"\#(signature.keyID.hex)","sig":""#.utf8)
            bytes += Base64.encodeToBytes(signature.signature)
            bytes += Array(#""}"#.utf8)
        }
        bytes += Array("]}".utf8)
        return bytes
    }
}

extension Envelope {
    /// Why bytes are not an envelope.
    public enum ParseError: Error, Hashable, Sendable {
        case tooLarge(bytes: Int)
        case notCanonical(JSONError)
        case invalidField(String)
    }

    /// Reads an envelope from the one encoding it has.
    ///
    /// Refuses any other field, order, spacing or base64 spelling, a payload type other than in-toto's, and two
    /// signatures under one key id.
    ///
    /// - Parameter limit: the most bytes to read; more than ``maximumBytes`` only for envelopes that are not leaves.
    public init(parsing bytes: [UInt8], limit: Int = maximumBytes) throws(ParseError) {
        guard bytes.count <= limit else { throw .tooLarge(bytes: bytes.count) }
        let root: JSONNode
        do throws(JSONError) {
            root = try JSONTape(parsing: bytes).root
        } catch {
            throw .notCanonical(error)
        }
        guard var members = root.members(3), let payloadNode = members.next("payload"),
            let type = members.next("payloadType"), let list = members.next("signatures")
        else { throw .invalidField("the members must be payload, payloadType, signatures") }
        guard type.spells(Self.payloadType) else {
            throw .invalidField("payloadType must be \(Self.payloadType)")
        }
        guard let payload = payloadNode.base64 else {
            throw .invalidField("payload must be padded standard base64")
        }
        guard list.token.kind == .array else { throw .invalidField("signatures must be a list") }
        var signatures: [Signature] = []
        for node in list.elements {
            let signature = try Self.signature(node)
            if let last = signatures.last, last.keyID >= signature.keyID {
                throw .invalidField("keyid \(signature.keyID) is repeated or out of order")
            }
            signatures.append(signature)
        }
        guard !signatures.isEmpty else { throw .invalidField("signatures must not be empty") }
        self.payload = payload
        self.signatures = signatures
    }

    private static func signature(_ node: JSONNode) throws(ParseError) -> Signature {
        guard var members = node.members(2), let key = members.next("keyid"), let sig = members.next("sig")
        else { throw .invalidField("a signature's members must be keyid, sig") }
        guard let keyID: KeyID = try? key.hash() else {
            throw .invalidField("keyid must be 64 lower-case hexadecimal digits")
        }
        guard let bytes = sig.base64, bytes.count == 64 else {
            throw .invalidField("sig must be the padded standard base64 of 64 bytes")
        }
        return Signature(keyID: keyID, signature: bytes)
    }
}

extension JSONNode {
    /// The bytes that this string spells in base64. Base64 has no escapes, so the text is read where it stands.
    fileprivate var base64: [UInt8]? {
        guard token.kind == .string else { return nil }
        return session.tape.bytes.withUnsafeBufferPointer {
            Base64.decode(UnsafeBufferPointer(rebasing: $0[Int(token.start)..<Int(token.end)]))
        }
    }
}

extension Envelope.ParseError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLarge(let bytes):
            "the envelope has \(bytes) bytes; the limit is \(Envelope.maximumBytes)"
        case .notCanonical(let error): "the envelope is not canonical JSON: \(error)"
        case .invalidField(let reason): "the envelope is malformed: \(reason)"
        }
    }
}
