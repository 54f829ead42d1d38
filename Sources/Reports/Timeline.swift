public import Events

/// One step of a deletion, as the clock of whoever recorded it has it.
public struct TimelineStep: Codable, Hashable, Sendable {
    public var name: String
    /// Claimed by the event's author.
    public var at: Timestamp
    /// The event's place on the chain; absent for what no event records.
    public var event: Count?

    public init(name: String, at: Timestamp, event: Count?) {
        self.name = name
        self.at = at
        self.event = event
    }
}

/// The course of a deletion, with its deadline.
public struct Timeline: Codable, Hashable, Sendable {
    public var dueAt: Timestamp
    /// Until when it is drawn where the answer is still open; absent where it was given.
    public var openAsOf: Timestamp?
    /// In the order of the procedure.
    public var steps: [TimelineStep]

    public init(dueAt: Timestamp, steps: [TimelineStep]) {
        self.dueAt = dueAt
        self.steps = steps
    }
}

/// A length of time in words, rounded down to its largest two units.
enum Elapsed {
    static func text(seconds: Int) -> String {
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60)
        if days >= 3 { return unit(days, "day") }
        if days > 0 { return "\(unit(days, "day")) \(hours) h" }
        if hours > 0 { return "\(hours) h \(minutes) min" }
        return minutes > 0 ? "\(minutes) min" : "\(seconds) s"
    }

    static func unit(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
    }
}

/// Where a timeline's marks stand: a bar to scale above, and the steps below it at even distances with
/// leaders to it.
struct TimelineLayout: Hashable, Sendable {
    struct Step: Hashable, Sendable {
        var name: String
        var lines: [String]
        /// Where on the bar it happened.
        var mark: Point
        /// Top of its column of text.
        var label: Point
    }

    static let width = 880, margin = 48

    let bar = Box(x: margin, y: 58, width: width - 2 * margin, height: 14)
    var used: Box
    /// The part of the bar after the due date; `nil` where the answer came in time.
    var late: Box?
    var due: Point
    var dueText: String
    var usedText: String
    var steps: [Step]
    let height = 190

    init(_ timeline: Timeline) {
        let times = (timeline.steps.map(\.at) + [timeline.dueAt] + [timeline.openAsOf].compactMap { $0 }).map(\.seconds)
        let first = times.min()!, span = max(1, times.max()! - first)
        let bar = bar
        func x(_ time: Timestamp) -> Int {
            bar.x + Int((Double(time.seconds - first) / Double(span) * Double(bar.width)).rounded())
        }
        let begin = timeline.steps.first?.at ?? timeline.dueAt,
            end = timeline.openAsOf ?? timeline.steps.last?.at ?? timeline.dueAt
        used = Box(x: x(begin), y: bar.y, width: max(2, x(end) - x(begin)), height: bar.height)
        due = Point(x: x(timeline.dueAt), y: bar.y)
        dueText = "due \(timeline.dueAt.date)"
        let took = Elapsed.text(seconds: max(0, end.seconds - begin.seconds))
        let allowed = Elapsed.text(seconds: max(0, timeline.dueAt.seconds - begin.seconds))
        let isOpen = timeline.openAsOf != nil
        usedText =
            isOpen ? "open for \(took); \(allowed) are allowed" : "answered after \(took); \(allowed) were allowed"
        if end > timeline.dueAt {
            late = Box(x: due.x, y: bar.y, width: max(2, x(end) - due.x), height: bar.height)
            let over = Elapsed.text(seconds: end.seconds - timeline.dueAt.seconds)
            usedText = isOpen ? "overdue by \(over), open for \(took)" : "answered \(over) late, after \(took)"
        }
        let pitch = Double(Self.width) / Double(max(1, timeline.steps.count))
        steps = timeline.steps.enumerated().map { index, step in
            let clock = step.at.text
            return Step(
                name: step.name,
                lines: [
                    step.at.date.text, "\(clock.dropFirst(11).dropLast()) UTC",
                    step.event.map { "event \($0)" } ?? "declared",
                ],
                mark: Point(x: x(step.at), y: bar.bottom),
                label: Point(x: Int((Double(index) + 0.5) * pitch), y: 124))
        }
    }
}

/// Turns a timeline's geometry into SVG.
enum TimelineDrawing {
    static func markup(_ layout: TimelineLayout, title: String, summary: String) -> String {
        var svg = SVG()
        svg.start(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "width": "\(TimelineLayout.width)",
                "height": "\(layout.height)", "viewBox": "0 0 \(TimelineLayout.width) \(layout.height)",
                "role": "img", "aria-labelledby": "timeline-title timeline-desc",
            ])
        svg.element("title", ["id": "timeline-title"], text: title)
        svg.element("desc", ["id": "timeline-desc"], text: summary)
        svg.element("rect", ["class": "track"] + layout.bar.attributes)
        svg.element("rect", ["class": "used"] + layout.used.attributes)
        if let late = layout.late { svg.element("rect", ["class": "late"] + late.attributes) }
        svg.text(layout.usedText, Point(x: layout.bar.x, y: layout.bar.y - 10), "bold")
        drawDue(layout, &svg)
        for step in layout.steps { draw(step, &svg) }
        svg.end()
        return svg.markup
    }

    private static func drawDue(_ layout: TimelineLayout, _ svg: inout SVG) {
        let (x, top, bottom) = (layout.due.x, layout.bar.y - 30, layout.bar.bottom + 4)
        svg.element(
            "line", ["class": "leader", "x1": "\(x)", "y1": "\(top)", "x2": "\(x)", "y2": "\(bottom)"])
        svg.element(
            "polygon", ["class": "flag", "points": "\(x),\(top) \(x - 12),\(top + 5) \(x),\(top + 10)"])
        let isRight = x > TimelineLayout.width / 2
        svg.text(layout.dueText, Point(x: isRight ? x : x + 4, y: top - 6), isRight ? "bold end" : "bold")
    }

    private static func draw(_ step: TimelineLayout.Step, _ svg: inout SVG) {
        let (mark, label) = (step.mark, step.label)
        svg.element(
            "polyline",
            [
                "class": "leader",
                "points": "\(mark.x),\(mark.y) \(mark.x),\(mark.y + 6) \(label.x),\(label.y - 16)",
            ])
        svg.element("circle", ["class": "stop", "cx": "\(mark.x)", "cy": "\(mark.y)", "r": "3"])
        svg.text(step.name, label, "bold middle")
        for (index, line) in step.lines.enumerated() {
            svg.text(line, label.down(16 * (index + 1)), "small soft middle")
        }
    }
}
