import Bytes
import Foundation
@testable import Participation
import Testing

@Suite struct ContributionTests {
    /// The Shapley value by its definition: the mean over all orders of what each player adds, as a fraction.
    static func exactShapley(
        _ players: [String], _ utility: (Set<String>) -> Int64
    ) -> [String: (numerator: Int64, denominator: Int64)] {
        func orders(_ rest: [String]) -> [[String]] {
            rest.isEmpty ? [[]] : rest.flatMap { first in orders(rest.filter { $0 != first }).map { [first] + $0 } }
        }
        let all = orders(players)
        var sums: [String: Int64] = [:]
        for order in all {
            for (place, player) in order.enumerated() {
                let before = Set(order.prefix(place))
                sums[player, default: 0] += utility(before.union([player])) - utility(before)
            }
        }
        return sums.mapValues { ($0, Int64(all.count)) }
    }

    /// Diminishing returns, with a pair that is worth more together.
    static func utility(_ coalition: Set<String>) -> Int64 {
        let data: [String: Int64] = ["a": 100, "b": 200, "c": 400, "d": 50, "e": 1]
        let stock = coalition.reduce(0) { $0 + data[$1]! }
        return 600_000_000 * stock / (stock + 300) + (coalition.isSuperset(of: ["a", "d"]) ? 40_000_000 : 0)
    }

    static let players = ["a", "b", "c", "d", "e"]

    @Test func leaveOneOutIsWhatTheOthersWouldLack() throws {
        var asked: [Set<String>] = []
        let result = try Contribution.leaveOneOut(Self.players) {
            asked.append($0)
            return Self.utility($0)
        }
        // Stock 751 with all: 600e6 · 751/1051; without b: 551/851; by hand, floors included.
        let expected: Int64 = (428_734_538 + 40_000_000) - (388_484_136 + 40_000_000)
        #expect(result["b"] == expected)
        #expect(asked.count == 6)
        #expect(Set(asked).count == 6)
        #expect(try Contribution.leaveOneOut([]) { _ in 7 }.isEmpty)
    }

    /// Three players, left glove against two right gloves: Shapley values ⅔, ⅙, ⅙ (Shapley 1953's game
    /// of this kind).
    @Test func exactOracleSolvesTheGloveGame() {
        let values = Self.exactShapley(["left", "right1", "right2"]) {
            $0.contains("left") && $0.count > 1 ? 6 : 0
        }
        #expect(values["left"]! == (24, 6))
        #expect(values["right1"]! == (6, 6))
    }

    /// 4,000 samples of a game whose gains lie in a known range: Hoeffding's inequality puts each
    /// estimate within 4 % of the range with probability above 1 − 2·exp(−2·4000·0.04²) > 0.99999.
    @Test func samplingComesCloseToTheExactValue() throws {
        let exact = Self.exactShapley(Self.players, Self.utility)
        let estimate = try Contribution.sampledShapley(
            Self.players, samples: 4000, seed: charter, utilityPPB: Self.utility)
        for (player, value) in exact {
            let difference = estimate.contributionsPPB[player]! - value.numerator / value.denominator
            #expect(difference.magnitude <= 640_000_000 / 25, "\(player)")
        }
    }

    @Test(arguments: [1, 2, 7, 100])
    func whatIsSharedAddsUpToTheWhole(samples: Int) throws {
        let estimate = try Contribution.sampledShapley(
            Self.players, samples: samples, seed: charter, utilityPPB: Self.utility)
        #expect(estimate.totalsPPB.reduce(0, +) == Int64(samples) * Self.utility(Set(Self.players)))
        #expect(estimate.wholePPB == Self.utility(Set(Self.players)))
        #expect(estimate.samples == samples && estimate.seed == charter)
    }

    struct Known: Decodable {
        let orders: [String]
        let samples: Int
        let seed: String
        let totalsPPB: [Int64]
    }

    /// From `derive.py`: the very permutations, as the coalitions that are asked for show them, and the totals.
    @Test func drawsThePublishedPermutations() throws {
        let known: Known = try vector("shapley")
        var asked: [Set<String>] = []
        let estimate = try Contribution.sampledShapley(
            Self.players, samples: known.samples, seed: try #require(Hash256(hex: known.seed))
        ) {
            asked.append($0)
            return Self.utility($0)
        }
        #expect(estimate.totalsPPB == known.totalsPPB)
        // Nobody and everybody first, then the beginnings of each order but the whole.
        let beginnings = known.orders.flatMap { order in
            (1..<order.count).map { Set(order.prefix($0).map(String.init)) }
        }
        #expect(asked == [[], Set(Self.players)] + beginnings)
    }

    @Test func listingOrderDoesNotMatterAndTheSeedDoes() throws {
        func totals(_ players: [String], _ seed: Hash256<Charter>) throws -> ShapleyEstimate {
            try Contribution.sampledShapley(players, samples: 20, seed: seed, utilityPPB: Self.utility)
        }
        let base = try totals(Self.players, charter)
        #expect(try totals(Self.players.reversed(), charter) == base)
        #expect(try totals(Self.players, .sha256([1])).totalsPPB != base.totalsPPB)
    }

    /// A player that adds nothing to any coalition gets exactly nothing, and equal players get equal
    /// exact values.
    @Test func aPlayerThatAddsNothingGetsNothing() throws {
        let estimate = try Contribution.sampledShapley(
            ["idle", "x", "y"], samples: 50, seed: charter
        ) { Int64($0.subtracting(["idle"]).count) * 1000 }
        #expect(estimate.contributionsPPB == ["idle": 0, "x": 1000, "y": 1000])
    }

    /// Each number of an estimate is changed in turn: the totals no longer add up, or something is out
    /// of range.
    @Test func readsBackOnlyAnEstimateThatAddsUp() throws {
        let estimate = try Contribution.sampledShapley(
            Self.players, samples: 3, seed: charter, utilityPPB: Self.utility)
        #expect(try JSONDecoder().decode(ShapleyEstimate.self, from: json(estimate)) == estimate)
        let tree = try Tree(json(estimate))
        for path in tree.leaves {
            guard path != ["seed"], path.first != "players" else { continue }
            let other = tree.changing(path, DecisionReplayTests.altered)
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(ShapleyEstimate.self, from: other.data)
            }
        }
        let twice = tree.changing(["players", "1"]) { _ in .string("a") }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ShapleyEstimate.self, from: twice.data)
        }
    }

    @Test func refusesWhatCannotBeMeasured() {
        struct Broken: Error {}
        #expect(throws: Contribution.Failure.repeatedPlayer("a")) {
            try Contribution.leaveOneOut(["a", "b", "a"]) { _ in 0 }
        }
        #expect(throws: Contribution.Failure.badSampleCount(0)) {
            try Contribution.sampledShapley(["a"], samples: 0, seed: charter) { _ in 0 }
        }
        #expect(throws: Contribution.Failure.utilityOutOfRange(-1, coalition: ["a"])) {
            try Contribution.leaveOneOut(["a"]) { _ in -1 }
        }
        #expect(throws: Contribution.Failure.utilityOutOfRange(1_000_000_001, coalition: [])) {
            try Contribution.sampledShapley(["a"], samples: 1, seed: charter) { _ in 1_000_000_001 }
        }
        #expect(throws: Broken.self) { try Contribution.leaveOneOut(["a"]) { _ in throw Broken() } }
    }
}
