public import Bytes
public import Events

/// What a private chain says: for its readers alone.
public struct PrivateView: Sendable {
    public struct HeadRow: Codable, Hashable, Sendable {
        public var origin: Origin
        public var firstLeaf: EventHash
        public var readers: Ascending<MemberName>
    }

    /// A body that an event of this chain commits to.
    public struct BodyRow: Codable, Hashable, Sendable {
        public var event: EventHash
        public var position: Count
        public var reference: BodyReference
        /// The event under which it is gone.
        public var erasedBy: EventHash?
    }

    public struct ScopeRow: Codable, Hashable, Sendable {
        public var deletion: DeletionID
        public var event: EventHash
        public var body: BodyCommitment
    }

    /// What an organisation has for its next rounds; what exactly is in the body.
    public struct ResourceRow: Codable, Hashable, Sendable {
        public var event: EventHash
        public var position: Count
        public var rounds: Quantity
        public var body: BodyCommitment
    }

    /// What a decision about a round follows from; what exactly is in the body.
    public struct ExplanationRow: Codable, Hashable, Sendable {
        public var round: RoundID
        public var event: EventHash
        public var position: Count
        public var body: BodyCommitment
    }

    /// What was opened for whom; the name and the reason are in the body.
    public struct AccessRow: Codable, Hashable, Sendable {
        public var event: EventHash
        public var position: Count
        public var author: MemberName
        public var claimedAt: Timestamp
        public var accessed: AccessRecorded
        public var body: BodyCommitment
    }

    public private(set) var size = 0
    public let origin: Origin
    private var head = Table<Origin, HeadRow>(kind: "head") { $0.origin }
    private var authors = Table<MemberName, AuthorRow>(kind: "author")
    public internal(set) var bodies = Table<BodyCommitment, BodyRow>(kind: "body") { $0.reference.commitment }
    public private(set) var scopes = Table<DeletionID, ScopeRow>(kind: "scope") { $0.deletion }
    public private(set) var resources = Table<EventHash, ResourceRow>(kind: "resources") { $0.event }
    public private(set) var explanations = Table<RoundID, ExplanationRow>(kind: "explanation") { $0.round }
    public private(set) var accesses = Table<EventHash, AccessRow>(kind: "access") { $0.event }
    public private(set) var governance = PrivateGovernance()

    public internal(set) var datasets = Table<DatasetID, DatasetRow>(kind: "dataset") { $0.dataset }
    public internal(set) var runs = Table<EventHash, RunRow>(kind: "run") { $0.event }
    public internal(set) var erasedRecords = Table<RecordCommitment, ErasedRecordRow>(kind: "erased-record") {
        $0.commitment
    }
    /// The runs on each shard, in chain order.
    var runsByShard: [ShardReference: [EventHash]] = [:]

    public init(origin: Origin) { self.origin = origin }

    public var firstLeaf: EventHash? { head[origin]?.firstLeaf }
    public var readers: Ascending<MemberName> { head[origin]?.readers ?? [] }
    public func head(of author: MemberName) -> AuthorRow? { authors[author] }

    /// Takes in the next leaf, or says which rule it breaks.
    ///
    /// - Parameter publicView: who is a member, and who operates the chain.
    public mutating func apply(
        _ record: EventRecord, publicView: PublicView
    ) throws(RuleViolation) {
        precondition(record.position == size, "leaf \(record.position) applied to a view of \(size)")
        let statement = record.statement
        let type = statement.event.type
        guard statement.chain == origin else {
            throw .wrongChain(expected: origin, actual: statement.chain)
        }
        guard type.audience == .privateChain else { throw .wrongAudience(type, chain: origin) }
        try checkFrame(statement, firstLeaf: firstLeaf)
        guard let chain = publicView.chains[origin] else { throw .unknownChain(origin) }
        guard (size == 0) == (type == .readersListed) else { throw size == 0 ? .notFounded : .alreadyFounded }
        guard size == 0 || readers.contains(record.author) else { throw .unknownMember(record.author) }
        try applyEvent(record, chain, publicView)
        let count = authors[record.author]?.events.value ?? 0
        authors.set(record.author, AuthorRow(events: Count(count + 1)!, last: record.hash))
        size += 1
    }

    private mutating func applyEvent(
        _ record: EventRecord, _ chain: ChainRow, _ publicView: PublicView
    ) throws(RuleViolation) {
        switch record.statement.event {
        case .readersListed(let event):
            try requireOperator(chain, record)
            guard event.readers.contains(record.author) else { throw .unknownMember(record.author) }
            for reader in event.readers where publicView.members[reader] == nil {
                throw .unknownMember(reader)
            }
            head.set(origin, HeadRow(origin: origin, firstLeaf: record.hash, readers: event.readers))
        case .deletionScoped(let event):
            guard scopes[event.deletion] == nil else { throw .deletionExists(event.deletion) }
            let body = try takeBody(of: record)
            scopes.set(event.deletion, ScopeRow(deletion: event.deletion, event: record.hash, body: body))
        case .resourcesAllocated(let event):
            try requireOperator(chain, record)
            let body = try takeBody(of: record)
            resources.set(
                record.hash,
                ResourceRow(event: record.hash, position: record.count, rounds: event.rounds, body: body))
        case .decisionExplained(let event):
            try requireOperator(chain, record)
            guard publicView.rounds[event.round] != nil else { throw .unknownRound(event.round) }
            // One round, one decision: the seed of its draws is used once.
            guard explanations[event.round] == nil else { throw .alreadyDecided(record.author, event.round) }
            let body = try takeBody(of: record)
            explanations.set(
                event.round,
                ExplanationRow(round: event.round, event: record.hash, position: record.count, body: body))
        case .accessRecorded(let event): try recordAccess(event, record, publicView)
        case .datasetDescribed, .consentRecorded, .consentWithdrawn, .restrictionRecorded, .incidentDetected,
            .incidentHandled, .noticeSent, .recipientsAsked:
            // What an organisation says of its own data and duties, its chain's other readers do not say for it.
            try requireOperator(chain, record)
            if record.statement.body != nil { try checkBodyIsNew(of: record) }
            try governance.apply(record, publicView)
            if record.statement.body != nil { _ = try takeBody(of: record) }
        case .recordErased(let event): try erase(event, chain, record)
        case .datasetRegistered(let event): try registerDataset(event, chain, record)
        case .shardTrained(let event): try trainShard(event, chain, record, publicView)
        default: throw .wrongAudience(record.statement.event.type, chain: origin)
        }
    }

    /// Any reader of the chain may say that it opened something; what it names must be there.
    private mutating func recordAccess(
        _ event: AccessRecorded, _ record: EventRecord, _ publicView: PublicView
    ) throws(RuleViolation) {
        guard !event.leaves.isEmpty || event.anchor != nil else { throw .listIsEmpty("leaves") }
        if let last = event.leaves.last, last.value >= size { throw .unknownLeaf(last.value, size: size) }
        if let anchor = event.anchor, publicView.anchors[anchor]?.origin != origin {
            throw .unknownAnchor(anchor, of: origin)
        }
        let body = try takeBody(of: record)
        accesses.set(
            record.hash,
            AccessRow(
                event: record.hash, position: record.count, author: record.author,
                claimedAt: record.statement.claimedAt, accessed: event, body: body))
    }

    func requireOperator(_ chain: ChainRow, _ record: EventRecord) throws(RuleViolation) {
        guard record.author == chain.chainOperator else {
            throw .notTheMember(expected: chain.chainOperator, actual: record.author)
        }
    }

    /// Were a body taken in again, an erased one would count as present.
    private func checkBodyIsNew(of record: EventRecord) throws(RuleViolation) {
        let body = record.statement.body!
        guard bodies[body.commitment] == nil else { throw .bodyExists(body.commitment) }
    }

    /// Takes in the body that `record` commits to.
    mutating func takeBody(of record: EventRecord) throws(RuleViolation) -> BodyCommitment {
        let body = record.statement.body!
        try checkBodyIsNew(of: record)
        bodies.set(body.commitment, BodyRow(event: record.hash, position: record.count, reference: body))
        return body.commitment
    }

    public mutating func takeChanges() -> [ViewRow] {
        head.takeChanges() + authors.takeChanges() + bodies.takeChanges() + scopes.takeChanges()
            + resources.takeChanges() + explanations.takeChanges() + accesses.takeChanges()
            + governance.takeChanges()
            + datasets.takeChanges() + runs.takeChanges() + erasedRecords.takeChanges()
    }

    public var rows: [ViewRow] {
        head.all + authors.all + bodies.all + scopes.all + resources.all + explanations.all
            + accesses.all + governance.rows + datasets.all + runs.all + erasedRecords.all
    }

    /// What was opened for whom, in chain order.
    public var allAccesses: [AccessRow] { accesses.rows.values.sorted { $0.position < $1.position } }

    /// The explanations in chain order.
    public var allExplanations: [ExplanationRow] {
        explanations.rows.values.sorted { $0.position < $1.position }
    }

    /// The last `resources-allocated` event before `position`.
    public func resources(before position: Int) -> ResourceRow? {
        resources.rows.values.filter { $0.position.value < position }.max { $0.position < $1.position }
    }

    /// The view of `size` leaves whose rows were stored.
    public init(origin: Origin, size: Int, rows: some Sequence<ViewRow>) throws(ViewLoadError) {
        self.init(origin: origin)
        self.size = size
        for row in rows {
            switch row.kind {
            case head.kind: try head.load(row)
            case authors.kind: try authors.load(row)
            case bodies.kind: try bodies.load(row)
            case scopes.kind: try scopes.load(row)
            case resources.kind: try resources.load(row)
            case explanations.kind: try explanations.load(row)
            case accesses.kind: try accesses.load(row)
            case datasets.kind: try datasets.load(row)
            case runs.kind: try runs.load(row)
            case erasedRecords.kind: try erasedRecords.load(row)
            default:
                guard try !governance.load(row) else { continue }
                throw ViewLoadError(kind: row.kind, key: row.key, reason: "the kind is unknown")
            }
        }
        let events = authors.rows.values.reduce(0) { $0 &+ $1.events.value }
        guard events == size, (size > 0) == (firstLeaf != nil) else {
            throw ViewLoadError(
                kind: authors.kind, key: origin.text, reason: "the rows are of \(events) leaves, not \(size)")
        }
        let cited =
            scopes.rows.map { (scopes.kind, $0.text, $1.body) }
            + resources.rows.map { (resources.kind, $0.hex, $1.body) }
            + explanations.rows.map { (explanations.kind, $0.text, $1.body) }
            + accesses.rows.map { (accesses.kind, $0.hex, $1.body) }
            + datasets.rows.map { (datasets.kind, $0.text, $1.body) }
            + runs.rows.map { (runs.kind, $0.hex, $1.body) } + governance.cited
        for (kind, key, body) in cited where bodies[body] == nil {
            throw ViewLoadError(kind: kind, key: key, reason: "it names a body that is not there")
        }
        try indexRuns()
    }
}
