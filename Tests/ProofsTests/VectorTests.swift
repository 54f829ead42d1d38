import Bytes
import Foundation
import MerkleLog
import Signing
import Testing

@testable import Proofs

/// The files in `Tests/Vectors`, each tried against the layer that it names.
@Suite struct VectorTests {
    static let makers: [String: @Sendable () -> [String: VectorFile]] = [
        "notes": NoteVectors.make, "policies": PolicyVectors.make, "tlog-proofs": TlogProofVectors.make,
    ]

    /// The recorded files are what the generator makes. With `LETHE_RECORD_VECTORS` set they are written
    /// instead, and the test fails so that nobody leaves it set.
    @Test(arguments: ["notes", "policies", "tlog-proofs"])
    func areThoseOfTheGenerator(kind: String) throws {
        let maker = try #require(Self.makers[kind])
        let made = maker()
        if ProcessInfo.processInfo.environment["LETHE_RECORD_VECTORS"] != nil {
            let directory = VectorFile.folder.appending(path: kind)
            try? FileManager.default.removeItem(at: directory)
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            for (name, file) in made { try Data(file.bytes).write(to: directory.appending(path: name)) }
            Issue.record("recorded \(made.count) vectors; run again without LETHE_RECORD_VECTORS")
        }
        let recorded = try VectorFile.all(kind)
        #expect(recorded.keys.sorted() == made.keys.sorted())
        for (name, file) in recorded { #expect(made[name]?.bytes == file.bytes, "\(name)") }
    }

    @Test func notesFailWhereTheyShould() throws {
        for (name, file) in try VectorFile.all("notes") {
            #expect(try Self.judgeNote(file) == file.expect, "\(name)")
        }
    }

    @Test func policiesFailWhereTheyShould() throws {
        for (name, file) in try VectorFile.all("policies") {
            let (layer, line) = Self.judgePolicy(file.body)
            #expect(layer == file.expect, "\(name)")
            #expect(line.map(String.init) == file["line"].first, "\(name)")
        }
    }

    @Test func proofsFailWhereTheyShould() throws {
        for (name, file) in try VectorFile.all("tlog-proofs") {
            #expect(try Self.judgeProof(file) == file.expect, "\(name)")
        }
    }

    private static func judgeNote(_ file: VectorFile) throws -> String {
        guard let note = try? Note(parsing: file.body) else { return "parse" }
        #expect(note.bytes == file.body)
        let keys = try file["key"].map { try VerifierKey(parsing: $0) }
        do {
            let verified = try note.verified(by: keys)
            let names = verified.signatures.map(\.key.name.text).joined(separator: " ")
            return names == file["names"].first ? "ok" : "ok by \(names)"
        } catch {
            switch error {
            case .invalidSignature: return "signature"
            case .noKnownSignature: return "unknown"
            case .ambiguousKey: return "ambiguous"
            }
        }
    }

    private static func judgePolicy(_ bytes: [UInt8]) -> (layer: String, line: Int?) {
        do {
            let policy = try TrustPolicy(parsing: bytes)
            let again = try TrustPolicy(parsing: policy.bytes)
            return (again == policy ? "ok" : "ok but written differently", nil)
        } catch {
            return (layer(of: error.cause), error.line)
        }
    }

    private static func layer(of cause: TrustPolicyFailure.Cause) -> String {
        switch cause {
        case .tooLarge, .noFinalNewline, .forbiddenOctet, .unknownKeyword, .fieldCount: "syntax"
        case .verifierKey, .wrongKeyType, .duplicateKey, .duplicateKeyName: "key"
        case .reservedName, .duplicateName, .unknownName: "name"
        case .threshold, .memberTwice, .noMembers: "group"
        case .secondQuorum, .noQuorum: "quorum"
        }
    }

    private static func judgeProof(_ file: VectorFile) throws -> String {
        guard let proof = try? TlogProof(parsing: file.body) else { return "parse" }
        #expect(proof.bytes == file.body)
        let policy = try TrustPolicy(parsing: Array(file["policy"].map { $0 + "\n" }.joined().utf8))
        let entry = try #require(Hex.decode(file["entry"][0]))
        do {
            let logged = try proof.verify(entry: entry, policy: policy)
            return logged.checkpoint.origin == Scenario.origin ? "ok" : "ok for \(logged.checkpoint.origin)"
        } catch {
            switch error {
            case .inclusion: return "inclusion"
            case .untrusted(let verdict): return layer(of: verdict.findings[0])
            }
        }
    }

    private static func layer(of finding: TrustVerdict.Finding) -> String {
        switch finding {
        case .note: "signature"
        case .text: "checkpoint"
        case .unknownLog, .notSignedByLog: "log"
        case .quorum: "quorum"
        }
    }
}
