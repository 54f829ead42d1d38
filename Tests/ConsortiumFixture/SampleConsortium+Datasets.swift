public import Bytes
internal import ChainViews
public import Events

extension SampleConsortium {
    /// A dataset of ten records in two shards.
    public static func dataset(_ name: String = "ds-1") -> DatasetRegistered {
        DatasetRegistered(
            dataset: DatasetID(name)!, records: RecordSet(count: Count(10)!, root: digest("records of \(name)")),
            shards: Quantity(2)!)
    }

    /// Has `member` register a dataset on its private chain.
    public mutating func registerDataset(_ name: String = "ds-1", by member: MemberName) throws {
        try say(.datasetRegistered(Self.dataset(name)), by: member, on: Self.privateOrigin(of: member))
    }

    /// A run of the built-in trainer on five records of a shard; `label` tells one from another.
    public static func run(
        _ dataset: String = "ds-1", shard: Int = 0, for round: String, parent: ArtifactDigest? = nil,
        plan: ArtifactDigest? = nil, label: String? = nil
    ) -> ShardTrained {
        let label = label ?? "\(dataset)/\(shard)/\(round)"
        return ShardTrained(
            adapter: digest("adapter of run \(label)"), base: base, dataset: DatasetID(dataset)!,
            durationMilliseconds: Count(1_200)!, encoder: digest("encoder"), parent: parent, plan: plan,
            recipe: digest("recipe"), records: RecordSet(count: Count(5)!, root: digest("records used by \(label)")),
            round: RoundID(round)!, run: digest("run \(label)"), shard: Count(shard)!,
            tensors: digest("tensors of run \(label)"), trainer: .builtIn(arithmetic: TrainerText("arithmetic/v1")!))
    }

    /// The trainer of somebody else.
    public static let externalTrainer = TrainerIdentity.external(
        command: digest("command"), hardware: TrainerText("one GPU")!, image: TrainerText("none")!,
        versions: TrainerText("torch 2.13.0")!)

    /// Has `member` record a run on its private chain.
    @discardableResult
    public mutating func train(_ run: ShardTrained, by member: MemberName) throws -> EventHash {
        try say(.shardTrained(run), by: member, on: Self.privateOrigin(of: member))
    }

    /// The erasure of records of a dataset that `labels` stand for.
    public static func erasure(_ labels: String..., of dataset: String = "ds-1") -> RecordErased {
        RecordErased(
            bodies: [],
            records: [ErasedRecords(dataset: DatasetID(dataset)!, records: Ascending(labels.map { digest($0) }))])
    }
}
