public import Bytes

/// The right or duty that a deletion rests on.
public enum DeletionGround: String, Codable, CaseIterable, Hashable, Sendable {
    case ccpa1798105 = "ccpa-1798-105"
    case contractEnded = "contract-ended"
    case gdpr171a = "gdpr-17-1-a"
    case gdpr171b = "gdpr-17-1-b"
    case gdpr171c = "gdpr-17-1-c"
    case gdpr171d = "gdpr-17-1-d"
    case gdpr171e = "gdpr-17-1-e"
    case gdpr171f = "gdpr-17-1-f"
    case memberLeft = "member-left"
}

/// What a deletion is about.
public enum DeletionScope: String, Codable, CaseIterable, Hashable, Sendable {
    /// All contributions of one member.
    case contributions
    /// Records of one member: which shards they are in is said by the decision.
    case records
}

/// Somebody asked for a deletion. The id is opaque; who asked and why is in a body on a private chain.
public struct DeletionRequested: Codable, Hashable, Sendable {
    public var deletion: DeletionID
    /// When the answer is due, by the law of the ground.
    public var dueAt: Timestamp
    public var ground: DeletionGround
    /// Whose data or contributions are to go.
    public var member: MemberName
    /// When the request was received, as its author says.
    public var receivedAt: Timestamp
    public var scope: DeletionScope

    public init(
        deletion: DeletionID, dueAt: Timestamp, ground: DeletionGround, member: MemberName,
        receivedAt: Timestamp, scope: DeletionScope
    ) {
        self.deletion = deletion
        self.dueAt = dueAt
        self.ground = ground
        self.member = member
        self.receivedAt = receivedAt
        self.scope = scope
    }
}

public enum Decision: String, Codable, CaseIterable, Hashable, Sendable {
    case accepted, refused
}

/// The answer to a request. Signed by the member concerned, or else by as many members as the charter's threshold.
public struct DeletionDecided: Codable, Hashable, Sendable {
    public var decision: Decision
    public var deletion: DeletionID
    /// Why, and who looked at it; with a refusal alone.
    public var refusal: Refusal?
    /// The shards that lose records, ascending; where records are to go and the answer is yes, and nowhere else.
    public var touched: Ascending<TouchedShard>?

    public init(
        decision: Decision, deletion: DeletionID, touched: Ascending<TouchedShard>? = nil, refusal: Refusal? = nil
    ) {
        self.decision = decision
        self.deletion = deletion
        self.refusal = refusal
        self.touched = touched
    }
}

/// Work on a plan begins. An open `deletion-started` is never certified.
public struct DeletionStarted: Codable, Hashable, Sendable {
    /// The deletions that the plan carries out, ascending.
    public var deletions: Ascending<DeletionID>
    /// The events that every later replay leaves out, in chain order.
    public var excluded: [EventHash]
    /// The members that hold something to erase, ascending.
    public var holders: Ascending<MemberName>
    /// Digest of the plan, which anyone re-derives from the chain up to this event.
    public var plan: ArtifactDigest

    public init(
        deletions: Ascending<DeletionID>, excluded: [EventHash], holders: Ascending<MemberName>, plan: ArtifactDigest
    ) {
        self.deletions = deletions
        self.excluded = excluded
        self.holders = holders
        self.plan = plan
    }
}

/// From here on no view serves a model that the plan names as affected.
public struct ExclusionApplied: Codable, Hashable, Sendable {
    /// The models that may no longer be served, ascending.
    public var models: Ascending<ArtifactDigest>
    public var plan: ArtifactDigest

    public init(models: Ascending<ArtifactDigest>, plan: ArtifactDigest) {
        self.models = models
        self.plan = plan
    }
}

/// What became of one affected model.
public struct Disposition: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, CaseIterable, Hashable, Sendable {
        /// Rebuilt without the excluded events.
        case rematerialized
        /// Recalled; nothing replaces it.
        case withdrawn
    }

    /// The cohort whose model it is, if any.
    public var cohort: CohortName?
    /// The new model's adapter digest; absent for a withdrawn one.
    public var newModel: ArtifactDigest?
    public var oldModel: ArtifactDigest
    public var outcome: Outcome
    public var round: RoundID

    public init(
        newModel: ArtifactDigest?, oldModel: ArtifactDigest, outcome: Outcome, round: RoundID,
        cohort: CohortName? = nil
    ) {
        self.cohort = cohort
        self.newModel = newModel
        self.oldModel = oldModel
        self.outcome = outcome
        self.round = round
    }
}

public struct RematerializationCompleted: Codable, Hashable, Sendable {
    /// One for each affected model, in the order of the plan.
    public var dispositions: [Disposition]
    public var plan: ArtifactDigest

    public init(dispositions: [Disposition], plan: ArtifactDigest) {
        self.dispositions = dispositions
        self.plan = plan
    }
}

/// Where a holder kept something.
public enum StoreKind: String, Codable, CaseIterable, Hashable, Sendable {
    /// Encrypted adapters by digest.
    case blobs
    /// Running sums of rounds.
    case runningSums = "running-sums"
    /// Bodies, salts and data keys.
    case vault
}

/// What came of erasing from one store.
public struct StoreResult: Codable, Hashable, Sendable {
    public enum Verdict: String, Codable, CaseIterable, Hashable, Sendable {
        case deleted
        case failed
        case notFound = "not-found"
        /// In a backup that has not run out yet.
        case pendingBackup = "pending-backup"
        case retained
    }

    /// How many things were erased, or found missing.
    public var items: Count
    public var store: StoreKind
    public var verdict: Verdict

    public init(items: Count, store: StoreKind, verdict: Verdict) {
        self.items = items
        self.store = store
        self.verdict = verdict
    }
}

/// A holder says, store by store, what it erased.
public struct ErasureAttested: Codable, Hashable, Sendable {
    /// The artifacts that are gone, ascending.
    public var artifacts: Ascending<ArtifactDigest>
    public var plan: ArtifactDigest
    /// One for each store, ascending by name.
    public var results: [StoreResult]

    public init(artifacts: Ascending<ArtifactDigest>, plan: ArtifactDigest, results: [StoreResult]) {
        self.artifacts = artifacts
        self.plan = plan
        self.results = results
    }
}

/// How strong the evidence for a deletion is: the least over its parts.
public enum Grade: Int, Codable, CaseIterable, Hashable, Sendable, Comparable {
    /// A0: the request is recorded.
    case recorded = 0
    /// A1: the events are excluded and the models suppressed.
    case excluded = 1
    /// A2: every holder attests that the payload is gone.
    case destroyed = 2
    /// A3: every descendant is rebuilt without it, digests published.
    case replayed = 3
    /// A4: a second organisation rebuilt it with equal digests.
    case replayedTwice = 4

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

public enum KeyDirectorySubject {}

public struct DeletionCompleted: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, CaseIterable, Hashable, Sendable {
        /// Every affected model was rebuilt: its bytes equal the counterfactual's.
        case exact
        /// At least one affected model was withdrawn instead.
        case withdrawn
    }

    public var deletion: DeletionID
    /// Digest of the key directory at this event (`schemas/key-directory.md`), so that a bundle that leaves out a
    /// revocation is found out.
    public var keyDirectory: Hash256<KeyDirectorySubject>
    public var outcome: Outcome
    public var plan: ArtifactDigest

    public init(
        deletion: DeletionID, keyDirectory: Hash256<KeyDirectorySubject>, outcome: Outcome,
        plan: ArtifactDigest
    ) {
        self.deletion = deletion
        self.keyDirectory = keyDirectory
        self.outcome = outcome
        self.plan = plan
    }
}

/// A certificate, or for what is not exact a statement of status, was issued.
public struct DeletionCertified: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, CaseIterable, Hashable, Sendable {
        case certificate
        case statusStatement = "status-statement"
    }

    /// SHA-256 of the certificate's statement, which stays the same when others sign it too.
    public var certificate: ArtifactDigest
    public var deletion: DeletionID
    public var kind: Kind

    public init(certificate: ArtifactDigest, deletion: DeletionID, kind: Kind) {
        self.certificate = certificate
        self.deletion = deletion
        self.kind = kind
    }
}

/// Private: what a request is about in full. The body holds it.
public struct DeletionScoped: Codable, Hashable, Sendable {
    public var deletion: DeletionID

    public init(deletion: DeletionID) { self.deletion = deletion }
}

/// Private: bodies and rows of datasets that are gone, with their salts and data keys. Only under such an event may one
/// be missing.
public struct RecordErased: Codable, Hashable, Sendable {
    /// Ascending, each once; at least one, or a row.
    public var bodies: Ascending<BodyCommitment>
    /// The rows of datasets that are gone, by dataset.
    public var records: Ascending<ErasedRecords>

    public init(bodies: Ascending<BodyCommitment>, records: Ascending<ErasedRecords> = []) {
        self.bodies = bodies
        self.records = records
    }
}
