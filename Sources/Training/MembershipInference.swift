internal import Kernels

/// How well the loss tells records that a model was trained on from records that it never saw.
///
/// The attack guesses that the record with the smaller loss is the member (Yeom et al. 2018). Its area under
/// the ROC curve is the probability that it is right on a random pair, ties counting half: 500,000 PPM is
/// guessing. The interval is the percentile bootstrap's, 95 %, both sets resampled apart; draws come from the
/// counter-based generator, so that anybody with the losses gets the same interval.
/// `schemas/evaluation.md` has the definition.
public struct MembershipInference: Hashable, Sendable {
    public let members: Int
    public let nonMembers: Int
    public let aucPPM: Int
    /// The ends of the interval.
    public let lowPPM, highPPM: Int
    public let resamples: Int
    public let seed: UInt64

    /// Records of either kind at most: pairs are counted in 64 bits.
    public static let maximumRecords = 1_000_000
    public static let standardResamples = 1_000

    /// - Parameters:
    ///   - members: losses of records that may have been trained on; at least one, all finite.
    ///   - nonMembers: losses of records that were not.
    ///   - resamples: at least 1.
    public init(
        members: [Float], nonMembers: [Float], resamples: Int = standardResamples, seed: UInt64
    ) {
        precondition((1...Self.maximumRecords).contains(members.count), "\(members.count) members")
        precondition((1...Self.maximumRecords).contains(nonMembers.count), "\(nonMembers.count) non-members")
        precondition(resamples >= 1, "no resamples")
        (self.members, self.nonMembers) = (members.count, nonMembers.count)
        (self.resamples, self.seed) = (resamples, seed)
        let ranks = LossRanks(members, nonMembers)
        aucPPM = ranks.aucPPM(members: ranks.members, nonMembers: ranks.nonMembers)
        var bootstrap = (0..<resamples).map { number in
            ranks.aucPPM(
                members: Self.resample(ranks.members, seed: seed, stream: 2 * number),
                nonMembers: Self.resample(ranks.nonMembers, seed: seed, stream: 2 * number + 1))
        }
        bootstrap.sort()
        lowPPM = bootstrap[resamples / 40]
        highPPM = bootstrap[resamples - 1 - resamples / 40]
    }

    /// As many elements as there are, each drawn from all of them: draw i is ⌊w·count ÷ 2³²⌋, w being word i
    /// mod 4 of Philox under the key `seed` and the counter (i ÷ 4, 0, stream low, stream high).
    private static func resample(_ ranks: [Int], seed: UInt64, stream: Int) -> [Int] {
        let key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
        var words = [UInt32](repeating: 0, count: 4)
        var drawn: [Int] = []
        drawn.reserveCapacity(ranks.count)
        for index in ranks.indices {
            if index % 4 == 0 {
                let counter = [
                    UInt32(index / 4), 0, UInt32(truncatingIfNeeded: stream),
                    UInt32(truncatingIfNeeded: stream >> 32),
                ]
                fixed_order_philox(counter, key, &words)
            }
            drawn.append(ranks[Int((UInt64(words[index % 4]) * UInt64(ranks.count)) >> 32)])
        }
        return drawn
    }
}

/// The places of losses among all distinct losses: all that the area depends on.
private struct LossRanks {
    let members, nonMembers: [Int]
    private let count: Int

    init(_ members: [Float], _ nonMembers: [Float]) {
        let distinct = Set(members + nonMembers).sorted()
        let places = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, $0) })
        self.members = members.map { places[$0]! }
        self.nonMembers = nonMembers.map { places[$0]! }
        count = distinct.count
    }

    /// The share of pairs in which the member's loss is the smaller, half for equal ones, in millionths, half
    /// up.
    func aucPPM(members: [Int], nonMembers: [Int]) -> Int {
        var memberCounts = [Int](repeating: 0, count: count)
        var otherCounts = memberCounts
        for rank in members { memberCounts[rank] += 1 }
        for rank in nonMembers { otherCounts[rank] += 1 }
        // Twice the pairs won, so that a tie counts one.
        var doubled = 0
        var below = 0
        for rank in 0..<count {
            doubled += otherCounts[rank] * (2 * below + memberCounts[rank])
            below += memberCounts[rank]
        }
        let pairs = members.count * nonMembers.count
        let (quotient, remainder) = (2 * pairs).dividingFullWidth(doubled.multipliedFullWidth(by: 1_000_000))
        return quotient + (remainder >= pairs ? 1 : 0)
    }
}
