public import Bytes
public import ChainViews
public import Events

/// An event that a certificate rests on: what, where, by whom, and when by its author's clock.
public struct CertifiedEvent: Codable, Hashable, Sendable {
    public var author: MemberName
    public var claimedAt: Timestamp
    public var event: EventHash
    public var index: Count
    public var type: String
}

/// Why something goes that does not descend from what was to go.
public enum CertifiedCause: String, Codable, CaseIterable, Hashable, Sendable {
    /// It has the bytes of a contribution or a model that is affected.
    case equalBytes = "has-the-bytes-of-what-is-affected"
}

/// A contribution as a model's list of contributors names it.
public struct CitedContribution: Codable, Hashable, Sendable {
    public var adapter: ArtifactDigest
    /// Why it is excluded; absent where it descends from what was to go, or is that.
    public var cause: CertifiedCause?
    /// How many steps of the lineage lie between this and what is excluded; only of a descendant.
    public var depth: Count?
    public var event: EventHash
    public var member: MemberName
    public var weight: Weight
}

/// What became of one affected model, with everything that was merged into its successor.
public struct CertifiedModel: Codable, Hashable, Sendable {
    /// A disposition, or that there is none yet.
    public enum Outcome: String, Codable, CaseIterable, Hashable, Sendable {
        /// Rebuilt without the excluded events.
        case rematerialized
        /// No longer served; neither rebuilt nor recalled yet.
        case suppressed
        /// Recalled; nothing replaces it.
        case withdrawn
    }

    public var attestedBy: Ascending<MemberName>
    /// Why it goes; absent where it descends from what was to go.
    public var cause: CertifiedCause?
    /// The cohort whose model it is, where it is not the whole round's.
    public var cohort: CohortName?
    public var contributions: [CitedContribution]
    /// How many steps of the lineage lead from an excluded contribution to the old model: 1 where it merged one, 0 where it
    /// only has the bytes.
    public var depth: Count
    public var materializedBy: MemberName?
    public var newModel: ArtifactDigest?
    public var oldModel: ArtifactDigest
    public var outcome: Outcome
    public var round: RoundID
    public var rule: MergeRule

    /// What it is called: its round, and its cohort where it is of one.
    public var name: String { round.name(cohort: cohort) }
}

/// A second replay of training: another organisation was handed the records, and says what training again gave.
public struct CertifiedReplay: Codable, Hashable, Sendable {
    /// The digest over what computed the runs then.
    public var environment: ArtifactDigest
    /// The `training-attested` event.
    public var event: EventHash
    public var member: MemberName
    public var outcome: TrainingAttested.Outcome
    public var trainer: TrainerKind
}

/// A contribution that was trained again, and what took its place: the facts that a verifier who is given the base and
/// the records needs to train it once more.
public struct CertifiedRetraining: Codable, Hashable, Sendable {
    /// How many shards were trained again.
    public var again: Count
    /// The digest of the base's weights.
    public var base: ArtifactDigest
    /// How many shards were left out, because no record was left in them.
    public var emptied: Count
    /// The digest over what computed the new runs; absent where the member does not say.
    public var environment: ArtifactDigest?
    /// The digest over the runs of the excluded contribution.
    public var oldRuns: Hash256<RunSetSubject>
    /// The adapter digests that the new contribution starts from; empty for the base alone.
    public var parents: Ascending<ArtifactDigest>
    /// The recipe's digest.
    public var recipe: ArtifactDigest
    public var replacedBy: CitedContribution
    /// The excluded contribution.
    public var replaces: EventHash
    /// Who trained it again, and what came out; in chain order.
    public var replays: [CertifiedReplay]
    public var round: RoundID
    /// The digest over the new runs: each covers its recipe, parent, ordered record commitments and result.
    public var runs: Hash256<RunSetSubject>
    /// How many shards the new contribution is made of.
    public var shards: Count
    public var trainer: TrainerKind

    /// The last word of each organisation that trained it again.
    public var standing: [CertifiedReplay] {
        replays.filter { replay in replays.last { $0.member == replay.member } == replay }
    }

    /// Whether another organisation trained it again with equal digests, and none that did stands by others.
    public var isConfirmed: Bool { !standing.isEmpty && standing.allSatisfy { $0.outcome == .equal } }
}

public struct CertifiedErasure: Codable, Hashable, Sendable {
    /// How the holder made sure, where it says.
    public var check: ErasureCheck?
    public var event: EventHash
    public var holder: MemberName
    public var results: [StoreResult]
    /// What it erased with, where it says.
    public var tool: TrainerText?
}

/// A document that says who answers for something, or what there is: named by its digest, not shown.
public struct CertifiedDocument: Codable, Hashable, Sendable {
    public var author: MemberName
    /// The commitment to the document, which its author can open.
    public var commitment: BodyCommitment
    public var document: DocumentID
    public var event: EventHash
    public var kind: DocumentKind
    public var office: Office?
    public var until: Timestamp?
    public var version: Quantity
}

/// Something that is kept for a time although the deletion would end it.
public struct CertifiedHold: Codable, Hashable, Sendable {
    public var endsAt: Timestamp
    public var event: EventHash
    public var ground: HoldPlaced.Ground
    public var hold: HoldID
    public var member: MemberName
    /// The release before its day, if any.
    public var releasedBy: EventHash?
}

/// An approximately changed adapter that served in a model's place for a time. It is no erasure.
public struct CertifiedInterim: Codable, Hashable, Sendable {
    public var adapter: ArtifactDigest
    public var appliedAt: Timestamp
    /// When the deletion was completed, where that was before its day.
    public var endedAt: Timestamp?
    /// The `adapter-evaluated` events about the adapter: the tests.
    public var evaluations: [EventHash]
    public var event: EventHash
    /// The most that the measure is worth, by its own.
    public var grade: Grade
    public var method: MitigationMethod
    public var model: ArtifactDigest
    public var recipe: ArtifactDigest
    public var until: Timestamp
}

/// A recipient that the chain records as having got what the deletion takes out of use, and no notice to it.
public struct UntoldRecipient: Codable, Hashable, Sendable {
    /// The `handover-recorded` event.
    public var event: EventHash
    /// Who gave it.
    public var member: MemberName
    public var recipient: RecipientID
}

/// What a recipient outside the consortium was told, and what it answered.
public struct CertifiedRecipient: Codable, Hashable, Sendable {
    public var acknowledgedAt: Timestamp?
    /// The `recipient-acknowledged` event.
    public var acknowledgedBy: EventHash?
    /// The `recipient-notified` event.
    public var event: EventHash
    /// Who told it.
    public var member: MemberName
    public var notifiedAt: Timestamp
    public var outcome: RecipientNotified.Outcome
    public var recipient: RecipientID
    public var result: RecipientAcknowledged.Result?
}

/// A member with its roles in the consortium, and the parts that it had in the deletion.
public struct CertifiedParty: Codable, Hashable, Sendable {
    public enum Part: String, Codable, CaseIterable, Hashable, Sendable, Comparable {
        /// Its contributions were to go.
        case concerned
        /// Answered the request.
        case decider
        /// Had something to erase.
        case holder
        /// Issued the document.
        case issuer
        /// Operates the public chain.
        case `operator`
        /// Rebuilt a model: the first replay.
        case rebuilder
        /// Rebuilt a model, or trained a contribution again, independently and got the same bytes: the second replay.
        case replayer
        /// Put the request on the chain.
        case requester

        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    public var member: MemberName
    public var parts: Ascending<Part>
    public var roles: Ascending<Role>
}

/// What a certificate says. See `schemas/certificate.md`.
///
/// Everything but who issued it, when, and which earlier checkpoints go along is a function of the public chain up to
/// the checkpoint: a verifier that has the chain derives the same content and compares.
public struct CertificateContent: Codable, Hashable, Sendable {
    public var checkpoint: Position
    /// The name of the history whose bytes an exact result equals.
    public var counterfactual: String
    public var deletion: DeletionID
    /// Contributions that were trained on an affected model and still exist. Empty in an exact result.
    public var descendants: [CitedContribution]
    /// The latest documents by or for the parties that say who answers for data protection, which stores there are, and
    /// who is responsible with whom; ascending by id.
    public var documents: [CertifiedDocument]
    public var dueAt: Timestamp
    /// Checkpoints between which the chain took in the request and the completion, ascending by size.
    public var earlier: [Position]
    public var erasures: [CertifiedErasure]
    /// Every event that the certificate rests on, in chain order.
    public var events: [CertifiedEvent]
    /// Until when the answer was put off, and the person told so; absent where it was not.
    public var extendedTo: Timestamp?
    public var excluded: [CitedContribution]
    public var grade: Grade
    public var ground: DeletionGround
    /// What a hold keeps of the deletion, or of the datasets that lose records, in chain order.
    public var holds: [CertifiedHold]
    /// Approximate measures until the deletion was carried out, in chain order; absent where there were none.
    public var interim: [CertifiedInterim]?
    public var issuedAt: Timestamp
    public var issuer: MemberName
    public var keyDirectory: Hash256<KeyDirectorySubject>
    public var kind: DeletionCertified.Kind
    /// The law that the ground belongs to, and with it where.
    public var law: DeletionLaw
    public var limits: [String]
    public var member: MemberName
    public var models: [CertifiedModel]
    /// What is still to be done, and by whom; empty once the deletion is completed.
    public var open: [String]
    /// What was not looked at. Never empty.
    public var outOfScope: [String]
    /// Everybody who had a part in it, ascending by name.
    public var parties: [CertifiedParty]
    /// Absent as long as no plan is carried out.
    public var plan: ArtifactDigest?
    public var receivedAt: Timestamp
    /// Everybody outside the consortium whom somebody told of it, ascending by id.
    public var recipients: [CertifiedRecipient]
    /// What took the place of excluded contributions, in chain order of these; absent where nothing was trained again.
    public var retraining: [CertifiedRetraining]?
    public var scope: DeletionScope
    /// Which document of this deletion it is, counted from one by what the chain records.
    public var serial: Count
    public var state: DeletionRow.State
    /// How one learns whether the document still stands.
    public var status: String
    /// The document that this one takes the place of: its statement's digest.
    public var supersedes: ArtifactDigest?
    /// The shards that lose records, and whether none is left in them; absent unless records were to go.
    public var touched: Ascending<TouchedShard>?
    /// Recipients that have what goes and that nobody told, as the chain records it; ascending by id.
    public var untold: [UntoldRecipient]
    public var verification: Verification

    /// A place on the chain.
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

    /// How to check the document.
    public struct Verification: Codable, Hashable, Sendable {
        public var command: String
        public var steps: [String]
    }

    /// Where nothing had to be rebuilt, what that means; `nil` where something had, and in what is no certificate.
    public var absence: String? {
        guard kind == .certificate, models.isEmpty, retraining == nil else { return nil }
        return "nothing of what was to go was in a model"
    }

    /// What the document is called. Only an exact result is a certificate.
    public var title: String { kind == .certificate ? "deletion certificate" : "statement of status" }
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
            subjects.append(.init(name: "old-model:\(model.name)", digest: model.oldModel))
            if let new = model.newModel {
                subjects.append(.init(name: "new-model:\(model.name)", digest: new))
            }
        }
        return subjects
    }
}
