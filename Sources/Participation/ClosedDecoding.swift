/// Any member name of a JSON object.
private struct MemberName: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer {
    /// An integer whose magnitude is at most 2^53 − 1.
    func decodeAmount(forKey key: Key) throws -> Int64 {
        let amount = try decode(Int64.self, forKey: key)
        guard amount.magnitude <= FixedPoint.jsonLimit.magnitude else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "\(amount) is above 2^53 − 1 in magnitude")
        }
        return amount
    }
}

extension Decoder {
    /// The members of a closed object: throws where it has one that `Keys` does not name.
    func closedContainer<Keys: CodingKey & CaseIterable>(
        keyedBy keys: Keys.Type
    ) throws -> KeyedDecodingContainer<Keys> {
        let known = Set(Keys.allCases.map(\.stringValue))
        let present = try container(keyedBy: MemberName.self).allKeys
        if let stranger = present.map(\.stringValue).sorted().first(where: { !known.contains($0) }) {
            throw DecodingError.dataCorrupted(
                .init(codingPath: codingPath, debugDescription: "unknown field \(stranger.prefix(80))"))
        }
        return try container(keyedBy: keys)
    }
}
