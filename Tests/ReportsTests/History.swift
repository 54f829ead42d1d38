import Bytes
import ChainViews
import Events
import MerkleLog
import Proofs
import Signing

/// A consortium's history in memory, the same in each run: keys from names, a clock that moves by fixed
/// steps.
///
/// Every event is signed and admitted as a ledger would admit it, and a certificate is checked by the
/// real verifier, so a page in these tests shows nothing that a chain could not say.
struct History {
    static let origin = Origin("skies.example/public")!
    /// 2026-10-01T08:00:00Z
    static let founding = 1_790_841_600

    let members: [MemberName]
    private(set) var view = PublicView(origin: origin)
    private(set) var entries: [[UInt8]] = []
    private var hashes: [EventHash: Int] = [:]
    /// Seconds since 1970: what every author's clock says.
    var clock = founding

    var chainOperator: MemberName { members[0] }

    /// A consortium of `members`, the first of which operates the chain and aggregates, all others
    /// witnesses too.
    init(_ members: [String]) throws {
        self.members = members.map { MemberName($0)! }.sorted()
        let records = self.members.enumerated().map { index, name in
            MemberRecord(
                name: name,
                roles: Ascending(index == 0 ? Role.allCases : [.auditor, .contributor, .witness]),
                eventKey: KeyBytes(bytes: Self.key("event", name).publicKey.bytes)!,
                witnessKey: KeyBytes(bytes: Self.key("witness", name).publicKey.bytes)!,
                encryptionKey: KeyBytes(bytes: Self.key("encryption", name).publicKey.bytes)!)
        }
        try say(
            .consortiumFounded(
                ConsortiumFounded(
                    consortium: Self.origin.consortium, chainOperator: self.members[0],
                    checkpointKey: KeyBytes(bytes: Self.logKey.publicKey.bytes)!, members: records,
                    threshold: Count(2)!)),
            as: self.members[0])
        try say(
            .baseRegistered(
                BaseRegistered(
                    base: Self.digest("base"), name: BaseName("sentence-transformers/all-MiniLM-L6-v2")!)),
            as: self.members[0])
    }

    static func key(_ purpose: String, _ member: MemberName) -> SigningKey {
        SigningKey(seed: Hash256<SigningKey>.sha256(Array("\(purpose) \(member)".utf8)).bytes)!
    }

    static let logKey = SigningKey(seed: Hash256<SigningKey>.sha256(Array("log".utf8)).bytes)!

    /// A digest that stands for bytes nobody needs.
    static func digest(_ name: String) -> ArtifactDigest { .sha256(Array(name.utf8)) }

    /// Signs `event` and appends it. The clock moves on by 90 seconds.
    @discardableResult
    mutating func say(_ event: Event, as author: MemberName) throws -> EventHash {
        clock += 90
        let head = view.head(of: author)
        let statement = Statement(
            chain: Self.origin, author: author, sequence: head?.events.value ?? 0, previous: head?.last,
            claimedAt: Timestamp(seconds: clock)!, body: nil, event: event,
            firstLeaf: view.charter?.firstLeaf)
        let payload = statement.bytes, key = Self.key("event", author)
        let signature = Envelope.Signature(
            keyID: KeyBytes(bytes: key.publicKey.bytes)!.keyID,
            signature: key.sign(Envelope.preAuthenticationEncoding(Envelope.payloadType, payload)))
        let bytes = Envelope(payload: payload, signatures: [signature]).bytes
        let record = try view.admit(ReceivedEvent(parsing: bytes))
        hashes[record.hash] = entries.count
        entries.append(bytes)
        return record.hash
    }
}

// MARK: - Rounds

extension History {
    /// A round to which every member of `contributors` adds an adapter, merged by the operator.
    mutating func round(
        _ name: String, _ topology: Topology, contributors: [MemberName]? = nil, isAttested: Bool = false
    ) throws {
        let round = RoundID(name)!
        try open(name, topology, contributors: contributors)
        let set = EventSet(view.contributions(to: round).map(\.event))
        try say(.roundClosed(RoundClosed(contributions: set, round: round)), as: chainOperator)
        try materialize(round, plan: nil, isAttested: isAttested)
    }

    /// A round with contributions that nobody closes.
    mutating func open(_ name: String, _ topology: Topology, contributors: [MemberName]? = nil) throws {
        let round = RoundID(name)!
        let previous = view.allRounds.last
        try say(
            .roundOpened(
                RoundOpened(base: Self.digest("base"), round: round, rule: .mean, topology: topology)),
            as: chainOperator)
        for (index, member) in (contributors ?? members).enumerated() {
            try say(
                .adapterCommitted(
                    AdapterCommitted(
                        adapter: Self.digest("adapter \(name) \(member)"),
                        configuration: Self.digest("configuration"),
                        parents: parents(of: member, topology, previous), round: round,
                        tensors: Self.digest("tensors \(name) \(member)"), weight: Weight(100 + 37 * index)!
                    )),
                as: member)
        }
    }

    private func parents(
        of member: MemberName, _ topology: Topology, _ previous: RoundRow?
    ) -> Ascending<ArtifactDigest> {
        guard let previous else { return [] }
        switch topology {
        case .isolated:
            let own = view.allRounds.reversed().lazy.flatMap { view.contributions(to: $0.round) }.first {
                $0.member == member
            }
            return own.map { [$0.adapter] } ?? []
        case .feedback, .cohort: return view.currentModel(of: previous.round).map { [$0.model] } ?? []
        }
    }

    private mutating func materialize(_ round: RoundID, plan: ArtifactDigest?, isAttested: Bool) throws {
        let set = EventSet(view.contributions(to: round).map(\.event))
        let model = Self.digest("model \(round) of \(set.count)")
        let event = try say(
            .modelMaterialized(
                ModelMaterialized(
                    contributions: set, model: model, plan: plan, round: round,
                    tensors: Self.digest("merged \(round) of \(set.count)"))), as: chainOperator)
        if isAttested {
            try say(.modelAttested(ModelAttested(materialization: event, model: model)), as: members[1])
        }
    }
}

// MARK: - Deletions

extension History {
    /// Carries out the deletion of everything that `member` contributed, from the request to its
    /// completion.
    ///
    /// - Parameter days: how long after receipt the work begins.
    mutating func delete(_ member: String, id: String, days: Int = 0, isAttested: Bool) throws {
        let member = MemberName(member)!, deletion = DeletionID(id)!
        let received = Timestamp(seconds: clock + 600)!
        clock += 4_000
        try say(
            .deletionRequested(
                DeletionRequested(
                    deletion: deletion, dueAt: Timestamp(seconds: received.seconds + 31 * 86_400)!,
                    ground: .memberLeft, member: member, receivedAt: received, scope: .contributions)),
            as: member)
        clock += days * 86_400
        try say(.deletionDecided(DeletionDecided(decision: .accepted, deletion: deletion)), as: member)
        let plan = view.plan(for: [deletion])
        try say(
            .deletionStarted(
                DeletionStarted(
                    deletions: [deletion], excluded: plan.excluded, holders: plan.holders, plan: plan.digest
                )),
            as: chainOperator)
        try say(
            .exclusionApplied(
                ExclusionApplied(models: Ascending(plan.models.map(\.model)), plan: plan.digest)),
            as: chainOperator)
        try settle(plan, isAttested: isAttested)
        for holder in plan.holders { try erase(plan, as: holder) }
        try say(
            .deletionCompleted(
                DeletionCompleted(
                    deletion: deletion, keyDirectory: view.keyDirectory,
                    outcome: plan.isExact ? .exact : .withdrawn, plan: plan.digest)), as: chainOperator)
    }

    mutating func settle(_ plan: Plan, isAttested: Bool) throws {
        var dispositions: [Disposition] = []
        for planned in plan.models {
            if planned.outcome == .rematerialized {
                try materialize(planned.round, plan: plan.digest, isAttested: isAttested)
            } else {
                try say(
                    .modelRecalled(
                        ModelRecalled(model: planned.model, plan: plan.digest, round: planned.round)),
                    as: chainOperator)
            }
            dispositions.append(
                Disposition(
                    newModel: view.currentModel(of: planned.round)?.model, oldModel: planned.model,
                    outcome: planned.outcome, round: planned.round))
        }
        try say(
            .rematerializationCompleted(
                RematerializationCompleted(dispositions: dispositions, plan: plan.digest)),
            as: chainOperator)
    }

    private mutating func erase(_ plan: Plan, as holder: MemberName) throws {
        let isOperator = holder == chainOperator
        func result(_ items: Int, _ store: StoreKind) -> StoreResult {
            StoreResult(items: Count(items)!, store: store, verdict: items == 0 ? .notFound : .deleted)
        }
        var results = [result(isOperator ? plan.artifacts.count : plan.excluded.count, .blobs)]
        if isOperator { results.append(result(plan.models.count, .runningSums)) }
        results.append(result(isOperator ? 0 : 1, .vault))
        try say(
            .erasureAttested(
                ErasureAttested(artifacts: plan.artifacts, plan: plan.digest, results: results)), as: holder
        )
    }
}

// MARK: - Certificates

extension History {
    /// What the verifier says of the certificate of `id`, issued by the operator and signed by `signers`
    /// beside it.
    func verdict(_ id: String, signers: [MemberName] = []) throws -> (
        verdict: CertificateVerdict, bundle: [UInt8]
    ) {
        let tree = MerkleTree(leaves: entries.map { LeafHash(entry: $0) })
        let content = try CertificateContent(
            DeletionID(id)!, view: view, root: ArtifactDigest(retagging: tree.root()),
            issuer: chainOperator,
            issuedAt: Timestamp(seconds: clock + 300)!,
            place: { event in
                hashes[event].flatMap { index in
                    (try? ReceivedEvent(parsing: entries[index]).statement).map {
                        EventPlace(author: $0.author, claimedAt: $0.claimedAt, index: index)
                    }
                }
            })
        let payload = CanonicalJSON.encode(CertificateStatement(content))
        let message = Envelope.preAuthenticationEncoding(Envelope.payloadType, payload)
        let signatures = ([chainOperator] + signers).map { member in
            let key = Self.key("event", member)
            return Envelope.Signature(
                keyID: KeyBytes(bytes: key.publicKey.bytes)!.keyID, signature: key.sign(message))
        }
        let size = TreeSize(entries.count)
        let proofs = content.events.map { cited in
            CertificateBundle.InclusionProof(
                event: cited.event, index: cited.index.value,
                path: tree.inclusionProof(of: LeafIndex(cited.index.value), in: size).map(\.bytes))
        }
        let bundle = CertificateBundle(
            certificate: Envelope(payload: payload, signatures: signatures).bytes,
            chain: .init(checkpoint: try checkpoint(tree), entries: entries), proofs: proofs)
        let verdict = try CertificateVerifier(policy: try policy()).verify(bundle.bytes)
        return (verdict, bundle.bytes)
    }

    private static let logName = KeyName(origin.text)!

    private func checkpoint(_ tree: MerkleTree) throws -> [UInt8] {
        var note = try Note(
            text: Checkpoint(origin: Self.origin.text, size: TreeSize(entries.count), root: tree.root())
                .text)
        note.sign(as: Self.logName, with: Self.logKey)
        note.cosign(
            as: KeyName("auditor.example/w")!, with: Self.key("witness", members[1]),
            time: UInt64(clock + 200))
        return note.bytes
    }

    private func policy() throws -> TrustPolicy {
        let witness = PolicyWord("auditor")!
        return try TrustPolicy(
            logs: [
                .init(
                    key: VerifierKey(
                        name: Self.logName, algorithm: .ed25519, publicKey: Self.logKey.publicKey))
            ],
            witnesses: [
                .init(
                    name: witness,
                    key: VerifierKey(
                        name: KeyName("auditor.example/w")!, algorithm: .cosignatureV1,
                        publicKey: Self.key("witness", members[1]).publicKey))
            ], quorum: .named(witness))
    }
}
