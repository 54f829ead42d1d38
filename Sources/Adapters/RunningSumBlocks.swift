internal import Bytes
internal import Kernels

/// A run of elements of one tensor that a running sum keeps, checks and computes together.
struct RunningSumBlock: Sendable {
    /// The tensor, counted in order of name.
    let tensor: Int
    let element: ElementType
    let start: Int
    let count: Int

    static let maximumCount = 1 << 14

    /// How `tensors` are cut, in order.
    static func layout(of tensors: [TensorDescription]) -> [RunningSumBlock] {
        tensors.enumerated().flatMap { index, tensor in
            stride(from: 0, to: tensor.count, by: maximumCount).map { start in
                RunningSumBlock(
                    tensor: index, element: tensor.element, start: start,
                    count: min(maximumCount, tensor.count - start))
            }
        }
    }

    /// Bytes of one sum outside of its cell: its index in the block, and the words.
    var outsideByteCount: Int { 4 + 8 * lethe_wide_words(element.kernel) }
}

/// The blocks of a running sum on disk.
struct RunningSumBlocks: Sendable {
    let path: String
    let tensors: [TensorDescription]
    let layout: [RunningSumBlock]
    let places: [Place]
    let source: any ByteSource

    /// Where a block is, and what it must hash to.
    struct Place: Sendable {
        let offset: Int
        let outsideCount: Int
        let digest: RunningSumDigest
    }

    /// Reads block `index`, and throws unless it is what was written.
    func read(_ index: Int, into memory: RunningSumMemory) throws {
        let block = layout[index], place = places[index]
        let cells = memory.cells(block)
        try source.read(into: cells, at: place.offset)
        memory.outside = try source.bytes(
            at: place.offset + cells.count, count: place.outsideCount * block.outsideByteCount)
        guard memory.digest(block) == place.digest, memory.takeOutside(block) else {
            throw RunningSumError.corruptBlock(
                path: path, tensor: tensors[block.tensor].name, start: block.start)
        }
    }
}

/// What is needed for one block. Each is used by one thread at a time.
final class RunningSumMemory: Sendable {
    nonisolated(unsafe) private let cellBuffer: ElementBuffer
    nonisolated(unsafe) private let wideBuffer: ElementBuffer
    nonisolated(unsafe) private let valueBuffer: ElementBuffer
    /// The sums outside of their cells, as they stand in the file.
    nonisolated(unsafe) var outside: [UInt8] = []
    /// The digest of the block that was computed last.
    nonisolated(unsafe) var blockDigest: RunningSumDigest?

    init(layout: [RunningSumBlock]) {
        let count = layout.map(\.count).max() ?? 0
        let words = layout.map { lethe_wide_words($0.element.kernel) }.max() ?? 0
        cellBuffer = ElementBuffer(byteCount: count * 16)
        wideBuffer = ElementBuffer(byteCount: count * words * 8)
        valueBuffer = ElementBuffer(byteCount: count * 8)
    }

    func cells(_ block: RunningSumBlock) -> UnsafeMutableRawBufferPointer {
        cellBuffer.bytes(block.count * 16)
    }

    private func wide(_ block: RunningSumBlock) -> UnsafeMutablePointer<UInt64> {
        wideBuffer.bytes(block.count * lethe_wide_words(block.element.kernel) * 8)
            .assumingMemoryBound(to: UInt64.self).baseAddress!
    }

    func clear(_ block: RunningSumBlock) { _ = cells(block).initializeMemory(as: UInt8.self, repeating: 0) }

    func digest(_ block: RunningSumBlock) -> RunningSumDigest {
        var hasher = Hasher256()
        hasher.update(UnsafeRawBufferPointer(cells(block)))
        hasher.update(outside)
        return hasher.finish()
    }

    /// Puts the sums of `outside` where the arithmetic wants them; false unless they are those of the
    /// marked cells.
    func takeOutside(_ block: RunningSumBlock) -> Bool {
        let wide = wide(block), words = lethe_wide_words(block.element.kernel)
        let cells = cells(block).baseAddress
        var offset = 0
        for index in 0..<block.count where lethe_window_is_outside(cells, index) {
            guard outside.bigEndian(at: offset, as: UInt32.self) == UInt32(index) else { return false }
            for word in 0..<words {
                guard let value = outside.bigEndian(at: offset + 4 + 8 * word, as: UInt64.self) else {
                    return false
                }
                wide[index * words + word] = value
            }
            offset += block.outsideByteCount
        }
        return offset == outside.count
    }

    /// Adds a contribution's elements to the sums, or subtracts them.
    func add(
        _ file: SafetensorsFile, _ block: RunningSumBlock, weight: Int, unit: Int, subtract: Bool
    ) throws {
        let entry = file.header.entries[block.tensor]
        let values = valueBuffer.bytes(block.count * block.element.size)
        try file.read(entry, from: block.start, into: values)
        lethe_window_add(
            cells(block).baseAddress, wide(block), Int32(unit), values.baseAddress, block.count,
            block.element.kernel, UInt32(weight), subtract)
    }

    /// Brings the sums into the one form that the file has for them, and fills `outside`.
    func settle(_ block: RunningSumBlock, unit: Int) {
        let wide = wide(block), words = lethe_wide_words(block.element.kernel)
        let cells = cells(block).baseAddress
        outside = []
        let count = lethe_window_settle(cells, wide, Int32(unit), block.count, block.element.kernel)
        guard count > 0 else { return }
        for index in 0..<block.count where lethe_window_is_outside(cells, index) {
            outside.appendBigEndian(UInt32(index))
            for word in 0..<words { outside.appendBigEndian(wide[index * words + word]) }
        }
    }

    /// The elements of the mean, in a buffer that lives until the next call.
    func divide(
        _ block: RunningSumBlock, by divisor: Int, unit: Int, to entry: SafetensorsHeader.Entry
    ) throws -> UnsafeRawBufferPointer {
        let output = valueBuffer.bytes(block.count * entry.tensor.element.size)
        let done = lethe_window_divide(
            cells(block).baseAddress, wide(block), Int32(unit), block.count, block.element.kernel,
            UInt64(divisor),
            output.baseAddress, entry.tensor.element.kernel, LETHE_BEST)
        guard done == block.count else {
            throw MergeError.overflow(
                tensor: entry.tensor.name, index: block.start + done, element: entry.tensor.element)
        }
        return UnsafeRawBufferPointer(output)
    }
}
