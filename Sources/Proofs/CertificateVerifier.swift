internal import Bytes
internal import ChainViews
internal import Events
internal import MerkleLog
internal import Signing

/// Checks a certificate bundle offline, with nothing but a trust policy (`schemas/certificate.md`,
/// verification).
///
/// 1. The file is a bundle of a known format, in its one encoding.
/// 2. The checkpoint is signed by the policy's log and cosigned by its quorum.
/// 3. The entries replay: every envelope is canonical, signed by keys valid at its place, and follows the rules. There
///    are as many as the checkpoint says, their root is the checkpoint's, and their charter names the policy's log key.
/// 4. The certificate is an envelope around a statement of a known type, signed by its issuer, and by nobody whose key
///    is not valid at the checkpoint.
/// 5. Its content is what the chain gives, field by field.
/// 6. Each cited event has an inclusion proof under the checkpoint.
/// 7. It was issued after the last time that a cited event claims.
public struct CertificateVerifier: Sendable {
    private let policy: TrustPolicy
    private let cores: Int

    public init(policy: TrustPolicy, cores: Int = 1) {
        self.policy = policy
        self.cores = cores
    }

    public func verify(_ bytes: [UInt8]) throws(CertificateFailure) -> CertificateVerdict {
        let bundle: CertificateBundle
        do throws(CertificateBundle.Failure) {
            bundle = try CertificateBundle(parsing: bytes)
        } catch {
            throw .bundle(error)
        }
        return try verify(bundle)
    }

    public func verify(_ bundle: CertificateBundle) throws(CertificateFailure) -> CertificateVerdict {
        try judge(bundle, on: try verifyChain(bundle.chain))
    }

    /// A public chain that the policy trusts and that replays.
    struct VerifiedChain {
        var checkpoint: Checkpoint
        var trust: TrustVerdict
        var view: PublicView
    }

    /// Steps 2 and 3.
    func verifyChain(_ chain: CertificateBundle.Chain) throws(CertificateFailure) -> VerifiedChain {
        let (checkpoint, trust) = try trustedCheckpoint(chain)
        let view = try replay(chain, checkpoint).view
        guard view.charter?.checkpointKey.bytes == trust.log?.publicKey.bytes else {
            throw .chainDiffers("the charter names another checkpoint key than the policy")
        }
        return VerifiedChain(checkpoint: checkpoint, trust: trust, view: view)
    }

    /// Steps 4 to 7.
    func judge(
        _ bundle: CertificateBundle, on chain: VerifiedChain
    ) throws(CertificateFailure) -> CertificateVerdict {
        let view = chain.view
        let envelope = try envelope(bundle)
        let statement = try statement(envelope)
        let content = statement.predicate
        let signers = try signers(of: envelope, content, view)
        try compare(statement, with: view, chain.checkpoint, bundle)
        try checkProofs(bundle, content, chain.checkpoint)
        let cited = try citedEvents(of: content, bundle)
        try checkTime(content, cited)
        let chainOperator = view.charter?.chainOperator
        return CertificateVerdict(
            content: content, view: view,
            findings: disputes(cited, view) + findings(content, view, chain.trust, signers), signers: signers,
            claimedAt: Dictionary(
                cited.map { ($0.event.hash, $0.event.statement.claimedAt) }, uniquingKeysWith: { first, _ in first }),
            isSignedByOperatorAlone: signers.allSatisfy { $0 == chainOperator })
    }

    // MARK: Steps

    private func trustedCheckpoint(
        _ chain: CertificateBundle.Chain
    ) throws(CertificateFailure) -> (Checkpoint, TrustVerdict) {
        let note: Note
        do throws(Note.Failure) {
            note = try Note(parsing: Array(chain.checkpoint.utf8))
        } catch {
            throw .note("\(error)")
        }
        let verdict = policy.evaluate(note)
        guard let checkpoint = verdict.checkpoint else { throw .untrusted(verdict) }
        return (checkpoint, verdict)
    }

    private func replay(
        _ chain: CertificateBundle.Chain, _ checkpoint: Checkpoint
    ) throws(CertificateFailure) -> PublicReplay {
        guard let origin = Origin(checkpoint.origin), origin.isPublic else {
            throw .chainDiffers("\(checkpoint.origin) is not the origin of a public chain")
        }
        guard chain.entries.count == checkpoint.size.rawValue else {
            throw .chainDiffers(
                "it has \(chain.entries.count) entries, the checkpoint \(checkpoint.size)")
        }
        var replay = PublicReplay(origin: origin, cores: cores)
        do throws(ReplayError) {
            try replay.append(chain.entries.map(\.bytes))
        } catch {
            throw .entry(error)
        }
        guard replay.tree.root() == checkpoint.root else {
            throw .chainDiffers("its root is \(replay.tree.root()), the checkpoint's \(checkpoint.root)")
        }
        return replay
    }

    private func envelope(_ bundle: CertificateBundle) throws(CertificateFailure) -> Envelope {
        do throws(Envelope.ParseError) {
            return try Envelope(parsing: bundle.certificate.bytes, limit: CertificateBundle.maximumBytes)
        } catch {
            throw .envelope("\(error)")
        }
    }

    private func statement(_ envelope: Envelope) throws(CertificateFailure) -> CertificateStatement {
        let statement: CertificateStatement
        do throws(JSONError) {
            statement = try CanonicalJSON.decode(CertificateStatement.self, from: envelope.payload)
        } catch {
            throw .statement("\(error)")
        }
        guard statement.type == Statement.statementType else {
            throw .statement("_type is \(statement.type)")
        }
        guard statement.predicateType == CertificateStatement.predicateType else {
            throw .statement("unknown predicateType \(statement.predicateType)")
        }
        return statement
    }

    /// The members that signed, the issuer among them. Every signature must hold under a key that is valid at
    /// the checkpoint.
    private func signers(
        of envelope: Envelope, _ content: CertificateContent, _ view: PublicView
    ) throws(CertificateFailure) -> [MemberName] {
        let message = envelope.signedBytes
        var members: Set<MemberName> = []
        for signature in envelope.signatures {
            guard let row = view.keys[signature.keyID], row.purpose == .event else {
                throw .signature("the key \(signature.keyID) is not registered for events")
            }
            guard row.isValid(at: view.size) else {
                throw .signature("the key \(signature.keyID) of \(row.member) is revoked")
            }
            guard let key = PublicKey(bytes: row.key.bytes),
                key.isValidSignature(signature.signature, of: message)
            else { throw .signature("the signature of \(row.member) does not verify") }
            members.insert(row.member)
        }
        guard members.contains(content.issuer) else {
            throw .signature("the issuer, \(content.issuer), did not sign")
        }
        return members.sorted()
    }

    /// Derives the content from the chain and holds it against the certificate's, field by field.
    private func compare(
        _ statement: CertificateStatement, with view: PublicView, _ checkpoint: Checkpoint,
        _ bundle: CertificateBundle
    ) throws(CertificateFailure) {
        let content = statement.predicate
        var places: [EventHash: Int] = [:]
        for (index, entry) in bundle.chain.entries.enumerated() {
            places[EventHash(envelope: entry.bytes)] = index
        }
        let derived: CertificateContent
        do throws(CertificateContent.Failure) {
            derived = try CertificateContent(
                content.deletion, view: view, root: ArtifactDigest(retagging: checkpoint.root),
                issuer: content.issuer,
                issuedAt: content.issuedAt, index: { places[$0] })
        } catch {
            throw .contentDiffers(field: "\(error)")
        }
        if let field = content.firstDifference(from: derived) { throw .contentDiffers(field: field) }
        guard statement.subject == CertificateStatement(derived).subject else {
            throw .contentDiffers(field: "subject")
        }
    }

    /// The cited events with their places, read again from their entries.
    private func citedEvents(
        of content: CertificateContent, _ bundle: CertificateBundle
    ) throws(CertificateFailure) -> [(index: Int, event: ReceivedEvent)] {
        var events: [(index: Int, event: ReceivedEvent)] = []
        for cited in content.events {
            do throws(AdmissionError) {
                let event = try ReceivedEvent(parsing: bundle.chain.entries[cited.index.value].bytes)
                events.append((cited.index.value, event))
            } catch {
                throw .entry(
                    ReplayError(origin: content.checkpoint.origin, position: cited.index.value, reason: error)
                )
            }
        }
        return events
    }

    private func checkTime(
        _ content: CertificateContent, _ cited: [(index: Int, event: ReceivedEvent)]
    ) throws(CertificateFailure) {
        for (index, event) in cited where event.statement.claimedAt > content.issuedAt {
            throw .time(
                "it was issued at \(content.issuedAt), and event \(index) claims \(event.statement.claimedAt)"
            )
        }
    }

    /// Cited events that rest on a signature which its member took back afterwards.
    private func disputes(
        _ cited: [(index: Int, event: ReceivedEvent)], _ view: PublicView
    ) -> [CertificateFinding] {
        cited.compactMap { index, event in
            let author = event.statement.author
            let signers = event.envelope.signatures.compactMap { view.keys[$0.keyID] }.filter {
                $0.member == author
            }
            guard signers.allSatisfy({ $0.isDisputed(at: index) }) else { return nil }
            return CertificateFinding(
                .notClaimed,
                "what \(author) said in event \(index), \(event.statement.event.type.rawValue), is disputed: its key was "
                    + "revoked, and vouched for only before that event",
                source: "key-revoked")
        }
    }

    private func checkProofs(
        _ bundle: CertificateBundle, _ content: CertificateContent, _ checkpoint: Checkpoint
    ) throws(CertificateFailure) {
        guard bundle.proofs.map(\.event) == content.events.map(\.event) else {
            throw .proof("there is not one proof for each cited event, in their order")
        }
        for (proof, cited) in zip(bundle.proofs, content.events) {
            let path = proof.path.compactMap { Base64.decode($0).flatMap { NodeHash(bytes: $0) } }
            guard proof.index == cited.index, path.count == proof.path.count else {
                throw .proof("event \(cited.index): malformed")
            }
            do {
                try verifyInclusion(
                    of: LeafHash(retagging: proof.event), at: LeafIndex(proof.index.value),
                    in: checkpoint.size, root: checkpoint.root, path: path)
            } catch {
                throw .proof("event \(cited.index): \(error)")
            }
        }
    }
}

extension CertificateContent {
    /// The name of the first field in which this content is another than `other`; `nil` where they are equal.
    func firstDifference(from other: CertificateContent) -> String? {
        let checks: [(String, Bool)] = [
            ("checkpoint", checkpoint == other.checkpoint),
            ("counterfactual", counterfactual == other.counterfactual),
            ("deletion", deletion == other.deletion), ("dueAt", dueAt == other.dueAt),
            ("erasures", erasures == other.erasures), ("events", events == other.events),
            ("excluded", excluded == other.excluded), ("descendants", descendants == other.descendants),
            ("grade", grade == other.grade), ("ground", ground == other.ground),
            ("keyDirectory", keyDirectory == other.keyDirectory), ("kind", kind == other.kind),
            ("limits", limits == other.limits), ("member", member == other.member),
            ("models", models == other.models),
            ("outOfScope", outOfScope == other.outOfScope), ("plan", plan == other.plan),
            ("receivedAt", receivedAt == other.receivedAt), ("scope", scope == other.scope),
            ("state", state == other.state),
        ]
        return checks.first { !$0.1 }?.0 ?? (self == other ? nil : "another field")
    }
}
