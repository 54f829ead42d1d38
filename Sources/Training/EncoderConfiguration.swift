internal import Foundation

/// The shape of a BERT-family encoder, as in the config.json of a Hugging Face directory.
public struct EncoderConfiguration: Hashable, Sendable {
    /// Floats per token.
    public var hiddenSize: Int
    public var layerCount: Int
    public var headCount: Int
    /// Floats per token inside the feed-forward part.
    public var intermediateSize: Int
    public var vocabularySize: Int
    /// Longest sequence in tokens.
    public var positionCount: Int
    /// Rows of the token type embedding; only the first is used.
    public var tokenTypeCount: Int
    /// What is added to a variance, as decimal text and as the nearest binary32.
    public var layerNormEpsilon: Float

    /// Floats per token and head.
    var headWidth: Int { hiddenSize / headCount }

    public init(
        hiddenSize: Int, layerCount: Int, headCount: Int, intermediateSize: Int, vocabularySize: Int,
        positionCount: Int, tokenTypeCount: Int, layerNormEpsilon: Float
    ) {
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.intermediateSize = intermediateSize
        self.vocabularySize = vocabularySize
        self.positionCount = positionCount
        self.tokenTypeCount = tokenTypeCount
        self.layerNormEpsilon = layerNormEpsilon
    }

    /// Reads config.json, refusing what the encoder does not compute: another architecture, activation or
    /// position scheme.
    public init(json: [UInt8]) throws(BaseEncoderError) {
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: Data(json))
        } catch {
            throw .malformed(file: "config.json", reason: "\(error)")
        }
        try fields.refuseUnsupported()
        self.init(
            hiddenSize: fields.hidden_size, layerCount: fields.num_hidden_layers,
            headCount: fields.num_attention_heads, intermediateSize: fields.intermediate_size,
            vocabularySize: fields.vocab_size, positionCount: fields.max_position_embeddings,
            tokenTypeCount: fields.type_vocab_size, layerNormEpsilon: fields.layer_norm_eps ?? 1e-12)
    }

    /// The fields of config.json that matter, by their names there.
    private struct Fields: Decodable {
        let model_type: String
        let hidden_act: String
        let position_embedding_type: String?
        let is_decoder: Bool?
        let hidden_size, num_hidden_layers, num_attention_heads, intermediate_size: Int
        let vocab_size, max_position_embeddings, type_vocab_size: Int
        let layer_norm_eps: Float?

        func refuseUnsupported() throws(BaseEncoderError) {
            let texts = [
                ("model_type", model_type, "bert"), ("hidden_act", hidden_act, "gelu"),
                ("position_embedding_type", position_embedding_type ?? "absolute", "absolute"),
                ("is_decoder", String(is_decoder ?? false), "false"),
            ]
            for (field, value, supported) in texts where value != supported {
                throw .unsupported(field: field, value: value)
            }
            let sizes = [
                ("hidden_size", hidden_size), ("num_hidden_layers", num_hidden_layers),
                ("num_attention_heads", num_attention_heads), ("intermediate_size", intermediate_size),
                ("vocab_size", vocab_size), ("max_position_embeddings", max_position_embeddings),
                ("type_vocab_size", type_vocab_size),
            ]
            for (field, value) in sizes where value < 1 || value > 1 << 24 {
                throw .unsupported(field: field, value: String(value))
            }
            // A thousand layers are more than anybody has, and the names of their tensors are listed before one is read.
            guard num_hidden_layers <= 1_000 else {
                throw .unsupported(field: "num_hidden_layers", value: String(num_hidden_layers))
            }
            // Every text has a start and an end.
            guard max_position_embeddings >= 2 else {
                throw .unsupported(field: "max_position_embeddings", value: String(max_position_embeddings))
            }
            if hidden_size % num_attention_heads != 0 {
                throw .unsupported(field: "num_attention_heads", value: String(num_attention_heads))
            }
            if let epsilon = layer_norm_eps, !(epsilon > 0 && epsilon.isFinite) {
                throw .unsupported(field: "layer_norm_eps", value: String(epsilon))
            }
        }
    }

    /// The tensors that a base must have, by name, with their shapes.
    var tensorShapes: [String: [Int]] {
        var shapes = [
            "embeddings.word_embeddings.weight": [vocabularySize, hiddenSize],
            "embeddings.position_embeddings.weight": [positionCount, hiddenSize],
            "embeddings.token_type_embeddings.weight": [tokenTypeCount, hiddenSize],
            "embeddings.LayerNorm.weight": [hiddenSize], "embeddings.LayerNorm.bias": [hiddenSize],
        ]
        for module in linearModules {
            shapes[module.name + ".weight"] = [module.outputs, module.inputs]
            shapes[module.name + ".bias"] = [module.outputs]
        }
        for layer in 0..<layerCount {
            for norm in ["attention.output.LayerNorm", "output.LayerNorm"] {
                shapes["encoder.layer.\(layer).\(norm).weight"] = [hiddenSize]
                shapes["encoder.layer.\(layer).\(norm).bias"] = [hiddenSize]
            }
        }
        return shapes
    }

    /// The linear maps of the base, which an adapter may target.
    var linearModules: [(name: String, inputs: Int, outputs: Int)] {
        let layers = (0..<layerCount).flatMap { layer in
            LayerModule.allCases.map { module in
                let (inputs, outputs) = size(of: module)
                return (name: module.name(in: layer), inputs: inputs, outputs: outputs)
            }
        }
        return layers + [(name: "pooler.dense", inputs: hiddenSize, outputs: hiddenSize)]
    }

    func size(of module: LayerModule) -> (inputs: Int, outputs: Int) {
        switch module {
        case .query, .key, .value, .attentionOutput: (hiddenSize, hiddenSize)
        case .intermediate: (hiddenSize, intermediateSize)
        case .output: (intermediateSize, hiddenSize)
        }
    }
}

/// The linear maps of one encoder layer.
enum LayerModule: String, CaseIterable, Sendable {
    case query = "attention.self.query"
    case key = "attention.self.key"
    case value = "attention.self.value"
    case attentionOutput = "attention.output.dense"
    case intermediate = "intermediate.dense"
    case output = "output.dense"

    /// The module's name within the encoder.
    func name(in layer: Int) -> String { "encoder.layer.\(layer).\(rawValue)" }
}
