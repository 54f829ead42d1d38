import Bytes
import ChainViews
import ConsortiumFixture
import Events

private typealias Skies = SampleConsortium

/// Scenarios around contributions that are trained again and take the place of others.
enum RetrainingVectors {
    /// Two feedback rounds of united and virgin; a deletion of records in one shard of united's, excluded.
    private static func started() throws -> (skies: Skies, plan: ArtifactDigest, events: [EventHash]) {
        var skies = Skies.founded()
        var events: [EventHash] = []
        var parents: [ArtifactDigest] = []
        for round in ["r1", "r2"] {
            try skies.openRound(round, .feedback)
            for member in [Skies.united, Skies.virgin] {
                events.append(try skies.commit(member, to: round, shards: [0, 1, 2], parents: parents))
            }
            try skies.close(round)
            parents = [try skies.materialize(round)]
        }
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0, 1], emptied: [1])
        let plan = try skies.start("del-1")
        return (skies, plan, events)
    }

    static func add(to set: inout VectorSet) throws {
        var (skies, plan, events) = try started()
        let good = skies.replacement(of: events[0], plan)
        func refused(_ name: String, _ comment: String, _ event: AdapterCommitted, by author: MemberName = Skies.united)
        {
            set.add(name, rule: "replacementRefused", comment, skies, .adapterCommitted(event), by: author)
        }
        set.add(
            "replacement-before-the-exclusion", rule: "planStep", "Exclusion comes first.", skies,
            .adapterCommitted(good), by: Skies.united)
        try skies.exclude(plan)
        for (name, comment, change) in mutations(events) {
            var event = good
            change(&event)
            refused(name, comment, event)
        }
        set.add(
            "replacement-by-another", rule: "notTheMember", "Its member trains it.", skies, .adapterCommitted(good),
            by: Skies.virgin)
        set.add(
            "replacement-with-the-old-bytes", rule: "forgotten", "What was excluded does not come back.", skies,
            .adapterCommitted(withBytes(of: events[0], good, skies)), by: Skies.united)
        refused(
            "replacement-before-its-parents", "The model it starts from is not rebuilt.",
            skies.replacement(of: events[2], plan))
        set.add(
            "model-before-its-replacements", rule: "retrainingOpen", "A contribution is to come.", skies,
            .modelMaterialized(skies.materialization(of: "r1", plan: plan)), by: Skies.delta)
        set.add(
            "replacement", "ok", "Trained again without the shard that is empty.", skies,
            skies.envelope(.adapterCommitted(good), by: Skies.united))
        try recalled(skies, plan, events, &set)
        try skies.say(.adapterCommitted(good), by: Skies.united)
        var again = good
        (again.adapter, again.tensors) = (digest("adapter/other"), digest("tensors/other"))
        refused("replacement-again", "Another took the place.", again)
        try descendants(skies, plan, events, &set)
        try replays(skies, plan, events, &set)
        try ownBytes(&set)
    }

    /// The bytes of a replacement that stood on the chain before, and what an external trainer gave.
    private static func ownBytes(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        for round in ["r1", "r2"] { try skies.openRound(round) }
        var event = Skies.contribution(Skies.united, to: "r1")
        event.training = Skies.training(Skies.united, [0], label: "united/r1")
        event.training!.trainer = .external
        let old = try skies.say(.adapterCommitted(event), by: Skies.united)
        try skies.commit(Skies.virgin, to: "r1")
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
        let plan = try skies.start("del-1")
        try skies.exclude(plan)
        let new = skies.replacement(of: old, plan)
        for member in [Skies.united, Skies.swiss] {
            var copy = skies
            var early = Skies.contribution(member, to: "r2")
            (early.adapter, early.tensors) = (new.adapter, new.tensors)
            try copy.say(.adapterCommitted(early), by: member)
            let tried = copy.envelope(.adapterCommitted(new), by: Skies.united)
            if member == Skies.united {
                set.add("replacement-of-own-bytes", "ok", "United locks nothing by what it said before.", copy, tried)
            } else {
                set.add(
                    "replacement-of-anothers-bytes", "rule.adapterOfAnother", "Swiss committed them before.", copy,
                    tried)
            }
        }
        try skies.say(.adapterCommitted(new), by: Skies.united)
        var replayed = skies.replayed(old, plan)
        set.add(
            "training-attested-of-an-external-run-by-the-built-in-trainer", rule: "trainingAttestationRefused",
            "It was the only run.", skies, .trainingAttested(replayed), by: Skies.air)
        replayed.trainer = .external
        set.add(
            "valid-training-attested-of-an-external-run", "ok", "By the same kind of trainer.", skies,
            skies.envelope(.trainingAttested(replayed), by: Skies.air))
    }

    /// What another organisation says of united's contribution, which took its place; one thing wrong each.
    private static func replays(
        _ before: Skies, _ plan: ArtifactDigest, _ events: [EventHash], _ set: inout VectorSet
    ) throws {
        var skies = before
        let good = skies.replayed(events[0], plan)
        func refused(
            _ name: String, rule: String = "trainingAttestationRefused", _ comment: String,
            _ event: TrainingAttested, by author: MemberName = Skies.air
        ) { set.add(name, rule: rule, comment, skies, .trainingAttested(event), by: author) }
        func said(_ name: String, _ comment: String, _ event: TrainingAttested) {
            set.add(name, "ok", comment, skies, skies.envelope(.trainingAttested(event), by: Skies.air))
        }
        let different = skies.replayed(events[0], plan, .different)
        said("valid-training-attested", "Equal digests.", good)
        said("valid-training-attested-as-different", "Other digests are an answer too.", different)
        refused(
            "training-attested-by-its-member", rule: "ownTraining", "Another one repeats it.", good, by: Skies.united)
        for (name, comment, change) in replayMutations(events) {
            var event = good
            change(&event)
            refused(name, comment, event)
        }
        var (unknown, called) = (good, different)
        unknown.plan = digest("plan that nobody started")
        called.outcome = .equal
        refused("training-attested-for-no-plan", rule: "unknownPlan", "Nobody started it.", unknown)
        refused("training-attested-with-other-digests", "They are not the contribution's.", called)
        try skies.say(.trainingAttested(different), by: Skies.air)
        refused("training-attested-as-different-again", "It was said.", different)
        said("valid-training-attested-after-all", "The second attempt gave the same bytes.", good)
        try skies.say(.trainingAttested(good), by: Skies.air)
        refused("training-attested-again", "It was said.", good)
        try overtaken(skies, plan, events, &set)
    }

    private static func replayMutations(
        _ events: [EventHash]
    ) -> [(String, String, (inout TrainingAttested) -> Void)] {
        let shards = (0...2).map { Skies.shard(Skies.united, $0) }
        return [
            ("training-attested-of-what-was-excluded", "It is the old one.", { $0.contribution = events[0] }),
            ("training-attested-of-what-stays", "Nothing of it was trained again.", { $0.contribution = events[1] }),
            ("training-attested-of-nothing", "There is no such contribution.", { $0.contribution = digest("none") }),
            ("training-attested-of-no-run", "One shard was trained again.", { $0.shards = [] }),
            (
                "training-attested-of-another-run", "The shard was left alone.",
                { $0.shards = [shards[2]] }
            ),
            (
                "training-attested-of-more-runs", "The plan left one alone.",
                { $0.shards = [shards[0], shards[2]] }
            ),
            ("training-attested-by-another-recipe", "The recipe stays.", { $0.recipe = digest("other") }),
            ("training-attested-by-another-trainer", "The built-in one gave it.", { $0.trainer = .external }),
            ("training-attested-with-another-merge", "Of the same runs.", { $0.adapter = digest("other") }),
            ("training-attested-as-different-with-its-digests", "They are equal.", { $0.outcome = .different }),
        ]
    }

    /// The rest is rebuilt; then united leaves, and under that plan nothing took a place.
    private static func overtaken(
        _ before: Skies, _ plan: ArtifactDigest, _ events: [EventHash], _ set: inout VectorSet
    ) throws {
        var skies = before
        try skies.rebuild(plan)
        try skies.completeRematerialization(plan)
        try skies.accept("del-2", of: Skies.united)
        let second = try skies.start("del-2")
        var other = skies.replayed(events[0], plan)
        set.add(
            "training-attested-of-what-went-since", rule: "trainingAttestationRefused", "Another plan excludes it.",
            skies,
            .trainingAttested(other), by: Skies.virgin)
        other.plan = second
        set.add(
            "training-attested-for-another-plan", rule: "trainingAttestationRefused",
            "It took no place under that one.",
            skies, .trainingAttested(other), by: Skies.virgin)
    }

    /// What is wrong with a replacement of united's contribution to the first round, one thing each.
    private static func mutations(_ events: [EventHash]) -> [(String, String, (inout AdapterCommitted) -> Void)] {
        [
            ("replacement-of-nothing", "It names no contribution.", { $0.replaces = nil }),
            ("replacement-without-plan", "It names no plan.", { $0.plan = nil }),
            ("replacement-of-what-stays", "The plan leaves it alone.", { $0.replaces = events[1] }),
            ("replacement-in-another-round", "It is of the first.", { $0.round = RoundID("r2")! }),
            ("replacement-from-elsewhere", "Its parents are the old ones.", { $0.parents = [digest("adapter/x")] }),
            ("replacement-untrained", "It does not say how.", { $0.training = nil }),
            ("replacement-by-another-recipe", "The recipe stays.", { $0.training!.recipe = digest("other") }),
            ("replacement-by-another-trainer", "The trainer stays.", { $0.training!.trainer = .external }),
            (
                "replacement-on-an-empty-shard", "Nothing is left in it.",
                { $0.training!.shards = Ascending((0...2).map { Skies.shard(Skies.united, $0) }) }
            ),
            (
                "replacement-without-a-shard", "One stays as it is.",
                { $0.training!.shards = [Skies.shard(Skies.united, 0)] }
            ),
            ("replacement-of-more-weight", "Records went.", { $0.weight = Weight(11)! }),
            ("replacement-of-equal-weight", "As many records as before.", { $0.weight = Weight(10)! }),
        ]
    }

    private static func withBytes(
        of event: EventHash, _ replacement: AdapterCommitted, _ skies: Skies
    ) -> AdapterCommitted {
        var copy = replacement
        let row = skies.view.contributions[event]!
        (copy.adapter, copy.tensors) = (row.adapter, row.tensors)
        return copy
    }

    /// A member cannot train again: the model is given up, and all that follows with it.
    private static func recalled(
        _ skies: Skies, _ plan: ArtifactDigest, _ events: [EventHash], _ set: inout VectorSet
    ) throws {
        var skies = skies
        try skies.recall(skies.view.plans[plan]!.models[0], plan)
        set.add(
            "replacement-after-a-recall", rule: "replacementRefused", "Its model was given up.", skies,
            .adapterCommitted(skies.replacement(of: events[0], plan)), by: Skies.united)
        set.add(
            "replacement-after-a-recalled-parent", rule: "replacementRefused", "It starts from nothing.", skies,
            .adapterCommitted(skies.replacement(of: events[3], plan)), by: Skies.virgin)
    }

    private static func descendants(
        _ before: Skies, _ plan: ArtifactDigest, _ events: [EventHash], _ set: inout VectorSet
    ) throws {
        var skies = before
        try skies.materialize("r1", plan: plan)
        let good = skies.replacement(of: events[3], plan)
        var (lighter, same) = (good, good)
        lighter.weight = Weight(9)!
        same.training!.runs = skies.view.contributions[events[3]]!.training!.runs
        for (name, comment, event) in [
            ("replacement-of-a-descendant-of-less-weight", "No record of it went.", lighter),
            ("replacement-made-of-the-same-runs", "It starts from another model.", same),
        ] {
            set.add(name, rule: "replacementRefused", comment, skies, .adapterCommitted(event), by: Skies.virgin)
        }
        set.add(
            "replacement-of-a-descendant", "ok", "From the model that was rebuilt.", skies,
            skies.envelope(.adapterCommitted(good), by: Skies.virgin))
    }
}
