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
/// 3. There are as many entries as the checkpoint says, and their root is the checkpoint's. They replay: every envelope is
///    canonical, signed by keys valid at its place, and follows the rules. Their charter names the policy's log key.
/// 4. Each earlier checkpoint is signed by the policy's log, and the checkpoint is consistent with it; so it is with each
///    checkpoint that a timestamp is about. The timestamps themselves take an authority's certificate to judge.
/// 5. The certificate is an envelope around a statement of a known type, signed by its issuer, and by nobody whose key
///    is not valid at the checkpoint or who is suspended there.
/// 6. Its content is what the chain gives, field by field.
/// 7. Each cited event has an inclusion proof under the checkpoint.
/// 8. No time lies outside its bracket: nothing is cited that claims a time after the issue, or after a checkpoint that
///    contains it was cosigned; nothing was received after its request was made.
public struct CertificateVerifier: Sendable {
    /// The source of each finding that says an event is disputed.
    static let disputeSource = "key-revoked"
    /// How far the clocks of two organisations may be apart, in seconds, before their times contradict each other.
    public static let clockTolerance = 300

    let policy: TrustPolicy
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
        try judge(bundle, on: try chain(of: bundle))
    }

    /// A public chain that the policy trusts and that replays.
    struct VerifiedChain {
        var checkpoint: Checkpoint
        var trust: TrustVerdict
        var replay: PublicReplay
        /// Earlier checkpoints in the order of the bundle, each with what the policy says of it.
        var earlier: [(checkpoint: Checkpoint, trust: TrustVerdict)] = []
        /// The checkpoints that the bundle's timestamps are about, in its order.
        var timestamped: [Checkpoint] = []

        var view: PublicView { replay.view }
    }

    /// Steps 2 to 4.
    func chain(of bundle: CertificateBundle) throws(CertificateFailure) -> VerifiedChain {
        var chain = try verifyChain(bundle.chain)
        chain.earlier = try earlier(bundle, before: chain.checkpoint)
        chain.timestamped = try timestamped(bundle, before: chain.checkpoint)
        return chain
    }

    /// Steps 2 and 3.
    func verifyChain(_ chain: CertificateBundle.Chain) throws(CertificateFailure) -> VerifiedChain {
        let (checkpoint, trust) = try trustedCheckpoint(chain.checkpoint)
        let replay = try replay(chain, checkpoint)
        guard replay.view.charter?.checkpointKey.bytes == trust.log?.publicKey.bytes else {
            throw .chainDiffers("the charter names another checkpoint key than the policy")
        }
        return VerifiedChain(checkpoint: checkpoint, trust: trust, replay: replay)
    }

    /// Steps 5 to 8.
    func judge(
        _ bundle: CertificateBundle, on chain: VerifiedChain
    ) throws(CertificateFailure) -> CertificateVerdict {
        let view = chain.replay.view
        let envelope = try envelope(bundle)
        let statement = try statement(envelope)
        let content = statement.predicate
        let signers = try signers(of: envelope, content, view)
        let places = try compare(statement, with: chain, bundle)
        try checkProofs(bundle, content, chain.checkpoint)
        let brackets = EventBrackets(chain)
        try checkTimes(content, brackets)
        let chainOperator = view.charter?.chainOperator
        return CertificateVerdict(
            content: content, replay: chain.replay,
            findings: try disputes(content, bundle, view) + findings(content, chain, brackets, signers),
            signers: signers,
            claimedAt: places.mapValues(\.claimedAt),
            brackets: Dictionary(
                content.events.map { ($0.event, brackets[$0.index.value]) }, uniquingKeysWith: { first, _ in first }),
            newest: content.checkpoint, cosignedAt: chain.trust.cosignedTime,
            isSignedByOperatorAlone: signers.allSatisfy { $0 == chainOperator })
    }

    // MARK: Steps

    /// Step 2, for any checkpoint that must be trusted.
    func trustedCheckpoint(_ text: String) throws(CertificateFailure) -> (Checkpoint, TrustVerdict) {
        let verdict = try trust(text)
        guard let checkpoint = verdict.checkpoint else { throw .untrusted(verdict) }
        return (checkpoint, verdict)
    }

    private func trust(_ text: String) throws(CertificateFailure) -> TrustVerdict {
        do throws(Note.Failure) {
            return policy.evaluate(try Note(parsing: Array(text.utf8)))
        } catch {
            throw .note("\(error)")
        }
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
        // First that these are the entries which were signed: what nobody signed is not worth a replay's time.
        var tree = CompactRange()
        for entry in chain.entries { tree.append(LeafHash(entry: entry.bytes)) }
        guard tree.root() == checkpoint.root else {
            throw .chainDiffers("its root is \(tree.root()), the checkpoint's \(checkpoint.root)")
        }
        var replay = PublicReplay(origin: origin, cores: cores)
        do throws(ReplayError) {
            try replay.append(chain.entries.map(\.bytes))
        } catch {
            throw .entry(error)
        }
        return replay
    }

    /// Step 4. One that lacks nothing but its quorum is no lie, and proves no time either.
    private func earlier(
        _ bundle: CertificateBundle, before checkpoint: Checkpoint
    ) throws(CertificateFailure) -> [(checkpoint: Checkpoint, trust: TrustVerdict)] {
        guard bundle.earlier.count <= CertificateBundle.maximumEarlier else {
            throw .earlier("there are \(bundle.earlier.count), more than \(CertificateBundle.maximumEarlier)")
        }
        var list: [(checkpoint: Checkpoint, trust: TrustVerdict)] = []
        for item in bundle.earlier {
            let verdict: TrustVerdict
            do throws(CertificateFailure) { verdict = try trust(item.checkpoint) } catch { throw .earlier("\(error)") }
            let reasons = verdict.findings.filter { if case .quorum = $0 { false } else { true } }
            guard reasons.isEmpty, let old = verdict.claimed, old.origin == checkpoint.origin else {
                throw .earlier(reasons.map { "\($0)" }.first ?? "it is of another chain")
            }
            guard list.last.map({ $0.checkpoint.size < old.size }) ?? true else {
                throw .earlier("they are not in ascending order of size, each once")
            }
            try checkConsistency(from: old, to: checkpoint, item.consistency)
            list.append((old, verdict))
        }
        return list
    }

    /// Step 4, for timestamps. That the chain extends what a token is about, and no more.
    private func timestamped(
        _ bundle: CertificateBundle, before checkpoint: Checkpoint
    ) throws(CertificateFailure) -> [Checkpoint] {
        guard bundle.timestamps.count <= CertificateBundle.maximumEarlier else {
            throw .earlier(
                "there are \(bundle.timestamps.count) timestamps, more than \(CertificateBundle.maximumEarlier)")
        }
        var list: [Checkpoint] = []
        for item in bundle.timestamps {
            guard let old = try? Checkpoint(parsing: item.checkpoint), old.origin == checkpoint.origin,
                list.last.map({ $0.size <= old.size }) ?? true, Base64.decode(item.token) != nil
            else { throw .earlier("a timestamp is about no checkpoint of this chain, or stands out of order") }
            try checkConsistency(from: old, to: checkpoint, item.consistency)
            list.append(old)
        }
        return list
    }

    private func checkConsistency(
        from old: Checkpoint, to new: Checkpoint, _ path: [String]
    ) throws(CertificateFailure) {
        let hashes = path.compactMap { Base64.decode($0).flatMap { NodeHash(bytes: $0) } }
        guard hashes.count == path.count else { throw .earlier("size \(old.size): its proof is malformed") }
        do throws(ConsistencyFailure) {
            try verifyConsistency(from: old.size, root: old.root, to: new.size, root: new.root, path: hashes)
        } catch {
            throw .earlier("size \(old.size): two histories, or another proof (\(error))")
        }
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
            statement = try CanonicalJSON.decode(
                CertificateStatement.self, from: envelope.payload, maximumValues: CertificateBundle.maximumValues)
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
            guard view.members[row.member]?.suspendedBy == nil else {
                throw .signature("\(row.member) is suspended")
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

    /// Derives the content from the chain and holds it against the certificate's, field by field. Returns the places of
    /// the cited events.
    private func compare(
        _ statement: CertificateStatement, with chain: VerifiedChain, _ bundle: CertificateBundle
    ) throws(CertificateFailure) -> [EventHash: EventPlace] {
        let content = statement.predicate
        guard let origin = Origin(chain.checkpoint.origin) else { throw .contentDiffers(field: "checkpoint") }
        let places = EventPlaces(bundle)
        let derived: CertificateContent
        do throws(CertificateContent.Failure) {
            derived = try CertificateContent(
                content.deletion, view: chain.replay.view, root: ArtifactDigest(retagging: chain.checkpoint.root),
                issuer: content.issuer, issuedAt: content.issuedAt,
                earlier: chain.earlier.map { earlier in
                    .init(
                        origin: origin, root: ArtifactDigest(retagging: earlier.checkpoint.root),
                        size: Count(earlier.checkpoint.size.rawValue)!)
                }, place: { places[$0] })
        } catch {
            throw .contentDiffers(field: "\(error)")
        }
        if let field = content.firstDifference(from: derived) { throw .contentDiffers(field: field) }
        guard statement.subject == CertificateStatement(derived).subject else {
            throw .contentDiffers(field: "subject")
        }
        return Dictionary(
            content.events.compactMap { cited in places[cited.event].map { (cited.event, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// Step 8.
    private func checkTimes(_ content: CertificateContent, _ brackets: EventBrackets) throws(CertificateFailure) {
        for cited in content.events where cited.claimedAt > content.issuedAt {
            throw .time("it was issued at \(content.issuedAt), and event \(cited.index) claims \(cited.claimedAt)")
        }
        for cited in content.events {
            guard let by = brackets[cited.index.value].by else { continue }
            guard cited.claimedAt.seconds <= by.cosignedAt.seconds + Self.clockTolerance else {
                throw .time(
                    "event \(cited.index) claims \(cited.claimedAt), and checkpoint \(by.size), which contains it, was "
                        + "cosigned at \(by.cosignedAt)")
            }
        }
        let request = content.events.first { $0.type == EventType.deletionRequested.rawValue }
        if let request, content.receivedAt.seconds > request.claimedAt.seconds + Self.clockTolerance {
            throw .time("the request was made at \(request.claimedAt), and received only at \(content.receivedAt)")
        }
    }

    /// Cited events that rest on a signature which its member took back afterwards.
    func disputes(
        _ content: CertificateContent, _ bundle: CertificateBundle, _ view: PublicView
    ) throws(CertificateFailure) -> [CertificateFinding] {
        var findings: [CertificateFinding] = []
        for cited in content.events {
            let index = cited.index.value
            let envelope: Envelope
            do throws(Envelope.ParseError) {
                envelope = try Envelope(parsing: bundle.chain.entries[index].bytes)
            } catch {
                throw .chainDiffers("event \(index): \(error)")
            }
            let signers = envelope.signatures.compactMap { view.keys[$0.keyID] }.filter { $0.member == cited.author }
            guard signers.allSatisfy({ $0.isDisputed(at: index) }) else { continue }
            findings.append(
                CertificateFinding(
                    .notClaimed,
                    "what \(cited.author) said in event \(index), \(cited.type), is disputed: its key was revoked, and "
                        + "vouched for only before that event", source: Self.disputeSource))
        }
        return findings
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
            ("deletion", deletion == other.deletion), ("descendants", descendants == other.descendants),
            ("documents", documents == other.documents), ("holds", holds == other.holds),
            ("interim", interim == other.interim), ("law", law == other.law), ("touched", touched == other.touched),
            ("untold", untold == other.untold),
            ("dueAt", dueAt == other.dueAt), ("earlier", earlier == other.earlier),
            ("erasures", erasures == other.erasures), ("events", events == other.events),
            ("extendedTo", extendedTo == other.extendedTo), ("recipients", recipients == other.recipients),
            ("retraining", retraining == other.retraining),
            ("excluded", excluded == other.excluded), ("grade", grade == other.grade),
            ("ground", ground == other.ground), ("keyDirectory", keyDirectory == other.keyDirectory),
            ("kind", kind == other.kind), ("limits", limits == other.limits), ("member", member == other.member),
            ("models", models == other.models), ("open", open == other.open),
            ("outOfScope", outOfScope == other.outOfScope), ("parties", parties == other.parties),
            ("plan", plan == other.plan), ("receivedAt", receivedAt == other.receivedAt),
            ("scope", scope == other.scope), ("serial", serial == other.serial), ("state", state == other.state),
            ("status", status == other.status), ("supersedes", supersedes == other.supersedes),
            ("verification", verification == other.verification),
        ]
        return checks.first { !$0.1 }?.0 ?? (self == other ? nil : "another field")
    }
}
