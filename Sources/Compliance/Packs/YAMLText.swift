internal import Events
internal import Yams

/// Reads the YAML that packs are written in, by way of canonical JSON, so that the closed decoder of events
/// judges it: an unknown key, a missing one or a value of another type is an error that says where.
///
/// Of YAML there are mappings, lists and scalars. A plain scalar is an integer if it is spelled as one,
/// `true`, `false`, or a text; there is no `yes`, no float and no date type. Anchors, aliases, tags and merge
/// keys are refused.
enum YAMLText {
    static let maximumBytes = 64 * 1_024

    static func decode<Value: Decodable>(
        _ type: Value.Type, from text: String, file: String
    ) throws(PackError) -> Value {
        let bytes = try json(text, file: file)
        do throws(JSONError) {
            return try CanonicalJSON.decode(type, from: bytes)
        } catch {
            throw .manifest(file: file, reason: "\(error)")
        }
    }

    /// The canonical JSON that says the same as `text`.
    static func json(_ text: String, file: String) throws(PackError) -> [UInt8] {
        guard text.utf8.count <= maximumBytes else { throw .tooLarge(file: file, bytes: text.utf8.count) }
        if let line = lineWithReference(text) {
            throw .manifest(
                file: file,
                reason:
                    "line \(line): anchors, aliases and tags have no place here; quote a text that begins so")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw .manifest(file: file, reason: "\(error)")
        }
        guard let node else { throw .manifest(file: file, reason: "the file is empty") }
        return CanonicalJSON.encode(try value(of: node, depth: 0, file: file))
    }

    /// Lists inside lists that stand for themselves many times over must not even be composed: a few lines
    /// can mean gigabytes. So any word that begins like an anchor, an alias or a tag is refused, inside a
    /// quoted text too.
    private static func lineWithReference(_ text: String) -> Int? {
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var previous = UInt8(ascii: " ")
            let bytes = Array(line.utf8)
            for (index, byte) in bytes.enumerated() {
                let isStart = [UInt8(ascii: " "), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","), 9]
                    .contains(previous)
                let isMark = [UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!")].contains(byte)
                let hasName = index + 1 < bytes.count && bytes[index + 1] != UInt8(ascii: " ")
                if isStart, isMark, hasName { return number + 1 }
                previous = byte
            }
        }
        return nil
    }

    private indirect enum Value: Encodable {
        case text(String)
        case integer(Int)
        case boolean(Bool)
        case list([Value])
        case mapping([String: Value])

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .text(let text): try text.encode(to: encoder)
            case .integer(let number): try number.encode(to: encoder)
            case .boolean(let flag): try flag.encode(to: encoder)
            case .list(let list): try list.encode(to: encoder)
            case .mapping(let mapping): try mapping.encode(to: encoder)
            }
        }
    }

    private static func value(of node: Node, depth: Int, file: String) throws(PackError) -> Value {
        guard depth < 8 else { throw .manifest(file: file, reason: "nested more than 8 levels deep") }
        switch node {
        case .scalar(let scalar): return value(of: scalar)
        case .sequence(let sequence):
            var list: [Value] = []
            for element in sequence { list.append(try value(of: element, depth: depth + 1, file: file)) }
            return .list(list)
        case .mapping(let mapping):
            var members: [String: Value] = [:]
            for (key, element) in mapping {
                guard let name = key.scalar?.string, !name.isEmpty else {
                    throw .manifest(file: file, reason: "a key is not a text")
                }
                guard members[name] == nil else {
                    throw .manifest(file: file, reason: "the key \(name) stands twice")
                }
                members[name] = try value(of: element, depth: depth + 1, file: file)
            }
            return .mapping(members)
        case .alias: throw .manifest(file: file, reason: "aliases have no place here")
        }
    }

    private static func value(of scalar: Node.Scalar) -> Value {
        let text = scalar.string
        guard scalar.style == .plain else { return .text(text) }
        if text == "true" || text == "false" { return .boolean(text == "true") }
        if let number = Int(text), "\(number)" == text, abs(number) <= CanonicalJSON.maximumInteger {
            return .integer(number)
        }
        return .text(text)
    }
}
