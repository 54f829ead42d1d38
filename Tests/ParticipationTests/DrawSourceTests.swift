import Bytes
@testable import Participation
import Testing

@Suite struct DrawSourceTests {
    struct Known: Decodable {
        let charter, organisation: String
        let round, explore, amongThree, amongSix: Int
    }

    /// From `derive.py`, whose blocks `sha256sum` confirms.
    @Test func givesTheKnownAnswers() throws {
        let vectors: [Known] = try vector("draws")
        #expect(vectors.count == 4)
        for known in vectors {
            let draws = DrawSource(
                charter: try #require(Hash256(hex: known.charter)), organisation: known.organisation,
                round: round(known.round))
            #expect(draws.exploreDraw == known.explore)
            #expect(draws.actionDraw(among: 3) == known.amongThree)
            #expect(draws.actionDraw(among: 6) == known.amongSix)
            #expect(draws.actionDraw(among: 1) == 0)
        }
    }

    /// The kept words are those below the largest multiple of the count within 2^64.
    @Test(arguments: [1, 2, 3, 5, 6, 7, 10_000, 1 << 33, (1 << 63) + 1] as [UInt64])
    func keepsEquallyManyWordsForEachResult(count: UInt64) {
        let excess = (UInt64.max % count + 1) % count
        let largestKept = UInt64.max - excess
        #expect(largestKept % count == count - 1)
        #expect(CounterBlocks.keeps(0, below: count))
        #expect(CounterBlocks.keeps(largestKept, below: count))
        #expect(CounterBlocks.keeps(.max, below: count) == (excess == 0))
        if excess > 0 { #expect(!CounterBlocks.keeps(largestKept + 1, below: count)) }
    }

    /// 20,000 rounds: each of ten classes within six standard deviations of its 2,000.
    @Test func drawsEachClassAboutEquallyOften() {
        var counts = [Int](repeating: 0, count: 10)
        for number in 0..<20_000 {
            let draws = DrawSource(charter: charter, organisation: "delta", round: round(number))
            counts[draws.exploreDraw / 1000] += 1
        }
        // √(20,000 · 0.1 · 0.9) ≈ 42.4
        #expect(counts.allSatisfy { (2000 - 255...2000 + 255).contains($0) })
    }

    @Test func anotherCharterNameOrRoundDrawsOtherwise() {
        func firstDraws(_ charter: Hash256<Charter>, _ name: String, _ start: Int) -> [Int] {
            (start..<start + 8).map {
                DrawSource(charter: charter, organisation: name, round: round($0)).exploreDraw
            }
        }
        let base = firstDraws(charter, "delta", 0)
        #expect(firstDraws(charter, "delta", 0) == base)
        #expect(firstDraws(.sha256([1]), "delta", 0) != base)
        #expect(firstDraws(charter, "deltb", 0) != base)
        #expect(firstDraws(charter, "delta", 8) != base)
    }

    /// 6,000 shuffles of three: each of the six orders within six standard deviations of its 1,000.
    @Test func shufflesIntoEachOrderAboutEquallyOften() {
        var stream = DrawStream(domain: "test", seed: [7])
        var counts: [[Int]: Int] = [:]
        for _ in 0..<6000 { counts[stream.shuffled([0, 1, 2]), default: 0] += 1 }
        #expect(counts.count == 6)
        #expect(counts.values.allSatisfy { (1000 - 174...1000 + 174).contains($0) })
    }
}
