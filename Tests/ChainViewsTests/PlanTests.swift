import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing

private typealias Skies = SampleConsortium

private func id(_ text: String) -> DeletionID { DeletionID(text)! }

extension SampleConsortium {
    fileprivate func plan(_ ids: String...) -> Plan { view.plan(for: Ascending(ids.map(id))) }

    fileprivate func events(_ member: MemberName) -> [EventHash] {
        view.allRounds.flatMap { view.allContributions(to: $0.round) }.filter { $0.member == member }.map(
            \.event)
    }
}

/// The closure against an oracle that recurses over entry bytes, over random histories of both topologies
/// with repeated deletions.
@Suite struct ClosureOracleTests {
    @Test(arguments: 101...112 as ClosedRange<UInt64>)
    func findsWhatTheRecursiveDefinitionFinds(seed: UInt64) throws {
        var history = RandomHistory(seed: seed)
        var oracle = LineageOracle()
        for entry in history.consortium.entries { try oracle.append(entry) }
        var compared = 0
        for _ in 0..<350 where history.step() != nil {
            let view = history.consortium.view
            try oracle.append(history.consortium.entries.last!)
            guard view.plans.rows.values.allSatisfy({ $0.rematerializedBy != nil }) else { continue }
            for row in view.allDeletions.suffix(3) {
                let plan = view.plan(for: [row.deletion])
                let found = LineageOracle.Closure(
                    excluded: plan.excluded, descendants: plan.descendants,
                    models: plan.models.map(\.materialization),
                    withdrawn: Set(plan.models.filter { $0.outcome == .withdrawn }.map(\.materialization)))
                #expect(found == oracle.closure(of: [row.deletion]))
                compared += 1
            }
        }
        #expect(compared > 20)
    }
}

@Suite struct PlanTests {
    @Test func anIsolatedRoundIsRebuiltFromTheOthersContributions() throws {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin, Skies.swiss])
        try skies.accept("del-1", of: Skies.united)
        let plan = skies.plan("del-1")
        #expect(plan.excluded == skies.events(Skies.united))
        #expect(plan.descendants.isEmpty && plan.isExact)
        let remaining = skies.events(Skies.virgin) + skies.events(Skies.swiss)
        #expect(plan.models.map(\.model) == [model])
        #expect(plan.models.map(\.remaining) == [EventSet(remaining)])
        #expect(plan.holders == [Skies.delta, Skies.united])
        #expect(plan.artifacts == [model, digest("adapter/united/r1")])
    }

    @Test func aFeedbackChainNamesEveryLaterContributionAndModel() throws {
        var skies = Skies.founded()
        let members = [Skies.swiss, Skies.united, Skies.virgin]
        var models = [try skies.runRound("r1", .feedback, members)]
        for round in ["r2", "r3"] {
            let parent = models.last!
            models.append(try skies.runRound(round, .feedback, members) { _ in [parent] })
        }
        try skies.accept("del-1", of: Skies.united)
        let plan = skies.plan("del-1")
        #expect(plan.models.map(\.model) == models)
        #expect(plan.models.map(\.outcome) == [.rematerialized, .withdrawn, .withdrawn])
        #expect(plan.excluded.count == 3 && plan.descendants.count == 4)
        #expect(plan.holders == [Skies.delta, Skies.swiss, Skies.united, Skies.virgin])
        #expect(!plan.isExact)
    }

    /// Recorded once: whoever derives this plan must get these bytes for as long as chains with such plans
    /// exist.
    @Test func theDigestIsThatOfTheRecordedPlan() throws {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        try skies.runRound("r2", .feedback, [Skies.united, Skies.virgin]) { _ in [model] }
        try skies.accept("del-1", of: Skies.united)
        let plan = skies.plan("del-1")
        let bytes = try VectorFolder.compare("plans/feedback.json", CanonicalJSON.encode(plan))
        #expect(plan.digest == .sha256(bytes))
        #expect(try CanonicalJSON.decode(Plan.self, from: bytes) == plan)
    }

    @Test func isAFunctionOfTheChainAndTheDeletions() throws {
        var history = RandomHistory(seed: 55)
        for _ in 0..<300 { _ = history.step() }
        let view = history.consortium.view
        let loaded = try PublicView(origin: view.origin, size: view.size, rows: view.rows)
        for row in view.allDeletions {
            #expect(view.plan(for: [row.deletion]).digest == loaded.plan(for: [row.deletion]).digest)
        }
        #expect(!view.allDeletions.isEmpty)
    }

    // MARK: Around the start

    @Test func aContributionCommittedBetweenPlanAndStartMakesAnotherPlan() throws {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        try skies.openRound("r2")
        try skies.accept("del-1", of: Skies.united)
        let agreed = skies.start(of: ["del-1"])
        try skies.commit(Skies.united, to: "r2")
        let now = skies.plan("del-1").digest
        #expect(
            skies.refusal(.deletionStarted(agreed), by: Skies.delta)
                == .planDiffers(expected: now, actual: agreed.plan))
    }

    @Test func aContributionToAnOpenRoundIsLeftOutWhenItIsClosed() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        for member in [Skies.united, Skies.virgin] { try skies.commit(member, to: "r1") }
        try skies.accept("del-1", of: Skies.united)
        try skies.start("del-1")
        try skies.close("r1")
        try skies.materialize("r1")
        #expect(skies.view.contributions(of: skies.view.allModels[0]) == skies.events(Skies.virgin))
    }

    /// From the start on, not only from the exclusion: else a model could come to descend from what is being
    /// excluded while the plan, which does not know it, is carried out to an exact end.
    @Test func nobodyTrainsOnAnAffectedModelOnceTheDeletionHasStarted() throws {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        try skies.openRound("r2", .feedback)
        try skies.accept("del-1", of: Skies.united)
        try skies.start("del-1")
        let event = Skies.contribution(Skies.virgin, to: "r2", parents: [model])
        #expect(skies.refusal(.adapterCommitted(event), by: Skies.virgin) == .suppressedParent(model))
    }

    /// A round that was open during the deletion takes no descendant in, and its member may train again.
    @Test func aDescendantInAnOpenRoundIsNotMerged() throws {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        try skies.openRound("r2", .feedback)
        try skies.commit(Skies.virgin, to: "r2", parents: [model])
        try skies.commit(Skies.swiss, to: "r2")
        let plan = try skies.delete(Skies.united, "del-1")
        #expect(skies.view.plans[plan]?.isExact == false)
        #expect(skies.view.contributions(to: RoundID("r2")!).map(\.member) == [Skies.swiss])
        let successor = try #require(skies.view.currentModel(of: RoundID("r1")!)).model
        try skies.commit(Skies.virgin, to: "r2", parents: [successor], label: "again")
        #expect(skies.view.contributions(to: RoundID("r2")!).map(\.member) == [Skies.swiss, Skies.virgin])
    }

    // MARK: What is forgotten stays forgotten (I12)

    @Test func excludedBytesNeverComeBack() throws {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        try skies.delete(Skies.united, "del-1")
        try skies.openRound("r2")
        let fresh = Skies.contribution(Skies.united, to: "r2")
        var adapter = fresh
        var tensors = fresh
        var parents = fresh
        var merged = fresh
        adapter.adapter = digest("adapter/united/r1")
        tensors.tensors = digest("tensors/united/r1")
        parents.parents = [digest("adapter/united/r1")]
        merged.adapter = model
        for member in [Skies.united, Skies.virgin] {
            #expect(skies.refusal(.adapterCommitted(adapter), by: member) == .forgotten(adapter.adapter))
            #expect(skies.refusal(.adapterCommitted(tensors), by: member) == .forgotten(tensors.tensors))
            #expect(skies.refusal(.adapterCommitted(merged), by: member) == .forgotten(model))
        }
        #expect(
            skies.refusal(.adapterCommitted(parents), by: Skies.united)
                == .forgotten(digest("adapter/united/r1")))
        #expect(skies.refusal(.adapterCommitted(fresh), by: Skies.united) == nil)
    }

    @Test func theOldBytesAreNoNewModel() throws {
        var skies = Skies.founded()
        let old = try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        try skies.accept("del-1", of: Skies.united)
        let plan = try skies.start("del-1")
        try skies.exclude(plan)
        var event = skies.materialization(of: "r1", plan: plan)
        event.model = old
        #expect(skies.refusal(.modelMaterialized(event), by: Skies.delta) == .sameBytesAsBefore(old))
        event = skies.materialization(of: "r1", plan: plan)
        event.tensors = skies.view.allModels[0].tensors
        #expect(skies.refusal(.modelMaterialized(event), by: Skies.delta) == .forgotten(event.tensors))
    }

    @Test func theOldModelIsNotTheModelOfAnotherRound() throws {
        var skies = Skies.founded()
        let old = try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        try skies.delete(Skies.united, "del-1")
        try skies.openRound("r2")
        try skies.commit(Skies.virgin, to: "r2")
        try skies.close("r2")
        var event = skies.materialization(of: "r2")
        event.model = old
        #expect(skies.refusal(.modelMaterialized(event), by: Skies.delta) == .forgotten(old))
    }

    @Test func aRecalledModelIsNoParent() throws {
        var skies = Skies.founded()
        let first = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        let second = try skies.runRound("r2", .feedback, [Skies.virgin]) { _ in [first] }
        try skies.delete(Skies.united, "del-1")
        try skies.openRound("r3", .feedback)
        let event = Skies.contribution(Skies.virgin, to: "r3", parents: [second])
        #expect(skies.refusal(.adapterCommitted(event), by: Skies.virgin) == .suppressedParent(second))
    }

    @Test func aDescendantIsNoParentAndItsBytesAreNoNewContribution() throws {
        var skies = Skies.founded()
        let first = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        try skies.runRound("r2", .feedback, [Skies.virgin]) { _ in [first] }
        try skies.delete(Skies.united, "del-1")
        try skies.openRound("r3")
        let descendant: ArtifactDigest = digest("adapter/virgin/r2")
        let child = Skies.contribution(Skies.virgin, to: "r3", parents: [descendant])
        #expect(skies.refusal(.adapterCommitted(child), by: Skies.virgin) == .forgotten(descendant))
        let again = Skies.contribution(Skies.virgin, to: "r3", label: "virgin/r2")
        #expect(skies.refusal(.adapterCommitted(again), by: Skies.virgin) == .forgotten(descendant))
    }

    // MARK: Equal bytes

    /// Deleting one of two equal contributions would leave its bytes behind, or take the other's with them.
    /// Who commits second has copied.
    @Test func nobodyCommitsTheBytesOfAnother() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        try skies.commit(Skies.united, to: "r1")
        let copy = Skies.contribution(Skies.virgin, to: "r1", label: "united/r1")
        #expect(
            skies.refusal(.adapterCommitted(copy), by: Skies.virgin)
                == .adapterOfAnother(copy.adapter, Skies.united))
        var sameTensors = Skies.contribution(Skies.virgin, to: "r1")
        sameTensors.tensors = copy.tensors
        #expect(
            skies.refusal(.adapterCommitted(sameTensors), by: Skies.virgin)
                == .adapterOfAnother(copy.tensors, Skies.united))
    }

    // MARK: More than one deletion

    @Test func aSecondDeletionStartsFromWhatTheFirstLeft() throws {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin, Skies.swiss])
        try skies.delete(Skies.united, "del-1")
        let second = try #require(skies.view.currentModel(of: RoundID("r1")!))
        try skies.accept("del-2", of: Skies.virgin)
        let plan = skies.plan("del-2")
        #expect(plan.models.map(\.materialization) == [second.event])
        #expect(plan.models.map(\.remaining) == [EventSet(skies.events(Skies.swiss))])
        try skies.delete(Skies.swiss, "del-3")
        #expect(skies.plan("del-2").models.map(\.outcome) == [.withdrawn])
    }

    @Test func aMemberThatDeletesTwiceHasNothingLeftToExclude() throws {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        try skies.delete(Skies.united, "del-1")
        let plan = try skies.delete(Skies.united, "del-2")
        let row = try #require(skies.view.plans[plan])
        #expect(row.excluded.isEmpty && row.models.isEmpty && row.holders == [Skies.united])
        #expect(skies.view.grade(of: row) == .destroyed)
    }

    /// The second deletion must not come out exact while a descendant of the first still exists.
    @Test func aSecondDeletionOfTheSameMemberStillNamesTheDescendants() throws {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        try skies.runRound("r2", .feedback, [Skies.virgin]) { _ in [model] }
        try skies.delete(Skies.united, "del-1")
        try skies.accept("del-2", of: Skies.united)
        #expect(skies.plan("del-2").descendants == [skies.events(Skies.virgin)[1]])
        try skies.delete(Skies.virgin, "del-3")
        #expect(skies.plan("del-2").descendants == [])
    }

    /// united → model of r1 → swiss's contribution to r2, excluded by an earlier deletion → model of r2 →
    /// virgin's.
    @Test func whatAnEarlierPlanExcludedStillHandsOnItsDescent() throws {
        var skies = Skies.founded()
        let first = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        let second = try skies.runRound("r2", .feedback, [Skies.swiss, Skies.delta]) {
            $0 == Skies.swiss ? [first] : []
        }
        try skies.runRound("r3", .feedback, [Skies.virgin]) { _ in [second] }
        try skies.delete(Skies.swiss, "del-1")
        try skies.accept("del-2", of: Skies.united)
        #expect(skies.plan("del-2").descendants == [skies.events(Skies.virgin)[1]])
        #expect(!skies.plan("del-2").isExact)
    }

    @Test func whoConfirmedAModelThatWasReplacedSinceHoldsWhatItMerged() throws {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin, Skies.swiss])
        try skies.attest(model, by: Skies.air)
        try skies.delete(Skies.united, "del-1")
        try skies.accept("del-2", of: Skies.virgin)
        #expect(skies.plan("del-2").holders.contains(Skies.air))
    }

    @Test func anAttestationStaysWithTheModelThatItConfirmed() throws {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin, Skies.swiss])
        try skies.attest(model, by: Skies.air)
        let plan = try skies.delete(Skies.united, "del-1")
        #expect(skies.view.grade(of: skies.view.plans[plan]!) == .replayed)
        try skies.attest(try #require(skies.view.currentModel(of: RoundID("r1")!)).model, by: Skies.swiss)
        #expect(skies.view.grade(of: skies.view.plans[plan]!) == .replayedTwice)
    }
}
