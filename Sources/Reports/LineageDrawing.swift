/// Turns a lineage's geometry into SVG. Styles come from the page; every difference is one of shape, line
/// or word too.
struct LineageDrawing {
    let layout: LineageLayout
    let title: String
    let summary: String
    private var svg = SVG()

    init(_ layout: LineageLayout, title: String, summary: String) {
        (self.layout, self.title, self.summary) = (layout, title, summary)
    }

    /// The `<svg>` element.
    static func markup(_ layout: LineageLayout, title: String, summary: String) -> String {
        var drawing = LineageDrawing(layout, title: title, summary: summary)
        drawing.draw()
        return drawing.svg.markup
    }

    private mutating func draw() {
        svg.start(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "width": "\(layout.width)",
                "height": "\(layout.height)",
                "viewBox": "0 0 \(layout.width) \(layout.height)", "role": "img",
                "aria-labelledby": "lineage-title lineage-desc",
            ])
        svg.element("title", ["id": "lineage-title"], text: title)
        svg.element("desc", ["id": "lineage-desc"], text: summary)
        svg.start("g", ["class": layout.metrics.isDense ? "dense" : "roomy"])
        for (index, lane) in layout.lanes.enumerated() where index % 2 == 0 {
            svg.element("rect", ["class": "band"] + lane.attributes)
        }
        for line in layout.lines { draw(line) }
        for dot in layout.dots {
            svg.element(
                "circle",
                [
                    "class": dot.isOld ? "dot old" : "dot", "cx": "\(dot.at.x)", "cy": "\(dot.at.y)",
                    "r": "3",
                ])
        }
        drawLabels()
        for node in layout.nodes { draw(node) }
        for model in layout.models { draw(model) }
        for item in layout.legend { draw(item) }
        svg.end()
        svg.end()
    }

    private mutating func drawLabels() {
        let heading = layout.metrics.isDense ? "small bold" : "bold"
        for label in layout.columnLabels { text(label.text, label.at, heading, title: label.full) }
        for label in layout.rowLabels {
            guard let note = label.note else {
                text(label.text, label.at.down(4), "", title: label.full)
                continue
            }
            if layout.metrics.isDense {
                text("\(label.text) ✕", label.at.down(4), "bold", title: "\(label.full): \(note)")
            } else {
                text(label.text, label.at.down(-2), "bold", title: label.full)
                text(note, label.at.down(12), "small soft")
            }
        }
        for label in layout.bandLabels { text(label.text, label.at.down(4), "soft") }
        for label in layout.vacancies {
            text(
                label.text, label.at.down(4),
                layout.metrics.isDense ? "tiny soft middle" : "small soft middle")
        }
    }

    private mutating func text(_ text: String, _ at: Point, _ style: String, title: String? = nil) {
        guard let title, title != text else {
            return svg.text(text, at, style)
        }
        svg.start("g")
        svg.element("title", text: title)
        svg.text(text, at, style)
        svg.end()
    }

    private mutating func draw(_ line: LineageLayout.Line) {
        let points = line.points.map { "\($0.x),\($0.y)" }.joined(separator: " ")
        svg.element("polyline", ["class": line.role.style, "points": points])
        guard line.role == .trained || line.role == .replacement, let end = line.points.last else { return }
        let before = line.points[line.points.count - 2]
        tip(at: end, isDown: before.x == end.x, style: line.role == .trained ? "tip" : "tip new")
    }

    private mutating func tip(at end: Point, isDown: Bool, style: String) {
        let points =
            isDown
            ? "\(end.x),\(end.y) \(end.x - 4),\(end.y - 7) \(end.x + 4),\(end.y - 7)"
            : "\(end.x),\(end.y) \(end.x - 7),\(end.y - 4) \(end.x - 7),\(end.y + 4)"
        svg.element("polygon", ["class": style, "points": points])
    }

    private mutating func draw(_ node: LineageLayout.Node) {
        svg.start("g")
        svg.element("title", text: node.title)
        if node.startsFromBase { drawBase(left: Point(x: node.box.x, y: node.box.middle.y)) }
        draw(node.kind, in: node.box)
        if let words = node.text {
            let size = layout.metrics.isDense ? "tiny" : "small"
            let style = node.kind == .kept ? "\(size) middle" : "\(size) middle halo"
            svg.text(words, node.box.middle.down(layout.metrics.isDense ? 3 : 4), style)
        }
        svg.end()
    }

    /// A short line with a ring at its beginning.
    private mutating func drawBase(left: Point) {
        svg.element("circle", ["class": "node", "cx": "\(left.x - 5)", "cy": "\(left.y)", "r": "2.5"])
    }

    private mutating func draw(_ kind: LineageLayout.NodeKind, in box: Box) {
        let style =
            switch kind {
            case .kept: "node"
            case .withdrawn: "node withdrawn"
            case .excluded: "node excluded"
            case .excludedEarlier: "node earlier"
            case .affected: "node affected"
            case .retraining: "node waiting"
            case .retrained: "node again"
            }
        svg.element("rect", ["class": style, "rx": "3"] + box.attributes)
        // Taken back is crossed out once, taken out twice.
        guard kind == .excluded || kind == .excludedEarlier || kind == .withdrawn else { return }
        if kind == .withdrawn {
            svg.element(
                "line",
                ["class": "strike", "x1": "\(box.x)", "y1": "\(box.bottom)", "x2": "\(box.right)", "y2": "\(box.y)"])
            return
        }
        for (y1, y2) in [(box.y, box.bottom), (box.bottom, box.y)] {
            svg.element(
                "line",
                ["class": "strike", "x1": "\(box.x)", "y1": "\(y1)", "x2": "\(box.right)", "y2": "\(y2)"])
        }
    }

    private mutating func draw(_ model: LineageLayout.ModelBox) {
        svg.start("g")
        svg.element("title", text: model.title)
        svg.element("rect", ["class": model.kind.style] + model.box.attributes)
        let isDense = layout.metrics.isDense
        let top = Point(x: model.box.middle.x, y: model.box.y)
        let old = model.kind.isOld ? " oldtext" : ""
        svg.text(model.digits, top.down(isDense ? 12 : 16), "digits small middle\(old)")
        svg.text(
            model.kind.word(isDense: isDense), top.down(isDense ? 23 : 31),
            "\(isDense ? "tiny" : "small") bold middle\(old)")
        svg.end()
    }

    private mutating func draw(_ item: LineageLegend.Item) {
        let box = Box(x: item.at.x, y: item.at.y, width: LineageLegend.glyphWidth, height: 14)
        let (left, right) = (Point(x: box.x, y: box.middle.y), Point(x: box.right, y: box.middle.y))
        switch item.glyph {
        case .node(let kind): draw(kind, in: box)
        case .model(let kind): svg.element("rect", ["class": kind.style] + box.attributes)
        case .line(let role): draw(LineageLayout.Line(points: [left, right], role: role))
        case .base:
            drawBase(left: Point(x: box.x + 14, y: box.middle.y))
            draw(.kept, in: Box(x: box.x + 14, y: box.y, width: 16, height: 14))
        }
        text(item.text, Point(x: box.right + 8, y: box.middle.y + 4), "small soft")
    }
}

extension LineageLayout.Role {
    var style: String {
        switch self {
        case .merged, .replacement: "flow"
        case .mergedBefore: "flow old"
        case .trained: "feed"
        }
    }
}

extension LineageLayout.ModelKind {
    var style: String {
        switch self {
        case .replaced, .recalled, .suppressed: "model old"
        case .new: "model new"
        case .pending: "model pending"
        case .unchanged: "model"
        }
    }

    func word(isDense: Bool) -> String {
        switch self {
        case .unchanged: isDense ? "same" : "unchanged"
        case .new: "new"
        case .pending: "affected"
        case .replaced: "replaced"
        case .recalled: "recalled"
        case .suppressed: isDense ? "held" : "suppressed"
        }
    }
}
