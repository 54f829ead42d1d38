/// A table of coloured cells as inline SVG; the value is written into each, so the colour is never alone.
struct HeatMap {
    struct Cell {
        /// 0 … 1,000: how dark the cell is.
        let shade: Int64
        let label: String
        let note: String
    }

    var title: String
    var columnTitle: String
    var rowTitle: String
    var columns: [String]
    var rows: [String]
    /// Row by row; `nil` where there is nothing to show.
    var cells: [[Cell?]]

    private static let left: Int64 = 900
    private static let top: Int64 = 520
    private static let row: Int64 = 330

    var svg: String {
        let width = (4780 - Self.left) / Int64(max(1, columns.count))
        let height = Self.top + Int64(rows.count) * Self.row + 20
        var parts = [
            "<text class=\"axis mid\" x=\"\(PageText.tenths((Self.left + 4780) / 2))\" y=\"14\">"
                + "\(PageText.escaped(columnTitle))</text>",
            "<text class=\"axis\" x=\"0\" y=\"46\">\(PageText.escaped(rowTitle))</text>",
        ]
        for (index, name) in columns.enumerated() {
            let x = Self.left + Int64(index) * width + width / 2
            parts.append(
                "<text class=\"axis mid\" x=\"\(PageText.tenths(x))\" y=\"38\">\(PageText.escaped(name))</text>")
        }
        for (line, name) in rows.enumerated() {
            let y = Self.top + Int64(line) * Self.row
            parts.append(
                "<text class=\"axis end\" x=\"\(PageText.tenths(Self.left - 70))\" "
                    + "y=\"\(PageText.tenths(y + Self.row / 2))\" dy=\"4\">\(PageText.escaped(name))</text>")
            for (index, cell) in cells[line].enumerated() {
                parts.append(draw(cell, x: Self.left + Int64(index) * width, y: y, width: width))
            }
        }
        return """
            <svg viewBox="0 0 480 \(PageText.tenths(height))" role="img" \
            aria-label="\(PageText.escaped(title))">
            <title>\(PageText.escaped(title))</title>
            \(parts.joined(separator: "\n"))
            </svg>
            """
    }

    private func draw(_ cell: Cell?, x: Int64, y: Int64, width: Int64) -> String {
        let frame = """
            x="\(PageText.tenths(x + 10))" y="\(PageText.tenths(y + 10))" \
            width="\(PageText.tenths(width - 20))" height="\(PageText.tenths(Self.row - 20))" rx="3"
            """
        guard let cell else { return "<rect class=\"cell none\" \(frame)/>" }
        let alpha = max(40, min(1000, cell.shade))
        let ink = alpha > 560 ? "on" : "off"
        let opacity = alpha == 1000 ? "1" : "0." + String(repeating: "0", count: 3 - "\(alpha)".count) + "\(alpha)"
        return """
            <g><title>\(PageText.escaped(cell.note))</title>\
            <rect class="cell" fill-opacity="\(opacity)" \(frame)/>\
            <text class="cell-label mid \(ink)" x="\(PageText.tenths(x + width / 2))" \
            y="\(PageText.tenths(y + Self.row / 2))" dy="5">\(PageText.escaped(cell.label))</text></g>
            """
    }
}
