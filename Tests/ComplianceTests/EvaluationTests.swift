import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import Testing

@testable import Compliance

/// Which word a control gets, over histories that a consortium really made.
@Suite struct EvaluationTests {
    static let controller: Set<PartyRole> = [.controller, .gpaiProvider]

    static func evaluation(_ history: History, after days: Int = 0, roles: Set<PartyRole> = controller)
        -> Evaluation
    {
        Evaluation(asOf: Timestamp(seconds: history.consortium.clock + days * 86_400)!, roles: roles)
    }

    /// Each control's result, by its id.
    static func results(
        _ history: History, _ packs: [String], _ evaluation: Evaluation, inputs: ControlInputs? = nil,
        isPrivate: Bool = false
    ) throws -> [String: ControlResult] {
        let result = try evaluate(history, packs, evaluation, inputs: inputs, isPrivate: isPrivate)
        return Dictionary(
            uniqueKeysWithValues: result.packs.flatMap(\.controls).map { ($0.control.text, $0) })
    }

    static func evaluate(
        _ history: History, _ packs: [String], _ evaluation: Evaluation, inputs: ControlInputs? = nil,
        isPrivate: Bool = false, cores: Int = 1
    ) throws -> ComplianceResult {
        let loaded = try packs.map(PolicyTests.pack)
        return try history.withDatabase(inputs, isPrivate: isPrivate) {
            try evaluation.evaluate(loaded, on: $0, cores: cores)
        }
    }

    // MARK: Histories

    @Test func aHistoryInGoodOrderPassesWhatItCanAnswer() throws {
        let history = try History.withDeletion(isDocumented: true)
        let inputs = try history.inputs { inputs in
            inputs.selfTests = try PolicyTests.packNames.flatMap {
                SelfTest.results(of: try PolicyTests.pack($0))
            }
        }
        let result = try Self.evaluate(
            history, PolicyTests.packNames, Self.evaluation(history), inputs: inputs)
        let words = Dictionary(
            uniqueKeysWithValues: result.packs.flatMap(\.controls).map { ($0.control.text, $0) })
        for (control, found) in words.sorted(by: { $0.key < $1.key }) {
            #expect([.pass, .notApplicable, .notEvaluated].contains(found.word), "\(control): \(found)")
        }
        for control in [
            "LED-01", "LED-02", "LED-03", "LED-04", "LED-05", "LED-06", "LED-07", "LED-10", "LED-11",
            "GDPR-12-3a", "GDPR-17-1a", "GDPR-17-1b", "GDPR-17-1c", "GDPR-25-1", "EDPB-BC-54", "GDPR-5-2",
            "GDPR-32-1d", "GDPR-26-1", "GDPR-35-1", "EDPB-AI-129", "EDPB-CEF-1",
        ] {
            #expect(words[control]?.word == .pass, "\(control): \(words[control]?.explanation ?? "")")
        }
        #expect(words["LED-09"]?.word == .notApplicable)
        #expect(words["EDPB-BC-R13-M"]?.word == .notEvaluated)
        #expect(result.overall == .notEvaluated)
        #expect(result.counts.values.reduce(0, +) == words.count)
    }

    @Test func theSameInputGivesTheSameBytes() throws {
        let history = try History.withDeletion()
        let encode = { cores in
            CanonicalJSON.encode(
                try Self.evaluate(history, PolicyTests.packNames, Self.evaluation(history), cores: cores))
        }
        let bytes = try encode(1)
        for cores in [1, 3] { #expect(try encode(cores) == bytes) }
        let read = try CanonicalJSON.decode(ComplianceResult.self, from: bytes)
        #expect(CanonicalJSON.encode(read) == bytes)
    }

    @Test func anUnansweredRequestIsLateTheSecondAfterItsLimit() throws {
        var history = try History.withModel()
        try history.request("d1", of: SampleConsortium.virgin, .gdpr171b)
        var evaluation = Self.evaluation(history)
        evaluation.asOf = Timestamp("2026-12-18T23:59:59Z")!
        #expect(try Self.results(history, ["gdpr-erasure"], evaluation)["GDPR-12-3a"]?.word == .pass)
        evaluation.asOf = Timestamp("2026-12-19T00:00:00Z")!
        let late = try Self.results(history, ["gdpr-erasure"], evaluation)["GDPR-12-3a"]
        #expect(late?.word == .fail)
        #expect(late?.violations.map(\.violation.subject) == ["d1"])
        #expect(
            late?.violations.first?.violation.reason
                == "not answered by 2026-12-18T23:59:59Z, and no extension is recorded")
    }

    /// Under the other law the same request has 45 days.
    @Test func theGroundDecidesWhichLawApplies() throws {
        var history = try History.withModel()
        try history.request("d1", of: SampleConsortium.virgin, .ccpa1798105)
        var evaluation = Self.evaluation(history, roles: [.controller, .business])
        for (time, word) in [("2027-01-02T23:59:59Z", ResultWord.pass), ("2027-01-03T00:00:00Z", .fail)] {
            evaluation.asOf = Timestamp(time)!
            let found = try Self.results(history, ["gdpr-erasure", "us-ccpa-hipaa"], evaluation)
            #expect(found["GDPR-12-3a"]?.word == .notApplicable)
            #expect(found["CCPA-7021b"]?.word == word)
        }
    }

    /// A contribution that was trained on a model with the deleted one in it: the plan withdraws its model
    /// and leaves it out, but it still exists, and the control says so.
    @Test func whatWasTrainedOnADeletedContributionIsNamed() throws {
        var history = try History.withModel()
        let model = history.consortium.view.currentModel(of: RoundID("r1")!)!
        try history.consortium.openRound("r2", .feedback)
        try history.consortium.commit(SampleConsortium.united, to: "r2", parents: [model.model])
        try history.consortium.close("r2")
        try history.consortium.materialize("r2")
        try history.request("d1", of: SampleConsortium.virgin, .gdpr171b)
        try history.carryOut("d1")
        let found = try Self.results(history, ["gdpr-erasure"], Self.evaluation(history))["GDPR-17-1b"]
        #expect(found?.word == .fail)
        #expect(
            found?.violations.map(\.violation.reason) == [
                "the contribution of united to r2 was trained on what was deleted, is left out of later models and still exists"
            ])
    }

    @Test func twoHistoriesAndARefusedEntryAreFound() throws {
        let history = try History.withModel()
        let inputs = history.inputs { inputs in
            inputs.checkpoints.append(history.checkpoint(root: "other", extends: false))
            inputs.refusals = [
                RefusedEntry(chain: SampleConsortium.origin, index: 99, event: nil, reason: "a bad signature")
            ]
        }
        let found = try Self.results(history, ["ledger-core"], Self.evaluation(history), inputs: inputs)
        #expect(found["LED-04"]?.word == .fail)
        #expect(found["LED-04"]?.violations.count == 2)
        #expect(found["LED-06"]?.violations.map(\.violation.reason) == ["refused: a bad signature"])
    }

    @Test func withoutCheckpointsNothingIsProvenInTime() throws {
        let history = try History.withModel()
        let inputs = history.inputs { $0.checkpoints = [] }
        let found = try Self.results(
            history, ["ledger-core", "gdpr-governance"], Self.evaluation(history, after: 2), inputs: inputs)
        #expect(found["LED-03"]?.word == .fail)
        #expect(found["LED-03"]?.violations.count == history.consortium.view.size)
        #expect(found["LED-04"]?.word == .notApplicable)
        #expect(found["GDPR-32-1d"]?.word == .fail)
    }

    /// The body of a request outlives its deletion by the days that the pack allows, and no more.
    @Test func thePrivateSideOfADeletionHasToGo() throws {
        let history = try History.withDeletion()
        let ask = { (days: Int, isPrivate: Bool) in
            try Self.results(
                history, ["gdpr-erasure"], Self.evaluation(history, after: days), isPrivate: isPrivate)[
                    "EDPB-BC-103"]
        }
        #expect(try ask(29, true)?.word == .pass)
        #expect(try ask(31, true)?.word == .fail)
        #expect(try ask(31, false)?.word == .notApplicable)
    }

    // MARK: Words

    @Test func aPackThatDoesNotApplyYetCanBeLookedAheadTo() throws {
        let history = try History.withDeletion()
        var evaluation = Self.evaluation(history, roles: [.highRiskProvider])
        let now = try Self.evaluate(history, ["ai-act-high-risk"], evaluation)
        #expect(now.overall == .notApplicable)
        // Article 4a is in force before the rest.
        let later = now.packs[0].controls.filter { $0.control.text != "AIA-4a" }
        #expect(later.count > 10)
        #expect(later.allSatisfy { $0.explanation == "applies from 2027-12-02" })
        evaluation.asOf = Timestamp("2027-12-02T00:00:00Z")!
        let ahead = try Self.results(history, ["ai-act-high-risk"], evaluation)["AIA-12-1"]
        #expect(ahead?.word == .fail)
        #expect(ahead?.violations.first?.violation.reason.contains("nothing was recorded since") == true)
    }

    @Test func aControlForOtherRolesDoesNotApply() throws {
        let history = try History.withDeletion()
        let found = try Self.results(
            history, ["gdpr-erasure", "ledger-core"], Self.evaluation(history, roles: [.deployer]))
        #expect(found["GDPR-17-1a"]?.word == .notApplicable)
        #expect(found["GDPR-17-1a"]?.explanation == "for the roles controller, joint controller, processor")
        #expect(found["LED-01"]?.word == .pass)
    }

    private static func waiver(
        _ change: (inout Waiver) -> Void = { _ in }
    ) -> Waiver {
        var waiver = Waiver(
            waiver: "w1", control: "GDPR-12-3a", subject: "d1", owner: "dpo", approver: "board",
            reason: "the person was ill", grantedAt: Timestamp("2026-12-01T00:00:00Z")!,
            expiresAt: Timestamp("2027-03-01T00:00:00Z")!)
        change(&waiver)
        return waiver
    }

    @Test func aValidWaiverTurnsAFailIntoWaivedAndStillShowsIt() throws {
        var history = try History.withModel()
        try history.request("d1", of: SampleConsortium.virgin, .gdpr171b)
        var evaluation = Self.evaluation(history)
        evaluation.asOf = Timestamp("2027-01-01T00:00:00Z")!
        evaluation.waivers = [Self.waiver()]
        let found = try Self.results(history, ["gdpr-erasure"], evaluation)["GDPR-12-3a"]
        #expect(found?.word == .waived)
        #expect(found?.violations.map(\.waiver) == ["w1"])
    }

    /// Approved by the owner, of the waiver or of the control; ended; not begun; endless; of something else;
    /// for no reason.
    @Test(arguments: 0..<8)
    func anInvalidWaiverChangesNothing(number: Int) throws {
        let changes: [(inout Waiver) -> Void] = [
            { $0.approver = "dpo" },
            {
                $0.owner = "other"; $0.approver = "dpo"
            }, { $0.expiresAt = Timestamp("2026-12-31T23:59:59Z")! },
            { $0.grantedAt = Timestamp("2027-01-01T00:00:01Z")! }, { $0.expiresAt = nil },
            { $0.subject = "d2" },
            { $0.control = "GDPR-17-1a" }, { $0.reason = "" },
        ]
        var history = try History.withModel()
        try history.request("d1", of: SampleConsortium.virgin, .gdpr171b)
        var evaluation = Self.evaluation(history)
        evaluation.asOf = Timestamp("2027-01-01T00:00:00Z")!
        evaluation.waivers = [Self.waiver(changes[number])]
        #expect(try Self.results(history, ["gdpr-erasure"], evaluation)["GDPR-12-3a"]?.word == .fail)
    }

    /// One violation that nobody answers for is enough.
    @Test func aWaiverForOneOfTwoIsNotEnough() throws {
        var history = try History.withModel()
        try history.request("d1", of: SampleConsortium.virgin, .gdpr171b)
        try history.request("d2", of: SampleConsortium.united, .gdpr171b)
        var evaluation = Self.evaluation(history)
        evaluation.asOf = Timestamp("2027-01-01T00:00:00Z")!
        evaluation.waivers = [Self.waiver()]
        let found = try Self.results(history, ["gdpr-erasure"], evaluation)["GDPR-12-3a"]
        #expect(found?.word == .fail)
        #expect(found?.violations.map(\.waiver) == ["w1", nil])
    }

    /// Rows that were cut off may hold one that no waiver covers.
    @Test func aTruncatedListIsNeverWaived() throws {
        var history = try History.withModel()
        try history.request("d1", of: SampleConsortium.virgin, .gdpr171b)
        try history.request("d2", of: SampleConsortium.united, .gdpr171b)
        var evaluation = Self.evaluation(history)
        evaluation.asOf = Timestamp("2027-01-01T00:00:00Z")!
        evaluation.waivers = [Self.waiver()]
        evaluation.limits.rows = 1
        let found = try Self.results(history, ["gdpr-erasure"], evaluation)["GDPR-12-3a"]
        #expect(found?.isTruncated == true)
        #expect(found?.violations.map(\.waiver) == ["w1"])
        #expect(found?.word == .fail)
    }

    @Test func aJudgementDecidesWhatTheQueryCannotSee() throws {
        let history = try History.withDeletion(isDocumented: true)
        let answer = { (isMet: Bool, until: String) in
            Judgement(
                control: "EDPB-BC-R13-M", isMet: isMet, answeredBy: "security",
                answeredAt: Timestamp("2026-11-01T00:00:00Z")!, expiresAt: Timestamp(until)!)
        }
        var evaluation = Self.evaluation(history)
        let word = { try Self.results(history, ["gdpr-governance"], evaluation)["EDPB-BC-R13-M"]?.word }
        #expect(try word() == .notEvaluated)
        evaluation.judgements = [answer(true, "2028-01-01T00:00:00Z")]
        #expect(try word() == .pass)
        evaluation.judgements = [answer(true, "2026-11-02T00:00:00Z")]
        #expect(try word() == .notEvaluated)
        evaluation.judgements = [answer(false, "2028-01-01T00:00:00Z")]
        #expect(try word() == .fail)
    }

    @Test func theWorstWordWins() {
        #expect(ResultWord.worst([.pass, .notApplicable]) == .pass)
        #expect(ResultWord.worst([.pass, .waived, .notEvaluated]) == .notEvaluated)
        #expect(ResultWord.worst([.notEvaluated, .fail]) == .fail)
        #expect(ResultWord.worst([.fail, .error]) == .error)
        #expect(ResultWord.worst([.notApplicable, .notApplicable]) == .notApplicable)
        #expect(ResultWord.worst([]) == .notApplicable)
    }

    /// A control that does not tell its own fixtures apart gives an error over a history that it would have
    /// passed.
    @Test func aControlThatFailsItsOwnTestIsAnError() throws {
        var files = try PackLoadingTests.files()
        files["TST-1/violations.sql"] = Array(
            """
            SELECT member AS subject, 'wrong' AS reason, NULL AS since, NULL AS event_id FROM member_roles WHERE role = :role || 's' ORDER BY member
            """.utf8)
        let pack = try Pack(PackFiles(files))
        #expect(SelfTest.results(of: pack).map(\.isExpected) == [true, false])
        let history = try History.withModel()
        let result = try history.withDatabase { try Self.evaluation(history).evaluate([pack], on: $0) }
        #expect(result.overall == .error)
        #expect(result.packs[0].controls[0].explanation?.contains("its fixture fail.jsonl") == true)
    }

    @Test func everyResultCarriesTheDigestsOfWhatWasAsked() throws {
        let history = try History.withModel()
        let pack = try PolicyTests.pack("ledger-core")
        let found = try Self.results(history, ["ledger-core"], Self.evaluation(history))["LED-01"]
        #expect(found?.packDigest == pack.digest)
        let text = try Project.text(of: "policies/ledger-core/LED-01/violations.sql")
        #expect(found?.queryDigest == .sha256(Array(text.utf8)))
    }
}
