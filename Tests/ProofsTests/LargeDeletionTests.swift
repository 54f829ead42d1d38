import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Proofs
import Testing

/// A member that contributed for years leaves: what its plan names is more than any event holds.
@Suite struct LargeDeletionTests {
    private static let contributions = 2_100
    private static let models = 110

    /// United contributes to every round; the first rounds have a model of united and virgin, the others are still open.
    private static func consortium() throws -> Skies {
        var skies = Skies.founded()
        for number in 0..<contributions {
            let round = "r\(number)"
            try skies.openRound(round)
            try skies.commit(Skies.united, to: round)
            guard number < models else { continue }
            try skies.commit(Skies.virgin, to: round)
            try skies.close(round)
            try skies.materialize(round)
        }
        try skies.accept("del-1", of: Skies.united)
        return skies
    }

    @Test func aPlanOverTwoThousandContributionsIsCarriedOutAndCertified() throws {
        var skies = try Self.consortium()
        let start = skies.start(of: ["del-1"])
        #expect(start.excluded.count.value == Self.contributions && start.excluded.elements == nil)
        #expect(start.holders.elements?.contains(Skies.united) == true, "what is short stays readable")
        try skies.say(.deletionStarted(start), by: Skies.delta)
        // Events after the start: where one was cut off, the next follows from the chain as it is.
        try skies.exclude(start.plan)
        try skies.rebuild(start.plan)
        try skies.completeRematerialization(start.plan)
        let plan = skies.view.plans[start.plan]!
        #expect(plan.dispositions?.count == Self.models && plan.artifacts.count == Self.contributions + Self.models)
        for holder in plan.holders { try skies.erase(start.plan, by: holder) }
        try skies.complete("del-1", start.plan)

        let longest = skies.entries.map(\.count).max()!
        #expect(longest < 16_384, "no event grows with the plan; one has \(longest) bytes")
        let bundle = try CertificateScenario(skies: skies).bundle()
        let verdict = try CertificateVerifier(policy: CertificateScenario.policy()).verify(bundle.bytes)
        #expect(verdict.content.kind == .certificate && verdict.content.grade == .replayed)
        #expect(verdict.content.excluded.count == Self.contributions && verdict.content.models.count == Self.models)
    }

    /// A list that is bound by its digest is bound: one that leaves something out is refused, and so is a long one in full.
    @Test func aLongListThatDiffersIsRefused() throws {
        var skies = Skies.founded()
        for number in 0..<DerivedListLimits.longestInFull + 1 {
            try skies.openRound("r\(number)")
            try skies.commit(Skies.united, to: "r\(number)")
        }
        try skies.accept("del-1", of: Skies.united)
        let good = skies.start(of: ["del-1"])
        let all = skies.view.plan(for: good.deletions).excluded
        for change: (inout DeletionStarted) -> Void in [
            { $0.excluded = DerivedList(all.dropLast()) }, { $0.excluded = DerivedList(all.reversed()) },
            { $0.excluded.elements = all }, { $0.excluded.count = Count(all.count + 1)! },
            { $0.holders.elements = nil },
        ] {
            var event = good
            change(&event)
            #expect(throws: AdmissionError.self) { try skies.say(.deletionStarted(event), by: Skies.delta) }
        }
        try skies.say(.deletionStarted(good), by: Skies.delta)
    }

    /// Which shards lose records nobody can derive: of many they are said in parts, each an event of its own.
    @Test func aDecisionOverManyShardsIsSaidInParts() throws {
        let limit = DeletionDecided.touchedInOnePart
        var skies = Skies.founded()
        try skies.openRound("r1")
        try skies.commit(Skies.united, to: "r1", shards: [0, 1])
        try skies.commit(Skies.virgin, to: "r1", shards: [0])
        try skies.close("r1")
        try skies.materialize("r1")
        var request = skies.request("del-1", of: Skies.united)
        request.scope = .records
        try skies.say(.deletionRequested(request), by: Skies.united)
        let shards = (0..<limit * 2 + 5).map { TouchedShard(Skies.shard(Skies.united, $0), emptied: false) }.sorted()
        func part(_ number: Int) -> Event {
            .deletionDecided(
                DeletionDecided(
                    decision: .accepted, deletion: request.deletion,
                    touched: Ascending(shards[((number - 1) * limit)..<min(shards.count, number * limit)]),
                    part: ListPart(number: Count(number)!, of: Count(3)!)))
        }
        // Begun, and begun anew.
        for number in [1, 2, 1, 2] { try skies.say(part(number), by: Skies.united) }
        #expect(skies.view.deletions[request.deletion]?.state == .requested)
        try skies.say(part(3), by: Skies.united)
        let row = skies.view.deletions[request.deletion]!
        #expect(row.state == .accepted && row.touched?.elements == shards && row.parts?.events.count == 3)
        let plan = try skies.start("del-1")
        try skies.dispose(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        try skies.complete("del-1", plan)
        let bundle = try CertificateScenario(skies: skies).bundle()
        let content = try CertificateVerifier(policy: CertificateScenario.policy()).verify(bundle.bytes).content
        #expect(content.touched?.count == shards.count)
        #expect(content.events.filter { $0.type == "deletion-decided" }.map(\.event) == row.parts?.events)
    }
}
