internal import Bytes

/// What one reading of a tape shares: the tape, and which of its tokens somebody looked at.
///
/// Used on one thread by the function that parsed the text; it never leaves it.
final class JSONDecodingSession {
    let tape: JSONTape
    private var taken: [Bool] = []

    init(tape: JSONTape) { self.tape = tape }

    /// Notes that the token at `index` was read.
    func take(_ index: Int) { taken[index] = true }

    /// Makes room for notes on every token, once.
    func beginTaking() {
        if taken.isEmpty { taken = [Bool](repeating: false, count: tape.tokens.count) }
    }

    /// The first token in `range` that nobody read.
    func firstUntaken(in range: Range<Int>) -> Int? { range.first { !taken[$0] } }
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

    /// Whether this is the string `text`, byte for byte.
    func spells(_ text: String) -> Bool {
        token.kind == .string && session.tape.string(at: index, spells: text)
    }

    /// This string as a `Value`.
    func text<Value: TextValue>(_ type: Value.Type = Value.self) throws(JSONError) -> Value {
        guard let text = string else { throw refusal("is not a string") }
        guard let value = Value(text) else {
            throw refusal("\"\(text.prefix(80))\" is not \(Value.form)")
        }
        return value
    }

    /// This string as a hash.
    func hash<Subject>(_ subject: Subject.Type = Subject.self) throws(JSONError) -> Hash256<Subject> {
        let token = token
        guard token.kind == .string,
            let hash = session.tape.bytes.withUnsafeBufferPointer({
                Hash256<Subject>(
                    hexDigits: UnsafeBufferPointer(rebasing: $0[Int(token.start)..<Int(token.end)]))
            })
        else { throw refusal("is not 64 lower-case hexadecimal digits") }
        return hash
    }

    /// The value of the member `name`, or `nil` where this is no object or has no such member.
    func member(_ name: String) -> JSONNode? {
        guard token.kind == .object else { return nil }
        var position = index + 1
        for _ in 0..<token.count {
            if session.tape.string(at: position, spells: name) {
                return JSONNode(session: session, index: position + 1)
            }
            position = Int(session.tape.tokens[position + 1].next)
        }
        return nil
    }

    /// The members one after the other, where this is an object with `count` of them.
    func members(_ count: Int) -> Members? {
        guard token.kind == .object, Int(token.count) == count else { return nil }
        return Members(session: session, position: index + 1, end: Int(token.next))
    }

    /// Members of an object that are asked for in the order of the text.
    struct Members {
        let session: JSONDecodingSession
        fileprivate var position: Int
        fileprivate let end: Int

        /// The value of the next member, where its name is `name`.
        mutating func next(_ name: StaticString) -> JSONNode? {
            guard position < end, session.tape.string(at: position, spells: name) else { return nil }
            defer { position = Int(session.tape.tokens[position + 1].next) }
            return JSONNode(session: session, index: position + 1)
        }
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

    /// This value as a `Value`. Every token inside must be read on the way: a member that `Value` does not
    /// ask for, an element beyond those that it takes, a value that it does not look at are refused alike.
    func decode<Value: Decodable>(_ type: Value.Type) throws(JSONError) -> Value {
        session.beginTaking()
        let value: Value
        do {
            value = try Value(from: CanonicalDecoder(session: session, index: index))
        } catch let error as DecodingError {
            throw refusal(error)
        } catch {
            throw refusal("\(error)")
        }
        if let unread = session.firstUntaken(in: index..<Int(token.next)) {
            throw JSONNode(session: session, index: unread).refusal("is unknown")
        }
        return value
    }

    /// An error that names this value's place in the text.
    func refusal(_ reason: String) -> JSONError {
        .invalidValue(path: Self.text(session.tape.path(to: index)), reason: reason)
    }

    private func refusal(_ error: DecodingError) -> JSONError {
        switch error {
        case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context):
            .invalidValue(path: Self.text(context.codingPath), reason: context.debugDescription)
        case .keyNotFound(let key, let context):
            .invalidValue(path: Self.text(context.codingPath + [key]), reason: "is missing")
        @unknown default: refusal("\(error)")
        }
    }

    private static func text(_ path: [any CodingKey]) -> String {
        path.reduce("$") { text, key in
            key.intValue.map { "\(text)[\($0)]" } ?? "\(text).\(key.stringValue.prefix(80))"
        }
    }
}

extension JSONTape {
    /// A name or an index on the way to a value.
    private struct Step: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
        init(intValue: Int) { (stringValue, self.intValue) = ("\(intValue)", intValue) }
    }

    /// The names and indices that lead from the root to the value at token `target`, or to the value whose
    /// name it is.
    func path(to target: Int) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var container = 0
        while container < target, let (step, child) = child(of: container, holding: target) {
            path.append(step)
            container = child
        }
        return path
    }

    private func child(of container: Int, holding target: Int) -> (Step, Int)? {
        let isObject = tokens[container].kind == .object
        var position = container + 1
        for ordinal in 0..<Int(tokens[container].count) {
            let value = isObject ? position + 1 : position
            if target < Int(tokens[value].next) {
                let step =
                    isObject
                    ? Step(stringValue: string(at: tokens[position])) : Step(intValue: ordinal)
                return (step, value)
            }
            position = Int(tokens[value].next)
        }
        return nil
    }

    /// Whether the string at token `index` is `text`, byte for byte. Swift's `==` would also hold for two
    /// spellings that Unicode calls equivalent, such as the letter K and the Kelvin sign.
    func string(at index: Int, spells text: String) -> Bool {
        let token = tokens[index]
        guard !token.needsDecoding else { return string(at: token).utf8.elementsEqual(text.utf8) }
        guard Int(token.end - token.start) == text.utf8.count else { return false }
        return text.utf8.withContiguousStorageIfAvailable { matches($0, at: token) }
            ?? bytes[Int(token.start)..<Int(token.end)].elementsEqual(text.utf8)
    }

    /// Whether the string at token `index` is `text`, which is ASCII and needs no escape.
    func string(at index: Int, spells text: StaticString) -> Bool {
        let token = tokens[index]
        guard Int(token.end - token.start) == text.utf8CodeUnitCount else { return false }
        return matches(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount), at: token)
    }

    /// Whether the bytes at `token`, as many as `text` has, are those of `text`.
    private func matches(_ text: UnsafeBufferPointer<UInt8>, at token: Token) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            text.indices.allSatisfy { bytes[Int(token.start) + $0] == text[$0] }
        }
    }
}
