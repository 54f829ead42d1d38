import Bytes
import ChainViews
import ConsortiumFixture
import Events
import MerkleLog

@testable import Proofs

extension CertificateScenario {
    /// One round of united and virgin; a person's records go from one shard of united's. Not completed before `last`.
    static func records(
        before last: EventType? = nil, change: (inout AdapterCommitted, PublicView) -> Void = { _, _ in }
    ) throws -> CertificateScenario {
        var skies = Skies.founded()
        try skies.openRound("r1", .isolated)
        let old = try skies.commit(Skies.united, to: "r1", shards: [0, 1])
        try skies.commit(Skies.virgin, to: "r1", shards: [0])
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
        let plan = try skies.start("del-1")
        try skies.exclude(plan)
        guard last != .adapterCommitted else { return CertificateScenario(skies: skies) }
        var event = skies.replacement(of: old, plan)
        change(&event, skies.view)
        try skies.say(.adapterCommitted(event), by: Skies.united)
        try skies.materialize("r1", plan: plan)
        try skies.completeRematerialization(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        try skies.complete("del-1", plan)
        return CertificateScenario(skies: skies)
    }

    /// The contribution to be replaced, and what an honest member would put in its place.
    func replacement() throws -> AdapterCommitted {
        let plan = try CertificateVectors.notNil(skies.view.plans.rows.first { _ in true }).value
        return skies.replacement(of: try CertificateVectors.notNil(plan.excluded.first), plan.plan)
    }
}

/// Attempts around what was trained again, what holders attest, and what goes with a deletion.
extension CertificateVectors {
    static func trainedAgain() throws -> [String: VectorFile] {
        let story = try CertificateScenario.records()
        let before = try CertificateScenario.records(before: .adapterCommitted)
        var (same, heavy) = (try before.replacement(), try before.replacement())
        same.training!.runs = before.skies.view.contributions[same.replaces!]!.training!.runs
        heavy.weight = before.skies.view.contributions[heavy.replaces!]!.weight
        var twice = story
        try twice.skies.attest(twice.skies.view.currentModel(of: RoundID("r1")!)!.model, by: Skies.air)
        return [
            // Whatever the member trained on, the chain has the same to show.
            "trained-again-with-the-person-s-row": file(
                try CertificateScenario.records { event, _ in
                    event.training!.runs = Hash256(runs: [digest("a run that claims a subset and used all")])
                }.bundle(), "ok",
                [
                    ["says", "not claimed that the runs behind the contribution of united to r1 left the records out"],
                    ["says", "attested    united trained its contribution to r1 again"],
                ]),
            "trained-again-by-the-old-runs": try story.refused(
                on: before.skies, .adapterCommitted(same), by: Skies.united, "it is made of the same runs"),
            "trained-again-on-as-many-records": try story.refused(
                on: before.skies, .adapterCommitted(heavy), by: Skies.united, "its weight is 10"),
            "trained-again-by-another-member": try story.refused(
                on: before.skies, .adapterCommitted(try before.replacement()), by: Skies.virgin, "virgin"),
            "retraining-facts-changed": refused(
                try story.bundle(saying: { $0.retraining![0].recipe = digest("another recipe") }), "contentDiffers",
                "retraining"),
            "retraining-left-out": refused(
                try story.bundle(saying: { $0.retraining = nil }), "contentDiffers", "retraining"),
            "merged-twice-called-trained-twice": refused(
                try twice.bundle(saying: { $0.grade = .replayedTwice }), "contentDiffers", "grade"),
        ].merging(try trainedTwice()) { $1 }
    }

    /// Second replays: by the wrong one, of another thing, and of not all.
    private static func trainedTwice() throws -> [String: VectorFile] {
        let story = try CertificateScenario.records()
        let (plan, old) = try parts(of: story)
        let honest = story.skies.replayed(old, plan)
        func attempt(
            _ reason: String, by author: MemberName = Skies.air, on skies: Skies? = nil,
            _ change: (inout TrainingAttested) -> Void = { _ in }
        ) throws -> VectorFile {
            var event = honest
            change(&event)
            return try story.refused(on: skies ?? story.skies, .trainingAttested(event), by: author, reason)
        }
        var revoked = story.skies
        let key = KeyRevoked(
            goodSize: Count(1)!, key: Skies.keyBytes(Skies.air).keyID, member: Skies.air, reason: .compromised)
        try revoked.say(.keyRevoked(key), by: Skies.virgin, with: [Skies.united])
        return [
            "training-attested-by-its-member": try attempt("trained it itself", by: Skies.united),
            "training-attested-for-another-plan": try attempt("no deletion with the plan") { $0.plan = digest("plan") },
            "training-attested-before-the-plan": try attempt(
                "no deletion with the plan", on: try story.skies(upTo: .deletionStarted)),
            "training-attested-before-the-training": try attempt(
                "it took no place", on: try CertificateScenario.records(before: .adapterCommitted).skies),
            "training-attested-of-some-runs": try attempt("not those that were trained again") { $0.shards = [] },
            "training-attested-under-a-revoked-key": try attempt("is not valid at leaf", on: revoked),
            "training-attested-with-other-digests": try attempt("the digests are others than its own") {
                $0.runs = Hash256(runs: [digest("other")])
            },
        ].merging(try replayed(story)) { $1 }
    }

    private static func parts(of story: CertificateScenario) throws -> (plan: ArtifactDigest, old: EventHash) {
        let plan = try notNil(story.skies.view.plans.rows.first { _ in true }).value
        return (plan.plan, try notNil(plan.retraining.first?.contribution))
    }

    /// What holds, and what is made of it.
    private static func replayed(_ story: CertificateScenario) throws -> [String: VectorFile] {
        let (plan, old) = try parts(of: story)
        func told(_ outcome: TrainingAttested.Outcome, merged: Bool = true) throws -> CertificateScenario {
            var copy = story
            try copy.skies.say(.trainingAttested(story.skies.replayed(old, plan, outcome)), by: Skies.air)
            if merged {
                try copy.skies.attest(copy.skies.view.currentModel(of: RoundID("r1")!)!.model, by: Skies.swiss)
            }
            return copy
        }
        let (equal, alone, different) = (try told(.equal), try told(.equal, merged: false), try told(.different))
        let again = "air trained the contribution of united to r1 again with the built-in trainer, and got"
        var disputed = alone
        let size = alone.skies.entries.count
        let key = KeyRevoked(
            goodSize: Count(size - 1)!, key: Skies.keyBytes(Skies.air).keyID, member: Skies.air, reason: .compromised)
        try disputed.skies.say(.keyRevoked(key), by: Skies.virgin, with: [Skies.united])
        return [
            "ok-trained-twice": file(
                try equal.bundle(), "ok",
                [
                    ["says", "deletion certificate for del-1, grade A4"],
                    ["says", "attested    \(again) the same digests, from records without any that were to go"],
                ]),
            "trained-twice-with-other-bytes": file(
                try different.bundle(), "ok",
                [
                    ["says", "deletion certificate for del-1, grade A3"], ["says", "attested    \(again) other bytes"],
                    ["says", "not claimed that the runs behind the contribution of united to r1 left the records out"],
                ]),
            "trained-twice-with-other-bytes-called-equal": refused(
                try different.bundle(saying: { $0.retraining![0].replays[0].outcome = .equal }), "contentDiffers",
                "retraining"),
            "other-bytes-left-out": refused(
                try different.bundle(saying: { $0.retraining![0].replays = [] }), "contentDiffers", "retraining"),
            "trained-twice-called-merged-twice": refused(
                try alone.bundle(saying: { $0.grade = .replayedTwice }), "contentDiffers", "grade"),
            "one-of-two-trained-twice-called-all": refused(
                try half().bundle(saying: { $0.grade = .replayedTwice }), "contentDiffers", "grade"),
            "training-attested-under-a-disputed-key": file(
                try disputed.bundle(), "ok",
                [["says", "what air said in event \(size - 1), training-attested, is disputed"]]),
        ]
    }

    /// Records of united's went from two rounds. air merged both models again, and trained one contribution.
    private static func half() throws -> CertificateScenario {
        var skies = Skies.founded()
        for round in ["r1", "r2"] {
            try skies.openRound(round, .isolated)
            try skies.commit(Skies.united, to: round, shards: [0])
            try skies.commit(Skies.virgin, to: round, shards: [0])
            try skies.close(round)
            try skies.materialize(round)
        }
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
        let plan = try skies.start("del-1")
        try skies.dispose(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        try skies.complete("del-1", plan)
        for round in ["r1", "r2"] {
            try skies.attest(skies.view.currentModel(of: RoundID(round)!)!.model, by: Skies.air)
        }
        let first = try notNil(skies.view.plans[plan]!.retraining.first?.contribution)
        try skies.say(.trainingAttested(skies.replayed(first, plan)), by: Skies.air)
        return CertificateScenario(skies: skies)
    }

    static func attested() throws -> [String: VectorFile] {
        let story = try CertificateScenario.small()
        let open = try story.skies(upTo: .erasureAttested)
        let plan = try notNil(open.view.plans.rows.first { _ in true }).key
        func attempt(_ reason: String, _ change: (inout ErasureAttested) -> Void) throws -> VectorFile {
            var event = open.erasure(plan)
            change(&event)
            return try story.refused(on: open, .erasureAttested(event), by: Skies.united, reason)
        }
        var nothing = story
        nothing.skies = open
        for holder in open.view.plans[plan]!.holders {
            try nothing.skies.say(.erasureAttested(open.erasure(plan, .notFound)), by: holder)
        }
        try nothing.skies.complete("del-1", plan)
        let maker = try story.skies(upTo: .rematerializationCompleted)
        let model = try notNil(maker.view.currentModel(of: RoundID("r1")!))
        return [
            "attestation-of-backups-alone": try attempt("does not say what became of blobs") {
                $0.results = [StoreResult(items: Count(0)!, store: .backups, verdict: .notFound)]
            },
            "attestation-that-deleted-nothing": try attempt("it names nothing that was") {
                $0.results[0].items = Count(0)!
            },
            "model-confirmed-by-its-maker": try story.refused(
                on: maker, .modelAttested(ModelAttested(materialization: model.event, model: model.model)),
                by: Skies.delta,
                "delta"),
            "every-holder-found-nothing": file(
                try nothing.bundle(), "ok", [["says", "not claimed that anything was destroyed"]]),
        ]
    }

    static func circumstances() throws -> [String: VectorFile] {
        let story = try interimStory()
        var late = Skies.founded().request("del-1", of: Skies.united, .gdpr171b, days: 365)
        late.deletion = DeletionID("del-9")!
        return [
            "due-when-the-law-says-otherwise": try CertificateScenario.small().refused(
                on: Skies.founded(), .deletionRequested(late), by: Skies.united, "it is due by"),
            "recipient-that-nobody-told": file(
                try story.bundle(), "ok",
                [
                    [
                        "says",
                        "not claimed that the recipient rec-1, which has what was to go from delta, was told: the chain records no notice",
                    ],
                    ["says", "approximate, no erasure, worth A1 at most"],
                    ["says", "for gdpr-17-3-e"], ["says", "This is not erasure."],
                ]),
            "untold-recipient-left-out": refused(
                try story.bundle(saying: { $0.untold = [] }), "contentDiffers", "untold"),
            "interim-measure-left-out": refused(
                try story.bundle(saying: { $0.interim = nil }), "contentDiffers", "interim"),
            "interim-measure-graded-up": refused(
                try story.bundle(saying: { $0.interim![0].grade = .replayed }), "contentDiffers", "interim"),
            "hold-left-out": refused(try story.bundle(saying: { $0.holds = [] }), "contentDiffers", "holds"),
            "store-map-left-out": refused(
                try story.bundle(saying: { $0.documents = [] }), "contentDiffers", "documents"),
            "timestamp-of-another-history": refused(
                try stamped(story, of: CertificateScenario.smallFeedback()), "earlier", "two histories"),
            "timestamp-that-the-reader-has-to-judge": file(
                try stamped(story, of: story), "ok",
                [["says", "its timestamp (RFC 3161) is enclosed; give --ca to judge it"]]),
        ]
    }

    /// united leaves. Its model is with a customer that nobody tells; a weakened one served for a day; a hold keeps the
    /// request; delta has a store map.
    private static func interimStory() throws -> CertificateScenario {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        try skies.say(skies.document(.storeMap), by: Skies.delta)
        try skies.say(.handoverRecorded(skies.handedOver("r1")), by: Skies.delta)
        try skies.accept("del-1", of: Skies.united)
        try skies.say(.mitigationApplied(skies.mitigation("del-1", of: model)), by: Skies.delta)
        try skies.say(
            .holdPlaced(
                HoldPlaced(
                    dataset: nil, deletion: DeletionID("del-1")!, endsAt: skies.time(days: 90), ground: .gdpr173e,
                    hold: HoldID("hold-1")!)), by: Skies.united)
        let plan = try skies.start("del-1")
        try skies.dispose(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        try skies.complete("del-1", plan)
        return CertificateScenario(skies: skies)
    }

    /// The story's bundle with a token, which nobody signed, about a checkpoint of `other`.
    private static func stamped(
        _ story: CertificateScenario, of other: CertificateScenario
    ) throws -> CertificateBundle {
        var bundle = try story.bundle()
        let size = TreeSize(6)
        let checkpoint = try Checkpoint(origin: Skies.origin.text, size: size, root: other.tree.root(at: size))
        bundle.timestamps = [
            .init(
                checkpoint: checkpoint.text, consistency: story.tree.consistencyProof(from: size).map(\.bytes),
                token: [0x30, 0])
        ]
        return bundle
    }
}
