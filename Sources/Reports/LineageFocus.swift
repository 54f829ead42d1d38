internal import Bytes
internal import ChainViews
internal import Events

/// What of a lineage a picture is about, and the words for it.
struct LineageFocus: Hashable, Sendable {
    /// The words that differ between documents.
    struct Words: Hashable, Sendable {
        /// What stands on the mark itself.
        var mark: String
        var excluded: String
        var excludedEarlier: String
        /// What is still to be trained again.
        var toRetrain: String
        /// Where a round has no model in the picture.
        var noModel: (short: String, long: String)

        static let deletion = Words(
            mark: "excluded", excluded: "excluded by this deletion", excludedEarlier: "excluded by an earlier deletion",
            toRetrain: "waits to be trained again without the records", noModel: ("none yet", "no model yet"))
        /// Before anything was excluded.
        static let plan = Words(
            mark: "to go", excluded: "would be excluded", excludedEarlier: "excluded by an earlier deletion",
            toRetrain: "would be trained again without the records", noModel: ("none yet", "no model yet"))
        static let provenance = Words(
            mark: "excluded", excluded: "excluded by a deletion", excludedEarlier: "excluded by a deletion",
            toRetrain: "waits to be trained again without the records", noModel: ("–", "not part of it"))

        static func == (left: Self, right: Self) -> Bool {
            left.mark == right.mark && left.excluded == right.excluded && left.excludedEarlier == right.excludedEarlier
                && left.noModel == right.noModel
        }

        func hash(into hasher: inout Hasher) { hasher.combine(excluded) }
    }

    /// The plans whose exclusions are this document's own; what other plans excluded is shown as such.
    var plans: Set<ArtifactDigest>
    /// Places of contributions that a plan would exclude and has not yet.
    var toExclude: Set<Count> = []
    /// Places of contributions that a plan wants trained again, and that nothing has taken the place of yet.
    var toRetrain: Set<Count> = []
    /// Places of contributions that were trained on an affected model and still exist.
    var affected: Set<Count> = []
    /// Places of models that a plan would rebuild or withdraw and has not yet.
    var toRebuild: Set<Count> = []
    var words = Words.deletion

    func excludes(_ row: LineageGraph.Contribution) -> Bool {
        row.excludedBy.map(plans.contains) ?? toExclude.contains(row.position)
    }

    /// Whether it goes for good: nothing is to take its place.
    func removes(_ row: LineageGraph.Contribution) -> Bool { excludes(row) && !toRetrain.contains(row.position) }

    func touches(_ row: LineageGraph.Contribution) -> Bool {
        excludes(row) || affected.contains(row.position)
    }

    /// Whether one of the plans made the model necessary.
    func made(_ model: LineageGraph.Model) -> Bool { model.plan.map(plans.contains) ?? false }

    func kind(_ row: LineageGraph.Contribution) -> LineageLayout.NodeKind {
        // No model ever merged it, whatever a plan says of its bytes.
        if row.isWithdrawn { return .withdrawn }
        if excludes(row) { return toRetrain.contains(row.position) ? .retraining : .excluded }
        if row.excludedBy != nil { return .excludedEarlier }
        return affected.contains(row.position) ? .affected : .kept
    }
}

extension PublicView {
    /// Where the contributions stand that `plan` wants trained again and nothing has taken the place of yet.
    func placesToRetrain(_ plan: PlanRow) -> Set<Count> {
        let replaced = Set(contributions.rows.values.compactMap(\.replaces))
        return Set(
            plan.retraining.map(\.contribution).filter { !replaced.contains($0) }
                .compactMap { contributions[$0]?.position })
    }
}
