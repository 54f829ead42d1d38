internal import Bytes
internal import Foundation

extension Recipe {
    /// The canonical bytes: members in ascending order, nothing between them.
    public var json: [UInt8] {
        Array(
            JSONText.object([
                "arithmetic": .string(Self.arithmetic), "base": .string(base.hex),
                "batchSize": .integer(batchSize),
                "classCount": .integer(classCount), "epochs": .integer(epochs),
                "initialisation": .string(Self.initialisation),
                "lora": .object([
                    "alpha": .integer(lora.alpha), "rank": .integer(lora.rank),
                    "targetModules": .strings(lora.targetModules),
                ]),
                "maximumTokens": .integer(maximumTokens), "modulesToSave": .strings(modulesToSave),
                "optimiser": .object([
                    "beta1": .string(optimiser.beta1.text), "beta2": .string(optimiser.beta2.text),
                    "epsilon": .string(optimiser.epsilon.text),
                    "learningRate": .string(optimiser.learningRate.text), "name": .string("adamw"),
                    "schedule": .string(optimiser.schedule.rawValue),
                    "weightDecay": .string(optimiser.weightDecay.text),
                ]),
                "seed": .integer(Int(seed)), "tokenizer": .string(tokenizer.hex),
                "trainer": .string(Self.trainer),
            ]).text.utf8)
    }

    /// Reads a recipe from its canonical bytes.
    public init(json: [UInt8]) throws(RecipeError) {
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: Data(json))
        } catch {
            throw .malformed(reason: "\(error)")
        }
        let versions = [
            ("trainer", fields.trainer, Self.trainer), ("arithmetic", fields.arithmetic, Self.arithmetic),
            ("initialisation", fields.initialisation, Self.initialisation),
            ("optimiser.name", fields.optimiser.name, "adamw"),
        ]
        for (field, value, known) in versions where value != known {
            throw .unknownVersion(field: field, value: value)
        }
        try self.init(
            base: fields.base, tokenizer: fields.tokenizer,
            lora: LoRA(
                rank: fields.lora.rank, alpha: fields.lora.alpha, targetModules: fields.lora.targetModules),
            modulesToSave: fields.modulesToSave, classCount: fields.classCount,
            optimiser: fields.optimiser.decimals(), epochs: fields.epochs, batchSize: fields.batchSize,
            maximumTokens: fields.maximumTokens, seed: fields.seed)
        // Whatever a lenient parser let pass (a field twice, an unknown field, 1.0 for 1) is not what we
        // would write.
        guard self.json == json else { throw .notCanonical }
    }

    private struct Fields: Decodable {
        struct LoRAFields: Decodable {
            let alpha, rank: Int
            let targetModules: [String]
        }
        struct OptimiserFields: Decodable {
            let beta1, beta2, epsilon, learningRate, name, weightDecay: String
            let schedule: Schedule

            func decimals() throws(RecipeError) -> Optimiser {
                func number(_ field: String, _ text: String) throws(RecipeError) -> RecipeNumber {
                    guard let number = RecipeNumber(text) else {
                        throw .outOfRange(field: "optimiser." + field, value: text)
                    }
                    return number
                }
                return Optimiser(
                    learningRate: try number("learningRate", learningRate),
                    beta1: try number("beta1", beta1),
                    beta2: try number("beta2", beta2), epsilon: try number("epsilon", epsilon),
                    weightDecay: try number("weightDecay", weightDecay), schedule: schedule)
            }
        }

        let arithmetic, initialisation, trainer: String
        let base: BaseEncoder.Digest
        let tokenizer: Tokenizer.Digest
        let batchSize, classCount, epochs, maximumTokens: Int
        let lora: LoRAFields
        let modulesToSave: [String]
        let optimiser: OptimiserFields
        let seed: UInt64
    }
}

/// The part of canonical JSON that a recipe needs: ASCII strings that want no escapes, integers, arrays,
/// objects.
private enum JSONText {
    case string(String)
    case integer(Int)
    case strings([String])
    case object([String: JSONText])

    var text: String {
        switch self {
        case .string(let value): "\"\(value)\""
        case .integer(let value): String(value)
        case .strings(let values): "[" + values.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { "\"\($0.key)\":\($0.value.text)" }.joined(separator: ",") + "}"
        }
    }
}
