internal import Adapters
public import Bytes
internal import ChainViews
public import Events
internal import LedgerStore
internal import Training

/// What re-executing one training run gave.
public struct RunReplay: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// The same bytes as the event says.
        case equal
        /// An external run that a command repeated with the same bytes.
        case reproduced
        /// Something else than the event says; what.
        case differs(String)
        /// It was not run again; why.
        case notRun(String)
    }

    public var shard: ShardReference
    public var round: RoundID
    public var event: EventHash
    /// What the event says.
    public var run: ArtifactDigest
    public var tensors: ArtifactDigest
    /// What came out, where it was run.
    public var computedRun: ArtifactDigest?
    public var computedTensors: ArtifactDigest?
    /// What computed it again, and in how many milliseconds.
    public var trainer: TrainerIdentity?
    public var milliseconds = 0
    public var outcome: Outcome

    /// What was run and gave other bytes is an answer: no.
    public var isWrong: Bool { if case .differs = outcome { true } else { false } }
}

/// What merging a contribution's runs again gave.
public struct ContributionReplay: Hashable, Sendable {
    public var round: RoundID
    public var member: MemberName
    public var expected: ArtifactDigest
    public var computed: ArtifactDigest?
    /// Why it was not merged again.
    public var reason: String?
    /// What else its event says that does not follow from the runs.
    public var problem: String?

    public var isWrong: Bool { problem != nil || computed.map { $0 != expected } ?? false }
}

extension Ledger {
    /// Re-executes every run whose data this ledger holds, in chain order, and compares run and tensor
    /// digests; then merges again what the members here contributed from them.
    ///
    /// A run's parent is the adapter that this replay computed, or else the one that is kept here.
    ///
    /// - Parameters:
    ///   - dataset, round: only the runs of these; `nil` for all.
    ///   - options: a trainer command repeats external runs.
    public func retrain(
        dataset: DatasetID? = nil, round: RoundID? = nil, options: TrainingOptions = TrainingOptions()
    ) throws -> (runs: [RunReplay], contributions: [ContributionReplay]) {
        var replayer = RunReplayer(options: options)
        var results: [RunReplay] = []
        for chain in privateViews.values.sorted(by: { $0.origin < $1.origin }) {
            let rows = chain.allRuns.filter { row in
                (dataset.map { $0 == row.trained.dataset } ?? true)
                    && (round.map { $0 == row.trained.round } ?? true)
            }
            for (number, row) in rows.enumerated() {
                results.append(try replay(row, with: &replayer, label: "run \(number + 1) of \(rows.count)"))
            }
        }
        return (results, dataset == nil ? try replayContributions(in: round) : [])
    }

    /// Commits an external run that a replay repeated with the same bytes once more, under the trainer that
    /// repeated it: that makes it reproduced. `nil` where a second event says so already.
    ///
    /// - Parameter member: who says so; without one the chain's operator, or else its first reader with keys
    ///   here.
    public func recordReproduction(_ replay: RunReplay, as member: MemberName? = nil) throws -> Recorded? {
        let chain = try chain(of: replay.shard.dataset)
        guard replay.outcome == .reproduced, let trainer = replay.trainer, let row = chain.runs[replay.event],
            !chain.isReproduced(row), let document = try runDocument(row)
        else { return nil }
        var event = row.trained
        event.trainer = trainer
        event.durationMilliseconds = Count(replay.milliseconds)!
        return try record(
            .shardTrained(event), as: member ?? localReader(of: chain), on: chain.origin,
            body: (.json, CanonicalJSON.encode(document)))
    }

    private func localReader(of chain: PrivateView) throws -> MemberName {
        let local = localMembers
        if let name = try view.chains[chain.origin]?.chainOperator, local.contains(name) { return name }
        guard let reader = chain.readers.first(where: local.contains) else {
            throw EngineError(
                .missing, "no reader of \(chain.origin) has keys in this ledger",
                hint: "run it in a ledger of one of its readers")
        }
        return reader
    }

    /// What a replay has made ready and computed so far.
    private struct RunReplayer {
        let options: TrainingOptions
        var benches: [ArtifactDigest: Result<Workbench, EngineError>] = [:]
        var computed: [ArtifactDigest: NamedTensors] = [:]
    }

    private func replay(_ row: RunRow, with replayer: inout RunReplayer, label: String) throws -> RunReplay {
        var result = RunReplay(
            shard: row.trained.reference, round: row.trained.round, event: row.event, run: row.trained.run,
            tensors: row.trained.tensors, outcome: .equal)
        do {
            let (bench, job) = try job(of: row, with: &replayer)
            let start = ContinuousClock().now
            let outcome = try run(job, row, bench, label)
            result.milliseconds = Self.milliseconds(since: start)
            result.trainer = outcome.trainer
            result.computedRun = ArtifactDigest(retagging: outcome.run)
            result.computedTensors = ArtifactDigest(retagging: outcome.tensorDigest)
            let adapter = ArtifactDigest(
                retagging: AdapterDigest.of(try bench.configuration(of: job.recipe), outcome.tensorDigest))
            if result.computedTensors != row.trained.tensors {
                result.outcome = .differs("the tensors have the digest \(outcome.tensorDigest)")
            } else if result.computedRun != row.trained.run || adapter != row.trained.adapter {
                result.outcome = .differs("the digests of run or adapter do not follow from what went in")
            } else {
                replayer.computed[row.trained.adapter] = outcome.tensors
                result.outcome = row.trained.trainer.kind == .external ? .reproduced : .equal
            }
        } catch let stop as RunStop {
            result.outcome = stop.outcome
        } catch let error as EngineError where error.cause is TrainingError {
            result.outcome = .differs(error.message)
        }
        return result
    }

    /// Why a run was not executed.
    private struct RunStop: Error {
        let outcome: RunReplay.Outcome

        static func notRun(_ reason: String) -> RunStop { RunStop(outcome: .notRun(reason)) }
        static func differs(_ reason: String) -> RunStop { RunStop(outcome: .differs(reason)) }
    }

    private func run(
        _ job: Workbench.Job, _ row: RunRow, _ bench: Workbench, _ label: String
    ) throws -> Workbench.Outcome {
        if row.trained.trainer.kind == .external {
            return try bench.runCommand(job, of: row.trained.reference)
        }
        let outcome: TrainingOutcome
        do throws(TrainingError) {
            outcome = try bench.trainer.train(job.recipe, parent: job.parent, records: job.records) {
                progress in
                surroundings.progress(label, progress.step, progress.stepCount)
                return .goOn
            }
        } catch {
            throw trainingRefusal(error, of: row.trained.reference)
        }
        guard case .finished(let result) = outcome else { preconditionFailure("nobody stopped the run") }
        return Workbench.Outcome(
            tensors: result.tensors, tensorDigest: result.tensorDigest, run: result.runDigest,
            trainer: .builtIn(arithmetic: TrainerText(Recipe.arithmetic)!))
    }

    /// What a run was made with, put together again from its body, its dataset's rows and its parent.
    private func job(
        of row: RunRow, with replayer: inout RunReplayer
    ) throws -> (bench: Workbench, job: Workbench.Job) {
        let trained = row.trained
        let isExternal = trained.trainer.kind == .external
        guard !isExternal || replayer.options.trainer != nil else {
            throw RunStop.notRun("an external trainer's: name its command with --trainer")
        }
        if case .builtIn = trained.trainer.kind, trained.trainer.arithmetic?.text != Recipe.arithmetic {
            throw RunStop.notRun("of another arithmetic: \(trained.trainer.arithmetic?.text ?? "none")")
        }
        guard let document = try runDocument(row) else {
            throw RunStop.notRun("what it was made with is not in this ledger")
        }
        let recipe: Recipe
        do throws(RecipeError) {
            recipe = try Recipe(json: Array(document.recipe.utf8))
        } catch {
            throw RunStop.differs("\(error)")
        }
        guard ArtifactDigest(retagging: recipe.digest) == trained.recipe else {
            throw RunStop.differs(
                "its body has the recipe \(recipe.digest), its event names \(trained.recipe)")
        }
        let records = try usedRecords(row, document)
        let bench = try bench(for: trained.base, &replayer)
        guard ArtifactDigest(retagging: bench.encoder.digest) == trained.encoder else {
            throw RunStop.differs(
                "its event names the encoder \(trained.encoder), the base is \(bench.encoder.digest)")
        }
        let parent = try trained.parent.map { try parentTensors($0, document, bench, replayer) }
        return (bench, Workbench.Job(recipe: recipe, parent: parent, records: records))
    }

    func runDocument(_ row: RunRow) throws -> ShardRunDocument? {
        guard let body = try body(row.body) else { return nil }
        do throws(JSONError) {
            let document = try CanonicalJSON.decode(ShardRunDocument.self, from: body.bytes)
            guard document.format == ShardRunDocument.format else {
                throw JSONError.invalidValue(path: "$.format", reason: "is not \(ShardRunDocument.format)")
            }
            return document
        } catch {
            throw EngineError(
                .inconsistent, "the body of the run \(row.event) is not one: \(error)", cause: error)
        }
    }

    private func usedRecords(_ row: RunRow, _ document: ShardRunDocument) throws -> [TrainingRecord] {
        let shard = row.trained.reference
        let open: OpenDataset
        do {
            open = try openDataset(shard.dataset)
        } catch let error as EngineError where error.code == .missing {
            throw RunStop.notRun("its dataset is not held here")
        }
        let used = open.used(in: shard, less: document)
        guard RecordSet(ascending: used) == row.trained.records else {
            throw RunStop.differs("the records that its body leaves are not those that its event commits to")
        }
        let erased = used.count { open.erased.contains($0) }
        guard erased == 0 else { throw RunStop.notRun("\(erased) of its \(used.count) records are erased") }
        do {
            return try records(of: shard, in: open, excluding: Set(document.excluded))
        } catch let error as EngineError where error.code == .missing {
            throw RunStop.notRun("its records are not held here")
        }
    }

    private func bench(for base: ArtifactDigest, _ replayer: inout RunReplayer) throws -> Workbench {
        if replayer.benches[base] == nil {
            do {
                let round = try view.allRounds.first { $0.base == base }!
                replayer.benches[base] = .success(try workbench(for: round, replayer.options))
            } catch let error as EngineError {
                replayer.benches[base] = .failure(error)
            }
        }
        switch replayer.benches[base]! {
        case .success(let bench): return bench
        case .failure(let error): throw RunStop.notRun(error.message)
        }
    }

    private func parentTensors(
        _ digest: ArtifactDigest, _ document: ShardRunDocument, _ bench: Workbench, _ replayer: RunReplayer
    ) throws -> NamedTensors {
        let tensors: NamedTensors
        if let computed = replayer.computed[digest] {
            tensors = computed
        } else if let adapter = try adapter(digest, base: bench.base) {
            tensors = try NamedTensors(adapter)
        } else {
            throw RunStop.notRun("the adapter that it starts from is not in this ledger")
        }
        guard ArtifactDigest(retagging: tensors.digest) == document.parentTensors else {
            throw RunStop.differs(
                "the parent has the tensor digest \(tensors.digest), its body says "
                    + "\(document.parentTensors?.hex ?? "none")")
        }
        return tensors
    }

    // MARK: Contributions

    /// Merges again what the members here contributed from runs.
    private func replayContributions(in round: RoundID?) throws -> [ContributionReplay] {
        let view = try view
        return try view.allRounds.filter { round == nil || $0.round == round }.flatMap { row in
            try view.contributions(to: row.round).compactMap { contribution -> ContributionReplay? in
                guard let training = contribution.training, localMembers.contains(contribution.member) else {
                    return nil
                }
                var result = ContributionReplay(
                    round: row.round, member: contribution.member, expected: contribution.adapter)
                guard let runs = try runs(behind: training, of: contribution.member, in: row.round) else {
                    result.reason = "its runs are not on a private chain here"
                    return result
                }
                result.problem = try problem(of: contribution, made: runs, in: row)
                let missing = try runs.count { try !holdsAdapter($0.trained.adapter) }
                guard missing == 0 else {
                    result.reason = "\(missing) of its \(runs.count) shard adapters are not in this ledger"
                    return result
                }
                result.computed = try mergedDigest(of: runs, base: row.base)
                return result
            }
        }
    }

    /// What a contribution says of its weight and parents that its runs do not: both decide what the model is
    /// made of, and what a deletion finds.
    private func problem(of row: ContributionRow, made runs: [RunRow], in round: RoundRow) throws -> String? {
        let records = runs.reduce(0) { $0 + $1.trained.records.count.value }
        guard row.weight.value == records else {
            return "its weight is \(row.weight), its runs used \(records) records"
        }
        let hidden = "it does not name all that its runs started from"
        guard round.topology == .isolated else {
            return runs.compactMap(\.trained.parent).allSatisfy(row.parents.contains) ? nil : hidden
        }
        // The member's contributions to the rounds whose runs these go on from; any of a round's, as plans
        // replace them.
        let view = try view
        let own = row.parents.flatMap { view.contributions(withAdapter: $0) }.filter {
            $0.member == row.member
        }
        let declared = Set(own.map(\.round))
        let chain = try chain(of: runs[0].trained.dataset)
        let earlier = Set(
            runs.compactMap { run in
                chain.runs(on: run.trained.reference).last {
                    $0.trained.adapter == run.trained.parent && $0.position < run.position
                        && $0.trained.round != round.round
                }?.trained.round
            })
        return earlier.isSubset(of: declared) ? nil : hidden
    }

    /// The runs that a contribution is merged of, by the digest over them: for each shard one of those on it.
    func runs(
        behind training: TrainingReference, of member: MemberName, in round: RoundID
    ) throws -> [RunRow]? {
        guard let origin = privateChain(of: member), let chain = privateViews[origin] else { return nil }
        let candidates = training.shards.map { chain.runs(on: $0, in: round) }
        guard candidates.allSatisfy({ !$0.isEmpty }) else { return nil }
        // Runs are repeated for all shards or for those that a plan touches, so one of these is the set.
        let plans = Set(candidates.flatMap { $0.map(\.trained.plan) })
        var choices = [candidates.map { $0.last! }, candidates.map { $0[0] }]
        for plan in plans {
            choices.append(candidates.map { rows in rows.last { $0.trained.plan == plan } ?? rows.last! })
        }
        return choices.first { Hash256(runs: $0.map(\.trained.run)) == training.runs }
    }
}

extension OpenDataset {
    /// The records of a shard that a run with this body used, ascending.
    func used(in shard: ShardReference, less document: ShardRunDocument) -> [RecordCommitment] {
        let excluded = Set(document.excluded)
        return manifest.shards[shard.shard.value].filter { !excluded.contains($0) }
    }
}
