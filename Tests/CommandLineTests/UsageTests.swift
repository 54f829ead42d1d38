import Foundation
import Testing

/// What every command owes whoever types it.
struct UsageTests {
    /// All commands and subcommands, as the help itself names them.
    private func commands(_ place: Workplace, under path: [String] = []) throws -> [[String]] {
        let help = try place.done(path + ["--help"])
        let names = help.components(separatedBy: "SUBCOMMANDS:\n").dropFirst().flatMap { list in
            list.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
                .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
                .map { String($0.split(separator: " ")[0]) }
        }
        return try [path] + names.flatMap { try commands(place, under: path + [$0]) }
    }

    @Test func everyHelpGoesToStandardOutputAndExitsZero() throws {
        let place = Workplace()
        let all = try commands(place)
        #expect(all.count > 40)
        for command in all {
            let outcome = place.lethe(command + ["--help"])
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(command): \(outcome.errors)")
            #expect(outcome.output.contains("USAGE: lethe"), "\(command)")
        }
    }

    @Test(arguments: [["nonsense"], ["show", "nonsense"], ["show", "members", "--nonsense"], ["verify"], ["init"]])
    func wrongUsageExitsWith64(arguments: [String]) throws {
        expectRefusal(Workplace().lethe(arguments), 64)
    }

    @Test(arguments: [
        (["show", "members", "--ledger", "nowhere"], Int32(2), "nowhere"),
        (["verify", "missing", "--trust", "missing"], 2, "missing"),
        (["chain", "import", "missing"], 2, "missing"), (["append", "missing"], 2, "missing"),
        (["show", "event", "12345678"], 2, "12345678"), (["prove", "99"], 2, "99"),
        (["model", "export", "round-9", "out"], 2, "round-9"), (["model", "materialize", "round-9"], 2, "round-9"),
        (["model", "materialize", "round-2"], 1, "round-2"), (["round", "open", "round-1"], 1, "round-1"),
        (["round", "close", "round-9"], 1, "round-9"), (["body", "show", "ab"], 64, "ab"),
        (["deletion", "plan", "del-none"], 2, "del-none"), (["deletion", "execute", "ab"], 64, "ab"),
        (["deletion", "decide", "del-none", "--as", "alder"], 2, "del-none"),
        (["deletion", "request", "--member", "nobody", "--as", "alder"], 1, "nobody"),
        (["key", "revoke", "00000000", "--as", "alder"], 2, "00000000"),
        (["key", "add", "spare", "--as", "alder"], 64, "spare"),
        (["trust", "--quorum", "9"], 2, "9"), (["trust", "--quorum", "1", "--without", "nobody"], 2, "nobody"),
        (["replay", "--at", "0"], 2, "0"), (["replay", "--excluding", "0"], 2, ""),
        (["round", "open", "round-3", "--as", "alder"], 1, "alder"),
        (["round", "open", "round-3", "--as", "nobody"], 2, "nobody"),
        (["chain", "export", "skies.example/nobody", "--output", "out"], 2, "skies.example/nobody"),
        (["member", "admit", "missing"], 2, "missing"), (["model", "attest", "round-1", "--as", "hub"], 1, "hub"),
    ])
    func aRequestThatCannotBeMetChangesNothing(arguments: [String], status: Int32, names: String) throws {
        try Pilot().expectRefused(arguments, status, naming: names)
    }

    @Test func refusesATimeThatIsNone() throws {
        let outcome = Pilot().place.lethe(["show", "members"], environment: ["LETHE_NOW": "yesterday"])
        expectRefusal(outcome, 64, naming: "yesterday")
    }

    @Test(arguments: [
        ["--member", "public"], ["--member", "hub", "--member", "hub"], ["--member", "hub", "--threshold", "9"],
        ["--member", "hub:contributor"], ["--member", "hub", "--card", "card.json"],
    ])
    func foundsNothingHalfway(options: [String]) throws {
        let place = Workplace()
        try place.done("init", "--ledger", "other", "--consortium", "seas.example", "--member", "delta", "--join")
        try FileManager.default.copyItem(
            atPath: place.file("other/delta.card.json"), toPath: place.file("card.json"))
        let outcome = place.lethe(["init", "--ledger", "new", "--consortium", "skies.example"] + options)
        #expect(outcome.status == 1 || outcome.status == 2, "\(outcome.errors)")
        #expect(outcome.errors.contains("lethe: error: ") && outcome.errors.contains("lethe: hint: "))
        #expect(!FileManager.default.fileExists(atPath: place.file("new")))
        try place.done("init", "--ledger", "new", "--consortium", "skies.example", "--member", "hub")
        // A ledger that is there is never touched.
        let again = place.lethe("init", "--ledger", "new", "--consortium", "skies.example", "--member", "hub")
        expectRefusal(again, 2, naming: "new")
        try place.done("check", "--ledger", "new")
    }

    /// What is said in full in one event has a limit; beyond it the way out is named, and nothing is there.
    @Test func moreFoundersThanOneCharterNamesAreToldToCome() throws {
        let place = Workplace()
        let members = (1...220).flatMap { ["--member", "member-\($0)"] }
        let outcome = place.lethe(
            ["init", "--ledger", "new", "--consortium", "skies.example", "--member", "hub"] + members)
        expectRefusal(outcome, 2, naming: "221 founding members do not fit in one event")
        #expect(outcome.errors.contains("lethe member admit"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: place.file("new")))
    }

    @Test func cohortsThatDoNotFitAreRefusedBeforeAnythingIsWritten() throws {
        let long = String(repeating: "m", count: 50)
        let cohorts = (0..<900).flatMap { ["--cohort", "c\($0)=\(long)-\($0)"] }
        try Pilot().expectRefused(
            ["round", "open", "round-3", "--topology", "cohort"] + cohorts, 2, naming: "900 cohorts with 900 members")
    }

    @Test func everyAnswerInJSONIsCanonical() throws {
        let pilot = Pilot()
        let place = pilot.place
        let reading: [[String]] = [
            ["show", "members"], ["show", "keys"], ["show", "events"], ["show", "rounds"], ["show", "models"],
            ["show", "lineage", "round-1"], ["show", "deletions"], ["show", "bodies"], ["show", "event", "0"],
            ["chain", "list"], ["chain", "checkpoint"], ["check"], ["replay"], ["trust", "--quorum", "2"],
            ["model", "lineage", "round-1/alder"], ["adapter", "inspect", "round-1/alder"],
            ["adapter", "diff", "round-1/alder", "round-1/alder"], ["deletion", "status"],
            ["chain", "export", "--output", "public.chain"], ["chain", "tiles", "--output", "tiles"],
            ["prove", "3", "--output", "three.tlog-proof"], ["model", "export", "round-1", "model"],
        ]
        let writing: [[String]] = [
            ["adapter", "import", "round-1/alder"], ["model", "attest", "round-1", "--as", "alder"],
            ["round", "open", "round-3"], ["key", "add", "witness", "--as", "alder"],
            ["witness", "cosign", "--as", "birch"],
            ["chain", "import", "public.chain"], ["chain", "open", "--as", "alder"],
            ["chain", "anchor", "--as", "alder"],
            ["replay", "--views"], ["deletion", "request", "--member", "birch", "--as", "birch", "--reason", "canary"],
        ]
        for command in reading + writing {
            let said = try place.done(command + ["--json"])
            #expect(try said == JSON(said).canonical + "\n", "\(command): \(said)")
        }
    }
}
