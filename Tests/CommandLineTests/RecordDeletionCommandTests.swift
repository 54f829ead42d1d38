import Foundation
import Testing

/// A person's records taken out by the program, as a member does it.
@Suite struct RecordDeletionCommandTests {
    /// Two rounds of alder's, and an accepted request for a person's records.
    static func prepared(_ topology: String = "isolated") throws -> (pilot: TrainingPilot, plan: String) {
        let pilot = TrainingPilot()
        try pilot.place.done(pilot.train)
        try pilot.turn("round-1", next: "round-2", topology: topology)
        try pilot.place.done(pilot.train("round-2"))
        try pilot.place.done("round", "close", "round-2")
        try pilot.place.done("model", "materialize", "round-2")
        try pilot.place.done(
            "deletion", "request", "--subject", "person-3", "--as", "alder", "--ground", "gdpr-17-1-b")
        try pilot.place.done("deletion", "decide")
        let plan = try pilot.place.done("deletion", "plan", "--digest-only").split(separator: "\n").map(String.init)[0]
        return (pilot, plan)
    }

    @Test func thePlanSaysWhatItCostsAndChangesNothing() throws {
        let (pilot, digest) = try Self.prepared()
        let before = try pilot.state()
        let answer = try JSON(pilot.place.done("deletion", "plan", "--json"))
        #expect(answer["records"].number == 2 && answer["planDigest"].text == digest)
        let again = answer["plan"]["work"]["retrained"].number ?? 0
        #expect((2...4).contains(again) && answer["plan"]["work"]["all"].number == 6)
        #expect((answer["estimatedMilliseconds"].number ?? 0) > 0)
        #expect(try pilot.state() == before)
    }

    @Test func anUnknownPersonIsSaidToBeUnknown() throws {
        let pilot = TrainingPilot()
        for what in [["--subject", "person-99"], ["--record", "row-99"]] {
            try pilot.expectRefused(["deletion", "request"] + what + ["--as", "alder"], 1, naming: what[1])
        }
        try pilot.expectRefused(["deletion", "request", "--as", "alder"], 64, naming: "said once")
    }

    @Test func aShardWhoseRowsAreMissingIsNamed() throws {
        let (pilot, _) = try Self.prepared()
        try pilot.spoil("DELETE FROM records")
        try pilot.expectRefused(["deletion", "plan"], 2, naming: "missing", "shard")
    }

    @Test(.enabled(if: Faults.areTaken, "the program is a release build, which takes no faults"))
    func anUnlearningOfRecordsGoesOnWhereItWasKilled() throws {
        let (prepared, digest) = try Self.prepared()
        let execute = ["deletion", "execute", digest]
        let whole = prepared.copy()
        try whole.place.done(execute)
        let wanted = try models(whole)
        for (step, occurrence) in [("commitAppend", 3), ("commitAppend", 5), ("insertBlobKey", 2), ("markErasure", 1)] {
            let pilot = prepared.copy()
            let killed = pilot.place.lethe(execute, environment: ["LETHE_FAULT": "\(step):killed:\(occurrence)"])
            #expect(killed.status == 137, "\(step) \(occurrence): \(killed.errors)")
            let again = pilot.place.lethe(execute)
            #expect(again.status == 0, "\(step) \(occurrence): \(again.errors)")
            #expect(try models(pilot) == wanted, "\(step) \(occurrence)")
            try pilot.place.done("check")
        }
    }

    private func models(_ pilot: TrainingPilot) throws -> [String] {
        try JSON(pilot.place.done("show", "models", "--json")).elements.compactMap {
            "\($0["model"].text ?? "") \($0["state"].text ?? "")"
        }
    }
}
