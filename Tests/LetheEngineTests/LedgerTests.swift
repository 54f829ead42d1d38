import Bytes
import ChainViews
import Compliance
import Events
import Foundation
import GRDB
import LedgerStore
@testable import LetheEngine
import MerkleLog
import Proofs
import Signing
import Testing

/// What the engine refuses, and what it leaves behind when it does: nothing.
struct LedgerTests {
    private func blobs(_ consortium: TestConsortium) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: consortium.path + "/blobs").sorted()
    }

    @Test func materialisesNoModelOfAnOpenRound() async throws {
        let consortium = try await TestConsortium()
        let round = RoundID("round-1")!
        try await consortium.using { ledger in
            try await ledger.record(
                .roundOpened(RoundOpened(base: TestConsortium.base, round: round, rule: .mean, topology: .isolated)),
                as: TestConsortium.hub, on: consortium.origin)
            let directory = consortium.scratch.file("adapter")
            writeSmallAdapter(to: directory, seed: 1)
            _ = try await ledger.commitAdapter(
                ContributionRequest(directory: directory, round: round, weight: 1), as: TestConsortium.alder)
            let before = try blobs(consortium)
            let error = await refusal { _ = try await ledger.materialize(round, as: TestConsortium.hub) }
            #expect(error?.code == .refused)
            // A model that no event names would be erased by nobody.
            #expect(try blobs(consortium) == before)
        }
    }

    @Test func keepsNoBodyOfAnEventThatIsRefused() async throws {
        let consortium = try await TestConsortium()
        try await consortium.using { ledger in
            let before = await ledger.bodyRows.count
            let origin = Origin("skies.example/alder")!
            let event = Event.deletionScoped(DeletionScoped(deletion: DeletionID("del-1")!))
            // birch does not read alder's chain, so it may not write there.
            let error = await refusal {
                try await ledger.record(
                    event, as: TestConsortium.birch, on: origin, body: (.json, Array("canary-orphan".utf8)))
            }
            #expect(error?.code == .refused)
            #expect(await ledger.bodyRows.count == before)
        }
        let vault = try DatabaseQueue(path: consortium.path + "/vault.sqlite")
        let bodies = try await vault.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bodies") }
        // The anchors of both private chains.
        #expect(bodies == 2)
    }

    @Test func countsEveryMemberOnceInATrustPolicy() async throws {
        let consortium = try await TestConsortium()
        try await consortium.using { ledger in
            _ = try await ledger.addKey(.witness, of: TestConsortium.alder)
            let policy = try await ledger.trustPolicy(quorum: 3)
            #expect(policy.witnesses.count == 3)
            #expect(await refusal { _ = try await ledger.trustPolicy(quorum: 4) }?.code == .invalidRequest)
            let unknown = await refusal {
                _ = try await ledger.trustPolicy(quorum: 1, excluding: [MemberName("nobody")!])
            }
            #expect(unknown?.message.contains("nobody") ?? false)
        }
    }

    /// The view that the packs were judged by keeps its rows in a file, and is the view that the next event is judged by.
    @Test func goesOnAfterItsPacksWereJudged() async throws {
        let consortium = try await TestConsortium()
        try await consortium.using { ledger in
            try await consortium.round("round-1", in: ledger)
            let question = ComplianceQuestion(packs: [], asOf: consortium.clock.now(), roles: [.controller])
            #expect(try await ledger.compliance(question).refusal == nil)
            try await consortium.round("round-2", in: ledger)
            #expect(try await ledger.compliance(question).refusal == nil)
            try await consortium.round("round-3", in: ledger)
        }
        try await consortium.using(.readOnly) { ledger in
            #expect(await ledger.publicView?.allModels.count == 3)
            let report = try await ledger.check()
            #expect(report.isClean, "the stored view is what the entries give: \(report.findings)")
        }
    }

    @Test func removesPlaintextThatAKilledProcessLeft() async throws {
        let consortium = try await TestConsortium()
        let left = consortium.path + "/scratch/left"
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        try Data("plaintext".utf8).write(to: URL(fileURLWithPath: left + "/sum"))
        try await consortium.using { _ in }
        #expect(!FileManager.default.fileExists(atPath: left))
    }

    @Test func refusesToWriteToALedgerOlderThanItsCheckpointAndTakesBackWhatIsMissing() async throws {
        let consortium = try await TestConsortium()
        let copy = consortium.scratch.file("backup.sqlite")
        try FileManager.default.copyItem(atPath: consortium.path + "/ledger.sqlite", toPath: copy)
        try await consortium.using { try await consortium.round("round-1", in: $0) }
        let (file, tooShort) = try await consortium.using(.readOnly) { ledger in
            (try await ledger.exportChain(consortium.origin), try await ledger.size(of: consortium.origin))
        }
        try FileManager.default.removeItem(atPath: consortium.path + "/ledger.sqlite")
        try FileManager.default.copyItem(atPath: copy, toPath: consortium.path + "/ledger.sqlite")
        let error = await #expect(throws: StoreError.self) { try await consortium.using { _ in } }
        #expect(error?.code == .restoredFromBackup(origin: consortium.origin.text))
        // Reading works.
        let size = try await consortium.using(.readOnly) { try await $0.size(of: consortium.origin) }
        #expect(size < tooShort)
        let restored = try await Ledger.open(
            at: consortium.path, mode: .readWrite, surroundings: consortium.surroundings, restoring: true)
        let imported = try await restored.importChain(file, policy: nil)
        #expect(imported.size == tooShort)
        try await restored.close()
        let report = try await consortium.using { try await $0.check() }
        #expect(report.isClean, "\(report.findings)")
    }

    @Test func findsTheDeletionsOfAPlanAmongSeveralAccepted() async throws {
        let consortium = try await TestConsortium()
        try await consortium.using { ledger in
            try await consortium.round("round-1", in: ledger)
            var ids: [DeletionID] = []
            for member in TestConsortium.contributors + [TestConsortium.alder] {
                let request = DeletionRequest(
                    member: member, ground: .contractEnded, receivedAt: consortium.clock.now(), reason: "")
                let id = try await ledger.requestDeletion(request, as: member, again: ids.count == 2).id
                _ = try await ledger.decideDeletion(id, .accepted, as: member, cosigners: [])
                ids.append(id)
            }
            let two = [ids[0], ids[2]]
            let plan = try await ledger.planDeletions(two)
            #expect(try await ledger.deletions(ofPlan: plan.digest) == Ascending(two))
        }
    }
}

/// A private chain with a reader in another ledger.
struct ReaderTests {
    private let origin = Origin("skies.example/alder")!

    /// alder's private chain is read by cedar, who joins with a ledger of its own.
    private func withReader(
        _ body: (_ consortium: TestConsortium, _ ledger: Ledger, _ reader: Ledger) async throws -> Void
    ) async throws {
        let scratch = Scratch()
        let consortium = try await TestConsortium(scratch: scratch, readers: [MemberName("cedar")!])
        let reader = try await Ledger.open(
            at: scratch.file("cedar"), mode: .readWrite, surroundings: consortium.surroundings)
        let ledger = try await consortium.open()
        try await body(consortium, ledger, reader)
        try await ledger.close()
        try await reader.close()
    }

    private func exchange(_ consortium: TestConsortium, _ ledger: Ledger, _ reader: Ledger) async throws {
        let policy = try await ledger.trustPolicy(quorum: 0)
        _ = try await reader.importChain(ledger.exportChain(consortium.origin), policy: policy)
        _ = try await reader.importChain(ledger.exportChain(origin), policy: nil)
    }

    @Test func opensTheBodiesThatAreSealedToIt() async throws {
        try await withReader { consortium, ledger, reader in
            _ = try await consortium.requestDeletion(in: ledger)
            try await exchange(consortium, ledger, reader)
            let rows = await reader.bodyRows
            #expect(rows.map(\.isHere) == [true])
            let body = try #require(try await reader.bodyBytes(rows[0].commitment))
            #expect(String(decoding: body, as: UTF8.self).contains("canary-reason"))
            #expect(try await reader.check().isClean)
        }
    }

    @Test func losesABodyThatItsChainSaysIsErased() async throws {
        try await withReader { consortium, ledger, reader in
            _ = try await consortium.requestDeletion(in: ledger)
            try await exchange(consortium, ledger, reader)
            let before = try await ledger.exportChain(origin)
            let commitment = await ledger.bodyRows[0].commitment
            _ = try await ledger.eraseBody(commitment, as: TestConsortium.alder)
            try await exchange(consortium, ledger, reader)
            #expect(try await reader.bodyBytes(commitment) == nil)
            let report = try await reader.check()
            #expect(report.isClean, "\(report.findings)")
            // An old file does not bring it back.
            _ = try await reader.importChain(before, policy: nil)
            #expect(try await reader.bodyBytes(commitment) == nil)
        }
    }

    @Test func stillVerifiesTheChainOnceItsAuthorChangedKeys() async throws {
        try await withReader { consortium, ledger, reader in
            _ = try await consortium.requestDeletion(in: ledger)
            let old = try await ledger.view.activeKeys(of: TestConsortium.alder, for: .event)[0].key.keyID
            _ = try await ledger.addKey(.event, of: TestConsortium.alder)
            _ = try await ledger.revokeKey(
                old.hex, goodSize: nil, reason: .rotated, as: TestConsortium.alder, cosigners: [])
            try await exchange(consortium, ledger, reader)
            for one in [ledger, reader] {
                let report = try await one.check()
                #expect(report.isClean, "\(report.findings)")
            }
        }
    }

    @Test func leavesOutABodyThatNoEventCommitsTo() async throws {
        try await withReader { consortium, ledger, reader in
            let key = try await ledger.view.activeKeys(of: MemberName("cedar")!, for: .encryption)[0].key
            let stray = OpenBody(
                salt: Salt(bytes: [UInt8](repeating: 7, count: 32))!, mediaType: .json, bytes: Array("{}".utf8))
            let sealed = try SealedBody(
                sealing: stray, to: [EncryptionPublicKey(bytes: key.bytes)!], random: .system)
            try await exchange(consortium, ledger, reader)
            let good = try await ledger.exportChain(origin)
            let file = ChainFile(
                origin: origin, from: 0, checkpoint: Array(good.header.checkpoint.utf8), entries: good.entries,
                bodies: [sealed.bytes])
            #expect(try await reader.importChain(file, policy: nil).bodies == 0)
            #expect(try await reader.bodyBytes(stray.commitment) == nil)
        }
    }
}
