import Foundation
import Testing

/// What was trained again is trained once more by a reader who has the certificate, the base and the records, and no ledger.
@Suite struct RetrainingDataTests {
    private struct Story {
        /// With `cert.json`, `trust.policy`, and `data` as alder exported it.
        var place: Workplace
        var id: String
        /// What lies in `data`. Beside it is `kept`, with the rows of person-3 too.
        var files: [String]
    }

    /// Two isolated rounds of alder's; the records of person-3 go. A copy in which those of others went instead, from all
    /// shards, still has the rows of person-3: what it exports is what a copy kept by somebody looks like.
    private static let story: Story = {
        do {
            let pilot = try trained()
            let copy = pilot.copy()
            let (place, id) = (pilot.place, try delete(["person-3"], pilot))
            try place.done("deletion", "certify", "--with", "alder", "--output", "cert.json")
            try place.done("trust", "--quorum", "1", "--output", "trust.policy")
            try place.done("deletion", "export", id, "--to", "Authority", "--output", "data", "--as", "alder")
            let other = try delete((10...23).map { "person-\($0)" }, copy)
            try copy.place.done("deletion", "export", other, "--to", "Nobody", "--output", "data", "--as", "alder")
            try FileManager.default.copyItem(atPath: copy.place.file("data"), toPath: place.file("kept"))
            let files = try FileManager.default.contentsOfDirectory(atPath: place.file("data")).sorted()
            return Story(place: place, id: id, files: files)
        } catch {
            fatalError("the story cannot be made: \(error)")
        }
    }()

    private static func trained() throws -> TrainingPilot {
        let pilot = TrainingPilot()
        try pilot.place.done(pilot.train)
        try pilot.turn("round-1", next: "round-2")
        try pilot.place.done(pilot.train("round-2"))
        try pilot.place.done("round", "close", "round-2")
        try pilot.place.done("model", "materialize", "round-2")
        return pilot
    }

    /// Deletes the records of these persons in one plan; the id of the last request.
    private static func delete(_ persons: [String], _ pilot: TrainingPilot) throws -> String {
        var id: String?
        for person in persons {
            let said = try pilot.place.done(
                "deletion", "request", "--subject", person, "--as", "alder", "--ground", "gdpr-17-1-b", "--json")
            id = try JSON(said)["deletion"].text
            try pilot.place.done("deletion", "decide")
        }
        try pilot.place.done(
            "deletion", "execute", String(pilot.place.done("deletion", "plan", "--digest-only").dropLast()))
        return try #require(id)
    }

    // MARK: A reader

    /// Judges the certificate with the data in `folder`.
    private func verify(_ folder: String, base seed: String = "7", _ more: String...) -> Outcome {
        Self.story.place.lethe(
            ["verify", "cert.json", "--trust", "trust.policy", "--embedded", seed, "--data", folder] + more)
    }

    /// A copy of the exported data with one change.
    private func changed(_ name: String, _ change: (String) throws -> Void) throws -> String {
        let path = Self.story.place.file(name)
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: Self.story.place.file("data"), toPath: path)
        try change(path)
        return name
    }

    private var rowsFile: String { Self.story.files.first { $0.hasPrefix("rows-") } ?? "none" }

    /// Changes the text of a file of an exported directory.
    private func edit(_ path: String, _ change: (String) -> String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let new = change(text)
        try #require(new != text)
        try new.write(toFile: path, atomically: false, encoding: .utf8)
    }

    @Test func everyRunThatGivesTheSameBytesIsCalledReproduced() throws {
        let outcome = verify("data")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        let reproduced = lines.filter { $0.hasPrefix("reproduced  alder trained its contribution to round-") }
        #expect(
            reproduced.count == 2
                && reproduced.allSatisfy { $0.contains("the same bytes; 2 record(s) of the old runs are in none") })
        #expect(!outcome.output.contains("not claimed that the runs behind"))
        // Nor does the closing sentence say any more that it rests on a word.
        #expect(!outcome.output.contains("trained on is their member's word"))
        #expect(outcome.output.contains("were trained again here, from the rows that were given"))
        // Without the data the same lines are attested, and what is not shown is said.
        let plain = Self.story.place.lethe("verify", "cert.json", "--trust", "trust.policy").output
        #expect(plain.contains("attested    alder trained its contribution to round-1 again"))
        #expect(
            plain.contains("not claimed that the runs behind the contribution of alder to round-1 left the records out")
        )
        #expect(!plain.contains("reproduced") && plain.contains("trained on is their member's word"))
        let json = try JSON(verify("data", "--json").output)
        #expect(json["findings"].elements.count { $0["word"].text == "reproduced" } == 2)
    }

    @Test func anotherBaseDecidesNothing() throws {
        let outcome = verify("data", base: "8")
        expectRefusal(outcome, 2, naming: "the base that was given has the digest")
        let folder = Self.story.place.lethe(
            "verify", "cert.json", "--trust", "trust.policy", "--base", "data", "--data", "data")
        expectRefusal(folder, 2, naming: "data", "not a base")
    }

    @Test func aRowThatWasNotGivenIsNamedAndNothingIsClaimed() throws {
        let folder = try changed("fewer") { path in
            try edit("\(path)/\(rowsFile)") { $0.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n" }
        }
        let outcome = verify(folder)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("attested    alder trained its contribution to round-1 again"))
        #expect(
            outcome.output.contains(
                "not claimed that training the contribution of alder to round-1 again gives the same bytes"))
        #expect(
            outcome.output.contains(" records of shard ") && outcome.output.contains(" were not given; the first is "))
    }

    @Test func aChangedTextAndAChangedSaltAreFoundByTheirLine() throws {
        for (name, change) in [
            ("text", { (text: String) in text.replacing("flight", with: "fright", maxReplacements: 1) }),
            (
                "salt",
                { (text: String) in
                    text.replacing(/"salt":"[0-9a-f]/, maxReplacements: 1) { match in
                        match.output.hasSuffix("0") ? #""salt":"1"# : #""salt":"0"#
                    }
                }
            ),
        ] {
            let folder = try changed(name) { try edit("\($0)/\(rowsFile)", change) }
            expectRefusal(verify(folder), 2, naming: "\(rowsFile), line 1", "one of them was changed")
        }
    }

    @Test func aRowThatWasToGoAmongTheGivenOnesMakesTheAnswerNo() throws {
        let kept = try String(contentsOfFile: Self.story.place.file("kept/\(rowsFile)"), encoding: .utf8)
        let row = try #require(kept.split(separator: "\n").first { $0.contains("\"person-3\"") })
        let folder = try changed("more") { path in try edit("\(path)/\(rowsFile)") { $0 + row + "\n" } }
        expectRefusal(verify(folder), 1, naming: "was to go, and here it is with its salt: it was not erased")
    }

    @Test func aReaderWhoKnowsThePersonLooksForIt() throws {
        let text = try String(contentsOfFile: Self.story.place.file("data/\(rowsFile)"), encoding: .utf8)
        let subject = try #require(text.firstMatch(of: /"subject":"([^"]*)"/)?.output.1)
        let id = try #require(text.firstMatch(of: /"id":"([^"]*)"/)?.output.1)
        #expect(verify("data", "--subject", "person-3").status == 0)
        expectRefusal(verify("data", "--subject", String(subject)), 1, naming: "the record is about \"\(subject)\"")
        expectRefusal(verify("data", "--record", String(id)), 1, naming: "it is the record \"\(id)\"")
    }

    @Test func otherRunsThanThoseOfTheChainDecideNothing() throws {
        let digests = try changed("digests") { path in
            try edit("\(path)/retraining.json") {
                $0.replacing(/"tensors":"[0-9a-f]{8}/, maxReplacements: 1) { _ in #""tensors":"00000000"# }
            }
        }
        expectRefusal(verify(digests), 2, naming: "does not follow from it")
        let hidden = try changed("hidden") { path in
            try FileManager.default.removeItem(atPath: "\(path)/retraining.json")
        }
        expectRefusal(verify(hidden), 2, naming: "there is no file")
        expectRefusal(verify("kept"), 2, naming: "is about the plan")
    }

    @Test func theOptionsAreRefusedWhereTheyMeanNothing() throws {
        let place = Self.story.place
        let policy = ["verify", "cert.json", "--trust", "trust.policy"]
        #expect(place.lethe(policy + ["--data", "data"]).status == 64)
        #expect(place.lethe(policy + ["--embedded", "7"]).status == 64)
        #expect(place.lethe(policy + ["--subject", "person-3"]).status == 64)
        let alone = place.run([
            Workplace.verifier, "cert.json", "--trust", "trust.policy", "--base", "base", "--data", "data",
        ])
        expectRefusal(alone, 64, naming: "--base needs what this program is made without")
        // What is exported is recorded for whom, and never written over something.
        let again = place.lethe(
            "deletion", "export", Self.story.id, "--to", "Authority", "--output", "data", "--as", "alder")
        expectRefusal(again, 2, naming: "data is there already")
        expectRefusal(
            place.lethe("deletion", "export", Self.story.id, "--to", "Authority", "--output", "none", "--as", "birch"),
            1,
            naming: "no contribution of birch was trained again")
    }
}
