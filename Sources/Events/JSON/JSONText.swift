/// One canonical JSON object, kept as the bytes that spell it: an envelope inside a bundle.
///
/// It is read from, and written to, canonical JSON alone; the bytes come out as they went in.
public struct JSONText: Codable, Hashable, Sendable {
    public let bytes: [UInt8]

    /// `nil` unless `bytes` are the canonical spelling of an object.
    public init?(_ bytes: [UInt8]) {
        guard let tape = try? JSONTape(parsing: bytes), tape.tokens[0].kind == .object else { return nil }
        self.bytes = bytes
    }

    public init(from decoder: any Decoder) throws {
        guard let canonical = decoder as? CanonicalDecoder, canonical.node.token.kind == .object else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "is not a canonical JSON object"))
        }
        for index in canonical.index..<Int(canonical.node.token.next) { canonical.session.take(index) }
        bytes = Array(canonical.node.bytes)
    }

    public func encode(to encoder: any Encoder) throws {
        guard let canonical = encoder as? CanonicalEncoder else {
            throw EncodingError.invalidValue(
                self, .init(codingPath: [], debugDescription: "is written as canonical JSON alone"))
        }
        canonical.slot.content = .scalar(bytes)
    }
}
