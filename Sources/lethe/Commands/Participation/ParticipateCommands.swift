import ArgumentParser
import Bytes
import ChainViews
import Events
import LetheEngine
import Participation

struct ParticipateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "participate", abstract: "Decide about rounds, explain decisions, settle rewards.",
        subcommands: [Allocate.self, Decide.self, Explain.self, Settle.self, Status.self])

    struct Allocate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put what the organisation has for its next rounds on its private chain.",
            discussion: """
                FILE is JSON: {"format": "lethe/resources/v1", "budgetMicrocredits": N, "privacyMicroepsilon": N, \
                "rounds": N, "profile": {…}}, as schemas/participation.md has it. Nobody else reads it.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The resources.") var file: String

        func run() async throws {
            let text = try readFile(file)
            try await options.writing { ledger in
                let member = try await options.actor(ledger, role: .contributor)
                printRecorded(
                    try await ledger.allocateResources(parsing: text, path: file, as: member),
                    "allocated the resources of \(member)", json: options.json)
            }
        }
    }

    struct Decide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide about an open round: the agent by its policy, or a person with a reason.",
            discussion: "The decision is public; state, values, draws and reason stay on the private chain.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The round.") var round: String
        @Option(help: "Instead of what the agent chooses: out, or SHARDSxEPOCHS, as 2x1.") var override: String?
        @Option(help: "Why; needed with --override.") var reason: String?
        @Option(
            help: "What to declare that computing costs, in micro-credits (default: the truth where it is paid back).")
        var declaredCost: Int?

        func run() async throws {
            let request = DecisionRequest(
                round: try parsed(round, "round name"), override: try overrideRequest(),
                declaredCostMicrocredits: declaredCost)
            try await options.writing { ledger in
                let member = try await options.actor(ledger, role: .contributor)
                let summary = try await ledger.decideParticipation(request, as: member)
                let what = "\(member) \(decisionWords(summary.allocation)) \(request.round)"
                printRecorded(summary.recorded, what, json: options.json)
            }
        }

        private func overrideRequest() throws -> OverrideRequest? {
            guard let override else {
                guard reason == nil else { throw ValidationError("--reason is for --override") }
                return nil
            }
            let words = override == "out" ? [] : override.split(separator: "x", omittingEmptySubsequences: false)
            let numbers = words.compactMap { Int($0) }
            guard override == "out" || (words.count == 2 && numbers.count == 2) else {
                throw Answer(code: 64, message: "\"\(override)\" is no action", hint: "out, or SHARDSxEPOCHS, as 2x1")
            }
            let allocation = override == "out" ? nil : Allocation(shards: numbers[0], epochs: numbers[1])
            return OverrideRequest(allocation: allocation, reason: reason ?? "")
        }
    }

    struct Settle: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Settle the rewards of closed rounds, and correct those whose model a deletion changed.",
            discussion: """
                Every coalition's model is merged exactly and measured once: by a command that gets the PEFT directory as \
                its argument (none for the base alone) and prints the metric in millionths, or from a file of values.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The round (default: all that wait for it).") var round: String?
        @Option(help: "A shell command that measures a PEFT directory.") var evaluate: String?
        @Option(help: "A JSON file with values measured before.") var evaluations: String?
        @Option(help: "The data set that --evaluate measures on, to take the digest of.") var dataset: String?
        @Option(help: "The digest of that data set.") var datasetDigest: String?
        @Option(help: "Shapley values of so many sampled permutations (default: leave one out).") var samples: Int?

        func run() async throws {
            let evaluator = try evaluator()
            let measure = try measure()
            let only: RoundID? = try round.map { try parsed($0, "round name") }
            let settled = try await options.writing { ledger in
                let member = try await options.actor(ledger, role: .aggregator)
                var settled: [SettlementSummary] = []
                for round in try await rounds(only, ledger) {
                    settled.append(try await ledger.settleRewards(of: round, with: evaluator, measure, as: member))
                }
                return settled
            }
            if options.json { return printJSON(settled.map(SettlementAnswer.init)) }
            if settled.isEmpty { print("no round waits for its settlement") }
            for summary in settled { printSettlement(summary) }
        }

        private func rounds(_ only: RoundID?, _ ledger: Ledger) async throws -> [RoundID] {
            if let only { return [only] }
            return try await ledger.participationStatus()
                .filter { $0.settlement == .open || $0.settlement == .outdated }.map(\.round)
        }

        private func measure() throws -> MeasureRequest {
            guard let samples else { return .leaveOneOut }
            guard let count = Quantity(samples) else {
                throw Answer(code: 64, message: "\(samples) samples are out of range", hint: "1 to 1000000")
            }
            return .sampledShapley(samples: count)
        }

        private func evaluator() throws -> Evaluator {
            guard (evaluate == nil) != (evaluations == nil) else {
                throw ValidationError("give --evaluate or --evaluations, one of them")
            }
            if let evaluations {
                guard dataset == nil, datasetDigest == nil else {
                    throw ValidationError("the file of --evaluations names its data set")
                }
                return try Evaluator.recorded(parsing: readFile(evaluations), path: evaluations)
            }
            guard (dataset == nil) != (datasetDigest == nil) else {
                throw ValidationError("give --dataset or --dataset-digest, one of them")
            }
            let digest = try datasetDigest.map { try parsedDigest($0, "digest") } ?? fileDigest(dataset!)
            return Evaluator.command(evaluate!, dataset: digest)
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show why a member decided as it did about a round, and what its reward was.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The round.") var round: String

        func run() async throws {
            let round: RoundID = try parsed(round, "round name")
            let account = try await options.reading { ledger in
                let member = try await options.actor(ledger, role: .contributor)
                return try await ledger.explainDecision(about: round, of: member)
            }
            if options.json { printJSON(AccountAnswer(account)) } else { printAccount(account) }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who decided what about each round, which promises were not kept, and the rewards.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let rounds = try await options.reading { try await $0.participationStatus() }
            if options.json { return printJSON(rounds) }
            guard !rounds.isEmpty else { return print("no rounds") }
            for round in rounds { printStatus(round) }
        }
    }
}

// MARK: - Words

func decisionWords(_ allocation: CommittedAllocation?) -> String {
    allocation.map { "takes part with \($0.shards) shard(s) for \($0.epochs) epoch(s) in" } ?? "stays out of"
}

private func printStatus(_ status: ParticipationStatus) {
    let policy = status.policy.map { "agent policy \(short($0.hex))" } ?? "no agent policy"
    let corrected = status.corrections > 0 ? ", corrected \(status.corrections) time(s)" : ""
    print("\(status.round): \(status.state.rawValue), \(policy), rewards: \(status.settlement.rawValue)\(corrected)")
    for row in status.decisions {
        let what = row.allocation.map { "\($0.shards) shard(s), \($0.epochs) epoch(s)" } ?? "out"
        let promise = row.state == .broken ? "PROMISE NOT KEPT" : row.state.rawValue
        print("  \(row.member)  \(what)  \(row.override ? "by a person" : "by the agent")  \(promise)")
    }
    for name in status.undecided { print("  \(name)  has not decided") }
    for reward in status.rewards {
        print(
            "  \(reward.member)  share \(reward.shareMicrocredits), incentive \(reward.incentiveMicrocredits), "
                + "reimbursement \(reward.reimbursementMicrocredits) micro-credits")
    }
}

private func printSettlement(_ summary: SettlementSummary) {
    let settled = summary.settled
    let what = settled.corrects == nil ? "settled \(settled.round)" : "corrected the rewards of \(settled.round)"
    printRecorded(summary.recorded, what, json: false)
    let method = settled.measure.method.rawValue
    print("  improvement \(settled.improvementPPB) PPB, \(summary.evaluations) model(s) measured, \(method)")
    for line in settled.lines {
        print(
            "  \(line.member)  contribution \(line.contributionPPB) PPB, share \(line.shareMicrocredits), "
                + "incentive \(line.incentiveMicrocredits), reimbursement \(line.reimbursementMicrocredits)")
    }
    if settled.corrects != nil, settled.lines.isEmpty { print("  nobody's reward changes") }
}

private struct SettlementAnswer: Encodable {
    var evaluations: Int
    var event: EventHash
    var reward: RewardSettled

    init(_ summary: SettlementSummary) {
        (evaluations, event, reward) = (summary.evaluations, summary.recorded.event, summary.settled)
    }
}

private struct AccountAnswer: Encodable {
    struct Reward: Encodable {
        var incentiveMicrocredits: Int
        var reimbursementMicrocredits: Int
        var shareMicrocredits: Int
    }

    var decision: DecisionRow?
    var explanation: DecisionExplanation
    var member: MemberName
    var reward: Reward?
    var round: RoundID

    init(_ account: DecisionAccount) {
        (decision, explanation) = (account.decision, account.explanation)
        (member, round) = (account.member, account.round)
        reward = account.balance.map {
            Reward(
                incentiveMicrocredits: $0.incentive, reimbursementMicrocredits: $0.reimbursement,
                shareMicrocredits: $0.share)
        }
    }
}

private func printAccount(_ account: DecisionAccount) {
    let decision = account.explanation.decision
    let seen = decision.observation
    func action(_ index: ActionIndex) -> String {
        guard index != .stayOut, account.allocations.indices.contains(index.rawValue - 1) else { return "stay out" }
        let allocation = account.allocations[index.rawValue - 1]
        return "\(allocation.shards) shard(s), \(allocation.epochs) epoch(s)"
    }
    print("\(account.member) in \(account.round), its decision number \(decision.number): \(action(decision.taken))")
    switch decision.decision {
    case .agent: print("by        the agent, \(decision.mode == .greedy ? "greedily" : "exploring")")
    case .override(let override): print("by        a person instead of \(action(decision.chosen)): \(override.reason)")
    }
    print(
        "saw       compute budget \(seen.budgetLeftMicrocredits) of \(seen.budgetTotalMicrocredits), privacy budget "
            + "\(seen.privacyLeftMicroepsilon) of \(seen.privacyTotalMicroepsilon)")
    print(
        "          last contribution \(seen.contributionPPB.map { "\($0) PPB" } ?? "none"), "
            + "\(seen.othersLastRound) other(s) last round, period run \(seen.phasePPM) PPM")
    let state = decision.state
    print(
        "state     budget \(state.budget), contribution \(state.contribution), privacy \(state.privacy), "
            + "phase \(state.phase), others \(state.others): row \(decision.stateIndex.rawValue)")
    print(
        "draw      \(decision.exploreDraw) of 10000, exploring below \(decision.explorationRateBasisPoints)"
            + (decision.actionDraw.map { "; action draw \($0)" } ?? ""))
    var table = TextTable(["action", "value", "within means", ""])
    for (index, value) in decision.qRowUnits.enumerated() {
        let index = ActionIndex(rawValue: index)
        let mark = index == decision.taken ? "taken" : index == decision.chosen ? "the agent's choice" : ""
        table.add([action(index), "\(value)", decision.feasible.contains(index) ? "yes" : "no", mark])
    }
    print(table.text)
    if let learning = account.explanation.learning {
        print(
            "learnt    \(learning.rewardMicrocredits) micro-credits in round number \(learning.round.rawValue): value "
                + "\(learning.valueBeforeUnits) became \(learning.valueAfterUnits), table \(short(learning.tableDigest.hex))"
        )
    }
    print("promise   \(account.decision?.state.rawValue ?? "not on the public chain yet")")
    let reward = account.balance.map {
        "share \($0.share), incentive \($0.incentive), reimbursement \($0.reimbursement) micro-credits"
    }
    print("reward    \(reward ?? "not settled")")
}

// MARK: - Replay

/// `lethe replay --decisions`: exit 1 where a decision or a settlement is not what follows, 2 where one cannot be read.
func replayDecisions(_ options: LedgerOptions) async throws {
    let (results, findings) = try await options.reading { ledger in
        (try await ledger.replayDecisions(), try await ledger.settlementFindings())
    }
    if options.json {
        printJSON(DecisionReplayAnswer(decisions: results, settlements: findings))
    } else {
        for result in results { printResult(result) }
        for finding in findings { print("\(finding.place): \(finding.problem)") }
        if results.isEmpty { print("no private chain here has decisions") }
    }
    if let found = results.first(where: { $0.divergence != nil }), let divergence = found.divergence {
        throw Answer.no(
            "the decision of \(found.member) about \(divergence.round) does not follow: \(divergence.field) is "
                + "\(divergence.recorded), derived is \(divergence.derived)",
            hint: "lethe participate explain \(divergence.round) shows what was recorded")
    }
    if let finding = findings.first { throw Answer.no(finding.problem, hint: "lethe participate status") }
    if let unreadable = results.compactMap(\.unreadable).first {
        throw Answer.unknown(unreadable, hint: "what came before it was derived and is as it must be")
    }
}

private struct DecisionReplayAnswer: Encodable {
    var decisions: [DecisionReplayResult]
    var settlements: [CheckFinding]
}

private func printResult(_ result: DecisionReplayResult) {
    let table = result.tableDigest.map { ", table \(short($0))" } ?? ""
    let verdict = result.divergence == nil ? ", all equal\(table)" : ""
    print("\(result.member): \(result.decisions) decision(s) derived again\(verdict)")
    if let divergence = result.divergence {
        print(
            "  \(divergence.round)  \(divergence.field): recorded \(divergence.recorded), derived \(divergence.derived)"
        )
    }
    for round in result.unpublished { print("  \(round): decided, and not on the public chain") }
}
