import Bytes
import MerkleLog

/// RFC 6962 §2.1 as it is written: lists of entries, halved recursively. The oracle for everything in this
/// target; it knows no levels, no tiles and no compact ranges.
struct RecursiveTree {
    let entries: [[UInt8]]

    /// MTH(D[range]).
    func hash(_ range: Range<Int>) -> RootHash {
        if range.isEmpty { return .sha256([]) }
        if range.count == 1 { return .sha256([0], entries[range.lowerBound]) }
        let middle = range.lowerBound + Self.split(range.count)
        return .sha256([1], hash(range.lowerBound..<middle).bytes, hash(middle..<range.upperBound).bytes)
    }

    /// PATH(index, D[range]), `index` counted from the start of the range.
    func path(_ index: Int, _ range: Range<Int>) -> [RootHash] {
        guard range.count > 1 else { return [] }
        let half = Self.split(range.count)
        let middle = range.lowerBound + half
        let left = range.lowerBound..<middle
        let right = middle..<range.upperBound
        return index < half
            ? path(index, left) + [hash(right)]
            : path(index - half, right) + [hash(left)]
    }

    /// PROOF(old, D[0:new]).
    func proof(_ old: Int, _ new: Int) -> [RootHash] { subproof(old, 0..<new, true) }

    private func subproof(_ old: Int, _ range: Range<Int>, _ known: Bool) -> [RootHash] {
        if old == range.count { return known ? [] : [hash(range)] }
        let half = Self.split(range.count)
        let middle = range.lowerBound + half
        let left = range.lowerBound..<middle
        let right = middle..<range.upperBound
        return old <= half
            ? subproof(old, left, known) + [hash(right)]
            : subproof(old - half, right, false) + [hash(left)]
    }

    /// The largest power of two smaller than `count`.
    private static func split(_ count: Int) -> Int {
        var half = 1
        while half * 2 < count { half *= 2 }
        return half
    }
}

/// The entries and their tree, both ways, for all tests: entry i is the decimal text of i.
enum Sample {
    static let entries = (0..<300).map { Array(String($0).utf8) }
    static let oracle = RecursiveTree(entries: entries)
    static let tree = MerkleTree(leaves: entries.map { LeafHash(entry: $0) })

    static func leaf(_ index: Int) -> LeafHash { LeafHash(entry: entries[index]) }
}

extension Hash256 {
    /// The value with one of its 256 bits inverted.
    func flipping(bit: Int) -> Self {
        var bytes = self.bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return Self(bytes: bytes)!
    }
}

/// The places of a hash's bits.
let everyBit = 0..<256
