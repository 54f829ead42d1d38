internal import Bytes

/// Reads the header and the index of a running sum, and holds them against the digest at the end.
struct RunningSumReader {
    private let path: String
    private let source: FileByteSource

    static let digestByteCount = 32
    /// Of each block: how many sums are outside of their cells, and the block's digest.
    static let indexEntryByteCount = 4 + digestByteCount

    init(path: String) throws {
        self.path = path
        source = try FileByteSource(path: path)
    }

    func open() throws -> (header: RunningSumHeader, digest: RunningSumDigest, blocks: RunningSumBlocks) {
        let prefix = try prefix()
        let header = try RunningSumHeader(parsing: prefix.json, path: path)
        let layout = RunningSumBlock.layout(of: header.tensors)
        let indexByteCount = layout.count * Self.indexEntryByteCount
        let indexStart = source.count - Self.digestByteCount - indexByteCount
        guard indexStart >= prefix.byteCount else { throw RunningSumError.notARunningSum(path: path) }
        let index = try source.bytes(at: indexStart, count: indexByteCount)
        let digest = RunningSumDigest.of(header.encoded, index)
        guard
            try source.bytes(at: source.count - Self.digestByteCount, count: Self.digestByteCount)
                == digest.bytes
        else { throw RunningSumError.corrupt(path: path) }
        let places = Self.places(layout, index, from: prefix.byteCount)
        guard places.end == indexStart else { throw RunningSumError.corrupt(path: path) }
        let blocks = RunningSumBlocks(
            path: path, tensors: header.tensors, layout: layout, places: places.places, source: source)
        return (header, digest, blocks)
    }

    private func prefix() throws -> (json: [UInt8], byteCount: Int) {
        let start = RunningSumHeader.magic.count + 8
        guard source.count >= start + Self.digestByteCount else {
            throw RunningSumError.notARunningSum(path: path)
        }
        let bytes = try source.bytes(at: 0, count: start)
        guard bytes.starts(with: RunningSumHeader.magic),
            let count = bytes.bigEndian(at: start - 8, as: UInt64.self),
            count <= UInt64(RunningSumHeader.maximumByteCount), Int(count) <= source.count - start
        else { throw RunningSumError.notARunningSum(path: path) }
        return (try source.bytes(at: start, count: Int(count)), start + Int(count))
    }

    private static func places(
        _ layout: [RunningSumBlock], _ index: [UInt8], from start: Int
    ) -> (places: [RunningSumBlocks.Place], end: Int) {
        var offset = start
        var places: [RunningSumBlocks.Place] = []
        for (number, block) in layout.enumerated() {
            let entry = number * indexEntryByteCount
            let outside = Int(index.bigEndian(at: entry, as: UInt32.self)!)
            let digest = RunningSumDigest(bytes: index[entry + 4..<entry + indexEntryByteCount])!
            places.append(.init(offset: offset, outsideCount: outside, digest: digest))
            offset += block.count * 16 + outside * block.outsideByteCount
        }
        return (places, offset)
    }
}

extension RunningSumDigest {
    /// SHA-256 over header and index; the index holds the digest of every block.
    static func of(_ header: [UInt8], _ index: [UInt8]) -> RunningSumDigest { .sha256(header, index) }
}
