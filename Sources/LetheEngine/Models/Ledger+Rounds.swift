internal import Adapters
public import Bytes
public import ChainViews
public import Events
internal import LedgerStore
internal import Replay

/// A contribution as its member describes it.
public struct ContributionRequest: Sendable {
    public var directory: String
    public var round: RoundID
    public var weight: Int
    /// Adapters that training started from. `nil`: what the round's topology suggests.
    public var parents: [ArtifactDigest]?

    public init(directory: String, round: RoundID, weight: Int, parents: [ArtifactDigest]? = nil) {
        self.directory = directory
        self.round = round
        self.weight = weight
        self.parents = parents
    }
}

extension Ledger {
    /// Commits the adapter in a PEFT directory to an open round.
    ///
    /// The adapter is held against the round's other contributions that lie here, so that what cannot be merged is
    /// refused now. Its bytes are kept before the event: an event without its blob never exists here.
    public func commitAdapter(_ request: ContributionRequest, as member: MemberName) throws -> (
        Recorded, AdapterCommitted
    ) {
        let view = try view
        guard let round = view.rounds[request.round] else {
            throw EngineError(
                .invalidRequest, "there is no round \(request.round)", hint: "open it with lethe round open")
        }
        guard let weight = Weight(request.weight) else {
            throw EngineError(
                .invalidRequest, "the weight \(request.weight) is not in 1...\(Weight.range.upperBound)",
                hint: "give the number of training samples with --samples")
        }
        let found = try inspect(request.directory, base: round.base)
        try checkBaseName(found.adapter, request, round, view)
        let event = AdapterCommitted(
            adapter: found.adapterDigest,
            configuration: .sha256(found.adapter.configuration.canonicalBytes),
            parents: Ascending(request.parents ?? suggestedParents(of: round, member, view)),
            round: request.round, tensors: found.tensors, weight: weight)
        try checkFits(found.adapter, member, weight, round, view)
        try dryRun(.adapterCommitted(event), as: member, on: publicOrigin)
        try keepAdapter(at: request.directory, found.adapter, digest: found.adapterDigest)
        return (try record(.adapterCommitted(event), as: member, on: publicOrigin), event)
    }

    /// Isolated: the member's contribution to the latest earlier round. Feedback: the latest earlier round's model.
    /// Cohort: that of the member's cohort.
    func suggestedParents(of round: RoundRow, _ member: MemberName, _ view: PublicView) -> [ArtifactDigest] {
        let earlier = view.allRounds.filter {
            $0.openedAt < round.openedAt && $0.topology == round.topology && $0.base == round.base
        }
        switch round.topology {
        case .isolated:
            let own = earlier.flatMap { view.contributions(to: $0.round) }.filter { $0.member == member }
            return own.last.map { [$0.adapter] } ?? []
        case .feedback, .cohort:
            let cohort = round.cohort(of: member)
            let models = earlier.compactMap { view.latestModel(of: $0.round, cohort: cohort) }
            return models.last { $0.state == .current }.map { [$0.model] } ?? []
        }
    }

    /// Refuses an adapter that says it was trained on another base than the round's: it may fit, and would spoil the model; or
    /// it does not, and holds up everybody else's.
    ///
    /// The base's names are the registered ones, and the path at which this ledger found its weights. That two names mean the
    /// same weights is for an aggregator to say, once for all, and not for whoever wants to commit.
    private func checkBaseName(
        _ adapter: Adapter, _ request: ContributionRequest, _ round: RoundRow, _ view: PublicView
    ) throws {
        let base = view.bases[round.base]!
        guard let actual = adapter.configuration.baseName, !base.names.contains(where: { $0.text == actual }),
            try actual != pathOfBase(base)
        else { return }
        throw EngineError(
            .refused,
            "the adapter in \(request.directory) was trained on \"\(actual)\", not on "
                + base.names.map { "\"\($0)\"" }.joined(separator: " or "),
            hint:
                "if those are the same weights under another name, an aggregator says so for all: lethe base register "
                + "NAME --digest \(base.base); or if they lie at that path on this machine: lethe base locate PATH")
    }

    /// Refuses an adapter that does not merge with those that the round has already.
    func checkFits(
        _ adapter: Adapter, _ member: MemberName, _ weight: Weight, _ round: RoundRow, _ view: PublicView
    ) throws {
        var contributions = try contributions(to: round, view.contributions(to: round.round), allowMissing: true)
        contributions.append(try Contribution(adapter, weight: weight.value, label: member.text))
        do {
            _ = try Merge(contributions, rule: Adapters.MergeRule(rawValue: round.rule.rawValue)!)
        } catch let error as MergeError {
            throw EngineError(
                .refused, "the adapter does not fit \(round.round): \(error)",
                hint:
                    "train with the configuration that the round's other contributions have; if it is one of those that does "
                    + "not fit: lethe adapter withdraw \(round.round) --of MEMBER --reason misfit", cause: error)
        }
    }

    /// The adapters behind `rows`; those that do not lie here are an error, or left out.
    func contributions(
        to round: RoundRow, _ rows: [ContributionRow], allowMissing: Bool = false
    ) throws -> [Contribution] {
        try rows.compactMap { row in
            guard let adapter = try adapter(row.adapter, base: round.base) else {
                if allowMissing { return nil }
                throw EngineError(
                    .missing,
                    "the adapter \(row.adapter.hex.prefix(16))… of \(row.member) in \(round.round) is not in this ledger",
                    hint: "ask \(row.member) for the directory, then: lethe adapter import DIR")
            }
            return try Contribution(adapter, weight: row.weight.value, label: row.member.text)
        }
    }

    /// Takes back the contribution of `member` to `round`, or sets it aside with the signatures of `cosigners`.
    public func withdrawContribution(
        of member: MemberName, to round: RoundID, reason: ContributionWithdrawn.Reason, as author: MemberName,
        cosigners: [MemberName]
    ) throws -> Recorded {
        let event = try withdrawal(of: member, to: round, reason: reason)
        return try record(event, as: author, on: publicOrigin, cosigners: cosigners)
    }

    /// The event that withdraws the contribution of `member` to `round` that counts.
    public func withdrawal(
        of member: MemberName, to round: RoundID, reason: ContributionWithdrawn.Reason
    ) throws -> Event {
        let view = try view
        guard view.rounds[round] != nil else {
            throw EngineError(.invalidRequest, "there is no round \(round)", hint: "lethe show rounds lists them")
        }
        guard let row = view.contributions(to: round).first(where: { $0.member == member }) else {
            throw EngineError(
                .invalidRequest, "\(member) has no contribution to \(round) that counts",
                hint: "lethe show contributions lists them")
        }
        return .contributionWithdrawn(
            ContributionWithdrawn(adapter: row.adapter, contribution: row.event, reason: reason))
    }

    public func closeRound(_ round: RoundID, as member: MemberName) throws -> Recorded {
        let rows = try view.contributions(to: round)
        return try record(
            .roundClosed(RoundClosed(contributions: EventSet(rows.map(\.event)), round: round)), as: member,
            on: publicOrigin)
    }

    /// Materialises the model of a closed round: the exact merge of the contributions that count.
    ///
    /// - Parameters:
    ///   - cohort: the cohort whose contributions are merged; `nil` for all of the round's.
    ///   - plan: the plan under which another model takes the place of the one that the round has.
    public func materialize(
        _ id: RoundID, cohort: CohortName? = nil, as member: MemberName, plan: ArtifactDigest? = nil
    ) throws -> (Recorded, ModelMaterialized) {
        let view = try view
        guard let round = view.rounds[id] else {
            throw EngineError(.invalidRequest, "there is no round \(id)", hint: "lethe show rounds lists them")
        }
        guard view.members[member]?.roles.contains(.aggregator) ?? false else {
            throw EngineError(
                .refused, "\(member) does not have the role aggregator", hint: "name a member that has, with --as")
        }
        if plan == nil, let model = view.latestModel(of: id, cohort: cohort), model.state == .current {
            throw EngineError(.refused, "\(id) has the model \(model.model) already")
        }
        guard round.state == .closed else {
            throw EngineError(
                .refused, "\(id) is open: its contributions are not settled", hint: "lethe round close \(id)")
        }
        let rows = view.contributions(to: id, cohort: cohort)
        guard !rows.isEmpty else { throw EngineError(.refused, "no contribution to \(id) is left to merge") }
        let set = EventSet(rows.map(\.event))
        let old = plan.flatMap { _ in view.latestModel(of: id, cohort: cohort) }
        let digests = try buildModel(of: round, rows, set, replacing: old)
        let event = ModelMaterialized(
            contributions: set, model: digests.digest, plan: plan, round: id, tensors: digests.tensors,
            cohort: cohort)
        return (try record(.modelMaterialized(event), as: member, on: publicOrigin), event)
    }

    /// The merge of `rows`, kept as a blob; by subtraction from the sum of the model that it replaces, where that is here.
    func buildModel(
        of round: RoundRow, _ rows: [ContributionRow], _ set: EventSet, replacing old: ModelRow?
    ) throws -> (digest: ArtifactDigest, tensors: ArtifactDigest) {
        if let old, let digests = try rebuildFromRunningSum(round, old, rows, set) { return digests }
        let contributions = try contributions(to: round, rows)
        let digests = try replayer(view).merge(contributions, round) { adapter, directory in
            let digests = try adapter.digests()
            try keepAdapter(at: directory, adapter, digest: ArtifactDigest(retagging: digests.adapter))
        }
        try keepRunningSum(round, contributions, set)
        return digests
    }

    /// Rebuilds models from the adapters that are here now. What is here is looked up once: a long chain names many
    /// adapters that are not.
    func replayer(_ view: PublicView) throws -> ModelReplayer {
        // Merging what is at hand already asks for none.
        var listed: Set<BlobID>?
        return ModelReplayer(view: view, scratch: scratch, threads: surroundings.cores) { digest, base in
            let held = try listed ?? Set(self.directory.blobs.list().map(\.id))
            listed = held
            guard BlobID.adapter(digest).allSatisfy(held.contains) else { return nil }
            return try self.adapter(digest, base: base)
        }
    }

    /// Merges the same contributions again and, where the bytes are equal, says so on the chain.
    public func attest(_ digest: ArtifactDigest, as member: MemberName) throws -> Recorded {
        let view = try view
        guard let model = view.model(digest), let round = view.rounds[model.round] else {
            throw EngineError(.invalidRequest, "there is no model \(digest)")
        }
        let result = try replayer(view).replay(round, cohort: model.cohort, view.mergedContributions(of: model))
        if case .missing(let adapters) = result.outcome {
            throw EngineError(
                .missing,
                "\(adapters.count) adapter(s) of \(model.round) are not in this ledger, the first \(adapters[0].hex.prefix(16))…",
                hint: "lethe adapter import DIR brings one in; then the model can be merged again")
        }
        guard result.outcome == .equal else {
            throw EngineError(
                .refused, "merging the contributions of \(digest.hex.prefix(16))… again gave \(result.outcome)",
                hint: "do not attest it; lethe replay shows every model")
        }
        return try record(
            .modelAttested(ModelAttested(materialization: model.event, model: digest)), as: member,
            on: publicOrigin)
    }

    /// Writes a model as a PEFT directory. Only what is current is served.
    public func exportModel(_ text: String, to path: String) throws -> ModelRow {
        let row = try resolveModel(text)
        let view = try view
        guard row.state == .current else {
            let successor = row.replacedBy.flatMap { view.models[$0] }?.model.hex
            throw EngineError(
                .refused, "the model \(row.model.hex.prefix(16))… of \(row.round) is \(row.state.rawValue)",
                hint: successor.map { "its successor is \($0)" } ?? "nothing takes its place")
        }
        guard view.isServable(row) else {
            throw EngineError(
                .refused,
                "the model \(row.model.hex.prefix(16))… of \(row.round) merged bytes that a deletion took out of use",
                hint: "lethe check says what this ledger has that it should not")
        }
        guard let adapter = try adapter(row.model, base: view.rounds[row.round]!.base) else {
            throw EngineError(
                .missing, "the model \(row.model.hex.prefix(16))… is not in this ledger",
                hint: "import its adapter, or the contributions and materialise it here")
        }
        try writeAdapter(adapter, digest: row.model, to: path)
        return row
    }

    /// The model that `text` names: a round, or a digest or the first digits of one.
    public func resolveModel(_ text: String, in view: PublicView? = nil) throws -> ModelRow {
        let view = try view ?? self.view
        if let round = RoundID(text), let row = view.rounds[round] {
            guard let model = row.materialization.flatMap({ view.models[$0] }) else {
                throw EngineError(.missing, "\(round) has no model yet", hint: "lethe model materialize \(round)")
            }
            return model
        }
        let found = view.allModels.filter { text.count >= 8 && $0.model.hex.hasPrefix(text) }
        guard let model = found.last, Set(found.map(\.model)).count == 1 else {
            throw EngineError(
                .invalidRequest, "no model \"\(text)\"",
                hint: "give a round, or at least 8 digits of the model's digest; lethe show models lists them")
        }
        return model
    }

    /// Makes all admission checks for an event that would be recorded, and records nothing.
    func dryRun(_ event: Event, as member: MemberName, on origin: Origin) throws {
        let (savedPublic, savedPrivate) = (publicView, privateViews)
        defer { (publicView, privateViews) = (savedPublic, savedPrivate) }
        for bytes in try outbox(of: origin) {
            do {
                try admit(Self.parse(bytes, origin), to: origin)
            } catch let error as EngineError {
                throw waitingRefused(error, origin)
            }
        }
        let statement = try statement(event, as: member, on: origin, body: nil)
        let bytes = try seal(statement, with: [activeKey(of: member)])
        try admit(Self.parse(bytes, origin), to: origin)
    }
}
