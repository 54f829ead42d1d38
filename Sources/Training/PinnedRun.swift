public import Adapters
public import Bytes

/// A small run on the embedded base whose bytes are published: a machine, build or compiler that gives others
/// computes another arithmetic.
///
/// Base, recipe and records are made up here. The digests stand in
/// `Tests/Vectors/training-arithmetic.v1.json` too, and a test holds them equal.
public struct PinnedRun: Sendable {
    public static let tensors = TensorDigest(
        hex: "6c73d716b7a72f82f22ea197323155dc177c19020faeac699457ac08c31dbb56")!
    public static let run = RunInputs.RunDigest(
        hex: "f5a6390999dc2fbefd6a2bf08b2b6f219609bd6e081866aa4642ebdfbf0a2589")!

    private let base = BaseEncoder.embedded(seed: 1)
    public let recipe: Recipe
    public let records: [TrainingRecord]

    public init() {
        func number(_ text: String) -> RecipeNumber { RecipeNumber(text)! }
        do {
            recipe = try Recipe(
                base: base.digest, tokenizer: base.tokenizer.digest,
                lora: Recipe.LoRA(rank: 4, alpha: 8, targetModules: ["query", "value"]),
                modulesToSave: ["classifier"], classCount: 2,
                optimiser: Recipe.Optimiser(
                    learningRate: number("0.01"), beta1: number("0.9"), beta2: number("0.999"),
                    epsilon: number("0.00000001"), weightDecay: number("0.01"), schedule: .linear),
                epochs: 2, batchSize: 8, maximumTokens: 24, seed: 42)
        } catch {
            preconditionFailure("the pinned recipe is one: \(error)")
        }
        records = (0..<20).map(Self.record)
    }

    /// A made-up review whose class is which of two sets of words it is drawn from.
    private static func record(_ number: Int) -> TrainingRecord {
        let words = [
            ["late", "lost", "rude", "delayed", "cancelled", "awful", "waiting"],
            ["great", "friendly", "thanks", "early", "smooth", "lovely", "helpful"],
        ]
        let filler = ["the", "flight", "to", "crew", "was", "my", "bag", "gate", "@airline", "today"]
        let label = number % 3 == 0 ? 1 : 0
        let text = (0..<(3 + number % 9)).map { place in
            place % 2 == 0 ? filler[(number * 7 + place * 3) % 10] : words[label][(number * 5 + place) % 7]
        }.joined(separator: " ")
        return TrainingRecord(commitment: .sha256(Array("record \(number)".utf8)), text: text, label: label)
    }

    /// Computes it; whether the bytes are the published ones.
    public func holds(threads: Int, variant: ArithmeticVariant) throws(TrainingError) -> Bool {
        let trainer = Trainer(base: base, threads: threads, variant: variant)
        guard case .finished(let result) = try trainer.train(recipe, records: records) else { return false }
        return result.tensorDigest == Self.tensors && result.runDigest == Self.run
    }
}
