internal import Adapters
public import Bytes
internal import Foundation

/// How a model is changed in the short term so that records count less in it, until they are unlearned
/// exactly.
///
/// Approximate by nature: influence may remain, and nothing that comes out is ever exact (design.md, I11). A
/// run is nevertheless a function like any other: the same bytes everywhere, from the model, this recipe and
/// the records to forget. Its bytes are canonical JSON; `schemas/interim-recipe.v1.json` describes them, and
/// `schemas/interim-unlearning.md` what each method computes.
public struct InterimRecipe: Hashable, Sendable {
    public typealias Digest = Hash256<InterimRecipe>

    public enum Method: String, CaseIterable, Hashable, Sendable {
        /// Steps up the loss of the records to forget, in all that the model's recipe trains.
        case gradientAscent = "gradient-ascent"
        /// A second low-rank block beside the model's own, which stays as it is, adapted for some epochs on
        /// the records to forget with labels that say nothing: after arXiv 2412.13551 and 2406.04076.
        case loraAdaptation = "lora-adaptation"
    }

    public var method: Method
    /// The shape is the model's; optimiser, epochs (E_u), batch, length and seed are those of the steps.
    public var training: Recipe

    public static let format = "lethe/interim-recipe/v1"

    public init(method: Method, training: Recipe) {
        self.method = method
        self.training = training
    }

    /// The canonical bytes.
    public var json: [UInt8] {
        Array("{\"format\":\"\(Self.format)\",\"method\":\"\(method.rawValue)\",\"training\":".utf8)
            + training.json + Array("}".utf8)
    }

    /// Reads a recipe from its canonical bytes, and refuses every other spelling.
    public init(json: [UInt8]) throws(RecipeError) {
        guard
            let method = Method.allCases.first(where: { json.starts(with: Self.beginning(of: $0)) }),
            json.last == UInt8(ascii: "}")
        else {
            throw .malformed(reason: "it is no interim recipe of format \(Self.format) with a known method")
        }
        let training = try Recipe(json: Array(json.dropFirst(Self.beginning(of: method).count).dropLast()))
        self.init(method: method, training: training)
    }

    private static func beginning(of method: Method) -> [UInt8] {
        Array("{\"format\":\"\(format)\",\"method\":\"\(method.rawValue)\",\"training\":".utf8)
    }

    /// SHA-256 of `"lethe/interim-recipe/v1" 00` and the canonical bytes.
    public var digest: Digest { .sha256(Array("lethe/interim-recipe/v1\0".utf8), json) }

    /// The shape of the changed model: with `lora-adaptation` the rank doubles, and alpha with it, so that
    /// the factor before B·A stays what it was.
    public var resultShape: AdapterShape {
        var shape = training.shape
        if method == .loraAdaptation {
            shape.lora.rank *= 2
            shape.lora.alpha *= 2
        }
        return shape
    }
}

/// What the steps of a run do, where it is not to learn the records' own labels.
struct StepObjective: Sendable {
    /// Goes up the loss instead of down.
    var ascends = false
    /// In each epoch every record has a label drawn from all classes.
    var drawsLabels = false
    /// Places in the flat array that every step leaves as they were.
    var frozen: [Range<Int>] = []
    /// The shape, recipe and parent that the run is of, where they are not the training recipe's.
    var shape: AdapterShape?
    var recipe: Recipe.Digest?
    var parent: TensorDigest?

    static let learning = StepObjective()
}

/// A label that has nothing to do with the record, from (seed, epoch, record commitment).
enum DrawnLabel {
    private enum Draw {}

    static func label(
        of commitment: TrainingRecord.Commitment, classes: Int, seed: UInt64, epoch: Int
    ) -> Int32 {
        var prefix = Array("lethe/drawn-label/v1\0".utf8)
        prefix.appendBigEndian(seed)
        prefix.appendBigEndian(UInt32(epoch))
        let hash = Hash256<Draw>.sha256(prefix, commitment.bytes).bytes
        return Int32(hash.bigEndian(at: 0, as: UInt64.self)! % UInt64(classes))
    }
}

extension Trainer {
    /// Changes `model` so that `records` count less in it: approximately, for the time until they are
    /// unlearned exactly.
    ///
    /// - Parameters:
    ///   - model: an adapter of the shape of the recipe's training part.
    ///   - records: those to forget, with their own labels; in any order, no commitment twice.
    /// - Returns: an adapter of the shape ``InterimRecipe/resultShape``. Its run digest covers this recipe,
    ///   the model, the commitments and the result.
    public func weaken(
        _ model: NamedTensors, of recipe: InterimRecipe, forgetting records: [TrainingRecord],
        progress: (TrainingProgress) -> Void = { _ in }
    ) throws(TrainingError) -> TrainingResult {
        var objective = StepObjective()
        objective.recipe = Recipe.Digest(retagging: recipe.digest)
        objective.parent = model.digest
        var start = model
        switch recipe.method {
        case .gradientAscent: objective.ascends = true
        case .loraAdaptation:
            let shape = recipe.resultShape
            (start, objective.frozen) = try addBlock(to: model, recipe)
            objective.shape = shape
            objective.drawsLabels = true
        }
        let session = try TrainingSession(
            base: base, encoder: encoder, recipe: recipe.training, parent: start, records: records,
            threads: threads, objective: objective)
        var loss = Float.nan
        while session.step < session.stepCount {
            loss = try session.advance()
            progress(
                TrainingProgress(
                    step: session.step, stepCount: session.stepCount,
                    epoch: (session.step - 1) / session.stepsPerEpoch, loss: loss))
        }
        return Self.result(of: session, lastLoss: loss)
    }

    /// `model` with a second low-rank block in each adapted map that changes nothing yet: A from the
    /// generator, B zero. The ranges are those of everything that is not of the new block.
    private func addBlock(
        to model: NamedTensors, _ recipe: InterimRecipe
    ) throws(TrainingError) -> (NamedTensors, frozen: [Range<Int>]) {
        let old = try AdapterLayout(recipe.training.shape, configuration: base.configuration)
        _ = try old.flatten(model)
        let new = try AdapterLayout(recipe.resultShape, configuration: base.configuration)
        let rank = old.rank
        var tensors = model
        var frozen: [Range<Int>] = []
        for module in new.lowRank {
            let (a, b) = (model[module.a.name]!.values, model[module.b.name]!.values)
            let fresh = Tensor.uniform(
                shape: [rank, module.inputs], seed: recipe.training.seed, name: "interim/" + module.a.name,
                bound: 1 / Float(module.inputs).squareRoot())
            tensors[module.a.name] = Tensor(shape: module.a.shape, values: a + fresh.values)
            frozen.append(module.a.offset..<module.a.offset + a.count)
            let zeros = [Float](repeating: 0, count: rank)
            let rows = (0..<module.outputs).flatMap { b[$0 * rank..<($0 + 1) * rank] + zeros }
            tensors[module.b.name] = Tensor(shape: module.b.shape, values: rows)
            frozen += (0..<module.outputs).map {
                let start = module.b.offset + $0 * 2 * rank
                return start..<start + rank
            }
        }
        for module in new.whole {
            for entry in [module.weight, module.bias] {
                frozen.append(entry.offset..<entry.offset + entry.count)
            }
        }
        return (tensors, frozen)
    }
}
