import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import Proofs
import Unlearning
import Verifying

/// The story that `lethe demo` tells, on ledgers that exchange nothing but files.
struct DemoStory {
    private static let consortium = Consortium("skies.example")!
    private static let hub = MemberName("hub")!

    private let directory: String
    private let input: DemoInput
    private let topology: Topology
    private let deleted: MemberName
    /// A member other than the deleted one, which merges again.
    private let second: MemberName
    private let started = Date()
    private var ledgers: [MemberName: Ledger] = [:]
    private var hub: Ledger { ledgers[Self.hub]! }

    init(directory: String, input: DemoInput, topology: Topology, deleted: MemberName) async throws {
        self.directory = directory
        self.input = input
        self.topology = topology
        self.deleted = deleted
        guard let second = input.members.last(where: { $0 != deleted }) else {
            throw Answer.unknown("a demo needs at least two organisations")
        }
        self.second = second
    }

    mutating func tell() async throws {
        try await found()
        try await openPrivateChains()
        try await describeData()
        try await prepare()
        try await train()
        let event = try await showLineage()
        let deletion = try await requestDeletion()
        let plan = try await carryOut(deletion)
        try await replaySecond(plan)
        try await complete(plan)
        try await forget(deletion)
        try await certify(deletion)
        let proof = try await prove(event)
        try await check()
        for ledger in ledgers.values { try await ledger.close() }
        say("done in \(String(format: "%.1f", Date().timeIntervalSince(started))) s")
        print("")
        print("certificate  \(directory)/deletion.certificate.json")
        print("report       \(directory)/report.html")
        print("one event    \(proof)")
        print("trust policy \(directory)/trust.policy")
        print(
            "check it yourself: lethe verify \(directory)/deletion.certificate.json --trust \(directory)/trust.policy")
        print("the certificate verified")
    }

    // MARK: Founding

    /// Each organisation makes keys in a ledger of its own and hands a card to the hub, which founds the consortium.
    private mutating func found() async throws {
        step("\(input.members.count) organisations and a hub found \(Self.consortium), each with a ledger of its own")
        var cards: [MemberCard] = []
        for member in [Self.hub] + input.members {
            let ledger = try await Ledger.create(
                at: "\(directory)/ledgers/\(member)", consortium: Self.consortium, members: [member],
                protection: .none, surroundings: .process())
            ledgers[member] = ledger
            let roles: [Role] =
                member == Self.hub ? [.operator, .aggregator, .witness] : [.contributor, .witness, .auditor]
            cards.append(try await ledger.card(of: member, consortium: Self.consortium, roles: roles))
        }
        try await hub.found(
            Self.consortium, chainOperator: Self.hub, cards: cards, threshold: cards.count / 2 + 1, protection: .none)
        let quorum = input.members.count / 2
        let policy = try await hub.trustPolicy(quorum: quorum, excluding: [Self.hub])
        try writeFile(policy.bytes, to: "\(directory)/trust.policy")
        try await distribute(policy: policy)
        say("trust.policy: the hub's log key, and \(quorum) of \(input.members.count) witnesses")
    }

    private func openPrivateChains() async throws {
        for member in input.members {
            try await ledgers[member]!.openPrivateChain(of: member, readers: [])
        }
        try await exchange()
        for member in input.members {
            try await ledgers[member]!.openPrivateChain(of: member, readers: [])
        }
        try await exchange()
        say("each of the \(input.members.count) has a private chain, anchored on the public one by a salted commitment")
    }

    /// What each member says of its data, on its private chain: for what, on which basis, until when. Of adapters that
    /// others made nobody here knows.
    private func describeData() async throws {
        guard input.isMadeUp else { return }
        for member in input.members {
            let ledger = ledgers[member]!
            let description = DemoDocuments.description(by: member, now: ledger.surroundings.now())
            _ = try await ledger.record(
                .datasetDescribed(description.described), as: member, on: ledger.privateChain(of: member)!,
                body: (.plainText, Array(description.datasheet.utf8)))
        }
        try await exchange()
        say("on it stands what its data are for, on which legal basis, and until when they are kept")
    }

    /// What comes before training: the hub changes its signing key, and records what all agreed on.
    private func prepare() async throws {
        let origin = try await hub.publicOrigin
        let old = try await hub.view.activeKeys(of: Self.hub, for: .event)[0].key.keyID
        _ = try await hub.addKey(.event, of: Self.hub)
        _ = try await hub.revokeKey(old.hex, goodSize: nil, reason: .rotated, as: Self.hub, cosigners: [])
        _ = try await hub.record(
            .baseRegistered(BaseRegistered(base: input.base, name: input.baseName)), as: Self.hub, on: origin)
        let documents = DemoDocuments(
            members: input.members, hub: Self.hub, madeUpBase: input.isMadeUp ? input.base : nil
        ).documents
        for document in documents {
            // What binds others is signed by each of them, in its own ledger.
            var envelope = try await hub.draft(
                .documentRecorded(document.recorded), as: Self.hub, cosigners: [],
                body: (.plainText, Array(document.text.utf8)))
            for party in document.recorded.parties where party != Self.hub {
                envelope = try await ledgers[party]!.cosign(envelope, as: [party])
            }
            _ = try await hub.append([envelope], to: origin)
        }
        try await exchange()
        step(
            "\(documents.count) documents are recorded behind salted commitments; the arrangement has \(input.members.count + 1) signatures"
        )
    }

    // MARK: Exchange

    /// The hub appends what waits in the outboxes, then everybody imports the public chain from a file.
    private func exchange() async throws {
        let origin = try await hub.publicOrigin
        for member in input.members {
            let waiting = try await ledgers[member]!.outbox(of: origin)
            if !waiting.isEmpty { _ = try await hub.append(waiting, to: origin) }
        }
        try await distribute(policy: nil)
    }

    private func distribute(policy: TrustPolicy?) async throws {
        let origin = try await hub.publicOrigin
        let bytes = try await hub.exportChain(origin).bytes
        for member in input.members {
            _ = try await ledgers[member]!.importChain(ChainFile(parsing: bytes), policy: policy)
        }
    }

    // MARK: Rounds

    private func train() async throws {
        let origin = try await hub.publicOrigin
        for (round, contributions) in input.rounds {
            let opened = RoundOpened(base: input.base, round: round, rule: .mean, topology: topology)
            _ = try await hub.record(.roundOpened(opened), as: Self.hub, on: origin)
            try await exchange()
            for contribution in contributions {
                let request = ContributionRequest(
                    directory: contribution.directory, round: round, weight: contribution.samples)
                _ = try await ledgers[contribution.member]!.commitAdapter(request, as: contribution.member)
            }
            try await exchange()
            for contribution in contributions { _ = try await hub.importAdapter(at: contribution.directory) }
            _ = try await hub.closeRound(round, as: Self.hub)
            let model = try await hub.materialize(round, as: Self.hub).1.model
            step("\(round): \(contributions.count) adapters merged exactly into the model \(short(model.hex))")
        }
        try await exchange()
    }

    /// Exports the last model and finds the file again by its tensors; returns one of the contributions in it.
    private func showLineage() async throws -> EventHash {
        let last = input.rounds.last!.round
        let export = "\(directory)/model-\(last)"
        _ = try await hub.exportModel(last.text, to: export)
        let lineage = try await hub.lineage(ofDirectory: export)
        step("the exported file is made of \(lineage.nodes.count) events, down to the base \(lineage.baseName)")
        return lineage.nodes.first { $0.type == "contribution" }!.event
    }

    /// The offline proof of one event, under the checkpoint that the witnesses cosigned.
    private func prove(_ event: EventHash) async throws -> String {
        try await cosign()
        let proof = try await hub.prove(event).proof
        let path = "\(directory)/event-\(proof.index).tlog-proof"
        try writeFile(proof.bytes, to: path)
        return path
    }

    /// Every organisation cosigns the newest checkpoint; the hub collects the cosignatures.
    private func cosign() async throws {
        let note = try await hub.checkpointNote(of: hub.publicOrigin).note
        for member in input.members {
            _ = try await hub.collect(cosigned: ledgers[member]!.cosign(checkpoint: note, as: member))
        }
    }

    // MARK: Deletion

    private func requestDeletion() async throws -> DeletionID {
        let ledger = ledgers[deleted]!
        let request = DeletionRequest(
            member: deleted, ground: .contractEnded, receivedAt: ledger.surroundings.now(),
            reason: "\(deleted) leaves the consortium and wants its contributions out of every model.")
        let id = try await ledger.requestDeletion(request, as: deleted).id
        try await exchange()
        _ = try await ledger.decideDeletion(id, .accepted, as: deleted, cosigners: [])
        try await exchange()
        step("\(deleted) asks for its contributions to be deleted: \(id); why stays on its private chain")
        return id
    }

    private func carryOut(_ deletion: DeletionID) async throws -> ArtifactDigest {
        let plan = try await hub.planDeletions([deletion])
        let rebuilt = plan.models.count { $0.outcome == .rematerialized }
        say(
            "plan \(short(plan.digest.hex)): \(plan.excluded.count) contributions excluded, \(rebuilt) models rebuilt, \(plan.models.count - rebuilt) withdrawn"
        )
        let waiting = try await hub.execute(plan: plan.digest)
        try await exchange()
        for step in waiting { say("waiting for \(step.actor): \(step.summary)") }
        for member in input.members where plan.holders.contains(member) {
            _ = try await ledgers[member]!.execute(plan: plan.digest)
        }
        try await exchange()
        step("every holder erased its copies and attested it, store by store")
        return plan.digest
    }

    /// Another organisation gets the remaining adapters from the hub, merges them itself, and confirms equal bytes.
    private func replaySecond(_ plan: ArtifactDigest) async throws {
        let ledger = ledgers[second]!
        let view = try await hub.view
        let rounds = view.plans[plan]!.models.filter { $0.outcome == .rematerialized }.map(\.round)
        for round in rounds {
            for row in view.contributions(to: round) where try await !ledger.holdsAdapter(row.adapter) {
                let path = "\(directory)/handed-over/\(row.adapter.hex.prefix(16))"
                _ = try await hub.exportContribution(row.adapter.hex, to: path)
                _ = try await ledger.importAdapter(at: path)
            }
            _ = try await ledger.attest(view.currentModel(of: round)!.model, as: second)
        }
        try? FileManager.default.removeItem(atPath: "\(directory)/handed-over")
        try await exchange()
        if !rounds.isEmpty { step("\(second) merged \(rounds.count) models again and got the same bytes") }
    }

    private func complete(_ plan: ArtifactDigest) async throws {
        let left = try await hub.execute(plan: plan)
        guard left.isEmpty else { throw Answer.unknown("the plan waits for \(left[0].actor): \(left[0].summary)") }
        try await exchange()
        say("replayed from zero without the excluded events: every digest is the one on the chain")
    }

    /// Nothing needs any more what the request said: it goes with its salt and its key.
    private func forget(_ deletion: DeletionID) async throws {
        let ledger = ledgers[deleted]!
        guard let body = await ledger.scopeBody(of: deletion) else { return }
        _ = try await ledger.eraseBody(body, as: deleted)
        try await exchange()
        say("\(deleted) erased what it had asked for and why; a commitment that nobody can open is left")
    }

    // MARK: Certificate

    private func certify(_ deletion: DeletionID) async throws {
        try await cosign()
        var (bundle, _, _) = try await hub.certify(deletion, as: Self.hub, signers: [], witnesses: [])
        try await exchange()
        let path = "\(directory)/deletion.certificate.json"
        let policyPath = "\(directory)/trust.policy"
        for member in [deleted, second] {
            bundle = try await ledgers[member]!.countersign(bundle, policy: readPolicy(policyPath), as: member)
        }
        try writeFile(bundle.bytes, to: path)
        // From the files, as a stranger would.
        let (policy, written) = (try readPolicy(policyPath), try readFile(path))
        let verdict: CertificateVerdict
        do throws(CertificateFailure) {
            verdict = try CertificateVerifier(policy: policy).verify(written)
        } catch {
            throw Answer.no("the certificate does not hold: \(error)")
        }
        try writeReport(verdict, bundle, to: "\(directory)/report.html", bundlePath: path, policyPath: policyPath)
        step("\(verdict.content.title), grade A\(verdict.content.grade.rawValue): \(verdict.content.grade.meaning)")
    }

    private func check() async throws {
        for member in [Self.hub, deleted, second] {
            let report = try await ledgers[member]!.check()
            guard report.isClean else {
                throw Answer.no("the ledger of \(member) is not clean: \(report.findings[0].problem)")
            }
        }
        say("the ledgers of \(Self.hub), \(deleted) and \(second) check clean, from entry bytes to models")
    }

    // MARK: Words

    private func step(_ text: String) { print("• \(text)") }
    private func say(_ text: String) { print("  \(text)") }
}
