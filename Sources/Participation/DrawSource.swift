public import Bytes

/// The charter that founded a consortium; the tag of its digest.
public enum Charter {}

/// SHA-256 in counter mode: block c is SHA-256(prefix || u64be c), read as four big-endian 64-bit words.
struct CounterBlocks: Sendable {
    let prefix: [UInt8]

    init(domain: String, _ parts: [UInt8]) {
        prefix = Array(domain.utf8) + [0] + parts
    }

    /// The four words of block `counter`.
    func words(at counter: UInt64) -> (UInt64, UInt64, UInt64, UInt64) {
        var message = prefix
        message.appendBigEndian(counter)
        let hash: Hash256<CounterBlocks> = .sha256(message)
        return hash.withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 {
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
            }
            return (word(0), word(1), word(2), word(3))
        }
    }

    /// The words that are kept when a draw is reduced modulo `count`: those below the largest multiple of it.
    ///
    /// Every residue has equally many words below that multiple, so the reduction has no bias.
    @inlinable
    static func keeps(_ word: UInt64, below count: UInt64) -> Bool {
        // 2^64 mod count, computed as (2^64 − count) mod count.
        let excess = (0 &- count) % count
        return word <= UInt64.max - excess
    }
}

/// The draws of one organisation in one round: a function of the charter, the name and the round, and
/// of nothing else.
///
/// Block c is SHA-256("lethe/participation-draw/v1" 00 || charter[32] || u64be(len(name)) || name ||
/// u64be(round) || u64be(c)). The explore draw is word 0 and the action draw word 1 of the first block
/// in which that word is kept (see `schemas/participation.md`, which has known answers). Nobody can
/// choose a draw, and everybody can check one with `sha256sum`.
public struct DrawSource: Sendable {
    private let blocks: CounterBlocks
    private let first: (UInt64, UInt64, UInt64, UInt64)

    public init(charter: Hash256<Charter>, organisation: String, round: RoundNumber) {
        let name = Array(organisation.utf8)
        var parts = charter.bytes
        parts.appendBigEndian(UInt64(name.count))
        parts += name
        parts.appendBigEndian(UInt64(round.rawValue))
        blocks = CounterBlocks(domain: "lethe/participation-draw/v1", parts)
        first = blocks.words(at: 0)
    }

    /// The explore draw: an integer from 0 to 9,999, each equally likely.
    public var exploreDraw: Int { draw(below: Int(FixedPoint.one)) { $0.0 } }

    /// The action draw: which of `count` actions, each equally likely.
    ///
    /// - Precondition: `count` is positive.
    public func actionDraw(among count: Int) -> Int { draw(below: count) { $0.1 } }

    private func draw(
        below count: Int, _ lane: ((UInt64, UInt64, UInt64, UInt64)) -> UInt64
    ) -> Int {
        precondition(count > 0, "a draw is among at least one")
        var word = lane(first)
        var counter: UInt64 = 0
        while !CounterBlocks.keeps(word, below: UInt64(count)) {
            counter += 1
            word = lane(blocks.words(at: counter))
        }
        return Int(word % UInt64(count))
    }
}

/// Draws in sequence, for permutations and simulated worlds: the words of the blocks one after the other.
struct DrawStream {
    private let blocks: CounterBlocks
    private var counter: UInt64 = 0
    private var waiting: [UInt64] = []

    init(domain: String, seed: [UInt8]) { blocks = CounterBlocks(domain: domain, seed) }

    mutating func next(below count: Int) -> Int {
        precondition(count > 0, "a draw is among at least one")
        while true {
            if waiting.isEmpty {
                let words = blocks.words(at: counter)
                waiting = [words.3, words.2, words.1, words.0]
                counter += 1
            }
            let word = waiting.removeLast()
            if CounterBlocks.keeps(word, below: UInt64(count)) { return Int(word % UInt64(count)) }
        }
    }

    /// A uniform integer of the range.
    mutating func next(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + next(below: range.count)
    }

    /// `items` in an order of which each is equally likely: Fisher and Yates, from the last place down.
    mutating func shuffled<Item>(_ items: [Item]) -> [Item] {
        var items = items
        for last in stride(from: items.count - 1, to: 0, by: -1) {
            items.swapAt(last, next(below: last + 1))
        }
        return items
    }
}
