import Foundation

/// One scenario in `Tests/Vectors`: lines `name: value`, an empty line, and the bytes that are tried.
///
/// `expect` says which layer must refuse the bytes, or `ok`; the file's name says what was changed.
struct VectorFile: Hashable {
    var headers: [[String]]
    var body: [UInt8]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Vectors").standardizedFileURL

    init(expect: String, _ headers: [[String]] = [], body: [UInt8]) {
        self.headers = [["expect", expect]] + headers
        self.body = body
    }

    init(parsing bytes: [UInt8]) throws {
        guard let end = bytes.indices.dropFirst().first(where: { bytes[$0] == 10 && bytes[$0 - 1] == 10 })
        else {
            throw CocoaError(.fileReadCorruptFile)
        }
        headers = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: ": ", maxSplits: 1).map(String.init)
        }
        body = Array(bytes[(end + 1)...])
    }

    var bytes: [UInt8] {
        Array(headers.map { $0.joined(separator: ": ") + "\n" }.joined().utf8) + [10] + body
    }

    var expect: String { self["expect"][0] }

    /// The values of all headers with this name.
    subscript(name: String) -> [String] {
        headers.filter { $0[0] == name }.map { $0[1] }
    }

    /// The files of one kind by name.
    static func all(_ kind: String) throws -> [String: VectorFile] {
        let directory = folder.appending(path: kind)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        return try Dictionary(
            uniqueKeysWithValues: names.map { name in
                (name, try VectorFile(parsing: [UInt8](Data(contentsOf: directory.appending(path: name)))))
            })
    }
}
