public import Bytes

public enum RecordSetSubject {}

/// A set of records by its size and its RFC 6962 root over the record commitments in ascending order, each commitment's
/// 32 bytes a leaf.
public struct RecordSet: Codable, Hashable, Sendable {
    public var count: Count
    public var root: Hash256<RecordSetSubject>

    public init(count: Count, root: Hash256<RecordSetSubject>) {
        self.count = count
        self.root = root
    }
}

/// Private: a dataset that its member may train on. The body is its manifest: name, sharding key, and each shard's
/// record commitments (`schemas/datasets.md`).
public struct DatasetRegistered: Codable, Hashable, Sendable {
    public var dataset: DatasetID
    /// All of them.
    public var records: RecordSet
    /// How many shards they are dealt to, empty ones among them.
    public var shards: Quantity

    public init(dataset: DatasetID, records: RecordSet, shards: Quantity) {
        self.dataset = dataset
        self.records = records
        self.shards = shards
    }
}

/// What a trainer says of itself: 1 to 200 printable ASCII characters.
public struct TrainerText: TextValue {
    public static let pattern = "^[ -~]{1,200}$"
    public static let form = "1 to 200 printable ASCII characters"
    public let text: String

    public init?(_ text: String) {
        guard (1...200).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        else { return nil }
        self.text = text
    }
}

/// What computed a run.
public struct TrainerIdentity: Codable, Hashable, Sendable {
    /// The version of the arithmetic; of the built-in trainer alone.
    public var arithmetic: TrainerText?
    /// Digest of the command and of the files that it names; of an external trainer alone, as the rest is.
    public var command: ArtifactDigest?
    /// What it ran on, as it says.
    public var hardware: TrainerText?
    /// The container image or environment it ran in, as it says.
    public var image: TrainerText?
    public var kind: TrainerKind
    /// The versions of what it computes with, as it says.
    public var versions: TrainerText?

    private init(
        kind: TrainerKind, arithmetic: TrainerText? = nil, command: ArtifactDigest? = nil, hardware: TrainerText? = nil,
        image: TrainerText? = nil, versions: TrainerText? = nil
    ) {
        self.arithmetic = arithmetic
        self.command = command
        self.hardware = hardware
        self.image = image
        self.kind = kind
        self.versions = versions
    }

    public static func builtIn(arithmetic: TrainerText) -> Self { Self(kind: .builtIn, arithmetic: arithmetic) }

    public static func external(
        command: ArtifactDigest, hardware: TrainerText, image: TrainerText, versions: TrainerText
    ) -> Self {
        Self(kind: .external, command: command, hardware: hardware, image: image, versions: versions)
    }

    /// The digest of what computed some runs: SHA-256 of the canonical JSON of the list of the identities, each once,
    /// ascending by the bytes of their own canonical JSON.
    public static func digest(of identities: some Sequence<TrainerIdentity>) -> ArtifactDigest {
        let distinct = Set(identities).map { (identity: $0, bytes: CanonicalJSON.encode($0)) }
        let ascending = distinct.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        return .sha256(CanonicalJSON.encode(ascending.map(\.identity)))
    }

    /// Whether it says what its kind has to say, and no more.
    public var isWhole: Bool {
        switch kind {
        case .builtIn:
            arithmetic != nil && command == nil && hardware == nil && image == nil && versions == nil
        case .external:
            arithmetic == nil && command != nil && hardware != nil && image != nil && versions != nil
        }
    }
}

/// Private: a training run on one shard. The body is what a replay needs besides (`schemas/datasets.md`).
public struct ShardTrained: Codable, Hashable, Sendable {
    /// The result's adapter digest.
    public var adapter: ArtifactDigest
    /// The base as the public chain names it: by its weights.
    public var base: ArtifactDigest
    public var dataset: DatasetID
    /// How long it took, as its author says.
    public var durationMilliseconds: Count
    /// The base as recipes name it: by configuration and weights.
    public var encoder: ArtifactDigest
    /// The adapter digest of what training started from; absent for the recipe's initial values.
    public var parent: ArtifactDigest?
    /// The plan under which the run takes the place of an earlier one on this shard in this round.
    public var plan: ArtifactDigest?
    public var recipe: ArtifactDigest
    /// Those that were used.
    public var records: RecordSet
    public var round: RoundID
    /// The digest over all that went in and what came out.
    public var run: ArtifactDigest
    /// From zero.
    public var shard: Count
    /// The result's tensor digest.
    public var tensors: ArtifactDigest
    public var trainer: TrainerIdentity

    public init(
        adapter: ArtifactDigest, base: ArtifactDigest, dataset: DatasetID, durationMilliseconds: Count,
        encoder: ArtifactDigest, parent: ArtifactDigest?, plan: ArtifactDigest?, recipe: ArtifactDigest,
        records: RecordSet, round: RoundID, run: ArtifactDigest, shard: Count, tensors: ArtifactDigest,
        trainer: TrainerIdentity
    ) {
        self.adapter = adapter
        self.base = base
        self.dataset = dataset
        self.durationMilliseconds = durationMilliseconds
        self.encoder = encoder
        self.parent = parent
        self.plan = plan
        self.recipe = recipe
        self.records = records
        self.round = round
        self.run = run
        self.shard = shard
        self.tensors = tensors
        self.trainer = trainer
    }

    public var reference: ShardReference { ShardReference(dataset: dataset, shard: shard) }
}

/// Rows of one dataset that are gone.
public struct ErasedRecords: Codable, Hashable, Sendable, Comparable {
    public var dataset: DatasetID
    /// Ascending, each once, at least one.
    public var records: Ascending<RecordCommitment>

    public init(dataset: DatasetID, records: Ascending<RecordCommitment>) {
        self.dataset = dataset
        self.records = records
    }

    /// In the order of datasets. A list names each dataset once.
    public static func < (left: Self, right: Self) -> Bool { left.dataset < right.dataset }
}
