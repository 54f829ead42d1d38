import Adapters
import Bytes
import Events
import Foundation
import Reports
import Training

/// A federation as its recipe and records determine it, trained without a ledger: what exact unlearning must give.
///
/// It knows rounds, shards and weights from the plan of the experiment alone and shares with the ledger only the trainer
/// and the exact merge; the ledger's own lineage, plans and replays have no part in it.
struct Counterfactual {
    let topology: Topology
    let rounds: Int
    let recipe: Recipe
    let base: BaseEncoder
    let trainer: Trainer
    /// Each organisation's records by shard, with the commitments that the ledger gave them.
    let organisations: [(name: MemberName, shards: [[TrainingRecord]])]
    let scratch: String
    let progress: ExperimentProgress

    /// The last model without the records in `excluded`, and the work that it took; `nil` where nothing is left.
    func retrain(
        without excluded: Set<TrainingRecord.Commitment>
    ) throws -> (model: NamedTensors, work: ExperimentResults.Work)? {
        var work = ExperimentResults.Work()
        let start = ContinuousClock.now
        var shardAdapters: [String: NamedTensors] = [:]
        var model: NamedTensors?
        for _ in 0..<rounds {
            var contributions: [(adapter: NamedTensors, weight: Int)] = []
            for organisation in organisations {
                var runs: [(adapter: NamedTensors, weight: Int)] = []
                for (shard, records) in organisation.shards.enumerated() {
                    let left = records.filter { !excluded.contains($0.commitment) }
                    guard !left.isEmpty else { continue }
                    let key = "\(organisation.name)/\(shard)"
                    let adapter = try train(left, from: topology == .isolated ? shardAdapters[key] : model)
                    shardAdapters[key] = adapter
                    runs.append((adapter, left.count))
                    work.shardRuns += 1
                    work.samples += left.count * recipe.epochs
                    progress.advance(left.count * recipe.epochs, "retraining \(organisation.name)")
                }
                guard !runs.isEmpty else { continue }
                contributions.append((try merge(runs), runs.reduce(0) { $0 + $1.weight }))
            }
            guard !contributions.isEmpty else { return nil }
            model = try merge(contributions)
        }
        work.milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
        return model.map { ($0, work) }
    }

    private func train(_ records: [TrainingRecord], from parent: NamedTensors?) throws -> NamedTensors {
        guard case .finished(let result) = try trainer.train(recipe, parent: parent, records: records) else {
            throw Answer.unknown("a training run stopped before its end")
        }
        return result.tensors
    }

    /// The correctly rounded weighted mean, by way of files as the merge wants them.
    private func merge(_ parts: [(adapter: NamedTensors, weight: Int)]) throws -> NamedTensors {
        let folder = "\(scratch)/\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let configuration = try recipe.adapterConfiguration(base: base.weightsDigest)
        let contributions = try parts.enumerated().map { number, part in
            let directory = "\(folder)/\(number)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try writeFile(Array(configuration.peftBytes), to: "\(directory)/\(Adapter.configurationName)")
            try part.adapter.write(to: "\(directory)/\(Adapter.tensorsName)")
            return try Contribution(
                Adapter(directory: directory, base: base.weightsDigest), weight: part.weight, label: "\(number)")
        }
        let merged = "\(folder)/merged"
        try FileManager.default.createDirectory(atPath: merged, withIntermediateDirectories: true)
        try Merge(contributions, rule: .mean, threads: 1).write(toDirectory: merged, threads: 1)
        return try NamedTensors(Adapter(directory: merged, base: base.weightsDigest))
    }
}
