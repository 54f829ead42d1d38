import Foundation
import Testing

/// The sessions that README.md and pages of `schemas/` show are run, each page's in order in one directory; they print what
/// it says.
///
/// What differs from run to run is masked on both sides: runs of eight or more hexadecimal digits (digests, ids of events
/// and deletions), times, and durations in seconds. Column widths do not depend on what is masked. `make` is left out:
/// it builds, and then runs the same commands. As on a terminal, errors and hints stand among the rest.
@Suite(.enabled(if: Places.haveReadme, "no README.md yet"))
struct ReadmeTests {
    struct Step {
        var command: String
        var output: [String] = []
    }

    /// The `$ command` lines of all console blocks, each with the lines that follow it.
    static func steps(_ readme: String) -> [Step] {
        var steps: [Step] = []
        var isInBlock = false
        for line in readme.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```") {
                isInBlock = line == "```console"
            } else if isInBlock, line.hasPrefix("$ ") {
                steps.append(Step(command: String(line.dropFirst(2))))
            } else if isInBlock, !steps.isEmpty {
                steps[steps.count - 1].output.append(line)
            }
        }
        return steps.filter { !$0.command.hasPrefix("make") }
    }

    static func masked(_ text: String) -> String {
        text.replacing(/[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]{8}Z)?/, with: "<time>")
            .replacing(/[0-9a-f]{8,}/, with: "<hex>")
            .replacing(/[0-9]+\.[0-9]+ s/, with: "<seconds>")
    }

    @Test(arguments: ["README.md", "schemas/exchange.md"])
    func everySessionPrintsWhatItsPageSays(page: String) throws {
        let steps = Self.steps(try String(contentsOfFile: "\(Places.package)/\(page)", encoding: .utf8))
        try #require(!steps.isEmpty, "\(page) has no console session")
        let program = URL(fileURLWithPath: Workplace.program).deletingLastPathComponent().path
        let place = Workplace(environment: [
            "LETHE_NOW": "2026-11-23T10:00:00Z", "PATH": "\(program):/usr/local/bin:/usr/bin:/bin",
        ])
        // One story, one deletion: what is masked below does not tell.
        let story = steps.filter { ($0.command + " ").contains("story") && !$0.command.contains("pilot") }
        let deletions = Set(story.flatMap { $0.output.joined().matches(of: /del-[0-9a-f]{12}/).map(\.output) })
        #expect(deletions.count <= 1, "\(page) tells of \(deletions) as if they were one")
        for step in steps {
            let outcome = place.run(["/bin/sh", "-c", "exec 2>&1\n\(step.command)"])
            #expect(outcome.status == 0, "$ \(step.command)\n\(outcome.output)")
            var expected = step.output
            while expected.last?.isEmpty ?? false { expected.removeLast() }
            var said = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            while said.last?.isEmpty ?? false { said.removeLast() }
            #expect(said.map(Self.masked) == expected.map(Self.masked), "$ \(step.command)")
        }
    }
}
