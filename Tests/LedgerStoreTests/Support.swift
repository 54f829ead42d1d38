import Bytes
import Events
import Foundation
import MerkleLog
import Signing

@testable import LedgerStore

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

func makeLedger(_ path: String, faults: FaultInjector = .none) throws -> LedgerDirectory {
    try LedgerDirectory.create(at: path, random: .system, faults: faults)
}

func openLedger(
    _ path: String, _ mode: LedgerDirectory.Mode = .readWrite, faults: FaultInjector = .none
) throws -> LedgerDirectory {
    try LedgerDirectory.open(at: path, mode: mode, random: .system, faults: faults)
}

/// Body number `number`, with a salt of its own.
func body(_ number: Int) -> OpenBody {
    let salt = Salt(bytes: Hash256<Leaf>.sha256([UInt8(number)], [1]).bytes)!
    let finding = Hex.encode(noise(20, seed: UInt64(number)))
    let text = "{\"person\":\"patient \(number)\",\"finding\":\"\(finding)\"}"
    return OpenBody(salt: salt, mediaType: .json, bytes: Array(text.utf8))
}

/// Content that does not repeat, the same each time.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

/// The files below `directory` in whose bytes `needle` occurs, with a plain search of each.
func files(in directory: String, containing needle: [UInt8]) throws -> [String] {
    let names = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
    return names.sorted().filter { name in
        guard let content = FileManager.default.contents(atPath: "\(directory)/\(name)") else { return false }
        return content.range(of: Data(needle)) != nil
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
