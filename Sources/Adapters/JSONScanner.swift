/// What is wrong with a JSON text, and at which byte.
public enum JSONFault: Error, Hashable, CustomStringConvertible {
    /// Something else was expected here.
    case expected(String, offset: Int)
    /// A name occurs twice in one object.
    case duplicateName(String, offset: Int)
    case invalidUTF8(offset: Int)
    /// A control character, an unknown escape or half a surrogate pair.
    case invalidString(offset: Int)
    case tooDeep(limit: Int, offset: Int)
    case tooLarge(bytes: Int, limit: Int)

    public var description: String {
        switch self {
        case .expected(let what, let offset): "JSON: expected \(what) at byte \(offset)"
        case .duplicateName(let name, let offset):
            "JSON: the name \"\(name)\" occurs twice, at byte \(offset)"
        case .invalidUTF8(let offset): "JSON: invalid UTF-8 at byte \(offset)"
        case .invalidString(let offset):
            "JSON: a character or escape that no string may hold, at byte \(offset)"
        case .tooDeep(let limit, let offset): "JSON: nested deeper than \(limit) at byte \(offset)"
        case .tooLarge(let bytes, let limit): "JSON: \(bytes) bytes, more than the \(limit) that are read"
        }
    }
}

/// Reads JSON (RFC 8259) one value at a time, strictly and without building anything that was not asked for.
///
/// Files of other programs are not canonical, so white space, escapes and floating-point numbers are
/// accepted; two equal names in one object are not, because readers differ in which of the two they take.
/// Numbers stay text.
struct JSONScanner {
    static let maximumDepth = 32

    private let bytes: ArraySlice<UInt8>
    private(set) var offset: Int
    private var depth = 0

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        offset = bytes.startIndex
    }

    /// The next byte that is not white space, or 0 at the end.
    mutating func peek() -> UInt8 {
        while offset < bytes.endIndex {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return byte }
            offset += 1
        }
        return 0
    }

    /// Holds that nothing but white space follows.
    mutating func end() throws(JSONFault) {
        guard peek() == 0, offset == bytes.endIndex else {
            throw .expected("the end", offset: offset)
        }
    }

    private mutating func take(_ character: Unicode.Scalar) throws(JSONFault) {
        guard peek() == UInt8(ascii: character), offset < bytes.endIndex else {
            throw .expected("'\(character)'", offset: offset)
        }
        offset += 1
    }

    private mutating func enter() throws(JSONFault) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw .tooDeep(limit: Self.maximumDepth, offset: offset) }
    }

    /// Reads an object: `member` is called with each name, stands before the value and must read it.
    mutating func object<Failure: Error>(
        fault: (JSONFault) -> Failure,
        member: (String, inout JSONScanner) throws(Failure) -> Void
    ) throws(Failure) {
        do throws(JSONFault) { try enter(); try take("{") } catch { throw fault(error) }
        var names: Set<String> = []
        while peek() != UInt8(ascii: "}") {
            let name: String
            do throws(JSONFault) {
                if !names.isEmpty { try take(",") }
                _ = peek()
                let start = offset
                name = try string()
                guard names.insert(name).inserted else {
                    throw JSONFault.duplicateName(name, offset: start)
                }
                try take(":")
            } catch { throw fault(error) }
            try member(name, &self)
        }
        offset += 1
        depth -= 1
    }

    /// Reads an array: `element` is called before each element and must read it.
    mutating func array<Failure: Error>(
        fault: (JSONFault) -> Failure, element: (inout JSONScanner) throws(Failure) -> Void
    ) throws(Failure) {
        do throws(JSONFault) { try enter(); try take("[") } catch { throw fault(error) }
        var first = true
        while peek() != UInt8(ascii: "]") {
            if !first { do throws(JSONFault) { try take(",") } catch { throw fault(error) } }
            first = false
            try element(&self)
        }
        offset += 1
        depth -= 1
    }

    /// Reads `true`, `false` or `null`.
    mutating func literal(_ word: StaticString) throws(JSONFault) {
        _ = peek()
        let expected = word.withUTF8Buffer { Array($0) }
        guard bytes[offset...].starts(with: expected) else { throw .expected("\(word)", offset: offset) }
        offset += expected.count
    }

    /// Reads a number and returns its characters.
    mutating func number() throws(JSONFault) -> String {
        _ = peek()
        let start = offset
        if byte == UInt8(ascii: "-") { offset += 1 }
        if byte == UInt8(ascii: "0") { offset += 1 } else { try digits() }
        if byte == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private var byte: UInt8 { offset < bytes.endIndex ? bytes[offset] : 0 }

    private mutating func digits() throws(JSONFault) {
        let start = offset
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
        guard offset > start else { throw .expected("a digit", offset: offset) }
    }

    /// Reads a count: an integer without sign, fraction or exponent that fits `Int`.
    mutating func count() throws(JSONFault) -> Int {
        _ = peek()
        let start = offset
        guard let value = Int(try number()), value >= 0, bytes[start] != UInt8(ascii: "-") else {
            throw .expected("a count below 2^63", offset: start)
        }
        return value
    }

    /// Reads a string.
    mutating func string() throws(JSONFault) -> String {
        try take("\"")
        let start = offset
        var text: [UInt8] = []
        while true {
            guard offset < bytes.endIndex else { throw .expected("'\"'", offset: offset) }
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "\"") { break }
            guard byte >= 0x20 else { throw .invalidString(offset: offset - 1) }
            if byte == UInt8(ascii: "\\") { try escape(into: &text) } else { text.append(byte) }
        }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw .invalidUTF8(offset: start)
        }
        return string
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONFault) {
        let start = offset - 1
        let kind = byte
        offset += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): try unicodeEscape(from: start, into: &text)
        default: throw .invalidString(offset: start)
        }
    }

    private mutating func unicodeEscape(from start: Int, into text: inout [UInt8]) throws(JSONFault) {
        var value = UInt32(try codeUnit(from: start))
        if 0xd800..<0xdc00 ~= value {
            guard byte == UInt8(ascii: "\\") else { throw .invalidString(offset: start) }
            offset += 1
            guard byte == UInt8(ascii: "u") else { throw .invalidString(offset: start) }
            offset += 1
            let low = UInt32(try codeUnit(from: start))
            guard 0xdc00..<0xe000 ~= low else { throw .invalidString(offset: start) }
            value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw .invalidString(offset: start) }
        text.append(contentsOf: UTF8.encode(scalar)!)
    }

    private mutating func codeUnit(from start: Int) throws(JSONFault) -> UInt16 {
        let digits = bytes[offset...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let value = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .invalidString(offset: start) }
        offset += 4
        return value
    }
}
