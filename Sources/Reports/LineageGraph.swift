public import Bytes
public import ChainViews
public import Events

/// Which contributions went into which models, and what contributions started from: a chain's lineage as
/// a picture's data.
///
/// Events are named by their place on the chain, which people can look up and which is short.
public struct LineageGraph: Codable, Hashable, Sendable {
    public struct Round: Codable, Hashable, Sendable {
        public var round: RoundID
        public var rule: MergeRule
        public var topology: Topology
    }

    public struct Contribution: Codable, Hashable, Sendable {
        public var adapter: ArtifactDigest
        /// Its member's cohort, where the round has cohorts.
        public var cohort: CohortName?
        /// The plan that excludes it.
        public var excludedBy: ArtifactDigest?
        /// Whether it was taken back or set aside: no model ever merged it.
        public var isWithdrawn: Bool
        public var member: MemberName
        /// What training started from; empty for the base alone.
        public var parents: Ascending<ArtifactDigest>
        public var position: Count
        public var round: RoundID
        public var weight: Weight
    }

    public struct Model: Codable, Hashable, Sendable {
        /// The cohort that it was merged for; absent where it is the round's.
        public var cohort: CohortName?
        /// The places of the contributions that it merges, in chain order.
        public var contributions: [Count]
        public var model: ArtifactDigest
        /// The plan that this materialisation carried out; absent for a round's first.
        public var plan: ArtifactDigest?
        public var position: Count
        /// The place of the materialisation that took its place.
        public var replacedBy: Count?
        public var round: RoundID
        public var state: ModelRow.State
    }

    /// Members that contributed, ascending.
    public var members: [MemberName]
    /// In the order in which they were opened.
    public var rounds: [Round]
    /// In chain order.
    public var contributions: [Contribution]
    /// In chain order.
    public var models: [Model]

    /// The lineage that `view` holds, of all rounds and members.
    public init(view: PublicView) {
        rounds = view.allRounds.map { Round(round: $0.round, rule: $0.rule, topology: $0.topology) }
        contributions = view.allRounds.flatMap { view.allContributions(to: $0.round) }
            .sorted { $0.position < $1.position }
            .map { row in
                Contribution(
                    adapter: row.adapter, cohort: view.rounds[row.round]?.cohort(of: row.member),
                    excludedBy: row.excludedBy, isWithdrawn: row.withdrawnBy != nil, member: row.member,
                    parents: row.parents, position: row.position, round: row.round, weight: row.weight)
            }
        models = view.allModels.map { row in
            Model(
                cohort: row.cohort, contributions: view.mergedContributions(of: row).map(\.position), model: row.model,
                plan: row.plan, position: row.position,
                replacedBy: row.replacedBy.flatMap { view.models[$0]?.position }, round: row.round,
                state: row.state)
        }
        members = Set(contributions.map(\.member)).sorted()
    }
}
