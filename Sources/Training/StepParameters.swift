internal import Kernels

/// The trainable values of one step, packed for the products that use them; a pass reads them and writes
/// none.
///
/// Made anew for each step, after the optimiser has changed the values.
struct StepParameters: Sendable {
    /// A low-rank addition, packed for both directions.
    struct LowRank: Sendable {
        let layout: AdapterLayout.LowRank
        /// x Aᵀ and u Bᵀ on the way forward, dy B and du A on the way back.
        let aForward, bForward, bBackward, aBackward: FloatStorage
    }

    /// A linear map trained whole, packed for both directions.
    struct Whole: Sendable {
        let layout: AdapterLayout.Whole
        let forward, backward: FloatStorage
        let bias: FloatStorage
    }

    let variant: ArithmeticVariant
    let rank: Int
    let scale: Float
    private let lowRank: [AdapterLayout.Site: LowRank]
    private let whole: [AdapterLayout.Site: Whole]

    init(layout: AdapterLayout, values: UnsafePointer<Float>, variant: ArithmeticVariant) {
        self.variant = variant
        rank = layout.rank
        scale = layout.scale
        let rank = layout.rank
        let additions = layout.lowRank.map { module in
            let a = values + module.a.offset
            let b = values + module.b.offset
            return LowRank(
                layout: module,
                aForward: variant.packed(
                    depth: module.inputs, columns: rank, a, rowStride: 1, columnStride: module.inputs),
                bForward: variant.packed(
                    depth: rank, columns: module.outputs, b, rowStride: 1, columnStride: rank),
                bBackward: variant.packed(
                    depth: module.outputs, columns: rank, b, rowStride: rank, columnStride: 1),
                aBackward: variant.packed(
                    depth: rank, columns: module.inputs, a, rowStride: module.inputs, columnStride: 1))
        }
        let wholes = layout.whole.map { module in
            let weight = values + module.weight.offset
            let bias = UnsafeBufferPointer(start: values + module.bias.offset, count: module.outputs)
            return Whole(
                layout: module,
                forward: variant.packed(
                    depth: module.inputs, columns: module.outputs, weight, rowStride: 1,
                    columnStride: module.inputs),
                backward: variant.packed(
                    depth: module.outputs, columns: module.inputs, weight, rowStride: module.inputs,
                    columnStride: 1),
                bias: FloatStorage(Array(bias)))
        }
        lowRank = Dictionary(uniqueKeysWithValues: additions.map { ($0.layout.site, $0) })
        whole = Dictionary(uniqueKeysWithValues: wholes.map { ($0.layout.site, $0) })
    }

    func lowRank(at site: AdapterLayout.Site) -> LowRank? { lowRank[site] }
    func whole(at site: AdapterLayout.Site) -> Whole? { whole[site] }
}

/// What the gradient of a trainable linear map is made of: for each row, what went in and the gradient of
/// what came out.
///
/// The pointers are into the pass's arena, and valid until it is reset.
struct LinearTrace {
    /// Rows of the four.
    var rows = 0
    var x: UnsafePointer<Float>?
    var dy: UnsafePointer<Float>?
    /// For a low-rank addition: scale * (x Aᵀ), and scale * (dy B).
    var scaledInner: UnsafePointer<Float>?
    var dinner: UnsafePointer<Float>?
}
