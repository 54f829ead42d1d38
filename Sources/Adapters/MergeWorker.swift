internal import Glibc
internal import Kernels

/// Computes parts of a merge, in memory that a thread keeps from one part to the next.
struct MergeWorker: Sendable {
    let weights: [UInt32]
    let files: [SafetensorsFile]
    let labels: [String]
    let target: SafetensorsWriter.Target
    /// Where each step's result goes, in the order of `steps`.
    let outputs: [SafetensorsHeader.Entry]
    let steps: [MergeStep]

    /// A run of one result: of elements, or of rows where matrices are put side by side.
    struct Chunk: Sendable {
        let step: Int
        /// The contribution, where the run comes from one alone.
        let input: Int
        let start: Int
        let count: Int
    }

    /// What one thread works in.
    final class Memory {
        let inputs: ElementBuffer
        let output: ElementBuffer

        init(inputs: Int, output: Int) {
            self.inputs = ElementBuffer(byteCount: inputs)
            self.output = ElementBuffer(byteCount: output)
        }
    }

    /// Room for the inputs of one thread: long reads for few contributions, short ones for 4096, and in
    /// either case independent of how large the adapters are.
    private static let inputBudget = 16 << 20
    private static let widestElement = 8

    private var elementsPerChunk: Int {
        min(1 << 14, max(256, Self.inputBudget / files.count / Self.widestElement))
    }

    private func rowsPerChunk(_ step: MergeStep) -> Int { max(1, elementsPerChunk / step.output.shape[1]) }

    func memory() -> Memory {
        let stacked = steps.map { step in
            guard case .stackColumns = step.operation else { return 0 }
            return rowsPerChunk(step) * step.output.shape[1]
        }
        let output = max(elementsPerChunk, stacked.max() ?? 0) * Self.widestElement
        let means = files.count * elementsPerChunk * Self.widestElement
        return Memory(inputs: max(means, 2 * output + 64), output: output)
    }

    /// The whole work, cut so that any thread can do any part.
    func chunks() -> [Chunk] {
        var chunks: [Chunk] = []
        for (index, step) in steps.enumerated() {
            switch step.operation {
            case .mean, .shared:
                Self.cut(step.output.count, elementsPerChunk) {
                    chunks.append(Chunk(step: index, input: 0, start: $0, count: $1))
                }
            case .stackRows:
                for (input, entry) in step.inputs.enumerated() {
                    Self.cut(entry.tensor.count, elementsPerChunk) {
                        chunks.append(Chunk(step: index, input: input, start: $0, count: $1))
                    }
                }
            case .stackColumns:
                Self.cut(step.output.shape[0], rowsPerChunk(step)) {
                    chunks.append(Chunk(step: index, input: 0, start: $0, count: $1))
                }
            }
        }
        return chunks
    }

    private static func cut(_ total: Int, _ size: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
        for start in stride(from: 0, to: total, by: size) { body(start, min(size, total - start)) }
    }

    /// Reads, computes and writes one chunk.
    func process(_ chunk: Chunk, _ memory: Memory) throws {
        let step = steps[chunk.step]
        switch step.operation {
        case .mean: try mean(step, chunk, memory)
        case .shared: try shared(step, chunk, memory)
        case .stackRows: try stackRows(step, chunk, memory)
        case .stackColumns(let factors): try stackColumns(step, factors, chunk, memory)
        }
    }

    private func mean(_ step: MergeStep, _ chunk: Chunk, _ memory: Memory) throws {
        let byteCount = chunk.count * step.inputElement.size
        let stride = (byteCount + 63) & ~63
        var inputs: [UnsafeRawPointer?] = []
        for (index, entry) in step.inputs.enumerated() {
            let buffer = memory.inputs.bytes(byteCount, at: index * stride)
            try files[index].read(entry, from: chunk.start, into: buffer)
            inputs.append(UnsafeRawPointer(buffer.baseAddress!))
        }
        let output = memory.output.bytes(chunk.count * step.output.element.size)
        let done = lethe_exact_mean(
            inputs, weights, inputs.count, chunk.count, step.inputElement.kernel, output.baseAddress,
            step.output.element.kernel, LETHE_BEST)
        try require(done == chunk.count, step, index: chunk.start + done)
        try target.write(UnsafeRawBufferPointer(output), of: outputs[chunk.step], from: chunk.start)
    }

    private func require(_ inRange: Bool, _ step: MergeStep, index: Int) throws {
        guard inRange else {
            throw MergeError.overflow(tensor: step.output.name, index: index, element: step.output.element)
        }
    }

    private func shared(_ step: MergeStep, _ chunk: Chunk, _ memory: Memory) throws {
        let byteCount = chunk.count * step.inputElement.size
        let first = memory.inputs.bytes(byteCount)
        let other = memory.output.bytes(byteCount)
        try files[0].read(step.inputs[0], from: chunk.start, into: first)
        for index in step.inputs.indices.dropFirst() {
            try files[index].read(step.inputs[index], from: chunk.start, into: other)
            guard memcmp(first.baseAddress!, other.baseAddress!, byteCount) == 0 else {
                throw MergeError.differentSharedTensor(
                    step.output.name, first: labels[0], second: labels[index])
            }
        }
        try convert(step, first, at: chunk.start, chunk, memory)
    }

    private func stackRows(_ step: MergeStep, _ chunk: Chunk, _ memory: Memory) throws {
        let input = memory.inputs.bytes(chunk.count * step.inputElement.size)
        try files[chunk.input].read(step.inputs[chunk.input], from: chunk.start, into: input)
        let above = step.inputs[..<chunk.input].reduce(0) { $0 + $1.tensor.count }
        try convert(step, input, at: above + chunk.start, chunk, memory)
    }

    /// Writes elements as they are, or rounded once to the type of the result.
    private func convert(
        _ step: MergeStep, _ input: UnsafeMutableRawBufferPointer, at place: Int, _ chunk: Chunk,
        _ memory: Memory
    ) throws {
        let output = memory.output.bytes(chunk.count * step.output.element.size)
        let done = scale(step, input, by: .init(numerator: 1, denominator: 1), into: output, chunk.count)
        try require(done == chunk.count, step, index: place + done)
        try target.write(UnsafeRawBufferPointer(output), of: outputs[chunk.step], from: place)
    }

    /// One correctly rounded product for each element; returns how many come before the first that is out
    /// of range. The factor 1 in the same type copies.
    private func scale(
        _ step: MergeStep, _ input: UnsafeMutableRawBufferPointer, by factor: MergeStep.Ratio,
        into output: UnsafeMutableRawBufferPointer, _ count: Int
    ) -> Int {
        if factor.numerator == factor.denominator && step.inputElement == step.output.element {
            output.copyMemory(from: UnsafeRawBufferPointer(input))
            return count
        }
        return lethe_exact_scale(
            input.baseAddress, count, step.inputElement.kernel, factor.numerator, factor.denominator,
            output.baseAddress, step.output.element.kernel, LETHE_BEST)
    }

    /// Row by row: of each contribution its run of columns.
    private func stackColumns(
        _ step: MergeStep, _ factors: [MergeStep.Ratio], _ chunk: Chunk, _ memory: Memory
    ) throws {
        let width = step.output.shape[1], size = step.output.element.size
        let output = memory.output.bytes(chunk.count * width * size)
        var column = 0
        for (index, entry) in step.inputs.enumerated() {
            let rank = entry.tensor.shape[1], count = chunk.count * rank
            let input = memory.inputs.bytes(count * step.inputElement.size)
            let scaled = memory.inputs.bytes(count * size, at: (chunk.count * width * 8 + 63) & ~63)
            try files[index].read(entry, from: chunk.start * rank, into: input)
            let done = scale(step, input, by: factors[index], into: scaled, count)
            let place = (chunk.start + done / rank) * width + column + done % rank
            try require(done == count, step, index: place)
            for row in 0..<chunk.count {
                memcpy(
                    output.baseAddress! + (row * width + column) * size,
                    scaled.baseAddress! + row * rank * size, rank * size)
            }
            column += rank
        }
        try target.write(UnsafeRawBufferPointer(output), of: outputs[chunk.step], from: chunk.start * width)
    }
}
