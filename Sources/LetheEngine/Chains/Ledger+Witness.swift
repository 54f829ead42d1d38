public import Bytes
internal import ChainViews
public import Events
internal import LedgerStore
public import MerkleLog
public import Proofs
public import Signing

extension Ledger {
    /// Cosigns a checkpoint as local `member`, once it is known to extend everything that this witness saw before.
    ///
    /// The ledger's own copy of the chain is the evidence: it was verified entry by entry when it was imported, so the
    /// checkpoint must be its root at that size. What was seen is persisted before the signature is made.
    public func cosign(checkpoint bytes: [UInt8], as member: MemberName) throws -> [UInt8] {
        var note = try Self.note(bytes)
        guard let origin = Origin(String(note.text.prefix { $0 != "\n" })) else {
            throw EngineError(.refused, "the note is not a checkpoint of a chain of this kind")
        }
        try verifyCheckpoint(note, of: origin, policy: nil)
        let checkpoint = try Self.checkpoint(note, origin: origin)
        let size = try size(of: origin)
        guard checkpoint.size <= size else {
            throw EngineError(
                .missing, "the checkpoint is of \(checkpoint.size) entries; this ledger has verified \(size)",
                hint: "import the chain first: lethe chain import FILE")
        }
        guard try directory.events.root(of: chainID(origin), at: checkpoint.size) == checkpoint.root else {
            throw EngineError(
                .refused,
                "the checkpoint of \(checkpoint.size) entries is inconsistent with the entries that were verified here: two histories",
                hint: "do not cosign; keep both checkpoints, they are evidence against the operator")
        }
        try remember(checkpoint, note)
        let key = try witnessKey(of: member)
        let name = witnessName(member, of: origin.consortium)
        note.cosign(as: name, with: try keys.signingKey(key), time: UInt64(surroundings.now().seconds))
        try collectCosignatures(note, checkpoint)
        return note.bytes
    }

    /// Persists `checkpoint` as the last one that this witness saw; refuses a smaller one.
    private func remember(_ checkpoint: Checkpoint, _ note: Note) throws {
        let seen = try directory.checkpoints.kept(checkpoint.origin, as: .witnessed)
        if seen?.checkpoint == checkpoint { return }
        if let seen, seen.checkpoint.size > checkpoint.size {
            throw EngineError(
                .refused,
                "this witness saw a checkpoint of \(seen.checkpoint.size) entries already; \(checkpoint.size) is older",
                hint: "cosign the newest checkpoint (lethe chain checkpoint)")
        }
        try directory.checkpoints.swap(
            KeptCheckpoint(checkpoint: checkpoint, note: note.bytes), as: .witnessed, expecting: seen)
    }

    private func witnessKey(of member: MemberName) throws -> KeyID {
        let row = try view
        guard row.members[member] != nil else { throw EngineError(.invalidRequest, "\(member) is not a member") }
        let key = row.activeKeys(of: member, for: .witness).map(\.key.keyID).last { keys.holds($0) }
        guard let key else {
            throw EngineError(.missing, "the witness key of \(member) is not in this ledger")
        }
        return key
    }

    /// Keeps the cosignatures of `note` that verify under the members' witness keys. Others are ignored.
    @discardableResult
    public func collectCosignatures(_ note: Note, _ checkpoint: Checkpoint) throws -> Int {
        let verified = try? note.verified(by: verifierKeys(of: Origin(checkpoint.origin)!))
        let cosigners = verified?.signatures.filter { $0.time != nil } ?? []
        if !cosigners.isEmpty {
            var signed = try Note(text: note.text)
            for line in note.signatures where line.name.text == checkpoint.origin { signed.add(line) }
            try directory.checkpoints.keep(cosigned: KeptCheckpoint(checkpoint: checkpoint, note: signed.bytes))
        }
        var count = 0
        for signature in cosigners {
            let line = note.signatures.first { $0.name == signature.key.name && $0.keyID == signature.key.id }
            guard let line else { continue }
            try directory.checkpoints.add(
                KeptCosignature(
                    origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root,
                    witness: signature.key.name.text, line: line.line))
            count += 1
        }
        return count
    }

    /// Takes in the cosignatures of a note that a witness sent back.
    public func collect(cosigned bytes: [UInt8]) throws -> Int {
        let note = try Self.note(bytes)
        guard let origin = Origin(String(note.text.prefix { $0 != "\n" })) else {
            throw EngineError(.refused, "the note is not a checkpoint of a chain of this kind")
        }
        try verifyCheckpoint(note, of: origin, policy: nil)
        return try collectCosignatures(note, Self.checkpoint(note, origin: origin))
    }

    /// The chain's checkpoint key and all members' witness keys.
    private func verifierKeys(of origin: Origin) throws -> [VerifierKey] {
        let view = try view
        let log = origin.isPublic ? view.charter?.checkpointKey : view.chains[origin]?.checkpointKey
        let verifiers =
            log.map {
                [VerifierKey(name: KeyName(origin.text)!, algorithm: .ed25519, publicKey: PublicKey(bytes: $0.bytes)!)]
            } ?? []
        return verifiers + (try witnessKeys(of: origin.consortium))
    }

    /// All members' witness keys that are not revoked.
    func witnessKeys(of consortium: Consortium) throws -> [VerifierKey] {
        try view.allKeys.filter { $0.purpose == .witness && $0.revokedAt == nil }.map { row in
            VerifierKey(
                name: witnessName(row.member, of: consortium), algorithm: .cosignatureV1,
                publicKey: PublicKey(bytes: row.key.bytes)!)
        }
    }

    /// The trust policy of this consortium: the public chain's key, and a quorum of its members as witnesses.
    ///
    /// It is to be handed to verifiers by another way than the certificates that they will check with it.
    public func trustPolicy(quorum: Int, excluding: [MemberName] = []) throws -> TrustPolicy {
        let (origin, view) = (try publicOrigin, try view)
        for name in excluding where view.members[name] == nil {
            throw EngineError(.invalidRequest, "\(name) is not a member", hint: "lethe show members lists them")
        }
        // One key for each member, the newest: nobody counts twice.
        let newest = view.memberNames.filter { !excluding.contains($0) }.compactMap {
            view.activeKeys(of: $0, for: .witness).last
        }
        let witnesses = newest.map { row in
            TrustPolicy.Witness(
                name: PolicyWord(row.member.text)!,
                key: VerifierKey(
                    name: witnessName(row.member, of: origin.consortium), algorithm: .cosignatureV1,
                    publicKey: PublicKey(bytes: row.key.bytes)!))
        }
        guard (0...witnesses.count).contains(quorum) else {
            throw EngineError(
                .invalidRequest, "a quorum of \(quorum) out of \(witnesses.count) witnesses is not possible",
                hint: "give --quorum a number from 0 to \(witnesses.count)")
        }
        let name = PolicyWord("witnesses")!
        return try TrustPolicy(
            logs: [TrustPolicy.Log(key: verifierKeys(of: origin)[0])], witnesses: witnesses,
            groups: quorum == 0
                ? [] : [TrustPolicy.Group(name: name, threshold: .atLeast(quorum), members: witnesses.map(\.name))],
            quorum: quorum == 0 ? .notRequired : .named(name))
    }

    // MARK: Proofs

    /// The offline proof that `event` stands on its chain, under the newest checkpoint that `policy` takes; without a
    /// policy, of those that most witnesses cosigned.
    public func prove(
        _ event: EventHash, under policy: TrustPolicy? = nil
    ) throws -> (proof: TlogProof, origin: Origin) {
        for origin in try origins() {
            let chain = try chainID(origin)
            guard let index = try directory.events.position(of: LeafHash(retagging: event), in: chain) else { continue }
            let (checkpoint, note) = try checkpoint(of: origin, covering: index, under: policy)
            guard let entry = try directory.events.entry(at: index, of: chain) else {
                throw EngineError(.inconsistent, "event \(index) of \(origin) is not stored")
            }
            let path = try directory.events.inclusionProof(of: index, in: checkpoint.size, of: chain)
            return (TlogProof(extra: entry.envelope, index: index, path: path, note: try Note(parsing: note)), origin)
        }
        throw EngineError(
            .refused, "no chain of this ledger has the event \(event)", hint: "lethe show events lists them")
    }
}
