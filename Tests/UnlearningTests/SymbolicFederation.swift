import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Unlearning

private typealias Skies = SampleConsortium

/// A federation whose trainer and merge are hash functions: equal inputs give equal digests, others others.
///
/// It keeps what members keep on their private chains, the records of each shard and the run behind each shard of
/// each contribution, and nothing of what the public chain derives.
struct SymbolicFederation {
    struct Shard: Hashable {
        var member: MemberName
        var number: Int
    }

    struct Run {
        var digest: ArtifactDigest
        /// The contribution with the run that it continues, in an isolated round.
        var previous: EventHash?
    }

    /// Who takes part in a round, and on which shards.
    struct Round {
        var name: String
        var topology: Topology
        var parts: [(member: MemberName, shards: [Int])]
    }

    private(set) var skies = Skies.founded()
    var records: [Shard: Set<Int>]
    /// The runs behind each contribution, by shard.
    private(set) var runs: [EventHash: [Int: Run]] = [:]
    /// For each member and shard the contribution with its latest run.
    private var latest: [Shard: EventHash] = [:]

    init(records: [Shard: Set<Int>]) { self.records = records }

    // MARK: Training

    private func run(_ shard: Shard, from parents: [ArtifactDigest]) -> ArtifactDigest {
        let records = records[shard]!.sorted().map(String.init).joined(separator: ",")
        return digest("run of \(shard) on \(records) from \(parents.map(\.hex))")
    }

    private func weight(of shards: [Int], _ member: MemberName) -> Int {
        shards.reduce(0) { $0 + records[Shard(member: member, number: $1)]!.count }
    }

    /// The contribution of `runs`: its bytes follow from them and from how many records each saw.
    private func contribution(
        _ member: MemberName, to round: String, _ runs: [Int: Run], parents: Ascending<ArtifactDigest>
    ) -> AdapterCommitted {
        let parts = runs.sorted { $0.key < $1.key }.map { shard, run in
            "\(run.digest.hex)*\(weight(of: [shard], member))"
        }
        var event = Skies.contribution(
            member, to: round, parents: parents.elements, label: parts.joined(separator: "+"),
            weight: weight(of: Array(runs.keys), member))
        event.training = Skies.training(member, Array(runs.keys), label: "")
        event.training!.runs = Hash256(runs: runs.values.map(\.digest))
        return event
    }

    /// One round from its opening to its models. Nobody contributes shards without records.
    mutating func run(_ round: Round) throws {
        try skies.openRound(round.name, round.topology)
        for (member, shards) in round.parts {
            let shards = shards.filter { !records[Shard(member: member, number: $0)]!.isEmpty }
            guard !shards.isEmpty else { continue }
            try commit(member, shards, to: round)
        }
        let id = RoundID(round.name)!
        guard !skies.view.contributions(to: id).isEmpty else { return }
        try skies.close(round.name)
        for cohort in [nil] + (skies.view.rounds[id]!.cohorts?.map(\.name) ?? [])
        where !skies.view.contributions(to: id, cohort: cohort).isEmpty {
            try skies.materialize(round.name, cohort: cohort)
        }
    }

    private mutating func commit(_ member: MemberName, _ shards: [Int], to round: Round) throws {
        var made: [Int: Run] = [:]
        var parents: Set<ArtifactDigest> = []
        for number in shards {
            let shard = Shard(member: member, number: number)
            let previous = round.topology == .isolated ? latest[shard] : nil
            let start = startingPoint(of: member, round)
            let from = previous.map { [runs[$0]![number]!.digest] } ?? start
            if let previous { parents.insert(skies.view.contributions[previous]!.adapter) }
            parents.formUnion(start)
            made[number] = Run(digest: run(shard, from: from), previous: previous)
        }
        let event = contribution(member, to: round.name, made, parents: Ascending(parents))
        let hash = try skies.say(.adapterCommitted(event), by: member)
        runs[hash] = made
        guard round.topology == .isolated else { return }
        for number in shards { latest[Shard(member: member, number: number)] = hash }
    }

    /// The latest model of a round with the same topology, in cohort rounds of the member's cohort.
    private func startingPoint(of member: MemberName, _ round: Round) -> [ArtifactDigest] {
        guard round.topology != .isolated else { return [] }
        let open = skies.view.rounds[RoundID(round.name)!]!
        let earlier = skies.view.allRounds.filter { $0.topology == round.topology && $0.openedAt < open.openedAt }
        let models = earlier.compactMap { skies.view.latestModel(of: $0.round, cohort: open.cohort(of: member)) }
        return models.last { $0.state == .current }.map { [$0.model] } ?? []
    }

    // MARK: Deleting

    /// Takes `gone` out of the records and asks for the deletion.
    mutating func deleteRecords(_ id: String, of member: MemberName, _ gone: Set<Int>) throws {
        let touched = records.filter { $0.key.member == member && !$0.value.isDisjoint(with: gone) }
        for shard in touched.keys { records[shard]!.subtract(gone) }
        let shards = touched.keys.map(\.number)
        let emptied = shards.filter { records[Shard(member: member, number: $0)]!.isEmpty }
        try skies.acceptRecords(id, of: member, shards: shards, emptied: emptied)
    }

    mutating func deleteMember(_ id: String, _ member: MemberName) throws {
        for shard in records.keys where shard.member == member { records[shard] = [] }
        try skies.accept(id, of: member)
    }

    /// Carries out the plan for `ids` by taking whatever step is next, and returns it.
    mutating func carryOut(_ ids: [String]) throws -> Plan {
        let deletions = Ascending(ids.map { DeletionID($0)! })
        let plan = skies.view.plan(for: deletions)
        var steps = DeletionProgress(view: skies.view).nextSteps(for: deletions)
        // The last step first: what is said to be independent must be so.
        while let step = steps.last {
            try take(step)
            steps = DeletionProgress(view: skies.view).nextSteps(for: deletions)
        }
        return plan
    }

    private mutating func take(_ step: DeletionStep) throws {
        switch step {
        case .start(let ids): try skies.say(.deletionStarted(skies.start(of: ids.map(\.text))), by: Skies.delta)
        case .applyExclusion(let plan): try skies.exclude(plan)
        case .retrain(let event, _, _, let plan): try retrain(event, plan)
        case .rematerialize(let round, let cohort, let plan):
            try skies.materialize(round.text, cohort: cohort, plan: plan)
        case .recall(let round, let cohort, let model, let plan):
            let event = ModelRecalled(model: model, plan: plan, round: round, cohort: cohort)
            try skies.say(.modelRecalled(event), by: Skies.delta)
        case .completeRematerialization(let plan): try skies.completeRematerialization(plan)
        case .erase(let holder, let plan), .resolve(let holder, _, let plan): try skies.erase(plan, by: holder)
        case .complete(let deletion, let plan): try skies.complete(deletion.text, plan)
        }
    }

    /// What a member does: runs that the plan names are repeated, the others taken over.
    private mutating func retrain(_ old: EventHash, _ digest: ArtifactDigest) throws {
        let plan = skies.view.plans[digest]!
        let planned = plan.retraining.first { $0.contribution == old }!
        let row = skies.view.contributions[old]!
        guard case .ready(let parents) = Rebuilding(of: plan, in: skies.view).state(of: old) else {
            preconditionFailure("it is not ready")
        }
        let isIsolated = skies.view.rounds[row.round]!.topology == .isolated
        var made: [Int: Run] = [:]
        for (number, run) in runs[old]! {
            let shard = Shard(member: row.member, number: number)
            let reference = Skies.shard(row.member, number)
            guard !records[shard]!.isEmpty else { continue }
            guard planned.shards.contains(reference) else {
                made[number] = run
                continue
            }
            let previous = run.previous.map { successor(of: $0, number) } ?? nil
            let from = isIsolated ? (previous.map { [runs[$0]![number]!.digest] } ?? []) : parents.elements
            made[number] = Run(digest: self.run(shard, from: from), previous: previous)
        }
        let event = contribution(row.member, to: row.round.text, made, parents: parents)
        var replacement = event
        (replacement.replaces, replacement.plan) = (old, digest)
        let hash = try skies.say(.adapterCommitted(replacement), by: row.member)
        runs[hash] = made
        for (shard, event) in latest where event == old { latest[shard] = hash }
    }

    /// The contribution that has the run of this shard now, where `event` had it.
    private func successor(of event: EventHash, _ number: Int) -> EventHash? {
        var event = event
        while let row = skies.view.allContributions(to: skies.view.contributions[event]!.round).first(where: {
            $0.replaces == event
        }) { event = row.event }
        return skies.view.contributions[event]!.counts && runs[event]![number] != nil ? event : nil
    }

    // MARK: Outcome

    /// The models that are served, by round and cohort.
    var models: [String: ArtifactDigest] {
        var models: [String: ArtifactDigest] = [:]
        for row in skies.view.allModels where row.state == .current {
            models[row.round.name(cohort: row.cohort)] = row.model
        }
        return models
    }

    /// The run behind each shard of each contribution that counts, by what they are called.
    var currentRuns: [String: ArtifactDigest] {
        var current: [String: ArtifactDigest] = [:]
        for round in skies.view.allRounds {
            for row in skies.view.contributions(to: round.round) {
                for (number, run) in runs[row.event]! {
                    current["\(row.member) \(number) in \(round.round)"] = run.digest
                }
            }
        }
        return current
    }
}
