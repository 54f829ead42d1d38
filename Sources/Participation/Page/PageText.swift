/// Text of the page: escaping, and numbers from integers alone, so that the page's bytes depend on no
/// library.
enum PageText {
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// `value` with thousands separated.
    static func grouped(_ value: Int64) -> String {
        let digits = String(value.magnitude)
        var groups: [Substring] = []
        var rest = digits[...]
        while rest.count > 3 {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        groups.insert(rest, at: 0)
        return (value < 0 ? "−" : "") + groups.joined(separator: ",")
    }

    static func grouped(_ value: Int) -> String { grouped(Int64(value)) }

    /// `numerator` / `denominator` with `places` decimals, rounded half to even.
    static func quotient(_ numerator: Int64, _ denominator: Int64, places: Int) -> String {
        guard denominator > 0 else { return "–" }
        var scale: Int64 = 1
        for _ in 0..<places { scale *= 10 }
        // Sums of a simulation stay far below 2^63 / 10^4.
        let scaled = FixedPoint.roundedHalfToEven(numerator * scale, over: denominator)
        let (whole, fraction) = scaled.magnitude.quotientAndRemainder(dividingBy: UInt64(scale))
        let digits = String(fraction)
        let sign = scaled < 0 ? "−" : ""
        let head = sign + grouped(Int64(whole))
        return places == 0 ? head : head + "." + String(repeating: "0", count: places - digits.count) + digits
    }

    /// Micro-credits shared among `count`, in credits with two decimals.
    static func credits(_ microcredits: Int64, per count: Int = 1) -> String {
        quotient(microcredits, Int64(count) * 1_000_000, places: 2)
    }

    /// `part` of `whole` in per cent with one decimal.
    static func percent(_ part: Int64, of whole: Int64) -> String {
        quotient(part * 100, whole, places: 1) + " %"
    }

    /// By how many per cent `value` differs from `base`, with its sign; a dash where the base is not
    /// positive.
    static func change(_ value: Int64, from base: Int64) -> String {
        guard base > 0 else { return "–" }
        let text = quotient((value - base) * 100, base, places: 1) + " %"
        return value > base ? "+" + text : text
    }

    /// A coordinate in tenths of a unit, as SVG reads it.
    static func tenths(_ value: Int64) -> String {
        let (whole, tenth) = value.magnitude.quotientAndRemainder(dividingBy: 10)
        return (value < 0 ? "-" : "") + (tenth == 0 ? "\(whole)" : "\(whole).\(tenth)")
    }

    /// "a", "a and b", "a, b and c".
    static func list(_ items: [String]) -> String {
        guard let last = items.last else { return "none" }
        return items.count == 1 ? last : items.dropLast().joined(separator: ", ") + " and " + last
    }
}

/// A table of the page; the first column is text, the others are numbers.
struct PageTable {
    var caption: String
    var columns: [String]
    var rows: [[String]]
    /// The row that is set off, from 0.
    var emphasis: Int?

    var html: String {
        let head = columns.map { "<th scope=\"col\">\(PageText.escaped($0))</th>" }.joined()
        let body = rows.enumerated().map { index, row in
            let cells = row.enumerated().map { place, cell in
                place == 0
                    ? "<th scope=\"row\">\(PageText.escaped(cell))</th>" : "<td>\(PageText.escaped(cell))</td>"
            }
            return "<tr\(index == emphasis ? " class=\"own\"" : "")>" + cells.joined() + "</tr>"
        }
        return """
            <div><p class="cap">\(PageText.escaped(caption))</p>
            <div class="table"><table aria-label="\(PageText.escaped(caption))">
            <thead><tr>\(head)</tr></thead>
            <tbody>\(body.joined(separator: "\n"))</tbody></table></div></div>
            """
    }
}
