public import Bytes
public import ChainViews
public import Events

/// An event that a certificate rests on.
public struct CitedEvent: Codable, Hashable, Sendable {
    public var event: EventHash
    public var index: Count
    public var type: String
}

/// A contribution as a model's list of contributors names it.
public struct CitedContribution: Codable, Hashable, Sendable {
    public var adapter: ArtifactDigest
    public var event: EventHash
    public var member: MemberName
    public var weight: Weight
}

/// What became of one affected model, with everything that was merged into its successor.
public struct CertifiedModel: Codable, Hashable, Sendable {
    public var attestedBy: Ascending<MemberName>
    public var contributions: [CitedContribution]
    public var materializedBy: MemberName?
    public var newModel: ArtifactDigest?
    public var oldModel: ArtifactDigest
    public var outcome: Disposition.Outcome
    public var round: RoundID
    public var rule: MergeRule
}

/// A contribution that was trained again, and what took its place.
public struct CertifiedRetraining: Codable, Hashable, Sendable {
    /// How many shards were trained again.
    public var again: Count
    /// How many shards were left out, because no record was left in them.
    public var emptied: Count
    public var replacedBy: CitedContribution
    /// The excluded contribution.
    public var replaces: EventHash
    public var round: RoundID
    /// How many shards the new contribution is made of.
    public var shards: Count
    public var trainer: TrainerKind
}

public struct CertifiedErasure: Codable, Hashable, Sendable {
    public var event: EventHash
    public var holder: MemberName
    public var results: [StoreResult]
}

/// What a certificate says. See `schemas/certificate.md`.
///
/// Everything but who issued it and when is a function of the public chain up to the checkpoint: a verifier
/// that has the chain derives the same content and compares.
public struct CertificateContent: Codable, Hashable, Sendable {
    public var checkpoint: Position
    /// The name of the history whose bytes an exact result equals.
    public var counterfactual: String
    public var deletion: DeletionID
    public var dueAt: Timestamp
    public var erasures: [CertifiedErasure]
    /// Every event that the certificate rests on, in chain order.
    public var events: [CitedEvent]
    public var excluded: [CitedContribution]
    /// Contributions that were trained on an affected model and still exist. Empty in an exact result.
    public var descendants: [CitedContribution]
    public var grade: Grade
    public var ground: DeletionGround
    public var issuedAt: Timestamp
    public var issuer: MemberName
    public var keyDirectory: Hash256<KeyDirectorySubject>
    public var kind: DeletionCertified.Kind
    public var limits: [String]
    public var member: MemberName
    public var models: [CertifiedModel]
    /// What was not looked at. Never empty.
    public var outOfScope: [String]
    public var plan: ArtifactDigest
    public var receivedAt: Timestamp
    /// What took the place of excluded contributions, in chain order of these; absent where nothing was trained again.
    public var retraining: [CertifiedRetraining]?
    public var scope: DeletionScope
    public var state: DeletionRow.State

    /// Where on the chain the certificate stands.
    public struct Position: Codable, Hashable, Sendable {
        public var origin: Origin
        public var root: ArtifactDigest
        public var size: Count

        public init(origin: Origin, root: ArtifactDigest, size: Count) {
            self.origin = origin
            self.root = root
            self.size = size
        }
    }
}

extension CertificateContent {
    public static let counterfactualName =
        "the history that never had the excluded events, with the remaining contributions merged by the same rule"
    public static let retrainedCounterfactualName =
        "the history that never had the excluded records and events, with the remaining records trained by the same "
        + "recipes and the contributions merged by the same rule"

    public static let outOfScopeText = [
        "Copies that a holder kept outside the stores it attests.",
        "The base model, and outputs that were already produced.",
        "Information that also entered through another member's contribution.",
        "Lineage that nobody declared: what a contribution was trained on is what its member says.",
        "Recipients of models outside the consortium: no release is recorded on this chain.",
    ]

    /// What the document is called. Only an exact result is a certificate.
    public var title: String { kind == .certificate ? "deletion certificate" : "statement of status" }

    /// The sentences that go with the outcome.
    public static func limitsText(_ kind: DeletionCertified.Kind, checkpoint: Int) -> [String] {
        let method =
            kind == .certificate
            ? "The models were rebuilt by the recorded procedure from inputs that do not include the excluded contributions. "
                + "This shows which procedure was followed. It does not prove that the same information did not enter "
                + "through another contribution, through the base model, or outside this ledger."
            : "At least one affected model could not be rebuilt and was withdrawn, or a contribution that was trained on "
                + "one still exists. This is a statement of status, not a certificate of deletion."
        return [
            method,
            "Keys and salts were destroyed in the stores listed. Copies outside them, and a future break of the cipher, are not covered.",
            "Outputs already produced, copies already taken, and the base model are outside this certificate.",
            "Times before checkpoint \(checkpoint) are declared by the organisations.",
        ]
    }

    /// Why no content can be derived.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case unknownDeletion(DeletionID)
        case notCompleted(DeletionID, DeletionRow.State)

        public var description: String {
            switch self {
            case .unknownDeletion(let id): "the chain has no deletion \(id)"
            case .notCompleted(let id, let state): "the deletion \(id) is \(state.rawValue), not completed"
            }
        }
    }

    /// The content for `deletion` that follows from `view`, which has `view.size` leaves with root `root`.
    ///
    /// - Parameter index: the place of each event on the chain.
    public init(
        _ deletion: DeletionID, view: PublicView, root: ArtifactDigest, issuer: MemberName,
        issuedAt: Timestamp, index: (EventHash) -> Int?
    ) throws(Failure) {
        guard let row = view.deletions[deletion] else { throw .unknownDeletion(deletion) }
        guard row.state == .completed || row.state == .certified,
            let planDigest = row.plan, let plan = view.plans[planDigest]
        else { throw .notCompleted(deletion, row.state) }
        self.deletion = deletion
        checkpoint = Position(origin: view.origin, root: root, size: Count(view.size)!)
        counterfactual = plan.retraining.isEmpty ? Self.counterfactualName : Self.retrainedCounterfactualName
        (dueAt, receivedAt, ground) = (row.dueAt, row.receivedAt, row.ground)
        (member, scope, state) = (row.member, row.scope, .completed)
        self.plan = planDigest
        grade = view.grade(of: plan)
        (self.issuer, self.issuedAt) = (issuer, issuedAt)
        keyDirectory = view.keyDirectory
        kind = plan.isExact ? .certificate : .statusStatement
        limits = Self.limitsText(kind, checkpoint: view.size)
        outOfScope = Self.outOfScopeText
        excluded = plan.excluded.map { Self.cite($0, view) }
        retraining = Self.retraining(plan, view)
        descendants = view.descendants(of: plan).map { Self.cite($0, view) }
        models = zip(plan.models, plan.dispositions ?? []).map { Self.model($0, $1, view) }
        erasures = plan.erasures.sorted { $0.holder < $1.holder }.map {
            CertifiedErasure(event: $0.event, holder: $0.holder, results: $0.results)
        }
        events = Self.events(row, plan, view, index)
    }

    private static func cite(_ event: EventHash, _ view: PublicView) -> CitedContribution {
        let row = view.contributions[event]!
        return CitedContribution(adapter: row.adapter, event: event, member: row.member, weight: row.weight)
    }

    private static func retraining(_ plan: PlanRow, _ view: PublicView) -> [CertifiedRetraining]? {
        guard !plan.retraining.isEmpty else { return nil }
        let rebuilding = Rebuilding(of: plan, in: view)
        return plan.retraining.compactMap { planned in
            guard case .replaced(let event) = rebuilding.state(of: planned.contribution),
                let row = view.contributions[event], let training = row.training
            else { return nil }
            return CertifiedRetraining(
                again: Count(planned.shards.count)!, emptied: Count(planned.emptied.count)!, replacedBy: cite(event, view),
                replaces: planned.contribution, round: row.round, shards: Count(training.shards.count)!,
                trainer: training.trainer)
        }
    }

    private static func model(
        _ planned: PlannedModel, _ disposition: Disposition, _ view: PublicView
    ) -> CertifiedModel {
        let new = view.models[planned.materialization]!.replacedBy.flatMap { view.models[$0] }
        return CertifiedModel(
            attestedBy: new?.attestedBy ?? [],
            contributions: new.map { view.contributions(of: $0).map { cite($0, view) } } ?? [],
            materializedBy: new?.author, newModel: new?.model, oldModel: planned.model,
            outcome: disposition.outcome, round: planned.round, rule: view.rounds[planned.round]!.rule)
    }

    private static func events(
        _ row: DeletionRow, _ plan: PlanRow, _ view: PublicView, _ index: (EventHash) -> Int?
    ) -> [CitedEvent] {
        var cited: [(EventHash, EventType)] = [(row.requestedBy, .deletionRequested)]
        if let event = row.decidedBy { cited.append((event, .deletionDecided)) }
        cited.append((plan.startedBy, .deletionStarted))
        if let event = plan.excludedBy { cited.append((event, .exclusionApplied)) }
        if let event = plan.rematerializedBy { cited.append((event, .rematerializationCompleted)) }
        if let event = row.completedBy { cited.append((event, .deletionCompleted)) }
        cited += plan.erasures.map { ($0.event, .erasureAttested) }
        cited += plan.excluded.map { ($0, .adapterCommitted) }
        cited += (retraining(plan, view) ?? []).map { ($0.replacedBy.event, .adapterCommitted) }
        cited += plan.models.flatMap { planned -> [(EventHash, EventType)] in
            let new = view.models[planned.materialization]!.replacedBy
            return [(planned.materialization, .modelMaterialized)]
                + (new.map { [($0, .modelMaterialized)] } ?? [])
        }
        return cited.compactMap { event, type in
            index(event).map { CitedEvent(event: event, index: Count($0)!, type: type.rawValue) }
        }.sorted { $0.index < $1.index }
    }
}

/// The certificate as an in-toto Statement v1.
public struct CertificateStatement: Codable, Hashable, Sendable {
    public static let predicateType = "https://lethe.example/certificate/v1"

    private enum CodingKeys: String, CodingKey {
        case type = "_type"
        case predicate, predicateType, subject
    }

    public var type: String
    public var predicate: CertificateContent
    public var predicateType: String
    public var subject: [Statement.Subject]

    public init(_ content: CertificateContent) {
        type = Statement.statementType
        predicate = content
        predicateType = Self.predicateType
        subject = Self.subjects(of: content)
    }

    /// The checkpoint's root, the request, and each model that went and that came.
    static func subjects(of content: CertificateContent) -> [Statement.Subject] {
        var subjects = [Statement.Subject(name: "checkpoint", digest: content.checkpoint.root)]
        if let request = content.events.first(where: { $0.type == EventType.deletionRequested.rawValue }) {
            subjects.append(.init(name: "request", digest: ArtifactDigest(retagging: request.event)))
        }
        for model in content.models {
            subjects.append(.init(name: "old-model:\(model.round)", digest: model.oldModel))
            if let new = model.newModel {
                subjects.append(.init(name: "new-model:\(model.round)", digest: new))
            }
        }
        return subjects
    }
}
