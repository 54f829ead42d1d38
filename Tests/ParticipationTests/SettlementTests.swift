import Foundation
@testable import Participation
import Testing

@Suite struct SettlementTests {
    static let rules = SettlementRules(
        revision: 1, microcreditsPerPPM: 500, incentiveMicrocredits: 70, minimumContributionPPB: 1000,
        reimbursementRate: "0.25", reimbursementCapMicrocreditsPerShardEpoch: 100)

    static func entry(
        _ name: String, _ contributionPPB: Int64, declared: Int64 = 0, shards: Int = 2
    ) -> RoundOutcome.Entry {
        RoundOutcome.Entry(
            organisation: name, allocation: Allocation(shards: shards, epochs: 1),
            declaredCostMicrocredits: declared, contributionPPB: contributionPPB)
    }

    static func outcome(_ improvementPPB: Int64, _ entries: [RoundOutcome.Entry]) -> RoundOutcome {
        RoundOutcome(round: round(3), improvementPPB: improvementPPB, entries: entries)
    }

    /// V = 7,000 ppb · 500 / 1000 = 3,500. Weights 3,000 + 1,000 + 999: shares ⌊3500·3000/4999⌋ = 2100,
    /// ⌊3500·1000/4999⌋ = 700, ⌊3500·999/4999⌋ = 699; one micro-credit is left. `c` is below the
    /// minimum and gets neither incentive nor reimbursement; `a` declares 401, of which 200 count and
    /// 50 are paid.
    @Test func sharesAsWorkedByHand() throws {
        let settlement = try Self.rules.checked().settle(
            Self.outcome(
                7000,
                [
                    Self.entry("c", 999, declared: 100), Self.entry("a", 3000, declared: 401),
                    Self.entry("b", 1000, declared: 7), Self.entry("d", -5000, declared: 9),
                ]))
        #expect(settlement.valueMicrocredits == 3500)
        #expect(settlement.undistributedMicrocredits == 1)
        #expect(settlement.lines.map(\.organisation) == ["a", "b", "c", "d"])
        #expect(settlement.lines.map(\.shareMicrocredits) == [2100, 700, 699, 0])
        #expect(settlement.lines.map(\.incentiveMicrocredits) == [70, 70, 0, 0])
        #expect(settlement.lines.map(\.reimbursementMicrocredits) == [50, 1, 0, 0])
    }

    @Test func aRoundThatMadeTheModelWorseSharesNothing() throws {
        let settlement = try Self.rules.checked().settle(Self.outcome(-1, [Self.entry("a", 5000)]))
        #expect(settlement.valueMicrocredits == 0)
        #expect(settlement.lines.map(\.shareMicrocredits) == [0])
    }

    /// Never more than the value, never more left over than there are shares, and at the ends of all ranges.
    @Test func distributesTheValueAndNoMore() throws {
        var stream = DrawStream(domain: "settlement", seed: [3])
        var extreme = Self.rules
        extreme.microcreditsPerPPM = 9_000_000_000
        for rules in [try Self.rules.checked(), try extreme.checked()] {
            for _ in 0..<200 {
                let entries = (0..<stream.next(in: 1...9)).map {
                    Self.entry("org\($0)", Int64(stream.next(in: -1000...1_000_000_000)))
                }
                let outcome = Self.outcome(Int64(stream.next(in: 0...1_000_000_000)), entries)
                let settlement = try rules.settle(outcome)
                #expect(try rules.settle(Self.outcome(outcome.improvementPPB, entries.reversed())) == settlement)
                if entries.contains(where: { $0.contributionPPB > 0 }) {
                    #expect((0..<Int64(entries.count)).contains(settlement.undistributedMicrocredits))
                }
            }
        }
    }

    @Test func anotherNameGetsTheSameReward() throws {
        let rules = try Self.rules.checked()
        let first = try rules.settle(
            Self.outcome(9000, [Self.entry("a", 5000), Self.entry("b", 2000)]))
        let second = try rules.settle(
            Self.outcome(9000, [Self.entry("z", 5000), Self.entry("b", 2000)]))
        #expect(first.lines[0].totalMicrocredits == second.lines[1].totalMicrocredits)
        #expect(first.lines[1] == second.lines[0])
    }

    static let faults: [(SettlementError, @Sendable (inout SettlementRules) -> Void)] = [
        (.unknownFormat("x"), { $0.format = "x" }),
        (.badRevision(0), { $0.revision = 0 }),
        (.outOfRange(field: "microcreditsPerPPM", -1), { $0.microcreditsPerPPM = -1 }),
        (
            .outOfRange(field: "microcreditsPerPPM", 9_000_000_001),
            { $0.microcreditsPerPPM = 9_000_000_001 }
        ),
        (.outOfRange(field: "incentiveMicrocredits", -1), { $0.incentiveMicrocredits = -1 }),
        (.rateOutOfRange("1.5"), { $0.reimbursementRate = "1.5" }),
        (
            .badDecimal(field: "reimbursementRate", .notCanonical("0.")),
            { $0.reimbursementRate = "0." }
        ),
    ]

    @Test(arguments: faults.indices)
    func refusesRulesWithAFault(index: Int) {
        var rules = Self.rules
        Self.faults[index].1(&rules)
        #expect(throws: Self.faults[index].0) { try rules.checked() }
    }

    @Test func refusesARoundThatCannotBe() throws {
        let rules = try Self.rules.checked()
        #expect(throws: SettlementError.repeatedOrganisation("a")) {
            try rules.settle(Self.outcome(1, [Self.entry("a", 1), Self.entry("b", 1), Self.entry("a", 2)]))
        }
        #expect(throws: SettlementError.outOfRange(field: "improvementPPB", 1_000_000_001)) {
            try rules.settle(Self.outcome(1_000_000_001, []))
        }
        #expect(throws: SettlementError.outOfRange(field: "declaredCostMicrocredits", -1)) {
            try rules.settle(Self.outcome(1, [Self.entry("a", 1, declared: -1)]))
        }
        #expect(throws: SettlementError.outOfRange(field: "contributionPPB", .min)) {
            try rules.settle(Self.outcome(1, [Self.entry("a", .min)]))
        }
        #expect(throws: SettlementError.self) {
            try rules.settle(Self.outcome(1, [Self.entry("a", 1, shards: 0)]))
        }
    }

    @Test func refusesAnUnknownField() throws {
        guard case .object(var members) = try Tree(json(Self.rules)) else { return }
        #expect(try JSONDecoder().decode(SettlementRules.self, from: json(Self.rules)) == Self.rules)
        members["bonus"] = .number(1)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(SettlementRules.self, from: Tree.object(members).data)
        }
    }
}

@Suite struct RewardCorrectionTests {
    /// Utilities of coalitions of three: `a` is what a deletion takes away.
    static func utility(_ coalition: Set<String>) -> Int64 {
        let data: [String: Int64] = ["a": 500, "b": 300, "c": 200]
        let stock = coalition.reduce(0) { $0 + data[$1]! }
        return 800_000 * stock / (stock + 1000)
    }

    static let rules = SettlementTests.rules

    static func settlement(without excluded: Set<String>) throws -> Settlement {
        let players = ["a", "b", "c"]
        let remaining = players.filter { !excluded.contains($0) }
        let contributions = try Contribution.leaveOneOut(remaining, utilityPPB: utility)
        let everybody = SettlementTests.outcome(
            utility(Set(players)), players.map { SettlementTests.entry($0, 0, declared: 80) })
        return try rules.checked().settle(
            everybody, excluding: excluded, improvementPPB: utility(Set(remaining)),
            contributionsPPB: contributions)
    }

    @Test func aDeletionTakesTheExcludedShareAndRecomputesTheOthers() throws {
        let settled = try Self.settlement(without: [])
        let recomputed = try Self.settlement(without: ["a"])
        let corrections = try settled.corrections(to: recomputed, earlier: [])
        #expect(corrections.map(\.organisation) == ["a", "b", "c"])
        // `a` had a share, an incentive of 70 and a quarter of its declared 80; all of it goes.
        #expect(corrections[0].shareDeltaMicrocredits == -settled.lines[0].shareMicrocredits)
        #expect(corrections[0].incentiveDeltaMicrocredits == -70)
        #expect(corrections[0].reimbursementDeltaMicrocredits == -20)
        // Without `a` there is less to share but the others' part of it is larger: u = 266,666 of which
        // `b` had the smaller, now has the larger part.
        #expect(corrections[1].shareDeltaMicrocredits > 0)
        #expect(corrections[1].incentiveDeltaMicrocredits == 0)
    }

    /// Whatever was corrected before, in whatever order deletions came: the balance is that of the
    /// history that never had the excluded, and doing it again changes nothing.
    @Test func correctionsLeadToWhatWouldHaveBeenSettled() throws {
        let settled = try Self.settlement(without: [])
        for order in [["a", "c"], ["c", "a"], ["b", "a"]] {
            var entries: [RewardCorrection] = []
            var excluded: Set<String> = []
            for name in order {
                excluded.insert(name)
                let target = try Self.settlement(without: excluded)
                entries += try settled.corrections(to: target, earlier: entries)
                let balance = try settled.balance(after: entries)
                #expect(balance.filter { !excluded.contains($0.organisation) } == target.lines)
                for line in balance where excluded.contains(line.organisation) {
                    #expect(line.totalMicrocredits == 0 && line.shareMicrocredits == 0)
                }
                #expect(try settled.corrections(to: target, earlier: entries).isEmpty)
            }
        }
    }

    @Test func readsNoAmountThatCouldOverflow() throws {
        let settled = try Self.settlement(without: [])
        let data = try json(settled)
        #expect(try JSONDecoder().decode(Settlement.self, from: data) == settled)
        let huge = try Tree(data).changing(["lines", "0", "shareMicrocredits"]) { _ in .number(1 << 53) }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Settlement.self, from: huge.data)
        }
        let corrections = try settled.corrections(to: Self.settlement(without: ["b"]), earlier: [])
        let list = try json(corrections)
        #expect(try JSONDecoder().decode([RewardCorrection].self, from: list) == corrections)
        for path in try Tree(list).leaves where path.last?.hasSuffix("Microcredits") == true {
            let huge = try Tree(list).changing(path) { _ in .number(.min) }
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode([RewardCorrection].self, from: huge.data)
            }
        }
    }

    @Test func refusesCorrectionsOfAnotherRoundOrOrganisation() throws {
        let settled = try Self.settlement(without: [])
        let elsewhere = try Self.rules.checked().settle(
            RoundOutcome(round: round(4), improvementPPB: 0, entries: []))
        #expect(throws: SettlementError.otherRound(round(4), expected: round(3))) {
            try settled.corrections(to: elsewhere, earlier: [])
        }
        let foreign = RewardCorrection(
            round: round(3), organisation: "z", shareDeltaMicrocredits: 1, incentiveDeltaMicrocredits: 0,
            reimbursementDeltaMicrocredits: 0)
        #expect(throws: SettlementError.unknownOrganisation("z")) { try settled.balance(after: [foreign]) }
        let stranger = try Self.rules.checked().settle(
            SettlementTests.outcome(5000, [SettlementTests.entry("z", 5000)]))
        #expect(throws: SettlementError.unknownOrganisation("z")) {
            try settled.corrections(to: stranger, earlier: [])
        }
        let huge = RewardCorrection(
            round: round(3), organisation: "a", shareDeltaMicrocredits: .max, incentiveDeltaMicrocredits: 0,
            reimbursementDeltaMicrocredits: 0)
        #expect(throws: SettlementError.outOfRange(field: "shareDeltaMicrocredits", .max)) {
            try settled.balance(after: [huge])
        }
        #expect(throws: SettlementError.unknownOrganisation("b")) {
            try Self.rules.checked().settle(
                SettlementTests.outcome(1, [SettlementTests.entry("b", 1)]), excluding: [],
                improvementPPB: 1, contributionsPPB: [:])
        }
    }
}
