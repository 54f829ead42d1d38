public import Bytes

/// What a recorded document is.
public enum DocumentKind: String, CodeValue {
    /// Joint controllers' arrangement (GDPR Art. 26).
    case agreementJointControllers = "agreement-joint-controllers"
    /// Controller and processor (GDPR Art. 28(3)).
    case agreementProcessor = "agreement-processor"
    /// Authorisation of a sub-processor (GDPR Art. 28(2)).
    case agreementSubProcessor = "agreement-sub-processor"
    /// Terms with the supplier of a component (AI Act Art. 25(4)).
    case agreementSupplier = "agreement-supplier"
    /// What a transfer to a third country rests on (GDPR Art. 44 to 49).
    case agreementTransfer = "agreement-transfer"
    /// That a model is anonymous (EDPB Opinion 28/2024).
    case anonymityAssessment = "anonymity-assessment"
    /// Computing that the base took, as its provider says.
    case baseCompute = "base-compute"
    /// An examination for bias (AI Act Art. 10(2)(f)).
    case biasExamination = "bias-examination"
    /// Information for downstream providers (AI Act Annex XII).
    case downstreamInformation = "downstream-information"
    /// A list of requests to delete was fetched from a public platform, and every match handled (Civ. Code 1798.99.86).
    case deletionListPoll = "deletion-list-poll"
    /// Impact assessment (GDPR Art. 35).
    case dpia
    /// That a base which others made was lawfully developed (EDPB Opinion 28/2024).
    case dueDiligence = "due-diligence"
    /// Documentation of a general-purpose model (AI Act Annex XI).
    case gpaiDocumentation = "gpai-documentation"
    /// Instructions for deployers (AI Act Art. 13).
    case instructions
    /// Moving to other keys and algorithms was tried.
    case migrationTest = "migration-test"
    /// Post-market monitoring plan (AI Act Art. 72).
    case monitoringPlan = "monitoring-plan"
    case monitoringReport = "monitoring-report"
    /// Prior consultation of the authority (GDPR Art. 36).
    case priorConsultation = "prior-consultation"
    /// Tests of what a model gives away, such as membership inference.
    case privacyTest = "privacy-test"
    case procedureErasure = "procedure-erasure"
    case procedureRecordKeeping = "procedure-record-keeping"
    /// Which office answers for what.
    case roleAssignment = "role-assignment"
    /// Which stores there are and what they hold.
    case storeMap = "store-map"
    /// Technical documentation (AI Act Annex IV).
    case technicalDocumentation = "technical-documentation"
    /// Computing that training a model took.
    case trainingCompute = "training-compute"
    /// Public summary of the training content (AI Act Art. 53(1)(d)).
    case trainingSummary = "training-summary"
}

/// A part that a document has, or something that it is about.
public enum DocumentTopic: String, CodeValue {
    case annexIV1 = "annex-iv-1"
    case annexIV2 = "annex-iv-2"
    case annexIV3 = "annex-iv-3"
    case annexIV4 = "annex-iv-4"
    case annexIV5 = "annex-iv-5"
    case annexIV6 = "annex-iv-6"
    case annexIV7 = "annex-iv-7"
    case annexIV8 = "annex-iv-8"
    case annexIV9 = "annex-iv-9"
    case architecture, compute, data, energy
    /// The ledger itself: why it is needed, who is responsible, what its metadata tell, how long its cryptography lasts.
    case ledger
    /// How logs are collected, stored and read.
    case logs
    /// Why nothing simpler would do.
    case necessity
    case release, tasks, training
}

public enum RiskLevel: String, CodeValue {
    case high, low, medium
}

/// What a transfer of personal data to a third country rests on.
public enum TransferTool: String, CodeValue {
    /// A decision of the Commission (GDPR Art. 45).
    case adequacy
    /// GDPR Art. 47.
    case bindingCorporateRules = "binding-corporate-rules"
    /// GDPR Art. 49.
    case derogation
    /// GDPR Art. 46(2)(c).
    case standardClauses = "standard-clauses"
}

/// A document exists: its kind, what it covers and for how long. The document itself is the body.
///
/// Which members go with which kind is in `schemas/governance.md`. Every party signs.
public struct DocumentRecorded: Codable, Hashable, Sendable {
    /// The base that it is about.
    public var base: ArtifactDigest?
    /// Computing in units of 10¹⁵ floating-point operations.
    public var computePetaFLOP: Count?
    public var document: DocumentID
    /// From when it counts; absent: from this event on.
    public var from: Timestamp?
    public var kind: DocumentKind
    /// Adapter digest of the model that it is about.
    public var model: ArtifactDigest?
    /// The office that a role assignment names.
    public var office: Office?
    /// The members that it binds, ascending; each of them signed.
    public var parties: Ascending<MemberName>
    /// Somebody outside the consortium that it binds.
    public var recipient: RecipientID?
    /// What remains after the measures of an impact assessment.
    public var residualRisk: RiskLevel?
    /// Until when it is kept at least.
    public var retainUntil: Timestamp?
    /// Ascending; what it has parts about.
    public var topics: Ascending<DocumentTopic>
    public var transferTool: TransferTool?
    /// Until when it counts; absent: until a later version says so.
    public var until: Timestamp?
    /// 1, and one more for each later version.
    public var version: Quantity

    public init(
        document: DocumentID, kind: DocumentKind, version: Quantity, parties: Ascending<MemberName> = [],
        topics: Ascending<DocumentTopic> = [], base: ArtifactDigest? = nil, computePetaFLOP: Count? = nil,
        from: Timestamp? = nil, model: ArtifactDigest? = nil, office: Office? = nil, recipient: RecipientID? = nil,
        residualRisk: RiskLevel? = nil, retainUntil: Timestamp? = nil, transferTool: TransferTool? = nil,
        until: Timestamp? = nil
    ) {
        self.base = base
        self.computePetaFLOP = computePetaFLOP
        self.document = document
        self.from = from
        self.kind = kind
        self.model = model
        self.office = office
        self.parties = parties
        self.recipient = recipient
        self.residualRisk = residualRisk
        self.retainUntil = retainUntil
        self.topics = topics
        self.transferTool = transferTool
        self.until = until
        self.version = version
    }
}

extension DocumentKind {
    /// A member of ``DocumentRecorded`` that some kinds have.
    public enum Member: String, CaseIterable, Hashable, Sendable {
        case base, computePetaFLOP, model, office, parties, recipient, residualRisk, retainUntil, topics, transferTool
    }

    /// The members that a document of this kind must have.
    public var required: Set<Member> {
        switch self {
        case .agreementJointControllers: [.parties]
        case .agreementProcessor: [.parties]
        case .agreementSubProcessor: [.parties, .recipient]
        case .agreementSupplier, .dueDiligence: [.base]
        case .agreementTransfer: [.recipient, .transferTool]
        case .baseCompute: [.base, .computePetaFLOP]
        case .trainingCompute: [.computePetaFLOP, .model]
        case .dpia: [.residualRisk, .topics]
        case .gpaiDocumentation, .technicalDocumentation: [.model, .topics]
        case .instructions: [.model, .topics]
        case .anonymityAssessment, .biasExamination, .downstreamInformation, .privacyTest: [.model]
        case .roleAssignment: [.office]
        case .deletionListPoll, .migrationTest, .monitoringPlan, .monitoringReport, .priorConsultation,
            .procedureErasure, .procedureRecordKeeping, .storeMap, .trainingSummary:
            []
        }
    }

    /// The members that it may have besides.
    public var permitted: Set<Member> {
        switch self {
        case .agreementProcessor: [.recipient]
        case .agreementSupplier: [.parties]
        case .agreementTransfer: [.parties]
        case .technicalDocumentation, .gpaiDocumentation, .instructions: [.retainUntil]
        case .monitoringPlan, .monitoringReport: [.model]
        default: []
        }
    }
}

extension DocumentRecorded {
    /// The members of ``DocumentKind/Member`` that are given.
    public var given: Set<DocumentKind.Member> {
        let isGiven: [(DocumentKind.Member, Bool)] = [
            (.base, base != nil), (.computePetaFLOP, computePetaFLOP != nil), (.model, model != nil),
            (.office, office != nil), (.parties, !parties.isEmpty), (.recipient, recipient != nil),
            (.residualRisk, residualRisk != nil), (.retainUntil, retainUntil != nil), (.topics, !topics.isEmpty),
            (.transferTool, transferTool != nil),
        ]
        return Set(isGiven.filter(\.1).map(\.0))
    }
}

/// What an adopted control pack is: the document of a `policy-adopted` event of kind `control-pack`.
public struct PackAdoption: Codable, Hashable, Sendable {
    public enum DigestSubject {}

    /// The digest of the pack's files (`schemas/policy-packs.md`).
    public var digest: Hash256<DigestSubject>
    public var format: String
    public var pack: Identifier<DigestSubject>
    public var version: String

    public init(digest: Hash256<DigestSubject>, pack: Identifier<DigestSubject>, version: String) {
        self.digest = digest
        format = PolicyKind.controlPack.format
        self.pack = pack
        self.version = version
    }
}
