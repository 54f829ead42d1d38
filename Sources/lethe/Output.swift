import Events
import Foundation
import LetheEngine
import Signing
import Verifying

/// Says a line beside the results: after those that were printed before it, also where both go to one file.
func standardError(_ line: String) {
    fflush(nil)
    FileHandle.standardError.write(Data((line + "\n").utf8))
}

/// What is said of an event that was drafted for others to sign.
func draftWords(_ author: MemberName) -> String {
    "signed by \(author); the others add theirs with lethe sign, then the operator appends it with lethe append"
}

/// Says it where no witness cosigned the checkpoint in `note`, which a file that was just written stands under.
func warnIfNobodyCosigned(_ note: [UInt8]) throws {
    let note = try Note(parsing: note)
    guard Ledger.cosigners(note).isEmpty else { return }
    let lines = note.text.split(separator: "\n")
    standardError(
        "lethe: warning: nobody has cosigned checkpoint \(lines[1]) of \(lines[0]): policies with a quorum refuse it")
    standardError(
        "lethe: hint: have witnesses cosign it (lethe witness cosign, lethe chain checkpoint --collect), then repeat; "
            + "--trust POLICY makes sure")
}

/// Prints `value` as canonical JSON, one line.
func printJSON(_ value: some Encodable) {
    print(String(decoding: CanonicalJSON.encode(value), as: UTF8.self))
}

/// What is said of a file that was written or read: with `--json` its path and what it holds, else `text`.
func printFile(_ path: String, _ values: [String: String] = [:], _ text: String, json: Bool) {
    guard json else { return print("\(path): \(text)") }
    printJSON(values.merging(["file": path]) { first, _ in first })
}

/// Prints one answer, as fields for a program or as a line for a person.
func answer(_ fields: some Encodable, _ line: String, json: Bool) {
    if json { printJSON(fields) } else { print(line) }
}

/// Rows of text in aligned columns.
struct TextTable {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header] }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    var isEmpty: Bool { rows.count == 1 }

    /// The header in capitals, two spaces between columns, none at the end of a line.
    var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.enumerated().map { number, cells in
            let padded = zip(cells, widths).map { cell, width in
                (number == 0 ? cell.uppercased() : cell) + String(repeating: " ", count: width - cell.count)
            }
            var line = padded.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}

/// The first digits of a digest: enough to tell it from the others by eye.
func short(_ hex: String) -> String { String(hex.prefix(16)) }

/// Progress on standard error, and only where a person watches.
final class ProgressLine: @unchecked Sendable {
    private let lock = NSLock()
    private let isShown = isatty(2) == 1
    private var last = ""

    func show(_ what: String, _ done: Int, _ total: Int) {
        guard total > 1 else { return }
        show("\(what): \(done)/\(total)", isLast: done >= total)
    }

    /// Shows a line of any kind; after the last one there is none.
    func show(_ line: String, isLast: Bool = false) {
        guard isShown else { return }
        lock.withLock {
            guard line != last else { return }
            last = line
            let end = isLast ? "\r\u{1b}[K" : ""
            FileHandle.standardError.write(Data("\r\u{1b}[K\(line)\(end)".utf8))
        }
    }
}

/// `text` without characters that would move a terminal's cursor or turn its direction.
func printable(_ text: String) -> String { Verifying.printable(text) }
