/// Text as the uncased tokenizer sees it: words in lower case without accents, punctuation marks and
/// ideographs apart.
///
/// The rules are those of BERT's basic tokenizer; ``UnicodeTables`` freezes what they say of each code
/// point. The output is a function of the input's code points alone.
struct TextNormalizer: Sendable {
    private enum Action {
        case keep, remove, space
        case replace([Unicode.Scalar])
    }

    /// What happens to the code points below 128, which most text is made of: what a letter becomes, 0 for
    /// what vanishes, 32 for a space, and 128 more for punctuation.
    private let ascii: [UInt8]
    private let removed, spaces, ideographs, punctuation: ScalarRanges
    private let replacements: [UInt32: [Unicode.Scalar]]

    /// Built once; the tables take milliseconds to read.
    static let uncased = TextNormalizer()

    private init() {
        removed = ScalarRanges(UnicodeTables.removed)
        spaces = ScalarRanges(UnicodeTables.spaces)
        ideographs = ScalarRanges(UnicodeTables.ideographs)
        punctuation = ScalarRanges(UnicodeTables.punctuation)
        replacements = Self.readReplacements()
        ascii = Self.asciiTable(removed, spaces, punctuation, replacements)
    }

    private static func asciiTable(
        _ removed: ScalarRanges, _ spaces: ScalarRanges, _ punctuation: ScalarRanges,
        _ replacements: [UInt32: [Unicode.Scalar]]
    ) -> [UInt8] {
        (UInt32(0)..<128).map { value in
            if spaces.contains(value) { return 32 }
            if punctuation.contains(value) { return UInt8(value) + 128 }
            return removed.contains(value) ? 0 : UInt8(replacements[value]?[0].value ?? value)
        }
    }

    /// The words of `text`, in order.
    func words(in text: String) -> [[Unicode.Scalar]] { words(in: Array(text.unicodeScalars)) }

    /// The words of the text with these code points, in order.
    func words(in scalars: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var words: [[Unicode.Scalar]] = []
        var word: [Unicode.Scalar] = []
        func endWord() {
            if !word.isEmpty { words.append(word) }
            word.removeAll(keepingCapacity: true)
        }
        for scalar in scalars {
            guard scalar.value < 128 else {
                addBeyondASCII(scalar)
                continue
            }
            switch ascii[Int(scalar.value)] {
            case 0: break
            case 32: endWord()
            case 128...:
                endWord()
                words.append([scalar])
            case let letter: word.append(Unicode.Scalar(letter))
            }
        }
        endWord()
        return words

        func addBeyondASCII(_ scalar: Unicode.Scalar) {
            let isIdeograph = scalar.value >= 0x3400 && ideographs.contains(scalar.value)
            if isIdeograph { endWord() }
            switch action(scalar.value) {
            case .remove: break
            case .space: endWord()
            case .keep: add(scalar)
            case .replace(let targets): for target in targets { add(target) }
            }
            if isIdeograph { endWord() }
        }
        func add(_ scalar: Unicode.Scalar) {
            if spaces.contains(scalar.value) { return endWord() }
            guard punctuation.contains(scalar.value) else { return word.append(scalar) }
            endWord()
            words.append([scalar])
        }
    }

    private func action(_ value: UInt32) -> Action {
        if let targets = replacements[value] { return .replace(targets) }
        if let jamo = Self.hangul(value) { return .replace(jamo) }
        if removed.contains(value) { return .remove }
        return spaces.contains(value) ? .space : .keep
    }

    /// The two or three letters of a Hangul syllable (Unicode 15, section 3.12); `nil` for anything else.
    private static func hangul(_ value: UInt32) -> [Unicode.Scalar]? {
        guard (0xAC00..<0xAC00 + 11_172).contains(value) else { return nil }
        let index = value - 0xAC00
        let letters = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28]
        return (index % 28 == 0 ? letters.prefix(2) : letters[...]).compactMap(Unicode.Scalar.init)
    }

    private static func readReplacements() -> [UInt32: [Unicode.Scalar]] {
        var replacements: [UInt32: [Unicode.Scalar]] = [:]
        var source: UInt32 = 0
        for field in UnicodeTables.replacements.split(separator: " ") {
            if field.last == ":" {
                source = UInt32(field.dropLast(), radix: 16)!
            } else {
                replacements[source] = field.split(separator: "+").map {
                    Unicode.Scalar(UInt32($0, radix: 16)!)!
                }
                source += 1
            }
        }
        return replacements
    }
}

/// A set of code points as ascending ranges.
private struct ScalarRanges: Sendable {
    private let ranges: [ClosedRange<UInt32>]

    /// Reads `a-b c d-e`, hexadecimal and ascending.
    init(_ text: String) {
        ranges = text.split(separator: " ").map { field in
            let bounds = field.split(separator: "-").map { UInt32($0, radix: 16)! }
            return bounds[0]...bounds[bounds.count - 1]
        }
    }

    func contains(_ value: UInt32) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(value)
    }
}
