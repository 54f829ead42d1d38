import Foundation
import Testing

/// Where a result cannot be written, nothing that cannot be undone is done for it, and nothing half-written is left.
@Suite struct OutputFileTests {
    private static let deleted = Result { () -> Pilot in
        let pilot = Pilot()
        try pilot.place.done("deletion", "request", "--member", "alder", "--as", "alder")
        try pilot.place.done("deletion", "decide")
        let plan = try pilot.place.done("deletion", "plan", "--digest-only").trimmingCharacters(in: .newlines)
        try pilot.place.done("deletion", "execute", plan)
        return pilot
    }

    /// With a folder, and a policy that asks for no witness.
    private static func prepared(_ source: Pilot) throws -> Pilot {
        let pilot = source.copy()
        try pilot.place.done("trust", "--quorum", "0", "--output", "none.policy")
        try FileManager.default.createDirectory(
            atPath: pilot.place.file("folder"), withIntermediateDirectories: false)
        return pilot
    }

    /// Refused, and no event says otherwise.
    private func expectUnrecorded(
        _ command: [String], _ word: String, in pilot: Pilot, at location: SourceLocation = #_sourceLocation
    ) throws {
        func events() throws -> [String] {
            try ["skies.example/public", "skies.example/alder"].map {
                try pilot.place.done("show", "events", $0, "--json")
            }
        }
        let before = try events()
        expectRefusal(pilot.place.lethe(command), 2, naming: word, at: location)
        #expect(try events() == before, sourceLocation: location)
    }

    /// A place that cannot be written, and the word for it.
    private static let places = [("folder", "folder is a directory"), ("nowhere/file", "No such file or directory")]

    @Test(arguments: places) func aCertificateIsRecordedOnceItIsKept(output: String, word: String) throws {
        let pilot = try Self.prepared(Self.deleted.get())
        let certify = ["deletion", "certify", "--as", "hub", "--trust", "none.policy"]
        try expectUnrecorded(certify + ["--output", output], word, in: pilot)
        try expectUnrecorded(certify + ["--output", "certificate.json", "--report", output], word, in: pilot)
        #expect(!FileManager.default.fileExists(atPath: pilot.place.file("certificate.json")))
        try pilot.place.done(certify + ["--output", "certificate.json", "--report", "page.html"])
        let names = try FileManager.default.contentsOfDirectory(atPath: pilot.place.path)
        #expect(!names.contains { $0.hasSuffix(".partial") }, "\(names)")
        try pilot.place.done("verify", "certificate.json", "--trust", "none.policy")
    }

    @Test(arguments: [("nowhere/file", "No such file or directory")])
    func aDisclosureIsRecordedOnceItIsKept(output: String, word: String) throws {
        let pilot = Pilot()
        try pilot.place.done("deletion", "request", "--member", "alder", "--as", "alder", "--reason", "We leave.")
        let events = try JSON(pilot.place.done("show", "events", "skies.example/alder", "--json")).elements
        let event = try #require(events.last { $0["type"].text == "deletion-scoped" }?["event"].text)
        let disclose = ["disclose", event, "--to", "An auditor", "--as", "alder", "--output"]
        try expectUnrecorded(disclose + [output], word, in: pilot)
        #expect(try pilot.place.done("disclosure", "list").contains("nothing was opened"))
        try pilot.place.done(disclose + ["opened.json"])
        expectRefusal(
            pilot.place.lethe("disclosure", "open", "opened.json", "--output", "x"), 2, naming: "is not sealed")
    }

    @Test func aDeviceIsWrittenToAndStays() throws {
        let pilot = Pilot()
        let said = try pilot.place.done("prove", "3", "--output", "/dev/stdout")
        #expect(said.hasPrefix("c2sp.org/tlog-proof@v1\n"))
        expectRefusal(pilot.place.lethe("prove", "3", "--output", "/dev/full"), 2, naming: "No space left on device")
    }

    /// Through a link, the file that it names is written.
    @Test func aLinkStaysOne() throws {
        let place = Pilot().place
        TrainingPilot.write("old", to: place.file("target"))
        try FileManager.default.createSymbolicLink(atPath: place.file("link"), withDestinationPath: "target")
        try place.done("prove", "3", "--output", "link")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: place.file("link")) == "target")
        #expect(try String(contentsOfFile: place.file("target"), encoding: .utf8).hasPrefix("c2sp.org/"))
    }

    /// What only a certificate can answer is not passed over in silence.
    @Test(arguments: [
        ["--later", "three"], ["--max-age", "3d"], ["--adapters", "folder"], ["--ca", "three"], ["--report", "x.html"],
    ])
    func aQuestionThatAFileCannotAnswerIsRefused(option: [String]) throws {
        let place = try Self.prepared(Pilot()).place
        try place.done("prove", "3", "--output", "three")
        let verify = ["verify", "three", "--trust", "none.policy"]
        try place.done(verify)
        expectRefusal(place.lethe(verify + option), 64, naming: option[0], "three is none")
        #expect(!FileManager.default.fileExists(atPath: place.file("x.html")))
        guard ["--later", "--max-age"].contains(option[0]) else { return }
        expectRefusal(place.run([Workplace.verifier] + verify.dropFirst() + option), 64, naming: option[0])
    }

    /// A file that is another one is no answer, neither yes nor no.
    @Test(arguments: [
        (["chain", "import", "other"], "not a chain file"),
        (["append", "empty"], "empty is empty"),
        (["sign", "other", "--as", "hub"], "not an event"),
        (["deletion", "countersign", "other", "--trust", "other"], "not a certificate"),
        (["disclosure", "open", "other", "--output", "x"], "not a sealed disclosure"),
        (["model", "export", "round-1", "other/x"], "a part of its path is a file"),
        (["model", "export", "round-1", "other"], "other"),
    ])
    func aFileThatIsAnotherOneExitsWithTwo(command: [String], words: String) throws {
        let pilot = Pilot()
        TrainingPilot.write("hello\n", to: pilot.place.file("other"))
        TrainingPilot.write("", to: pilot.place.file("empty"))
        try pilot.expectRefused(command, 2, naming: words)
        #expect(try String(contentsOfFile: pilot.place.file("other"), encoding: .utf8) == "hello\n")
    }

    @Test func aRequestIsNotReceivedInTheFuture() throws {
        try Pilot().expectRefused(
            ["deletion", "request", "--member", "alder", "--as", "alder", "--received", "2099-01-01T00:00:00Z"], 2,
            naming: "2099-01-01T00:00:00Z lies ahead of")
    }
}
