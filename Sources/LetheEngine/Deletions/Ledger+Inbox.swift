internal import Bytes
public import ChainViews
public import Compliance
public import Events
internal import Foundation
internal import LedgerStore
internal import MerkleLog
internal import Unlearning

/// When a deletion is due, by its law and by the extension that is recorded.
public struct DeletionDates: Codable, Hashable, Sendable {
    /// The recorded extension's end.
    public var extendedDue: Timestamp?
    /// The end of the law's period with its grace for days that are no working days; the recorded due date where the
    /// parties agree on it.
    public var graced: Timestamp
    /// The same without grace: the alarm.
    public var strict: Timestamp

    /// By the calendar of whoever asks. No extension that somebody recorded reaches beyond what the law allows.
    public init(_ row: DeletionRow, calendar: LegalCalendar) {
        let law = DeletionLaw(row.ground)
        let deadlines = LegalDeadlines(calendar: calendar)
        let answer = deadlines.answer(law, received: row.receivedAt)
        let limit = deadlines.extendedAnswer(law, received: row.receivedAt)
        extendedDue = row.extended.map { extended in limit.map { min($0.graced, extended.dueAt) } ?? extended.dueAt }
        strict = extendedDue ?? answer?.strict ?? row.dueAt
        graced = extendedDue ?? answer?.graced ?? row.dueAt
    }

    /// Whether the answer is late at `time`.
    public func isOverdue(at time: Timestamp) -> Bool { time > graced }
}

/// Something that others wait for.
public struct InboxItem: Codable, Hashable, Sendable {
    /// What it is about: a deletion, a model, a checkpoint, a file.
    public var about: String
    /// What to type here; absent where something else has to be done than to type.
    public var command: String?
    public var due: Timestamp?
    public var isOverdue: Bool
    public var what: String

    init(_ what: String, about: String, command: String?, due: Timestamp? = nil, now: Timestamp) {
        self.about = about
        self.command = command
        self.due = due
        isOverdue = due.map { $0 < now } ?? false
        self.what = what
    }

    /// With who acts, for ledgers that hold keys of several members.
    fileprivate func acting(as member: MemberName?) -> InboxItem {
        guard let member, let command, !command.contains(" --as ") else { return self }
        var item = self
        item.command = "\(command) --as \(member)"
        return item
    }
}

extension Ledger {
    /// What others wait for from `member`, what is overdue first, then by due date.
    ///
    /// Everything follows from the chains here, the member's private one too, and from the files in the outbox.
    public func inbox(of member: MemberName, calendar: LegalCalendar) throws -> [InboxItem] {
        let view = try view
        guard view.members[member] != nil else {
            throw EngineError(.invalidRequest, "\(member) is not a member", hint: "lethe show members lists them")
        }
        let now = surroundings.now()
        let items =
            deletionItems(of: member, try viewAhead(), calendar, now) + recipientItems(of: member, view, calendar, now)
            + modelItems(of: member, view, now) + trainingItems(of: member, view, now)
            + privateItems(of: member, view, calendar, now)
            + holdItems(of: member, view, now)
        let files = try checkpointItems(of: member, view, now) + outboxItems(of: member, view, now)
        let all = (items + files).map { $0.acting(as: localMembers.count > 1 ? member : nil) }
        return all.sorted { left, right in
            (left.isOverdue ? 0 : 1, left.due ?? .latest, left.about) < (
                right.isOverdue ? 0 : 1, right.due ?? .latest, right.about
            )
        }
    }

    // MARK: Deletions

    private func deletionItems(
        of member: MemberName, _ view: PublicView, _ calendar: LegalCalendar, _ now: Timestamp
    ) -> [InboxItem] {
        let progress = DeletionProgress(view: view)
        return view.allDeletions.flatMap { row -> [InboxItem] in
            let due = DeletionDates(row, calendar: calendar).graced
            func item(_ what: String, _ command: String) -> InboxItem {
                InboxItem(what, about: row.deletion.text, command: command, due: due, now: now)
            }
            switch row.state {
            case .requested:
                guard member == row.member || member == row.author else { return [] }
                if row.identity.last?.step == .asked {
                    return [
                        item(
                            "say what came of the identity question",
                            "lethe deletion identity \(row.deletion) confirmed")
                    ]
                }
                return [item("decide", "lethe deletion decide \(row.deletion)")]
            case .accepted, .started:
                let plan = row.plan.flatMap { view.plans[$0] }
                let steps = progress.nextSteps(for: plan?.deletions ?? [row.deletion])
                let mine = steps.filter { isFor(member, $0.actor, view) }
                let command = row.plan.map { "lethe deletion execute \($0)" } ?? "lethe deletion plan \(row.deletion)"
                return mine.map { step in
                    guard case .resolve(let holder, _, _) = step else { return item(step.summary, command) }
                    return item(step.summary, "lethe deletion attest \(row.deletion) --as \(holder)")
                }
            case .completed:
                guard view.members[member]?.roles.contains(.aggregator) ?? false else { return [] }
                return [item("certify", "lethe deletion certify \(row.deletion) --output FILE")]
            case .refused, .certified: return []
            }
        }
    }

    private func isFor(_ member: MemberName, _ actor: DeletionStep.Actor, _ view: PublicView) -> Bool {
        switch actor {
        case .member(let name): name == member
        case .role(let role): view.members[member]?.roles.contains(role) ?? false
        }
    }

    /// Recipients that have something that a deletion takes out of use: to be told, and to answer.
    private func recipientItems(
        of member: MemberName, _ view: PublicView, _ calendar: LegalCalendar, _ now: Timestamp
    ) -> [InboxItem] {
        view.allDeletions.flatMap { row -> [InboxItem] in
            let mine = view.recipientDuties(of: row).filter { $0.handovers.contains { $0.author == member } }
            let due = DeletionDates(row, calendar: calendar).graced
            return mine.compactMap { duty in
                let (recipient, told) = (duty.recipient, duty.notice)
                guard !(told?.isSettled ?? false) else { return nil }
                let (verb, what) =
                    told == nil
                    ? ("notified", "tell the recipient \(recipient)")
                    : ("acknowledged", "record what the recipient \(recipient) answers")
                let rest = told == nil ? "" : " --result deleted"
                return InboxItem(
                    what, about: row.deletion.text,
                    command: "lethe record \(verb) \(row.deletion) --recipient \(recipient)\(rest)", due: due, now: now)
            }
        }
    }

    // MARK: Models, checkpoints, files

    /// Rebuilt models that nobody but their author has confirmed: a second organisation is wanted for grade A4.
    private func modelItems(of member: MemberName, _ view: PublicView, _ now: Timestamp) -> [InboxItem] {
        view.allModels.filter { row in
            row.state == .current && row.attestedBy.isEmpty && row.author != member
                && row.plan != nil
                && view.contributions(to: row.round).contains { $0.member == member }
        }.map { row in
            InboxItem(
                "merge the rebuilt model again and attest it", about: row.round.name(cohort: row.cohort),
                command: "lethe model attest \(row.cohort == nil ? row.round.text : String(row.model.hex.prefix(16)))",
                now: now)
        }
    }

    /// What was trained again and nobody else has repeated: who trained it hands over its records, or leaves that; others that
    /// contributed to the round, and auditors, repeat it once they have them.
    private func trainingItems(of member: MemberName, _ view: PublicView, _ now: Timestamp) -> [InboxItem] {
        let progress = DeletionProgress(view: view)
        return view.plans.rows.values.sorted { $0.startedAt < $1.startedAt }.flatMap { plan -> [InboxItem] in
            let deletion = plan.deletions[0]
            var trainers: [MemberName: [RoundID]] = [:]
            for case .train(let event, let round, let trainer) in progress.secondReplays(of: plan)
            where !view.trainingAttestations(of: event).contains(where: { $0.author == member }) {
                trainers[trainer, default: []].append(round)
            }
            return trainers.sorted { $0.key < $1.key }.compactMap { trainer, rounds in
                let names = Set(rounds).sorted().map(\.text).joined(separator: ", ")
                if trainer == member {
                    guard !hasHandedOver(plan, of: member) else { return nil }
                    return InboxItem(
                        "hand the records of \(names) to another organisation, or leave grade A4", about: deletion.text,
                        command: "lethe deletion export \(deletion) --to MEMBER --kind member --output DIR", now: now)
                }
                let isAsked =
                    view.members[member]?.roles.contains(.auditor) ?? false
                    || rounds.contains { round in view.contributions(to: round).contains { $0.member == member } }
                guard isAsked else { return nil }
                return InboxItem(
                    "train what \(trainer) contributed to \(names) again, from its records, and attest it",
                    about: deletion.text,
                    command: "lethe deletion replay \(deletion) --data DIR --base DIR", now: now)
            }
        }
    }

    /// Whether `member` recorded that it handed a run under `plan` to another member.
    private func hasHandedOver(_ plan: PlanRow, of member: MemberName) -> Bool {
        guard let chain = privateChain(of: member).flatMap({ privateViews[$0] }) else { return false }
        let runs = Set(chain.allRuns.filter { $0.trained.plan == plan.plan }.map(\.position))
        return chain.allAccesses.contains { row in
            row.accessed.reader == .member && row.accessed.leaves.contains(where: runs.contains)
        }
    }

    /// The kept checkpoint of the public chain, where the member is a witness and has not cosigned it.
    private func checkpointItems(of member: MemberName, _ view: PublicView, _ now: Timestamp) throws -> [InboxItem] {
        guard view.members[member]?.roles.contains(.witness) ?? false else { return [] }
        guard let chain = try summary().chains.first(where: { $0.origin == view.origin }) else { return [] }
        guard chain.checkpointSize > 0, !chain.cosigners.contains(member.text) else { return [] }
        return [
            InboxItem(
                "cosign the checkpoint of \(chain.checkpointSize) events", about: view.origin.text,
                command: "lethe witness cosign", now: now)
        ]
    }

    /// Envelopes that wait for an operator, and drafts beside them that wait for the member's signature.
    private func outboxItems(of member: MemberName, _ view: PublicView, _ now: Timestamp) throws -> [InboxItem] {
        let folder = directory.paths.outbox
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let keys = Set(view.activeKeys(of: member, for: .event).map(\.key.keyID))
        var items: [InboxItem] = []
        for name in names.sorted() {
            let path = "\(folder)/\(name)"
            let lines = (FileManager.default.contents(atPath: path) ?? Data()).split(separator: 0x0a).map(Array.init)
            let events = lines.compactMap { try? ReceivedEvent(parsing: $0) }
            let fresh = try events.filter { try !isOnChain($0) }
            guard !fresh.isEmpty else { continue }
            if fresh.contains(where: { $0.statement.author == member }), name.hasSuffix(".jsonl") {
                items.append(sending(fresh.count, path, about: name, view, now))
            } else if !name.hasSuffix(".jsonl"),
                fresh.contains(where: { $0.envelope.signatures.allSatisfy { !keys.contains($0.keyID) } })
            {
                items.append(
                    InboxItem("sign a draft, or leave it", about: name, command: "lethe sign \(path)", now: now))
            }
        }
        return items
    }

    /// What waits in the file at `path`: its member can send it, and the operator alone appends it.
    private func sending(
        _ count: Int, _ path: String, about name: String, _ view: PublicView, _ now: Timestamp
    ) -> InboxItem {
        let chainOperator = view.charter.map { "the operator, \($0.chainOperator)," } ?? "the operator"
        return InboxItem(
            "send \(path) to \(chainOperator) who appends its \(count) event(s); then import the chain that comes back",
            about: name, command: nil, now: now)
    }

    private func isOnChain(_ event: ReceivedEvent) throws -> Bool {
        guard let chain = try directory.events.chain(event.statement.chain.text) else { return false }
        return try directory.events.position(of: LeafHash(retagging: event.hash), in: chain) != nil
    }

    // MARK: What the member owes on its own private chain

    private func privateItems(
        of member: MemberName, _ view: PublicView, _ calendar: LegalCalendar, _ now: Timestamp
    ) -> [InboxItem] {
        guard let origin = privateChain(of: member), let chain = privateViews[origin] else { return [] }
        return incidentItems(chain, calendar, now) + questionItems(chain, calendar, now) + scopeItems(chain, view, now)
    }

    private func incidentItems(_ chain: PrivateView, _ calendar: LegalCalendar, _ now: Timestamp) -> [InboxItem] {
        let open = chain.governance.incidents.rows.values.filter { !$0.isClosed }.sorted { $0.position < $1.position }
        return open.flatMap { row -> [InboxItem] in
            let steps = Set(row.steps.map(\.step))
            let isUnlikely = row.steps.contains { $0.risk == .unlikely }
            let isBreach = row.detected.kind == .personalDataBreach
            let id = row.detected.incident
            func item(_ what: String, _ step: String, due: Timestamp?) -> InboxItem {
                InboxItem(
                    what, about: id.text, command: "lethe record incident-step \(id) --step \(step) --at TIME",
                    due: due,
                    now: now)
            }
            if row.detected.part == .processor, !steps.contains(.controllerNotified) {
                return [item("tell the controller", "controller-notified", due: row.detected.awareAt)]
            }
            if isBreach, row.detected.part == .controller, !isUnlikely, !steps.contains(.authorityNotified) {
                let due = LegalDeadlines(calendar: calendar).breachNotice(aware: row.detected.awareAt)?.graced
                return [item("tell the authority, or assess the risk as unlikely", "authority-notified", due: due)]
            }
            return [item("document facts, effects and remedy, and close", "closed", due: nil)]
        }
    }

    /// Persons who asked who received their data, and were not told since: within a month (GDPR Art. 12(3), 19).
    private func questionItems(_ chain: PrivateView, _ calendar: LegalCalendar, _ now: Timestamp) -> [InboxItem] {
        let notices = chain.governance.notices.rows.values.map(\.sent)
        let open = chain.governance.questions.rows.values.map(\.asked).filter { asked in
            !notices.contains { notice in
                notice.deletion == asked.deletion && notice.sentAt >= asked.receivedAt
                    && (notice.kind == .recipients || notice.contents.contains(.recipients))
            }
        }
        return open.sorted { ($0.receivedAt, $0.deletion) < ($1.receivedAt, $1.deletion) }.map { asked in
            InboxItem(
                "tell the person who received the data", about: asked.deletion.text,
                command:
                    "lethe record notice \(asked.deletion) --kind recipients --contents recipients --sent TIME --channel WORD",
                due: LegalDeadlines(calendar: calendar).gdprAnswer(received: asked.receivedAt)?.graced, now: now)
        }
    }

    /// The private side of completed deletions that no hold keeps: who asked for what is to go too.
    private func scopeItems(_ chain: PrivateView, _ view: PublicView, _ now: Timestamp) -> [InboxItem] {
        chain.scopes.rows.values.sorted { $0.deletion < $1.deletion }.compactMap { scope in
            guard chain.bodies[scope.body]?.erasedBy == nil, let row = view.deletions[scope.deletion],
                row.state == .completed || row.state == .certified,
                !view.isHeld(scope.deletion, at: now)
            else { return nil }
            return InboxItem(
                "erase who asked for what", about: scope.deletion.text, command: "lethe body erase \(scope.body)",
                now: now)
        }
    }

    private func holdItems(of member: MemberName, _ view: PublicView, _ now: Timestamp) -> [InboxItem] {
        view.allHolds.filter { $0.author == member && $0.releasedBy == nil && $0.placed.endsAt < now }.map { row in
            InboxItem(
                "the hold has ended: release it, or place another", about: row.placed.hold.text,
                command: "lethe deletion hold release \(row.placed.hold)", due: row.placed.endsAt, now: now)
        }
    }
}

extension Timestamp {
    fileprivate static let latest = Timestamp(seconds: 253_402_300_799)!
}
