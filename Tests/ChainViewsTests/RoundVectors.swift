import Bytes
import ChainViews
import ConsortiumFixture
import Events

private typealias Skies = SampleConsortium

/// Scenarios around bases, rounds, contributions and models.
enum RoundVectors {
    static func add(to set: inout VectorSet) throws {
        try opening(&set)
        try contributions(&set)
        try parents(&set)
        try closing(&set)
        try models(&set)
        try attestations(&set)
        try WithdrawalVectors.add(to: &set)
    }

    private static func opened(_ round: String, base: ArtifactDigest = Skies.base) -> Event {
        .roundOpened(RoundOpened(base: base, round: RoundID(round)!, rule: .mean, topology: .isolated))
    }

    private static func opening(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let base = Event.baseRegistered(BaseRegistered(base: Skies.base, name: BaseName("mini/base")!))
        set.add(
            "base-by-a-contributor", rule: "lacksRole", "Aggregators register bases.", skies, base,
            by: Skies.united)
        try skies.say(base, by: Skies.delta)
        set.add("base-again", rule: "baseExists", "The base is registered.", skies, base, by: Skies.swiss)
        let alias = Event.baseRegistered(BaseRegistered(base: Skies.base, name: BaseName("mirror/base")!))
        set.add(
            "base-under-another-name", "ok", "The same weights lie elsewhere too.", skies,
            skies.envelope(alias, by: Skies.swiss))
        set.add(
            "base-of-the-name-of-another", rule: "recordExists", "One name, one base.", skies,
            .baseRegistered(BaseRegistered(base: digest("other"), name: BaseName("mini/base")!)), by: Skies.swiss)
        set.add(
            "round-by-a-contributor", rule: "lacksRole", "Aggregators open rounds.", skies, opened("r1"),
            by: Skies.united)
        set.add(
            "round-by-the-operator", rule: "lacksRole", "Operating the chain gives no say in rounds.", skies,
            opened("r1"),
            by: Skies.air)
        set.add(
            "round-of-an-unknown-base", rule: "unknownBase", "The base is not registered.", skies,
            opened("r1", base: digest("other")), by: Skies.delta)
        try skies.say(opened("r1"), by: Skies.delta)
        set.add(
            "round-again", rule: "roundExists", "The name is taken.", skies, opened("r1"), by: Skies.swiss)
    }

    private static func contributions(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        let good = Skies.contribution(Skies.united, to: "r1")
        set.add(
            "contribution-by-the-operator", rule: "lacksRole", "Contributors commit.", skies,
            .adapterCommitted(good),
            by: Skies.air)
        set.add(
            "contribution-to-no-round", rule: "unknownRound", "There is no such round.", skies,
            .adapterCommitted(Skies.contribution(Skies.united, to: "r9")), by: Skies.united)
        try skies.commit(Skies.united, to: "r1")
        set.add(
            "contribution-again", rule: "alreadyContributed", "One contribution to a round.", skies,
            .adapterCommitted(Skies.contribution(Skies.united, to: "r1", label: "other")), by: Skies.united)
        var later = skies
        try later.close("r1")
        try later.openRound("r2")
        var copy = Skies.contribution(Skies.virgin, to: "r2", label: "united/r1")
        set.add(
            "contribution-of-anothers-adapter", rule: "adapterOfAnother",
            "The same adapter was committed by another, whose round is closed.",
            later, .adapterCommitted(copy), by: Skies.virgin)
        copy.adapter = digest("adapter/virgin/r2")
        set.add(
            "contribution-of-anothers-tensors", rule: "adapterOfAnother",
            "The same tensors under another configuration.",
            later, .adapterCommitted(copy), by: Skies.virgin)
        try lineages(skies, &set)
        var configured = Skies.contribution(Skies.virgin, to: "r1")
        configured.configuration = digest("rank 16")
        set.add(
            "contribution-of-another-configuration", rule: "configurationDiffers",
            "A round has one configuration.", skies,
            .adapterCommitted(configured), by: Skies.virgin)
        try skies.close("r1")
        set.add(
            "contribution-to-a-closed-round", rule: "roundClosed", "The list is fixed.", skies,
            .adapterCommitted(Skies.contribution(Skies.virgin, to: "r1")), by: Skies.virgin)
    }

    /// The same bytes again, said to come from something else.
    private static func lineages(_ before: Skies, _ set: inout VectorSet) throws {
        var skies = before
        try skies.openRound("r2")
        var trained = Skies.contribution(Skies.united, to: "r2", label: "united/r1")
        trained.training = Skies.training(Skies.united, [0], label: "united/r1")
        set.add(
            "contribution-of-the-same-bytes-from-a-shard", rule: "otherLineage", "They were from none before.", skies,
            .adapterCommitted(trained), by: Skies.united)
        try skies.commit(Skies.virgin, to: "r1")
        try skies.close("r1")
        var model = skies.materialization(of: "r1")
        try skies.commit(Skies.swiss, to: "r2")
        var early = Skies.contribution(Skies.delta, to: "r2")
        early.adapter = model.model
        var foreseen = skies
        try foreseen.say(.adapterCommitted(early), by: Skies.delta)
        set.add(
            "model-whose-bytes-were-committed-first", "ok", "It merges what its round says, and stands.", foreseen,
            foreseen.envelope(.modelMaterialized(model), by: Skies.delta))
        model.tensors = digest("tensors/swiss/r2")
        set.add(
            "model-with-the-bytes-of-a-contribution-elsewhere", "ok", "They go where that contribution does.", skies,
            skies.envelope(.modelMaterialized(model), by: Skies.delta))
        try skies.materialize("r1")
        let first = skies.view.allModels[0]
        early.adapter = first.model
        set.add(
            "contribution-of-a-models-bytes", rule: "otherLineage", "It does not say that it started from the model.",
            skies, .adapterCommitted(early), by: Skies.delta)
        try skies.openRound("r3", .feedback)
        var unchanged = Skies.contribution(Skies.delta, to: "r3", parents: [first.model])
        unchanged.adapter = first.model
        set.add(
            "contribution-of-its-parents-bytes", "ok", "It goes where the model does.", skies,
            skies.envelope(.adapterCommitted(unchanged), by: Skies.delta))
        try skies.close("r2")
        var copy = skies.materialization(of: "r2")
        copy.model = first.model
        set.add(
            "model-with-the-bytes-of-another-rounds", "ok", "A deletion recalls both.", skies,
            skies.envelope(.modelMaterialized(copy), by: Skies.delta))
        set.add(
            "contribution-of-the-same-bytes", "ok", "They start from themselves.", before.with(round: "r2"),
            before.with(round: "r2").envelope(
                .adapterCommitted(
                    Skies.contribution(
                        Skies.united, to: "r2", parents: [digest("adapter/united/r1")], label: "united/r1")),
                by: Skies.united))
    }

    private static func parents(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        try skies.openRound("r2", .feedback)
        try skies.openRound("r3")
        func child(_ member: MemberName, _ round: String, of parent: ArtifactDigest) -> Event {
            .adapterCommitted(Skies.contribution(member, to: round, parents: [parent]))
        }
        let own: ArtifactDigest = digest("adapter/united/r1")
        set.add(
            "feedback-parent-is-no-model", rule: "unknownParent", "A feedback round starts from models.",
            skies,
            child(Skies.united, "r2", of: own), by: Skies.united)
        set.add(
            "isolated-parent-is-a-model", rule: "unknownParent",
            "An isolated round goes on from own contributions.", skies,
            child(Skies.united, "r3", of: model), by: Skies.united)
        set.add(
            "isolated-parent-is-anothers", rule: "unknownParent",
            "The parent is another member's contribution.", skies,
            child(Skies.virgin, "r3", of: own), by: Skies.virgin)
        try skies.accept("del-1", of: Skies.united)
        try skies.start("del-1")
        set.add(
            "feedback-parent-is-suppressed", rule: "suppressedParent", "A deletion affects the parent.",
            skies,
            child(Skies.virgin, "r2", of: model), by: Skies.virgin)
        set.add(
            "isolated-parent-is-excluded", rule: "forgotten", "A deletion removed the parent.", skies,
            child(Skies.united, "r3", of: own), by: Skies.united)
        set.add(
            "excluded-adapter-comes-back", rule: "forgotten", "A deletion removed this adapter.", skies,
            .adapterCommitted(Skies.contribution(Skies.united, to: "r3", label: "united/r1")),
            by: Skies.united)
        var copy = Skies.contribution(Skies.virgin, to: "r3")
        copy.adapter = model
        set.add(
            "affected-model-comes-back-as-a-contribution", rule: "forgotten",
            "A deletion affects this model.", skies,
            .adapterCommitted(copy), by: Skies.virgin)
    }

    private static func closing(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        func closed(_ events: [EventHash], _ round: String = "r1") -> Event {
            .roundClosed(RoundClosed(contributions: EventSet(events), round: RoundID(round)!))
        }
        set.add(
            "round-closed-empty", rule: "listIsEmpty", "A round has at least one contribution.", skies,
            closed([]), by: Skies.delta)
        try skies.commit(Skies.united, to: "r1")
        let first = skies.view.contributions(to: RoundID("r1")!).map(\.event)
        try skies.commit(Skies.virgin, to: "r1")
        let both = skies.view.contributions(to: RoundID("r1")!).map(\.event)
        set.add(
            "round-closed-without-one", rule: "contributionsDiffer", "A contribution is left out.", skies,
            closed(first),
            by: Skies.delta)
        set.add(
            "round-closed-in-another-order", rule: "contributionsDiffer", "The order is the chain's.", skies,
            closed(both.reversed()), by: Skies.delta)
        set.add(
            "round-closed-by-a-contributor", rule: "lacksRole", "Aggregators close rounds.", skies,
            closed(both), by: Skies.united)
        set.add(
            "model-of-an-open-round", rule: "roundOpen", "The round is open.", skies,
            .modelMaterialized(skies.materialization(of: "r1")), by: Skies.delta)
        try skies.close("r1")
        set.add(
            "round-closed-again", rule: "roundClosed", "The round is closed.", skies, closed(both),
            by: Skies.delta)
    }

    private static func models(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        for member in [Skies.united, Skies.virgin] { try skies.commit(member, to: "r1") }
        try skies.close("r1")
        let good = skies.materialization(of: "r1")
        var fewer = good
        var planned = good
        var nowhere = good
        fewer.contributions = EventSet([skies.view.contributions(to: good.round)[0].event])
        planned.plan = digest("plan")
        nowhere.round = RoundID("r9")!
        set.add(
            "model-by-a-contributor", rule: "lacksRole", "Aggregators materialise.", skies,
            .modelMaterialized(good), by: Skies.united)
        set.add(
            "model-of-fewer-contributions", rule: "contributionsDiffer", "A contribution is left out.", skies,
            .modelMaterialized(fewer), by: Skies.delta)
        set.add(
            "model-of-no-round", rule: "unknownRound", "There is no such round.", skies,
            .modelMaterialized(nowhere), by: Skies.delta)
        set.add(
            "model-under-a-plan-without-need", rule: "unknownPlan", "The round's first model needs no plan.",
            skies,
            .modelMaterialized(planned), by: Skies.delta)
        try skies.materialize("r1")
        set.add(
            "model-again", rule: "alreadyMaterialized", "No plan asks for another model.", skies,
            .modelMaterialized(good),
            by: Skies.swiss)
        set.add(
            "model-again-under-an-unknown-plan", rule: "unknownPlan", "No such deletion was started.", skies,
            .modelMaterialized(planned), by: Skies.delta)
        try replacements(&skies, &set)
    }

    private static func replacements(_ skies: inout Skies, _ set: inout VectorSet) throws {
        try skies.runRound("r2", .isolated, [Skies.virgin])
        try skies.accept("del-1", of: Skies.united)
        let old = skies.view.allModels[0]
        let plan = try skies.start("del-1")
        let early = skies.materialization(of: "r1", plan: plan)
        set.add(
            "model-before-the-exclusion", rule: "planStep", "The exclusion comes first.", skies,
            .modelMaterialized(early), by: Skies.delta)
        try skies.exclude(plan)
        var same = skies.materialization(of: "r1", plan: plan)
        var tensors = same
        same.model = old.model
        tensors.tensors = old.tensors
        set.add(
            "rebuilt-model-has-the-old-digest", rule: "sameBytesAsBefore",
            "Nothing was removed from these bytes.", skies,
            .modelMaterialized(same), by: Skies.delta)
        set.add(
            "rebuilt-model-has-the-old-tensors", rule: "forgotten",
            "The old tensors under another configuration.", skies,
            .modelMaterialized(tensors), by: Skies.delta)
        set.add(
            "rebuilt-model-was-not-affected", rule: "modelsDiffer", "The plan leaves this round alone.",
            skies,
            .modelMaterialized(skies.materialization(of: "r2", plan: plan)), by: Skies.delta)
        try skies.materialize("r1", plan: plan)
        var again = skies.materialization(of: "r1", plan: plan)
        again.model = digest("another")
        set.add(
            "rebuilt-model-again", rule: "modelsDiffer", "The plan asks for one.", skies,
            .modelMaterialized(again), by: Skies.delta)
    }

    private static func attestations(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        let row = skies.view.allModels[0]
        func attested(_ digest: ArtifactDigest) -> Event {
            .modelAttested(ModelAttested(materialization: row.event, model: digest))
        }
        set.add(
            "attestation-of-another-digest", rule: "unknownModel", "The event materialised another model.",
            skies,
            attested(digest("other")), by: Skies.united)
        set.add(
            "attestation-of-ones-own-model", rule: "ownModel", "Another member confirms.", skies,
            attested(model), by: Skies.delta)
        try skies.attest(model, by: Skies.united)
        set.add(
            "attestation-again", rule: "alreadyAttested", "Each member confirms once.", skies,
            attested(model), by: Skies.united)
        try skies.accept("del-1", of: Skies.united)
        try skies.start("del-1")
        set.add(
            "attestation-of-a-suppressed-model", rule: "notCurrent", "A deletion affects the model.", skies,
            attested(model),
            by: Skies.air)
    }
}

extension SampleConsortium {
    /// The same with one more round open.
    fileprivate func with(round: String) -> SampleConsortium {
        var copy = self
        _ = try! copy.openRound(round)
        return copy
    }
}
