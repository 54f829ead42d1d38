internal import Adapters
internal import Bytes
internal import ChainViews
internal import Events
internal import Foundation
public import Proofs
internal import Training

/// Trains again what a plan had trained again, from the base and the records that somebody was given, and compares: run by
/// run with the digests that the chain binds, and the merge with the contribution.
///
/// No ledger is needed. What the chain binds: a contribution names the digest over its runs, and each run's digest covers
/// recipe, parent, record commitments and result; so the runs that are given are the runs that were meant, old and new.
public struct RetrainingVerifier {
    /// What came of one contribution of a certificate.
    public enum Outcome: Hashable, Sendable {
        /// Trained again here, with the same bytes; how, in a sentence.
        case reproduced(String)
        /// Not trained again, or not whole; why.
        case notRun(String)
    }

    /// Whose rows may not be among the given ones.
    public struct Absent: Hashable, Sendable {
        public var subjects: Set<String>
        public var records: Set<String>

        public init(subjects: Set<String> = [], records: Set<String> = []) {
            (self.subjects, self.records) = (subjects, records)
        }
    }

    /// What is given, and how it is used.
    public struct Given: Sendable {
        public var base: BaseLocation
        /// Directories that members wrote.
        public var data: [String]
        public var absent: Absent
        /// For the runs of external trainers; without one these are not repeated.
        public var trainer: TrainerCommand?
        public var threads: Int
        /// Where plaintext lies for a moment.
        public var scratch: String

        public init(
            base: BaseLocation, data: [String], absent: Absent = Absent(), trainer: TrainerCommand? = nil, threads: Int,
            scratch: String
        ) {
            (self.base, self.data, self.absent) = (base, data, absent)
            (self.trainer, self.threads, self.scratch) = (trainer, threads, scratch)
        }
    }

    let view: PublicView
    let plan: PlanRow
    let rows: [CertifiedRetraining]
    let files: RetrainingFiles
    let given: Given
    let encoder: BaseEncoder
    let trainer: Trainer
    let progress: (String, Int, Int) -> Void
    /// What was trained here with the bytes that were said, by tensor digest.
    var computed: [ArtifactDigest: NamedTensors] = [:]
    /// The tensor digests that runs were said to have, and that other bytes came out in place of.
    var missed: Set<ArtifactDigest> = []

    /// For what a certificate says was trained again.
    ///
    /// - Throws: ``RetrainingFault`` where base or data cannot be read.
    public init(
        _ verdict: CertificateVerdict, _ given: Given,
        progress: @escaping (String, Int, Int) -> Void = { _, _, _ in }
    ) throws {
        let view = verdict.view
        guard let plan = verdict.content.plan.flatMap({ view.plans[$0] }) else {
            throw RetrainingFault.undecided("no plan was carried out", hint: "leave out --base and --data")
        }
        try self.init(view, plan, verdict.content.retraining ?? [], given, progress)
    }

    /// For `rows` of what was trained again under `plan`.
    init(
        _ view: PublicView, _ plan: PlanRow, _ rows: [CertifiedRetraining], _ given: Given,
        _ progress: @escaping (String, Int, Int) -> Void
    ) throws {
        (self.view, self.plan, self.rows, self.given, self.progress) = (view, plan, rows, given, progress)
        files = try RetrainingFiles(given.data, plan: plan.plan)
        encoder = try given.base.load()
        trainer = Trainer(base: encoder, threads: given.threads)
    }

    /// Every contribution that was trained again, in chain order, with what came of it here.
    ///
    /// - Throws: ``RetrainingFault`` at the first thing that speaks against the certificate, or decides nothing.
    public mutating func verify() throws -> [(retraining: CertifiedRetraining, outcome: Outcome)] {
        try repeatEach { row, result in
            switch result {
            case .notRun(let why): return (row, .notRun(why))
            case .repeated(let repetition):
                guard let difference = repetition.difference else { return (row, .reproduced(repetition.summary)) }
                // The built-in trainer and the merge give the same bytes everywhere; another program need not.
                guard !repetition.isCertain else { throw RetrainingFault.no(difference) }
                throw RetrainingFault.undecided(
                    "\(difference); an external trainer need not repeat itself, so this shows neither that the run was made as "
                        + "it is said to be nor that it was not",
                    hint:
                        "try the versions and the hardware that the member names; without --trainer these runs stay attested"
                )
            }
        }
    }

    /// Repeats what data was given for, one after the other, in chain order.
    ///
    /// - Throws: ``RetrainingFault`` where what was given speaks against the chain, or decides nothing.
    mutating func repeatEach<Answer>(_ answer: (CertifiedRetraining, RepetitionResult) throws -> Answer) throws
        -> [Answer]
    {
        // First that all of it is what the chain means; what it says counts only then.
        let entries = try rows.map { ($0, try bound($0)) }
        try checkGivenRows()
        return try entries.map { row, entry in
            try answer(row, try entry.map { try again(row, $0) } ?? .notRun("no data was given for it"))
        }
    }

    // MARK: What was given

    private func bound(_ row: CertifiedRetraining) throws -> RetrainingData.Contribution? {
        let name = Self.name(row)
        guard let (entry, path) = files.entries[row.replaces] else { return nil }
        guard entry.replacedBy == row.replacedBy.event, entry.round == row.round else {
            throw RetrainingFault.undecided(
                "\(path) has another contribution in the place of \(row.replaces.hex.prefix(16))…")
        }
        let old = view.contributions[row.replaces]!, new = view.contributions[row.replacedBy.event]!
        try check(entry.old, behind: old, "\(name) before the deletion", path)
        try check(entry.new, behind: new, name, path)
        return entry
    }

    /// The runs are those that the chain means, each with its digest; and the contribution weighs as many records.
    private func check(
        _ runs: [RetrainingData.Run], behind contribution: ContributionRow, _ name: String, _ path: String
    ) throws {
        let training = contribution.training!
        for run in runs {
            guard
                ArtifactDigest(retagging: try inputs(of: run).runDigest(result: TensorDigest(retagging: run.tensors)))
                    == run.run
            else {
                throw RetrainingFault.undecided(
                    "\(path): the digest of the run on \(Self.name(run.shard)) does not follow from it")
            }
        }
        guard Hash256(runs: runs.map(\.run)) == training.runs, runs.map(\.shard) == training.shards.elements else {
            throw RetrainingFault.undecided("\(path): these are not the runs of \(name) that the chain names")
        }
        guard runs.allSatisfy({ (try? recipe(of: $0).digest).map { ArtifactDigest(retagging: $0) } == training.recipe })
        else {
            throw RetrainingFault.no("\(name): a run was trained by another recipe than the chain names")
        }
        let records = runs.reduce(0) { $0 + $1.records.count }
        guard records == contribution.weight.value else {
            throw RetrainingFault.no(
                "\(name) weighs \(contribution.weight) on the chain, and its runs used \(records) record(s)")
        }
        if let environment = training.environment, TrainerIdentity.digest(of: runs.map(\.trainer)) != environment {
            throw RetrainingFault.undecided(
                "\(path): what computed the runs of \(name) is not what the chain commits to")
        }
    }

    private func inputs(of run: RetrainingData.Run) throws -> RunInputs {
        RunInputs(
            recipe: try recipe(of: run).digest, parent: run.parent.map { TensorDigest(retagging: $0) },
            commitments: run.records.map { TrainingRecord.Commitment(retagging: $0) })
    }

    func recipe(of run: RetrainingData.Run) throws -> Recipe {
        do throws(RecipeError) {
            return try Recipe(json: Array(run.recipe.utf8))
        } catch {
            throw RetrainingFault.undecided("the recipe of the run on \(Self.name(run.shard)) cannot be read: \(error)")
        }
    }

    /// No given row opens a record that was to go, is of no run, or is about somebody who must not be there.
    private func checkGivenRows() throws {
        var used: [ShardReference: Set<RecordCommitment>] = [:]
        var before: [ShardReference: Set<RecordCommitment>] = [:]
        for (entry, _) in files.entries.values {
            for run in entry.new { used[run.shard, default: []].formUnion(run.records) }
            for run in entry.old { before[run.shard, default: []].formUnion(run.records) }
        }
        for shard in Set(used.keys).union(before.keys).sorted() {
            for (commitment, row) in try files.rows(of: shard).sorted(by: { $0.key < $1.key }) {
                if let subject = row.record.subject, given.absent.subjects.contains(subject) {
                    throw RetrainingFault.no("\(row.place): the record is about \"\(subject)\"")
                }
                guard !given.absent.records.contains(row.record.id) else {
                    throw RetrainingFault.no("\(row.place): it is the record \"\(row.record.id)\"")
                }
                guard !(used[shard]?.contains(commitment) ?? false) else { continue }
                guard before[shard]?.contains(commitment) ?? false else {
                    throw RetrainingFault.undecided(
                        "\(row.place): the record \(commitment.hex.prefix(16))… is of no run")
                }
                throw RetrainingFault.no(
                    "\(row.place): the record \(commitment.hex.prefix(16))… was to go, and here it is with its salt: it was not erased"
                )
            }
        }
    }
}
