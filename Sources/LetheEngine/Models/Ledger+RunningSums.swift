internal import Adapters
internal import Bytes
internal import ChainViews
internal import Events
internal import LedgerStore
internal import Replay

/// The exact sums of rounds, kept so that leaving a contribution out costs one subtraction for each element.
///
/// A sum is named by the set of contributions in it. It is a cache: without it a model is merged afresh, to the same
/// bytes. Only the rule `mean` has one.
extension Ledger {
    func keepRunningSum(_ round: RoundRow, _ contributions: [Contribution], _ set: EventSet) throws {
        guard round.rule == .mean else { return }
        try withScratchDirectory(scratch) { directory in
            let sum = try RunningSum.create(
                at: "\(directory)/sum", from: contributions, threads: surroundings.cores)
            try keepSum(sum, set)
        }
    }

    private func keepSum(_ sum: RunningSum, _ set: EventSet) throws {
        try directory.blobs.put(BlobID(.runningSum, set.digest), contentsOf: sum.path)
    }

    /// What `rows` leave out of `before`, and what they have besides.
    private static func changes(
        to before: [ContributionRow], _ rows: [ContributionRow]
    ) -> (removed: [ContributionRow], added: [ContributionRow]) {
        let (kept, known) = (Set(rows.map(\.event)), Set(before.map(\.event)))
        return (before.filter { !kept.contains($0.event) }, rows.filter { !known.contains($0.event) })
    }

    /// Whether the model of `rows` can be made from the sum of `old`, so that the adapters that stay are not taken.
    func canSubtract(_ round: RoundRow, _ old: ModelRow, _ rows: [ContributionRow]) throws -> Bool {
        guard round.rule == .mean, try directory.blobs.contains(BlobID(.runningSum, old.contributions.digest)) else {
            return false
        }
        let (removed, added) = Self.changes(to: try view.mergedContributions(of: old), rows)
        return try !removed.isEmpty && (removed + added).allSatisfy { try holdsAdapter($0.adapter) }
    }

    /// The model of `rows` from the sum of the model `old` that it replaces, by subtracting what is gone and adding what
    /// took its place; `nil` where there is no such sum, or an adapter is not here.
    func rebuildFromRunningSum(
        _ round: RoundRow, _ old: ModelRow, _ rows: [ContributionRow], _ set: EventSet
    ) throws -> (digest: ArtifactDigest, tensors: ArtifactDigest)? {
        let view = try view
        guard round.rule == .mean,
            let blob = try directory.blobs.open(BlobID(.runningSum, old.contributions.digest))
        else { return nil }
        let (removed, added) = Self.changes(to: view.mergedContributions(of: old), rows)
        let removing = try contributions(to: round, removed, allowMissing: true)
        let adding = try contributions(to: round, added, allowMissing: true)
        guard removing.count == removed.count, adding.count == added.count, !removing.isEmpty else { return nil }
        return try withScratchDirectory(scratch) { scratch in
            try copyOut(blob, to: "\(scratch)/before")
            let sum = try RunningSum(path: "\(scratch)/before").updated(
                adding: adding, removing: removing, to: "\(scratch)/after", threads: surroundings.cores)
            try sum.materialise(toDirectory: "\(scratch)/model", threads: surroundings.cores)
            defer { removeScratchDirectory("\(scratch)/model") }
            let model = try inspect("\(scratch)/model", base: round.base)
            try keepAdapter(at: "\(scratch)/model", model.adapter, digest: model.adapterDigest)
            try keepSum(sum, set)
            return (model.adapterDigest, model.tensors)
        }
    }
}
