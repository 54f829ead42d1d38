internal import Adapters
public import Bytes
public import ChainViews
public import Events
internal import LedgerStore
internal import MerkleLog
internal import Replay
internal import Signing
public import Training

/// A member's wish to train for a round.
public struct TrainingRequest: Sendable {
    public var round: RoundID
    /// All shards of each.
    public var datasets: [DatasetID]
    public var recipe: Recipe
    public var options: TrainingOptions

    public init(
        round: RoundID, datasets: [DatasetID], recipe: Recipe, options: TrainingOptions = TrainingOptions()
    ) {
        self.round = round
        self.datasets = datasets
        self.recipe = recipe
        self.options = options
    }
}

/// How runs are computed. Nothing of it changes a bit of what the built-in trainer gives.
public struct TrainingOptions: Sendable {
    /// `nil`: all cores.
    public var threads: Int?
    /// An external trainer; `nil`: the built-in one.
    public var trainer: TrainerCommand?
    /// Steps between two saved states; `nil`: as often as costs next to nothing.
    public var saveEvery: Int?

    public init(threads: Int? = nil, trainer: TrainerCommand? = nil, saveEvery: Int? = nil) {
        self.threads = threads
        self.trainer = trainer
        self.saveEvery = saveEvery
    }
}

/// One run on one shard, wherever it belongs in the history.
public struct ShardRunRequest: Sendable {
    public var shard: ShardReference
    public var round: RoundID
    public var recipe: Recipe
    /// The adapter digest of what training starts from; `nil` for the recipe's initial values.
    public var parent: ArtifactDigest?
    /// Records to leave out besides those that are erased.
    public var excluding: Set<RecordCommitment>
    /// The plan under which the run takes the place of an earlier one.
    public var plan: ArtifactDigest?

    public init(
        shard: ShardReference, round: RoundID, recipe: Recipe, parent: ArtifactDigest?,
        excluding: Set<RecordCommitment> = [], plan: ArtifactDigest? = nil
    ) {
        self.shard = shard
        self.round = round
        self.recipe = recipe
        self.parent = parent
        self.excluding = excluding
        self.plan = plan
    }
}

/// The exact merge of shard runs, kept in this ledger.
public struct MergedRuns: Sendable {
    public var adapter: ArtifactDigest
    public var tensors: ArtifactDigest
    public var configuration: ArtifactDigest
    /// How many records the runs used together.
    public var weight: Weight
    public var training: TrainingReference
}

/// What `lethe train` did.
public struct TrainingSummary: Sendable {
    public var runs: [RunRow]
    /// How many of them were there already.
    public var reused: Int
    public var contribution: AdapterCommitted
    public var recorded: Recorded
    /// Whether an earlier call had done all of it.
    public var wasDone = false
}

extension Ledger {
    // MARK: A round

    /// Trains every shard of the datasets for an open round, commits each run on the member's private chain,
    /// merges the runs exactly (weights are numbers of records), and commits the merge to the round.
    ///
    /// May be interrupted at any point and called again: runs that are done are not done again, a run under
    /// way goes on where it was last saved, and the bytes are those of a call that nobody interrupted.
    public func train(_ request: TrainingRequest, as member: MemberName) throws -> TrainingSummary {
        let view = try view
        let origin = try requiredPrivateChain(of: member)
        if let done = try trained(request, as: member, on: origin) { return done }
        let round = try trainableRound(request.round, view)
        let bench = try workbench(for: round, request.options)
        try bench.check(request.recipe)
        let shards = try shardsToTrain(request.datasets, origin)
        try checkCommittable(request, round, bench, shards, as: member)
        var runs: [RunRow] = []
        var reused = 0
        for (number, shard) in shards.enumerated() {
            let run = ShardRunRequest(
                shard: shard, round: request.round, recipe: request.recipe,
                parent: try parent(of: shard, in: round, member, view))
            let (row, isNew) = try trainShard(
                run, as: member, on: bench, options: request.options,
                label: "training shard \(number + 1) of \(shards.count)")
            runs.append(row)
            if !isNew { reused += 1 }
        }
        let merged = try mergeRuns(runs, for: round)
        let (event, recorded) = try commit(merged, runs, to: round, as: member, on: origin)
        return TrainingSummary(runs: runs, reused: reused, contribution: event, recorded: recorded)
    }

    /// What an earlier call of the same request did; `nil` where the member has not contributed to the round.
    ///
    /// - Throws: where it contributed something else: a round takes one contribution of each member.
    private func trained(
        _ request: TrainingRequest, as member: MemberName, on origin: Origin
    ) throws -> TrainingSummary? {
        let rows = try viewAhead().contributions(to: request.round)
        guard let row = rows.first(where: { $0.member == member }) else { return nil }
        let datasets = Set(request.datasets)
        let recipe = ArtifactDigest(retagging: request.recipe.digest)
        guard let training = row.training, training.recipe == recipe,
            Set(training.shards.map(\.dataset)) == datasets, let chain = privateViews[origin],
            case let runs = training.shards.compactMap({ chain.currentRun(on: $0, in: request.round) }),
            runs.count == training.shards.count, Hash256(runs: runs.map(\.trained.run)) == training.runs
        else {
            throw EngineError(
                .refused,
                "\(member) has contributed to \(request.round) already, by another recipe or from other data",
                hint: "a round takes one contribution of each member: train for another round")
        }
        let (recorded, event) = try recorded(row.event)
        guard case .adapterCommitted(let contribution) = event else { return nil }
        return TrainingSummary(
            runs: runs, reused: runs.count, contribution: contribution, recorded: recorded, wasDone: true)
    }

    private func trainableRound(_ id: RoundID, _ view: PublicView) throws -> RoundRow {
        guard let round = view.rounds[id] else {
            throw EngineError(
                .invalidRequest, "there is no round \(id)", hint: "lethe show rounds lists them")
        }
        guard round.state == .open else {
            throw EngineError(.refused, "\(id) is closed", hint: "train for a round that is open")
        }
        guard round.rule != .ffa else {
            throw EngineError(
                .refused, "\(id) merges by the rule ffa, for which A is frozen; recipes train A and B",
                hint: "open a round with --rule mean")
        }
        return round
    }

    /// Refuses at once what the round would refuse after hours of training.
    private func checkCommittable(
        _ request: TrainingRequest, _ round: RoundRow, _ bench: Workbench, _ shards: [ShardReference],
        as member: MemberName
    ) throws {
        let placeholder = ArtifactDigest(bytes: surroundings.random.generate(32))!
        let training = TrainingReference(
            recipe: ArtifactDigest(retagging: request.recipe.digest), runs: Hash256(retagging: placeholder),
            shards: Ascending(shards), trainer: .builtIn, environment: placeholder)
        let event = AdapterCommitted(
            adapter: placeholder,
            configuration: .sha256(try bench.configuration(of: request.recipe).canonicalBytes), parents: [],
            round: round.round, tensors: placeholder, weight: Weight(1)!, training: training)
        try dryRun(.adapterCommitted(event), as: member, on: publicOrigin)
    }

    /// The shards that have records left, ascending.
    private func shardsToTrain(_ datasets: [DatasetID], _ origin: Origin) throws -> [ShardReference] {
        var shards: [ShardReference] = []
        for dataset in Set(datasets).sorted() {
            let open = try openDataset(dataset)
            guard open.chain == origin else {
                throw EngineError(
                    .refused, "\(dataset) stands on \(open.chain), not on \(origin)",
                    hint: "a member trains on its own datasets; name it with --as")
            }
            let found = open.manifest.shards.indices.filter { !open.left(in: $0).isEmpty }
                .map { ShardReference(dataset: dataset, shard: Count($0)!) }
            // A gap in the last shard is found before the first is trained.
            for shard in found { _ = try records(of: shard, in: open, excluding: []) }
            shards += found
        }
        guard !shards.isEmpty else {
            throw EngineError(
                .refused, "no record is left to train on", hint: "lethe show datasets says what is erased")
        }
        return shards
    }

    /// What a shard's run starts from. Isolated: its own adapter of the latest earlier round that its member
    /// contributed to and that it was trained for. Else: what the topology suggests.
    func parent(
        of shard: ShardReference, in round: RoundRow, _ member: MemberName, _ view: PublicView
    ) throws -> ArtifactDigest? {
        guard round.topology == .isolated else { return suggestedParents(of: round, member, view).first }
        return try parentRun(of: shard, in: round, member, view)?.trained.adapter
    }

    private func parentRun(
        of shard: ShardReference, in round: RoundRow, _ member: MemberName, _ view: PublicView
    ) throws -> RunRow? {
        let chain = try chain(of: shard.dataset)
        let earlier = view.allRounds.filter {
            $0.openedAt < round.openedAt && $0.topology == round.topology && $0.base == round.base
        }
        for candidate in earlier.reversed() {
            let hasContributed = view.contributions(to: candidate.round).contains { $0.member == member }
            if hasContributed, let run = chain.currentRun(on: shard, in: candidate.round) { return run }
        }
        return nil
    }

    // MARK: A shard

    /// Makes the round's base ready for training. Worth keeping for several runs.
    func workbench(for round: RoundRow, _ options: TrainingOptions = TrainingOptions()) throws -> Workbench {
        let (encoder, location, name) = try encoder(for: round.base)
        let threads = max(1, options.threads ?? surroundings.cores)
        return Workbench(
            base: round.base, baseName: name, location: location, encoder: encoder,
            trainer: Trainer(base: encoder, threads: threads), threads: threads, command: options.trainer,
            scratch: scratch)
    }

    /// Trains one shard, keeps the adapter and commits the run; where the run that counts has the same inputs
    /// and its adapter is here, that one is given back.
    ///
    /// Adapter before event: a run without its adapter never exists here.
    func trainShard(
        _ request: ShardRunRequest, as member: MemberName, on bench: Workbench,
        options: TrainingOptions = TrainingOptions(), label: String = "training"
    ) throws -> (row: RunRow, isNew: Bool) {
        let open = try openDataset(request.shard.dataset)
        let records = try records(of: request.shard, in: open, excluding: request.excluding)
        let parent = try request.parent.map { try parentTensors($0, bench) }
        let job = Workbench.Job(recipe: request.recipe, parent: parent, records: records)
        if let row = try done(job, request, bench) {
            try directory.states.remove(Self.stateName(request.shard))
            return (row, false)
        }
        let start = ContinuousClock().now
        let outcome = try compute(job, request, bench, options, label)
        let elapsed = outcome.earlierMilliseconds + Self.milliseconds(since: start)
        let adapter = try keep(outcome.result.tensors, request.recipe, bench)
        let used = RecordSet(ascending: records.map { RecordCommitment(retagging: $0.commitment) })
        let event = ShardTrained(
            adapter: adapter, base: bench.base, dataset: request.shard.dataset,
            durationMilliseconds: Count(elapsed)!, encoder: ArtifactDigest(retagging: bench.encoder.digest),
            parent: request.parent, plan: request.plan,
            recipe: ArtifactDigest(retagging: request.recipe.digest),
            records: used, round: request.round, run: ArtifactDigest(retagging: outcome.result.run),
            shard: request.shard.shard, tensors: ArtifactDigest(retagging: outcome.result.tensorDigest),
            trainer: outcome.result.trainer)
        let document = ShardRunDocument(
            excluded: Ascending(open.excluded(in: request.shard, besides: request.excluding)),
            parentTensors: parent.map { ArtifactDigest(retagging: $0.digest) },
            recipe: String(decoding: request.recipe.json, as: UTF8.self))
        let recorded = try record(
            .shardTrained(event), as: member, on: open.chain, body: (.json, CanonicalJSON.encode(document)),
            anchoring: false)
        try directory.states.remove(Self.stateName(request.shard))
        return (privateViews[open.chain]!.runs[recorded.event]!, true)
    }

    static func milliseconds(since start: ContinuousClock.Instant) -> Int {
        let elapsed = start.duration(to: ContinuousClock().now).components
        return Int(elapsed.seconds) * 1_000 + Int(elapsed.attoseconds / 1_000_000_000_000_000)
    }

    /// Under which the state of the run under way on a shard is saved. A shard has one: another run, or its
    /// end, takes the place of what an abandoned one left.
    static func stateName(_ shard: ShardReference) -> String { "\(shard.dataset)/\(shard.shard)" }

    /// The run that counts, where it has these inputs and its adapter is here.
    private func done(
        _ job: Workbench.Job, _ request: ShardRunRequest, _ bench: Workbench
    ) throws -> RunRow? {
        let row = try chain(of: request.shard.dataset).currentRun(on: request.shard, in: request.round)
        let kind: TrainerKind = bench.command == nil ? .builtIn : .external
        guard let row, row.trained.plan == request.plan, row.trained.trainer.kind == kind,
            job.inputs.runDigest(result: TensorDigest(retagging: row.trained.tensors))
                == RunInputs.RunDigest(retagging: row.trained.run),
            try holdsAdapter(row.trained.adapter)
        else { return nil }
        return row
    }

    /// The records that a run on `shard` uses, ascending by commitment.
    ///
    /// - Throws: where a row is missing that no erasure names, or does not open to its commitment.
    func records(
        of shard: ShardReference, in open: OpenDataset, excluding: Set<RecordCommitment>
    ) throws -> [TrainingRecord] {
        let wanted = open.left(in: shard.shard.value).filter { !excluding.contains($0) }
        let found: [RecordCommitment: OpenRecord]
        do {
            let rows = try directory.records.records(of: shard.dataset, shard: shard.shard.value)
            found = Dictionary(uniqueKeysWithValues: rows.map { ($0.commitment, $0) })
        } catch let error as StoreError where error.code == .corrupt {
            throw EngineError(
                .inconsistent,
                "shard \(shard.shard) of \(shard.dataset) fails its commitment: \(error.message)",
                hint: "nothing was trained; lethe check says which rows are damaged", cause: error)
        }
        let missing = wanted.filter { found[$0] == nil }
        guard missing.isEmpty else {
            throw EngineError(
                .missing,
                "\(missing.count) of \(wanted.count) records of shard \(shard.shard) of \(shard.dataset) "
                    + "are missing, and no erasure names them; the first is \(missing[0].hex.prefix(16))…",
                hint: "restore vault.sqlite from its newest backup, or finish the erasure that took them")
        }
        return wanted.map { commitment in
            let record = found[commitment]!.record
            return TrainingRecord(
                commitment: TrainingRecord.Commitment(retagging: commitment), text: record.text,
                label: record.label)
        }
    }

    private func parentTensors(_ digest: ArtifactDigest, _ bench: Workbench) throws -> NamedTensors {
        guard let adapter = try adapter(digest, base: bench.base) else {
            throw EngineError(
                .missing,
                "the adapter \(digest.hex.prefix(16))… that training starts from is not in this ledger",
                hint: "ask a member that has it for the directory, then: lethe adapter import DIR")
        }
        return try NamedTensors(adapter)
    }

    /// Keeps tensors as an adapter, encrypted; its digest.
    private func keep(
        _ tensors: NamedTensors, _ recipe: Recipe, _ bench: Workbench
    ) throws -> ArtifactDigest {
        try bench.withDirectory(of: tensors, recipe) { path, adapter in
            let digest = ArtifactDigest(retagging: try adapter.digests().adapter)
            try keepAdapter(at: path, adapter, digest: digest)
            return digest
        }
    }

    private func compute(
        _ job: Workbench.Job, _ request: ShardRunRequest, _ bench: Workbench, _ options: TrainingOptions,
        _ label: String
    ) throws -> (result: Workbench.Outcome, earlierMilliseconds: Int) {
        if bench.command != nil {
            surroundings.progress("\(label), by the external trainer", 0, 2)
            return (try bench.runCommand(job, of: request.shard), 0)
        }
        let name = Self.stateName(request.shard)
        let inputs = job.inputs.digest
        let saved = try directory.states.load(name).flatMap { SavedRun(bytes: $0, of: inputs) }
        let start = ContinuousClock().now
        var keeper = StateKeeper(interval: options.saveEvery)
        var failure: (any Error)?
        let outcome: TrainingOutcome
        do throws(TrainingError) {
            outcome = try bench.trainer.train(
                job.recipe, parent: job.parent, records: job.records, resuming: saved?.state,
                progress: { progress in
                    surroundings.progress(label, progress.step, progress.stepCount)
                    return failure != nil ? .stop : keeper.isDue(step: progress.step) ? .save : .goOn
                },
                save: { state in
                    let elapsed = (saved?.milliseconds ?? 0) + Self.milliseconds(since: start)
                    do {
                        try keeper.save {
                            let run = SavedRun(inputs: inputs, milliseconds: elapsed, state: state)
                            try directory.states.save(run.bytes, as: name)
                        }
                    } catch { failure = error }
                })
        } catch {
            if case .diverged = error { try directory.states.remove(name) }
            throw trainingRefusal(error, of: request.shard)
        }
        if let failure { throw failure }
        guard case .finished(let result) = outcome else { preconditionFailure("nobody stopped the run") }
        return (
            Workbench.Outcome(
                tensors: result.tensors, tensorDigest: result.tensorDigest, run: result.runDigest,
                trainer: .builtIn(arithmetic: TrainerText(Recipe.arithmetic)!)),
            saved?.milliseconds ?? 0
        )
    }

    // MARK: A contribution

    /// Merges runs exactly, each with the number of its records as its weight, and keeps the result.
    func mergeRuns(_ runs: [RunRow], for round: RoundRow) throws -> MergedRuns {
        let (digests, configuration) = try withMerge(of: runs, base: round.base) { path, adapter in
            let digests = try adapter.digests()
            try keepAdapter(at: path, adapter, digest: ArtifactDigest(retagging: digests.adapter))
            return (digests, adapter.configuration)
        }
        return MergedRuns(
            adapter: ArtifactDigest(retagging: digests.adapter),
            tensors: ArtifactDigest(retagging: digests.tensors),
            configuration: .sha256(configuration.canonicalBytes),
            weight: try Self.weight(of: runs), training: try Self.reference(to: runs))
    }

    /// The adapter digest of the exact merge of runs, of which nothing is kept.
    func mergedDigest(of runs: [RunRow], base: ArtifactDigest) throws -> ArtifactDigest {
        try withMerge(of: runs, base: base) { ArtifactDigest(retagging: try $1.digests().adapter) }
    }

    private func withMerge<Result>(
        of runs: [RunRow], base: ArtifactDigest, _ body: (String, Adapter) throws -> Result
    ) throws -> Result {
        let contributions = try runs.map { run in
            guard let adapter = try adapter(run.trained.adapter, base: base) else {
                throw EngineError(
                    .missing,
                    "the adapter of shard \(run.trained.shard) of \(run.trained.dataset) is not in this "
                        + "ledger",
                    hint: "train the shard again: lethe train \(run.trained.round)")
            }
            return try Contribution(
                adapter, weight: run.trained.records.count.value, label: "shard \(run.trained.shard)")
        }
        let merge = try Merge(contributions, rule: .mean, threads: surroundings.cores)
        return try withScratchDirectory(scratch) { path in
            try merge.write(toDirectory: path, threads: surroundings.cores)
            return try body(path, try Adapter(directory: path, base: BaseDigest(retagging: base)))
        }
    }

    /// One run with a base made ready for it alone; several are better off with ``workbench(for:_:)``.
    func retrainShard(
        _ request: ShardRunRequest, in round: RoundRow, as member: MemberName,
        options: TrainingOptions = TrainingOptions()
    ) throws -> RunRow {
        try trainShard(request, as: member, on: workbench(for: round, options), options: options).row
    }

    /// The records of a shard that are not erased, ascending by commitment.
    func trainingRecords(of shard: ShardReference) throws -> [TrainingRecord] {
        try records(of: shard, in: openDataset(shard.dataset), excluding: [])
    }

    private static func weight(of runs: [RunRow]) throws -> Weight {
        let records = runs.reduce(0) { $0 + $1.trained.records.count.value }
        guard let weight = Weight(records) else {
            throw EngineError(.refused, "\(records) records are more than a contribution can have")
        }
        return weight
    }

    /// What a contribution says of the runs that it is merged of.
    static func reference(to runs: [RunRow]) throws -> TrainingReference {
        guard let first = runs.first, runs.allSatisfy({ $0.trained.recipe == first.trained.recipe }) else {
            throw EngineError(
                .refused, "the shards were trained by different recipes",
                hint: "train all of them by one recipe")
        }
        return TrainingReference(
            recipe: first.trained.recipe, runs: Hash256(runs: runs.map(\.trained.run)),
            shards: Ascending(runs.map(\.trained.reference)),
            trainer: runs.contains { $0.trained.trainer.kind == .external } ? .external : .builtIn,
            environment: TrainerIdentity.digest(of: runs.map(\.trained.trainer)))
    }

    private func commit(
        _ merged: MergedRuns, _ runs: [RunRow], to round: RoundRow, as member: MemberName, on origin: Origin
    ) throws -> (AdapterCommitted, Recorded) {
        let view = try view
        let event = AdapterCommitted(
            adapter: merged.adapter, configuration: merged.configuration,
            parents: try parents(of: runs, in: round, member, view), round: round.round,
            tensors: merged.tensors,
            weight: merged.weight, training: merged.training)
        guard let adapter = try adapter(merged.adapter, base: round.base) else {
            throw EngineError(.inconsistent, "the merged adapter is not in this ledger")
        }
        try checkFits(adapter, member, merged.weight, round, view)
        try dryRun(.adapterCommitted(event), as: member, on: publicOrigin)
        // The runs are older than the contribution that is made of them, and the anchor shows it.
        try anchorIfBehind(origin, as: member)
        return (event, try record(.adapterCommitted(event), as: member, on: publicOrigin))
    }

    /// The public parents of a contribution: for isolated rounds the member's contributions that the parents
    /// of its runs went into; else what the runs started from.
    private func parents(
        of runs: [RunRow], in round: RoundRow, _ member: MemberName, _ view: PublicView
    ) throws -> Ascending<ArtifactDigest> {
        guard round.topology == .isolated else { return Ascending(runs.compactMap(\.trained.parent)) }
        return Ascending(
            try runs.compactMap { run in
                try parentRun(of: run.trained.reference, in: round, member, view).flatMap { parent in
                    view.contributions(to: parent.trained.round).last { $0.member == member }?.adapter
                }
            })
    }

    /// Anchors a private chain whose newest leaves no anchor covers, those in the outbox counted.
    func anchorIfBehind(_ origin: Origin, as member: MemberName) throws {
        let size = try size(of: origin)
        let waiting = try outbox(of: publicOrigin).compactMap { bytes -> TreeSize? in
            let statement = try Self.parse(bytes, publicOrigin).statement
            guard case .chainAnchored(let anchored) = statement.event, anchored.origin == origin,
                let commitment = statement.body?.commitment
            else { return nil }
            return try anchoredSize(commitment)
        }
        let covered = try openedAnchors(of: origin, publicView: view).map(\.size) + waiting
        if covered.allSatisfy({ $0 < size }) { try anchor(origin, as: member) }
    }
}

extension OpenDataset {
    /// The records of a shard that are left out: the erased ones, and those of `others` that lie in it.
    func excluded(in shard: ShardReference, besides others: Set<RecordCommitment>) -> [RecordCommitment] {
        manifest.shards[shard.shard.value].filter { erased.contains($0) || others.contains($0) }
    }
}

/// The state of a run with the time that it took so far: `inputs digest ‖ u64be milliseconds ‖ state`.
struct SavedRun {
    let inputs: RunInputs.Digest
    let milliseconds: Int
    let state: [UInt8]

    init(inputs: RunInputs.Digest, milliseconds: Int, state: [UInt8]) {
        (self.inputs, self.milliseconds, self.state) = (inputs, milliseconds, state)
    }

    /// `nil` for what is no saved run, and for one with other inputs.
    init?(bytes: [UInt8], of inputs: RunInputs.Digest) {
        guard bytes.count > 40, bytes.starts(with: inputs.bytes),
            let time = bytes.bigEndian(at: 32, as: UInt64.self), time < 1 << 53
        else { return nil }
        self.init(inputs: inputs, milliseconds: Int(time), state: Array(bytes.dropFirst(40)))
    }

    var bytes: [UInt8] {
        var bytes = inputs.bytes
        bytes.appendBigEndian(UInt64(milliseconds))
        return bytes + state
    }
}
