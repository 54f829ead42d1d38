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
    /// The most shards that one event names; of more, each part but the last names as many.
    public static let touchedInOnePart = 200
    /// The most parts of a decision.
    public static let mostParts = 1_000

    public var decision: Decision
    public var deletion: DeletionID
    /// Which part of the decision it is, where the shards are more than one event holds: the last one completes it.
    public var part: ListPart?
    /// Why, and who looked at it; with a refusal alone.
    public var refusal: Refusal?
    /// The shards that lose records, ascending; where records are to go and the answer is yes, and nowhere else.
    public var touched: Ascending<TouchedShard>?

    public init(
        decision: Decision, deletion: DeletionID, touched: Ascending<TouchedShard>? = nil, refusal: Refusal? = nil,
        part: ListPart? = nil
    ) {
        self.decision = decision
        self.deletion = deletion
        self.part = part
        self.refusal = refusal
        self.touched = touched
    }
}

/// Work on a plan begins. An open `deletion-started` is never certified.
public struct DeletionStarted: Codable, Hashable, Sendable {
    /// The most deletions that one plan carries out: they are chosen, so the event names them all.
    public static let mostDeletions = 256

    /// The deletions that the plan carries out, ascending.
    public var deletions: Ascending<DeletionID>
    /// The events that every later replay leaves out, in chain order.
    public var excluded: DerivedList<EventHash>
    /// The members that hold something to erase, ascending.
    public var holders: DerivedList<MemberName>
    /// Digest of the plan, which anyone re-derives from the chain up to this event.
    public var plan: ArtifactDigest

    public init(
        deletions: Ascending<DeletionID>, excluded: [EventHash], holders: Ascending<MemberName>, plan: ArtifactDigest
    ) {
        self.deletions = deletions
        self.excluded = DerivedList(excluded)
        self.holders = DerivedList(holders)
        self.plan = plan
    }
}

/// From here on no view serves a model that the plan names as affected.
public struct ExclusionApplied: Codable, Hashable, Sendable {
    /// The models that may no longer be served, ascending.
    public var models: DerivedList<ArtifactDigest>
    public var plan: ArtifactDigest

    public init(models: Ascending<ArtifactDigest>, plan: ArtifactDigest) {
        self.models = DerivedList(models)
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
    public var dispositions: DerivedList<Disposition>
    public var plan: ArtifactDigest

    public init(dispositions: [Disposition], plan: ArtifactDigest) {
        self.dispositions = DerivedList(dispositions)
        self.plan = plan
    }
}

/// Where a holder kept something.
public enum StoreKind: String, Codable, CaseIterable, Hashable, Sendable {
    /// Copies of the other stores that nobody erases before they run out.
    case backups
    /// Encrypted adapters by digest.
    case blobs
    /// Running sums of rounds.
    case runningSums = "running-sums"
    /// Bodies, salts and data keys.
    case vault
}

/// Why a holder may keep what it would have to erase: GDPR Art. 17(3), CCPA § 1798.105(d), HIPAA 45 CFR 164.316.
public enum RetentionGround: String, Codable, CaseIterable, Hashable, Sendable {
    case ccpa1798105d = "ccpa-1798-105-d"
    case gdpr173a = "gdpr-17-3-a"
    case gdpr173b = "gdpr-17-3-b"
    case gdpr173c = "gdpr-17-3-c"
    case gdpr173d = "gdpr-17-3-d"
    case gdpr173e = "gdpr-17-3-e"
    case hipaa164316 = "hipaa-164-316"
}

/// How something was erased, in the words of NIST SP 800-88.
public enum ErasureMethod: String, Codable, CaseIterable, Hashable, Sendable {
    /// Overwritten in place, or written anew without it.
    case clear
    /// The key that it was encrypted under was destroyed, and then the ciphertext.
    case cryptographicErase = "cryptographic-erase"
    /// The medium was destroyed.
    case destroy
}

/// How a holder made sure that what it erased is gone.
public enum ErasureCheck: String, Codable, CaseIterable, Hashable, Sendable {
    /// Every file of the stores was searched for what was erased.
    case residueScan = "residue-scan"
    /// Somebody looked.
    case review
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

    /// Why it is kept; of what is retained, and of nothing else.
    public var ground: RetentionGround?
    /// How many things were erased, or are kept; none where nothing was found.
    public var items: Count
    /// How it was erased, where the holder says; of what is deleted, and of nothing else.
    public var method: ErasureMethod?
    public var store: StoreKind
    /// When the backup runs out, or the reason to keep it is looked at again; of what is not gone, and of nothing else.
    public var until: Timestamp?
    public var verdict: Verdict

    public init(
        items: Count, store: StoreKind, verdict: Verdict, ground: RetentionGround? = nil, until: Timestamp? = nil,
        method: ErasureMethod? = nil
    ) {
        self.items = items
        self.method = method
        self.store = store
        self.verdict = verdict
        self.ground = ground
        self.until = until
    }

    /// Whether what is kept has its reason and its end, and what is gone has neither.
    public var hasItsDates: Bool {
        switch verdict {
        case .deleted, .failed, .notFound: ground == nil && until == nil
        case .pendingBackup: ground == nil && until != nil
        case .retained: ground != nil && until != nil
        }
    }

    /// Why the result contradicts itself; `nil` where it does not.
    public var contradiction: String? {
        switch verdict {
        case .deleted: items.value == 0 ? "deleted, and it names nothing that was" : nil
        case .notFound where items.value > 0: "not found, and it names \(items) that were"
        default: method == nil ? nil : "\(verdict.rawValue), and it says how it was erased"
        }
    }
}

/// A holder says, store by store, what it erased.
public struct ErasureAttested: Codable, Hashable, Sendable {
    /// The artifacts that are gone, ascending.
    public var artifacts: DerivedList<ArtifactDigest>
    /// How the holder made sure, where it says.
    public var check: ErasureCheck?
    public var plan: ArtifactDigest
    /// One for each store, ascending by name; ``required`` among them.
    public var results: [StoreResult]
    /// What it erased with, by name and version, where the holder says.
    public var tool: TrainerText?

    /// The stores that every holder has, and has to answer for.
    public static let required: [StoreKind] = [.blobs, .vault]

    public init(
        artifacts: Ascending<ArtifactDigest>, plan: ArtifactDigest, results: [StoreResult], check: ErasureCheck? = nil,
        tool: TrainerText? = nil
    ) {
        self.artifacts = DerivedList(artifacts)
        self.check = check
        self.plan = plan
        self.results = results
        self.tool = tool
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
    /// The document of the same deletion that this one takes the place of, as the chain names it; absent for the first.
    public var supersedes: ArtifactDigest?

    public init(
        certificate: ArtifactDigest, deletion: DeletionID, kind: Kind, supersedes: ArtifactDigest? = nil
    ) {
        self.certificate = certificate
        self.deletion = deletion
        self.kind = kind
        self.supersedes = supersedes
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
