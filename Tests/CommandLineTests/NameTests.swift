import Foundation
import Testing

/// Deletions, plans, events and bodies by the beginning of their names; and what is listed where one has to be chosen.
@Suite struct NameTests {
    @Test func aDeletionAndAPlanAreNamedByTheirFirstDigits() throws {
        let place = Pilot().place
        let asked = try JSON(place.done("deletion", "request", "--member", "birch", "--as", "birch", "--json"))
        let id = try #require(asked["deletion"].text)
        try place.done("deletion", "decide", String(id.prefix(9)))
        let digits = String(id.dropFirst(4).prefix(6))
        let plan = try place.done("deletion", "plan", digits, "--digest-only").trimmingCharacters(in: .newlines)
        #expect(plan.count == 64)
        expectRefusal(place.lethe("deletion", "execute", String(plan.prefix(7))), 64, naming: String(plan.prefix(7)))
        let wrong = plan.hasPrefix("00000000") ? "11111111" : "00000000"
        expectRefusal(place.lethe("deletion", "execute", wrong), 2, naming: "there is no plan \"\(wrong)\"")
        try place.done("deletion", "execute", String(plan.prefix(8)))
        // Of a plan that was started too.
        try place.done("deletion", "execute", String(plan.prefix(16)))
        try place.done("report", "deletion", digits, "--output", "page.html")
        try place.done("deletion", "certify", digits, "--as", "hub", "--output", "certificate.json")
        expectRefusal(place.lethe("report", "deletion", "del-zz"), 2, naming: "there is no deletion \"del-zz\"")
    }

    @Test func whereOneOfSeveralHasToBeChosenAllAreListed() throws {
        let place = Pilot().place
        let ids = try ["alder", "birch", "hub"].map { member in
            try #require(
                JSON(place.done("deletion", "request", "--member", member, "--as", member, "--json"))["deletion"].text)
        }
        for command in [["deletion", "decide"], ["report", "deletion"], ["deletion", "decide", "del"]] {
            let outcome = place.lethe(command)
            expectRefusal(outcome, 2, naming: "3 deletions")
            for id in ids { #expect(outcome.errors.contains(id), "\(command): \(outcome.errors)") }
        }
        for id in ids { try place.done("deletion", "decide", id) }
        expectRefusal(
            place.lethe("deletion", "certify", "--as", "hub", "--output", "c.json"), 2, naming: "no deletion is")
    }

    @Test func aBodyIsShownAndErasedByItsFirstDigits() throws {
        let place = Pilot().place
        try place.done("deletion", "request", "--member", "alder", "--as", "alder", "--reason", "canary-31")
        let bodies = try JSON(place.done("show", "bodies", "--json")).elements
        let body = try #require(bodies.first { $0["origin"].text == "skies.example/alder" }?["commitment"].text)
        expectRefusal(place.lethe("body", "show", String(body.prefix(7))), 64, naming: "commitment")
        #expect(try place.done("body", "show", String(body.prefix(10)), "--as", "alder").contains("canary-31"))
        try place.done("body", "erase", String(body.prefix(8)), "--as", "alder")
        #expect(place.lethe("body", "show", body).status != 0)
    }

    @Test func everyAdapterThatIsMissingIsNamedAtOnce() throws {
        let pilot = Pilot()
        let place = pilot.place
        try place.done("deletion", "request", "--member", "birch", "--as", "birch")
        try place.done("deletion", "decide")
        let plan = try place.done("deletion", "plan", "--digest-only").trimmingCharacters(in: .newlines)
        // Two of alder's: a second round that both contributed to, and all blobs lost.
        SmallAdapter(seed: 9).write(to: place.file("round-2/birch"))
        try place.done(
            "adapter", "commit", "round-2/birch", "--round", "round-2", "--samples", "3", "--as", "birch")
        try place.done("round", "close", "round-2")
        try place.done("model", "materialize", "round-2")
        let now = try place.done("deletion", "plan", "--digest-only").trimmingCharacters(in: .newlines)
        #expect(now != plan)
        try pilot.spoil("vault", "DELETE FROM blobs")
        let outcome = place.lethe("deletion", "execute", now)
        expectRefusal(outcome, 2, naming: "2 adapter(s)", "of alder in round-1", "of alder in round-2")
        for round in ["round-1", "round-2"] { try place.done("adapter", "import", "\(round)/alder") }
        try place.done("deletion", "execute", now)
    }
}
