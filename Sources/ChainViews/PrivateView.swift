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

    public private(set) var size = 0
    public let origin: Origin
    private var head = Table<Origin, HeadRow>(kind: "head") { $0.origin }
    private var authors = Table<MemberName, AuthorRow>(kind: "author")
    public private(set) var bodies = Table<BodyCommitment, BodyRow>(kind: "body") { $0.reference.commitment }
    public private(set) var scopes = Table<DeletionID, ScopeRow>(kind: "scope") { $0.deletion }

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
            guard record.author == chain.chainOperator else {
                throw .notTheMember(expected: chain.chainOperator, actual: record.author)
            }
            guard event.readers.contains(record.author) else { throw .unknownMember(record.author) }
            for reader in event.readers where publicView.members[reader] == nil {
                throw .unknownMember(reader)
            }
            head.set(origin, HeadRow(origin: origin, firstLeaf: record.hash, readers: event.readers))
        case .deletionScoped(let event):
            guard scopes[event.deletion] == nil else { throw .deletionExists(event.deletion) }
            let body = record.statement.body!
            // Were it taken in again, an erased body would count as present.
            guard bodies[body.commitment] == nil else { throw .bodyExists(body.commitment) }
            bodies.set(
                body.commitment,
                BodyRow(event: record.hash, position: Count(record.position)!, reference: body))
            scopes.set(
                event.deletion,
                ScopeRow(deletion: event.deletion, event: record.hash, body: body.commitment))
        case .recordErased(let event):
            guard !event.bodies.isEmpty else { throw .listIsEmpty("bodies") }
            for body in event.bodies {
                guard let row = bodies[body] else { throw .unknownBody(body) }
                guard row.erasedBy == nil else { throw .bodyAlreadyErased(body) }
            }
            for body in event.bodies { bodies.update(body) { $0.erasedBy = record.hash } }
        default: throw .wrongAudience(record.statement.event.type, chain: origin)
        }
    }

    public mutating func takeChanges() -> [ViewRow] {
        head.takeChanges() + authors.takeChanges() + bodies.takeChanges() + scopes.takeChanges()
    }

    public var rows: [ViewRow] { head.all + authors.all + bodies.all + scopes.all }

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
            default: throw ViewLoadError(kind: row.kind, key: row.key, reason: "the kind is unknown")
            }
        }
        let events = authors.rows.values.reduce(0) { $0 &+ $1.events.value }
        guard events == size, (size > 0) == (firstLeaf != nil) else {
            throw ViewLoadError(
                kind: authors.kind, key: origin.text, reason: "the rows are of \(events) leaves, not \(size)")
        }
        for (deletion, row) in scopes.rows where bodies[row.body] == nil {
            throw ViewLoadError(
                kind: scopes.kind, key: deletion.text, reason: "it names a body that is not there")
        }
    }
}
