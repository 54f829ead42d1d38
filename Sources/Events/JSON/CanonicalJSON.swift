/// RFC 8785 (JCS) restricted to what a signed statement may hold: objects, arrays, strings, booleans, null and
/// integers within ±(2^53−1).
///
/// There is one spelling for each value. `parse` accepts that spelling and no other, so bytes that were accepted once
/// need never be written again to be compared: equal values are equal bytes.
public enum CanonicalJSON {
    /// The longest text that is read: 256 MiB.
    public static let maximumBytes = 1 << 28
    public static let maximumDepth = 32
    public static let maximumInteger = (1 << 53) - 1

    /// Refuses `bytes` unless they are the canonical spelling of one value.
    public static func validate(_ bytes: [UInt8]) throws(JSONError) {
        _ = try JSONTape(parsing: bytes)
    }

    /// The value that `bytes` spell, or an error that names the first field that is missing, unknown, of another type
    /// or out of range. Objects are closed: a name that `Value` does not ask for is an error.
    ///
    /// - Parameter maximumValues: the most values that the text may be made of, names of members among them. Reading takes
    ///   24 bytes for each, so that for untrusted bytes this bounds the memory.
    public static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], maximumValues: Int = .max
    ) throws(JSONError) -> Value {
        try JSONTape(parsing: bytes, maximumValues: maximumValues).root.decode(type)
    }

    /// The canonical spelling of `value`.
    ///
    /// Traps on what no type of this project may hold: a floating-point number, or an integer beyond ±(2^53−1).
    public static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = CanonicalEncoder()
        do {
            try value.encode(to: encoder)
        } catch {
            preconditionFailure("a value of this project did not encode: \(error)")
        }
        var output: [UInt8] = []
        encoder.slot.write(to: &output)
        return output
    }

    /// Appends `string` in quotes, escaped as RFC 8785 §3.2.2.2 says.
    static func write(_ string: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { bytes in
            let isPlain = bytes.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            if isPlain { return output.append(contentsOf: bytes) }
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                    output.append(UInt8(ascii: "\\"))
                    output.append(byte)
                case 0..<0x20: writeControl(byte, to: &output)
                default: output.append(byte)
                }
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func writeControl(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case 8: output += Array("\\b".utf8)
        case 9: output += Array("\\t".utf8)
        case 10: output += Array("\\n".utf8)
        case 12: output += Array("\\f".utf8)
        case 13: output += Array("\\r".utf8)
        default:
            output += Array("\\u00".utf8)
            output += Array(byte < 16 ? "0".utf8 : "1".utf8)
            output.append(Array("0123456789abcdef".utf8)[Int(byte & 15)])
        }
    }
}
