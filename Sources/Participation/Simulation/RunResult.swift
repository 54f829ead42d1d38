public import Bytes

/// What came of one run. Sums, not means: every figure is exact.
public struct RunResult: Hashable, Sendable, Codable {
    /// How many rounds at the end count as late, when learning is over.
    public let lateRounds: Int
    /// Organisations times rounds.
    public let decisions: Int
    /// In ascending order of names.
    public let parties: [PartyResult]
    public let periods: [PeriodResult]
    /// The late rounds by their place in the period.
    public let phaseProfile: [PhaseResult]
    /// The late greedy choices of the learning organisations, by budget bin and phase bin.
    public let policyMap: [PolicyCell]
    /// Of every action and every final Q-table: equal for equal runs, on every machine.
    public let digest: Hash256<RunResult>
}

/// One organisation's sums over a run.
public struct PartyResult: Hashable, Sendable, Codable {
    public var organisation = ""
    /// How many rounds it took part in.
    public var rounds = 0
    public var shareMicrocredits: Int64 = 0
    public var incentiveMicrocredits: Int64 = 0
    public var reimbursementMicrocredits: Int64 = 0
    /// Compute and privacy.
    public var costMicrocredits: Int64 = 0
    public var netMicrocredits: Int64 = 0
    public var lateRounds = 0
    public var lateNetMicrocredits: Int64 = 0
}

/// All organisations' sums over one budget period.
public struct PeriodResult: Hashable, Sendable, Codable {
    public var rounds = 0
    /// Of the organisations that decide; free riders are not counted.
    public var participations = 0
    /// Value of the improvements less all compute and privacy costs; payouts are transfers and cancel.
    public var welfareMicrocredits: Int64 = 0
    /// Payouts less costs.
    public var netMicrocredits: Int64 = 0
    public var metricPPBSum: Int64 = 0
}

/// The sums, over the late rounds, of all organisations that decide at one place in the period.
public struct PhaseResult: Hashable, Sendable, Codable {
    /// How often an organisation saw a round open here.
    public var openings = 0
    public var participations = 0
    public var budgetLeftPPMSum: Int64 = 0
    public var privacyLeftPPMSum: Int64 = 0
}

/// What the learnt policies do in the states of one budget bin and one phase bin.
public struct PolicyCell: Hashable, Sendable, Codable {
    public let budgetBin: Int
    public let phaseBin: Int
    /// How many greedy choices fell here.
    public var choices = 0
    public var participations = 0
    public var shardEpochs = 0

    init(budgetBin: Int, phaseBin: Int) {
        self.budgetBin = budgetBin
        self.phaseBin = phaseBin
    }
}

extension RunResult {
    /// Sums over all periods, or over the late ones alone.
    func total(_ value: (PeriodResult) -> Int64, late: Bool = false) -> Int64 {
        var rounds = 0
        var sum: Int64 = 0
        for period in periods.reversed() where !late || rounds < lateRounds {
            rounds += period.rounds
            sum += value(period)
        }
        return sum
    }
}
