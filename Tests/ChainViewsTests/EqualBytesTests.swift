import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing

private typealias Skies = SampleConsortium

extension SampleConsortium {
    fileprivate func plan(_ id: String) -> Plan { view.plan(for: [DeletionID(id)!]) }

    /// Commits the bytes of `model`, as if they were an adapter that `member` trained.
    @discardableResult
    fileprivate mutating func commit(
        bytesOf model: ModelMaterialized, by member: MemberName, to round: String, parents: [ArtifactDigest] = [],
        shards: [Int]? = nil
    ) throws -> EventHash {
        var event = Self.contribution(member, to: round, parents: parents)
        (event.adapter, event.tensors) = (model.model, model.tensors)
        event.training = shards.map { Self.training(member, $0, label: "\(member)/\(round)") }
        return try say(.adapterCommitted(event), by: member)
    }

    /// The model of `round` with the bytes of `other`: crafted contributions have such a mean, or the aggregator lies.
    @discardableResult
    fileprivate mutating func materialize(_ round: String, as other: ModelMaterialized) throws -> EventHash {
        var event = materialization(of: round)
        (event.model, event.tensors) = (other.model, other.tensors)
        return try say(.modelMaterialized(event), by: Self.delta)
    }

    /// Carries out `id`, which was accepted, to its completion.
    fileprivate mutating func carryOut(_ id: String) throws -> PlanRow {
        let plan = try start(id)
        try dispose(plan)
        for holder in view.plans[plan]!.holders { try erase(plan, by: holder) }
        try complete(id, plan)
        return view.plans[plan]!
    }

    fileprivate func state(of round: String) -> ModelRow.State? {
        view.latestModel(of: RoundID(round)!, cohort: nil)?.state
    }
}

/// Bytes that somebody foresaw and committed first neither keep a model from being made nor survive the deletion that
/// takes it out of use.
@Suite struct EqualBytesTests {
    /// united and virgin in r1, whose model is `model`; r2 is open.
    private static func closed(_ topology: Topology = .isolated) throws -> (skies: Skies, model: ModelMaterialized) {
        var skies = Skies.founded()
        for round in ["r1", "r2"] { try skies.openRound(round, topology) }
        for member in [Skies.united, Skies.virgin] { try skies.commit(member, to: "r1") }
        try skies.close("r1")
        return (skies, skies.materialization(of: "r1"))
    }

    private func isTheSameLoaded(_ skies: Skies, _ id: String) throws -> Bool {
        let loaded = try PublicView(origin: Skies.origin, size: skies.view.size, rows: skies.view.rows)
        return loaded.plan(for: [DeletionID(id)!]) == skies.plan(id)
    }

    // MARK: Contributions

    /// swiss knows r1's model before it is made, and commits its bytes to another round: the model is made all the same, and
    /// the copy goes where the model does.
    @Test func aModelWhoseBytesWereCommittedFirstIsMadeAndTheCopyGoesWithIt() throws {
        var (skies, model) = try Self.closed()
        let early = try skies.commit(bytesOf: model, by: Skies.swiss, to: "r2")
        try skies.commit(Skies.virgin, to: "r2")
        try skies.close("r2")
        try skies.materialize("r2")
        try skies.materialize("r1")
        try skies.accept("del-1", of: Skies.united)
        let plan = skies.plan("del-1")
        #expect(plan.excluded.contains(early) && plan.copies == [early] && plan.descendants.isEmpty)
        #expect(plan.models.map(\.outcome) == [.rematerialized, .rematerialized])
        #expect(plan.holders.contains(Skies.swiss) && plan.artifacts.contains(model.model))
        #expect(try isTheSameLoaded(skies, "del-1"))
        let done = try skies.carryOut("del-1")
        #expect(done.isExact && skies.view.grade(of: done) == .replayed)
        let left = try #require(skies.view.currentModel(of: RoundID("r2")!))
        #expect(skies.view.mergedContributions(of: left).map(\.member) == [Skies.virgin])
        let again = Skies.contribution(Skies.swiss, to: "r3").with(bytesOf: model)
        try skies.openRound("r3")
        #expect(skies.refusal(.adapterCommitted(again), by: Skies.swiss) == .forgotten(model.model))
    }

    /// Nothing but the copy is in r2: without it there is no such model, and the deletion is as exact as without the copy.
    @Test func aCopyAloneInItsRoundDoesNotKeepADeletionFromBeingExact() throws {
        var (skies, model) = try Self.closed()
        try skies.commit(bytesOf: model, by: Skies.swiss, to: "r2")
        try skies.close("r2")
        try skies.materialize("r2", as: model)
        try skies.materialize("r1")
        try skies.accept("del-1", of: Skies.united)
        #expect(skies.plan("del-1").models.map(\.outcome) == [.withdrawn, .rematerialized])
        let done = try skies.carryOut("del-1")
        #expect(done.isExact && skies.state(of: "r2") == .recalled && skies.state(of: "r1") == .current)
    }

    /// The bytes that a plan's model will have are known as well: committed first, they keep no deletion at A1.
    @Test func aRebuiltModelWhoseBytesWereCommittedFirstIsMadeToo() throws {
        var (skies, _) = try Self.closed()
        try skies.materialize("r1")
        try skies.accept("del-1", of: Skies.united)
        var foreseen = skies
        let plan = try foreseen.start("del-1")
        try foreseen.exclude(plan)
        let rebuilt = foreseen.materialization(of: "r1", plan: plan)
        let early = try skies.commit(bytesOf: rebuilt, by: Skies.swiss, to: "r2")
        let done = try skies.carryOut("del-1")
        #expect(done.isExact && !done.excluded.contains(early))
        #expect(skies.view.currentModel(of: RoundID("r1")!)?.model == rebuilt.model)
        try skies.accept("del-2", of: Skies.virgin)
        #expect(skies.plan("del-2").copies?.contains(early) == true)
    }

    /// A copy of a copy, against the order of the chain: each pass finds the next.
    @Test func copiesAreFollowedBackwardsAsFarAsTheyGo() throws {
        var (skies, model) = try Self.closed()
        let before = try skies.commit(bytesOf: model, by: Skies.swiss, to: "r2")
        try skies.commit(Skies.delta, to: "r2")
        try skies.close("r2")
        let second = skies.materialization(of: "r2")
        try skies.openRound("r0")
        let first = try skies.commit(bytesOf: second, by: Skies.swiss, to: "r0")
        try skies.commit(Skies.virgin, to: "r0")
        try skies.close("r0")
        for round in ["r0", "r2", "r1"] { try skies.materialize(round) }
        try skies.accept("del-1", of: Skies.united)
        let plan = skies.plan("del-1")
        #expect(plan.copies == [before, first] && plan.models.count == 3 && plan.isExact)
        #expect(try isTheSameLoaded(skies, "del-1"))
        #expect(try skies.carryOut("del-1").isExact)
    }

    /// What was set aside has the bytes too.
    @Test func aCopyThatWasWithdrawnGoesToo() throws {
        var (skies, model) = try Self.closed()
        let early = try skies.commit(bytesOf: model, by: Skies.swiss, to: "r2")
        try skies.say(.contributionWithdrawn(skies.withdrawal(of: Skies.swiss, "r2")), by: Skies.swiss)
        try skies.materialize("r1")
        try skies.accept("del-1", of: Skies.united)
        #expect(skies.plan("del-1").excluded.contains(early) && skies.plan("del-1").artifacts.contains(model.model))
        #expect(try skies.carryOut("del-1").isExact)
    }

    // MARK: What stays

    /// The mean of one is that one: virgin's adapter stays where united's goes.
    @Test func whatAModelMergedIsNoCopyOfIt() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        try skies.commit(Skies.virgin, to: "r1")
        try skies.close("r1")
        let single = skies.materialization(of: "r1").with(digest("adapter/virgin/r1"), digest("tensors/virgin/r1"))
        try skies.say(.modelMaterialized(single), by: Skies.delta)
        try skies.openRound("r2")
        try skies.commit(Skies.virgin, to: "r2", parents: [single.model], label: "virgin/r1")
        try skies.commit(Skies.united, to: "r2")
        try skies.close("r2")
        try skies.materialize("r2")
        try skies.accept("del-1", of: Skies.united)
        let plan = skies.plan("del-1")
        #expect(plan.excluded.count == 1 && plan.copies == nil && plan.models.count == 1)
        #expect(try skies.carryOut("del-1").isExact)
    }

    /// A member without data of its own commits the model that it was given. It says so, and goes where the model does.
    @Test func aModelCommittedUnchangedGoesWithIt() throws {
        var (skies, model) = try Self.closed(.feedback)
        try skies.materialize("r1")
        let unchanged = try skies.commit(bytesOf: model, by: Skies.swiss, to: "r2", parents: [model.model])
        try skies.commit(Skies.delta, to: "r2")
        try skies.close("r2")
        try skies.materialize("r2")
        try skies.accept("del-1", of: Skies.united)
        #expect(skies.plan("del-1").copies == [unchanged] && skies.plan("del-1").descendants.isEmpty)
        #expect(try skies.carryOut("del-1").isExact)
    }

    /// Else anybody could take a model along with an adapter of its own.
    @Test func aModelThatStoodBeforeAContributionWithItsBytesStays() throws {
        var (skies, model) = try Self.closed(.feedback)
        try skies.materialize("r1")
        let undeclared = Skies.contribution(Skies.swiss, to: "r2").with(bytesOf: model)
        let row = skies.view.allModels[0]
        #expect(
            skies.refusal(.adapterCommitted(undeclared), by: Skies.swiss) == .otherLineage(model.model, row.event))
        try skies.commit(bytesOf: model, by: Skies.swiss, to: "r2", parents: [model.model])
        try skies.accept("del-1", of: Skies.swiss)
        let plan = skies.plan("del-1")
        #expect(plan.excluded.count == 1 && plan.models.isEmpty && !plan.artifacts.contains(model.model))
        #expect(try skies.carryOut("del-1").isExact)
        #expect(skies.state(of: "r1") == .current && skies.view.isServed(model.model))
        let back = Skies.contribution(Skies.swiss, to: "r2", parents: [model.model]).with(bytesOf: model)
        #expect(skies.refusal(.adapterCommitted(back), by: Skies.swiss) == .forgotten(model.model))
    }

    // MARK: Models

    /// Two contributions made to measure have the bytes of r1's model as their mean. It is served no longer, and nothing
    /// that merges the same again gives other bytes.
    @Test func anotherModelWithTheBytesIsRecalled() throws {
        var (skies, model) = try Self.closed()
        for member in [Skies.swiss, Skies.delta] { try skies.commit(member, to: "r2") }
        try skies.close("r2")
        let copy = try skies.materialize("r2", as: model)
        try skies.materialize("r1")
        try skies.accept("del-1", of: Skies.united)
        let plan = skies.plan("del-1")
        #expect(plan.copies == [copy] && plan.excluded.count == 1)
        #expect(plan.models.map(\.outcome) == [.withdrawn, .rematerialized] && plan.isExact)
        let done = try skies.carryOut("del-1")
        #expect(done.isExact && skies.state(of: "r2") == .recalled)
        #expect(skies.view.grade(of: done) == .replayed && !skies.view.isServed(model.model))
    }

    /// What an excluded contribution was is served nowhere, whatever a later model is said to have merged.
    @Test func aModelWithTheBytesOfAnExcludedContributionIsRecalled() throws {
        var (skies, _) = try Self.closed()
        for member in [Skies.swiss, Skies.delta] { try skies.commit(member, to: "r2") }
        try skies.close("r2")
        try skies.materialize("r1")
        let lie = skies.materialization(of: "r2").with(digest("adapter/united/r1"), digest("tensors/united/r1"))
        let hidden = try skies.say(.modelMaterialized(lie), by: Skies.delta)
        try skies.accept("del-1", of: Skies.united)
        #expect(skies.plan("del-1").copies == [hidden])
        #expect(try skies.carryOut("del-1").isExact)
        #expect(skies.state(of: "r2") == .recalled && !skies.view.isServed(lie.model))
    }

    /// r3 was trained from these bytes, which are those of two models: one of them is rebuilt, and that is enough.
    @Test func whatStartedFromTheBytesGoesOnFromTheModelThatIsRebuilt() throws {
        var skies = Skies.founded()
        for round in ["r1", "r2", "r3"] { try skies.openRound(round, .feedback) }
        try skies.commit(Skies.united, to: "r1", shards: [0])
        try skies.commit(Skies.virgin, to: "r1", shards: [0])
        for member in [Skies.swiss, Skies.delta] { try skies.commit(member, to: "r2") }
        for round in ["r1", "r2"] { try skies.close(round) }
        let model = skies.materialization(of: "r1")
        try skies.materialize("r1")
        try skies.materialize("r2", as: model)
        let child = try skies.commit(Skies.virgin, to: "r3", shards: [0], parents: [model.model])
        try skies.close("r3")
        try skies.materialize("r3")
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
        let plan = skies.plan("del-1")
        #expect(plan.descendants.isEmpty && plan.retraining.map(\.contribution).contains(child) && plan.isExact)
        #expect(try isTheSameLoaded(skies, "del-1"))
        let done = try skies.carryOut("del-1")
        let rebuilt = try #require(skies.view.currentModel(of: RoundID("r1")!)).model
        #expect(done.isExact && skies.view.contributions(to: RoundID("r3")!).map(\.parents) == [[rebuilt]])
    }

    /// Whatever merges to them, they are what a deletion took out.
    @Test func forgottenBytesAreNoModel() throws {
        var (skies, model) = try Self.closed()
        try skies.materialize("r1")
        try skies.delete(Skies.united, "del-1")
        try skies.commit(Skies.swiss, to: "r2")
        try skies.close("r2")
        let old = skies.materialization(of: "r2").with(model.model, digest("other"))
        #expect(skies.refusal(.modelMaterialized(old), by: Skies.delta) == .forgotten(model.model))
        let excluded = skies.materialization(of: "r2").with(digest("adapter/united/r1"), digest("other"))
        #expect(skies.refusal(.modelMaterialized(excluded), by: Skies.delta) == .forgotten(excluded.model))
    }

    // MARK: More than one deletion

    @Test func ofTwoDeletionsTheSecondFindsWhatTheFirstLeft() throws {
        var (skies, model) = try Self.closed()
        let early = try skies.commit(bytesOf: model, by: Skies.swiss, to: "r2")
        try skies.commit(Skies.delta, to: "r2")
        try skies.close("r2")
        for round in ["r1", "r2"] { try skies.materialize(round) }
        try skies.accept("del-1", of: Skies.united)
        try skies.accept("del-2", of: Skies.swiss)
        #expect(skies.plan("del-1").copies == [early])
        // swiss asks for it itself: it goes, and r1's model with it, which nobody can tell from its adapter.
        #expect(skies.plan("del-2").excluded == [early] && skies.plan("del-2").models.count == 2)
        let both = skies.view.plan(for: [DeletionID("del-1")!, DeletionID("del-2")!])
        #expect(both.copies == nil && both.models.map(\.outcome) == [.rematerialized, .rematerialized])
        #expect(try skies.carryOut("del-1").isExact)
        #expect(skies.plan("del-2").excluded.isEmpty && skies.plan("del-2").models.isEmpty)
        #expect(try skies.carryOut("del-2").isExact)
    }

    // MARK: What takes another's place

    private static func retrained() throws -> (skies: Skies, plan: ArtifactDigest, event: AdapterCommitted) {
        var skies = Skies.founded()
        for round in ["r1", "r2", "r3"] { try skies.openRound(round) }
        let old = try skies.commit(Skies.united, to: "r1", shards: [0])
        try skies.commit(Skies.virgin, to: "r1")
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
        let plan = try skies.start("del-1")
        try skies.exclude(plan)
        return (skies, plan, skies.replacement(of: old, plan))
    }

    /// The retrained bytes are no others: that they stood there before, said to be of another shard, locks nothing.
    @Test func aMemberThatCommittedItsReplacementBeforeDoesNotLockItsDeletion() throws {
        var (skies, plan, event) = try Self.retrained()
        var early = Skies.contribution(Skies.united, to: "r2").with(event.adapter, event.tensors)
        early.training = Skies.training(Skies.united, [1], label: "early")
        let copy = try skies.say(.adapterCommitted(early), by: Skies.united)
        let new = try skies.say(.adapterCommitted(event), by: Skies.united)
        try skies.rebuild(plan)
        try skies.completeRematerialization(plan)
        #expect(skies.view.plans[plan]?.isExact == true)
        // Where one of the two goes, so does the other.
        try skies.acceptRecords("del-2", of: Skies.united, shards: [1])
        #expect(Set(skies.plan("del-2").excluded) == [copy, new])
        try skies.acceptRecords("del-3", of: Skies.united, shards: [0])
        #expect(Set(skies.plan("del-3").excluded) == [copy, new])
    }

    @Test func whatAnotherCommittedBeforeIsNoReplacement() throws {
        var (skies, _, event) = try Self.retrained()
        let early = Skies.contribution(Skies.swiss, to: "r2").with(event.adapter, event.tensors)
        try skies.say(.adapterCommitted(early), by: Skies.swiss)
        #expect(
            skies.refusal(.adapterCommitted(event), by: Skies.united) == .adapterOfAnother(event.adapter, Skies.swiss))
    }
}

/// What is looked at besides the closure: the rows are made by hand, as no chain gives them.
@Suite struct ForgottenBytesTests {
    /// A view after united's deletion in which a contribution of swiss to r2, which counts, has united's bytes.
    private func broken(closed: Bool, merged: Bool = false) throws -> Skies {
        var skies = Skies.founded()
        try skies.adoptPolicies()
        try skies.runDecidedRound("r1")
        try skies.openRound("r2")
        try skies.decide(Skies.swiss, "r2")
        let event = Skies.contribution(Skies.swiss, to: "r2")
        let hash = try skies.say(.adapterCommitted(event), by: Skies.swiss)
        if closed { try skies.close("r2") }
        if merged { try skies.materialize("r2") }
        try skies.delete(Skies.united, "del-1")
        let gone = try #require(skies.view.contributions.rows.values.first { $0.excludedBy != nil })
        let rows = skies.view.rows.map { row in
            var row = row
            guard row.kind == "contribution", row.key == hash.hex else { return row }
            let text = String(decoding: row.value, as: UTF8.self)
            row.value = Array(text.replacing(event.adapter.hex, with: gone.adapter.hex).utf8)
            return row
        }
        skies.look(at: try PublicView(origin: Skies.origin, size: skies.view.size, rows: rows))
        #expect(skies.view.contributions[hash]?.counts == true)
        return skies
    }

    @Test func aRoundIsNotClosedOverThem() throws {
        let skies = try broken(closed: false)
        let set = EventSet(skies.view.contributions(to: RoundID("r2")!).map(\.event))
        let closed = RoundClosed(contributions: set, round: RoundID("r2")!)
        #expect(skies.refusal(.roundClosed(closed), by: Skies.delta)?.caseName == "forgotten")
    }

    @Test func nothingIsMergedOrMeasuredFromThem() throws {
        let skies = try broken(closed: true)
        let model = skies.materialization(of: "r2")
        #expect(skies.refusal(.modelMaterialized(model), by: Skies.delta)?.caseName == "forgotten")
        let measured = skies.evaluation("r2")
        #expect(skies.refusal(.evaluationRecorded(measured), by: Skies.delta)?.caseName == "forgotten")
    }

    @Test func aModelOfThemIsNotReleasedOrServed() throws {
        let skies = try broken(closed: true, merged: true)
        let model = try #require(skies.view.currentModel(of: RoundID("r2")!))
        #expect(!skies.view.isServable(model))
        let release = skies.released("r2")
        #expect(skies.refusal(.modelReleased(release), by: Skies.delta)?.caseName == "forgotten")
    }
}

extension AdapterCommitted {
    fileprivate func with(_ adapter: ArtifactDigest, _ tensors: ArtifactDigest) -> AdapterCommitted {
        var event = self
        (event.adapter, event.tensors) = (adapter, tensors)
        return event
    }

    fileprivate func with(bytesOf model: ModelMaterialized) -> AdapterCommitted { with(model.model, model.tensors) }
}

extension ModelMaterialized {
    fileprivate func with(_ model: ArtifactDigest, _ tensors: ArtifactDigest) -> ModelMaterialized {
        var event = self
        (event.model, event.tensors) = (model, tensors)
        return event
    }
}
