import Bytes
import ChainViews
import ConsortiumFixture
import Events
import MerkleLog
import Proofs
import Signing

typealias Skies = SampleConsortium

/// Certificates of the sample consortium, made here from their parts and not by a ledger.
struct CertificateScenario {
    var skies: Skies
    var deletion = DeletionID("del-1")!
    var issuer = Skies.delta
    /// Who signs besides the issuer.
    var cosigners: [MemberName] = []
    /// The keys that sign the certificate instead of those of issuer and cosigners.
    var keys: [SigningKey]?
    /// When it is issued, in seconds after the last event.
    var delay = 3_600
    var logKey = Skies.checkpointKey
    var witnesses = [Skies.delta, Skies.air]
    /// Sizes of the earlier checkpoints that go along, ascending.
    var earlier: [Int] = []
    /// When witnesses cosign the checkpoint of a size, in seconds since 1970; the clock at the end unless said.
    var cosignedAt: [Int: Int] = [:]
    /// Changes the statement's bytes before they are signed.
    var changePayload: ([UInt8]) -> [UInt8] = { $0 }

    // MARK: Stories

    /// Two isolated rounds of three; united leaves; both models are rebuilt. Grade A3.
    static func isolated() throws -> CertificateScenario {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin, Skies.swiss])
        try skies.runRound("r2", .isolated, [Skies.united, Skies.virgin]) { [digest("adapter/\($0)/r1")] }
        try skies.delete(Skies.united, "del-1")
        return CertificateScenario(skies: skies)
    }

    /// The same, and air merged both models again. Grade A4.
    static func attested() throws -> CertificateScenario {
        var scenario = try isolated()
        for round in ["r1", "r2"] {
            let model = scenario.skies.view.currentModel(of: RoundID(round)!)!.model
            try scenario.skies.attest(model, by: Skies.air)
        }
        return scenario
    }

    /// A second round was trained on the first one's model: its model is withdrawn. Grade A2.
    static func feedback() throws -> CertificateScenario {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        try skies.runRound("r2", .feedback, [Skies.united, Skies.virgin]) { _ in [model] }
        try skies.delete(Skies.united, "del-1")
        return CertificateScenario(skies: skies)
    }

    // MARK: Parts

    static let logName = KeyName(Skies.origin.text)!

    static func witnessName(_ member: MemberName) -> KeyName { KeyName("\(member).skies.example")! }

    /// The log of the consortium and two of three witnesses.
    static func policy(log: SigningKey = Skies.checkpointKey, name: KeyName = logName) -> TrustPolicy {
        let members = [Skies.air, Skies.delta, Skies.swiss]
        let witnesses = members.map { member in
            let key = Skies.key(member, "witness").publicKey
            return TrustPolicy.Witness(
                name: PolicyWord(member.text)!,
                key: VerifierKey(name: witnessName(member), algorithm: .cosignatureV1, publicKey: key))
        }
        let quorum = PolicyWord("members")!
        return try! TrustPolicy(
            logs: [.init(key: VerifierKey(name: name, algorithm: .ed25519, publicKey: log.publicKey))],
            witnesses: witnesses,
            groups: [.init(name: quorum, threshold: .atLeast(2), members: witnesses.map(\.name))],
            quorum: .named(quorum))
    }

    /// Until when `size` events had been said.
    func clock(atSize size: Int) -> Int { skies.clock - 60 * (skies.entries.count - size) }

    var tree: MerkleTree { MerkleTree(leaves: skies.entries.map { LeafHash(entry: $0) }) }

    func note(_ tree: MerkleTree, size: Int? = nil) -> Note {
        let size = size ?? tree.size.rawValue
        let checkpoint = try! Checkpoint(
            origin: Skies.origin.text, size: TreeSize(size), root: tree.root(at: TreeSize(size)))
        var note = try! Note(text: checkpoint.text)
        note.sign(as: Self.logName, with: logKey)
        for witness in witnesses {
            note.cosign(
                as: Self.witnessName(witness), with: Skies.key(witness, "witness"),
                time: UInt64(cosignedAt[size] ?? clock(atSize: size)))
        }
        return note
    }

    func content() throws -> CertificateContent {
        var places: [EventHash: EventPlace] = [:]
        for (index, entry) in skies.entries.enumerated() {
            let statement = try ReceivedEvent(parsing: entry).statement
            places[EventHash(envelope: entry)] = EventPlace(
                author: statement.author, claimedAt: statement.claimedAt, index: index)
        }
        let tree = tree
        return try CertificateContent(
            deletion, view: skies.view, root: ArtifactDigest(retagging: tree.root()), issuer: issuer,
            issuedAt: Timestamp(seconds: skies.clock + delay)!,
            earlier: earlier.map { size in
                .init(
                    origin: Skies.origin, root: ArtifactDigest(retagging: tree.root(at: TreeSize(size))),
                    size: Count(size)!)
            }, place: { places[$0] })
    }

    func certificate(_ content: CertificateContent) -> [UInt8] {
        let payload = changePayload(CanonicalJSON.encode(CertificateStatement(content)))
        return Skies.seal(payload, with: keys ?? ([issuer] + cosigners).map(skies.signingKey))
    }

    func bundle() throws -> CertificateBundle {
        let (tree, content) = (tree, try content())
        let proofs = content.events.map { cited in
            CertificateBundle.InclusionProof(
                event: cited.event, index: cited.index.value,
                path: tree.inclusionProof(of: LeafIndex(cited.index.value)).map(\.bytes))
        }
        return CertificateBundle(
            certificate: certificate(content),
            chain: .init(checkpoint: note(tree).bytes, entries: skies.entries),
            earlier: earlier.map { size in
                .init(
                    checkpoint: note(tree, size: size).bytes,
                    consistency: tree.consistencyProof(from: TreeSize(size)).map(\.bytes))
            },
            proofs: proofs)
    }
}

/// The step at which a bundle is refused; `ok` where it is not.
func verdict(_ bundle: CertificateBundle, _ policy: TrustPolicy = CertificateScenario.policy()) -> String {
    verdict(bundle.bytes, policy)
}

func verdict(_ bytes: [UInt8], _ policy: TrustPolicy = CertificateScenario.policy()) -> String {
    do {
        _ = try CertificateVerifier(policy: policy).verify(bytes)
        return "ok"
    } catch {
        return error.step
    }
}
