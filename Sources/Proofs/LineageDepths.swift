internal import Bytes
internal import ChainViews
internal import Events

/// How far each contribution and model lies from some contributions, along the lineage: the longest way, in steps.
///
/// One pass in chain order, for parents stand before their children. A parent that an isolated round names is the
/// member's own earlier contribution; any other is an earlier model.
struct LineageDepths {
    private var depths: [EventHash: Int] = [:]

    /// - Parameter seeds: the contributions at depth zero.
    init(of seeds: [EventHash], in view: PublicView) {
        for seed in seeds { depths[seed] = 0 }
        guard !seeds.isEmpty else { return }
        let contributions = view.contributions.rows.values.map { (position: $0.position.value, event: $0.event) }
        let models = view.models.rows.values.map { (position: $0.position.value, event: $0.event) }
        for (_, event) in (contributions + models).sorted(by: { $0.position < $1.position })
        where depths[event] == nil {
            let farthest = Self.origins(of: event, in: view).compactMap { depths[$0] }.max()
            if let farthest { depths[event] = farthest + 1 }
        }
    }

    subscript(event: EventHash) -> Int? { depths[event] }

    /// What `event` was made from: the contributions that a model merged, the parents of a contribution.
    private static func origins(of event: EventHash, in view: PublicView) -> [EventHash] {
        if let model = view.models[event] { return view.contributions(of: model) }
        let row = view.contributions[event]!
        return row.parents.flatMap { parent in
            let own = view.contributions(withAdapter: parent).filter {
                $0.member == row.member && $0.position < row.position
            }
            let models = view.models(withDigest: parent).filter { $0.position < row.position }
            return own.map(\.event) + models.map(\.event)
        }
    }
}
