public import Events
internal import Foundation

/// The rows of a dataset as a file has them: tab-separated with a header line, or one JSON object a line.
///
/// Nothing is guessed: a row without an id or text, an id that is there twice, a label that is no class, and
/// bytes that are not UTF-8 are problems, each with its line. One problem and there are no rows.
public struct DatasetFile: Sendable {
    public enum Format: String, CaseIterable, Sendable {
        case tsv
        case jsonl

        /// What the name of a file says of its content; `nil` where it says nothing.
        public init?(path: String) {
            switch path.split(separator: ".").last.map({ $0.lowercased() }) {
            case "tsv", "txt": self = .tsv
            case "jsonl", "ndjson": self = .jsonl
            default: return nil
            }
        }
    }

    /// What the columns, or members, are called.
    public struct Columns: Sendable {
        public var id = "record_id"
        public var subject = "subject_id"
        public var label = "label"
        public var text = "text"

        public init() {}

        var names: [String] { [id, subject, label, text] }
    }

    /// A line that is not as it should be.
    public struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// From one.
        public let line: Int
        public let reason: String

        public var description: String { "line \(line): \(reason)" }
    }

    public private(set) var records: [DatasetRecord] = []
    /// Columns that the file has and a dataset does not keep, ascending.
    public private(set) var ignored: [String] = []

    private let columns: Columns
    private var problems: [Problem] = []
    private var lineOfID: [String: Int] = [:]
    /// The line of each record, from one.
    private var lines: [Int] = []

    /// Reads `bytes`.
    ///
    /// - Parameter path: named in errors.
    public init(parsing bytes: [UInt8], format: Format, columns: Columns = Columns(), path: String) throws {
        self.columns = columns
        let lines = Self.split(bytes)
        switch format {
        case .tsv: try readTable(lines, path)
        case .jsonl: readObjects(lines)
        }
        guard problems.isEmpty else { throw Self.refusal(problems, path) }
        guard !records.isEmpty else {
            throw EngineError(.invalidRequest, "\(path) has no records", hint: "a header alone is no dataset")
        }
    }

    /// The lines without their ends, a byte order mark and an empty last line left out.
    private static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        var lines = bytes[start...].split(separator: 0x0a, omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        return lines.map { $0.last == 0x0d ? $0.dropLast() : $0 }
    }

    static func refusal(_ problems: [Problem], _ path: String) -> EngineError {
        let shown = problems.prefix(5).map(\.description).joined(separator: "; ")
        let more = problems.count > 5 ? "; and \(problems.count - 5) more" : ""
        return EngineError(
            .invalidRequest, "\(path), \(shown)\(more)",
            hint: "nothing was changed; correct the file, and register it again")
    }

    /// The refusal of the records at `places`, each for the same reason.
    func refusal(ofRecordsAt places: [Int], _ reason: String, path: String) -> EngineError {
        Self.refusal(places.map { Problem(line: lines[$0], reason: reason) }, path)
    }

    // MARK: Tab-separated

    private mutating func readTable(_ lines: [ArraySlice<UInt8>], _ path: String) throws {
        guard let first = lines.first, let header = String(validating: first, as: UTF8.self) else {
            throw EngineError(.invalidRequest, "\(path) has no header line", hint: Self.headerHint)
        }
        let names = header.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        for name in Set(names) where names.count(where: { $0 == name }) > 1 {
            throw EngineError(.invalidRequest, "\(path) has two columns \"\(name)\"", hint: Self.headerHint)
        }
        for name in [columns.id, columns.label, columns.text] where !names.contains(name) {
            throw EngineError(
                .invalidRequest, "\(path) has no column \"\(name)\"; \(Self.words(forColumns: names))",
                hint: names.count == 1 ? Self.tabHint : Self.headerHint)
        }
        ignored = names.filter { !columns.names.contains($0) }.sorted()
        let place = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        for (index, bytes) in lines.enumerated().dropFirst() {
            guard let line = String(validating: bytes, as: UTF8.self) else {
                report(index + 1, "it is not UTF-8")
                continue
            }
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == names.count else {
                report(index + 1, "it has \(fields.count) fields, and the header \(names.count)")
                continue
            }
            let subject = place[columns.subject].map { fields[$0] }
            take(
                id: fields[place[columns.id]!], subject: subject,
                label: Int(exactly: fields[place[columns.label]!]),
                labelText: fields[place[columns.label]!], text: fields[place[columns.text]!], line: index + 1)
        }
    }

    private static func words(forColumns names: [String]) -> String {
        let shown = names.prefix(8).map { "\"\($0.prefix(40))\"" }.joined(separator: ", ")
        let more = names.count > 8 ? " and \(names.count - 8) more" : ""
        return names.count == 1 ? "its header is one column, \(shown)" : "it has \(shown)\(more)"
    }

    private static let tabHint = "tabs separate the columns, in the header and in every line; commas and spaces do not"

    private static let headerHint =
        "the first line names the columns record_id, subject_id (optional), label and text; "
        + "--id-column and its like say what they are called here"

    // MARK: JSON lines

    private mutating func readObjects(_ lines: [ArraySlice<UInt8>]) {
        var extra: Set<String> = []
        for (index, bytes) in lines.enumerated() {
            guard String(validating: bytes, as: UTF8.self) != nil else {
                report(index + 1, "it is not UTF-8")
                continue
            }
            guard let members = try? JSONDecoder().decode([String: Member].self, from: Data(bytes)) else {
                report(index + 1, "it is not a JSON object")
                continue
            }
            extra.formUnion(members.keys.filter { !columns.names.contains($0) })
            let label = members[columns.label]
            take(
                id: members[columns.id]?.text ?? "", subject: members[columns.subject]?.text,
                label: label?.integer, labelText: label?.text ?? "",
                text: members[columns.text]?.string ?? "",
                line: index + 1)
        }
        ignored = extra.sorted()
    }

    /// A member's value, as far as a record can use it.
    private enum Member: Decodable {
        case string(String)
        case number(Int)
        case other

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .other
            } else if let number = try? value.decode(Int.self) {
                self = .number(number)
            } else if let string = try? value.decode(String.self) {
                self = .string(string)
            } else {
                self = .other
            }
        }

        var string: String? { if case .string(let text) = self { text } else { nil } }
        var integer: Int? {
            switch self {
            case .number(let number): number
            case .string(let text): Int(exactly: text)
            case .other: nil
            }
        }
        /// As an id or a subject.
        var text: String? {
            switch self {
            case .string(let text): text
            case .number(let number): String(number)
            case .other: nil
            }
        }
    }

    // MARK: Records

    private mutating func report(_ line: Int, _ reason: String) {
        problems.append(Problem(line: line, reason: reason))
    }

    private mutating func take(
        id: String, subject: String?, label: Int?, labelText: String, text: String, line: Int
    ) {
        guard !id.isEmpty else { return report(line, "it has no \(columns.id)") }
        guard id.utf8.count <= DatasetRecord.maximumNameLength else {
            return report(
                line, "the id \"\(id.prefix(40))…\" has more than \(DatasetRecord.maximumNameLength) bytes")
        }
        if let earlier = lineOfID[id] {
            return report(line, "the id \"\(id)\" is that of line \(earlier) already")
        }
        lineOfID[id] = line
        if let subject, subject.utf8.count > DatasetRecord.maximumNameLength {
            return report(line, "the subject has more than \(DatasetRecord.maximumNameLength) bytes")
        }
        guard let label, DatasetRecord.labels.contains(label) else {
            return report(
                line,
                "the \(columns.label) \"\(labelText.prefix(40))\" is not a whole number from 0 to "
                    + "\(DatasetRecord.labels.upperBound)")
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            return report(line, "it has no \(columns.text)")
        }
        guard text.utf8.count <= DatasetRecord.maximumTextLength else {
            return report(line, "its \(columns.text) has more than \(DatasetRecord.maximumTextLength) bytes")
        }
        records.append(
            DatasetRecord(
                id: id, subject: subject.flatMap { $0.isEmpty ? nil : $0 }, label: label, text: text))
        lines.append(line)
    }
}

extension Int {
    /// The number that `text` spells in decimal digits and nothing else.
    fileprivate init?(exactly text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self.init(text)
    }
}
