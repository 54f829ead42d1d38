import Bytes
import Foundation
import Testing
import Training

/// A small run on the embedded base, pinned: whoever changes the arithmetic by accident sees it here.
///
/// `LETHE_RECORD_VECTORS=1 swift test --filter TrainingVectorTests` writes the file anew, and fails.
@Suite("The pinned run")
struct TrainingVectorTests {
    /// What the file holds: the kernels' hash, which another suite checks, and the digests of the run.
    private struct Vector: Codable, Equatable {
        var arithmetic, kernels: String
        var base, tokenizer, recipe, initialTensors, tensors, run: String
        var losses: [String]
    }

    private static let file = Fixture.packageRoot.appending(
        path: "Tests/Vectors/training-arithmetic.v1.json")

    @Test("gives the digests in Tests/Vectors")
    func givesThePinnedDigests() throws {
        let pinned = try JSONDecoder().decode([String: JSONAny].self, from: Data(contentsOf: Self.file))
        let base = BaseEncoder.embedded(seed: 1)
        let recipe = try Fixture.recipe(base) { $0.optimiser.schedule = .linear }
        let trainer = Trainer(base: base)
        var losses: [String] = []
        let outcome = try trainer.train(recipe, records: Fixture.records(20)) {
            losses.append(String($0.loss.bitPattern, radix: 16))
            return .goOn
        }
        guard case .finished(let result) = outcome else { throw Trainer.Unfinished() }
        let vector = Vector(
            arithmetic: Recipe.arithmetic, kernels: pinned["kernels"]?.text ?? "", base: base.digest.hex,
            tokenizer: base.tokenizer.digest.hex, recipe: recipe.digest.hex,
            initialTensors: try trainer.initialAdapter(of: recipe).digest.hex,
            tensors: result.tensorDigest.hex,
            run: result.runDigest.hex, losses: losses)
        if ProcessInfo.processInfo.environment["LETHE_RECORD_VECTORS"] == "1" {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try (encoder.encode(vector) + Data("\n".utf8)).write(to: Self.file)
            Issue.record(
                "recorded \(Self.file.lastPathComponent): look at the change, then run without recording")
            return
        }
        #expect(try JSONDecoder().decode(Vector.self, from: Data(contentsOf: Self.file)) == vector)
    }

    /// What `lethe recipe test` computes, in any build, is this run.
    @Test("is what the program compares itself with")
    func isWhatTheProgramComparesItselfWith() throws {
        let pinned = try JSONDecoder().decode(Vector.self, from: Data(contentsOf: Self.file))
        #expect(PinnedRun.tensors.hex == pinned.tensors && PinnedRun.run.hex == pinned.run)
        #expect(PinnedRun().recipe.digest.hex == pinned.recipe)
        for variant in ArithmeticVariant.runnable {
            #expect(try PinnedRun().holds(threads: 2, variant: variant), "\(variant)")
        }
    }

    /// A JSON value of which only a text is read.
    private struct JSONAny: Decodable {
        let text: String?
        init(from decoder: any Decoder) throws {
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }
}
