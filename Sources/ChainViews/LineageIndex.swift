internal import Bytes
internal import Events

/// Where the lineage leads on from a contribution or a model, and who had its bytes: what a closure asks for, so that it
/// costs what is affected and not what there is. Derived from the view's rows, never stored.
struct LineageIndex: Sendable {
    /// Contributions by each of their parents, in chain order.
    private(set) var children: Lists<ArtifactDigest, EventHash>
    private(set) var contributionsByMember: Lists<MemberName, EventHash>
    private(set) var contributionsByShard: Lists<MemberShard, EventHash>
    /// Who recorded that it measured, released or handed over an adapter or a model, each once.
    private(set) var users: Lists<ArtifactDigest, MemberName>
    /// Who recorded what a model of a contribution reaches, or that it trained the contribution again, each once.
    private(set) var usersOfContribution: Lists<EventHash, MemberName>
    /// The place of a contribution that is to be trained again among those of its plan.
    private(set) var retrained: [EventHash: Int] = [:]
    /// The place of an affected model among those of its plan.
    private(set) var places: [EventHash: Int] = [:]
    /// Models that were to be rebuilt under a plan and were recalled.
    private(set) var abandoned: [ArtifactDigest: [EventHash]] = [:]
    /// The plan whose models are not all disposed of. There is one at most.
    private(set) var openPlan: ArtifactDigest?
    /// The training runs behind all contributions that count.
    private(set) var countingRuns = 0

    init(in log: RowLog?) {
        (children, contributionsByMember, contributionsByShard) = (Lists(in: log), Lists(in: log), Lists(in: log))
        (users, usersOfContribution) = (Lists(in: log), Lists(in: log))
    }

    /// How many places in lists are in memory.
    var held: Int {
        children.held + contributionsByMember.held + contributionsByShard.held + users.held + usersOfContribution.held
    }

    mutating func add(_ row: ContributionRow) {
        for parent in row.parents { children.append(row.event, to: parent) }
        contributionsByMember.append(row.event, to: row.member)
        for shard in row.training?.shards ?? [] {
            contributionsByShard.append(row.event, to: MemberShard(member: row.member, shard: shard))
        }
        if row.counts { countingRuns += row.runs }
    }

    mutating func add(_ row: PlanRow) {
        for (place, planned) in row.retraining.enumerated() { retrained[planned.contribution] = place }
        for (place, planned) in row.models.enumerated() { places[planned.materialization] = place }
        if row.rematerializedBy == nil { openPlan = row.plan }
    }

    /// A contribution that counted does so no longer.
    mutating func discount(_ row: ContributionRow) { countingRuns -= row.runs }

    mutating func abandon(_ model: EventHash, under plan: ArtifactDigest) {
        abandoned[plan, default: []].append(model)
    }

    mutating func closePlan() { openPlan = nil }

    mutating func add(user: MemberName, of artifact: ArtifactDigest) {
        if !users[artifact].contains(user) { users.append(user, to: artifact) }
    }

    mutating func add(_ row: EvaluationRow) {
        if let model = row.evaluation.model { add(user: row.author, of: model) }
        for event in row.evaluation.contributions { add(user: row.author, ofContribution: event) }
    }

    mutating func add(user: MemberName, ofContribution event: EventHash) {
        if !usersOfContribution[event].contains(user) { usersOfContribution.append(user, to: event) }
    }
}

/// A shard of one member's dataset.
struct MemberShard: Hashable, Sendable, Packable {
    var member: MemberName
    var shard: ShardReference

    init(member: MemberName, shard: ShardReference) { (self.member, self.shard) = (member, shard) }

    func pack(into packer: inout RowPacker) {
        member.pack(into: &packer)
        shard.pack(into: &packer)
    }

    init(unpacking unpacker: inout RowUnpacker) {
        (member, shard) = (MemberName(unpacking: &unpacker), ShardReference(unpacking: &unpacker))
    }
}

extension ContributionRow {
    /// How many training runs are behind it, as far as it says.
    fileprivate var runs: Int { training?.shards.count ?? 0 }
}

/// Contributions and models that are still to be looked at, the first on the chain first.
struct LineageQueue {
    private struct Entry {
        var position: Int
        var event: EventHash
    }

    private var heap: [Entry] = []
    private var known: Set<EventHash> = []

    /// Takes in what was never taken in before.
    mutating func insert(_ event: EventHash, at position: Count) {
        guard known.insert(event).inserted else { return }
        heap.append(Entry(position: position.value, event: event))
        var child = heap.count - 1
        while child > 0, heap[child].position < heap[(child - 1) / 2].position {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst() -> EventHash? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first.event }
        heap[0] = last
        var parent = 0
        while true {
            let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }
            guard let least = children.min(by: { heap[$0].position < heap[$1].position }),
                heap[least].position < heap[parent].position
            else { return first.event }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
