internal import Bytes
internal import Events

/// The same bytes have one owner and one lineage, wherever they stand on the chain.
///
/// Otherwise a closure, which follows what events declare, would take an adapter out of one round and leave it in
/// another in which it was declared to come from something else.
extension PublicView {
    /// Refuses bytes that a deletion took out of use, and bytes that somebody else committed before: deleting
    /// one of two equal contributions would either leave its bytes behind or take the other's with them.
    func checkOwnBytes(_ artifact: ArtifactDigest, _ author: MemberName) throws(RuleViolation) {
        guard !isForgotten(artifact) else { throw .forgotten(artifact) }
        guard let first = contributionsByBytes.first(of: artifact), let committer = contributions[first]?.member,
            committer != author
        else { return }
        throw .adapterOfAnother(artifact, committer)
    }

    /// Refuses bytes that the member committed before, said to be trained on other shards or from other parents.
    ///
    /// What is committed to a later round unchanged may name itself as its parent.
    func checkLineage(of artifact: ArtifactDigest, as event: AdapterCommitted) throws(RuleViolation) {
        guard let hash = contributionsByBytes.first(of: artifact), let first = contributions[hash] else { return }
        let isUnchanged = event.parents.contains(first.adapter) && !first.parents.contains(first.adapter)
        let parents = Set(event.parents).subtracting(isUnchanged ? [first.adapter] : [])
        let hasSameParents = isUnchanged ? parents.isSubset(of: first.parents) : parents == Set(first.parents)
        guard hasSameParents, event.training?.shards == first.training?.shards else {
            throw .otherLineage(artifact, hash)
        }
    }

    /// Refuses a model with the bytes of a contribution that it does not merge, or of a model of other contributions.
    ///
    /// Nobody who merges as the rule says gets such bytes, and a deletion would not find them here.
    func checkLineage(of artifact: ArtifactDigest, as event: ModelMaterialized) throws(RuleViolation) {
        let merged = contributions(to: event.round, cohort: event.cohort)
        if merged.contains(where: { $0.adapter == artifact || $0.tensors == artifact }) { return }
        if let hash = modelsByBytes.first(of: artifact), let first = models[hash] {
            let others = Set(mergedContributions(of: first).map(\.adapter))
            guard others == Set(merged.map(\.adapter)) else { throw .otherLineage(artifact, hash) }
        } else if let hash = contributionsByBytes.first(of: artifact) {
            throw .otherLineage(artifact, hash)
        }
    }
}
