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
        return try chain.bodies.rows.keys.sorted().compactMap { commitment in
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
        let note = try Self.note(Array(file.header.checkpoint.utf8))
        try verifyCheckpoint(note, of: origin, policy: policy)
        let checkpoint = try Self.checkpoint(note, origin: origin)
        let start = try directory.events.chain(origin.text).map { try directory.events.size(of: $0) } ?? .zero
        let fresh = try newEntries(of: file, checkpoint: checkpoint, after: start)
        let root = try root(of: origin, start: start, adding: fresh)
        guard root == checkpoint.root else {
            throw EngineError(
                .refused, "the entries of \(origin) do not give the root that its checkpoint of \(checkpoint.size) signs",
                hint: "an entry was changed on the way, or the operator shows two histories; keep the file")
        }
        let bodies = try openBodies(file, origin)
        try store(fresh, of: origin, from: start)
        for body in bodies { try directory.vault.putBody(body) }
        try keepImported(checkpoint, note)
        if origin.isPublic { try reloadPrivateChains() }
        return Imported(origin: origin, added: fresh.count, size: checkpoint.size, bodies: bodies.count)
    }

    static func note(_ bytes: [UInt8]) throws -> Note {
        do throws(Note.Failure) {
            return try Note(parsing: bytes)
        } catch {
            throw EngineError(.refused, "this is not a signed note: \(error)", cause: error)
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
    func verifyCheckpoint(_ note: Note, of origin: Origin, policy: TrustPolicy?) throws {
        let logKeys: [VerifierKey]
        if let key = checkpointKeyOnRecord(of: origin) {
            logKeys = [VerifierKey(name: KeyName(origin.text)!, algorithm: .ed25519, publicKey: PublicKey(bytes: key.bytes)!)]
        } else if let policy {
            logKeys = policy.logs.map(\.key).filter { $0.name.text == origin.text }
        } else {
            throw EngineError(
                .missing, "this ledger does not know \(origin) yet, so it cannot tell who may sign its checkpoints",
                hint: "add --trust POLICY with the policy that you got from the consortium by another way")
        }
        do throws(NoteVerificationFailure) {
            _ = try note.verified(by: logKeys)
        } catch {
            throw EngineError(
                .refused, "the checkpoint is not signed by the key of \(origin): \(error)",
                hint: "make sure that file and policy belong to the same consortium", cause: error)
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
                .refused, "the file has \(file.entries.count) entries from \(from) on, its checkpoint \(checkpoint.size)",
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

    private func root(of origin: Origin, start: TreeSize, adding fresh: [[UInt8]]) throws -> RootHash {
        var tree = CompactRange()
        if start > .zero {
            try forEachBatch(of: origin, upTo: start) { for entry in $0 { tree.append(LeafHash(entry: entry)) } }
        }
        for entry in fresh { tree.append(LeafHash(entry: entry)) }
        return tree.root()
    }

    /// Admits the entries in order and commits them with their view rows; on any refusal nothing remains.
    private func store(_ entries: [[UInt8]], of origin: Origin, from start: TreeSize) throws {
        guard !entries.isEmpty else { return }
        do {
            if origin.isPublic, publicView == nil { publicView = PublicView(origin: origin) }
            if !origin.isPublic, privateViews[origin] == nil { privateViews[origin] = PrivateView(origin: origin) }
            let keys = publicView!.keys
            let checked = verify(entries, cores: surroundings.cores) { keys[$0]?.key }
            for (offset, result) in checked.enumerated() {
                do throws(AdmissionError) {
                    let entry = try result.get()
                    try admitImported(entry, origin)
                } catch {
                    throw EngineError(
                        .refused, "entry \(start.rawValue + offset) of \(origin) is not admissible: \(error)", cause: error)
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

    private func admitImported(_ entry: CheckedEntry, _ origin: Origin) throws(AdmissionError) {
        if origin.isPublic {
            try publicView!.admit(entry.event, signaturesHold: entry.signaturesHold)
        } else {
            let view = publicView!
            try privateViews[origin]!.admit(
                entry.event, publicView: view, judgedAt: view.size, signaturesHold: entry.signaturesHold)
        }
    }

    private func openBodies(_ file: ChainFile, _ origin: Origin) throws -> [OpenBody] {
        guard !file.header.bodies.isEmpty, let view = publicView else { return [] }
        let local = localMembers.flatMap { view.activeKeys(of: $0, for: .encryption) }
            .filter { keys.holds($0.key.keyID) }
        return try file.header.bodies.compactMap { text in
            guard let bytes = Base64.decode(text), let sealed = SealedBody(bytes: bytes) else {
                throw EngineError(.refused, "a sealed body in the chain file is malformed", hint: "fetch the file again")
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
