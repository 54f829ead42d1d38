import Bytes
import ChainViews
import ConsortiumFixture
import Events
import MerkleLog
import Proofs
import Signing
import Testing

/// Certificates that hold, and what they then say.
@Suite struct CertificateTests {
    private func verify(_ scenario: CertificateScenario, cores: Int = 1) throws -> CertificateVerdict {
        try CertificateVerifier(policy: CertificateScenario.policy(), cores: cores).verify(
            scenario.bundle().bytes)
    }

    @Test func anExactDeletionGivesACertificateOfGradeA3() throws {
        let verdict = try verify(.isolated())
        #expect(verdict.content.grade == .replayed && verdict.content.kind == .certificate)
        #expect(verdict.content.excluded.map(\.member) == [Skies.united, Skies.united])
        #expect(
            verdict.content.models.map(\.contributions).map { $0.map(\.member) } == [
                [Skies.virgin, Skies.swiss], [Skies.virgin],
            ])
        #expect(verdict.content.descendants.isEmpty)
        #expect(verdict.signers == [Skies.delta])
        #expect(verdict.firstLine == "deletion certificate for del-1, grade A3, signed by delta")
    }

    @Test func aSecondOrganisationMakesItA4() throws {
        let verdict = try verify(.attested())
        #expect(verdict.content.grade == .replayedTwice)
        #expect(verdict.content.models.map(\.attestedBy) == [[Skies.air], [Skies.air]])
        #expect(verdict.findings.count { $0.source == "model-attested" } == 2)
    }

    @Test func oneModelThatNobodyConfirmedMakesItA3() throws {
        var scenario = try CertificateScenario.isolated()
        try scenario.skies.attest(scenario.skies.view.currentModel(of: RoundID("r1")!)!.model, by: Skies.air)
        #expect(try verify(scenario).content.grade == .replayed)
    }

    @Test func aWithdrawnModelGivesAStatementOfStatusOfGradeA2() throws {
        let verdict = try verify(.feedback())
        #expect(verdict.content.grade == .destroyed && verdict.content.kind == .statusStatement)
        #expect(verdict.content.models.map(\.outcome) == [.rematerialized, .withdrawn])
        #expect(verdict.content.descendants.map(\.member) == [Skies.virgin])
        #expect(verdict.firstLine == "statement of status for del-1, grade A2, signed by delta")
        #expect(verdict.findings.contains { $0.word == .proved && $0.statement.contains("still exist") })
    }

    /// A descendant that its own member had deleted since no longer exists; what was not exact does not
    /// become so.
    @Test func aDescendantThatWasExcludedSinceIsNotListed() throws {
        var scenario = try CertificateScenario.feedback()
        try scenario.skies.delete(Skies.virgin, "del-2")
        let verdict = try verify(scenario)
        #expect(verdict.content.descendants.isEmpty)
        #expect(verdict.content.kind == .statusStatement)
    }

    /// Whoever operates the chain decides what is appended to it, so its word alone is said to be that.
    @Test func theFirstLineSaysWhereTheOperatorAloneSigned() throws {
        var scenario = try CertificateScenario.isolated()
        scenario.issuer = Skies.air
        var verdict = try verify(scenario)
        #expect(verdict.isSignedByOperatorAlone)
        #expect(
            verdict.firstLine
                == "signed by the chain's operator alone, air: deletion certificate for del-1, grade A3")
        scenario.cosigners = [Skies.united]
        verdict = try verify(scenario)
        #expect(!verdict.isSignedByOperatorAlone && verdict.signers == [Skies.air, Skies.united])
    }

    @Test func whatIsNotClaimedIsNeverEmpty() throws {
        for scenario in [try CertificateScenario.isolated(), try .attested(), try .feedback()] {
            let findings = try verify(scenario).findings
            #expect(findings.contains { $0.word == .notClaimed })
            #expect(!findings.contains { $0.word == .reproduced }, "nothing was computed again")
        }
    }

    /// united's key turns out to have been in other hands when it attested its erasure.
    @Test func whatADisputedKeySignedIsSaidFirst() throws {
        var scenario = try CertificateScenario.isolated()
        let added = KeyAdded(
            key: Skies.keyBytes(Skies.united, "event", 1), member: Skies.united, purpose: .event)
        try scenario.skies.say(
            .keyAdded(added), by: Skies.united, keys: [Skies.key(Skies.united, "event", 1)])
        let last = try #require(scenario.skies.view.plans.rows.first { _ in true }?.value.erasures.last)
        let place = try #require(scenario.skies.entries.firstIndex { EventHash(envelope: $0) == last.event })
        let revoked = KeyRevoked(
            goodSize: Count(place)!, key: Skies.keyBytes(Skies.united).keyID, member: Skies.united,
            reason: .compromised)
        try scenario.skies.say(.keyRevoked(revoked), by: Skies.united)
        let findings = try verify(scenario).findings
        #expect(
            findings[0].word == .notClaimed && findings[0].statement.contains("erasure-attested, is disputed")
        )
        #expect(findings.count { $0.statement.contains("is disputed") } == 1)
    }

    // MARK: What the chain records later

    /// The bundle, and a later one of the same chain in which the documents with these digests were recorded in turn.
    private func followed(
        _ documents: [(CertificateBundle) throws -> ArtifactDigest]
    ) throws -> (CertificateVerifier, CertificateVerdict, CertificateBundle, LaterChain) {
        var scenario = try CertificateScenario.isolated()
        let bundle = try scenario.bundle()
        var last: ArtifactDigest?
        for document in documents {
            let event = DeletionCertified(
                certificate: try document(bundle), deletion: scenario.deletion, kind: .certificate, supersedes: last)
            try scenario.skies.say(.deletionCertified(event), by: Skies.delta)
            last = event.certificate
        }
        let verifier = CertificateVerifier(policy: CertificateScenario.policy())
        return (verifier, try verifier.verify(bundle), bundle, LaterChain(try scenario.bundle()))
    }

    private func statement(of bundle: CertificateBundle) throws -> ArtifactDigest {
        .sha256(try Envelope(parsing: bundle.certificate.bytes).payload)
    }

    /// Superseded by a corrected one, and then recorded again as if that had never been: it is not the third document.
    @Test func aSupersededDocumentDoesNotComeBack() throws {
        let once = try followed([statement])
        let verdict = try once.0.follow(once.1, once.2, to: once.3)
        #expect(verdict.supersededBy == nil)
        let twice = try followed([statement, { _ in digest("corrected") }])
        #expect(try twice.0.follow(twice.1, twice.2, to: twice.3).supersededBy == digest("corrected"))
        let again = try followed([statement, { _ in digest("corrected") }, statement])
        let error = #expect(throws: CertificateFailure.self) { try again.0.follow(again.1, again.2, to: again.3) }
        #expect(error.map { "\($0)".contains("as number 3 of its deletion; it says it is number 1") } == true)
    }

    /// Two cohorts of one round have a model each: what is computed again of one is not said of the other.
    @Test func theModelsOfTwoCohortsAreToldApart() throws {
        var skies = Skies.founded()
        try skies.openRound("r1", .cohort)
        for member in [Skies.delta, Skies.united, Skies.swiss, Skies.virgin] { try skies.commit(member, to: "r1") }
        try skies.close("r1")
        for cohort in Skies.cohorts { try skies.materialize("r1", cohort: cohort.name) }
        for (id, member) in [("del-1", Skies.united), ("del-2", Skies.virgin)] { try skies.accept(id, of: member) }
        let plan = try skies.start("del-1", "del-2")
        try skies.dispose(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        for id in ["del-1", "del-2"] { try skies.complete(id, plan) }
        var verdict = try verify(CertificateScenario(skies: skies))
        #expect(verdict.content.models.map { $0.cohort?.text } == ["east", "west"])
        let subjects = Set(CertificateStatement(verdict.content).subject.map(\.name))
        #expect(subjects.count == 6, "each subject has its name")
        verdict.markReproduced(verdict.content.models[0], source: "merged again")
        #expect(verdict.findings.filter { $0.round != nil }.map(\.word) == [.reproduced, .attested])
    }

    /// A plan that carries out two deletions excludes contributions of both members: neither certificate calls all its own.
    @Test func saysWhoseContributionsAreExcluded() throws {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin, Skies.swiss])
        for (id, member) in [("del-1", Skies.united), ("del-2", Skies.virgin)] { try skies.accept(id, of: member) }
        let plan = try skies.start("del-1", "del-2")
        try skies.dispose(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        for id in ["del-1", "del-2"] { try skies.complete(id, plan) }
        let said = try verify(CertificateScenario(skies: skies)).findings.map(\.statement)
        #expect(said.contains { $0.hasPrefix("2 contribution(s) are excluded") })
        #expect(said.contains("one plan carries out del-1, del-2 together"))
    }

    /// Which shards the records were in is the word of their member, and so is that a run was without them.
    @Test func saysOfRecordsWhoseWordItIs() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        let old = try skies.commit(Skies.united, to: "r1", shards: [0, 1])
        try skies.commit(Skies.virgin, to: "r1", shards: [0])
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0, 7], emptied: [7])
        let plan = try skies.start("del-1")
        try skies.dispose(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        try skies.complete("del-1", plan)
        let verdict = try verify(CertificateScenario(skies: skies))
        #expect(verdict.content.kind == .certificate && verdict.content.excluded.map(\.event) == [old])
        let touched = verdict.findings.first {
            $0.statement.hasPrefix("united says that the records were in 2 shard(s)")
        }
        #expect(touched?.word == .attested && touched?.statement.hasSuffix("nothing is left in 1 of them") == true)
        let unknown = verdict.findings.first { $0.statement.hasPrefix("Which shards the records were in") }
        #expect(unknown?.word == .notClaimed)
        #expect(verdict.content.outOfScope.contains { $0.hasPrefix("Which shards the records were in") })
    }

    /// Somebody outside was given the model, and nobody says that it was told.
    @Test func aRecipientThatWasNotToldIsNotClaimed() throws {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        try skies.say(.handoverRecorded(skies.handedOver("r1")), by: Skies.swiss)
        try skies.delete(Skies.united, "del-1")
        #expect(
            skies.view.plans.rows.first { _ in true }!.value.holders.contains(Skies.swiss), "it had what it gave away")
        let untold = try verify(CertificateScenario(skies: skies)).findings.filter { $0.source == "handover-recorded" }
        #expect(untold.map(\.word) == [.notClaimed] && untold[0].statement.contains(Skies.customer.text))
    }

    /// What is given away while a plan is carried out, or afterwards, is out there as well; a notice from before is none of it.
    @Test func aRecipientIsToBeToldOfWhatItGotAfterThePlanWasStarted() throws {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        let first = skies.handedOver("r1")
        func untold() throws -> [CertificateFinding] {
            try verify(CertificateScenario(skies: skies)).findings.filter { $0.source == "handover-recorded" }
        }
        func given(_ id: String) -> Event {
            var event = first
            event.handover = HandoverID(id)!
            return .handoverRecorded(event)
        }
        try skies.accept("del-1", of: Skies.united)
        let plan = try skies.start("del-1")
        try skies.say(given("dis-1"), by: Skies.swiss)
        try skies.dispose(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        try skies.complete("del-1", plan)
        #expect(try untold().map(\.word) == [.notClaimed, .notClaimed])
        #expect(try untold()[1].statement.hasPrefix("that swiss erased its copy"))

        let notice = RecipientNotified(
            deletion: DeletionID("del-1")!, outcome: .notified, recipient: Skies.customer)
        try skies.say(.recipientNotified(notice), by: Skies.swiss)
        #expect(try untold().count == 1, "it was told; who gave it away is still no holder")
        #expect(throws: AdmissionError.self) { try skies.say(.recipientNotified(notice), by: Skies.swiss) }
        try skies.say(given("dis-2"), by: Skies.swiss)
        let content = try verify(CertificateScenario(skies: skies)).content
        #expect(content.untold.map(\.recipient) == [Skies.customer])
        try skies.say(.recipientNotified(notice), by: Skies.swiss)
        #expect(try verify(CertificateScenario(skies: skies)).content.untold.isEmpty)
    }

    /// No replay is implied where there was nothing to replay.
    @Test func theDeletionOfAMemberWithoutContributionsSaysThatThereWasNothing() throws {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united])
        try skies.delete(Skies.virgin, "del-1")
        let verdict = try verify(CertificateScenario(skies: skies))
        #expect(verdict.content.kind == .certificate && verdict.content.grade == .destroyed)
        #expect(
            verdict.firstLine.contains("grade A2 (nothing of what was to go was in a model)"), "\(verdict.firstLine)")
        #expect(
            verdict.content.limits[0].hasPrefix("No contribution that counted on the chain rested on what was to go"))
    }

    /// A contribution that no model had merged is excluded; nothing was rebuilt for it either.
    @Test func theDeletionOfWhatNoModelMergedImpliesNoReplay() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        try skies.commit(Skies.virgin, to: "r1")
        try skies.delete(Skies.virgin, "del-1")
        let verdict = try verify(CertificateScenario(skies: skies))
        #expect(verdict.content.grade == .destroyed && verdict.content.excluded.count == 1)
        #expect(verdict.content.limits[0].hasPrefix("No model had merged the excluded contributions"))
    }

    @Test func readsBackTheBytesThatItWrote() throws {
        let bytes = try CertificateScenario.feedback().bundle().bytes
        #expect(try CertificateBundle(parsing: bytes).bytes == bytes)
    }

    @Test(arguments: [1, 2, 5]) func theVerdictIsTheSameOnAnyNumberOfThreads(cores: Int) throws {
        let scenario = try CertificateScenario.attested()
        #expect(try verify(scenario, cores: cores).findings == verify(scenario).findings)
    }

    /// Every later checkpoint gives a certificate too: new events do not unsay the deletion.
    @Test func aLaterCheckpointGivesACertificateOfTheSameDeletion() throws {
        var scenario = try CertificateScenario.isolated()
        try scenario.skies.runRound("r3", .isolated, [Skies.virgin])
        let verdict = try verify(scenario)
        #expect(
            verdict.content.grade == .replayed
                && verdict.content.checkpoint.size.value == scenario.skies.entries.count)
    }

    /// The time of issue is the issuer's word: signed again with a later one, it is another certificate of
    /// the same.
    @Test func theTimeOfIssueIsAttestedAndNotProved() throws {
        var scenario = try CertificateScenario.isolated()
        scenario.delay = 400 * 86_400
        let verdict = try verify(scenario)
        #expect(
            verdict.findings.contains { $0.word == .attested && $0.statement.contains("issued by delta") })
    }
}
