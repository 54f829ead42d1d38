/// A vector file: lines `key: value`, an empty line, then the bytes that are judged, to the end of the file.
struct Scenario: CustomStringConvertible {
    let name: String
    let headers: [String: String]
    let bytes: [UInt8]

    var description: String { name }

    static func all(in folder: String) -> [Scenario] {
        let names = (try? Project.files(in: folder)) ?? []
        return names.compactMap { name in
            (try? Project.bytes(of: "\(folder)/\(name)")).flatMap { Scenario(name: name, file: $0) }
        }
    }

    private init?(name: String, file: [UInt8]) {
        let lineBreak = UInt8(ascii: "\n")
        guard
            let end = file.indices.dropFirst().first(where: {
                file[$0 - 1] == lineBreak && file[$0] == lineBreak
            })
        else { return nil }
        var headers: [String: String] = [:]
        for line in file[..<(end - 1)].split(separator: lineBreak) {
            let text = String(decoding: line, as: UTF8.self)
            guard let colon = text.firstRange(of: ": ") else { return nil }
            headers[String(text[..<colon.lowerBound])] = String(text[colon.upperBound...])
        }
        self.name = name
        self.headers = headers
        bytes = Array(file[(end + 1)...])
    }
}
