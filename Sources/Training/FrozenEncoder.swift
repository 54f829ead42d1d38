internal import Kernels

/// A linear map with frozen weights, packed for both directions.
final class FrozenLinear: Sendable {
    let inputs, outputs: Int
    private let variant: ArithmeticVariant
    private let forward, backward, bias: FloatStorage

    /// `weight` is [outputs, inputs], as Hugging Face stores it.
    init(weight: Tensor, bias: Tensor, variant: ArithmeticVariant) {
        (outputs, inputs) = (weight.shape[0], weight.shape[1])
        self.variant = variant
        self.bias = FloatStorage(bias.values)
        forward = variant.packed(
            depth: inputs, columns: outputs, weight.values, rowStride: 1, columnStride: inputs)
        backward = variant.packed(
            depth: outputs, columns: inputs, weight.values, rowStride: inputs, columnStride: 1)
    }

    /// y = x Wᵀ + b: each chain begins at the bias.
    func apply(_ x: UnsafePointer<Float>, rows: Int, to y: UnsafeMutablePointer<Float>) {
        variant.table.pointee.multiply(
            rows, outputs, inputs, x, inputs, 1, forward.pointer, FIXED_ORDER_FROM_BIAS, bias.pointer, y,
            outputs)
    }

    /// dx = dy W, begun at zero or going on from what dx holds.
    func applyBackward(
        _ dy: UnsafePointer<Float>, rows: Int, start: fixed_order_start, to dx: UnsafeMutablePointer<Float>
    ) {
        variant.table.pointee.multiply(
            rows, inputs, outputs, dy, outputs, 1, backward.pointer, start, nil, dx, inputs)
    }
}

extension ArithmeticVariant {
    /// The packed right operand whose element (k, j) is `values[k * rowStride + j * columnStride]`.
    func packed(
        depth: Int, columns: Int, _ values: UnsafePointer<Float>, rowStride: Int, columnStride: Int
    ) -> FloatStorage {
        let storage = FloatStorage(count: table.pointee.packed_count(depth, columns))
        table.pointee.pack(depth, columns, values, rowStride, columnStride, storage.pointer)
        return storage
    }
}

/// Gain and shift of a layer norm.
struct FrozenNorm: Sendable {
    let gain, shift: FloatStorage
}

/// A base's weights as the passes use them, with no adapter.
struct FrozenEncoder: Sendable {
    struct Layer: Sendable {
        /// In the order of ``LayerModule``'s cases.
        fileprivate let linears: [FrozenLinear]
        let attentionNorm, outputNorm: FrozenNorm

        subscript(module: LayerModule) -> FrozenLinear { linears[module.index] }
    }

    let configuration: EncoderConfiguration
    let variant: ArithmeticVariant
    let words, positions, kinds: FloatStorage
    let embeddingNorm: FrozenNorm
    let layers: [Layer]
    let pooler: FrozenLinear

    init(_ base: BaseEncoder, variant: ArithmeticVariant) {
        func storage(_ name: String) -> FloatStorage { FloatStorage(base.weights[name]!.values) }
        func norm(_ name: String) -> FrozenNorm {
            FrozenNorm(gain: storage(name + ".weight"), shift: storage(name + ".bias"))
        }
        func linear(_ name: String) -> FrozenLinear {
            FrozenLinear(
                weight: base.weights[name + ".weight"]!, bias: base.weights[name + ".bias"]!,
                variant: variant)
        }
        configuration = base.configuration
        self.variant = variant
        words = storage("embeddings.word_embeddings.weight")
        positions = storage("embeddings.position_embeddings.weight")
        kinds = storage("embeddings.token_type_embeddings.weight")
        embeddingNorm = norm("embeddings.LayerNorm")
        layers = (0..<base.configuration.layerCount).map { layer in
            Layer(
                linears: LayerModule.allCases.map { linear($0.name(in: layer)) },
                attentionNorm: norm("encoder.layer.\(layer).attention.output.LayerNorm"),
                outputNorm: norm("encoder.layer.\(layer).output.LayerNorm"))
        }
        pooler = linear("pooler.dense")
    }
}

extension LayerModule {
    /// Place among the cases.
    var index: Int {
        switch self {
        case .query: 0
        case .key: 1
        case .value: 2
        case .attentionOutput: 3
        case .intermediate: 4
        case .output: 5
        }
    }
}
