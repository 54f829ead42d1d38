public import Bytes
internal import ChainViews
public import Events
internal import LedgerStore
internal import MerkleLog
internal import Signing

extension Ledger {
    /// Makes another key of local `member` and adds it on the public chain.
    public func addKey(_ purpose: KeyPurpose, of member: MemberName) throws -> Recorded {
        let consortium = try view.charter!.consortium
        let random = surroundings.random
        let name = purpose == .witness ? witnessName(member, of: consortium) : KeyName(member.text)!
        let file: KeyFile =
            switch purpose {
            case .event: KeyFile(name: name, role: .event, key: .generate(random: random))
            case .witness: KeyFile(name: name, role: .witness, key: .generate(random: random))
            case .encryption: KeyFile(name: name, key: .generate(random: random))
            }
        let key = KeyBytes(bytes: file.publicBytes)!
        try keys.add(
            file, as: "\(member).\(purpose.rawValue).\(key.keyID.hex.prefix(8))", encrypt: ownProtection.encrypt)
        return try record(
            .keyAdded(KeyAdded(key: key, member: member, purpose: purpose)), as: member, on: publicOrigin,
            extraKeys: purpose == .event ? [key.keyID] : [])
    }

    /// Revokes the key whose id begins with `text`.
    ///
    /// The acting member signs with another of its keys where it has one.
    public func revokeKey(
        _ text: String, goodSize: Int?, reason: RevocationReason, as member: MemberName, cosigners: [MemberName]
    ) throws -> Recorded {
        let view = try view
        let found = view.allKeys.filter { text.count >= 8 && $0.key.keyID.hex.hasPrefix(text) }
        guard let row = found.first, found.count == 1 else {
            throw EngineError(
                .invalidRequest, found.isEmpty ? "no key \"\(text)\"" : "\"\(text)\" names \(found.count) keys",
                hint: "lethe show keys lists them; give at least 8 digits")
        }
        guard let good = Count(goodSize ?? view.size) else {
            throw EngineError(.invalidRequest, "the size \(goodSize ?? 0) is negative")
        }
        return try record(
            .keyRevoked(KeyRevoked(goodSize: good, key: row.key.keyID, member: row.member, reason: reason)),
            as: member, on: publicOrigin, cosigners: cosigners)
    }

    /// An event signed by local members that needs more signatures before it can be appended.
    ///
    /// - Parameter body: data that the event commits to; it goes into the vault, whether or not others will sign.
    public func draft(
        _ event: Event, as member: MemberName, cosigners: [MemberName], body: (MediaType, [UInt8])? = nil
    ) throws -> [UInt8] {
        let kept = body.map { open($0.1, $0.0) }
        let reference = kept.map { BodyReference(commitment: $0.commitment, mediaType: $0.mediaType) }
        let statement = try statement(event, as: member, on: publicOrigin, body: reference)
        let bytes = try seal(statement, with: [activeKey(of: member)] + cosigners.map { try activeKey(of: $0) })
        if let kept { try directory.vault.putBody(kept) }
        return bytes
    }

    /// Appends envelopes that may belong to different chains, each chain's as one batch, in the order given.
    public func appendMixed(_ envelopes: [[UInt8]]) throws -> [Appended] {
        var order: [Origin] = []
        var batches: [Origin: [[UInt8]]] = [:]
        for bytes in envelopes {
            let event: ReceivedEvent
            do throws(AdmissionError) {
                event = try ReceivedEvent(parsing: bytes)
            } catch {
                throw EngineError(
                    .refused, "the file holds something that is no event: \(error)",
                    hint: "nothing was appended; each line must be an envelope as its author wrote it", cause: error)
            }
            if batches[event.statement.chain] == nil { order.append(event.statement.chain) }
            batches[event.statement.chain, default: []].append(bytes)
        }
        return try order.flatMap { try append(batches[$0]!, to: $0) }
    }

    // MARK: Bodies

    func bodyBytes(_ commitment: BodyCommitment) throws -> [UInt8]? {
        try directory.vault.body(commitment)?.bytes
    }

    /// The bytes of a body; `nil` where it is not here. That a body of a private chain is read, is recorded on it first.
    ///
    /// - Parameter member: who reads it; `nil` for the only local reader of the chain.
    public func readBody(_ commitment: BodyCommitment, as member: MemberName?, reason: String?) throws -> [UInt8]? {
        guard let bytes = try bodyBytes(commitment) else { return nil }
        guard let chain = privateViews.values.first(where: { $0.bodies[commitment] != nil }),
            let row = chain.bodies[commitment]
        else { return bytes }
        guard let member = try member ?? onlyReader(of: row.event) else {
            throw EngineError(
                .invalidRequest, "several members here read \(chain.origin)", hint: "say who reads: --as MEMBER")
        }
        let request = DisclosureRequest(kind: .member, reader: member.text, reason: reason, sealedTo: nil)
        let access = AccessRecorded(access: .read, anchor: nil, leaves: [row.position], reader: .member)
        let document = try Self.document(request)
        _ = try record(
            .accessRecorded(access), as: member, on: chain.origin, body: (.json, CanonicalJSON.encode(document)))
        return bytes
    }

    /// Erases a body of a private chain, then records that it is gone.
    public func eraseBody(_ commitment: BodyCommitment, as member: MemberName) throws -> Recorded {
        guard let chain = privateViews.values.first(where: { $0.bodies[commitment] != nil }) else {
            throw EngineError(
                .invalidRequest, "no private chain here has an event with the body \(commitment)",
                hint: "lethe show bodies lists them")
        }
        guard chain.bodies[commitment]?.erasedBy == nil else {
            throw EngineError(
                .refused, "the body \(commitment) was erased already",
                hint: "lethe show bodies lists those that are here")
        }
        try checkHold(on: commitment, chain)
        let event = Event.recordErased(RecordErased(bodies: [commitment]))
        try dryRun(event, as: member, on: chain.origin)
        let receipt = try eraseBodies([commitment])
        guard receipt.isComplete else {
            throw EngineError(
                .refused, "erasing the body left traces; no erasure was recorded",
                hint: "close other programs that use the ledger's files, then repeat")
        }
        return try record(event, as: member, on: chain.origin)
    }

    /// What a hold keeps is not erased before its day.
    private func checkHold(on commitment: BodyCommitment, _ chain: PrivateView) throws {
        guard let hold = try activeHold(on: commitment, chain) else { return }
        let deletion = hold.deletion?.text ?? "a deletion"
        throw EngineError(
            .refused, "the hold \(hold.hold) keeps the private side of \(deletion) until \(hold.endsAt)",
            hint: "lethe deletion hold release \(hold.hold), where the reason is gone")
    }

    /// The hold that keeps this body, where it is the scope of a deletion.
    func activeHold(on commitment: BodyCommitment, _ chain: PrivateView) throws -> HoldPlaced? {
        guard let scope = chain.scopes.rows.values.first(where: { $0.body == commitment }) else { return nil }
        return try view.allHolds.first {
            $0.placed.deletion == scope.deletion && $0.isActive(at: surroundings.now())
        }?.placed
    }

    // MARK: Tiles

    /// Writes `origin` as the files of a static tiled log (C2SP tlog-tiles); returns how many.
    public func writeTiles(of origin: Origin, to path: String) throws -> Int {
        let (checkpoint, note) = try checkpointNote(of: origin)
        let writer = TileWriter(root: path)
        var tree = MerkleTree()
        var bundle: [[UInt8]] = []
        try forEachBatch(of: origin, upTo: checkpoint.size) { batch in
            for entry in batch {
                tree.append(LeafHash(entry: entry))
                bundle.append(entry)
                if bundle.count == TileCoordinate.fullWidth {
                    try writer.write(bundle, before: tree.size)
                    bundle = []
                }
            }
        }
        if !bundle.isEmpty { try writer.write(bundle, before: tree.size) }
        try writer.writeHashes(of: tree)
        try writer.write(note, to: "checkpoint")
        return writer.count
    }
}
