internal import Kernels

/// One way of computing the training arithmetic; all give the same bits.
public struct ArithmeticVariant: Hashable, Sendable, CustomStringConvertible {
    /// Place in the list of the kernels.
    let index: Int

    /// All variants that this processor can run, fastest first.
    public static let runnable = (0..<fixed_order_variant_count())
        .filter { fixed_order_variant_at($0) != nil }.map(ArithmeticVariant.init)

    /// The fastest that this processor can run.
    public static var best: ArithmeticVariant { runnable[0] }

    public var description: String { String(cString: table.pointee.name) }

    /// The functions; they exist for as long as the program runs.
    var table: UnsafePointer<fixed_order_variant> { fixed_order_variant_at(index)! }
}

/// Floats in memory, on a boundary of 64 bytes, freed with the last reference.
///
/// Whoever shares one between threads writes to it from one at a time; the type does not check.
final class FloatStorage: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    /// All +0.
    init(count: Int) {
        self.count = count
        pointer = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
            .bindMemory(to: Float.self, capacity: count)
        pointer.initialize(repeating: 0, count: count)
    }

    convenience init(_ values: [Float]) {
        self.init(count: values.count)
        pointer.update(from: values, count: count)
    }

    deinit { pointer.deallocate() }

    var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

/// Memory for the values of one pass: taken piece by piece, given back all at once and used again for the
/// next.
final class Arena: @unchecked Sendable {
    private var blocks: [FloatStorage] = []
    private var used = 0

    /// Uninitialised floats on a boundary of 64 bytes, valid until the next `reset`.
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        let needed = (count + 15) / 16 * 16
        if blocks.isEmpty || used + needed > blocks[blocks.count - 1].count {
            blocks.append(FloatStorage(count: max(needed, 1 << 18)))
            used = 0
        }
        defer { used += needed }
        return blocks[blocks.count - 1].pointer + used
    }

    /// Gives everything back. What took several blocks will be one.
    func reset() {
        if blocks.count > 1 { blocks = [FloatStorage(count: blocks.reduce(0) { $0 + $1.count })] }
        used = 0
    }
}

/// Calls `body` for each index below `tasks`, on up to `threads` threads. What the calls write must be apart.
func parallel(threads: Int, tasks: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        var box = TaskBox(body: body)
        withUnsafeMutablePointer(to: &box) { pointer in
            fixed_order_parallel(
                threads, tasks, { $0!.assumingMemoryBound(to: TaskBox.self).pointee.body($1) }, pointer)
        }
    }
}

private struct TaskBox {
    let body: (Int) -> Void
}
