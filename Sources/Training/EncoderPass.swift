internal import Kernels

/// Sequences that one pass computes: their tokens one after the other, without padding.
struct TokenBatch: Sendable {
    /// Token ids and places in their sequences.
    private(set) var ids: [Int32] = []
    private(set) var places: [Int32] = []
    /// Where each sequence's tokens begin.
    private(set) var starts: [Int] = []
    /// The class of each sequence, where they are known.
    private(set) var labels: [Int32] = []

    var sequenceCount: Int { starts.count }
    var tokenCount: Int { ids.count }

    mutating func append(_ sequence: [Int32], label: Int32) {
        starts.append(ids.count)
        ids += sequence
        places += (0..<Int32(sequence.count))
        labels.append(label)
    }

    func length(of sequence: Int) -> Int {
        (sequence + 1 < starts.count ? starts[sequence + 1] : ids.count) - starts[sequence]
    }
}

/// Forward and back through the encoder for some of a step's sequences.
///
/// Rows are tokens; sequences are not padded, so no mask is needed. In the last layer only what the first
/// tokens need is computed: the pooler reads nothing else. Everything a gradient is made of is kept in the
/// arena until the next pass.
final class EncoderPass: @unchecked Sendable {
    typealias Pointer = UnsafeMutablePointer<Float>

    /// What the way back through a layer needs.
    private struct LayerTrace {
        /// Rows after the attention: all tokens, or in the last layer the first tokens.
        var rows: Int
        var q, k, v, probabilities: Pointer
        var attentionNormalized, attentionDeviation: Pointer
        /// Before the activation.
        var intermediate: Pointer
        var outputNormalized, outputDeviation: Pointer
    }

    let encoder: FrozenEncoder
    private let arena = Arena()
    private var batch = TokenBatch()
    private var layers: [LayerTrace] = []
    /// What each trainable linear map saw, by its site.
    private(set) var traces: [AdapterLayout.Site: LinearTrace] = [:]
    /// One loss per sequence, after `backward`.
    private(set) var losses: [Float] = []

    private var pooled: Pointer?
    private var logitsPointer: Pointer?
    private var classCount = 0

    init(_ encoder: FrozenEncoder) {
        self.encoder = encoder
    }

    private var table: fixed_order_variant { encoder.variant.table.pointee }
    private var hidden: Int { encoder.configuration.hiddenSize }

    /// The logits, sequences by classes, after `forward`.
    var logits: [Float] {
        Array(UnsafeBufferPointer(start: logitsPointer, count: batch.sequenceCount * classCount))
    }

    // MARK: Forward

    /// Computes the logits of `batch` under `parameters`.
    func forward(_ batch: TokenBatch, _ parameters: StepParameters) {
        self.batch = batch
        arena.reset()
        traces.removeAll(keepingCapacity: true)
        layers.removeAll(keepingCapacity: true)
        var x = embed()
        for layer in 0..<encoder.configuration.layerCount { x = forward(layer, x, parameters) }
        let pooled = arena.take(batch.sequenceCount * hidden)
        apply(.pooler, encoder.pooler, x, rows: batch.sequenceCount, parameters, to: pooled)
        table.tanh(batch.sequenceCount * hidden, pooled, pooled)
        guard let head = parameters.whole(at: .classifier) else {
            preconditionFailure("every recipe trains the classifier")
        }
        classCount = head.layout.outputs
        let logits = arena.take(batch.sequenceCount * classCount)
        applyWhole(head, pooled, rows: batch.sequenceCount, to: logits)
        (self.pooled, logitsPointer) = (pooled, logits)
    }

    private func embed() -> Pointer {
        let tokens = batch.tokenCount
        let x = arena.take(tokens * hidden)
        let normalized = arena.take(tokens * hidden)
        let deviation = arena.take(tokens)
        fixed_order_embed(
            tokens, hidden, batch.ids, batch.places, encoder.words.pointer, encoder.kinds.pointer,
            encoder.positions.pointer, x)
        normalize(encoder.embeddingNorm, rows: tokens, x, normalized, deviation)
        return x
    }

    /// One layer; the result has a row per token, in the last layer a row per sequence.
    private func forward(_ index: Int, _ x: Pointer, _ parameters: StepParameters) -> Pointer {
        let layer = encoder.layers[index]
        let configuration = encoder.configuration
        let isLast = index == configuration.layerCount - 1
        let queryInput = isLast ? firstRows(of: x) : x
        let rows = isLast ? batch.sequenceCount : batch.tokenCount
        func linear(_ module: LayerModule, _ x: Pointer, rows: Int) -> Pointer {
            let y = arena.take(rows * layer[module].outputs)
            apply(.layer(index, module), layer[module], x, rows: rows, parameters, to: y)
            return y
        }
        let q = linear(.query, queryInput, rows: rows)
        let k = linear(.key, x, rows: batch.tokenCount)
        let v = linear(.value, x, rows: batch.tokenCount)
        let (context, probabilities) = attend(q, k, v, rows: rows, isLast: isLast)

        let attention = linear(.attentionOutput, context, rows: rows)
        table.add(rows * hidden, queryInput, attention)
        let attentionNormalized = arena.take(rows * hidden)
        let attentionDeviation = arena.take(rows)
        normalize(layer.attentionNorm, rows: rows, attention, attentionNormalized, attentionDeviation)

        let intermediate = linear(.intermediate, attention, rows: rows)
        let activated = arena.take(rows * configuration.intermediateSize)
        table.gelu(rows * configuration.intermediateSize, intermediate, activated)
        let output = linear(.output, activated, rows: rows)
        table.add(rows * hidden, attention, output)
        let outputNormalized = arena.take(rows * hidden)
        let outputDeviation = arena.take(rows)
        normalize(layer.outputNorm, rows: rows, output, outputNormalized, outputDeviation)
        layers.append(
            LayerTrace(
                rows: rows, q: q, k: k, v: v, probabilities: probabilities,
                attentionNormalized: attentionNormalized, attentionDeviation: attentionDeviation,
                intermediate: intermediate, outputNormalized: outputNormalized,
                outputDeviation: outputDeviation))
        return output
    }

    private func normalize(
        _ norm: FrozenNorm, rows: Int, _ x: Pointer, _ normalized: Pointer, _ deviation: Pointer
    ) {
        table.layer_norm(
            rows, hidden, x, norm.gain.pointer, norm.shift.pointer, encoder.configuration.layerNormEpsilon,
            x,
            normalized, deviation)
    }

    /// The rows of `x` at which sequences begin.
    private func firstRows(of x: Pointer) -> Pointer {
        let rows = arena.take(batch.sequenceCount * hidden)
        for (sequence, start) in batch.starts.enumerated() {
            (rows + sequence * hidden).update(from: x + start * hidden, count: hidden)
        }
        return rows
    }

    /// The attention of each sequence. Probabilities lie one sequence after the other.
    private func attend(
        _ q: Pointer, _ k: Pointer, _ v: Pointer, rows: Int, isLast: Bool
    ) -> (context: Pointer, probabilities: Pointer) {
        let context = arena.take(rows * hidden)
        let shapes = (0..<batch.sequenceCount).map { attentionShape(of: $0, isLast: isLast) }
        let probabilities = arena.take(shapes.reduce(0) { $0 + $1.heads * $1.queries * $1.keys })
        var p = probabilities
        for (sequence, shape) in shapes.enumerated() {
            var shape = shape
            let scratch = arena.take(fixed_order_attention_scratch(encoder.variant.table, &shape))
            let first = batch.starts[sequence] * hidden
            let query = isLast ? sequence * hidden : first
            fixed_order_attention(
                encoder.variant.table, &shape, q + query, k + first, v + first, p, context + query, scratch)
            p += shape.heads * shape.queries * shape.keys
        }
        return (context, probabilities)
    }

    private func attentionShape(of sequence: Int, isLast: Bool) -> fixed_order_attention_shape {
        let configuration = encoder.configuration
        let length = batch.length(of: sequence)
        return fixed_order_attention_shape(
            queries: isLast ? 1 : length, keys: length, heads: configuration.headCount,
            width: configuration.headWidth, scale: 1 / Float(configuration.headWidth).squareRoot())
    }

    // MARK: Linear maps

    /// y = x Wᵀ + b, and on from there with (scale * (x Aᵀ)) Bᵀ where the map is adapted.
    private func apply(
        _ site: AdapterLayout.Site, _ linear: FrozenLinear, _ x: Pointer, rows: Int,
        _ parameters: StepParameters,
        to y: Pointer
    ) {
        if let whole = parameters.whole(at: site) { return applyWhole(whole, x, rows: rows, to: y) }
        linear.apply(x, rows: rows, to: y)
        guard let addition = parameters.lowRank(at: site) else { return }
        let rank = parameters.rank
        let inner = arena.take(rows * rank)
        table.multiply(
            rows, rank, linear.inputs, x, linear.inputs, 1, addition.aForward.pointer,
            FIXED_ORDER_FROM_ZERO, nil, inner,
            rank)
        table.scale(rows * rank, parameters.scale, inner, inner)
        table.multiply(
            rows, linear.outputs, rank, inner, rank, 1, addition.bForward.pointer, FIXED_ORDER_FROM_OUTPUT,
            nil, y,
            linear.outputs)
        traces[site] = LinearTrace(rows: rows, x: x, scaledInner: inner)
    }

    private func applyWhole(_ whole: StepParameters.Whole, _ x: Pointer, rows: Int, to y: Pointer) {
        let (inputs, outputs) = (whole.layout.inputs, whole.layout.outputs)
        table.multiply(
            rows, outputs, inputs, x, inputs, 1, whole.forward.pointer, FIXED_ORDER_FROM_BIAS,
            whole.bias.pointer, y,
            outputs)
        traces[whole.layout.site] = LinearTrace(rows: rows, x: x)
    }

    /// dx = dy W, and on from there with (scale * (dy B)) A; `dx` nil where nobody wants it.
    private func applyBackward(
        _ site: AdapterLayout.Site, _ linear: FrozenLinear, _ dy: Pointer, rows: Int,
        _ parameters: StepParameters,
        start: fixed_order_start, to dx: Pointer?
    ) {
        if let whole = parameters.whole(at: site) {
            return applyWholeBackward(whole, dy, rows: rows, to: dx)
        }
        if let dx { linear.applyBackward(dy, rows: rows, start: start, to: dx) }
        guard let addition = parameters.lowRank(at: site) else { return }
        let rank = parameters.rank
        let inner = arena.take(rows * rank)
        table.multiply(
            rows, rank, linear.outputs, dy, linear.outputs, 1, addition.bBackward.pointer,
            FIXED_ORDER_FROM_ZERO, nil,
            inner, rank)
        table.scale(rows * rank, parameters.scale, inner, inner)
        if let dx {
            table.multiply(
                rows, linear.inputs, rank, inner, rank, 1, addition.aBackward.pointer,
                FIXED_ORDER_FROM_OUTPUT, nil, dx,
                linear.inputs)
        }
        traces[site]?.dy = UnsafePointer(dy)
        traces[site]?.dinner = UnsafePointer(inner)
    }

    private func applyWholeBackward(
        _ whole: StepParameters.Whole, _ dy: Pointer, rows: Int, to dx: Pointer?
    ) {
        let (inputs, outputs) = (whole.layout.inputs, whole.layout.outputs)
        traces[whole.layout.site]?.dy = UnsafePointer(dy)
        guard let dx else { return }
        table.multiply(
            rows, inputs, outputs, dy, outputs, 1, whole.backward.pointer, FIXED_ORDER_FROM_ZERO, nil, dx,
            inputs)
    }

    // MARK: Back

    /// The losses, and what the gradients of the trainable tensors are made of. The loss of a step is the
    /// mean over its `stepCount` sequences, of which this pass may have a part. Goes down to the layer
    /// `lowest` and no further.
    func backward(stepCount: Int, lowest: Int, _ parameters: StepParameters) {
        guard let pooled, let logitsPointer, let head = parameters.whole(at: .classifier) else {
            preconditionFailure("backward comes after forward")
        }
        let rows = batch.sequenceCount
        let layerCount = encoder.configuration.layerCount
        let dlogits = arena.take(rows * classCount)
        let dpooled = arena.take(rows * hidden)
        losses = [Float](repeating: 0, count: rows)
        table.cross_entropy(rows, classCount, stepCount, logitsPointer, batch.labels, &losses, dlogits)
        applyWholeBackward(head, dlogits, rows: rows, to: dpooled)
        table.tanh_backward(rows * hidden, pooled, dpooled, dpooled)
        var dy = lowest < layerCount ? arena.take(rows * hidden) : nil
        applyBackward(
            .pooler, encoder.pooler, dpooled, rows: rows, parameters, start: FIXED_ORDER_FROM_ZERO, to: dy)
        for layer in stride(from: layerCount - 1, through: lowest, by: -1) {
            guard let gradient = dy else { return }
            dy = backward(layer, gradient, isLowest: layer == lowest, parameters)
        }
    }

    /// The gradient of the layer's input; nil in the lowest layer, below which nobody wants one.
    private func backward(
        _ index: Int, _ dy: Pointer, isLowest: Bool, _ parameters: StepParameters
    ) -> Pointer? {
        let layer = encoder.layers[index]
        let trace = layers[index]
        let rows = trace.rows
        let doutput = arena.take(rows * hidden)
        table.layer_norm_backward(
            rows, hidden, dy, layer.outputNorm.gain.pointer, trace.outputNormalized, trace.outputDeviation,
            doutput)
        let dattention = backwardFeedForward(index, doutput, trace, parameters)
        let dsum = arena.take(rows * hidden)
        table.layer_norm_backward(
            rows, hidden, dattention, layer.attentionNorm.gain.pointer, trace.attentionNormalized,
            trace.attentionDeviation, dsum)
        let dcontext = arena.take(rows * hidden)
        applyBackward(
            .layer(index, .attentionOutput), layer[.attentionOutput], dsum, rows: rows, parameters,
            start: FIXED_ORDER_FROM_ZERO, to: dcontext)
        return backwardAttention(index, dcontext, dsum: dsum, trace, isLowest: isLowest, parameters)
    }

    /// From the gradient of the feed-forward's sum to that of its input, residual included.
    private func backwardFeedForward(
        _ index: Int, _ doutput: Pointer, _ trace: LayerTrace, _ parameters: StepParameters
    ) -> Pointer {
        let layer = encoder.layers[index]
        let rows = trace.rows
        let wide = rows * encoder.configuration.intermediateSize
        let dactivated = arena.take(wide)
        let dattention = arena.take(rows * hidden)
        applyBackward(
            .layer(index, .output), layer[.output], doutput, rows: rows, parameters,
            start: FIXED_ORDER_FROM_ZERO,
            to: dactivated)
        table.gelu_backward(wide, trace.intermediate, dactivated, dactivated)
        // The chain begins at the residual's gradient.
        dattention.update(from: doutput, count: rows * hidden)
        applyBackward(
            .layer(index, .intermediate), layer[.intermediate], dactivated, rows: rows, parameters,
            start: FIXED_ORDER_FROM_OUTPUT, to: dattention)
        return dattention
    }

    /// From the gradients of the context and of the residual (`dsum`) to that of the layer's input: the
    /// query's chain goes on from the residual, the value's from the key's, and the two are added.
    private func backwardAttention(
        _ index: Int, _ dcontext: Pointer, dsum: Pointer, _ trace: LayerTrace, isLowest: Bool,
        _ parameters: StepParameters
    ) -> Pointer? {
        let layer = encoder.layers[index]
        let tokens = batch.tokenCount
        func gradient(_ module: LayerModule, rows: Int) -> Pointer? {
            let isAdapted = parameters.lowRank(at: .layer(index, module)) != nil
            return !isLowest || isAdapted ? arena.take(rows * hidden) : nil
        }
        func back(
            _ module: LayerModule, _ dy: Pointer?, rows: Int, start: fixed_order_start, to dx: Pointer?
        ) {
            guard let dy else { return }
            applyBackward(
                .layer(index, module), layer[module], dy, rows: rows, parameters, start: start, to: dx)
        }
        let dq = gradient(.query, rows: trace.rows)
        let dk = gradient(.key, rows: tokens)
        let dv = gradient(.value, rows: tokens)
        backwardScores(trace, dcontext, dq, dk, dv, isLast: index == encoder.layers.count - 1)
        let dx = isLowest ? nil : arena.take(tokens * hidden)
        // A copy: dsum is also what attentionOutput's trace points at.
        let dquery = isLowest ? nil : arena.take(trace.rows * hidden)
        dquery?.update(from: dsum, count: trace.rows * hidden)
        back(.query, dq, rows: trace.rows, start: FIXED_ORDER_FROM_OUTPUT, to: dquery)
        back(.key, dk, rows: tokens, start: FIXED_ORDER_FROM_ZERO, to: dx)
        back(.value, dv, rows: tokens, start: FIXED_ORDER_FROM_OUTPUT, to: dx)
        if let dx, let dquery { addQueryRows(dquery, rows: trace.rows, to: dx) }
        return dx
    }

    private func backwardScores(
        _ trace: LayerTrace, _ dcontext: Pointer, _ dq: Pointer?, _ dk: Pointer?, _ dv: Pointer?,
        isLast: Bool
    ) {
        var p = trace.probabilities
        for sequence in 0..<batch.sequenceCount {
            var shape = attentionShape(of: sequence, isLast: isLast)
            let scratch = arena.take(fixed_order_attention_scratch(encoder.variant.table, &shape))
            let first = batch.starts[sequence] * hidden
            let query = isLast ? sequence * hidden : first
            fixed_order_attention_backward(
                encoder.variant.table, &shape, trace.q + query, trace.k + first, trace.v + first, p,
                dcontext + query, dq.map { $0 + query }, dk.map { $0 + first }, dv.map { $0 + first },
                scratch)
            p += shape.heads * shape.queries * shape.keys
        }
    }

    /// Adds a row per query to the rows of their tokens.
    private func addQueryRows(_ rows: Pointer, rows count: Int, to dx: Pointer) {
        if count == batch.tokenCount { return table.add(count * hidden, rows, dx) }
        for (sequence, start) in batch.starts.enumerated() {
            table.add(hidden, rows + sequence * hidden, dx + start * hidden)
        }
    }
}
