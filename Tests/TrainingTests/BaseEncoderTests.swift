import Bytes
import Foundation
import Testing

@testable import Training

@Suite("A base")
struct BaseEncoderTests {
    /// A whole base of one layer in a folder, which `change` may spoil.
    private func directory(
        prefix: String = "", weights change: (inout NamedTensors) -> Void = { _ in },
        config: [String: Any] = [:]
    ) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        var fields: [String: Any] = [
            "model_type": "bert", "hidden_act": "gelu", "hidden_size": 8, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 12, "vocab_size": Self.tokens.count,
            "max_position_embeddings": 6, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
        ]
        let shapes = EncoderConfiguration(
            hiddenSize: 8, layerCount: 1, headCount: 2, intermediateSize: 12,
            vocabularySize: Self.tokens.count, positionCount: 6, tokenTypeCount: 2, layerNormEpsilon: 1e-12
        ).tensorShapes
        fields.merge(config) { $1 }
        var tensors = NamedTensors([:])
        for (name, shape) in shapes {
            tensors[prefix + name] = .uniform(shape: shape, seed: 3, name: name, bound: 1)
        }
        tensors["cls.predictions.bias"] = Tensor(shape: [2], values: [1, 2])
        change(&tensors)
        try tensors.write(to: folder.url.appending(path: "model.safetensors").path)
        try JSONSerialization.data(withJSONObject: fields).write(
            to: folder.url.appending(path: "config.json"))
        try Data(Self.tokens.joined(separator: "\n").utf8).write(
            to: folder.url.appending(path: "vocab.txt"))
        return folder
    }

    private static let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "late", "##r"]

    private func refusal(_ folder: TemporaryFolder) -> BaseEncoderError? {
        do throws(BaseEncoderError) {
            _ = try BaseEncoder(directory: folder.url)
            return nil
        } catch { return error }
    }

    @Test("is the same whatever prefix, other tensors or vocabulary file it has")
    func readsADirectory() throws {
        let plain = try directory()
        let prefixed = try directory(prefix: "bert.")
        let base = try BaseEncoder(directory: plain.url)
        #expect(try BaseEncoder(directory: prefixed.url).digest == base.digest)
        #expect(base.tokenizer.ids(of: "later late", limit: 6) == [2, 4, 5, 4, 3])
        let ids = Dictionary(uniqueKeysWithValues: Self.tokens.enumerated().map { ($1, $0) })
        try FileManager.default.removeItem(at: plain.url.appending(path: "vocab.txt"))
        try JSONSerialization.data(withJSONObject: ["model": ["vocab": ids]])
            .write(to: plain.url.appending(path: "tokenizer.json"))
        #expect(try BaseEncoder(directory: plain.url).tokenizer.digest == base.tokenizer.digest)
    }

    @Test("has another digest when a weight or the number of heads differs")
    func digestNamesTheFunction() throws {
        let folders = try [
            directory(), directory(weights: { $0["pooler.dense.bias"]!.values[0] = 2 }),
            directory(config: ["num_attention_heads": 4]),
        ]
        let bases = try folders.map { try BaseEncoder(directory: $0.url) }
        let (one, weight, heads) = (bases[0], bases[1], bases[2])
        #expect(Set([one.digest, weight.digest, heads.digest]).count == 3)
        #expect(one.weightsDigest == heads.weightsDigest)
        #expect(one.weightsDigest != weight.weightsDigest)
        #expect(BaseEncoder.embedded(seed: 1).digest != BaseEncoder.embedded(seed: 2).digest)
    }

    @Test("is refused with what is wrong")
    func refusesWhatItCannotCompute() throws {
        let name = "encoder.layer.0.output.dense.bias"
        #expect(refusal(try directory(weights: { $0[name] = nil })) == .missingTensor(name))
        #expect(
            refusal(
                try directory(weights: {
                    $0[name] = Tensor(shape: [9], values: .init(repeating: 0, count: 9))
                }))
                == .wrongShape(tensor: name, expected: [8], found: [9]))
        #expect(
            refusal(try directory(weights: { $0[name]!.values[3] = .infinity })) == .notFinite(tensor: name)
        )
        let unsupported: [(String, Any, String)] = [
            ("hidden_act", "gelu_new", "gelu_new"), ("model_type", "roberta", "roberta"),
            ("position_embedding_type", "relative_key", "relative_key"), ("num_attention_heads", 3, "3"),
            ("is_decoder", true, "true"), ("hidden_size", 0, "0"),
            ("num_hidden_layers", 1 << 24, "16777216"), ("max_position_embeddings", 1, "1"),
        ]
        for (field, value, shown) in unsupported {
            #expect(
                refusal(try directory(config: [field: value])) == .unsupported(field: field, value: shown))
        }
        let empty = try TemporaryFolder()
        guard case .unreadable(file: "config.json", _) = refusal(empty) else {
            Issue.record("reads an empty folder")
            return
        }
    }

    @Test("is refused when its weights file is cut or points outside of itself", arguments: 0..<40)
    func refusesDamagedFiles(cut: Int) throws {
        let folder = try directory()
        let file = folder.url.appending(path: "model.safetensors")
        let bytes = try Data(contentsOf: file)
        try bytes.prefix(bytes.count * cut / 40).write(to: file)
        guard case .malformed(file: "model.safetensors", _) = refusal(folder) else {
            Issue.record("accepts \(cut) fortieths")
            return
        }
    }
}
