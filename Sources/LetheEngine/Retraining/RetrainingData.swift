public import Bytes
public import Events

/// What a member hands to a verifier so that it can train again what took the place of excluded contributions: the file
/// `retraining.json` of a directory (`schemas/retraining-data.md`). The rows lie beside it.
public struct RetrainingData: Codable, Hashable, Sendable {
    public static let format = "lethe/retraining-data/v1"
    /// The most bytes of the file, and of one file of rows.
    public static let maximumBytes = 256 << 20
    public static let fileName = "retraining.json"

    /// One training run, by all that went in and what came out.
    public struct Run: Codable, Hashable, Sendable {
        /// The tensor digest of what it started from; absent for the recipe's initial values.
        public var parent: ArtifactDigest?
        /// The recipe's canonical JSON.
        public var recipe: String
        /// The commitments of the records that it used, ascending.
        public var records: Ascending<RecordCommitment>
        /// The run digest, over the rest.
        public var run: ArtifactDigest
        public var shard: ShardReference
        /// The tensor digest of the result.
        public var tensors: ArtifactDigest
        public var trainer: TrainerIdentity
    }

    /// An excluded contribution and what took its place, each by the runs that it is merged of, ascending by shard.
    public struct Contribution: Codable, Hashable, Sendable {
        public var new: [Run]
        public var old: [Run]
        public var replacedBy: EventHash
        public var replaces: EventHash
        public var round: RoundID
    }

    /// A row with everything that its commitment hides: one line of a file of rows.
    public struct OpenedRow: Codable, Hashable, Sendable {
        public var commitment: RecordCommitment
        public var record: DatasetRecord
        /// In hexadecimal.
        public var salt: String
    }

    /// In chain order.
    public var contributions: [Contribution]
    public var format: String
    public var member: MemberName
    public var plan: ArtifactDigest

    init(contributions: [Contribution], member: MemberName, plan: ArtifactDigest) {
        self.contributions = contributions
        format = Self.format
        self.member = member
        self.plan = plan
    }

    /// The name of the file with the rows of a shard.
    static func rowsFile(_ shard: ShardReference) -> String { "rows-\(shard.dataset)-\(shard.shard).jsonl" }

    /// The name of the directory with an adapter.
    static func adapterFolder(_ tensors: ArtifactDigest) -> String { "adapter-\(tensors.hex)" }
}
