internal import Bytes
internal import ChainViews
public import Events
internal import LedgerStore
internal import MerkleLog
public import Proofs
internal import Signing

extension Ledger {
    /// Issues the certificate of a completed deletion, or its statement of status, as a bundle; and records its digest.
    ///
    /// The checkpoint that it stands under is cosigned by the local witnesses first; cosignatures of others are in it
    /// where they were collected. All local members of `signers` sign beside the issuer.
    public func certify(
        _ id: DeletionID, as issuer: MemberName, signers: [MemberName], witnesses: [MemberName]
    ) throws -> (bundle: CertificateBundle, recorded: Recorded) {
        let origin = try publicOrigin
        for witness in witnesses {
            _ = try cosign(checkpoint: checkpointNote(of: origin).note, as: witness)
        }
        let (checkpoint, note) = try checkpointNote(of: origin)
        guard try checkpoint.size == size(of: origin) else {
            throw EngineError(
                .missing, "the newest checkpoint of \(origin) has \(checkpoint.size) entries, this ledger more",
                hint: "import the newest chain file")
        }
        let content = try content(of: id, checkpoint, as: issuer)
        let certificate = try seal(content, as: [issuer] + signers.filter { $0 != issuer })
        var entries: [[UInt8]] = []
        try forEachBatch(of: origin, upTo: checkpoint.size) { entries += $0 }
        let chain = try chainID(origin)
        let proofs = try content.events.map { cited in
            let index = LeafIndex(cited.index.value)
            let path = try directory.events.inclusionProof(of: index, in: checkpoint.size, of: chain)
            return CertificateBundle.InclusionProof(
                event: cited.event, index: index.rawValue, path: path.map(\.bytes))
        }
        let bundle = CertificateBundle(
            certificate: certificate.bytes, chain: .init(checkpoint: note, entries: entries), proofs: proofs)
        let event = DeletionCertified(certificate: .sha256(certificate.payload), deletion: id, kind: content.kind)
        if try view.deletions[id]?.state == .certified {
            // Issued again, for example with more cosignatures: the chain keeps the first digest.
            return (bundle, .appended(Appended(event: content.events.last!.event, index: LeafIndex(0), isNew: false)))
        }
        return (bundle, try record(.deletionCertified(event), as: issuer, on: origin))
    }

    private func content(
        of id: DeletionID, _ checkpoint: Checkpoint, as issuer: MemberName
    ) throws -> CertificateContent {
        let (chain, view) = (try chainID(publicOrigin), try view)
        do throws(CertificateContent.Failure) {
            return try CertificateContent(
                id, view: view, root: ArtifactDigest(retagging: checkpoint.root), issuer: issuer,
                issuedAt: surroundings.now(),
                index: { try? self.directory.events.position(of: LeafHash(retagging: $0), in: chain)?.rawValue })
        } catch {
            throw EngineError(
                .refused, "\(error)", hint: "lethe deletion status says what it waits for", cause: error)
        }
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
            try directory.events.root(of: chainID(origin), at: size) == RootHash(retagging: verdict.content.checkpoint.root)
        else {
            throw EngineError(
                .refused, "the certificate rests on a chain that this ledger has not verified",
                hint: "import the newest public chain; if it is there already, there are two histories: keep both files")
        }
        let envelope = try Envelope(parsing: bundle.certificate.bytes, limit: CertificateBundle.maximumBytes)
        var signed = bundle
        signed.certificate = JSONText(try sign(envelope, as: [member]).bytes)!
        return signed
    }
}
