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

/// Where a report goes: files whose endings say in which form, and one form to the standard output.
struct ReportOutput: ParsableArguments {
    @Option(name: .long, help: "The ledger directory (default: $LETHE_LEDGER, else the current directory).")
    var ledger: String?
    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: "A file to write; its ending says what it is: .html, .json or .csv. May be given for each.")
    var output: [String] = []
    @Flag(help: "Print the report's data as JSON.") var json = false
    @Flag(help: "Print it as flat rows of CSV.") var csv = false

    /// A form that a report has.
    private enum Form: String, CaseIterable {
        case html, json, csv

        /// The form of the file that is called `path`.
        init?(path: String) {
            guard let ending = path.split(separator: "/").last?.split(separator: ".").dropFirst().last else {
                return nil
            }
            self.init(rawValue: ending.lowercased())
        }
    }

    func validate() throws {
        guard !json || !csv else { throw ValidationError("--json and --csv cannot both go to the standard output") }
        for path in output where Form(path: path) == nil {
            throw ValidationError("\(path) ends in none of .html, .json and .csv")
        }
    }

    /// Whether the standard output is the report itself, so that nothing else may be said there.
    var isPiped: Bool { json || csv }

    func options(as member: String? = nil) -> LedgerOptions {
        var options = LedgerOptions()
        options.ledger = ledger
        options.as = member
        options.json = false
        return options
    }

    /// Writes what was asked for, each file whole or not at all, then says so.
    func write(_ report: some Report) throws {
        for path in output {
            switch Form(path: path) {
            case .json:
                try writeFile(report.json() + [0x0a], to: path)
                say("\(path): the report's data")
            case .csv:
                try writeFile(Array(report.csv().utf8), to: path)
                say("\(path): \(report.rows.rows.count) rows")
            case .html, nil:
                try writeFile(Array(report.html().utf8), to: path)
                say("\(path): page, its data have the SHA-256 \(report.page.dataDigest)")
            }
        }
        if json { FileHandle.standardOutput.write(Data(report.json() + [0x0a])) }
        if csv { FileHandle.standardOutput.write(Data(report.csv().utf8)) }
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
        let report = try await target.options(as: self.as).readingEntries { ledger in
            let view = try await ledger.verifiedView()
            let row = try await ledger.modelAskedFor(model, isDirectory: isThere, in: view)
            let file = isThere ? URL(fileURLWithPath: model).lastPathComponent : nil
            let own = try await ledger.verifiedOwnView(of: member, beside: view)
            var epochs: [EpochDeviation] = []
            if let own { epochs = try await ledger.epochDeviations(in: view, beside: own).found }
            return ProvenanceReport(
                of: row, in: view, evidence: try await ledger.cited(ProvenanceReport.events(of: row, in: view)),
                file: file,
                footing: try await ledger.footing(
                    "lethe report provenance \(file ?? row.model.hex)" + (member.map { " --as \($0)" } ?? ""),
                    size: view.size),
                privateChain: own,
                epochs: epochs.map { .init(.epochs, of: $0.contribution, decided: $0.decided, trained: $0.trained) })
        }
        let found = report.content.model
        target.say("\(report.page.banner.heading)")
        let merged = report.content.contributions.filter { $0.part == ProvenanceReport.Contribution.Part.merged }
        for row in merged {
            target.say("  event \(row.event)  \(row.member)  \(short(row.adapter.hex))  weight \(row.weight)")
        }
        let leftOut: [ProvenanceReport.Contribution.Part] = [.affected, .excluded, .withdrawn]
        for row in report.content.contributions where leftOut.contains(row.part) && row.round == found.round {
            target.say("  event \(row.event)  \(row.member)  \(short(row.adapter.hex))  \(row.part.rawValue)")
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
        let report = try await target.options().readingEntries { ledger in
            let view = try await ledger.verifiedView()
            let id = try resolve(view)
            var events = DeletionStateReport.events(of: id, in: view)
            if let certified = try await ledger.certification(of: id, in: view) { events.insert(certified) }
            let waits = ledger.nextSteps(of: view.deletions[id]!, in: view)
            return DeletionStateReport(
                of: id, in: view, waits: waits.map { .init(by: $0.by, step: $0.step) },
                evidence: try await ledger.cited(events),
                footing: try await ledger.footing("lethe report deletion \(id)", size: view.size))
        }
        let content = report.content
        target.say("\(content.deletion): \(report.page.banner.heading)")
        target.say("  due \(report.limit), grade A\(content.grade.rawValue)")
        for point in content.openPoints { target.say("  \(point.statement)") }
        for wait in content.waitsFor { target.say("  waits for \(wait.by): \(wait.step)") }
        try target.write(report)
        guard !report.isOverdue else {
            throw Answer.no("the answer to \(content.deletion) was due \(report.limit)", hint: "lethe deletion status")
        }
    }

    private func resolve(_ view: PublicView) throws -> DeletionID {
        let all = view.allDeletions
        if let deletion { return try Ledger.deletion(deletion, among: all) }
        guard let only = all.first, all.count == 1 else {
            let names = all.map { "\($0.deletion) (\($0.member), \($0.state.rawValue))" }
            throw Answer.unknown(
                "this ledger has \(all.count) deletions",
                hint: all.isEmpty
                    ? "lethe deletion request records one" : "name one: \(names.joined(separator: ", "))")
        }
        return only.deletion
    }
}

extension Ledger {
    /// What a report of this ledger stands on.
    func footing(_ command: String, size: Int? = nil) throws -> Footing {
        let (origin, view) = (try publicOrigin, try view)
        let kept = try newestCheckpoint(of: origin)
        let cosigned = kept?.cosigners.isEmpty ?? false ? try newestCosignedCheckpoint(of: origin) : nil
        return Footing(
            chain: origin, size: Count(size ?? view.size)!, checkpoint: kept.map(Footing.KnownCheckpoint.init),
            cosigned: cosigned.map(Footing.KnownCheckpoint.init), command: command, madeAt: surroundings.now())
    }
}

extension Footing.KnownCheckpoint {
    fileprivate init(_ checkpoint: Checkpoint, cosigners: [MemberName]) {
        self.init(
            size: Count(checkpoint.size.rawValue)!, root: .init(retagging: checkpoint.root), cosigners: cosigners)
    }
}
