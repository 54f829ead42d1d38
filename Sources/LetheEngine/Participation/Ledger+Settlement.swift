internal import Adapters
internal import Bytes
public import ChainViews
public import Events
internal import Participation
internal import Replay

/// How contributions are to be measured.
public enum MeasureRequest: Hashable, Sendable {
    case leaveOneOut
    case sampledShapley(samples: Quantity)
}

/// Rewards that were settled or corrected.
public struct SettlementSummary: Sendable {
    public let recorded: Recorded
    public let settled: RewardSettled
    /// What each member has for the round now.
    public let balance: [MemberBalance]
    /// How many models were measured anew; the rest stood on the chain.
    public let evaluations: Int
}

extension Ledger {
    /// What the rewards of a round wait for.
    public enum SettlementState: String, Codable, Hashable, Sendable {
        case noRules = "no settlement rules"
        case noModel = "no model yet"
        case open = "to be settled"
        case settled
        /// A deletion gave the round another model, or none.
        case outdated = "to be corrected"
        /// Recalled before it was settled: there is no reward.
        case recalled
    }

    public func settlementState(of round: RoundRow) throws -> SettlementState {
        let view = try view
        guard round.rules != nil else { return .noRules }
        guard let model = round.materialization.flatMap({ view.models[$0] }), model.state != .suppressed else {
            return .noModel
        }
        let isRecalled = model.state == .recalled
        guard let rewards = view.rewards[round.round] else { return isRecalled ? .recalled : .open }
        return rewards.last.settled.model == (isRecalled ? nil : model.model) ? .settled : .outdated
    }

    /// Settles the rewards of a closed round, or corrects them where a deletion changed the round's model.
    ///
    /// Models of coalitions are merged exactly, as a replay does that excludes the others, and measured once each. What
    /// stands on the chain already is not measured again, so a run that was cut off goes on where it stopped.
    ///
    /// - Parameter measure: ignored in corrections, which are measured as the settlement was.
    public func settleRewards(
        of id: RoundID, with evaluator: Evaluator, _ measure: MeasureRequest, as member: MemberName
    ) throws -> SettlementSummary {
        let view = try view
        guard let round = view.rounds[id] else {
            throw EngineError(.invalidRequest, "there is no round \(id)", hint: "lethe show rounds lists them")
        }
        try requireSettleable(round)
        let rules = try checkedRules(round.rules!)
        let first = view.rewards[id]?.first.settled
        if let first, first.measure.dataset != evaluator.dataset {
            throw EngineError(
                .refused, "\(id) was settled on the data set \(first.measure.dataset), not \(evaluator.dataset)",
                hint: "corrections are measured as the settlement was")
        }
        let bench = CoalitionBench(round: round, evaluator: evaluator, author: member)
        let model = view.currentModel(of: id)?.model
        bench.rows = model == nil ? [] : view.contributions(to: id)
        let how = try first?.measure ?? self.measure(measure, of: round, evaluator.dataset)
        let outcome = try self.outcome(of: bench, how)
        let lines = try rewardLines(rules, outcome, view.rewards[id])
        let event = RewardSettled(
            corrects: view.rewards[id]?.first.event, improvementPPB: PartsPerBillion(Int(outcome.improvementPPB))!,
            lines: lines, measure: how, model: model, round: id, rules: round.rules!)
        let recorded = try record(.rewardSettled(event), as: member, on: publicOrigin)
        let balance = try self.view.rewards[id]?.balance() ?? []
        return SettlementSummary(recorded: recorded, settled: event, balance: balance, evaluations: bench.measured)
    }

    private func requireSettleable(_ round: RoundRow) throws {
        func refuse(_ problem: String, _ hint: String) -> EngineError { EngineError(.refused, problem, hint: hint) }
        switch try settlementState(of: round) {
        case .open, .outdated: return
        case .noRules:
            throw refuse(
                "no settlement rules were in force when \(round.round) was opened",
                "lethe policy adopt FILE, before the next round is opened")
        case .noModel:
            throw refuse(
                "\(round.round) has no model that could be settled",
                "lethe model materialize \(round.round); a deletion in progress is carried out first")
        case .settled: throw refuse("the rewards of \(round.round) are settled", "lethe participate status")
        case .recalled:
            throw refuse("the model of \(round.round) was recalled: there is no reward", "lethe participate status")
        }
    }

    private func measure(
        _ request: MeasureRequest, of round: RoundRow, _ dataset: ArtifactDigest
    ) throws -> ContributionMeasure {
        switch request {
        case .leaveOneOut:
            return ContributionMeasure(dataset: dataset, method: .leaveOneOut, samples: nil, seed: nil)
        case .sampledShapley(let samples):
            // Nobody chooses the permutations: they follow from the charter and the round.
            var bytes = Array("lethe/settlement-seed/v1".utf8) + [0] + (try view.charter!.firstLeaf.bytes)
            bytes.appendBigEndian(UInt64(try view.number(of: round.round)!))
            return ContributionMeasure(
                dataset: dataset, method: .sampledShapley, samples: samples, seed: .sha256(bytes))
        }
    }

    /// What the round improved, and what each member added to it.
    private func outcome(of bench: CoalitionBench, _ how: ContributionMeasure) throws -> RoundOutcome {
        let players = bench.rows.map(\.member.text)
        let number = RoundNumber(rawValue: try view.number(of: bench.round.round)!)!
        guard !players.isEmpty else { return RoundOutcome(round: number, improvementPPB: 0, entries: []) }
        return try Self.outcome(players, how, number, entries: entries(bench.rows)) { coalition in
            try utilityPPB(coalition, bench)
        }
    }

    /// The outcome of a round for any source of utilities.
    static func outcome(
        _ players: [String], _ how: ContributionMeasure, _ number: RoundNumber,
        entries: [String: RoundOutcome.Entry], _ utility: (Set<String>) throws -> Int64
    ) throws -> RoundOutcome {
        let contributions: [String: Int64]
        let improvement: Int64
        switch (how.method, how.samples, how.seed) {
        case (.sampledShapley, let samples?, let seed?):
            let estimate = try Participation.Contribution.sampledShapley(
                players, samples: samples.value, seed: Hash256<Charter>(retagging: seed), utilityPPB: utility)
            contributions = estimate.contributionsPPB
            improvement = estimate.wholePPB - estimate.emptyPPB
        default:
            contributions = try Participation.Contribution.leaveOneOut(players, utilityPPB: utility)
            improvement = try utility(Set(players)) - utility([])
        }
        return RoundOutcome(
            round: number, improvementPPB: improvement,
            entries: players.map { player in
                var entry = entries[player]!
                entry.contributionPPB = contributions[player]!
                return entry
            })
    }

    /// What the members of `rows` put in, by their decisions; one shard for one epoch where the round had no agent policy.
    func entries(_ rows: [ContributionRow]) throws -> [String: RoundOutcome.Entry] {
        let view = try view
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let committed = view.decision(of: row.member, in: row.round)?.allocation
                let allocation = Allocation(shards: committed?.shards.value ?? 1, epochs: committed?.epochs.value ?? 1)
                let entry = RoundOutcome.Entry(
                    organisation: row.member.text, allocation: allocation,
                    declaredCostMicrocredits: Int64(committed?.declaredCostMicrocredits.value ?? 0), contributionPPB: 0)
                return (row.member.text, entry)
            })
    }

    /// The lines of the next event: the rewards, or by how much they differ from what was settled and corrected so far.
    private func rewardLines(
        _ rules: CheckedSettlementRules, _ outcome: RoundOutcome, _ earlier: RewardRow?
    ) throws -> [RewardEntry] {
        let settlement: Settlement
        do {
            settlement = try rules.settle(outcome)
        } catch {
            throw EngineError(
                .refused, "the round cannot be settled: \(error)", hint: "see its decisions", cause: error)
        }
        let contributions = Dictionary(
            uniqueKeysWithValues: outcome.entries.map { ($0.organisation, $0.contributionPPB) })
        func entry(_ name: String, _ share: Int64, _ incentive: Int64, _ reimbursement: Int64) -> RewardEntry {
            RewardEntry(
                contributionPPB: PartsPerBillion(Int(contributions[name] ?? 0))!,
                incentiveMicrocredits: Microcredits(Int(incentive))!, member: MemberName(name)!,
                reimbursementMicrocredits: Microcredits(Int(reimbursement))!,
                shareMicrocredits: Microcredits(Int(share))!)
        }
        guard let earlier else {
            return settlement.lines.map {
                entry($0.organisation, $0.shareMicrocredits, $0.incentiveMicrocredits, $0.reimbursementMicrocredits)
            }
        }
        let balance = Settlement(
            round: outcome.round, valueMicrocredits: 0, lines: earlier.balance().map(\.line),
            undistributedMicrocredits: 0)
        return try balance.corrections(to: settlement, earlier: []).map {
            entry(
                $0.organisation, $0.shareDeltaMicrocredits, $0.incentiveDeltaMicrocredits,
                $0.reimbursementDeltaMicrocredits)
        }
    }

    // MARK: Utilities

    /// The metric of a coalition's model, in parts per billion: from the chain, or measured now and put on it.
    private func utilityPPB(_ coalition: Set<String>, _ bench: CoalitionBench) throws -> Int64 {
        if let known = bench.known[coalition] { return known }
        let rows = bench.rows.filter { coalition.contains($0.member.text) }
        let events = rows.map(\.event)
        let start = rows.isEmpty ? try startModel(of: bench.round) : nil
        let view = try view
        let recorded = view.evaluations(in: bench.round.round).map(\.evaluation).first {
            $0.dataset == bench.evaluator.dataset && $0.contributions == events && (!rows.isEmpty || $0.model == start)
        }
        let value: PartsPerMillion
        if let recorded {
            value = recorded.accuracyPPM
        } else {
            surroundings.progress("measuring models of \(bench.round.round)", bench.known.count, bench.rows.count + 2)
            let (model, accuracy) = try rows.isEmpty ? measureStart(start, bench) : measure(rows, bench)
            let event = EvaluationRecorded(
                accuracyPPM: accuracy, contributions: events, dataset: bench.evaluator.dataset, model: model,
                round: bench.round.round)
            try record(.evaluationRecorded(event), as: bench.author, on: publicOrigin)
            bench.measured += 1
            value = accuracy
        }
        bench.known[coalition] = Int64(value.value) * 1_000
        return Int64(value.value) * 1_000
    }

    /// Merges the contributions of a coalition exactly and measures the result.
    private func measure(
        _ rows: [ContributionRow], _ bench: CoalitionBench
    ) throws -> (ArtifactDigest?, PartsPerMillion) {
        var accuracy: PartsPerMillion?
        let contributions = try contributions(to: bench.round, rows)
        let merged = try replayer(view).merge(contributions, bench.round) { _, directory in
            accuracy = try bench.evaluator.accuracyPPM(
                CoalitionModel(
                    round: bench.round.round, members: rows.map(\.member).sorted(), directory: directory))
        }
        if rows.count == bench.rows.count, let current = try view.currentModel(of: bench.round.round),
            current.model != merged.digest
        {
            throw EngineError(
                .inconsistent,
                "merging \(bench.round.round) again gives \(merged.digest), the chain says \(current.model)",
                hint: "lethe check looks at every model")
        }
        return (merged.digest, accuracy!)
    }

    /// What a round's contributions started from: the base, or in a feedback round the latest earlier model.
    private func startModel(of round: RoundRow) throws -> ArtifactDigest? {
        guard round.topology == .feedback else { return nil }
        let view = try view
        let earlier = view.allRounds.filter {
            $0.openedAt < round.openedAt && $0.topology == .feedback && $0.base == round.base
        }
        return earlier.compactMap { view.currentModel(of: $0.round)?.model }.last
    }

    private func measureStart(
        _ model: ArtifactDigest?, _ bench: CoalitionBench
    ) throws -> (ArtifactDigest?, PartsPerMillion) {
        func measured(_ directory: String?) throws -> PartsPerMillion {
            try bench.evaluator.accuracyPPM(
                CoalitionModel(round: bench.round.round, members: [], directory: directory))
        }
        guard let model else { return (nil, try measured(nil)) }
        guard let adapter = try adapter(model, base: bench.round.base) else {
            throw EngineError(.missing, "the model \(model) is not in this ledger", hint: "lethe adapter import DIR")
        }
        return try withScratchDirectory(scratch) { directory in
            try writeAdapter(adapter, digest: model, to: "\(directory)/model")
            return (model, try measured("\(directory)/model"))
        }
    }

    // MARK: Checking

    /// Computes every settlement again from the evaluations, decisions and rules on the chain.
    public func settlementFindings() throws -> [CheckFinding] {
        let view = try view
        return try view.allRounds.compactMap { view.rewards[$0.round] }.flatMap { row in
            try row.entries.compactMap { entry in
                try problem(with: entry, row).map {
                    CheckFinding(place: "\(try publicOrigin) leaf \(entry.position)", problem: $0)
                }
            }
        }
    }

    /// Why the balance after `entry` is not what the chain gives; `nil` where it is.
    private func problem(with entry: RewardRow.Entry, _ row: RewardRow) throws -> String? {
        let view = try view
        let model = entry.settled.model.flatMap { digest in
            view.models(withDigest: digest).last { $0.round == row.round && $0.position < entry.position }
        }
        let rows = model.map(view.mergedContributions) ?? []
        let evaluations = view.evaluations(in: row.round).filter { $0.position < entry.position }.map(\.evaluation)
        var lacking = false
        let outcome = try Self.outcome(
            rows.map(\.member.text), entry.settled.measure, RoundNumber(rawValue: view.number(of: row.round)!)!,
            entries: entries(rows)
        ) { coalition in
            let events = rows.filter { coalition.contains($0.member.text) }.map(\.event)
            let found = evaluations.last { $0.dataset == entry.settled.measure.dataset && $0.contributions == events }
            if found == nil { lacking = true }
            return Int64(found?.accuracyPPM.value ?? 0) * 1_000
        }
        if lacking { return "the rewards of \(row.round) rest on evaluations that are not on the chain" }
        let settlement = try checkedRules(entry.settled.rules).settle(outcome)
        let expected = settlement.lines.filter { $0.totalMicrocredits != 0 }
        let balance = row.balance(before: entry.position.value + 1).filter { !$0.isNothing }.map(\.line)
        return expected == balance && Int(outcome.improvementPPB) == entry.settled.improvementPPB.value
            ? nil : "the rewards of \(row.round) are not those that its evaluations and rules give"
    }
}

/// What a settlement measures with, and what it has measured.
private final class CoalitionBench {
    let round: RoundRow
    let evaluator: Evaluator
    let author: MemberName
    var rows: [ContributionRow] = []
    var known: [Set<String>: Int64] = [:]
    var measured = 0

    init(round: RoundRow, evaluator: Evaluator, author: MemberName) {
        (self.round, self.evaluator, self.author) = (round, evaluator, author)
    }
}

extension MemberBalance {
    /// The same money as a line of a settlement.
    var line: RewardLine {
        RewardLine(
            organisation: member.text, shareMicrocredits: Int64(share), incentiveMicrocredits: Int64(incentive),
            reimbursementMicrocredits: Int64(reimbursement))
    }
}
