internal import Glibc
internal import GRDB
internal import GRDBSQLite

/// Bytes that must not be found any more.
struct Needle: Hashable, Sendable {
    enum Part: String, Sendable {
        case salt, wrappedKey = "wrapped key", dataKey = "data key", ciphertext, content, index
    }

    let part: Part
    /// At least 8 of them.
    let bytes: [UInt8]

    init(_ part: Part, _ bytes: [UInt8]) {
        precondition(bytes.count >= Self.shortest, "shorter runs of bytes are found by chance")
        (self.part, self.bytes) = (part, bytes)
    }

    static let shortest = 8
    private static let windowSize = 32
    private static let windowCount = 32

    /// Up to `count` pieces of `content`, 32 bytes each, spread evenly from its first to its last byte.
    ///
    /// Content under 16 bytes gives none, nor does a piece with fewer than 8 different byte values: both
    /// occur by chance. What a deleted page leaves behind is then found by the ciphertext and the salt.
    static func windows(of content: [UInt8], count: Int = windowCount) -> [Needle] {
        guard content.count >= windowSize / 2 else { return [] }
        let size = min(windowSize, content.count)
        let last = content.count - size
        let starts = Set((0..<count).map { last * $0 / (count - 1) }).sorted()
        return starts.map { Array(content[$0..<$0 + size]) }
            .filter { Set($0).count >= 8 }
            .map { Needle(.content, $0) }
    }

    func isPart(of text: [UInt8]) -> Bool {
        text.firstRange(of: bytes) != nil
    }
}

/// A search of files for many needles at once.
struct ResidueScan {
    /// A needle that was found, and where: a path and the offset in that file.
    struct Hit: Hashable {
        var needle: Int
        var place: String
    }

    private let needles: [Needle]
    private let longest: Int
    /// The needles by their first 8 bytes.
    private var byPrefix: [UInt64: [Int]] = [:]
    /// One bit for each value of a 20-bit hash of those 8 bytes: nearly every offset of a file ends here, also
    /// with the hundred thousand needles of a few thousand rows.
    private var filter = [UInt64](repeating: 0, count: 1 << 14)

    private(set) var hits: Set<Hit> = []
    private(set) var scannedBytes = 0

    init(_ needles: [Needle]) {
        self.needles = needles
        longest = needles.map(\.bytes.count).max() ?? Needle.shortest
        for (index, needle) in needles.enumerated() {
            let prefix = needle.bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
            byPrefix[prefix, default: []].append(index)
            let bit = Self.hash(prefix)
            filter[bit >> 6] |= 1 << UInt64(bit & 63)
        }
    }

    private static func hash(_ prefix: UInt64) -> Int {
        Int(truncatingIfNeeded: (prefix &* 0x9E37_79B9_7F4A_7C15) >> 44)
    }

    /// Searches `size` bytes that `read` gives at any offset, one MiB at a time.
    mutating func scan(
        _ name: String, size: Int, read: (UnsafeMutableRawBufferPointer, _ offset: Int) throws -> Int
    ) throws {
        guard !needles.isEmpty else { return }
        // Pieces overlap by one byte less than the longest needle, so that none is cut.
        let step = 1 << 20
        var buffer = [UInt8](repeating: 0, count: step + longest - 1)
        for offset in stride(from: 0, to: size, by: step) {
            try buffer.withUnsafeMutableBytes { buffer in
                let wanted = min(buffer.count, size - offset)
                let count = try read(UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), offset)
                search(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset, of: name)
                scannedBytes += min(count, step)
            }
        }
    }

    private mutating func search(_ piece: UnsafeRawBufferPointer, at base: Int, of name: String) {
        guard piece.count >= Needle.shortest else { return }
        var candidates: [(Int, UInt64)] = []
        filter.withUnsafeBufferPointer { filter in
            for offset in 0...(piece.count - Needle.shortest) {
                let prefix = piece.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let bit = Self.hash(prefix)
                if filter[bit >> 6] >> UInt64(bit & 63) & 1 == 1 { candidates.append((offset, prefix)) }
            }
        }
        for (offset, prefix) in candidates {
            for index in byPrefix[prefix] ?? [] {
                let bytes = needles[index].bytes
                guard piece.count - offset >= bytes.count,
                    piece[offset..<offset + bytes.count].elementsEqual(bytes)
                else { continue }
                hits.insert(Hit(needle: index, place: "\(name) at byte \(base + offset)"))
            }
        }
    }

    /// Searches a file that no database has open.
    mutating func scan(file path: String) throws {
        let file = try FileDescriptor(opening: path, O_RDONLY)
        try scan(path, size: try file.size()) { try file.read(into: $0, at: $1) }
    }

    /// Searches a database file and its write-ahead log, byte for byte, through the database's own open
    /// files.
    ///
    /// Not by opening them again: when a process closes any descriptor of a file, it loses all its locks
    /// on that file, those of the database included. The third file, `-shm`, is left out: it holds page
    /// numbers and checksums only.
    mutating func scan(database queue: DatabaseQueue, path: String) throws {
        try queue.inDatabase { database in
            for (operation, name) in [
                (SQLITE_FCNTL_FILE_POINTER, path), (SQLITE_FCNTL_JOURNAL_POINTER, "\(path)-wal"),
            ] {
                var file: UnsafeMutablePointer<sqlite3_file>?
                let status = withUnsafeMutablePointer(to: &file) {
                    sqlite3_file_control(database.sqliteConnection, "main", operation, $0)
                }
                guard status == SQLITE_OK, let file else { throw Self.unreadable(name) }
                // A log that was never written has no methods yet.
                guard let methods = file.pointee.pMethods else { continue }
                var size: sqlite3_int64 = 0
                guard methods.pointee.xFileSize(file, &size) == SQLITE_OK else { throw Self.unreadable(name) }
                try scan(name, size: Int(size)) { buffer, offset in
                    let status = methods.pointee.xRead(
                        file, buffer.baseAddress, Int32(buffer.count), sqlite3_int64(offset))
                    guard status == SQLITE_OK else { throw Self.unreadable(name) }
                    return buffer.count
                }
            }
        }
    }

    private static func unreadable(_ path: String) -> StoreError {
        StoreError(
            .inputOutput, "\(path) cannot be searched for what was erased",
            hint: "check the disk, then erase again")
    }
}
