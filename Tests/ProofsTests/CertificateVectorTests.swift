import Bytes
import Foundation
import Testing
import Verifying

@testable import Proofs

/// The files in `Tests/Vectors/certificates`, each tried as a library would and as a regulator would.
@Suite struct CertificateVectorTests {
    private static let folder = VectorFile.folder.appending(path: "certificates")

    /// The vectors, without the policies and the page's example beside them.
    static func all() throws -> [String: VectorFile] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".vector") }
        return try Dictionary(
            uniqueKeysWithValues: names.map { name in
                let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
                return (String(name.dropLast(7)), try VectorFile(parsing: bytes))
            })
    }

    /// With `LETHE_RECORD_VECTORS` set the files are written, and the test fails.
    @Test func areThoseOfTheGenerator() throws {
        let made = try CertificateVectors.make()
        let policy = CertificateScenario.policy().bytes
        if ProcessInfo.processInfo.environment["LETHE_RECORD_VECTORS"] != nil {
            for name in try Self.all().keys {
                try FileManager.default.removeItem(at: Self.folder.appending(path: "\(name).vector"))
            }
            for (name, file) in made { try Data(file.bytes).write(to: Self.folder.appending(path: "\(name).vector")) }
            try Data(policy).write(to: Self.folder.appending(path: CertificateVectors.policy))
            Issue.record("recorded \(made.count) vectors; run again without LETHE_RECORD_VECTORS")
        }
        let recorded = try Self.all()
        #expect(recorded.keys.sorted() == made.keys.sorted())
        for (name, file) in recorded { #expect(made[name]?.bytes == file.bytes, "\(name)") }
        let kept = [UInt8](try Data(contentsOf: Self.folder.appending(path: CertificateVectors.policy)))
        #expect(kept == policy)
    }

    @Test func failWhereTheyShould() throws {
        let vectors = try Self.all()
        #expect(vectors.count > 35)
        let policy = try TrustPolicy(
            parsing: [UInt8](Data(contentsOf: Self.folder.appending(path: CertificateVectors.policy))))
        for (name, file) in vectors {
            do throws(CertificateFailure) {
                let verdict = try CertificateVerifier(policy: policy).verify(file.body)
                #expect(file.expect == "ok", "\(name)")
                for line in file["says"] { #expect(verdict.lines.contains { $0.contains(line) }, "\(name): \(line)") }
            } catch {
                #expect(error.step == file.expect, "\(name): \(error)")
                for reason in file["reason"] { #expect("\(error)".contains(reason), "\(name): \(error)") }
            }
        }
    }
}
