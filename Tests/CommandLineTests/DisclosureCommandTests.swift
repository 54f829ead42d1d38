import Bytes
import Events
import Foundation
import Testing

/// Opening one private event for one reader, as a person does it.
@Suite struct DisclosureCommandTests {
    private static let reason = "canary-reason-19fe"

    /// A pilot ledger on which alder asked for a deletion, and the hash of the event that says why.
    private static func asked() throws -> (pilot: Pilot, event: String) {
        let pilot = Pilot()
        try pilot.place.done("deletion", "request", "--member", "alder", "--as", "alder", "--reason", reason)
        try pilot.place.done("trust", "--quorum", "2", "--output", "trust.policy")
        let events = try JSON(pilot.place.done("show", "events", "skies.example/alder", "--json"))
        let scoped = try #require(events.elements.first { $0["type"].text == "deletion-scoped" }?["event"].text)
        return (pilot, scoped)
    }

    @Test func opensOneEventForAnAuthorityAndRecordsIt() throws {
        let (pilot, event) = try Self.asked()
        let place = pilot.place
        try place.done(
            "disclose", event, "--to", "Data Protection Commission", "--kind", "authority", "--reason",
            "Inquiry 12",
            "--output", "opened.json")
        let said = try place.done("verify", "opened.json", "--trust", "trust.policy")
        #expect(said.hasPrefix("disclosure of event 1 of skies.example/alder: deletion-scoped by alder\n"))
        #expect(said.contains(Self.reason) && said.contains("\nattested ") && said.contains("\nnot claimed "))
        let answer = try JSON(place.done("verify", "opened.json", "--trust", "trust.policy", "--json"))
        let body = try #require(answer["body"].text.flatMap { Base64.decode($0) })
        #expect(String(decoding: body, as: UTF8.self).contains(Self.reason))
        let listed = try JSON(place.done("disclosure", "list", "--json")).elements
        #expect(listed.count == 1)
        #expect(listed.first?["reader"].text == "Data Protection Commission")
        #expect(listed.first?["kind"].text == "authority")
        #expect(try place.done("check").contains("clean"))
    }

    /// What is printed of a private chain is on that chain.
    @Test func readingABodyIsRecordedToo() throws {
        let (pilot, _) = try Self.asked()
        let place = pilot.place
        let bodies = try JSON(place.done("show", "bodies", "--json")).elements
        let commitment = try #require(bodies.first { $0["origin"].text == "skies.example/alder" }?["commitment"].text)
        try place.done("body", "show", commitment, "--reason", "the officer asks")
        let listed = try JSON(place.done("disclosure", "list", "--json")).elements
        #expect(listed.count == 1 && listed.first?["access"].text == "read")
        #expect(listed.first?["reader"].text == "alder" && listed.first?["reason"].text == "the officer asks")
        #expect(try place.done("check").contains("clean"))
    }

    @Test func sealsAFileToOneMember() throws {
        let (pilot, event) = try Self.asked()
        let place = pilot.place
        try place.done("disclose", event, "--to", "birch", "--seal", "--as", "alder", "--output", "sealed.json")
        let sealed = try String(contentsOfFile: place.file("sealed.json"), encoding: .utf8)
        #expect(
            !sealed.contains(Base64.encode(Array(Self.reason.utf8)).prefix(20))
                && !sealed.contains("disclosure@v1\",\"leaf"))
        expectRefusal(place.lethe("verify", "sealed.json", "--trust", "trust.policy"), 2, naming: "sealed")
        try place.done("disclosure", "open", "sealed.json", "--output", "opened.json")
        #expect(try place.done("verify", "opened.json", "--trust", "trust.policy").contains(Self.reason))
        let changed = sealed.replacing(#""sealed":""#, with: #""sealed":"AAAA"#)
        try Data(changed.utf8).write(to: URL(fileURLWithPath: place.file("changed.json")))
        expectRefusal(
            place.lethe("disclosure", "open", "changed.json", "--output", "x.json"), 1, naming: "does not open")
        #expect(!FileManager.default.fileExists(atPath: place.file("x.json")))
    }

    @Test func refusesWhatItMayNotOrCannotOpen() throws {
        let (pilot, event) = try Self.asked()
        let common = ["--to", "somebody", "--output", "opened.json"]
        try pilot.expectRefused(
            ["disclose", event, "--as", "birch"] + common, 1, naming: "birch", "not a reader")
        try pilot.expectRefused(
            ["disclose", "0", "--as", "alder"] + common, 2, naming: "event 0 of skies.example/public")
        try pilot.expectRefused(["disclose", "ffffffffff", "--as", "alder"] + common, 2, naming: "ffffffffff")
        try pilot.expectRefused(
            ["disclose", event, "--as", "alder", "--kind", "king"] + common, 64, naming: "king")
        try pilot.expectRefused(
            ["disclose", event, "--as", "alder", "--seal"] + common, 64, naming: "somebody")
        try pilot.expectRefused(
            ["disclose", event, "--as", "alder", "--to", "a\nb", "--output", "opened.json"], 2,
            naming: "one line")
        try pilot.expectRefused(
            ["disclose", event, "--as", "alder", "--to", "x", "--output", "trust.policy"], 64,
            naming: "trust.policy")
        #expect(!FileManager.default.fileExists(atPath: pilot.place.file("opened.json")))
        let bodies = try JSON(pilot.place.done("show", "bodies", "--json")).elements
        let commitment = try #require(
            bodies.first { $0["origin"].text == "skies.example/alder" }?["commitment"].text)
        try pilot.place.done("body", "erase", commitment, "--as", "alder")
        let events = try JSON(pilot.place.done("show", "events", "skies.example/alder", "--json"))
        let erasure = try #require(events.elements.last { $0["type"].text == "record-erased" }?["event"].text)
        try pilot.expectRefused(
            ["disclose", event, "--as", "alder"] + common, 1,
            naming: "erased under event 2 \(erasure.prefix(16))")
        try pilot.place.done(["disclose", erasure, "--as", "alder"] + common)
        #expect(
            try pilot.place.done("verify", "opened.json", "--trust", "trust.policy").hasPrefix(
                "disclosure of event 2 of skies.example/alder: record-erased by alder"))
    }

    @Test func refusesAFileThatWasChanged() throws {
        let (pilot, event) = try Self.asked()
        let place = pilot.place
        try place.done("disclose", event, "--to", "x", "--as", "alder", "--output", "opened.json")
        let text = try String(contentsOfFile: place.file("opened.json"), encoding: .utf8)
        func write(_ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: place.file("changed.json")))
        }
        try write(text.replacing(#""index":1"#, with: #""index":0"#))
        expectRefusal(
            place.lethe("verify", "changed.json", "--trust", "trust.policy"), 1, naming: "anchored tree")
        try write(String(text.dropLast(100)))
        expectRefusal(
            place.lethe("verify", "changed.json", "--trust", "trust.policy"), 2, naming: "changed.json")
        try write(#"{"anchor":"# + String(repeating: "[", count: 1_000_000) + "\n")
        expectRefusal(
            place.lethe("verify", "changed.json", "--trust", "trust.policy"), 2, naming: "changed.json")
    }
}
