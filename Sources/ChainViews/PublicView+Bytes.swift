internal import Bytes
internal import Events

/// The same bytes have one owner and one lineage, wherever they stand on the chain.
///
/// Otherwise a closure, which follows what events declare, would take an adapter out of one round and leave it in
/// another in which it was declared to come from something else. A model is not asked: its bytes are what merging gives, and
/// whoever foresees them and commits them first keeps nobody from saying so. The closure follows equal bytes instead.
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

    /// Refuses bytes that the member committed before, said to be trained on other shards or from other parents; and those of
    /// a model that it does not say it started from.
    ///
    /// What is committed to a later round unchanged may name itself as its parent. What a plan wants has no other bytes: a
    /// member that had them before, and said something else of them, does not lock its own deletion.
    func checkLineage(
        of artifact: ArtifactDigest, as event: AdapterCommitted, isReplacement: Bool
    ) throws(RuleViolation) {
        guard let hash = contributionsByBytes.first(of: artifact), let first = contributions[hash] else {
            let models = self.models(withBytes: artifact)
            if let model = models.first, !models.contains(where: { event.parents.contains($0.model) }) {
                throw .otherLineage(artifact, model.event)
            }
            return
        }
        guard !isReplacement else { return }
        let isUnchanged = event.parents.contains(first.adapter) && !first.parents.contains(first.adapter)
        let parents = Set(event.parents).subtracting(isUnchanged ? [first.adapter] : [])
        let hasSameParents = isUnchanged ? parents.isSubset(of: first.parents) : parents == Set(first.parents)
        guard hasSameParents, event.training?.shards == first.training?.shards else {
            throw .otherLineage(artifact, hash)
        }
    }

    /// Refuses contributions whose bytes a deletion took out of use, whatever says that they count: nothing goes on with them.
    ///
    /// The closure excludes all of these. This is looked at besides.
    func checkInUse(_ rows: [ContributionRow]) throws(RuleViolation) {
        for row in rows {
            if let artifact = forgottenBytes(of: row) { throw .forgotten(artifact) }
        }
    }

    private func forgottenBytes(of row: ContributionRow) -> ArtifactDigest? {
        [row.adapter, row.tensors].first { isForgotten($0) && !isMergedBytes($0) }
    }

    /// Whether a model has these bytes from a contribution that it merged: these stay where the model goes for another one.
    private func isMergedBytes(_ artifact: ArtifactDigest) -> Bool {
        let rows = contributions(withBytes: artifact)
        return rows.allSatisfy { $0.excludedBy == nil && $0.affectedBy == nil }
            && models(withBytes: artifact).contains { model in
                rows.contains { $0.round == model.round && merged($0, in: model) }
            }
    }

    // MARK: Questions

    /// Whether `model` is served and nothing that it merged has bytes that a deletion took out of use.
    public func isServable(_ model: ModelRow) -> Bool {
        model.state == .current && mergedContributions(of: model).allSatisfy { forgottenBytes(of: $0) == nil }
    }

    /// All contributions that have these bytes as their adapter or their tensors.
    func contributions(withBytes artifact: ArtifactDigest) -> [ContributionRow] {
        contributionsByBytes[artifact].map { contributions[$0]! }
    }

    /// All models that have these bytes as their adapter or their tensors, in chain order.
    func models(withBytes artifact: ArtifactDigest) -> [ModelRow] {
        modelsByBytes[artifact].map { models[$0]! }
    }
}
