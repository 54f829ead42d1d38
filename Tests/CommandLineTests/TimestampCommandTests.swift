import Foundation
import Testing

/// A timestamp on a checkpoint, from the request to the kept token; the authority is made with OpenSSL.
@Suite(.enabled(if: Workplace().run(["/usr/bin/env", "openssl", "version"]).status == 0))
struct TimestampCommandTests {
    private static let configuration = """
        [req]
        distinguished_name = dn
        [dn]
        [ca]
        basicConstraints = critical,CA:true
        [tsa]
        extendedKeyUsage = critical,timeStamping
        [tsa_config]
        serial = serial
        default_policy = 1.2.3.4.1
        digests = sha256
        signer_digest = sha256
        """

    private static func openssl(_ place: Workplace, _ text: String) throws {
        let outcome = place.run(["/usr/bin/env", "openssl"] + text.split(separator: " ").map(String.init))
        try #require(outcome.status == 0, "\(text): \(outcome.errors)")
    }

    private static func makeAuthority(_ place: Workplace) throws {
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: place.file("x.cnf")))
        try Data("01\n".utf8).write(to: URL(fileURLWithPath: place.file("serial")))
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config x.cnf"
        for name in ["root", "stranger"] {
            try openssl(
                place,
                "req -x509 \(key) -days 9 -subj /CN=\(name) -extensions ca -keyout \(name).key -out \(name).pem"
            )
        }
        try openssl(place, "req \(key) -subj /CN=tsa -keyout tsa.key -out tsa.csr")
        try openssl(
            place,
            "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -days 9 -extfile x.cnf -extensions tsa -out tsa.pem"
        )
    }

    /// A document that is issued now has the timestamp in it, and a reader with the authority's certificate judges it.
    private func certificateEncloses(_ place: Workplace, _ size: Int) throws {
        let said = try place.done("deletion", "request", "--member", "birch", "--as", "birch", "--json")
        let id = try #require(try JSON(said)["deletion"].text)
        try place.done("deletion", "certify", id, "--as", "hub", "--output", "status.json")
        try place.done("trust", "--quorum", "1", "--output", "one.policy")
        let verify = ["verify", "status.json", "--trust", "one.policy"]
        #expect(try place.done(verify).contains("not claimed since when checkpoint \(size) existed"))
        let judged = try place.done(verify + ["--ca", "root.pem"])
        #expect(judged.contains("attested    checkpoint \(size) existed at ") && judged.contains("by the word of tsa"))
        expectRefusal(
            place.lethe(verify + ["--ca", "stranger.pem"]), 1,
            naming: "the timestamp of checkpoint \(size) does not hold")
    }

    @Test func keepsATimestampThatOpenSSLAcceptsToo() throws {
        let place = Pilot().place
        try Self.makeAuthority(place)
        try place.done("timestamp", "request", "--output", "request.tsq", "--data", "checkpoint.txt")
        try Self.openssl(
            place,
            "ts -reply -config x.cnf -section tsa_config -queryfile request.tsq -signer tsa.pem -inkey tsa.key -out reply.tsr"
        )
        expectRefusal(
            place.lethe("timestamp", "add", "reply.tsr", "--ca", "stranger.pem", "--request", "request.tsq"), 1,
            naming: "tsa")
        #expect(try JSON(place.done("timestamp", "show", "--json")).elements.isEmpty)
        // The chain goes on while the authority answers: the reply is about a checkpoint that the chain had.
        try place.done("round", "open", "round-3")
        let said = try place.done(
            "timestamp", "add", "reply.tsr", "--ca", "root.pem", "--request", "request.tsq")
        #expect(said.contains("proved   tsa signed the hash of checkpoint") && said.contains("tsa < root"))
        try place.done("timestamp", "add", "reply.tsr", "--ca", "root.pem")
        let kept = try JSON(place.done("timestamp", "show", "--json")).elements
        #expect(
            kept.count == 1 && kept.first?["authority"].text == "tsa"
                && kept.first?["policy"].text == "1.2.3.4.1")
        let size = try #require(kept.first?["size"].number)
        try place.done("timestamp", "export", "\(size)", "--output", "token.der", "--data", "again.txt")
        #expect(
            FileManager.default.contentsEqual(
                atPath: place.file("checkpoint.txt"), andPath: place.file("again.txt")))
        try Self.openssl(place, "ts -verify -token_in -in token.der -data again.txt -CAfile root.pem")
        try place.done("timestamp", "verify", "token.der", "--checkpoint", "again.txt", "--ca", "root.pem")
        try certificateEncloses(place, size)
        let note = try place.done("chain", "checkpoint")
        try Data(note.utf8).write(to: URL(fileURLWithPath: place.file("newer.note")))
        expectRefusal(
            place.lethe("timestamp", "verify", "token.der", "--checkpoint", "newer.note", "--ca", "root.pem"),
            1, naming: "other bytes")
        let checked = try place.done("check")
        #expect(checked.contains("1 timestamp(s)") && checked.contains("--ca gives certificates"))
        #expect(try !place.done("check", "--ca", "root.pem").contains("not looked at  skies.example/public timestamp"))
        expectFinding(place.lethe("check", "--ca", "stranger.pem"), "no trusted certificate")
    }

    private func expectFinding(_ outcome: Outcome, _ words: String) {
        #expect(outcome.status == 1 && outcome.output.contains(words), "\(outcome.output)\(outcome.errors)")
    }

    /// One bit of a kept token, or a token that is kept beside another checkpoint, is found.
    @Test func checkFindsAKeptTimestampThatDoesNotHold() throws {
        for change in ["token = CAST(substr(token, 1, length(token) - 1) || x'00' AS BLOB)", "size = size - 1"] {
            let pilot = Pilot().copy()
            let place = pilot.place
            try Self.makeAuthority(place)
            try place.done("timestamp", "request", "--output", "request.tsq")
            try Self.openssl(
                place,
                "ts -reply -config x.cnf -section tsa_config -queryfile request.tsq -signer tsa.pem -inkey tsa.key -out reply.tsr"
            )
            try place.done("timestamp", "add", "reply.tsr", "--ca", "root.pem")
            try pilot.spoil("checkpoints", "UPDATE timestamps SET \(change)")
            expectFinding(place.lethe("check"), "timestamp of")
        }
    }

    @Test func refusesWhatIsNoReply() throws {
        let pilot = Pilot()
        let place = pilot.place
        try Self.makeAuthority(place)
        try place.done("timestamp", "request", "--output", "request.tsq")
        let ca = ["--ca", "root.pem"]
        try pilot.expectRefused(["timestamp", "add", "request.tsq"] + ca, 2, naming: "request.tsq")
        try pilot.expectRefused(["timestamp", "add", "nothing.tsr"] + ca, 2, naming: "nothing.tsr")
        try Data(repeating: 0x30, count: 3_000_000).write(to: URL(fileURLWithPath: place.file("large.tsr")))
        try pilot.expectRefused(["timestamp", "add", "large.tsr"] + ca, 2, naming: "large.tsr")
        try Self.openssl(place, "ts -query -data root.pem -sha256 -cert -out other.tsq")
        try Self.openssl(
            place,
            "ts -reply -config x.cnf -section tsa_config -queryfile other.tsq -signer tsa.pem -inkey tsa.key -out other.tsr"
        )
        try pilot.expectRefused(["timestamp", "add", "other.tsr"] + ca, 1, naming: "other bytes")
        try pilot.expectRefused(["timestamp", "add", "other.tsr", "--ca", "serial"], 2, naming: "serial")
    }
}
