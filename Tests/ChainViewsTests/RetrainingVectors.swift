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
