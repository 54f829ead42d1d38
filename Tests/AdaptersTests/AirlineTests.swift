import Adapters
import Foundation
import Testing

/// Adapters as PEFT really writes them, merged and recomputed by `merge_oracle.py`.
@Suite(
    .enabled(if: Places.haveAirline, "no adapters at ../shared/data/peft-minilm-airline"),
    .enabled(if: Python.isPresent, "no Python")
)
struct AirlineMergeTests {
    private struct Sample: Decodable { let num_samples: Int }

    private func contributions(_ round: String) throws -> [(path: String, contribution: Contribution)] {
        let folder = Places.airline + "/" + round
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { organisation in
            let path = folder + "/" + organisation
            let sample = try JSONDecoder().decode(
                Sample.self, from: Data(contentsOf: URL(filePath: path + "/contribution.json")))
            let adapter = try Adapter(directory: path, base: sampleBase)
            return (path, try Contribution(adapter, weight: sample.num_samples, label: organisation))
        }
    }

    @Test(arguments: [
        ("isolated/round-1", MergeRule.mean), ("feedback/round-2", .mean), ("isolated/round-2", .stack),
    ])
    func agreesWithRationalsOnEveryElement(round: String, rule: MergeRule) throws {
        let directory = try TemporaryDirectory()
        var all = try contributions(round)
        try Merge(all.map(\.contribution), rule: rule).write(toDirectory: directory.file("merged"))
        if rule == .stack {
            let digests = try all.map { try $0.contribution.adapter.file.tensorDigest() }
            all = zip(digests, all).sorted { $0.0 < $1.0 }.map(\.1)
        }
        let outcome = try Python.run(
            [Places.interop + "/merge_oracle.py", rule.rawValue, directory.file("merged")]
                + all.flatMap { [$0.path, String($0.contribution.weight)] })
        #expect(outcome.status == 0, "\(outcome.output)")
        let merged = try Adapter(directory: directory.file("merged"), base: sampleBase)
        let elements = merged.tensors.reduce(0) { $0 + $1.count }
        #expect(outcome.output == "ok 26 \(elements)\n")
    }
}
