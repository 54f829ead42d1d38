/// A JSON value; numbers as they were written.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    package struct Member: Hashable, Sendable {
        package let name: String
        package let value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// Configuration files are a few kilobytes. A value of the tree takes more memory than its text does.
    package static let maximumBytes = 1 << 20

    /// Reads one value that is the whole of `bytes`.
    package init(parsing bytes: [UInt8], limit: Int = maximumBytes) throws(JSONFault) {
        guard bytes.count <= limit else { throw .tooLarge(bytes: bytes.count, limit: limit) }
        var scanner = JSONScanner(bytes[...])
        self = try Self.read(&scanner)
        try scanner.end()
    }

    private static func read(_ scanner: inout JSONScanner) throws(JSONFault) -> JSONValue {
        switch scanner.peek() {
        case UInt8(ascii: "n"): try scanner.literal("null"); return .null
        case UInt8(ascii: "t"): try scanner.literal("true"); return .bool(true)
        case UInt8(ascii: "f"): try scanner.literal("false"); return .bool(false)
        case UInt8(ascii: "\""): return .string(try scanner.string())
        case UInt8(ascii: "["):
            var values: [JSONValue] = []
            try scanner.array(fault: { $0 }) { scanner throws(JSONFault) in
                values.append(try read(&scanner))
            }
            return .array(values)
        case UInt8(ascii: "{"):
            var members: [Member] = []
            try scanner.object(fault: { $0 }) { name, scanner throws(JSONFault) in
                members.append(Member(name: name, value: try read(&scanner)))
            }
            return .object(members)
        default: return .number(try scanner.number())
        }
    }

    package static func integer(_ value: Int) -> JSONValue { .number(String(value)) }

    package static func strings(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.string)) }

    package static func object(_ members: [String: JSONValue]) -> JSONValue {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }

    /// The value of the member called `name`, where this is an object that has one.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The integer, where this is one that was written without fraction, exponent or superfluous zeros.
    package var integer: Int? {
        guard case .number(let text) = self, let value = Int(text), String(value) == text else {
            return nil
        }
        return value
    }

    package var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The bytes of RFC 8785 (JCS). Numbers are written as they stand: callers give integers only.
    package var canonicalBytes: [UInt8] {
        var output: [UInt8] = []
        appendCanonical(to: &output)
        return output
    }

    private func appendCanonical(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .number(let text): output += text.utf8
        case .string(let text): Self.append(text, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.appendCanonical(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            let sorted = members.sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.append(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.appendCanonical(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// Appends a string with the escapes of RFC 8785 §3.2.2.2, and no others.
    static func append(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case 0x08: output += "\\b".utf8
            case 0x09: output += "\\t".utf8
            case 0x0a: output += "\\n".utf8
            case 0x0c: output += "\\f".utf8
            case 0x0d: output += "\\r".utf8
            case 0..<0x20: output += ((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16)).utf8
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
