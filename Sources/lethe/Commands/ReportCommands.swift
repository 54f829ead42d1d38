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
        subcommands: [
            ComplianceReportCommand.self, ProvenanceReportCommand.self, DeletionReportCommand.self,
            ProcessingReportCommand.self,
        ])
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
        if let output {
            try writeFile(Array(report.html().utf8), to: output)
            say("\(output): page, its data have the SHA-256 \(report.page.dataDigest)")
        }
        if let json { try put(report.json() + [0x0a], json, "the same data") }
        if let csv { try put(Array(report.csv().utf8), csv, "\(report.rows.rows.count) rows") }
    }

    private func put(_ bytes: [UInt8], _ path: String, _ what: String) throws {
        guard path != "-" else { return FileHandle.standardOutput.write(Data(bytes)) }
        try writeFile(bytes, to: path)
        say("\(path): \(what)")
    }

    /// Says a line to people: not where a program reads.
    func say(_ line: String) {
        isPiped ? standardError(line) : print(line)
    }
}

struct ProvenanceReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provenance",
        abstract: "Where a model comes from. Exit 1 where it may not be served.")
    @OptionGroup var target: ReportOutput
    @Option(name: .long, help: "Show the training runs of this member too; its keys must be here.") var `as`: String?
    @Argument(help: "The model: a PEFT directory, a round, or the first digits of its digest.") var model: String

    func run() async throws {
        // A folder of adapters may have a round's name; what has no adapter in it is not meant.
        let isThere = FileManager.default.fileExists(atPath: "\(model)/adapter_config.json")
        let member: MemberName? = try self.as.map { try parsed($0, "member name") }
        let report = try await target.options(as: self.as).reading { ledger in
            let row = try await ledger.modelAskedFor(model, isDirectory: isThere)
            let view = try await ledger.view
            let file = isThere ? URL(fileURLWithPath: model).lastPathComponent : nil
            return ProvenanceReport(
                of: row, in: view, evidence: try await ledger.cited(ProvenanceReport.events(of: row, in: view)), file: file,
                footing: try await ledger.footing(
                    "lethe report provenance \(file ?? row.model.hex)" + (member.map { " --as \($0)" } ?? "")),
                privateChain: try await ledger.ownView(of: member))
        }
        let found = report.content.model
        target.say("\(report.page.banner.heading)")
        let merged = report.content.contributions.filter { $0.part == ProvenanceReport.Contribution.Part.merged }
        for row in merged {
            target.say("  event \(row.event)  \(row.member)  \(short(row.adapter.hex))  weight \(row.weight)")
        }
        for row in report.content.contributions where row.part == .excluded && row.round == found.round {
            target.say("  event \(row.event)  \(row.member)  \(short(row.adapter.hex))  excluded")
        }
        target.say("  base \(report.content.baseName) \(short(report.content.base.hex))")
        try target.write(report)
        guard found.state == .current else {
            throw Answer.no(
                "the model of \(found.round) is \(found.state.rawValue) and may not be served",
                hint: found.replacedBy.map { "\(short($0.hex)) takes its place" } ?? "lethe deletion status says why")
        }
    }
}

struct DeletionReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deletion",
        abstract: "Where a deletion stands, in any state. Exit 1 where it is overdue.",
        discussion: "The page of a certificate, which needs no ledger, is written by lethe verify --report.")
    @OptionGroup var target: ReportOutput
    @Argument(help: "The deletion's id (default: the only one).") var deletion: String?

    func run() async throws {
        let report = try await target.options().reading { ledger in
            let view = try await ledger.view
            let id = try resolve(view)
            let status = try await ledger.deletionStatus().first { $0.row.deletion == id }
            var events = DeletionStateReport.events(of: id, in: view)
            if let certified = try await ledger.certification(of: id) { events.insert(certified) }
            return DeletionStateReport(
                of: id, in: view, waits: (status?.next ?? []).map { .init(by: $0.by, step: $0.step) },
                evidence: try await ledger.cited(events), footing: try await ledger.footing("lethe report deletion \(id)"))
        }
        let content = report.content
        target.say("\(content.deletion): \(report.page.banner.heading)")
        target.say("  due \(content.dueAt), grade A\(content.grade.rawValue)")
        for point in content.openPoints { target.say("  \(point.statement)") }
        for wait in content.waitsFor { target.say("  waits for \(wait.by): \(wait.step)") }
        try target.write(report)
        guard !report.isOverdue else {
            throw Answer.no("the answer to \(content.deletion) was due \(report.limit)", hint: "lethe deletion status")
        }
    }

    private func resolve(_ view: PublicView) throws -> DeletionID {
        let all = view.allDeletions.map(\.deletion)
        guard let deletion else {
            guard let only = all.first, all.count == 1 else {
                throw Answer.unknown(
                    "this ledger has \(all.count) deletions",
                    hint: all.first.map { "name one: \($0)" } ?? "lethe deletion request records one")
            }
            return only
        }
        let id: DeletionID = try parsed(deletion, "deletion id")
        guard view.deletions[id] != nil else {
            throw Answer.unknown("there is no deletion \(id)", hint: "lethe deletion status shows them all")
        }
        return id
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
