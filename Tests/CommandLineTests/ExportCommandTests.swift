import Foundation
import Testing

/// Exports as a person makes them, judged by other projects' software where it is installed.
@Suite struct ExportCommandTests {
    private static let interop = Places.package + "/Tests/ExportsTests/Interop/"

    /// What a judge says of a file; `nil` where its software is not installed.
    private static func judge(_ place: Workplace, _ arguments: String...) throws -> String? {
        let python = Places.python
        let outcome = place.run(["/usr/bin/env", python, interop + "judge.py"] + arguments)
        guard outcome.status != 3 else {
            print("not judged: \(arguments[0]): \(outcome.output)")
            return nil
        }
        #expect(outcome.status == 0, "\(arguments): \(outcome.output)\(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func aPublicEventIsAnInTotoStatement() throws {
        let place = Pilot().place
        try place.done("export", "event", "0", "--output", "event.json")
        let keys = try JSON(place.done("show", "keys", "--json")).elements
        let key = try #require(
            keys.first { $0["member"].text == "hub" && $0["purpose"].text == "event" }?["key"].text)
        if let said = try Self.judge(place, "dsse", "event.json", key) {
            #expect(said == "https://lethe.example/event/consortium-founded/v1")
        }
    }

    @Test func provenanceIsPROV() throws {
        let place = Pilot().place
        try place.done("export", "provenance", "round-1", "--output", "prov.json")
        if let said = try Self.judge(place, "prov", "prov.json") {
            #expect(said.contains("Entity=4") && said.contains("Agent=3") && said.contains("Activity=3"))
        }
        expectRefusal(
            place.lethe("export", "provenance", "round-9", "--output", "x.json"), 2, naming: "round-9")
        expectRefusal(
            place.lethe("export", "provenance", "round-2", "--output", "x.json"), 2, naming: "round-2")
        #expect(!FileManager.default.fileExists(atPath: place.file("x.json")))
    }

    @Test func theBillOfMaterialsIsCycloneDX() throws {
        let place = Pilot().place
        try place.done("model", "export", "round-1", "model")
        try place.done("export", "bom", "round-1", "--files", "model", "--output", "bom.json")
        if let said = try Self.judge(place, "cyclonedx", "bom.json") {
            #expect(said == "components=3 dependencies=4")
        }
        let hash = place.run(["/usr/bin/sha256sum", "model/adapter_model.safetensors"]).output.prefix(64)
        #expect(try String(contentsOfFile: place.file("bom.json"), encoding: .utf8).contains(hash))
        expectRefusal(
            place.lethe("export", "bom", "round-1", "--files", "round-1/alder", "--output", "x.json"), 1,
            naming: "round-1/alder")
    }

    @Test func controlsAndResultsAreOSCAL() throws {
        let place = Pilot().place
        let policies = Places.package + "/policies"
        let packs = ["ledger-core", "gdpr-erasure"].map { "\(policies)/\($0)" }
        try place.done(["export", "catalog"] + packs + ["--output", "catalog.json"])
        let outcome = place.lethe(
            "report", "compliance", "--roles", "controller", "--packs", policies, "--pack", "ledger-core",
            "--pack",
            "gdpr-erasure", "--output", "report.json")
        #expect([0, 1, 2].contains(outcome.status), "\(outcome.errors)")
        try place.done(
            "export", "assessment", "report.json", "--catalog", "catalog.json", "--output", "results.json")
        try place.done("export", "catalog", "\(policies)/ledger-core", "--output", "less.json")
        expectRefusal(
            place.lethe("export", "assessment", "report.json", "--catalog", "less.json", "--output", "x.json"),
            1, naming: "gdpr-erasure.")
        if let said = try Self.judge(place, "oscal", "catalog", "catalog.json") {
            #expect(said.hasPrefix("controls="))
        }
        if let said = try Self.judge(place, "oscal", "assessment-results", "results.json") {
            #expect(said.contains("observations="))
        }
        expectRefusal(
            place.lethe("export", "assessment", "catalog.json", "--output", "x.json"), 2, naming: "catalog.json"
        )
        expectRefusal(place.lethe("export", "catalog", "round-1", "--output", "x.json"), 2, naming: "round-1")
        #expect(!FileManager.default.fileExists(atPath: place.file("x.json")))
    }

    @Test func aPrivateEventIsNotExported() throws {
        let pilot = Pilot()
        try pilot.place.done("deletion", "request", "--member", "alder", "--as", "alder", "--reason", "r")
        let events = try JSON(pilot.place.done("show", "events", "skies.example/alder", "--json")).elements
        let event = try #require(events.last?["event"].text)
        expectRefusal(pilot.place.lethe("export", "event", event, "--output", "x.json"), 1, naming: "private")
    }
}

@Suite struct SignatureCommandTests {
    private static func python(_ place: Workplace, _ arguments: String...) -> Outcome {
        let python = Places.python
        let script = Places.package + "/Tests/ExportsTests/Interop/sign_model.py"
        return place.run(["/usr/bin/env", python, script] + arguments)
    }

    /// A directory with a model in it, and one file below another.
    private static func model() throws -> Workplace {
        let place = Workplace()
        SmallAdapter(seed: 3).write(to: place.file("model"))
        try FileManager.default.createDirectory(
            atPath: place.file("model/card"), withIntermediateDirectories: true)
        try Data("hello".utf8).write(to: URL(fileURLWithPath: place.file("model/card/README.md")))
        return place
    }

    @Test func signsForOthersAndChecksThemselves() throws {
        let place = try Self.model()
        try place.done("signature", "key", "--output", "release.pem")
        let attributes = try FileManager.default.attributesOfItem(atPath: place.file("release.pem"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        expectRefusal(place.lethe("signature", "key", "--output", "release.pem"), 2, naming: "release.pem")
        try place.done("signature", "sign", "model", "--key", "release.pem")
        #expect(
            try place.done("signature", "verify", "model", "--key", "release.pub.pem").hasPrefix(
                "proved   3 file(s)"))
        let checked = Self.python(place, "check", "model", "model/model.sig", "release.pub.pem")
        #expect(checked.status == 0 || checked.status == 3, "\(checked.output)")
        try Data("changed".utf8).write(to: URL(fileURLWithPath: place.file("model/card/README.md")))
        let refused = place.lethe("signature", "verify", "model", "--key", "release.pub.pem")
        expectRefusal(refused, 1, naming: "model")
        #expect(refused.output == "DIFFERS  card/README.md has other bytes\n")
    }

    @Test(arguments: ["256", "384", "521", "256 1000"])
    func checksWhatOthersSigned(with how: String) throws {
        let place = try Self.model()
        let parts = how.split(separator: " ").map(String.init)
        let made =
            parts.count == 1
            ? Self.python(place, "make", parts[0], "model", "other.sig", "other.pem")
            : Self.python(place, "make", parts[0], "model", "other.sig", "other.pem", parts[1])
        guard made.status != 3 else { return print("not checked: \(made.output)") }
        try #require(made.status == 0, "\(made.output)\(made.errors)")
        try place.done("signature", "verify", "model", "--signature", "other.sig", "--key", "other.pem")
        try FileManager.default.removeItem(atPath: place.file("model/card/README.md"))
        expectRefusal(
            place.lethe("signature", "verify", "model", "--signature", "other.sig", "--key", "other.pem"), 1,
            naming: "model")
    }

    @Test func refusesKeysAndFilesThatAreNone() throws {
        let place = try Self.model()
        try place.done("signature", "key", "--output", "release.pem")
        expectRefusal(
            place.lethe("signature", "sign", "model", "--key", "model/adapter_config.json"), 2,
            naming: "adapter_config")
        expectRefusal(place.lethe("signature", "sign", "nowhere", "--key", "release.pem"), 2, naming: "nowhere")
        expectRefusal(
            place.lethe(
                "signature", "verify", "model", "--signature", "model/adapter_config.json", "--key",
                "release.pub.pem"),
            2, naming: "adapter_config.json")
        try FileManager.default.createSymbolicLink(
            atPath: place.file("model/link"), withDestinationPath: "/etc/passwd")
        expectRefusal(
            place.lethe("signature", "sign", "model", "--key", "release.pem"), 2, naming: "model/link")
        #expect(!FileManager.default.fileExists(atPath: place.file("model/model.sig")))
    }

    /// With a ledger, only what the chain knows and has not withdrawn is signed.
    @Test func asksTheLedgerBeforeItSigns() throws {
        let place = Pilot().place
        try place.done("signature", "key", "--output", "release.pem")
        try place.done("model", "export", "round-1", "model")
        try place.done("signature", "sign", "model", "--key", "release.pem", "--ledger", "pilot")
        SmallAdapter(seed: 99).write(to: place.file("stranger"))
        expectRefusal(
            place.lethe("signature", "sign", "stranger", "--key", "release.pem", "--ledger", "pilot"), 1,
            naming: "stranger")
        #expect(!FileManager.default.fileExists(atPath: place.file("stranger/model.sig")))
    }
}
