import Foundation
import Testing

@testable import Training

/// The real base under an adapter that PEFT wrote, against PyTorch, transformers and PEFT themselves.
@Suite("MiniLM against PyTorch")
struct TorchTests {
    static let canRun =
        MiniLM.base != nil && Fixture.data != nil && Python.has("torch", "transformers", "peft")

    /// 16 tweets of different lengths, one step. PyTorch pads and masks, we do neither.
    @Test(
        "logits, losses and every gradient are within 1e-4 of PyTorch's",
        .enabled(
            if: canRun,
            "needs the MiniLM wheel, ../shared/data, and Python with torch, transformers and peft"),
        arguments: TorchCase.all)
    func logitsAndGradientsAgree(_ example: TorchCase) throws {
        let base = try #require(MiniLM.base)
        let directory = try #require(MiniLM.directory)
        let folder = try TemporaryFolder()
        let rows = try example.tweets()
        let input = folder.url.appending(path: "input.tsv").path
        try rows.map { "\($0.label)\t\($0.text)" }.joined(separator: "\n")
            .write(toFile: input, atomically: true, encoding: .utf8)
        let output = folder.url.appending(path: "output.safetensors")
        let status = try Python.run(
            Self.script,
            [
                directory.path, input, output.path, example.targets.joined(separator: ","),
                example.modulesToSave.joined(separator: ","),
            ]
        ).status
        try #require(status == 0)
        let theirs = try SafetensorsReader([UInt8](Data(contentsOf: output)), file: "output").tensors { _ in true }

        let ours = try gradients(example, base: base, adapter: theirs.only("start."), rows: rows)
        #expect(distance(ours.logits, theirs["logits"]!.values) < 1e-4)
        #expect(abs(ours.loss - theirs["loss"]!.values[0]) < 1e-4 * abs(ours.loss))
        let expected = theirs.only("gradient.")
        #expect(ours.gradients.names == expected.names)
        for name in expected.names {
            let error = distance(ours.gradients[name]!.values, expected[name]!.values)
            #expect(error < 1e-4, "\(name) is off by \(error)")
        }
    }

    /// Five steps on 300 parameters with given gradients, each schedule; PyTorch's own AdamW in binary64.
    @Test(
        "AdamW takes the steps that PyTorch takes",
        .enabled(if: Python.has("torch"), "needs Python with torch"),
        arguments: [Recipe.Schedule.constant, .linear])
    func adamwAgrees(schedule: Recipe.Schedule) throws {
        let recipe = try Fixture.recipe { $0.optimiser.schedule = schedule }
        let start = Tensor.uniform(shape: [300], seed: 1, name: "start", bound: 1).values
        let parameters = FloatStorage(start)
        var optimiser = AdamW(recipe.optimiser, parameterCount: 300, steps: 5)
        var arguments = [schedule.rawValue, start.map { "\($0)" }.joined(separator: " ")]
        for step in 0..<5 {
            let gradient = Tensor.uniform(shape: [300], seed: 2, name: "\(step)", bound: 0.1).values
            arguments.append(gradient.map { "\($0)" }.joined(separator: " "))
            optimiser.update(parameters, gradients: FloatStorage(gradient), variant: .best)
        }
        let answer = try Python.run(
            """
            import sys, torch
            read = lambda text: torch.tensor([float(x) for x in text.split()], dtype=torch.float64)
            p = read(sys.argv[2]).requires_grad_()
            optimiser = torch.optim.AdamW([p], lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
            for step, text in enumerate(sys.argv[3:]):
                optimiser.param_groups[0]["lr"] = 0.01 * (1 if sys.argv[1] == "constant" else (5 - step) / 5)
                p.grad = read(text)
                optimiser.step()
            print(" ".join("%.9g" % x for x in p.tolist()))
            """, arguments)
        let theirs = answer.output.split(separator: " ").map {
            Float($0.trimmingCharacters(in: .whitespacesAndNewlines))!
        }
        try #require(theirs.count == 300)
        #expect(zip(parameters.values, theirs).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(zip(start, theirs).count { abs($0 - $1) > 0.001 } > 250, "the steps are no small ones")
    }

    /// The greatest difference over the greatest magnitude.
    private func distance(_ ours: [Float], _ theirs: [Float]) -> Float {
        let difference = zip(ours, theirs).map { abs($0 - $1) }.max() ?? .infinity
        return ours.count == theirs.count ? difference / (theirs.map(abs).max() ?? 0) : .infinity
    }

    private func gradients(
        _ example: TorchCase, base: BaseEncoder, adapter: NamedTensors, rows: [(text: String, label: Int)]
    ) throws -> (logits: [Float], loss: Float, gradients: NamedTensors) {
        let recipe = try Fixture.recipe(base) {
            $0.lora = .init(rank: 8, alpha: 16, targetModules: example.targets)
            $0.modulesToSave = example.modulesToSave
            $0.maximumTokens = 40
        }
        let layout = try AdapterLayout(recipe: recipe, configuration: base.configuration)
        let values = try layout.flatten(adapter)
        let parameters = StepParameters(layout: layout, values: values, variant: .best)
        var batch = TokenBatch()
        for row in rows {
            batch.append(base.tokenizer.ids(of: row.text, limit: 40), label: Int32(row.label))
        }
        let pass = EncoderPass(FrozenEncoder(base, variant: .best))
        pass.forward(batch, parameters)
        let logits = pass.logits
        pass.backward(stepCount: rows.count, lowest: layout.lowestLayer, parameters)
        let gradients = FloatStorage(count: layout.valueCount)
        StepGradients(layout: layout, variant: .best).compute(from: [pass], into: gradients, threads: 1)
        return (logits, pass.losses.reduce(0, +) / Float(rows.count), layout.tensors(of: gradients.values))
    }

    /// Builds the model, gives every adapted tensor small random values, and saves them, the logits, the
    /// loss and the gradients. Evaluation mode: no dropout.
    private static let script = """
        import sys, torch
        from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
        from safetensors.torch import save_file
        from transformers import AutoTokenizer, BertForSequenceClassification
        base, source, target, modules, whole = sys.argv[1:6]
        torch.manual_seed(1)
        torch.set_num_threads(1)
        model = BertForSequenceClassification.from_pretrained(base, num_labels=2, attn_implementation="eager")
        config = LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=16, target_modules=modules.split(","),
                            modules_to_save=whole.split(","), lora_dropout=0.0)
        model = get_peft_model(model, config)
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                torch.nn.init.normal_(parameter, std=0.05)
        model.eval()
        lines = [line.rstrip("\\n").split("\\t") for line in open(source, encoding="utf-8")]
        tokenizer = AutoTokenizer.from_pretrained(base)
        texts = [text for _, text in lines]
        tokens = tokenizer(texts, padding=True, truncation=True, max_length=40, return_tensors="pt")
        result = model(**tokens, labels=torch.tensor([int(label) for label, _ in lines]))
        state = get_peft_model_state_dict(model)
        start = {"start." + name: value.detach().clone() for name, value in state.items()}
        result.loss.backward()
        gradients = {}
        for name, parameter in model.named_parameters():
            if parameter.grad is not None:
                plain = name.replace(".default", "").replace(".modules_to_save", "")
                gradients["gradient." + plain] = parameter.grad
        save_file({**start, **gradients, "logits": result.logits.detach().reshape(-1),
                   "loss": result.loss.detach().reshape(1)}, target)
        """
}

/// Which modules are adapted.
struct TorchCase: CustomTestStringConvertible, Sendable {
    let targets: [String]
    var modulesToSave = ["classifier"]
    var testDescription: String { (targets + modulesToSave).joined(separator: ", ") }

    /// The usual two; all six linear maps of a layer and the pooler's; the pooler trained whole.
    static let all = [
        TorchCase(targets: ["query", "value"]), TorchCase(targets: ["dense", "key", "query", "value"]),
        TorchCase(targets: ["query"], modulesToSave: ["classifier", "pooler"]),
    ]

    func tweets() throws -> [(text: String, label: Int)] {
        let file = try #require(Fixture.data).appending(path: "twitter-airline/delta.train.tsv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().prefix(
            16)
        return lines.map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            return (text: String(fields[3]), label: Int(fields[2])!)
        }
    }
}

extension NamedTensors {
    /// The tensors whose names begin with `prefix`, without it.
    func only(_ prefix: String) -> NamedTensors {
        NamedTensors(
            Dictionary(
                uniqueKeysWithValues: tensors.filter { $0.key.hasPrefix(prefix) }
                    .map { (String($0.key.dropFirst(prefix.count)), $0.value) }))
    }
}

/// A folder that goes when its owner does.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "lethe-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
