import ArgumentParser
import Bytes
import ChainViews
import Compliance
import Events
import Foundation
import LetheEngine
import Unlearning

/// The calendar that due dates are counted by.
struct CalendarOptions: ParsableArguments {
    @Option(help: "Where deadlines end: UTC, +01:00, Europe/Berlin.") var timeZone = "UTC"
    @Option(help: "A file of public holidays, one date a line.") var holidays: String?

    var calendar: LegalCalendar {
        get throws { try legalCalendar(timeZone: timeZone, holidays: holidays) }
    }
}

/// The calendar of a time zone, with the holidays in the file at `path`.
func legalCalendar(timeZone text: String, holidays path: String?) throws -> LegalCalendar {
    guard let zone = LegalTimeZone(text) else {
        throw Answer(code: 64, message: "\"\(text)\" is no time zone", hint: "UTC, +01:00 or Europe/Berlin")
    }
    guard let path else { return LegalCalendar(timeZone: zone) }
    let lines = String(decoding: try readFile(path), as: UTF8.self).split(separator: "\n")
        .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    let days = try lines.map { line in
        guard let day = CalendarDate(line) else {
            throw Answer.unknown("\(path): \"\(line)\" is no date", hint: "one date a line: 2027-01-01")
        }
        return day
    }
    return LegalCalendar(timeZone: zone, holidays: Set(days))
}

extension DeletionCommand {
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All deletions: due dates, and what each waits for and on whom.",
            discussion: """
                "due" is the last day without grace, "limit" with the grace that the law gives where that day is no \
                working day. Both follow from receipt, the ground's law, the calendar given here, and an extension that \
                is recorded. A hold or an identity question does not stop the clock.
                """)
        @OptionGroup var options: LedgerOptions
        @OptionGroup var calendar: CalendarOptions
        @Flag(help: "Leave out what is refused or certified.") var open = false

        func run() async throws {
            try await printDeletions(options, calendar.calendar, onlyOpen: open)
        }
    }

    struct Extend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that the answer comes later, and that the person was told why.",
            discussion: """
                Once, for a reason that the law names, told inside the ordinary period; under the GDPR three months from \
                receipt end it, under the CCPA 90 days.
                """)
        @OptionGroup var options: LedgerOptions
        @OptionGroup var calendar: CalendarOptions
        @Argument(help: "The deletion's id.") var deletion: String
        @Option(help: "complexity or number-of-requests.") var reason: String
        @Option(help: "When the person was told (default: now).") var told: String?
        @Option(help: "When the answer is due (default: as late as the law allows, without grace).") var until: String?
        @Option(help: "The notice-sent event on the private chain.") var notice: String?

        func run() async throws {
            let reason: DeletionExtended.Reason = try parsed(reason, "reason")
            let told: Timestamp? = try told.map { try parsed($0, "time") }
            let until: Timestamp? = try until.map { try parsed($0, "time") }
            _ = try notice.map { try beginning($0, "event hash") }
            let calendar = try calendar.calendar
            try await options.writing { ledger in
                let author = try await options.actor(ledger)
                let id = try await ledger.resolveDeletion(deletion)
                let notice = try await notice.asyncMap { try await ledger.resolveEvent($0) }
                guard let row = try await ledger.view.deletions[id] else {
                    throw EngineError(
                        .missing, "\(id) waits in the outbox: it is not on the chain yet",
                        hint: "send the outbox to the chain's operator, and import the chain that comes back")
                }
                let deadlines = LegalDeadlines(calendar: calendar)
                let law = DeletionLaw(row.ground)
                let limit = deadlines.extendedAnswer(law, received: row.receivedAt)
                guard let due = until ?? limit?.strict else {
                    throw Answer(
                        code: 64, message: "\(id) rests on an agreement, which gives no longest extension",
                        hint: "say when it is due: --until TIME")
                }
                let toldAt = told ?? ledger.surroundings.now()
                try check(id, row, due, toldAt, deadlines)
                let event = DeletionExtended(deletion: id, dueAt: due, notice: notice, reason: reason, toldAt: toldAt)
                let recorded = try await ledger.record(.deletionExtended(event), as: author, on: ledger.publicOrigin)
                printRecorded(
                    recorded, "\(id) is due on \(calendar.day(of: due)?.text ?? due.text) now", json: options.json)
            }
        }

        /// The law's limits by this calendar; the chain itself refuses only what no calendar allows.
        private func check(
            _ id: DeletionID, _ row: DeletionRow, _ due: Timestamp, _ told: Timestamp, _ deadlines: LegalDeadlines
        ) throws {
            let law = DeletionLaw(row.ground)
            if let limit = deadlines.extendedAnswer(law, received: row.receivedAt), due > limit.graced {
                throw Answer.no(
                    "\(id) cannot be extended to \(due): \(law.rawValue) ends at \(limit.graced)",
                    hint: "give an earlier --until")
            }
            if let limit = deadlines.answer(law, received: row.receivedAt), told > limit.graced {
                throw Answer.no(
                    "the person was told at \(told), after the ordinary period had ended at \(limit.graced)",
                    hint: "there is no extension any more: answer the request")
            }
        }
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "hold", abstract: "Keep the private side of a request for a time. It stops no clock.",
            subcommands: [Place.self, Release.self])

        struct Place: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Place a hold.")
            @OptionGroup var options: LedgerOptions
            @Argument(help: "The deletion's id.") var deletion: String?
            @Option(help: "A data set instead of a deletion.") var dataset: String?
            @Option(help: "gdpr-17-3-e, gdpr-18-1, authority-order or statutory-retention.") var ground = "gdpr-17-3-e"
            @Option(help: "When it ends (default: 90 days from now).") var until: String?
            @Option(help: "The hold's id (default: a fresh one).") var id: String?

            func run() async throws {
                let dataset: DatasetID? = try dataset.map { try parsed($0, "data set id") }
                let ground: HoldPlaced.Ground = try parsed(ground, "ground")
                let until: Timestamp? = try until.map { try parsed($0, "time") }
                guard (deletion == nil) != (dataset == nil) else {
                    throw Answer(
                        code: 64, message: "a hold keeps a deletion's private side or a data set, one of them",
                        hint: "lethe deletion hold place DELETION, or --dataset ID")
                }
                try await options.writing { ledger in
                    let author = try await options.actor(ledger)
                    let deletion = try await deletion.asyncMap { try await ledger.resolveDeletion($0) }
                    let end = until ?? Timestamp(seconds: ledger.surroundings.now().seconds + 90 * 86_400)!
                    let event = HoldPlaced(
                        dataset: dataset, deletion: deletion, endsAt: end, ground: ground,
                        hold: try identifier(id, "hold", "hold id", ledger))
                    let recorded = try await ledger.record(.holdPlaced(event), as: author, on: ledger.publicOrigin)
                    printRecorded(recorded, "\(event.hold) until \(end.date)", json: options.json)
                }
            }
        }

        struct Release: AsyncParsableCommand {
            static let configuration = CommandConfiguration(abstract: "End a hold before its day.")
            @OptionGroup var options: LedgerOptions
            @Argument(help: "The hold's id.") var hold: String
            @Option(name: .customLong("with"), parsing: .singleValue, help: "Another local member that signs.")
            var cosigners: [String] = []

            func run() async throws {
                let hold: HoldID = try parsed(hold, "hold id")
                let cosigners: [MemberName] = try cosigners.map { try parsed($0, "member name") }
                try await options.writing { ledger in
                    let author = try await options.actor(ledger)
                    let recorded = try await ledger.record(
                        .holdReleased(HoldReleased(hold: hold)), as: author, on: ledger.publicOrigin,
                        cosigners: cosigners)
                    printRecorded(recorded, "released \(hold)", json: options.json)
                }
            }
        }
    }

    struct Identity: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A doubt about who asks: that the person was asked, and what came of it.",
            discussion: "The due date stays: a question stops no clock by itself.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The deletion's id.") var deletion: String
        @Argument(help: "asked, confirmed or unconfirmed.") var step: String
        @Option(help: "With asked: data-do-not-match, contact-unknown, acts-for-another or several-persons-match.")
        var doubt: String?

        func run() async throws {
            let doubt: IdentityChecked.Doubt? = try doubt.map { try parsed($0, "doubt") }
            let step: IdentityChecked.Step = try parsed(step, "step")
            try await options.writing { ledger in
                let event = IdentityChecked(
                    deletion: try await ledger.resolveDeletion(deletion), doubt: doubt, step: step)
                let author = try await options.actor(ledger)
                let recorded = try await ledger.record(.identityChecked(event), as: author, on: ledger.publicOrigin)
                printRecorded(recorded, "\(event.deletion): identity \(event.step.rawValue)", json: options.json)
            }
        }
    }
}

/// All deletions with their due dates by `calendar`, or those that wait for something.
func printDeletions(_ options: LedgerOptions, _ calendar: LegalCalendar, onlyOpen: Bool) async throws {
    let (all, view, now) = try await options.reading { ledger in
        (try await ledger.deletionStatus(calendar: calendar), try await ledger.view, ledger.surroundings.now())
    }
    let rows = all.filter { !onlyOpen || ![.refused, .certified].contains($0.row.state) }
    if options.json { return printJSON(rows.map(DeletionAnswer.init)) }
    guard !rows.isEmpty else { return print(all.isEmpty ? "no deletions" : "no open deletions") }
    var table = TextTable(["deletion", "member", "received", "due", "limit", "state", "grade", "waits for"])
    for status in rows {
        let next = status.next.map { "\($0.by): \($0.step)" }.joined(separator: "; ")
        let marks = [
            status.isOverdue ? "overdue" : nil, status.row.extended == nil ? nil : "extended",
            status.row.identity.last?.step == .asked ? "identity asked" : nil,
            view.isHeld(status.row.deletion, at: now) ? "held" : nil,
        ].compactMap { $0 }
        table.add([
            status.row.deletion.text, status.row.member.text, status.row.receivedAt.date.text,
            calendar.day(of: status.dates.strict)?.text ?? "-", calendar.day(of: status.dates.graced)?.text ?? "-",
            ([status.row.state.rawValue] + marks).joined(separator: ", "), "A\(status.grade.rawValue)",
            next.isEmpty ? "nobody" : next,
        ])
    }
    print(table.text)
    for measure in rows.flatMap(\.mitigations) {
        print("\(measure.deletion): \(measure.words): \(measure.method.rawValue) of \(short(measure.model.hex))")
    }
    for status in rows {
        for replay in status.secondReplays { print("\(status.row.deletion): for grade A4 \(replay.summary)") }
    }
}

/// What others wait for from one member.
struct InboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbox", abstract: "What others wait for from a member, what is overdue first.")
    @OptionGroup var options: LedgerOptions
    @OptionGroup var calendar: CalendarOptions

    func run() async throws {
        let calendar = try calendar.calendar
        let (items, member) = try await options.reading { ledger in
            // Another member's is shown as far as the public chain tells.
            let named: MemberName? = try options.as.map { try parsed($0, "member name") }
            let member = if let named { named } else { try await options.actor(ledger) }
            return (try await ledger.inbox(of: member, calendar: calendar), member)
        }
        if options.json { return printJSON(items) }
        guard !items.isEmpty else { return print("nobody waits for \(member)") }
        var table = TextTable(["due", "about", "what", "command"])
        for item in items {
            let due = item.due.flatMap(calendar.day(of:))?.text ?? "-"
            table.add([item.isOverdue ? "\(due), overdue" : due, item.about, item.what, item.command ?? "-"])
        }
        print(table.text)
    }
}
