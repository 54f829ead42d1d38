internal import Bytes

/// Up to 256 neighbouring entries, each after its length as two big-endian bytes (C2SP tlog-tiles, "Log
/// entries").
public struct EntryBundle: Hashable, Sendable {
    /// The most bytes that an entry can have in this format.
    public static let maximumEntryLength = 65_535

    public let entries: [[UInt8]]

    public enum Failure: Error, Hashable {
        /// A bundle has from 1 to 256 entries.
        case entryCount(Int)
        case entryTooLong(position: Int, length: Int)
        /// The bytes end inside the entry, or its length, at this position of the bundle.
        case truncated(position: Int)
        case trailingBytes(Int)
    }

    public init(entries: [[UInt8]]) throws(Failure) {
        guard (1...TileCoordinate.fullWidth).contains(entries.count) else { throw .entryCount(entries.count) }
        for (position, entry) in entries.enumerated() where entry.count > Self.maximumEntryLength {
            throw .entryTooLong(position: position, length: entry.count)
        }
        self.entries = entries
    }

    /// Reads a bundle of exactly `width` entries.
    public init(bytes: [UInt8], width: Int) throws(Failure) {
        guard (1...TileCoordinate.fullWidth).contains(width) else { throw .entryCount(width) }
        var entries: [[UInt8]] = []
        entries.reserveCapacity(width)
        var offset = 0
        while entries.count < width {
            guard let length = bytes.bigEndian(at: offset, as: UInt16.self),
                bytes.count - offset - 2 >= Int(length)
            else { throw .truncated(position: entries.count) }
            entries.append(Array(bytes[offset + 2..<offset + 2 + Int(length)]))
            offset += 2 + Int(length)
        }
        guard offset == bytes.count else { throw .trailingBytes(bytes.count - offset) }
        self.entries = entries
    }

    public var bytes: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(entries.reduce(0) { $0 + $1.count + 2 })
        for entry in entries {
            output.appendBigEndian(UInt16(entry.count))
            output.append(contentsOf: entry)
        }
        return output
    }
}
