import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing
import Unlearning

private typealias Skies = SampleConsortium

extension SampleConsortium {
    fileprivate func next(_ ids: String...) -> [DeletionStep] {
        DeletionProgress(view: view).nextSteps(for: Ascending(ids.map { DeletionID($0)! }))
    }

    /// Takes `step` as whoever may.
    fileprivate mutating func take(_ step: DeletionStep) throws {
        switch step {
        case .start(let ids):
            let event = start(of: ids.map(\.text))
            try say(.deletionStarted(event), by: Skies.delta)
        case .applyExclusion(let plan): try exclude(plan)
        case .retrain(let event, _, _, let plan): try retrain(event, plan)
        case .rematerialize(let round, _, let plan): try materialize(round.text, plan: plan)
        case .recall(let round, _, let model, let plan):
            try say(.modelRecalled(ModelRecalled(model: model, plan: plan, round: round)), by: Skies.delta)
        case .completeRematerialization(let plan): try completeRematerialization(plan)
        case .erase(let holder, let plan), .resolve(let holder, _, let plan): try erase(plan, by: holder)
        case .complete(let deletion, let plan): try complete(deletion.text, plan)
        }
    }

    /// Two isolated rounds of three members, the first attested by another, and an accepted deletion of
    /// united's.
    fileprivate static func isolated() throws -> SampleConsortium {
        var skies = founded()
        let first = try skies.runRound("r1", .isolated, [united, virgin, swiss])
        try skies.runRound("r2", .isolated, [united, virgin, swiss]) { [digest("adapter/\($0)/r1")] }
        try skies.attest(first, by: air)
        try skies.accept("del-1", of: united)
        return skies
    }

    /// A model, and a second round that two members trained on it.
    fileprivate static func feedback() throws -> SampleConsortium {
        var skies = founded()
        let model = try skies.runRound("r1", .feedback, [united, virgin])
        try skies.runRound("r2", .feedback, [united, virgin]) { _ in [model] }
        try skies.accept("del-1", of: united)
        return skies
    }
}

/// What is left to do for a deletion, read off the chain after each of its events.
@Suite struct DeletionProgressTests {
    @Test func namesTheStepsOfAnExactDeletionInOrder() throws {
        var skies = try Skies.isolated()
        let ids: Ascending<DeletionID> = [DeletionID("del-1")!]
        let plan = skies.view.plan(for: ids).digest
        let (first, second) = (RoundID("r1")!, RoundID("r2")!)
        let expected: [[DeletionStep]] = [
            [.start(ids)], [.applyExclusion(plan: plan)], [.rematerialize(first, cohort: nil, plan: plan)],
            [.rematerialize(second, cohort: nil, plan: plan)], [.completeRematerialization(plan: plan)],
            [Skies.air, Skies.delta, Skies.united].map { .erase(holder: $0, plan: plan) },
            [Skies.delta, Skies.united].map { .erase(holder: $0, plan: plan) },
            [.erase(holder: Skies.united, plan: plan)], [.complete(DeletionID("del-1")!, plan: plan)],
        ]
        for steps in expected {
            #expect(skies.next("del-1") == steps)
            try skies.take(steps[0])
        }
        #expect(skies.next("del-1") == [])
        #expect(skies.view.deletions[DeletionID("del-1")!]?.state == .completed)
    }

    /// united's contribution to a closed round that nobody has merged yet loses records.
    private func closedWithoutModel() throws -> (skies: SampleConsortium, plan: Plan) {
        var skies = Skies.founded()
        try skies.openRound("r1", .isolated)
        for member in [Skies.united, Skies.virgin] {
            try skies.commit(member, to: "r1", shards: [0, 1])
        }
        try skies.close("r1")
        try skies.acceptRecords("del-1", of: Skies.united, shards: [1])
        let plan = skies.view.plan(for: [DeletionID("del-1")!])
        for _ in 0..<2 { try skies.take(skies.next("del-1")[0]) }
        return (skies, plan)
    }

    @Test func aContributionToAClosedRoundIsTrainedAgainBeforeItIsMerged() throws {
        var (skies, plan) = try closedWithoutModel()
        #expect(plan.models.isEmpty && plan.retraining.count == 1)
        let again = DeletionStep.retrain(
            plan.excluded[0], RoundID("r1")!, member: Skies.united, plan: plan.digest)
        #expect(skies.next("del-1") == [again])
        try skies.take(again)
        #expect(skies.next("del-1") == [.completeRematerialization(plan: plan.digest)])
        #expect(skies.view.contributions(to: RoundID("r1")!).map(\.member) == [Skies.united, Skies.virgin])
    }

    @Test func aRoundThatIsMergedMeanwhileGoesWithoutTheContribution() throws {
        var (skies, plan) = try closedWithoutModel()
        try skies.materialize("r1")
        #expect(skies.next("del-1") == [.completeRematerialization(plan: plan.digest)])
        #expect(throws: (any Error).self) { try skies.retrain(plan.excluded[0], plan.digest) }
    }

    @Test func namesARecallWhereAModelCannotBeRebuilt() throws {
        var skies = try Skies.feedback()
        let old = try #require(skies.view.currentModel(of: RoundID("r2")!))
        let plan = skies.view.plan(for: [DeletionID("del-1")!])
        for _ in 0..<3 { try skies.take(skies.next("del-1")[0]) }
        #expect(skies.next("del-1") == [.recall(RoundID("r2")!, cohort: nil, model: old.model, plan: plan.digest)])
    }

    /// Seeded shuffles of the independent steps: whichever holder comes first, the end is the same.
    @Test(arguments: 1...8 as ClosedRange<UInt64>, [false, true])
    func everyInterleavingEndsInCompletion(seed: UInt64, feedback: Bool) throws {
        var random = SplitMix64(seed: seed)
        var skies = feedback ? try Skies.feedback() : try Skies.isolated()
        try skies.accept("del-2", of: Skies.swiss)
        let ids = ["del-1", "del-2"]
        var taken = 0
        while let step = skies.next("del-1", "del-2").randomElement(using: &random) {
            for id in ids where skies.view.deletions[DeletionID(id)!]?.state != .completed {
                expectNotCertifiable(skies, id)
            }
            try skies.take(step)
            taken += 1
            try #require(taken < 30)
        }
        for id in ids { #expect(skies.view.deletions[DeletionID(id)!]?.state == .completed) }
    }

    private func expectNotCertifiable(_ skies: SampleConsortium, _ id: String) {
        var skies = skies
        let event = DeletionCertified(certificate: digest("c"), deletion: DeletionID(id)!, kind: .certificate)
        #expect(throws: AdmissionError.self) { try skies.say(.deletionCertified(event), by: Skies.delta) }
        // A statement of status takes no step: what was left to do is left.
        let state = skies.view.deletions[DeletionID(id)!]?.state
        let status = DeletionCertified(certificate: digest("c"), deletion: DeletionID(id)!, kind: .statusStatement)
        #expect(throws: Never.self) { try skies.say(.deletionCertified(status), by: Skies.delta) }
        #expect(skies.view.deletions[DeletionID(id)!]?.state == state)
    }

    @Test func aHolderThatFailedIsAskedAgain() throws {
        var skies = try Skies.isolated()
        let plan = try skies.start("del-1")
        try skies.dispose(plan)
        try skies.say(.erasureAttested(skies.erasure(plan, .failed)), by: Skies.united)
        #expect(skies.next("del-1").contains(.erase(holder: Skies.united, plan: plan)))
        try skies.erase(plan, by: Skies.united)
        #expect(!skies.next("del-1").contains(.erase(holder: Skies.united, plan: plan)))
    }

    @Test func aModelThatCannotBeRebuiltMayBeRecalledInstead() throws {
        var skies = try Skies.isolated()
        let plan = try skies.start("del-1")
        try skies.exclude(plan)
        try skies.recall(skies.view.plans[plan]!.models[0], plan)
        #expect(skies.next("del-1") == [.rematerialize(RoundID("r2")!, cohort: nil, plan: plan)])
        while let step = skies.next("del-1").first { try skies.take(step) }
        #expect(skies.view.plans[plan]?.isExact == false)
        #expect(skies.view.grade(of: skies.view.plans[plan]!) == .destroyed)
    }

    @Test(arguments: [Decision.refused, nil])
    func thereIsNothingToDoForWhatIsNotAccepted(decision: Decision?) throws {
        var skies = Skies.founded()
        try skies.say(.deletionRequested(skies.request("del-1", of: Skies.united)), by: Skies.air)
        if let decision {
            let event = DeletionDecided(decision: decision, deletion: DeletionID("del-1")!, refusal: Skies.refusal)
            try skies.say(.deletionDecided(event), by: Skies.united)
        }
        #expect(skies.next("del-1") == [])
        #expect(skies.next("del-9") == [])
    }

    @Test func eachStepNamesWhoCanTakeIt() {
        let plan: ArtifactDigest = digest("plan")
        #expect(DeletionStep.erase(holder: Skies.united, plan: plan).actor == .member(Skies.united))
        #expect(DeletionStep.applyExclusion(plan: plan).actor == .role(.aggregator))
        #expect("\(DeletionStep.erase(holder: Skies.united, plan: plan).actor)" == "united")
    }

    @Test func whatIsKeptForAGroundWaitsForItsHolderAlone() throws {
        var skies = try Skies.isolated()
        let plan = try skies.start("del-1")
        try skies.dispose(plan)
        let kept = skies.erasure(plan, .retained)
        try skies.say(.erasureAttested(kept), by: Skies.united)
        let wanted = DeletionStep.resolve(holder: Skies.united, kept: [kept.results[0]], plan: plan)
        #expect(
            skies.next("del-1").contains(wanted)
                && !skies.next("del-1").contains(.erase(holder: Skies.united, plan: plan)))
        #expect(wanted.summary.contains("blobs retained for gdpr-17-3-e until "))
        // What failed is tried again at once, whatever else is kept.
        try skies.say(.erasureAttested(skies.erasure(plan, .failed)), by: Skies.united)
        #expect(skies.next("del-1").contains(.erase(holder: Skies.united, plan: plan)))
        try skies.erase(plan, by: Skies.united)
        #expect(!skies.next("del-1").contains { $0.actor == .member(Skies.united) })
    }
}
