public import Bytes
internal import ChainViews
public import Events

/// What surrounds a deletion's plan: later dates, doubts, holds, who else has something, what serves meanwhile, and what is
/// trained again.
public struct DeletionSurroundings: Codable, Hashable, Sendable {
    /// The answer comes later, and the person was told.
    public struct Extended: Codable, Hashable, Sendable {
        public var dueAt: Timestamp
        public var event: Count?
        public var reason: DeletionExtended.Reason
        public var toldAt: Timestamp
    }

    /// Why nothing is deleted, and which office looked at it.
    public struct Refused: Codable, Hashable, Sendable {
        public var ground: Refusal.Ground
        /// Whether a notice to the person is named.
        public var hasNotice: Bool
        public var reviewer: Office
    }

    /// A question about who asks, or what came of it.
    public struct IdentityStep: Codable, Hashable, Sendable {
        public var at: Timestamp
        public var doubt: IdentityChecked.Doubt?
        public var event: Count?
        public var step: IdentityChecked.Step
    }

    /// The private side of the request is kept for a time.
    public struct Hold: Codable, Hashable, Sendable {
        public var endsAt: Timestamp
        public var event: Count?
        public var ground: HoldPlaced.Ground
        public var hold: HoldID
        /// Whether it holds when the report is made.
        public var isActive: Bool
        public var placedBy: MemberName
    }

    /// Somebody outside who was given what the deletion takes out of use.
    public struct Recipient: Codable, Hashable, Sendable {
        public var answeredAt: Timestamp?
        /// The event that records what was given.
        public var event: Count?
        public var givenBy: MemberName
        public var notifiedAt: Timestamp?
        /// Absent where it was not told.
        public var outcome: RecipientNotified.Outcome?
        public var recipient: RecipientID
        /// Absent where it has not answered.
        public var result: RecipientAcknowledged.Result?

        /// Whether nothing is left to wait for.
        var isSettled: Bool { outcome.map { $0 != .notified || (result?.isFinal ?? false) } ?? false }
    }

    /// An approximately changed adapter in a model's place.
    public struct InterimMeasure: Codable, Hashable, Sendable {
        public var adapter: ArtifactDigest
        public var event: Count?
        /// Whether its day has come, or the deletion is answered.
        public var isOver: Bool
        public var method: MitigationMethod
        public var model: ArtifactDigest
        public var until: Timestamp
    }

    /// A contribution that is trained again without the records.
    public struct Retraining: Codable, Hashable, Sendable {
        /// The adapter in its place, once there is one.
        public var after: ArtifactDigest?
        public var before: ArtifactDigest
        /// Its member's cohort, where the round has cohorts.
        public var cohort: CohortName?
        /// Shards that are left out because no record is left in them.
        public var emptied: Count
        /// Where the contribution stands.
        public var event: Count
        public var member: MemberName
        /// Who trained it again besides its member: each one's last word; absent where nobody did.
        public var replays: [SecondReplay]?
        public var round: RoundID
        /// Shards that are trained again.
        public var shards: Count
    }

    /// The last word of an organisation that trained a contribution again.
    public struct SecondReplay: Codable, Hashable, Sendable {
        public var event: Count
        public var member: MemberName
        public var outcome: TrainingAttested.Outcome
    }

    public var extended: Extended?
    public var holds: [Hold]
    public var identity: [IdentityStep]
    public var interim: [InterimMeasure]
    public var recipients: [Recipient]
    public var refused: Refused?
    public var retraining: [Retraining]
    public var scope: DeletionScope
    /// The shards that lose records, once the request is accepted; where records are to go.
    public var touched: [TouchedShard]
}

extension DeletionSurroundings {
    /// - Parameters:
    ///   - retraining: of the plan, begun or not.
    ///   - places: where cited events stand.
    init(
        of row: DeletionRow, in view: PublicView, retraining: [PlannedRetraining], places: [EventHash: Count],
        asOf now: Timestamp
    ) {
        extended = row.extended.map {
            Extended(dueAt: $0.dueAt, event: places[$0.event], reason: $0.reason, toldAt: $0.toldAt)
        }
        refused = row.refusal.map { Refused(ground: $0.ground, hasNotice: $0.notice != nil, reviewer: $0.reviewer) }
        identity = row.identity.map { IdentityStep(at: $0.at, doubt: $0.doubt, event: places[$0.event], step: $0.step) }
        holds = view.allHolds.filter { $0.placed.deletion == row.deletion }.map { hold in
            Hold(
                endsAt: hold.placed.endsAt, event: places[hold.event], ground: hold.placed.ground,
                hold: hold.placed.hold, isActive: hold.isActive(at: now), placedBy: hold.author)
        }
        recipients = Self.recipients(row, view, places)
        interim = view.mitigations(for: row.deletion).map { measure in
            InterimMeasure(
                adapter: measure.mitigation.adapter, event: places[measure.event],
                isOver: view.isOver(measure, at: now), method: measure.mitigation.method,
                model: measure.mitigation.model, until: measure.mitigation.until)
        }
        let replacements = Dictionary(
            view.contributions.rows.values.compactMap { new in new.replaces.map { ($0, new) } },
            uniquingKeysWith: { first, _ in first })
        self.retraining = retraining.compactMap { planned in
            view.contributions[planned.contribution].map { old in
                Retraining(
                    after: replacements[old.event]?.adapter, before: old.adapter,
                    cohort: view.rounds[old.round]?.cohort(of: old.member), emptied: Count(planned.emptied.count)!,
                    event: old.position, member: old.member, replays: Self.replays(replacements[old.event], view),
                    round: old.round, shards: Count(planned.shards.count)!)
            }
        }
        scope = row.scope
        touched = Array(row.touched ?? [])
    }

    private static func replays(_ new: ContributionRow?, _ view: PublicView) -> [SecondReplay]? {
        let rows = new.map { view.standingTrainingAttestations(of: $0.event) } ?? []
        let replays = rows.map { SecondReplay(event: $0.position, member: $0.author, outcome: $0.attested.outcome) }
        return replays.isEmpty ? nil : replays
    }

    /// Each recipient once, by the first event that gave it something that it was not told of since.
    private static func recipients(
        _ row: DeletionRow, _ view: PublicView, _ places: [EventHash: Count]
    ) -> [Recipient] {
        view.recipientDuties(of: row).map { duty in
            Recipient(
                answeredAt: duty.notice?.acknowledgedAt, event: places[duty.handover.event],
                givenBy: duty.handover.author, notifiedAt: duty.notice?.notifiedAt, outcome: duty.notice?.outcome,
                recipient: duty.recipient, result: duty.notice?.result)
        }
    }

    /// The events that it cites.
    static func events(of row: DeletionRow, in view: PublicView) -> Set<EventHash> {
        var events = Set(row.identity.map(\.event) + view.handovers(affectedBy: row).map(\.event))
        events.formUnion([row.extended?.event].compactMap(\.self))
        events.formUnion(row.recipients.flatMap { [$0.event, $0.acknowledgedBy].compactMap(\.self) })
        events.formUnion(view.mitigations(for: row.deletion).map(\.event))
        for hold in view.allHolds where hold.placed.deletion == row.deletion {
            events.formUnion([hold.event, hold.releasedBy].compactMap(\.self))
        }
        let excluded = Set(row.plan.flatMap { view.plans[$0] }?.excluded ?? [])
        events.formUnion(
            view.contributions.rows.values.filter { $0.replaces.map(excluded.contains) ?? false }.map(\.event))
        return events
    }

    /// What a careful reader would object to.
    ///
    /// - Parameter isDone: whether the deletion is completed.
    func openPoints(isDone: Bool) -> [OpenPoint] {
        var points: [OpenPoint] = []
        for row in recipients where !row.isSettled {
            let words =
                row.outcome == nil
                ? "was given something by \(row.givenBy) and has not been told"
                : row.result.map { "was told, and answers: \($0.words)" } ?? "was told and has not answered"
            points.append(OpenPoint(isDone ? .shortfall : .weakness, "The recipient \(row.recipient) \(words)."))
        }
        for hold in holds where hold.isActive {
            points.append(
                OpenPoint(
                    .weakness,
                    "Who asked, and for what, is kept with its salt until \(hold.endsAt.readable): \(hold.ground.meaning)."
                ))
        }
        for measure in interim where !measure.isOver {
            points.append(
                OpenPoint(
                    .weakness,
                    "Until \(measure.until.readable) an approximately changed adapter serves. Influence may remain. "
                        + "This is not erasure."))
        }
        if let refused, !refused.hasNotice {
            points.append(OpenPoint(.weakness, "The refusal names no notice to the person."))
        }
        return points
    }
}

// MARK: - Words

extension DeletionExtended.Reason {
    var words: String {
        switch self {
        case .complexity: "the request is complex"
        case .numberOfRequests: "there are many requests"
        }
    }
}

extension HoldPlaced.Ground {
    var meaning: String {
        switch self {
        case .authorityOrder: "an authority ordered it"
        case .gdpr173e: "GDPR Art. 17(3)(e), legal claims"
        case .gdpr181: "GDPR Art. 18(1), the person wants it kept"
        case .statutoryRetention: "a law wants it kept"
        }
    }
}

extension RecipientNotified.Outcome {
    var words: String {
        switch self {
        case .disproportionate: "telling it would be a disproportionate effort"
        case .impossible: "cannot be told"
        case .notified: "told"
        }
    }
}

extension RecipientAcknowledged.Result {
    var words: String {
        switch self {
        case .deleted: "deleted"
        case .notHeld: "not held"
        case .pending: "pending"
        case .refused: "refused"
        }
    }
}

extension MitigationMethod {
    var words: String {
        switch self {
        case .gradientAscent: "gradient ascent"
        case .loraAdaptation: "LoRA adaptation"
        }
    }
}

extension RetentionGround {
    /// The article, as lawyers write it.
    var meaning: String {
        switch self {
        case .ccpa1798105d: "CCPA § 1798.105(d)"
        case .gdpr173a: "GDPR Art. 17(3)(a)"
        case .gdpr173b: "GDPR Art. 17(3)(b)"
        case .gdpr173c: "GDPR Art. 17(3)(c)"
        case .gdpr173d: "GDPR Art. 17(3)(d)"
        case .gdpr173e: "GDPR Art. 17(3)(e)"
        case .hipaa164316: "45 CFR 164.316"
        }
    }
}

extension StoreResult {
    /// The verdict with its ground and its end, where it has them.
    var words: String {
        let reason = ground.map { " under \($0.meaning)" } ?? ""
        return verdict.words + reason + (until.map { " until \($0.date)" } ?? "")
    }
}
