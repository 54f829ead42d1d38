public import Bytes
internal import ChainViews
public import Events

extension SampleConsortium {
    public static let dataset: ArtifactDigest = digest("dataset")

    /// A policy of `kind`; its text says no more than that.
    public static func policy(_ kind: PolicyKind, revision: Int = 1) -> PolicyAdopted {
        PolicyAdopted(
            document: PolicyText(#"{"format":"\#(kind.format)","revision":\#(revision)}"#)!, kind: kind)
    }

    /// Adopts a policy of each kind, by two members.
    public mutating func adoptPolicies() throws {
        for kind in PolicyKind.allCases {
            try say(.policyAdopted(Self.policy(kind)), by: Self.delta, with: [Self.united])
        }
    }

    /// What `member` says about `round`: one shard for one epoch, or staying out.
    public func decision(
        _ member: MemberName, _ round: String, out: Bool = false, explanation: String? = nil
    ) -> ParticipationDecided {
        let allocation = CommittedAllocation(
            declaredCostMicrocredits: Count(0)!, epochs: Quantity(1)!, shards: Quantity(1)!)
        return ParticipationDecided(
            allocation: out ? nil : allocation, explanation: digest(explanation ?? "\(member)/\(round)"),
            override: false, policy: Self.policy(.agentPolicy).document.digest, round: RoundID(round)!)
    }

    public mutating func decide(_ member: MemberName, _ round: String, out: Bool = false) throws {
        try say(.participationDecided(decision(member, round, out: out)), by: member)
    }

    /// An evaluation of the model of some of a round's members; `nil` for all of them.
    public func evaluation(
        _ round: String, _ members: [MemberName]? = nil, ppm: Int = 600_000
    ) -> EvaluationRecorded {
        let id = RoundID(round)!
        let rows = view.contributions(to: id).filter { members?.contains($0.member) ?? true }
        let isWhole = rows.count == view.contributions(to: id).count
        let model = isWhole ? view.currentModel(of: id)?.model : nil
        return EvaluationRecorded(
            accuracyPPM: PartsPerMillion(ppm)!, contributions: rows.map(\.event), dataset: Self.dataset,
            model: rows.isEmpty ? nil : model ?? digest("coalition/\(rows.map(\.adapter.hex))"), round: id)
    }

    /// What the evaluations of all and of none are: `ppm` and 500,000.
    public mutating func evaluate(_ round: String, ppm: Int = 600_000, by author: MemberName = delta) throws {
        try say(.evaluationRecorded(evaluation(round, ppm: ppm)), by: author)
        if !view.evaluations(in: RoundID(round)!).contains(where: \.evaluation.contributions.isEmpty) {
            try say(.evaluationRecorded(evaluation(round, [], ppm: 500_000)), by: author)
        }
    }

    /// A settlement that pays `share` to each member whose contribution counts.
    public func settlement(_ round: String, share: Int = 1_000, ppm: Int = 600_000) -> RewardSettled {
        let id = RoundID(round)!
        let lines = view.contributions(to: id).map(\.member).sorted().map { Self.line($0, share: share) }
        return RewardSettled(
            corrects: nil, improvementPPB: PartsPerBillion((ppm - 500_000) * 1_000)!, lines: lines,
            measure: ContributionMeasure(dataset: Self.dataset, method: .leaveOneOut, samples: nil, seed: nil),
            model: view.currentModel(of: id)?.model, round: id,
            rules: Self.policy(.settlementRules).document.digest)
    }

    public static func line(_ member: MemberName, share: Int) -> RewardEntry {
        RewardEntry(
            contributionPPB: PartsPerBillion(0)!, incentiveMicrocredits: Microcredits(0)!, member: member,
            reimbursementMicrocredits: Microcredits(0)!, shareMicrocredits: Microcredits(share)!)
    }

    /// A round from opening to model in which united and virgin decide and contribute, with its evaluations.
    public mutating func runDecidedRound(_ round: String) throws {
        try openRound(round)
        for member in [Self.united, Self.virgin] {
            try decide(member, round)
            try commit(member, to: round)
        }
        try close(round)
        try materialize(round)
        try evaluate(round)
    }
}
