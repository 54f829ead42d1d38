public import Bytes
internal import Foundation

/// Everything that determines a training run besides its data and its parent.
///
/// Its bytes are canonical JSON (RFC 8785) with integers and decimal strings only; `schemas/recipe.v1.json`
/// describes them. There is one encoding: ``init(json:)`` refuses every other.
public struct Recipe: Hashable, Sendable {
    public typealias Digest = Hash256<Recipe>

    public struct LoRA: Hashable, Sendable {
        /// Rows of A and columns of B.
        public var rank: Int
        /// The product of A and B is multiplied by alpha / rank.
        public var alpha: Int
        /// Module names as PEFT matches them: a whole path, or the end of one after a dot.
        public var targetModules: [String]

        public init(rank: Int, alpha: Int, targetModules: [String]) {
            self.rank = rank
            self.alpha = alpha
            self.targetModules = targetModules
        }
    }

    /// How the learning rate goes on: the same throughout, or linearly down to zero after the last step.
    public enum Schedule: String, Codable, Hashable, Sendable {
        case constant
        case linear
    }

    /// AdamW (Loshchilov and Hutter 2019), every parameter alike.
    public struct Optimiser: Hashable, Sendable {
        public var learningRate: RecipeNumber
        public var beta1: RecipeNumber
        public var beta2: RecipeNumber
        public var epsilon: RecipeNumber
        public var weightDecay: RecipeNumber
        public var schedule: Schedule

        public init(
            learningRate: RecipeNumber, beta1: RecipeNumber, beta2: RecipeNumber, epsilon: RecipeNumber,
            weightDecay: RecipeNumber, schedule: Schedule
        ) {
            self.learningRate = learningRate
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
            self.schedule = schedule
        }
    }

    public var base: BaseEncoder.Digest
    public var tokenizer: Tokenizer.Digest
    public var lora: LoRA
    /// Modules outside the encoder's layers that are trained whole: `classifier`, and `pooler` if wanted.
    public var modulesToSave: [String]
    /// Labels are 0, 1, ... below this.
    public var classCount: Int
    public var optimiser: Optimiser
    public var epochs: Int
    /// Records per step; the last step of an epoch may have fewer.
    public var batchSize: Int
    /// Tokens of a record that are read, start and end among them.
    public var maximumTokens: Int
    /// At most 2^53 - 1.
    public var seed: UInt64

    /// The names that this version of the program writes and wants.
    public static let trainer = "lethe-trainer/v1"
    public static let arithmetic = "training-arithmetic/v1"
    public static let initialisation = "kaiming-uniform-philox4x32-10/v1"

    public init(
        base: BaseEncoder.Digest, tokenizer: Tokenizer.Digest, lora: LoRA, modulesToSave: [String],
        classCount: Int,
        optimiser: Optimiser, epochs: Int, batchSize: Int, maximumTokens: Int, seed: UInt64
    ) throws(RecipeError) {
        self.base = base
        self.tokenizer = tokenizer
        self.lora = lora
        self.modulesToSave = modulesToSave
        self.classCount = classCount
        self.optimiser = optimiser
        self.epochs = epochs
        self.batchSize = batchSize
        self.maximumTokens = maximumTokens
        self.seed = seed
        try refuseOutOfRange()
    }

    /// SHA-256 of `"lethe/recipe/v1" 00` and the canonical bytes.
    public var digest: Digest {
        .sha256(Array("lethe/recipe/v1\0".utf8), json)
    }

    private func refuseOutOfRange() throws(RecipeError) {
        let limits: [(String, Int, ClosedRange<Int>)] = [
            ("lora.rank", lora.rank, 1...1_024), ("lora.alpha", lora.alpha, 1...1_048_576),
            ("classCount", classCount, 2...65_536), ("epochs", epochs, 1...10_000),
            ("batchSize", batchSize, 1...65_536), ("maximumTokens", maximumTokens, 2...65_536),
            ("seed", Int(clamping: seed), 0...(1 << 53 - 1)),
        ]
        for (field, value, range) in limits where !range.contains(value) {
            throw .outOfRange(field: field, value: String(value))
        }
        for (field, names) in [
            ("lora.targetModules", lora.targetModules), ("modulesToSave", modulesToSave),
        ] {
            let ascending = zip(names, names.dropFirst()).allSatisfy {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
            guard ascending, names.allSatisfy(Self.isModuleName) else {
                throw .badNames(field: field, names: names)
            }
        }
        guard ["classifier", "classifier,pooler"].contains(modulesToSave.joined(separator: ",")) else {
            throw .badNames(field: "modulesToSave", names: modulesToSave)
        }
        for (field, value) in [("beta1", optimiser.beta1), ("beta2", optimiser.beta2)]
        where value.value >= 1 {
            throw .outOfRange(field: "optimiser." + field, value: value.text)
        }
        guard Float(optimiser.epsilon.value) > 0 else {
            throw .outOfRange(field: "optimiser.epsilon", value: optimiser.epsilon.text)
        }
    }

    private static func isModuleName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}

/// Why bytes or values are no recipe.
public enum RecipeError: Error, Equatable, Sendable {
    /// Not JSON of the recipe's form: a field is missing, unknown or of another type.
    case malformed(reason: String)
    /// The right values in another spelling: white space, another order, an unknown or repeated field.
    case notCanonical
    /// The recipe is for another trainer, arithmetic or initialisation than this program has.
    case unknownVersion(field: String, value: String)
    case outOfRange(field: String, value: String)
    /// Names that are not ascending, repeated, or not module names.
    case badNames(field: String, names: [String])
}

extension RecipeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let reason): "the recipe is malformed: \(reason)"
        case .notCanonical: "the recipe's bytes are not its canonical JSON"
        case .unknownVersion(let field, let value):
            "the recipe has \(field) = \(value), which this program does not know"
        case .outOfRange(let field, let value): "the recipe has \(field) = \(value), which is out of range"
        case .badNames(let field, let names): "the recipe has \(field) = \(names)"
        }
    }
}
