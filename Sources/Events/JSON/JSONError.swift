/// Why some bytes are not canonical JSON, or not the value that was asked for.
public enum JSONError: Error, Hashable, Sendable {
    /// More than ``CanonicalJSON/maximumBytes`` bytes.
    case tooLarge(bytes: Int)
    /// More values than the reader allows.
    case tooManyValues(Int)
    /// More than ``CanonicalJSON/maximumDepth`` objects and arrays inside one another.
    case tooDeep(offset: Int)
    case unexpectedEnd
    /// A byte that canonical JSON does not have at this place: white space, a comment, a misplaced comma.
    case unexpectedByte(UInt8, offset: Int)
    /// A number that is not an integer within ±(2^53−1), or is spelled in another way than its digits.
    case badNumber(offset: Int)
    /// A string that is not UTF-8, or is escaped in another way than RFC 8785 §3.2.2.2 wants.
    case badString(offset: Int)
    /// Names of an object out of UTF-16 order (RFC 8785 §3.2.3), or twice the same name.
    case namesOutOfOrder(String, offset: Int)
    case trailingBytes(offset: Int)
    /// The value at `path` is missing, unknown, of another type or out of its range.
    case invalidValue(path: String, reason: String)
}

extension JSONError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLarge(let bytes):
            "the text has \(bytes) bytes; the limit is \(CanonicalJSON.maximumBytes)"
        case .tooManyValues(let limit): "the text is made of more than \(limit) values"
        case .tooDeep(let offset):
            "nested more than \(CanonicalJSON.maximumDepth) levels deep at byte \(offset)"
        case .unexpectedEnd: "the text ends in the middle of a value"
        case .unexpectedByte(let byte, let offset):
            "byte 0x\(String(byte, radix: 16)) at offset \(offset) is not canonical JSON"
        case .badNumber(let offset):
            "the number at byte \(offset) is not a canonical integer within ±(2^53−1)"
        case .badString(let offset): "the string at byte \(offset) is not canonical UTF-8"
        case .namesOutOfOrder(let name, let offset):
            "the name \"\(name)\" at byte \(offset) is repeated or out of order"
        case .trailingBytes(let offset): "bytes follow the value at offset \(offset)"
        case .invalidValue(let path, let reason): "\(path): \(reason)"
        }
    }
}
