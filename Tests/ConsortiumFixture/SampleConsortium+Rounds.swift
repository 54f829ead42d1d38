public import Bytes
internal import ChainViews
public import Events

/// A digest that stands for whatever `label` names.
public func digest<Subject>(_ label: String) -> Hash256<Subject> { .sha256(Array(label.utf8)) }

extension SampleConsortium {
    public static let base: ArtifactDigest = digest("base")
    public static let configuration: ArtifactDigest = digest("configuration")

    /// The private chain that `member` operates.
    public static func privateOrigin(of member: MemberName) -> Origin { Origin("\(name)/\(member)")! }

    /// Announces the private chain of `member` and lists `member` and `readers` as its readers.
    public mutating func openPrivateChain(of member: MemberName, readers: [MemberName] = []) throws {
        let origin = Self.privateOrigin(of: member)
        let key = Self.keyBytes(member, "private-checkpoint")
        try say(
            .chainOpened(ChainOpened(checkpointKey: key, chainOperator: member, origin: origin)), by: member)
        try say(.readersListed(ReadersListed(readers: Ascending(readers + [member]))), by: member, on: origin)
    }

    /// The two cohorts of rounds that have some.
    public static let cohorts: Ascending<Cohort> = [
        Cohort(members: [delta, united], name: CohortName("east")!),
        Cohort(members: [swiss, virgin], name: CohortName("west")!),
    ]

    /// Opens a round, and registers the base before the first.
    @discardableResult
    public mutating func openRound(
        _ round: String, _ topology: Topology = .isolated, by author: MemberName = delta
    ) throws -> RoundID {
        // Cohorts are part of a round that has them.
        let cohorts = topology == .cohort ? Self.cohorts : nil
        if view.bases[Self.base] == nil {
            try say(
                .baseRegistered(BaseRegistered(base: Self.base, name: BaseName("mini/base")!)), by: author)
        }
        let id = RoundID(round)!
        try say(
            .roundOpened(
                RoundOpened(base: Self.base, round: id, rule: .mean, topology: topology, cohorts: cohorts)),
            by: author)
        return id
    }

    /// What `member` commits to `round`: an adapter named by `label`, `member/round` unless another is given.
    public static func contribution(
        _ member: MemberName, to round: String, parents: [ArtifactDigest] = [], label: String? = nil,
        weight: Int = 10
    ) -> AdapterCommitted {
        let label = label ?? "\(member)/\(round)"
        return AdapterCommitted(
            adapter: digest("adapter/\(label)"), configuration: configuration, parents: Ascending(parents),
            round: RoundID(round)!, tensors: digest("tensors/\(label)"), weight: Weight(weight)!)
    }

    /// A shard of the member's one dataset.
    public static func shard(_ member: MemberName, _ shard: Int) -> ShardReference {
        ShardReference(dataset: DatasetID("ds-\(member)")!, shard: Count(shard)!)
    }

    /// What a contribution called `label` was trained by, on some shards of the member's one dataset.
    public static func training(_ member: MemberName, _ shards: [Int], label: String) -> TrainingReference {
        TrainingReference(
            recipe: digest("recipe"), runs: Hash256(runs: shards.map { digest("run/\(label)/\($0)") }),
            shards: Ascending(shards.map { shard(member, $0) }), trainer: .builtIn)
    }

    /// Commits an adapter that was trained on `shards` and returns its event.
    @discardableResult
    public mutating func commit(
        _ member: MemberName, to round: String, shards: [Int], parents: [ArtifactDigest] = [], weight: Int = 10
    ) throws -> EventHash {
        var event = Self.contribution(member, to: round, parents: parents, weight: weight)
        event.training = Self.training(member, shards, label: "\(member)/\(round)")
        return try say(.adapterCommitted(event), by: member)
    }

    /// Commits an adapter and returns its digest.
    @discardableResult
    public mutating func commit(
        _ member: MemberName, to round: String, parents: [ArtifactDigest] = [], label: String? = nil
    ) throws -> ArtifactDigest {
        let event = Self.contribution(member, to: round, parents: parents, label: label)
        try say(.adapterCommitted(event), by: member)
        return event.adapter
    }

    /// The withdrawal of the contribution of `member` to `round` that counts.
    public func withdrawal(
        of member: MemberName, _ round: String, _ reason: ContributionWithdrawn.Reason = .mistaken
    ) -> ContributionWithdrawn {
        let row = view.contributions(to: RoundID(round)!).first { $0.member == member }!
        return ContributionWithdrawn(adapter: row.adapter, contribution: row.event, reason: reason)
    }

    public mutating func close(_ round: String, by author: MemberName = delta) throws {
        let set = EventSet(view.contributions(to: RoundID(round)!).map(\.event))
        try say(.roundClosed(RoundClosed(contributions: set, round: RoundID(round)!)), by: author)
    }

    /// The event that gives `round`, or one of its cohorts, the model of the contributions that count. Its
    /// digests are a function of them.
    public func materialization(
        of round: String, cohort: CohortName? = nil, plan: ArtifactDigest? = nil
    ) -> ModelMaterialized {
        let rows = view.contributions(to: RoundID(round)!, cohort: cohort)
        let parts = rows.map { "\($0.adapter.hex)*\($0.weight)" }.sorted().joined(separator: "+")
        return ModelMaterialized(
            contributions: EventSet(rows.map(\.event)), model: digest("model/\(parts)"), plan: plan,
            round: RoundID(round)!, tensors: digest("merged/\(parts)"), cohort: cohort)
    }

    @discardableResult
    public mutating func materialize(
        _ round: String, cohort: CohortName? = nil, plan: ArtifactDigest? = nil, by author: MemberName = delta
    ) throws -> ArtifactDigest {
        let event = materialization(of: round, cohort: cohort, plan: plan)
        try say(.modelMaterialized(event), by: author)
        return event.model
    }

    /// One round from opening to model: each of `members` commits an adapter; returns the model's digest.
    @discardableResult
    public mutating func runRound(
        _ round: String, _ topology: Topology = .isolated, _ members: [MemberName],
        parents: (MemberName) -> [ArtifactDigest] = { _ in [] }
    ) throws -> ArtifactDigest {
        try openRound(round, topology)
        for member in members { try commit(member, to: round, parents: parents(member)) }
        try close(round)
        return try materialize(round)
    }

    public mutating func attest(_ model: ArtifactDigest, by member: MemberName) throws {
        let row = view.model(model)!
        try say(.modelAttested(ModelAttested(materialization: row.event, model: model)), by: member)
    }
}
