public import Adapters
public import Bytes
public import Foundation
internal import Kernels

/// A frozen encoder with its tokenizer: what adapters are trained on.
public struct BaseEncoder: Sendable {
    /// Names a base by everything that determines what it computes, its tokenizer apart.
    public typealias Digest = Hash256<BaseEncoder>

    public let configuration: EncoderConfiguration
    public let tokenizer: Tokenizer
    /// The weights under the encoder's own names, without a leading `bert.`.
    let weights: NamedTensors
    public let digest: Digest
    /// What adapters and the ledger call this base: the SHA-256 of its weights file. The embedded base,
    /// which has no file, is called by its ``digest``.
    public let weightsDigest: BaseDigest

    /// Refuses weights that are not exactly those `configuration` implies.
    init(
        configuration: EncoderConfiguration, tokenizer: Tokenizer, weights: NamedTensors,
        weightsDigest: BaseDigest? = nil
    ) throws(BaseEncoderError) {
        for (name, shape) in configuration.tensorShapes {
            guard let tensor = weights[name] else { throw .missingTensor(name) }
            guard tensor.shape == shape else {
                throw .wrongShape(tensor: name, expected: shape, found: tensor.shape)
            }
            guard fixed_order_all_finite(tensor.values.count, tensor.values) else {
                throw .notFinite(tensor: name)
            }
        }
        guard tokenizer.idCount <= configuration.vocabularySize else {
            throw .vocabularySize(tokens: tokenizer.idCount, embeddings: configuration.vocabularySize)
        }
        self.configuration = configuration
        self.tokenizer = tokenizer
        self.weights = weights
        let digest = Self.digest(of: configuration, weights.digest)
        self.digest = digest
        self.weightsDigest = weightsDigest ?? BaseDigest(retagging: digest)
    }

    /// Reads config.json, model.safetensors and vocab.txt (or tokenizer.json) of a Hugging Face directory.
    public init(directory: URL) throws(BaseEncoderError) {
        let configuration = try EncoderConfiguration(json: Self.read("config.json", in: directory))
        let wanted = configuration.tensorShapes
        let prefix = "bert."
        let bytes = try Self.read("model.safetensors", in: directory)
        let file = try SafetensorsReader(bytes, file: "model.safetensors").tensors {
            wanted[$0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0] != nil
        }
        let weights = file.tensors.map { name, tensor in
            (name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name, tensor)
        }
        if let twice = Dictionary(grouping: weights, by: \.0).first(where: { $0.value.count > 1 })?.key {
            throw .malformed(
                file: "model.safetensors", reason: "it has \(twice) with and without \(prefix)")
        }
        try self.init(
            configuration: configuration, tokenizer: Tokenizer(vocabulary: Self.vocabulary(in: directory)),
            weights: NamedTensors(Dictionary(uniqueKeysWithValues: weights)), weightsDigest: .sha256(bytes))
    }

    /// SHA-256 of `"lethe/base/v1" 00`, the eight fields that determine the function, each as u64be (the
    /// epsilon by its binary32 bits), and the tensor digest of the weights.
    private static func digest(of configuration: EncoderConfiguration, _ weights: TensorDigest) -> Digest {
        var bytes = Array("lethe/base/v1\0".utf8)
        let fields = [
            configuration.hiddenSize, configuration.layerCount, configuration.headCount,
            configuration.intermediateSize, configuration.vocabularySize, configuration.positionCount,
            configuration.tokenTypeCount, Int(configuration.layerNormEpsilon.bitPattern),
        ]
        for field in fields { bytes.appendBigEndian(UInt64(field)) }
        var hasher = Hasher256()
        hasher.update(bytes)
        hasher.update(weights)
        return hasher.finish()
    }

    /// The tokens in order of their ids.
    private static func vocabulary(in directory: URL) throws(BaseEncoderError) -> [[UInt8]] {
        if FileManager.default.fileExists(atPath: directory.appending(path: "vocab.txt").path) {
            var lines = try read("vocab.txt", in: directory).split(
                separator: 10, omittingEmptySubsequences: false)
            if lines.last?.isEmpty == true { lines.removeLast() }
            return lines.map { Array($0.last == 13 ? $0.dropLast() : $0) }
        }
        struct File: Decodable {
            struct Model: Decodable { let vocab: [String: Int] }
            let model: Model
        }
        let ids: [String: Int]
        do {
            let bytes = try Data(contentsOf: directory.appending(path: "tokenizer.json"))
            ids = try JSONDecoder().decode(File.self, from: bytes).model.vocab
        } catch {
            throw .unreadable(file: "tokenizer.json", reason: "\(error)")
        }
        var tokens = [[UInt8]?](repeating: nil, count: ids.count)
        for (token, id) in ids where tokens.indices.contains(id) { tokens[id] = Array(token.utf8) }
        guard !tokens.contains(nil) else {
            throw .malformed(file: "tokenizer.json", reason: "the ids do not count from 0")
        }
        return tokens.compactMap(\.self)
    }

    private static func read(_ file: String, in directory: URL) throws(BaseEncoderError) -> [UInt8] {
        do {
            return try [UInt8](Data(contentsOf: directory.appending(path: file)))
        } catch {
            throw .unreadable(file: file, reason: error.localizedDescription)
        }
    }
}

extension BaseEncoder {
    /// A small base that the program makes itself: two layers of 64, weights from the counter-based
    /// generator under `seed`.
    ///
    /// It has learnt nothing, but it tells words apart, so that an adapter and a head on it learn
    /// something; demonstrations and tests need no download. Every weight is defined in
    /// schemas/training-arithmetic.md.
    public static func embedded(seed: UInt64) -> BaseEncoder {
        let tokenizer = Tokenizer(hashedWordBuckets: 2_046)
        let configuration = EncoderConfiguration(
            hiddenSize: 64, layerCount: 2, headCount: 4, intermediateSize: 128,
            vocabularySize: tokenizer.idCount, positionCount: 64, tokenTypeCount: 1, layerNormEpsilon: 1e-12
        )
        let weights = configuration.tensorShapes.map { name, shape in
            (name, generated(name, shape: shape, seed: seed))
        }
        do {
            return try BaseEncoder(
                configuration: configuration, tokenizer: tokenizer,
                weights: NamedTensors(Dictionary(uniqueKeysWithValues: weights)))
        } catch {
            preconditionFailure("the embedded base has the shapes of its own configuration: \(error)")
        }
    }

    /// Layer norms are the identity and biases zero; matrices and embeddings are uniform with a bound by
    /// their kind.
    private static func generated(_ name: String, shape: [Int], seed: UInt64) -> Tensor {
        let count = shape.reduce(1, *)
        if name.hasSuffix(".bias") {
            return Tensor(shape: shape, values: [Float](repeating: 0, count: count))
        }
        if shape.count == 1 { return Tensor(shape: shape, values: [Float](repeating: 1, count: count)) }
        let bound: Float =
            switch name {
            case "embeddings.word_embeddings.weight": 1
            case "embeddings.position_embeddings.weight", "embeddings.token_type_embeddings.weight": 0.125
            default: (3 / Float(shape[1])).squareRoot()
            }
        return .uniform(shape: shape, seed: seed, name: name, bound: bound)
    }
}

extension Tensor {
    /// Values uniform in (-bound, bound) under `seed`, from the stream that `name` names.
    static func uniform(shape: [Int], seed: UInt64, name: String, bound: Float) -> Tensor {
        let label = Hash256<Tensor>.sha256(Array("lethe/stream/v1\0".utf8), Array(name.utf8)).bytes
        var values = [Float](repeating: 0, count: shape.reduce(1, *))
        fixed_order_uniform(values.count, seed, label.bigEndian(at: 0, as: UInt64.self)!, bound, &values)
        return Tensor(shape: shape, values: values)
    }
}
