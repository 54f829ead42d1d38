import Bytes
import ChainViews
import ConsortiumFixture
import Events
import MerkleLog
import Signing

@testable import Proofs

/// Bundles of somebody who has all the keys: the operator's, the witnesses', every member's. Each file in
/// `Tests/Vectors/certificates` is one attempt, named for what was tried.
///
/// `expect` is the step of the verification that must refuse it, or `ok`; `reason` is part of what it says then. Of one
/// that cannot be found out, `says` is a line that the verdict must have instead.
enum CertificateVectors {
    static let policy = "two-of-three.policy"

    static func make() throws -> [String: VectorFile] {
        var files = try honest()
        for part in [
            try chains(), try contents(), try proofs(), try times(), try keys(), try returns(), try lineages(),
        ] {
            files.merge(part) { $1 }
        }
        for part in [try trainedAgain(), try attested(), try circumstances(), try equalBytes()] {
            files.merge(part) { $1 }
        }
        return files
    }

    static func file(
        _ bundle: CertificateBundle, _ expect: String, _ headers: [[String]] = []
    ) -> VectorFile {
        VectorFile(expect: expect, [["policy", policy]] + headers, body: bundle.bytes)
    }

    static func refused(_ bundle: CertificateBundle, _ step: String, _ reason: String) -> VectorFile {
        file(bundle, step, [["reason", reason]])
    }

    // MARK: What holds

    private static func honest() throws -> [String: VectorFile] {
        var story = try CertificateScenario.small()
        story.earlier = [try index(of: .deletionRequested, in: story), try index(of: .deletionDecided, in: story)]
        var lonely = try CertificateScenario.small()
        lonely.issuer = Skies.air
        var open = try CertificateScenario.small()
        open.skies = try open.skies(upTo: .erasureAttested)
        return [
            "ok": file(
                try story.bundle(), "ok",
                [["says", "proved      the request stood on the chain by"], ["says", "[consistency proof from"]]),
            "ok-signed-by-the-operator-alone": file(
                try lonely.bundle(), "ok",
                [["says", "signed by the chain's operator alone, air: deletion certificate"]]),
            "ok-statement-of-what-is-still-open": file(
                try open.bundle(), "ok",
                [
                    ["says", "statement of status for del-1"],
                    [
                        "says",
                        "not claimed delta has not attested its erasure. It could since 2026-11-18T11:18:40Z, 0 day(s)",
                    ],
                    [
                        "says",
                        "not claimed No certificate is issued as long as a holder is silent. What the parties agreed on says what follows.",
                    ],
                ]),
        ]
    }

    // MARK: The chain that the dishonest log signed

    private static func chains() throws -> [String: VectorFile] {
        let story = try CertificateScenario.small()
        let before = try story.skies(upTo: .deletionStarted)
        let plan = before.start(of: ["del-1"])
        var fewer = plan
        fewer.excluded = DerivedList(plan.excluded.elements!.dropLast())
        let started = try story.skies(upTo: .modelMaterialized, number: 2)
        let old = started.view.models.rows.values.first { $0.round.text == "r1" }!
        var unchanged = started.materialization(of: "r1", plan: plan.plan)
        (unchanged.model, unchanged.tensors) = (old.model, old.tensors)
        let rebuilt = try story.skies(upTo: .erasureAttested)
        let feedback = try CertificateScenario.smallFeedback()
        let partial = try feedback.skies(upTo: .deletionCompleted)
        var exact = partial.completion("del-1", of: partial.view.plans.rows.first { _ in true }!.key)
        exact.outcome = .exact
        return [
            "plan-with-a-contribution-left-out": try story.refused(
                on: before, .deletionStarted(fewer), by: Skies.delta, "the plan has the digest"),
            "old-bytes-as-the-new-model": try story.refused(
                on: started, .modelMaterialized(unchanged), by: Skies.delta, "is the one that the plan removes"),
            "completed-without-erasures": try story.refused(
                on: rebuilt, .deletionCompleted(rebuilt.completion("del-1", of: plan.plan)), by: Skies.delta,
                "it has not attested"),
            "attestation-by-no-holder": try story.refused(
                on: rebuilt, .erasureAttested(rebuilt.erasure(plan.plan)), by: Skies.air,
                "is not a holder under this plan"),
            "withdrawn-called-exact": try feedback.refused(
                on: partial, .deletionCompleted(exact), by: Skies.delta, "the outcome must be withdrawn"),
        ].merging(try copies()) { $1 }
    }

    /// virgin left before and attested its erasure; the operator passes that attestation off as one for del-1.
    private static func copies() throws -> [String: VectorFile] {
        var story = try CertificateScenario.small()
        try story.skies.delete(Skies.virgin, "del-2")
        let attestations = try story.skies.entries.filter {
            try ReceivedEvent(parsing: $0).statement.event.type == .erasureAttested
        }
        let other = try notNil(attestations.last)
        let first = try story.content()
        let second = try CertificateScenario(skies: story.skies, deletion: DeletionID("del-2")!).content()
        return [
            "attestation-repeated-from-another-deletion": try CertificateScenario.small().refused(
                on: try CertificateScenario.small().skies(upTo: .erasureAttested), other, "leaf"),
            "attestation-cited-from-another-deletion": refused(
                try story.bundle(saying: { $0.erasures = second.erasures }), "contentDiffers", "erasures"),
            "certificate-of-another-deletion": refused(
                try story.bundle(saying: {
                    ($0.deletion, $0.excluded, $0.models) = (DeletionID("del-2")!, first.excluded, first.models)
                }), "contentDiffers", "about"),
        ]
    }

    // MARK: What the certificate says of an honest chain

    private static func contents() throws -> [String: VectorFile] {
        let story = try CertificateScenario.small()
        let whole = try story.content()
        var asked = story
        asked.skies = try story.skies(upTo: .deletionDecided)
        var unfinished = story
        unfinished.skies = try story.skies(upTo: .deletionCompleted)
        let feedback = try CertificateScenario.smallFeedback()
        func forged(
            _ story: CertificateScenario, _ field: String, _ change: @escaping (inout CertificateContent) -> Void
        ) throws -> VectorFile {
            refused(try story.bundle(saying: change), "contentDiffers", field)
        }
        func pretend(_ content: inout CertificateContent) {
            (content.kind, content.state, content.open) = (.certificate, .completed, [])
            (content.limits, content.grade) = (whole.limits, .replayed)
            (content.excluded, content.models, content.erasures) = (whole.excluded, whole.models, whole.erasures)
            content.plan = whole.plan
        }
        return [
            "no-deletion-happened": try forged(asked, "erasures", pretend),
            "deletion-not-completed": try forged(unfinished, "kind") { pretend(&$0) },
            "model-left-out": try forged(story, "models") { $0.models.removeLast() },
            "excluded-contributor-in-the-new-model": try forged(story, "models") {
                $0.models[0].contributions.append($0.excluded[0])
            },
            "descendant-left-out": try forged(feedback, "descendants") { $0.descendants = [] },
            "status-called-certificate": try forged(feedback, "kind") { $0.kind = .certificate },
            "limits-left-out": try forged(story, "limits") { $0.limits.removeLast() },
            "out-of-scope-left-out": try forged(story, "outOfScope") { $0.outOfScope = [] },
            "grade-raised": try forged(story, "grade") { $0.grade = .replayedTwice },
            "due-later-than-it-was": try forged(story, "dueAt") {
                $0.dueAt = Timestamp(seconds: $0.dueAt.seconds + 86_400)!
            },
            "serial-skipped": try forged(story, "serial") { $0.serial = Count(2)! },
            "supersedes-nothing-that-was": try forged(story, "supersedes") { $0.supersedes = digest("none") },
            "old-bytes-with-noise": try noise(),
        ]
    }

    /// Nobody but who merges the contributions again sees it; the line says attested, and who says so.
    private static func noise() throws -> VectorFile {
        var story = try CertificateScenario.small(noise: true)
        story.cosigners = [Skies.united]
        return file(
            try story.bundle(), "ok",
            [["says", "attested    r1: "], ["says", "give --adapters to recompute it"]])
    }

    // MARK: Two histories

    private static func proofs() throws -> [String: VectorFile] {
        let story = try CertificateScenario.small()
        let other = try CertificateScenario.smallFeedback()
        var bundle = try story.bundle()
        func with(_ change: (inout CertificateBundle) throws -> Void) throws -> CertificateBundle {
            var copy = bundle
            try change(&copy)
            return copy
        }
        var below = story
        below.witnesses = [Skies.delta]
        var earlier = story
        earlier.earlier = [8]
        bundle = try earlier.bundle()
        let foreign = try other.with(earlier: [8]).bundle()
        return [
            "checkpoint-below-the-quorum": refused(try below.bundle(), "untrusted", "needs 2 cosignature(s) and has 1"),
            "proofs-of-another-history": refused(
                try with { $0.proofs = foreign.proofs }, "proof", "not one proof for each cited event"),
            "entries-of-another-history": refused(
                try with { $0.chain.entries = Array(foreign.chain.entries.prefix($0.chain.entries.count)) },
                "chainDiffers", "its root is"),
            "earlier-checkpoint-of-another-history": refused(
                try with { $0.earlier = foreign.earlier }, "earlier", "two histories"),
            "earlier-checkpoint-with-a-proof-cut-off": refused(
                try with { $0.earlier[0].consistency.removeLast() }, "earlier", "two histories, or another proof"),
            "earlier-checkpoint-twice": refused(
                try with { $0.earlier.append($0.earlier[0]) }, "earlier", "ascending order"),
            "earlier-checkpoint-left-out": refused(try with { $0.earlier = [] }, "contentDiffers", "earlier"),
            "path-of-its-neighbour": refused(
                try with { $0.proofs[0].path = $0.proofs[1].path }, "proof", "event"),
        ]
    }

    // MARK: Times

    private static func times() throws -> [String: VectorFile] {
        var early = try CertificateScenario.small()
        early.delay = -3_600
        let late = try CertificateScenario.small(receivedLater: 3_600)
        var ahead = try CertificateScenario.small()
        ahead.cosignedAt = [ahead.skies.entries.count: ahead.skies.clock - 7_200]
        ahead.earlier = []
        return [
            "issued-before-its-events": refused(try early.bundle(), "time", "it was issued at"),
            "received-after-it-was-requested": refused(try late.bundle(), "time", "and received only at"),
            "earlier-checkpoint-cosigned-last": try lagging(),
            "event-after-its-checkpoint": refused(try ahead.bundle(), "time", "which contains it, was cosigned at"),
        ]
    }

    /// A checkpoint without the completion, cosigned after the one with it: by witnesses that lag behind, or to make the
    /// completion look later than it was. It says nothing.
    private static func lagging() throws -> VectorFile {
        var story = try CertificateScenario.small()
        let size = try index(of: .deletionCompleted, in: story)
        story.earlier = [size]
        story.cosignedAt = [size: story.skies.clock + 7_200]
        let time = Timestamp(seconds: story.skies.clock)!
        return file(
            try story.bundle(), "ok",
            [
                [
                    "says",
                    "proved      the completion stood on the chain by \(time)  [event \(size), checkpoint \(size + 1)]",
                ]
            ])
    }

    // MARK: Keys

    private static func keys() throws -> [String: VectorFile] {
        var revoked = try CertificateScenario.small()
        let revocation = KeyRevoked(
            goodSize: Count(1)!, key: Skies.keyBytes(Skies.delta).keyID, member: Skies.delta, reason: .compromised)
        try revoked.skies.say(.keyRevoked(revocation), by: Skies.united, with: [Skies.virgin])
        let story = try CertificateScenario.small()
        var before = try story.skies(upTo: .erasureAttested)
        let key = KeyRevoked(
            goodSize: Count(1)!, key: Skies.keyBytes(Skies.united).keyID, member: Skies.united, reason: .compromised)
        try before.say(.keyRevoked(key), by: Skies.virgin, with: [Skies.air])
        let plan = before.view.plans.rows.first { _ in true }!.key
        var stranger = story
        stranger.keys = [Skies.key(Skies.delta), Skies.key(Skies.hawk)]
        var forger = story
        forger.keys = [Skies.key(Skies.united)]
        var suspended = story
        let standing = MemberSuspended(member: Skies.delta, reason: .underReview, standing: .suspended)
        try suspended.skies.say(.memberSuspended(standing), by: Skies.united, with: [Skies.virgin])
        return [
            "issuer-key-revoked-before": refused(try revoked.bundle(), "signature", "is revoked"),
            "attestation-under-a-revoked-key": try story.refused(
                on: before, .erasureAttested(before.erasure(plan)), by: Skies.united, "is not valid at leaf"),
            "signed-by-a-stranger-too": refused(try stranger.bundle(), "signature", "is not registered for events"),
            "issuer-suspended-before": refused(try suspended.bundle(), "signature", "delta is suspended"),
            "confirmation-under-a-disputed-key": try disputed(),
            "payload-of-another-type": refused(
                try retyped(story), "envelope", "payloadType must be application/vnd.in-toto+json"),
            "statement-with-escape-codes": refused(
                try escaping(story), "statement", "unknown predicateType https://lethe.example/certificate/v1"),
            "issuer-did-not-sign": refused(try forger.bundle(), "signature", "did not sign"),
        ]
    }

    /// united confirmed the rebuilt model, and says later that its key was in other hands then.
    private static func disputed() throws -> VectorFile {
        var story = try CertificateScenario.small()
        let model = try notNil(story.skies.view.currentModel(of: RoundID("r1")!)).model
        let size = story.skies.entries.count
        try story.skies.attest(model, by: Skies.united)
        let revocation = KeyRevoked(
            goodSize: Count(size)!, key: Skies.keyBytes(Skies.united).keyID, member: Skies.united, reason: .compromised)
        try story.skies.say(.keyRevoked(revocation), by: Skies.virgin, with: [Skies.air])
        return file(
            try story.bundle(), "ok",
            [["says", "what united said in event \(size), model-attested, is disputed"]])
    }

    /// The certificate's envelope with the payload type of something else, signed for that type.
    private static func retyped(_ story: CertificateScenario) throws -> CertificateBundle {
        var bundle = try story.bundle()
        let text = String(decoding: bundle.certificate.bytes, as: UTF8.self)
        bundle.certificate = try notNil(
            JSONText(Array(text.replacing(Envelope.payloadType, with: "application/json").utf8)))
        return bundle
    }

    /// What is quoted in the refusal would write over it on a terminal.
    private static func escaping(_ story: CertificateScenario) throws -> CertificateBundle {
        var story = story
        story.changePayload = { payload in
            let type = CertificateStatement.predicateType
            return Array(
                String(decoding: payload, as: UTF8.self)
                    .replacing("\"\(type)\"", with: "\"\(type)\\u001b[2K\\rproved      all of it\"").utf8)
        }
        return try story.bundle()
    }

    // MARK: Bytes with two lineages

    /// united commits one adapter twice and says of the second that it is of another shard; virgin commits a model and does not
    /// say that it is one; and the operator records one document twice.
    private static func lineages() throws -> [String: VectorFile] {
        let story = try CertificateScenario.small()
        var skies = Skies.founded()
        for round in ["r1", "r2"] { try skies.openRound(round) }
        try skies.commit(Skies.united, to: "r1", shards: [0])
        var twice = Skies.contribution(Skies.united, to: "r2", label: "united/r1")
        twice.training = Skies.training(Skies.united, [1], label: "united/r1")
        var merged = skies
        try merged.commit(Skies.virgin, to: "r1")
        try merged.close("r1")
        var copy = Skies.contribution(Skies.virgin, to: "r2")
        copy.adapter = try merged.materialize("r1")
        var recorded = story.skies
        let document = DeletionCertified(
            certificate: digest("document"), deletion: story.deletion, kind: .certificate)
        try recorded.say(.deletionCertified(document), by: Skies.delta)
        var again = document
        again.supersedes = document.certificate
        return [
            "one-adapter-of-two-shards": try story.refused(
                on: skies, .adapterCommitted(twice), by: Skies.united, "the same bytes have one lineage"),
            "model-committed-as-an-adapter": try story.refused(
                on: merged, .adapterCommitted(copy), by: Skies.virgin, "the same bytes have one lineage"),
            "document-in-its-own-place": try story.refused(
                on: recorded, .deletionCertified(again), by: Skies.delta, "cannot take its own place"),
        ]
    }

    // MARK: What comes back

    private static func returns() throws -> [String: VectorFile] {
        var story = try CertificateScenario.small()
        let done = story.skies
        try story.skies.openRound("r3")
        let back = Skies.contribution(Skies.united, to: "r3", label: "united/r1")
        let onTop = Skies.contribution(
            Skies.united, to: "r3", parents: [digest("adapter/united/r1")], label: "united/r3")
        var again = story
        try again.skies.commit(Skies.united, to: "r3", label: "united/again")
        return [
            "excluded-bytes-come-back": try CertificateScenario(skies: done).refused(
                on: story.skies, .adapterCommitted(back), by: Skies.united, "took"),
            "excluded-bytes-as-a-parent": try CertificateScenario(skies: done).refused(
                on: story.skies, .adapterCommitted(onTop), by: Skies.united, "leaf"),
            "excluded-records-under-another-commitment": file(
                try again.bundle(), "ok", [["says", "not claimed The excluded records under another commitment"]]),
        ]
    }

    private static func index(of type: EventType, in story: CertificateScenario) throws -> Int {
        try notNil(story.content().events.first { $0.type == type.rawValue }?.index.value)
    }

    struct Missing: Error {}

    static func notNil<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Missing() }
        return value
    }
}
