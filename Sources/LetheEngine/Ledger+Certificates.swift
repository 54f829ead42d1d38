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
            certificate: certificate, chain: .init(checkpoint: note, entries: entries), proofs: proofs)
        let event = DeletionCertified(certificate: .sha256(certificate), deletion: id, kind: content.kind)
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

    private func seal(_ content: CertificateContent, as members: [MemberName]) throws -> [UInt8] {
        let payload = CanonicalJSON.encode(CertificateStatement(content))
        let message = Envelope.preAuthenticationEncoding(Envelope.payloadType, payload)
        let signatures = try members.map { member in
            let key = try activeKey(of: member)
            return Envelope.Signature(keyID: key, signature: try keys.signingKey(key).sign(message))
        }
        return Envelope(payload: payload, signatures: signatures).bytes
    }
}
