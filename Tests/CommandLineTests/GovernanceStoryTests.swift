import Foundation
import Testing

/// The data protection officer's days, as typed.
struct GovernanceStoryTests {
    private static func at(_ time: String) -> [String: String] { ["LETHE_NOW": time] }

    @discardableResult
    private func done(_ place: Workplace, _ arguments: [String], at time: String) throws -> String {
        let outcome = place.lethe(arguments, environment: Self.at(time))
        try #require(outcome.status == 0, "\(arguments): \(outcome.output)\(outcome.errors)")
        return outcome.output
    }

    private func request(_ place: Workplace, _ ground: String, received: String) throws -> String {
        let answer = try done(
            place,
            [
                "deletion", "request", "--member", "alder", "--as", "alder", "--ground", ground, "--received", received,
                "--json",
            ],
            at: received)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: String])
        return try #require(object["deletion"])
    }

    private func status(_ place: Workplace, at time: String, _ options: String...) throws -> [[String: Any]] {
        let text = try done(place, ["deletion", "status", "--json"] + options, at: time)
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    }

    /// Received on 31 January 2027, a Sunday: the month ends on Sunday, 28 February, and with grace on Monday, 1 March. In
    /// Berlin the receipt at 23:30 UTC is on 1 February, and the month ends on 1 March.
    @Test func dueDatesFollowTheLawsCalendar() throws {
        let place = Pilot().place
        let id = try request(place, "gdpr-17-1-b", received: "2027-01-31T23:30:00Z")
        let utc = try #require(try status(place, at: "2027-02-10T00:00:00Z").first)
        #expect(utc["deletion"] as? String == id)
        #expect(utc["strictDueAt"] as? String == "2027-02-28T23:59:59Z")
        #expect(utc["gracedDueAt"] as? String == "2027-03-01T23:59:59Z")
        let berlin = try #require(try status(place, at: "2027-02-10T00:00:00Z", "--time-zone", "Europe/Berlin").first)
        #expect(berlin["strictDueAt"] as? String == "2027-03-01T22:59:59Z")
        try Data("# Carnival\n2027-03-01\n".utf8).write(to: URL(fileURLWithPath: place.file("holidays")))
        let holiday = try #require(try status(place, at: "2027-02-10T00:00:00Z", "--holidays", "holidays").first)
        #expect(holiday["gracedDueAt"] as? String == "2027-03-02T23:59:59Z")
        #expect(try #require(try status(place, at: "2027-03-01T23:59:59Z").first)["isOverdue"] as? Bool == false)
        #expect(try #require(try status(place, at: "2027-03-02T00:00:00Z").first)["isOverdue"] as? Bool == true)
        expectRefusal(place.lethe(["deletion", "status", "--time-zone", "Atlantis"]), 64, naming: "Atlantis")
    }

    @Test func anExtensionCountsOnceAndInsideTheFirstMonth() throws {
        let pilot = Pilot()
        let place = pilot.place
        let id = try request(place, "gdpr-17-1-b", received: "2027-01-04T10:00:00Z")
        let extend = ["deletion", "extend", id, "--reason", "complexity", "--as", "alder"]
        let late = place.lethe(extend, environment: Self.at("2027-02-05T00:00:00Z"))
        expectRefusal(late, 1, naming: "2027-02-04T23:59:59Z")
        let beyond = place.lethe(
            extend + ["--until", "2027-04-06T00:00:00Z"], environment: Self.at("2027-01-20T00:00:00Z"))
        expectRefusal(beyond, 1, naming: "2027-04-06T00:00:00Z")
        #expect(try done(place, extend, at: "2027-01-20T00:00:00Z").contains("2027-04-04"))
        let row = try #require(try status(place, at: "2027-03-01T00:00:00Z").first)
        #expect(row["extendedDueAt"] as? String == "2027-04-04T23:59:59Z" && row["isOverdue"] as? Bool == false)
        expectRefusal(place.lethe(extend, environment: Self.at("2027-01-21T00:00:00Z")), 1, naming: id)
        #expect(try done(place, ["deletion", "status"], at: "2027-01-21T00:00:00Z").contains("extended"))
    }

    @Test func aRefusalSaysWhyAndWhoLookedAtIt() throws {
        let place = Pilot().place
        let id = try request(place, "gdpr-17-1-b", received: "2027-01-04T10:00:00Z")
        let refuse = ["deletion", "decide", id, "--decision", "refused", "--as", "alder"]
        expectRefusal(place.lethe(refuse), 64, naming: "--ground")
        expectRefusal(place.lethe(refuse + ["--ground", "gdpr-17-3-b"]), 64, naming: "--reviewer")
        expectRefusal(place.lethe(refuse + ["--ground", "because", "--reviewer", "dpo"]), 64, naming: "because")
        expectRefusal(
            place.lethe(refuse + ["--ground", "ccpa-unverified", "--reviewer", "dpo"]), 1, naming: "ccpa-unverified")
        expectRefusal(
            place.lethe(["deletion", "decide", id, "--ground", "gdpr-17-3-b", "--reviewer", "dpo", "--as", "alder"]),
            64,
            naming: "refusal")
        try place.done(refuse + ["--ground", "gdpr-17-3-b", "--reviewer", "legal"])
        #expect(try place.done("deletion", "status", "--open") == "no open deletions\n")
    }

    @Test func holdsAndIdentityQuestionsStopNoClock() throws {
        let place = Pilot().place
        let id = try request(place, "gdpr-17-1-b", received: "2027-01-04T10:00:00Z")
        let before = try #require(try status(place, at: "2027-01-10T00:00:00Z").first)["gracedDueAt"] as? String
        try done(
            place, ["deletion", "identity", id, "asked", "--doubt", "data-do-not-match", "--as", "alder"],
            at: "2027-01-05T00:00:00Z")
        try done(
            place, ["deletion", "hold", "place", id, "--id", "hold-1", "--as", "alder"], at: "2027-01-05T00:00:00Z")
        #expect(try #require(try status(place, at: "2027-01-10T00:00:00Z").first)["gracedDueAt"] as? String == before)
        let text = try done(place, ["deletion", "status"], at: "2027-01-10T00:00:00Z")
        #expect(text.contains("identity asked") && text.contains("held"))
        let inbox = try done(place, ["inbox", "--as", "alder"], at: "2027-02-10T00:00:00Z")
        #expect(inbox.contains("identity") && inbox.contains("overdue"))
        expectRefusal(
            place.lethe(["deletion", "identity", id, "asked", "--doubt", "contact-unknown", "--as", "alder"]), 1,
            naming: "open")
        try place.done("deletion", "identity", id, "confirmed", "--as", "alder")
        let bodies = try place.done("show", "bodies", "--json")
        let commitment = try #require(bodies.firstMatch(of: /"commitment":"([0-9a-f]{64})"/).map { String($0.1) })
        _ = commitment
        try place.done("deletion", "hold", "release", "hold-1", "--as", "alder")
        expectRefusal(place.lethe(["deletion", "hold", "release", "hold-1", "--as", "alder"]), 1, naming: "hold-1")
        expectRefusal(place.lethe(["deletion", "hold", "place", "--as", "alder"]), 64, naming: "hold")
    }

    /// A body that a hold keeps is not erased; after the release it is.
    @Test func whatAHoldKeepsIsNotErased() throws {
        let place = Pilot().place
        let id = try request(place, "member-left", received: "2027-01-04T10:00:00Z")
        let scope = try place.done("show", "events", "skies.example/alder", "--json")
        let event = try #require(
            scope.matches(of: /"event":"([0-9a-f]{64})","index":\d+,"type":"deletion-scoped"/).last.map { String($0.1) }
        )
        let statement = try place.done("show", "event", event)
        let commitment = try #require(statement.firstMatch(of: /"commitment":"([0-9a-f]{64})"/).map { String($0.1) })
        try place.done(
            "deletion", "hold", "place", id, "--id", "hold-1", "--until", "2999-01-01T00:00:00Z", "--as", "alder")
        expectRefusal(place.lethe(["body", "erase", commitment, "--as", "alder"]), 1, naming: "hold-1")
        try place.done("deletion", "hold", "release", "hold-1", "--as", "alder")
        try place.done("body", "erase", commitment, "--as", "alder")
        #expect(try place.done("check").contains("clean"))
    }

    /// A released and handed over model, a deletion that takes it out of use, and what the hub is asked for.
    @Test func recipientsAreToldAndTheInboxSaysSo() throws {
        let place = Pilot().place
        try place.done(
            "record", "release", "round-1", "--purpose", "care", "--approver", "birch", "--id", "v1", "--as", "hub")
        try place.done(
            "record", "handover", "--artifact", "round-1", "--recipient", "rec-1", "--category", "customer",
            "--country",
            "US", "--as", "hub")
        let id = try request(place, "gdpr-17-1-b", received: "2027-01-04T10:00:00Z")
        let notify = ["record", "notified", id, "--recipient", "rec-1", "--as", "hub"]
        expectRefusal(place.lethe(notify), 1, naming: id)
        #expect(try done(place, ["inbox", "--as", "alder"], at: "2027-01-05T00:00:00Z").contains("decide"))
        try place.done("deletion", "decide", id)
        #expect(try place.done("deletion", "plan").contains("recipients  rec-1"))
        let plan = try place.done("deletion", "plan", "--digest-only").trimmingCharacters(in: .newlines)
        try place.done("deletion", "execute", plan)
        #expect(try place.done("inbox", "--as", "hub").contains("tell the recipient rec-1"))
        #expect(try place.done("deletion", "status").contains("tell the recipient rec-1"))
        try place.done(notify)
        expectRefusal(place.lethe(notify), 1, naming: "rec-1")
        #expect(try place.done("deletion", "status").contains("rec-1: answer to the notice"))
        try place.done("record", "acknowledged", id, "--recipient", "rec-1", "--result", "deleted", "--as", "hub")
        #expect(try !place.done("deletion", "status").contains("rec-1"))
        #expect(try place.done("check").contains("clean"))
    }

    @Test func documentsAreKeptBehindACommitmentAndSignedByTheirParties() throws {
        let place = Pilot().place
        try Data("canary of an agreement".utf8).write(to: URL(fileURLWithPath: place.file("joint.pdf")))
        let agreement = [
            "record", "document", "joint.pdf", "--kind", "agreement-joint-controllers", "--party", "birch", "--id",
            "doc-1", "--as", "alder",
        ]
        expectRefusal(place.lethe(agreement), 1, naming: "birch")
        try place.done(agreement + ["--with", "birch"])
        try place.done(agreement + ["--with", "birch", "--until", "2999-01-01T00:00:00Z"])
        expectRefusal(
            place.lethe(["record", "document", "joint.pdf", "--kind", "dpia", "--as", "alder"]), 1,
            naming: "residualRisk")
        expectRefusal(
            place.lethe(["record", "document", "joint.pdf", "--kind", "memo", "--as", "alder"]), 64, naming: "memo")
        try place.done("chain", "export", "skies.example/public", "--output", "public.chain")
        let exported = String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: place.file("public.chain"))), as: UTF8.self)
        #expect(
            !exported.contains("canary") && !exported.contains(Data("canary of".utf8).base64EncodedString().prefix(8)))
        #expect(try place.done("check").contains("clean"))
        try place.done(
            "record", "document", "joint.pdf", "--kind", "agreement-processor", "--party", "birch", "--as", "alder",
            "--draft", "draft.json")
        try place.done("sign", "draft.json", "--as", "birch")
        try place.done("append", "draft.json")
    }

    @Test func privateRecordsGoToThePrivateChain() throws {
        let place = Pilot().place
        let canary = "canary <script>alert(1)</script> '; DROP TABLE events; --"
        try place.done(
            "record", "dataset", "ds-1", "--source", "data-subjects", "--licence", "own", "--purpose", "care",
            "--basis",
            "gdpr-6-1-a", "--topic", "minimisation", "--text", canary, "--as", "alder")
        try place.done(
            "record", "consent", "con-1", "--dataset", "ds-1", "--channel", "web", "--text", canary, "--as", "alder")
        try place.done(
            "record", "withdrawal", "con-1", "--channel", "web", "--received", "2027-01-01T00:00:00Z", "--as", "alder")
        try place.done("record", "restriction", "res-1", "--dataset", "ds-1", "--text", canary, "--as", "alder")
        let incident = try done(
            place,
            [
                "record", "incident", "inc-1", "--kind", "personal-data-breach", "--aware", "2027-01-01T00:00:00Z",
                "--text", canary, "--as", "alder",
            ],
            at: "2027-01-01T01:00:00Z")
        #expect(incident.contains("inc-1"))
        #expect(try done(place, ["inbox", "--as", "alder"], at: "2027-01-05T00:00:00Z").contains("tell the authority"))
        try place.done(
            "record", "incident-step", "inc-1", "--step", "authority-notified", "--at", "2027-01-02T00:00:00Z",
            "--text", canary, "--as", "alder")
        try place.done(
            "record", "incident-step", "inc-1", "--step", "closed", "--at", "2027-01-03T00:00:00Z", "--text", canary,
            "--as", "alder")
        #expect(try !done(place, ["inbox", "--as", "alder"], at: "2027-01-05T00:00:00Z").contains("inc-1"))
        expectRefusal(
            place.lethe(["record", "dataset", "ds-1", "--source", "data-subjects", "--licence", "own", "--as", "alder"]
            ), 64, naming: "--text")
        expectRefusal(
            place.lethe([
                "record", "consent", "con-2", "--dataset", "ds-9", "--channel", "web", "--text", "x", "--as", "alder",
            ]), 1, naming: "ds-9")
        try place.done("chain", "export", "skies.example/public", "--output", "public.chain")
        let exported = String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: place.file("public.chain"))), as: UTF8.self)
        #expect(!exported.contains("con-1") && !exported.contains("ds-1"))
        #expect(try place.done("check").contains("clean"))
    }

    /// A person asks who received the data: the inbox says so until a notice does, and the control counts the month.
    @Test func aQuestionAboutRecipientsIsOwedUntilANoticeAnswersIt() throws {
        let place = Pilot().place
        let id = try request(place, "gdpr-17-1-b", received: "2027-01-04T09:00:00Z")
        try done(
            place,
            [
                "record", "question", id, "--received", "2027-01-05T09:00:00Z", "--channel", "email", "--text",
                "To whom?", "--as", "alder",
            ],
            at: "2027-01-05T10:00:00Z")
        #expect(
            try done(place, ["inbox", "--as", "alder"], at: "2027-01-06T00:00:00Z").contains(
                "tell the person who received the data"))
        let report = [
            "report", "compliance", "--roles", "controller", "--pack", "gdpr-erasure", "--as", "alder", "--packs",
            Places.package + "/policies",
        ]
        #expect(place.lethe(report, environment: Self.at("2027-02-06T00:00:00Z")).output.contains("fail: GDPR-19-2"))
        try done(
            place,
            [
                "record", "notice", id, "--kind", "recipients", "--contents", "recipients", "--sent",
                "2027-02-05T12:00:00Z",
                "--channel", "email", "--text", "Nobody.", "--as", "alder",
            ], at: "2027-02-05T13:00:00Z")
        #expect(
            try !done(place, ["inbox", "--as", "alder"], at: "2027-02-06T00:00:00Z").contains("who received the data"))
        #expect(!place.lethe(report, environment: Self.at("2027-02-06T00:00:00Z")).output.contains("fail: GDPR-19-2"))
        expectRefusal(
            place.lethe([
                "record", "question", id, "--received", "2027-01-03T09:00:00Z", "--channel", "email", "--text", "x",
                "--as", "alder",
            ]),
            1, naming: "before the request")
    }

    /// Markup and SQL in ids are refused where names are read.
    @Test(arguments: ["<b>x</b>", "x'; DROP TABLE events; --", "x\" onload=\"alert(1)", "../x", "x y"])
    func refusesMarkupAndSQLInIds(text: String) throws {
        let place = Pilot().place
        for arguments in [
            ["record", "release", "round-1", "--purpose", text, "--approver", "birch", "--as", "hub"],
            [
                "record", "handover", "--artifact", "round-1", "--recipient", text, "--category", "customer",
                "--country", "DE", "--as", "hub",
            ],
            [
                "record", "waiver", text, "--expires", "2999-01-01T00:00:00Z", "--reason", "accepted-risk",
                "--approver", "birch", "--as", "hub",
            ],
            ["record", "dataset", text, "--source", "synthetic", "--licence", "own", "--text", "x", "--as", "alder"],
            ["deletion", "hold", "place", "--dataset", text, "--as", "alder"],
        ] { expectRefusal(place.lethe(arguments), 64) }
    }

    @Test func suspendedMembersOweOnAndDoNotAct() throws {
        let place = Pilot().place
        let suspend = ["record", "suspension", "birch", "--reason", "under-review", "--as", "hub"]
        expectRefusal(place.lethe(suspend), 1, naming: "signed by 1")
        try place.done(suspend + ["--with", "alder"])
        SmallAdapter(seed: 9).write(to: place.file("round-2/birch"))
        expectRefusal(
            place.lethe(["adapter", "commit", "round-2/birch", "--round", "round-2", "--samples", "3", "--as", "birch"]
            ), 1, naming: "birch")
        try place.done(
            "record", "suspension", "birch", "--reason", "resolved", "--reinstate", "--as", "hub", "--with", "alder")
        try place.done("adapter", "commit", "round-2/birch", "--round", "round-2", "--samples", "3", "--as", "birch")
    }
}
