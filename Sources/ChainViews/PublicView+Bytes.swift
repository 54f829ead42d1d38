public import Bytes
public import Events

/// The same bytes have one owner and one lineage, wherever they stand on the chain.
///
/// Otherwise a closure, which follows what events declare, would take an adapter out of one round and leave it in
/// another in which it was declared to come from something else.
extension PublicView {
    /// Refuses bytes that a deletion took out of use, and bytes that somebody else committed before: deleting
    /// one of two equal contributions would either leave its bytes behind or take the other's with them.
    ///
    /// Who stands first on the chain need not be who made them: whoever saw a digest before it was there may have been
    /// quicker. As long as the other's round is open both may stand, and neither is merged (``checkUncontested(_:)``).
    func checkOwnBytes(_ artifact: ArtifactDigest, of event: AdapterCommitted, _ author: MemberName)
        throws(RuleViolation)
    {
        guard !isForgotten(artifact) else { throw .forgotten(artifact) }
        for other in contributions(withBytes: artifact) where other.member != author {
            guard event.replaces == nil, rounds[other.round]!.state == .open else {
                throw .adapterOfAnother(artifact, other.member)
            }
        }
    }

    /// The contributions that were not withdrawn and have these bytes as their adapter or their tensors.
    func contributions(withBytes artifact: ArtifactDigest) -> [ContributionRow] {
        let events = (contributionsByAdapter[artifact] ?? []) + (lineage.contributionsByTensors[artifact] ?? [])
        return events.map { contributions[$0]! }.filter { $0.withdrawnBy == nil }
    }

    /// Each contribution of `round` that counts, with one of another member that counts and has the same bytes.
    public func contests(in round: RoundID) -> [(mine: ContributionRow, others: ContributionRow, bytes: ArtifactDigest)]
    {
        contributions(to: round).flatMap { row in
            [row.adapter, row.tensors].flatMap { bytes in
                contributions(withBytes: bytes).filter { $0.member != row.member && $0.counts }.map { (row, $0, bytes) }
            }
        }
    }

    /// Refuses to go on with a round as long as two members claim bytes in it.
    func checkUncontested(_ round: RoundID) throws(RuleViolation) {
        guard let contest = contests(in: round).first else { return }
        throw .contested(contest.bytes, contest.mine.member, contest.others.member)
    }

    /// Refuses bytes that the member committed before, said to be trained on other shards or from other parents.
    ///
    /// What is committed to a later round unchanged may name itself as its parent.
    func checkLineage(
        of artifact: ArtifactDigest, as event: AdapterCommitted, _ author: MemberName
    ) throws(RuleViolation) {
        let own = contributions(withBytes: artifact).filter { $0.member == author }
        guard let first = own.min(by: { $0.position < $1.position }) else { return }
        let isUnchanged = event.parents.contains(first.adapter) && !first.parents.contains(first.adapter)
        let parents = Set(event.parents).subtracting(isUnchanged ? [first.adapter] : [])
        let hasSameParents = isUnchanged ? parents.isSubset(of: first.parents) : parents == Set(first.parents)
        guard hasSameParents, event.training?.shards == first.training?.shards else {
            throw .otherLineage(artifact, first.event)
        }
    }

    /// Refuses a model with the bytes of a contribution that it does not merge, or of a model of other contributions.
    ///
    /// Nobody who merges as the rule says gets such bytes, and a deletion would not find them here.
    func checkLineage(of artifact: ArtifactDigest, as event: ModelMaterialized) throws(RuleViolation) {
        let merged = contributions(to: event.round, cohort: event.cohort)
        if merged.contains(where: { $0.adapter == artifact || $0.tensors == artifact }) { return }
        if let hash = firstModels[artifact], let first = models[hash] {
            let others = Set(mergedContributions(of: first).map(\.adapter))
            guard others == Set(merged.map(\.adapter)) else { throw .otherLineage(artifact, hash) }
        } else if let hash = firstContributions[artifact] {
            throw .otherLineage(artifact, hash)
        }
    }
}
