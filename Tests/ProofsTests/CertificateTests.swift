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

    @Test func nothingThatWasRebuiltIsNoSecondRebuild() throws {
        var skies = Skies.founded()
        try skies.delete(Skies.united, "del-1")
        #expect(try verify(CertificateScenario(skies: skies)).content.grade == .replayed)
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
        let last = try #require(scenario.skies.view.plans.rows.values.first?.erasures.last)
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
