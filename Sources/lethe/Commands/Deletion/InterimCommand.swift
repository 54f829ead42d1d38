import ArgumentParser
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import Training

extension DeletionCommand {
    struct Interim: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a model approximately until a deletion is carried out. Dated, and never erasure.",
            discussion: """
                gradient-ascent goes up the loss of the records to forget; lora-adaptation adapts a second low-rank block on \
                them with labels that say nothing. Influence may remain: neither raises the grade of a deletion, and both end \
                on their date or when the deletion is completed. Compare with lethe evaluate. \
                See schemas/interim-unlearning.md.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The deletion's id.") var deletion: String
        @Option(help: "gradient-ascent or lora-adaptation.") var method = InterimRecipe.Method.loraAdaptation.rawValue
        @Option(help: "The day, or moment, on which it ends: within three calendar months.") var until: String
        @Option(
            help:
                "The records to forget: TSV or JSONL (default: those that the deletion is about, where they are here).")
        var forget: String?
        @Option(help: "The model: a round, or the first digits of its digest (default: the only current one).")
        var model: String?
        @Option(help: "An interim recipe (schemas/interim-recipe.v1.json), instead of the four options below.")
        var recipe: String?
        @Option(help: "For how many epochs.") var epochs = 3
        @Option(help: "The learning rate.") var learningRate = "0.002"
        @Option(help: "How many tokens of a text are read; as in training.") var tokens = 64
        @Option(help: "The seed.") var seed: UInt64 = 1
        @Option(name: .shortAndLong, help: "The PEFT directory to write, to be served until then.") var output: String

        func run() async throws {
            let until = try parseEnd()
            let given = try forget.map(readRecords)
            try await options.writing { ledger in
                let id = try await ledger.resolveDeletion(deletion)
                let forget = if let given { given } else { try await ledger.forgetSet(of: id) }
                let member = try await options.actor(ledger, role: .aggregator)
                let request = InterimRequest(
                    deletion: id, model: try await resolve(ledger), steps: try steps(), until: until,
                    forget: forget.records, output: output)
                let (recorded, mitigation) = try await ledger.applyInterim(request, as: member)
                if options.json {
                    return printJSON(InterimAnswer(event: recorded.event, mitigation: mitigation, output: output))
                }
                printRecorded(
                    recorded,
                    "\(id): approximate, interim, ends on \(mitigation.until.date) (\(mitigation.method.rawValue))",
                    json: false)
                print("\(output): serve this in the place of \(short(mitigation.model.hex)) until then")
                print(MitigationWords.limits)
            }
        }

        private func parseEnd() throws -> Timestamp {
            if let date = CalendarDate(until), let midnight = Timestamp(midnightOf: date) { return midnight }
            return try parsed(until, "day or moment")
        }

        private func steps() throws -> InterimRequest.Steps {
            if let recipe {
                do throws(RecipeError) {
                    return .recipe(try InterimRecipe(json: readRecipe(recipe)))
                } catch {
                    throw Answer.unknown(
                        "\(recipe) is no interim recipe: \(error)", hint: "schemas/interim-recipe.v1.json")
                }
            }
            guard let method = InterimRecipe.Method(rawValue: method) else {
                throw Answer(
                    code: 64, message: "\"\(method)\" is not a method",
                    hint: "one of " + InterimRecipe.Method.allCases.map(\.rawValue).joined(separator: ", "))
            }
            guard let rate = RecipeNumber(learningRate) else {
                throw Answer(
                    code: 64, message: "\"\(learningRate)\" is no learning rate", hint: "a decimal number, as 0.002")
            }
            return .standard(method, epochs: epochs, learningRate: rate, maximumTokens: tokens, seed: seed)
        }

        private func readRecipe(_ path: String) throws(RecipeError) -> [UInt8] {
            do {
                var bytes = try readFile(path)
                while bytes.last == 0x0a { bytes.removeLast() }
                return bytes
            } catch {
                throw .malformed(reason: "it cannot be read")
            }
        }

        private func resolve(_ ledger: Ledger) async throws -> ArtifactDigest {
            if let model { return try await ledger.resolveModel(model).model }
            let current = try await ledger.view.allModels.filter { $0.state == .current }
            guard let only = current.first, current.count == 1 else {
                throw Answer.unknown(
                    "\(current.count) models are current", hint: "name one with --model; lethe show models lists them")
            }
            return only.model
        }
    }
}

/// The words that go with approximate measures.
enum MitigationWords {
    /// Printed with every approximate measure, as it stands.
    static let limits =
        "Parameters were changed to reduce the influence of the listed batches. Tests are attached. Influence may remain. "
        + "This is not erasure."
}

private struct InterimAnswer: Encodable {
    var event: EventHash
    var limits = MitigationWords.limits
    var mitigation: MitigationApplied
    var output: String
}
