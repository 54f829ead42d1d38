internal import Bytes
internal import ChainViews
internal import Events

/// Where everything of a lineage picture stands. Geometry alone: ``LineageDrawing`` makes marks of it.
///
/// A lane for each member, a column for each round. To the right of a round's contributions run two
/// strands down to its models: the old one touches what was merged before the deletion, the new one what
/// is merged now.
struct LineageLayout: Hashable, Sendable {
    /// What is drawn at most. Beyond it members share one lane, and rounds that no deletion touches are
    /// left out.
    static let maximumMembers = 40, maximumRounds = 20
    /// Beyond it the models of some cohorts are left out.
    static let maximumGroups = 5

    enum NodeKind: Int, Hashable, Sendable, CaseIterable {
        case kept, withdrawn, excludedEarlier, affected, retraining, excluded, retrained
    }

    enum ModelKind: Hashable, Sendable, CaseIterable {
        /// Pending: it is served, and a plan would rebuild or withdraw it.
        case unchanged, new, pending, replaced, recalled, suppressed

        var isOld: Bool { self == .replaced || self == .recalled || self == .suppressed }
    }

    enum Role: Hashable, Sendable { case merged, mergedBefore, trained, replacement }

    struct Label: Hashable, Sendable {
        var text: String
        var full: String
        var note: String?
        var at: Point
    }

    struct Node: Hashable, Sendable {
        var box: Box
        var kind: NodeKind
        var text: String?
        var title: String
        /// Whether it starts from the base alone.
        var startsFromBase: Bool
    }

    struct ModelBox: Hashable, Sendable {
        var box: Box
        var kind: ModelKind
        var digits: String
        var title: String
    }

    struct Line: Hashable, Sendable {
        var points: [Point]
        var role: Role
    }

    struct Dot: Hashable, Sendable {
        var at: Point
        var isOld: Bool
    }

    let metrics: LineageMetrics
    var rowLabels: [Label] = []
    var columnLabels: [Label] = []
    var bandLabels: [Label] = []
    var nodes: [Node] = []
    var models: [ModelBox] = []
    var lines: [Line] = []
    var dots: [Dot] = []
    /// Where a round has no model that is served.
    var vacancies: [Label] = []
    var lanes: [Box] = []
    var legend: [LineageLegend.Item] = []
    var width = 0, height = 0
    /// Rounds that are not drawn, how many of them the deletion touches, and members that share the last
    /// lane.
    var hiddenRounds = 0, hiddenTouchedRounds = 0, sharedMembers = 0
    /// Cohorts whose models are not drawn.
    var hiddenCohorts = 0

    /// The words of the document that it stands in.
    let words: LineageFocus.Words

    /// - Parameters:
    ///   - plan: the deletion's plan; what earlier plans excluded is shown as such.
    ///   - affected: places of contributions that were trained on an affected model and still exist.
    ///   - toRetrain: places of those that wait to be trained again.
    init(_ graph: LineageGraph, plan: ArtifactDigest?, affected: Set<Count>, toRetrain: Set<Count> = []) {
        self.init(
            graph, LineageFocus(plans: plan.map { [$0] } ?? [], toRetrain: toRetrain, affected: affected))
    }

    init(_ graph: LineageGraph, _ focus: LineageFocus) {
        let selection = LineageSelection(graph, focus)
        words = focus.words
        metrics = LineageMetrics(selection)
        hiddenRounds = graph.rounds.count - selection.rounds.count
        hiddenTouchedRounds = selection.touchedRounds.subtracting(selection.rounds.map(\.round)).count
        sharedMembers = selection.others.count
        hiddenCohorts = selection.hiddenGroups
        var builder = LineageBuilder(selection, metrics)
        builder.build(&self)
        legend = LineageLegend.items(for: self)
        let bottom = metrics.legendTop + LineageLegend.height(of: legend)
        width = max(metrics.width, 480)
        height = bottom + 8
    }
}

/// Which members and rounds get a lane and a column of their own.
struct LineageSelection {
    let graph: LineageGraph
    let focus: LineageFocus
    let rounds: [LineageGraph.Round]
    let members: [MemberName]
    /// Members that share the last lane.
    let others: Set<MemberName>
    /// Rounds with a contribution that is excluded or affected.
    let touchedRounds: Set<RoundID>
    /// Whose models are drawn below each other: those of each cohort, and `nil` for those of whole rounds, last.
    private(set) var groups: [CohortName?] = [nil]
    private(set) var hiddenGroups = 0

    init(_ graph: LineageGraph, _ focus: LineageFocus) {
        (self.graph, self.focus) = (graph, focus)
        let touched = graph.contributions.filter(focus.touches)
        let touchedMembers = Set(touched.map(\.member))
        touchedRounds = Set(touched.map(\.round))
        members = Self.choose(graph.members, limit: LineageLayout.maximumMembers - 1, first: touchedMembers)
        others = Set(graph.members).subtracting(members)
        let names = Self.choose(
            graph.rounds.map(\.round).reversed(), limit: LineageLayout.maximumRounds, first: touchedRounds)
        let chosen = Set(names)
        rounds = graph.rounds.filter { chosen.contains($0.round) }
        let drawn = graph.models.filter { chosen.contains($0.round) }
        let cohorts = Set(drawn.compactMap(\.cohort)).sorted()
        let isWhole = cohorts.isEmpty || drawn.contains { $0.cohort == nil }
        let touchedCohorts = Set(touched.compactMap(\.cohort))
        let kept = Self.choose(cohorts, limit: LineageLayout.maximumGroups - 1, first: touchedCohorts)
        groups = kept.map(Optional.some) + (isWhole ? [nil] : [])
        hiddenGroups = cohorts.count - kept.count
    }

    /// The rounds that a picture of `graph` draws.
    static func drawnRounds(_ graph: LineageGraph, _ focus: LineageFocus) -> Set<RoundID> {
        Set(LineageSelection(graph, focus).rounds.map(\.round))
    }

    /// All of `candidates` where they are not more than one above `limit`; else `limit` of them, those in
    /// `first` before others, in the order given.
    private static func choose<Name: Hashable>(_ candidates: [Name], limit: Int, first: Set<Name>) -> [Name] {
        guard candidates.count > limit + 1 else { return candidates }
        let ranked = candidates.filter(first.contains) + candidates.filter { !first.contains($0) }
        let chosen = Set(ranked.prefix(limit))
        return candidates.filter(chosen.contains)
    }

    func kind(_ row: LineageGraph.Contribution) -> LineageLayout.NodeKind { focus.kind(row) }

    /// The model of `round` for `cohort` that stood before the plans and was disposed of by them.
    func oldModel(of round: RoundID, _ cohort: CohortName?) -> LineageGraph.Model? {
        let models = graph.models.filter { $0.round == round && $0.cohort == cohort }
        if let new = models.first(where: focus.made) {
            return models.first { $0.replacedBy == new.position }
        }
        return models.last { model in
            (model.state == .recalled || model.state == .suppressed)
                && model.contributions.contains { position in
                    contribution(at: position).map { [.excluded, .retraining, .affected].contains(kind($0)) } ?? false
                }
        }
    }

    /// The model that `round` serves to `cohort`.
    func currentModel(of round: RoundID, _ cohort: CohortName?) -> LineageGraph.Model? {
        graph.models.last { $0.round == round && $0.cohort == cohort && $0.state == .current }
    }

    func contribution(at position: Count) -> LineageGraph.Contribution? {
        graph.contributions.first { $0.position == position }
    }
}

/// The measures of a picture, in pixels: roomy where few members and rounds are drawn, dense where there
/// are many.
struct LineageMetrics: Hashable, Sendable {
    let isDense: Bool
    let rows, columns, labelWidth: Int
    /// For each group of models, whether a deletion disposed of one of them.
    let hasOldModels: [Bool]

    init(_ selection: LineageSelection) {
        let lanes = selection.members.count + (selection.others.isEmpty ? 0 : 1)
        (rows, columns) = (lanes, selection.rounds.count)
        isDense = rows > 16 || columns > 7
        hasOldModels = selection.groups.map { group in
            selection.rounds.contains { selection.oldModel(of: $0.round, group) != nil }
        }
        let names = selection.members.map { min($0.text.count, 24) }
        let bands = selection.groups.compactMap { $0.map { min($0.text.count, 14) + 8 } }
        let longest = (names + bands).max() ?? 0
        labelWidth = max(120, TextWidth.of(String(repeating: "m", count: longest), size: 12) + 20)
    }

    var row: Int { isDense ? 20 : 36 }
    var column: Int { (isDense ? 72 : 158) + (hasOldModels.count - 1) * shift }
    /// How far right of the group above it a group's strands and models stand, so that strands pass its boxes.
    var shift: Int { isDense ? 12 : 34 }
    var node: (x: Int, width: Int, height: Int) { isDense ? (8, 20, 12) : (16, 64, 24) }
    /// Where a column's strands run.
    var oldStrand: Int { isDense ? 36 : 96 }
    var newStrand: Int { isDense ? 42 : 108 }
    var model: (oldX: Int, newX: Int, width: Int, height: Int) {
        isDense ? (-9, -5, 48, 28) : (12, 24, 90, 38)
    }
    /// How far left of a column the lines run that come up from models.
    var rail: Int { isDense ? -13 : -16 }
    var digits: Int { isDense ? 6 : 8 }
    var lanesTop: Int { 34 }
    var lanesBottom: Int { lanesTop + rows * row }
    var channel: Int { lanesBottom + 12 }
    /// Where the models of `group` stand: those before, if there are any, and those now.
    private func oldTop(_ group: Int) -> Int {
        hasOldModels[..<group].reduce(lanesBottom + 26) { $0 + ($1 ? 2 : 1) * (model.height + 24) }
    }
    private func newTop(_ group: Int) -> Int { oldTop(group) + (hasOldModels[group] ? model.height + 24 : 0) }
    var legendTop: Int { newTop(hasOldModels.count - 1) + model.height + 24 }
    var width: Int { labelWidth + columns * column + 8 }

    func columnX(_ column: Int) -> Int { labelWidth + column * self.column }

    func nodeBox(row: Int, column: Int) -> Box {
        Box(
            x: columnX(column) + node.x, y: lanesTop + row * self.row + (self.row - node.height) / 2,
            width: node.width, height: node.height)
    }

    func modelBox(isOld: Bool, column: Int, group: Int = 0) -> Box {
        Box(
            x: columnX(column) + (isOld ? model.oldX : model.newX) + group * shift,
            y: isOld ? oldTop(group) : newTop(group), width: model.width, height: model.height)
    }

    func strandX(isOld: Bool, column: Int, group: Int) -> Int {
        columnX(column) + (isOld ? oldStrand : newStrand) + group * shift
    }
}
