import Foundation
import Testing

/// Documents of one deletion from its request on, and what a verifier may ask of them besides that they hold.
struct CertifyTests {
    private static let deleted = "2036-11-20T10:00:00Z"

    /// A ledger in which birch asked to be deleted, with policies of one witness and of none.
    private func asked() throws -> (place: Workplace, id: String) {
        let place = Pilot().place
        try place.done("trust", "--quorum", "1", "--output", "one.policy")
        try place.done("trust", "--quorum", "0", "--output", "none.policy")
        let said = try at(Self.deleted, place, "deletion", "request", "--member", "birch", "--as", "birch", "--json")
        return (place, try #require(JSON(said)["deletion"].text))
    }

    @discardableResult
    private func at(_ time: String, _ place: Workplace, _ arguments: String...) throws -> String {
        let outcome = place.lethe(arguments, environment: ["LETHE_NOW": time])
        try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return outcome.output
    }

    private func execute(_ place: Workplace, _ id: String) throws {
        try at(Self.deleted, place, "deletion", "decide", id)
        let plan = try at(Self.deleted, place, "deletion", "plan", id, "--digest-only")
        try at(Self.deleted, place, "deletion", "execute", String(plan.dropLast()))
    }

    private func certified() throws -> Workplace {
        let (place, id) = try asked()
        try at(Self.deleted, place, "witness", "cosign", "--as", "hub")
        try execute(place, id)
        try at("2036-11-21T10:00:00Z", place, "deletion", "certify", id, "--with", "alder", "--output", "first.json")
        return place
    }

    /// Both programs, and what they print.
    private func verify(_ place: Workplace, _ arguments: String..., now: String = "2036-11-22T10:00:00Z") -> Outcome {
        let (one, other) = (
            place.lethe(["verify"] + arguments, environment: ["LETHE_NOW": now]),
            place.run([Workplace.verifier] + arguments, environment: ["LETHE_NOW": now])
        )
        #expect(one.status == other.status && one.output == other.output && one.errors == other.errors)
        return other
    }

    @Test func whatIsStillOpenGetsAStatementOfStatus() throws {
        let (place, id) = try asked()
        let said = try at(Self.deleted, place, "deletion", "certify", id, "--as", "hub", "--output", "status.json")
        #expect(said == "status.json: statement of status, grade A0\n")
        let outcome = verify(place, "status.json", "--trust", "one.policy")
        #expect(outcome.status == 0)
        #expect(
            outcome.firstLine == "signed by the chain's operator alone, hub: statement of status for \(id), grade A0")
        #expect(outcome.output.contains("not claimed The request waits for a decision.  [still open]"))
        // The work goes on, and the certificate takes the statement's place.
        try execute(place, id)
        try at(Self.deleted, place, "deletion", "certify", id, "--with", "alder", "--output", "first.json")
        let verdict = try JSON(verify(place, "first.json", "--trust", "one.policy", "--json").output)
        #expect(verdict["certificate"]["serial"].number == 2)
        // As of the certificate's own checkpoint the statement is the last document; the certificate comes after it.
        let later = verify(place, "status.json", "--trust", "one.policy", "--later", "first.json")
        #expect(later.status == 0 && later.output.contains("the chain records this document as the last one"))
    }

    @Test func aDocumentIsIssuedAgainOnlyWhereThatIsSaid() throws {
        let place = try certified()
        let id = try #require(try JSON(place.done("deletion", "status", "--json")).elements.first?["deletion"].text)
        let again = place.lethe("deletion", "certify", id, "--as", "hub", "--output", "second.json")
        expectRefusal(again, 1, naming: id, "certified already")
        #expect(!FileManager.default.fileExists(atPath: place.file("second.json")))
        try at(
            "2036-11-23T10:00:00Z", place, "deletion", "certify", id, "--supersede", "--with", "alder", "--output",
            "second.json")
        try at("2036-11-23T10:00:00Z", place, "chain", "export", "skies.example/public", "--output", "public.chain")
        let second = try JSON(verify(place, "second.json", "--trust", "one.policy", "--json").output)
        #expect(second["certificate"]["serial"].number == 2 && second["certificate"]["supersedes"].text?.count == 64)
        // Nobody cosigned the newest checkpoint yet, so the policy does not take it.
        let early = verify(place, "first.json", "--trust", "one.policy", "--later", "public.chain")
        expectRefusal(early, 2, naming: "public.chain", "needs 1 cosignature")
        try at("2036-11-23T10:00:00Z", place, "witness", "cosign", "--as", "hub")
        try at("2036-11-23T10:00:00Z", place, "chain", "export", "skies.example/public", "--output", "public.chain")
        let outcome = verify(place, "first.json", "--trust", "one.policy", "--later", "public.chain")
        #expect(outcome.status == 0 && outcome.output.contains("SUPERSEDED: the chain records"), "\(outcome.errors)")
    }

    @Test func aLaterChainShowsThatNothingCameBack() throws {
        let place = try certified()
        for command in [
            ["round", "close", "round-2"], ["model", "materialize", "round-2"], ["witness", "cosign", "--as", "hub"],
        ] {
            try place.done(command)
        }
        try place.done("chain", "export", "skies.example/public", "--output", "whole.chain")
        let from = try JSON(verify(place, "first.json", "--trust", "one.policy", "--json").output)["certificate"][
            "checkpoint"]["size"]
        try place.done(
            "chain", "export", "skies.example/public", "--from", "\(try #require(from.number))", "--output",
            "rest.chain")
        for file in ["whole.chain", "rest.chain"] {
            let outcome = verify(place, "first.json", "--trust", "one.policy", "--later", file)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(
                outcome.output.contains(
                    "proved      nothing came back in the 3 event(s) since: of 0 contribution(s) and 1 model(s)"))
            #expect(outcome.output.contains("the chain records this document as the last one of this deletion"))
        }
        // An entry changed, the end cut off, and a file that is older than the certificate.
        let whole = try String(contentsOfFile: place.file("whole.chain"), encoding: .utf8)
        let lines = whole.split(separator: "\n")
        let changes = [
            (lines.dropLast().joined(separator: "\n") + "\n", Int32(1)), (String(whole.dropLast(9)), 2),
            ((lines[0...5] + [lines[7], lines[6]] + lines[8...]).joined(separator: "\n") + "\n", 1),
        ]
        for (text, status) in changes {
            try Data(text.utf8).write(to: URL(fileURLWithPath: place.file("bad.chain")))
            let outcome = verify(place, "first.json", "--trust", "one.policy", "--later", "bad.chain")
            expectRefusal(outcome, status, naming: "bad.chain")
        }
    }

    @Test func saysWhenTheRequestWasTakenInAndWhetherThatWasInTime() throws {
        let outcome = verify(try certified(), "first.json", "--trust", "one.policy")
        #expect(outcome.output.contains("proved      the request stood on the chain by \(Self.deleted)"))
        #expect(outcome.output.contains("[consistency proof from"))
        #expect(outcome.output.contains("proved      it was completed before it was due, 2036-12-20T10:00:00Z"))
    }

    @Test(arguments: [
        ("one.policy", "2w", "2036-11-22T10:00:00Z", Int32(0), ""), ("one.policy", "1d", "2036-11-22T10:00:00Z", 0, ""),
        ("one.policy", "86399s", "2036-11-22T10:00:00Z", 1, "86399"),
        ("one.policy", "12h", "2036-11-22T10:00:00Z", 1, "24h ago"),
        ("one.policy", "1w", "2036-11-20T10:00:00Z", 2, "lies ahead"),
        ("none.policy", "1w", "2036-11-22T10:00:00Z", 2, "no witness"),
        ("one.policy", "1y", "2036-11-22T10:00:00Z", 64, "1y"), ("one.policy", "-1d", "2036-11-22T10:00:00Z", 64, ""),
        ("one.policy", "99999999999999999999d", "2036-11-22T10:00:00Z", 64, "9999"),
    ])
    func anAgeIsMeasuredFromTheCosignatures(policy: String, age: String, now: String, status: Int32, word: String)
        throws
    {
        let place = try certified()
        for program in [[Workplace.program, "verify"], [Workplace.verifier]] {
            let outcome = place.run(
                program
                    + ["first.json", "--trust", policy, "--max-age=\(age)"].flatMap { argument -> [String] in
                        argument.hasPrefix("--max-age=") && program.count == 1 ? ["--max-age", age] : [argument]
                    }, environment: ["LETHE_NOW": now])
            switch (status, word) {
            case (0, _): #expect(outcome.status == 0, "\(outcome.errors)")
            case (_, ""): expectRefusal(outcome, status)
            default: expectRefusal(outcome, status, naming: word)
            }
        }
    }

    @Test func theVerifierAloneExplainsItself() throws {
        let place = Workplace()
        for arguments in [["--help"], ["-h"], ["--version"]] {
            let outcome = place.run([Workplace.verifier] + arguments)
            #expect(outcome.status == 0 && outcome.errors.isEmpty && !outcome.output.isEmpty)
        }
        for arguments in [
            [], ["a"], ["a", "--trust"], ["a", "b", "--trust", "c"], ["a", "--trust", "b", "--nonsense"],
            ["a", "--trust", "b", "--trust", "c"],
        ] {
            expectRefusal(place.run([Workplace.verifier] + arguments), 64)
        }
        expectRefusal(place.run([Workplace.verifier, "missing", "--trust", "missing"]), 2, naming: "missing")
    }
}
