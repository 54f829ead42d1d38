import Foundation
import Testing

/// The program killed by SIGKILL after a step of its storage, as by a power cut: the ledger checks clean at once, and the
/// work goes on where it stopped. Debug builds take the step from `LETHE_FAULT`.
@Suite(.enabled(if: Faults.areTaken, "the program is a release build, which takes no faults"))
struct KillTests {
    private static let killed: Int32 = 137

    private func kill(_ pilot: Pilot, _ arguments: [String], at step: String, _ occurrence: Int) -> Outcome {
        pilot.place.lethe(arguments, environment: ["LETHE_FAULT": "\(step):killed:\(occurrence)"])
    }

    @Test(arguments: ["insertEntries", "insertTiles", "writeViews", "commitAppend", "swapCheckpoint"])
    func anAppendIsThereWholeOrNotAtAll(step: String) throws {
        let pilot = Pilot()
        let before = try JSON(pilot.place.done("show", "events", "--json")).elements.count
        let command = ["round", "open", "round-3"]
        #expect(kill(pilot, command, at: step, 1).status == Self.killed)
        try pilot.place.done("check")
        let isCommitted = step == "commitAppend" || step == "swapCheckpoint"
        let after = try JSON(pilot.place.done("show", "events", "--json")).elements.count
        #expect(after == before + (isCommitted ? 1 : 0))
        #expect(pilot.place.lethe(command).status == (isCommitted ? 1 : 0))
        try pilot.place.done("round", "open", "round-4")
        let report = try JSON(pilot.place.done("check", "--json"))
        #expect(report["notLookedAt"].elements.isEmpty)
        let chain = try JSON(pilot.place.done("chain", "list", "--json")).elements[0]
        #expect(chain["checkpointSize"].number == before + 2 && chain["size"].number == before + 2)
    }

    @Test func anUnlearningGoesOnWhereItWasKilled() throws {
        let prepared = Pilot()
        try prepared.place.done("deletion", "request", "--member", "alder", "--as", "alder", "--reason", "we leave")
        try prepared.place.done("deletion", "decide")
        let digest = try prepared.place.done("deletion", "plan", "--digest-only").split(separator: "\n").map(
            String.init)[0]
        let execute = ["deletion", "execute", digest]
        let whole = prepared.copy()
        try whole.place.done(execute)
        let wanted = try summary(whole)
        let steps = [
            "commitAppend", "swapCheckpoint", "insertBlobKey", "markErasure", "unlinkBlobFile", "deleteKeys",
            "truncateLog", "confirmErasure",
        ]
        for step in steps {
            for occurrence in 1... {
                let pilot = prepared.copy()
                let outcome = kill(pilot, execute, at: step, occurrence)
                if outcome.status == 0 { break }
                try #require(outcome.status == Self.killed, "\(step) \(occurrence): \(outcome.errors)")
                try pilot.place.done("check")
                // Done but for the last checkpoint is done: the plan has nothing left.
                let again = pilot.place.lethe(execute)
                #expect(again.status == 0, "\(step) \(occurrence): \(again.errors)")
                #expect(try summary(pilot) == wanted, "\(step) \(occurrence)")
                try pilot.place.done("check")
                let scratch = try? FileManager.default.contentsOfDirectory(atPath: pilot.place.file("pilot/scratch"))
                #expect((scratch ?? []).isEmpty, "\(step) \(occurrence) left plaintext")
            }
        }
    }

    /// The types of all events and the digests of all models: what a run that was killed must end with too.
    private func summary(_ pilot: Pilot) throws -> [String] {
        let events = try JSON(pilot.place.done("show", "events", "--json")).elements.compactMap { $0["type"].text }
        let models = try JSON(pilot.place.done("show", "models", "--json")).elements.compactMap {
            "\($0["model"].text ?? "") \($0["state"].text ?? "")"
        }
        return events + models
    }
}

/// Whether the program takes faults: it does where it refuses one that is none.
enum Faults {
    static let areTaken =
        Workplace().lethe(
            ["show", "members", "--ledger", "none"], environment: ["LETHE_FAULT": "none"]
        ).status == 64
}
