internal import Bytes
internal import ChainViews
internal import Events

/// Places a selection's contributions, models and lines.
struct LineageBuilder {
    private let selection: LineageSelection
    private let metrics: LineageMetrics
    private var lanes: [MemberName: Int] = [:]
    private var columns: [RoundID: Int] = [:]
    /// Where the contribution with an adapter digest, or the model with one, is drawn.
    private var places: [ArtifactDigest: Place] = [:]

    private enum Place {
        case node(row: Int, column: Int)
        case model(isOld: Bool, column: Int, group: Int)
    }

    private struct Cell: Hashable { var row, column: Int }

    /// Where a round's model for one cohort, or for all, stands.
    private struct Spot: Hashable { var column, group: Int }

    init(_ selection: LineageSelection, _ metrics: LineageMetrics) {
        (self.selection, self.metrics) = (selection, metrics)
        for (row, member) in selection.members.enumerated() { lanes[member] = row }
        for member in selection.others { lanes[member] = selection.members.count }
        for (column, round) in selection.rounds.enumerated() { columns[round.round] = column }
    }

    mutating func build(_ layout: inout LineageLayout) {
        let cells = cells()
        findPlaces()
        addLabels(&layout)
        for (column, round) in selection.rounds.enumerated() {
            let isEmpty = !selection.graph.models.contains { $0.round == round.round }
            for (group, cohort) in selection.groups.enumerated() {
                let place = Spot(column: column, group: group)
                let old = selection.oldModel(of: round.round, cohort)
                let new = selection.currentModel(of: round.round, cohort)
                if let old { addModel(old, isOld: true, place, to: &layout) }
                if let new { addModel(new, isOld: false, place, to: &layout) }
                // A round without any model says so once.
                if new == nil, old != nil || isEmpty && group == selection.groups.count - 1 {
                    addVacancy(hadModel: old != nil, place, to: &layout)
                }
                if let old { addStrand(old, isOld: true, place, cells, to: &layout) }
                if let new { addStrand(new, isOld: false, place, cells, to: &layout) }
                if old != nil, new != nil { addReplacement(place, to: &layout) }
            }
        }
        for (cell, rows) in cells.sorted(by: { ($0.key.column, $0.key.row) < ($1.key.column, $1.key.row) }) {
            addNode(rows, cell, to: &layout)
            addParents(of: rows, cell, to: &layout)
        }
    }

    private func cells() -> [Cell: [LineageGraph.Contribution]] {
        var cells: [Cell: [LineageGraph.Contribution]] = [:]
        for row in selection.graph.contributions {
            guard let lane = lanes[row.member], let column = columns[row.round] else { continue }
            cells[Cell(row: lane, column: column), default: []].append(row)
        }
        return cells
    }

    /// Of several events with one digest the last in chain order counts.
    private mutating func findPlaces() {
        for row in selection.graph.contributions {
            guard let lane = lanes[row.member], let column = columns[row.round] else { continue }
            places[row.adapter] = .node(row: lane, column: column)
        }
        for (column, round) in selection.rounds.enumerated() {
            for (group, cohort) in selection.groups.enumerated() {
                if let old = selection.oldModel(of: round.round, cohort) {
                    places[old.model] = .model(isOld: true, column: column, group: group)
                }
                if let new = selection.currentModel(of: round.round, cohort) {
                    places[new.model] = .model(isOld: false, column: column, group: group)
                }
            }
        }
    }

    // MARK: Labels

    private func addLabels(_ layout: inout LineageLayout) {
        let kept = Set(
            selection.graph.contributions.filter { $0.excludedBy == nil && !$0.isWithdrawn }.map {
                [$0.member.text, $0.round.text]
            })
        let excluded = Set(
            selection.graph.contributions.filter { row in
                selection.focus.removes(row)
                    && (row.excludedBy == nil || !kept.contains([row.member.text, row.round.text]))
            }.map(\.member))
        for row in 0..<metrics.rows {
            let box = metrics.nodeBox(row: row, column: 0)
            let isShared = row == selection.members.count
            let name = isShared ? "\(selection.others.count) others" : selection.members[row].text
            let isExcluded = !isShared && excluded.contains(selection.members[row])
            layout.rowLabels.append(
                .init(
                    text: TextWidth.shorten(name, to: 24), full: name,
                    note: isExcluded ? selection.focus.words.mark : nil,
                    at: Point(x: 8, y: box.middle.y)))
            layout.lanes.append(
                Box(
                    x: 0, y: metrics.lanesTop + row * metrics.row, width: metrics.width, height: metrics.row
                ))
        }
        for (column, round) in selection.rounds.enumerated() {
            let box = metrics.nodeBox(row: 0, column: column)
            let limit = metrics.isDense ? 8 : 16
            layout.columnLabels.append(
                .init(
                    text: TextWidth.shortenFront(round.round.text, to: limit), full: round.round.text,
                    note: nil,
                    at: Point(x: box.x, y: 22)))
        }
        for (group, cohort) in selection.groups.enumerated() {
            if metrics.hasOldModels[group] { layout.bandLabels.append(band(group, cohort, isOld: true)) }
            layout.bandLabels.append(band(group, cohort, isOld: false))
        }
    }

    private func band(_ group: Int, _ cohort: CohortName?, isOld: Bool) -> LineageLayout.Label {
        let when = isOld ? "before" : "now"
        let whose = cohort.map { TextWidth.shorten($0.text, to: 14) } ?? "all"
        let full = "Models \(when)" + (cohort.map { " of the cohort \($0)" } ?? "")
        let box = metrics.modelBox(isOld: isOld, column: 0, group: group)
        return .init(
            text: selection.groups == [nil] ? full : "\(whose), \(when)", full: full, note: nil,
            at: Point(x: 8, y: box.middle.y))
    }

    // MARK: Models

    private func addModel(
        _ model: LineageGraph.Model, isOld: Bool, _ spot: Spot, to layout: inout LineageLayout
    ) {
        let kind: LineageLayout.ModelKind =
            switch model.state {
            case .replaced: .replaced
            case .recalled: .recalled
            case .suppressed: .suppressed
            case .current where selection.focus.toRebuild.contains(model.position): .pending
            case .current: selection.focus.made(model) ? .new : .unchanged
            }
        layout.models.append(
            .init(
                box: metrics.modelBox(isOld: isOld, column: spot.column, group: spot.group), kind: kind,
                digits: "\(model.model.hex.prefix(metrics.digits))…",
                title: "\(model.round.name(cohort: model.cohort)): model \(model.model.hex), event \(model.position), "
                    + "merges \(model.contributions.count) contributions"))
    }

    private func addVacancy(hadModel: Bool, _ spot: Spot, to layout: inout LineageLayout) {
        let words = selection.focus.words.noModel
        let text = hadModel ? "none" : metrics.isDense ? words.short : words.long
        layout.vacancies.append(
            .init(
                text: text, full: text, note: nil,
                at: metrics.modelBox(isOld: false, column: spot.column, group: spot.group).middle))
    }

    /// The strand of `model`: from the topmost contribution that it merges down to its box.
    private func addStrand(
        _ model: LineageGraph.Model, isOld: Bool, _ spot: Spot,
        _ cells: [Cell: [LineageGraph.Contribution]], to layout: inout LineageLayout
    ) {
        let merged = Set(model.contributions)
        let (column, group) = (spot.column, spot.group)
        let x = metrics.strandX(isOld: isOld, column: column, group: group)
        let role: LineageLayout.Role = isOld ? .mergedBefore : .merged
        let rows = (0..<metrics.rows).filter { row in
            cells[Cell(row: row, column: column)]?.contains { merged.contains($0.position) } ?? false
        }
        for row in rows {
            let box = metrics.nodeBox(row: row, column: column)
            let at = Point(x: x, y: box.middle.y)
            layout.lines.append(.init(points: [Point(x: box.right, y: at.y), at], role: role))
            layout.dots.append(.init(at: at, isOld: isOld))
        }
        guard let top = rows.first else { return }
        let start = metrics.nodeBox(row: top, column: column).middle.y
        let end = metrics.modelBox(isOld: isOld, column: column, group: group).y
        layout.lines.append(.init(points: [Point(x: x, y: start), Point(x: x, y: end)], role: role))
    }

    private func addReplacement(_ spot: Spot, to layout: inout LineageLayout) {
        let old = metrics.modelBox(isOld: true, column: spot.column, group: spot.group)
        let new = metrics.modelBox(isOld: false, column: spot.column, group: spot.group)
        let x = old.x + old.width / 2
        layout.lines.append(
            .init(points: [Point(x: x, y: old.bottom), Point(x: x, y: new.y)], role: .replacement))
    }

    // MARK: Contributions

    /// What of a cell's contributions is shown: what was withdrawn, or went earlier, only where nothing else is there.
    private func shown(_ rows: [LineageGraph.Contribution]) -> [LineageGraph.Contribution] {
        let others = rows.filter { ![.withdrawn, .excludedEarlier].contains(selection.kind($0)) }
        return others.isEmpty ? rows : others
    }

    /// What a cell shows: the gravest of its contributions; but where a member's excluded one has another in its place, that.
    private func kind(of rows: [LineageGraph.Contribution], isShared: Bool) -> LineageLayout.NodeKind {
        let gravest = rows.map(selection.kind).max { $0.rawValue < $1.rawValue }!
        let isReplaced = !isShared && rows.count > 1 && rows.last.map(selection.kind) == .kept
        return isReplaced && gravest == .excluded ? .retrained : gravest
    }

    private func addNode(
        _ rows: [LineageGraph.Contribution], _ cell: Cell, to layout: inout LineageLayout
    ) {
        let isShared = cell.row == selection.members.count
        let shown = shown(rows)
        let kind = kind(of: shown, isShared: isShared)
        let weight = shown.reduce(0) { $0 + $1.weight.value }
        let number = isShared ? "\(shown.count)" : (weight < 1_000_000 ? "\(weight)" : nil)
        let word: String? =
            switch kind {
            case .kept: number
            case .withdrawn: "withdrawn"
            case .affected: "affected"
            case .excluded: selection.focus.words.mark
            case .excludedEarlier: "earlier"
            case .retraining: "to train"
            case .retrained: "again"
            }
        let title =
            isShared
            ? "\(shown.count) contributions to \(rows[0].round)"
            : rows.map {
                "\($0.member) to \($0.round): event \($0.position), adapter \($0.adapter.hex), weight \($0.weight)"
                    + ($0.isWithdrawn ? ", withdrawn" : "")
            }.joined(separator: "; then ")
        layout.nodes.append(
            .init(
                box: metrics.nodeBox(row: cell.row, column: cell.column), kind: kind,
                text: metrics.isDense ? (isShared ? number : nil) : word, title: title,
                startsFromBase: rows.allSatisfy(\.parents.isEmpty)))
    }

    /// Lines from what the contributions of a cell were trained on.
    private func addParents(
        of rows: [LineageGraph.Contribution], _ cell: Cell, to layout: inout LineageLayout
    ) {
        let box = metrics.nodeBox(row: cell.row, column: cell.column)
        let end = Point(x: box.x, y: box.middle.y)
        for parent in Set(rows.flatMap(\.parents)).sorted() {
            let points: [Point] =
                switch places[parent] {
                case .node(let row, let column) where column < cell.column:
                    [Point(x: strandEnd(row: row, column: column, layout), y: end.y), end]
                case .model(let isOld, let column, let group) where column < cell.column:
                    route(
                        from: metrics.modelBox(isOld: isOld, column: column, group: group), column, to: end,
                        cell.column)
                default: [Point(x: end.x - metrics.node.x, y: end.y), end]
                }
            let line = LineageLayout.Line(points: points, role: .trained)
            if !layout.lines.contains(line) { layout.lines.append(line) }
        }
    }

    /// Where the merge line of a contribution ends, so that the line to its successor goes on from there.
    private func strandEnd(row: Int, column: Int, _ layout: LineageLayout) -> Int {
        let box = metrics.nodeBox(row: row, column: column)
        let ends = layout.dots.filter {
            $0.at.y == box.middle.y && $0.at.x > box.right && $0.at.x < box.x + metrics.column
        }
        return ends.map(\.at.x).max() ?? box.right
    }

    /// From a model's right edge up beside the next column, and along under the lanes where that is not
    /// the target's.
    private func route(from box: Box, _ column: Int, to end: Point, _ target: Int) -> [Point] {
        let start = Point(x: box.right, y: box.middle.y)
        let first = metrics.columnX(column + 1) + metrics.rail
        let last = metrics.columnX(target) + metrics.rail
        guard last > first else {
            return [start, Point(x: first, y: start.y), Point(x: first, y: end.y), end]
        }
        return [
            start, Point(x: first, y: start.y), Point(x: first, y: metrics.channel),
            Point(x: last, y: metrics.channel), Point(x: last, y: end.y), end,
        ]
    }
}
