import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing

private typealias Skies = SampleConsortium

/// Lists that stand in full in one event, at their limit.
@Suite struct LongListTests {
    /// A settlement names everybody who contributed, so a round that will have one takes no more than fit into it.
    @Test func aRoundWithSettlementRulesTakesAsManyContributionsAsOneSettlementNames() throws {
        var skies = Skies.founded()
        try skies.adoptPolicies()
        try skies.openRound("r1")
        let members = (0...RewardSettled.mostLines).map { MemberName("member-\($0)")! }
        for member in members {
            let record = Skies.record(of: member, roles: [.contributor])
            try skies.say(.memberAdmitted(MemberAdmitted(member: record)), by: Skies.delta, with: [Skies.swiss])
            try skies.decide(member, "r1")
        }
        for member in members.dropLast() { try skies.commit(member, to: "r1") }
        let one = Event.adapterCommitted(Skies.contribution(members.last!, to: "r1"))
        let full = AdmissionError.rule(.roundFull(RoundID("r1")!, limit: RewardSettled.mostLines))
        #expect(throws: full) { try skies.say(one, by: members.last!) }
        // Who takes a contribution back makes room.
        try skies.say(.contributionWithdrawn(skies.withdrawal(of: members[0], "r1")), by: members[0])
        try skies.say(one, by: members.last!)
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.evaluate("r1")
        let settlement = skies.settlement("r1")
        #expect(settlement.lines.count == RewardSettled.mostLines)
        try skies.say(.rewardSettled(settlement), by: Skies.delta)
        // Without settlement rules there is nothing to name them in.
        var free = Skies.founded()
        try free.openRound("r1")
        #expect(try free.commit(Skies.united, to: "r1") == digest("adapter/united/r1"))
    }

    /// Whatever the names and the amounts are.
    @Test func theLongestSettlementFitsIntoAnEvent() throws {
        let most = Microcredits(-9_007_199_254_740_991)!, least = PartsPerBillion(-1_000_000_000)!
        let lines = (0..<RewardSettled.mostLines).map { number in
            let digits = String(number)
            return RewardEntry(
                contributionPPB: least, incentiveMicrocredits: most,
                member: MemberName(digits + String(repeating: "m", count: 64 - digits.count))!,
                reimbursementMicrocredits: most, shareMicrocredits: most)
        }
        let event = RewardSettled(
            corrects: digest("first"), improvementPPB: least, lines: lines,
            measure: ContributionMeasure(
                dataset: digest("data"), method: .sampledShapley, samples: Quantity(1_000)!, seed: digest("seed")),
            model: digest("model"), round: RoundID(String(repeating: "r", count: 64))!, rules: digest("rules"))
        let bytes = CanonicalJSON.encode(event).count
        // A statement has up to 1,280 bytes of its own.
        #expect(bytes <= Statement.maximumBytes - 1_280, "\(bytes)")
    }
}
