import Bytes
import ChainViews
import ConsortiumFixture
import Events

private typealias Skies = SampleConsortium

/// Scenarios around cohorts, and around what contributions say they were trained by.
enum CohortVectors {
    static func add(to set: inout VectorSet) throws {
        try opening(&set)
        try contributions(&set)
        try models(&set)
        try training(&set)
    }

    private static func opened(_ topology: Topology, _ cohorts: Ascending<Cohort>?) -> Event {
        .roundOpened(
            RoundOpened(base: Skies.base, round: RoundID("c1")!, rule: .mean, topology: topology, cohorts: cohorts))
    }

    private static func cohort(_ name: String, _ members: MemberName...) -> Cohort {
        Cohort(members: Ascending(members), name: CohortName(name)!)
    }

    private static func opening(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        set.add(
            "cohorts-of-an-isolated-round", rule: "cohortsDoNotFit", "Cohorts belong to cohort rounds.", skies,
            opened(.isolated, Skies.cohorts), by: Skies.delta)
        set.add(
            "cohort-round-without-cohorts", rule: "cohortsDoNotFit", "A cohort round names its cohorts.", skies,
            opened(.cohort, nil), by: Skies.delta)
        set.add(
            "cohorts-none", rule: "listIsEmpty", "At least one cohort.", skies, opened(.cohort, []),
            by: Skies.delta)
        set.add(
            "cohort-without-members", rule: "listIsEmpty", "A cohort has members.", skies,
            opened(.cohort, [cohort("east", Skies.delta), cohort("west")]), by: Skies.delta)
        set.add(
            "cohort-of-a-stranger", rule: "unknownMember", "Cohorts are made of members.", skies,
            opened(.cohort, [cohort("east", Skies.delta, Skies.hawk)]), by: Skies.delta)
        set.add(
            "cohorts-that-overlap", rule: "cohortsDoNotFit", "No member is in two cohorts.", skies,
            opened(.cohort, [cohort("east", Skies.delta), cohort("west", Skies.delta, Skies.swiss)]),
            by: Skies.delta)
    }

    private static func contributions(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r1", .cohort)
        for member in [Skies.united, Skies.virgin] { try skies.commit(member, to: "r1") }
        try skies.close("r1")
        let east = try skies.materialize("r1", cohort: CohortName("east")!)
        let all = try skies.materialize("r1")
        try skies.openRound("r2", .cohort)
        set.add(
            "cohort-parent-of-another", rule: "unknownParent", "A cohort learns from itself alone.", skies,
            .adapterCommitted(Skies.contribution(Skies.virgin, to: "r2", parents: [east])), by: Skies.virgin)
        set.add(
            "cohort-parent-of-all", rule: "unknownParent", "The model of all cohorts is no parent here.", skies,
            .adapterCommitted(Skies.contribution(Skies.united, to: "r2", parents: [all])), by: Skies.united)
        set.add(
            "cohort-parent", "ok", "The previous model of the member's cohort.", skies,
            skies.envelope(
                .adapterCommitted(Skies.contribution(Skies.united, to: "r2", parents: [east])), by: Skies.united))
        try skies.say(
            opened(.cohort, [cohort("east", Skies.delta), cohort("west", Skies.swiss)]), by: Skies.delta)
        set.add(
            "contribution-of-no-cohort", rule: "notInACohort", "The member is in no cohort of the round.", skies,
            .adapterCommitted(Skies.contribution(Skies.united, to: "c1")), by: Skies.united)
    }

    private static func models(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r1", .cohort)
        for member in [Skies.united, Skies.virgin] { try skies.commit(member, to: "r1") }
        try skies.close("r1")
        var event = skies.materialization(of: "r1", cohort: CohortName("east")!)
        event.cohort = CohortName("north")!
        set.add(
            "model-of-an-unknown-cohort", rule: "unknownCohort", "The round has no such cohort.", skies,
            .modelMaterialized(event), by: Skies.delta)
        event.cohort = CohortName("west")!
        set.add(
            "model-of-another-cohort", rule: "contributionsDiffer", "It merges the cohort's contributions.", skies,
            .modelMaterialized(event), by: Skies.delta)
        event.cohort = CohortName("east")!
        set.add(
            "model-of-a-cohort", "ok", "The contributions of the cohort.", skies,
            skies.envelope(.modelMaterialized(event), by: Skies.delta))
        try skies.say(.modelMaterialized(event), by: Skies.delta)
        set.add(
            "model-of-a-cohort-again", rule: "alreadyMaterialized", "A cohort has one model.", skies,
            .modelMaterialized(event), by: Skies.delta)
    }

    private static func training(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        var event = Skies.contribution(Skies.united, to: "r1")
        event.training = TrainingReference(
            recipe: digest("recipe"), runs: Hash256(runs: [digest("run")]), shards: [], trainer: .builtIn)
        set.add(
            "training-on-no-shard", rule: "listIsEmpty", "Training was on something.", skies,
            .adapterCommitted(event), by: Skies.united)
        event.training!.shards = [ShardReference(dataset: DatasetID("ds-1")!, shard: Count(0)!)]
        set.add(
            "contribution-with-training", "ok", "It says what it was trained by.", skies,
            skies.envelope(.adapterCommitted(event), by: Skies.united))
        (event.replaces, event.plan) = (digest("event"), digest("plan"))
        set.add(
            "replacement-without-a-plan", rule: "unknownPlan", "Nothing asks for it.", skies,
            .adapterCommitted(event), by: Skies.united)
    }
}
