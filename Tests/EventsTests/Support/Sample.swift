import Bytes
import Events

/// One valid statement of each event type, made from fixed values.
enum Sample {
    static func hash<Subject>(_ seed: UInt8) -> Hash256<Subject> { .sha256([seed]) }
    static func key(_ seed: UInt8) -> KeyBytes { KeyBytes(bytes: [UInt8](repeating: seed, count: 32))! }
    static let plan: ArtifactDigest = hash(40)

    static func statement(_ type: EventType) -> Statement {
        let isFirst = type == .consortiumFounded || type == .readersListed
        return Statement(
            chain: Origin(type.audience == .publicChain ? "skies.example/public" : "skies.example/delta")!,
            author: MemberName("delta")!, sequence: isFirst ? 0 : 12, previous: isFirst ? nil : hash(1),
            claimedAt: Timestamp("2026-11-23T10:00:00Z")!,
            body: type.hasBody ? BodyReference(commitment: hash(2), mediaType: .json) : nil,
            event: event(type),
            firstLeaf: isFirst ? nil : hash(3))
    }

    static func event(_ type: EventType) -> Event {
        switch type {
        case .consortiumFounded, .memberAdmitted, .keyAdded, .keyRevoked, .chainOpened, .chainAnchored,
            .readersListed, .baseRegistered:
            founding(type)
        case .roundOpened, .adapterCommitted, .contributionWithdrawn, .roundClosed, .modelMaterialized, .modelAttested,
            .modelRecalled:
            round(type)
        case .adapterEvaluated, .mitigationApplied: behaviour(type)
        case .policyAdopted, .participationDecided, .evaluationRecorded, .rewardSettled, .resourcesAllocated,
            .decisionExplained:
            participation(type)
        case .memberSuspended, .modelReleased, .handoverRecorded, .recipientNotified, .recipientAcknowledged,
            .waiverGranted, .judgementRecorded, .holdPlaced, .holdReleased, .auditPerformed, .deletionExtended,
            .identityChecked, .documentRecorded:
            GovernanceSample.publicEvent(type)
        case .datasetDescribed, .consentRecorded, .consentWithdrawn, .restrictionRecorded, .incidentDetected,
            .incidentHandled, .noticeSent, .recipientsAsked:
            GovernanceSample.privateEvent(type)
        case .datasetRegistered, .shardTrained, .trainingAttested: training(type)
        default: deletion(type)
        }
    }

    private static func training(_ type: EventType) -> Event {
        let (dataset, records) = (DatasetID("ds-5f0c12ab9e01")!, RecordSet(count: Count(1_190)!, root: hash(80)))
        if type == .datasetRegistered {
            return .datasetRegistered(DatasetRegistered(dataset: dataset, records: records, shards: Quantity(8)!))
        }
        if type == .trainingAttested {
            return .trainingAttested(
                TrainingAttested(
                    adapter: hash(52), contribution: hash(85), environment: hash(86), outcome: .equal, plan: plan,
                    recipe: hash(83), runs: hash(87), shards: [ShardReference(dataset: dataset, shard: Count(3)!)],
                    trainer: .builtIn))
        }
        let trainer = TrainerIdentity.external(
            command: hash(81), hardware: TrainerText("NVIDIA H100")!, image: TrainerText("trainer:1")!,
            versions: TrainerText("torch 2.13.0, peft 0.21.2")!)
        return .shardTrained(
            ShardTrained(
                adapter: hash(52), base: hash(37), dataset: dataset, durationMilliseconds: Count(1_830)!,
                encoder: hash(82), parent: hash(54), plan: plan, recipe: hash(83), records: records,
                round: RoundID("round-1")!, run: hash(84), shard: Count(3)!, tensors: hash(56), trainer: trainer))
    }

    private static func member(_ name: String, seed: UInt8) -> MemberRecord {
        MemberRecord(
            name: MemberName(name)!, roles: [.contributor, .witness], eventKey: key(seed),
            witnessKey: key(seed + 1),
            encryptionKey: key(seed + 2))
    }

    private static func founding(_ type: EventType) -> Event {
        let delta = MemberName("delta")!
        switch type {
        case .consortiumFounded:
            return .consortiumFounded(
                ConsortiumFounded(
                    consortium: Consortium("skies.example")!, chainOperator: delta, checkpointKey: key(9),
                    members: [member("delta", seed: 10), member("united", seed: 20)], threshold: Count(2)!))
        case .memberAdmitted: return .memberAdmitted(MemberAdmitted(member: member("alpine", seed: 30)))
        case .keyAdded: return .keyAdded(KeyAdded(key: key(34), member: delta, purpose: .event))
        case .keyRevoked:
            return .keyRevoked(
                KeyRevoked(goodSize: Count(120)!, key: hash(35), member: delta, reason: .compromised))
        case .chainOpened:
            return .chainOpened(
                ChainOpened(
                    checkpointKey: key(36), chainOperator: delta, origin: Origin("skies.example/delta")!))
        case .chainAnchored: return .chainAnchored(ChainAnchored(origin: Origin("skies.example/delta")!))
        case .readersListed:
            return .readersListed(ReadersListed(readers: [delta, MemberName("united")!]))
        default:
            return .baseRegistered(
                BaseRegistered(base: hash(37), name: BaseName("sentence-transformers/all-MiniLM-L6-v2")!))
        }
    }

    private static func round(_ type: EventType) -> Event {
        let round = RoundID("round-1")!
        let contributions = EventSet([hash(50), hash(51)])
        switch type {
        case .roundOpened:
            let cohorts: Ascending<Cohort> = [
                Cohort(members: [MemberName("delta")!, MemberName("united")!], name: CohortName("east")!)
            ]
            return .roundOpened(
                RoundOpened(base: hash(37), round: round, rule: .ffa, topology: .cohort, cohorts: cohorts))
        case .adapterCommitted:
            return .adapterCommitted(
                AdapterCommitted(
                    adapter: hash(52), configuration: hash(53), parents: [hash(54), hash(55)], round: round,
                    tensors: hash(56), weight: Weight(12_345)!, training: training, replaces: hash(80), plan: plan))
        case .contributionWithdrawn:
            return .contributionWithdrawn(
                ContributionWithdrawn(adapter: hash(52), contribution: hash(59), reason: .misfit))
        case .roundClosed: return .roundClosed(RoundClosed(contributions: contributions, round: round))
        case .modelMaterialized:
            return .modelMaterialized(
                ModelMaterialized(
                    contributions: contributions, model: hash(57), plan: plan, round: round, tensors: hash(58),
                    cohort: CohortName("east")!))
        case .modelAttested:
            return .modelAttested(ModelAttested(materialization: hash(59), model: hash(57)))
        default:
            return .modelRecalled(ModelRecalled(model: hash(57), plan: plan, round: round, cohort: CohortName("east")!))
        }
    }

    private static let training = TrainingReference(
        recipe: hash(81), runs: hash(82),
        shards: [
            ShardReference(dataset: DatasetID("ds-1")!, shard: Count(0)!),
            ShardReference(dataset: DatasetID("ds-1")!, shard: Count(3)!),
        ], trainer: .builtIn)

    private static func participation(_ type: EventType) -> Event {
        let round = RoundID("round-1")!
        switch type {
        case .policyAdopted:
            let text = PolicyText(#"{"format":"lethe/agent-policy/v1","name":"sample","revision":1}"#)!
            return .policyAdopted(PolicyAdopted(document: text, kind: .agentPolicy))
        case .participationDecided:
            let allocation = CommittedAllocation(
                declaredCostMicrocredits: Count(2_000_000)!, epochs: Quantity(1)!, shards: Quantity(2)!)
            return .participationDecided(
                ParticipationDecided(
                    allocation: allocation, explanation: hash(70), override: false, policy: hash(71), round: round))
        case .evaluationRecorded:
            return .evaluationRecorded(
                EvaluationRecorded(
                    accuracyPPM: PartsPerMillion(812_500)!, contributions: [hash(50), hash(51)], dataset: hash(72),
                    model: hash(57), round: round))
        case .rewardSettled: return .rewardSettled(reward(round))
        case .resourcesAllocated: return .resourcesAllocated(ResourcesAllocated(rounds: Quantity(20)!))
        default: return .decisionExplained(DecisionExplained(round: round))
        }
    }

    private static func behaviour(_ type: EventType) -> Event {
        let deletion = DeletionID("del-7f3a")!
        guard type == .adapterEvaluated else {
            return .mitigationApplied(
                MitigationApplied(
                    adapter: hash(80), deletion: deletion, method: .loraAdaptation, model: hash(57), recipe: hash(81),
                    tensors: hash(82), until: Timestamp("2026-12-23T10:00:00Z")!))
        }
        let membership = MeasuredMembership(
            aucPPM: PartsPerMillion(612_500)!, forget: hash(83), highPPM: PartsPerMillion(698_000)!,
            lowPPM: PartsPerMillion(531_000)!, maximumTokens: Quantity(32)!, members: Quantity(40)!,
            nonMembers: Quantity(500)!, resamples: Quantity(1_000)!, seed: Count(7)!)
        return .adapterEvaluated(
            AdapterEvaluated(adapter: hash(57), dataset: hash(72), deletion: deletion, membership: membership))
    }

    private static func reward(_ round: RoundID) -> RewardSettled {
        let line = RewardEntry(
            contributionPPB: PartsPerBillion(-3_000_000)!, incentiveMicrocredits: Microcredits(0)!,
            member: MemberName("delta")!, reimbursementMicrocredits: Microcredits(-500)!,
            shareMicrocredits: Microcredits(12_000)!)
        let measure = ContributionMeasure(
            dataset: hash(72), method: .sampledShapley, samples: Quantity(100)!, seed: hash(73))
        return RewardSettled(
            corrects: hash(74), improvementPPB: PartsPerBillion(62_500_000)!, lines: [line], measure: measure,
            model: hash(57), round: round, rules: hash(75))
    }

    private static func deletion(_ type: EventType) -> Event {
        let deletion = DeletionID("d-2026-0001")!
        switch type {
        case .deletionRequested:
            return .deletionRequested(
                DeletionRequested(
                    deletion: deletion, dueAt: Timestamp("2026-12-20T00:00:00Z")!, ground: .gdpr171b,
                    member: MemberName("delta")!, receivedAt: Timestamp("2026-11-20T08:30:00Z")!,
                    scope: .records))
        case .deletionDecided:
            let refusal = Refusal(ground: .gdpr173b, notice: hash(79), reviewer: .legal)
            let shard = ShardReference(dataset: DatasetID("ds-1")!, shard: Count(3)!)
            return .deletionDecided(
                DeletionDecided(
                    decision: .accepted, deletion: deletion, touched: [TouchedShard(shard, emptied: false)],
                    refusal: refusal, part: ListPart(number: Count(2)!, of: Count(2)!)))
        case .deletionStarted:
            return .deletionStarted(
                DeletionStarted(
                    deletions: [deletion, DeletionID("d-2026-0002")!], excluded: [hash(60), hash(61)],
                    holders: [MemberName("delta")!, MemberName("united")!], plan: plan))
        case .exclusionApplied:
            return .exclusionApplied(ExclusionApplied(models: [hash(57), hash(62)], plan: plan))
        case .deletionCompleted:
            return .deletionCompleted(
                DeletionCompleted(deletion: deletion, keyDirectory: hash(66), outcome: .withdrawn, plan: plan)
            )
        case .deletionCertified:
            return .deletionCertified(
                DeletionCertified(
                    certificate: hash(67), deletion: deletion, kind: .statusStatement, supersedes: hash(63)))
        case .accessRecorded:
            return .accessRecorded(
                AccessRecorded(
                    access: .disclosed, anchor: hash(73), leaves: [Count(3)!, Count(5)!], reader: .authority))
        case .deletionScoped: return .deletionScoped(DeletionScoped(deletion: deletion))
        case .recordErased:
            return .recordErased(
                RecordErased(
                    bodies: [hash(68), hash(69)],
                    records: [ErasedRecords(dataset: DatasetID("ds-5f0c12ab9e01")!, records: [hash(85), hash(86)])]))
        default: return erasure(type)
        }
    }

    private static func erasure(_ type: EventType) -> Event {
        if type == .erasureAttested {
            return .erasureAttested(
                ErasureAttested(
                    artifacts: [hash(52), hash(57)], plan: plan,
                    results: [
                        StoreResult(
                            items: Count(1)!, store: .backups, verdict: .retained, ground: .gdpr173e,
                            until: Timestamp(seconds: 1_800_000_000)!),
                        StoreResult(items: Count(2)!, store: .blobs, verdict: .deleted, method: .cryptographicErase),
                        StoreResult(items: Count(0)!, store: .vault, verdict: .notFound),
                    ], check: .residueScan, tool: TrainerText("lethe 0.1.0")!))
        }
        let round = RoundID("round-1")!
        return .rematerializationCompleted(
            RematerializationCompleted(
                dispositions: [
                    Disposition(
                        newModel: hash(63), oldModel: hash(57), outcome: .rematerialized, round: round,
                        cohort: CohortName("east")!),
                    Disposition(
                        newModel: nil, oldModel: hash(64), outcome: .withdrawn, round: RoundID("round-2")!),
                ], plan: plan))
    }
}
