public import Bytes

/// How contributions become a model. See `schemas/merging.md`.
public enum MergeRule: String, Codable, CaseIterable, Hashable, Sendable {
    /// A and B are averaged.
    case mean
    /// A is frozen and shared, B is averaged.
    case ffa
    /// One rank block for each contribution.
    case stack
}

/// What a round's contributions start from.
public enum Topology: String, Codable, CaseIterable, Hashable, Sendable {
    /// Each contribution continues its own member's lineage from the base.
    case isolated
    /// Contributions start from the previous round's model.
    case feedback
    /// Contributions start from the previous model of their member's cohort.
    case cohort
}

/// Members that learn from each other, and from nobody outside, before all are merged.
public struct Cohort: Codable, Hashable, Sendable, Comparable {
    public var members: Ascending<MemberName>
    public var name: CohortName

    public init(members: Ascending<MemberName>, name: CohortName) {
        self.members = members
        self.name = name
    }

    public static func < (left: Self, right: Self) -> Bool { left.name < right.name }
}

public struct RoundOpened: Codable, Hashable, Sendable {
    public var base: ArtifactDigest
    /// Disjoint sets of members, ascending by name. For the topology `cohort` and for no other.
    public var cohorts: Ascending<Cohort>?
    public var round: RoundID
    public var rule: MergeRule
    public var topology: Topology

    public init(
        base: ArtifactDigest, round: RoundID, rule: MergeRule, topology: Topology, cohorts: Ascending<Cohort>? = nil
    ) {
        self.base = base
        self.cohorts = cohorts
        self.round = round
        self.rule = rule
        self.topology = topology
    }
}

/// A contribution: an adapter that its author adds to a round.
public struct AdapterCommitted: Codable, Hashable, Sendable {
    /// The adapter digest: tensors and what of the configuration changes the function.
    public var adapter: ArtifactDigest
    /// SHA-256 of the canonical configuration. Equal within a round.
    public var configuration: ArtifactDigest
    /// Adapters that training started from, ascending; empty for the base alone.
    public var parents: Ascending<ArtifactDigest>
    /// The plan that calls for this contribution; together with ``replaces``.
    public var plan: ArtifactDigest?
    /// The contribution of the same member whose place this one takes, in a round that is closed.
    public var replaces: EventHash?
    public var round: RoundID
    /// The tensor digest.
    public var tensors: ArtifactDigest
    /// What it was trained by; absent where nobody could train it again.
    public var training: TrainingReference?
    /// The weight in the mean, usually the number of training samples: 1 to 2^31−1.
    public var weight: Weight

    public init(
        adapter: ArtifactDigest, configuration: ArtifactDigest, parents: Ascending<ArtifactDigest>,
        round: RoundID, tensors: ArtifactDigest, weight: Weight, training: TrainingReference? = nil,
        replaces: EventHash? = nil, plan: ArtifactDigest? = nil
    ) {
        self.adapter = adapter
        self.configuration = configuration
        self.parents = parents
        self.plan = plan
        self.replaces = replaces
        self.round = round
        self.tensors = tensors
        self.training = training
        self.weight = weight
    }
}

extension AdapterCommitted {
    /// The straight way through the type that most leaves have, twice as fast as `Decodable`'s; `nil` for whatever is not
    /// as it should be, which then goes the other way and is refused there with its reason.
    ///
    /// It reads a first contribution, with training or without. A replacement, which is rare, goes the other way.
    init?(quickly node: JSONNode) {
        let withTraining = node.members(7)
        guard var members = withTraining ?? node.members(6), let adapter = members.next("adapter"),
            let configuration = members.next("configuration"), let parents = members.next("parents"),
            let round = members.next("round"), let tensors = members.next("tensors")
        else { return nil }
        let training = withTraining == nil ? nil : members.next("training")
        guard (training == nil) == (withTraining == nil), let weight = members.next("weight"),
            parents.token.kind == .array
        else { return nil }
        do throws(JSONError) {
            self.adapter = try adapter.hash()
            self.configuration = try configuration.hash()
            var elements: [ArtifactDigest] = []
            for parent in parents.elements { elements.append(try parent.hash()) }
            guard zip(elements, elements.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
            self.parents = Ascending(elements)
            self.round = try round.text()
            self.tensors = try tensors.hash()
            self.training = try training?.decode(TrainingReference.self)
        } catch {
            return nil
        }
        guard let weight = weight.integer.flatMap(Weight.init) else { return nil }
        self.weight = weight
    }
}

/// A contribution is taken back, or set aside by the members, before a model takes it in. It does not count any more, and its
/// member may commit another.
public struct ContributionWithdrawn: Codable, Hashable, Sendable {
    public enum Reason: String, Codable, CaseIterable, Hashable, Sendable {
        /// It does not merge with the others: it was trained on another base, say, or by another configuration.
        case misfit
        /// Its member committed something that it did not mean to.
        case mistaken
    }

    /// The contribution's adapter digest.
    public var adapter: ArtifactDigest
    /// The `adapter-committed` event.
    public var contribution: EventHash
    public var reason: Reason

    public init(adapter: ArtifactDigest, contribution: EventHash, reason: Reason) {
        self.adapter = adapter
        self.contribution = contribution
        self.reason = reason
    }
}

public enum EventSetSubject {}

/// A list of events by its length and digest, for lists that grow beyond what one event holds.
///
/// The digest is SHA-256("lethe/events/v1" 0x00 ‖ u64be(count) ‖ each event's 32-byte hash, in chain order).
public struct EventSet: Codable, Hashable, Sendable {
    public var count: Count
    public var digest: Hash256<EventSetSubject>

    public init(_ events: [EventHash]) {
        count = Count(events.count)!
        var prefix = Array("lethe/events/v1".utf8) + [0]
        prefix.appendBigEndian(UInt64(events.count))
        var hasher = Hasher256()
        hasher.update(prefix)
        for event in events { hasher.update(event) }
        digest = hasher.finish()
    }
}

public struct RoundClosed: Codable, Hashable, Sendable {
    /// The round's contributions, in chain order.
    public var contributions: EventSet
    public var round: RoundID

    public init(contributions: EventSet, round: RoundID) {
        self.contributions = contributions
        self.round = round
    }
}

/// A model: the exact merge of a closed round's contributions, less those that a plan excluded.
public struct ModelMaterialized: Codable, Hashable, Sendable {
    /// The cohort whose contributions are merged; absent where all of the round's are.
    public var cohort: CohortName?
    /// The contributions merged, in chain order.
    public var contributions: EventSet
    /// The merged adapter's adapter digest.
    public var model: ArtifactDigest
    /// The plan that made this materialisation necessary; absent for a round's first.
    public var plan: ArtifactDigest?
    public var round: RoundID
    public var tensors: ArtifactDigest

    public init(
        contributions: EventSet, model: ArtifactDigest, plan: ArtifactDigest?, round: RoundID,
        tensors: ArtifactDigest, cohort: CohortName? = nil
    ) {
        self.cohort = cohort
        self.contributions = contributions
        self.model = model
        self.plan = plan
        self.round = round
        self.tensors = tensors
    }
}

/// Another member merged the same contributions and got the same bytes.
public struct ModelAttested: Codable, Hashable, Sendable {
    /// The `model-materialized` event that this confirms.
    public var materialization: EventHash
    public var model: ArtifactDigest

    public init(materialization: EventHash, model: ArtifactDigest) {
        self.materialization = materialization
        self.model = model
    }
}

/// A model that may no longer be used and that nothing replaces.
public struct ModelRecalled: Codable, Hashable, Sendable {
    /// The cohort that it is the model of, if any: a cohort's model may have the bytes of the round's.
    public var cohort: CohortName?
    public var model: ArtifactDigest
    /// The plan that calls for it.
    public var plan: ArtifactDigest
    public var round: RoundID

    public init(model: ArtifactDigest, plan: ArtifactDigest, round: RoundID, cohort: CohortName? = nil) {
        self.cohort = cohort
        self.model = model
        self.plan = plan
        self.round = round
    }
}
