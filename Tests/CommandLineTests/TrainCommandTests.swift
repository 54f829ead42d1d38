import Foundation
import Testing

/// `lethe train` and `lethe replay --retrain`: the same bytes whatever happens on the way, and nothing on any error.
struct TrainCommandTests {
    /// A contribution names its shards in one event: what does not fit is found before the first of them is trained.
    @Test func moreShardsThanOneContributionNamesAreRefusedAtOnce() throws {
        let pilot = TrainingPilot()
        var train = ["train", "round-1", "--recipe", "recipe.json", "--as", "alder"]
        for name in ["one", "two"] {
            TrainingPilot.write(TrainingPilot.table(1_000, prefix: name), to: pilot.place.file("\(name).tsv"))
            let said = try pilot.place.done(
                "dataset", "register", "\(name).tsv", "--shards", "1000", "--as", "alder", "--json")
            train += ["--dataset", try #require(JSON(said)["dataset"].text)]
        }
        let before = try pilot.state()
        let outcome = pilot.place.lethe(train)
        expectRefusal(outcome, 2, naming: "shards of one contribution do not fit in one event")
        #expect(outcome.errors.contains("register them with fewer shards"), "\(outcome.errors)")
        #expect(try pilot.state() == before)
        try pilot.expectRefused(
            ["dataset", "register", "one.tsv", "--shards", "1001", "--as", "alder"], 2, naming: "1 to 1000")
    }

    @Test func trainsReplaysAndGoesOnFromItsOwnShards() throws {
        let pilot = TrainingPilot()
        let first = try JSON(pilot.place.done(pilot.train + ["--json"]))
        #expect(first["records"].number == 48 && first["runs"].elements.count == 3)
        #expect(first["runs"].elements.allSatisfy { $0["parent"].isNull })
        try pilot.turn("round-1", next: "round-2")
        let second = try JSON(pilot.place.done(pilot.train("round-2") + ["--json"]))
        let adapters = first["runs"].elements.compactMap { $0["adapter"].text }
        #expect(second["runs"].elements.compactMap { $0["parent"].text } == adapters)
        try pilot.turn("round-2", next: "round-3", topology: "feedback")
        try pilot.place.done(pilot.train("round-3"))
        try pilot.turn("round-3", next: "round-4", topology: "feedback")
        let fourth = try JSON(pilot.place.done(pilot.train("round-4") + ["--json"]))
        let model = try JSON(pilot.place.done("show", "models", "--json")).elements.last?["model"].text
        #expect(Set(fourth["runs"].elements.compactMap { $0["parent"].text }) == [model])
        let replay = try JSON(pilot.place.done("replay", "--retrain", "--json"))
        #expect(replay["runs"].elements.count == 12 && replay["contributions"].elements.count == 4)
        for line in replay["runs"].elements + replay["contributions"].elements {
            #expect(line["outcome"].text == "equal")
        }
        #expect(try pilot.place.done("replay", "--retrain", "--round", "round-2").contains("equal"))
        try pilot.place.done("check")
        try pilot.place.done("replay")
    }

    @Test func threadsAndRepetitionChangeNoByte() throws {
        let prepared = TrainingPilot()
        let wanted = try prepared.digests(prepared.copy().place.done(prepared.train + ["--json", "--threads", "1"]))
        for options in [["--threads", "2"], ["--threads", "1"], ["--save-every", "1", "--threads", "3"]] {
            let pilot = prepared.copy()
            #expect(try pilot.digests(pilot.place.done(pilot.train + ["--json"] + options)) == wanted, "\(options)")
        }
    }

    /// Killed at each step of its storage, state by state: the same command goes on to the same bytes.
    @Test(.enabled(if: Faults.areTaken, "the program is a release build, which takes no faults"))
    func goesOnToTheSameBytesWhereverItWasKilled() throws {
        let prepared = TrainingPilot()
        let train = prepared.train + ["--json", "--save-every", "1"]
        let whole = prepared.copy()
        let wanted = try whole.digests(whole.place.done(train))
        for (step, stride) in [
            ("saveState", 3), ("insertBlobKey", 2), ("insertBody", 1), ("commitAppend", 1), ("swapCheckpoint", 2),
        ] {
            for occurrence in Swift.stride(from: 1, to: 100, by: stride) {
                let pilot = prepared.copy()
                let fault = ["LETHE_FAULT": "\(step):killed:\(occurrence)"]
                let outcome = pilot.place.lethe(train, environment: fault)
                if outcome.status == 0 { break }
                try #require(outcome.status == 137, "\(step) \(occurrence): \(outcome.errors)")
                try pilot.place.done("check")
                let again = pilot.place.lethe(train)
                // The last step of all is the contribution itself: then there is nothing left to do.
                if again.status == 0 {
                    #expect(try pilot.digests(again.output) == wanted, "\(step) \(occurrence)")
                } else {
                    #expect(again.errors.contains("already"), "\(step) \(occurrence): \(again.errors)")
                }
                try pilot.place.done("check")
                #expect(try pilot.place.done("replay", "--retrain").contains("differs") == false)
            }
        }
    }

    /// A real SIGKILL after a real time, again and again until the command comes to its end.
    @Test func survivesBeingKilledAgainAndAgain() throws {
        let prepared = TrainingPilot()
        try prepared.place.done("recipe", "new", "recipe.json", "--epochs", "40")
        let whole = prepared.copy()
        let wanted = try whole.digests(whole.place.done(whole.train + ["--json"]))
        let pilot = prepared.copy()
        var kills = 0
        var last: Outcome?
        for milliseconds in stride(from: 150, to: 20_000, by: 50) {
            let outcome = pilot.place.run(
                ["timeout", "-s", "KILL", "0.\(String(format: "%03d", milliseconds % 1_000))", Workplace.program]
                    + pilot.train + ["--json"])
            if outcome.status == 0 {
                last = outcome
                break
            }
            // Killed after its last event and before its answer.
            if outcome.errors.contains("alder has contributed to round-1 already") { break }
            kills += 1
            if milliseconds > 900 {
                last = pilot.place.lethe(pilot.train + ["--json"])
                break
            }
        }
        #expect(kills > 0)
        if let last {
            try #require(last.status == 0, "\(last.errors)")
            #expect(try pilot.digests(last.output) == wanted)
        }
        let rounds = try JSON(pilot.place.done("show", "rounds", "--json")).elements
        #expect(rounds[0]["contributions"].elements.map { $0["adapter"].text } == [wanted.last])
        try pilot.place.done("check")
    }

    /// Rows without their event, of a registration that was killed, are removed by the next one.
    @Test(
        .enabled(if: Faults.areTaken, "the program is a release build, which takes no faults"),
        arguments: ["insertRecords", "insertBody", "commitAppend"])
    func aRegistrationIsThereWholeOrNotAtAll(step: String) throws {
        let pilot = TrainingPilot()
        TrainingPilot.write(TrainingPilot.table(20, prefix: "birch"), to: pilot.place.file("birch.tsv"))
        let register = ["dataset", "register", "birch.tsv", "--as", "birch", "--shards", "2"]
        let killed = pilot.place.lethe(register, environment: ["LETHE_FAULT": "\(step):killed:1"])
        #expect(killed.status == 137)
        try pilot.place.done("check")
        let isThere = step == "commitAppend"
        func count() throws -> Int { try JSON(pilot.place.done("show", "datasets", "--json")).elements.count }
        #expect(try count() == (isThere ? 2 : 1))
        try pilot.place.done(register + (isThere ? ["--again"] : []))
        #expect(try count() == (isThere ? 3 : 2))
        let report = try JSON(pilot.place.done("check", "--json"))
        #expect(report["notLookedAt"].elements.isEmpty && report["records"].number == (isThere ? 88 : 68))
    }

    @Test func basesAreFoundWhereTheyAre() throws {
        let pilot = TrainingPilot()
        let listed = try JSON(pilot.place.done("base", "list", "--json")).elements
        #expect(listed.count == 1 && listed[0]["location"]["embeddedSeed"].number == 7)
        try pilot.place.done("base", "locate", "--embedded", "7")
        try pilot.expectRefused(["base", "locate", "--embedded", "8"], 1, naming: "knows no base")
        try pilot.expectRefused(["base", "locate", "--directory", "none"], 2, naming: "none")
        try pilot.expectRefused(["base", "locate"], 64)
        try pilot.expectRefused(["base", "register", "--embedded", "7", "--directory", "x"], 64)
        // Its second name; a name is registered once.
        try pilot.place.done("base", "register", "name", "--embedded", "7")
        try pilot.expectRefused(["base", "register", "name", "--embedded", "7"], 1)
        // Another ledger knows the embedded base by its name alone.
        try FileManager.default.removeItem(atPath: pilot.place.file("pilot/bases"))
        try pilot.place.done(pilot.train)
    }

    // MARK: Refusals

    @Test func refusesARecipeThatDoesNotFit() throws {
        let pilot = TrainingPilot()
        try pilot.place.done("recipe", "new", "other.json", "--embedded", "8")
        func train(_ recipe: String) -> [String] {
            ["train", "round-1", "--dataset", pilot.dataset, "--recipe", recipe, "--as", "alder"]
        }
        try pilot.expectRefused(train("other.json"), 1, naming: "base")
        let text = try String(contentsOfFile: pilot.place.file("recipe.json"), encoding: .utf8)
        func write(_ name: String, _ change: (String) -> String) {
            TrainingPilot.write(change(text), to: pilot.place.file(name))
        }
        write("tokenizer.json") { text in
            let start = text.firstRange(of: "\"tokenizer\":\"")!.upperBound
            return String(text[..<start]) + String(repeating: "0", count: 64)
                + String(text[text.index(start, offsetBy: 64)...])
        }
        try pilot.expectRefused(train("tokenizer.json"), 1, naming: "tokenizer")
        write("spaced.json") { $0.replacing(",", with: ", ") }
        try pilot.expectRefused(train("spaced.json"), 2, naming: "canonical")
        write("unknown.json") { $0.replacing("training-arithmetic/v1", with: "training-arithmetic/v9") }
        try pilot.expectRefused(train("unknown.json"), 2, naming: "training-arithmetic/v9")
        TrainingPilot.write("[", to: pilot.place.file("broken.json"))
        try pilot.expectRefused(train("broken.json"), 2, naming: "broken.json")
        try pilot.place.done("recipe", "new", "few.json", "--target", "quarry")
        try pilot.expectRefused(train("few.json"), 1, naming: "quarry")
        try pilot.place.done(
            "recipe", "new", "steep.json", "--learning-rate", "1000000000000000000000000000000000000000")
        try pilot.expectRefused(train("steep.json"), 1, naming: "not finite", "shard 0")
        #expect(pilot.place.lethe("recipe", "new", "x.json", "--rank", "0").status == 64)
        #expect(pilot.place.lethe("recipe", "new", "x.json", "--learning-rate", "1e-3").status == 64)
        #expect(pilot.place.lethe("recipe", "new", "x.json", "--length", "100").status == 64)
        #expect(!FileManager.default.fileExists(atPath: pilot.place.file("x.json")))
    }

    @Test func refusesDataThatIsMissingOrFailsItsCommitment() throws {
        let missing = TrainingPilot()
        try missing.spoil("DELETE FROM records WHERE rowid = 20")
        try missing.expectRefused(missing.train, 2, naming: "1 of", "missing", missing.dataset)
        expectRefusal(missing.place.lethe("check"), 1, naming: "finding")
        let altered = TrainingPilot()
        try altered.spoil("UPDATE records SET ciphertext = randomblob(120) WHERE rowid = 20")
        try altered.expectRefused(altered.train, 2, naming: "fails its commitment", altered.dataset)
        expectRefusal(altered.place.lethe("check"), 1, naming: "finding")
    }

    @Test func refusesRoundsMembersAndDatasetsThatDoNotFit() throws {
        let pilot = TrainingPilot()
        try pilot.expectRefused(pilot.train("round-9"), 2, naming: "round-9")
        try pilot.expectRefused(pilot.train("round-1", as: "birch"), 1, naming: pilot.dataset, "skies.example/birch")
        try pilot.expectRefused(
            ["train", "round-1", "--dataset", "ds-none", "--recipe", "recipe.json", "--as", "alder"], 2,
            naming: "ds-none")
        try pilot.expectRefused(pilot.train + ["--threads", "0"], 64, naming: "0")
        try pilot.place.done(pilot.train)
        try pilot.place.done("recipe", "new", "other.json", "--seed", "9")
        let other = pilot.train.map { $0 == "recipe.json" ? "other.json" : $0 }
        try pilot.expectRefused(other, 1, naming: "alder", "already")
        try pilot.turn("round-1", next: "round-2")
        try pilot.expectRefused(other, 1, naming: "round-1", "already")
        try pilot.place.done("round", "open", "frozen", "--rule", "ffa")
        try pilot.expectRefused(pilot.train("frozen"), 1, naming: "ffa")
    }

    /// A run whose event, body or base was another would show: here the base is moved away and another put in its place.
    @Test func aReplaySaysWhatItCouldNotRunAndWhy() throws {
        let pilot = TrainingPilot()
        try pilot.place.done(pilot.train)
        try pilot.spoil("DELETE FROM records WHERE rowid <= 48")
        let outcome = pilot.place.lethe("replay", "--retrain")
        #expect(outcome.status == 2 && outcome.output.contains("not run: its records are not held here"))
        #expect(outcome.output.contains("the contribution of alder"))
    }
}
