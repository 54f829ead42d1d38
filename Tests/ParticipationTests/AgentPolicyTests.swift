import Foundation
import Participation
import Testing

@Suite struct AgentPolicyTests {
    @Test func readsBackWhatItWrites() throws {
        let policy = SimulationSetup.standard(organisations: 24, rounds: 200, seed: "a").policy
        #expect(try JSONDecoder().decode(AgentPolicy.self, from: json(policy)) == policy)
        #expect(try policy.checked().document == policy)
    }

    @Test func refusesAnUnknownFieldAnywhere() throws {
        let tree = try Tree(json(smallPolicy()))
        #expect(tree.objects.count == 7)
        for path in tree.objects {
            let stranger = tree.changing(path) {
                guard case .object(var members) = $0 else { return $0 }
                members["extra"] = .number(1)
                return .object(members)
            }
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(AgentPolicy.self, from: stranger.data)
            }
        }
    }

    @Test func refusesADocumentWithoutOneOfItsFields() throws {
        let tree = try Tree(json(smallPolicy()))
        guard case .object(let members) = tree else { return }
        for name in members.keys {
            let short = Tree.object(members.filter { $0.key != name })
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(AgentPolicy.self, from: short.data)
            }
        }
    }

    /// What is wrong, and how to make it so from a sound policy.
    static let faults: [(AgentPolicyError, @Sendable (inout AgentPolicy) -> Void)] = [
        (.unknownFormat("lethe/agent-policy/v2"), { $0.format = "lethe/agent-policy/v2" }),
        (.badName(""), { $0.name = "" }),
        (.badName("a\nb"), { $0.name = "a\nb" }),
        (.badRevision(0), { $0.revision = 0 }),
        (.unsortedEdges(field: "bins.phasePPM"), { $0.bins.phasePPM = [2, 1] }),
        (.unsortedEdges(field: "bins.othersLastRound"), { $0.bins.othersLastRound = [3, 3] }),
        (
            .tooManyEdges(field: "bins.contributionPPB", count: 65),
            { $0.bins.contributionPPB = Array(0..<65) }
        ),
        (
            .numberTooLarge(field: "bins.budgetLeftPPM", 1 << 53),
            { $0.bins.budgetLeftPPM = [1 << 53] }
        ),
        (.badAllocationCount(0), { $0.allocations = [] }),
        (
            .badAllocationCount(64),
            { $0.allocations = (1...64).map { Allocation(shards: $0, epochs: 1) } }
        ),
        (
            .badAllocation(Allocation(shards: 0, epochs: 1)),
            { $0.allocations = [Allocation(shards: 0, epochs: 1)] }
        ),
        (
            .repeatedAllocation(Allocation(shards: 1, epochs: 1)),
            { $0.allocations.append(Allocation(shards: 1, epochs: 1)) }
        ),
        (.badSchedule(field: "learningRate"), { $0.learningRate = [] }),
        (
            .badSchedule(field: "explorationRate"),
            { $0.explorationRate = [RateStep(fromDecision: 1, rate: "0.1")] }
        ),
        (
            .badSchedule(field: "explorationRate"),
            { $0.explorationRate.append(RateStep(fromDecision: 20, rate: "0")) }
        ),
        (.rateOutOfRange(field: "learningRate", "0"), { $0.learningRate[0].rate = "0" }),
        (.rateOutOfRange(field: "explorationRate", "1.1"), { $0.explorationRate[0].rate = "1.1" }),
        (.rateOutOfRange(field: "learningRate", "-0.1"), { $0.learningRate[0].rate = "-0.1" }),
        (.rateOutOfRange(field: "discount", "1"), { $0.discount = "1" }),
        (
            .badDecimal(field: "discount", .notExact("0.99999", digits: 4)),
            { $0.discount = "0.99999" }
        ),
        (.badDecimal(field: "discount", .notCanonical("0.90")), { $0.discount = "0.90" }),
        (.zeroValueUnits, { $0.valueUnitsPerMicrocredit = 0 }),
        (.zeroValueUnits, { $0.valueUnitsPerMicrocredit = -1 }),
        (
            .emptyRewardRange(minimum: 1, maximum: 0),
            { ($0.rewardMinimumMicrocredits, $0.rewardMaximumMicrocredits) = (1, 0) }
        ),
        (
            .initialValueOutOfBounds(1_000_000_001, bound: 10_000_000_000),
            { $0.initialValueMicrocredits = 1_000_000_001 }
        ),
        (
            .overflow(step: "reward in value units"),
            { $0.valueUnitsPerMicrocredit = 1 << 40 }
        ),
        (
            .tooManyEntries(states: 64 * 66 * 64 * 2 * 2, actions: 3),
            {
                let edges = (1...63).map(Int64.init)
                $0.bins.budgetLeftPPM = edges
                $0.bins.contributionPPB = edges + [64]
                $0.bins.privacyLeftPPM = edges
                $0.bins.othersLastRound = [1]
            }
        ),
    ]

    @Test(arguments: faults.indices)
    func refusesAFault(index: Int) throws {
        var policy = smallPolicy()
        Self.faults[index].1(&policy)
        #expect(throws: Self.faults[index].0) { try policy.checked() }
    }

    /// Bisection on the reward bound: the largest that is accepted is not far below where the products
    /// leave Int64, so the proof refuses no more than it has to.
    @Test func refusesExactlyWhereProductsCouldOverflow() throws {
        func accepts(_ maximum: Int64) -> Bool {
            var policy = smallPolicy()
            policy.valueUnitsPerMicrocredit = 1
            (policy.rewardMinimumMicrocredits, policy.rewardMaximumMicrocredits) = (-maximum, maximum)
            do { return try policy.checked().valueBoundUnits == maximum * 10 } catch { return false }
        }
        var (sound, unsound): (Int64, Int64) = (1, 1 << 52)
        while unsound - sound > 1 {
            let middle = (sound + unsound) / 2
            if accepts(middle) { sound = middle } else { unsound = middle }
        }
        // (1 − α)·10^8·B + α·(10^4·R + γ·B) with B = 10 R, α = 2,500 and γ = 9,000 basis points, must
        // fit Int64: 7,500 · 10^4 · 10 R + 2,500 · (10^4 R + 9,000 · 10 R) = 10^9 R.
        #expect(sound == Int64.max / 1_000_000_000)
    }
}
