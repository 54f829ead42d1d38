public import Bytes
public import ChainViews
public import Events
public import Compliance
internal import LedgerStore
internal import Replay
internal import Signing
public import Unlearning

/// A request for deletion as it came in.
public struct DeletionRequest: Sendable {
    /// Whose contributions or records are to go.
    public var member: MemberName
    public var matter: DeletionSubjectMatter
    public var ground: DeletionGround
    public var receivedAt: Timestamp
    /// In the requester's words. It goes into a body on the author's private chain, never onto the public one.
    public var reason: String

    public init(
        member: MemberName, matter: DeletionSubjectMatter = .member, ground: DeletionGround, receivedAt: Timestamp,
        reason: String
    ) {
        self.member = member
        self.matter = matter
        self.ground = ground
        self.receivedAt = receivedAt
        self.reason = reason
    }

    /// When the answer is due: one calendar month after receipt (GDPR Art. 12(3), Regulation 1182/71), 45 days under the
    /// CCPA (11 CCR 7021(b)), one month by agreement otherwise. Without grace for weekends: the alarm, not the limit.
    var dueAt: Timestamp {
        switch ground {
        case .ccpa1798105: return Timestamp(seconds: receivedAt.seconds + 45 * 86_400) ?? receivedAt
        default:
            guard let date = receivedAt.date.addingMonths(1) else { return receivedAt }
            let midnight = Timestamp(midnightOf: date)?.seconds ?? receivedAt.seconds
            return Timestamp(seconds: midnight + receivedAt.seconds % 86_400) ?? receivedAt
        }
    }
}

/// Where one deletion stands and what it waits for.
public struct DeletionStatus: Sendable {
    public var row: DeletionRow
    public var grade: Grade
    public var dates: DeletionDates
    /// Whether the answer is late now. What was answered in time, or refused, is not.
    public var isOverdue: Bool
    /// The next steps, and who can take each.
    public var next: [(step: String, by: String)]
    /// Approximate measures that serve until it is carried out.
    public var mitigations: [MitigationStatus]
    /// What others have to repeat before it has grade A4. Nobody has to.
    public var secondReplays: [SecondReplay]
}

extension Ledger {
    /// Records a request: what it is about on the author's private chain, an opaque id on the public one.
    ///
    /// - Parameter again: also where an open request is about the same.
    public func requestDeletion(
        _ request: DeletionRequest, as author: MemberName, again: Bool = false
    ) throws -> (id: DeletionID, recorded: Recorded) {
        let now = surroundings.now()
        guard request.receivedAt <= now else {
            throw EngineError(
                .invalidRequest, "\(request.receivedAt) lies ahead of \(now): no request was received then",
                hint: "the time of receipt starts the clock of the law: check --received, and this machine's clock")
        }
        let records = try records(for: request, as: author)
        if !again { try refuseRepeated(request, records) }
        let id = DeletionID("del-" + Hex.encode(surroundings.random.generate(6)))!
        let event = DeletionRequested(
            deletion: id, dueAt: request.dueAt, ground: request.ground, member: request.member,
            receivedAt: request.receivedAt, scope: records == nil ? .contributions : .records)
        try dryRun(.deletionRequested(event), as: author, on: publicOrigin)
        if let origin = privateChain(of: author) {
            let body = CanonicalJSON.encode(DeletionScopeDocument(request, records))
            try record(
                .deletionScoped(DeletionScoped(deletion: id)), as: author, on: origin, body: (.json, body))
        }
        return (id, try record(.deletionRequested(event), as: author, on: publicOrigin))
    }

    /// Refuses a request that an open one makes already: of all contributions of the member, or of the same records.
    ///
    /// Whom a request for records is about stands on the member's private chain alone, so only its own ledger sees it.
    private func refuseRepeated(
        _ request: DeletionRequest, _ records: [DatasetID: [RecordCommitment]]?
    ) throws {
        let wanted = DeletionScopeDocument(request, records)
        for row in try viewAhead().allDeletions where row.member == request.member {
            guard [.requested, .accepted, .started].contains(row.state),
                (row.scope == .records) == (records != nil)
            else { continue }
            if records != nil {
                guard let open = try scope(of: row.deletion), open.asksForTheSame(as: wanted) else { continue }
            }
            let what = records == nil ? "all contributions of \(row.member)" : "the same records"
            throw EngineError(
                .refused, "\(row.deletion) asks for \(what) already, and is \(row.state.rawValue)",
                hint:
                    "lethe deletion status says what it waits for; --again records another request, as of another person"
            )
        }
    }

    /// The private chain that `member` operates here, once it has its reader list.
    public func privateChain(of member: MemberName) -> Origin? {
        privateViews.values.map(\.origin).first { origin in
            publicView?.chains[origin]?.chainOperator == member && operates(origin)
                && privateViews[origin]?.firstLeaf != nil
        }
    }

    public func decideDeletion(
        _ id: DeletionID, _ decision: Decision, refusal: Refusal? = nil, as member: MemberName,
        cosigners: [MemberName]
    ) throws -> Recorded {
        var recorded: Recorded?
        // A call that was cut off between two parts is repeated, and goes on.
        for event in try self.decision(decision, on: id, refusal: refusal) {
            recorded = try record(event, as: member, on: publicOrigin, cosigners: cosigners)
        }
        return recorded!
    }

    /// The events that decide about `id`: for records, with the shards that they are in, which the member alone knows. More
    /// than one where the shards are more than one event holds; those that the chain has already are left out.
    public func decision(_ decision: Decision, on id: DeletionID, refusal: Refusal? = nil) throws -> [Event] {
        guard decision == .accepted, let row = try viewAhead().deletions[id], row.scope == .records,
            row.state == .requested
        else { return [.deletionDecided(DeletionDecided(decision: decision, deletion: id, refusal: refusal))] }
        let touched = try touchedShards(by: id, row)
        let size = DeletionDecided.touchedInOnePart
        let of = (touched.count + size - 1) / size
        guard of > 1 else {
            return [.deletionDecided(DeletionDecided(decision: decision, deletion: id, touched: touched))]
        }
        let isBegun = row.parts?.of.value == of && row.touched.map { touched.starts(with: $0) } ?? false
        return ((isBegun ? row.parts!.events.count : 0)..<of).map { index in
            let part = ListPart(number: Count(index + 1)!, of: Count(of)!)
            let shards = Ascending(touched[(index * size)..<min(touched.count, (index + 1) * size)])
            return .deletionDecided(DeletionDecided(decision: decision, deletion: id, touched: shards, part: part))
        }
    }

    /// What carrying out the deletions would do. Changes nothing.
    public func planDeletions(_ ids: [DeletionID]) throws -> Plan {
        let view = try view
        guard ids.count <= DeletionStarted.mostDeletions else {
            throw EngineError(
                .refused,
                "\(ids.count) deletions are more than the \(DeletionStarted.mostDeletions) that one plan carries out",
                hint: "name fewer; the others make another plan")
        }
        for id in ids {
            guard let row = view.deletions[id] else {
                throw EngineError(
                    .invalidRequest, "there is no deletion \(id)", hint: "lethe show deletions lists them")
            }
            guard row.state == .requested || row.state == .accepted else {
                throw EngineError(
                    .refused, "the deletion \(id) is \(row.state.rawValue): there is nothing left to plan",
                    hint: "lethe deletion status says what it waits for")
            }
        }
        let plan = view.plan(for: Ascending(ids))
        try checkTrainable(plan)
        return plan
    }

    /// The deletions that the plan with `digest` carries out: started ones by the chain, accepted ones by trying.
    public func deletions(ofPlan digest: ArtifactDigest) throws -> Ascending<DeletionID> {
        let view = try view
        if let row = view.plans[digest] { return row.deletions }
        for subset in acceptedTogether(view) where view.plan(for: Ascending(subset)).digest == digest {
            return Ascending(subset)
        }
        throw EngineError(
            .refused, "no accepted deletions of this ledger have the plan \(digest)",
            hint:
                "the chain has grown since, or a deletion is not accepted yet: lethe deletion plan shows the plan again"
        )
    }

    /// Which accepted deletions of `view` may have one plan, the likely choices first.
    func acceptedTogether(_ view: PublicView) -> [[DeletionID]] {
        Self.subsets(of: view.allDeletions.filter { $0.state == .accepted }.map(\.deletion))
    }

    /// All of `ids`, each alone, then every other choice of them; of many, only the first two kinds.
    private static func subsets(of ids: [DeletionID]) -> [[DeletionID]] {
        let likely = [Array(ids.prefix(DeletionStarted.mostDeletions))] + ids.map { [$0] }
        guard ids.count <= 10 else { return likely }
        let others = (0..<(1 << ids.count)).map { choice in
            ids.indices.filter { choice >> $0 & 1 == 1 }.map { ids[$0] }
        }
        return (likely + others).filter { !$0.isEmpty }
    }

    /// Takes every step of the plan that local members can take, and says what is left.
    ///
    /// Each step is one event and idempotent work before it, and the next step follows from the chain alone: a run that
    /// was cut off anywhere goes on where it stopped. A step whose event waits in the outbox is taken: it is not taken
    /// again, and what is left is what is left once the operator has appended it.
    ///
    /// - Parameter options: how what the plan wants trained again is trained.
    public func execute(
        plan digest: ArtifactDigest, options: TrainingOptions = TrainingOptions()
    ) throws -> [DeletionStep] {
        let deletions = try deletions(ofPlan: digest)
        var benches: Benches = [:]
        // Replaying from zero and merging every model afresh is done once for all deletions that a plan completes.
        var isReplayed = false
        while true {
            let left = DeletionProgress(view: try viewAhead()).nextSteps(for: deletions)
            let steps = DeletionProgress(view: try view).nextSteps(for: deletions).filter(left.contains)
            guard let (step, member) = try firstLocal(steps) else {
                try forgetScopes(of: deletions)
                return left
            }
            surroundings.progress(step.summary, 0, 1)
            do {
                if case .complete(_, let plan) = step, !isReplayed {
                    try replayFromZero(plan)
                    isReplayed = true
                }
                try take(step, as: member, options, &benches)
            } catch let error as EngineError where error.code == .missing {
                throw try lackingAdapters(for: digest) ?? error
            }
            surroundings.progress(step.summary, 1, 1)
        }
    }

    /// The refusal that names every adapter which rebuilding the rest of a plan takes and this ledger has not; `nil` where
    /// it has them all. Where a running sum serves, nothing but what it loses is taken.
    private func lackingAdapters(for digest: ArtifactDigest) throws -> EngineError? {
        let view = try view
        let open = view.plans[digest]?.models.filter {
            $0.outcome == .rematerialized && view.models[$0.materialization]?.state == .suppressed
        }
        var lacking: [ContributionRow] = []
        for planned in open ?? [] {
            let rows = view.contributions(to: planned.round, cohort: planned.cohort)
            let old = view.models[planned.materialization]!
            guard try !canSubtract(view.rounds[planned.round]!, old, rows) else { continue }
            lacking += try rows.filter { row in
                try !holdsAdapter(row.adapter) && !lacking.contains { $0.event == row.event }
            }
        }
        guard !lacking.isEmpty else { return nil }
        let names = lacking.map { "\($0.adapter.hex.prefix(16))… of \($0.member) in \($0.round)" }
        return EngineError(
            .missing,
            "\(lacking.count) adapter(s) that rebuilding takes are not in this ledger: \(names.joined(separator: ", "))",
            hint:
                "ask \(Set(lacking.map(\.member.text)).sorted().joined(separator: ", ")) for the directories, then for "
                + "each: lethe adapter import DIR; and repeat")
    }

    private func firstLocal(_ steps: [DeletionStep]) throws -> (DeletionStep, MemberName)? {
        for step in steps {
            if case .resolve = step { continue }
            if let member = try localActor(step.actor) { return (step, member) }
        }
        return nil
    }

    private func localActor(_ actor: DeletionStep.Actor) throws -> MemberName? {
        switch actor {
        case .member(let name): localMembers.contains(name) ? name : nil
        case .role(let role): try localMember(with: role)
        }
    }

    /// The first local member with `role`.
    public func localMember(with role: Role) throws -> MemberName? {
        let view = try view
        return localMembers.first { view.members[$0]?.roles.contains(role) ?? false }
    }

    @discardableResult
    private func take(
        _ step: DeletionStep, as member: MemberName, _ options: TrainingOptions, _ benches: inout Benches
    ) throws -> Recorded {
        let view = try view
        switch step {
        case .start(let deletions):
            let plan = view.plan(for: deletions)
            let event = DeletionStarted(
                deletions: deletions, excluded: plan.excluded, holders: plan.holders, plan: plan.digest)
            return try record(.deletionStarted(event), as: member, on: publicOrigin)
        case .applyExclusion(let plan):
            let models = view.plans[plan]!.models.map(\.model)
            let event = ExclusionApplied(models: Ascending(models), plan: plan)
            return try record(.exclusionApplied(event), as: member, on: publicOrigin)
        case .retrain(let contribution, _, let member, let plan):
            return try trainAgain(contribution, as: member, plan: plan, options: options, &benches)
        case .rematerialize(let round, let cohort, let plan):
            return try materialize(round, cohort: cohort, as: member, plan: plan).0
        case .recall(let round, let cohort, let model, let plan):
            let event = ModelRecalled(model: model, plan: plan, round: round, cohort: cohort)
            return try record(.modelRecalled(event), as: member, on: publicOrigin)
        case .completeRematerialization(let plan):
            return try completeRematerialization(plan, as: member)
        case .erase(let holder, let plan), .resolve(let holder, _, let plan):
            return try erase(plan, as: holder).recorded
        case .complete(let deletion, let plan): return try complete(deletion, plan, as: member)
        }
    }

    private func completeRematerialization(_ digest: ArtifactDigest, as member: MemberName) throws -> Recorded {
        let view = try view
        let dispositions = try view.dispositions(of: view.plans[digest]!)
        let event = RematerializationCompleted(dispositions: dispositions, plan: digest)
        return try record(.rematerializationCompleted(event), as: member, on: publicOrigin)
    }

    // MARK: Completing

    /// Replays from zero without the excluded events, merges every affected model afresh, and compares every digest with the
    /// one on the chain: nothing is completed before that.
    private func replayFromZero(_ plan: ArtifactDigest) throws {
        let view = try view
        let replay = try replayPublic(publicOrigin)
        guard replay.view.rows == view.rows else {
            throw EngineError(
                .inconsistent, "a replay from zero gives another view than the stored one",
                hint: "lethe check finds the difference; lethe replay --views rebuilds the views")
        }
        let row = view.plans[plan]!
        let replayer = try replayer(view)
        for rebuilt in row.dispositions ?? [] where rebuilt.outcome == .rematerialized {
            let round = view.rounds[rebuilt.round]!
            let rows = view.contributions(to: rebuilt.round, cohort: rebuilt.cohort)
            let result = try replayer.replay(round, cohort: rebuilt.cohort, rows)
            guard result.outcome == .equal else {
                throw EngineError(
                    .refused,
                    "merging \(rebuilt.round.name(cohort: rebuilt.cohort)) afresh gives \(result.outcome), not the model on the chain",
                    hint: "lethe check looks at every model")
            }
        }
    }

    private func complete(_ deletion: DeletionID, _ plan: ArtifactDigest, as member: MemberName) throws -> Recorded {
        let view = try view
        let row = view.plans[plan]!
        let event = DeletionCompleted(
            deletion: deletion, keyDirectory: view.keyDirectory, outcome: row.isExact ? .exact : .withdrawn, plan: plan)
        return try record(.deletionCompleted(event), as: member, on: publicOrigin)
    }

    // MARK: Status

    /// All deletions; due dates by `calendar`.
    public func deletionStatus(calendar: LegalCalendar = LegalCalendar(timeZone: .utc)) throws -> [DeletionStatus] {
        let view = try view
        let now = surroundings.now()
        return try view.allDeletions.map { row in
            let plan = row.plan.flatMap { view.plans[$0] }
            let dates = DeletionDates(row, calendar: calendar)
            let isOpen = [.requested, .accepted, .started].contains(row.state)
            return try DeletionStatus(
                row: row, grade: plan.map(view.grade) ?? .recorded, dates: dates,
                isOverdue: isOpen && dates.isOverdue(at: now),
                next: nextSteps(of: row, in: view) + scopeSteps(row),
                mitigations: mitigations(for: row.deletion),
                secondReplays: plan.map { DeletionProgress(view: view).secondReplays(of: $0) } ?? [])
        }
    }
}

extension Ledger {
    /// What can be done next about a deletion of `view`, and by whom.
    public nonisolated func nextSteps(of row: DeletionRow, in view: PublicView) -> [(step: String, by: String)] {
        let plan = row.plan.flatMap { view.plans[$0] }
        let next: [(step: String, by: String)] =
            switch row.state {
            case .requested:
                [
                    (
                        "decide: lethe deletion decide \(row.deletion)",
                        "\(row.member), or \(view.charter!.threshold) members"
                    )
                ]
            case .accepted, .started:
                DeletionProgress(view: view).nextSteps(for: plan?.deletions ?? [row.deletion])
                    .map { ($0.summary, "\($0.actor)") }
            case .completed: [("certify: lethe deletion certify \(row.deletion)", "any member")]
            case .refused, .certified: []
            }
        return next + recipientSteps(row, view)
    }

    /// Recipients outside the consortium that have not been told, or have not answered.
    private nonisolated func recipientSteps(_ row: DeletionRow, _ view: PublicView) -> [(step: String, by: String)] {
        view.recipientDuties(of: row).compactMap { duty in
            guard let told = duty.notice else {
                return ("tell the recipient \(duty.recipient)", duty.handover.author.text)
            }
            return told.isSettled ? nil : ("answer to the notice", duty.recipient.text)
        }
    }
}
