import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import Training

/// What taking one person out of a federation costs, against training the federation from nothing.
///
/// Both sides are the real thing in one ledger directory: runs, merges, events, erasures. The base is the embedded one, so
/// that training is quick and the ledger's own work weighs more than it would with a base of use.
struct UnlearningBench {
    let members: [MemberName]
    let shards: Int
    let topology: Topology
    private let ledger: Ledger
    private let base: ArtifactDigest
    private let datasets: [MemberName: DatasetID]
    private let recipe: Recipe

    private static let consortium = Consortium("bench.example")!
    private static let desk = MemberName("desk")!

    init(
        in directory: String, members count: Int, shards: Int, topology: Topology, surroundings: Surroundings
    ) async throws {
        (self.shards, self.topology) = (shards, topology)
        members = (1...count).map { MemberName("member-\($0)")! }
        ledger = try await Ledger.create(
            at: directory, consortium: Self.consortium, members: [Self.desk] + members, protection: .none,
            surroundings: surroundings)
        var cards: [MemberCard] = []
        for member in [Self.desk] + members {
            let roles: [Role] = member == Self.desk ? [.operator, .aggregator, .witness] : [.contributor, .witness]
            cards.append(try await ledger.card(of: member, consortium: Self.consortium, roles: roles))
        }
        try await ledger.found(
            Self.consortium, chainOperator: Self.desk, cards: cards, threshold: 1, protection: .none)
        base = try await ledger.registerBase(
            BaseLocation.name(ofEmbedded: 1), at: .embedded(seed: 1), as: Self.desk
        ).base
        recipe = try Recipe.suggested(for: try await ledger.encoder(for: base).encoder)
        var datasets: [MemberName: DatasetID] = [:]
        for member in members {
            try await ledger.openPrivateChain(of: member, readers: [member])
            datasets[member] = try await ledger.registerDataset(try Self.rows(of: member, shards), as: member).dataset
        }
        self.datasets = datasets
    }

    /// Some sixteen rows in a shard, each of a person of its own.
    private static func rows(of member: MemberName, _ shards: Int) throws -> DatasetRequest {
        let lines = (0..<shards * 16).map { row in
            "row-\(row)\tperson-\(row)\t\(row % 2)\tthe flight \(row) of \(member) was \(row % 2 == 0 ? "late" : "lovely")"
        }
        let table = (["record_id\tsubject_id\tlabel\ttext"] + lines).joined(separator: "\n")
        let file = try DatasetFile(parsing: Array(table.utf8), format: .tsv, path: "rows.tsv")
        return DatasetRequest(file: file, path: "rows.tsv", name: "rows", shards: shards)
    }

    /// Trains and merges rounds `first` to `last`; seconds.
    private func train(_ rounds: ClosedRange<Int>) async throws -> Double {
        try await timed {
            for number in rounds {
                let round = RoundID("round-\(number)")!
                try await ledger.record(
                    .roundOpened(RoundOpened(base: base, round: round, rule: .mean, topology: topology)),
                    as: Self.desk, on: ledger.publicOrigin)
                for member in members {
                    let request = TrainingRequest(round: round, datasets: [datasets[member]!], recipe: recipe)
                    _ = try await ledger.train(request, as: member)
                }
                _ = try await ledger.closeRound(round, as: Self.desk)
                _ = try await ledger.materialize(round, as: Self.desk)
            }
        }
    }

    /// Takes one person out, from the request to the completion; seconds, and the shard-runs that it took of how many.
    private func unlearn(_ person: Int) async throws -> (seconds: Double, again: Int, all: Int) {
        var runs = (again: 0, all: 0)
        let seconds = try await timed {
            let request = DeletionRequest(
                member: members[0], matter: .subject("person-\(person)"), ground: .gdpr171b,
                receivedAt: ledger.surroundings.now(), reason: "")
            let id = try await ledger.requestDeletion(request, as: members[0]).id
            _ = try await ledger.decideDeletion(id, .accepted, as: members[0], cosigners: [])
            let plan = try await ledger.planDeletions([id])
            runs = (plan.work.retrained.value, plan.work.all.value)
            guard plan.isExact, try await ledger.execute(plan: plan.digest).isEmpty else {
                throw Answer.no("the benchmark's deletion was not carried out")
            }
        }
        return (seconds, runs.again, runs.all)
    }

    /// One person out of a history of `rounds`, against training that history.
    func line(rounds: Int) async throws -> BenchLine {
        let trained = try await train(1...rounds)
        let taken = try await unlearn(3)
        return BenchLine(
            "unlearn 1 person, \(topology.rawValue), \(rounds) rounds", .milliseconds(taken.seconds),
            against: "training \(members.count) members × \(shards) shards again", .milliseconds(trained),
            want: topology == .isolated ? .ratioAtMost(0.1) : .nothing,
            note: "\(taken.again) of \(taken.all) shard-runs")
    }

    /// One person out of a history `times` as long as one of `rounds`, for each round, against the same in the short one.
    func curve(rounds: Int, times: Int) async throws -> BenchLine {
        _ = try await train(1...rounds)
        let short = try await unlearn(3)
        _ = try await train((rounds + 1)...(rounds * times))
        let long = try await unlearn(5)
        return BenchLine(
            "unlearn 1 person, \(topology.rawValue), each of \(rounds * times) rounds",
            .milliseconds(long.seconds / Double(rounds * times)), against: "each of \(rounds) rounds",
            .milliseconds(short.seconds / Double(rounds)), want: .ratioAtMost(1.5),
            note: "\(short.again) then \(long.again) of \(long.all) shard-runs")
    }

    func close() async throws { try await ledger.close() }
}
