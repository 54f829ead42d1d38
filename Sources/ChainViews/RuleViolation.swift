public import Bytes
public import Events

/// Why an event that is well-formed and well-signed does not belong on its chain here and now.
public enum RuleViolation: Error, Hashable, Sendable {
    case notFounded
    case alreadyFounded
    case wrongAudience(EventType, chain: Origin)
    case wrongChain(expected: Origin, actual: Origin)
    case subjectsDiffer
    case bodyMissing(EventType)
    case bodyUnexpected(EventType)
    case unknownMember(MemberName)
    case memberExists(MemberName)
    case lacksRole(MemberName, Role)
    case notTheMember(expected: MemberName, actual: MemberName)
    case tooFewSignatures(members: Int, threshold: Int)
    case badThreshold(Int, members: Int)
    case membersNotAscending
    case keyInUse(KeyID)
    case newKeyDidNotSign(KeyID)
    case unknownKey(KeyID)
    case keyRevoked(KeyID)
    case badGoodSize(Int, position: Int)
    case chainExists(Origin)
    case unknownChain(Origin)
    case listIsEmpty(String)
    case listTooLong(String, Int, limit: Int)
    case baseExists(ArtifactDigest)
    case unknownBase(ArtifactDigest)
    case roundExists(RoundID)
    case cohortsDoNotFit(RoundID, reason: String)
    case notInACohort(MemberName, RoundID)
    case unknownCohort(CohortName, RoundID)
    case unknownRound(RoundID)
    case roundClosed(RoundID)
    case roundOpen(RoundID)
    case alreadyContributed(MemberName, RoundID)
    case roundFull(RoundID, limit: Int)
    case configurationDiffers(RoundID, expected: ArtifactDigest, actual: ArtifactDigest)
    case unknownParent(ArtifactDigest, Topology)
    case forgotten(ArtifactDigest)
    case adapterOfAnother(ArtifactDigest, MemberName)
    case withdrawalRefused(EventHash, reason: String)
    case otherLineage(ArtifactDigest, EventHash)
    case suppressedParent(ArtifactDigest)
    case contributionsDiffer(RoundID, expected: Int, actual: Int)
    case alreadyMaterialized(RoundID)
    case sameBytesAsBefore(ArtifactDigest)
    case unknownModel(ArtifactDigest)
    case notCurrent(ArtifactDigest)
    case ownModel(MemberName)
    case alreadyAttested(MemberName, ArtifactDigest)
    case replacementRefused(EventHash, reason: String)
    case retrainingOpen(RoundID)
    case ownTraining(MemberName)
    case trainingAttestationRefused(EventHash, reason: String)
    case touchedDoesNotFit(DeletionID, reason: String)
    case deletionExists(DeletionID)
    case unknownDeletion(DeletionID)
    case dueBeforeReceived(DeletionID)
    case deletionState(DeletionID, expected: String, actual: String)
    case planDiffers(expected: ArtifactDigest, actual: ArtifactDigest)
    case supersedesItself(DeletionID)
    case unknownPlan(ArtifactDigest)
    case planStep(ArtifactDigest, expected: String)
    case modelsDiffer(ArtifactDigest)
    case dispositionsDiffer(ArtifactDigest, reason: String)
    case notAHolder(MemberName)
    case erasureRepeated(MemberName)
    case artifactsDiffer(MemberName)
    case storesNotAscending
    case storeMissing(StoreKind)
    case storeResultContradicts(StoreKind, reason: String)
    case storeResultUndated(StoreKind, StoreResult.Verdict)
    case supersedesDiffers(DeletionID, expected: ArtifactDigest?)
    case erasureOpen(MemberName, String)
    case outcomeDiffers(expected: String)
    case keyDirectoryDiffers
    case policyMalformed(ArtifactDigest, reason: String)
    case policyExists(ArtifactDigest)
    case noPolicy(RoundID, PolicyKind)
    case policyDiffers(RoundID, expected: ArtifactDigest, actual: ArtifactDigest)
    case alreadyDecided(MemberName, RoundID)
    case notDecided(MemberName, RoundID)
    case stayedOut(MemberName, RoundID)
    case explanationReused(EventHash)
    case evaluationRefused(RoundID, reason: String)
    case modelRecalled(ArtifactDigest)
    case alreadySettled(RoundID)
    case correctsNothing(RoundID)
    case settlementDiffers(RoundID, reason: String)
    case datasetExists(DatasetID)
    case unknownDataset(DatasetID)
    case unknownShard(ShardReference, shards: Int)
    case baseDiffers(RoundID, expected: ArtifactDigest, actual: ArtifactDigest)
    case trainerMalformed(TrainerKind)
    case runExists(ArtifactDigest)
    case recordsForgotten(DatasetID, left: Int, used: Int)
    case recordAlreadyErased(RecordCommitment)
    case unknownAdapter(ArtifactDigest)
    case measurementRefused(ArtifactDigest, reason: String)
    case mitigationRefused(DeletionID, reason: String)
    case bodyExists(BodyCommitment)
    case bodyAlreadyErased(BodyCommitment)
    case unknownBody(BodyCommitment)
    case suspended(MemberName)
    case signatureMissing(MemberName)
    case recordExists(String, id: String)
    case unknownRecord(String, id: String)
    case recordRefused(String, id: String, reason: String)
    case unknownLeaf(Int, size: Int)
    case unknownAnchor(EventHash, of: Origin)
}

extension RuleViolation: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFounded: "the chain has no first event yet"
        case .alreadyFounded: "only the first event of a chain may found it"
        case .wrongAudience(let type, let chain):
            "an event of type \(type.rawValue) may not stand on \(chain)"
        case .wrongChain(let expected, let actual): "the event names the chain \(actual), not \(expected)"
        case .subjectsDiffer: "the subjects are not those that follow from the event"
        case .bodyMissing(let type): "an event of type \(type.rawValue) must commit to a body"
        case .bodyUnexpected(let type): "an event of type \(type.rawValue) has no body"
        case .unknownMember(let name): "\(name) is not a member"
        case .memberExists(let name): "\(name) is a member already"
        case .lacksRole(let name, let role): "\(name) does not have the role \(role.rawValue)"
        case .notTheMember(let expected, let actual): "only \(expected) may say this, not \(actual)"
        case .tooFewSignatures(let members, let threshold):
            "signed by \(members) member(s); the charter wants \(threshold)"
        case .badThreshold(let threshold, let members):
            "the threshold \(threshold) is not between 1 and the number of members, \(members)"
        case .membersNotAscending: "the members are not in ascending order of name, each once"
        case .keyInUse(let key): "the key \(key.hex.prefix(16))… is in use already"
        case .newKeyDidNotSign(let key): "the new key \(key.hex.prefix(16))… did not sign the event"
        case .unknownKey(let key): "the key \(key.hex.prefix(16))… is not registered"
        case .keyRevoked(let key): "the key \(key.hex.prefix(16))… is revoked"
        case .badGoodSize(let size, let position):
            "goodSize \(size) lies after the revocation itself, at leaf \(position)"
        case .chainExists(let origin): "the chain \(origin) exists already"
        case .unknownChain(let origin): "there is no chain \(origin)"
        case .listIsEmpty(let name): "\(name) must not be empty"
        case .listTooLong(let name, let count, let limit): "\(name) has \(count) elements; the limit is \(limit)"
        case .baseExists(let base): "the base \(base.hex.prefix(16))… is registered already"
        case .unknownBase(let base): "the base \(base.hex.prefix(16))… is not registered"
        case .cohortsDoNotFit(let round, let reason): "the cohorts of \(round) do not fit: \(reason)"
        case .notInACohort(let member, let round): "\(member) is in no cohort of \(round)"
        case .unknownCohort(let cohort, let round): "\(round) has no cohort \(cohort)"
        case .roundExists(let round): "the round \(round) exists already"
        case .unknownRound(let round): "there is no round \(round)"
        case .roundClosed(let round): "the round \(round) is closed"
        case .roundOpen(let round): "the round \(round) is still open"
        case .roundFull(let round, let limit):
            "\(round) has \(limit) contributions, the most that one settlement of rewards names"
        case .alreadyContributed(let member, let round): "\(member) has contributed to \(round) already"
        case .configurationDiffers(let round, let expected, let actual):
            "the adapter's configuration \(actual.hex.prefix(16))… differs from \(expected.hex.prefix(16))…, which \(round) began with"
        case .unknownParent(let parent, .isolated):
            "the parent \(parent.hex.prefix(16))… is no earlier contribution of the same member"
        case .unknownParent(let parent, .cohort):
            "the parent \(parent.hex.prefix(16))… is no model of the member's cohort"
        case .unknownParent(let parent, .feedback): "the parent \(parent.hex.prefix(16))… is no model"
        case .forgotten(let artifact):
            "a deletion took \(artifact.hex.prefix(16))… out of use, and it may not come back"
        case .adapterOfAnother(let artifact, let member):
            "the adapter or its tensors, \(artifact.hex.prefix(16))…, were committed by \(member) before"
        case .withdrawalRefused(let event, let reason):
            "the contribution \(event.hex.prefix(16))… cannot be withdrawn: \(reason)"
        case .otherLineage(let artifact, let event):
            "\(artifact.hex.prefix(16))… stands on the chain already, made from something else, in the event "
                + "\(event.hex.prefix(16))…: the same bytes have one lineage"
        case .suppressedParent(let parent): "the parent \(parent.hex.prefix(16))… is suppressed by a deletion"
        case .contributionsDiffer(let round, let expected, let actual):
            "\(round) has \(expected) contribution(s) that count; the event's set of \(actual) is another"
        case .alreadyMaterialized(let round): "\(round) has a model, and no plan asks for another"
        case .sameBytesAsBefore(let model):
            "the model \(model.hex.prefix(16))… is the one that the plan removes"
        case .unknownModel(let model): "there is no model \(model.hex.prefix(16))…"
        case .notCurrent(let model): "the model \(model.hex.prefix(16))… is no longer current"
        case .ownModel(let member): "\(member) materialised the model itself; another member must confirm it"
        case .alreadyAttested(let member, let model):
            "\(member) has attested \(model.hex.prefix(16))… already"
        case .replacementRefused(let event, let reason):
            "nothing may take the place of the contribution \(event.hex.prefix(16))…: \(reason)"
        case .ownTraining(let member): "\(member) trained it itself; another organisation must train it again"
        case .trainingAttestationRefused(let event, let reason):
            "nothing can be attested of the training of \(event.hex.prefix(16))…: \(reason)"
        case .retrainingOpen(let round): "contributions to \(round) that are to be trained again are not all there"
        case .touchedDoesNotFit(let id, let reason): "the shards that \(id) touches do not fit: \(reason)"
        case .supersedesItself(let id): "the document of \(id) is recorded already; it cannot take its own place"
        case .deletionExists(let id): "the deletion \(id) exists already"
        case .unknownDeletion(let id): "there is no deletion \(id)"
        case .dueBeforeReceived(let id): "the deletion \(id) is due before it was received"
        case .deletionState(let id, let expected, let actual):
            "the deletion \(id) is \(actual); this step wants it \(expected)"
        case .planDiffers(let expected, let actual):
            "the plan has the digest \(actual.hex.prefix(16))…; the chain gives \(expected.hex.prefix(16))…"
        case .unknownPlan(let plan): "no deletion with the plan \(plan.hex.prefix(16))… was started"
        case .planStep(let plan, let expected): "the plan \(plan.hex.prefix(16))… is not \(expected)"
        case .modelsDiffer(let plan): "the models are not those of the plan \(plan.hex.prefix(16))…"
        case .dispositionsDiffer(let plan, let reason):
            "the dispositions do not fit the plan \(plan.hex.prefix(16))…: \(reason)"
        case .notAHolder(let member): "\(member) is not a holder under this plan"
        case .erasureRepeated(let member): "\(member) has attested its erasure already"
        case .artifactsDiffer(let member):
            "the artifacts that \(member) attests are not those that the plan names"
        case .storesNotAscending: "the stores are not in ascending order of name, each once"
        case .storeMissing(let store):
            "the attestation does not say what became of \(store.rawValue), a store that every holder has"
        case .storeResultContradicts(let store, let reason): "\(store.rawValue) is \(reason)"
        case .storeResultUndated(let store, let verdict):
            "\(store.rawValue) is \(verdict.rawValue): what is retained has a ground and a date to come, a pending backup a "
                + "date to come, and nothing else has either"
        case .supersedesDiffers(let id, let expected):
            "the document takes the place of \(expected.map { "\($0.hex.prefix(16))…" } ?? "none"), "
                + "the last that the chain records for \(id)"
        case .erasureOpen(let member, let why): "the erasure by \(member) is open: \(why)"
        case .outcomeDiffers(let expected): "the outcome must be \(expected)"
        case .keyDirectoryDiffers: "the key directory digest is not that of the chain"
        case .policyMalformed(let policy, let reason):
            "the policy \(policy.hex.prefix(16))… is not canonical JSON: \(reason)"
        case .policyExists(let policy): "the policy \(policy.hex.prefix(16))… was adopted already"
        case .noPolicy(let round, let kind): "no \(kind.rawValue) was in force when \(round) was opened"
        case .policyDiffers(let round, let expected, let actual):
            "\(round) is held by the policy \(expected.hex.prefix(16))…, not \(actual.hex.prefix(16))…"
        case .alreadyDecided(let member, let round): "\(member) has decided about \(round) already"
        case .notDecided(let member, let round):
            "\(member) has not decided about \(round), and without a decision there is no contribution"
        case .stayedOut(let member, let round): "\(member) decided to stay out of \(round)"
        case .explanationReused(let event):
            "another decision rests on the explanation \(event.hex.prefix(16))… already"
        case .evaluationRefused(let round, let reason): "the evaluation of a model of \(round) is refused: \(reason)"
        case .modelRecalled(let model): "the model \(model.hex.prefix(16))… was recalled: there is no reward for it"
        case .alreadySettled(let round): "the rewards of \(round) are settled for the model that it has"
        case .correctsNothing(let round):
            "the event does not name the first settlement of \(round), which it would correct"
        case .settlementDiffers(let round, let reason): "the rewards of \(round) do not fit: \(reason)"
        case .datasetExists(let dataset): "the dataset \(dataset) is registered already"
        case .unknownDataset(let dataset): "no dataset \(dataset) is registered on this chain"
        case .unknownShard(let shard, let shards):
            "the dataset \(shard.dataset) has \(shards) shard(s), and no shard \(shard.shard)"
        case .baseDiffers(let round, let expected, let actual):
            "\(round) is about the base \(expected.hex.prefix(16))…, not \(actual.hex.prefix(16))…"
        case .trainerMalformed(let kind):
            "a trainer of the kind \(kind.rawValue) has to say other things of itself than this one does"
        case .runExists(let run): "the run \(run.hex.prefix(16))… is recorded already"
        case .recordsForgotten(let dataset, let left, let used):
            "\(left) record(s) of \(dataset) are not erased, and the run says that it used \(used)"
        case .recordAlreadyErased(let record): "the record \(record.hex.prefix(16))… was erased already"
        case .unknownAdapter(let adapter): "no event of the chain names the adapter \(adapter.hex.prefix(16))…"
        case .measurementRefused(let adapter, let reason):
            "the evaluation of \(adapter.hex.prefix(16))… is refused: \(reason)"
        case .mitigationRefused(let id, let reason): "the interim measure for \(id) is refused: \(reason)"
        case .bodyExists(let body):
            "an earlier event of this chain commits to the body \(body.hex.prefix(16))…"
        case .bodyAlreadyErased(let body): "the body \(body.hex.prefix(16))… was erased already"
        case .unknownLeaf(let leaf, let size): "there is no leaf \(leaf): the chain has \(size)"
        case .unknownAnchor(let event, let origin): "the event \(event.hex.prefix(16))… is no anchor of \(origin)"
        case .unknownBody(let body): "no event of this chain commits to the body \(body.hex.prefix(16))…"
        case .suspended(let member): "\(member) is suspended and may not say this"
        case .signatureMissing(let member): "it takes the signature of \(member) beside the author's"
        case .recordExists(let kind, let id): "the \(kind) \(id) exists already"
        case .unknownRecord(let kind, let id): "there is no \(kind) \(id)"
        case .recordRefused(let kind, let id, let reason): "the \(kind) \(id) is refused: \(reason)"
        }
    }
}
