/// What one decoding shares: the tape, and how many members of each object were asked for.
///
/// Used by one decoding on one thread; it never leaves ``JSONNode/decode(_:)``.
final class JSONDecodingSession {
    let tape: JSONTape
    /// For each object token, the members taken so far; −1 for one that nobody opened.
    fileprivate var taken: [Int32]

    init(tape: JSONTape) {
        self.tape = tape
        taken = [Int32](repeating: -1, count: tape.tokens.count)
    }
}

/// One value of a tape.
struct JSONNode {
    let session: JSONDecodingSession
    let index: Int

    var token: JSONTape.Token { session.tape.tokens[index] }

    /// The bytes that spell this value, a string's without its quotes.
    var bytes: ArraySlice<UInt8> { session.tape.bytes[Int(token.start)..<Int(token.end)] }

    var string: String? { token.kind == .string ? session.tape.string(at: token) : nil }

    var integer: Int? {
        guard token.kind == .integer else { return nil }
        var value = 0
        var negative = false
        for byte in bytes {
            if byte == UInt8(ascii: "-") { negative = true } else { value = value * 10 + Int(byte - 48) }
        }
        return negative ? -value : value
    }

    /// The value of the member `name`, or `nil` where this is no object or has no such member.
    func member(_ name: some StringProtocol) -> JSONNode? {
        guard token.kind == .object else { return nil }
        let tokens = session.tape.tokens
        var position = index + 1
        for _ in 0..<token.count {
            let candidate = tokens[position]
            let matches =
                candidate.needsDecoding
                ? session.tape.string(at: candidate) == name
                : session.tape.bytes[Int(candidate.start)..<Int(candidate.end)].elementsEqual(name.utf8)
            if matches { return JSONNode(session: session, index: position + 1) }
            position = Int(tokens[position + 1].next)
        }
        return nil
    }

    var memberNames: [String] {
        guard token.kind == .object else { return [] }
        var names: [String] = []
        var position = index + 1
        for _ in 0..<token.count {
            names.append(session.tape.string(at: session.tape.tokens[position]))
            position = Int(session.tape.tokens[position + 1].next)
        }
        return names
    }

    var elements: [JSONNode] {
        guard token.kind == .array else { return [] }
        var nodes: [JSONNode] = []
        var position = index + 1
        for _ in 0..<token.count {
            nodes.append(JSONNode(session: session, index: position))
            position = Int(session.tape.tokens[position].next)
        }
        return nodes
    }

    /// This value as a `Value`; every object inside it must be used up.
    func decode<Value: Decodable>(_ type: Value.Type) throws(JSONError) -> Value {
        do {
            return try CanonicalDecoder(node: self, codingPath: []).value(type)
        } catch let error as JSONError {
            throw error
        } catch DecodingError.dataCorrupted(let context) {
            throw .invalidValue(path: path(context.codingPath), reason: context.debugDescription)
        } catch DecodingError.keyNotFound(let key, let context) {
            throw .invalidValue(path: path(context.codingPath + [key]), reason: "is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw .invalidValue(path: path(context.codingPath), reason: context.debugDescription)
        } catch {
            throw .invalidValue(path: "$", reason: "\(error)")
        }
    }

    private func path(_ keys: [any CodingKey]) -> String {
        keys.reduce("$") { path, key in
            key.intValue.map { "\(path)[\($0)]" } ?? "\(path).\(key.stringValue)"
        }
    }
}

/// Reads `Decodable` types from a tape, strictly: no coercion, no null for an absent member, no unknown names.
private struct CanonicalDecoder: Decoder {
    let node: JSONNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// This node as a `Value`, with every member of a keyed object taken.
    func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try Value(from: self)
        if node.token.kind == .object {
            let taken = node.session.taken[node.index]
            guard taken < 0 || taken == node.token.count else {
                let reason = "holds an unknown field among \(node.memberNames.joined(separator: ", "))"
                throw mismatch(reason)
            }
        }
        return value
    }

    func mismatch(_ reason: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: reason))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard node.token.kind == .object else { throw mismatch("is not an object") }
        node.session.taken[node.index] = max(0, node.session.taken[node.index])
        return KeyedDecodingContainer(KeyedReader(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard node.token.kind == .array else { throw mismatch("is not an array") }
        return ArrayReader(decoder: self, elements: node.elements)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }
}

extension CanonicalDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { node.token.kind == .null }

    func decode(_ type: Bool.Type) throws -> Bool {
        switch node.token.kind {
        case .true_: true
        case .false_: false
        default: throw mismatch("is not true or false")
        }
    }

    func decode(_ type: String.Type) throws -> String {
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

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try value(type) }

    private func integer<Value: FixedWidthInteger>() throws -> Value {
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

    private func child(_ key: Key) throws -> CanonicalDecoder {
        guard let node = decoder.node.member(key.stringValue) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "is missing"))
        }
        decoder.node.session.taken[decoder.node.index] += 1
        return CanonicalDecoder(node: node, codingPath: codingPath + [key])
    }

    /// Never: an absent value is an absent member, and `null` is refused by whatever reads it.
    func decodeNil(forKey key: Key) throws -> Bool { false }

    // The two that every event has many of; the rest go through the generic form.
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try child(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try child(key).decode(type) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try child(key).value(type)
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
    let elements: [JSONNode]
    var codingPath: [any CodingKey] { decoder.codingPath }
    var currentIndex = 0
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    init(decoder: CanonicalDecoder, elements: [JSONNode]) {
        self.decoder = decoder
        self.elements = elements
    }

    private struct Position: CodingKey {
        let intValue: Int?
        var stringValue: String { "\(intValue ?? 0)" }
        init(intValue: Int) { self.intValue = intValue }
        init?(stringValue: String) { nil }
    }

    private mutating func child() throws -> CanonicalDecoder {
        guard !isAtEnd else { throw decoder.mismatch("has too few elements") }
        defer { currentIndex += 1 }
        return CanonicalDecoder(
            node: elements[currentIndex], codingPath: codingPath + [Position(intValue: currentIndex)])
    }

    mutating func decodeNil() throws -> Bool { false }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try child().value(type)
    }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try child().container(keyedBy: type) }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try child().unkeyedContainer()
    }
    mutating func superDecoder() throws -> any Decoder { throw decoder.mismatch("has no super") }
}
