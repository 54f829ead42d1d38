import Foundation
import Testing

/// An external trainer works in a process group of its own: whoever ends `lethe`, or limits its time, ends that too, and a
/// person's records are left nowhere.
@Suite struct TrainerInterruptionTests {
    /// A trainer that starts another process, says so, and waits for it.
    private static let trainer = """
        [ "$MOOD" = stubborn ] && trap "" INT TERM
        sleep 600 &
        echo "$$ $!" > pids.new
        mv pids.new pids
        wait
        wait
        """
    private static let command = ["--trainer", "sh trainer.sh"]

    /// Runs `lethe` as a terminal's shell does, and sends it `signals` once its trainer is at work.
    private static let sender = """
        set -m
        "$@" &
        lethe=$!
        for _ in $(seq 1000); do [ -s pids ] && break; sleep 0.02; done
        for signal in $SIGNALS; do kill -s $signal $lethe; sleep 0.3; done
        wait $lethe
        """

    private func prepared() -> TrainingPilot {
        let pilot = TrainingPilot()
        TrainingPilot.write(Self.trainer, to: pilot.place.file("trainer.sh"))
        return pilot
    }

    private func interrupt(
        _ command: [String], _ signals: String, in place: Workplace, mood: String = ""
    ) -> Outcome {
        place.run(
            ["/bin/bash", "-c", Self.sender, "sender", Workplace.program] + command,
            environment: ["SIGNALS": signals, "MOOD": mood])
    }

    /// Gone, or dead and not yet reaped by whoever inherited it.
    private func expectNothingRuns(in place: Workplace, at location: SourceLocation = #_sourceLocation) throws {
        let pids = try String(contentsOfFile: place.file("pids"), encoding: .utf8).split(whereSeparator: \.isWhitespace)
        try #require(pids.count == 2, "the trainer was not started", sourceLocation: location)
        for pid in pids {
            let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            #expect(state?.contains(") Z ") ?? true, "\(state ?? "") still runs", sourceLocation: location)
        }
        unlink(place.file("pids"))
    }

    private func expectNoRecords(_ pilot: TrainingPilot, at location: SourceLocation = #_sourceLocation) {
        let scratch = try? FileManager.default.contentsOfDirectory(atPath: pilot.place.file("pilot/scratch"))
        #expect((scratch ?? []).isEmpty, "records were left in plaintext", sourceLocation: location)
    }

    @Test(arguments: [("INT", Int32(130), "Ctrl-C"), ("TERM", 143, "SIGTERM"), ("HUP", 129, "the end of its terminal")])
    func whoEndsATrainingEndsItsTrainerWithAllThatItStarted(signal: String, status: Int32, name: String) throws {
        let pilot = prepared()
        let before = try pilot.state()
        let outcome = interrupt(pilot.train + Self.command, signal, in: pilot.place)
        expectRefusal(outcome, status, naming: "ended by \(name)", "shard 0")
        #expect(outcome.errors.contains("nothing was committed; the same command goes on"))
        try expectNothingRuns(in: pilot.place)
        expectNoRecords(pilot)
        #expect(try pilot.state() == before)
        // The built-in trainer takes it from there.
        try pilot.place.done(pilot.train)
        try pilot.place.done("check")
    }

    /// A second Ctrl-C does not wait for the grace to be over.
    @Test func aTrainerThatWillNotEndIsEnded() throws {
        let pilot = prepared()
        let begin = Date()
        let outcome = interrupt(pilot.train + Self.command, "INT INT", in: pilot.place, mood: "stubborn")
        expectRefusal(outcome, 130, naming: "ended by Ctrl-C")
        #expect(Date().timeIntervalSince(begin) < 30)
        try expectNothingRuns(in: pilot.place)
        expectNoRecords(pilot)
    }

    @Test func aTrainingHasALimitAsAVerificationHas() throws {
        let pilot = prepared()
        let before = try pilot.state()
        let outcome = pilot.place.lethe(pilot.train + Self.command + ["--trainer-limit", "1s"])
        expectRefusal(outcome, 1, naming: "was not done after 1 s", "shard 0")
        try expectNothingRuns(in: pilot.place)
        expectNoRecords(pilot)
        #expect(try pilot.state() == before)
        expectRefusal(pilot.place.lethe(pilot.train + ["--trainer-limit", "1s"]), 64, naming: "belongs to --trainer")
        expectRefusal(
            pilot.place.lethe(pilot.train + Self.command + ["--trainer-limit", "soon"]), 64, naming: "soon")
    }

    /// Started is what was agreed on; no run of it is there, and the same command with a trainer that works goes on.
    @Test(.enabled(if: Places.havePython, "needs Python 3"))
    func aDeletionIsCutOffAndGoesOn() throws {
        let pilot = prepared()
        let working = ["--trainer", "python3 trainer.py"]
        TrainingPilot.write(ExternalTrainerTests.trainer, to: pilot.place.file("trainer.py"))
        try pilot.place.done(pilot.train + working)
        for command in [["round", "close", "round-1"], ["model", "materialize", "round-1"]] {
            try pilot.place.done(command)
        }
        try pilot.place.done(
            "deletion", "request", "--subject", "person-3", "--as", "alder", "--ground", "gdpr-17-1-b")
        try pilot.place.done("deletion", "decide")
        let plan = try pilot.place.done("deletion", "plan", "--digest-only").trimmingCharacters(in: .newlines)
        let execute = ["deletion", "execute", plan]
        let limited = pilot.place.lethe(execute + Self.command + ["--trainer-limit", "1s"])
        expectRefusal(limited, 1, naming: "was not done after 1 s")
        try expectNothingRuns(in: pilot.place)
        let before = try pilot.state()
        expectRefusal(interrupt(execute + Self.command, "TERM", in: pilot.place), 143, naming: "ended by SIGTERM")
        try expectNothingRuns(in: pilot.place)
        expectNoRecords(pilot)
        #expect(try pilot.state() == before)
        try pilot.place.done(execute + working)
        #expect(try pilot.place.done("deletion", "status").contains("completed"))
        try pilot.place.done("check")
    }
}
