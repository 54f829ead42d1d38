import Bytes
import Foundation
import Testing

@testable import Training

/// What approximate methods must do: lower how well the model does on what it should forget, as functions.
@Suite("An interim recipe")
struct InterimRecipeTests {
    static let records = Fixture.records(32)
    static let forget = Array(records.prefix(6))
    static let trainer = Trainer(base: Fixture.embeddedBase)

    /// A model that knows its records well.
    private static func model() throws -> NamedTensors {
        try trainer.finish(try Fixture.recipe { $0.epochs = 8 }, records: records).tensors
    }

    private static func interim(
        _ method: InterimRecipe.Method, change: (inout Recipe) -> Void = { _ in }
    ) throws -> InterimRecipe {
        InterimRecipe(
            method: method,
            training: try Fixture.recipe {
                ($0.epochs, $0.batchSize) = (4, 4)
                change(&$0)
            })
    }

    private static func meanLoss(_ adapter: NamedTensors, _ shape: AdapterShape) throws -> Int {
        let outcomes = try trainer.outcomes(of: forget, adapter: adapter, shape: shape, maximumTokens: 24)
        return Accuracy(outcomes, labels: forget.map(\.label)).meanLossMicronats
    }

    @Test("makes the model worse at the records to forget", arguments: InterimRecipe.Method.allCases)
    func weakens(method: InterimRecipe.Method) throws {
        let model = try Self.model()
        let interim = try Self.interim(method)
        let before = try Self.meanLoss(model, interim.training.shape)
        let result = try Self.trainer.weaken(model, of: interim, forgetting: Self.forget)
        let after = try Self.meanLoss(result.tensors, interim.resultShape)
        #expect(after > before + 100_000, "\(before) to \(after) micronats")
    }

    @Test(
        "is a function: the same bytes with every variant, any number of threads, and another order of the records",
        arguments: InterimRecipe.Method.allCases)
    func isAFunction(method: InterimRecipe.Method) throws {
        let model = try Self.model()
        let interim = try Self.interim(method)
        let expected = try Self.trainer.weaken(model, of: interim, forgetting: Self.forget)
        for variant in ArithmeticVariant.runnable {
            let trainer = Trainer(base: Fixture.embeddedBase, threads: 3, variant: variant)
            #expect(try trainer.weaken(model, of: interim, forgetting: Self.forget.reversed()) == expected)
        }
    }

    @Test("gives other bytes and another run digest when anything that it is a function of changes")
    func everyInputMatters() throws {
        let model = try Self.model()
        var results: [TrainingResult] = []
        for method in InterimRecipe.Method.allCases {
            for change in [{ _ in }, { $0.seed = 9 }, { $0.epochs = 5 }] as [(inout Recipe) -> Void] {
                results.append(
                    try Self.trainer.weaken(
                        model, of: Self.interim(method, change: change), forgetting: Self.forget))
            }
            results.append(
                try Self.trainer.weaken(model, of: Self.interim(method), forgetting: Array(Self.forget.dropLast())))
            var other = model
            other["base_model.model.classifier.bias"]!.values[0] += 1
            results.append(try Self.trainer.weaken(other, of: Self.interim(method), forgetting: Self.forget))
        }
        #expect(Set(results.map(\.runDigest)).count == results.count)
        #expect(Set(results.map(\.tensorDigest)).count == results.count)
        let run = try #require(results.first).inputs
        #expect(run.parent == model.digest)
        #expect(run.recipe.hex == (try Self.interim(.gradientAscent)).digest.hex)
    }

    /// One step of plain descent by the same recipe, mirrored: with no decay and a fresh optimiser the first step
    /// of AdamW is the sign of the gradient times the learning rate.
    @Test("goes up where training goes down")
    func ascentMirrorsDescent() throws {
        let model = try Self.model()
        let change: (inout Recipe) -> Void = {
            ($0.epochs, $0.batchSize) = (1, 8)
            $0.optimiser.weightDecay = RecipeNumber("0")!
        }
        let up = try Self.trainer.weaken(
            model, of: Self.interim(.gradientAscent, change: change), forgetting: Self.forget)
        let down = try Self.trainer.finish(Fixture.recipe(change: change), parent: model, records: Self.forget)
        for name in model.names {
            let (start, above, below) = (model[name]!.values, up.tensors[name]!.values, down.tensors[name]!.values)
            for index in start.indices {
                #expect(abs((above[index] - start[index]) + (below[index] - start[index])) < 1e-6)
            }
        }
        #expect(up.tensorDigest != down.tensorDigest)
    }

    @Test("leaves the model's own block and its head as they are, and adds a block that begins at nothing")
    func adaptationFreezesTheModel() throws {
        let model = try Self.model()
        let still = try Self.interim(.loraAdaptation) { $0.optimiser.learningRate = RecipeNumber("0")! }
        let same = try Self.trainer.weaken(model, of: still, forgetting: Self.forget).tensors
        let texts = Self.records.map(\.text)
        #expect(
            try Self.trainer.logits(of: texts, adapter: same, shape: still.resultShape, maximumTokens: 24)
                == Self.trainer.logits(of: texts, adapter: model, recipe: still.training))
        let interim = try Self.interim(.loraAdaptation)
        let result = try Self.trainer.weaken(model, of: interim, forgetting: Self.forget).tensors
        for name in model.names {
            let (old, new) = (model[name]!, result[name]!)
            switch name {
            case _ where name.hasSuffix("lora_A.weight"):
                #expect(new.shape == [8, 64] && Array(new.values[..<old.values.count]) == old.values)
                #expect(new.values[old.values.count...].contains { $0 != 0 })
            case _ where name.hasSuffix("lora_B.weight"):
                #expect(new.shape == [64, 8])
                for row in 0..<64 {
                    #expect(new.values[row * 8..<row * 8 + 4] == old.values[row * 4..<row * 4 + 4])
                    #expect(new.values[row * 8 + 4..<row * 8 + 8].contains { $0 != 0 })
                }
            default: #expect(new == old, "\(name)")
            }
        }
    }

    @Test("draws labels evenly, anew in each epoch, for each record apart from the others")
    func drawsLabelsEvenly() {
        let commitments = Fixture.records(600).map(\.commitment)
        let labels = (0..<2).map { epoch in
            commitments.map { DrawnLabel.label(of: $0, classes: 3, seed: 4, epoch: epoch) }
        }
        for label in Int32(0)..<3 {
            let count = labels[0].count { $0 == label }
            #expect((150...250).contains(count), "\(count) of 600 have label \(label)")
        }
        #expect(labels[0] != labels[1])
    }

    @Test("reads back what it writes, and refuses any other spelling")
    func roundTrips() throws {
        for method in InterimRecipe.Method.allCases {
            let interim = try Self.interim(method)
            #expect(try InterimRecipe(json: interim.json) == interim)
            let text = String(decoding: interim.json, as: UTF8.self)
            for other in [
                text.replacing(":{", with: ": {"), text + " ", text.replacing("/v1\"", with: "/v2\""),
                text.replacing(method.rawValue, with: "prayer"), "{}", "",
                text.replacing("\"epochs\":4", with: "\"epochs\":0"),
            ] {
                #expect(throws: RecipeError.self) { try InterimRecipe(json: Array(other.utf8)) }
            }
        }
        #expect(try Self.interim(.gradientAscent).digest != Self.interim(.loraAdaptation).digest)
    }

    @Test("is refused for a model of another shape, and fails when the loss diverges")
    func refusesAndFails() throws {
        let model = try Self.model()
        let other = try Self.interim(.loraAdaptation) { $0.lora.rank = 3 }
        #expect(throws: TrainingError.self) { try Self.trainer.weaken(model, of: other, forgetting: Self.forget) }
        let wild = try Self.interim(.gradientAscent) {
            $0.optimiser.learningRate = RecipeNumber("1000000000000000000000000000000000000000")!
        }
        #expect(throws: TrainingError.diverged(step: 1, steps: 8)) {
            try Self.trainer.weaken(model, of: wild, forgetting: Self.forget)
        }
    }

    @Test(
        "matches its schema, and another method does not",
        .enabled(if: Python.has("jsonschema"), "needs Python with jsonschema"))
    func matchesItsSchema() throws {
        let script = """
            import json, sys, pathlib
            import jsonschema, referencing
            folder = pathlib.Path(sys.argv[1])
            resources = [(name, referencing.Resource.from_contents(json.loads((folder / name).read_text())))
                         for name in ("recipe.v1.json", "interim-recipe.v1.json")]
            registry = referencing.Registry().with_resources(resources)
            validator = jsonschema.Draft202012Validator(resources[1][1].contents, registry=registry)
            print([validator.is_valid(json.loads(text)) for text in sys.argv[2:]])
            """
        let texts = try InterimRecipe.Method.allCases.map {
            String(decoding: try Self.interim($0).json, as: UTF8.self)
        }
        let wrong = [
            texts[0].replacing("gradient-ascent", with: "prayer"),
            texts[0].replacing("\"epochs\":4", with: "\"epochs\":0"),
        ]
        let answer = try Python.run(
            script, [Fixture.packageRoot.appending(path: "schemas").path] + texts + wrong)
        #expect(answer.output == "[True, True, False, False]\n")
    }
}
