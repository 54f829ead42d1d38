public import Bytes

/// Whether a member may act for the consortium; signed by as many members as the charter's threshold.
///
/// A suspended member makes no models, no rounds and no decisions that bind others, and its signature counts for none. It
/// goes on to erase, to answer for what it gave away and to look after its keys.
public struct MemberSuspended: Codable, Hashable, Sendable {
    public enum Standing: String, CodeValue {
        case reinstated, suspended
    }

    public enum Reason: String, CodeValue {
        case breach
        case left
        case ownRequest = "own-request"
        case resolved
        case underReview = "under-review"
    }

    public var member: MemberName
    public var reason: Reason
    public var standing: Standing

    public init(member: MemberName, reason: Reason, standing: Standing) {
        self.member = member
        self.reason = reason
        self.standing = standing
    }
}

/// A model is put to use outside the consortium's training, approved by another member than its author.
public struct ModelReleased: Codable, Hashable, Sendable {
    /// What the consortium says of personal data in the model.
    public enum Anonymity: String, CodeValue {
        /// Claimed anonymous; wants an assessment on record.
        case anonymous
        case notAssessed = "not-assessed"
        case personalData = "personal-data"
    }

    /// The class of use under the AI Act, as the author judges it.
    public enum RiskClass: String, CodeValue {
        case highRisk = "high-risk"
        case notHighRisk = "not-high-risk"
    }

    public var anonymity: Anonymity
    /// Another member that signed the event too.
    public var approver: MemberName
    /// Whether it is a substantial modification of what was released before.
    public var isSubstantialChange: Bool
    public var materialization: EventHash
    public var model: ArtifactDigest
    public var purpose: PurposeName
    public var release: ReleaseID
    public var riskClass: RiskClass

    public init(
        anonymity: Anonymity, approver: MemberName, isSubstantialChange: Bool, materialization: EventHash,
        model: ArtifactDigest, purpose: PurposeName, release: ReleaseID, riskClass: RiskClass
    ) {
        self.anonymity = anonymity
        self.approver = approver
        self.isSubstantialChange = isSubstantialChange
        self.materialization = materialization
        self.model = model
        self.purpose = purpose
        self.release = release
        self.riskClass = riskClass
    }
}

/// Something left the consortium: to whom, by an opaque id, where, and what.
public struct HandoverRecorded: Codable, Hashable, Sendable {
    public enum Category: String, CodeValue {
        case authority
        case customer
        case downstreamProvider = "downstream-provider"
        case processor
        case `public`
        case subProcessor = "sub-processor"
        case thirdParty = "third-party"
    }

    public enum Kind: String, CodeValue {
        /// A contribution or a model.
        case adapter
        /// What Annex XII of the AI Act wants downstream providers to know.
        case annexXII = "annex-xii"
        /// Personal data themselves.
        case personalData = "personal-data"
    }

    /// Adapter digest of the contribution or model; for kind `adapter` and `annex-xii`.
    public var artifact: ArtifactDigest?
    public var category: Category
    /// Where the recipient is.
    public var country: CountryCode
    /// The data set; for kind `personal-data`.
    public var dataset: DatasetID?
    public var handover: HandoverID
    public var kind: Kind
    public var recipient: RecipientID

    public init(
        artifact: ArtifactDigest?, category: Category, country: CountryCode, dataset: DatasetID?,
        handover: HandoverID, kind: Kind, recipient: RecipientID
    ) {
        self.artifact = artifact
        self.category = category
        self.country = country
        self.dataset = dataset
        self.handover = handover
        self.kind = kind
        self.recipient = recipient
    }
}

/// A recipient was told of a deletion, or cannot be (GDPR Art. 19).
public struct RecipientNotified: Codable, Hashable, Sendable {
    public enum Outcome: String, CodeValue {
        /// Telling it would take a disproportionate effort; the facts are in a notice on a private chain.
        case disproportionate
        case impossible
        case notified
    }

    public var deletion: DeletionID
    public var outcome: Outcome
    public var recipient: RecipientID

    public init(deletion: DeletionID, outcome: Outcome, recipient: RecipientID) {
        self.deletion = deletion
        self.outcome = outcome
        self.recipient = recipient
    }
}

/// What a recipient answered to the notice, recorded by the member that told it.
public struct RecipientAcknowledged: Codable, Hashable, Sendable {
    public enum Result: String, CodeValue {
        case deleted
        case notHeld = "not-held"
        /// Received, and nothing done yet.
        case pending
        case refused

        /// Whether nothing is left to wait for.
        public var isFinal: Bool { self == .deleted || self == .notHeld }
    }

    public var deletion: DeletionID
    public var recipient: RecipientID
    public var result: Result

    public init(deletion: DeletionID, recipient: RecipientID, result: Result) {
        self.deletion = deletion
        self.recipient = recipient
        self.result = result
    }
}

/// An exception from a control, for a reason and until a day, approved by another member than the one that wants it.
public struct WaiverGranted: Codable, Hashable, Sendable {
    public enum Reason: String, CodeValue {
        case acceptedRisk = "accepted-risk"
        case compensatingControl = "compensating-control"
        case correctionInProgress = "correction-in-progress"
        case legalAdvice = "legal-advice"
        case notAFault = "not-a-fault"
    }

    /// Another member that signed the event too.
    public var approver: MemberName
    public var control: ControlCode
    /// The event that shows the one violation it is about; absent: all of the control's.
    public var event: EventHash?
    public var expiresAt: Timestamp
    public var reason: Reason
    public var waiver: WaiverID

    public init(
        approver: MemberName, control: ControlCode, event: EventHash?, expiresAt: Timestamp, reason: Reason,
        waiver: WaiverID
    ) {
        self.approver = approver
        self.control = control
        self.event = event
        self.expiresAt = expiresAt
        self.reason = reason
        self.waiver = waiver
    }
}

/// A person's answer to what a control's query cannot see. The author's office answers; no person is named.
public struct JudgementRecorded: Codable, Hashable, Sendable {
    public var control: ControlCode
    public var expiresAt: Timestamp
    /// Whether the answer is that the control is met.
    public var isMet: Bool
    public var office: Office

    public init(control: ControlCode, expiresAt: Timestamp, isMet: Bool, office: Office) {
        self.control = control
        self.expiresAt = expiresAt
        self.isMet = isMet
        self.office = office
    }
}

/// Something must be kept for a time although a deletion or its retention would end it. It does not stop any clock.
public struct HoldPlaced: Codable, Hashable, Sendable {
    public enum Ground: String, CodeValue {
        case authorityOrder = "authority-order"
        /// Establishment, exercise or defence of legal claims.
        case gdpr173e = "gdpr-17-3-e"
        /// The person wants the data kept (GDPR Art. 18(1)(b) or (c)).
        case gdpr181 = "gdpr-18-1"
        case statutoryRetention = "statutory-retention"
    }

    /// The data set that is held; else ``deletion`` is given.
    public var dataset: DatasetID?
    /// The deletion whose private side, with its salt, is held; else ``dataset`` is given.
    public var deletion: DeletionID?
    public var endsAt: Timestamp
    public var ground: Ground
    public var hold: HoldID

    public init(dataset: DatasetID?, deletion: DeletionID?, endsAt: Timestamp, ground: Ground, hold: HoldID) {
        self.dataset = dataset
        self.deletion = deletion
        self.endsAt = endsAt
        self.ground = ground
        self.hold = hold
    }
}

/// A hold ends before its day, by whoever placed it or by as many members as the charter's threshold.
public struct HoldReleased: Codable, Hashable, Sendable {
    public var hold: HoldID

    public init(hold: HoldID) { self.hold = hold }
}

/// An auditor looked at something and says what came of it.
public struct AuditPerformed: Codable, Hashable, Sendable {
    public enum Object: String, CodeValue {
        /// Entries, signatures, checkpoints and views.
        case chain
        /// Policy packs over the ledger.
        case controls
        /// Models, merged again.
        case models
        /// What holders keep.
        case stores
    }

    /// How many faults were found; none for a clean one.
    public var findings: Count
    public var object: Object
    /// How many leaves of the public chain were looked at.
    public var size: Count

    public init(findings: Count, object: Object, size: Count) {
        self.findings = findings
        self.object = object
        self.size = size
    }
}
