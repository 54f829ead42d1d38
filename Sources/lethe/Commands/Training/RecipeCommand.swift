import ArgumentParser
import Bytes
import Events
import Foundation
import LetheEngine
import Training

struct RecipeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe", abstract: "Recipes: everything that determines a training run besides its data.",
        subcommands: [New.self, Show.self, Test.self])

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a recipe for a base, with defaults that usually learn something on it.",
            discussion: "The base is one that the ledger knows (--base), or one given by --directory or --embedded.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The file to write.") var output: String
        @Option(help: "A registered base, by name or digest (default: the only one).") var base: String?
        @OptionGroup var place: BasePlace
        @Option(help: "Classes: labels are below.") var classes = 2
        @Option(help: "Of the initial values and the order of the data.") var seed: UInt64 = 1
        @Option(help: "Passes over the records.") var epochs: Int?
        @Option(help: "Records per step.") var batch: Int?
        @Option(help: "Tokens of a record that are read.") var length: Int?
        @Option(help: "Rows of A and columns of B.") var rank: Int?
        @Option(help: "The product of B and A is multiplied by alpha / rank.") var alpha: Int?
        @Option(help: "A decimal number.") var learningRate: String?
        @Option(help: "A decimal number.") var weightDecay: String?
        @Option(help: "constant or linear.") var schedule: String?
        @Option(name: .customLong("target"), parsing: .singleValue, help: "A module with an adapter, e.g. query.")
        var targets: [String] = []
        @Flag(help: "Train the pooler whole, besides the classifier.") var trainPooler = false

        func run() async throws {
            let encoder = try await self.encoder()
            let recipe: Recipe
            do throws(RecipeError) {
                var draft = try Recipe.suggested(for: encoder, classCount: classes, seed: seed)
                change(&draft)
                // Changed fields are judged as a whole, as every reader will judge them.
                recipe = try Recipe(json: draft.json)
            } catch {
                throw Answer(code: 64, message: "\(error)", hint: "schemas/recipe.v1.json has the range of every field")
            }
            guard recipe.maximumTokens <= encoder.configuration.positionCount else {
                throw Answer(
                    code: 64,
                    message: "the length \(recipe.maximumTokens) is more than the base's "
                        + "\(encoder.configuration.positionCount) positions", hint: "give a smaller --length")
            }
            try writeFile(recipe.json, to: output)
            printFile(output, ["recipe": recipe.digest.hex], "recipe \(recipe.digest)", json: options.json)
        }

        private func encoder() async throws -> BaseEncoder {
            if let location = try place.location {
                guard base == nil else { throw ValidationError("give --base, --directory or --embedded, one of them") }
                return try location.load()
            }
            return try await options.reading { ledger in
                if let base { return try await ledger.encoder(for: ledger.resolveBase(base)).encoder }
                let bases = try await ledger.baseSummaries()
                guard bases.count == 1 else {
                    throw Answer.unknown("\(bases.count) bases are registered", hint: "name one with --base")
                }
                return try await ledger.encoder(for: bases[0].base).encoder
            }
        }

        private func change(_ recipe: inout Recipe) {
            if let epochs { recipe.epochs = epochs }
            if let batch { recipe.batchSize = batch }
            if let length { recipe.maximumTokens = length }
            if let rank { recipe.lora.rank = rank }
            if let alpha { recipe.lora.alpha = alpha }
            if !targets.isEmpty {
                recipe.lora.targetModules = Set(targets).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            }
            if trainPooler { recipe.modulesToSave = ["classifier", "pooler"] }
            if let number = learningRate.flatMap(RecipeNumber.init) { recipe.optimiser.learningRate = number }
            if let number = weightDecay.flatMap(RecipeNumber.init) { recipe.optimiser.weightDecay = number }
            if let value = schedule.flatMap(Recipe.Schedule.init) { recipe.optimiser.schedule = value }
        }

        func validate() throws {
            for (name, text) in [("learning-rate", learningRate), ("weight-decay", weightDecay)] {
                guard let text, RecipeNumber(text) == nil else { continue }
                throw ValidationError("--\(name) \(text) is not a decimal number in its one spelling, such as 0.002")
            }
            if let schedule, Recipe.Schedule(rawValue: schedule) == nil {
                throw ValidationError("--schedule \(schedule) is neither constant nor linear")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What a recipe says, and its digest.")
        @Argument(help: "The recipe.") var file: String
        @Flag(name: .long, help: "Answer in JSON.") var json = false

        func run() async throws {
            let recipe = try readRecipe(file)
            if json { return print(String(decoding: recipe.json, as: UTF8.self)) }
            let optimiser = recipe.optimiser
            print("recipe      \(recipe.digest)")
            print("trainer     \(Recipe.trainer), \(Recipe.arithmetic)")
            print("base        \(recipe.base)")
            print("tokenizer   \(recipe.tokenizer)")
            print(
                "adapter     rank \(recipe.lora.rank), alpha \(recipe.lora.alpha), on "
                    + recipe.lora.targetModules.joined(separator: ", "))
            print("whole       \(recipe.modulesToSave.joined(separator: ", ")), \(recipe.classCount) classes")
            print(
                "optimiser   AdamW, learning rate \(optimiser.learningRate.text) \(optimiser.schedule.rawValue), "
                    + "weight decay \(optimiser.weightDecay.text)")
            print(
                "data        \(recipe.epochs) epoch(s), batches of \(recipe.batchSize), \(recipe.maximumTokens) tokens, "
                    + "seed \(recipe.seed)")
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compute the published test run here, and compare its bytes.",
            discussion:
                "With every variant of the kernels that this processor has, on one thread and on two. Exit 1 where "
                + "one gives other bytes: runs of this program are then not those of others.")
        @Flag(name: .long, help: "Answer in JSON.") var json = false

        private struct Line: Encodable {
            var isEqual: Bool
            var threads: Int
            var variant: String
        }

        func run() async throws {
            let pinned = PinnedRun()
            var lines: [Line] = []
            for variant in ArithmeticVariant.runnable {
                for threads in [1, 2] {
                    let isEqual = try pinned.holds(threads: threads, variant: variant)
                    lines.append(Line(isEqual: isEqual, threads: threads, variant: variant.description))
                }
            }
            if json {
                printJSON(lines)
            } else {
                for line in lines {
                    print(
                        "\(line.variant), \(line.threads) thread(s): \(line.isEqual ? "the published bytes" : "other bytes")"
                    )
                }
            }
            let wrong = lines.count { !$0.isEqual }
            guard wrong == 0 else {
                throw Answer.no(
                    "\(wrong) of \(lines.count) computations give other bytes than \(Recipe.arithmetic) defines",
                    hint: "do not train with this build on this machine; report the processor and the compiler")
            }
        }
    }
}

/// Reads a recipe file. A line break at its end is forgiven; anything else that is not canonical is not.
func readRecipe(_ path: String) throws -> Recipe {
    var bytes = try readFile(path)
    if bytes.last == 0x0a { bytes.removeLast() }
    do throws(RecipeError) {
        return try Recipe(json: bytes)
    } catch {
        throw Answer.unknown(
            "\(path): \(error)", hint: "lethe recipe new writes one; schemas/recipe.v1.json describes it")
    }
}
