internal import Bytes

/// Writes a running sum: what a previous one holds, plus and minus contributions.
struct RunningSumWriter: Sendable {
    let header: RunningSumHeader
    let previous: RunningSum?
    let adding: [Contribution]
    let removing: [Contribution]

    /// Blocks are computed side by side and written in order, a batch at a time. The file appears when all
    /// is there.
    func write(to path: String, threads: Int) throws {
        let layout = RunningSumBlock.layout(of: header.tensors)
        let file = try AtomicFile(path: path)
        let target = file.target
        let encoded = header.encoded
        try target.write(encoded, at: 0)
        var offset = encoded.count
        var index: [UInt8] = []
        let slots = (0..<4 * max(1, threads)).map { _ in RunningSumMemory(layout: layout) }
        for start in stride(from: 0, to: layout.count, by: slots.count) {
            let batch = Array(layout[start..<min(start + slots.count, layout.count)])
            try forEachConcurrently(batch.count, threads: threads, state: {}) { _, place in
                try compute(batch[place], number: start + place, slots[place])
            }
            let offsets = zip(batch, slots).map { block, memory in
                defer { offset += block.count * 16 + memory.outside.count }
                index.appendBigEndian(UInt32(memory.outside.count / block.outsideByteCount))
                index += memory.blockDigest!.bytes
                return offset
            }
            try forEachConcurrently(batch.count, threads: threads, state: {}) { _, place in
                let cells = UnsafeRawBufferPointer(slots[place].cells(batch[place]))
                try target.write(cells, at: offsets[place])
                try target.write(slots[place].outside, at: offsets[place] + cells.count)
            }
        }
        try target.write(index + RunningSumDigest.of(encoded, index).bytes, at: offset)
        try file.commit()
    }

    private func compute(_ block: RunningSumBlock, number: Int, _ memory: RunningSumMemory) throws {
        if let previous {
            try previous.blocks.read(number, into: memory)
        } else {
            memory.clear(block)
        }
        for (contributions, subtract) in [(adding, false), (removing, true)] {
            for contribution in contributions {
                try memory.add(
                    contribution.adapter.file, block, weight: contribution.weight,
                    unit: header.unitExponent,
                    subtract: subtract)
            }
        }
        memory.settle(block, unit: header.unitExponent)
        memory.blockDigest = memory.digest(block)
    }
}
