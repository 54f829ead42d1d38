internal import Kernels

/// The gradients of the trainable tensors, from what the passes of one step kept.
///
/// Each element is one chain over the step's rows in ascending order, whichever pass computed them: a later
/// pass goes on where the one before left off. Threads take whole tensors.
struct StepGradients {
    let layout: AdapterLayout
    let variant: ArithmeticVariant

    /// Writes the gradients to `gradients`, a flat array of the layout. `passes` are in the order of the
    /// step's records.
    func compute(from passes: [EncoderPass], into gradients: FloatStorage, threads: Int) {
        let lowRank = layout.lowRank.count
        parallel(threads: threads, tasks: 2 * lowRank + layout.whole.count) { task in
            if task < lowRank {
                gradientOfA(layout.lowRank[task], passes, gradients.pointer)
            } else if task < 2 * lowRank {
                gradientOfB(layout.lowRank[task - lowRank], passes, gradients.pointer)
            } else {
                gradientOfWhole(layout.whole[task - 2 * lowRank], passes, gradients.pointer)
            }
        }
    }

    /// dA = dinnerᵀ x.
    private func gradientOfA(
        _ module: AdapterLayout.LowRank, _ passes: [EncoderPass], _ gradients: UnsafeMutablePointer<Float>
    ) {
        for (index, pass) in passes.enumerated() {
            guard let trace = pass.traces[module.site], let x = trace.x, let dinner = trace.dinner else {
                continue
            }
            outerProduct(
                dinner, layout.rank, x, module.inputs, rows: trace.rows, goesOn: index > 0,
                gradients + module.a.offset)
        }
    }

    /// dB = dyᵀ (scale * (x Aᵀ)).
    private func gradientOfB(
        _ module: AdapterLayout.LowRank, _ passes: [EncoderPass], _ gradients: UnsafeMutablePointer<Float>
    ) {
        for (index, pass) in passes.enumerated() {
            guard let trace = pass.traces[module.site], let dy = trace.dy, let inner = trace.scaledInner
            else { continue }
            outerProduct(
                dy, module.outputs, inner, layout.rank, rows: trace.rows, goesOn: index > 0,
                gradients + module.b.offset)
        }
    }

    /// dW = dyᵀ x, and for the bias the sum of dy's rows.
    private func gradientOfWhole(
        _ module: AdapterLayout.Whole, _ passes: [EncoderPass], _ gradients: UnsafeMutablePointer<Float>
    ) {
        let bias = gradients + module.bias.offset
        bias.update(repeating: 0, count: module.outputs)
        for (index, pass) in passes.enumerated() {
            guard let trace = pass.traces[module.site], let x = trace.x, let dy = trace.dy else { continue }
            outerProduct(
                dy, module.outputs, x, module.inputs, rows: trace.rows, goesOn: index > 0,
                gradients + module.weight.offset)
            for row in 0..<trace.rows {
                variant.table.pointee.add(module.outputs, dy + row * module.outputs, bias)
            }
        }
    }

    /// c (m x n) = leftᵀ right, where both have `rows` rows: one chain over the rows per element.
    private func outerProduct(
        _ left: UnsafePointer<Float>, _ m: Int, _ right: UnsafePointer<Float>, _ n: Int, rows: Int,
        goesOn: Bool,
        _ c: UnsafeMutablePointer<Float>
    ) {
        let packed = variant.packed(depth: rows, columns: n, right, rowStride: n, columnStride: 1)
        variant.table.pointee.multiply(
            m, n, rows, left, 1, m, packed.pointer,
            goesOn ? FIXED_ORDER_FROM_OUTPUT : FIXED_ORDER_FROM_ZERO, nil, c, n)
    }
}
