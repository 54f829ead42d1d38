import Bytes
import Events
import Foundation
import Testing
import Timestamps

/// An authority made with OpenSSL: a root, an intermediate that it signed, certificates for timestamps and for something else.
final class Authority: Sendable {
    let path: String

    static let isPossible = run(["openssl", "version"], in: "/tmp").status == 0

    /// - Parameter key: what `openssl req -newkey` takes.
    init(key: [String] = ["-newkey", "rsa:2048"]) throws {
        path = NSTemporaryDirectory() + "lethe-tsa-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try write(
            "x.cnf",
            """
            [req]
            distinguished_name = dn
            [dn]
            [ca]
            basicConstraints = critical,CA:true
            keyUsage = critical,keyCertSign,cRLSign
            [tsa]
            basicConstraints = CA:false
            extendedKeyUsage = critical,timeStamping
            [both]
            basicConstraints = CA:false
            extendedKeyUsage = critical,timeStamping,serverAuth
            [tsa_config]
            serial = serial
            default_policy = 1.2.3.4.1
            digests = sha256, sha512
            signer_digest = sha256
            """)
        try write("serial", "01\n")
        let selfSigned =
            ["req", "-x509", "-nodes", "-days", "30", "-config", "x.cnf", "-extensions", "ca"] + key
        try call(selfSigned + ["-subj", "/CN=Root", "-keyout", "root.key", "-out", "root.pem"])
        try issue("inter", by: "root", extensions: "ca", key)
        try issue("tsa", by: "inter", extensions: "tsa", key)
        try issue("both", by: "inter", extensions: "both", key)
        try call(selfSigned + ["-subj", "/CN=Stranger", "-keyout", "stranger.key", "-out", "stranger.pem"])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func issue(_ name: String, by issuer: String, extensions: String, _ key: [String]) throws {
        try call(
            [
                "req", "-nodes", "-subj", "/CN=\(name)", "-config", "x.cnf", "-keyout", "\(name).key", "-out",
                "\(name).csr",
            ] + key)
        try call([
            "x509", "-req", "-in", "\(name).csr", "-CA", "\(issuer).pem", "-CAkey", "\(issuer).key",
            "-CAcreateserial",
            "-days", "30", "-extfile", "x.cnf", "-extensions", extensions, "-out", "\(name).pem",
        ])
    }

    private func call(_ arguments: [String]) throws {
        let (status, output) = Self.run(["openssl"] + arguments, in: path)
        try #require(status == 0, "\(arguments): \(output)")
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func certificates(_ name: String) throws -> [Certificate] {
        try Certificate.all(pem: String(decoding: read("\(name).pem"), as: UTF8.self))
    }

    /// The authority's reply to `request`, as `openssl ts` makes it.
    func reply(to request: TimestampRequest, signer: String = "tsa", tokenOnly: Bool = false) throws -> [UInt8] {
        try Data(request.bytes).write(to: URL(fileURLWithPath: "\(path)/request.tsq"))
        let form = tokenOnly ? ["-token_out"] : []
        try call(
            [
                "ts", "-reply", "-config", "x.cnf", "-section", "tsa_config", "-queryfile", "request.tsq",
                "-signer", "\(signer).pem",
                "-inkey", "\(signer).key", "-chain", "inter.pem", "-out", "reply.tsr",
            ] + form)
        return try read("reply.tsr")
    }

    /// The signed content of a token.
    func content(of token: String) throws -> [UInt8] {
        try call(["cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", token, "-out", "content"])
        return try read("content")
    }

    /// Writes `many.pem`: the intermediate, and `count` certificates of its name and key that it made for itself. Each of
    /// them signed each.
    func signOneAnother(_ count: Int) throws {
        var all = String(decoding: try read("inter.pem"), as: UTF8.self)
        for number in 1...count {
            try call([
                "req", "-x509", "-days", "30", "-config", "x.cnf", "-extensions", "ca", "-subj", "/CN=inter", "-key",
                "inter.key", "-set_serial", "\(number)", "-out", "one.pem",
            ])
            all += String(decoding: try read("one.pem"), as: UTF8.self)
        }
        try write("many.pem", all)
    }

    /// A token around `content`, signed as `options` say.
    func sign(_ content: [UInt8], _ options: String) throws -> [UInt8] {
        try Data(content).write(to: URL(fileURLWithPath: "\(path)/content"))
        try call(
            [
                "cms", "-sign", "-binary", "-nodetach", "-md", "sha256", "-outform", "DER", "-econtent_type",
                "1.2.840.113549.1.9.16.1.4",
                "-in", "content", "-out", "made",
            ] + options.split(separator: " ").map(String.init))
        return try read("made")
    }

    /// What `openssl ts -verify` says of the reply to the data.
    func verifies(_ data: [UInt8], trusting name: String) throws -> Bool {
        try Data(data).write(to: URL(fileURLWithPath: "\(path)/data"))
        let outcome = Self.run(
            [
                "openssl", "ts", "-verify", "-data", "data", "-in", "reply.tsr", "-CAfile", "\(name).pem",
                "-untrusted", "inter.pem",
            ], in: path)
        return outcome.status == 0
    }

    static func run(_ command: [String], in directory: String) -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        guard (try? process.run()) != nil else { return (-1, "") }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

/// The case of a failure; `ok` where there is none.
private func outcome(
    _ token: TimestampToken, _ imprint: TimestampImprint, _ nonce: [UInt8]?, _ trusted: [Certificate]
) -> String {
    do {
        _ = try token.verify(imprint: imprint, nonce: nonce, trusting: trusted)
        return "ok"
    } catch {
        // Cases without a value describe themselves in words, so those are told by hand.
        switch error {
        case .otherImprint: return "otherImprint"
        case .otherNonce: return "otherNonce"
        case .noCertificate: return "noCertificate"
        case .badSignature: return "badSignature"
        default: return Mirror(reflecting: error).children.first?.label ?? "\(error)"
        }
    }
}

@Suite struct TimestampTests {
    private static let data = Array("skies.example/public\n5\nroot\n".utf8)
    private static let request = TimestampRequest(imprint: .sha256(data), nonce: [0, 0, 0xff, 2, 3])

    private static func token(_ bytes: [UInt8]) throws -> TimestampToken {
        guard case .granted(let token) = try TimestampReply(parsing: bytes) else {
            throw CocoaError(.coderInvalidValue)
        }
        return token
    }

    @Test func theRequestIsTheOneThatOpenSSLReads() throws {
        #expect(try TimestampRequest(parsing: Self.request.bytes) == Self.request)
        guard Authority.isPossible else { return print("not compared: there is no openssl") }
        let file = NSTemporaryDirectory() + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data(Self.request.bytes).write(to: URL(fileURLWithPath: file))
        let said = Authority.run(["openssl", "ts", "-query", "-in", file, "-text"], in: "/tmp").output
        #expect(
            said.contains("Hash Algorithm: sha256") && said.contains("Nonce: 0xFF0203")
                && said.contains("Certificate required: yes"))
    }

    @Test(
        .enabled(if: Authority.isPossible),
        arguments: [
            ["-newkey", "rsa:2048"], ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
            ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"],
        ])
    func acceptsWhatOpenSSLAccepts(key: [String]) throws {
        let authority = try Authority(key: key)
        let token = try Self.token(authority.reply(to: Self.request))
        #expect(try authority.verifies(Self.data, trusting: "root"))
        let root = try authority.certificates("root")
        let verified = try token.verify(imprint: .sha256(Self.data), nonce: Self.request.nonce, trusting: root)
        #expect(
            verified.authority == "tsa" && verified.path == ["tsa", "inter", "Root"] && verified.answersRequest)
        #expect(token.policy == "1.2.3.4.1")
        let age = Int(Date().timeIntervalSince1970) - verified.time.seconds
        #expect((-5...600).contains(age))
        #expect(try TimestampToken(parsing: token.bytes).serial == token.serial)
        #expect(try Self.token(authority.reply(to: Self.request, tokenOnly: true)).imprint == token.imprint)
    }

    @Test(.enabled(if: Authority.isPossible))
    func refusesWhatIsNotForUsOrNotTrusted() throws {
        let authority = try Authority()
        let bytes = try authority.reply(to: Self.request)
        let token = try Self.token(bytes)
        let (root, inter) = (try authority.certificates("root"), try authority.certificates("inter"))
        let imprint = TimestampImprint.sha256(Self.data)
        #expect(outcome(token, imprint, nil, root) == "ok")
        #expect(outcome(token, imprint, nil, inter) == "ok")
        #expect(outcome(token, .sha256([]), nil, root) == "otherImprint")
        #expect(outcome(token, imprint, [1], root) == "otherNonce")
        #expect(outcome(token, imprint, nil, try authority.certificates("stranger")) == "untrusted")
        #expect(try !authority.verifies(Self.data, trusting: "stranger"))
        #expect(outcome(token, imprint, nil, []) == "untrusted")
    }

    /// The ways through fourteen of them are some ten million.
    @Test(.enabled(if: Authority.isPossible))
    func findsThePathAmongCertificatesThatSignedOneAnother() throws {
        let authority = try Authority()
        _ = try authority.reply(to: Self.request, tokenOnly: true)
        try authority.signOneAnother(14)
        let token = try TimestampToken(
            parsing: authority.sign(
                try authority.content(of: "reply.tsr"), "-cades -signer tsa.pem -inkey tsa.key -certfile many.pem"))
        #expect(token.certificates.count == 16)
        let imprint = TimestampImprint.sha256(Self.data)
        let start = ContinuousClock.now
        #expect(outcome(token, imprint, nil, try authority.certificates("stranger")) == "untrusted")
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(outcome(token, imprint, nil, try authority.certificates("root")) == "ok")
    }

    /// Tokens that `openssl ts` would not make, put together with `openssl cms` around the content of a good one.
    @Test(.enabled(if: Authority.isPossible))
    func refusesTokensOfTheWrongSigner() throws {
        let authority = try Authority()
        _ = try authority.reply(to: Self.request, tokenOnly: true)
        let content = try authority.content(of: "reply.tsr")
        let (imprint, root) = (TimestampImprint.sha256(Self.data), try authority.certificates("root"))
        func judge(_ content: [UInt8], _ options: String) throws -> String {
            outcome(
                try TimestampToken(parsing: authority.sign(content, options)), imprint, Self.request.nonce, root
            )
        }
        let good = "-cades -signer tsa.pem -inkey tsa.key -certfile inter.pem"
        #expect(try judge(content, good) == "ok", "the method works")
        #expect(
            try judge(content, "-cades -signer both.pem -inkey both.key -certfile inter.pem")
                == "notForTimestamps")
        #expect(try judge(content, "-cades -signer stranger.pem -inkey stranger.key") == "notForTimestamps")
        #expect(
            try judge(content, "-signer tsa.pem -inkey tsa.key -certfile inter.pem") == "attributes",
            "no signing certificate")
        #expect(
            try judge(content, "-cades -signer tsa.pem -inkey tsa.key") == "untrusted",
            "the intermediate is missing")
        #expect(try judge(content, good + " -nocerts") == "noCertificate")
        #expect(try judge(content, good + " -keyopt rsa_padding_mode:pss") == "unsupported")
        // The same content, ten years later: no certificate is valid any more.
        let year = try #require(content.firstRange(of: Array("202".utf8)))
        var later = content
        later[year.lowerBound + 2] += 1
        #expect(try judge(later, good) == "untrusted")
    }

    /// Every byte of a reply changed, one at a time: nothing that says something else is accepted.
    @Test(.enabled(if: Authority.isPossible))
    func noChangedByteIsAccepted() throws {
        let authority = try Authority(key: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        let bytes = try authority.reply(to: Self.request)
        let (good, root) = (try Self.token(bytes), try authority.certificates("root"))
        var accepted: [Int] = []
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x04
            guard let token = try? Self.token(changed) else { continue }
            if outcome(token, .sha256(Self.data), Self.request.nonce, root) == "ok" {
                // What is not signed may change, what is said may not.
                #expect(token.time == good.time && token.serial == good.serial && token.policy == good.policy)
                accepted.append(index)
            }
        }
        #expect(accepted.count < bytes.count / 20, "\(accepted.count) of \(bytes.count)")
    }

    @Test(.enabled(if: Authority.isPossible))
    func everyCutOffReplyIsRefused() throws {
        let authority = try Authority(key: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        let bytes = try authority.reply(to: Self.request)
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: DERFault.self) { try TimestampReply(parsing: Array(bytes[..<count])) }
        }
        #expect(throws: DERFault.self) { try TimestampReply(parsing: bytes + [0]) }
    }

    @Test func refusesHostileBytes() {
        let hostile: [[UInt8]] = [
            [], [0x30], [0x30, 0x80], [0x30, 0x84, 0xff, 0xff, 0xff, 0xff], [0x30, 0x81, 0x01, 0x00],
            [0x1f, 0x81, 0x00],
            [UInt8](repeating: 0x30, count: 100_000),
            [0x30, 0x83, 0x0f, 0xff, 0xf0] + [UInt8](repeating: 0xa0, count: 0x0ffff0),
            [UInt8](repeating: 0, count: TimestampReply.maximumBytes + 1),
        ]
        for bytes in hostile {
            #expect(throws: DERFault.self) { try TimestampReply(parsing: bytes) }
            #expect(throws: DERFault.self) { try TimestampToken(parsing: bytes) }
            #expect(throws: DERFault.self) { try Certificate(der: bytes) }
            #expect(throws: DERFault.self) { try TimestampRequest(parsing: bytes) }
        }
    }

    /// PKIStatusInfo with status 2 and a text, by hand.
    @Test func tellsARefusalInTheAuthoritysWords() throws {
        let words = Array("no time today".utf8)
        let text = [0x0c, UInt8(words.count)] + words
        let information = [0x02, 0x01, 0x02, 0x30, UInt8(text.count)] + text
        let reply = [0x30, UInt8(information.count + 2), 0x30, UInt8(information.count)] + information
        guard case .refused(let status, let said) = try TimestampReply(parsing: reply) else {
            Issue.record("granted")
            return
        }
        #expect(status == 2 && said == "no time today")
    }

    @Test func readsPEMAndRefusesWhatIsNone() throws {
        #expect(try Certificate.all(pem: "nothing here\n").isEmpty)
        #expect(throws: DERFault.self) { try Certificate.all(pem: "-----BEGIN CERTIFICATE-----\nAAAA\n") }
        #expect(throws: DERFault.self) {
            try Certificate.all(pem: "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n")
        }
    }
}
