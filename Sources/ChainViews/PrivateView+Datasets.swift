public import Bytes
public import Events

/// A registered dataset; its manifest is in the body.
public struct DatasetRow: Codable, Hashable, Sendable {
    public var dataset: DatasetID
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var records: RecordSet
    public var shards: Quantity
    public var body: BodyCommitment
    /// How many of the records are erased.
    public var erased: Count

    /// How many records are not erased.
    public var left: Int { records.count.value - erased.value }
}

/// A training run on one shard; its recipe, and what it left out of the shard, is in the body.
public struct RunRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var trained: ShardTrained
    public var body: BodyCommitment
}

/// A record that is gone. Nothing is left of it but its commitment.
public struct ErasedRecordRow: Codable, Hashable, Sendable {
    public var commitment: RecordCommitment
    public var dataset: DatasetID
    /// The `record-erased` event.
    public var event: EventHash
    public var position: Count
}

// MARK: - Reading

extension PrivateView {
    /// The datasets in chain order.
    public var allDatasets: [DatasetRow] { datasets.rows.values.sorted { $0.position < $1.position } }

    /// All runs in chain order.
    public var allRuns: [RunRow] { runs.rows.values.sorted { $0.position < $1.position } }

    /// The runs on a shard for a round, in chain order. The last is the one that counts; earlier ones were repeated
    /// before the contribution was made, or a plan replaced them.
    public func runs(on shard: ShardReference, in round: RoundID) -> [RunRow] {
        runs(on: shard).filter { $0.trained.round == round }
    }

    /// The runs on a shard, in chain order.
    public func runs(on shard: ShardReference) -> [RunRow] {
        (runsByShard[shard] ?? []).map { runs[$0]! }
    }

    /// The run on a shard that counts for a round.
    public func currentRun(on shard: ShardReference, in round: RoundID) -> RunRow? {
        runs(on: shard, in: round).last
    }

    /// The erased records of a dataset.
    public func erasedRecords(of dataset: DatasetID) -> Set<RecordCommitment> {
        Set(erasedRecords.rows.values.filter { $0.dataset == dataset }.map(\.commitment))
    }

    /// Whether another event says that an external run was run again and gave the same bytes.
    public func isReproduced(_ run: RunRow) -> Bool {
        runs(on: run.trained.reference, in: run.trained.round).contains {
            $0.event != run.event && $0.trained.run == run.trained.run
        }
    }
}

// MARK: - Rules

extension PrivateView {
    mutating func registerDataset(
        _ event: DatasetRegistered, _ chain: ChainRow, _ record: EventRecord
    ) throws(RuleViolation) {
        try requireOperator(chain, record)
        guard datasets[event.dataset] == nil else { throw .datasetExists(event.dataset) }
        guard event.records.count.value > 0 else { throw .listIsEmpty("records") }
        let body = try takeBody(of: record)
        datasets.set(
            event.dataset,
            DatasetRow(
                dataset: event.dataset, event: record.hash, position: record.count, author: record.author,
                records: event.records, shards: event.shards, body: body, erased: Count(0)!))
    }

    mutating func trainShard(
        _ event: ShardTrained, _ chain: ChainRow, _ record: EventRecord, _ publicView: PublicView
    ) throws(RuleViolation) {
        try requireOperator(chain, record)
        guard let dataset = datasets[event.dataset] else { throw .unknownDataset(event.dataset) }
        guard event.shard.value < dataset.shards.value else {
            throw .unknownShard(event.reference, shards: dataset.shards.value)
        }
        guard let round = publicView.rounds[event.round] else { throw .unknownRound(event.round) }
        guard round.base == event.base else {
            throw .baseDiffers(event.round, expected: round.base, actual: event.base)
        }
        guard event.records.count.value > 0 else { throw .listIsEmpty("records") }
        guard event.records.count.value <= dataset.left else {
            throw .recordsForgotten(event.dataset, left: dataset.left, used: event.records.count.value)
        }
        guard event.trainer.isWhole else { throw .trainerMalformed(event.trainer.kind) }
        if let parent = event.parent { try checkParent(parent, of: event, round, publicView) }
        try checkRepetition(event)
        let body = try takeBody(of: record)
        let row = RunRow(
            event: record.hash, position: record.count, author: record.author, trained: event, body: body)
        runs.set(record.hash, row)
        runsByShard[event.reference, default: []].append(record.hash)
    }

    /// Isolated runs go on from what counts of an earlier run on the same shard; others from a model. Which models are
    /// served, the public chain judges when the contribution is committed.
    private func checkParent(
        _ parent: ArtifactDigest, of event: ShardTrained, _ round: RoundRow, _ publicView: PublicView
    ) throws(RuleViolation) {
        if round.topology != .isolated {
            guard publicView.allModels.contains(where: { $0.model == parent }) else {
                throw .unknownParent(parent, round.topology)
            }
            return
        }
        let runs = runs(on: event.reference).filter { $0.trained.adapter == parent && $0.trained.round != event.round }
        guard !runs.isEmpty else { throw .unknownParent(parent, round.topology) }
        guard runs.contains(where: { currentRun(on: event.reference, in: $0.trained.round)?.trained.adapter == parent })
        else { throw .forgotten(parent) }
    }

    /// The same run is worth a second event only where repeating it shows something: of an external trainer.
    private func checkRepetition(_ event: ShardTrained) throws(RuleViolation) {
        guard event.trainer.kind == .builtIn else { return }
        let earlier = runs(on: event.reference, in: event.round)
        if earlier.contains(where: { $0.trained.run == event.run && $0.trained.trainer.kind == .builtIn }) {
            throw .runExists(event.run)
        }
    }

    mutating func erase(
        _ event: RecordErased, _ chain: ChainRow, _ record: EventRecord
    ) throws(RuleViolation) {
        guard !event.bodies.isEmpty || !event.records.isEmpty else { throw .listIsEmpty("bodies") }
        for body in event.bodies {
            guard let row = bodies[body] else { throw .unknownBody(body) }
            guard row.erasedBy == nil else { throw .bodyAlreadyErased(body) }
        }
        if !event.records.isEmpty { try requireOperator(chain, record) }
        try checkErasable(event.records)
        for body in event.bodies { bodies.update(body) { $0.erasedBy = record.hash } }
        for part in event.records {
            for commitment in part.records {
                erasedRecords.set(
                    commitment,
                    ErasedRecordRow(
                        commitment: commitment, dataset: part.dataset, event: record.hash, position: record.count))
            }
            datasets.update(part.dataset) { $0.erased = Count($0.erased.value + part.records.count)! }
        }
    }

    private func checkErasable(_ parts: Ascending<ErasedRecords>) throws(RuleViolation) {
        for part in parts {
            guard let dataset = datasets[part.dataset] else { throw .unknownDataset(part.dataset) }
            guard !part.records.isEmpty else { throw .listIsEmpty("records") }
            for commitment in part.records where erasedRecords[commitment] != nil {
                throw .recordAlreadyErased(commitment)
            }
            guard part.records.count <= dataset.left else {
                throw .recordsForgotten(part.dataset, left: dataset.left, used: part.records.count)
            }
        }
    }

    /// Fills the index of runs from the rows that were loaded.
    mutating func indexRuns() throws(ViewLoadError) {
        for row in allRuns {
            guard datasets[row.trained.dataset] != nil else {
                throw ViewLoadError(
                    kind: runs.kind, key: row.event.hex, reason: "it names a dataset that is not there")
            }
            runsByShard[row.trained.reference, default: []].append(row.event)
        }
    }
}
