internal import Kernels

/// The gradients of the trainable tensors, from what the passes of one step kept.
///
/// Each element is one chain over the step's rows in ascending order, whichever pass computed them: a later
/// pass goes on where the one before left off. Threads take whole tensors. Made once for a run: the memory is
/// used again.
struct StepGradients {
    private let layout: AdapterLayout
    private let variant: ArithmeticVariant
    /// Memory for packed operands, one for each task.
    private let scratch: [Arena]

    private typealias Rows = (pointer: UnsafePointer<Float>, width: Int)

    init(layout: AdapterLayout, variant: ArithmeticVariant) {
        self.layout = layout
        self.variant = variant
        scratch = (0..<(2 * layout.lowRank.count + layout.whole.count)).map { _ in Arena() }
    }

    /// Writes the gradients to `gradients`, a flat array of the layout. `passes` are in the order of the
    /// step's records.
    func compute(from passes: [EncoderPass], into gradients: FloatStorage, threads: Int) {
        let lowRank = layout.lowRank.count
        parallel(threads: threads, tasks: scratch.count) { task in
            for (index, pass) in passes.enumerated() {
                let start = index == 0 ? FIXED_ORDER_FROM_ZERO : FIXED_ORDER_FROM_OUTPUT
                if task < lowRank {
                    addToA(layout.lowRank[task], pass, start, gradients.pointer, scratch[task])
                } else if task < 2 * lowRank {
                    addToB(layout.lowRank[task - lowRank], pass, start, gradients.pointer, scratch[task])
                } else {
                    let module = layout.whole[task - 2 * lowRank]
                    addToWeight(module, pass, start, gradients.pointer, scratch[task])
                    addToBias(module, pass, isFirst: index == 0, gradients.pointer)
                }
            }
        }
    }

    /// dA = dinnerᵀ x.
    private func addToA(
        _ module: AdapterLayout.LowRank, _ pass: EncoderPass, _ start: fixed_order_start,
        _ gradients: UnsafeMutablePointer<Float>, _ scratch: Arena
    ) {
        guard let trace = pass.traces[module.site], let x = trace.x, let dinner = trace.dinner else { return }
        outerProduct(
            (dinner, layout.rank), (x, module.inputs), rows: trace.rows, start, gradients + module.a.offset,
            scratch)
    }

    /// dB = dyᵀ (scale * (x Aᵀ)).
    private func addToB(
        _ module: AdapterLayout.LowRank, _ pass: EncoderPass, _ start: fixed_order_start,
        _ gradients: UnsafeMutablePointer<Float>, _ scratch: Arena
    ) {
        guard let trace = pass.traces[module.site], let dy = trace.dy, let inner = trace.scaledInner else {
            return
        }
        outerProduct(
            (dy, module.outputs), (inner, layout.rank), rows: trace.rows, start, gradients + module.b.offset,
            scratch)
    }

    /// dW = dyᵀ x.
    private func addToWeight(
        _ module: AdapterLayout.Whole, _ pass: EncoderPass, _ start: fixed_order_start,
        _ gradients: UnsafeMutablePointer<Float>, _ scratch: Arena
    ) {
        guard let trace = pass.traces[module.site], let x = trace.x, let dy = trace.dy else { return }
        outerProduct(
            (dy, module.outputs), (x, module.inputs), rows: trace.rows, start,
            gradients + module.weight.offset, scratch)
    }

    /// The sum of dy's rows, one after the other.
    private func addToBias(
        _ module: AdapterLayout.Whole, _ pass: EncoderPass, isFirst: Bool,
        _ gradients: UnsafeMutablePointer<Float>
    ) {
        guard let trace = pass.traces[module.site], let dy = trace.dy else { return }
        let bias = gradients + module.bias.offset
        if isFirst { bias.update(repeating: 0, count: module.outputs) }
        for row in 0..<trace.rows {
            variant.table.pointee.add(module.outputs, dy + row * module.outputs, bias)
        }
    }

    /// c (left's width x right's) = leftᵀ right: one chain over the rows per element.
    private func outerProduct(
        _ left: Rows, _ right: Rows, rows: Int, _ start: fixed_order_start, _ c: UnsafeMutablePointer<Float>,
        _ scratch: Arena
    ) {
        let table = variant.table.pointee
        scratch.reset()
        let packed = scratch.take(table.packed_count(rows, right.width))
        table.pack(rows, right.width, right.pointer, right.width, 1, packed)
        table.multiply(
            left.width, right.width, rows, left.pointer, 1, left.width, packed, start, nil, c, right.width)
    }
}
