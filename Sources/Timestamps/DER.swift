/// What is wrong with DER bytes, and where.
public enum DERFault: Error, Hashable, Sendable, CustomStringConvertible {
    case cutOff(offset: Int)
    /// A length that is not in its one spelling, or of no end.
    case length(offset: Int)
    case unexpected(tag: UInt8, expected: UInt8, offset: Int)
    /// Bytes after the last field.
    case trailing(offset: Int)
    case value(String, offset: Int)

    public var description: String {
        switch self {
        case .cutOff(let offset): "cut off at byte \(offset)"
        case .length(let offset): "a length that is not DER at byte \(offset)"
        case .unexpected(let tag, let expected, let offset):
            "the tag \(tag) where \(expected) is expected, at byte \(offset)"
        case .trailing(let offset): "bytes that belong to nothing at byte \(offset)"
        case .value(let what, let offset): "\(what) at byte \(offset)"
        }
    }
}

/// One DER value (ITU-T X.690): a tag of one byte and its content. Nothing inside is read before it is asked for, so
/// nesting costs nothing.
struct DERValue {
    let tag: UInt8
    let content: ArraySlice<UInt8>
    /// Tag, length and content.
    let encoded: ArraySlice<UInt8>

    var offset: Int { encoded.startIndex }
    var fields: DERFields { DERFields(content) }

    func fault(_ what: String) -> DERFault { .value(what, offset: offset) }
}

/// The tags that are used here.
enum DERTag {
    static let boolean: UInt8 = 0x01
    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03
    static let octetString: UInt8 = 0x04
    static let null: UInt8 = 0x05
    static let objectIdentifier: UInt8 = 0x06
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31

    /// `[number]`, constructed.
    static func context(_ number: UInt8) -> UInt8 { 0xa0 | number }
    /// `[number]`, primitive.
    static func primitive(_ number: UInt8) -> UInt8 { 0x80 | number }
}

/// Reads the values of a constructed one, or of a whole text, in their order.
struct DERFields {
    private let bytes: ArraySlice<UInt8>
    private var offset: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        offset = bytes.startIndex
    }

    var isAtEnd: Bool { offset == bytes.endIndex }
    var nextTag: UInt8? { isAtEnd ? nil : bytes[offset] }

    mutating func next() throws(DERFault) -> DERValue {
        let start = offset
        guard bytes.endIndex - start >= 2 else { throw .cutOff(offset: start) }
        let tag = bytes[start]
        // Tags of more than one byte occur in none of the formats read here.
        guard tag & 0x1f != 0x1f else { throw .value("a long tag", offset: start) }
        offset = start + 1
        let length = try length()
        guard length <= bytes.endIndex - offset else { throw .cutOff(offset: start) }
        let content = bytes[offset..<(offset + length)]
        offset += length
        return DERValue(tag: tag, content: content, encoded: bytes[start..<offset])
    }

    mutating func next(_ tag: UInt8) throws(DERFault) -> DERValue {
        let value = try next()
        guard value.tag == tag else { throw .unexpected(tag: value.tag, expected: tag, offset: value.offset) }
        return value
    }

    /// The next value where it has this tag.
    mutating func optional(_ tag: UInt8) throws(DERFault) -> DERValue? {
        nextTag == tag ? try next() : nil
    }

    /// Holds that nothing follows.
    func end() throws(DERFault) {
        guard isAtEnd else { throw .trailing(offset: offset) }
    }

    /// All values that are left.
    mutating func rest() throws(DERFault) -> [DERValue] {
        var values: [DERValue] = []
        while !isAtEnd { values.append(try next()) }
        return values
    }

    private mutating func length() throws(DERFault) -> Int {
        let start = offset
        let first = bytes[offset]
        offset += 1
        if first < 0x80 { return Int(first) }
        let count = Int(first & 0x7f)
        guard (1...4).contains(count), bytes.endIndex - offset >= count, bytes[offset] != 0 else {
            throw .length(offset: start)
        }
        var value = 0
        for _ in 0..<count {
            value = value << 8 | Int(bytes[offset])
            offset += 1
        }
        guard value >= 0x80 else { throw .length(offset: start) }
        return value
    }
}

extension DERValue {
    /// The one value that `bytes` are.
    static func parse(_ bytes: [UInt8], _ tag: UInt8) throws(DERFault) -> DERValue {
        var fields = DERFields(bytes[...])
        let value = try fields.next(tag)
        try fields.end()
        return value
    }

    /// An object identifier in dots.
    var objectIdentifier: String? {
        guard tag == DERTag.objectIdentifier, let last = content.last, last < 0x80 else { return nil }
        var arcs: [UInt64] = []
        var arc: UInt64 = 0
        for byte in content {
            guard arc < 1 << 56, arc > 0 || byte != 0x80 else { return nil }
            arc = arc << 7 | UInt64(byte & 0x7f)
            guard byte < 0x80 else { continue }
            if arcs.isEmpty {
                let root = min(arc / 40, 2)
                arcs = [root, arc - 40 * root]
            } else {
                arcs.append(arc)
            }
            arc = 0
        }
        return arcs.map(String.init).joined(separator: ".")
    }

    /// A non-negative integer below 2^31.
    var smallInteger: Int? {
        guard tag == DERTag.integer, (1...5).contains(content.count), content.first! < 0x80 else { return nil }
        let value = content.reduce(0) { $0 << 8 | Int($1) }
        return value < 1 << 31 ? value : nil
    }

    /// A bit string of whole bytes.
    var bits: ArraySlice<UInt8>? {
        guard tag == DERTag.bitString, content.first == 0 else { return nil }
        return content.dropFirst()
    }

    var boolean: Bool? {
        guard tag == DERTag.boolean, content.count == 1 else { return nil }
        switch content.first! {
        case 0xff: return true
        case 0: return false
        default: return nil
        }
    }
}

/// Writes DER.
enum DERWriter {
    static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        [tag] + length(content.count) + content
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { value(DERTag.sequence, parts.flatMap { $0 }) }

    /// A non-negative integer from its big-endian bytes.
    static func integer(_ bytes: [UInt8]) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if digits.isEmpty || digits[0] >= 0x80 { digits.insert(0, at: 0) }
        return value(DERTag.integer, digits)
    }

    static func objectIdentifier(_ dotted: String) -> [UInt8] {
        let arcs = dotted.split(separator: ".").map { UInt64($0)! }
        var content: [UInt8] = []
        for arc in [arcs[0] * 40 + arcs[1]] + arcs[2...] {
            var groups = [UInt8(arc & 0x7f)]
            var rest = arc >> 7
            while rest > 0 {
                groups.insert(UInt8(rest & 0x7f) | 0x80, at: 0)
                rest >>= 7
            }
            content += groups
        }
        return value(DERTag.objectIdentifier, content)
    }

    private static func length(_ count: Int) -> [UInt8] {
        if count < 0x80 { return [UInt8(count)] }
        var digits: [UInt8] = []
        var rest = count
        while rest > 0 {
            digits.insert(UInt8(rest & 0xff), at: 0)
            rest >>= 8
        }
        return [0x80 | UInt8(digits.count)] + digits
    }
}
