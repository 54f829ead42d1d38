import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import Signing

/// A consortium that produces as many admissible events as are asked for, in the mix of a busy ledger.
///
/// The hub operates the public chain in a ledger of its own. The other members have keys here alone, as if they sent their
/// envelopes over: 24 contributors and a desk that opens and closes rounds. A round is one opening, 24 contributions that
/// continue their member's lineage, six anchors of private chains, a closing, a model, and two attestations; now and then a
/// key is rotated, and a deletion is asked for and refused.
struct BenchConsortium {
    /// A member whose envelopes are made here.
    private struct Author: Sendable {
        let name: MemberName
        var key: SigningKey
        var sequence = 0
        var last: EventHash?
        var adapter: ArtifactDigest?

        init(_ name: String) {
            self.name = MemberName(name)!
            key = .generate(random: .system)
        }

        var keyID: KeyID { KeyBytes(bytes: key.publicKey.bytes)!.keyID }
    }

    private static let consortium = Consortium("bench.example")!
    private static let contributorCount = 24
    private static let desk = contributorCount
    private static let base = ArtifactDigest.sha256(Array("bench base".utf8))
    private static let configuration = ArtifactDigest.sha256(Array("bench configuration".utf8))

    let ledger: Ledger
    let origin: Origin
    private let firstLeaf: EventHash
    /// The contributors, and after them the desk.
    private var authors = (0..<contributorCount).map { Author("member-\($0)") } + [Author("desk")]
    private var round = 0
    /// How many leaves the chain has once all events made so far are appended.
    private var size = 1
    private var ready: [[UInt8]] = []
    /// Public keys by key id, for whoever verifies what is made here.
    private(set) var keys: [KeyID: PublicKey] = [:]

    /// Founds the consortium in a new ledger at `path`.
    init(at path: String, surroundings: Surroundings) async throws {
        let hub = MemberName("hub")!
        ledger = try await Ledger.create(
            at: path, consortium: Self.consortium, members: [hub], protection: .none, surroundings: surroundings)
        var cards = [try await ledger.card(of: hub, consortium: Self.consortium, roles: [.operator])]
        cards += authors.prefix(Self.contributorCount).map { Self.card($0, [.auditor, .contributor]) }
        cards.append(Self.card(authors[Self.desk], [.aggregator]))
        try await ledger.found(
            Self.consortium, chainOperator: hub, cards: cards, threshold: cards.count / 2 + 1, protection: .none)
        origin = try await ledger.publicOrigin
        firstLeaf = try await ledger.view.charter!.firstLeaf
        for author in authors { keys[author.keyID] = author.key.publicKey }
        addFirstEvents()
    }

    /// The next `count` envelopes, to be appended in this order.
    mutating func next(_ count: Int) -> [[UInt8]] {
        while ready.count < count { addRound() }
        defer { ready.removeFirst(count) }
        return Array(ready.prefix(count))
    }

    private static func card(_ author: Author, _ roles: [Role]) -> MemberCard {
        let fresh = { KeyBytes(bytes: SigningKey.generate(random: .system).publicKey.bytes)! }
        return MemberCard(
            consortium: consortium,
            member: MemberRecord(
                name: author.name, roles: Ascending(roles), eventKey: KeyBytes(bytes: author.key.publicKey.bytes)!,
                witnessKey: fresh(), encryptionKey: fresh()))
    }

    // MARK: Events

    private mutating func addFirstEvents() {
        add(.baseRegistered(BaseRegistered(base: Self.base, name: BaseName("bench/encoder")!)), by: Self.desk)
        for index in 0..<Self.contributorCount {
            let key = KeyBytes(bytes: SigningKey.generate(random: .system).publicKey.bytes)!
            let chain = privateChain(of: authors[index])
            let opened = ChainOpened(checkpointKey: key, chainOperator: authors[index].name, origin: chain)
            add(.chainOpened(opened), by: index)
        }
    }

    private mutating func addRound() {
        round += 1
        let id = RoundID("round-\(round)")!
        add(.roundOpened(RoundOpened(base: Self.base, round: id, rule: .mean, topology: .isolated)), by: Self.desk)
        let set = EventSet(addContributions(to: id))
        for offset in 0..<6 { addAnchor((round * 6 + offset) % Self.contributorCount) }
        add(.roundClosed(RoundClosed(contributions: set, round: id)), by: Self.desk)
        let model = Self.digest("model \(round)")
        let materialized = ModelMaterialized(
            contributions: set, model: model, plan: nil, round: id, tensors: Self.digest("model tensors \(round)"))
        let event = add(.modelMaterialized(materialized), by: Self.desk)
        for offset in 0..<2 {
            let attested = ModelAttested(materialization: event, model: model)
            add(.modelAttested(attested), by: (round * 2 + offset) % Self.contributorCount)
        }
        if round.isMultiple(of: 8) { rotateKey(of: round / 8 % Self.contributorCount) }
        if round.isMultiple(of: 10) { refuseDeletion(of: round / 10 % Self.contributorCount) }
    }

    /// Every contributor's adapter, signed on all cores: this is most of the work.
    private mutating func addContributions(to round: RoundID) -> [EventHash] {
        let origin = origin, firstLeaf = firstLeaf
        let made = [(Author, [UInt8])](unsafeUninitializedCapacity: Self.contributorCount) { buffer, count in
            nonisolated(unsafe) let output = buffer
            let authors = authors
            DispatchQueue.concurrentPerform(iterations: Self.contributorCount) { index in
                var author = authors[index]
                let adapter = Self.digest("\(author.name) \(round)")
                let event = AdapterCommitted(
                    adapter: adapter, configuration: Self.configuration,
                    parents: Ascending(author.adapter.map { [$0] } ?? []), round: round,
                    tensors: Self.digest("\(author.name) \(round) tensors"), weight: Weight(100 + index)!)
                author.adapter = adapter
                let bytes = Self.envelope(.adapterCommitted(event), by: &author, on: origin, firstLeaf)
                output.initializeElement(at: index, to: (author, bytes))
            }
            count = Self.contributorCount
        }
        authors.replaceSubrange(0..<Self.contributorCount, with: made.map(\.0))
        ready += made.map(\.1)
        size += made.count
        return made.map { $0.0.last! }
    }

    private mutating func addAnchor(_ index: Int) {
        let chain = privateChain(of: authors[index])
        let body = BodyReference(
            commitment: BodyCommitment(retagging: Self.digest("\(chain) \(size)")), mediaType: .checkpoint)
        add(.chainAnchored(ChainAnchored(origin: chain)), by: index, body: body)
    }

    private mutating func rotateKey(of index: Int) {
        let old = authors[index].keyID
        let new = SigningKey.generate(random: .system)
        let bytes = KeyBytes(bytes: new.publicKey.bytes)!
        keys[bytes.keyID] = new.publicKey
        let name = authors[index].name
        add(.keyAdded(KeyAdded(key: bytes, member: name, purpose: .event)), by: index, and: new)
        authors[index].key = new
        let revoked = KeyRevoked(goodSize: Count(size)!, key: old, member: name, reason: .rotated)
        add(.keyRevoked(revoked), by: index)
    }

    private mutating func refuseDeletion(of index: Int) {
        let id = DeletionID("deletion-\(round)")!, time = Self.time(size)
        let requested = DeletionRequested(
            deletion: id, dueAt: time, ground: .gdpr171b, member: authors[index].name, receivedAt: time,
            scope: .contributions)
        add(.deletionRequested(requested), by: index)
        let refusal = Refusal(ground: .gdpr171, notice: nil, reviewer: .dpo)
        add(.deletionDecided(DeletionDecided(decision: .refused, deletion: id, refusal: refusal)), by: index)
    }

    // MARK: Envelopes

    @discardableResult
    private mutating func add(
        _ event: Event, by index: Int, body: BodyReference? = nil, and second: SigningKey? = nil
    ) -> EventHash {
        ready.append(Self.envelope(event, by: &authors[index], on: origin, firstLeaf, body: body, and: second))
        size += 1
        return authors[index].last!
    }

    private static func envelope(
        _ event: Event, by author: inout Author, on origin: Origin, _ firstLeaf: EventHash,
        body: BodyReference? = nil, and second: SigningKey? = nil
    ) -> [UInt8] {
        let statement = Statement(
            chain: origin, author: author.name, sequence: author.sequence, previous: author.last,
            claimedAt: time(author.sequence), body: body, event: event, firstLeaf: firstLeaf)
        let payload = statement.bytes
        let message = Envelope.preAuthenticationEncoding(Envelope.payloadType, payload)
        let signatures = ([author.key] + (second.map { [$0] } ?? [])).map { key in
            Envelope.Signature(keyID: KeyBytes(bytes: key.publicKey.bytes)!.keyID, signature: key.sign(message))
        }
        let bytes = Envelope(payload: payload, signatures: signatures).bytes
        author.sequence += 1
        author.last = EventHash(envelope: bytes)
        return bytes
    }

    private func privateChain(of author: Author) -> Origin {
        Origin(Self.consortium, chain: Identifier<Origin>(author.name.text)!)
    }

    private static func digest(_ text: String) -> ArtifactDigest { .sha256(Array(text.utf8)) }

    private static func time(_ number: Int) -> Timestamp { Timestamp(seconds: 1_795_000_000 + number)! }
}

/// Signatures to verify with nothing around them: the ceiling of whatever has to verify them.
struct SignatureLoad: Sendable {
    private let checks: [(key: PublicKey, signature: [UInt8], message: [UInt8])]

    var count: Int { checks.count }

    /// The first signature of each envelope.
    init(_ envelopes: [[UInt8]], keys: [KeyID: PublicKey]) throws {
        checks = try envelopes.map { bytes in
            let envelope = try Envelope(parsing: bytes)
            return (keys[envelope.signatures[0].keyID]!, envelope.signatures[0].signature, envelope.signedBytes)
        }
    }

    /// Seconds to verify all on `cores` threads.
    func verify(cores: Int) async -> Double {
        await timed {
            onAllCores(checks.count, cores: cores) { index in
                let check = checks[index]
                precondition(
                    check.key.isValidSignature(check.signature, of: check.message), "a signature does not hold")
            }
        }
    }
}
