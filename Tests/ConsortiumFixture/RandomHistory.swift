public import Bytes
internal import ChainViews
public import Events
internal import Signing

/// A consortium that says things at random: most of them in order, many of them not.
public struct RandomHistory: Sendable {
    public private(set) var consortium = SampleConsortium.founded()
    /// The envelope that the last step tried.
    public private(set) var tried: [UInt8] = []
    private var random: SplitMix64
    private var names = 0

    public init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// Tries one event; `nil` where the chain refused it.
    public mutating func step() -> EventHash? {
        let (event, author, cosigners, keys) = candidate()
        let number = keyNumber(after: event)
        tried = consortium.envelope(event, by: author, with: cosigners, keys: keys)
        let hash = try? consortium.admit(tried)
        if hash != nil, let (member, number) = number { consortium.keyNumbers[member] = number }
        return hash
    }

    private typealias Candidate = (Event, MemberName, [MemberName], [SigningKey])

    private var members: [MemberName] { consortium.view.memberNames }
    private var rounds: [RoundRow] { consortium.view.allRounds }

    private mutating func candidate() -> Candidate {
        let author = members.randomElement(using: &random)!
        let aggregator = [SampleConsortium.delta, SampleConsortium.swiss].randomElement(using: &random)!
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<8: return (openRound(), aggregator, [], [])
        case 8..<42: return (commit(author), author, [], [])
        case 42..<50: return (closeRound(), aggregator, [], [])
        case 50..<64: return (materialize(), aggregator, [], [])
        case 64..<66: return (attest(), author, [], [])
        case 66..<68: return withdraw()
        case 68..<74: return (request(), author, [], [])
        case 74..<80: return decide()
        case 80..<85: return (start(), aggregator, [], [])
        case 85..<97: return carryOn(aggregator)
        default: return rotate(author)
        }
    }

    private mutating func fresh(_ kind: String) -> String {
        names += 1
        return "\(kind)-\(names)"
    }

    private mutating func openRound() -> Event {
        if consortium.view.bases[SampleConsortium.base] == nil {
            return .baseRegistered(BaseRegistered(base: SampleConsortium.base, name: BaseName("mini/base")!))
        }
        let topology = Topology.allCases.randomElement(using: &random)!
        return .roundOpened(
            RoundOpened(
                base: SampleConsortium.base, round: RoundID(fresh("round"))!, rule: .mean, topology: topology,
                cohorts: topology == .cohort ? SampleConsortium.cohorts : nil)
        )
    }

    private mutating func commit(_ author: MemberName) -> Event {
        let open = rounds.filter { $0.state == .open }
        let round = (open.isEmpty ? rounds : open).randomElement(using: &random)
        let contributions = rounds.flatMap { consortium.view.allContributions(to: $0.round) }
        let parents: [ArtifactDigest] =
            switch round?.topology {
            case .isolated: contributions.filter { $0.member == author }.map(\.adapter)
            default: consortium.view.allModels.map(\.model)
            }
        let chosen = parents.suffix(4).shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random))
        // Now and then bytes that are on the chain already.
        let known =
            contributions.map { ($0.adapter, $0.tensors) }
            + consortium.view.allModels.map { ($0.model, $0.tensors) }
        var event = SampleConsortium.contribution(
            author, to: round?.round.text ?? "none", parents: Array(chosen), label: fresh("adapter"),
            weight: Int.random(in: 1...100, using: &random))
        switch Int.random(in: 0..<16, using: &random) {
        case 0..<2: if let bytes = known.randomElement(using: &random) { (event.adapter, event.tensors) = bytes }
        // What it starts from, unchanged.
        case 2:
            if let model = consortium.view.allModels.last(where: { event.parents.contains($0.model) }) {
                (event.adapter, event.tensors) = (model.model, model.tensors)
            }
        case 3..<5: if let bytes = foreseen() { (event.adapter, event.tensors) = bytes }
        default: break
        }
        return .adapterCommitted(event)
    }

    /// The bytes of a model that somebody is about to make, or about to make anew without one of its contributions.
    private mutating func foreseen() -> (ArtifactDigest, ArtifactDigest)? {
        guard
            let round = rounds.filter({ consortium.view.currentModel(of: $0.round) == nil }).randomElement(
                using: &random)
        else { return nil }
        let model = consortium.materialization(of: round.round.text)
        return (model.model, model.tensors)
    }

    /// Its member, or some others, take a contribution back.
    private mutating func withdraw() -> Candidate {
        let counting = rounds.flatMap { consortium.view.contributions(to: $0.round) }.suffix(8)
        guard let row = counting.randomElement(using: &random) else { return (openRound(), members[0], [], []) }
        let event = ContributionWithdrawn(adapter: row.adapter, contribution: row.event, reason: .mistaken)
        let others = members.filter { $0 != row.member }.shuffled(using: &random)
        let isOwn = Bool.random(using: &random)
        return (.contributionWithdrawn(event), isOwn ? row.member : others[0], isOwn ? [] : [others[1]], [])
    }

    private mutating func closeRound() -> Event {
        let round =
            rounds.filter { $0.state == .open }.randomElement(using: &random)?.round ?? RoundID("none")!
        let set = EventSet(consortium.view.contributions(to: round).map(\.event))
        return .roundClosed(RoundClosed(contributions: set, round: round))
    }

    private mutating func materialize() -> Event {
        let round = rounds.filter { $0.state == .closed }.randomElement(using: &random)
        let cohort = ([nil] + (round?.cohorts?.map(\.name) ?? [])).randomElement(using: &random)!
        var event = consortium.materialization(of: round?.round.text ?? "none", cohort: cohort)
        // Now and then those of another model or contribution: made to measure, or a lie.
        if Int.random(in: 0..<12, using: &random) == 0 {
            let known =
                consortium.view.allModels.map { ($0.model, $0.tensors) }
                + rounds.flatMap { consortium.view.contributions(to: $0.round) }.map { ($0.adapter, $0.tensors) }
            if let bytes = known.randomElement(using: &random) { (event.model, event.tensors) = bytes }
        }
        return .modelMaterialized(event)
    }

    private mutating func attest() -> Event {
        let model = consortium.view.allModels.randomElement(using: &random)
        return .modelAttested(
            ModelAttested(
                materialization: model?.event ?? digest("none"), model: model?.model ?? digest("none")))
    }

    private mutating func request() -> Event {
        .deletionRequested(consortium.request(fresh("del"), of: members.randomElement(using: &random)!))
    }

    private mutating func decide() -> Candidate {
        let row = consortium.view.allDeletions.filter { $0.state == .requested }.randomElement(using: &random)
        let decision = Int.random(in: 0..<6, using: &random) == 0 ? Decision.refused : .accepted
        let event = DeletionDecided(
            decision: decision, deletion: row?.deletion ?? DeletionID("none")!,
            refusal: decision == .refused ? SampleConsortium.refusal : nil)
        return (.deletionDecided(event), row?.member ?? members[0], [], [])
    }

    private mutating func start() -> Event {
        let accepted = consortium.view.allDeletions.filter { $0.state == .accepted }.map(\.deletion.text)
        let count = Int.random(in: 0...min(2, accepted.count), using: &random)
        return .deletionStarted(consortium.start(of: Array(accepted.shuffled(using: &random).prefix(count))))
    }

    /// The next step of a plan that was started, or some step of it.
    private mutating func carryOn(_ aggregator: MemberName) -> Candidate {
        let plans = consortium.view.plans.rows.values.sorted { $0.startedAt < $1.startedAt }
        guard let row = plans.randomElement(using: &random) else { return (request(), aggregator, [], []) }
        let plan = row.plan
        if row.excludedBy == nil {
            let models = Ascending(row.models.map(\.model))
            return (.exclusionApplied(ExclusionApplied(models: models, plan: plan)), aggregator, [], [])
        }
        if row.rematerializedBy == nil {
            let open = row.models.filter { consortium.view.models[$0.materialization]?.state == .suppressed }
            guard let planned = open.randomElement(using: &random) else {
                return (.rematerializationCompleted(consortium.completion(of: plan)), aggregator, [], [])
            }
            if planned.outcome == .rematerialized, Int.random(in: 0..<5, using: &random) > 0 {
                return (
                    .modelMaterialized(
                        consortium.materialization(
                            of: planned.round.text, cohort: planned.cohort, plan: plan)), aggregator, [], []
                )
            }
            let event = ModelRecalled(
                model: planned.model, plan: plan, round: planned.round, cohort: planned.cohort)
            return (.modelRecalled(event), aggregator, [], [])
        }
        if let holder = row.holders.filter({ name in
            !row.erasures.contains { $0.holder == name && $0.isComplete }
        }).first {
            let verdict = [StoreResult.Verdict.deleted, .failed, .notFound].randomElement(using: &random)!
            return (.erasureAttested(consortium.erasure(plan, verdict)), holder, [], [])
        }
        let deletion = row.deletions.randomElement(using: &random)!
        if consortium.view.deletions[deletion]!.state == .started {
            return (.deletionCompleted(consortium.completion(deletion.text, of: plan)), aggregator, [], [])
        }
        let certified = DeletionCertified(
            certificate: digest("certificate/\(deletion)"), deletion: deletion,
            kind: row.isExact ? .certificate : .statusStatement)
        return (.deletionCertified(certified), aggregator, [], [])
    }

    /// A new event key, or the end of the one that is no longer used.
    private mutating func rotate(_ member: MemberName) -> Candidate {
        let number = consortium.keyNumbers[member] ?? 0
        let former = SampleConsortium.keyBytes(member, "event", max(0, number - 1)).keyID
        if number > 0, consortium.view.keys[former]?.revokedAt == nil {
            let event = KeyRevoked(
                goodSize: Count(consortium.view.size)!, key: former, member: member, reason: .rotated)
            return (.keyRevoked(event), member, [], [])
        }
        let event = KeyAdded(
            key: SampleConsortium.keyBytes(member, "event", number + 1), member: member, purpose: .event)
        return (.keyAdded(event), member, [], [SampleConsortium.key(member, "event", number + 1)])
    }

    /// Which key its member signs with from now on, where `event` adds one.
    private func keyNumber(after event: Event) -> (MemberName, Int)? {
        guard case .keyAdded(let added) = event else { return nil }
        return (added.member, (consortium.keyNumbers[added.member] ?? 0) + 1)
    }
}
