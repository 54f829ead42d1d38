import Foundation
import Testing

/// What is handed out stands under a checkpoint that its reader's policy takes, or whoever hands it out is told.
@Suite struct QuorumTests {
    private static func organisations() throws -> Organisations {
        let organisations = try Organisations(["alder", "birch", "cedar"], in: Workplace())
        try organisations.cosign()
        // Grows beyond the checkpoint that everybody cosigned.
        try organisations.at("hub", "base", "register", "demo/base", "--digest", Organisations.baseDigest)
        return organisations
    }

    private static let place = Result { try organisations() }

    private func size(_ file: String, _ place: Workplace) throws -> Int {
        try #require(JSON(place.done("verify", file, "--trust", "trust.policy", "--json"))["size"].number)
    }

    @Test func aProofStandsUnderACosignedCheckpointThatCoversTheEvent() throws {
        let organisations = try Self.place.get()
        let place = organisations.place
        for (file, options) in [("plain", []), ("asked", ["--trust", "trust.policy"])] {
            let outcome = place.lethe(["prove", "3", "--output", file, "--ledger", "hub"] + options)
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
            // The newest checkpoint is one larger, and nobody cosigned it.
            let newest = try JSON(organisations.at("hub", "chain", "list", "--json")).elements[0]["checkpointSize"]
                .number
            #expect(try size(file, place) < newest ?? 0)
        }
    }

    /// What a program is told of a proof is what the proof says of itself, read here as text.
    @Test func aProofNamesItsCheckpointAndWhoCosignedIt() throws {
        let organisations = try Self.place.get()
        let place = organisations.place
        let said = try JSON(place.done("prove", "3", "--output", "told", "--ledger", "hub", "--json"))
        let file = try String(contentsOfFile: place.file("told"), encoding: .utf8)
        let note = file.components(separatedBy: "\n\n").dropFirst().joined(separator: "\n\n")
        let lines = note.split(separator: "\n").map(String.init)
        let checkpoint = said["checkpoint"]
        #expect(checkpoint["origin"].text == lines[0] && checkpoint["size"].number == Int(lines[1]))
        let root = try #require(Data(base64Encoded: lines[2]))
        #expect(checkpoint["root"].text == root.map { String(format: "%02x", $0) }.joined())
        let signers = Set(lines.filter { $0.hasPrefix("\u{2014} ") }.map { String($0.split(separator: " ")[1]) })
        #expect(checkpoint["cosigners"].elements.compactMap(\.text) == signers.subtracting([lines[0]]).sorted())
        #expect(checkpoint["cosigners"].elements.count >= 2)
        #expect(said["index"].number == 3 && said["file"].text == "told")
        let words = try place.done("prove", "3", "--output", "told", "--ledger", "hub")
        #expect(words.contains("under checkpoint \(lines[1]) of \(lines[0]), "))
    }

    @Test func whatNoCosignedCheckpointCoversIsWarnedOfOrRefused() throws {
        let organisations = try Self.place.get()
        let place = organisations.place
        let events = try JSON(organisations.at("hub", "show", "events", "--json")).elements
        let last = try #require(events.last?["event"].text)
        let warned = place.lethe("prove", last, "--output", "late", "--ledger", "hub")
        #expect(warned.status == 0 && warned.errors.contains("lethe: warning: nobody has cosigned checkpoint"))
        #expect(warned.errors.contains("lethe: hint: have witnesses cosign it"))
        expectRefusal(place.lethe("verify", "late", "--trust", "trust.policy"), 1, naming: "needs 2 cosignature(s)")
        let refused = place.lethe("prove", last, "--output", "never", "--trust", "trust.policy", "--ledger", "hub")
        expectRefusal(refused, 1, naming: "needs 2 cosignature(s) and has 0")
        #expect(!FileManager.default.fileExists(atPath: place.file("never")))
    }

    @Test func aCertificateIsIssuedUnderThePolicyThatItHasToMeet() throws {
        let organisations = try Organisations(["alder", "birch", "cedar"], in: Workplace())
        let place = organisations.place
        let (id, _) = try organisations.requestDeletion(of: "alder", reason: "none")
        let certify = ["deletion", "certify", id, "--output", "status.json", "--ledger", "hub"]
        expectRefusal(place.lethe(certify + ["--report", "page.html"]), 64, naming: "--report")
        let refused = place.lethe(certify + ["--trust", "trust.policy", "--report", "page.html"])
        expectRefusal(refused, 1, naming: "needs 2 cosignature(s)")
        for file in ["status.json", "page.html"] { #expect(!FileManager.default.fileExists(atPath: place.file(file))) }
        #expect(try !organisations.at("hub", "show", "events").contains("deletion-certified"))
        try organisations.cosign()
        try place.done(certify + ["--trust", "trust.policy", "--report", "page.html"])
        try place.done("verify", "status.json", "--trust", "trust.policy")
        let page = try String(contentsOfFile: place.file("page.html"), encoding: .utf8)
        #expect(page.contains("lethe verify status.json --trust trust.policy"))
        #expect(!page.contains("the policy requires none"))
    }

    @Test func aDisclosureTakesTheCheckpointThatWitnessesCosigned() throws {
        let organisations = try Organisations(["alder", "birch", "cedar"], in: Workplace())
        let place = organisations.place
        try organisations.at("alder", "deletion", "request", "--member", "alder", "--reason", "canary-77")
        try organisations.exchange()
        try organisations.cosign()
        // alder learns what the others cosigned, then the chain grows.
        try organisations.export()
        try organisations.at("alder", "chain", "import", "public.chain")
        try organisations.at("hub", "base", "register", "demo/base", "--digest", Organisations.baseDigest)
        try organisations.exchange()
        let events = try JSON(organisations.at("alder", "show", "events", "skies.example/alder", "--json")).elements
        let scoped = try #require(events.first { $0["type"].text == "deletion-scoped" }?["event"].text)
        try organisations.at("alder", "disclose", scoped, "--to", "Authority", "--output", "opened.json")
        #expect(try place.done("verify", "opened.json", "--trust", "trust.policy").contains("canary-77"))
        try organisations.at(
            "alder", "disclose", scoped, "--to", "Authority", "--trust", "trust.policy", "--output", "again.json")
        try place.done("verify", "again.json", "--trust", "trust.policy")
    }

    @Test func aMemberIsToldThatTheOperatorHasToGetItsEvents() throws {
        let organisations = try Organisations(["alder", "birch"], in: Workplace())
        let place = organisations.place
        let asked = place.lethe("deletion", "request", "--member", "alder", "--ledger", "alder")
        #expect(asked.status == 0)
        let file = "alder/outbox/skies.example-public.jsonl"
        #expect(asked.errors.contains("lethe: hint: send \(file) to the chain's operator, who runs lethe append"))
        let again = place.lethe("deletion", "request", "--member", "alder", "--ledger", "alder")
        expectRefusal(again, 1, naming: "all contributions of alder")
        let inbox = try organisations.at("alder", "inbox")
        #expect(inbox.contains("send \(file) to the operator, hub, who appends its "))
        #expect(inbox.hasPrefix("DUE") && inbox.contains("COMMAND") && !inbox.contains("lethe append \(file)"))
        let items = try JSON(organisations.at("alder", "inbox", "--json")).elements
        #expect(items.contains { $0["about"].text == "skies.example-public.jsonl" && $0["command"].isNull })
        try organisations.exchange()
        let after = place.lethe("deletion", "decide", "--ledger", "alder")
        #expect(after.status == 0 && after.errors.contains("send \(file)"))
    }
}
