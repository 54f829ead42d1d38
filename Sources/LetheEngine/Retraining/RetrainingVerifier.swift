internal import Adapters
internal import Bytes
internal import ChainViews
internal import Events
internal import Foundation
public import Proofs
internal import Replay
internal import Training

/// Trains again what a certificate says was trained again, from the base and the records that a verifier was given, and
/// compares: run by run with the digests that the chain binds, and the merge with the contribution.
///
/// No ledger is needed. What the chain binds: a contribution names the digest over its runs, and each run's digest covers
/// recipe, parent, record commitments and result; so the runs that are given are the runs that were meant, old and new.
public struct RetrainingVerifier {
    /// What came of one contribution.
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

    private let view: PublicView
    private let content: CertificateContent
    private let files: RetrainingFiles
    private let encoder: BaseEncoder
    private let trainer: Trainer
    private let threads: Int
    private let scratch: String
    private let absent: Absent
    private let progress: (String, Int, Int) -> Void
    /// What was trained here, by tensor digest.
    private var computed: [ArtifactDigest: NamedTensors] = [:]

    /// - Throws: ``RetrainingFault`` where base or data cannot be read.
    public init(
        _ verdict: CertificateVerdict, base: BaseLocation, data: [String], absent: Absent = Absent(), threads: Int,
        scratch: String, progress: @escaping (String, Int, Int) -> Void = { _, _, _ in }
    ) throws {
        (view, content) = (verdict.view, verdict.content)
        files = try RetrainingFiles(data, plan: verdict.content.plan)
        encoder = try base.load()
        trainer = Trainer(base: encoder, threads: threads)
        (self.threads, self.scratch, self.absent, self.progress) = (threads, scratch, absent, progress)
    }

    /// Every contribution that was trained again, in chain order, with what came of it here.
    ///
    /// - Throws: ``RetrainingFault`` at the first thing that speaks against the certificate, or decides nothing.
    public mutating func verify() throws -> [(retraining: CertifiedRetraining, outcome: Outcome)] {
        let rows = content.retraining ?? []
        // First that all of it is what the chain means; what it says counts only then.
        let entries = try rows.map { ($0, try bound($0)) }
        try checkGivenRows()
        return try entries.map { ($0, try verify($0, $1)) }
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

    private func recipe(of run: RetrainingData.Run) throws -> Recipe {
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
                if let subject = row.record.subject, absent.subjects.contains(subject) {
                    throw RetrainingFault.no("\(row.place): the record is about \"\(subject)\"")
                }
                guard !absent.records.contains(row.record.id) else {
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

    // MARK: One contribution

    private mutating func verify(_ row: CertifiedRetraining, _ entry: RetrainingData.Contribution?) throws -> Outcome {
        let name = Self.name(row)
        guard let entry else { return .notRun("no data was given for it") }
        let planned = view.plans[content.plan!]!.retraining.first { $0.contribution == row.replaces }!
        let gone = try compareRecords(entry, planned, name)
        try compareParents(entry, row, planned, name)
        var again = 0, records = 0
        for run in entry.new where planned.shards.contains(run.shard) {
            if let reason = try train(run, row, name) {
                return .notRun("\(again) run(s) gave the same bytes, then \(reason)")
            }
            again += 1
            records += run.records.count
        }
        if let reason = try compareMerge(entry.new, row, name) {
            return .notRun("\(again) run(s) gave the same bytes, but \(reason)")
        }
        let kept = entry.new.count - again
        return .reproduced(
            "trained here from \(records) record(s) in \(again) run(s)"
                + (kept == 0 ? "" : " and merged with \(kept) shard(s) that were left alone")
                + ": the same bytes; \(gone) record(s) of the old runs are in none of them")
    }

    /// Holds the records of new runs against those of old ones; how many are gone.
    private func compareRecords(
        _ entry: RetrainingData.Contribution, _ planned: PlannedRetraining, _ name: String
    ) throws -> Int {
        let touched = Set(
            view.plans[content.plan!]!.deletions.flatMap { view.deletions[$0]?.touched?.map(\.reference) ?? [] })
        let new = Dictionary(entry.new.map { ($0.shard, $0) }, uniquingKeysWith: { first, _ in first })
        var gone = 0
        for old in entry.old {
            let place = "\(name): the run on \(Self.name(old.shard))"
            guard let run = new[old.shard] else {
                gone += old.records.count
                continue
            }
            let before = Set(old.records)
            guard planned.shards.contains(old.shard) else {
                guard run.run == old.run else {
                    throw RetrainingFault.no("\(place) was to stay, and is another one")
                }
                continue
            }
            guard before.isSuperset(of: run.records) else {
                throw RetrainingFault.no("\(place) used records that the old one had not")
            }
            let left = before.count - run.records.count
            guard !touched.contains(old.shard) || left > 0 else {
                throw RetrainingFault.no("\(place) used the same records as before: none was left out")
            }
            guard touched.contains(old.shard) || left == 0 else {
                throw RetrainingFault.no("\(place) left out records, and none was to go from there")
            }
            gone += left
        }
        return gone
    }

    /// Each repeated run starts from what became of that which the old one started from.
    private func compareParents(
        _ entry: RetrainingData.Contribution, _ row: CertifiedRetraining, _ planned: PlannedRetraining, _ name: String
    ) throws {
        let isIsolated = view.rounds[row.round]!.topology == .isolated
        let old = Dictionary(entry.old.map { ($0.shard, $0) }, uniquingKeysWith: { first, _ in first })
        for run in entry.new where planned.shards.contains(run.shard) {
            let expected: ArtifactDigest?
            if isIsolated {
                expected = try successor(of: old[run.shard]?.parent, on: run.shard)
            } else {
                expected = try row.parents.elements.first.map { parent in
                    guard let model = view.model(parent) else {
                        throw RetrainingFault.no("\(name) starts from a model that the chain does not have")
                    }
                    return model.tensors
                }
            }
            guard run.parent == expected else {
                throw RetrainingFault.no(
                    "\(name): the run on \(Self.name(run.shard)) starts from other tensors than what its parent became")
            }
        }
    }

    /// The tensors that stand in the place of those that a run on `shard` gave.
    private func successor(of tensors: ArtifactDigest?, on shard: ShardReference) throws -> ArtifactDigest? {
        guard let tensors else { return nil }
        for (entry, _) in files.entries.values
        where entry.old.contains(where: { $0.shard == shard && $0.tensors == tensors }) {
            // A shard that lost all its records has no successor, and nothing goes on from it.
            return entry.new.first { $0.shard == shard }?.tensors
        }
        return tensors
    }

    /// Trains one run and keeps what came out; why it could not be done, where it could not.
    private mutating func train(_ run: RetrainingData.Run, _ row: CertifiedRetraining, _ name: String) throws -> String?
    {
        let shard = Self.name(run.shard)
        guard run.trainer.kind == .builtIn else { return "the run on \(shard) is an external trainer's" }
        guard run.trainer.arithmetic?.text == Recipe.arithmetic else {
            return "the run on \(shard) is of another arithmetic: \(run.trainer.arithmetic?.text ?? "none")"
        }
        let recipe = try recipe(of: run)
        guard ArtifactDigest(retagging: encoder.weightsDigest) == row.base, recipe.base == encoder.digest else {
            throw RetrainingFault.undecided(
                "the base that was given has the digest \(encoder.weightsDigest.hex.prefix(16))…, and \(name) was trained on "
                    + "\(row.base.hex.prefix(16))…", hint: "give --base the directory of the model that the chain names"
            )
        }
        guard recipe.tokenizer == encoder.tokenizer.digest else {
            throw RetrainingFault.undecided(
                "the vocabulary of the base that was given is another", hint: "fetch the base again")
        }
        let given = try files.rows(of: run.shard)
        let missing = run.records.filter { given[$0] == nil }
        guard missing.isEmpty else {
            return "\(missing.count) of the \(run.records.count) records of \(shard) were not given; the first is "
                + "\(missing[0].hex.prefix(16))…"
        }
        var parent: NamedTensors?
        if let digest = run.parent {
            parent = try computed[digest] ?? files.tensors(digest, base: row.base)
            guard parent != nil else { return "the adapter that the run on \(shard) starts from was not given" }
        }
        let records = run.records.map { commitment in
            let record = given[commitment]!.record
            return TrainingRecord(
                commitment: TrainingRecord.Commitment(retagging: commitment), text: record.text, label: record.label)
        }
        let label = "training \(shard) again"
        let outcome: TrainingOutcome
        do throws(TrainingError) {
            outcome = try trainer.train(recipe, parent: parent, records: records) { report in
                progress(label, report.step, report.stepCount)
                return .goOn
            }
        } catch {
            throw RetrainingFault.no("\(name): the run on \(shard) cannot be what it is said to be: \(error)")
        }
        guard case .finished(let result) = outcome else { preconditionFailure("nobody stopped the run") }
        guard ArtifactDigest(retagging: result.tensorDigest) == run.tensors else {
            throw RetrainingFault.no(
                "\(name): training \(shard) again gives \(result.tensorDigest.hex.prefix(16))…, and the run is said to have given "
                    + "\(run.tensors.hex.prefix(16))…")
        }
        computed[run.tensors] = result.tensors
        return nil
    }

    /// Merges the runs and compares with the contribution; why it could not be done, where it could not.
    private func compareMerge(
        _ runs: [RetrainingData.Run], _ row: CertifiedRetraining, _ name: String
    ) throws -> String? {
        guard let base = view.bases[row.base] else { return "the chain does not know its base" }
        let bench = Workbench(
            base: row.base, baseName: base.name, location: .directory(""), encoder: encoder, trainer: trainer,
            threads: threads, command: nil, scratch: scratch)
        return try withScratchDirectory(scratch) { folder in
            var parts: [Contribution] = []
            for (number, run) in runs.enumerated() {
                guard let tensors = try computed[run.tensors] ?? files.tensors(run.tensors, base: row.base) else {
                    return "the adapter of \(Self.name(run.shard)), which was left alone, was not given"
                }
                let path = "\(folder)/\(number)"
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                try bench.write(tensors, recipe(of: run), to: path)
                let adapter = try Adapter(directory: path, base: BaseDigest(retagging: row.base))
                parts.append(try Contribution(adapter, weight: run.records.count, label: Self.name(run.shard)))
            }
            let merged = "\(folder)/merged"
            try Merge(parts, rule: .mean, threads: threads).write(toDirectory: merged, threads: threads)
            let digest = try Adapter(directory: merged, base: BaseDigest(retagging: row.base)).digests().adapter
            guard ArtifactDigest(retagging: digest) == row.replacedBy.adapter else {
                throw RetrainingFault.no(
                    "\(name): merging its runs gives \(digest.hex.prefix(16))…, not \(row.replacedBy.adapter.hex.prefix(16))…"
                )
            }
            return nil
        }
    }

    private static func name(_ row: CertifiedRetraining) -> String {
        "the contribution of \(row.replacedBy.member) to \(row.round)"
    }

    private static func name(_ shard: ShardReference) -> String { "shard \(shard.shard) of \(shard.dataset)" }
}
