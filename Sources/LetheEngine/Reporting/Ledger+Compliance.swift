public import Bytes
public import ChainViews
public import Compliance
public import Events
internal import LedgerStore
public import MerkleLog
internal import Replay
internal import Signing

/// What controls are judged by, for one organisation as of one time.
public struct ComplianceQuestion: Sendable {
    /// The packs that are judged, in the order of the answer.
    public var packs: [Pack]
    public var asOf: Timestamp
    /// What the organisation is under the law.
    public var roles: Set<PartyRole>
    /// Whose private chain is looked at beside the public one; `nil` for the public one alone.
    public var member: MemberName?
    /// How many different witnesses make a checkpoint's time proven.
    public var quorum: Int
    public var calendar: LegalCalendar
    public var answers: Answers

    public init(
        packs: [Pack], asOf: Timestamp, roles: Set<PartyRole>, member: MemberName? = nil, quorum: Int = 1,
        calendar: LegalCalendar = LegalCalendar(timeZone: .utc), answers: Answers = Answers()
    ) {
        (self.packs, self.asOf, self.roles, self.member) = (packs, asOf, roles, member)
        (self.quorum, self.calendar, self.answers) = (quorum, calendar, answers)
    }
}

/// What came of it, with what a reader needs to look further.
public struct ComplianceAnswer: Sendable {
    public var result: ComplianceResult
    /// The exceptions that were looked at: those on the chain, then those that were given.
    public var waivers: [Waiver]
    /// The private chain that was looked at.
    public var privateChain: Origin?
    /// Private chains that the public one names and this answer does not rest on.
    public var otherChains: [Origin]
    /// The events that violations name, in the order of their chains.
    public var evidence: [CitedEvent]
    /// Why nothing after an entry was looked at, where the chain holds an entry that verification refuses.
    public var refusal: RefusedEntry?
}

extension Ledger {
    /// Verifies the chain from its entries, writes what it says into a database of its own, and judges the packs on it.
    ///
    /// Reading memory is bounded: entries are read twice, in batches, and never held together.
    public func compliance(_ question: ComplianceQuestion) throws -> ComplianceAnswer {
        let chain = try verifiedChain()
        let signers = try packSigners(question.packs)
        let privateChain = try question.member.map { try ownChain(of: $0) }
        let waivers = chain.view.allWaivers.map(Waiver.init) + (question.answers.waivers ?? [])
        let selfTests = question.packs.flatMap(SelfTest.results)
        let inputs = ControlInputs(
            checkpoints: try knownCheckpoints(of: [chain.view.origin] + [privateChain].compactMap { $0 }),
            quorum: question.quorum, refusals: [chain.refusal].compactMap { $0 },
            waivers: waivers,
            selfTests: selfTests, calendar: question.calendar)
        let evaluation = Evaluation(
            asOf: question.asOf, roles: question.roles, waivers: waivers,
            judgements: chain.view.allJudgements.map(Judgement.init) + (question.answers.judgements ?? []),
            adopted: chain.view.adoptedPacks)
        let result = try withScratchDirectory(scratch) { folder in
            let database = try controlDatabase(at: "\(folder)/control.sqlite", chain, inputs, privateChain)
            surroundings.progress("judging", 0, 1)
            return try evaluation.evaluate(
                question.packs, on: database, cores: surroundings.cores, signers: { signers[$0.id] ?? [] },
                selfTests: selfTests)
        }
        return ComplianceAnswer(
            result: result, waivers: waivers, privateChain: privateChain,
            otherChains: chain.view.allChains.map(\.origin).filter { $0 != privateChain },
            evidence: try citedEvents(in: result), refusal: chain.refusal)
    }

    /// The keys whose signature on each pack holds, of those that members have.
    ///
    /// - Throws: where a pack's signature is about something else, or a member's signature on it is false.
    private func packSigners(_ packs: [Pack]) throws -> [PackID: [KeyID]] {
        let keys = try view.keys
        var signers: [PackID: [KeyID]] = [:]
        for pack in packs {
            guard let bytes = pack.signature else { continue }
            do throws(PackError) {
                signers[pack.id] = try PackSignature(parsing: bytes).signers(of: pack) { id, signature, message in
                    keys[id].flatMap { PublicKey(bytes: $0.key.bytes) }?.isValidSignature(signature, of: message)
                }
            } catch {
                throw EngineError(
                    .refused, "the pack \(pack.id): \(error)",
                    hint: "get the pack again from whom you trust; nothing was judged", cause: error)
            }
        }
        return signers
    }

    // MARK: The database

    struct VerifiedChain {
        var view: PublicView
        var refusal: RefusedEntry?
    }

    /// The public view as far as the entries verify, whatever the stored view says. It takes the place of the loaded
    /// one, which is let go first.
    func verifiedChain() throws -> VerifiedChain {
        guard let origin = try origins().first, origin.isPublic else { return VerifiedChain(view: try view) }
        publicView = nil
        let chain: VerifiedChain
        do {
            chain = try fold(origin)
        } catch {
            publicView = try loadPublicView(origin)
            throw error
        }
        publicView = chain.refusal == nil ? chain.view : try loadPublicView(origin)
        if privateViews.isEmpty { try loadPrivateViews() }
        return chain
    }

    private func fold(_ origin: Origin) throws -> VerifiedChain {
        do {
            return VerifiedChain(view: try replayPublic(origin, forReading: true).view)
        } catch let error as ReplayError {
            let view = try replayPublic(origin, upTo: TreeSize(error.position), forReading: true).view
            let position = LeafIndex(error.position)
            let entry = try directory.events.entry(at: position, of: chainID(origin))
            let event = entry.map { EventHash(envelope: $0.envelope) }
            let refusal = RefusedEntry(
                chain: origin, index: error.position, event: event, reason: "\(error.reason)")
            return VerifiedChain(view: view, refusal: refusal)
        }
    }

    /// The private chain that `member` operates here.
    public func ownChain(of member: MemberName) throws -> Origin {
        guard try view.members[member] != nil else {
            throw EngineError(
                .invalidRequest, "\(member) is not a member", hint: "lethe show members lists them")
        }
        guard localMembers.contains(member), let origin = privateChain(of: member), privateViews[origin] != nil else {
            throw EngineError(
                .missing, "the private chain of \(member) is not in this ledger",
                hint: "leave out --as to look at the public chain alone")
        }
        return origin
    }

    private func controlDatabase(
        at path: String, _ chain: VerifiedChain, _ inputs: ControlInputs, _ privateChain: Origin?
    ) throws -> ControlDatabase {
        var privateEvents: ControlDatabase.PrivateChain?
        if let privateChain { privateEvents = try self.privateEvents(of: privateChain, chain.view) }
        let size = TreeSize(chain.view.size)
        return try ControlDatabase.build(
            at: path, view: chain.view, inputs: inputs, privateChain: privateEvents
        ) { take in
            try forEachEvent(of: chain.view.origin, upTo: size) { event, position in
                try take(event.record(at: position))
            }
        }
    }

    private func privateEvents(
        of origin: Origin, _ publicView: PublicView
    ) throws -> ControlDatabase.PrivateChain {
        let size = try size(of: origin)
        let view = try replayPrivate(origin, publicView: publicView).view
        let anchors = openedAnchors(of: origin, publicView: publicView)
        return ControlDatabase.PrivateChain(view: view) { take in
            try self.forEachEvent(of: origin, upTo: size) { event, position in
                let judgedAt = anchors.first { position < $0.size.rawValue }?.position ?? publicView.size
                try take(event.record(at: position), judgedAt)
            }
        }
    }

    /// The events of `origin` below `size`, whose signatures a replay has verified.
    private func forEachEvent(
        of origin: Origin, upTo size: TreeSize, _ body: (ReceivedEvent, _ position: Int) throws -> Void
    ) throws {
        var position = 0
        try parseEntries(batches: batches(of: origin, upTo: size, "reading"), cores: surroundings.cores) { result in
            try body(try result.mapError { Self.refusal($0, origin) }.get(), position)
            position += 1
        }
    }

    // MARK: Checkpoints

    /// Every checkpoint of these chains that is kept here, or that a witness cosigned, with the cosignatures that verify.
    private func knownCheckpoints(of origins: [Origin]) throws -> [ControlCheckpoint] {
        try origins.flatMap { origin in
            var cosignatures: [Checkpoint: [ControlCheckpoint.Cosignature]] = [:]
            for kept in try directory.checkpoints.cosignatures(of: origin.text) {
                let checkpoint = try Checkpoint(origin: kept.origin, size: kept.size, root: kept.root)
                if let cosignature = try cosignature(kept, on: checkpoint, of: origin) {
                    cosignatures[checkpoint, default: []].append(cosignature)
                }
            }
            var known: [ControlCheckpoint] = []
            let signed = try directory.checkpoints.kept(origin.text, as: .signed)?.checkpoint
            let witnessed = try directory.checkpoints.kept(origin.text, as: .witnessed)?.checkpoint
            if let signed { cosignatures[signed, default: []] += [] }
            for (checkpoint, found) in cosignatures.sorted(by: { $0.key.size < $1.key.size }) {
                known.append(try controlCheckpoint(checkpoint, of: origin, source: "ledger", found))
            }
            if let witnessed { known.append(try controlCheckpoint(witnessed, of: origin, source: "witness", [])) }
            return known
        }
    }

    private func controlCheckpoint(
        _ checkpoint: Checkpoint, of origin: Origin, source: String, _ cosignatures: [ControlCheckpoint.Cosignature]
    ) throws -> ControlCheckpoint {
        let extends: Bool? =
            try checkpoint.size <= size(of: origin)
            ? directory.events.root(of: chainID(origin), at: checkpoint.size) == checkpoint.root : nil
        return ControlCheckpoint(
            chain: origin, size: checkpoint.size.rawValue, root: ArtifactDigest(retagging: checkpoint.root),
            source: source, extendsChain: extends, cosignatures: cosignatures)
    }

    /// The cosignature, if it verifies under a witness key that a member has or had.
    private func cosignature(
        _ kept: KeptCosignature, on checkpoint: Checkpoint, of origin: Origin
    ) throws -> ControlCheckpoint.Cosignature? {
        guard let note = try? Note(parsing: Array("\(checkpoint.text)\n\(kept.line)\n".utf8)) else { return nil }
        for row in try view.allKeys where row.purpose == .witness {
            let name = witnessName(row.member, of: origin.consortium)
            guard name.text == kept.witness, let key = PublicKey(bytes: row.key.bytes) else { continue }
            let verifier = VerifierKey(name: name, algorithm: .cosignatureV1, publicKey: key)
            guard let time = (try? note.verified(by: [verifier]))?.signatures.first?.time else { continue }
            return Timestamp(seconds: Int(clamping: time)).map { .init(witness: row.member, time: $0) }
        }
        return nil
    }

    /// The newest checkpoint of `origin` that is kept here, with the members whose cosignatures on it verify.
    public func newestCheckpoint(of origin: Origin) throws -> (checkpoint: Checkpoint, cosigners: [MemberName])? {
        guard let kept = try directory.checkpoints.kept(origin.text)?.checkpoint else { return nil }
        return (kept, try cosigners(of: kept, of: origin))
    }

    /// The newest checkpoint of `origin` that was cosigned, whether it is the newest of all or not.
    public func newestCosignedCheckpoint(
        of origin: Origin
    ) throws -> (checkpoint: Checkpoint, cosigners: [MemberName])? {
        guard let end = try directory.checkpoints.kept(origin.text)?.checkpoint.size else { return nil }
        let known = try directory.checkpoints.cosigned(origin.text, below: TreeSize(end.rawValue + 1))
        for kept in known.reversed() {
            let cosigners = try cosigners(of: kept.checkpoint, of: origin)
            if !cosigners.isEmpty { return (kept.checkpoint, cosigners) }
        }
        return nil
    }

    private func cosigners(of checkpoint: Checkpoint, of origin: Origin) throws -> [MemberName] {
        try directory.checkpoints.cosignatures(on: checkpoint).compactMap {
            try cosignature($0, on: checkpoint, of: origin)?.witness
        }.sorted()
    }

    // MARK: Evidence

    private func citedEvents(in result: ComplianceResult) throws -> [CitedEvent] {
        let rows = result.packs.flatMap(\.controls).flatMap(\.violations)
        let named = Set(rows.compactMap { $0.violation.eventID.flatMap { EventHash(hex: $0) } })
        return try cited(named)
    }

    /// The events of `hashes` that this ledger holds, by chain and position.
    public func cited(_ hashes: Set<EventHash>) throws -> [CitedEvent] {
        var found: [CitedEvent] = []
        for origin in try origins() {
            let chain = try chainID(origin)
            for hash in hashes {
                guard let index = try directory.events.position(of: LeafHash(retagging: hash), in: chain),
                    let entry = try directory.events.entry(at: index, of: chain)
                else { continue }
                let statement = try Self.parse(entry.envelope, origin).statement
                found.append(
                    CitedEvent(
                        author: statement.author, chain: origin, claimedAt: statement.claimedAt, event: hash,
                        index: Count(index.rawValue)!, type: statement.event.type.rawValue))
            }
        }
        return found.sorted {
            ($0.chain.isPublic ? 0 : 1, $0.chain, $0.index) < ($1.chain.isPublic ? 0 : 1, $1.chain, $1.index)
        }
    }
}
