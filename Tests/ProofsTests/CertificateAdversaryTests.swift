import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import MerkleLog
import Signing
import Testing

@testable import Proofs

/// What somebody with an operator's, a member's or a stranger's key may try, and the step that refuses it.
@Suite struct CertificateAdversaryTests {
    private let scenario: CertificateScenario
    private let bundle: CertificateBundle

    init() throws {
        scenario = try .isolated()
        bundle = try scenario.bundle()
    }

    private func changed(_ change: (inout CertificateBundle) -> Void) -> CertificateBundle {
        var copy = bundle
        change(&copy)
        return copy
    }

    @Test func theBundleThatIsChangedBelowHolds() { #expect(verdict(bundle) == "ok") }

    // MARK: The chain

    @Test func refusesAChainWithAnEntryLeftOut() {
        for index in bundle.chain.entries.indices {
            let shorter = changed { $0.chain.entries.remove(at: index) }
            #expect(verdict(shorter) == "chainDiffers")
        }
    }

    /// As many entries as the checkpoint says, so the root must tell.
    @Test func refusesAChainWithAnEntryReplacedByItsNeighbour() {
        for index in bundle.chain.entries.indices.dropFirst() {
            let repeated = changed { $0.chain.entries[index] = $0.chain.entries[index - 1] }
            #expect(verdict(repeated) == "chainDiffers")
        }
    }

    /// Two events of different members may well stand in another order: the rules allow it, the root does
    /// not.
    @Test func refusesAChainInAnotherOrder() throws {
        for index in bundle.chain.entries.indices.dropLast() {
            #expect(verdict(changed { $0.chain.entries.swapAt(index, index + 1) }) == "chainDiffers")
        }
    }

    @Test func refusesAnEntryWithAnotherSignature() throws {
        let entry = bundle.chain.entries[5].bytes
        let parsed = try Envelope(parsing: entry)
        var signature = parsed.signatures[0]
        signature.signature[3] ^= 1
        let forged = Envelope(payload: parsed.payload, signatures: [signature]).bytes
        #expect(verdict(changed { $0.chain.entries[5] = JSONText(forged)! }) == "chainDiffers")
    }

    @Test func refusesEventsAfterTheCheckpoint() {
        #expect(verdict(changed { $0.chain.entries.append($0.chain.entries[0]) }) == "chainDiffers")
    }

    @Test func refusesTheChainOfAnotherHistory() throws {
        let other = try CertificateScenario.feedback().bundle()
        #expect(verdict(changed { $0.chain.entries = other.chain.entries }) == "chainDiffers")
        #expect(verdict(changed { $0.chain = other.chain }) == "contentDiffers")
        #expect(verdict(changed { $0.certificate = other.certificate }) == "contentDiffers")
        #expect(verdict(changed { $0.proofs = other.proofs }) == "proof")
    }

    // MARK: The checkpoint

    @Test func refusesACheckpointByAnotherKey() throws {
        var forged = scenario
        forged.logKey = Skies.key(Skies.hawk, "checkpoint")
        #expect(verdict(try forged.bundle()) == "untrusted")
    }

    /// Were the policy to trust another key for the same origin, the charter would still name the old one.
    @Test func refusesAPolicyWithAnotherKeyThanTheCharter() throws {
        var forged = scenario
        forged.logKey = Skies.key(Skies.hawk, "checkpoint")
        #expect(
            verdict(try forged.bundle(), CertificateScenario.policy(log: forged.logKey)) == "chainDiffers")
    }

    @Test func refusesACheckpointWithoutItsQuorum() throws {
        var lonely = scenario
        lonely.witnesses = [Skies.delta]
        #expect(verdict(try lonely.bundle()) == "untrusted")
        lonely.witnesses = [Skies.delta, Skies.delta, Skies.united]
        #expect(verdict(try lonely.bundle()) == "untrusted")
    }

    @Test func refusesACheckpointThatIsNoNote() {
        #expect(verdict(changed { $0.chain.checkpoint = "skies.example/public\n" }) == "note")
    }

    @Test func refusesACheckpointOfAnotherOrigin() throws {
        let name = KeyName("seas.example/public")!
        #expect(verdict(bundle, CertificateScenario.policy(name: name)) == "untrusted")
    }

    // MARK: The certificate's signatures

    @Test(arguments: [
        Skies.key(Skies.hawk), Skies.key(Skies.delta, "witness"), Skies.key(Skies.air, "checkpoint"),
        Skies.key(Skies.united),
    ])
    func refusesACertificateThatTheIssuersKeyDidNotSign(key: SigningKey) throws {
        var forged = scenario
        forged.keys = [key]
        #expect(verdict(try forged.bundle()) == "signature")
    }

    @Test func refusesAStrangersSignatureBesideTheIssuers() throws {
        var forged = scenario
        forged.keys = [Skies.key(Skies.delta), Skies.key(Skies.hawk)]
        #expect(verdict(try forged.bundle()) == "signature")
    }

    @Test func refusesAnIssuerWhoseKeyIsRevoked() throws {
        var late = scenario
        let revoked = KeyRevoked(
            goodSize: Count(1)!, key: Skies.keyBytes(Skies.delta).keyID, member: Skies.delta,
            reason: .compromised)
        try late.skies.say(.keyRevoked(revoked), by: Skies.united, with: [Skies.virgin])
        #expect(verdict(try late.bundle()) == "signature")
    }

    @Test func refusesASignatureOverOtherBytes() throws {
        let envelope = try Envelope(parsing: bundle.certificate.bytes)
        let payload = Array(
            String(decoding: envelope.payload, as: UTF8.self).replacing("united", with: "virgin").utf8)
        let forged = Envelope(payload: payload, signatures: envelope.signatures).bytes
        #expect(verdict(changed { $0.certificate = JSONText(forged)! }) == "signature")
    }

    // MARK: The certificate's content

    @Test func refusesACertificateForWhatIsNotCompleted() throws {
        let whole = try Envelope(parsing: bundle.certificate.bytes).payload
        var early = try CertificateScenario.isolated()
        var skies = Skies()
        // All but the completion itself.
        for entry in early.skies.entries.dropLast() { try skies.admit(entry) }
        early.skies = skies
        #expect(try early.content().kind == .statusStatement)
        let certificate = Skies.seal(whole, with: [Skies.key(Skies.delta)])
        let chain = CertificateBundle.Chain(checkpoint: early.note(early.tree).bytes, entries: skies.entries)
        let forged = CertificateBundle(certificate: certificate, chain: chain, proofs: bundle.proofs)
        #expect(verdict(forged) == "contentDiffers")
    }

    /// Every value in the statement, changed to one that could stand there and signed again by the issuer
    /// itself.
    @Test func refusesEveryOtherContentThatTheIssuerSigns() throws {
        let verifier = CertificateVerifier(policy: CertificateScenario.policy())
        for story in [try CertificateScenario.feedback(), try .attested()] {
            var bundle = try story.bundle()
            let chain = try verifier.verifyChain(bundle.chain)
            let mutations = try StatementMutations(try Envelope(parsing: bundle.certificate.bytes).payload)
                .all
            #expect(mutations.count > 350)
            for (path, bytes) in mutations {
                bundle.certificate = try #require(JSONText(Skies.seal(bytes, with: [Skies.key(Skies.delta)])))
                let error = #expect(throws: CertificateFailure.self, "\(path)") {
                    try verifier.judge(bundle, on: chain)
                }
                #expect(
                    ["statement", "signature", "contentDiffers", "time"].contains(error?.step), "\(path)")
            }
        }
    }

    @Test func namesTheFieldThatDiffers() throws {
        var forged = scenario
        forged.changePayload = { payload in
            Array(String(decoding: payload, as: UTF8.self).replacing(#""grade":3"#, with: #""grade":4"#).utf8)
        }
        let verifier = CertificateVerifier(policy: CertificateScenario.policy())
        #expect(throws: CertificateFailure.contentDiffers(field: "grade")) {
            try verifier.verify(try forged.bundle())
        }
    }

    @Test func refusesATimeOfIssueBeforeTheEvents() throws {
        var early = scenario
        early.delay = -3_600
        #expect(verdict(try early.bundle()) == "time")
    }

    // MARK: The proofs

    @Test func refusesEveryProofWithABitFlipped() {
        for proof in bundle.proofs.indices {
            for step in bundle.proofs[proof].path.indices {
                var hash = Base64.decode(bundle.proofs[proof].path[step])!
                hash[step % 32] ^= UInt8(1 << (proof % 8))
                #expect(verdict(changed { $0.proofs[proof].path[step] = Base64.encode(hash) }) == "proof")
            }
        }
    }

    @Test func refusesProofsThatAreNotThoseOfTheCitedEvents() {
        #expect(verdict(changed { $0.proofs.swapAt(0, 1) }) == "proof")
        #expect(verdict(changed { $0.proofs.removeLast() }) == "proof")
        #expect(verdict(changed { $0.proofs.append($0.proofs[0]) }) == "proof")
        #expect(verdict(changed { $0.proofs[0].path = $0.proofs[1].path }) == "proof")
        #expect(verdict(changed { $0.proofs[0].index = Count($0.proofs[0].index.value + 1)! }) == "proof")
        #expect(verdict(changed { $0.proofs[0].event = $0.proofs[1].event }) == "proof")
        #expect(verdict(changed { $0.proofs[0].path.removeLast() }) == "proof")
        #expect(verdict(changed { $0.proofs[0].path[0] += "=" }) == "proof")
    }

    // MARK: The file

    @Test func refusesWhatIsNoBundle() {
        let bytes = bundle.bytes
        let text = String(decoding: bytes, as: UTF8.self)
        let format = CertificateBundle.format
        let others: [[UInt8]] = [
            [], Array("\n".utf8), Array("{}\n".utf8), bytes.dropLast(), bytes + [0x0a],
            bytes + Array("{}\n".utf8), [0x20] + bytes,
            Array(text.replacing(format, with: "lethe/certificate-bundle@v2").utf8),
            Array(text.replacing(#"{"certificate":"#, with: #"{"annex":1,"certificate":"#).utf8),
            Array(text.replacing(#""format":"#, with: #""format": "#).utf8),
            Array(bytes.prefix(bytes.count / 2)),
        ]
        for other in others {
            #expect(verdict(other) == "bundle", "\(String(decoding: other.prefix(60), as: UTF8.self))")
        }
    }

    /// A certificate is no event: neither can stand for the other, though the same keys sign both.
    @Test func aCertificateIsNoEventAndAnEventNoCertificate() throws {
        #expect(throws: AdmissionError.self) { try ReceivedEvent(parsing: bundle.certificate.bytes) }
        #expect(verdict(changed { $0.certificate = $0.chain.entries.last! }) == "statement")
    }
}
