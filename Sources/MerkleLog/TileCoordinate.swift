/// Which tile of a log: a run of up to 256 neighbouring hashes, or of the entries below them (C2SP
/// tlog-tiles).
///
/// A tile at level L holds hashes of tree level 8·L. Its path is relative to the log's prefix, for example
/// `tile/0/x001/234.p/56`: level 0, tile 1234, its first 56 hashes.
public struct TileCoordinate: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// Hashes of tree level 8 × `level`; `level` from 0 to 63.
        case hashes(level: Int)
        /// The entries themselves, 256 to a bundle.
        case entries
    }

    /// How many tree levels one tile spans.
    public static let height = 8
    /// How many hashes or entries a full tile holds.
    public static let fullWidth = 256

    public let content: Content
    /// Which tile of its level, from zero.
    public let index: Int
    /// How many hashes or entries it holds, from 1 to 256.
    public let width: Int

    /// `nil` for a level, index or width outside its bounds.
    public init?(_ content: Content, index: Int, width: Int = fullWidth) {
        if case .hashes(let level) = content, !(0...63).contains(level) { return nil }
        guard index >= 0, (1...Self.fullWidth).contains(width) else { return nil }
        self.content = content
        self.index = index
        self.width = width
    }

    /// The tile as it is in a tree of `size`: full, or cut by the tree's edge; `nil` where it would be empty.
    public init?(_ content: Content, index: Int, in size: TreeSize) {
        let level = if case .hashes(let level) = content { level } else { 0 }
        let shift = level * Self.height
        let hashes = shift < Int.bitWidth ? size.rawValue >> shift : 0
        guard index >= 0, index <= hashes / Self.fullWidth else { return nil }
        self.init(content, index: index, width: min(Self.fullWidth, hashes - index * Self.fullWidth))
    }

    public var isFull: Bool { width == Self.fullWidth }

    /// The path below the log's prefix, in its one spelling.
    public var path: String {
        let kind = if case .hashes(let level) = content { String(level) } else { "entries" }
        var number = Self.threeDigits(index % 1000)
        var rest = index / 1000
        while rest > 0 {
            number = "x\(Self.threeDigits(rest % 1000))/\(number)"
            rest /= 1000
        }
        return "tile/\(kind)/\(number)" + (isFull ? "" : ".p/\(width)")
    }

    /// Reads a path that ``path`` could have written; `nil` for every other.
    public init?(path: String) {
        var parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        guard parts.count >= 3, parts.count <= 12, parts.removeFirst() == "tile" else { return nil }
        let kind = parts.removeFirst()
        var width = Self.fullWidth
        if parts.count >= 2, parts[parts.count - 2].hasSuffix(".p") {
            guard let cut = parseDecimal(parts.removeLast()), cut < Self.fullWidth else { return nil }
            width = cut
            parts.append(String(parts.removeLast().dropLast(2)))
        }
        guard let index = Self.parseIndex(parts) else { return nil }
        if kind == "entries" {
            self.init(.entries, index: index, width: width)
        } else {
            guard let level = parseDecimal(kind) else { return nil }
            self.init(.hashes(level: level), index: index, width: width)
        }
        guard self.path.utf8.elementsEqual(path.utf8) else { return nil }
    }

    /// The number in elements of three digits, all but the last after an `x`; superfluous zeros are left to
    /// the caller.
    private static func parseIndex(_ elements: [String]) -> Int? {
        var value = 0
        for (position, element) in elements.enumerated() {
            let digits = position < elements.count - 1 ? element.dropFirst() : element[...]
            guard digits.utf8.count == 3, let group = Int(digits) else { return nil }
            let (thousands, overflowed) = value.multipliedReportingOverflow(by: 1000)
            let (sum, carried) = thousands.addingReportingOverflow(group)
            guard !overflowed, !carried else { return nil }
            value = sum
        }
        return value
    }

    private static func threeDigits(_ value: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }
}
