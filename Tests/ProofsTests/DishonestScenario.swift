import Bytes
import ChainViews
import ConsortiumFixture
import Events
import MerkleLog
import Signing

@testable import Proofs

/// What a story's own log, members and witnesses can be made to sign.
extension CertificateScenario {
    /// One isolated round of three and a second of two; united leaves. As small as the attempts allow.
    ///
    /// - Parameter noise: the new model's digest is not that of any merge of its contributions.
    /// - Parameter receivedLater: how long after the request was made it claims to have been received, in seconds.
    static func small(noise: Bool = false, receivedLater: Int = 0) throws -> CertificateScenario {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        var request = skies.request("del-1", of: Skies.united)
        request.receivedAt = Timestamp(seconds: request.receivedAt.seconds + receivedLater)!
        try skies.say(.deletionRequested(request), by: Skies.united)
        try skies.say(
            .deletionDecided(DeletionDecided(decision: .accepted, deletion: DeletionID("del-1")!)), by: Skies.united)
        let plan = try skies.start("del-1")
        try skies.exclude(plan)
        if noise {
            var event = skies.materialization(of: "r1", plan: plan)
            (event.model, event.tensors) = (digest("noise"), digest("noise/tensors"))
            try skies.say(.modelMaterialized(event), by: Skies.delta)
        } else {
            try skies.rebuild(plan)
        }
        try skies.completeRematerialization(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        try skies.complete("del-1", plan)
        return CertificateScenario(skies: skies)
    }

    /// A second round was trained on the first one's model: what comes of it is no certificate.
    static func smallFeedback() throws -> CertificateScenario {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        try skies.runRound("r2", .feedback, [Skies.virgin]) { _ in [model] }
        try skies.delete(Skies.united, "del-1")
        return CertificateScenario(skies: skies)
    }

    /// The consortium as it was before the event number `number` of `type` was said.
    func skies(upTo type: EventType, number: Int = 1) throws -> Skies {
        var (copy, count) = (Skies(), 0)
        for entry in skies.entries {
            let event = try ReceivedEvent(parsing: entry)
            if event.statement.event.type == type { count += 1 }
            guard count < number else { break }
            copy.clock = event.statement.claimedAt.seconds
            try copy.admit(entry)
        }
        return copy
    }

    func with(earlier sizes: [Int]) -> CertificateScenario {
        var copy = self
        copy.earlier = sizes
        return copy
    }

    /// The bundle with another content, which the issuer signs.
    func bundle(saying change: @escaping (inout CertificateContent) -> Void) throws -> CertificateBundle {
        var copy = self
        var content = try content()
        change(&content)
        copy.changePayload = { _ in CanonicalJSON.encode(CertificateStatement(content)) }
        return try copy.bundle()
    }

    /// A vector of this story's certificate over a chain that goes on with an event which breaks a rule: the log and the
    /// witnesses sign it all the same.
    func refused(
        on skies: Skies, _ event: Event, by author: MemberName, _ reason: String
    ) throws -> VectorFile {
        try refused(on: skies, skies.envelope(event, by: author), reason)
    }

    func refused(on skies: Skies, _ entry: [UInt8], _ reason: String) throws -> VectorFile {
        let entries = skies.entries + [entry]
        let tree = MerkleTree(leaves: entries.map { LeafHash(entry: $0) })
        var content = try content()
        content.checkpoint = .init(
            origin: Skies.origin, root: ArtifactDigest(retagging: tree.root()), size: Count(entries.count)!)
        let bundle = CertificateBundle(
            certificate: Skies.seal(
                CanonicalJSON.encode(CertificateStatement(content)), with: [skies.signingKey(issuer)]),
            chain: .init(checkpoint: note(tree).bytes, entries: entries), proofs: [])
        return VectorFile(
            expect: "entry", [["policy", CertificateVectors.policy], ["reason", reason]], body: bundle.bytes)
    }
}
