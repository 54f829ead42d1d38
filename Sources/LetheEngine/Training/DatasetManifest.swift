public import Bytes
public import Events
internal import MerkleLog

public enum ShardingKeySubject {}
/// Deals the records of a dataset to its shards; 32 random bytes.
public typealias ShardingKey = Hash256<ShardingKeySubject>

/// What a `dataset-registered` event says in full: its body. See `schemas/datasets.md`.
public struct DatasetManifest: Codable, Hashable, Sendable {
    public static let format = "lethe/dataset-manifest/v1"
    /// The most records of one dataset: its manifest is one body.
    public static let maximumRecords = 200_000

    public var dataset: DatasetID
    public var format: String
    /// What people call it.
    public var name: String
    public var shardingKey: ShardingKey
    /// The commitments of each shard, ascending.
    public var shards: [Ascending<RecordCommitment>]

    init(
        dataset: DatasetID, name: String, shardingKey: ShardingKey, shards: [Ascending<RecordCommitment>]
    ) {
        self.dataset = dataset
        format = Self.format
        self.name = name
        self.shardingKey = shardingKey
        self.shards = shards
    }

    /// The commitments of all shards, ascending.
    public var commitments: [RecordCommitment] { shards.flatMap(\.elements).sorted() }

    /// The shard of each record, by commitment.
    public var shardOfRecord: [RecordCommitment: Int] {
        Dictionary(
            shards.enumerated().flatMap { shard, records in records.map { ($0, shard) } },
            uniquingKeysWith: { first, _ in first })
    }
}

extension ShardingKey {
    /// The shard of the record with this id, of so many: HMAC-SHA-256 of `"lethe/shard/v1" 00` and the id,
    /// its first eight bytes as a number, modulo the shards. It depends on no other record, so it stays as
    /// others go.
    public func shard(of id: String, among shards: Int) -> Int {
        let hash = Hash256<ShardingKeySubject>.hmac(
            key: bytes, Array("lethe/shard/v1\0".utf8), Array(id.utf8))
        return Int(hash.bytes.bigEndian(at: 0, as: UInt64.self)! % UInt64(shards))
    }
}

extension RecordSet {
    /// The set of these records, which are in ascending order.
    public init(ascending commitments: [RecordCommitment]) {
        let root = CompactRange(leaves: commitments.map { LeafHash(entry: $0.bytes) }).root()
        self.init(count: Count(commitments.count)!, root: Hash256(retagging: root))
    }
}

/// What a `shard-trained` event says in full: its body. See `schemas/datasets.md`.
public struct ShardRunDocument: Codable, Hashable, Sendable {
    public static let format = "lethe/shard-run/v1"

    /// The records of the shard that the run left out, ascending: those that were erased, or are about to be.
    public var excluded: Ascending<RecordCommitment>
    public var format: String
    /// The parent's tensor digest; absent without a parent.
    public var parentTensors: ArtifactDigest?
    /// The recipe's canonical JSON.
    public var recipe: String

    init(excluded: Ascending<RecordCommitment>, parentTensors: ArtifactDigest?, recipe: String) {
        self.excluded = excluded
        format = Self.format
        self.parentTensors = parentTensors
        self.recipe = recipe
    }
}
