public import Bytes
internal import ChainViews
public import Events
internal import LedgerStore
internal import MerkleLog
public import Proofs
internal import Signing

/// For whom a commitment is opened, and why. What is said here stays in a body on the private chain.
public struct DisclosureRequest: Hashable, Sendable {
    public var kind: AccessReader
    /// Who gets to see it, in one line.
    public var reader: String
    public var reason: String?
    /// The key that the file is sealed to, if it is.
    public var sealedTo: KeyBytes?

    public init(kind: AccessReader, reader: String, reason: String?, sealedTo: KeyBytes?) {
        self.kind = kind
        self.reader = reader
        self.reason = reason
        self.sealedTo = sealedTo
    }
}

/// The body of an `access-recorded` event (`schemas/disclosure.md`).
public struct AccessDocument: Codable, Hashable, Sendable {
    public static let format = "lethe/access/v1"
    public static let maximumBytes = 1_024

    public var format: String
    public var reader: String
    public var reason: String?
    public var sealedTo: KeyBytes?
}

extension Ledger {
    /// Opens one event of a private chain for somebody, or the checkpoint behind one anchor, and records on that chain
    /// that it did so. The file is made first: it shows the chain as it was before the access was recorded.
    ///
    /// The newest checkpoint is cosigned by the local `witnesses` first; the one that the file stands under is the newest
    /// that `policy` takes, without a policy the one that most witnesses cosigned.
    ///
    /// - Parameter keep: called with what is about to be recorded, sealed where it is to be: where it throws, nothing is.
    public func disclose(
        _ event: EventHash, _ request: DisclosureRequest, as member: MemberName, witnesses: [MemberName],
        under policy: TrustPolicy? = nil,
        keep: @Sendable (Disclosure, SealedDisclosure?) throws -> Void = { _, _ in }
    ) throws -> (disclosure: Disclosure, recorded: Recorded) {
        let document = try Self.document(request)
        let place = try place(of: event)
        let origin = try place.origin.isPublic ? anchoredChain(event, place) : place.origin
        try requireReader(member, of: origin)
        let leaf = try place.origin.isPublic ? nil : openLeaf(event, place)
        let publicOrigin = try publicOrigin
        for witness in witnesses {
            _ = try cosign(checkpoint: checkpointNote(of: publicOrigin).note, as: witness)
        }
        let newest = try checkpointNote(of: publicOrigin).checkpoint
        let anchor =
            try leaf == nil
            ? openedAnchor(event, before: newest) : anchor(covering: place.index, of: origin, before: newest)
        let (checkpoint, note) = try checkpoint(
            of: publicOrigin, covering: LeafIndex(view.anchors[anchor.event]!.position.value), under: policy)
        var entries: [[UInt8]] = []
        try forEachBatch(of: publicOrigin, upTo: checkpoint.size) { entries += $0 }
        let disclosure = Disclosure(
            anchor: .init(event: anchor.event, checkpoint: anchor.body.opened),
            chain: .init(checkpoint: note, entries: entries),
            leaf: try leaf.map { entry, body in
                let path = try directory.events.inclusionProof(
                    of: place.index, in: anchor.size, of: chainID(origin))
                return .init(
                    body: body?.opened, entry: entry, index: place.index.rawValue, path: path.map(\.bytes))
            })
        let access = AccessRecorded(
            access: .disclosed, anchor: anchor.event, leaves: leaf == nil ? [] : [Count(place.index.rawValue)!],
            reader: request.kind)
        try keep(disclosure, request.sealedTo.map { try seal(disclosure, to: $0) })
        let recorded = try record(
            .accessRecorded(access), as: member, on: origin, body: (.json, CanonicalJSON.encode(document)))
        return (disclosure, recorded)
    }

    static func document(_ request: DisclosureRequest) throws -> AccessDocument {
        for (what, text) in [("reader", request.reader), ("reason", request.reason ?? "-")] {
            let isLine = text.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value)
            }
            guard !text.isEmpty, isLine, text.utf8.count <= AccessDocument.maximumBytes else {
                throw EngineError(
                    .invalidRequest,
                    "the \(what) must be one line of at most \(AccessDocument.maximumBytes) bytes",
                    hint: "name who gets to see it, and why, in short")
            }
        }
        return AccessDocument(
            format: AccessDocument.format, reader: request.reader, reason: request.reason,
            sealedTo: request.sealedTo)
    }

    // MARK: What is opened

    private func place(of event: EventHash) throws -> (origin: Origin, index: LeafIndex) {
        for origin in try origins() {
            if let index = try directory.events.position(of: LeafHash(retagging: event), in: chainID(origin)) {
                return (origin, index)
            }
        }
        throw EngineError(
            .invalidRequest, "no chain of this ledger has the event \(event)",
            hint: "lethe show events lists them")
    }

    /// The private chain that the public event `event` anchors. No other public event hides anything.
    private func anchoredChain(_ event: EventHash, _ place: (origin: Origin, index: LeafIndex)) throws -> Origin {
        guard let row = try view.anchors[event] else {
            throw EngineError(
                .invalidRequest,
                "event \(place.index) of \(place.origin) commits to nothing that could be opened",
                hint: "everybody may read the public chain: lethe prove \(place.index) writes its offline proof"
            )
        }
        return row.origin
    }

    /// The local member that reads the chain on which `event` stands, or which it anchors, where there is one and no other.
    public func onlyReader(of event: EventHash) throws -> MemberName? {
        let place = try place(of: event)
        let origin = try place.origin.isPublic ? anchoredChain(event, place) : place.origin
        let readers = localMembers.filter { privateViews[origin]?.readers.contains($0) ?? false }
        return readers.count == 1 ? readers[0] : nil
    }

    private func requireReader(_ member: MemberName, of origin: Origin) throws {
        guard let chain = privateViews[origin] else {
            throw EngineError(
                .missing, "this ledger does not hold \(origin)",
                hint: "only the readers of a private chain can open it")
        }
        guard chain.readers.contains(member) else {
            throw EngineError(
                .refused, "\(member) is not a reader of \(origin)",
                hint: "say who acts with --as: \(chain.readers.map(\.text).joined(separator: ", "))")
        }
    }

    /// The entry at `place` with the body that it commits to.
    private func openLeaf(
        _ event: EventHash, _ place: (origin: Origin, index: LeafIndex)
    ) throws -> (entry: [UInt8], body: OpenBody?) {
        guard let entry = try directory.events.entry(at: place.index, of: chainID(place.origin)) else {
            throw EngineError(.inconsistent, "event \(place.index) of \(place.origin) is not stored")
        }
        guard let reference = try Self.parse(entry.envelope, place.origin).statement.body else {
            return (entry.envelope, nil)
        }
        if let erasure = privateViews[place.origin]?.bodies[reference.commitment]?.erasedBy {
            let index = try directory.events.position(
                of: LeafHash(retagging: erasure), in: chainID(place.origin))
            throw EngineError(
                .refused,
                "the body of event \(place.index) of \(place.origin) is gone: it was erased under event "
                    + "\(index.map { "\($0)" } ?? "?") \(erasure.hex.prefix(16)) of that chain",
                hint:
                    "nothing can open it any more; lethe disclose \(erasure.hex.prefix(16)) opens the erasure itself"
            )
        }
        guard let body = try body(reference.commitment), body.commitment == reference.commitment else {
            throw EngineError(
                .missing, "the body of event \(place.index) of \(place.origin) is not in this ledger",
                hint: "a member that has it can disclose it: lethe show bodies")
        }
        return (entry.envelope, body)
    }

    // MARK: Anchors

    private struct OpenedAnchor {
        var event: EventHash
        var body: OpenBody
        var size: TreeSize
    }

    /// The first anchor that covers the leaf: it shows least of the chain, and is the oldest evidence.
    private func anchor(
        covering index: LeafIndex, of origin: Origin, before checkpoint: Checkpoint
    ) throws -> OpenedAnchor {
        for anchor in try view.allAnchors where anchor.row.origin == origin {
            if let opened = try? openedAnchor(anchor.event, before: checkpoint), index.isInside(opened.size) {
                return opened
            }
        }
        throw EngineError(
            .missing, "no anchor on the public chain covers event \(index) of \(origin) yet",
            hint: "lethe chain anchor \(origin); then import the newest public chain")
    }

    private func openedAnchor(_ event: EventHash, before checkpoint: Checkpoint) throws -> OpenedAnchor {
        guard let row = try view.anchors[event], row.position.value < checkpoint.size.rawValue else {
            throw EngineError(
                .missing, "the anchor \(event) is newer than the last public checkpoint",
                hint: "import the newest public chain")
        }
        guard let body = try body(row.commitment), body.commitment == row.commitment else {
            throw EngineError(
                .missing, "what public event \(row.position) anchors is not in this ledger",
                hint: "the operator of \(row.origin) can open it")
        }
        let size = try Checkpoint(parsing: Self.note(body.bytes).text).size
        return OpenedAnchor(event: event, body: body, size: size)
    }
}

extension OpenBody {
    fileprivate var opened: Disclosure.OpenedBody { .init(body: bytes, mediaType: mediaType, salt: salt) }
}

/// What was opened for whom, as `lethe disclosure list` shows it.
public struct AccessSummary: Codable, Hashable, Sendable {
    /// Whether it was handed out or looked at here.
    public var access: AccessKind
    public var anchor: EventHash?
    public var author: MemberName
    public var claimedAt: Timestamp
    public var event: EventHash
    public var index: Count
    public var kind: AccessReader
    public var leaves: Ascending<Count>
    public var origin: Origin
    /// Absent where the body is erased, or not here.
    public var reader: String?
    public var reason: String?
}

extension Ledger {
    public func accesses() throws -> [AccessSummary] {
        try privateViews.values.sorted { $0.origin < $1.origin }.flatMap { chain in
            try chain.allAccesses.map { row in
                let document = try body(row.body).flatMap {
                    try? CanonicalJSON.decode(AccessDocument.self, from: $0.bytes)
                }
                return AccessSummary(
                    access: row.accessed.access, anchor: row.accessed.anchor, author: row.author,
                    claimedAt: row.claimedAt, event: row.event,
                    index: row.position, kind: row.accessed.reader, leaves: row.accessed.leaves,
                    origin: chain.origin,
                    reader: document?.reader, reason: document?.reason)
            }
        }
    }
}

// MARK: - Sealing

/// A disclosure that only the owner of one key can read: libsodium's sealed box around the file.
public struct SealedDisclosure: Codable, Hashable, Sendable {
    public static let format = Disclosure.sealedFormat

    public var format: String
    /// The X25519 public key that it is sealed to.
    public var reader: KeyBytes
    /// Base64 of ephemeral key ‖ tag ‖ ciphertext.
    public var sealed: String

    init(_ disclosure: Disclosure, to reader: KeyBytes, random: RandomBytes) throws {
        do {
            sealed = Base64.encode(
                try EncryptionPublicKey(bytes: reader.bytes)!.seal(disclosure.bytes, random: random))
        } catch {
            throw EngineError(
                .refused, "\(reader) is a weak key: anybody could read what is sealed to it",
                hint: "ask the reader for another")
        }
        format = Self.format
        self.reader = reader
    }

    public init(parsing bytes: [UInt8]) throws {
        guard bytes.count <= Disclosure.maximumBytes * 2, bytes.last == 0x0a else {
            throw EngineError(
                .invalidRequest, "this is not a sealed disclosure: it is too large or cut off",
                hint: "get the file again")
        }
        do throws(JSONError) {
            self = try CanonicalJSON.decode(Self.self, from: bytes.dropLast())
        } catch {
            throw EngineError(
                .invalidRequest, "this is not a sealed disclosure: \(error)", hint: "get the file again",
                cause: error)
        }
        guard format == Self.format else {
            throw EngineError(
                .invalidRequest, "unknown format \"\(format.prefix(60))\"", hint: "a later version may read it")
        }
    }

    public var bytes: [UInt8] { CanonicalJSON.encode(self) + [0x0a] }
}

extension Ledger {
    /// The newest encryption key of `member`, to seal to.
    public func encryptionKey(of member: MemberName) throws -> KeyBytes {
        guard try view.members[member] != nil else {
            throw EngineError(
                .invalidRequest, "\(member) is not a member", hint: "lethe show members lists them")
        }
        guard let row = try view.activeKeys(of: member, for: .encryption).last else {
            throw EngineError(
                .missing, "\(member) has no active encryption key", hint: "lethe show keys lists them")
        }
        return row.key
    }

    public func seal(_ disclosure: Disclosure, to reader: KeyBytes) throws -> SealedDisclosure {
        try SealedDisclosure(disclosure, to: reader, random: surroundings.random)
    }

    /// The disclosure in a file that was sealed to a key of this ledger.
    public func open(_ sealed: SealedDisclosure) throws -> Disclosure {
        guard keys.holds(sealed.reader.keyID) else {
            throw EngineError(
                .missing, "the file is sealed to the key \(sealed.reader), which is not in this ledger",
                hint: "open it with the ledger of the member that it was made for")
        }
        guard let box = Base64.decode(sealed.sealed),
            let bytes = try? keys.encryptionKey(sealed.reader.keyID).open(box)
        else {
            throw EngineError(
                .refused, "the sealed box does not open: it was altered or cut", hint: "ask for the file again")
        }
        do throws(Disclosure.Failure) {
            return try Disclosure(parsing: bytes)
        } catch {
            throw EngineError(
                .refused, "what was sealed is not a disclosure: \(error)", hint: "ask for another", cause: error
            )
        }
    }
}
