public import Bytes

/// Marginal contributions of organisations to the shared metric.
///
/// A utility says what the model of a coalition reaches, in parts per billion of the shared metric: 0 …
/// 10^9. It is the replay engine's to compute, since excluding contributions and merging again is exact
/// and cheap; here it is a closure, asked for one coalition after the other.
public enum Contribution {
    /// What a metric of 1 is, in parts per billion.
    public static let wholePPB: Int64 = 1_000_000_000

    public enum Failure: Error, Hashable, Sendable {
        case utilityOutOfRange(Int64, coalition: [String])
        case repeatedPlayer(String)
        /// Outside 1 … 1,000,000.
        case badSampleCount(Int)
    }

    /// What each of `players` adds to all the others: u(N) − u(N∖i), in parts per billion.
    ///
    /// Asks for n + 1 coalitions: all players first, then each one left out, in ascending order of names.
    ///
    /// - Throws: ``Failure``, or what `utilityPPB` throws.
    public static func leaveOneOut(
        _ players: [String], utilityPPB: (Set<String>) throws -> Int64
    ) throws -> [String: Int64] {
        let sorted = try distinct(players)
        let everybody = Set(sorted)
        let whole = try checked(utilityPPB, everybody)
        var contributions: [String: Int64] = [:]
        for player in sorted {
            contributions[player] = whole - (try checked(utilityPPB, everybody.subtracting([player])))
        }
        return contributions
    }

    /// The Shapley value of each of `players`, estimated from `samples` permutations (Castro et al. 2009).
    ///
    /// Permutation k is drawn from `seed` over the names in ascending order of bytes, so the estimate
    /// depends on the set of names, the count and the seed, and on no order of listing. For n players
    /// it asks for at most 2 + samples · (n − 1) coalitions.
    ///
    /// - Throws: ``Failure``, or what `utilityPPB` throws.
    public static func sampledShapley(
        _ players: [String], samples: Int, seed: Hash256<Charter>,
        utilityPPB: (Set<String>) throws -> Int64
    ) throws -> ShapleyEstimate {
        guard (1...1_000_000).contains(samples) else { throw Failure.badSampleCount(samples) }
        let sorted = try distinct(players)
        var stream = DrawStream(domain: "lethe/shapley-draw/v1", seed: seed.bytes)
        var totals = [Int64](repeating: 0, count: sorted.count)
        let empty = try checked(utilityPPB, [])
        let whole = sorted.isEmpty ? empty : try checked(utilityPPB, Set(sorted))
        for _ in 0..<samples {
            let order = stream.shuffled(Array(sorted.indices))
            var coalition: Set<String> = []
            var before = empty
            for (place, player) in order.enumerated() {
                coalition.insert(sorted[player])
                let after = place == order.count - 1 ? whole : try checked(utilityPPB, coalition)
                totals[player] += after - before
                before = after
            }
        }
        return ShapleyEstimate(
            samples: samples, seed: seed, players: sorted, totalsPPB: totals, emptyPPB: empty, wholePPB: whole)
    }

    private static func distinct(_ players: [String]) throws(Failure) -> [String] {
        let sorted = players.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for (left, right) in zip(sorted, sorted.dropFirst()) where left == right {
            throw .repeatedPlayer(left)
        }
        return sorted
    }

    private static func checked(
        _ utilityPPB: (Set<String>) throws -> Int64, _ coalition: Set<String>
    ) throws -> Int64 {
        let value = try utilityPPB(coalition)
        guard (0...wholePPB).contains(value) else {
            throw Failure.utilityOutOfRange(value, coalition: coalition.sorted())
        }
        return value
    }
}

/// Shapley values estimated by sampling, with what is needed to estimate them again.
public struct ShapleyEstimate: Hashable, Sendable, Codable {
    public let samples: Int
    public let seed: Hash256<Charter>
    /// In ascending order of bytes.
    public let players: [String]
    /// The sum over all samples of what each player added: the estimate is this over `samples`, exactly.
    ///
    /// The totals of all players add up to `samples` · (`wholePPB` − `emptyPPB`), whatever was drawn.
    public let totalsPPB: [Int64]
    public let emptyPPB: Int64
    public let wholePPB: Int64

    enum CodingKeys: String, CodingKey, CaseIterable {
        case samples, seed, players, totalsPPB, emptyPPB, wholePPB
    }

    /// Each player's estimate, rounded half to even, in parts per billion.
    public var contributionsPPB: [String: Int64] {
        Dictionary(
            uniqueKeysWithValues: zip(players, totalsPPB).map {
                ($0, FixedPoint.roundedHalfToEven($1, over: Int64(samples)))
            })
    }
}

extension ShapleyEstimate {
    /// Reads an estimate whose totals add up; anything else was never estimated.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        samples = try fields.decode(Int.self, forKey: .samples)
        seed = try fields.decode(Hash256<Charter>.self, forKey: .seed)
        players = try fields.decode([String].self, forKey: .players)
        totalsPPB = try fields.decode([Int64].self, forKey: .totalsPPB)
        emptyPPB = try fields.decode(Int64.self, forKey: .emptyPPB)
        wholePPB = try fields.decode(Int64.self, forKey: .wholePPB)
        let range = 0...Contribution.wholePPB
        let ascending = zip(players, players.dropFirst()).allSatisfy {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        guard (1...1_000_000).contains(samples), players.count == totalsPPB.count, ascending,
            range.contains(emptyPPB), range.contains(wholePPB),
            totalsPPB.allSatisfy({ $0.magnitude <= UInt64(samples) * range.upperBound.magnitude }),
            players.isEmpty || totalsPPB.reduce(0, +) == Int64(samples) * (wholePPB - emptyPPB)
        else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no estimate adds up to this"))
        }
    }
}
