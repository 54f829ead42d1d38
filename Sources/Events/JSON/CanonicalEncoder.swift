/// A value on its way to canonical bytes. Containers fill slots; slots write themselves in JCS order.
final class JSONSlot {
    enum Content {
        case empty
        case scalar([UInt8])
        case array([JSONSlot])
        case object([(name: String, slot: JSONSlot)])
    }

    var content = Content.empty

    /// Appends the canonical spelling: names in UTF-16 order, no white space.
    func write(to output: inout [UInt8]) {
        switch content {
        case .empty: preconditionFailure("a value encoded nothing")
        case .scalar(let bytes): output += bytes
        case .array(let slots):
            output.append(UInt8(ascii: "["))
            for (index, slot) in slots.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                slot.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in Self.sorted(members).enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                CanonicalJSON.write(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.slot.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// The members in the order of their names' UTF-16 code units; types mostly declare them in that order already.
    private static func sorted(
        _ members: [(name: String, slot: JSONSlot)]
    ) -> [(name: String, slot: JSONSlot)] {
        func precedes(_ left: (name: String, slot: JSONSlot), _ right: (name: String, slot: JSONSlot)) -> Bool {
            // For ASCII all orders are one, and this one compares memory.
            let isASCII =
                left.name.utf8.count == left.name.utf16.count && right.name.utf8.count == right.name.utf16.count
            return isASCII ? left.name < right.name : left.name.utf16.lexicographicallyPrecedes(right.name.utf16)
        }
        let isSorted = zip(members, members.dropFirst()).allSatisfy { precedes($0, $1) }
        return isSorted ? members : members.sorted(by: precedes)
    }

    func set(_ string: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(string.utf8.count + 2)
        CanonicalJSON.write(string, to: &bytes)
        content = .scalar(bytes)
    }

    func set(_ integer: some FixedWidthInteger) {
        guard let value = Int(exactly: integer), abs(value) <= CanonicalJSON.maximumInteger else {
            preconditionFailure("\(integer) does not fit in a canonical integer")
        }
        content = .scalar(Array(String(value).utf8))
    }

    func set(_ flag: Bool) { content = .scalar(Array((flag ? "true" : "false").utf8)) }
    func setNull() { content = .scalar(Array("null".utf8)) }

    func append() -> JSONSlot {
        let slot = JSONSlot()
        if case .array(var slots) = content {
            content = .empty  // Or the list would be copied for every element.
            slots.append(slot)
            content = .array(slots)
        } else {
            content = .array([slot])
        }
        return slot
    }

    func member(_ name: String) -> JSONSlot {
        let slot = JSONSlot()
        if case .object(var members) = content {
            content = .empty
            members.append((name, slot))
            content = .object(members)
        } else {
            content = .object([(name, slot)])
        }
        return slot
    }
}

struct CanonicalEncoder: Encoder {
    var slot = JSONSlot()
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .empty = slot.content { slot.content = .object([]) }
        return KeyedEncodingContainer(KeyedWriter(slot: slot))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .empty = slot.content { slot.content = .array([]) }
        return ArrayWriter(slot: slot)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { ScalarWriter(slot: slot) }
}

private func float() -> EncodingError {
    .invalidValue("float", .init(codingPath: [], debugDescription: "no floats are signed"))
}

private struct ScalarWriter: SingleValueEncodingContainer {
    let slot: JSONSlot
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { slot.setNull() }
    func encode(_ value: Bool) { slot.set(value) }
    func encode(_ value: String) { slot.set(value) }
    func encode(_ value: Int) { slot.set(value) }
    func encode(_ value: Int8) { slot.set(value) }
    func encode(_ value: Int16) { slot.set(value) }
    func encode(_ value: Int32) { slot.set(value) }
    func encode(_ value: Int64) { slot.set(value) }
    func encode(_ value: UInt) { slot.set(value) }
    func encode(_ value: UInt8) { slot.set(value) }
    func encode(_ value: UInt16) { slot.set(value) }
    func encode(_ value: UInt32) { slot.set(value) }
    func encode(_ value: UInt64) { slot.set(value) }
    func encode(_ value: Double) throws { throw float() }
    func encode(_ value: Float) throws { throw float() }
    func encode<Value: Encodable>(_ value: Value) throws {
        try value.encode(to: CanonicalEncoder(slot: slot))
    }
}

private struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: JSONSlot
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { slot.member(key.stringValue).setNull() }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try value.encode(to: CanonicalEncoder(slot: slot.member(key.stringValue)))
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        CanonicalEncoder(slot: slot.member(key.stringValue)).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        CanonicalEncoder(slot: slot.member(key.stringValue)).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { CanonicalEncoder(slot: slot) }
    func superEncoder(forKey key: Key) -> any Encoder {
        CanonicalEncoder(slot: slot.member(key.stringValue))
    }
}

private struct ArrayWriter: UnkeyedEncodingContainer {
    let slot: JSONSlot
    var codingPath: [any CodingKey] { [] }
    var count: Int {
        if case .array(let slots) = slot.content { slots.count } else { 0 }
    }

    func encodeNil() { slot.append().setNull() }
    func encode<Value: Encodable>(_ value: Value) throws {
        try value.encode(to: CanonicalEncoder(slot: slot.append()))
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        CanonicalEncoder(slot: slot.append()).container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        CanonicalEncoder(slot: slot.append()).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { CanonicalEncoder(slot: slot) }
}
