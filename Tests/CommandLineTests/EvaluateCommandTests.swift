import Adapters
import Bytes
import Foundation
import Testing
import Training

/// `lethe evaluate` without a ledger: files in, figures out.
struct EvaluateCommandTests {
    /// Adapters trained on the embedded base of seed 5, and the files that they are evaluated on.
    private struct Files {
        let place = Workplace()
        let base = BaseEncoder.embedded(seed: 5)

        init() throws {
            let number = { (text: String) in RecipeNumber(text)! }
            let recipe = try Recipe(
                base: base.digest, tokenizer: base.tokenizer.digest,
                lora: .init(rank: 2, alpha: 4, targetModules: ["query"]), modulesToSave: ["classifier"], classCount: 2,
                optimiser: .init(
                    learningRate: number("0.02"), beta1: number("0.9"), beta2: number("0.999"),
                    epsilon: number("0.00000001"), weightDecay: number("0"), schedule: .constant),
                epochs: 4, batchSize: 8, maximumTokens: 12, seed: 1)
            try train(recipe, Array(0..<24), to: "model")
            try train(recipe, Array(6..<24), to: "retrain")
            for (name, range) in [("test", 100..<124), ("forget", 0..<6)] {
                let lines = range.map { "r\($0)\t\($0 % 2)\t\(Self.text($0))" }
                try write((["record_id\tlabel\ttext"] + lines).joined(separator: "\n") + "\n", to: "\(name).tsv")
            }
        }

        static func text(_ index: Int) -> String {
            let words = [["late", "lost", "rude"], ["great", "kind", "early"]]
            return (0..<3).map { "\(words[index % 2][(index / 2 + $0) % 3]) n\(index + $0)" }.joined(separator: " ")
        }

        private func train(_ recipe: Recipe, _ indices: [Int], to name: String) throws {
            let records = indices.map {
                TrainingRecord(commitment: .sha256(Array("record \($0)".utf8)), text: Self.text($0), label: $0 % 2)
            }
            guard case .finished(let result) = try Trainer(base: base).train(recipe, records: records) else {
                throw Unfinished()
            }
            let directory = place.file(name)
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let configuration = try recipe.adapterConfiguration(base: base.weightsDigest)
            try Data(configuration.peftBytes).write(to: URL(filePath: "\(directory)/\(Adapter.configurationName)"))
            try result.tensors.write(to: "\(directory)/\(Adapter.tensorsName)")
        }

        func write(_ text: String, to name: String) throws {
            try Data(text.utf8).write(to: URL(filePath: place.file(name)))
        }

        struct Unfinished: Error {}
    }

    private struct Answer: Decodable {
        struct Evaluation: Decodable {
            struct Accuracy: Decodable { var accuracyPPM, records: Int }
            struct Membership: Decodable { var aucPPM, highPPM, lowPPM, members, nonMembers, resamples, seed: Int }
            struct Distance: Decodable {
                var greatestPPB: Int
                var isEqual: Bool
            }
            var accuracy: Accuracy?
            var distance: Distance?
            var kind: String
            var membership: Membership?
        }
        var evaluations: [Evaluation]
        var events: [String]
        var forgetSalt: String?
    }

    @Test func givesFiguresOfEachKindAndTheSameAgain() throws {
        let files = try Files()
        let arguments = [
            "evaluate", "model", "--embedded", "5", "--data", "test.tsv", "--forget", "forget.tsv", "--retrain",
            "retrain",
            "--tokens", "12",
        ]
        let answer = try JSONDecoder().decode(
            Answer.self, from: Data(files.place.done(arguments + ["--json"]).utf8))
        #expect(answer.evaluations.map(\.kind) == ["accuracy", "membership-inference", "distance"])
        #expect(answer.events.isEmpty)
        #expect(answer.evaluations[0].accuracy!.records == 24)
        #expect(answer.evaluations[0].accuracy!.accuracyPPM > 600_000)
        let membership = try #require(answer.evaluations[1].membership)
        #expect((membership.members, membership.nonMembers, membership.resamples) == (6, 24, 1_000))
        #expect((membership.lowPPM...membership.highPPM).contains(membership.aucPPM))
        #expect(answer.evaluations[2].distance!.isEqual == false)
        #expect(answer.evaluations[2].distance!.greatestPPB > 0)
        #expect(try files.place.done(arguments) == files.place.done(arguments), "no salt is in what is printed then")
        let text = try files.place.done(arguments)
        #expect(text.contains("accuracy    ") && text.contains("6 to forget against 24"))
        #expect(text.contains("retrain     differs: relative L2 "))
    }

    @Test func saysWhereTheRetrainIsEqual() throws {
        let files = try Files()
        let text = try files.place.done(
            "evaluate", "model", "--embedded", "5", "--data", "test.tsv", "--retrain", "model")
        #expect(text.contains("retrain     equal, byte for byte"))
    }

    @Test func refusesWhatItCannotMeasureWithTheValue() throws {
        let files = try Files()
        try files.write("record_id\tlabel\ttext\nr1\t7\tlate\n", to: "seven.tsv")
        try files.write("late\n", to: "notes.doc")
        let cases: [([String], Int32, String)] = [
            (["model", "--embedded", "5", "--data", "nothing.tsv"], 2, "nothing.tsv"),
            (["model", "--embedded", "5", "--data", "notes.doc"], 64, "notes.doc"),
            (["model", "--embedded", "5", "--data", "seven.tsv"], 2, "label 7"),
            (["nobody", "--embedded", "5", "--data", "test.tsv"], 2, "nobody"),
            (["model", "--embedded", "5", "--base", ".", "--data", "test.tsv"], 64, "one of them"),
            (["model", "--embedded", "5", "--data", "test.tsv", "--resamples", "3"], 64, "--resamples"),
            (["model", "--base", ".", "--data", "test.tsv"], 2, "config.json"),
        ]
        for (arguments, status, words) in cases {
            let outcome = files.place.lethe(["evaluate"] + arguments)
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(
                outcome.errors.contains(words) && outcome.errors.contains("lethe: hint: "),
                "\(arguments): \(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }
}
