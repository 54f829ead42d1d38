internal import Bytes
internal import ChainViews
public import Events
internal import LedgerStore
public import MerkleLog
public import Proofs
internal import Signing

/// What an import did.
public struct Imported: Hashable, Sendable {
    public var origin: Origin
    /// Entries that are new here.
    public var added: Int
    public var size: TreeSize
    /// Bodies that a local member could open.
    public var bodies: Int
}

extension Ledger {
    // MARK: Export

    /// The entries of `origin` from index `from` on, with its checkpoint; a private chain's bodies go along, sealed to
    /// its readers.
    public func exportChain(_ origin: Origin, from: Int = 0) throws -> ChainFile {
        let (checkpoint, note) = try checkpointNote(of: origin)
        guard (0...checkpoint.size.rawValue).contains(from) else {
            throw EngineError(.invalidRequest, "\(origin) has \(checkpoint.size) entries; there is no entry \(from)")
        }
        var entries: [[UInt8]] = []
        try forEachBatch(of: origin, upTo: checkpoint.size) { entries += $0 }
        return ChainFile(
            origin: origin, from: from, checkpoint: note, entries: Array(entries.dropFirst(from)),
            bodies: try sealedBodies(of: origin))
    }

    private func sealedBodies(of origin: Origin) throws -> [[UInt8]] {
        guard let chain = privateViews[origin] else { return [] }
        let view = try view
        let readers = chain.readers.flatMap { view.activeKeys(of: $0, for: .encryption) }
            .compactMap { EncryptionPublicKey(bytes: $0.key.bytes) }
        // The anchors' bodies too: with them a reader can tell as of when each entry's keys count.
        let anchors = view.allAnchors.filter { $0.row.origin == origin }.map(\.row.commitment)
        return try (chain.bodies.rows.keys.sorted() + anchors).compactMap { commitment in
            guard let body = try directory.vault.body(commitment) else { return nil }
            return try SealedBody(sealing: body, to: readers, random: surroundings.random).bytes
        }
    }

    // MARK: Import

    /// Takes in a chain file: everything is verified before anything is stored.
    ///
    /// - Parameter policy: which key must have signed the checkpoint; needed the first time that this ledger meets the
    ///   consortium, when it has no charter yet to take the key from.
    public func importChain(_ file: ChainFile, policy: TrustPolicy?) throws -> Imported {
        let origin = file.header.origin
        try requireOwnConsortium(origin)
        if !origin.isPublic { try requireKnownChain(origin) }
        let note = try Self.note(Array(file.header.checkpoint.utf8))
        try verifyCheckpoint(note, of: origin, policy: policy)
        let checkpoint = try Self.checkpoint(note, origin: origin)
        let start = try directory.events.chain(origin.text).map { try directory.events.size(of: $0) } ?? .zero
        let fresh = try newEntries(of: file, checkpoint: checkpoint, after: start)
        let root = try root(of: origin, at: checkpoint.size, start: start, adding: fresh)
        guard root == checkpoint.root else {
            throw EngineError(
                .refused,
                "the entries of \(origin) do not give the root that its checkpoint of \(checkpoint.size) signs",
                hint: "an entry was changed on the way, or the operator shows two histories; keep the file")
        }
        try checkExtendsKept(checkpoint, start: start, adding: fresh)
        let bodies = try openBodies(file, origin)
        try refuseForgotten(fresh, of: origin, from: start.rawValue, bodies: bodies)
        try store(fresh, of: origin, from: start, bodies: bodies)
        let kept = try keepBodies(bodies, of: origin)
        try keepImported(checkpoint, note)
        if origin.isPublic { try reloadPrivateChains() }
        return Imported(origin: origin, added: fresh.count, size: checkpoint.size, bodies: kept)
    }

    /// Refuses entries that are not those which the kept checkpoint signed. They matter where the ledger was restored
    /// from a backup: then it has fewer entries than it signed, and must get back exactly those.
    private func checkExtendsKept(_ checkpoint: Checkpoint, start: TreeSize, adding fresh: [[UInt8]]) throws {
        guard let kept = try directory.checkpoints.kept(checkpoint.origin)?.checkpoint, kept.size > start else {
            return
        }
        guard checkpoint.size >= kept.size else {
            throw EngineError(
                .refused,
                "\(kept.origin): the file ends at \(checkpoint.size) entries, and a checkpoint of \(kept.size) is kept here",
                hint: "this ledger was restored from a backup: get a file with at least \(kept.size) entries")
        }
        let missing = Array(fresh.prefix(kept.size.rawValue - start.rawValue))
        let root = try root(of: Origin(kept.origin)!, at: kept.size, start: start, adding: missing)
        guard root == kept.root else {
            throw EngineError(
                .refused,
                "\(kept.origin): the file's first \(kept.size) entries are not those whose checkpoint is kept here: two histories",
                hint: "keep the file: with the kept checkpoint it is evidence")
        }
    }

    private func requireOwnConsortium(_ origin: Origin) throws {
        guard let own = publicView?.origin, own.consortium != origin.consortium else { return }
        throw EngineError(
            .refused, "this ledger is of \(own.consortium), the file of \(origin.consortium)",
            hint: "a ledger holds the chains of one consortium: give another --ledger")
    }

    /// Who may sign a private chain's checkpoints stands on the public chain and nowhere else.
    private func requireKnownChain(_ origin: Origin) throws {
        guard publicView?.chains[origin] != nil else {
            throw EngineError(
                .missing, "this ledger's public chain knows no chain \(origin)",
                hint: "import the newest public chain first: lethe chain import FILE")
        }
    }

    static func note(_ bytes: [UInt8]) throws -> Note {
        do throws(Note.Failure) {
            return try Note(parsing: bytes)
        } catch {
            throw EngineError(
                .refused, "this is not a signed note: \(error)",
                hint: "lethe chain checkpoint prints one; a chain file has one in its first line", cause: error)
        }
    }

    static func checkpoint(_ note: Note, origin: Origin) throws -> Checkpoint {
        let checkpoint: Checkpoint
        do throws(Checkpoint.Failure) {
            checkpoint = try Checkpoint(parsing: note.text)
        } catch {
            throw EngineError(.refused, "the note is not a checkpoint: \(error)", cause: error)
        }
        guard checkpoint.origin == origin.text else {
            throw EngineError(
                .refused, "the checkpoint is of \(checkpoint.origin), not of \(origin)",
                hint: "name the chain that the checkpoint is of")
        }
        return checkpoint
    }

    /// Wants the signature of the chain's own checkpoint key, from the charter, or from the policy before there is one.
    /// A cosignature under a key that is known here must hold too; those of unknown keys are ignored.
    func verifyCheckpoint(_ note: Note, of origin: Origin, policy: TrustPolicy?) throws {
        let logKeys: [VerifierKey]
        var witnessKeys: [VerifierKey] = []
        if let key = checkpointKeyOnRecord(of: origin) {
            logKeys = [
                VerifierKey(name: KeyName(origin.text)!, algorithm: .ed25519, publicKey: PublicKey(bytes: key.bytes)!)
            ]
            witnessKeys = try self.witnessKeys(of: origin.consortium)
        } else if let policy {
            logKeys = policy.logs.map(\.key).filter { $0.name.text == origin.text }
            witnessKeys = policy.witnesses.map(\.key)
        } else {
            throw EngineError(
                .missing, "this ledger does not know \(origin) yet, so it cannot tell who may sign its checkpoints",
                hint: "add --trust POLICY with the policy that you got from the consortium by another way")
        }
        do throws(NoteVerificationFailure) {
            _ = try note.verified(by: logKeys)
            _ = try note.verified(by: logKeys + witnessKeys)
        } catch {
            guard case .noKnownSignature = error else {
                throw EngineError(
                    .refused, "the checkpoint of \(origin) does not hold: \(error)",
                    hint: "it was changed on the way; get it again, and keep this one if that is the same", cause: error
                )
            }
            let isKnown = checkpointKeyOnRecord(of: origin) != nil
            throw EngineError(
                .refused,
                "the checkpoint of \(origin) is not signed by the key that \(isKnown ? "this ledger knows" : "the policy gives") for it",
                hint:
                    "it is another consortium's that bears the same name, or a forgery: ask the operator of \(origin)",
                cause: error)
        }
    }

    private func checkpointKeyOnRecord(of origin: Origin) -> KeyBytes? {
        origin.isPublic ? publicView?.charter?.checkpointKey : publicView?.chains[origin]?.checkpointKey
    }

    /// The entries after `start`, once those before it are known to be the same here.
    private func newEntries(
        of file: ChainFile, checkpoint: Checkpoint, after start: TreeSize
    ) throws -> [[UInt8]] {
        let origin = file.header.origin
        let from = file.header.from.value
        guard from + file.entries.count == checkpoint.size.rawValue else {
            throw EngineError(
                .refused,
                "the file has \(file.entries.count) entries from \(from) on, its checkpoint \(checkpoint.size)",
                hint: "entries were cut off or added; fetch the file again")
        }
        guard from <= start.rawValue else {
            throw EngineError(
                .refused, "the file begins at entry \(from) and this ledger has \(start) entries of \(origin)",
                hint: "ask for an export from entry \(start) or earlier (lethe chain export --from \(start))")
        }
        if let chain = try directory.events.chain(origin.text) {
            for (offset, bytes) in file.entries.prefix(start.rawValue - from).enumerated() {
                let index = LeafIndex(from + offset)
                guard try directory.events.entry(at: index, of: chain)?.leaf == LeafHash(entry: bytes) else {
                    throw EngineError(
                        .refused, "entry \(index) of \(origin) is another here than in the file: two histories",
                        hint: "keep both: two checkpoints signed by one key over different entries are evidence")
                }
            }
        }
        return Array(file.entries.dropFirst(start.rawValue - from))
    }

    /// The root at `size`: of the entries that are here where they are as many, else of those and the new ones.
    private func root(
        of origin: Origin, at size: TreeSize, start: TreeSize, adding fresh: [[UInt8]]
    ) throws -> RootHash {
        if size <= start, start > .zero { return try directory.events.root(of: chainID(origin), at: size) }
        var tree = CompactRange()
        if start > .zero {
            try forEachBatch(of: origin, upTo: start) { for entry in $0 { tree.append(LeafHash(entry: entry)) } }
        }
        for entry in fresh { tree.append(LeafHash(entry: entry)) }
        return tree.root()
    }

    /// Admits the entries in order and commits them with their view rows; on any refusal nothing remains.
    private func store(
        _ entries: [[UInt8]], of origin: Origin, from start: TreeSize, bodies: [OpenBody]
    ) throws {
        guard !entries.isEmpty else { return }
        do {
            if origin.isPublic, publicView == nil { publicView = PublicView(origin: origin) }
            if !origin.isPublic, privateViews[origin] == nil { privateViews[origin] = PrivateView(origin: origin) }
            let keys = publicView!.keys
            let checked = verify(entries, cores: surroundings.cores) { keys[$0]?.key }
            let judgedAt = try origin.isPublic ? { $0 } : judgement(of: origin, bodies: bodies)
            for (offset, result) in checked.enumerated() {
                let leaf = start.rawValue + offset
                do throws(AdmissionError) {
                    let entry = try result.get()
                    try admitImported(entry, origin, judgedAt: judgedAt(leaf))
                } catch {
                    throw EngineError(
                        .refused, "entry \(leaf) of \(origin) is not admissible: \(error)",
                        hint: "nothing was stored; keep the file, the chain's operator signed it", cause: error)
                }
            }
            let chain = try directory.events.openChain(origin.text)
            try commit(entries.map(NewEntry.init(envelope:)), to: origin, chain, from: start)
        } catch {
            if start == .zero {
                if origin.isPublic { publicView = nil } else { privateViews[origin] = nil }
            } else {
                try? reloadView(origin)
            }
            throw error
        }
    }

    private func admitImported(
        _ entry: CheckedEntry, _ origin: Origin, judgedAt position: Int
    ) throws(AdmissionError) {
        if origin.isPublic {
            try publicView!.admit(entry.event, signaturesHold: entry.signaturesHold)
        } else {
            let view = publicView!
            try privateViews[origin]!.admit(
                entry.event, publicView: view, judgedAt: position, signaturesHold: entry.signaturesHold)
        }
    }

    /// As of which public position the keys of each leaf of private chain `origin` count: that of the first anchor that
    /// covers it, as far as the anchors' bodies are here or in `bodies`; now, for what no anchor covers.
    private func judgement(of origin: Origin, bodies: [OpenBody]) throws -> @Sendable (Int) -> Int {
        let view = try view
        let given = Dictionary(bodies.map { ($0.commitment, $0) }, uniquingKeysWith: { first, _ in first })
        let anchors = openedAnchors(of: origin, publicView: view, bodies: given)
        let now = view.size
        return { leaf in anchors.first { leaf < $0.size.rawValue }?.position ?? now }
    }

    private func openBodies(_ file: ChainFile, _ origin: Origin) throws -> [OpenBody] {
        guard !file.header.bodies.isEmpty, let view = publicView else { return [] }
        let local = localMembers.flatMap { view.activeKeys(of: $0, for: .encryption) }
            .filter { keys.holds($0.key.keyID) }
        return try file.header.bodies.compactMap { text in
            guard let bytes = Base64.decode(text), let sealed = SealedBody(bytes: bytes) else {
                throw EngineError(
                    .refused, "a sealed body in the chain file is malformed", hint: "fetch the file again")
            }
            let reader = local.first { row in sealed.readers.contains { $0.reader.bytes == row.key.bytes } }
            guard let reader else { return nil }
            do {
                return try sealed.open(with: keys.encryptionKey(reader.key.keyID))
            } catch let error as SealedBody.Failure {
                throw EngineError(.refused, "the body \(sealed.commitment) does not open: \(error)", cause: error)
            }
        }
    }

    /// Keeps the bodies that events of `origin` commit to, and erases those that its events say are gone. Others that a
    /// file may hold are nobody's, and are left out. Returns how many were kept.
    private func keepBodies(_ bodies: [OpenBody], of origin: Origin) throws -> Int {
        guard let chain = privateViews[origin] else { return 0 }
        let anchors = Set(try view.allAnchors.filter { $0.row.origin == origin }.map(\.row.commitment))
        var kept = 0
        for body in bodies {
            let row = chain.bodies[body.commitment]
            guard anchors.contains(body.commitment) || row.map({ $0.erasedBy == nil }) ?? false else { continue }
            do {
                try directory.vault.putBody(body)
                kept += 1
            } catch let error as StoreError where error.code == .erased {
                continue  // Forgotten here already, and it stays so.
            }
        }
        let gone = try chain.bodies.rows.filter { $0.value.erasedBy != nil }.map(\.key).sorted()
            .filter { try directory.vault.contains($0) }
        guard try gone.isEmpty || eraseBodies(gone).isComplete else {
            throw EngineError(
                .refused, "the chain says that \(gone.count) bodies are erased, and erasing them here left traces",
                hint: "close other programs that use the ledger's files, then import again")
        }
        return kept
    }

    private func keepImported(_ checkpoint: Checkpoint, _ note: Note) throws {
        let kept = try directory.checkpoints.kept(checkpoint.origin)
        if kept.map({ $0.checkpoint.size < checkpoint.size }) ?? true {
            try directory.checkpoints.swap(
                KeptCheckpoint(checkpoint: checkpoint, note: note.bytes), expecting: kept)
        }
        try collectCosignatures(note, checkpoint)
    }

    private func reloadPrivateChains() throws {
        for origin in try origins() where !origin.isPublic && privateViews[origin] == nil { try reloadView(origin) }
    }
}
