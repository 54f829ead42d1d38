/// Reads `Decodable` types from a tape, strictly: no coercion, no null for an absent member, no unknown
/// names.
///
/// It is two words, so that it travels without being boxed; where it stands is worked out from the tape, and
/// only once something is wrong.
struct CanonicalDecoder: Decoder {
    let session: JSONDecodingSession
    let index: Int

    var node: JSONNode { JSONNode(session: session, index: index) }
    var codingPath: [any CodingKey] { session.tape.path(to: index) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func mismatch(_ reason: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: reason))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard node.token.kind == .object else { throw mismatch("is not an object") }
        session.take(index)
        return KeyedDecodingContainer(KeyedReader(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard node.token.kind == .array else { throw mismatch("is not an array") }
        session.take(index)
        return ArrayReader(decoder: self)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }
}

extension CanonicalDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool {
        guard node.token.kind == .null else { return false }
        session.take(index)
        return true
    }

    func decode(_ type: Bool.Type) throws -> Bool {
        session.take(index)
        switch node.token.kind {
        case .true_: return true
        case .false_: return false
        default: throw mismatch("is not true or false")
        }
    }

    func decode(_ type: String.Type) throws -> String {
        session.take(index)
        guard let string = node.string else { throw mismatch("is not a string") }
        return string
    }

    func decode(_ type: Int.Type) throws -> Int { try integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }
    func decode(_ type: Double.Type) throws -> Double { throw mismatch("may not be a float") }
    func decode(_ type: Float.Type) throws -> Float { throw mismatch("may not be a float") }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

    private func integer<Value: FixedWidthInteger>() throws -> Value {
        session.take(index)
        guard let integer = node.integer else { throw mismatch("is not an integer") }
        guard let value = Value(exactly: integer) else { throw mismatch("\(integer) is out of range") }
        return value
    }
}

private struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: CanonicalDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { decoder.node.memberNames.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { decoder.node.member(key.stringValue) != nil }

    /// The member under `key`, which counts as read from here on, name and all.
    private func child(_ key: Key) throws -> CanonicalDecoder {
        guard let node = decoder.node.member(key.stringValue) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "is missing"))
        }
        decoder.session.take(node.index - 1)
        return CanonicalDecoder(session: decoder.session, index: node.index)
    }

    /// Never: an absent value is an absent member, and `null` is refused by whatever reads it.
    func decodeNil(forKey key: Key) throws -> Bool { false }

    // The two that every event has many of; the rest go through the generic form.
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try child(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try child(key).decode(type) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try Value(from: child(key))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try child(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try child(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { throw decoder.mismatch("has no super") }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw decoder.mismatch("has no super") }
}

private struct ArrayReader: UnkeyedDecodingContainer {
    let decoder: CanonicalDecoder
    /// The token of the next element, and how many were read. Small, so that the whole fits where it is not
    /// boxed.
    private var position: Int32
    private var read: Int32 = 0

    init(decoder: CanonicalDecoder) {
        self.decoder = decoder
        position = Int32(decoder.index + 1)
    }

    var currentIndex: Int { Int(read) }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { Int(decoder.node.token.count) }
    var isAtEnd: Bool { read == decoder.node.token.count }

    private mutating func child() throws -> CanonicalDecoder {
        guard !isAtEnd else { throw decoder.mismatch("has too few elements") }
        let child = CanonicalDecoder(session: decoder.session, index: Int(position))
        position = child.node.token.next
        read += 1
        return child
    }

    mutating func decodeNil() throws -> Bool { false }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try Value(from: child())
    }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try child().container(keyedBy: type) }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try child().unkeyedContainer()
    }
    mutating func superDecoder() throws -> any Decoder { throw decoder.mismatch("has no super") }
}
