public import Bytes

/// Text to token ids, with a start token before them and an end token after.
///
/// Two kinds, both on the words of the uncased normalisation: `wordPiece` is BERT's greedy longest match
/// against a vocabulary; `hashedWords` gives each word one of a fixed number of ids by its hash, and needs
/// no vocabulary. No text gives the special tokens: a literal `[SEP]` is three words.
public struct Tokenizer: Sendable {
    /// Names a tokenizer by everything that determines its ids.
    public typealias Digest = Hash256<Tokenizer>

    private enum Kind: Sendable {
        case wordPiece(WordPieceVocabulary)
        case hashedWords(buckets: Int)
    }

    private let kind: Kind
    private let start, end: Int32
    /// How many ids there are; all ids are below it.
    public let idCount: Int
    public let digest: Digest

    /// BERT's WordPiece over `vocabulary`, whose places are the ids.
    init(vocabulary: [[UInt8]]) throws(BaseEncoderError) {
        let pieces = try WordPieceVocabulary(vocabulary)
        guard let start = pieces.id(of: "[CLS]"), let end = pieces.id(of: "[SEP]") else {
            throw .vocabularyLacks(token: pieces.id(of: "[CLS]") == nil ? "[CLS]" : "[SEP]")
        }
        kind = .wordPiece(pieces)
        (self.start, self.end) = (start, end)
        idCount = vocabulary.count
        digest = Self.digest(kind: "wordpiece-uncased/v1", tokens: vocabulary)
    }

    /// Each word is id 2 + (its hash mod `buckets`); 0 and 1 are the start and the end.
    init(hashedWordBuckets buckets: Int) {
        precondition(buckets > 0)
        kind = .hashedWords(buckets: buckets)
        (start, end) = (0, 1)
        idCount = buckets + 2
        digest = Self.digest(kind: "hashed-words-uncased/v1", tokens: [Array(String(buckets).utf8)])
    }

    /// The ids of `text`: start, at most `limit` - 2 tokens, end.
    public func ids(of text: String, limit: Int) -> [Int32] {
        precondition(limit >= 2, "no room for the start and the end")
        var ids: [Int32] = [start]
        for word in TextNormalizer.uncased.words(in: text) {
            switch kind {
            case .wordPiece(let vocabulary): vocabulary.append(word, to: &ids)
            case .hashedWords(let buckets): ids.append(2 + Self.bucket(of: word, among: buckets))
            }
            if ids.count >= limit { break }
        }
        if ids.count > limit - 1 { ids.removeLast(ids.count - limit + 1) }
        ids.append(end)
        return ids
    }

    private static func bucket(of word: [Unicode.Scalar], among buckets: Int) -> Int32 {
        let hash = Hash256<[Unicode.Scalar]>.sha256(Array("lethe/word/v1\0".utf8), word.utf8).bytes
        return Int32(hash.bigEndian(at: 0, as: UInt32.self)! % UInt32(buckets))
    }

    /// SHA-256 of `"lethe/tokenizer/v1" 00`, the kind and each token, each after its length as u32be.
    private static func digest(kind: String, tokens: [[UInt8]]) -> Digest {
        var hasher = Hasher256()
        var bytes = Array("lethe/tokenizer/v1\0".utf8)
        for text in [Array(kind.utf8)] + tokens {
            bytes.appendBigEndian(UInt32(text.count))
            bytes.append(contentsOf: text)
        }
        hasher.update(bytes)
        return hasher.finish()
    }
}

/// The pieces of BERT's WordPiece and their ids.
///
/// Pieces are UTF-8 bytes, not `String`s: two strings are equal when they are canonically equivalent, two
/// pieces are not.
struct WordPieceVocabulary: Sendable {
    /// Words with more code points than this are unknown as a whole, as BERT has it.
    private static let longestWord = 100

    /// Pieces that begin a word, and, without their `##`, those that go on.
    private var beginnings: [[UInt8]: Int32] = [:]
    private var continuations: [[UInt8]: Int32] = [:]
    private let unknown: Int32
    /// Bytes of the longest piece.
    private let longestPiece: Int

    init(_ tokens: [[UInt8]]) throws(BaseEncoderError) {
        for (id, token) in tokens.enumerated() {
            let known =
                token.starts(with: Array("##".utf8))
                ? continuations.updateValue(Int32(id), forKey: Array(token.dropFirst(2)))
                : beginnings.updateValue(Int32(id), forKey: token)
            if known != nil { throw .duplicateToken(String(decoding: token, as: UTF8.self)) }
        }
        guard let unknown = beginnings[Array("[UNK]".utf8)] else { throw .vocabularyLacks(token: "[UNK]") }
        self.unknown = unknown
        longestPiece = tokens.map(\.count).max() ?? 0
    }

    func id(of token: String) -> Int32? { beginnings[Array(token.utf8)] }

    /// Appends the pieces of `word`, longest first from the left; the unknown token where it cannot be
    /// pieced together.
    func append(_ word: [Unicode.Scalar], to ids: inout [Int32]) {
        guard word.count <= Self.longestWord else { return ids.append(unknown) }
        let bytes = word.utf8
        let before = ids.count
        var from = 0
        while from < bytes.count {
            guard let (id, to) = longestPiece(of: bytes, from: from) else {
                ids.removeLast(ids.count - before)
                return ids.append(unknown)
            }
            ids.append(id)
            from = to
        }
    }

    private func longestPiece(of word: [UInt8], from: Int) -> (id: Int32, to: Int)? {
        let pieces = from == 0 ? beginnings : continuations
        for to in stride(from: min(word.count, from + longestPiece), to: from, by: -1) {
            if let id = pieces[Array(word[from..<to])] { return (id, to) }
        }
        return nil
    }
}

extension [Unicode.Scalar] {
    /// The code points in UTF-8.
    var utf8: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for scalar in self {
            if scalar.value < 128 {
                bytes.append(UInt8(scalar.value))
            } else {
                bytes += UTF8.encode(scalar)!
            }
        }
        return bytes
    }
}
