import Bytes
import Crypto
import Events
import Foundation
import Testing

/// `schemas/events.md` says what the code does.
@Suite struct EventPageTests {
    private let page: String

    init() throws { page = String(decoding: try Project.bytes(of: "schemas/events.md"), as: UTF8.self) }

    @Test func showsAnExampleThatVerifies() throws {
        let examples = page.split(separator: "\n").filter { $0.hasPrefix("{") }.map { Array($0.utf8) }
        try #require(examples.count == 2)
        let envelope = try Envelope(parsing: examples[1])
        #expect(envelope.payload == examples[0])
        let statement = try Statement(parsing: envelope.payload)
        #expect(statement.event.type == .roundOpened)
        #expect(page.contains("A statement of \(envelope.payload.count) bytes"))
        #expect(page.contains("The event hash is `\(EventHash(envelope: examples[1]).hex)`"))

        let signature = try #require(envelope.signatures.first)
        let start = try #require(page.firstRange(of: "Signed by the Ed25519 key `")).upperBound
        let key = try #require(KeyBytes(String(page[start...].prefix(44))))
        #expect(key.keyID == signature.keyID)
        let verifier = try Curve25519.Signing.PublicKey(rawRepresentation: key.bytes)
        #expect(verifier.isValidSignature(signature.signature, for: envelope.signedBytes))
    }

    @Test(arguments: EventType.allCases)
    func listsTheTypeAsTheCodeHasIt(type: EventType) {
        let audience = type.audience == .publicChain ? "public" : "private"
        let statement = Sample.statement(type)
        let subjects = statement.subjects.map { $0.name == statement.chain.text ? "chain" : $0.name }
        let link = "[`\(type.rawValue)`](events/\(type.rawValue).v1.json)"
        let body = type.hasBody ? "yes" : "no"
        let row = "| \(link) | \(audience) | \(body) | \(subjects.joined(separator: ", ")) |"
        #expect(page.contains(row))
    }

    @Test func namesTheLimitsOfTheCode() throws {
        #expect(Envelope.maximumBytes == 65_535 && page.contains("65,535 bytes"))
        #expect(Statement.maximumBytes == 49_152 && page.contains("49,152 bytes"))
        #expect(CanonicalJSON.maximumDepth == 32 && page.contains("at most 32 deep"))
        let signature = Envelope.Signature(keyID: Sample.hash(1), signature: [UInt8](repeating: 0, count: 64))
        let largest = Envelope(payload: [UInt8](repeating: 0, count: 48_963), signatures: [signature]).bytes
        let beyond = Envelope(payload: [UInt8](repeating: 0, count: 48_964), signatures: [signature]).bytes
        #expect(largest.count <= Envelope.maximumBytes && beyond.count > Envelope.maximumBytes)
        #expect(page.contains("48,963 bytes"))
    }
}
