internal import Bytes
internal import ChainViews
internal import Events

// The parts of a deletion's page that only some deletions have.
extension DeletionSurroundings {
    /// A section for each part that has something to say.
    var sections: [Section] {
        var sections: [Section] = []
        if !retraining.isEmpty { sections.append(retrainingSection) }
        if !recipients.isEmpty { sections.append(recipientSection) }
        if !holds.isEmpty || !identity.isEmpty || extended != nil || refused != nil { sections.append(answerSection) }
        if !interim.isEmpty { sections.append(interimSection) }
        return sections
    }

    private static func place(_ event: Count?) -> [Span] { [.text(event?.description ?? "—")] }

    private var retrainingSection: Section {
        let table = DataTable(
            caption: "Contributions that lose records, or start from one that does, and what takes their place",
            columns: [
                "Event", "Member", "Round", "Adapter before", "Shards again", "Shards left empty", "Adapter after",
                "Second replay",
            ],
            rows: retraining.map { row in
                [
                    ["\(row.event)"], ["\(row.member)"], ["\(row.round.name(cohort: row.cohort))"],
                    [.digest(row.before.hex)], ["\(row.shards)"],
                    ["\(row.emptied)"],
                    row.after.map { [.digest($0.hex)] }
                        ?? [row.shards.value == 0 ? "nothing is left to train on" : .mark("to be trained", .caution)],
                    Self.replays(row),
                ]
            })
        return Section("retraining", "Training again", table: table, atMost: Section.shownRows, orElse: "None.")
    }

    /// Who trained it again besides its member, and what came out.
    private static func replays(_ row: Retraining) -> [Span] {
        guard let replays = row.replays else { return [row.after == nil ? "—" : "nobody else"] }
        return replays.enumerated().flatMap { index, replay -> [Span] in
            [
                .text("\(index == 0 ? "" : "; ")\(replay.member), event \(replay.event): "),
                replay.outcome == .equal ? .mark("equal digests", .good) : .mark("other bytes", .bad),
            ]
        }
    }

    private var recipientSection: Section {
        let table = DataTable(
            caption: "Who outside the consortium was given what the deletion takes out of use",
            columns: ["Recipient", "Given by", "Event", "Told", "Answer"],
            rows: recipients.map { row in
                let told = row.outcome.map { "\($0.words)\(row.notifiedAt.map { ", \($0.date)" } ?? "")" }
                let answer = row.result.map { "\($0.words)\(row.answeredAt.map { ", \($0.date)" } ?? "")" }
                return [
                    ["\(row.recipient)"], ["\(row.givenBy)"], Self.place(row.event),
                    [told.map { .text($0) } ?? .mark("not told", .caution)],
                    [
                        answer.map { row.isSettled ? .text($0) : .mark($0, .caution) }
                            ?? (row.isSettled ? "—" : .mark("none yet", .caution))
                    ],
                ]
            })
        return Section("recipients", "Recipients", table: table, atMost: Section.shownRows, orElse: "None.")
    }

    private var answerSection: Section {
        var rows: [[[Span]]] = identity.map { step in
            let words =
                switch step.step {
                case .asked: "the person was asked who they are"
                case .confirmed: "the identity is confirmed"
                case .unconfirmed: "the identity stays unconfirmed"
                }
            return [["Identity"], [.text(words)], [.text(step.at.readable)], Self.place(step.event)]
        }
        if let extended {
            rows.append([
                ["Extension"], [.text("\(extended.reason.words); the person was told on \(extended.toldAt.readable)")],
                [.text("to \(extended.dueAt.readable)")], Self.place(extended.event),
            ])
        }
        if let refused {
            rows.append([
                ["Refusal"], [.text("\(refused.ground.rawValue), reviewed by the office \(refused.reviewer.rawValue)")],
                [.text(refused.hasNotice ? "a notice is named" : "no notice is named")], ["—"],
            ])
        }
        rows += holds.map { hold in
            [
                ["Hold \(hold.hold)"], [.text("\(hold.ground.meaning); placed by \(hold.placedBy)")],
                [.text(hold.isActive ? "until \(hold.endsAt.readable)" : "ended")], Self.place(hold.event),
            ]
        }
        let table = DataTable(
            caption: "What was recorded beside the request. A hold and a question stop no clock.",
            columns: ["What", "Why", "When", "Event"], rows: rows)
        return Section("beside", "Extensions, questions and holds", table: table, orElse: "None.")
    }

    private var interimSection: Section {
        let table = DataTable(
            caption: "For a time, approximately changed adapters. Influence may remain. This is not erasure.",
            columns: ["Model", "Served instead", "Method", "Until", "Event"],
            rows: interim.map { row in
                [
                    [.digest(row.model.hex)], [.digest(row.adapter.hex)], [.text(row.method.words)],
                    [.text(row.until.readable), row.isOver ? ", over" : .mark(", serves now", .caution)],
                    Self.place(row.event),
                ]
            })
        return Section("interim", "Interim measures", table: table, orElse: "None.")
    }

    /// The rows of the flat table.
    func add(to rows: inout DeletionRows) {
        for step in identity {
            rows.add("identity", step.step.rawValue, outcome: step.doubt?.rawValue, event: step.event, at: step.at)
        }
        if let extended {
            rows.add(
                "extension", extended.reason.rawValue, outcome: "due \(extended.dueAt)", event: extended.event,
                at: extended.toldAt)
        }
        if let refused { rows.add("refusal", refused.ground.rawValue, outcome: refused.reviewer.rawValue) }
        for hold in holds {
            rows.add(
                "hold", hold.ground.rawValue, member: hold.placedBy, outcome: hold.isActive ? "active" : "ended",
                event: hold.event, at: hold.endsAt)
        }
        for row in recipients {
            rows.add(
                "recipient", row.recipient.text, member: row.givenBy,
                outcome: row.result?.rawValue ?? row.outcome?.rawValue ?? "not told", event: row.event,
                at: row.answeredAt ?? row.notifiedAt)
        }
        for row in interim {
            rows.add(
                "interim", row.method.rawValue, before: row.model, after: row.adapter,
                outcome: row.isOver ? "over" : "serves",
                event: row.event, at: row.until)
        }
        for row in retraining {
            rows.add(
                "retraining", "\(row.shards) shards", member: row.member, round: row.round, cohort: row.cohort,
                before: row.before, after: row.after, event: row.event)
            for replay in row.replays ?? [] {
                rows.add(
                    "second-replay", member: replay.member, round: row.round, cohort: row.cohort, after: row.after,
                    outcome: replay.outcome.rawValue, event: replay.event)
            }
        }
        for shard in touched {
            rows.add("shard", "\(shard.dataset) \(shard.shard)", outcome: shard.emptied ? "emptied" : "loses records")
        }
    }
}
