public import ChainViews
public import Events

/// Why a history cannot be exported.
public enum ModelHistoryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An event that the view names, and of which nothing more is known.
    case unknownEvent(EventHash)

    public var description: String {
        switch self {
        case .unknownEvent(let event): "nothing is known of the event \(event)"
        }
    }
}

/// A model and everything of the public chain that it comes from: contributions and models down to the base, the models that
/// it took the place of, and the facts of each event.
///
/// Public by construction: it is made from the public view alone (I6).
public struct ModelHistory: Sendable {
    public let view: PublicView
    public let model: ModelRow
    public let round: RoundRow
    public let base: BaseRow
    /// In chain order, each once; ``model`` is among the models.
    public private(set) var models: [ModelRow] = []
    public private(set) var contributions: [ContributionRow] = []
    /// Those whose place a model of ``models`` took, with the plan.
    public private(set) var replaced: [(row: ModelRow, by: ModelRow)] = []
    /// The events of those of ``models`` and ``contributions`` that ``model`` rests on: what it was made of and from, without
    /// what it took the place of.
    public let foundations: Set<EventHash>
    private let facts: [EventHash: EventPlace]

    /// - Parameter facts: what is known of an event of the public chain.
    public init(
        of model: ModelRow, in view: PublicView, facts: (EventHash) throws -> EventPlace?
    ) throws {
        self.view = view
        self.model = model
        round = view.rounds[model.round]!
        base = view.bases[round.base]!
        var walk = Walk(view: view)
        walk.visit(model)
        foundations = Set(walk.models.keys).union(walk.contributions.keys)
        models = walk.models.values.sorted { $0.position < $1.position }
        for new in models {
            for old in view.allModels(of: new.round) where old.replacedBy == new.event {
                replaced.append((old, new))
            }
        }
        for old in replaced.map(\.row) { view.mergedContributions(of: old).forEach { walk.visit($0) } }
        contributions = walk.contributions.values.sorted { $0.position < $1.position }
        models = walk.models.values.sorted { $0.position < $1.position }
        var known: [EventHash: EventPlace] = [:]
        let plans = contributions.compactMap(\.excludedBy) + replaced.compactMap { $0.by.plan }
        let starts = plans.compactMap { view.plans[$0]?.startedBy }
        let events = models.map(\.event) + contributions.map(\.event) + replaced.map(\.row.event) + starts
        for event in events where known[event] == nil {
            guard let found = try facts(event) else { throw ModelHistoryError.unknownEvent(event) }
            known[event] = found
        }
        self.facts = known
    }

    func facts(of event: EventHash) -> EventPlace { facts[event]! }

    /// Those that a plan took out.
    var excluded: [ContributionRow] { contributions.filter { $0.excludedBy != nil } }

    /// What a contribution was trained from, by what its member says: earlier contributions and models.
    func parents(of row: ContributionRow) -> [Parent] {
        row.parents.compactMap { Self.parent($0, of: row, view) }
    }

    enum Parent {
        case contribution(ContributionRow)
        case model(ModelRow)
    }

    private static func parent(_ digest: ArtifactDigest, of row: ContributionRow, _ view: PublicView) -> Parent? {
        if let earlier = view.contributions(withAdapter: digest).last(where: { $0.position < row.position }) {
            return .contribution(earlier)
        }
        return view.models(withDigest: digest).last { $0.position < row.position }.map(Parent.model)
    }

    private struct Walk {
        let view: PublicView
        var models: [EventHash: ModelRow] = [:]
        var contributions: [EventHash: ContributionRow] = [:]

        mutating func visit(_ model: ModelRow) {
            guard models.updateValue(model, forKey: model.event) == nil else { return }
            for row in view.mergedContributions(of: model) { visit(row) }
        }

        mutating func visit(_ row: ContributionRow) {
            guard contributions.updateValue(row, forKey: row.event) == nil else { return }
            for digest in row.parents {
                switch ModelHistory.parent(digest, of: row, view) {
                case .contribution(let parent)?: visit(parent)
                case .model(let parent)?: visit(parent)
                case nil: continue
                }
            }
        }
    }
}
