public import Bytes
public import Events

/// What the public chain says, folded event by event.
///
/// A value: applying the same records to the same view gives the same rows on every machine, whether one at a
/// time as they are appended or all at once from the first leaf. A record that breaks a rule leaves the view
/// as it was.
public struct PublicView: Sendable {
    /// How many leaves the view has taken in.
    public private(set) var size = 0
    public let origin: Origin

    // The tables, in the order in which their rows are stored.
    var consortium = Table<Origin, ConsortiumRow>(kind: "consortium") { .public(of: $0.consortium) }
    public internal(set) var members = Table<MemberName, MemberRow>(kind: "member") { $0.name }
    public internal(set) var keys = Table<KeyID, KeyRow>(kind: "key") { $0.key.keyID }
    var authors = Table<MemberName, AuthorRow>(kind: "author")
    public internal(set) var chains = Table<Origin, ChainRow>(kind: "chain") { $0.origin }
    public internal(set) var anchors = Table<EventHash, AnchorRow>(kind: "anchor", packing: .fields)
    public internal(set) var bases = Table<ArtifactDigest, BaseRow>(kind: "base") { $0.base }
    public internal(set) var rounds = Table<RoundID, RoundRow>(kind: "round") { $0.round }
    public internal(set) var contributions = Table<EventHash, ContributionRow>(
        kind: "contribution", packing: .fields
    ) { $0.event }
    public internal(set) var models = Table<EventHash, ModelRow>(kind: "model") { $0.event }
    public internal(set) var deletions = Table<DeletionID, DeletionRow>(kind: "deletion") { $0.deletion }
    public internal(set) var plans = Table<ArtifactDigest, PlanRow>(kind: "plan") { $0.plan }

    public internal(set) var policies = Table<ArtifactDigest, PolicyRow>(kind: "policy") { $0.policy }
    public internal(set) var decisions = Table<EventHash, DecisionRow>(kind: "decision") { $0.event }
    public internal(set) var evaluations = Table<EventHash, EvaluationRow>(kind: "evaluation") { $0.event }
    public internal(set) var rewards = Table<RoundID, RewardRow>(kind: "reward") { $0.round }
    public internal(set) var adapterEvaluations = Table<EventHash, AdapterEvaluationRow>(
        kind: "adapter-evaluation"
    ) { $0.event }
    public internal(set) var mitigations = Table<EventHash, MitigationRow>(kind: "mitigation") { $0.event }

    public internal(set) var trainingAttestations = Table<EventHash, TrainingAttestationRow>(
        kind: "training-attestation"
    ) { $0.event }

    public internal(set) var releases = Table<ReleaseID, ReleaseRow>(kind: "release") { $0.released.release }
    public internal(set) var handovers = Table<HandoverID, HandoverRow>(kind: "handover") {
        $0.handedOver.handover
    }
    public internal(set) var holds = Table<HoldID, HoldRow>(kind: "hold") { $0.placed.hold }
    public internal(set) var waivers = Table<WaiverID, WaiverRow>(kind: "waiver") { $0.granted.waiver }
    public internal(set) var judgements = Table<EventHash, JudgementRow>(kind: "judgement") { $0.event }
    public internal(set) var audits = Table<EventHash, AuditRow>(kind: "audit") { $0.event }
    public internal(set) var documents = Table<DocumentID, DocumentRow>(kind: "document") { $0.recorded.document }

    // Derived from the tables, never stored.
    var decisionsByRound: Lists<RoundID, EventHash>
    /// One at most for each.
    var decisionsByAuthor: Lists<Authorship, EventHash>
    var evaluationsByRound: Lists<RoundID, EventHash>
    /// The decision that cites a private event; each is cited once.
    var decisionsByExplanation: Lists<EventHash, EventHash>
    var lineage: LineageIndex
    var contributionsByRound: Lists<RoundID, EventHash>
    var contributionsByAuthor: Lists<Authorship, EventHash>
    /// Contributions with these bytes as their adapter or their tensors, in chain order.
    var contributionsByBytes: Lists<ArtifactDigest, EventHash>
    var trainingAttestationsByContribution: Lists<EventHash, EventHash>
    /// What took the place of a contribution; one at most.
    var replacements: Lists<EventHash, EventHash>
    var modelsByRound: Lists<RoundID, EventHash>
    /// Models with these bytes as their adapter or their tensors, in chain order.
    var modelsByBytes: Lists<ArtifactDigest, EventHash>
    /// What was given away to recipients, by the adapter or model, and by the dataset.
    var handoversOfArtifact: Lists<ArtifactDigest, HandoverID>
    var handoversOfDataset: Lists<DatasetID, HandoverID>
    /// Adapters and tensors that deletions took out of use (I12): of excluded contributions, of contributions
    /// that descend from them, of affected models.
    var forgotten: Set<ArtifactDigest> = []

    /// An empty view.
    ///
    /// - Parameters:
    ///   - file: where rows go that were not changed lately, so that memory does not grow with the chain; `nil` for a
    ///     view in memory. Whatever is asked, the answers are the same.
    ///   - gathered: how many rows of a table are gathered before they go there; as many again stay at hand.
    public init(origin: Origin, rowsIn file: (any RowFile)? = nil, gathering gathered: Int = 2_048) {
        self.origin = origin
        let log = file.map { RowLog($0, gathering: gathered) }
        (decisionsByRound, decisionsByAuthor) = (Lists(in: log), Lists(in: log))
        (evaluationsByRound, decisionsByExplanation) = (Lists(in: log), Lists(in: log))
        (contributionsByRound, contributionsByAuthor) = (Lists(in: log), Lists(in: log))
        (contributionsByBytes, trainingAttestationsByContribution) = (Lists(in: log), Lists(in: log))
        (replacements, modelsByRound, modelsByBytes) = (Lists(in: log), Lists(in: log), Lists(in: log))
        (handoversOfArtifact, handoversOfDataset) = (Lists(in: log), Lists(in: log))
        lineage = LineageIndex(in: log)
        if let log { for table in Self.tables { table.keepRows(&self, log) } }
    }

    /// The charter's facts; `nil` before the first leaf.
    public var charter: ConsortiumRow? { consortium[origin] }

    /// Where an author stands on this chain: the number of its events, and the last.
    public func head(of author: MemberName) -> AuthorRow? { authors[author] }

    /// Takes in the next leaf, or says which rule it breaks.
    public mutating func apply(_ record: EventRecord) throws(RuleViolation) {
        precondition(record.position == size, "leaf \(record.position) applied to a view of \(size)")
        try checkPlace(of: record)
        try applyEvent(record)
        let count = authors[record.author]?.events.value ?? 0
        authors.set(record.author, AuthorRow(events: Count(count + 1)!, last: record.hash))
        size += 1
    }

    /// What holds for events of every type: the chain, the audience, the subjects, the body.
    private func checkPlace(of record: EventRecord) throws(RuleViolation) {
        let statement = record.statement
        let type = statement.event.type
        guard statement.chain == origin else {
            throw .wrongChain(expected: origin, actual: statement.chain)
        }
        guard type.audience == .publicChain else { throw .wrongAudience(type, chain: origin) }
        try checkFrame(statement, firstLeaf: charter?.firstLeaf)
        if size == 0, type != .consortiumFounded { throw .notFounded }
        if size > 0 {
            guard type != .consortiumFounded else { throw .alreadyFounded }
            guard let author = members[record.author] else { throw .unknownMember(record.author) }
            guard author.suspendedBy == nil || type.isOpenToSuspended else { throw .suspended(record.author) }
        }
    }

    private mutating func applyEvent(_ record: EventRecord) throws(RuleViolation) {
        switch record.statement.event {
        case .consortiumFounded(let event): try found(event, record)
        case .memberAdmitted(let event): try admit(event, record)
        case .keyAdded(let event): try addKey(event, record)
        case .keyRevoked(let event): try revokeKey(event, record)
        case .chainOpened(let event): try openChain(event, record)
        case .chainAnchored(let event): try anchor(event, record)
        case .baseRegistered(let event): try registerBase(event, record)
        case .roundOpened(let event): try openRound(event, record)
        case .adapterCommitted(let event): try commitAdapter(event, record)
        case .contributionWithdrawn(let event): try withdraw(event, record)
        case .roundClosed(let event): try closeRound(event, record)
        case .modelMaterialized(let event): try materialize(event, record)
        case .modelAttested(let event): try attest(event, record)
        case .trainingAttested(let event): try attestTraining(event, record)
        case .modelRecalled(let event): try recall(event, record)
        case .deletionRequested(let event): try requestDeletion(event, record)
        case .deletionDecided(let event): try decideDeletion(event, record)
        case .deletionStarted(let event): try startDeletion(event, record)
        case .exclusionApplied(let event): try applyExclusion(event, record)
        case .rematerializationCompleted(let event): try completeRematerialization(event, record)
        case .erasureAttested(let event): try attestErasure(event, record)
        case .deletionCompleted(let event): try completeDeletion(event, record)
        case .deletionCertified(let event): try certifyDeletion(event, record)
        case .policyAdopted(let event): try adoptPolicy(event, record)
        case .participationDecided(let event): try decideParticipation(event, record)
        case .evaluationRecorded(let event): try recordEvaluation(event, record)
        case .rewardSettled(let event): try settleReward(event, record)
        case .memberSuspended(let event): try suspend(event, record)
        case .modelReleased(let event): try release(event, record)
        case .handoverRecorded(let event): try handOver(event, record)
        case .recipientNotified(let event): try notify(event, record)
        case .recipientAcknowledged(let event): try acknowledge(event, record)
        case .waiverGranted(let event): try grantWaiver(event, record)
        case .judgementRecorded(let event): try judge(event, record)
        case .holdPlaced(let event): try placeHold(event, record)
        case .holdReleased(let event): try releaseHold(event, record)
        case .auditPerformed(let event): try audit(event, record)
        case .deletionExtended(let event): try extendDeletion(event, record)
        case .identityChecked(let event): try checkIdentity(event, record)
        case .documentRecorded(let event): try recordDocument(event, record)
        case .adapterEvaluated(let event): try recordAdapterEvaluation(event, record)
        case .mitigationApplied(let event): try applyMitigation(event, record)
        case .readersListed, .deletionScoped, .recordErased, .resourcesAllocated, .decisionExplained,
            .accessRecorded, .datasetDescribed, .consentRecorded, .consentWithdrawn, .restrictionRecorded,
            .incidentDetected, .incidentHandled, .noticeSent, .recipientsAsked,
            .datasetRegistered, .shardTrained:
            throw .wrongAudience(record.statement.event.type, chain: origin)
        }
    }
}

/// A member's part in a round.
struct Authorship: Hashable, Sendable, Packable {
    var round: RoundID
    var member: MemberName

    init(round: RoundID, member: MemberName) { (self.round, self.member) = (round, member) }

    func pack(into packer: inout RowPacker) {
        round.pack(into: &packer)
        member.pack(into: &packer)
    }

    init(unpacking unpacker: inout RowUnpacker) {
        (round, member) = (RoundID(unpacking: &unpacker), MemberName(unpacking: &unpacker))
    }
}

/// Refuses a statement whose subjects or body are not what its event's type wants.
func checkFrame(_ statement: Statement, firstLeaf: EventHash?) throws(RuleViolation) {
    let type = statement.event.type
    let subjects = Statement.subjects(of: statement.event, chain: statement.chain, firstLeaf: firstLeaf)
    guard statement.subjects == subjects else { throw .subjectsDiffer }
    guard statement.body != nil || !type.hasBody else { throw .bodyMissing(type) }
    guard statement.body == nil || type.hasBody else { throw .bodyUnexpected(type) }
}

// MARK: - Stored rows

extension PublicView {
    /// All tables, in the order in which their rows are stored.
    static let tables: [StoredTable<PublicView>] = [
        StoredTable(\.consortium), StoredTable(\.members), StoredTable(\.keys), StoredTable(\.authors),
        StoredTable(\.chains), StoredTable(\.anchors), StoredTable(\.bases), StoredTable(\.rounds),
        StoredTable(\.contributions), StoredTable(\.models), StoredTable(\.deletions), StoredTable(\.plans),
        StoredTable(\.policies), StoredTable(\.decisions), StoredTable(\.evaluations), StoredTable(\.rewards),
        StoredTable(\.adapterEvaluations), StoredTable(\.mitigations), StoredTable(\.trainingAttestations),
        StoredTable(\.releases), StoredTable(\.handovers), StoredTable(\.holds), StoredTable(\.waivers),
        StoredTable(\.judgements), StoredTable(\.audits), StoredTable(\.documents),
    ]

    /// The rows that changed since the last call, for the transaction that stores the leaves.
    public mutating func takeChanges() -> [ViewRow] { Self.tables.flatMap { $0.takeChanges(&self) } }

    /// All rows. Two views are equal when these are.
    public var rows: [ViewRow] { rows(cores: 1) }

    /// All rows, written on `cores` threads.
    public func rows(cores: Int) -> [ViewRow] { Self.tables.flatMap { $0.rows(self, cores) } }

    /// How many rows of each kind are in memory.
    var rowsHeld: [String: Int] {
        Dictionary(uniqueKeysWithValues: Self.tables.map { ($0.kind(self), $0.held(self)) })
    }

    /// How many places in lists of rows are in memory.
    var placesHeld: Int {
        decisionsByRound.held + decisionsByAuthor.held + evaluationsByRound.held + decisionsByExplanation.held
            + contributionsByRound.held + contributionsByAuthor.held + contributionsByBytes.held
            + trainingAttestationsByContribution.held + replacements.held + modelsByRound.held + modelsByBytes.held
            + handoversOfArtifact.held + handoversOfDataset.held + lineage.held
    }

    /// The view of `size` leaves whose rows were stored.
    public init(origin: Origin, size: Int, rows: some Sequence<ViewRow>) throws(ViewLoadError) {
        self.init(origin: origin)
        self.size = size
        try Self.tables.load(rows, into: &self)
        for row in contributions.rows.values.sorted(by: { $0.position < $1.position }) { index(row) }
        for row in models.rows.values.sorted(by: { $0.position < $1.position }) { index(row) }
        for row in decisions.rows.values.sorted(by: { $0.position < $1.position }) { index(row) }
        for row in evaluations.rows.values.sorted(by: { $0.position < $1.position }) { index(row) }
        for row in allHandovers { index(row) }
        for row in releases.rows.values { lineage.add(user: row.author, of: row.released.model) }
        for row in adapterEvaluations.rows.values { lineage.add(user: row.author, of: row.evaluation.adapter) }
        for row in plans.rows.values { indexLoaded(row) }
        for row in trainingAttestations.rows.values.sorted(by: { $0.position < $1.position }) { index(row) }
        for row in mitigations.rows.values { forget(row.mitigation.adapter, row.mitigation.tensors) }
        try checkReferences()
    }

    mutating func index(_ row: ContributionRow) {
        contributionsByRound.append(row.event, to: row.round)
        if let old = row.replaces { replacements.append(row.event, to: old) }
        lineage.add(row)
        contributionsByAuthor.append(row.event, to: Authorship(round: row.round, member: row.member))
        for artifact in Set([row.adapter, row.tensors]) { contributionsByBytes.append(row.event, to: artifact) }
        if row.excludedBy != nil || row.affectedBy != nil { forget(row.adapter, row.tensors) }
    }

    mutating func index(_ row: ModelRow) {
        modelsByRound.append(row.event, to: row.round)
        for artifact in Set([row.model, row.tensors]) { modelsByBytes.append(row.event, to: artifact) }
        if row.state != .current { forget(row.model, row.tensors) }
    }

    /// A plan as it stands after later events.
    private mutating func indexLoaded(_ row: PlanRow) {
        lineage.add(row)
        for planned in row.models where planned.outcome == .rematerialized {
            guard models[planned.materialization]?.state == .recalled else { continue }
            lineage.abandon(planned.materialization, under: row.plan)
        }
    }

    mutating func forget(_ artifacts: ArtifactDigest...) { forgotten.formUnion(artifacts) }
}

// MARK: - Questions

extension PublicView {
    public var memberNames: [MemberName] { members.rows.keys.sorted() }

    /// The rows of each table in the order in which a person reads them.
    public var allMembers: [MemberRow] { members.rows.values.sorted { $0.name < $1.name } }
    public var allRounds: [RoundRow] { rounds.rows.values.sorted { $0.openedAt < $1.openedAt } }
    public var allModels: [ModelRow] { models.rows.values.sorted { $0.position < $1.position } }
    public var allBases: [BaseRow] { bases.rows.values.sorted { $0.base < $1.base } }
    public var allChains: [ChainRow] { chains.rows.values.sorted { $0.origin < $1.origin } }
    public var allAnchors: [(event: EventHash, row: AnchorRow)] {
        anchors.rows.map { (event: $0.key, row: $0.value) }.sorted { $0.row.position < $1.row.position }
    }
    public var allDeletions: [DeletionRow] {
        deletions.rows.values.sorted { $0.requestedAt < $1.requestedAt }
    }
    public var allKeys: [KeyRow] {
        keys.rows.values.sorted { ($0.addedAt, $0.key.keyID) < ($1.addedAt, $1.key.keyID) }
    }

    /// All materialisations of `round`, in chain order.
    public func allModels(of round: RoundID) -> [ModelRow] {
        modelsByRound[round].map { models[$0]! }
    }

    /// Whether `member` has a contribution to `round` that counts now.
    func hasContribution(by member: MemberName, to round: RoundID) -> Bool {
        contributionsByAuthor[Authorship(round: round, member: member)].contains { contributions[$0]!.counts }
    }

    /// All contributions of `round`, those that no longer count too, in the order of the round.
    public func allContributions(to round: RoundID) -> [ContributionRow] {
        let rows = contributionsByRound[round].map { contributions[$0]! }
        guard rows.contains(where: { $0.replaces != nil }) else { return rows }
        // What takes another's place stands right behind it.
        let events = Set(rows.map(\.event))
        let successors = Dictionary(grouping: rows) { $0.replaces.flatMap { events.contains($0) ? $0 : nil } }
        var ordered: [ContributionRow] = []
        var waiting = Array((successors[nil] ?? []).reversed())
        while let row = waiting.popLast() {
            ordered.append(row)
            waiting += successors[row.event] ?? []
        }
        return ordered
    }

    /// The contributions of `round`, or of one of its cohorts, that count now, in the order of the round: that of
    /// the chain, but what takes another's place stands there.
    public func contributions(to round: RoundID, cohort: CohortName? = nil) -> [ContributionRow] {
        allContributions(to: round).filter { $0.counts && isMerged($0, for: cohort) }
    }

    /// Whether the contribution is of `cohort`; every one is where no cohort is given.
    private func isMerged(_ row: ContributionRow, for cohort: CohortName?) -> Bool {
        cohort == nil || rounds[row.round]?.cohort(of: row.member) == cohort
    }

    /// The contributions that `model` merged, in the order of the round.
    ///
    /// A model merges what counted in its round when it was materialised: all contributions but those that
    /// plans up to and including its own had excluded, or found affected, by then.
    /// What took the place of one that it merged came later.
    public func contributions(of model: ModelRow) -> [EventHash] {
        allContributions(to: model.round).filter { merged($0, in: model) }.map(\.event)
    }

    /// Whether `model` merged `row`, which is of its round.
    func merged(_ row: ContributionRow, in model: ModelRow) -> Bool {
        guard row.withdrawnBy == nil, row.position < model.position, isMerged(row, for: model.cohort) else {
            return false
        }
        return [row.excludedBy, row.affectedBy].allSatisfy { plan in
            plan.flatMap { plans[$0]?.startedAt }.map { $0 > model.position } ?? true
        }
    }

    /// The rows of ``contributions(of:)``.
    public func mergedContributions(of model: ModelRow) -> [ContributionRow] {
        contributions(of: model).map { contributions[$0]! }
    }

    /// The latest materialisation of `round`, or of one of its cohorts.
    public func latestModel(of round: RoundID, cohort: CohortName?) -> ModelRow? {
        allModels(of: round).last { $0.cohort == cohort }
    }

    /// The latest materialisation of a model with this adapter digest.
    public func model(_ digest: ArtifactDigest) -> ModelRow? {
        models(withDigest: digest).last
    }

    /// All materialisations of models with this adapter digest, in chain order.
    public func models(withDigest digest: ArtifactDigest) -> [ModelRow] {
        modelsByBytes[digest].map { models[$0]! }.filter { $0.model == digest }
    }

    public func contributions(withAdapter digest: ArtifactDigest) -> [ContributionRow] {
        contributionsByBytes[digest].map { contributions[$0]! }.filter { $0.adapter == digest }
    }

    /// The model that `round` serves now, if any.
    public func currentModel(of round: RoundID) -> ModelRow? {
        rounds[round]?.materialization.flatMap { models[$0] }.flatMap { $0.state == .current ? $0 : nil }
    }

    /// Whether a deletion took this adapter, or these tensors, out of use for good.
    public func isForgotten(_ artifact: ArtifactDigest) -> Bool { forgotten.contains(artifact) }

    /// Whether a model that is served has these bytes. What a contribution has from the model that it started from, and changed
    /// nothing of, goes with that model.
    public func isServed(_ artifact: ArtifactDigest) -> Bool {
        models(withBytes: artifact).contains { $0.state == .current }
    }

    /// The active keys of `member` for `purpose`, the newest last.
    public func activeKeys(of member: MemberName, for purpose: KeyPurpose) -> [KeyRow] {
        allKeys.filter { $0.member == member && $0.purpose == purpose && $0.revokedAt == nil }
    }

    /// The digest of all keys and what became of them (`schemas/key-directory.md`).
    public var keyDirectory: Hash256<KeyDirectorySubject> {
        Self.keyDirectory(of: allKeys)
    }

    /// SHA-256("lethe/keys/v1" 0x00 ‖ canonical JSON of the rows in the order of leaf and key id).
    public static func keyDirectory(of rows: [KeyRow]) -> Hash256<KeyDirectorySubject> {
        .sha256(Array("lethe/keys/v1".utf8) + [0], CanonicalJSON.encode(rows))
    }

    /// How strong the evidence for the deletions of `plan` is now.
    public func grade(of plan: PlanRow) -> Grade {
        guard plan.excludedBy != nil else { return .recorded }
        let destroyed = plan.holders.allSatisfy { holder in
            plan.erasures.contains { $0.holder == holder && $0.isComplete }
        }
        guard destroyed else { return .excluded }
        guard plan.isExact else { return .destroyed }
        // Where nothing had to be rebuilt there is no replay to speak of.
        guard !plan.models.isEmpty || !plan.retraining.isEmpty else { return .destroyed }
        // Whoever merged what was trained again did not train it again: that takes the records, which its member has.
        let rebuilding = Rebuilding(of: plan, in: self)
        let isTrainedTwice = plan.retraining.allSatisfy { planned in
            switch rebuilding.state(of: planned.contribution) {
            case .replaced(let event): isTrainingConfirmed(of: event)
            case .givenUp: true
            case .ready, .waiting: false
            }
        }
        guard isTrainedTwice else { return .replayed }
        let rebuilt = plan.models.map { models[$0.materialization]?.replacedBy.flatMap { models[$0] } }
        let isConfirmed = !rebuilt.isEmpty && rebuilt.allSatisfy { !($0?.attestedBy.isEmpty ?? true) }
        return isConfirmed ? .replayedTwice : .replayed
    }
}

extension ErasureRow {
    /// Whether nothing is left to erase in any store.
    public var isComplete: Bool {
        results.allSatisfy { $0.verdict == .deleted || $0.verdict == .notFound }
    }
}
