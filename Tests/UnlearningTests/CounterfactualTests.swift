import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Testing

private typealias Skies = SampleConsortium

/// Unlearning against the history that never had the records: random federations, random deletions, one after
/// the other and several at once, over all topologies.
///
/// Two things are held against a second federation, founded without the records: that every model has its bytes, and
/// that just those runs were repeated that come out otherwise.
@Suite struct CounterfactualTests {
    private static let members = [Skies.delta, Skies.swiss, Skies.united, Skies.virgin]

    private struct Case {
        var rounds: [SymbolicFederation.Round] = []
        var records: [SymbolicFederation.Shard: Set<Int>] = [:]
        var random: SplitMix64

        init(seed: UInt64, topologies: [Topology]) {
            random = SplitMix64(seed: seed)
            var next = 0
            for member in members {
                for number in 0..<3 {
                    let count = Int.random(in: 1...3, using: &random)
                    records[.init(member: member, number: number)] = Set(next..<(next + count))
                    next += count
                }
            }
            for index in 1...Int.random(in: 2...4, using: &random) {
                var parts: [(MemberName, [Int])] = []
                for member in members where Int.random(in: 0..<5, using: &random) > 0 {
                    let shards = (0..<3).filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
                    if !shards.isEmpty { parts.append((member, shards)) }
                }
                if parts.isEmpty { parts = [(members[0], [0])] }
                let topology = topologies.randomElement(using: &random)!
                rounds.append(.init(name: "r\(index)", topology: topology, parts: parts))
            }
        }

        func federation() throws -> SymbolicFederation {
            var federation = SymbolicFederation(records: records)
            for round in rounds { try federation.run(round) }
            return federation
        }
    }

    /// Asks for one random deletion: some records of a member, all of its records in one shard, or all of it.
    private func request(
        _ id: String, _ federation: inout SymbolicFederation, _ random: inout SplitMix64
    ) throws -> Bool {
        let member = Self.members.randomElement(using: &random)!
        let own = federation.records.filter { $0.key.member == member }.sorted { $0.key.number < $1.key.number }
        let all = own.flatMap { $0.value.sorted() }
        guard !all.isEmpty else { return false }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: try federation.deleteMember(id, member)
        case 1: try federation.deleteRecords(id, of: member, Set(all))
        case 2:
            let shard = own.filter { !$0.value.isEmpty }.randomElement(using: &random)!
            try federation.deleteRecords(id, of: member, shard.value)
        default:
            let count = Int.random(in: 1...2, using: &random)
            try federation.deleteRecords(id, of: member, Set(all.shuffled(using: &random).prefix(count)))
        }
        return true
    }

    private func compare(_ federation: SymbolicFederation, with rounds: [SymbolicFederation.Round]) throws {
        var other = SymbolicFederation(records: federation.records)
        for round in rounds { try other.run(round) }
        #expect(federation.models == other.models)
        #expect(federation.currentRuns == other.currentRuns)
    }

    @Test(arguments: [[Topology.isolated], [.feedback], [.cohort], [.isolated, .feedback, .cohort]])
    func theModelsAreThoseOfTheHistoryWithoutTheRecords(topologies: [Topology]) throws {
        for seed in 1...15 as ClosedRange<UInt64> {
            var story = Case(seed: seed, topologies: topologies)
            var federation = try story.federation()
            for number in 1...2 {
                let ids = try ["del-\(number)-a", "del-\(number)-b"].prefix(Int.random(in: 1...2, using: &story.random))
                    .filter { try request($0, &federation, &story.random) }
                guard !ids.isEmpty else { continue }
                let before = federation.currentRuns
                let plan = try federation.carryOut(ids)
                let after = federation.currentRuns
                let changed = after.filter { before[$0.key] != $0.value }
                #expect(plan.work.retrained.value == changed.count, "seed \(seed)")
                #expect(plan.work.all.value == before.count, "seed \(seed)")
                #expect(plan.descendants.isEmpty)
                try compare(federation, with: story.rounds)
            }
        }
    }
}
