import ArgumentParser
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import MerkleLog
import Reports

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Documents for people, as one HTML file each, with the same content as JSON and CSV.",
        subcommands: [ComplianceReportCommand.self])
}

/// Where a report goes: a page, JSON, CSV, each to a file of its own.
struct ReportOutput: ParsableArguments {
    @Option(name: .long, help: "The ledger directory (default: $LETHE_LEDGER, else the current directory).")
    var ledger: String?
    @Option(name: .shortAndLong, help: "The page to write, one HTML file.")
    var output: String?
    @Option(name: .long, help: "Write the report's data as JSON to FILE; - is the standard output.")
    var json: String?
    @Option(name: .long, help: "Write it as flat rows to FILE; - is the standard output.")
    var csv: String?

    func validate() throws {
        guard json != "-" || csv != "-" else {
            throw ValidationError("--json and --csv cannot both go to the standard output")
        }
    }

    /// Whether the standard output is the report itself, so that nothing else may be said there.
    var isPiped: Bool { json == "-" || csv == "-" }

    func options(as member: String? = nil) -> LedgerOptions {
        var options = LedgerOptions()
        options.ledger = ledger
        options.as = member
        options.json = false
        return options
    }

    /// Writes what was asked for, each file whole or not at all, then says so.
    func write(_ report: some Report) throws {
        let data = report.json()
        if let output {
            let page = Array(report.html().utf8)
            try writeFile(page, to: output)
            say("\(output): \(page.count) bytes, data SHA-256 \(report.page.dataDigest)")
        }
        if let json { try put(data + [0x0a], json) }
        if let csv { try put(Array(report.csv().utf8), csv) }
    }

    private func put(_ bytes: [UInt8], _ path: String) throws {
        guard path != "-" else { return FileHandle.standardOutput.write(Data(bytes)) }
        try writeFile(bytes, to: path)
        say("\(path): \(bytes.count) bytes")
    }

    /// Says a line to people: not where a program reads.
    func say(_ line: String) {
        isPiped ? standardError(line) : print(line)
    }
}

extension Ledger {
    /// What a report of this ledger stands on.
    func footing(_ command: String, size: Int? = nil) throws -> Footing {
        let (origin, view) = (try publicOrigin, try view)
        let kept = try newestCheckpoint(of: origin)
        return Footing(
            chain: origin, size: Count(size ?? view.size)!,
            checkpoint: kept.map { checkpoint, cosigners in
                .init(
                    size: Count(checkpoint.size.rawValue)!, root: .init(retagging: checkpoint.root),
                    cosigners: cosigners)
            },
            command: command, madeAt: surroundings.now())
    }
}
