public import Bytes
internal import ChainViews
public import Events

extension SampleConsortium {
    /// An accuracy of `adapter`.
    public static func accuracy(of adapter: ArtifactDigest, deletion: String? = nil) -> AdapterEvaluated {
        AdapterEvaluated(
            adapter: adapter, dataset: dataset, deletion: deletion.flatMap { DeletionID($0) },
            accuracy: MeasuredAccuracy(
                accuracyPPM: PartsPerMillion(900_000)!, maximumTokens: Quantity(32)!,
                meanLossMicronats: Count(250_000)!, records: Quantity(100)!))
    }

    public static func membership(of adapter: ArtifactDigest) -> AdapterEvaluated {
        AdapterEvaluated(
            adapter: adapter, dataset: dataset, deletion: nil,
            membership: MeasuredMembership(
                aucPPM: PartsPerMillion(600_000)!, forget: digest("forget"), highPPM: PartsPerMillion(700_000)!,
                lowPPM: PartsPerMillion(500_000)!, maximumTokens: Quantity(32)!, members: Quantity(10)!,
                nonMembers: Quantity(100)!, resamples: Quantity(1_000)!, seed: Count(1)!))
    }

    public static func distance(of adapter: ArtifactDigest) -> AdapterEvaluated {
        AdapterEvaluated(
            adapter: adapter, deletion: nil,
            distance: MeasuredDistance(
                greatestPPB: Count(0)!, isEqual: true, relativePPB: Count(0)!, retrain: digest("retrain")))
    }

    /// A measure for `deletion` that serves in the place of `model` for a day.
    public func mitigation(_ deletion: String, of model: ArtifactDigest) -> MitigationApplied {
        MitigationApplied(
            adapter: digest("weakened \(deletion)"), deletion: DeletionID(deletion)!, method: .gradientAscent,
            model: model, recipe: digest("interim recipe"), tensors: digest("weakened tensors \(deletion)"),
            until: Timestamp(seconds: clock + 86_400)!)
    }
}
