import Foundation
import Testing

@testable import Training

/// The embedded base and an adapter on it, against an encoder written in a page of NumPy in binary64.
@Suite("The encoder against NumPy")
struct NumPyTests {
    @Test(
        "logits are within 1e-5 of a binary64 encoder's",
        .enabled(if: Python.has("numpy"), "needs Python with numpy"),
        arguments: [["query", "value"], ["dense", "key", "query", "value"]])
    func logitsAgree(targets: [String]) throws {
        let base = Fixture.embeddedBase
        let folder = try TemporaryFolder()
        let records = Fixture.records(12)
        let recipe = try Fixture.recipe { $0.lora.targetModules = targets }
        let trainer = Trainer(base: base)
        let adapter = try trainer.finish(recipe, records: records).tensors
        let files = ["base", "adapter"].map { folder.url.appending(path: $0).path }
        try base.weights.write(to: files[0])
        try adapter.write(to: files[1])
        let ids = records.map {
            base.tokenizer.ids(of: $0.text, limit: 24).map(String.init).joined(separator: ",")
        }
        let answer = try Python.run(Self.script, files + ids)
        let theirs = answer.output.split(separator: "\n").map {
            $0.split(separator: " ").map { Float($0)! }
        }
        let ours = try trainer.logits(of: records.map(\.text), adapter: adapter, recipe: recipe)
        try #require(theirs.count == ours.count)
        let greatest = theirs.joined().map(abs).max()!
        #expect(zip(ours.joined(), theirs.joined()).allSatisfy { abs($0 - $1) < 1e-5 * greatest })
    }

    /// Reads both safetensors files itself; rank 4, alpha 8, 4 heads.
    private static let script = """
        import json, math, struct, sys
        import numpy as np
        def load(path):
            data = open(path, "rb").read()
            size = struct.unpack("<Q", data[:8])[0]
            header = json.loads(data[8:8 + size])
            header.pop("__metadata__", None)
            return {name: np.frombuffer(data[8 + size + e["data_offsets"][0]:8 + size + e["data_offsets"][1]],
                                        "<f4").reshape(e["shape"]).astype(float) for name, e in header.items()}
        base, adapter = load(sys.argv[1]), load(sys.argv[2])
        erf = np.vectorize(math.erf)
        def linear(name, x):
            w = base[name + ".weight"]
            path = "base_model.model.bert." + name
            if path + ".lora_A.weight" in adapter:
                w = w + 2 * adapter[path + ".lora_B.weight"] @ adapter[path + ".lora_A.weight"]
            return x @ w.T + base[name + ".bias"]
        def norm(name, x):
            x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
            return x * base[name + ".weight"] + base[name + ".bias"]
        for text in sys.argv[3:]:
            ids = [int(i) for i in text.split(",")]
            n = len(ids)
            x = base["embeddings.word_embeddings.weight"][ids]
            x = x + base["embeddings.position_embeddings.weight"][:n]
            x = norm("embeddings.LayerNorm", x + base["embeddings.token_type_embeddings.weight"][0])
            for layer in range(2):
                name = f"encoder.layer.{layer}."
                q, k, v = (linear(name + "attention.self." + m, x).reshape(n, 4, -1).transpose(1, 0, 2)
                           for m in ("query", "key", "value"))
                s = np.exp(q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1]))
                c = (s / s.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(n, -1)
                x = norm(name + "attention.output.LayerNorm", x + linear(name + "attention.output.dense", c))
                h = linear(name + "intermediate.dense", x)
                h = h * (1 + erf(h / math.sqrt(2))) / 2
                x = norm(name + "output.LayerNorm", x + linear(name + "output.dense", h))
            pooled = np.tanh(linear("pooler.dense", x[:1]))
            head = "base_model.model.classifier."
            logits = pooled @ adapter[head + "weight"].T + adapter[head + "bias"]
            print(" ".join("%.9g" % value for value in logits[0]))
        """
}
