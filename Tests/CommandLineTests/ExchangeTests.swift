import Foundation
import Testing

/// Files that go between ledgers, changed on the way: refused by name, and nothing is stored.
struct ExchangeTests {
    private static let outbox = "birch/outbox/skies.example-public.jsonl"

    private func write(_ text: String, to name: String, in place: Workplace) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: place.file(name)))
    }

    private func read(_ name: String, in place: Workplace) throws -> String {
        try String(contentsOfFile: place.file(name), encoding: .utf8)
    }

    /// birch signs one event into its outbox, which is emptied again; returns the line.
    private func signed(_ organisations: Organisations, _ arguments: String...) throws -> String {
        _ = try organisations.place.done(arguments + ["--ledger", "birch"])
        let text = try read(Self.outbox, in: organisations.place)
        try FileManager.default.removeItem(atPath: organisations.place.file(Self.outbox))
        return text
    }

    private func expectRefused(
        _ text: String, _ organisations: Organisations, naming word: String,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let place = organisations.place
        let before = try place.done("chain", "list", "--ledger", "hub", "--json")
        try write(text, to: "changed.jsonl", in: place)
        let outcome = place.lethe("append", "changed.jsonl", "--ledger", "hub")
        expectRefusal(outcome, 1, naming: word, at: location)
        #expect(try place.done("chain", "list", "--ledger", "hub", "--json") == before, sourceLocation: location)
        try place.done("check", "--ledger", "hub")
    }

    @Test func refusesAnOutboxThatWasChanged() throws {
        let organisations = try Organisations(["birch"], in: Workplace(), quorum: 1)
        let good = try signed(organisations, "key", "add", "witness")
        try expectRefused(
            good.replacingOccurrences(of: "{\"payload\"", with: "{ \"payload\""), organisations, naming: "canonical")
        try expectRefused(
            good.replacingOccurrences(of: ",\"signatures\"", with: ",\"sig\":1,\"signatures\""), organisations,
            naming: "members")
        let signature = try #require(good.range(of: "\"sig\":\"")).upperBound
        var characters = Array(good)
        let position = good.distance(from: good.startIndex, to: signature) + 4
        characters[position] = characters[position] == "A" ? "B" : "A"
        try expectRefused(String(characters), organisations, naming: "does not verify")
        // The one signature again, so that it might count twice.
        let list = try #require(good.range(of: "\"signatures\":["))
        let end = try #require(good.range(of: "]}\n"))
        let only = good[list.upperBound..<end.lowerBound]
        try expectRefused(
            good.replacingCharacters(in: end, with: ",\(only)]}\n"), organisations, naming: "is repeated")
        // A good line before a bad one is not appended either.
        try expectRefused(good + "garbage\n", organisations, naming: "no event")
        // Unchanged it is appended; a second time it stands where it stood.
        try write(good, to: "good.jsonl", in: organisations.place)
        #expect(try organisations.at("hub", "append", "good.jsonl").hasPrefix("appended 1 event(s)"))
        #expect(try organisations.at("hub", "append", "good.jsonl") == "appended 0 event(s); 1 stood there already\n")
    }

    @Test func refusesASecondEventWithTheSameSequenceAndARevokedKey() throws {
        let organisations = try Organisations(["birch"], in: Workplace(), quorum: 1)
        let keys = try JSON(organisations.at("birch", "show", "keys", "--json")).elements
        #expect(!keys.isEmpty)
        let (first, second) = (
            try signed(organisations, "key", "add", "witness"), try signed(organisations, "key", "add", "encryption")
        )
        try write(first, to: "first.jsonl", in: organisations.place)
        try organisations.at("hub", "append", "first.jsonl")
        try expectRefused(second, organisations, naming: "sequence")
        // birch changes its event key; what the old one signs from then on does not count.
        try organisations.exchange()
        let early = try signed(organisations, "key", "add", "witness")
        try organisations.at("birch", "key", "add", "event")
        try organisations.exchange()
        let rows = try organisations.at("birch", "show", "keys").split(separator: "\n")
        let old = try #require(rows.first { $0.contains(" birch ") && $0.contains(" event ") }).split(separator: " ")[0]
        try organisations.at("birch", "key", "revoke", String(old), "--reason", "compromised")
        try organisations.exchange()
        try expectRefused(early, organisations, naming: "is not valid")
    }

    @Test func refusesAChainFileThatWasChanged() throws {
        let organisations = try Organisations(["birch"], in: Workplace(), quorum: 1)
        let place = organisations.place
        try place.done("init", "--ledger", "late", "--consortium", "skies.example", "--member", "late", "--join")
        let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: place.file("public.chain"))))
        let empty = try FileManager.default.contentsOfDirectory(atPath: place.file("late")).sorted()
        for part in 1...8 {
            var changed = good
            changed[good.count * part / 9] ^= 2
            let files = [changed, Array(good.prefix(good.count * part / 9))]
            for bytes in files {
                try Data(bytes).write(to: URL(fileURLWithPath: place.file("changed.chain")))
                let outcome = place.lethe(
                    "chain", "import", "changed.chain", "--trust", "trust.policy", "--ledger", "late")
                #expect(outcome.status == 1 || outcome.status == 2, "\(part): \(outcome.output)")
                #expect(
                    outcome.errors.contains("lethe: error: ") && outcome.errors.contains("lethe: hint: "),
                    "\(outcome.errors)")
                expectRefusal(place.lethe("show", "members", "--ledger", "late"), 2, naming: "no public chain")
            }
        }
        // Without a policy nobody can tell whose file it is.
        expectRefusal(
            place.lethe("chain", "import", "public.chain", "--ledger", "late"), 2, naming: "skies.example/public")
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.file("late")).sorted() == empty)
        try place.done("chain", "import", "public.chain", "--trust", "trust.policy", "--ledger", "late")
        try place.done("check", "--ledger", "late")
    }

    @Test func refusesToCosignWhatItDidNotVerifyAndWhatIsOlder() throws {
        let organisations = try Organisations(["birch", "cedar"], in: Workplace(), quorum: 1)
        let place = organisations.place
        try write(organisations.at("hub", "chain", "checkpoint"), to: "old.note", in: place)
        try organisations.at(
            "hub", "base", "register", "sentence-transformers/all-MiniLM-L6-v2", "--digest", Organisations.baseDigest)
        try write(organisations.at("hub", "chain", "checkpoint"), to: "new.note", in: place)
        // birch has not seen the newest entry.
        expectRefusal(place.lethe("witness", "cosign", "new.note", "--ledger", "birch"), 2, naming: "has verified")
        try organisations.exchange()
        try organisations.at("birch", "witness", "cosign", "new.note", "--output", "cosigned.note")
        expectRefusal(place.lethe("witness", "cosign", "old.note", "--ledger", "birch"), 1, naming: "is older")
        // Another root under the same size, and a cosignature of another note.
        let note = try read("new.note", in: place)
        let lines = note.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let forged = ([lines[0], lines[1], String(lines[2].reversed())] + lines[3...]).joined(separator: "\n")
        try write(forged, to: "forged.note", in: place)
        expectRefusal(place.lethe("witness", "cosign", "forged.note", "--ledger", "cedar"), 1)
        let collected = place.lethe("chain", "checkpoint", "--collect", "forged.note", "--ledger", "hub")
        expectRefusal(collected, 1)
        #expect(
            try organisations.at("hub", "chain", "checkpoint", "--collect", "cosigned.note").hasPrefix("1 cosignature"))
    }
}
