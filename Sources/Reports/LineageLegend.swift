/// What the marks of a lineage picture mean, inside the picture, so that it can be cut out and still be
/// read.
enum LineageLegend {
    enum Glyph: Hashable, Sendable {
        case node(LineageLayout.NodeKind)
        case model(LineageLayout.ModelKind)
        case line(LineageLayout.Role)
        case base
    }

    struct Item: Hashable, Sendable {
        var glyph: Glyph
        var text: String
        var at: Point
    }

    static let rowHeight = 22, glyphWidth = 30

    /// The marks that occur, in as many columns as fit.
    static func items(for layout: LineageLayout) -> [Item] {
        let entries = entries(for: layout)
        let cell = entries.map { glyphWidth + 8 + TextWidth.of($0.1, size: 11) + 18 }.max() ?? 1
        let columns = max(1, (max(layout.metrics.width, 480) - 8) / cell)
        return entries.enumerated().map { index, entry in
            Item(
                glyph: entry.0, text: entry.1,
                at: Point(
                    x: 8 + index % columns * cell, y: layout.metrics.legendTop + index / columns * rowHeight
                ))
        }
    }

    static func height(of items: [Item]) -> Int {
        guard let first = items.first, let last = items.last else { return 0 }
        return last.at.y - first.at.y + rowHeight
    }

    private static func entries(for layout: LineageLayout) -> [(Glyph, String)] {
        let nodes = Set(layout.nodes.map(\.kind)), roles = Set(layout.lines.map(\.role))
        let models = Set(layout.models.map(\.kind))
        let kept = layout.metrics.isDense ? "contribution" : "contribution, with its weight"
        let all: [(Bool, Glyph, String)] = [
            (nodes.contains(.kept), .node(.kept), kept),
            (nodes.contains(.excluded), .node(.excluded), layout.words.excluded),
            (nodes.contains(.retraining), .node(.retraining), layout.words.toRetrain),
            (nodes.contains(.retrained), .node(.retrained), "trained again without the records"),
            (nodes.contains(.affected), .node(.affected), "trained on an affected model"),
            (nodes.contains(.withdrawn), .node(.withdrawn), "withdrawn before any model merged it"),
            (nodes.contains(.excludedEarlier), .node(.excludedEarlier), layout.words.excludedEarlier),
            (layout.nodes.contains(where: \.startsFromBase), .base, "starts from the base model"),
            (roles.contains(.trained), .line(.trained), "was trained on"),
            (roles.contains(.mergedBefore), .line(.mergedBefore), "was merged, before"),
            (roles.contains(.merged), .line(.merged), "is merged now"),
            (models.contains { $0.isOld }, .model(.replaced), "model that is no longer served"),
            (models.contains(.new), .model(.new), "model rebuilt without them"),
            (models.contains(.pending), .model(.pending), "model that would be rebuilt or withdrawn"),
            (models.contains(.unchanged), .model(.unchanged), "model that is not affected"),
        ]
        return all.filter(\.0).map { ($0.1, $0.2) }
    }
}
