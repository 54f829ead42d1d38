internal import Adapters
internal import Bytes
internal import ChainViews
internal import Events
internal import Foundation
internal import Proofs
internal import Replay
internal import Training

/// What training one contribution again gave, whole: every run that the plan wanted, and the merge.
struct Repetition {
    /// The adapter digest of the merge.
    var adapter: ArtifactDigest
    /// The first thing that came out otherwise than it is said, in words; `nil` where nothing did.
    var difference: String?
    /// Whether the difference is none that an external trainer may make.
    var isCertain: Bool
    /// How many records of the old runs are in none of the new ones.
    var gone: Int
    /// How many shards the plan left alone.
    var kept: Int
    var records: Int
    /// The runs as they came out, with those that were left alone.
    var runs: Hash256<RunSetSubject>
    var shards: Ascending<ShardReference>
    /// What computed each run here.
    var trainers: [TrainerIdentity]

    var kind: TrainerKind { trainers.contains { $0.kind == .external } ? .external : .builtIn }

    var summary: String {
        "trained here from \(records) record(s) in \(shards.count) run(s)"
            + (kept == 0 ? "" : " and merged with \(kept) shard(s) that were left alone")
            + ": the same bytes; \(gone) record(s) of the old runs are in none of them"
    }
}

/// What came of one contribution.
enum RepetitionResult {
    case repeated(Repetition)
    /// Not trained again, or not whole; why.
    case notRun(String)
}

extension RetrainingVerifier {
    /// One run that was computed here.
    private struct Repeated {
        var run: RetrainingData.Run
        var outcome: Workbench.Outcome

        var isEqual: Bool { ArtifactDigest(retagging: outcome.tensorDigest) == run.tensors }
    }

    private enum RunResult {
        case done(Repeated)
        case notRun(String)
    }

    mutating func again(_ row: CertifiedRetraining, _ entry: RetrainingData.Contribution) throws -> RepetitionResult {
        let name = Self.name(row)
        let planned = plan.retraining.first { $0.contribution == row.replaces }!
        let gone = try compareRecords(entry, planned, name)
        try compareParents(entry, row, planned, name)
        let wanted = entry.new.filter { planned.shards.contains($0.shard) }
        guard let base = view.bases[row.base] else { return .notRun("the chain does not know its base") }
        var bench = Workbench(
            base: row.base, baseName: base.name, location: given.base, encoder: encoder, trainer: trainer,
            threads: given.threads, command: given.trainer, scratch: given.scratch)
        bench.onRefusal = "nothing of its run counts"
        var results: [Repeated] = []
        var difference: String?
        var isCertain = false
        for run in wanted {
            switch try train(run, row, name, bench) {
            case .done(let result):
                if !result.isEqual {
                    difference = difference ?? Self.difference(result, name)
                    isCertain = isCertain || run.trainer.kind == .builtIn
                }
                results.append(result)
            case .notRun(let reason):
                // What gave other bytes is an answer, whatever the rest would have given.
                if let difference, isCertain { throw RetrainingFault.no(difference) }
                return .notRun("\(results.count(where: \.isEqual)) run(s) gave the same bytes, then \(reason)")
            }
        }
        keep(results)
        guard let merged = try merged(entry.new, results, bench) else {
            return .notRun(
                "\(results.count(where: \.isEqual)) run(s) gave the same bytes, but the adapter of a shard that was left alone was not given"
            )
        }
        if difference == nil, merged != row.replacedBy.adapter {
            isCertain = true
            difference =
                "\(name): merging its runs gives \(merged.hex.prefix(16))…, not \(row.replacedBy.adapter.hex.prefix(16))…"
        }
        let fresh = Dictionary(uniqueKeysWithValues: results.map { ($0.run.run, $0.outcome.run) })
        return .repeated(
            Repetition(
                adapter: merged, difference: difference, isCertain: isCertain, gone: gone,
                kept: entry.new.count - results.count,
                records: wanted.reduce(0) { $0 + $1.records.count },
                runs: Hash256(
                    runs: entry.new.map { run in fresh[run.run].map { ArtifactDigest(retagging: $0) } ?? run.run }),
                shards: Ascending(wanted.map(\.shard)), trainers: results.map(\.outcome.trainer)))
    }

    private mutating func keep(_ results: [Repeated]) {
        for result in results {
            if result.isEqual {
                computed[result.run.tensors] = result.outcome.tensors
            } else {
                missed.insert(result.run.tensors)
            }
        }
    }

    private static func difference(_ result: Repeated, _ name: String) -> String {
        "\(name): training \(Self.name(result.run.shard)) again gives \(result.outcome.tensorDigest.hex.prefix(16))…, and the run is "
            + "said to have given \(result.run.tensors.hex.prefix(16))…"
    }

    /// Holds the records of new runs against those of old ones; how many are gone.
    private func compareRecords(
        _ entry: RetrainingData.Contribution, _ planned: PlannedRetraining, _ name: String
    ) throws -> Int {
        let touched = Set(plan.deletions.flatMap { view.deletions[$0]?.touched?.map(\.reference) ?? [] })
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

    // MARK: Training and merging

    /// Trains one run; or why it could not be done.
    private func train(
        _ run: RetrainingData.Run, _ row: CertifiedRetraining, _ name: String, _ bench: Workbench
    ) throws -> RunResult {
        let shard = Self.name(run.shard)
        let isExternal = run.trainer.kind == .external
        if isExternal, bench.command == nil {
            return .notRun("the run on \(shard) is an external trainer's: name its command with --trainer")
        }
        guard isExternal || run.trainer.arithmetic?.text == Recipe.arithmetic else {
            return .notRun("the run on \(shard) is of another arithmetic: \(run.trainer.arithmetic?.text ?? "none")")
        }
        let recipe = try recipe(of: run)
        try checkBase(recipe, row, name)
        let rows = try files.rows(of: run.shard)
        let missing = run.records.filter { rows[$0] == nil }
        guard missing.isEmpty else {
            return .notRun(
                "\(missing.count) of the \(run.records.count) records of \(shard) were not given; the first is "
                    + "\(missing[0].hex.prefix(16))…")
        }
        var parent: NamedTensors?
        if let digest = run.parent {
            guard !missed.contains(digest) else {
                return .notRun("what the run on \(shard) starts from came out otherwise")
            }
            parent = try computed[digest] ?? files.tensors(digest, base: row.base)
            guard parent != nil else {
                return .notRun("the adapter that the run on \(shard) starts from was not given")
            }
        }
        let records = run.records.map { commitment in
            let record = rows[commitment]!.record
            return TrainingRecord(
                commitment: TrainingRecord.Commitment(retagging: commitment), text: record.text, label: record.label)
        }
        let job = Workbench.Job(recipe: recipe, parent: parent, records: records)
        let outcome = try isExternal ? external(job, run.shard, bench) : builtIn(job, run.shard, name)
        return .done(Repeated(run: run, outcome: outcome))
    }

    private func checkBase(_ recipe: Recipe, _ row: CertifiedRetraining, _ name: String) throws(RetrainingFault) {
        guard ArtifactDigest(retagging: encoder.weightsDigest) == row.base, recipe.base == encoder.digest else {
            throw .undecided(
                "the base that was given has the digest \(encoder.weightsDigest.hex.prefix(16))…, and \(name) was trained on "
                    + "\(row.base.hex.prefix(16))…", hint: "give --base the directory of the model that the chain names"
            )
        }
        guard recipe.tokenizer == encoder.tokenizer.digest else {
            throw .undecided(
                "the vocabulary of the base that was given is another", hint: "fetch the base again")
        }
    }

    /// What somebody's program gives. What it may not give decides nothing about the member.
    private func external(
        _ job: Workbench.Job, _ shard: ShardReference, _ bench: Workbench
    ) throws(RetrainingFault) -> Workbench.Outcome {
        do {
            return try bench.runCommand(job, of: shard)
        } catch let error as EngineError {
            throw .undecided(error.message, hint: error.hint ?? "run the command by hand to see what is wrong with it")
        } catch {
            throw .undecided("the external trainer could not be run: \(error)")
        }
    }

    private func builtIn(_ job: Workbench.Job, _ shard: ShardReference, _ name: String) throws -> Workbench.Outcome {
        let label = "training \(Self.name(shard)) again"
        let outcome: TrainingOutcome
        do throws(TrainingError) {
            outcome = try trainer.train(job.recipe, parent: job.parent, records: job.records) { report in
                progress(label, report.step, report.stepCount)
                return .goOn
            }
        } catch {
            throw RetrainingFault.no(
                "\(name): the run on \(Self.name(shard)) cannot be what it is said to be: \(error)")
        }
        guard case .finished(let result) = outcome else { preconditionFailure("nobody stopped the run") }
        return Workbench.Outcome(
            tensors: result.tensors, tensorDigest: result.tensorDigest, run: result.runDigest,
            trainer: .builtIn(arithmetic: TrainerText(Recipe.arithmetic)!))
    }

    /// The adapter digest of the merge of what was computed here and what was left alone; `nil` where an adapter of
    /// these was not given.
    private func merged(
        _ runs: [RetrainingData.Run], _ results: [Repeated], _ bench: Workbench
    ) throws -> ArtifactDigest? {
        let fresh = Dictionary(uniqueKeysWithValues: results.map { ($0.run.run, $0.outcome.tensors) })
        return try withScratchDirectory(given.scratch) { folder in
            var parts: [Contribution] = []
            for (number, run) in runs.enumerated() {
                guard
                    let tensors = try fresh[run.run] ?? computed[run.tensors]
                        ?? files.tensors(run.tensors, base: bench.base)
                else { return nil }
                let path = "\(folder)/\(number)"
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                try bench.write(tensors, recipe(of: run), to: path)
                let adapter = try Adapter(directory: path, base: BaseDigest(retagging: bench.base))
                parts.append(try Contribution(adapter, weight: run.records.count, label: Self.name(run.shard)))
            }
            let merged = "\(folder)/merged"
            try Merge(parts, rule: .mean, threads: given.threads).write(toDirectory: merged, threads: given.threads)
            let digest = try Adapter(directory: merged, base: BaseDigest(retagging: bench.base)).digests().adapter
            return ArtifactDigest(retagging: digest)
        }
    }

    static func name(_ row: CertifiedRetraining) -> String {
        "the contribution of \(row.replacedBy.member) to \(row.round)"
    }

    static func name(_ shard: ShardReference) -> String { "shard \(shard.shard) of \(shard.dataset)" }
}
