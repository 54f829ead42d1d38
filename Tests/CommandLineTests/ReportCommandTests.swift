import Foundation
import Testing

/// `lethe report`: pages, JSON and CSV from a ledger, with the verdict in the exit code.
struct ReportCommandTests {
    private static let now = ["LETHE_NOW": "2026-11-23T10:00:00Z"]

    /// A ledger with two deletions: one that is long overdue.
    private static let late: Pilot = {
        let pilot = Pilot()
        _ = pilot.place.lethe(
            "deletion", "request", "--member", "alder", "--as", "alder", "--ground", "gdpr-17-1-b", "--received",
            "2026-09-01T09:00:00Z", "--reason", "please", environment: now)
        return pilot
    }()

    private func report(_ pilot: Pilot, _ arguments: String...) -> Outcome {
        pilot.place.lethe(["report"] + arguments, environment: Self.now)
    }

    private func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    // MARK: Compliance

    @Test func failsWithTheControlsThatAreNotMet() throws {
        let pilot = Self.late.copy()
        let outcome = report(
            pilot, "compliance", "--roles", "controller", "--output", "out.html", "-o", "out.json", "--output",
            "out.csv")
        #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines[1].hasPrefix("Fails: "))
        #expect(lines.contains { $0.hasPrefix("fail: GDPR-12-3a") })
        #expect(outcome.output.contains("not answered by 2026-10-01T23:59:59Z, and no extension is recorded"))
        #expect(outcome.errors.contains("lethe: error: fails: "))
        let page = try String(contentsOfFile: pilot.place.file("out.html"), encoding: .utf8)
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
        let data = try json(String(contentsOfFile: pilot.place.file("out.json"), encoding: .utf8))
        #expect(data["format"] as? String == "lethe/compliance-report@v1")
        let rows = try String(contentsOfFile: pilot.place.file("out.csv"), encoding: .utf8)
        #expect(rows.contains(",GDPR-12-3a,") && rows.contains(",fail,"))
    }

    /// The ledger's own packs pass where witnesses cosign; a private chain's events are looked at with --as alone.
    @Test func passesWhereEverythingIsInOrder() throws {
        let pilot = Pilot()
        // On the day of the ledger's events, cosigned at once.
        let note = try pilot.place.done("chain", "checkpoint")
        try note.write(toFile: pilot.place.file("note"), atomically: true, encoding: .utf8)
        try pilot.place.done("witness", "cosign", "note", "--as", "hub", "--output", "cosigned.note")
        try pilot.place.done("chain", "checkpoint", "--collect", "cosigned.note")
        let outcome = pilot.place.lethe(
            "report", "compliance", "--roles", "controller", "--pack", "ledger-core")
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("Passes: all "))
    }

    @Test func looksAheadToARuleThatIsNotInForce() throws {
        let pilot = Pilot()
        func word(_ day: String) throws -> String {
            let outcome = report(
                pilot, "compliance", "--roles", "high_risk_provider", "--pack", "ai-act-high-risk", "--as-of", day,
                "--json")
            let result = try #require(try json(outcome.output)["result"] as? [String: Any])
            let packs = try #require(result["packs"] as? [[String: Any]])
            let controls = try #require(packs[0]["controls"] as? [[String: Any]])
            return try #require(controls.first { $0["control"] as? String == "AIA-12-1" }?["word"] as? String)
        }
        #expect(try word("2027-12-01") == "not_applicable")
        #expect(try word("2027-12-02") != "not_applicable")
    }

    /// What a query may rest on is what the entries say, not what the stored view says.
    @Test func doesNotBelieveAViewThatWasChanged() throws {
        let pilot = Self.late.copy()
        let before = report(pilot, "compliance", "--roles", "controller", "--json")
        try pilot.spoil(
            "ledger",
            "UPDATE view_rows SET value = CAST(replace(CAST(value AS TEXT), 'requested', 'refused') AS BLOB) WHERE kind = 'deletion'"
        )
        let after = report(pilot, "compliance", "--roles", "controller", "--json")
        #expect(before.status == 1 && after.status == 1, "\(after.errors)")
        #expect(before.output == after.output)
    }

    /// A stored view that calls an excluded model current changes no report.
    @Test func noReportBelievesAViewThatWasChanged() throws {
        let pilot = Self.late.copy()
        let reports = [["provenance", "round-1"], ["deletion"], ["processing"]]
        let before = reports.map { pilot.place.lethe(["report"] + $0 + ["--json"], environment: Self.now) }
        for (old, new) in [("requested", "refused"), ("current", "recalled"), ("alder", "birch")] {
            try pilot.spoil(
                "ledger",
                "UPDATE view_rows SET value = CAST(replace(CAST(value AS TEXT), '\(old)', '\(new)') AS BLOB) WHERE kind IN ('deletion', 'model', 'contribution')"
            )
        }
        for (arguments, was) in zip(reports, before) {
            let outcome = pilot.place.lethe(["report"] + arguments + ["--json"], environment: Self.now)
            #expect(outcome.output == was.output, "\(arguments)")
            #expect(outcome.status == was.status, "\(arguments)")
        }
    }

    /// What was not verified is not reported.
    @Test func reportsNothingWhereAnEntryDoesNotVerify() throws {
        let pilot = Self.late.copy()
        try pilot.spoil(
            "ledger",
            """
            DROP TRIGGER entries_are_kept; DROP TRIGGER entries_are_kept_as_they_are;
            UPDATE entries SET envelope = CAST(replace(CAST(envelope AS TEXT), 'in-toto', 'in-tota') AS BLOB)
            WHERE id = (1 << 40) + 6
            """)
        for arguments in [["provenance", "round-1"], ["deletion"], ["processing"]] {
            let outcome = pilot.place.lethe(["report"] + arguments + ["--output", "out.html"], environment: Self.now)
            #expect(outcome.status == 2, "\(arguments): \(outcome.output)")
            #expect(
                outcome.errors.contains("does not verify") || outcome.errors.contains("damaged"), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: pilot.place.file("out.html")))
        }
    }

    /// An entry that verification refuses is a finding, and nothing after it counts.
    @Test func saysWhatVerificationRefuses() throws {
        let pilot = Pilot().copy()
        try pilot.spoil(
            "ledger",
            """
            DROP TRIGGER entries_are_kept; DROP TRIGGER entries_are_kept_as_they_are;
            UPDATE entries SET envelope = CAST(replace(CAST(envelope AS TEXT), 'in-toto', 'in-tota') AS BLOB)
            WHERE id = (1 << 40) + 6
            """)
        let outcome = report(pilot, "compliance", "--roles", "controller", "--json")
        #expect(outcome.status == 1 || outcome.status == 2)
        if outcome.output.isEmpty {
            expectRefusal(outcome, 2)
        } else {
            let data = try json(outcome.output)
            let looked = try #require(data["notLookedAt"] as? [String])
            #expect(looked.contains { $0.contains("verification refuses that event") })
        }
    }

    /// A waiver makes of a failure what somebody answers for; the report names the file.
    @Test func takesAnswersFromAFileThatItNames() throws {
        let pilot = Pilot()
        let text = """
            waivers:
              - waiver: w-1
                control: LED-03
                owner: alder
                approver: audit-committee
                reason: Witnesses join in January.
                grantedAt: 2026-11-01T10:00:00Z
                expiresAt: 2027-11-01T10:00:00Z
            """
        try text.write(toFile: pilot.place.file("answers.yaml"), atomically: true, encoding: .utf8)
        let arguments = ["--roles", "controller", "--pack", "ledger-core", "--as-of", "2026-12-20", "--json"]
        func word(_ outcome: Outcome) throws -> String? {
            let result = try json(outcome.output)["result"] as? [String: Any]
            let packs = try #require(result?["packs"] as? [[String: Any]])
            let controls = try #require(packs[0]["controls"] as? [[String: Any]])
            return controls.first { $0["control"] as? String == "LED-03" }?["word"] as? String
        }
        let before = pilot.place.lethe(["report", "compliance"] + arguments)
        let after = pilot.place.lethe(["report", "compliance", "--answers", "answers.yaml"] + arguments)
        #expect(try word(before) == "fail")
        #expect(try word(after) == "waived", "\(after.errors)")
        #expect((try json(after.output)["answers"] as? [String: Any])?["name"] as? String == "answers.yaml")
    }

    @Test func takesAPersonsAnswerFromAFile() throws {
        let pilot = Pilot()
        let text = """
            judgements:
              - control: EDPB-BC-R13-M
                isMet: true
                answeredBy: crypto-officer
                answeredAt: 2026-11-01T10:00:00Z
                expiresAt: 2027-11-01T10:00:00Z
            """
        try text.write(toFile: pilot.place.file("answers.yaml"), atomically: true, encoding: .utf8)
        // Without a trial on record the control fails whatever anybody answers.
        try "Tried.".write(toFile: pilot.place.file("trial.md"), atomically: true, encoding: .utf8)
        try pilot.place.done("record", "document", "trial.md", "--kind", "migration-test", "--as", "hub")
        let outcome = report(
            pilot, "compliance", "--roles", "controller", "--answers", "answers.yaml", "--json")
        #expect(!outcome.output.contains(#""control":"EDPB-BC-R13-M","#) || outcome.output.contains("crypto-officer"))
        let data = try json(outcome.output)
        #expect((data["answers"] as? [String: Any])?["name"] as? String == "answers.yaml")
        let counts = try #require((data["result"] as? [String: Any])?["counts"] as? [String: Int])
        #expect(counts["not_evaluated"] == nil)
    }

    // MARK: Bad input

    @Test(arguments: [
        (["compliance", "--roles", "king"], Int32(64), "king"), (["compliance", "--roles", "any"], 64, "any"),
        (["compliance", "--roles", "controller", "--pack", "nonsense"], 64, "nonsense"),
        (["compliance", "--roles", "controller", "--packs", "nowhere"], 2, "nowhere"),
        (["compliance", "--roles", "controller", "--as-of", "2026-02-30"], 64, "2026-02-30"),
        (["compliance", "--roles", "controller", "--quorum", "0"], 64, "0"),
        (["compliance", "--roles", "controller", "--time-zone", "Mars"], 64, "Mars"),
        (["compliance", "--roles", "controller", "--holidays", "missing"], 2, "missing"),
        (["compliance", "--roles", "controller", "--answers", "missing"], 2, "missing"),
        (["compliance", "--roles", "controller", "--as", "nobody"], 2, "nobody"),
        (["processing", "--output", "out.pdf"], 64, "out.pdf"), (["processing", "--output", "html"], 64, "html"),
        (["processing", "--json", "--csv"], 64, "--csv"),
        (["provenance", "round-9"], 2, "round-9"), (["provenance", "round-1/alder"], 2, "round-1/alder"),
        (["deletion", "del-none"], 2, "del-none"), (["deletion"], 2, "0"),
        (["processing", "--as", "nobody"], 2, "nobody"),
    ])
    func refusesWhatItCannotUse(arguments: [String], status: Int32, names: String) throws {
        try Pilot().expectRefused(["report"] + arguments, status, naming: names)
    }

    @Test(arguments: [
        ("nonsense: 1", "nonsense"), ("waivers:\n  - waiver: w", "answers.yaml"),
        (
            "judgements:\n  - {control: GDPR-99-9, isMet: true, answeredBy: x, answeredAt: 2026-11-01T10:00:00Z, expiresAt: 2027-11-01T10:00:00Z}",
            "GDPR-99-9"
        ),
        ("a: &b 1", "anchors"),
    ])
    func refusesAnswersThatAnswerNothing(text: String, names: String) throws {
        let pilot = Pilot()
        try text.write(toFile: pilot.place.file("answers.yaml"), atomically: true, encoding: .utf8)
        try pilot.expectRefused(
            ["report", "compliance", "--roles", "controller", "--answers", "answers.yaml", "--output", "out.html"], 2,
            naming: names)
        #expect(!FileManager.default.fileExists(atPath: pilot.place.file("out.html")))
    }

    /// Packs come from others: what a query must not do is refused before anything is judged.
    @Test(arguments: [
        "DELETE FROM members", "ATTACH 'x.db' AS x", "SELECT load_extension('x'), 'r', NULL, NULL",
        "SELECT date('now') AS subject, 'r' AS reason, NULL AS since, NULL AS event_id FROM members ORDER BY 1",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS subject FROM n ORDER BY 1",
        "SELECT name AS subject, 'r' AS reason, NULL AS since, NULL AS event_id FROM sqlite_master ORDER BY 1",
    ])
    func refusesAPackWithAQueryThatDoesMoreThanAsk(query: String) throws {
        let pilot = Pilot()
        let files = FileManager.default
        try files.createDirectory(atPath: pilot.place.file("packs"), withIntermediateDirectories: true)
        try files.copyItem(
            atPath: Places.package + "/policies/ledger-core", toPath: pilot.place.file("packs/ledger-core"))
        try query.write(
            toFile: pilot.place.file("packs/ledger-core/LED-01/violations.sql"), atomically: true, encoding: .utf8)
        try pilot.expectRefused(
            ["report", "compliance", "--roles", "controller", "--packs", "packs", "--output", "out.html"], 2,
            naming: "packs/ledger-core", "LED-01")
        #expect(!files.fileExists(atPath: pilot.place.file("out.html")))
    }

    // MARK: The other reports

    @Test func tellsWhereAModelComesFrom() throws {
        let pilot = Pilot()
        let outcome = report(pilot, "provenance", "round-1", "--output", "out.html", "--output", "out.csv")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("which is served now."))
        #expect(outcome.output.contains("alder") && outcome.output.contains("weight 3"))
        #expect(
            outcome.output.contains(
                "base sentence-transformers/all-MiniLM-L6-v2 \(Organisations.baseDigest.prefix(16))"))
        try pilot.place.done("model", "export", "round-1", "exported")
        let byFile = report(pilot, "provenance", "exported")
        #expect(byFile.output.hasPrefix("exported is the model "))
    }

    @Test func namesADeletionThatIsOverdueAndWhatItWaitsFor() throws {
        let outcome = report(Self.late, "deletion", "--json")
        #expect(outcome.status == 1)
        let data = try json(outcome.output)
        #expect(data["state"] as? String == "requested")
        #expect((data["waitsFor"] as? [[String: Any]])?.isEmpty == false)
        #expect(outcome.errors.contains("waits for alder"))
    }

    @Test func saysWhatNobodyRecordedOfProcessing() throws {
        let outcome = report(Pilot(), "processing", "--json")
        #expect(outcome.status == 1)
        let activities = try #require(try json(outcome.output)["activities"] as? [[String: Any]])
        #expect(activities.compactMap { $0["controller"] as? String } == ["alder", "birch", "hub"])
        #expect(outcome.errors.contains("purposes"))
    }

    @Test func writesNothingToTheLedger() throws {
        let pilot = Self.late.copy()
        let before = try pilot.state()
        for arguments in [
            ["compliance", "--roles", "controller"], ["provenance", "round-1"], ["deletion"], ["processing"],
        ] {
            _ = pilot.place.lethe(["report"] + arguments, environment: Self.now)
        }
        #expect(try pilot.state() == before)
    }
}
