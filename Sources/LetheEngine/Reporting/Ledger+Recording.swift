public import Bytes
internal import ChainViews
public import Events
internal import Foundation
internal import LedgerStore
internal import MerkleLog
internal import Signing

/// What became of an event that a local member signed.
public enum Recorded: Hashable, Sendable {
    /// It stands on a chain that this ledger operates.
    case appended(Appended)
    /// It waits in a file for the chain's operator.
    case outbox(event: EventHash, file: String)

    public var event: EventHash {
        switch self {
        case .appended(let appended): appended.event
        case .outbox(let event, _): event
        }
    }
}

extension Ledger {
    /// Signs `event` as `member` and appends it, or puts it into the outbox where somebody else operates the chain.
    ///
    /// Either way every admission check is made first, so that a refusal comes before anything is written.
    ///
    /// - Parameters:
    ///   - body: data that the event commits to; it goes into the vault.
    ///   - cosigners: other local members whose signatures the rule wants.
    ///   - anchoring: whether an event of a private chain is anchored at once. Where `false`, the caller anchors after
    ///     the last of several.
    @discardableResult
    public func record(
        _ event: Event, as member: MemberName, on origin: Origin, body: (MediaType, [UInt8])? = nil,
        cosigners: [MemberName] = [], extraKeys: [KeyID] = [], anchoring: Bool = true
    ) throws -> Recorded {
        if case .shardTrained(let run) = event, let body { try refuseForgotten(run, body.1, on: origin) }
        let kept = body.map { open($0.1, $0.0) }
        let reference = kept.map { BodyReference(commitment: $0.commitment, mediaType: $0.mediaType) }
        let statement = try statement(event, as: member, on: origin, body: reference)
        var signers = [try activeKey(of: member)]
        for cosigner in cosigners { signers.append(try activeKey(of: cosigner)) }
        let bytes = try seal(statement, with: signers + extraKeys)
        if let kept {
            // Before the event: an event without its body never exists here. After the checks: neither does the reverse.
            try checkAgainstCopy(outbox(of: origin) + [bytes], origin)
            try directory.vault.putBody(kept)
        }
        if operates(origin) {
            let appended = Recorded.appended(try append([bytes], to: origin)[0])
            if !origin.isPublic, anchoring { try anchor(origin, as: member) }
            return appended
        }
        return try putIntoOutbox(bytes, origin)
    }

    /// The next statement of `member` on `origin`.
    func statement(
        _ event: Event, as member: MemberName, on origin: Origin, body: BodyReference?
    ) throws -> Statement {
        let head = try head(of: member, on: origin)
        return Statement(
            chain: origin, author: member, sequence: head.events, previous: head.last,
            claimedAt: surroundings.now(), body: body, event: event, firstLeaf: firstLeaf(of: origin))
    }

    /// The envelope of `statement`, signed by each of the keys.
    func seal(_ statement: Statement, with signers: [KeyID]) throws -> [UInt8] {
        let payload = statement.bytes
        guard payload.count <= Statement.maximumBytes else {
            throw statement.event.tooLarge(payload.count)
        }
        let message = Envelope.preAuthenticationEncoding(Envelope.payloadType, payload)
        let signatures = try signers.map { id in
            Envelope.Signature(keyID: id, signature: try keys.signingKey(id).sign(message))
        }
        return Envelope(payload: payload, signatures: signatures).bytes
    }

    /// The newest event key of `member` that is active on the chain and lies in this ledger.
    func activeKey(of member: MemberName) throws -> KeyID {
        let active = try view.activeKeys(of: member, for: .event).map(\.key.keyID)
        guard let key = active.last(where: { keys.holds($0) }) else {
            throw EngineError(
                .missing, "no active event key of \(member) lies in this ledger",
                hint: "name a member with --as; this ledger holds keys of "
                    + (keys.members.isEmpty ? "nobody" : keys.members.map(\.text).joined(separator: ", ")))
        }
        return key
    }

    private func firstLeaf(of origin: Origin) -> EventHash? {
        origin.isPublic ? publicView?.charter?.firstLeaf : privateViews[origin]?.firstLeaf
    }

    /// Where `member` stands on `origin`, counting its events that still wait in the outbox.
    private func head(of member: MemberName, on origin: Origin) throws -> (events: Int, last: EventHash?) {
        let row = origin.isPublic ? publicView?.head(of: member) : privateViews[origin]?.head(of: member)
        var head = (events: row?.events.value ?? 0, last: row?.last)
        for bytes in try outbox(of: origin) {
            let event = try Self.parse(bytes, origin)
            guard event.statement.author == member, event.statement.sequence == head.events else { continue }
            head = (head.events + 1, event.hash)
        }
        return head
    }

    // MARK: Bodies

    /// `body` under a fresh salt.
    func open(_ body: [UInt8], _ mediaType: MediaType) -> OpenBody {
        OpenBody(salt: Salt(bytes: surroundings.random.generate(32))!, mediaType: mediaType, bytes: body)
    }

    // MARK: Anchors

    /// Anchors the kept checkpoint of private chain `origin` on the public chain.
    @discardableResult
    public func anchor(_ origin: Origin, as member: MemberName) throws -> Recorded {
        let note = try checkpointNote(of: origin).note
        return try record(
            .chainAnchored(ChainAnchored(origin: origin)), as: member, on: publicOrigin,
            body: (.checkpoint, note))
    }

    /// The anchors of `origin` that this ledger can open, by position: which size each covers.
    ///
    /// - Parameter bodies: bodies that are not in the vault yet.
    func openedAnchors(
        of origin: Origin, publicView: PublicView, bodies: [BodyCommitment: OpenBody] = [:]
    ) -> [(position: Int, size: TreeSize)] {
        publicView.allAnchors.filter { $0.row.origin == origin }.compactMap { anchor in
            // What does not open counts as absent: the check says which body it is.
            let size =
                bodies[anchor.row.commitment].map(Self.size)
                ?? (try? anchoredSize(anchor.row.commitment))
            return (size ?? nil).map { (anchor.row.position.value, $0) }
        }
    }

    /// How many entries the anchor with this body covers; `nil` where the body is not here.
    func anchoredSize(_ commitment: BodyCommitment) throws -> TreeSize? { try body(commitment).flatMap(Self.size) }

    private static func size(_ anchor: OpenBody) -> TreeSize? {
        guard let note = try? Note(parsing: anchor.bytes), let checkpoint = try? Checkpoint(parsing: note.text)
        else { return nil }
        return checkpoint.size
    }

    // MARK: Outbox

    private func outboxFile(_ origin: Origin) -> String {
        "\(directory.paths.outbox)/\(origin.consortium)-\(origin.chain).jsonl"
    }

    /// The envelopes that wait for the operator of `origin`, less those that the chain has by now.
    public func outbox(of origin: Origin) throws -> [[UInt8]] {
        guard let data = FileManager.default.contents(atPath: outboxFile(origin)) else { return [] }
        let lines = data.split(separator: 0x0a).map(Array.init)
        guard let chain = try directory.events.chain(origin.text) else { return lines }
        return try lines.filter { line in
            try directory.events.position(of: LeafHash(entry: line), in: chain) == nil
        }
    }

    /// The file of what waits for the operator of the public chain; `nil` where nothing does.
    public func waitingFile() throws -> String? {
        let origin = try publicOrigin
        return try outbox(of: origin).isEmpty ? nil : outboxFile(origin)
    }

    /// An event for the public chain that was recorded before, and where it is: on it, or in the outbox.
    func recorded(_ event: EventHash) throws -> (place: Recorded, content: Event) {
        let (origin, chain) = (try publicOrigin, try chainID(publicOrigin))
        if let waiting = try outbox(of: origin).first(where: { EventHash(envelope: $0) == event }) {
            return (.outbox(event: event, file: outboxFile(origin)), try Self.parse(waiting, origin).statement.event)
        }
        guard let index = try directory.events.position(of: LeafHash(retagging: event), in: chain),
            let entry = try directory.events.entry(at: index, of: chain)
        else { throw EngineError(.missing, "\(origin) has no event \(event)") }
        return (
            .appended(Appended(event: event, index: index, isNew: false)),
            try Self.parse(entry.envelope, origin).statement.event
        )
    }

    private func putIntoOutbox(_ bytes: [UInt8], _ origin: Origin) throws -> Recorded {
        let waiting = try outbox(of: origin)
        try checkAgainstCopy(waiting + [bytes], origin)
        let file = outboxFile(origin)
        let lines = (waiting + [bytes]).map { $0 + [0x0a] }.joined()
        try writeAtomically(Array(lines), to: file)
        return .outbox(event: EventHash(envelope: bytes), file: file)
    }

    /// Makes the admission checks on a copy of the view, so that a mistake is found here and not at the operator.
    private func checkAgainstCopy(_ envelopes: [[UInt8]], _ origin: Origin) throws {
        let (savedPublic, savedPrivate) = (publicView, privateViews)
        defer { (publicView, privateViews) = (savedPublic, savedPrivate) }
        for (number, bytes) in envelopes.enumerated() {
            do {
                try admit(Self.parse(bytes, origin), to: origin)
            } catch let error as EngineError where number < envelopes.count - 1 {
                throw waitingRefused(error, origin)
            }
        }
    }

    /// The public view as it will be once the operator has appended what waits in the outbox; as it is, where that no
    /// longer fits.
    func viewAhead() throws -> PublicView {
        let origin = try publicOrigin
        let (savedPublic, savedPrivate) = (publicView, privateViews)
        defer { (publicView, privateViews) = (savedPublic, savedPrivate) }
        do {
            for bytes in try outbox(of: origin) { try admit(Self.parse(bytes, origin), to: origin) }
            return try view
        } catch is EngineError {
            publicView = savedPublic
            return try view
        }
    }

    /// What waits in the outbox was right when it was signed, and the chain has moved on since.
    func waitingRefused(_ error: EngineError, _ origin: Origin) -> EngineError {
        EngineError(
            .refused, "an event that waits in \(outboxFile(origin)) no longer fits: \(error.message)",
            hint: "move that file away: what waits there was never appended; then sign anew", cause: error.cause)
    }

    /// Adds the signatures of `members` to an envelope that waits for more of them.
    public func cosign(_ envelope: [UInt8], as members: [MemberName]) throws -> [UInt8] {
        let event: ReceivedEvent
        do throws(AdmissionError) {
            event = try ReceivedEvent(parsing: envelope)
        } catch {
            throw EngineError(.invalidRequest, "this is not an event: \(error)", cause: error)
        }
        let message = event.envelope.signedBytes
        let added = try members.map { member in
            let id = try activeKey(of: member)
            return Envelope.Signature(keyID: id, signature: try keys.signingKey(id).sign(message))
        }
        return Envelope(payload: event.envelope.payload, signatures: event.envelope.signatures + added).bytes
    }
}

/// Writes `bytes` beside `path` and renames them into place, so that nobody sees half a file.
func writeAtomically(_ bytes: [UInt8], to path: String) throws {
    try writing(path) { try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic) }
}

/// What `work` gives; where the system does not let it write to `path`, the error says so in words.
func writing<Result>(_ path: String, _ work: () throws -> Result) throws -> Result {
    do {
        return try work()
    } catch {
        throw EngineError(
            .invalidRequest, "cannot write \(path): \(systemWords(error))",
            hint: "check the directory, its permissions and the free space", cause: error)
    }
}

/// What the system says of an error, where it is the system's.
private func systemWords(_ error: any Error) -> String {
    let outer = error as NSError
    let inner = outer.userInfo[NSUnderlyingErrorKey] as? NSError ?? outer
    if inner.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(inner.code))) }
    // Foundation says no more of a path through a file than that it does not know.
    let isUnknown = outer.domain == NSCocoaErrorDomain && outer.code == CocoaError.fileWriteUnknown.rawValue
    return isUnknown ? "a part of its path is a file, or may not be written to" : error.localizedDescription
}
