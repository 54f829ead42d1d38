import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing

private typealias Skies = SampleConsortium

/// Histories in which somebody declares less than is so, as far as bytes and declarations show it.
@Suite struct LineageAbuseTests {
    private func records(_ skies: Skies, _ id: String) -> Plan { skies.view.plan(for: [DeletionID(id)!]) }

    private func contribution(
        _ round: String, label: String = "united/r1", shards: [Int]?, parents: [ArtifactDigest] = []
    ) -> AdapterCommitted {
        var event = Skies.contribution(Skies.united, to: round, parents: parents, label: label)
        event.training = shards.map { Skies.training(Skies.united, $0, label: label) }
        return event
    }

    // MARK: The same bytes twice

    /// Else a deletion from the one shard would leave the adapter in the other round's model, and call the result exact.
    @Test func theSameBytesAreNotSaidToBeTrainedOnOtherShards() throws {
        var skies = Skies.founded()
        for round in ["r1", "r2"] { try skies.openRound(round) }
        let first = try skies.commit(Skies.united, to: "r1", shards: [0])
        for shards in [[1], [0, 1], nil] as [[Int]?] {
            let event = contribution("r2", shards: shards)
            #expect(
                skies.refusal(.adapterCommitted(event), by: Skies.united) == .otherLineage(event.adapter, first))
        }
        var tensors = contribution("r2", label: "united/r2", shards: [1])
        tensors.tensors = digest("tensors/united/r1")
        #expect(skies.refusal(.adapterCommitted(tensors), by: Skies.united) == .otherLineage(tensors.tensors, first))
        let same = contribution("r2", shards: [0])
        #expect(skies.refusal(.adapterCommitted(same), by: Skies.united) == nil)
    }

    @Test func theSameBytesAreNotSaidToStartFromElsewhere() throws {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        let other = try skies.runRound("r2", .feedback, [Skies.virgin])
        for round in ["r3", "r4"] { try skies.openRound(round, .feedback) }
        try skies.commit(Skies.swiss, to: "r3", parents: [model])
        let first = skies.view.contributions(to: RoundID("r3")!)[0].event
        for parents in [[], [other], [model, other]] {
            let event = Skies.contribution(Skies.swiss, to: "r4", parents: parents, label: "swiss/r3")
            #expect(skies.refusal(.adapterCommitted(event), by: Skies.swiss) == .otherLineage(event.adapter, first))
        }
        let same = Skies.contribution(Skies.swiss, to: "r4", parents: [model], label: "swiss/r3")
        #expect(skies.refusal(.adapterCommitted(same), by: Skies.swiss) == nil)
    }

    /// An organisation without new data commits what it has; the parent that a ledger suggests is that adapter itself.
    @Test func whatIsCommittedAgainUnchangedMayNameItselfAsItsParent() throws {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        try skies.openRound("r2")
        try skies.commit(Skies.united, to: "r2", parents: [digest("adapter/united/r1")], label: "united/r1")
        try skies.accept("del-1", of: Skies.united)
        #expect(records(skies, "del-1").excluded.count == 2)
    }

    // MARK: Models with bytes of contributions

    /// The mean of one is that one; and the same contributions twice give the same model twice.
    @Test func aModelMayHaveTheBytesOfWhatItMerges() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        try skies.commit(Skies.virgin, to: "r1")
        try skies.close("r1")
        var single = skies.materialization(of: "r1")
        (single.model, single.tensors) = (digest("adapter/virgin/r1"), digest("tensors/virgin/r1"))
        try skies.say(.modelMaterialized(single), by: Skies.delta)
        for round in ["r2", "r3"] {
            try skies.openRound(round)
            for member in [Skies.swiss, Skies.virgin] {
                try skies.commit(member, to: round, label: "\(member)/r1")
            }
            try skies.close(round)
            try skies.materialize(round)
        }
        #expect(skies.view.allModels[1].model == skies.view.allModels[2].model)
    }

    // MARK: Shards that do not explain a parent

    /// The child names the affected contribution as its parent, and a shard that neither has been trained on together.
    @Test func aParentWithoutACommonShardAffectsItsChild() throws {
        var skies = Skies.founded()
        for round in ["r1", "r2"] {
            try skies.openRound(round)
            try skies.commit(Skies.virgin, to: round)
        }
        let parent = try skies.commit(Skies.united, to: "r1", shards: [0])
        let child = try skies.commit(
            Skies.united, to: "r2", shards: [1], parents: [digest("adapter/united/r1")])
        for round in ["r1", "r2"] {
            try skies.close(round)
            try skies.materialize(round)
        }
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
        let plan = records(skies, "del-1")
        #expect(plan.excluded == [parent, child])
        #expect(plan.retraining.map(\.shards) == [[Skies.shard(Skies.united, 0)], [Skies.shard(Skies.united, 1)]])
        #expect(plan.models.count == 2)
    }
}

/// Lineages whose ways meet again and again.
@Suite struct LongLineageTests {
    /// `rounds` isolated rounds of one shard, which is emptied, and a last one of another shard too: what its parents have
    /// become is looked for through all of them.
    private func lineage(_ rounds: Int, parents: (Int) -> Range<Int>) throws -> (Skies, ArtifactDigest) {
        var skies = Skies.founded()
        for number in 0...rounds {
            try skies.openRound("r\(number)")
            let before = parents(number).filter { $0 >= 0 }.map { digest("adapter/united/r\($0)") as ArtifactDigest }
            try skies.commit(
                Skies.united, to: "r\(number)", shards: number < rounds ? [0] : [0, 1], parents: before)
            try skies.close("r\(number)")
            try skies.materialize("r\(number)")
        }
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0], emptied: [0])
        let plan = try skies.start("del-1")
        return (skies, plan)
    }

    /// Two ways at each of 60 steps are 2^40 in all: the time must not be theirs.
    @Test func waysThatMeetAgainAreGoneOnce() throws {
        var (skies, plan) = try lineage(60) { ($0 - 2)..<$0 }
        try skies.dispose(plan)
        #expect(skies.view.plans[plan]!.rematerializedBy != nil)
        #expect(skies.view.contributions(to: RoundID("r60")!).map(\.parents) == [[]])
    }
}
