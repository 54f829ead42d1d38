import Foundation
import Testing

/// Another organisation trains again what was trained again: `lethe deletion replay`, and what a verifier learns of it.
@Suite struct SecondReplayTests {
    private struct Story {
        var pilot: TrainingPilot
        var id: String

        var place: Workplace { pilot.place }

        /// What the verifier says of a new certificate.
        func lines() throws -> [String] {
            try place.done("deletion", "certify", id, "--with", "birch", "--output", "cert.json", "--supersede")
            return try place.done("verify", "cert.json", "--trust", "one.policy").split(separator: "\n").map(
                String.init)
        }

        func status() throws -> JSON {
            try #require(try JSON(place.done("deletion", "status", "--json")).elements.first)
        }

        func replay(_ more: String..., mood: String = "") -> Outcome {
            place.lethe(
                ["deletion", "replay", id, "--data", "data", "--embedded", "7", "--as", "birch"] + more,
                environment: ["MOOD": mood])
        }
    }

    /// Two isolated rounds of alder's, trained by `trainer`; the records of person-3 are gone, and birch has the rest.
    private static func made(_ trainer: [String] = [], inOneShard: Bool = false) throws -> Story {
        var pilot = TrainingPilot()
        let place = pilot.place
        if inOneShard {
            TrainingPilot.write(TrainingPilot.table(24, prefix: "more"), to: place.file("more.tsv"))
            let more = ["dataset", "register", "more.tsv", "--as", "alder", "--shards", "1", "--json"]
            pilot = TrainingPilot(at: place, dataset: try #require(JSON(try place.done(more))["dataset"].text))
        }
        TrainingPilot.write(ExternalTrainerTests.trainer, to: place.file("trainer.py"))
        try place.done(pilot.train + trainer)
        try pilot.turn("round-1", next: "round-2")
        try place.done(pilot.train("round-2") + trainer)
        try place.done("round", "close", "round-2")
        try place.done("model", "materialize", "round-2")
        let said = try place.done(
            "deletion", "request", "--subject", "person-3", "--as", "alder", "--ground", "gdpr-17-1-b", "--json")
        let id = try #require(JSON(said)["deletion"].text)
        try place.done("deletion", "decide", id)
        let plan = String(try place.done("deletion", "plan", "--digest-only").dropLast())
        try place.done(["deletion", "execute", plan] + trainer)
        try place.done("trust", "--quorum", "1", "--output", "one.policy")
        try place.done("deletion", "certify", id, "--with", "birch", "--output", "first.json")
        #expect(
            try place.done("inbox", "--as", "alder").contains("lethe deletion export \(id) --to MEMBER --kind member"))
        try place.done(
            "deletion", "export", id, "--to", "birch", "--kind", "member", "--output", "data", "--as", "alder")
        #expect(!(try place.done("inbox", "--as", "alder").contains("deletion export")), "it has handed them over")
        return Story(pilot: pilot, id: id)
    }

    private static let story = Result { try made() }
    private static let external = Result { try made(["--trainer", "python3 trainer.py"]) }

    /// A story of its own for a test that goes on with it.
    private static func copy(_ story: Result<Story, any Error>) throws -> Story {
        let (story, place) = (try story.get(), Workplace(environment: ["LETHE_LEDGER": "pilot"]))
        for name in ["pilot", "data", "one.policy", "first.json", "trainer.py"] {
            try FileManager.default.copyItem(atPath: story.place.file(name), toPath: place.file(name))
        }
        return Story(pilot: TrainingPilot(at: place, dataset: story.pilot.dataset), id: story.id)
    }

    // MARK: The built-in trainer

    @Test func equalDigestsOfAllThatWasRepeatedGiveTheGrade() throws {
        let story = try Self.copy(Self.story)
        #expect(try story.status()["grade"].number == 3)
        let open = try story.status()["secondReplays"].elements.compactMap(\.text)
        #expect(open.contains("another organisation than alder trains its contribution to round-1 again"))
        #expect(open.contains("another organisation than hub merges the model of round-2 again") && open.count == 4)
        let outcome = story.replay()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("round-1  contribution of alder  equal: trained here from "))
        let trained = try story.lines()
        #expect(trained[0].contains("grade A3"), "the models were merged by one member alone")
        for round in ["round-1", "round-2"] { try story.place.done("model", "attest", round, "--as", "birch") }
        let whole = try story.lines()
        #expect(whole[0].contains("grade A4"))
        let second =
            "attested    birch trained the contribution of alder to round-1 again with the built-in trainer, and got "
        #expect(whole.contains { $0.hasPrefix(second + "the same digests") })
        #expect(!whole.contains { $0.contains("not claimed that the runs behind") })
        #expect(
            whole.contains {
                $0.hasPrefix("Which records the repeated runs were trained on is the word of their member and of birch")
            })
        #expect(try story.status()["secondReplays"].elements.isEmpty)
        // A second time nothing is added.
        let size = try JSON(story.place.done("show", "events", "--json")).elements.count
        #expect(story.replay("--json").status == 0)
        #expect(try JSON(story.place.done("show", "events", "--json")).elements.count == size)
        try story.place.done("check")
    }

    @Test func itsMemberCannotRepeatItItself() throws {
        let story = try Self.copy(Self.story)
        let own = ["deletion", "replay", story.id, "--data", "data", "--embedded", "7", "--as", "alder"]
        try story.pilot.expectRefused(own, 1, naming: "was trained by alder itself")
        let none = ["deletion", "replay", "del-0", "--data", "data", "--embedded", "7", "--as", "birch"]
        try story.pilot.expectRefused(none, 2, naming: "there is no deletion del-0")
        #expect(story.place.lethe("deletion", "replay", story.id, "--as", "birch").status == 64)
        let other = ["deletion", "replay", story.id, "--data", "data", "--embedded", "8", "--as", "birch"]
        try story.pilot.expectRefused(other, 2, naming: "the base that was given has the digest")
    }

    @Test func whatCannotBeRepeatedWholeIsNotAttested() throws {
        let story = try Self.copy(Self.story)
        let folder = story.place.file("data")
        let rows = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasPrefix("rows-") })
        let text = try String(contentsOfFile: "\(folder)/\(rows)", encoding: .utf8)
        let fewer = text.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n"
        try fewer.write(toFile: "\(folder)/\(rows)", atomically: false, encoding: .utf8)
        let size = try JSON(story.place.done("show", "events", "--json")).elements.count
        let outcome = story.replay()
        #expect(outcome.status == 2 && outcome.output.contains("round-1  contribution of alder  not run: "))
        #expect(outcome.output.contains(" were not given; the first is "))
        #expect(outcome.errors.contains("2 of 2 contribution(s) could not be trained again"))
        #expect(try JSON(story.place.done("show", "events", "--json")).elements.count == size)
    }

    // MARK: A real base

    /// A reader with the certificate, the policy, the base and the rows, and no ledger; then another member.
    @Test(.enabled(if: ExternalTrainerTests.minilm != nil, "needs the MiniLM wheel unpacked (LETHE_MINILM)"))
    func theRunsOnARealBaseGiveTheSameBytesToAReader() throws {
        let base = try #require(ExternalTrainerTests.minilm)
        let place = Workplace(environment: ["LETHE_LEDGER": "pilot"])
        try place.done(
            "init", "--consortium", "skies.example", "--member", "hub:operator,aggregator,witness", "--member", "alder")
        try place.done("base", "register", "all-MiniLM-L6-v2", "--directory", base)
        try place.done("recipe", "new", "recipe.json", "--length", "16", "--epochs", "1", "--batch", "4")
        TrainingPilot.write(TrainingPilot.table(12), to: place.file("alder.tsv"))
        try place.done("dataset", "register", "alder.tsv", "--as", "alder", "--shards", "1")
        try place.done("round", "open", "round-1")
        try place.done("train", "round-1", "--dataset", "ds-", "--recipe", "recipe.json", "--as", "alder")
        try place.done("round", "close", "round-1")
        try place.done("model", "materialize", "round-1")
        let said = try place.done("deletion", "request", "--subject", "person-3", "--as", "alder", "--json")
        let id = try #require(JSON(said)["deletion"].text)
        try place.done("deletion", "decide", id)
        try place.done("deletion", "execute", String(place.done("deletion", "plan", "--digest-only").dropLast()))
        try place.done("deletion", "export", id, "--to", "hub", "--kind", "member", "--output", "data", "--as", "alder")
        try place.done("deletion", "certify", id, "--with", "alder", "--output", "cert.json")
        try place.done("trust", "--quorum", "1", "--output", "one.policy")
        let outcome = place.lethe("verify", "cert.json", "--trust", "one.policy", "--base", base, "--data", "data")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            outcome.output.contains("reproduced  alder trained its contribution to round-1 again on 1 of 1 shard(s)"))
        #expect(outcome.output.contains("trained here from 10 record(s) in 1 run(s): the same bytes; 2 record(s)"))
        // An embedded base is another one.
        let other = place.lethe("verify", "cert.json", "--trust", "one.policy", "--embedded", "7", "--data", "data")
        expectRefusal(other, 2, naming: "the base that was given has the digest")
        let again = try place.done("deletion", "replay", id, "--data", "data", "--base", base, "--as", "hub")
        #expect(again.contains("round-1  contribution of alder  equal: "))
    }

    // MARK: An external trainer

    @Test(.enabled(if: Places.havePython, "needs Python 3"))
    func anExternalTrainerThatGivesOtherBytesIsSaidToAndItsSecondAttemptTakesNothingBack() throws {
        let story = try Self.copy(Self.external)
        let trainer = ["--trainer", "python3 trainer.py"]
        let other = story.replay(trainer[0], trainer[1], mood: "random")
        #expect(other.status == 1 && other.output.contains("different: the contribution of alder to round-1: training"))
        #expect(
            other.output.contains("round-2  contribution of alder  not run: ")
                && other.errors.contains("has attested that"))
        let first = try story.lines()
        #expect(first[0].contains("grade A3"))
        #expect(
            first.contains {
                $0.hasPrefix(
                    "attested    birch trained the contribution of alder to round-1 again with an external trainer, and got other"
                )
            })
        #expect(first.contains { $0.contains("birch says that it gave other bytes when it was run again") })
        #expect(
            first.contains {
                $0.hasPrefix("not claimed that the runs behind the contribution of alder to round-1 left")
            })
        // Repeated with the trainer as it was.
        let equal = story.replay(trainer[0], trainer[1])
        #expect(equal.status == 0, "\(equal.errors)")
        for round in ["round-1", "round-2"] { try story.place.done("model", "attest", round, "--as", "birch") }
        let second = try story.lines()
        #expect(second[0].contains("grade A4"))
        #expect(second.contains { $0.contains("and got other bytes; it said otherwise later") })
        let given = "attested    the contribution "
        #expect(
            second.count { $0.hasPrefix(given) && $0.contains("birch says that it gave the same bytes again") } == 2)
        #expect(!second.contains { $0.hasPrefix("reproduced") }, "nothing was trained here and now")
        try story.place.done("check")
    }

    private func verify(_ story: Story, _ more: [String], mood: String = "", pid: String = "") -> Outcome {
        story.place.lethe(
            ["verify", "first.json", "--trust", "one.policy", "--embedded", "7", "--data", "data"] + more,
            environment: ["MOOD": mood, "PID": pid])
    }

    @Test(.enabled(if: Places.havePython, "needs Python 3"))
    func aVerifierRepeatsTheRunsOfAnExternalTrainerWithItsCommand() throws {
        let story = try Self.external.get()
        let without = verify(story, [])
        #expect(without.status == 0 && !without.output.contains("reproduced"))
        #expect(without.output.contains("is an external trainer's: name its command with --trainer"))
        let with = verify(story, ["--trainer", "python3 trainer.py"])
        #expect(with.status == 0, "\(with.errors)")
        let reproduced = with.output.split(separator: "\n").filter { $0.hasPrefix("reproduced") }
        #expect(reproduced.count == 4, "each contribution, and that an external trainer gave it: \(reproduced)")
        #expect(with.errors.contains("training on"), "what a trainer prints goes to standard error")
    }

    /// Where all its runs are repeated there is none that the built-in trainer could have given.
    @Test(.enabled(if: Places.havePython, "needs Python 3"))
    func allRunsOfAContributionCanBeRepeatedWithItsTrainer() throws {
        let trainer = ["--trainer", "python3 trainer.py"]
        let story = try Self.made(trainer, inOneShard: true)
        let equal = story.replay(trainer[0], trainer[1])
        #expect(equal.status == 0, "\(equal.errors)")
        let lines = equal.output.split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("round-") && $0.contains("contribution of alder  equal") } == 2)
        #expect(lines.count { $0.contains("attested by birch") } == 2, "\(equal.output)")
    }

    /// What a program does wrong is no proof of anything against the member.
    @Test(
        .enabled(if: Places.havePython, "needs Python 3"),
        arguments: [
            ("exit", "status 3"), ("lie", "claims the tensor digest"), ("nan", "cannot be used"),
            ("silent", "no run.json"), ("random", "need not repeat itself"),
        ])
    func aTrainerThatMisbehavesDecidesNothing(mood: String, word: String) throws {
        let outcome = verify(try Self.external.get(), ["--trainer", "python3 trainer.py"], mood: mood)
        expectRefusal(outcome, 2, naming: word)
        #expect(outcome.output.isEmpty)
    }

    @Test(.enabled(if: Places.havePython, "needs Python 3"))
    func aTrainerThatTakesTooLongIsEndedWithWhatItStarted() throws {
        let story = try Self.external.get()
        let pid = story.place.file("pid")
        let begin = Date()
        let outcome = verify(
            story, ["--trainer", "python3 trainer.py", "--trainer-limit", "2s"], mood: "slow", pid: pid)
        expectRefusal(outcome, 2, naming: "was not done after 2 s")
        #expect(Date().timeIntervalSince(begin) < 30)
        // Gone, or dead and not yet reaped by whoever inherited it.
        let number = try String(contentsOfFile: pid, encoding: .utf8)
        let state = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)
        #expect(state?.contains(") Z ") ?? true, "the trainer still runs: \(state ?? "")")
        #expect(verify(story, ["--trainer-limit", "2s"]).status == 64)
        #expect(verify(story, ["--trainer", "python3 trainer.py", "--trainer-limit", "soon"]).status == 64)
    }

    @Test func aCommandThatIsNotThereDecidesNothing() throws {
        expectRefusal(verify(try Self.external.get(), ["--trainer", "no-such-trainer"]), 2, naming: "status 127")
        expectRefusal(verify(try Self.external.get(), ["--trainer", " "]), 2, naming: "empty")
    }
}
