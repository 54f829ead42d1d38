/// The words of a query outside brackets, texts and comments: enough to see how its outermost SELECT ends.
struct QueryText {
    /// Upper-case words at depth zero, in order.
    let outerWords: [String]

    init(_ sql: String) {
        var scanner = Scanner(bytes: Array(sql.utf8))
        scanner.run()
        outerWords = scanner.words
    }

    /// Whether the rows come in an order of the query's own.
    var isOrdered: Bool { zip(outerWords, outerWords.dropFirst()).contains { $0 == "ORDER" && $1 == "BY" } }

    /// Whether the query itself leaves rows out at its end; the engine alone limits rows, and says so.
    var isLimited: Bool { outerWords.contains("LIMIT") || outerWords.contains("OFFSET") }

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0
        var depth = 0
        var word: [UInt8] = []
        var words: [String] = []

        init(bytes: [UInt8]) { self.bytes = bytes }

        private func starts(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

        mutating func run() {
            while position < bytes.count {
                let byte = bytes[position]
                let isWordByte =
                    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & 0xDF)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":") || byte >= 0x80
                if isWordByte {
                    word.append(byte)
                    position += 1
                } else {
                    endWord()
                    skip(byte)
                }
            }
            endWord()
        }

        private mutating func endWord() {
            if depth == 0, !word.isEmpty { words.append(String(decoding: word, as: UTF8.self).uppercased()) }
            word = []
        }

        private mutating func skip(_ byte: UInt8) {
            if starts("--") { return skip(until: "\n") }
            if starts("/*") { return skip(until: "*/") }
            switch byte {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
                position += 1
                return skip(until: String(decoding: [byte], as: UTF8.self))
            default: break
            }
            position += 1
        }

        /// Moves behind the next `end`. A quote that is doubled inside a text ends one and begins another:
        /// the same.
        private mutating func skip(until end: String) {
            while position < bytes.count, !starts(end) { position += 1 }
            position += end.utf8.count
        }
    }
}
