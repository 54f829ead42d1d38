import Adapters
import Bytes
import Foundation
import Testing
import Training

@Suite("An adapter that was trained")
struct PEFTTests {
    /// Writes a PEFT directory as the caller of the trainer will.
    private func write(_ tensors: NamedTensors, _ recipe: Recipe, base: BaseEncoder, to folder: URL) throws {
        let configuration = try recipe.adapterConfiguration(base: base.weightsDigest, baseName: "base")
        try Data(configuration.peftBytes).write(to: folder.appending(path: Adapter.configurationName))
        try tensors.write(to: folder.appending(path: Adapter.tensorsName).path)
    }

    @Test(
        "is read back from its PEFT directory with the same digest",
        arguments: [
            ["query", "value"], ["dense", "key", "query", "value"],
        ])
    func roundTripsThroughADirectory(targets: [String]) throws {
        let base = Fixture.embeddedBase
        let recipe = try Fixture.recipe { $0.lora.targetModules = targets }
        let result = try Trainer(base: base).finish(recipe, records: Fixture.records(9))
        let folder = try TemporaryFolder()
        try write(result.tensors, recipe, base: base, to: folder.url)
        let adapter = try Adapter(directory: folder.url.path, base: base.weightsDigest)
        #expect(try adapter.digests().tensors == result.tensorDigest)
        #expect(try NamedTensors(adapter) == result.tensors)
        #expect(adapter.modules.map(\.rank).allSatisfy { $0 == 4 })
        #expect(
            adapter.heads.map(\.tensor.name) == [
                "base_model.model.classifier.bias", "base_model.model.classifier.weight",
            ])
    }

    @Test(
        "goes on from an adapter that PEFT wrote", .enabled(if: Fixture.data != nil, "needs ../shared/data")
    )
    func readsAForeignAdapter() throws {
        let folder = try #require(Fixture.data).appending(
            path: "peft-minilm-airline/isolated/round-1/delta")
        let adapter = try Adapter(directory: folder.path, base: .sha256([]))
        let tensors = try NamedTensors(adapter)
        #expect(tensors.tensors.count == 26)
        #expect(try tensors.digest == adapter.digests().tensors)
    }

    /// The shape is taken from the directory alone, whatever modules_to_save says beyond the tensors.
    @Test(
        "computes with the shape that a PEFT directory has", .enabled(if: Fixture.data != nil, "needs ../shared/data"))
    func takesTheShapeFromADirectory() throws {
        let folder = try #require(Fixture.data).appending(path: "peft-minilm-airline/isolated/round-1/delta")
        let shape = try AdapterShape(Adapter(directory: folder.path, base: .sha256([])))
        #expect(shape.lora.rank == 8 && shape.lora.alpha == 16 && shape.lora.targetModules.count == 12)
        #expect(shape.modulesToSave == ["classifier"] && shape.classCount == 2)
    }

    @Test(
        "has the shape of its recipe, and so the same logits", arguments: [["query", "value"], ["dense", "query"]])
    func shapeRoundTrips(targets: [String]) throws {
        let recipe = try Fixture.recipe { $0.lora.targetModules = targets }
        let trainer = Trainer(base: Fixture.embeddedBase)
        let result = try trainer.finish(recipe, records: Fixture.records(9))
        let folder = try TemporaryFolder()
        try write(result.tensors, recipe, base: Fixture.embeddedBase, to: folder.url)
        let adapter = try Adapter(directory: folder.url.path, base: Fixture.embeddedBase.weightsDigest)
        let texts = Fixture.records(9).map(\.text)
        let logits = try trainer.logits(
            of: texts, adapter: NamedTensors(adapter), shape: AdapterShape(adapter), maximumTokens: 24)
        #expect(try logits == trainer.logits(of: texts, adapter: result.tensors, recipe: recipe))
    }

    static let canRunPEFT =
        MiniLM.base != nil && Fixture.data != nil && Python.has("torch", "transformers", "peft")

    /// Trains one step on the real base, writes the adapter, loads it with PEFT and compares logits. PEFT
    /// only warns about tensors that it does not find, so loading alone would prove nothing.
    @Test(
        "loads in PEFT and gives our logits there",
        .enabled(
            if: canRunPEFT,
            "needs the MiniLM wheel, ../shared/data, and Python with torch, transformers and peft"))
    func loadsInPEFT() throws {
        let base = try #require(MiniLM.base)
        let folder = try TemporaryFolder()
        let recipe = try Fixture.recipe(base) {
            $0.epochs = 1
            $0.lora.targetModules = ["dense", "query", "value"]
        }
        let records = Fixture.records(16)
        let texts = records.map(\.text)
        let trainer = Trainer(base: base, threads: 2)
        let result = try trainer.finish(recipe, records: records)
        try write(result.tensors, recipe, base: base, to: folder.url)
        let ours = try trainer.logits(of: texts, adapter: result.tensors, recipe: recipe)
        let answer = try Python.run(
            Self.script, [try #require(MiniLM.directory).path, folder.url.path] + texts)
        let theirs = answer.output.split(separator: "\n").map {
            $0.split(separator: " ").map { Float($0)! }
        }
        try #require(theirs.count == ours.count)
        let difference = zip(ours.joined(), theirs.joined()).map { abs($0 - $1) }.max()!
        #expect(difference < 1e-4 * theirs.joined().map(abs).max()!)
        let before = try trainer.logits(
            of: texts, adapter: trainer.initialAdapter(of: recipe), recipe: recipe)
        #expect(
            zip(ours.joined(), before.joined()).contains { abs($0 - $1) > 0.01 },
            "the run changed something")
    }

    private static let script = """
        import sys, torch
        from peft import PeftModel
        from transformers import AutoTokenizer, BertForSequenceClassification
        base, adapter, *texts = sys.argv[1:]
        torch.set_num_threads(1)
        model = BertForSequenceClassification.from_pretrained(base, num_labels=2)
        model = PeftModel.from_pretrained(model, adapter).eval()
        tokens = AutoTokenizer.from_pretrained(base)(
            texts, padding=True, truncation=True, max_length=24, return_tensors="pt")
        with torch.no_grad():
            for row in model(**tokens).logits:
                print(" ".join("%.9g" % value for value in row.tolist()))
        """
}
