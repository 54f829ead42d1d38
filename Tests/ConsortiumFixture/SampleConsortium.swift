public import Bytes
public import ChainViews
public import Events
public import Signing

/// A consortium on two kinds of chains, in memory. Keys, times and digests are the same in every run.
///
/// It says what tests want said, in correct envelopes, and admits it to its views as a ledger would. What
/// must go wrong is made with ``statement(_:by:on:body:)`` and ``seal(_:with:)`` and changed on the way.
public struct SampleConsortium: Sendable {
    public static let name = Consortium("skies.example")!
    public static let origin = Origin.public(of: name)
    /// Operates the public chain and cosigns; makes no models.
    public static let air = MemberName("air")!
    /// Aggregate and contribute.
    public static let delta = MemberName("delta")!, swiss = MemberName("swiss")!
    /// Contribute; united audits too.
    public static let united = MemberName("united")!, virgin = MemberName("virgin")!
    /// Not a member unless a test admits it.
    public static let hawk = MemberName("hawk")!

    public static let roles: [MemberName: Ascending<Role>] = [
        air: [.operator, .witness], delta: [.aggregator, .contributor, .witness],
        swiss: [.aggregator, .contributor], united: [.auditor, .contributor], virgin: [.contributor],
    ]

    public private(set) var view: PublicView
    public private(set) var entries: [[UInt8]] = []
    public private(set) var privateViews: [Origin: PrivateView] = [:]
    public private(set) var privateEntries: [Origin: [[UInt8]]] = [:]
    /// What the next event's author claims, in seconds since 1970; a minute more for each event.
    public var clock = 1_795_000_000
    /// Which of its event keys each member signs with: 0 is the charter's.
    public var keyNumbers: [MemberName: Int] = [:]

    /// No event yet.
    ///
    /// - Parameter file: where the public view keeps its rows; `nil` for a view in memory.
    public init(rowsIn file: (any RowFile)? = nil, gathering gathered: Int = 1) {
        view = PublicView(origin: Self.origin, rowsIn: file, gathering: gathered)
    }

    /// Goes on with `view` in the place of what the entries give.
    public mutating func look(at view: PublicView) { self.view = view }

    /// The charter is said; decisions that bind all need two members.
    public static func founded(rowsIn file: (any RowFile)? = nil, gathering gathered: Int = 1) -> SampleConsortium {
        var consortium = SampleConsortium(rowsIn: file, gathering: gathered)
        try! consortium.say(.consortiumFounded(charter()), by: air)
        return consortium
    }

    // MARK: Keys

    /// The key pair number `number` of `member` for `use`.
    public static func key(_ member: MemberName, _ use: String = "event", _ number: Int = 0) -> SigningKey {
        SigningKey(seed: Hash256<SampleConsortium>.sha256(Array("\(member)/\(use)/\(number)".utf8)).bytes)!
    }

    public static func keyBytes(_ member: MemberName, _ use: String = "event", _ number: Int = 0) -> KeyBytes {
        KeyBytes(bytes: key(member, use, number).publicKey.bytes)!
    }

    /// Signs checkpoints of the public chain.
    public static let checkpointKey = key(air, "checkpoint")

    /// The event key that `member` signs with now.
    public func signingKey(_ member: MemberName) -> SigningKey {
        Self.key(member, "event", keyNumbers[member] ?? 0)
    }

    // MARK: Founding

    public static func record(of member: MemberName, roles: Ascending<Role>) -> MemberRecord {
        MemberRecord(
            name: member, roles: roles, eventKey: keyBytes(member), witnessKey: keyBytes(member, "witness"),
            encryptionKey: keyBytes(member, "encryption"))
    }

    public static func charter() -> ConsortiumFounded {
        ConsortiumFounded(
            consortium: name, chainOperator: air, checkpointKey: keyBytes(air, "checkpoint"),
            members: roles.keys.sorted().map { record(of: $0, roles: roles[$0]!) }, threshold: Count(2)!)
    }

    // MARK: Saying

    /// The statement that `author` would make next.
    public func statement(
        _ event: Event, by author: MemberName, on chain: Origin = origin, body: BodyReference? = nil
    ) -> Statement {
        let head = chain.isPublic ? view.head(of: author) : privateViews[chain]?.head(of: author)
        let firstLeaf = chain.isPublic ? view.charter?.firstLeaf : privateViews[chain]?.firstLeaf
        return Statement(
            chain: chain, author: author, sequence: head?.events.value ?? 0, previous: head?.last,
            claimedAt: Timestamp(seconds: clock)!,
            body: body ?? (event.type.hasBody ? self.body(event.type) : nil),
            event: event, firstLeaf: firstLeaf)
    }

    private func body(_ type: EventType) -> BodyReference {
        let seed = Array("body/\(clock)".utf8)
        return BodyReference(
            commitment: .sha256(seed), mediaType: type == .chainAnchored ? .checkpoint : .json)
    }

    /// The envelope around `statement`, signed with `keys`.
    public func seal(_ statement: Statement, with keys: [SigningKey]) -> [UInt8] {
        Self.seal(statement.bytes, with: keys)
    }

    public static func seal(_ payload: [UInt8], with keys: [SigningKey]) -> [UInt8] {
        let message = Envelope(payload: payload, signatures: []).signedBytes
        let signatures = keys.map { key in
            Envelope.Signature(
                keyID: KeyBytes(bytes: key.publicKey.bytes)!.keyID, signature: key.sign(message))
        }
        return Envelope(payload: payload, signatures: signatures).bytes
    }

    /// The envelope that `author` would send next, with the signatures of `cosigners` and of `keys` beside
    /// its own.
    public func envelope(
        _ event: Event, by author: MemberName, with cosigners: [MemberName] = [], keys: [SigningKey] = [],
        on chain: Origin = origin, body: BodyReference? = nil
    ) -> [UInt8] {
        let signers = ([author] + cosigners).map(signingKey) + keys
        return seal(statement(event, by: author, on: chain, body: body), with: signers)
    }

    /// Has `author` say `event`, and admits it.
    @discardableResult
    public mutating func say(
        _ event: Event, by author: MemberName, with cosigners: [MemberName] = [], keys: [SigningKey] = [],
        on chain: Origin = origin, body: BodyReference? = nil
    ) throws(AdmissionError) -> EventHash {
        try admit(envelope(event, by: author, with: cosigners, keys: keys, on: chain, body: body), to: chain)
    }

    /// Admits an envelope to a chain, or says why not; the views are then as they were.
    @discardableResult
    public mutating func admit(_ bytes: [UInt8], to chain: Origin = origin) throws(AdmissionError)
        -> EventHash
    {
        let event = try ReceivedEvent(parsing: bytes)
        if chain.isPublic {
            try view.admit(event)
            entries.append(bytes)
        } else {
            var chainView = privateViews[chain] ?? PrivateView(origin: chain)
            try chainView.admit(event, publicView: view, judgedAt: view.size)
            privateViews[chain] = chainView
            privateEntries[chain, default: []].append(bytes)
        }
        clock += 60
        return event.hash
    }

    /// The rows that changed in the public view since the last call.
    public mutating func takeChanges() -> [ViewRow] { view.takeChanges() }
}
