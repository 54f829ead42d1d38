import Bytes
import ChainViews
import Events
import Foundation
import MerkleLog
import Proofs
import Signing

/// The line about a large certificate: 20 rounds of 50 contributors, one of whom leaves; five members hold something.
struct CertificateBench {
    private static let consortium = Consortium("bench.example")!
    private static let origin = Origin.public(of: consortium)
    private static let rounds = 20, contributors = 50

    private let bundle: [UInt8]
    private let entries: [[UInt8]]
    private let policy: TrustPolicy
    private let keys: [KeyID: PublicKey]
    let contributions: Int
    let holders: Int

    /// Makes the chain and its certificate in memory.
    init(quick: Bool) throws {
        var history = try BenchHistory(consortium: Self.consortium, contributors: quick ? 5 : Self.contributors)
        for number in 1...(quick ? 2 : Self.rounds) { try history.addRound(number) }
        try history.deleteFirstContributor()
        entries = history.entries
        keys = history.publicKeys
        let (content, bytes, policy) = try history.certificate()
        (bundle, self.policy) = (bytes, policy)
        contributions = history.view.contributions.rows.count
        holders = content.erasures.count
    }

    /// Verifying the bundle from its bytes, against one signature of each of its events on the same cores.
    func verify(samples: Int, cores: Int) async throws -> BenchLine {
        let load = try SignatureLoad(entries, keys: keys)
        let verifier = CertificateVerifier(policy: policy, cores: cores)
        let taken = try await Samples(samples) {
            try await timed {
                let verdict = try verifier.verify(bundle)
                precondition(verdict.content.grade == .replayedTwice, "the certificate is not what it should be")
            }
        } floor: {
            await load.verify(cores: cores)
        }
        return BenchLine(
            "verify a certificate, \(contributions) contributions, \(holders) holders",
            .milliseconds(taken.medianMeasured),
            against: "signatures verified, \(cores) cores", .milliseconds(taken.medianFloor),
            want: .millisecondsAtMost(100),
            processorRatio: taken.processorRatio, note: "\(entries.count) events")
    }

    /// The bundle's bytes, against those of the chain in it.
    func size() -> BenchLine {
        func mebibytes(_ count: Int) -> BenchLine.Figure { .init(value: Double(count) / 1_048_576, unit: "MiB") }
        return BenchLine(
            "its bundle", mebibytes(bundle.count), against: "the entries in it",
            mebibytes(entries.map(\.count).reduce(0, +)),
            want: .mebibytesBelow(2))
    }
}

/// A public chain in memory: who speaks, and what was said.
private struct BenchHistory {
    private(set) var view: PublicView
    private(set) var entries: [[UInt8]] = []
    private var signingKeys: [MemberName: SigningKey] = [:]
    private let witness = SigningKey.generate(random: .system)
    private let log = SigningKey.generate(random: .system)
    private var clock = 1_795_000_000
    private let hub = MemberName("hub")!, desk = MemberName("desk")!, second = MemberName("second")!
    private let contributors: [MemberName]
    private var lineage: [MemberName: ArtifactDigest] = [:]

    init(consortium: Consortium, contributors count: Int) throws {
        view = PublicView(origin: .public(of: consortium))
        contributors = (1...count).map { MemberName("member-\($0)")! }
        var records: [MemberRecord] = []
        for member in (contributors + [hub, desk, second]).sorted() {
            let key = SigningKey.generate(random: .system)
            signingKeys[member] = key
            let roles: Ascending<Role> =
                member == hub
                ? [.operator, .witness]
                : member == desk || member == second
                    ? [.aggregator, .auditor] : [.auditor, .contributor]
            let witnessKey = member == hub ? witness : .generate(random: .system)
            records.append(
                MemberRecord(
                    name: member, roles: roles, eventKey: Self.bytes(key), witnessKey: Self.bytes(witnessKey),
                    encryptionKey: Self.bytes(.generate(random: .system))))
        }
        try say(
            .consortiumFounded(
                ConsortiumFounded(
                    consortium: consortium, chainOperator: hub, checkpointKey: Self.bytes(log), members: records,
                    threshold: Count(2)!)), by: hub)
        try say(.baseRegistered(BaseRegistered(base: Self.digest("base"), name: BaseName("bench/encoder")!)), by: desk)
    }

    var publicKeys: [KeyID: PublicKey] {
        Dictionary(uniqueKeysWithValues: signingKeys.values.map { (Self.bytes($0).keyID, $0.publicKey) })
    }

    private static func bytes(_ key: SigningKey) -> KeyBytes { KeyBytes(bytes: key.publicKey.bytes)! }
    private static func digest(_ text: String) -> ArtifactDigest { .sha256(Array(text.utf8)) }

    @discardableResult
    private mutating func say(_ event: Event, by author: MemberName) throws -> EventHash {
        let head = view.head(of: author)
        let statement = Statement(
            chain: view.origin, author: author, sequence: head?.events.value ?? 0, previous: head?.last,
            claimedAt: Timestamp(seconds: clock)!, body: nil, event: event, firstLeaf: view.charter?.firstLeaf)
        let bytes = seal(statement.bytes, by: [author])
        let received = try ReceivedEvent(parsing: bytes)
        try view.admit(received)
        entries.append(bytes)
        clock += 1
        return received.hash
    }

    private func seal(_ payload: [UInt8], by members: [MemberName]) -> [UInt8] {
        let message = Envelope.preAuthenticationEncoding(Envelope.payloadType, payload)
        let signatures = members.map { member in
            Envelope.Signature(
                keyID: Self.bytes(signingKeys[member]!).keyID, signature: signingKeys[member]!.sign(message))
        }
        return Envelope(payload: payload, signatures: signatures).bytes
    }

    /// Everybody commits an adapter on top of the one before; the desk merges, two contributors confirm.
    mutating func addRound(_ number: Int) throws {
        let round = RoundID("round-\(number)")!
        try say(
            .roundOpened(RoundOpened(base: Self.digest("base"), round: round, rule: .mean, topology: .isolated)),
            by: second)
        for member in contributors {
            let adapter = Self.digest("\(member) \(number)")
            try say(
                .adapterCommitted(
                    AdapterCommitted(
                        adapter: adapter, configuration: Self.digest("configuration"),
                        parents: Ascending(lineage[member].map { [$0] } ?? []), round: round,
                        tensors: Self.digest("\(member) \(number) tensors"), weight: Weight(100)!)), by: member)
            lineage[member] = adapter
        }
        let set = EventSet(view.contributions(to: round).map(\.event))
        try say(.roundClosed(RoundClosed(contributions: set, round: round)), by: second)
        try materialize(round, plan: nil)
    }

    private mutating func materialize(_ round: RoundID, plan: ArtifactDigest?) throws {
        let set = EventSet(view.contributions(to: round).map(\.event))
        let label = "\(round) \(plan?.hex ?? "")"
        let event = try say(
            .modelMaterialized(
                ModelMaterialized(
                    contributions: set, model: Self.digest(label), plan: plan, round: round,
                    tensors: Self.digest(label + " tensors"))), by: desk)
        for member in contributors[1...2] {
            try say(.modelAttested(ModelAttested(materialization: event, model: Self.digest(label))), by: member)
        }
    }

    mutating func deleteFirstContributor() throws {
        let (id, member) = (DeletionID("deletion")!, contributors[0])
        let time = Timestamp(seconds: clock)!
        try say(
            .deletionRequested(
                DeletionRequested(
                    deletion: id, dueAt: Timestamp(seconds: clock + 2_592_000)!, ground: .memberLeft, member: member,
                    receivedAt: time, scope: .contributions)), by: member)
        try say(.deletionDecided(DeletionDecided(decision: .accepted, deletion: id)), by: member)
        let plan = view.plan(for: [id])
        try say(
            .deletionStarted(
                DeletionStarted(
                    deletions: plan.deletions, excluded: plan.excluded, holders: plan.holders, plan: plan.digest)),
            by: desk)
        try say(
            .exclusionApplied(ExclusionApplied(models: Ascending(plan.models.map(\.model)), plan: plan.digest)),
            by: desk)
        var dispositions: [Disposition] = []
        for planned in plan.models {
            try materialize(planned.round, plan: plan.digest)
            dispositions.append(
                Disposition(
                    newModel: view.currentModel(of: planned.round)!.model, oldModel: planned.model,
                    outcome: .rematerialized, round: planned.round))
        }
        try say(
            .rematerializationCompleted(RematerializationCompleted(dispositions: dispositions, plan: plan.digest)),
            by: desk)
        for holder in plan.holders {
            let results = [
                StoreResult(items: Count(plan.artifacts.count)!, store: .blobs, verdict: .deleted),
                StoreResult(items: Count(0)!, store: .runningSums, verdict: .notFound),
                StoreResult(items: Count(0)!, store: .vault, verdict: .notFound),
            ]
            try say(
                .erasureAttested(ErasureAttested(artifacts: plan.artifacts, plan: plan.digest, results: results)),
                by: holder)
        }
        try say(
            .deletionCompleted(
                DeletionCompleted(deletion: id, keyDirectory: view.keyDirectory, outcome: .exact, plan: plan.digest)),
            by: desk)
    }

    /// The certificate that the desk issues and a contributor signs too, and the policy that it verifies under.
    func certificate() throws -> (CertificateContent, bundle: [UInt8], TrustPolicy) {
        let tree = MerkleTree(leaves: entries.map { LeafHash(entry: $0) })
        var places: [EventHash: EventPlace] = [:]
        for (index, entry) in entries.enumerated() {
            let statement = try ReceivedEvent(parsing: entry).statement
            places[EventHash(envelope: entry)] = EventPlace(
                author: statement.author, claimedAt: statement.claimedAt, index: index)
        }
        let content = try CertificateContent(
            DeletionID("deletion")!, view: view, root: ArtifactDigest(retagging: tree.root()), issuer: desk,
            issuedAt: Timestamp(seconds: clock)!, place: { places[$0] })
        let (logName, witnessName) = (KeyName(view.origin.text)!, KeyName("hub.\(view.origin.consortium)")!)
        var note = try Note(text: Checkpoint(origin: view.origin.text, size: tree.size, root: tree.root()).text)
        note.sign(as: logName, with: log)
        note.cosign(as: witnessName, with: witness, time: UInt64(clock))
        let bundle = CertificateBundle(
            certificate: seal(CanonicalJSON.encode(CertificateStatement(content)), by: [desk, contributors[1]]),
            chain: .init(checkpoint: note.bytes, entries: entries),
            proofs: content.events.map { cited in
                .init(
                    event: cited.event, index: cited.index.value,
                    path: tree.inclusionProof(of: LeafIndex(cited.index.value)).map(\.bytes))
            })
        let name = PolicyWord("hub")!
        let policy = try TrustPolicy(
            logs: [.init(key: VerifierKey(name: logName, algorithm: .ed25519, publicKey: log.publicKey))],
            witnesses: [
                .init(
                    name: name,
                    key: VerifierKey(name: witnessName, algorithm: .cosignatureV1, publicKey: witness.publicKey))
            ], quorum: .named(name))
        return (content, bundle.bytes, policy)
    }
}
