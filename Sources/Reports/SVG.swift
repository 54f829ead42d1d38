/// The attributes of an element, in the order in which they are written.
struct Attributes: ExpressibleByDictionaryLiteral {
    var pairs: [(StaticString, String)]

    init(dictionaryLiteral elements: (StaticString, String)...) { pairs = elements }

    static func + (left: Attributes, right: Attributes) -> Attributes {
        var sum = left
        sum.pairs += right.pairs
        return sum
    }
}

/// An SVG picture under construction. Every text and attribute is escaped here.
struct SVG {
    private(set) var markup = ""
    private var open: [StaticString] = []

    mutating func start(_ name: StaticString, _ attributes: Attributes = [:]) {
        write(name, attributes, end: ">\n")
        open.append(name)
    }

    mutating func end() {
        markup += "</\(open.removeLast())>\n"
    }

    mutating func element(_ name: StaticString, _ attributes: Attributes) {
        write(name, attributes, end: "/>\n")
    }

    mutating func element(_ name: StaticString, _ attributes: Attributes = [:], text: String) {
        write(name, attributes, end: ">")
        markup += "\(Markup.escape(text))</\(name)>\n"
    }

    /// Text whose baseline begins, or has its middle, at a point, as `style` says.
    mutating func text(_ text: String, _ at: Point, _ style: String) {
        element("text", ["class": style, "x": "\(at.x)", "y": "\(at.y)"], text: text)
    }

    private mutating func write(_ name: StaticString, _ attributes: Attributes, end: String) {
        markup += "<\(name)"
        for (key, value) in attributes.pairs { markup += " \(key)=\"\(Markup.escape(value))\"" }
        markup += end
    }
}

extension Box {
    var attributes: Attributes { ["x": "\(x)", "y": "\(y)", "width": "\(width)", "height": "\(height)"] }
}

extension Point {
    func down(_ pixels: Int) -> Point { Point(x: x, y: y + pixels) }
}
