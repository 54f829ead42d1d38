public import Bytes
public import ChainViews
internal import Compliance
public import Events

/// Where one deletion stands, from a ledger, in any state: asked for, in progress, done.
///
/// Once it is certified, the certificate's own page (``DeletionReport``) says more and needs no ledger.
public struct DeletionStateReport: Report {
    public static let format = "lethe/deletion-state-report@v1"

    /// What the page says, as data.
    public struct Content: Codable, Hashable, Sendable {
        public var author: MemberName
        public var certificate: ArtifactDigest?
        public var deletion: DeletionID
        /// Contributions that were trained on what is excluded, and still exist.
        public var descendants: [Count]
        /// When the answer is due, as the author recorded it.
        public var dueAt: Timestamp
        public var erasures: [Erasure]
        public var evidence: [CitedEvent]
        public var excluded: [Excluded]
        /// The end of the law's period with its grace for weekends, its end without, and with the longest
        /// extension; absent where the parties agree on it.
        public var extendedDue: Timestamp?
        public var footing: Footing
        public var format: String
        public var gracedDue: Timestamp?
        public var grade: Grade
        public var ground: DeletionGround
        public var holders: [MemberName]
        /// Whether the plan is what would be done, and not yet begun.
        public var isPlanned: Bool
        public var lineage: LineageGraph
        public var member: MemberName
        public var models: [Fate]
        public var notLookedAt: [String]
        public var openPoints: [OpenPoint]
        public var plan: ArtifactDigest?
        public var receivedAt: Timestamp
        /// How many rounds the chain has in all; the lineage has those that are drawn.
        public var rounds: Count
        public var state: DeletionRow.State
        public var strictDue: Timestamp?
        public var surroundings: DeletionSurroundings
        public var timeline: Timeline
        public var waitsFor: [Wait]
    }

    /// A contribution that is, or would be, excluded.
    public struct Excluded: Codable, Hashable, Sendable {
        public var adapter: ArtifactDigest
        /// Its member's cohort, where the round has cohorts.
        public var cohort: CohortName?
        public var event: Count
        /// Whether it was withdrawn: no model merged it, and its bytes go all the same.
        public var isWithdrawn: Bool
        public var member: MemberName
        public var round: RoundID
        public var weight: Int
    }

    /// What becomes of an affected model.
    public struct Fate: Codable, Hashable, Sendable {
        public var after: ArtifactDigest?
        public var before: ArtifactDigest
        /// The cohort whose model it is; absent where it is the round's.
        public var cohort: CohortName?
        /// Whether it has happened.
        public var isDone: Bool
        public var outcome: Disposition.Outcome
        public var round: RoundID
    }

    /// What one holder says that it erased; nothing yet where it has not said so.
    public struct Erasure: Codable, Hashable, Sendable {
        public var event: Count?
        public var holder: MemberName
        public var results: [StoreResult]
    }

    /// A step that can be taken now, and by whom.
    public struct Wait: Codable, Hashable, Sendable {
        public var by: String
        public var step: String

        public init(by: String, step: String) { (self.by, self.step) = (by, step) }
    }

    public var content: Content

    /// - Parameters:
    ///   - id: a deletion of `view`.
    ///   - waits: the next steps.
    ///   - evidence: the events that ``events(of:in:)`` names, and the one that records the certificate.
    public init(
        of id: DeletionID, in view: PublicView, waits: [Wait], evidence: [CitedEvent], footing: Footing
    ) {
        let row = view.deletions[id]!
        let places = Dictionary(evidence.map { ($0.event, $0.index) }, uniquingKeysWith: { first, _ in first })
        let work = Work(row, view, places)
        let law = LegalDeadlines(calendar: LegalCalendar(timeZone: .utc))
        let answer = law.answer(DeletionLaw(row.ground), received: row.receivedAt)
        content = Content(
            author: row.author, certificate: row.certificate, deletion: id, descendants: work.descendants,
            dueAt: row.dueAt, erasures: work.erasures, evidence: evidence, excluded: work.excluded,
            extendedDue: law.extendedAnswer(DeletionLaw(row.ground), received: row.receivedAt)?.graced,
            footing: footing, format: Self.format, gracedDue: answer?.graced, grade: work.grade,
            ground: row.ground, holders: work.holders, isPlanned: work.isPlanned,
            lineage: LineageGraph(view: view), member: row.member, models: work.models,
            notLookedAt: Self.notLookedAt, openPoints: [], plan: row.plan, receivedAt: row.receivedAt,
            rounds: Count(view.allRounds.count)!,
            state: row.state, strictDue: answer?.strict,
            surroundings: DeletionSurroundings(
                of: row, in: view, retraining: work.retraining, places: places, asOf: footing.madeAt),
            timeline: Timeline(row, view, evidence, asOf: footing.madeAt), waitsFor: waits)
        content.lineage = content.lineage.part(in: LineageSelection.drawnRounds(content.lineage, focus))
        content.openPoints = openPoints
    }

    /// The events of a deletion that the view names.
    public static func events(of id: DeletionID, in view: PublicView) -> Set<EventHash> {
        guard let row = view.deletions[id] else { return [] }
        var events = Set([row.requestedBy, row.decidedBy, row.completedBy].compactMap { $0 })
        events.formUnion(DeletionSurroundings.events(of: row, in: view))
        guard let plan = row.plan.flatMap({ view.plans[$0] }) else { return events }
        events.formUnion([plan.startedBy, plan.excludedBy, plan.rematerializedBy].compactMap { $0 })
        events.formUnion(plan.excluded + plan.erasures.map(\.event))
        for planned in plan.models {
            events.insert(planned.materialization)
            if let new = view.models[planned.materialization]?.replacedBy { events.insert(new) }
        }
        return events
    }

    private static let notLookedAt = [
        "Who asked, and in which words: that is on the private chain of the member that recorded the request.",
        "Stores that a holder does not name, backups, and copies that were handed on outside the ledger.",
        "Whether the same information also entered through another contribution or through the base model.",
        "Outputs that the models produced before.",
    ]
}

/// What a deletion's plan does: by the chain where it was started, else as it would be planned now.
private struct Work {
    var isPlanned = false
    var grade = Grade.recorded
    var excluded: [DeletionStateReport.Excluded] = []
    var descendants: [Count] = []
    var models: [DeletionStateReport.Fate] = []
    var holders: [MemberName] = []
    var erasures: [DeletionStateReport.Erasure] = []
    var retraining: [PlannedRetraining] = []

    init(_ row: DeletionRow, _ view: PublicView, _ places: [EventHash: Count]) {
        if let plan = row.plan.flatMap({ view.plans[$0] }) {
            take(plan, view, places)
        } else if row.state == .requested || row.state == .accepted {
            take(view.plan(for: [row.deletion]), view)
        }
    }

    private mutating func take(_ plan: PlanRow, _ view: PublicView, _ places: [EventHash: Count]) {
        grade = view.grade(of: plan)
        excluded = Self.excluded(plan.excluded, view)
        descendants = view.descendants(of: plan).compactMap { view.contributions[$0]?.position }
        holders = Array(plan.holders)
        retraining = plan.retraining
        models = plan.models.map { planned in
            let model = view.models[planned.materialization]
            return .init(
                after: model?.replacedBy.flatMap { view.models[$0]?.model }, before: planned.model,
                cohort: planned.cohort, isDone: model?.state == .replaced || model?.state == .recalled,
                outcome: model?.state == .recalled ? .withdrawn : planned.outcome, round: planned.round)
        }
        erasures = plan.holders.map { holder in
            guard let erasure = plan.erasures.last(where: { $0.holder == holder }) else {
                return .init(event: nil, holder: holder, results: [])
            }
            return .init(event: places[erasure.event], holder: holder, results: erasure.results)
        }
    }

    private mutating func take(_ plan: Plan, _ view: PublicView) {
        isPlanned = true
        excluded = Self.excluded(plan.excluded, view)
        descendants = plan.descendants.compactMap { view.contributions[$0]?.position }
        holders = Array(plan.holders)
        retraining = plan.retraining
        models = plan.models.map {
            .init(
                after: nil, before: $0.model, cohort: $0.cohort, isDone: false, outcome: $0.outcome, round: $0.round)
        }
    }

    private static func excluded(
        _ events: [EventHash], _ view: PublicView
    ) -> [DeletionStateReport.Excluded] {
        events.compactMap { view.contributions[$0] }.map { row in
            .init(
                adapter: row.adapter, cohort: view.rounds[row.round]?.cohort(of: row.member), event: row.position,
                isWithdrawn: row.withdrawnBy != nil, member: row.member, round: row.round, weight: row.weight.value)
        }
    }
}

extension Timeline {
    /// The steps of a deletion that events record, up to now where it is still open.
    fileprivate init(_ row: DeletionRow, _ view: PublicView, _ evidence: [CitedEvent], asOf now: Timestamp) {
        let cited = Dictionary(evidence.map { ($0.event, $0) }, uniquingKeysWith: { first, _ in first })
        let plan = row.plan.flatMap { view.plans[$0] }
        let certified = evidence.last { $0.type == EventType.deletionCertified.rawValue }?.event
        let named: [(String, EventHash?)] = [
            ("requested", row.requestedBy), (row.state == .refused ? "refused" : "accepted", row.decidedBy),
            ("started", plan?.startedBy), ("excluded", plan?.excludedBy),
            (plan?.isExact == false ? Self.settled : "rebuilt", plan?.rematerializedBy),
            ("erased", plan?.erasures.last?.event), ("completed", row.completedBy),
            (row.certificateKind == .certificate ? "certified" : "status stated", certified),
        ]
        let steps = named.compactMap { name, event in
            event.flatMap { cited[$0] }.map { TimelineStep(name: name, at: $0.claimedAt, event: $0.index) }
        }
        self.init(
            dueAt: row.extended?.dueAt ?? row.dueAt,
            steps: [TimelineStep(name: "received", at: row.receivedAt, event: nil)] + steps)
        if let extended = row.extended.flatMap({ cited[$0.event] }) {
            let place = self.steps.firstIndex { $0.at > extended.claimedAt } ?? self.steps.count
            self.steps.insert(TimelineStep(name: "extended", at: extended.claimedAt, event: extended.index), at: place)
        }
        switch row.state {
        case .requested, .accepted, .started: openAsOf = now
        case .refused, .completed, .certified: break
        }
    }
}

extension DeletionStateReport {
    /// Whether it waits for an answer.
    var isOpen: Bool { content.timeline.openAsOf != nil }

    /// When the answer is due: by the law with its grace, or earlier where an earlier time was recorded; with an extension,
    /// by that, as far as the law lets it.
    public var limit: Timestamp {
        if let extended = content.surroundings.extended {
            return min(extended.dueAt, content.extendedDue ?? extended.dueAt)
        }
        return min(content.dueAt, content.gracedDue ?? content.dueAt)
    }

    public var isOverdue: Bool { isOpen && content.footing.madeAt > limit }

    /// What a careful reader would object to, the gravest first.
    private var openPoints: [OpenPoint] {
        var points = lateness
        for model in content.models where model.outcome == .withdrawn {
            let words =
                model.isDone ? "was withdrawn, and nothing replaces it" : "cannot be rebuilt and would be withdrawn"
            points.append(.init(.shortfall, "The model of \(model.round) \(words)."))
        }
        if !content.descendants.isEmpty {
            let count = Elapsed.unit(content.descendants.count, "later contribution")
            points.append(
                .init(
                    .shortfall,
                    "\(count) trained on what is excluded still exist\(content.descendants.count == 1 ? "s" : "")."))
        }
        for erasure in content.erasures {
            for result in erasure.results where result.verdict != .deleted && result.verdict != .notFound {
                points.append(
                    .init(
                        result.verdict == .failed ? .shortfall : .weakness,
                        "\(erasure.holder) says of its store \(result.store.rawValue): \(result.words)."))
            }
            if erasure.results.isEmpty {
                points.append(.init(.shortfall, "\(erasure.holder) has not attested that it erased its copies."))
            }
        }
        let isDone = content.state == .completed || content.state == .certified
        points += content.surroundings.openPoints(isDone: isDone)
        if content.state == .completed {
            points.append(.init(.weakness, "No certificate was issued yet: nobody can check the deletion offline."))
        }
        if content.grade == .replayed {
            points.append(.init(.weakness, "No second organisation has rebuilt the models and got the same bytes."))
        }
        return points.filter { $0.weight == .shortfall } + points.filter { $0.weight == .weakness }
    }

    private var lateness: [OpenPoint] {
        var points: [OpenPoint] = []
        if let graced = content.gracedDue, content.dueAt > graced {
            points.append(
                .init(.shortfall, "The recorded due date is later than the law's limit, \(graced.readable)."))
        }
        if let extended = content.surroundings.extended {
            if let longest = content.extendedDue, extended.dueAt > longest {
                points.append(
                    .init(.shortfall, "The extension goes beyond the law's longest, \(longest.readable)."))
            }
            if let graced = content.gracedDue, extended.toldAt > graced {
                points.append(
                    .init(.shortfall, "The person was told of the extension after the period, \(graced.readable)."))
            }
        }
        let over = Elapsed.text(seconds: content.footing.madeAt.seconds - limit.seconds)
        if isOverdue { points.insert(.init(.shortfall, "The answer is overdue by \(over)."), at: 0) }
        let answers = content.timeline.steps.filter { $0.name == "completed" || $0.name == "refused" }
        if let answer = answers.last, answer.at > limit {
            let late = Elapsed.text(seconds: answer.at.seconds - limit.seconds)
            points.append(.init(.shortfall, "The answer came \(late) after it was due."))
        }
        return points
    }
}
