public import Adapters
public import Bytes
public import ChainViews
public import Events

/// What rebuilding one model gave.
public struct ModelReplay: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// The same bytes as the chain says.
        case equal
        /// Other bytes than the chain says.
        case differs(ArtifactDigest)
        /// Nothing to compare with: the contributions are not those of any materialisation. The digest is new.
        case counterfactual(ArtifactDigest)
        /// Nothing is left to merge.
        case empty
        /// The adapters of these contributions are not at hand.
        case missing([ArtifactDigest])
        /// The contributions do not merge.
        case failed(String)
    }

    public var round: RoundID
    /// The cohort whose contributions were merged, if not all of the round's.
    public var cohort: CohortName?
    /// What the chain says, where a materialisation merged exactly these contributions.
    public var expected: ArtifactDigest?
    public var contributions: [EventHash]
    public var outcome: Outcome

    public init(
        round: RoundID, cohort: CohortName? = nil, expected: ArtifactDigest?, contributions: [EventHash],
        outcome: Outcome
    ) {
        self.round = round
        self.cohort = cohort
        self.expected = expected
        self.contributions = contributions
        self.outcome = outcome
    }
}

/// Rebuilds models from their contributions by exact merging.
public struct ModelReplayer {
    /// Finds an adapter by its digest, under the base that its round names; `nil` where it is not at hand.
    public typealias Source = (_ adapter: ArtifactDigest, _ base: ArtifactDigest) throws -> Adapter?

    private let view: PublicView
    private let source: Source
    private let scratch: String
    private let threads: Int

    /// - Parameter scratch: a directory for the merged tensors, which are removed again.
    public init(view: PublicView, scratch: String, threads: Int, source: @escaping Source) {
        self.view = view
        self.source = source
        self.scratch = scratch
        self.threads = threads
    }

    /// Every closed round's model, and those of its cohorts, as it follows from the contributions that are not excluded: by the chain's own plans,
    /// or by `excluding`.
    public func replay(
        excluding excluded: Set<EventHash> = [], progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> [ModelReplay] {
        let merged = view.allRounds.filter { $0.state == .closed }.flatMap { round in
            ([nil] + (round.cohorts?.map(\.name) ?? [])).map { (round, $0) }
        }.filter { view.latestModel(of: $0.round, cohort: $1) != nil }
        return try merged.enumerated().map { offset, part in
            let (round, cohort) = part
            progress(offset, merged.count)
            let rows = view.contributions(to: round.round, cohort: cohort).filter { !excluded.contains($0.event) }
            return try replay(round, cohort: cohort, rows)
        }
    }

    /// One round's model, or one of its cohorts', merged from `rows`.
    public func replay(
        _ round: RoundRow, cohort: CohortName? = nil, _ rows: [ContributionRow]
    ) throws -> ModelReplay {
        let events = rows.map(\.event)
        let set = EventSet(events)
        let known = view.allModels(of: round.round).last { $0.contributions == set && $0.cohort == cohort }
        func result(_ outcome: ModelReplay.Outcome) -> ModelReplay {
            ModelReplay(
                round: round.round, cohort: cohort, expected: known?.model, contributions: events, outcome: outcome)
        }
        guard !rows.isEmpty else { return result(.empty) }
        var contributions: [Contribution] = []
        var missing: [ArtifactDigest] = []
        for row in rows {
            if let adapter = try source(row.adapter, round.base) {
                contributions.append(
                    try Contribution(adapter, weight: row.weight.value, label: row.member.text))
            } else {
                missing.append(row.adapter)
            }
        }
        guard missing.isEmpty else { return result(.missing(missing)) }
        do {
            let digest = try merge(contributions, round).digest
            guard let known else { return result(.counterfactual(digest)) }
            return result(digest == known.model ? .equal : .differs(digest))
        } catch let error as MergeError {
            return result(.failed("\(error)"))
        }
    }

    /// Merges into a directory under `scratch`, calls `body` with it, and removes it.
    @discardableResult
    public func merge(
        _ contributions: [Contribution], _ round: RoundRow, _ body: (Adapter, String) throws -> Void = { _, _ in }
    ) throws -> (digest: ArtifactDigest, tensors: ArtifactDigest) {
        let rule = Adapters.MergeRule(rawValue: round.rule.rawValue)!
        let merge = try Merge(contributions, rule: rule, threads: threads)
        return try withScratchDirectory(scratch) { directory in
            try merge.write(toDirectory: directory, threads: threads)
            let adapter = try Adapter(directory: directory, base: BaseDigest(retagging: round.base))
            let digests = try adapter.digests()
            try body(adapter, directory)
            return (ArtifactDigest(retagging: digests.adapter), ArtifactDigest(retagging: digests.tensors))
        }
    }
}
