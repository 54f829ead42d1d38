import Events
import Foundation
import LetheEngine
import Proofs
import Signing
import Testing

/// The complete examples in `schemas/` are what the pages say they are.
struct DocumentTests {
    /// The content of the first fenced block in `language` on a page.
    private func block(_ language: String, of page: String) throws -> [UInt8] {
        let schemas = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("schemas")
        let text = try String(contentsOf: schemas.appendingPathComponent(page), encoding: .utf8)
        let start = try #require(text.range(of: "```\(language)\n")).upperBound
        let end = try #require(text.range(of: "```", range: start..<text.endIndex)).lowerBound
        return Array(text[start..<end].utf8)
    }

    @Test func theExampleOfAChainFileIsTakenInUnderItsPolicy() async throws {
        let scratch = Scratch()
        let clock = TickingClock()
        let ledger = try await Ledger.create(
            at: scratch.file("ledger"), consortium: TestConsortium.name, members: [MemberName("reader")!],
            protection: .none,
            surroundings: Surroundings(now: { clock.now() }, random: .system, passphrase: { nil }, cores: 2))
        let file = try ChainFile(parsing: block("chain", of: "chain-file.md"))
        let imported = try await ledger.importChain(
            file, policy: TrustPolicy(parsing: block("policy", of: "chain-file.md")))
        #expect(imported.added == 3)
        #expect(
            try await ledger.events(of: imported.origin).map(\.type) == [
                "consortium-founded", "chain-opened", "chain-anchored",
            ])
        #expect(try await ledger.check().isClean)
        try await ledger.close()
    }

    @Test func theExampleOfAMemberCardIsOne() throws {
        let bytes = try block("json", of: "member-card.md")
        let card = try MemberCard(parsing: bytes)
        #expect(card.member.name.text == "delta")
        #expect(card.bytes == bytes)
    }
}
