public import Bytes

/// What somebody measured of an adapter: a claim of its author, which whoever has the adapter and the records
/// measures again (`schemas/evaluation.md`).
public struct AdapterEvaluated: Codable, Hashable, Sendable {
    /// Which of the three sections is there; the others are absent.
    public enum Kind: String, Codable, CaseIterable, Hashable, Sendable {
        case accuracy
        case distance
        case membershipInference = "membership-inference"
    }

    public var accuracy: MeasuredAccuracy?
    /// Adapter digest of what was measured: a contribution, a model, or one that a mitigation put in its place.
    public var adapter: ArtifactDigest
    /// SHA-256 of the evaluation data; absent for a distance.
    public var dataset: ArtifactDigest?
    /// The deletion whose effect is measured, if it is.
    public var deletion: DeletionID?
    public var distance: MeasuredDistance?
    public var kind: Kind
    public var membership: MeasuredMembership?

    public init(
        adapter: ArtifactDigest, dataset: ArtifactDigest?, deletion: DeletionID?, accuracy: MeasuredAccuracy
    ) {
        (self.adapter, self.dataset, self.deletion, kind) = (adapter, dataset, deletion, .accuracy)
        self.accuracy = accuracy
    }

    public init(
        adapter: ArtifactDigest, dataset: ArtifactDigest?, deletion: DeletionID?, membership: MeasuredMembership
    ) {
        (self.adapter, self.dataset, self.deletion, kind) = (adapter, dataset, deletion, .membershipInference)
        self.membership = membership
    }

    public init(adapter: ArtifactDigest, deletion: DeletionID?, distance: MeasuredDistance) {
        (self.adapter, dataset, self.deletion, kind) = (adapter, nil, deletion, .distance)
        self.distance = distance
    }
}

/// How often a model is right.
public struct MeasuredAccuracy: Codable, Hashable, Sendable {
    public var accuracyPPM: PartsPerMillion
    /// Tokens of a record that were read, start and end among them.
    public var maximumTokens: Quantity
    public var meanLossMicronats: Count
    public var records: Quantity

    public init(
        accuracyPPM: PartsPerMillion, maximumTokens: Quantity, meanLossMicronats: Count, records: Quantity
    ) {
        self.accuracyPPM = accuracyPPM
        self.maximumTokens = maximumTokens
        self.meanLossMicronats = meanLossMicronats
        self.records = records
    }
}

public enum ForgetSetSubject {}

/// How well the loss tells the records to forget from records that the model never saw.
public struct MeasuredMembership: Codable, Hashable, Sendable {
    public var aucPPM: PartsPerMillion
    /// Salted commitment to the forget set.
    public var forget: Hash256<ForgetSetSubject>
    /// The ends of the 95 % bootstrap interval.
    public var highPPM: PartsPerMillion
    public var lowPPM: PartsPerMillion
    public var maximumTokens: Quantity
    public var members: Quantity
    public var nonMembers: Quantity
    public var resamples: Quantity
    public var seed: Count

    public init(
        aucPPM: PartsPerMillion, forget: Hash256<ForgetSetSubject>, highPPM: PartsPerMillion,
        lowPPM: PartsPerMillion, maximumTokens: Quantity, members: Quantity, nonMembers: Quantity,
        resamples: Quantity, seed: Count
    ) {
        self.aucPPM = aucPPM
        self.forget = forget
        self.highPPM = highPPM
        self.lowPPM = lowPPM
        self.maximumTokens = maximumTokens
        self.members = members
        self.nonMembers = nonMembers
        self.resamples = resamples
        self.seed = seed
    }
}

/// How far an adapter is from the matched retrain.
public struct MeasuredDistance: Codable, Hashable, Sendable {
    /// The greatest difference of two elements, in thousand-millionths, rounded up.
    public var greatestPPB: Count
    /// Whether every byte is the same.
    public var isEqual: Bool
    /// The norm of the difference over the retrain's, in thousand-millionths, rounded up; absent where the retrain
    /// is zero.
    public var relativePPB: Count?
    /// Tensor digest of the retrain.
    public var retrain: ArtifactDigest

    public init(greatestPPB: Count, isEqual: Bool, relativePPB: Count?, retrain: ArtifactDigest) {
        self.greatestPPB = greatestPPB
        self.isEqual = isEqual
        self.relativePPB = relativePPB
        self.retrain = retrain
    }
}

/// How a model was changed approximately.
public enum MitigationMethod: String, Codable, CaseIterable, Hashable, Sendable {
    case gradientAscent = "gradient-ascent"
    case loraAdaptation = "lora-adaptation"
}

/// For a time, an approximately changed adapter serves in the place of a model (`schemas/interim-unlearning.md`).
///
/// It is no erasure, raises no grade, and is over on its date or with the deletion's completion.
public struct MitigationApplied: Codable, Hashable, Sendable {
    /// Adapter digest of the changed adapter.
    public var adapter: ArtifactDigest
    public var deletion: DeletionID
    public var method: MitigationMethod
    /// Adapter digest of the model in whose place it serves.
    public var model: ArtifactDigest
    /// Digest of the interim recipe.
    public var recipe: ArtifactDigest
    /// Tensor digest of the changed adapter.
    public var tensors: ArtifactDigest
    /// When it ends: at most three calendar months after it was applied.
    public var until: Timestamp

    public init(
        adapter: ArtifactDigest, deletion: DeletionID, method: MitigationMethod, model: ArtifactDigest,
        recipe: ArtifactDigest, tensors: ArtifactDigest, until: Timestamp
    ) {
        self.adapter = adapter
        self.deletion = deletion
        self.method = method
        self.model = model
        self.recipe = recipe
        self.tensors = tensors
        self.until = until
    }
}
