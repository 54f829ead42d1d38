import Bytes
import Events
import Testing

@Suite struct EnvelopeTests {
    /// The known answer of the DSSE v1.0.2 specification.
    @Test func encodesThePublishedPreAuthenticationExample() {
        let encoded = Envelope.preAuthenticationEncoding(
            "http://example.com/HelloWorld", Array("hello world".utf8))
        #expect(encoded == Array("DSSEv1 29 http://example.com/HelloWorld 11 hello world".utf8))
    }

    @Test func readsBackAStatementInItsEnvelope() throws {
        let round = RoundOpened(
            base: .sha256([1]), round: RoundID("round-1")!, rule: .mean, topology: .isolated)
        let statement = Statement(
            chain: Origin("skies.example/public")!, author: MemberName("delta")!, sequence: 3,
            previous: .sha256([2]), claimedAt: Timestamp("2026-11-23T10:00:00Z")!, body: nil,
            event: .roundOpened(round), firstLeaf: .sha256([3]))
        let envelope = Envelope(
            payload: statement.bytes,
            signatures: [.init(keyID: .sha256([4]), signature: [UInt8](repeating: 5, count: 64))])
        let parsed = try Envelope(parsing: envelope.bytes)
        #expect(parsed == envelope)
        #expect(try Statement(parsing: parsed.payload) == statement)
    }
}
