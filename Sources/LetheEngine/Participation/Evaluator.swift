public import Bytes
public import Events
internal import Foundation

/// The model of some of a round's contributions, for an evaluator to judge.
public struct CoalitionModel: Sendable {
    public let round: RoundID
    /// Ascending; empty for what the round started from.
    public let members: [MemberName]
    /// A PEFT directory, there for the length of the call; `nil` for the base without an adapter.
    public let directory: String?
}

/// Measures models on one data set.
///
/// Who evaluates decides what contributions are worth, so an evaluation is a claim: it stands on the chain under its
/// author's name, and anybody with the data set may measure again.
public struct Evaluator: Sendable {
    /// SHA-256 of the data set.
    public let dataset: ArtifactDigest
    /// The metric of a model, in millionths.
    public let accuracyPPM: @Sendable (CoalitionModel) throws -> PartsPerMillion

    public init(
        dataset: ArtifactDigest, accuracyPPM: @escaping @Sendable (CoalitionModel) throws -> PartsPerMillion
    ) {
        self.dataset = dataset
        self.accuracyPPM = accuracyPPM
    }
}

extension Evaluator {
    /// Runs a shell command for each model: it gets the PEFT directory as its argument, none for the base alone, and prints
    /// the metric in millionths on its only line.
    public static func command(_ command: String, dataset: ArtifactDigest) -> Evaluator {
        Evaluator(dataset: dataset) { model in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "\(command) \"$@\"", "evaluate"] + (model.directory.map { [$0] } ?? [])
            let output = Pipe()
            process.standardOutput = output
            process.standardInput = FileHandle.nullDevice
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw EngineError(
                    .invalidRequest, "the evaluation command ended with status \(process.terminationStatus)",
                    hint: "run it by hand: \(command) DIR")
            }
            return try parse(text.trimmingCharacters(in: .whitespacesAndNewlines), command)
        }
    }

    private static func parse(_ text: String, _ command: String) throws -> PartsPerMillion {
        guard let number = Int(text), let value = PartsPerMillion(number) else {
            throw EngineError(
                .invalidRequest, "the evaluation command printed \"\(text.prefix(80))\", not 0 to 1000000",
                hint: "it must print the metric in millionths and nothing else: \(command) DIR")
        }
        return value
    }

    /// Looks the values up in a file that somebody measured before.
    ///
    /// `{"dataset": HEX, "evaluations": [{"accuracyPPM": N, "members": [NAME, …], "round": ID}, …]}`; no member for what
    /// the round started from.
    public static func recorded(parsing text: [UInt8], path: String) throws -> Evaluator {
        let file = try PlainDocument(parsing: text, path: path).decode(RecordedEvaluations.self, path: path)
        var known: [RecordedEvaluations.Key: PartsPerMillion] = [:]
        for entry in file.evaluations {
            let key = RecordedEvaluations.Key(round: entry.round, members: entry.members)
            guard known.updateValue(entry.accuracyPPM, forKey: key) == nil else {
                throw EngineError(
                    .invalidRequest, "\(path) has two values for \(entry.members.map(\.text)) in \(entry.round)",
                    hint: "keep one of them")
            }
        }
        return Evaluator(dataset: file.dataset) { [known] model in
            let key = RecordedEvaluations.Key(round: model.round, members: Ascending(model.members))
            guard let value = known[key] else {
                let names = model.members.isEmpty ? "nobody" : model.members.map(\.text).joined(separator: ", ")
                throw EngineError(
                    .missing, "\(path) has no value for the model of \(names) in \(model.round)",
                    hint: "measure it and add it to the file")
            }
            return value
        }
    }
}

private struct RecordedEvaluations: Codable {
    struct Entry: Codable {
        var accuracyPPM: PartsPerMillion
        var members: Ascending<MemberName>
        var round: RoundID
    }

    struct Key: Hashable {
        var round: RoundID
        var members: Ascending<MemberName>
    }

    var dataset: ArtifactDigest
    var evaluations: [Entry]
}
