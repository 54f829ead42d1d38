public import Bytes
public import Events
internal import Signing

/// Why an envelope may not be appended. The cases stand in the order in which they are checked.
public enum AdmissionError: Error, Hashable, Sendable {
    /// Too large, not canonical, or not an envelope.
    case envelope(Envelope.ParseError)
    /// Not a statement of a known type and version.
    case statement(Statement.ParseError)
    case unknownAuthor(MemberName)
    /// A key id that is not registered for signing events.
    case unknownKey(KeyID)
    /// A key that is not valid at the leaf's position.
    case keyNotValid(KeyID, MemberName, position: Int)
    case authorDidNotSign(MemberName)
    case badSignature(KeyID)
    case sequence(expected: Int, actual: Int, MemberName)
    case previous(expected: EventHash?, actual: EventHash?, MemberName)
    case rule(RuleViolation)
}

extension AdmissionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .envelope(let error): "\(error)"
        case .statement(let error): "\(error)"
        case .unknownAuthor(let name): "the author \(name) is not a member"
        case .unknownKey(let key): "signed by an unknown key \(key.hex.prefix(16))…"
        case .keyNotValid(let key, let member, let position):
            "the key \(key.hex.prefix(16))… of \(member) is not valid at leaf \(position)"
        case .authorDidNotSign(let name): "no signature is by the author, \(name)"
        case .badSignature(let key): "the signature by the key \(key.hex.prefix(16))… does not verify"
        case .sequence(let expected, let actual, let member):
            "\(member)'s next sequence number is \(expected), not \(actual)"
        case .previous(let expected, let actual, let member):
            "\(member)'s previous event is \(expected?.hex ?? "none"), not \(actual?.hex ?? "none")"
        case .rule(let violation): "\(violation)"
        }
    }
}

/// An envelope that parsed, from whoever sent it. Nothing about it is believed yet.
public struct ReceivedEvent: Hashable, Sendable {
    /// The envelope's bytes: the leaf.
    public let bytes: [UInt8]
    public let hash: EventHash
    public let envelope: Envelope
    public let statement: Statement

    /// Reads an envelope and the statement in it; size, canonical bytes and schema are checked.
    public init(parsing bytes: [UInt8]) throws(AdmissionError) {
        self.bytes = bytes
        do throws(Envelope.ParseError) {
            envelope = try Envelope(parsing: bytes)
        } catch {
            throw .envelope(error)
        }
        do throws(Statement.ParseError) {
            statement = try Statement(parsing: envelope.payload)
        } catch {
            throw .statement(error)
        }
        hash = EventHash(envelope: bytes)
    }

    /// The event keys that the event itself introduces: only with them can it be signed at all, or shown to
    /// be held.
    public var introducedKeys: [KeyID: KeyBytes] {
        let keys: [KeyBytes] =
            switch statement.event {
            case .consortiumFounded(let event): event.members.map(\.eventKey)
            case .memberAdmitted(let event): [event.member.eventKey]
            case .keyAdded(let event): event.purpose == .event ? [event.key] : []
            default: []
            }
        return Dictionary(keys.map { ($0.keyID, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether it introduces keys at all. Most events do not.
    var introducesKeys: Bool {
        switch statement.event {
        case .consortiumFounded, .memberAdmitted, .keyAdded: true
        default: false
        }
    }

    /// Refuses the event unless every signature holds under the key that its key id stands for.
    public func checkSignatures(
        keys: (KeyID) -> KeyBytes?
    ) throws(AdmissionError) {
        let message = envelope.signedBytes
        let introduced = introducedKeys
        for signature in envelope.signatures {
            guard let bytes = keys(signature.keyID) ?? introduced[signature.keyID],
                let key = PublicKey(bytes: bytes.bytes)
            else { throw .unknownKey(signature.keyID) }
            guard key.isValidSignature(signature.signature, of: message) else {
                throw .badSignature(signature.keyID)
            }
        }
    }

    /// The event at its place in a chain, once whoever asks knows that its signatures hold there.
    public func record(at position: Int) -> EventRecord {
        EventRecord(
            position: position, hash: hash, statement: statement,
            signers: envelope.signatures.map(\.keyID))
    }
}

extension PublicView {
    /// Admits `event` as the next leaf: all checks in order, then the view takes it in.
    ///
    /// - Parameter signaturesHold: whether `checkSignatures` passed already, as when many events are verified on all
    ///   cores beforehand.
    @discardableResult
    public mutating func admit(
        _ event: ReceivedEvent, signaturesHold: Bool = false
    ) throws(AdmissionError) -> EventRecord {
        try authorize(event)
        if !signaturesHold {
            try event.checkSignatures { keys[$0]?.key }
        }
        try checkAuthorChain(event.statement, head: head(of: event.statement.author))
        let record = event.record(at: size)
        do throws(RuleViolation) {
            try apply(record)
        } catch {
            throw .rule(error)
        }
        return record
    }

    /// Refuses an unknown author, and keys that are unknown, not for events, or not valid here.
    private func authorize(_ event: ReceivedEvent) throws(AdmissionError) {
        let author = event.statement.author
        let introduced = event.introducedKeys
        var authorSigned = false
        if case .consortiumFounded(let charter) = event.statement.event {
            let key = charter.members.first { $0.name == author }?.eventKey.keyID
            guard let key else { throw .unknownAuthor(author) }
            for signature in event.envelope.signatures where introduced[signature.keyID] == nil {
                throw .unknownKey(signature.keyID)
            }
            authorSigned = event.envelope.signatures.contains { $0.keyID == key }
        } else {
            guard members[author] != nil else { throw .unknownAuthor(author) }
            for signature in event.envelope.signatures where introduced[signature.keyID] == nil {
                let row = try eventKey(signature.keyID, at: size)
                if row.member == author { authorSigned = true }
            }
        }
        guard authorSigned else { throw .authorDidNotSign(author) }
    }

    /// The event key `id`, where it is valid at `position` of this chain.
    public func eventKey(_ id: KeyID, at position: Int) throws(AdmissionError) -> KeyRow {
        guard let row = keys[id], row.purpose == .event else { throw .unknownKey(id) }
        guard row.isValid(at: position) else {
            throw .keyNotValid(id, row.member, position: position)
        }
        return row
    }
}

extension PrivateView {
    /// Admits `event` as the next leaf of this private chain, with the public chain's keys as they are now.
    ///
    /// - Parameter judgedAt: the public position as of which keys count: the present size when appending; for a leaf that
    ///   an anchor covers, that anchor's position.
    @discardableResult
    public mutating func admit(
        _ event: ReceivedEvent, publicView: PublicView, judgedAt: Int, signaturesHold: Bool = false
    ) throws(AdmissionError) -> EventRecord {
        let author = event.statement.author
        guard publicView.members[author] != nil else { throw .unknownAuthor(author) }
        var authorSigned = false
        for signature in event.envelope.signatures {
            let row = try publicView.eventKey(signature.keyID, at: judgedAt)
            if row.member == author { authorSigned = true }
        }
        guard authorSigned else { throw .authorDidNotSign(author) }
        if !signaturesHold {
            try event.checkSignatures { publicView.keys[$0]?.key }
        }
        try checkAuthorChain(event.statement, head: head(of: author))
        let record = event.record(at: size)
        do throws(RuleViolation) {
            try apply(record, publicView: publicView)
        } catch {
            throw .rule(error)
        }
        return record
    }
}

/// Refuses a gap, a repetition or a fork in the author's own chain of events.
private func checkAuthorChain(_ statement: Statement, head: AuthorRow?) throws(AdmissionError) {
    let expected = head?.events.value ?? 0
    guard statement.sequence == expected else {
        throw .sequence(expected: expected, actual: statement.sequence, statement.author)
    }
    guard statement.previous == head?.last else {
        throw .previous(expected: head?.last, actual: statement.previous, statement.author)
    }
}
