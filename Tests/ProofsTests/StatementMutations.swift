import Bytes
import Events
import Foundation

/// All statements that differ from a given one in one place: each value changed to another that could stand
/// there, each list shortened and each optional member taken away.
struct StatementMutations {
    private(set) var all: [(path: String, bytes: [UInt8])] = []
    private let original: Any

    init(_ payload: [UInt8]) throws {
        original = try JSONSerialization.jsonObject(with: Data(payload))
        guard Self.bytes(original) == payload else { throw CocoaError(.coderInvalidValue) }
        walk(original, []) { change in Self.bytes(change) }
    }

    private static func bytes(_ value: Any) -> [UInt8] {
        [UInt8](
            try! JSONSerialization.data(
                withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes]))
    }

    private mutating func walk(_ value: Any, _ path: [String], _ write: (Any) -> [UInt8]) {
        for other in Self.others(than: value) {
            all.append((path.joined(separator: "."), write(replacing(original, path[...], with: other))))
        }
        if let object = value as? [String: Any] {
            for key in object.keys.sorted() { walk(object[key]!, path + [key], write) }
        }
        if let list = value as? [Any] {
            for index in list.indices { walk(list[index], path + ["\(index)"], write) }
        }
    }

    /// Words that may stand for each other.
    private static let pairs = [
        "certificate": "status-statement", "status-statement": "certificate", "rematerialized": "withdrawn",
        "withdrawn": "rematerialized", "member-left": "contract-ended", "mean": "ffa",
        "completed": "certified",
        "united": "virgin", "virgin": "united", "delta": "air", "swiss": "united", "air": "swiss",
        "deleted": "not-found",
        "not-found": "deleted", "blobs": "running-sums", "vault": "running-sums", "r1": "r2", "r2": "r1",
        "adapter-committed": "model-materialized",
    ]

    private static func others(than value: Any) -> [Any] {
        switch value {
        case let text as String:
            if let other = pairs[text] { return [other] }
            if text.count == 64, text.allSatisfy(\.isHexDigit) {
                return [(text.first == "0" ? "1" : "0") + text.dropFirst()]
            }
            return text.hasPrefix("2026-") ? ["2016" + text.dropFirst(4)] : [text + "x"]
        case let number as Int: return number > 0 ? [number + 1, number - 1] : [number + 1]
        case let list as [Any]: return list.isEmpty ? [] : [Array(list.dropLast()), list + [list.last!]]
        case let object as [String: Any]:
            return object.keys.sorted().map { key in object.filter { $0.key != key } } + [
                object.merging(["zz": 1]) { $1 }
            ]
        default: return []
        }
    }

    private func replacing(_ value: Any, _ path: ArraySlice<String>, with other: Any) -> Any {
        guard let step = path.first else { return other }
        if var object = value as? [String: Any] {
            object[step] = replacing(object[step]!, path.dropFirst(), with: other)
            return object
        }
        var list = value as! [Any]
        list[Int(step)!] = replacing(list[Int(step)!], path.dropFirst(), with: other)
        return list
    }
}
