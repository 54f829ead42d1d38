internal import Bytes
public import ChainViews
internal import Events

extension LineageGraph {
    /// What `model` descends from: its contributions, what they were trained on, down to the base; with the
    /// contributions to the same rounds that deletions took out, and the models that it replaced.
    public init(view: PublicView, closureOf model: ModelRow) {
        var closure = Closure(view: view)
        closure.visit(model)
        self.init(view: view)
        contributions.removeAll { !closure.contributions.contains($0.position) }
        models.removeAll { !closure.models.contains($0.position) }
        let named = Set(contributions.map(\.round)).union(models.map(\.round))
        rounds.removeAll { !named.contains($0.round) }
        members = Set(contributions.map(\.member)).sorted()
    }

    /// The part of it in `rounds`: chains of rounds grow long, and a page holds what it draws.
    func part(in kept: Set<RoundID>) -> LineageGraph {
        var part = self
        part.rounds.removeAll { !kept.contains($0.round) }
        part.contributions.removeAll { !kept.contains($0.round) }
        part.models.removeAll { !kept.contains($0.round) }
        part.members = Set(part.contributions.map(\.member)).sorted()
        return part
    }

    /// Walks from a model towards the base. A list instead of recursion: chains of rounds grow long.
    private struct Closure {
        let view: PublicView
        private(set) var contributions: Set<Count> = []
        private(set) var models: Set<Count> = []
        private var walked: Set<Count> = []
        private var waiting: [ContributionRow] = []

        init(view: PublicView) { self.view = view }

        mutating func visit(_ model: ModelRow) {
            add(model)
            while let row = waiting.popLast() {
                guard walked.insert(row.position).inserted else { continue }
                contributions.insert(row.position)
                for parent in row.parents { addParent(parent, of: row) }
            }
        }

        private mutating func addParent(_ parent: ArtifactDigest, of row: ContributionRow) {
            if let earlier = view.contributions(withAdapter: parent).last(where: { $0.position < row.position }) {
                waiting.append(earlier)
            } else if let model = view.models(withDigest: parent).last(where: { $0.position < row.position }) {
                add(model)
            }
        }

        private mutating func add(_ model: ModelRow) {
            guard models.insert(model.position).inserted else { return }
            // Other materialisations of the round, or of its cohort: what this one replaced, or was replaced by.
            models.formUnion(view.allModels(of: model.round).filter { $0.cohort == model.cohort }.map(\.position))
            let round = view.rounds[model.round]
            for row in view.allContributions(to: model.round)
            where !row.counts && (model.cohort == nil || round?.cohort(of: row.member) == model.cohort) {
                contributions.insert(row.position)
            }
            waiting += view.mergedContributions(of: model)
        }
    }
}
