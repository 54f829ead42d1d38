public import Bytes
internal import ChainViews
public import Events
internal import LedgerStore
public import MerkleLog
internal import Signing

/// Where an envelope stands, and whether it was put there just now.
public struct Appended: Hashable, Sendable {
    public var event: EventHash
    public var index: LeafIndex
    public var isNew: Bool
}

/// The life of a leaf, from bytes to a place in a signed checkpoint.
///
/// 1. Admission: size, canonical bytes, schema, author, keys, signatures, author chain, rules.
/// 2. One transaction: entries, tree, view rows. From here on the append cannot be undone.
/// 3. The checkpoint is signed, and takes the place of the kept one by compare-and-swap.
/// 4. Only then does the append return.
///
/// A crash between 2 and 3 leaves entries without a checkpoint; the next append, or ``recover()``, signs one for them.
extension Ledger {
    /// Appends `envelopes` to `origin` as one batch: all of them or none. An envelope that the chain has already keeps
    /// its place.
    @discardableResult
    public func append(_ envelopes: [[UInt8]], to origin: Origin) throws -> [Appended] {
        guard operates(origin) else {
            throw EngineError(
                .missing, "this ledger does not operate \(origin)",
                hint: "send the file to the chain's operator, who appends it with lethe append")
        }
        let chain = try chainID(origin)
        let start = try directory.events.size(of: chain)
        var results: [Appended] = []
        var fresh: [NewEntry] = []
        var pending: [EventHash: LeafIndex] = [:]
        do {
            for (bytes, checked) in zip(envelopes, checkSignatures(of: envelopes)) {
                let entry = try Self.parsed(checked, origin)
                let hash = entry.event.hash
                let known = try directory.events.position(of: LeafHash(retagging: hash), in: chain)
                if let index = known ?? pending[hash] {
                    results.append(Appended(event: hash, index: index, isNew: false))
                    continue
                }
                try admit(entry.event, to: origin, signaturesHold: entry.signaturesHold)
                let index = LeafIndex(start.rawValue + fresh.count)
                pending[hash] = index
                results.append(Appended(event: hash, index: index, isNew: true))
                fresh.append(NewEntry(envelope: bytes, leaf: LeafHash(retagging: hash)))
            }
            if !fresh.isEmpty { try commit(fresh, to: origin, chain, from: start) }
        } catch {
            // What was admitted in memory and not stored is forgotten: memory equals disk again.
            try? reloadView(origin)
            throw error
        }
        try signCheckpoint(of: origin)
        return results
    }

    /// Parses the envelopes and verifies their signatures on all cores; what came of it is judged one by one, in order.
    private func checkSignatures(of envelopes: [[UInt8]]) -> [Result<CheckedEntry, AdmissionError>] {
        let keys = publicView?.keys
        return verify(envelopes, cores: surroundings.cores) { keys?[$0]?.key }
    }

    private static func parsed(
        _ checked: Result<CheckedEntry, AdmissionError>, _ origin: Origin
    ) throws -> CheckedEntry {
        do throws(AdmissionError) {
            return try checked.get()
        } catch {
            throw refusal(error, origin)
        }
    }

    static func parse(_ bytes: [UInt8], _ origin: Origin) throws -> ReceivedEvent {
        do throws(AdmissionError) {
            return try ReceivedEvent(parsing: bytes)
        } catch {
            throw refusal(error, origin)
        }
    }

    static func refusal(_ error: AdmissionError, _ origin: Origin) -> EngineError {
        EngineError(.refused, "\(origin) refuses the event: \(error)", hint: hint(error), cause: error)
    }

    private static func hint(_ error: AdmissionError) -> String {
        switch error {
        case .envelope, .statement: "the bytes must be the ones that were signed: ask the author for the file again"
        case .unknownAuthor, .unknownKey, .keyNotValid: "lethe show keys lists who may sign, and where"
        case .authorDidNotSign, .badSignature: "ask the author to sign it again"
        case .sequence, .previous: "the author has to import the newest chain and sign the event anew"
        case .rule(.tooFewSignatures):
            "add signatures: --with MEMBER for those whose keys are here; else --draft FILE, lethe sign FILE by each of the "
                + "others, and lethe append FILE by the operator"
        case .rule(.lacksRole), .rule(.notTheMember): "say who acts with --as; lethe show members lists the roles"
        case .rule(.roundFull): "contribute to another round, which the aggregator opens: lethe round open"
        case .rule(.adapterOfAnother): "train it yourself, with another seed where the bytes come out the same"
        case .rule: "nothing was changed; lethe show says what the chain has"
        }
    }

    func admit(_ event: ReceivedEvent, to origin: Origin, signaturesHold: Bool = false) throws {
        do throws(AdmissionError) {
            if origin.isPublic {
                try publicView!.admit(event, signaturesHold: signaturesHold)
            } else {
                let keys = publicView!
                try privateViews[origin, default: PrivateView(origin: origin)]
                    .admit(event, publicView: keys, judgedAt: keys.size, signaturesHold: signaturesHold)
            }
        } catch {
            throw Self.refusal(error, origin)
        }
    }

    func takeChanges(_ origin: Origin) -> [ViewChange] {
        let rows = origin.isPublic ? publicView!.takeChanges() : privateViews[origin]!.takeChanges()
        return rows.map { ViewChange(kind: $0.kind, key: $0.key, value: $0.value) }
    }

    func commit(
        _ entries: [NewEntry], to origin: Origin, _ chain: ChainID, from start: TreeSize
    ) throws {
        _ = try directory.events.append(
            entries, to: chain, expecting: start, views: takeChanges(origin))
    }

    func reloadView(_ origin: Origin) throws {
        if origin.isPublic {
            publicView = try loadPublicView(origin)
        } else {
            privateViews[origin] = nil
            try loadViews()
        }
    }

    /// Signs the checkpoint of the chain as it stands, if the kept one is older.
    func signCheckpoint(of origin: Origin) throws {
        guard let keyBytes = keys.checkpointKey(of: origin) else { return }
        let head = try directory.events.head(of: chainID(origin))
        let kept = try directory.checkpoints.kept(origin.text)
        guard head.size > .zero, kept?.checkpoint.size != head.size else { return }
        let checkpoint = try Checkpoint(origin: origin.text, size: head.size, root: head.root)
        var note = try Note(text: checkpoint.text)
        note.sign(as: KeyName(origin.text)!, with: try keys.signingKey(keyBytes.keyID))
        try directory.checkpoints.swap(
            KeptCheckpoint(checkpoint: checkpoint, note: note.bytes), expecting: kept)
    }

    /// Finishes what a crash or a restored vault may have left open: signs checkpoints for entries that were committed
    /// without one, and erases what was on its way out. (What a killed process left in plaintext goes when the ledger is
    /// opened.)
    public func recover() throws {
        guard directory.mode == .readWrite else { return }
        for origin in try origins() { try signCheckpoint(of: origin) }
        var (bodies, blobs, records): ([BodyCommitment], [BlobID], [RecordCommitment]) = ([], [], [])
        for subject in try directory.vault.pendingErasures() {
            switch subject {
            case .body(let commitment): bodies.append(commitment)
            case .blob(let id): blobs.append(id)
            case .record(let commitment): records.append(commitment)
            }
        }
        if !bodies.isEmpty { _ = try eraseBodies(bodies) }
        if !blobs.isEmpty { _ = try directory.blobs.erase(blobs) }
        if !records.isEmpty { _ = try directory.records.erase(records) }
    }

    /// The kept checkpoint of `origin`, with the cosignatures that were collected for it.
    public func checkpointNote(of origin: Origin) throws -> (checkpoint: Checkpoint, note: [UInt8]) {
        guard let kept = try directory.checkpoints.kept(origin.text) else {
            throw EngineError(.missing, "there is no checkpoint of \(origin) yet")
        }
        return (kept.checkpoint, try cosignedNote(kept).bytes)
    }

    /// The note of a kept checkpoint with the cosignatures that were collected for it.
    func cosignedNote(_ kept: KeptCheckpoint) throws -> Note {
        var note = try Note(parsing: kept.note)
        for cosignature in try directory.checkpoints.cosignatures(on: kept.checkpoint) {
            if let line = try? Note(parsing: note.textBytes + Array("\n\(cosignature.line)\n".utf8)) {
                for signature in line.signatures { note.add(signature) }
            }
        }
        return note
    }
}
