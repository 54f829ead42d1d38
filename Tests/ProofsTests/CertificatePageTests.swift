import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import MerkleLog
import Proofs
import Signing
import Testing

/// The smallest deletion that has everything: two members, one round, one deletion. `schemas/certificate.md`
/// shows it.
private enum Smallest {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardizedFileURL
    static let page = folder.appending(path: "schemas/certificate.md")
    static let bundleFile = folder.appending(path: "Tests/Vectors/certificates/smallest.json")
    static let policyFile = folder.appending(path: "Tests/Vectors/certificates/smallest.policy")

    static func scenario() throws -> CertificateScenario {
        var skies = Skies()
        let members = [Skies.delta, Skies.united].map { member in
            Skies.record(
                of: member,
                roles: member == Skies.delta ? [.aggregator, .contributor, .operator] : [.contributor])
        }
        let charter = ConsortiumFounded(
            consortium: Skies.name, chainOperator: Skies.delta,
            checkpointKey: Skies.keyBytes(Skies.air, "checkpoint"),
            members: members, threshold: Count(2)!)
        try skies.say(.consortiumFounded(charter), by: Skies.delta)
        try skies.runRound("r1", .isolated, [Skies.delta, Skies.united])
        try skies.delete(Skies.united, "del-1")
        try skies.attest(skies.view.currentModel(of: RoundID("r1")!)!.model, by: Skies.united)
        return CertificateScenario(skies: skies, cosigners: [Skies.united], witnesses: [Skies.united])
    }

    static func policy() throws -> TrustPolicy {
        let witness = VerifierKey(
            name: CertificateScenario.witnessName(Skies.united), algorithm: .cosignatureV1,
            publicKey: Skies.key(Skies.united, "witness").publicKey)
        let log = VerifierKey(
            name: CertificateScenario.logName, algorithm: .ed25519, publicKey: Skies.checkpointKey.publicKey)
        let name = PolicyWord("united")!
        return try TrustPolicy(
            logs: [.init(key: log)], witnesses: [.init(name: name, key: witness)], quorum: .named(name))
    }

    static func block(after heading: String, _ language: String) throws -> String {
        let text = try String(contentsOf: page, encoding: .utf8)
        let section = try #require(text.firstRange(of: heading)).upperBound
        let start = try #require(text[section...].firstRange(of: "```\(language)\n")).upperBound
        let end = try #require(text[start...].firstRange(of: "\n```")).lowerBound
        return String(text[start..<end])
    }
}

@Suite struct CertificatePageTests {
    /// With `LETHE_RECORD_VECTORS` set the files are written, and the test fails.
    @Test func theRecordedBundleIsThatOfTheSmallestDeletion() throws {
        let files = [
            (Smallest.bundleFile, try Smallest.scenario().bundle().bytes),
            (Smallest.policyFile, try Smallest.policy().bytes),
        ]
        for (file, bytes) in files {
            if ProcessInfo.processInfo.environment["LETHE_RECORD_VECTORS"] != nil {
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(bytes).write(to: file)
                Issue.record("recorded \(file.lastPathComponent)")
            }
            #expect([UInt8](try Data(contentsOf: file)) == bytes, "\(file.lastPathComponent)")
        }
    }

    @Test func theRecordedBundleVerifiesWithTheRecordedPolicy() throws {
        let policy = try TrustPolicy(parsing: [UInt8](Data(contentsOf: Smallest.policyFile)))
        let verdict = try CertificateVerifier(policy: policy).verify(
            [UInt8](Data(contentsOf: Smallest.bundleFile)))
        #expect(verdict.firstLine == "deletion certificate for del-1, grade A4, signed by delta, united")
    }

    @Test func thePageShowsTheStatementOfTheRecordedBundle() throws {
        let bundle = try CertificateBundle(parsing: [UInt8](Data(contentsOf: Smallest.bundleFile)))
        let payload = try Envelope(parsing: bundle.certificate.bytes).payload
        let shown = try Smallest.block(after: "## Example", "json")
        #expect(shown == String(decoding: payload, as: UTF8.self))
    }

    @Test func thePageListsEveryFieldOfTheContent() throws {
        let text = try String(contentsOf: Smallest.page, encoding: .utf8)
        let content = Mirror(reflecting: try Smallest.scenario().content()).children.compactMap(\.label)
        #expect(content.count == 38)
        for field in content { #expect(text.contains("\n| `\(field)` |"), "\(field)") }
    }

    private static let hasTools: Bool = {
        ["openssl", "sha256sum", "base64", "basenc", "od", "bash"].allSatisfy { tool in
            (try? run("/usr/bin/env", ["which", tool]))?.status == 0
        }
    }()

    private static func run(
        _ program: String, _ arguments: [String], in folder: URL? = nil
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// The recipe on the page, as somebody without this project would type it.
    @Test(.enabled(if: hasTools, "openssl, sha256sum, base64, basenc, od or bash is not installed"))
    func theRecipeByHandWorks() throws {
        let recipe = try Smallest.block(after: "## By hand", "sh")
        let folder = FileManager.default.temporaryDirectory.appending(path: "by-hand-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var bytes = [UInt8](try Data(contentsOf: Smallest.bundleFile))
        try Data(contentsOf: Smallest.policyFile).write(to: folder.appending(path: "trust.policy"))
        try Data(bytes).write(to: folder.appending(path: "deletion.certificate.json"))
        let good = try Self.run("/usr/bin/env", ["bash", "-e", "-c", recipe], in: folder)
        #expect(good.status == 0, "\(good.output)")
        #expect(
            good.output.split(separator: "\n").map(String.init) == [
                "checkpoint: 17 events, signature holds", "checkpoint: cosigned by united at 2026-11-18T11:23:40Z",
                "chain: 17 entries give the root", "chain: all signatures hold",
                "certificate: 2 signature(s) hold", "certificate: every cited event stands at its place",
            ])
        // One digit of each payload in turn: the certificate's, an entry's; then of the checkpoint's root.
        let text = String(decoding: bytes, as: UTF8.self)
        for (place, offset) in [(#""payload":""#, 400), (#""entries":[{"payload":""#, 500), (#"public\n17\n"#, 3)] {
            let range = try #require(text.utf8.firstRange(of: Array(place.utf8)))
            let index = text.utf8.distance(from: text.startIndex, to: range.upperBound) + offset
            let former = bytes[index]
            bytes[index] = former == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            try Data(bytes).write(to: folder.appending(path: "deletion.certificate.json"))
            bytes[index] = former
            let status = try Self.run("/usr/bin/env", ["bash", "-e", "-c", recipe], in: folder).status
            #expect(status != 0, "\(place)")
        }
    }
}
