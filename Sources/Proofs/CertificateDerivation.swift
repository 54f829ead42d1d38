public import ChainViews
public import Events

extension CertificateContent {
    /// Why no content can be derived.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case unknownDeletion(DeletionID)

        public var description: String {
            switch self {
            case .unknownDeletion(let id): "the chain has no deletion \(id)"
            }
        }
    }

    /// The content for `deletion` that follows from `view`, which has `view.size` leaves with root `root`: a certificate
    /// where the deletion is completed and exact, a statement of status in every other case.
    ///
    /// - Parameter earlier: checkpoints that show when the chain took in the cited events; the issuer's choice.
    /// - Parameter place: where each event stands on the chain; asked only for events of the view.
    public init(
        _ deletion: DeletionID, view: PublicView, root: ArtifactDigest, issuer: MemberName,
        issuedAt: Timestamp, earlier: [Position] = [], place: (EventHash) -> EventPlace?
    ) throws(Failure) {
        guard let row = view.deletions[deletion] else { throw .unknownDeletion(deletion) }
        let plan = row.plan.flatMap { view.plans[$0] }
        let isDone = row.state == .completed || row.state == .certified
        let depths = LineageDepths(of: plan?.excluded ?? [], in: view)
        self.deletion = deletion
        checkpoint = Position(origin: view.origin, root: root, size: Count(view.size)!)
        counterfactual =
            plan.map(\.retraining.isEmpty) ?? true ? Self.counterfactualName : Self.retrainedCounterfactualName
        (dueAt, receivedAt, ground) = (row.dueAt, row.receivedAt, row.ground)
        extendedTo = row.extended?.dueAt
        recipients = row.recipients.map(CertifiedRecipient.init).sorted { $0.recipient < $1.recipient }
        retraining = plan.flatMap { $0.retraining.isEmpty ? nil : CertifiedRetraining.all(of: $0, in: view) }
        (member, scope, state) = (row.member, row.scope, row.state == .certified ? .completed : row.state)
        self.plan = row.plan
        grade = plan.map(view.grade) ?? .recorded
        (self.issuer, self.issuedAt, self.earlier) = (issuer, issuedAt, earlier)
        keyDirectory = view.keyDirectory
        kind = isDone && plan?.isExact ?? false ? .certificate : .statusStatement
        law = DeletionLaw(row.ground)
        touched = row.touched
        holds = Self.holds(row, view)
        interim = Self.interim(row, view, place)
        untold = Self.untold(row, view)
        (outOfScope, status, verification) = (Self.outOfScopeText(row.scope), Self.statusText, Self.verificationText)
        let copies = Set(plan?.copies ?? [])
        excluded = plan?.excluded.map { Self.cite($0, view, cause: copies.contains($0) ? .equalBytes : nil) } ?? []
        descendants = plan.map(view.descendants)?.map { Self.cite($0, view, depth: depths[$0]) } ?? []
        models =
            plan?.models.map { planned in
                let cause: CertifiedCause? = copies.contains(planned.materialization) ? .equalBytes : nil
                let depth = depths[planned.materialization] ?? (cause == nil ? 1 : 0)
                return Self.model(planned, depth: depth, cause, view)
            } ?? []
        erasures =
            plan?.erasures.sorted { $0.holder < $1.holder }.map {
                CertifiedErasure(
                    check: $0.check, event: $0.event, holder: $0.holder, results: $0.results, tool: $0.tool)
            } ?? []
        open = isDone ? [] : Self.openSteps(row, plan, view, at: issuedAt, place)
        serial = Count((row.serial?.value ?? 0) + 1)!
        supersedes = row.certificate
        limits = []
        (documents, parties) = ([], [])
        events = Self.events(row, plan, view, place)
        parties = parties(row, plan, view)
        documents = Self.documents(of: Set(parties.map(\.member)), view)
        events = Self.merging(events, supporting, place)
        limits = limitsText()
    }

    /// Events that the document rests on besides those of the deletion itself.
    private var supporting: [(EventHash, EventType)] {
        var cited = documents.map { ($0.event, EventType.documentRecorded) }
        cited += holds.map { ($0.event, .holdPlaced) } + holds.compactMap { $0.releasedBy.map { ($0, .holdReleased) } }
        cited += (interim ?? []).map { ($0.event, .mitigationApplied) }
        cited += (interim ?? []).flatMap(\.evaluations).map { ($0, .adapterEvaluated) }
        return cited + untold.map { ($0.event, .handoverRecorded) }
    }

    private static func merging(
        _ events: [CertifiedEvent], _ more: [(EventHash, EventType)], _ place: (EventHash) -> EventPlace?
    ) -> [CertifiedEvent] {
        var known = Set(events.map(\.event))
        let added = more.filter { known.insert($0.0).inserted }.compactMap { CertifiedEvent($0, type: $1, place) }
        return (events + added).sorted { $0.index < $1.index }
    }

    fileprivate static func cite(
        _ event: EventHash, _ view: PublicView, depth: Int? = nil, cause: CertifiedCause? = nil
    ) -> CitedContribution {
        let row = view.contributions[event]!
        return CitedContribution(
            adapter: row.adapter, cause: cause, depth: depth.flatMap { Count($0) }, event: event, member: row.member,
            weight: row.weight)
    }

    private static func model(
        _ planned: PlannedModel, depth: Int, _ cause: CertifiedCause?, _ view: PublicView
    ) -> CertifiedModel {
        let old = view.models[planned.materialization]!
        let new = old.replacedBy.flatMap { view.models[$0] }
        return CertifiedModel(
            attestedBy: new?.attestedBy ?? [], cause: cause, cohort: planned.cohort,
            contributions: new.map { view.contributions(of: $0).map { cite($0, view) } } ?? [],
            depth: Count(depth)!, materializedBy: new?.author, newModel: new?.model, oldModel: planned.model,
            outcome: new != nil ? .rematerialized : old.state == .recalled ? .withdrawn : .suppressed,
            round: planned.round, rule: view.rounds[planned.round]!.rule)
    }

    /// What is left to do, in the order of the steps.
    private static func openSteps(
        _ row: DeletionRow, _ plan: PlanRow?, _ view: PublicView, at issue: Timestamp,
        _ place: (EventHash) -> EventPlace?
    ) -> [String] {
        switch row.state {
        case .requested: return ["The request waits for a decision."]
        case .refused, .completed, .certified: return []
        case .accepted, .started: break
        }
        guard let plan else { return ["The deletion is accepted, and no plan is carried out yet."] }
        var open: [String] = []
        if plan.excludedBy == nil { open.append("The exclusion is not applied yet.") }
        let rebuilding = Rebuilding(of: plan, in: view)
        open += plan.retraining.compactMap { planned in
            if case .replaced = rebuilding.state(of: planned.contribution) { return nil }
            let old = view.contributions[planned.contribution]!
            return "The contribution of \(old.member) to \(old.round) is not trained again yet."
        }
        open += plan.models.filter { view.models[$0.materialization]?.state == .suppressed }.map {
            "The model of \($0.round.name(cohort: $0.cohort)) is suppressed, and neither rebuilt nor recalled yet."
        }
        if plan.rematerializedBy == nil { open.append("The end of the re-materialisation is not recorded yet.") }
        open += plan.holders.compactMap { holder in
            guard let erasure = plan.erasures.first(where: { $0.holder == holder }) else {
                return silence(of: holder, since: plan.rematerializedBy.flatMap(place)?.claimedAt, at: issue)
            }
            return erasure.isComplete ? nil : "\(holder) has not erased everything: \(erasure.remainder)."
        }
        if plan.rematerializedBy != nil, plan.holders.contains(where: { !plan.erasures.map(\.holder).contains($0) }) {
            open.append(silenceText(DeletionLaw(row.ground), threshold: view.charter?.threshold))
        }
        return open + ["The completion is not recorded yet."]
    }

    /// That `holder` has said nothing, and since when it could have.
    private static func silence(of holder: MemberName, since: Timestamp?, at issue: Timestamp) -> String {
        guard let since else { return "\(holder) has not attested its erasure." }
        let days = max(0, issue.seconds - since.seconds) / 86_400
        return "\(holder) has not attested its erasure. It could since \(since), \(days) day(s) before this was issued."
    }

    /// What a holder's silence means, and who can do something about it.
    private static func silenceText(_ law: DeletionLaw, threshold: Count?) -> String {
        let order =
            switch law {
            case .gdpr: "A supervisory authority can order the erasure (GDPR Art. 58(2)(g)). "
            case .ccpa: "The California Privacy Protection Agency or the Attorney General can enforce it. "
            case .agreement: "What the parties agreed on says what follows. "
            }
        return "No certificate is issued as long as a holder is silent. " + order
            + "The members can suspend it (member-suspended, \(threshold?.value ?? 1) signature(s)), which keeps it out of rounds and "
            + "ends no duty: it can still attest."
    }

    private static func events(
        _ row: DeletionRow, _ plan: PlanRow?, _ view: PublicView, _ place: (EventHash) -> EventPlace?
    ) -> [CertifiedEvent] {
        var cited: [(EventHash, EventType)] = [(row.requestedBy, .deletionRequested)]
        let parts = row.parts.map(\.events) ?? row.decidedBy.map { [$0] } ?? []
        cited += parts.map { ($0, .deletionDecided) }
        if let event = row.completedBy { cited.append((event, .deletionCompleted)) }
        if let event = row.extended?.event { cited.append((event, .deletionExtended)) }
        cited += row.recipients.map { ($0.event, .recipientNotified) }
        cited += row.recipients.compactMap { row in row.acknowledgedBy.map { ($0, .recipientAcknowledged) } }
        if let plan { cited += events(plan, view) }
        return cited.compactMap { CertifiedEvent($0, type: $1, place) }.sorted { $0.index < $1.index }
    }

    private static func events(_ plan: PlanRow, _ view: PublicView) -> [(EventHash, EventType)] {
        var cited: [(EventHash, EventType)] = [(plan.startedBy, .deletionStarted)]
        if let event = plan.excludedBy { cited.append((event, .exclusionApplied)) }
        if let event = plan.rematerializedBy { cited.append((event, .rematerializationCompleted)) }
        cited += plan.erasures.map { ($0.event, .erasureAttested) }
        cited += plan.excluded.map { ($0, .adapterCommitted) }
        for row in CertifiedRetraining.all(of: plan, in: view) {
            cited.append((row.replacedBy.event, .adapterCommitted))
            cited += row.replays.map { ($0.event, .trainingAttested) }
        }
        cited += plan.models.flatMap { planned -> [(EventHash, EventType)] in
            let new = view.models[planned.materialization]!.replacedBy.map { view.models[$0]! }
            return [(planned.materialization, .modelMaterialized)]
                + (new.map { [($0.event, .modelMaterialized)] } ?? [])
                + (new?.attestations ?? []).map { ($0, .modelAttested) }
        }
        return cited
    }

    private func parties(_ row: DeletionRow, _ plan: PlanRow?, _ view: PublicView) -> [CertifiedParty] {
        var parts: [MemberName: Set<CertifiedParty.Part>] = [:]
        func add(_ part: CertifiedParty.Part, _ members: some Sequence<MemberName>) {
            for member in members { parts[member, default: []].insert(part) }
        }
        add(.issuer, [issuer])
        add(.concerned, [row.member])
        add(.requester, [row.author])
        add(.operator, view.charter.map { [$0.chainOperator] } ?? [])
        add(.decider, events.filter { $0.type == EventType.deletionDecided.rawValue }.map(\.author))
        add(.holder, plan?.holders.elements ?? [])
        add(.rebuilder, models.compactMap(\.materializedBy))
        add(.replayer, models.flatMap(\.attestedBy))
        add(.replayer, (retraining ?? []).flatMap(\.replays).filter { $0.outcome == .equal }.map(\.member))
        return parts.keys.sorted().map { member in
            CertifiedParty(member: member, parts: Ascending(parts[member]!), roles: view.members[member]?.roles ?? [])
        }
    }
}

extension CertifiedRetraining {
    /// What took the place of contributions under `plan` so far, in chain order of what was replaced.
    public static func all(of plan: PlanRow, in view: PublicView) -> [CertifiedRetraining] {
        let rebuilding = Rebuilding(of: plan, in: view)
        return plan.retraining.compactMap { planned in
            guard case .replaced(let event) = rebuilding.state(of: planned.contribution) else { return nil }
            return CertifiedRetraining(planned, replacedBy: event, in: view)
        }
    }

    private init?(_ planned: PlannedRetraining, replacedBy event: EventHash, in view: PublicView) {
        guard let row = view.contributions[event], let training = row.training else { return nil }
        // A shard may have been emptied between the decision and the training.
        let trained = Set(training.shards)
        let old = view.contributions[planned.contribution]!.training!
        self.init(
            again: Count(planned.shards.count(where: trained.contains))!, base: view.rounds[row.round]!.base,
            emptied: Count(old.shards.count - training.shards.count)!, environment: training.environment,
            oldRuns: old.runs, parents: row.parents,
            recipe: training.recipe, replacedBy: CertificateContent.cite(event, view), replaces: planned.contribution,
            replays: view.trainingAttestations(of: event).map(CertifiedReplay.init), round: row.round,
            runs: training.runs, shards: Count(training.shards.count)!, trainer: training.trainer)
    }
}

extension CertifiedReplay {
    init(_ row: TrainingAttestationRow) {
        self.init(
            environment: row.attested.environment, event: row.event, member: row.author,
            outcome: row.attested.outcome, trainer: row.attested.trainer)
    }
}

extension CertifiedRecipient {
    init(_ row: RecipientRow) {
        self.init(
            acknowledgedAt: row.acknowledgedAt, acknowledgedBy: row.acknowledgedBy, event: row.event,
            member: row.author,
            notifiedAt: row.notifiedAt, outcome: row.outcome, recipient: row.recipient, result: row.result)
    }
}

extension CertifiedEvent {
    /// `nil` where the chain has no such event.
    init?(_ event: EventHash, type: EventType, _ place: (EventHash) -> EventPlace?) {
        guard let place = place(event) else { return nil }
        self.init(
            author: place.author, claimedAt: place.claimedAt, event: event, index: Count(place.index)!,
            type: type.rawValue)
    }
}
