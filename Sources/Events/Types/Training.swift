public import Bytes

public enum DatasetSubject {}
/// The opaque id of a member's dataset, e.g. `ds-` and twelve hexadecimal digits. It says nothing about the data.
public typealias DatasetID = Identifier<DatasetSubject>

public enum CohortSubject {}
public typealias CohortName = Identifier<CohortSubject>

/// A fixed part of a member's dataset.
public struct ShardReference: Codable, Hashable, Sendable, Comparable {
    public var dataset: DatasetID
    /// From zero.
    public var shard: Count

    public init(dataset: DatasetID, shard: Count) {
        self.dataset = dataset
        self.shard = shard
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.dataset, left.shard) < (right.dataset, right.shard)
    }
}

/// What computed a run.
public enum TrainerKind: String, Codable, CaseIterable, Hashable, Sendable {
    /// The trainer of this program: anybody with the inputs gets the same bytes.
    case builtIn = "built-in"
    /// Another program. Whether it gives the same bytes again is known once somebody tried.
    case external
}

public enum RunSetSubject {}

extension Hash256 where Subject == RunSetSubject {
    /// The digest of a set of training runs: SHA-256("lethe/runs/v1" 0x00 ‖ u64be(count) ‖ each run's 32-byte digest,
    /// ascending).
    public init(runs: some Sequence<ArtifactDigest>) {
        let ascending = Set(runs).sorted()
        var prefix = Array("lethe/runs/v1".utf8) + [0]
        prefix.appendBigEndian(UInt64(ascending.count))
        var hasher = Hasher256()
        hasher.update(prefix)
        for run in ascending { hasher.update(run) }
        self = hasher.finish()
    }
}

/// What a contribution was trained by: the exact merge of one run on each of these shards.
///
/// Records and runs themselves stand on the member's private chain. Here is what others need to know which
/// contributions a deletion touches, and what retraining them is.
public struct TrainingReference: Codable, Hashable, Sendable {
    /// The digest over what computed the runs, where its member says: ``TrainerIdentity/digest(of:)``.
    public var environment: ArtifactDigest?
    /// The recipe's digest.
    public var recipe: ArtifactDigest
    /// The digest over the runs that are merged, one for each shard.
    public var runs: Hash256<RunSetSubject>
    /// The shards, ascending; at least one.
    public var shards: Ascending<ShardReference>
    public var trainer: TrainerKind

    public init(
        recipe: ArtifactDigest, runs: Hash256<RunSetSubject>, shards: Ascending<ShardReference>, trainer: TrainerKind,
        environment: ArtifactDigest? = nil
    ) {
        self.environment = environment
        self.recipe = recipe
        self.runs = runs
        self.shards = shards
        self.trainer = trainer
    }
}

/// Another organisation trained again what took the place of an excluded contribution, from the records that it was
/// handed, and says what came out.
public struct TrainingAttested: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, CaseIterable, Hashable, Sendable {
        /// Other bytes than the contribution's.
        case different
        /// The same runs, and merged the same bytes.
        case equal
    }

    /// The adapter digest of what merging the runs gave.
    public var adapter: ArtifactDigest
    /// The `adapter-committed` event of what took the place.
    public var contribution: EventHash
    /// The digest over what computed the runs now: ``TrainerIdentity/digest(of:)``.
    public var environment: ArtifactDigest
    public var outcome: Outcome
    /// The plan that wanted it trained again.
    public var plan: ArtifactDigest
    /// The recipe's digest.
    public var recipe: ArtifactDigest
    /// The digest over the runs as they came out, with those that the plan left alone.
    public var runs: Hash256<RunSetSubject>
    /// The shards whose runs were repeated: all that the plan wanted trained again.
    public var shards: Ascending<ShardReference>
    /// What computed the runs now; external as soon as one of them is.
    public var trainer: TrainerKind

    public init(
        adapter: ArtifactDigest, contribution: EventHash, environment: ArtifactDigest, outcome: Outcome,
        plan: ArtifactDigest, recipe: ArtifactDigest, runs: Hash256<RunSetSubject>, shards: Ascending<ShardReference>,
        trainer: TrainerKind
    ) {
        self.adapter = adapter
        self.contribution = contribution
        self.environment = environment
        self.outcome = outcome
        self.plan = plan
        self.recipe = recipe
        self.runs = runs
        self.shards = shards
        self.trainer = trainer
    }
}

/// A shard that an accepted deletion takes records out of.
public struct TouchedShard: Codable, Hashable, Sendable, Comparable {
    public var dataset: DatasetID
    /// Whether no record is left in it, so that nothing is trained on it again.
    public var emptied: Bool
    /// From zero.
    public var shard: Count

    public init(_ reference: ShardReference, emptied: Bool) {
        dataset = reference.dataset
        self.emptied = emptied
        shard = reference.shard
    }

    public var reference: ShardReference { ShardReference(dataset: dataset, shard: shard) }

    /// In the order of shards. A list names each shard once.
    public static func < (left: Self, right: Self) -> Bool { left.reference < right.reference }
}
