import Bytes
import Crypto
import Events
import Foundation
import Testing

/// Tools of other projects take our envelopes for what they are.
@Suite struct InteroperabilityTests {
    /// An envelope signed with a fixed Ed25519 key, for tests alone.
    private static func signed() throws -> (envelope: Envelope, key: KeyBytes) {
        let secret = try Curve25519.Signing.PrivateKey(rawRepresentation: Data(repeating: 7, count: 32))
        let key = try #require(KeyBytes(bytes: Array(secret.publicKey.rawRepresentation)))
        let payload = Sample.statement(.adapterCommitted).bytes
        let unsigned = Envelope(payload: payload, signatures: [])
        let signature = try secret.signature(for: Data(unsigned.signedBytes))
        return (
            Envelope(payload: payload, signatures: [.init(keyID: key.keyID, signature: Array(signature))]),
            key
        )
    }

    @Test(
        .enabled(
            if: Project.canImport("securesystemslib", "in_toto_attestation", "cryptography"),
            "needs Python with securesystemslib, cryptography and in-toto-attestation"),
        arguments: [true, false])
    func verifiesWithInTotoTools(isIntact: Bool) throws {
        var (envelope, key) = try Self.signed()
        if !isIntact {
            envelope = Envelope(
                payload: Sample.statement(.modelRecalled).bytes, signatures: envelope.signatures)
        }
        let script = Project.root.appending(path: "Tests/EventsTests/Support/verify_dsse.py").path
        try Project.withTemporaryFolder { folder in
            let file = folder.appending(path: "envelope.json")
            try Data(envelope.bytes).write(to: file)
            let result = try Project.run([
                Project.python, script, file.path, Hex.encode(key.bytes), key.keyID.hex,
            ])
            #expect((result.status == 0) == isIntact, "\(result.output.suffix(1_000))")
            if isIntact {
                #expect(result.output == "1 key verified \(EventType.adapterCommitted.predicateType)\n")
            } else {
                #expect(result.output.contains("VerificationError"))
            }
        }
    }

    /// OpenSSL verifies raw Ed25519 messages from version 3.0 on.
    private static var hasRawOpenSSL: Bool {
        (try? Project.run(["openssl", "pkeyutl", "-help"]))?.output.contains("-rawin") ?? false
    }

    @Test(.enabled(if: hasRawOpenSSL, "needs openssl 3"), arguments: [true, false])
    func verifiesWithOpenSSL(isIntact: Bool) throws {
        let (envelope, key) = try Self.signed()
        // SubjectPublicKeyInfo of an Ed25519 key, RFC 8410 §4.
        let info = Hex.decode("302a300506032b6570032100")! + key.bytes
        let pem = "-----BEGIN PUBLIC KEY-----\n\(Base64.encode(info))\n-----END PUBLIC KEY-----\n"
        try Project.withTemporaryFolder { folder in
            let (keyFile, message, signature) = (
                folder.appending(path: "key.pem"), folder.appending(path: "message"),
                folder.appending(path: "signature")
            )
            try Data(pem.utf8).write(to: keyFile)
            try Data(envelope.signedBytes + (isIntact ? [] : [0x20])).write(to: message)
            try Data(envelope.signatures[0].signature).write(to: signature)
            let result = try Project.run([
                "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", keyFile.path, "-rawin", "-in",
                message.path,
                "-sigfile", signature.path,
            ])
            #expect((result.status == 0) == isIntact, "\(result.output)")
        }
    }
}
