public import Bytes
public import ChainViews
public import Events
public import Participation

/// What deriving the decisions of one private chain again gave.
public struct DecisionReplayResult: Codable, Hashable, Sendable {
    /// The first place where what was recorded is not what follows.
    public struct Divergence: Codable, Hashable, Sendable {
        public var derived: String
        /// The path of the field in the explanation; `public.…` for one of the public decision.
        public var field: String
        public var recorded: String
        public var round: RoundID
    }

    /// How many decisions are as they must be, before the first that is not.
    public var decisions: Int
    public var divergence: Divergence?
    public var member: MemberName
    public var origin: Origin
    /// The Q-table after the last decision that was derived.
    public var tableDigest: String?
    /// Why nothing after these decisions could be looked at, where a body is not here.
    public var unreadable: String?
    /// Rounds whose decision never reached the public chain.
    public var unpublished: [RoundID]
}

extension Ledger {
    /// Derives every decision and Q-table again, from the private chains that are here, and compares.
    public func replayDecisions() throws -> [DecisionReplayResult] {
        let view = try view
        return try privateViews.values.sorted { $0.origin < $1.origin }
            .filter { !$0.allExplanations.isEmpty || !decided(by: $0, view).isEmpty }
            .map { try replayDecisions(of: $0, view) }
    }

    private func decided(by chain: PrivateView, _ view: PublicView) -> [DecisionRow] {
        guard let member = view.chains[chain.origin]?.chainOperator else { return [] }
        return view.allRounds.compactMap { view.decision(of: member, in: $0.round) }
    }

    private func replayDecisions(of chain: PrivateView, _ view: PublicView) throws -> DecisionReplayResult {
        let member = view.chains[chain.origin]!.chainOperator
        var result = DecisionReplayResult(decisions: 0, member: member, origin: chain.origin, unpublished: [])
        var chronicle = try AgentChronicle(member: member, view: view)
        for row in chain.allExplanations {
            do {
                chronicle.chapters.append(try chapter(row, in: chain.origin, chronicle))
            } catch let error as EngineError where error.code == .missing {
                result.unreadable = error.message
                break
            } catch {
                result.divergence = .init(
                    derived: "a body that can be read", field: "body", recorded: "\(error)", round: row.round)
                break
            }
        }
        let found = try firstDivergence(in: chronicle, chain, &result)
        result.divergence = found ?? result.divergence
        if result.divergence == nil, result.unreadable == nil {
            result.divergence = unexplained(chain, view)
        }
        return result
    }

    /// The first divergence by chapter: of the records first, then of the public decision.
    private func firstDivergence(
        in chronicle: AgentChronicle, _ chain: PrivateView, _ result: inout DecisionReplayResult
    ) throws -> DecisionReplayResult.Divergence? {
        for run in chronicle.agents {
            let first = run[run.startIndex]
            let replay = try DecisionReplay(
                policy: first.checked, profile: first.resources.profile, charter: chronicle.charter)
            let inputs = chronicle.inputs(of: run)
            let wrong = recordDivergence(of: run, replay, inputs)
            for index in run.indices {
                if let wrong, wrong.chapter == index { return wrong.divergence }
                if let found = publicDivergence(run[index], chain, chronicle, &result) { return found }
                result.decisions += 1
            }
            result.tableDigest = try replay.derive(inputs).table.digest.hex
        }
        return nil
    }

    /// The first chapter of `run` whose records are not those that the inputs give.
    ///
    /// A chapter has two inputs, what became of the one before and the decision; the first has one.
    private func recordDivergence(
        of run: ArraySlice<AgentChronicle.Chapter>, _ replay: DecisionReplay, _ inputs: [AgentInput]
    ) -> (chapter: Int, divergence: DecisionReplayResult.Divergence)? {
        let records = run.map(\.explanation.records)
        do {
            guard let found = try replay.firstDivergence(of: records.flatMap { $0 }, from: inputs) else { return nil }
            var (chapter, left) = (0, found.record)
            while chapter < records.count - 1, left >= records[chapter].count {
                left -= records[chapter].count
                chapter += 1
            }
            let place = run.startIndex + chapter
            return (
                place,
                .init(derived: found.derived, field: found.field, recorded: found.recorded, round: run[place].round)
            )
        } catch {
            let chapter = run.startIndex + (error.input + 1) / 2
            let before = inputs.prefix(max(0, 2 * (chapter - run.startIndex) - 1))
            if let earlier = recordDivergence(of: run[run.startIndex..<chapter], replay, Array(before)) {
                return earlier
            }
            return (
                chapter,
                .init(
                    derived: "the agent refuses: \(error.cause)", field: "observation", recorded: "a decision",
                    round: run[chapter].round)
            )
        }
    }

    /// The public decision says what the explanation says, and was made with what could be seen.
    private func publicDivergence(
        _ chapter: AgentChronicle.Chapter, _ chain: PrivateView, _ chronicle: AgentChronicle,
        _ result: inout DecisionReplayResult
    ) -> DecisionReplayResult.Divergence? {
        guard let row = chronicle.view.decision(of: chronicle.member, in: chapter.round) else {
            result.unpublished.append(chapter.round)
            return nil
        }
        let decision = chapter.explanation.decision
        let action = decision.taken == .stayOut ? nil : chapter.checked.allocation(of: decision.taken)
        let opened = chronicle.view.rounds[chapter.round]!.openedAt.value
        let size = chapter.explanation.publicSize.value
        func words(_ shards: Int?, _ epochs: Int?) -> String { shards.map { "\($0)x\(epochs ?? 0)" } ?? "out" }
        let event = chain.explanations[chapter.round]?.event.hex ?? "none"
        let fields: [(String, String, String)] = [
            ("public.explanation", row.explanation.hex, event),
            (
                "public.allocation", words(row.allocation?.shards.value, row.allocation?.epochs.value),
                words(action?.shards, action?.epochs)
            ),
            ("public.override", "\(row.override)", "\(decision.decision != .agent)"),
            (
                "publicSize", "\(size)",
                opened < size && size <= row.position.value ? "\(size)" : "\(opened + 1)...\(row.position)"
            ),
        ]
        guard let found = fields.first(where: { $0.1 != $0.2 }) else { return nil }
        return .init(derived: found.2, field: found.0, recorded: found.1, round: chapter.round)
    }

    /// A public decision that this private chain does not explain.
    private func unexplained(_ chain: PrivateView, _ view: PublicView) -> DecisionReplayResult.Divergence? {
        decided(by: chain, view).first { chain.explanations[$0.round] == nil }.map {
            .init(
                derived: "an event of \(chain.origin)", field: "public.explanation", recorded: $0.explanation.hex,
                round: $0.round)
        }
    }
}

// MARK: - Explaining

/// Why a member decided as it did, and what it got.
public struct DecisionAccount: Sendable {
    public let member: MemberName
    public let round: RoundID
    public let explanation: DecisionExplanation
    public let allocations: [Allocation]
    /// The public decision, once it stands on the chain.
    public let decision: DecisionRow?
    /// What the member has for the round now; `nil` before it is settled.
    public let balance: MemberBalance?
}

extension Ledger {
    /// The decision of `member` about `round`, from its private chain.
    public func explainDecision(about round: RoundID, of member: MemberName) throws -> DecisionAccount {
        let view = try view
        let chain = privateViews.values.first { view.chains[$0.origin]?.chainOperator == member }
        guard let chain, let row = chain.explanations[round] else {
            throw EngineError(
                .missing, "no decision of \(member) about \(round) is on a private chain here",
                hint: "lethe participate status shows who has decided about what")
        }
        let chapter = try chapter(row, in: chain.origin, AgentChronicle(member: member, view: view))
        return DecisionAccount(
            member: member, round: round, explanation: chapter.explanation,
            allocations: chapter.checked.document.allocations, decision: view.decision(of: member, in: round),
            balance: view.rewards[round]?.balance().first { $0.member == member })
    }
}

// MARK: - Status

/// Where a round stands: who decided what, and its rewards.
public struct ParticipationStatus: Codable, Hashable, Sendable {
    public struct Reward: Codable, Hashable, Sendable {
        public var incentiveMicrocredits: Int
        public var member: MemberName
        public var reimbursementMicrocredits: Int
        public var shareMicrocredits: Int
    }

    public var corrections: Int
    public var decisions: [DecisionRow]
    public var number: Int
    public var policy: ArtifactDigest?
    public var rewards: [Reward]
    public var round: RoundID
    public var settlement: Ledger.SettlementState
    public var state: RoundRow.State
    /// Contributors that have not decided about an open round.
    public var undecided: [MemberName]
}

extension Ledger {
    public func participationStatus() throws -> [ParticipationStatus] {
        let view = try view
        let contributors = view.allMembers.filter { $0.roles.contains(.contributor) }.map(\.name)
        return try view.allRounds.enumerated().map { number, round in
            let decisions = view.decisions(in: round.round)
            let isWaiting = round.state == .open && round.policy != nil
            let row = view.rewards[round.round]
            return ParticipationStatus(
                corrections: (row?.entries.count ?? 1) - 1, decisions: decisions, number: number, policy: round.policy,
                rewards: (row?.balance() ?? []).map {
                    .init(
                        incentiveMicrocredits: $0.incentive, member: $0.member,
                        reimbursementMicrocredits: $0.reimbursement, shareMicrocredits: $0.share)
                },
                round: round.round, settlement: try settlementState(of: round), state: round.state,
                undecided: isWaiting ? contributors.filter { name in !decisions.contains { $0.member == name } } : [])
        }
    }
}
