import Foundation
import Testing

/// The same thing typed a second time: noticed, and done again only where that is said.
@Suite struct RepeatedRequestTests {
    private func requested(_ pilot: TrainingPilot, _ arguments: String...) throws -> String {
        let said = try pilot.place.done(["deletion", "request", "--as", "alder", "--json"] + arguments)
        return try #require(JSON(said)["deletion"].text)
    }

    @Test func aSecondRequestForTheSameIsNoticedUntilTheFirstIsAnswered() throws {
        let pilot = TrainingPilot()
        let request = ["deletion", "request", "--as", "alder"]
        let (member, person) = (request + ["--member", "alder"], request + ["--subject", "person-3"])
        let first = try requested(pilot, "--member", "alder")
        try pilot.expectRefused(member, 1, naming: first, "all contributions of alder", "requested")
        let records = try requested(pilot, "--subject", "person-3")
        try pilot.expectRefused(person, 1, naming: records, "the same records")
        #expect(pilot.place.lethe(person).errors.contains("--again"))
        // Another person, another member, one of the person's rows: other requests.
        _ = try requested(pilot, "--subject", "person-4")
        _ = try requested(pilot, "--record", "row-6")
        try pilot.place.done("deletion", "request", "--as", "birch", "--member", "birch")
        // On purpose, and once the first is answered.
        #expect(try requested(pilot, "--subject", "person-3", "--again") != records)
        try pilot.place.done(
            "deletion", "decide", first, "--decision", "refused", "--ground", "contract", "--reviewer", "dpo")
        #expect(try requested(pilot, "--member", "alder") != first)
    }

    /// The row that is all of somebody's rows: the request says the same in other words.
    @Test func theSameRowsUnderAnotherNameAreNoticed() throws {
        let pilot = TrainingPilot()
        TrainingPilot.write(
            "record_id\tsubject_id\tlabel\ttext\nonly\tsomebody\t0\tone row\n", to: pilot.place.file("one.tsv"))
        try pilot.place.done("dataset", "register", "one.tsv", "--as", "alder", "--shards", "1")
        let first = try requested(pilot, "--subject", "somebody")
        try pilot.expectRefused(["deletion", "request", "--as", "alder", "--record", "only"], 1, naming: first)
    }

    @Test func rowsThatAreRegisteredAreNotRegisteredAgainByMistake() throws {
        let pilot = TrainingPilot()
        let place = pilot.place
        let again = ["dataset", "register", "alder.tsv", "--as", "alder", "--shards", "3"]
        try pilot.expectRefused(again, 1, naming: "all 48 rows of alder.tsv", pilot.dataset)
        // Grown by two rows, and with one text changed.
        let grown = TrainingPilot.table(50).replacing("\t1\tgreat", with: "\t1\tso great", maxReplacements: 1)
        TrainingPilot.write(grown, to: place.file("grown.tsv"))
        try pilot.expectRefused(
            ["dataset", "register", "grown.tsv", "--as", "alder"], 1, naming: "47 of 50 rows", pilot.dataset)
        // Another member's are another matter, and so are other rows.
        try place.done("dataset", "register", "alder.tsv", "--as", "birch")
        TrainingPilot.write(TrainingPilot.table(5, prefix: "new"), to: place.file("new.tsv"))
        try place.done("dataset", "register", "new.tsv", "--as", "alder")
        try place.done(again + ["--again"])
        #expect(try place.done("check").contains("clean"))
    }

    @Test func trainingThatIsDoneIsSaidToBeDone() throws {
        let pilot = TrainingPilot()
        let place = pilot.place
        let first = try JSON(place.done(pilot.train + ["--json"]))
        let chains = try place.done("chain", "list", "--json")
        let said = try place.done(pilot.train)
        #expect(said.contains("3 of 3 run(s) were done already") && said.contains("had committed"))
        let second = try JSON(place.done(pilot.train + ["--json"]))
        #expect(second["event"].text == first["event"].text && second["adapter"].text == first["adapter"].text)
        try place.done("round", "close", "round-1")
        #expect(try place.done(pilot.train).contains("already"))
        let after = try place.done("chain", "list", "--json")
        #expect(after != chains)
        // Something else for the same round is refused, as before.
        try place.done("recipe", "new", "other.json", "--seed", "9")
        var other = pilot.train
        other[other.firstIndex(of: "recipe.json")!] = "other.json"
        try pilot.expectRefused(other, 1, naming: "alder has contributed to round-1 already")
    }
}
