internal import Bytes
internal import Synchronization

/// A file for rows that a view need not hold in memory. It serves one process, and goes with it.
public protocol RowFile: Sendable {
    /// Writes `bytes` behind what is there. False where there is no room, and then nothing of it counts as written.
    func append(_ bytes: [UInt8]) -> Bool

    /// The `count` bytes from `offset` on, or as many of them as were written.
    func read(at offset: Int, _ count: Int) -> [UInt8]
}

/// Records behind each other in a file. Each stays as it is, so that whoever knows where one begins may share the log.
///
/// Where the file takes no more, what comes after stays in memory.
final class RowLog: Sendable {
    /// What is not in the file yet.
    private struct Tail {
        var start = 0
        var bytes: [UInt8] = []
        var isForGood = false
    }

    /// Records begin at multiples of this many bytes.
    static let unit = 8
    private static let tailSize = 1 << 18
    /// What most records fit into, so that one read gives them whole.
    private static let firstRead = 512
    private static let headSize = 4

    /// How many rows of a table, or places in a list of rows, are gathered in memory before they go into the log.
    let gathered: Int
    private let file: any RowFile
    private let tail = Mutex(Tail())

    init(_ file: any RowFile, gathering gathered: Int) { (self.file, self.gathered) = (file, gathered) }

    /// Puts `record` behind the others and returns where it begins.
    func append(_ record: [UInt8]) -> Int {
        tail.withLock { tail in
            let offset = tail.start + tail.bytes.count
            tail.bytes.appendBigEndian(UInt32(record.count))
            tail.bytes += record
            let surplus = tail.bytes.count % Self.unit
            if surplus > 0 { tail.bytes += repeatElement(0, count: Self.unit - surplus) }
            guard tail.bytes.count >= Self.tailSize, !tail.isForGood else { return offset }
            if file.append(tail.bytes) {
                tail.start += tail.bytes.count
                tail.bytes.removeAll(keepingCapacity: true)
            } else {
                tail.isForGood = true
            }
            return offset
        }
    }

    /// The record that begins at `offset`.
    func record(at offset: Int) -> [UInt8] {
        let recent: [UInt8]? = tail.withLock { tail in
            guard offset >= tail.start else { return nil }
            let start = offset - tail.start
            let count = Int(tail.bytes.bigEndian(at: start, as: UInt32.self)!)
            return Array(tail.bytes[(start + Self.headSize)..<(start + Self.headSize + count)])
        }
        if let recent { return recent }
        var bytes = file.read(at: offset, Self.firstRead)
        guard let count = bytes.bigEndian(at: 0, as: UInt32.self).map(Int.init) else { Self.fail(offset) }
        if Self.headSize + count > bytes.count { bytes = file.read(at: offset, Self.headSize + count) }
        guard bytes.count >= Self.headSize + count else { Self.fail(offset) }
        return Array(bytes[Self.headSize..<(Self.headSize + count)])
    }

    /// What this process wrote itself and cannot read again leaves no way on.
    private static func fail(_ offset: Int) -> Never {
        preconditionFailure("the temporary file of a view cannot be read at \(offset)")
    }
}

/// Where the values of keys lie in a log, in some twelve bytes for each.
///
/// Open addressing with linear probing. A slot has 28 bits of the key's hash and the place of its record; whether the
/// record is that key's, the record itself tells.
struct OffsetTable: Sendable {
    private static let placeBits: UInt64 = 36
    private static let placeMask: UInt64 = 1 << placeBits - 1

    /// Zero where nothing is.
    private var slots: [UInt64] = []
    private(set) var count = 0

    /// The slots that are used, in no order.
    var used: some Sequence<Int> { slots.lazy.filter { $0 != 0 }.map(Self.offset) }

    /// The slot of a key with this hash whose record `isOfKey`, if there is one.
    func find(_ hash: Int, where isOfKey: (_ offset: Int) -> Bool) -> Int? {
        guard !slots.isEmpty else { return nil }
        let fragment = Self.fragment(hash)
        var slot = Int(fragment) % slots.count
        while slots[slot] != 0 {
            if slots[slot] >> Self.placeBits == fragment, isOfKey(Self.offset(slots[slot])) { return slot }
            slot = slot + 1 == slots.count ? 0 : slot + 1
        }
        return nil
    }

    func offset(in slot: Int) -> Int { Self.offset(slots[slot]) }

    /// Puts another record in the place of the one in `slot`.
    mutating func replace(_ slot: Int, _ offset: Int) {
        slots[slot] = Self.entry(slots[slot] >> Self.placeBits, offset)
    }

    /// Takes in a key that is not there.
    mutating func insert(_ hash: Int, _ offset: Int) {
        if (count + 1) * 5 > slots.count * 4 { grow() }
        place(Self.entry(Self.fragment(hash), offset))
        count += 1
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: max(16, old.count * 3 / 2))
        for entry in old where entry != 0 { place(entry) }
    }

    private mutating func place(_ entry: UInt64) {
        var slot = Int(entry >> Self.placeBits) % slots.count
        while slots[slot] != 0 { slot = slot + 1 == slots.count ? 0 : slot + 1 }
        slots[slot] = entry
    }

    private static func fragment(_ hash: Int) -> UInt64 { UInt64(bitPattern: Int64(hash)) >> placeBits }

    private static func entry(_ fragment: UInt64, _ offset: Int) -> UInt64 {
        let place = UInt64(offset / RowLog.unit + 1)
        precondition(place <= placeMask, "the temporary file of a view is full")
        return fragment << placeBits | place
    }

    private static func offset(_ entry: UInt64) -> Int { Int(entry & placeMask - 1) * RowLog.unit }
}

/// Values by key in a log. What is in memory of each is where it lies.
///
/// A copy shares the log, and what is put into one is not in the other.
struct Shelf<Key: Packable & Hashable & Sendable>: Sendable {
    let log: RowLog
    private var offsets = OffsetTable()

    init(_ log: RowLog) { self.log = log }

    var count: Int { offsets.count }

    /// The value under `key`, to be read.
    func value(of key: Key) -> RowUnpacker? {
        guard let (slot, _) = find(key) else { return nil }
        return value(at: offsets.offset(in: slot))
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }

    /// The value of the record at `offset`, to be read.
    func value(at offset: Int) -> RowUnpacker { entry(at: offset).value }

    /// Puts a value under `key`, in the place of the one whose record begins at `previous`.
    mutating func put(_ key: Key, _ write: (_ previous: Int?, inout RowPacker) -> Void) {
        let found = find(key)
        var packer = RowPacker()
        key.pack(into: &packer)
        write((found?.slot).map(offsets.offset), &packer)
        let offset = log.append(packer.bytes)
        if let found {
            offsets.replace(found.slot, offset)
        } else {
            offsets.insert(key.hashValue, offset)
        }
    }

    /// All keys, in no order.
    var keys: some Sequence<Key> { entries.lazy.map(\.key) }

    /// All keys with their values, in no order.
    var entries: some Sequence<(key: Key, value: RowUnpacker)> { offsets.used.lazy.map { entry(at: $0) } }

    private func entry(at offset: Int) -> (key: Key, value: RowUnpacker) {
        var unpacker = RowUnpacker(log.record(at: offset))
        let key = Key(unpacking: &unpacker)
        return (key, unpacker)
    }

    private func find(_ key: Key) -> (slot: Int, hash: Int)? {
        let hash = key.hashValue
        return offsets.find(hash) { entry(at: $0).key == key }.map { ($0, hash) }
    }
}
