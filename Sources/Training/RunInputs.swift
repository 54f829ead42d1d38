public import Adapters
public import Bytes

/// Everything that goes into a run, by digest: what its result is a function of.
public struct RunInputs: Hashable, Sendable {
    public typealias Digest = Hash256<RunInputs>
    /// Names a run by all that went in and what came out.
    public typealias RunDigest = Hash256<TrainingResult>

    public let recipe: Recipe.Digest
    /// The tensor digest of the adapter that the run begins at, if it begins at one.
    public let parent: TensorDigest?
    /// In ascending order.
    public let commitments: [TrainingRecord.Commitment]

    /// `commitments` in any order.
    public init(
        recipe: Recipe.Digest, parent: TensorDigest?, commitments: [TrainingRecord.Commitment]
    ) {
        self.recipe = recipe
        self.parent = parent
        self.commitments = commitments.sorted()
    }

    /// SHA-256 of `"lethe/run-inputs/v1" 00`, the recipe's digest, the parent's (after a byte 01; a byte 00
    /// where there is none), the count of records as u64be and their commitments.
    public var digest: Digest {
        var hasher = Hasher256()
        hasher.update(Array("lethe/run-inputs/v1\0".utf8))
        hasher.update(recipe)
        hasher.update([parent == nil ? 0 : 1])
        if let parent { hasher.update(parent) }
        var count: [UInt8] = []
        count.appendBigEndian(UInt64(commitments.count))
        hasher.update(count)
        for commitment in commitments { hasher.update(commitment) }
        return hasher.finish()
    }

    /// SHA-256 of `"lethe/run/v1" 00`, the digest of the inputs and that of the result's tensors.
    public func runDigest(result: TensorDigest) -> RunDigest {
        var hasher = Hasher256()
        hasher.update(Array("lethe/run/v1\0".utf8))
        hasher.update(digest)
        hasher.update(result)
        return hasher.finish()
    }
}
