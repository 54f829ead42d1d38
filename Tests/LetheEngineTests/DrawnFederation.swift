import ConsortiumFixture
import Events
import LetheEngine

/// A small federation that follows from a seed: who has which rows, who trains what in which round, and what is deleted
/// when. It says nothing of how any of it is computed.
struct DrawnFederation: Sendable, CustomStringConvertible {
    struct Dataset: Sendable {
        /// What people call it, and what the two ledgers have in common of it.
        var name: String
        var member: MemberName
        var shards: Int
        var rows: [DatasetRecord]
    }

    struct Round: Sendable {
        var id: RoundID
        var topology: Topology
        var rule: MergeRule
        /// All members, in one or two groups; `nil` outside the cohort topology.
        var cohorts: Ascending<Cohort>?
        /// The datasets that are trained on, by name.
        var datasets: Set<String>
        /// The seed of every recipe in it.
        var recipeSeed: UInt64
    }

    enum Target: Sendable, Equatable {
        case subject(String)
        case record(String)
        case dataset(String)
        case contributions
    }

    struct Deletion: Sendable, CustomStringConvertible {
        var member: MemberName
        var target: Target

        var description: String { "\(member) \(target)" }
    }

    /// How far a round is: its contributions are there, it is closed, its models are there.
    enum Stage: Sendable { case open, closed, merged }

    /// Deletions that one plan carries out.
    struct Batch: Sendable, CustomStringConvertible {
        /// The round that was the last to be opened, from one.
        var round: Int
        var stage: Stage
        var deletions: [Deletion]

        var description: String { "\(stage) round-\(round): \(deletions)" }
    }

    let seed: UInt64
    let members: [MemberName]
    let datasets: [Dataset]
    let rounds: [Round]
    let batches: [Batch]

    var description: String {
        "seed \(seed): \(members.count) members, \(datasets.map { "\($0.name)/\($0.shards)" }), "
            + "\(rounds.map { "\($0.id) \($0.topology.rawValue) \($0.rule.rawValue) \($0.datasets.sorted())" }), "
            + "\(batches)"
    }

    init(seed: UInt64, topologies: [Topology]) {
        self.seed = seed
        var random = SplitMix64(seed: seed)
        let names = ["alder", "birch", "cedar", "delta"].prefix(Int.random(in: 2...4, using: &random))
        let members = names.map { MemberName($0)! }
        let datasets = members.flatMap { member in
            (0..<(Int.random(in: 0..<4, using: &random) == 0 ? 2 : 1)).map {
                Self.dataset("\(member)-\($0)", of: member, &random)
            }
        }
        let count = Int.random(in: 1...3, using: &random)
        rounds = (1...count).map { number in
            Self.round(number, topologies.randomElement(using: &random)!, members, datasets, &random)
        }
        let rules = rounds.map(\.rule)
        batches = (0..<Int.random(in: 1...2, using: &random)).map { _ in
            let round = Int.random(in: 0..<3, using: &random) == 0 ? Int.random(in: 1...count, using: &random) : count
            let stage: Stage = [.open, .closed, .merged, .merged, .merged].randomElement(using: &random)!
            // Who commits to an open round anew is last in its order, and a stack keeps to the order.
            return Batch(
                round: round, stage: stage == .open && rules[round - 1] == .stack ? .closed : stage,
                deletions: (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    Self.deletion(members, datasets, &random)
                })
        }
        self.members = members
        self.datasets = datasets
    }

    private static func dataset(
        _ name: String, of member: MemberName, _ random: inout SplitMix64
    ) -> Dataset {
        let shards = Int.random(in: 1...4, using: &random)
        let words = ["late", "lost", "rude", "lovely", "thanks", "early"]
        let rows = (0..<Int.random(in: shards...(shards * 2 + 2), using: &random)).map { row in
            let said = (0..<3).map { _ in words.randomElement(using: &random)! }.joined(separator: " ")
            return DatasetRecord(
                id: "\(name)-\(row)", subject: "person-\(Int.random(in: 0..<4, using: &random))",
                label: Int.random(in: 0...1, using: &random), text: "\(said) \(name) \(row)")
        }
        return Dataset(name: name, member: member, shards: shards, rows: rows)
    }

    private static func round(
        _ number: Int, _ topology: Topology, _ members: [MemberName], _ datasets: [Dataset],
        _ random: inout SplitMix64
    ) -> Round {
        var used = Set(datasets.map(\.name).filter { _ in Int.random(in: 0..<4, using: &random) > 0 })
        if used.isEmpty { used = [datasets[0].name] }
        let cut = Int.random(in: 1...members.count, using: &random)
        let groups = [members.prefix(cut), members.dropFirst(cut)].filter { !$0.isEmpty }
        let cohorts = groups.enumerated().map { index, group in
            Cohort(members: Ascending(group), name: CohortName("group-\(index)")!)
        }
        // What a stack gives has another rank than the recipe trains: only lineages of their own go on from there.
        let isStack = topology == .isolated && Int.random(in: 0..<3, using: &random) == 0
        return Round(
            id: RoundID("round-\(number)")!, topology: topology, rule: isStack ? .stack : .mean,
            cohorts: topology == .cohort ? Ascending(cohorts) : nil, datasets: used,
            recipeSeed: UInt64.random(in: 1...1_000, using: &random))
    }

    private static func deletion(
        _ members: [MemberName], _ datasets: [Dataset], _ random: inout SplitMix64
    ) -> Deletion {
        let member = members.randomElement(using: &random)!
        let own = datasets.filter { $0.member == member }
        let dataset = own.randomElement(using: &random)!
        let row = dataset.rows.randomElement(using: &random)!
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return Deletion(member: member, target: .contributions)
        case 1: return Deletion(member: member, target: .dataset(dataset.name))
        case 2...4: return Deletion(member: member, target: .subject(row.subject!))
        default: return Deletion(member: member, target: .record(row.id))
        }
    }

    // MARK: Without what was deleted

    /// The ids of the rows that `deletion` is about.
    func rows(of deletion: Deletion) -> Set<String> {
        let own = datasets.filter { $0.member == deletion.member }
        switch deletion.target {
        case .contributions: return []
        case .dataset(let name): return Set(own.first { $0.name == name }!.rows.map(\.id))
        case .subject(let subject): return Set(own.flatMap(\.rows).filter { $0.subject == subject }.map(\.id))
        case .record(let id): return [id]
        }
    }

    /// The rows that some deletion is about.
    var deletedRows: Set<String> { Set(batches.flatMap(\.deletions).flatMap(rows)) }

    /// The members whose contributions go, from the round after which they go on and for all before it.
    var leaving: Set<MemberName> {
        Set(batches.flatMap(\.deletions).filter { $0.target == .contributions }.map(\.member))
    }
}
