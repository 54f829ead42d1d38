import Bytes
import Foundation
import Kernels
import Training

/// The lines about training: whole steps against PyTorch on the same cores, and the products that most of their time goes
/// into against OpenBLAS.
enum TrainingBench {
    /// The Hugging Face directory of the real base.
    static var baseDirectory: String? { ProcessInfo.processInfo.environment["LETHE_MINILM"] }

    private static let batch = 16, tokens = 32

    // MARK: Products

    /// The first product of MiniLM's feed-forward layer for a batch of 16 × 32 tokens, on one core; `nil` without numpy.
    static func products(samples: Int) async throws -> BenchLine? {
        guard try await PythonWorker.has("numpy") else { return nil }
        let (rows, depth, columns, repeats) = (512, 384, 1_536, 10)
        let worker = try PythonWorker(
            numpyScript, ["\(rows)", "\(depth)", "\(columns)", "\(repeats)"], threads: 1)
        let table = fixed_order_best_variant().pointee
        let a = (0..<rows * depth).map { Float($0 % 97) * 0x1p-7 - 0.375 }
        let b = (0..<depth * columns).map { Float($0 % 89) * 0x1p-7 - 0.34375 }
        var packed = [Float](repeating: 0, count: table.packed_count(depth, columns))
        table.pack(depth, columns, b, columns, 1, &packed)
        var c = [Float](repeating: 0, count: rows * columns)
        let taken = try await PairedSamples(samples, worker) {
            for _ in 0..<repeats {
                table.multiply(rows, columns, depth, a, depth, 1, packed, FIXED_ORDER_FROM_ZERO, nil, &c, columns)
            }
        }
        let operations = Double(2 * rows * depth * columns * repeats) / 1e9
        return BenchLine(
            "product \(rows)×\(depth)·\(depth)×\(columns), fixed order", .rate(operations / taken.medianOurs, "GFLOP"),
            against: "numpy float32 (its BLAS), 1 core", .rate(operations / taken.medianTheirs, "GFLOP"),
            want: .ratioAtLeast(1), processorRatio: taken.processorSpeedup,
            note: "\(String(cString: table.name)), same bits on every machine")
    }

    private static let numpyScript = """
        import sys
        import numpy as np
        rows, depth, columns, repeats = (int(x) for x in sys.argv[1:5])
        a = (np.arange(rows * depth) % 97 / 128 - 0.375).astype(np.float32).reshape(rows, depth)
        b = (np.arange(depth * columns) % 89 / 128 - 0.34375).astype(np.float32).reshape(depth, columns)
        c = np.empty((rows, columns), dtype=np.float32)
        def work():
            for _ in range(repeats):
                np.matmul(a, b, out=c)
        """

    // MARK: Steps

    /// Why no steps can be measured here; `nil` where they can.
    static func obstacle() async throws -> String? {
        guard baseDirectory != nil else { return "LETHE_MINILM names no directory of the base" }
        guard try await PythonWorker.has("torch", "transformers", "peft") else {
            return "\(PythonWorker.interpreter) has no torch, transformers and peft (LETHE_PYTHON names another)"
        }
        return nil
    }

    /// Training steps of LoRA on query and value of the real base, 16 records of 32 tokens each.
    static func steps(threads: Int, samples: Int, quick: Bool) async throws -> BenchLine {
        let directory = baseDirectory!
        let base: BaseEncoder
        do throws(BaseEncoderError) {
            base = try BaseEncoder(directory: URL(fileURLWithPath: directory))
        } catch {
            throw Answer.unknown(
                "\(directory) is not a base that can be trained on: \(error)", hint: "LETHE_MINILM names it")
        }
        let count = quick ? 1 : 4
        let trainer = Trainer(base: base, threads: threads)
        let records = (0..<batch * count).map { number in
            TrainingRecord(
                commitment: .sha256(Array("bench \(number)".utf8)), text: text(number), label: number % 2)
        }
        let recipe = try recipe(for: base)
        let worker = try PythonWorker(
            torchScript, [directory, "\(batch)", "\(tokens)", "\(count)", "\(threads)"], threads: threads)
        let taken = try await PairedSamples(samples, worker) {
            _ = try trainer.train(recipe, records: records)
        }
        let total = Double(records.count)
        return BenchLine(
            "train MiniLM, \(tokens) tokens, batch \(batch)", .rate(total / taken.medianOurs, "samples"),
            against: "PyTorch with PEFT, \(threads) thread\(threads == 1 ? "" : "s")",
            .rate(total / taken.medianTheirs, "samples"), want: .ratioAtLeast(1),
            processorRatio: taken.processorSpeedup,
            note: "\(threads) thread\(threads == 1 ? "" : "s"), forward, back and AdamW")
    }

    private static func recipe(for base: BaseEncoder) throws -> Recipe {
        let number = { (text: String) in RecipeNumber(text)! }
        return try Recipe(
            base: base.digest, tokenizer: base.tokenizer.digest,
            lora: .init(rank: 8, alpha: 16, targetModules: ["query", "value"]), modulesToSave: ["classifier"],
            classCount: 2,
            optimiser: .init(
                learningRate: number("0.002"), beta1: number("0.9"), beta2: number("0.999"),
                epsilon: number("0.00000001"), weightDecay: number("0.01"), schedule: .constant),
            epochs: 1, batchSize: batch, maximumTokens: tokens, seed: 1)
    }

    /// More words than are read, each of them one token.
    private static func text(_ number: Int) -> String {
        let words = ["the", "flight", "was", "late", "and", "we", "waited", "for", "hours", "at", "gate", "one", "two"]
        return (0..<tokens).map { words[($0 * 5 + number) % words.count] }.joined(separator: " ")
    }

    /// The same steps: as many tokens, nothing padded, no dropout, the usual AdamW.
    private static let torchScript = """
        import sys, torch
        from peft import LoraConfig, get_peft_model
        from transformers import BertForSequenceClassification
        directory, batch, tokens, count, threads = sys.argv[1], *(int(x) for x in sys.argv[2:6])
        torch.set_num_threads(threads)
        torch.manual_seed(1)
        model = BertForSequenceClassification.from_pretrained(
            directory, num_labels=2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
        model = get_peft_model(model, LoraConfig(
            task_type="SEQ_CLS", r=8, lora_alpha=16, target_modules=["query", "value"],
            modules_to_save=["classifier"], lora_dropout=0.0))
        model.train()
        optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.002)
        ids = torch.randint(1000, 20000, (count, batch, tokens))
        mask = torch.ones((batch, tokens), dtype=torch.long)
        labels = torch.arange(batch) % 2
        def work():
            for step in range(count):
                loss = model(input_ids=ids[step], attention_mask=mask, labels=labels).loss
                loss.backward()
                optimiser.step()
                optimiser.zero_grad()
        """
}
