/// A line chart as inline SVG.
struct LineChart {
    struct Series {
        /// Which of the page's line styles, from 0; 0 is the one that stands out.
        let style: Int
        let name: String
        let values: [Int64]
    }

    var title: String
    var horizontal: String
    /// The label of each end of the horizontal axis.
    var ends: (String, String)
    /// What one printed unit of the vertical axis is in units of the values.
    var unit: Int64
    var unitName: String
    var series: [Series]
    /// The vertical axis reaches at least so far, in units of the values.
    var atLeast: Int64 = 0

    private static let width: Int64 = 4800
    private static let height: Int64 = 2700
    private static let left: Int64 = 520
    private static let right: Int64 = 4760
    private static let top: Int64 = 300
    private static let bottom: Int64 = 2320

    var svg: String {
        let values = series.flatMap(\.values)
        let low = min(0, values.min() ?? 0)
        let ticks = AxisTicks(low: low, high: max(values.max() ?? 1, atLeast, low + 1), unit: unit)
        // The line that stands out is drawn last, above the others.
        let lines = series.sorted { $0.style > $1.style }.map { line($0, ticks) }.joined(separator: "\n")
        return """
            <svg viewBox="0 0 480 270" role="img" aria-label="\(PageText.escaped(title))">
            <title>\(PageText.escaped(title))</title>
            \(grid(ticks))
            <text class="axis" x="\(PageText.tenths(Self.left))" y="250">\(PageText.escaped(ends.0))</text>
            <text class="axis mid" x="\(PageText.tenths((Self.left + Self.right) / 2))" y="266">\
            \(PageText.escaped(horizontal))</text>
            <text class="axis end" x="\(PageText.tenths(Self.right))" y="250">\(PageText.escaped(ends.1))</text>
            <text class="axis" x="0" y="12">\(PageText.escaped(unitName))</text>
            \(lines)
            </svg>
            """
    }

    private func grid(_ ticks: AxisTicks) -> String {
        ticks.values.map { value in
            let y = PageText.tenths(height(of: value, ticks))
            return """
                <line class="\(value == 0 ? "zero" : "grid")" x1="\(PageText.tenths(Self.left))" \
                x2="\(PageText.tenths(Self.right))" y1="\(y)" y2="\(y)"/>\
                <text class="axis end" x="\(PageText.tenths(Self.left - 70))" y="\(y)" dy="4">\
                \(ticks.label(value))</text>
                """
        }.joined(separator: "\n")
    }

    private func height(of value: Int64, _ ticks: AxisTicks) -> Int64 {
        Self.bottom - (value - ticks.low) * (Self.bottom - Self.top) / max(1, ticks.high - ticks.low)
    }

    private func line(_ series: Series, _ ticks: AxisTicks) -> String {
        // A single value is a level line: a point alone would not be seen.
        let values = series.values.count == 1 ? series.values + series.values : series.values
        let last = Int64(max(1, values.count - 1))
        let points = values.enumerated().map { index, value in
            let x = Self.left + Int64(index) * (Self.right - Self.left) / last
            return PageText.tenths(x) + "," + PageText.tenths(height(of: value, ticks))
        }
        return """
            <polyline class="line s\(series.style)" points="\(points.joined(separator: " "))">\
            <title>\(PageText.escaped(series.name))</title></polyline>
            """
    }
}

/// The marks of a vertical axis: multiples of 1, 2 or 5 times a power of ten, at most seven of them.
struct AxisTicks {
    let low: Int64
    let high: Int64
    let values: [Int64]
    private let unit: Int64
    private let places: Int

    /// - Parameters:
    ///   - low: The smallest value; `high` the largest, above it.
    ///   - unit: What a label of 1 stands for; a power of ten.
    init(low: Int64, high: Int64, unit: Int64) {
        var step: Int64 = 1
        let factors: [Int64] = [2, 5, 10]
        var place = 0
        var decade: Int64 = 1
        while (high - low) / step > 5 {
            step = decade * factors[place % 3]
            place += 1
            if place.isMultiple(of: 3) { decade *= 10 }
        }
        let first = low >= 0 ? 0 : -((-low + step - 1) / step)
        let last = (high + step - 1) / step
        values = (first...last).map { $0 * step }
        self.low = first * step
        self.high = last * step
        self.unit = unit
        var places = 0
        var scale = unit
        while scale > step, places < 3 {
            scale /= 10
            places += 1
        }
        self.places = places
    }

    func label(_ value: Int64) -> String { PageText.quotient(value, unit, places: places) }
}
