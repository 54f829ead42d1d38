import ChainViews
import Events
import Foundation
import LedgerStore
import LetheEngine
import MerkleLog
import Proofs
import Signing
import Testing

/// What a chain file may do to the ledger that takes it in: everything or nothing, and only if every byte is right.
struct ImportTests {
    /// An empty ledger of somebody who joins.
    private func newcomer(_ scratch: Scratch, _ consortium: TestConsortium) async throws -> Ledger {
        try await Ledger.create(
            at: scratch.file("newcomer-\(UUID().uuidString)"), consortium: TestConsortium.name,
            members: [MemberName("cedar")!], protection: .none, surroundings: consortium.surroundings)
    }

    private func exported(_ consortium: TestConsortium, _ origin: Origin) async throws -> (ChainFile, TrustPolicy) {
        try await consortium.using(.readOnly) {
            (try await $0.exportChain(origin), try await $0.trustPolicy(quorum: 0))
        }
    }

    /// Takes in `bytes` as a stranger with a policy; the error, or `nil` where the import went well.
    private func importing(_ bytes: [UInt8], into ledger: Ledger, _ policy: TrustPolicy) async -> EngineError? {
        await refusal {
            let file: ChainFile
            do throws(ChainFile.Failure) {
                file = try ChainFile(parsing: bytes)
            } catch {
                throw EngineError(.refused, "\(error)", hint: "fetch it again")
            }
            _ = try await ledger.importChain(file, policy: policy)
        }
    }

    @Test func refusesAChainFileWithOneBitFlippedAtAnyByte() async throws {
        let consortium = try await TestConsortium()
        let (file, policy) = try await exported(consortium, consortium.origin)
        let (scratch, bytes) = (Scratch(), file.bytes)
        let ledger = try await newcomer(scratch, consortium)
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 1 << UInt8(position % 8)
            let error = await importing(changed, into: ledger, policy)
            #expect(
                error?.code == .refused || error?.code == .missing, "byte \(position): \(error?.message ?? "accepted")")
            let isEmpty = try await ledger.origins().isEmpty
            #expect(isEmpty, "byte \(position) left a chain behind")
            if error == nil || !isEmpty { return }
        }
        // The file itself is good: what was refused was refused for its changes.
        #expect(await importing(bytes, into: ledger, policy) == nil)
        #expect(try await ledger.size(of: consortium.origin).rawValue == file.entries.count)
        try await ledger.close()
    }

    @Test func refusesAChainFileThatIsCutOffAtAnyLine() async throws {
        let consortium = try await TestConsortium()
        let (file, policy) = try await exported(consortium, consortium.origin)
        let scratch = Scratch()
        let ledger = try await newcomer(scratch, consortium)
        let lines = file.bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        for count in 0..<lines.count - 1 {
            let withNewline = lines.prefix(count).flatMap { $0 + [0x0a] }
            for bytes in [withNewline, Array(withNewline.dropLast()), withNewline + lines[count].dropLast()] {
                #expect(await importing(bytes, into: ledger, policy) != nil, "\(count) lines")
            }
        }
        #expect(try await ledger.origins().isEmpty)
        try await ledger.close()
    }

    @Test func acceptsAnOlderChainFileAsNothingNew() async throws {
        let consortium = try await TestConsortium()
        let (older, policy) = try await exported(consortium, consortium.origin)
        try await consortium.using { try await consortium.round("round-1", in: $0) }
        let (newer, _) = try await exported(consortium, consortium.origin)
        let scratch = Scratch()
        let ledger = try await newcomer(scratch, consortium)
        #expect(await importing(newer.bytes, into: ledger, policy) == nil)
        let imported = try await ledger.importChain(older, policy: nil)
        #expect(imported.added == 0)
        #expect(try await ledger.size(of: consortium.origin).rawValue == newer.entries.count)
        #expect(try await ledger.check().isClean)
        try await ledger.close()
    }

    @Test func refusesACheckpointOfAnotherOrigin() async throws {
        let consortium = try await TestConsortium()
        let (file, policy) = try await exported(consortium, consortium.origin)
        let scratch = Scratch()
        let ledger = try await newcomer(scratch, consortium)
        var other = file
        other.header.origin = Origin("seas.example/public")!
        let error = await importing(other.bytes, into: ledger, policy)
        #expect(error?.code == .refused)
        #expect(try await ledger.origins().isEmpty)
        try await ledger.close()
    }

    /// The operator of a private chain can sign a policy and a file for it, so neither may stand in for the public chain.
    @Test func refusesAPrivateChainBeforeThePublicOne() async throws {
        let consortium = try await TestConsortium()
        let origin = Origin("skies.example/alder")!
        let (file, _) = try await exported(consortium, origin)
        let key = try await consortium.using(.readOnly) { try await $0.view.chains[origin]!.checkpointKey }
        let log = VerifierKey(
            name: KeyName(origin.text)!, algorithm: .ed25519, publicKey: PublicKey(bytes: key.bytes)!)
        let policy = try TrustPolicy(logs: [TrustPolicy.Log(key: log)], quorum: .notRequired)
        let scratch = Scratch()
        let ledger = try await newcomer(scratch, consortium)
        let error = await importing(file.bytes, into: ledger, policy)
        #expect(error?.code == .missing, "\(error?.message ?? "accepted")")
        #expect(try await ledger.origins().isEmpty)
        try await ledger.close()
    }

    @Test func refusesACosignatureThatDoesNotHold() async throws {
        let consortium = try await TestConsortium()
        let cosigned = try await consortium.using { ledger in
            let note = try await ledger.checkpointNote(of: consortium.origin).note
            _ = try await ledger.cosign(checkpoint: note, as: TestConsortium.birch)
            return try await ledger.exportChain(consortium.origin)
        }
        let policy = try await consortium.using(.readOnly) { try await $0.trustPolicy(quorum: 0) }
        let scratch = Scratch()
        let ledger = try await newcomer(scratch, consortium)
        #expect(await importing(cosigned.bytes, into: ledger, policy) == nil)
        // The last character of the base64 body of birch's line, before the padding, holds bits of the signature.
        var forged = cosigned
        let lines = cosigned.header.checkpoint.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let index = try #require(lines.firstIndex { $0.contains("witness/birch") })
        var line = Array(lines[index])
        line[line.count - 8] = line[line.count - 8] == "A" ? "B" : "A"
        forged.header.checkpoint = (lines[..<index] + [String(line)] + lines[(index + 1)...]).joined(separator: "\n")
        #expect(await importing(forged.bytes, into: ledger, policy)?.code == .refused)
        try await ledger.close()
    }
}
