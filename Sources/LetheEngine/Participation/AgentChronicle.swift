internal import Bytes
internal import ChainViews
internal import Events
internal import Participation

/// What happened to one organisation's agent, read from its private chain and from the public one.
///
/// An agent is that of one policy and one profile: where either changes, a new one begins with a new table. Everything
/// that an agent observes follows from the chains as they stood when it decided; see `schemas/participation.md` §9.
struct AgentChronicle {
    /// One decision as the private chain tells it.
    struct Chapter {
        let round: RoundID
        let number: RoundNumber
        let policy: ArtifactDigest
        let checked: CheckedPolicy
        let explanation: DecisionExplanation
        let resources: ResourceDocument
        /// The `resources-allocated` event that was in force.
        let resourcesEvent: EventHash

        /// What the action that was recorded costs; nothing where the policy has no such action.
        var cost: RoundCost? {
            let place = explanation.decision.taken.rawValue - 1
            guard checked.document.allocations.indices.contains(place) else { return nil }
            return try? resources.profile.cost(of: checked.document.allocations[place])
        }

        /// Whether both are decisions of one agent.
        func isOfTheAgent(of other: Chapter) -> Bool {
            policy == other.policy && resources.profile == other.resources.profile
        }
    }

    let member: MemberName
    let view: PublicView
    /// The event that founded the consortium: the charter, in the seed of every draw.
    let charter: Hash256<Charter>
    var chapters: [Chapter] = []

    init(member: MemberName, view: PublicView) throws {
        guard let row = view.charter else { throw EngineError(.missing, "the public chain has no charter") }
        self.member = member
        self.view = view
        charter = Hash256<Charter>(retagging: row.firstLeaf)
    }

    /// The number of `round` on the chain.
    func number(of round: RoundID) throws -> RoundNumber {
        guard let number = view.number(of: round).flatMap(RoundNumber.init(rawValue:)) else {
            throw EngineError(.invalidRequest, "there is no round \(round)", hint: "lethe show rounds lists them")
        }
        return number
    }

    // MARK: What an agent sees

    /// What the agent sees when it decides about a round after `earlier`, its chapters so far.
    func observation(
        of chapter: (number: RoundNumber, resources: ResourceDocument, event: EventHash),
        after earlier: ArraySlice<Chapter>,
        seen size: Int
    ) -> Observation {
        let resources = chapter.resources
        let length = resources.rounds.value
        // Chapters under the same allocation of resources; the first of them begins the first period.
        let same = earlier.filter { $0.resourcesEvent == chapter.event }
        let start = same.first?.number.rawValue ?? chapter.number.rawValue
        let elapsed = chapter.number.rawValue - start
        let spent = same.filter { ($0.number.rawValue - start) / length == elapsed / length }.compactMap(\.cost)
        let budget = spent.reduce(resources.budgetMicrocredits) { $0 - $1.computeMicrocredits }
        let privacy = spent.reduce(resources.privacyMicroepsilon) { $0 - $1.privacyMicroepsilon }
        return Observation(
            budgetLeftMicrocredits: max(0, budget), budgetTotalMicrocredits: resources.budgetMicrocredits,
            contributionPPB: lastContribution(seen: size), privacyLeftMicroepsilon: max(0, privacy),
            privacyTotalMicroepsilon: resources.privacyMicroepsilon,
            phasePPM: Int64(elapsed % length * 1_000_000 / length),
            othersLastRound: others(before: chapter.number, seen: size))
    }

    /// The member's marginal contribution in the latest round whose rewards it had seen, in parts per billion.
    private func lastContribution(seen size: Int) -> Int64? {
        let rounds = view.allRounds.reversed().compactMap { view.rewards[$0.round] }
        for row in rounds {
            guard
                let entry = row.entries.last(where: { entry in
                    entry.position.value < size && entry.settled.lines.contains { $0.member == member }
                })
            else { continue }
            return entry.settled.lines.first { $0.member == member }.map { Int64($0.contributionPPB.value) }
        }
        return nil
    }

    /// How many other members had contributed to the round before `number`.
    private func others(before number: RoundNumber, seen size: Int) -> Int64 {
        let rounds = view.allRounds
        guard number.rawValue > 0, number.rawValue <= rounds.count else { return 0 }
        let rows = view.allContributions(to: rounds[number.rawValue - 1].round)
        return Int64(Set(rows.filter { $0.position.value < size && $0.member != member }.map(\.member)).count)
    }

    /// What became of a decision, as far as was seen when the next one was made.
    func outcome(of chapter: Chapter, seen size: Int) -> AgentInput {
        let decision = view.decision(of: member, in: chapter.round)
        guard let decision, decision.position.value < size else { return .discard(round: chapter.number) }
        guard decision.allocation != nil else { return .settle(round: chapter.number, payout: .nothing) }
        let seen = view.rewards[chapter.round]?.entries.filter { $0.position.value < size } ?? []
        guard let last = seen.last, last.settled.model != nil,
            let balance = view.rewards[chapter.round]?.balance(before: size).first(where: { $0.member == member }),
            last.settled.corrects != nil || last.settled.lines.contains(where: { $0.member == member })
        else { return .discard(round: chapter.number) }
        let payout = Payout(
            shareMicrocredits: Int64(balance.share),
            incentiveMicrocredits: Int64(balance.incentive + balance.reimbursement))
        return .settle(round: chapter.number, payout: payout)
    }

    // MARK: Agents

    /// The chapters of each agent, in order.
    var agents: [ArraySlice<Chapter>] {
        var agents: [ArraySlice<Chapter>] = []
        var start = 0
        for end in 1...max(1, chapters.count) where start < chapters.count {
            if end == chapters.count || !chapters[end].isOfTheAgent(of: chapters[start]) {
                agents.append(chapters[start..<end])
                start = end
            }
        }
        return agents
    }

    /// Everything that happened to the agent of `run`.
    func inputs(of run: ArraySlice<Chapter>) -> [AgentInput] {
        run.indices.flatMap { index -> [AgentInput] in
            let chapter = run[index]
            let size = chapter.explanation.publicSize.value
            let before = index == run.startIndex ? [] : [outcome(of: run[index - 1], seen: size)]
            let seen = observation(
                of: (chapter.number, chapter.resources, chapter.resourcesEvent), after: chapters[..<index],
                seen: size)
            var override: Override?
            if case .override(let given) = chapter.explanation.decision.decision { override = given }
            return before + [.decide(round: chapter.number, observation: seen, override: override)]
        }
    }

    /// The agent as it stands after the chapters of `run`.
    func agent(of run: ArraySlice<Chapter>, _ policy: CheckedPolicy, _ profile: OrganisationProfile) throws -> Agent {
        var agent = try Agent(policy: policy, profile: profile, charter: charter)
        for input in inputs(of: run) {
            switch input {
            case .decide(let round, let observation, let override):
                _ = try agent.decide(round: round, observation: observation, override: override)
            case .settle(let round, let payout): try agent.settle(round: round, payout: payout)
            case .discard(let round): try agent.discard(round: round)
            case .finish: _ = try agent.finish()
            }
        }
        return agent
    }
}
