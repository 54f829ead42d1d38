public import Bytes
public import Events

/// The public view's rows. All of them derive from public leaves alone (I6).
public struct ConsortiumRow: Codable, Hashable, Sendable {
    public var consortium: Consortium
    public var chainOperator: MemberName
    public var checkpointKey: KeyBytes
    public var firstLeaf: EventHash
    public var threshold: Count
}

public struct MemberRow: Codable, Hashable, Sendable {
    public var name: MemberName
    public var roles: Ascending<Role>
    public var admittedBy: EventHash
    /// The suspension that is in force.
    public var suspendedBy: EventHash?
}

/// A key and the positions between which it counts.
public struct KeyRow: Codable, Hashable, Sendable {
    public var key: KeyBytes
    public var member: MemberName
    public var purpose: KeyPurpose
    /// The leaf that added it; it is valid in every later leaf.
    public var addedAt: Count
    /// The leaf that revoked it; it is valid in no later leaf.
    public var revokedAt: Count?
    /// What it signed in leaves from here on is disputed.
    public var goodSize: Count?

    /// Whether a leaf at `position` of the public chain may rest on this key.
    public func isValid(at position: Int) -> Bool {
        addedAt.value < position && position <= (revokedAt?.value ?? position)
    }

    /// Whether a signature in the leaf at `position` was withdrawn afterwards.
    public func isDisputed(at position: Int) -> Bool {
        goodSize.map { position >= $0.value } ?? false
    }
}

/// How many events an author has on a chain, and the last of them.
public struct AuthorRow: Codable, Hashable, Sendable {
    public var events: Count
    public var last: EventHash
}

public struct ChainRow: Codable, Hashable, Sendable {
    public var origin: Origin
    public var chainOperator: MemberName
    public var checkpointKey: KeyBytes
    public var openedBy: EventHash
    public var anchors: Count
    public var lastAnchor: EventHash?
}

/// An anchor: where it stands on the public chain and what it commits to.
public struct AnchorRow: Codable, Hashable, Sendable {
    public var origin: Origin
    public var position: Count
    public var commitment: BodyCommitment
}

public struct BaseRow: Codable, Hashable, Sendable {
    public var base: ArtifactDigest
    public var name: BaseName
    /// What the same weights are called elsewhere, in chain order: copies of it, and names that it had.
    public var aliases: [BaseName] = []

    /// The name that it was registered under, and its others.
    public var names: [BaseName] { [name] + aliases }
}

public struct RoundRow: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable { case open, closed }

    public var round: RoundID
    public var rule: MergeRule
    public var topology: Topology
    /// For the topology `cohort` and for no other.
    public var cohorts: Ascending<Cohort>?
    public var base: ArtifactDigest
    public var author: MemberName
    public var openedBy: EventHash
    public var openedAt: Count
    public var state: State
    /// The configuration that all contributions share, once there is one.
    public var configuration: ArtifactDigest?
    /// The latest materialisation.
    public var materialization: EventHash?
    /// The leaf that closed it.
    public var closedAt: Count?
    /// The agent policy and the settlement rules that were in force when it was opened, if any.
    public var policy: ArtifactDigest?
    public var rules: ArtifactDigest?

    /// The cohort that `member` is in, where the round has cohorts and it is in one.
    public func cohort(of member: MemberName) -> CohortName? {
        cohorts?.first { $0.members.contains(member) }?.name
    }
}

extension RoundID {
    /// What the round's model, or that of one of its cohorts, is called.
    public func name(cohort: CohortName?) -> String { cohort.map { "\(self), cohort \($0)" } ?? text }
}

public struct ContributionRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    public var member: MemberName
    public var round: RoundID
    public var adapter: ArtifactDigest
    public var tensors: ArtifactDigest
    public var parents: Ascending<ArtifactDigest>
    public var weight: Weight
    /// What it was trained by, where its member says.
    public var training: TrainingReference?
    /// The contribution whose place it took, if any.
    public var replaces: EventHash?
    /// The plan that excludes it, if any.
    public var excludedBy: ArtifactDigest?
    /// The first plan that found it to descend from what that plan excludes, if any. It is not excluded: its
    /// member may keep it. But what is merged or trained from here on leaves it out.
    public var affectedBy: ArtifactDigest?

    /// The event that took it back or set it aside, if any: no model ever merged it.
    public var withdrawnBy: EventHash?

    /// Whether later merges take it in.
    public var counts: Bool { excludedBy == nil && affectedBy == nil && withdrawnBy == nil }
}

public struct ModelRow: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable {
        /// May be served.
        case current
        /// Affected by a plan in progress: not served.
        case suppressed
        /// A plan put another model in its place.
        case replaced
        /// Withdrawn without replacement.
        case recalled
    }

    /// The `model-materialized` event.
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var model: ArtifactDigest
    public var tensors: ArtifactDigest
    public var round: RoundID
    /// The cohort whose contributions it merged; absent where it merged the round's.
    public var cohort: CohortName?
    public var contributions: EventSet
    public var plan: ArtifactDigest?
    public var state: State
    public var replacedBy: EventHash?
    /// Other members that got the same bytes.
    public var attestedBy: Ascending<MemberName>
    /// Where they said so, in chain order.
    public var attestations: [EventHash]

    /// Whether this model of `round` is of the kind that merges `contribution` where that counts.
    func takes(_ contribution: ContributionRow, in round: RoundRow) -> Bool {
        cohort == nil || cohort == round.cohort(of: contribution.member)
    }
}

public struct DeletionRow: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable {
        case requested, accepted, refused, started, completed, certified
    }

    public var deletion: DeletionID
    public var requestedBy: EventHash
    public var requestedAt: Count
    public var author: MemberName
    public var member: MemberName
    public var scope: DeletionScope
    public var ground: DeletionGround
    public var receivedAt: Timestamp
    public var dueAt: Timestamp
    public var state: State
    public var decidedBy: EventHash?
    /// The shards that lose records, once it is accepted; where records are to go. Until then, those of the parts so far.
    public var touched: Ascending<TouchedShard>?
    /// The parts of the decision so far, where one event could not hold it.
    public var parts: DecisionParts?
    public var plan: ArtifactDigest?
    public var completedBy: EventHash?
    public var completedAt: Count?
    public var certificate: ArtifactDigest?
    public var certificateKind: DeletionCertified.Kind?
    /// How many certificates and statements of status the chain records.
    public var serial: Count?
    public var refusal: Refusal?
    public var extended: ExtensionRow?
    /// Questions about who asks, and what came of them, in chain order.
    public var identity: [IdentityRow] = []
    /// Recipients outside the consortium that were told, in chain order.
    public var recipients: [RecipientRow] = []
}

/// A decision that is said in parts.
public struct DecisionParts: Codable, Hashable, Sendable {
    /// In their order.
    public var events: [EventHash]
    /// How many there will be.
    public var of: Count
}

/// A plan in progress or carried out, with the event of each step.
public struct PlanRow: Codable, Hashable, Sendable {
    public var plan: ArtifactDigest
    public var deletions: Ascending<DeletionID>
    public var excluded: [EventHash]
    public var retraining: [PlannedRetraining]
    public var descendants: [EventHash]
    public var work: ShardRuns
    public var holders: Ascending<MemberName>
    public var models: [PlannedModel]
    /// What of `excluded` and `models` goes for its bytes alone, where there is something.
    public var copies: [EventHash]?
    public var artifacts: Ascending<ArtifactDigest>
    public var startedBy: EventHash
    public var startedAt: Count
    public var excludedBy: EventHash?
    public var rematerializedBy: EventHash?
    public var dispositions: [Disposition]?
    /// Each holder's attestation.
    public var erasures: [ErasureRow]

    /// What the plan says of the model that `materialization` made; `nil` where it is none of its.
    func planned(_ materialization: EventHash, in view: PublicView) -> PlannedModel? {
        guard let place = view.lineage.places[materialization], models.indices.contains(place),
            models[place].materialization == materialization
        else { return nil }
        return models[place]
    }

    /// What the plan says of training `contribution` again; `nil` where it does not want that.
    func retraining(of contribution: EventHash, in view: PublicView) -> PlannedRetraining? {
        guard let place = view.lineage.retrained[contribution], retraining.indices.contains(place),
            retraining[place].contribution == contribution
        else { return nil }
        return retraining[place]
    }

    /// Whether the outcome is that of a history without what is excluded: every affected model was rebuilt, or was only a copy
    /// of one, and all that was trained on one was trained again. False until the models are disposed of.
    public var isExact: Bool {
        guard let dispositions else { return false }
        let copies = Set(copies ?? [])
        return descendants.isEmpty
            && zip(models, dispositions).allSatisfy { model, disposition in
                disposition.outcome == .rematerialized || copies.contains(model.materialization)
            }
    }
}

/// What another organisation says that training again gave.
public struct TrainingAttestationRow: Codable, Hashable, Sendable {
    /// The `training-attested` event.
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var attested: TrainingAttested
}

public struct ErasureRow: Codable, Hashable, Sendable {
    public var holder: MemberName
    public var event: EventHash
    public var results: [StoreResult]
    public var check: ErasureCheck?
    public var tool: TrainerText?
}
