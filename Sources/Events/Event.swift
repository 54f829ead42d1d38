/// The kind of an event; also the last part of its predicate type.
public enum EventType: String, CaseIterable, Hashable, Sendable {
    case accessRecorded = "access-recorded"
    case adapterCommitted = "adapter-committed"
    case auditPerformed = "audit-performed"
    case adapterEvaluated = "adapter-evaluated"
    case baseRegistered = "base-registered"
    case chainAnchored = "chain-anchored"
    case chainOpened = "chain-opened"
    case consentRecorded = "consent-recorded"
    case consentWithdrawn = "consent-withdrawn"
    case consortiumFounded = "consortium-founded"
    case contributionWithdrawn = "contribution-withdrawn"
    case datasetDescribed = "dataset-described"
    case datasetRegistered = "dataset-registered"
    case decisionExplained = "decision-explained"
    case deletionCertified = "deletion-certified"
    case deletionCompleted = "deletion-completed"
    case deletionDecided = "deletion-decided"
    case deletionExtended = "deletion-extended"
    case deletionRequested = "deletion-requested"
    case deletionScoped = "deletion-scoped"
    case deletionStarted = "deletion-started"
    case documentRecorded = "document-recorded"
    case erasureAttested = "erasure-attested"
    case evaluationRecorded = "evaluation-recorded"
    case exclusionApplied = "exclusion-applied"
    case handoverRecorded = "handover-recorded"
    case holdPlaced = "hold-placed"
    case holdReleased = "hold-released"
    case identityChecked = "identity-checked"
    case incidentDetected = "incident-detected"
    case incidentHandled = "incident-handled"
    case judgementRecorded = "judgement-recorded"
    case keyAdded = "key-added"
    case keyRevoked = "key-revoked"
    case memberAdmitted = "member-admitted"
    case memberSuspended = "member-suspended"
    case mitigationApplied = "mitigation-applied"
    case modelAttested = "model-attested"
    case modelMaterialized = "model-materialized"
    case modelRecalled = "model-recalled"
    case modelReleased = "model-released"
    case noticeSent = "notice-sent"
    case participationDecided = "participation-decided"
    case policyAdopted = "policy-adopted"
    case readersListed = "readers-listed"
    case recipientAcknowledged = "recipient-acknowledged"
    case recipientNotified = "recipient-notified"
    case recipientsAsked = "recipients-asked"
    case recordErased = "record-erased"
    case rematerializationCompleted = "rematerialization-completed"
    case resourcesAllocated = "resources-allocated"
    case restrictionRecorded = "restriction-recorded"
    case rewardSettled = "reward-settled"
    case roundClosed = "round-closed"
    case roundOpened = "round-opened"
    case waiverGranted = "waiver-granted"
    case shardTrained = "shard-trained"
    case trainingAttested = "training-attested"

    /// Stands for the project's own domain in predicate types.
    public static let prefix = "https://lethe.example/event/"

    /// The statement's `predicateType`, e.g. `https://lethe.example/event/round-opened/v1`.
    public var predicateType: String { "\(Self.prefix)\(rawValue)/v1" }

    private static let byPredicateType = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0.predicateType, $0) })

    public init?(predicateType: String) {
        guard let type = Self.byPredicateType[predicateType] else { return nil }
        self = type
    }

    /// Which chains may hold the event.
    public enum Audience: Hashable, Sendable { case publicChain, privateChain }

    public var audience: Audience {
        switch self {
        case .readersListed, .deletionScoped, .recordErased, .resourcesAllocated, .decisionExplained,
            .accessRecorded, .datasetDescribed, .consentRecorded, .consentWithdrawn, .restrictionRecorded,
            .incidentDetected, .incidentHandled, .noticeSent, .recipientsAsked,
            .datasetRegistered, .shardTrained:
            .privateChain
        default: .publicChain
        }
    }

    /// Whether the event must commit to a body, or must not.
    public var hasBody: Bool {
        switch self {
        case .chainAnchored, .deletionScoped, .resourcesAllocated, .decisionExplained, .accessRecorded,
            .documentRecorded, .datasetDescribed, .consentRecorded, .restrictionRecorded, .incidentDetected,
            .incidentHandled, .noticeSent, .recipientsAsked, .datasetRegistered, .shardTrained:
            true
        default: false
        }
    }
}

/// What happened: the typed content of one statement.
public enum Event: Hashable, Sendable {
    case accessRecorded(AccessRecorded)
    case adapterCommitted(AdapterCommitted)
    case auditPerformed(AuditPerformed)
    case adapterEvaluated(AdapterEvaluated)
    case baseRegistered(BaseRegistered)
    case chainAnchored(ChainAnchored)
    case chainOpened(ChainOpened)
    case consentRecorded(ConsentRecorded)
    case consentWithdrawn(ConsentWithdrawn)
    case consortiumFounded(ConsortiumFounded)
    case contributionWithdrawn(ContributionWithdrawn)
    case datasetDescribed(DatasetDescribed)
    case datasetRegistered(DatasetRegistered)
    case decisionExplained(DecisionExplained)
    case deletionCertified(DeletionCertified)
    case deletionCompleted(DeletionCompleted)
    case deletionDecided(DeletionDecided)
    case deletionExtended(DeletionExtended)
    case deletionRequested(DeletionRequested)
    case deletionScoped(DeletionScoped)
    case deletionStarted(DeletionStarted)
    case documentRecorded(DocumentRecorded)
    case erasureAttested(ErasureAttested)
    case evaluationRecorded(EvaluationRecorded)
    case exclusionApplied(ExclusionApplied)
    case handoverRecorded(HandoverRecorded)
    case holdPlaced(HoldPlaced)
    case holdReleased(HoldReleased)
    case identityChecked(IdentityChecked)
    case incidentDetected(IncidentDetected)
    case incidentHandled(IncidentHandled)
    case judgementRecorded(JudgementRecorded)
    case keyAdded(KeyAdded)
    case keyRevoked(KeyRevoked)
    case memberAdmitted(MemberAdmitted)
    case memberSuspended(MemberSuspended)
    case mitigationApplied(MitigationApplied)
    case modelAttested(ModelAttested)
    case modelMaterialized(ModelMaterialized)
    case modelRecalled(ModelRecalled)
    case modelReleased(ModelReleased)
    case noticeSent(NoticeSent)
    case participationDecided(ParticipationDecided)
    case policyAdopted(PolicyAdopted)
    case readersListed(ReadersListed)
    case recipientAcknowledged(RecipientAcknowledged)
    case recipientNotified(RecipientNotified)
    case recipientsAsked(RecipientsAsked)
    case recordErased(RecordErased)
    case rematerializationCompleted(RematerializationCompleted)
    case resourcesAllocated(ResourcesAllocated)
    case restrictionRecorded(RestrictionRecorded)
    case rewardSettled(RewardSettled)
    case roundClosed(RoundClosed)
    case roundOpened(RoundOpened)
    case waiverGranted(WaiverGranted)
    case shardTrained(ShardTrained)
    case trainingAttested(TrainingAttested)
}

extension Event {
    public var type: EventType {
        switch self {
        case .accessRecorded: .accessRecorded
        case .adapterCommitted: .adapterCommitted
        case .auditPerformed: .auditPerformed
        case .adapterEvaluated: .adapterEvaluated
        case .baseRegistered: .baseRegistered
        case .chainAnchored: .chainAnchored
        case .chainOpened: .chainOpened
        case .consentRecorded: .consentRecorded
        case .consentWithdrawn: .consentWithdrawn
        case .consortiumFounded: .consortiumFounded
        case .contributionWithdrawn: .contributionWithdrawn
        case .datasetDescribed: .datasetDescribed
        case .datasetRegistered: .datasetRegistered
        case .decisionExplained: .decisionExplained
        case .deletionCertified: .deletionCertified
        case .deletionCompleted: .deletionCompleted
        case .deletionDecided: .deletionDecided
        case .deletionExtended: .deletionExtended
        case .deletionRequested: .deletionRequested
        case .deletionScoped: .deletionScoped
        case .deletionStarted: .deletionStarted
        case .documentRecorded: .documentRecorded
        case .erasureAttested: .erasureAttested
        case .evaluationRecorded: .evaluationRecorded
        case .exclusionApplied: .exclusionApplied
        case .handoverRecorded: .handoverRecorded
        case .holdPlaced: .holdPlaced
        case .holdReleased: .holdReleased
        case .identityChecked: .identityChecked
        case .incidentDetected: .incidentDetected
        case .incidentHandled: .incidentHandled
        case .judgementRecorded: .judgementRecorded
        case .keyAdded: .keyAdded
        case .keyRevoked: .keyRevoked
        case .memberAdmitted: .memberAdmitted
        case .memberSuspended: .memberSuspended
        case .mitigationApplied: .mitigationApplied
        case .modelAttested: .modelAttested
        case .modelMaterialized: .modelMaterialized
        case .modelRecalled: .modelRecalled
        case .modelReleased: .modelReleased
        case .noticeSent: .noticeSent
        case .participationDecided: .participationDecided
        case .policyAdopted: .policyAdopted
        case .readersListed: .readersListed
        case .recipientAcknowledged: .recipientAcknowledged
        case .recipientNotified: .recipientNotified
        case .recipientsAsked: .recipientsAsked
        case .recordErased: .recordErased
        case .rematerializationCompleted: .rematerializationCompleted
        case .resourcesAllocated: .resourcesAllocated
        case .restrictionRecorded: .restrictionRecorded
        case .rewardSettled: .rewardSettled
        case .roundClosed: .roundClosed
        case .roundOpened: .roundOpened
        case .waiverGranted: .waiverGranted
        case .shardTrained: .shardTrained
        case .trainingAttested: .trainingAttested
        }
    }

    /// The typed content, as whatever encodes it sees it.
    public var content: any Codable & Hashable & Sendable {
        switch self {
        case .accessRecorded(let content): content
        case .adapterCommitted(let content): content
        case .auditPerformed(let content): content
        case .adapterEvaluated(let content): content
        case .baseRegistered(let content): content
        case .chainAnchored(let content): content
        case .chainOpened(let content): content
        case .consentRecorded(let content): content
        case .consentWithdrawn(let content): content
        case .consortiumFounded(let content): content
        case .contributionWithdrawn(let content): content
        case .datasetDescribed(let content): content
        case .datasetRegistered(let content): content
        case .decisionExplained(let content): content
        case .deletionCertified(let content): content
        case .deletionCompleted(let content): content
        case .deletionDecided(let content): content
        case .deletionExtended(let content): content
        case .deletionRequested(let content): content
        case .deletionScoped(let content): content
        case .deletionStarted(let content): content
        case .documentRecorded(let content): content
        case .erasureAttested(let content): content
        case .evaluationRecorded(let content): content
        case .exclusionApplied(let content): content
        case .handoverRecorded(let content): content
        case .holdPlaced(let content): content
        case .holdReleased(let content): content
        case .identityChecked(let content): content
        case .incidentDetected(let content): content
        case .incidentHandled(let content): content
        case .judgementRecorded(let content): content
        case .keyAdded(let content): content
        case .keyRevoked(let content): content
        case .memberAdmitted(let content): content
        case .memberSuspended(let content): content
        case .mitigationApplied(let content): content
        case .modelAttested(let content): content
        case .modelMaterialized(let content): content
        case .modelRecalled(let content): content
        case .modelReleased(let content): content
        case .noticeSent(let content): content
        case .participationDecided(let content): content
        case .policyAdopted(let content): content
        case .readersListed(let content): content
        case .recipientAcknowledged(let content): content
        case .recipientNotified(let content): content
        case .recipientsAsked(let content): content
        case .recordErased(let content): content
        case .rematerializationCompleted(let content): content
        case .resourcesAllocated(let content): content
        case .restrictionRecorded(let content): content
        case .rewardSettled(let content): content
        case .roundClosed(let content): content
        case .roundOpened(let content): content
        case .waiverGranted(let content): content
        case .shardTrained(let content): content
        case .trainingAttested(let content): content
        }
    }

    /// Reads the content of an event of `type`.
    init(_ type: EventType, from node: JSONNode) throws(JSONError) {
        switch type {
        case .accessRecorded: self = .accessRecorded(try node.decode(AccessRecorded.self))
        case .adapterCommitted:
            if let content = AdapterCommitted(quickly: node) {
                self = .adapterCommitted(content)
            } else {
                self = .adapterCommitted(try node.decode(AdapterCommitted.self))
            }
        case .auditPerformed: self = .auditPerformed(try node.decode(AuditPerformed.self))
        case .adapterEvaluated: self = .adapterEvaluated(try node.decode(AdapterEvaluated.self))
        case .baseRegistered: self = .baseRegistered(try node.decode(BaseRegistered.self))
        case .chainAnchored: self = .chainAnchored(try node.decode(ChainAnchored.self))
        case .chainOpened: self = .chainOpened(try node.decode(ChainOpened.self))
        case .consentRecorded: self = .consentRecorded(try node.decode(ConsentRecorded.self))
        case .consentWithdrawn: self = .consentWithdrawn(try node.decode(ConsentWithdrawn.self))
        case .consortiumFounded: self = .consortiumFounded(try node.decode(ConsortiumFounded.self))
        case .contributionWithdrawn: self = .contributionWithdrawn(try node.decode(ContributionWithdrawn.self))
        case .datasetDescribed: self = .datasetDescribed(try node.decode(DatasetDescribed.self))
        case .datasetRegistered: self = .datasetRegistered(try node.decode(DatasetRegistered.self))
        case .decisionExplained: self = .decisionExplained(try node.decode(DecisionExplained.self))
        case .deletionCertified: self = .deletionCertified(try node.decode(DeletionCertified.self))
        case .deletionCompleted: self = .deletionCompleted(try node.decode(DeletionCompleted.self))
        case .deletionDecided: self = .deletionDecided(try node.decode(DeletionDecided.self))
        case .deletionExtended: self = .deletionExtended(try node.decode(DeletionExtended.self))
        case .deletionRequested: self = .deletionRequested(try node.decode(DeletionRequested.self))
        case .deletionScoped: self = .deletionScoped(try node.decode(DeletionScoped.self))
        case .deletionStarted: self = .deletionStarted(try node.decode(DeletionStarted.self))
        case .documentRecorded: self = .documentRecorded(try node.decode(DocumentRecorded.self))
        case .erasureAttested: self = .erasureAttested(try node.decode(ErasureAttested.self))
        case .evaluationRecorded: self = .evaluationRecorded(try node.decode(EvaluationRecorded.self))
        case .exclusionApplied: self = .exclusionApplied(try node.decode(ExclusionApplied.self))
        case .handoverRecorded: self = .handoverRecorded(try node.decode(HandoverRecorded.self))
        case .holdPlaced: self = .holdPlaced(try node.decode(HoldPlaced.self))
        case .holdReleased: self = .holdReleased(try node.decode(HoldReleased.self))
        case .identityChecked: self = .identityChecked(try node.decode(IdentityChecked.self))
        case .incidentDetected: self = .incidentDetected(try node.decode(IncidentDetected.self))
        case .incidentHandled: self = .incidentHandled(try node.decode(IncidentHandled.self))
        case .judgementRecorded: self = .judgementRecorded(try node.decode(JudgementRecorded.self))
        case .keyAdded: self = .keyAdded(try node.decode(KeyAdded.self))
        case .keyRevoked: self = .keyRevoked(try node.decode(KeyRevoked.self))
        case .memberAdmitted: self = .memberAdmitted(try node.decode(MemberAdmitted.self))
        case .memberSuspended: self = .memberSuspended(try node.decode(MemberSuspended.self))
        case .mitigationApplied: self = .mitigationApplied(try node.decode(MitigationApplied.self))
        case .modelAttested: self = .modelAttested(try node.decode(ModelAttested.self))
        case .modelMaterialized: self = .modelMaterialized(try node.decode(ModelMaterialized.self))
        case .modelRecalled: self = .modelRecalled(try node.decode(ModelRecalled.self))
        case .modelReleased: self = .modelReleased(try node.decode(ModelReleased.self))
        case .noticeSent: self = .noticeSent(try node.decode(NoticeSent.self))
        case .participationDecided: self = .participationDecided(try node.decode(ParticipationDecided.self))
        case .policyAdopted: self = .policyAdopted(try node.decode(PolicyAdopted.self))
        case .readersListed: self = .readersListed(try node.decode(ReadersListed.self))
        case .recipientAcknowledged: self = .recipientAcknowledged(try node.decode(RecipientAcknowledged.self))
        case .recipientNotified: self = .recipientNotified(try node.decode(RecipientNotified.self))
        case .recipientsAsked: self = .recipientsAsked(try node.decode(RecipientsAsked.self))
        case .recordErased: self = .recordErased(try node.decode(RecordErased.self))
        case .rematerializationCompleted:
            self = .rematerializationCompleted(try node.decode(RematerializationCompleted.self))
        case .resourcesAllocated: self = .resourcesAllocated(try node.decode(ResourcesAllocated.self))
        case .restrictionRecorded: self = .restrictionRecorded(try node.decode(RestrictionRecorded.self))
        case .rewardSettled: self = .rewardSettled(try node.decode(RewardSettled.self))
        case .roundClosed: self = .roundClosed(try node.decode(RoundClosed.self))
        case .roundOpened: self = .roundOpened(try node.decode(RoundOpened.self))
        case .waiverGranted: self = .waiverGranted(try node.decode(WaiverGranted.self))
        case .shardTrained: self = .shardTrained(try node.decode(ShardTrained.self))
        case .trainingAttested: self = .trainingAttested(try node.decode(TrainingAttested.self))
        }
    }
}

extension EventType {
    /// The Swift type of the content; its JSON Schema is `schemas/events/<name>.v1.json`.
    public var contentType: any (Codable & Hashable & Sendable).Type {
        switch self {
        case .accessRecorded: AccessRecorded.self
        case .adapterCommitted: AdapterCommitted.self
        case .auditPerformed: AuditPerformed.self
        case .adapterEvaluated: AdapterEvaluated.self
        case .baseRegistered: BaseRegistered.self
        case .chainAnchored: ChainAnchored.self
        case .chainOpened: ChainOpened.self
        case .consentRecorded: ConsentRecorded.self
        case .consentWithdrawn: ConsentWithdrawn.self
        case .consortiumFounded: ConsortiumFounded.self
        case .contributionWithdrawn: ContributionWithdrawn.self
        case .datasetDescribed: DatasetDescribed.self
        case .datasetRegistered: DatasetRegistered.self
        case .decisionExplained: DecisionExplained.self
        case .deletionCertified: DeletionCertified.self
        case .deletionCompleted: DeletionCompleted.self
        case .deletionDecided: DeletionDecided.self
        case .deletionExtended: DeletionExtended.self
        case .deletionRequested: DeletionRequested.self
        case .deletionScoped: DeletionScoped.self
        case .deletionStarted: DeletionStarted.self
        case .documentRecorded: DocumentRecorded.self
        case .erasureAttested: ErasureAttested.self
        case .evaluationRecorded: EvaluationRecorded.self
        case .exclusionApplied: ExclusionApplied.self
        case .handoverRecorded: HandoverRecorded.self
        case .holdPlaced: HoldPlaced.self
        case .holdReleased: HoldReleased.self
        case .identityChecked: IdentityChecked.self
        case .incidentDetected: IncidentDetected.self
        case .incidentHandled: IncidentHandled.self
        case .judgementRecorded: JudgementRecorded.self
        case .keyAdded: KeyAdded.self
        case .keyRevoked: KeyRevoked.self
        case .memberAdmitted: MemberAdmitted.self
        case .memberSuspended: MemberSuspended.self
        case .mitigationApplied: MitigationApplied.self
        case .modelAttested: ModelAttested.self
        case .modelMaterialized: ModelMaterialized.self
        case .modelRecalled: ModelRecalled.self
        case .modelReleased: ModelReleased.self
        case .noticeSent: NoticeSent.self
        case .participationDecided: ParticipationDecided.self
        case .policyAdopted: PolicyAdopted.self
        case .readersListed: ReadersListed.self
        case .recipientAcknowledged: RecipientAcknowledged.self
        case .recipientNotified: RecipientNotified.self
        case .recipientsAsked: RecipientsAsked.self
        case .recordErased: RecordErased.self
        case .rematerializationCompleted: RematerializationCompleted.self
        case .resourcesAllocated: ResourcesAllocated.self
        case .restrictionRecorded: RestrictionRecorded.self
        case .rewardSettled: RewardSettled.self
        case .roundClosed: RoundClosed.self
        case .roundOpened: RoundOpened.self
        case .waiverGranted: WaiverGranted.self
        case .shardTrained: ShardTrained.self
        case .trainingAttested: TrainingAttested.self
        }
    }
}
