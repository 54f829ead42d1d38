/// Rows of text under column names, for programs that want no nesting.
public struct FlatTable: Hashable, Sendable {
    public var columns: [String]
    public private(set) var rows: [[String]] = []

    public init(_ columns: [String]) { self.columns = columns }

    /// - Parameter cells: as many as there are columns; `nil` for what is not known.
    public mutating func add(_ cells: [String?]) {
        precondition(cells.count == columns.count, "a row of another length than \(columns)")
        rows.append(cells.map { $0 ?? "" })
    }

    /// CSV after RFC 4180: comma, quotation marks where they are needed, lines that end in CR and LF.
    ///
    /// Each row is one line: line breaks in a text become spaces. A text that a spreadsheet would take for a
    /// formula has an apostrophe before it (`schemas/reports.md`); the JSON has every text as it is.
    public var csv: String {
        ([columns] + rows).map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func field(_ text: String) -> String {
        var line = PlainText.line(text)
        if isFormula(line) { line = "'" + line }
        let needsQuotes = line.unicodeScalars.contains { $0 == "," || $0 == "\"" } || line.first == " "
        guard needsQuotes else { return line }
        // By scalar: a quotation mark with a combining accent is another character, and still ends the field.
        var quoted = "\""
        for scalar in line.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    /// Whether a spreadsheet computes it: begins, after spaces, like a formula, in any width.
    private static func isFormula(_ text: String) -> Bool {
        let first = text.unicodeScalars.first { $0 != " " && $0 != "\u{a0}" && $0 != "\u{3000}" }
        return first.map { "=+-@|%＝＋－＠".unicodeScalars.contains($0) } ?? false
    }
}

/// Text from others, made safe to stand in a line of a terminal or a table.
public enum PlainText {
    /// `text` on one line: line breaks and tabs are spaces; other control characters, and those that change the
    /// direction of what follows, are U+FFFD.
    public static func line(_ text: String) -> String {
        var line = ""
        line.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n", "\r", "\t", "\u{2028}", "\u{2029}", "\u{85}": line += " "
            default: line.unicodeScalars.append(Markup.isHarmful(scalar) ? "\u{fffd}" : scalar)
            }
        }
        return line
    }
}
