/// Horizontal bars as inline SVG, one below the other, with their values written at the end.
struct BarChart {
    struct Bar {
        let style: Int
        let name: String
        let value: Int64
        let label: String
    }

    var title: String
    var bars: [Bar]

    private static let left: Int64 = 1300
    private static let right: Int64 = 4200
    private static let row: Int64 = 260

    var svg: String {
        let low = min(0, bars.map(\.value).min() ?? 0)
        let high = max(1, bars.map(\.value).max() ?? 1)
        let height = Int64(bars.count) * Self.row + 60
        let rows = bars.enumerated().map { draw($1, at: Int64($0), low: low, high: high) }
        return """
            <svg viewBox="0 0 480 \(PageText.tenths(height))" role="img" \
            aria-label="\(PageText.escaped(title))">
            <title>\(PageText.escaped(title))</title>
            \(rows.joined(separator: "\n"))
            </svg>
            """
    }

    private func draw(_ bar: Bar, at index: Int64, low: Int64, high: Int64) -> String {
        func place(_ value: Int64) -> Int64 {
            Self.left + (value - low) * (Self.right - Self.left) / (high - low)
        }
        let top = index * Self.row + 30
        let (from, to) = (min(place(0), place(bar.value)), max(place(0), place(bar.value)))
        let middle = PageText.tenths(top + 100)
        return """
            <text class="label end\(bar.style == 0 ? " strong" : "")" x="\(PageText.tenths(Self.left - 80))" \
            y="\(middle)" dy="5">\(PageText.escaped(bar.name))</text>\
            <rect class="bar b\(bar.style)" x="\(PageText.tenths(from))" y="\(PageText.tenths(top))" \
            width="\(PageText.tenths(max(8, to - from)))" height="20" rx="2"/>\
            <text class="label" x="\(PageText.tenths(to + 60))" y="\(middle)" dy="5">\
            \(PageText.escaped(bar.label))</text>
            """
    }
}
