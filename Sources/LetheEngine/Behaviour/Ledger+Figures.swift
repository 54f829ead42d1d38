public import Bytes
internal import ChainViews
public import Events
internal import MerkleLog
public import Training

/// What training runs on this ledger's private chains came to.
public struct TrainingFigures: Hashable, Sendable {
    public var runs = 0
    /// Records that were read, once for each epoch.
    public var samples = 0
    public var milliseconds = 0
}

/// How much the chains of this ledger hold.
public struct ChainFigures: Hashable, Sendable {
    public var events = 0
    public var leafBytes = 0
}

extension Ledger {
    /// The records of a dataset that are not erased, by shard, under the commitments that runs name them by.
    ///
    /// They are personal data in the clear: whoever asks answers for them.
    public func trainingRecords(of dataset: DatasetID) throws -> [[TrainingRecord]] {
        let open = try openDataset(dataset)
        return try open.manifest.shards.indices.map { shard in
            try records(of: ShardReference(dataset: dataset, shard: Count(shard)!), in: open, excluding: [])
        }
    }

    /// A registered dataset to evaluate on: what is left of it, named by the root over all of its record
    /// commitments.
    public func evaluationRecords(of dataset: DatasetID) throws -> EvaluationRecords {
        let records = try trainingRecords(of: dataset).flatMap(\.self)
        guard !records.isEmpty else {
            throw EngineError(
                .refused, "nothing of \(dataset) is left to evaluate on", hint: "lethe show datasets")
        }
        return EvaluationRecords(
            records: records, digest: ArtifactDigest(retagging: try openDataset(dataset).row.records.root))
    }

    /// The records that a deletion is about, where this ledger may know them and they are still here; for a
    /// deletion of all contributions of a member, all records of its datasets here.
    ///
    /// Their digest is a root over record commitments, which are salted.
    public func forgetSet(of id: DeletionID) throws -> EvaluationRecords {
        guard let row = try view.deletions[id] else {
            throw EngineError(
                .invalidRequest, "there is no deletion \(id)", hint: "lethe show deletions lists them")
        }
        let wanted =
            row.scope == .records
            ? try records(of: [id], of: row.member) : try allRecords(of: row.member)
        let commitments = wanted.values.flatMap(\.self).sorted()
        let known = try Dictionary(
            uniqueKeysWithValues: wanted.keys.flatMap { try trainingRecords(of: $0).flatMap(\.self) }
                .map { (RecordCommitment(retagging: $0.commitment), $0) })
        let found = commitments.compactMap { known[$0] }
        guard !found.isEmpty, found.count == commitments.count else {
            throw EngineError(
                .missing, "the records that \(id) is about are not in this ledger",
                hint: "give them as a file with --forget; after a deletion they are gone from every ledger")
        }
        return EvaluationRecords(
            records: found, digest: ArtifactDigest(retagging: RecordSet(ascending: commitments).root))
    }

    private func allRecords(of member: MemberName) throws -> [DatasetID: [RecordCommitment]] {
        guard let origin = privateChain(of: member), let chain = privateViews[origin] else { return [:] }
        return try Dictionary(
            uniqueKeysWithValues: chain.allDatasets.map(\.dataset).map { dataset in
                let records = try trainingRecords(of: dataset).flatMap(\.self)
                return (dataset, records.map { RecordCommitment(retagging: $0.commitment) })
            })
    }

    /// The runs on all private chains here: those of a plan, or those of none.
    ///
    /// - Parameter epochs: how often each run read its records.
    public func trainingFigures(ofPlan plan: ArtifactDigest?, epochs: Int) -> TrainingFigures {
        let runs = privateViews.values.flatMap(\.allRuns).map(\.trained).filter { $0.plan == plan }
        return runs.reduce(into: TrainingFigures()) { figures, run in
            figures.runs += 1
            figures.samples += run.records.count.value * epochs
            figures.milliseconds += run.durationMilliseconds.value
        }
    }

    /// The events of all chains here, and the bytes of their leaves.
    public func chainFigures() throws -> ChainFigures {
        var figures = ChainFigures()
        for origin in try origins() {
            try forEachBatch(of: origin, upTo: size(of: origin)) { batch in
                figures.events += batch.count
                figures.leafBytes += batch.reduce(0) { $0 + $1.count }
            }
        }
        return figures
    }
}
