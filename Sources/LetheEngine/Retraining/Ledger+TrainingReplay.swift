public import Bytes
internal import ChainViews
public import Events
internal import Proofs

/// What a second replay of training gave for one contribution, and the event that says so.
public struct TrainingReplay: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, Hashable, Sendable {
        case different, equal
        case notRun = "not-run"
    }

    /// The event of the contribution that took the place.
    public var contribution: EventHash
    /// How, or why not, in a sentence.
    public var detail: String
    /// The `training-attested` event; absent where nothing was attested.
    public var event: EventHash?
    public var member: MemberName
    public var outcome: Outcome
    public var round: RoundID
}

extension Ledger {
    /// Trains again what others trained again under the plan of `deletion`, from the base and the records that they handed
    /// over, and attests what came out as `member`: equal digests or not.
    ///
    /// What no data is given for is left out, and so is what cannot be repeated whole; the answer says why. What `member`
    /// has said before it does not say again.
    ///
    /// - Throws: ``RetrainingFault`` where the data speaks against the chain, or decides nothing: then nothing is attested.
    public func replayTraining(
        of deletion: DeletionID, given: RetrainingVerifier.Given, as member: MemberName
    ) throws -> [TrainingReplay] {
        let view = try view
        let (plan, rows) = try trainedAgain(for: deletion)
        let others = rows.filter { $0.replacedBy.member != member }
        guard !others.isEmpty else {
            throw EngineError(
                .refused, "all that was trained again for \(deletion) was trained by \(member) itself",
                hint: "a second replay is another organisation's: --as names who made it")
        }
        try checkAttestable(others, plan.plan, as: member)
        var verifier = try RetrainingVerifier(view, plan, others, given, surroundings.progress)
        let results = try verifier.repeatEach { ($0, $1) }
        return try results.map { row, result in
            var replay = TrainingReplay(
                contribution: row.replacedBy.event, detail: "", event: nil, member: row.replacedBy.member,
                outcome: .notRun, round: row.round)
            switch result {
            case .notRun(let why): replay.detail = why
            case .repeated(let repetition):
                replay.outcome = repetition.difference == nil ? .equal : .different
                replay.detail = repetition.difference ?? repetition.summary
                replay.event = try attest(repetition, of: row, plan.plan, as: member)
            }
            return replay
        }
    }

    /// The plan that carries out `deletion`; an error where none was started.
    func plan(of deletion: DeletionID, in view: PublicView) throws -> PlanRow {
        guard let row = view.deletions[deletion] else {
            throw EngineError(
                .invalidRequest, "there is no deletion \(deletion)", hint: "lethe deletion status shows them all")
        }
        guard let plan = row.plan.flatMap({ view.plans[$0] }) else {
            throw EngineError(
                .refused, "\(deletion) is \(row.state.rawValue): nothing was trained again for it",
                hint: "lethe deletion status says what it waits for")
        }
        return plan
    }

    /// The plan of `deletion` and what was trained again under it.
    private func trainedAgain(for deletion: DeletionID) throws -> (plan: PlanRow, rows: [CertifiedRetraining]) {
        let view = try view
        let plan = try plan(of: deletion, in: view)
        let rows = CertifiedRetraining.all(of: plan, in: view)
        guard !rows.isEmpty else {
            throw EngineError(
                .refused, "nothing was trained again for \(deletion)",
                hint: plan.retraining.isEmpty
                    ? "its models were merged again: lethe model attest ROUND"
                    : "lethe deletion status says whose training it waits for")
        }
        return (plan, rows)
    }

    /// Refuses before hours of training what no event could say after them.
    private func checkAttestable(
        _ rows: [CertifiedRetraining], _ plan: ArtifactDigest, as member: MemberName
    ) throws {
        let ahead = try viewAhead()
        for row in rows {
            let said = ahead.trainingAttestations(of: row.replacedBy.event).last { $0.author == member }
            guard said?.attested.outcome != .equal, let new = ahead.contributions[row.replacedBy.event],
                let training = new.training,
                let shards = ahead.plans[plan]?.retraining.first(where: { $0.contribution == row.replaces })?.shards
            else { continue }
            let event = TrainingAttested(
                adapter: new.adapter, contribution: new.event, environment: TrainerIdentity.digest(of: []),
                outcome: .equal, plan: plan, recipe: row.recipe, runs: row.runs,
                shards: Ascending(shards.filter(training.shards.contains)), trainer: training.trainer)
            try dryRun(.trainingAttested(event), as: member, on: publicOrigin)
        }
    }

    /// Says on the public chain what came out, unless `member` has said so already.
    private func attest(
        _ repetition: Repetition, of row: CertifiedRetraining, _ plan: ArtifactDigest, as member: MemberName
    ) throws -> EventHash {
        let outcome = repetition.difference == nil ? TrainingAttested.Outcome.equal : .different
        let said = try viewAhead().trainingAttestations(of: row.replacedBy.event).last { $0.author == member }
        if let said, said.attested.outcome == outcome { return said.event }
        let event = TrainingAttested(
            adapter: repetition.adapter, contribution: row.replacedBy.event,
            environment: TrainerIdentity.digest(of: repetition.trainers), outcome: outcome, plan: plan,
            recipe: row.recipe, runs: repetition.runs, shards: repetition.shards, trainer: repetition.kind)
        return try record(.trainingAttested(event), as: member, on: publicOrigin).event
    }
}
