/// Text as HTML and SVG carry it.
///
/// Works on Unicode scalars, not on characters: a quotation mark followed by a combining accent is one
/// Swift character that equals no quotation mark, and an escape that compares characters lets it through
/// to close the attribute.
enum Markup {
    /// `text` as element content or as the value of a quoted attribute.
    ///
    /// Control characters and those that change the direction of what follows become U+FFFD, so that a
    /// name cannot rearrange the line that it stands in.
    static func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(isHarmful(scalar) ? "\u{fffd}" : scalar)
            }
        }
        return escaped
    }

    static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0a: false
        case 0..<0x20, 0x7f..<0xa0: true
        case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    /// Canonical JSON as the content of a `<script>` element.
    ///
    /// `<` stands in JSON strings alone, where `\u003c` means the same; without it no end tag and no
    /// comment can begin. What changes the direction of text is written so too, for those who read the
    /// page's source.
    static func embed(json: [UInt8]) -> String {
        var embedded = ""
        embedded.reserveCapacity(json.count)
        for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
            if scalar == "<" || isHarmful(scalar) {
                let digits = String(scalar.value, radix: 16)
                embedded += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                embedded.unicodeScalars.append(scalar)
            }
        }
        return embedded
    }
}
