internal import Bytes
internal import ChainViews
public import Events
internal import LedgerStore
internal import MerkleLog
public import Proofs
internal import Signing
internal import Timestamps

extension Ledger {
    /// Issues the certificate of a completed deletion, or a statement of its status, as a bundle; judges it as a stranger
    /// would; and then records its digest.
    ///
    /// The checkpoint that it stands under is cosigned by the local witnesses first; cosignatures of others are in it
    /// where they were collected. All local members of `signers` sign beside the issuer. A deletion that has a document
    /// already gets another one that supersedes it, if `again`.
    ///
    /// - Parameters:
    ///   - policy: what the bundle is judged by; nothing is issued that it would not take. Without one no cosignature is
    ///     asked for, and the verdict says so.
    ///   - keep: called with what is about to be recorded: where it throws, nothing is.
    public func certify(
        _ id: DeletionID, as issuer: MemberName, signers: [MemberName], witnesses: [MemberName], again: Bool = false,
        under policy: TrustPolicy? = nil,
        keep: @Sendable (CertificateBundle, CertificateVerdict) throws -> Void = { _, _ in }
    ) throws -> (bundle: CertificateBundle, verdict: CertificateVerdict, recorded: Recorded) {
        let origin = try publicOrigin
        try checkCertifiable(id, again: again)
        for witness in witnesses {
            _ = try cosign(checkpoint: checkpointNote(of: origin).note, as: witness)
        }
        let (checkpoint, note) = try checkpointNote(of: origin)
        guard try checkpoint.size == size(of: origin) else {
            throw EngineError(
                .missing, "the newest checkpoint of \(origin) has \(checkpoint.size) entries, this ledger more",
                hint: "import the newest chain file")
        }
        if let policy, case let trust = policy.evaluate(try Self.note(note)), !trust.isTrusted {
            throw Self.untrusted(checkpoint, trust)
        }
        let earlier = try earlierCheckpoints(of: id, before: checkpoint)
        let content = try content(of: id, checkpoint, earlier.map(\.checkpoint), as: issuer)
        let certificate = try seal(content, as: [issuer] + signers.filter { $0 != issuer })
        var entries: [[UInt8]] = []
        try forEachBatch(of: origin, upTo: checkpoint.size) { entries += $0 }
        let bundle = CertificateBundle(
            certificate: certificate.bytes, chain: .init(checkpoint: note, entries: entries),
            earlier: try earlier.map { try bundled($0, before: checkpoint) },
            proofs: try content.events.map { try inclusion(of: $0, in: checkpoint.size) },
            timestamps: try timestamps(before: checkpoint))
        let verdict = try judged(bundle, by: policy ?? trustPolicy(quorum: 0))
        try keep(bundle, verdict)
        let event = DeletionCertified(
            certificate: .sha256(certificate.payload), deletion: id, kind: content.kind, supersedes: content.supersedes)
        return (bundle, verdict, try record(.deletionCertified(event), as: issuer, on: origin))
    }

    /// What a verifier says of a bundle that is about to be issued. What does not hold is never recorded.
    private func judged(_ bundle: CertificateBundle, by policy: TrustPolicy) throws -> CertificateVerdict {
        let verifier = CertificateVerifier(policy: policy, cores: surroundings.cores)
        do throws(CertificateFailure) {
            // Through the bytes: what is handed on is what was judged.
            return try verifier.verify(bundle.bytes)
        } catch {
            throw EngineError(
                .refused, "the certificate would not hold: \(error)",
                hint: "nothing was recorded; lethe check looks at the whole ledger", cause: error)
        }
    }

    /// The timestamps that this ledger has of the public chain's checkpoints, the last ones where there are many.
    private func timestamps(before checkpoint: Checkpoint) throws -> [CertificateBundle.Timestamped] {
        let chain = try chainID(publicOrigin)
        let kept = try keptTimestamps().filter {
            $0.checkpoint.origin == checkpoint.origin && $0.checkpoint.size <= checkpoint.size
        }.sorted { $0.checkpoint.size < $1.checkpoint.size }
        return try kept.suffix(CertificateBundle.maximumEarlier).map { kept, token in
            let path = try directory.events.consistencyProof(from: kept.size, to: checkpoint.size, of: chain)
            return .init(checkpoint: kept.text, consistency: path.map(\.bytes), token: token.bytes)
        }
    }

    private func checkCertifiable(_ id: DeletionID, again: Bool) throws {
        guard let row = try view.deletions[id] else {
            throw EngineError(.refused, "the chain has no deletion \(id)", hint: "lethe deletion status shows them all")
        }
        guard row.state != .certified || again else {
            throw EngineError(
                .refused, "\(id) is certified already: \(row.certificate?.hex ?? "")",
                hint: "add --supersede to issue another document in its place")
        }
    }

    private func inclusion(of cited: CertifiedEvent, in size: TreeSize) throws -> CertificateBundle.InclusionProof {
        let index = LeafIndex(cited.index.value)
        let path = try directory.events.inclusionProof(of: index, in: size, of: chainID(publicOrigin))
        return .init(event: cited.event, index: index.rawValue, path: path.map(\.bytes))
    }

    private func bundled(
        _ kept: KeptCheckpoint, before checkpoint: Checkpoint
    ) throws -> CertificateBundle.EarlierCheckpoint {
        let chain = try chainID(publicOrigin)
        let path = try directory.events.consistencyProof(from: kept.checkpoint.size, to: checkpoint.size, of: chain)
        return .init(checkpoint: try cosignedNote(kept).bytes, consistency: path.map(\.bytes))
    }

    /// The cosigned checkpoints around the places where the chain took in the request and the completion of `id`: of each
    /// the last one without it and the first one with it, as far as this ledger has collected them.
    private func earlierCheckpoints(of id: DeletionID, before checkpoint: Checkpoint) throws -> [KeptCheckpoint] {
        let row = try view.deletions[id]!
        let chain = try chainID(publicOrigin)
        let wanted = try directory.checkpoints.cosignatures(on: checkpoint).count
        let weak = try directory.checkpoints.cosigned(checkpoint.origin, below: checkpoint.size)
        // With as many cosignatures as the checkpoint itself has, where there are such: most policies that trust it trust
        // these too. A verifier says of any other that its quorum did not cosign it.
        let strong = try weak.filter { try directory.checkpoints.cosignatures(on: $0.checkpoint).count >= wanted }
        var sizes: Set<TreeSize> = []
        for event in [row.requestedBy, row.completedBy].compactMap({ $0 }) {
            guard let index = try directory.events.position(of: LeafHash(retagging: event), in: chain) else { continue }
            let size = TreeSize(index.rawValue)
            let before = [strong, weak].lazy.compactMap { $0.last { $0.checkpoint.size <= size } }.first
            let after = [strong, weak].lazy.compactMap { $0.first { $0.checkpoint.size > size } }.first
            sizes.formUnion([before, after].compactMap { $0?.checkpoint.size })
        }
        return weak.filter { sizes.contains($0.checkpoint.size) }
    }

    private func content(
        of id: DeletionID, _ checkpoint: Checkpoint, _ earlier: [Checkpoint], as issuer: MemberName
    ) throws -> CertificateContent {
        let (origin, view) = (try publicOrigin, try view)
        let positions = earlier.map { earlier in
            CertificateContent.Position(
                origin: origin, root: ArtifactDigest(retagging: earlier.root), size: Count(earlier.size.rawValue)!)
        }
        do throws(CertificateContent.Failure) {
            return try CertificateContent(
                id, view: view, root: ArtifactDigest(retagging: checkpoint.root), issuer: issuer,
                issuedAt: surroundings.now(), earlier: positions, place: { try? self.place(of: $0) })
        } catch {
            throw EngineError(
                .refused, "\(error)", hint: "lethe deletion status says what it waits for", cause: error)
        }
    }

    private func place(of event: EventHash) throws -> EventPlace? {
        let chain = try chainID(publicOrigin)
        guard let index = try directory.events.position(of: LeafHash(retagging: event), in: chain),
            let entry = try directory.events.entry(at: index, of: chain)
        else { return nil }
        let statement = try ReceivedEvent(parsing: entry.envelope).statement
        return EventPlace(author: statement.author, claimedAt: statement.claimedAt, index: index.rawValue)
    }

    private func seal(_ content: CertificateContent, as members: [MemberName]) throws -> Envelope {
        let unsigned = Envelope(payload: CanonicalJSON.encode(CertificateStatement(content)), signatures: [])
        return try sign(unsigned, as: members)
    }

    private func sign(_ envelope: Envelope, as members: [MemberName]) throws -> Envelope {
        let message = envelope.signedBytes
        let added = try members.map { member in
            let key = try activeKey(of: member)
            return Envelope.Signature(keyID: key, signature: try keys.signingKey(key).sign(message))
        }
        return Envelope(payload: envelope.payload, signatures: envelope.signatures + added)
    }

    /// Adds the signature of local `member` to a certificate that somebody else issued, once it holds under `policy` and
    /// its chain is the one that this ledger verified itself.
    public func countersign(
        _ bundle: CertificateBundle, policy: TrustPolicy, as member: MemberName
    ) throws -> CertificateBundle {
        let verdict: CertificateVerdict
        do throws(CertificateFailure) {
            verdict = try CertificateVerifier(policy: policy, cores: surroundings.cores).verify(bundle)
        } catch {
            throw EngineError(.refused, "the certificate does not hold: \(error)", hint: "do not sign it", cause: error)
        }
        let (origin, size) = (try publicOrigin, TreeSize(verdict.content.checkpoint.size.value))
        guard verdict.content.checkpoint.origin == origin, try size <= self.size(of: origin),
            try directory.events.root(of: chainID(origin), at: size)
                == RootHash(retagging: verdict.content.checkpoint.root)
        else {
            throw EngineError(
                .refused, "the certificate rests on a chain that this ledger has not verified",
                hint: "import the newest public chain; if it is there already, there are two histories: keep both files"
            )
        }
        let envelope = try Envelope(parsing: bundle.certificate.bytes, limit: CertificateBundle.maximumBytes)
        var signed = bundle
        signed.certificate = JSONText(try sign(envelope, as: [member]).bytes)!
        return signed
    }
}
