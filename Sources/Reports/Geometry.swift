/// A place in a picture: CSS pixels from its top left corner.
struct Point: Hashable, Sendable {
    var x, y: Int
}

/// A rectangle in a picture, in CSS pixels.
struct Box: Hashable, Sendable {
    var x, y, width, height: Int

    var right: Int { x + width }
    var bottom: Int { y + height }
    var middle: Point { Point(x: x + width / 2, y: y + height / 2) }

    func intersects(_ other: Box) -> Bool {
        x < other.right && other.x < right && y < other.bottom && other.y < bottom
    }
}

/// How much room text takes. Fonts differ between readers, so this is what the widest common one needs.
enum TextWidth {
    /// The pixels that `text` takes at most in `size` pixels: DejaVu Sans, the widest of the fonts named
    /// in the page's styles, has 0.61 em for a lower-case letter on average.
    static func of(_ text: String, size: Double, perCharacter: Double = 0.63) -> Int {
        Int((Double(text.count) * size * perCharacter).rounded(.up))
    }

    /// `text`, or its beginning and an ellipsis where it has more than `limit` characters.
    static func shorten(_ text: String, to limit: Int) -> String {
        text.count <= limit ? text : "\(text.prefix(limit - 1))…"
    }

    /// `text`, or an ellipsis and its end where it has more than `limit` characters. Names that are
    /// counted up differ at their end.
    static func shortenFront(_ text: String, to limit: Int) -> String {
        text.count <= limit ? text : "…\(text.suffix(limit - 1))"
    }
}
