import ArgumentParser
import Bytes
import Compliance
import Events
import Foundation
import LetheEngine
import Reports

struct ComplianceReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compliance",
        abstract: "Judge control packs over the ledger. Exit 1 where a control fails, 2 where it cannot be told.",
        discussion: """
            The chain is verified from its entries, then each control's query runs over a database made from them. \
            Packs come from --packs, else from beside the program; schemas/policy-packs.md says what they are.
            """)
    @OptionGroup var target: ReportOutput
    @Option(name: .long, help: "Look at the private chain of this member too; its keys must be here.") var `as`: String?
    @Option(help: "What the organisation is under the law, with commas: controller,processor, …") var roles: String
    @Option(help: "The folder of packs.") var packs: String?
    @Option(name: .long, parsing: .singleValue, help: "A pack to judge by, by its name (default: all).")
    var pack: [String] = []
    @Option(help: "Judge as of this time, or the end of this day in UTC (default: now).") var asOf: String?
    @Option(help: "How many witnesses make a checkpoint's time proven.") var quorum = 1
    @Option(help: "Where deadlines end: UTC, +01:00, Europe/Berlin.") var timeZone = "UTC"
    @Option(help: "A file of public holidays, one date a line.") var holidays: String?
    @Option(help: "A YAML file with judgements, waivers and management responses.") var answers: String?

    func run() async throws {
        let setting = try ComplianceSetting(self)
        let (answer, footing) = try await target.options(as: self.as).readingEntries { ledger in
            let question = try setting.question(now: ledger.surroundings.now())
            let answer = try await ledger.compliance(question)
            return (answer, try await ledger.footing(setting.command(question), size: answer.result.size))
        }
        let report = ComplianceReport(
            answer.result, evidence: answer.evidence, setting: setting.reportSetting(answer), footing: footing)
        if !target.isPiped { print(ComplianceText(answer.result).text) }
        try target.write(report)
        try conclude(answer.result)
    }

    /// Ends with the exit code that the result has.
    private func conclude(_ result: ComplianceResult) throws {
        let hint =
            target.output.first.map { "\($0) says what to look at" }
            ?? "--output FILE.html writes the whole report"
        switch result.overall {
        case .pass, .waived: return
        case .fail: throw Answer.no(result.headline.lowercasedFirst, hint: hint)
        case .error, .notEvaluated, .notApplicable: throw Answer.unknown(result.headline.lowercasedFirst, hint: hint)
        }
    }
}

/// The options of the command, read and judged before the ledger is opened.
private struct ComplianceSetting: Sendable {
    private let command: ComplianceReportCommand
    private let roles: Set<PartyRole>
    private let all: [Pack]
    private let chosen: [Pack]
    private let asOf: Timestamp?
    private let calendar: LegalCalendar
    private let answers: Answers
    private let answersFile: ComplianceReport.AnswersFile?
    private let member: MemberName?

    init(_ command: ComplianceReportCommand) throws {
        self.command = command
        roles = try Self.roles(command.roles)
        member = try command.as.map { try parsed($0, "member name") }
        asOf = try command.asOf.map(Self.time)
        guard command.quorum >= 1 else {
            throw Answer(code: 64, message: "a quorum of \(command.quorum) proves nothing", hint: "--quorum 1 or more")
        }
        calendar = try legalCalendar(timeZone: command.timeZone, holidays: command.holidays)
        all = try PackLibrary(named: command.packs).packs()
        chosen = try Self.choose(command.pack, of: all)
        (answers, answersFile) = try Self.answers(command.answers, packs: all)
    }

    private static func roles(_ text: String) throws -> Set<PartyRole> {
        Set(
            try text.split(separator: ",").map { name in
                let role: PartyRole = try parsed(String(name), "legal role")
                guard role != .any else {
                    throw Answer(
                        code: 64, message: "any is no role of an organisation", hint: "e.g. --roles controller")
                }
                return role
            })
    }

    private static func time(_ text: String) throws -> Timestamp {
        if let day = CalendarDate(text) { return Timestamp(seconds: day.daysSince1970 * 86_400 + 86_399)! }
        guard let time = Timestamp(text) else {
            throw Answer(code: 64, message: "\"\(text)\" is no time", hint: "2027-12-02 or 2027-12-02T10:00:00Z")
        }
        return time
    }

    private static func choose(_ names: [String], of packs: [Pack]) throws -> [Pack] {
        guard !names.isEmpty else { return packs }
        return try names.map { name in
            guard let pack = packs.first(where: { $0.id.text == name }) else {
                throw Answer(
                    code: 64, message: "there is no pack \"\(name)\"",
                    hint: "one of \(packs.map(\.id.text).joined(separator: ", "))")
            }
            return pack
        }
    }

    private static func answers(
        _ path: String?, packs: [Pack]
    ) throws -> (Answers, ComplianceReport.AnswersFile?) {
        guard let path else { return (Answers(), nil) }
        let bytes = try readFile(path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Answer.unknown("\(path) is not UTF-8", hint: "schemas/reports.md shows such a file")
        }
        let name = URL(fileURLWithPath: path).lastPathComponent
        let answers: Answers
        do throws(PackError) {
            answers = try Answers(parsing: text, file: name)
        } catch {
            throw Answer.unknown("the answers cannot be used: \(error)", hint: "schemas/reports.md shows such a file")
        }
        let known = Set(packs.flatMap { $0.controls.map(\.id.text) })
        // An answer to a control that does not exist answers nothing, and looks as if it did.
        if let unknown = answers.controls.first(where: { !known.contains($0) }) {
            throw Answer.unknown("\(name): there is no control \"\(unknown)\"", hint: "check its spelling")
        }
        return (answers, .init(name: name, digest: .sha256(bytes)))
    }

    func question(now: Timestamp) throws -> ComplianceQuestion {
        ComplianceQuestion(
            packs: chosen, asOf: asOf ?? now, roles: roles, member: member, quorum: command.quorum,
            calendar: calendar, answers: answers)
    }

    func reportSetting(_ answer: ComplianceAnswer) -> ComplianceReport.Setting {
        let names = Set(chosen.map(\.id))
        var answers = answers
        answers.waivers = answer.waivers
        return ComplianceReport.Setting(
            organisation: member, privateChain: answer.privateChain, otherChains: answer.otherChains,
            quorum: command.quorum, timeZone: command.timeZone, holidays: calendar.holidays.count, answers: answers,
            answersFile: answersFile, refusedAt: answer.refusal?.index,
            leftOut: all.map(\.id).filter { !names.contains($0) })
    }

    /// The command line that asks the same again.
    func command(_ question: ComplianceQuestion) -> String {
        var words = ["lethe report compliance", "--roles \(roles.map(\.rawValue).sorted().joined(separator: ","))"]
        words += command.pack.map { "--pack \($0)" }
        words.append("--as-of \(question.asOf)")
        if let member { words.append("--as \(member)") }
        if command.quorum != 1 { words.append("--quorum \(command.quorum)") }
        if command.timeZone != "UTC" { words.append("--time-zone \(command.timeZone)") }
        if command.holidays != nil { words.append("--holidays FILE") }
        if let answersFile { words.append("--answers \(answersFile.name)") }
        return words.joined(separator: " ")
    }
}

/// The verdict on a terminal: the whole, the counts, what fails, what waits.
struct ComplianceText {
    private let result: ComplianceResult
    /// Exceptions of one control that are printed.
    private static let shown = 5

    init(_ result: ComplianceResult) { self.result = result }

    var text: String {
        let roles = result.roles.map(\.rawValue).joined(separator: ", ")
        let counts = [ResultWord.pass, .fail, .error, .notApplicable, .notEvaluated, .waived]
            .map { "\(result.count($0)) \($0.words)" }
        let lines = [
            "\(result.chain), \(result.size) events, as of \(result.asOf), for \(roles)",
            result.headline, "  " + counts.joined(separator: ", "),
        ]
        return (lines + findings).map(PlainText.line).joined(separator: "\n")
    }

    private var findings: [String] {
        let controls = result.packs.flatMap(\.controls)
        return [ResultWord.fail, .error, .waived, .notEvaluated].flatMap { word in
            controls.filter { $0.word == word }.flatMap { control in
                ["\(word.words): \(control.control)  \(control.title)"] + details(control)
            }
        }
    }

    private func details(_ control: ControlResult) -> [String] {
        var lines = control.explanation.map { ["  \($0)"] } ?? []
        for row in control.violations.prefix(Self.shown) {
            let subject = row.violation.subject
            let name = ArtifactDigest(hex: subject) == nil ? subject : short(subject)
            let waiver = row.waiver.map { ", waived by \($0)" } ?? ""
            lines.append("  \(name): \(row.violation.reason)\(waiver)")
        }
        let more = control.violations.count - Self.shown
        if more > 0 { lines.append("  … and \(more)\(control.isTruncated ? " or" : "") more") }
        return lines
    }
}
