/// Changes that keep a story a story: whole lines, and scalars put in the place of others.
struct StoryMutation {
    private var random: SplitMix

    init(seed: UInt32) { random = SplitMix(state: UInt64(seed)) }

    /// `text` after one to four changes.
    mutating func callAsFunction(_ text: [UInt8]) -> [UInt8] {
        var lines = text.split(separator: 0x0a).map(Array.init)
        guard !lines.isEmpty else { return text }
        for _ in 0..<Int.random(in: 1...4, using: &random) where !lines.isEmpty {
            let index = lines.indices.randomElement(using: &random)!
            switch Int.random(in: 0..<12, using: &random) {
            case 0: lines.remove(at: index)
            case 1: lines.insert(lines[index], at: lines.indices.randomElement(using: &random)!)
            case 2: lines.swapAt(index, lines.indices.randomElement(using: &random)!)
            case 3: lines[index] = changeElement(of: lines[index])
            // The last lines are what the vectors are about.
            case 4, 5: lines[lines.count - 1] = change(lines[lines.count - 1], with: lines[index])
            default: lines[index] = change(lines[index], with: lines.randomElement(using: &random)!)
            }
        }
        return Array(lines.joined(separator: [0x0a])) + [0x0a]
    }

    /// Puts another scalar in the place of one: of the same line, of `other`, or of a few that are often forgotten.
    private mutating func change(_ line: [UInt8], with other: [UInt8]) -> [UInt8] {
        // Not of what stands before the statement.
        let start = line.firstIndex(of: UInt8(ascii: "{")) ?? 0
        let scalars = JSONScalars(in: line).all.filter { $0.lowerBound > start }
        guard let place = scalars.randomElement(using: &random) else { return line }
        let source = Bool.random(using: &random) ? line : other
        var line = line
        if Int.random(in: 0..<4, using: &random) == 0 {
            line.replaceSubrange(place, with: Self.values.randomElement(using: &random)!.utf8)
        } else if let range = JSONScalars(in: source).all.randomElement(using: &random) {
            line.replaceSubrange(place, with: source[range])
        }
        return line
    }

    private static let values = [
        "0", "1", "2", "9007199254740991", "null", "true", "false", "[]", #""""#, #""accepted""#, #""refused""#,
        #""contributions""#, #""records""#, #""feedback""#, #""cohort""#, #""1970-01-01T00:00:00Z""#,
        #""9999-12-31T23:59:59Z""#, #""0000000000000000000000000000000000000000000000000000000000000000""#,
    ]

    /// Takes an element out of a list, or puts it in twice.
    private mutating func changeElement(of line: [UInt8]) -> [UInt8] {
        guard let list = JSONScalars(in: line).lists.filter({ !$0.isEmpty }).randomElement(using: &random) else {
            return line
        }
        let index = list.indices.randomElement(using: &random)!
        var elements = list.map { Array(line[$0]) }
        if Bool.random(using: &random) { elements.remove(at: index) } else { elements.append(elements[index]) }
        var line = line
        line.replaceSubrange(
            list.first!.lowerBound..<list.last!.upperBound, with: Array(elements.joined(separator: [UInt8(ascii: ",")]))
        )
        return line
    }
}

/// SplitMix64: what follows from a seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
