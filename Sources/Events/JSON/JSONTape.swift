/// The places of all values in a canonical JSON text, found in one pass without building a tree.
///
/// Values keep their order in the text. An object's token is followed by name, value, name, value, and so on;
/// `next` of each token is the token after its whole value, so that siblings are found without visiting what
/// is inside.
struct JSONTape: Sendable {
    enum Kind: UInt8 { case object, array, string, integer, true_, false_, null }

    struct Token: Sendable {
        var kind: Kind
        /// Whether a string has a backslash or a byte beyond ASCII.
        var needsDecoding: Bool
        /// Members of an object, elements of an array, or zero.
        var count: Int32
        /// The bytes of the value; of a string, those between the quotes.
        var start: Int32
        var end: Int32
        var next: Int32
    }

    let bytes: [UInt8]
    private(set) var tokens: [Token] = []

    /// The one value of the text.
    var root: JSONNode { JSONNode(session: JSONDecodingSession(tape: self), index: 0) }

    /// Finds the values of `bytes`, refusing every text that is not canonical.
    init(parsing bytes: [UInt8], maximumValues: Int = .max) throws(JSONError) {
        guard bytes.count <= CanonicalJSON.maximumBytes else { throw .tooLarge(bytes: bytes.count) }
        self.bytes = bytes
        tokens.reserveCapacity(min(bytes.count / 12 + 4, maximumValues))
        var parser = Parser(tokens: tokens, maximumValues: maximumValues)
        tokens = []
        let failure: JSONError? = bytes.withUnsafeBufferPointer { buffer in
            do throws(JSONError) {
                try parser.value(buffer, depth: 0)
                guard parser.position == buffer.count else {
                    throw .trailingBytes(offset: parser.position)
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        tokens = parser.tokens
    }

    /// The string at `token`, unescaped.
    func string(at token: Token) -> String {
        let range = Int(token.start)..<Int(token.end)
        guard token.needsDecoding else { return String(decoding: bytes[range], as: UTF8.self) }
        return Parser.unescape(bytes[range])
    }
}

extension JSONTape {
    /// One pass over the text.
    private struct Parser {
        var tokens: [Token]
        let maximumValues: Int
        var position = 0

        mutating func value(
            _ bytes: UnsafeBufferPointer<UInt8>, depth: Int
        ) throws(JSONError) {
            guard position < bytes.count else { throw .unexpectedEnd }
            guard tokens.count < maximumValues else { throw .tooManyValues(maximumValues) }
            switch bytes[position] {
            case UInt8(ascii: "{"): try object(bytes, depth: depth + 1)
            case UInt8(ascii: "["): try array(bytes, depth: depth + 1)
            case UInt8(ascii: "\""): try string(bytes)
            case UInt8(ascii: "t"): try literal("true", .true_, bytes)
            case UInt8(ascii: "f"): try literal("false", .false_, bytes)
            case UInt8(ascii: "n"): try literal("null", .null, bytes)
            default: try integer(bytes)
            }
        }

        private mutating func open(_ kind: Kind, depth: Int) throws(JSONError) -> Int {
            guard depth <= CanonicalJSON.maximumDepth else { throw .tooDeep(offset: position) }
            tokens.append(
                Token(
                    kind: kind, needsDecoding: false, count: 0, start: Int32(position), end: 0, next: 0))
            position += 1
            return tokens.count - 1
        }

        private mutating func close(_ index: Int, count: Int) {
            position += 1
            tokens[index].count = Int32(count)
            tokens[index].end = Int32(position)
            tokens[index].next = Int32(tokens.count)
        }

        private mutating func object(
            _ bytes: UnsafeBufferPointer<UInt8>, depth: Int
        ) throws(JSONError) {
            let index = try open(.object, depth: depth)
            var count = 0
            var previous: Token?
            while true {
                guard position < bytes.count else { throw .unexpectedEnd }
                if bytes[position] == UInt8(ascii: "}"), count == 0 { break }
                let offset = position
                try string(bytes)
                let name = tokens[tokens.count - 1]
                if let previous { try checkOrder(previous, name, bytes, offset: offset) }
                previous = name
                try expect(UInt8(ascii: ":"), bytes)
                try value(bytes, depth: depth)
                count += 1
                if try endsList(with: UInt8(ascii: "}"), bytes) { break }
            }
            close(index, count: count)
        }

        private mutating func array(
            _ bytes: UnsafeBufferPointer<UInt8>, depth: Int
        ) throws(JSONError) {
            let index = try open(.array, depth: depth)
            var count = 0
            while true {
                guard position < bytes.count else { throw .unexpectedEnd }
                if bytes[position] == UInt8(ascii: "]"), count == 0 { break }
                try value(bytes, depth: depth)
                count += 1
                if try endsList(with: UInt8(ascii: "]"), bytes) { break }
            }
            close(index, count: count)
        }

        /// Whether the list ends here; otherwise passes over the comma.
        private mutating func endsList(
            with end: UInt8, _ bytes: UnsafeBufferPointer<UInt8>
        ) throws(JSONError) -> Bool {
            guard position < bytes.count else { throw .unexpectedEnd }
            if bytes[position] == end { return true }
            try expect(UInt8(ascii: ","), bytes)
            return false
        }

        private mutating func expect(
            _ byte: UInt8, _ bytes: UnsafeBufferPointer<UInt8>
        ) throws(JSONError) {
            guard position < bytes.count else { throw .unexpectedEnd }
            guard bytes[position] == byte else {
                throw .unexpectedByte(bytes[position], offset: position)
            }
            position += 1
        }

        private mutating func literal(
            _ text: StaticString, _ kind: Kind, _ bytes: UnsafeBufferPointer<UInt8>
        ) throws(JSONError) {
            let start = position
            for offset in 0..<text.utf8CodeUnitCount {
                try expect(text.utf8Start[offset], bytes)
            }
            append(kind, start: start, end: position)
        }

        private mutating func append(
            _ kind: Kind, needsDecoding: Bool = false, start: Int, end: Int
        ) {
            tokens.append(
                Token(
                    kind: kind, needsDecoding: needsDecoding, count: 0, start: Int32(start),
                    end: Int32(end), next: Int32(tokens.count + 1)))
        }

        private mutating func integer(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
            let start = position
            if bytes[position] == UInt8(ascii: "-") { position += 1 }
            let digits = position
            var magnitude = 0
            while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
                magnitude = magnitude * 10 + Int(digit)
                guard magnitude <= CanonicalJSON.maximumInteger else { throw .badNumber(offset: start) }
                position += 1
            }
            guard position > digits else {
                guard start == digits else { throw .badNumber(offset: start) }
                throw .unexpectedByte(bytes[start], offset: start)
            }
            let hasLeadingZero = bytes[digits] == UInt8(ascii: "0") && position - start > 1
            guard !hasLeadingZero else { throw .badNumber(offset: start) }
            if position < bytes.count,
                [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[position])
            {
                throw .badNumber(offset: start)
            }
            append(.integer, start: start, end: position)
        }

        private mutating func string(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
            let offset = position
            try expect(UInt8(ascii: "\""), bytes)
            let start = position
            var needsDecoding = false
            while true {
                position = Self.endOfPlainRun(bytes, from: position)
                guard position < bytes.count else { throw .unexpectedEnd }
                let byte = bytes[position]
                if byte == UInt8(ascii: "\"") { break }
                guard byte >= 0x20 else { throw .badString(offset: offset) }
                if byte == UInt8(ascii: "\\") {
                    needsDecoding = true
                    position += 1
                    try escape(bytes, offset: offset)
                } else {
                    if byte >= 0x80 { needsDecoding = true }
                    position += 1
                }
            }
            if needsDecoding {
                let content = UnsafeBufferPointer(rebasing: bytes[start..<position])
                guard String(validating: content, as: UTF8.self) != nil else {
                    throw .badString(offset: offset)
                }
            }
            append(.string, needsDecoding: needsDecoding, start: start, end: position)
            position += 1
        }

        /// The first byte at or after `start` that is not plain (ASCII from the space up, no quote, no
        /// backslash), or a place before it where fewer than eight bytes are left.
        private static func endOfPlainRun(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
            let ones: UInt64 = 0x0101_0101_0101_0101
            let high = ones << 7
            var position = start
            while position + 8 <= bytes.count {
                let word = UnsafeRawBufferPointer(bytes).loadUnaligned(
                    fromByteOffset: position, as: UInt64.self
                ).littleEndian
                // A byte of `x` that is zero sets its high bit in (x − ones) & ~x; borrows can only add false
                // alarms above a true one, so the lowest alarm is true.
                let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
                let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
                let alarms =
                    (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
                    | (word &- ones &* 0x20) & ~word | word
                guard alarms & high == 0 else {
                    return position + (alarms & high).trailingZeroBitCount / 8
                }
                position += 8
            }
            return position
        }

        /// Passes over what follows a backslash, where it is the escape that RFC 8785 wants.
        private mutating func escape(
            _ bytes: UnsafeBufferPointer<UInt8>, offset: Int
        ) throws(JSONError) {
            guard position < bytes.count else { throw .unexpectedEnd }
            switch bytes[position] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "t"),
                UInt8(ascii: "n"), UInt8(ascii: "f"), UInt8(ascii: "r"):
                position += 1
            case UInt8(ascii: "u"):
                guard position + 4 < bytes.count else { throw .unexpectedEnd }
                guard Self.control(Array(bytes[position + 1...position + 4])) != nil else {
                    throw .badString(offset: offset)
                }
                position += 5
            default: throw .badString(offset: offset)
            }
        }

        /// The control character that four hexadecimal digits name, where no shorter escape exists for it.
        private static func control(_ digits: [UInt8]) -> UInt8? {
            let lowerHex = Array("0123456789abcdef".utf8)
            guard digits[0] == lowerHex[0], digits[1] == lowerHex[0],
                digits[2] == lowerHex[0] || digits[2] == lowerHex[1],
                let low = lowerHex.firstIndex(of: digits[3])
            else { return nil }
            let value = (digits[2] - lowerHex[0]) << 4 | UInt8(low)
            return [8, 9, 10, 12, 13].contains(value) ? nil : value
        }

        static func unescape(_ bytes: ArraySlice<UInt8>) -> String {
            var plain: [UInt8] = []
            plain.reserveCapacity(bytes.count)
            var position = bytes.startIndex
            while position < bytes.endIndex {
                guard bytes[position] == UInt8(ascii: "\\") else {
                    plain.append(bytes[position])
                    position += 1
                    continue
                }
                switch bytes[position + 1] {
                case UInt8(ascii: "b"): plain.append(8)
                case UInt8(ascii: "t"): plain.append(9)
                case UInt8(ascii: "n"): plain.append(10)
                case UInt8(ascii: "f"): plain.append(12)
                case UInt8(ascii: "r"): plain.append(13)
                case UInt8(ascii: "u"):
                    plain.append(control(Array(bytes[position + 2...position + 5])) ?? 0)
                    position += 4
                case let other: plain.append(other)
                }
                position += 2
            }
            return String(decoding: plain, as: UTF8.self)
        }

        /// Names ascend by UTF-16 code units; for ASCII that is byte order.
        private func checkOrder(
            _ first: Token, _ second: Token, _ bytes: UnsafeBufferPointer<UInt8>, offset: Int
        ) throws(JSONError) {
            let firstBytes = bytes[Int(first.start)..<Int(first.end)]
            let secondBytes = bytes[Int(second.start)..<Int(second.end)]
            if first.needsDecoding || second.needsDecoding {
                let left = Self.unescape(Array(firstBytes)[...])
                let right = Self.unescape(Array(secondBytes)[...])
                guard left.utf16.lexicographicallyPrecedes(right.utf16) else {
                    throw .namesOutOfOrder(right, offset: offset)
                }
            } else if !firstBytes.lexicographicallyPrecedes(secondBytes) {
                throw .namesOutOfOrder(String(decoding: secondBytes, as: UTF8.self), offset: offset)
            }
        }
    }
}
