import Bytes
import Foundation
import LedgerStore
import MerkleLog

/// A directory that goes with the value.
final class Scratch: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "lethe-store-" + UUID().uuidString
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var ledger: String { path + "/ledger" }
}

/// The tree of RFC 6962 §2.1 as it is defined, by recursion over the leaves: slow, and nobody else's code.
enum Oracle {
    static func node(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        if leaves.count == 1 { return Hash256<Leaf>.sha256([0], leaves.first!).bytes }
        var half = 1
        while half * 2 < leaves.count { half *= 2 }
        let middle = leaves.startIndex + half
        return Hash256<Node>.sha256([1], node(leaves[..<middle]), node(leaves[middle...])).bytes
    }

    static func root(_ leaves: some Collection<[UInt8]>) -> RootHash {
        leaves.isEmpty ? .sha256() : RootHash(bytes: node(ArraySlice(leaves)))!
    }
}

/// Entry number `number`: different bytes and lengths for different numbers.
func envelope(_ number: Int) -> [UInt8] {
    Array("{\"entry\":\(number)}".utf8) + [UInt8](repeating: UInt8(number & 255), count: number % 7)
}

func newEntries(_ numbers: Range<Int>) -> [NewEntry] {
    numbers.map { NewEntry(envelope: envelope($0)) }
}

/// The code of the error that `work` throws, or `nil`.
func code(_ work: () throws -> Void) -> StoreError.Code? {
    do {
        try work()
        return nil
    } catch {
        return (error as? StoreError)?.code
    }
}
