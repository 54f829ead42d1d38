import Foundation
import Testing

/// A small experiment on the embedded base, from the command line to the page.
struct ExperimentCommandTests {
    private struct Results: Decodable {
        struct Area: Decodable, Equatable { var aucPPM, highPPM, lowPPM: Int }
        struct Work: Decodable { var milliseconds, samples, shardRuns: Int }
        struct Approximation: Decodable {
            var method: String
            var relativePPB: Int?
        }
        struct Deletion: Decodable {
            var accuracyAfterPPM, accuracyRetrainPPM, forgotten: Int
            var approximations: [Approximation]
            var areaAfter, areaBefore: Area
            var isEqual: Bool
            var kind: String
            var retraining, unlearning: Work
        }
        struct Federation: Decodable {
            var deletions: [Deletion]
            var events, leafBytes, shards: Int
            var topology: String
            var training: Work
        }
        var federations: [Federation]
    }

    private static let arguments = [
        "experiment", "--organisations", "3", "--records", "12", "--rounds", "2", "--shards", "2", "--rank", "2",
        "--epochs", "1",
        "--tokens", "12",
    ]

    /// Exact unlearning equals a retrain that knows nothing of the ledger, in every topology and for every kind of
    /// deletion; approximate methods never do.
    @Test func everyDeletionGivesTheBytesOfTheRetrainAndNoApproximationDoes() throws {
        let place = Workplace()
        let output = try place.done(Self.arguments + ["--output", "out"])
        let bytes = try #require(FileManager.default.contents(atPath: place.file("out/experiment.json")))
        let results = try JSONDecoder().decode(Results.self, from: bytes)
        #expect(results.federations.map(\.topology) == ["isolated", "feedback"])
        for federation in results.federations {
            #expect(federation.training.shardRuns == 12 && federation.training.samples == 72)
            #expect(federation.events > 40 && federation.leafBytes > 40 * 700)
            #expect(federation.deletions.map(\.kind) == ["one subject", "1 % of records", "one organisation"])
            for deletion in federation.deletions {
                #expect(deletion.isEqual, "\(federation.topology), \(deletion.kind)")
                #expect(deletion.accuracyAfterPPM == deletion.accuracyRetrainPPM)
                #expect(deletion.unlearning.samples <= deletion.retraining.samples)
                #expect(deletion.approximations.map(\.method) == ["gradient-ascent", "lora-adaptation"])
                #expect(deletion.approximations[0].relativePPB! > 0)
            }
            #expect(federation.deletions.map(\.forgotten) == [3, 2, 12])
        }
        // Isolated shards keep apart: one subject's shards alone are trained again; without an organisation nothing is.
        let isolated = results.federations[0].deletions
        #expect(isolated[0].unlearning.shardRuns < isolated[0].retraining.shardRuns)
        #expect(isolated[2].unlearning.samples == 0)
        #expect(output.contains("isolated × 2") && output.contains("one organisation") && !output.contains("NO"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: place.file("out")).sorted() == [
                "experiment.html", "experiment.json",
            ])
    }

    /// A federation that has figures is not trained again, what lies half-made of the next is made anew, and the end is that
    /// of a run in one go.
    @Test func aRunThatWasCutOffGoesOnAfterTheLastFederationWithFigures() throws {
        let place = Workplace()
        let first = place.lethe(Self.arguments + ["--topologies", "isolated", "--output", "out"])
        #expect(
            first.status == 0 && first.errors.contains("lethe: isolated, 2 shards each: deleting one organisation; "))
        #expect(first.errors.contains(" % done, about 1 min left"))
        let earlier = try Self.federations(in: place)
        let leftover = place.file("out/feedback-2/ledger")
        try FileManager.default.createDirectory(atPath: leftover, withIntermediateDirectories: true)
        let second = place.lethe(Self.arguments + ["--output", "out", "--resume"])
        #expect(second.status == 0 && !second.errors.contains("isolated, 2 shards each"), "\(second.errors)")
        let all = try Self.federations(in: place)
        #expect(all.count == 2 && (all[0] as? NSDictionary) == (earlier[0] as? NSDictionary))
        #expect((all[1] as? [String: Any])?["topology"] as? String == "feedback")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: place.file("out")).sorted() == [
                "experiment.html", "experiment.json",
            ])
    }

    @Test func goesOnWithNothingButTheSameExperiment() throws {
        let place = Workplace()
        try place.done(Self.arguments + ["--topologies", "isolated", "--output", "out"])
        for (arguments, says) in [
            (["--seed", "2"], "other settings or records"), (["--batch", "4"], "other settings or records"),
            (["--topologies", "feedback"], "figures of isolated × 2"),
        ] {
            let outcome = place.lethe(Self.arguments + arguments + ["--output", "out", "--resume"])
            #expect(outcome.status == 2 && outcome.errors.contains(says), "\(outcome.errors)")
        }
        try FileManager.default.createDirectory(atPath: place.file("other"), withIntermediateDirectories: true)
        let foreign = place.lethe(Self.arguments + ["--output", "other", "--resume"])
        #expect(foreign.status == 2 && foreign.errors.contains("other/experiment.json has no figures"))
    }

    private static func federations(in place: Workplace) throws -> [Any] {
        let bytes = try #require(FileManager.default.contents(atPath: place.file("out/experiment.json")))
        let object = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        return try #require(object["federations"] as? [Any])
    }

    @Test(.enabled(if: Self.hasJSONSchema, "needs python3 with jsonschema")) func theFiguresMatchTheirSchema() throws {
        let place = Workplace()
        try place.done(Self.arguments + ["--topologies", "isolated", "--output", "out"])
        let schema = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "schemas/experiment.v1.json").path
        let script = """
            import json, sys, jsonschema
            jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))
            """
        let outcome = place.run([Self.python, "-c", script, schema, "out/experiment.json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test(arguments: [
        ["--rounds", "0"], ["--shards", "0"], ["--learning-rate", "fast"], ["--topologies", "cohort"],
        ["--topologies", "ring"], ["--records", "2"], ["--batch", "0"],
    ]) func refusesWhatItCannotRun(arguments: [String]) {
        let place = Workplace()
        let outcome = place.lethe(["experiment", "--output", "out"] + arguments)
        #expect(outcome.status == 64 && outcome.errors.contains("lethe: hint: "))
        #expect(!FileManager.default.fileExists(atPath: place.file("out")))
    }

    @Test func leavesAnExistingDirectoryAlone() throws {
        let place = Workplace()
        try FileManager.default.createDirectory(atPath: place.file("out"), withIntermediateDirectories: true)
        let outcome = place.lethe("experiment", "--output", "out")
        #expect(
            outcome.status == 2 && outcome.errors.contains("out exists already") && outcome.errors.contains("--resume"))
        let empty = place.lethe("experiment", "--output", "other", "--data", "nothing")
        #expect(empty.status == 2 && empty.errors.contains("nothing"))
        #expect(!FileManager.default.fileExists(atPath: place.file("other")))
    }

    private static let python = ProcessInfo.processInfo.environment["LETHE_PYTHON"] ?? "/usr/bin/python3"
    private static let hasJSONSchema = Workplace().run([python, "-c", "import jsonschema"]).status == 0
}
