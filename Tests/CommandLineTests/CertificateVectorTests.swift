import Foundation
import Testing

/// The vectors of `Tests/Vectors/certificates`, judged by the two programs that a regulator may have.
struct CertificateVectorTests {
    private struct Vector {
        var name: String
        var headers: [(name: String, value: String)]
        var body: Data

        var expect: String { headers.first { $0.name == "expect" }?.value ?? "" }
    }

    private static let folder = Places.package + "/Tests/Vectors/certificates"

    private static func vectors() throws -> [Vector] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".vector") }.sorted().map {
            name in
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
            let end = try #require(bytes.firstRange(of: Data("\n\n".utf8)))
            let headers = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\n").map { line in
                let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
                return (name: parts[0], value: parts[1])
            }
            return Vector(name: name, headers: headers, body: bytes[end.upperBound...])
        }
    }

    @Test(arguments: [Workplace.program, Workplace.verifier])
    func failWhereTheyShould(program: String) throws {
        let place = Workplace()
        let command = program == Workplace.verifier ? [program] : [program, "verify"]
        let vectors = try Self.vectors()
        #expect(vectors.count > 35)
        for vector in vectors {
            try vector.body.write(to: URL(fileURLWithPath: place.file("bundle.json")))
            let policy = vector.headers.first { $0.name == "policy" }?.value ?? ""
            let outcome = place.run(command + ["bundle.json", "--trust", "\(Self.folder)/\(policy)"])
            switch vector.expect {
            case "ok":
                #expect(outcome.status == 0, "\(vector.name): \(outcome.errors)")
                for line in vector.headers where line.name == "says" {
                    #expect(outcome.output.contains(line.value), "\(vector.name): \(line.value)")
                }
            case "bundle": expectRefusal(outcome, 2, naming: "bundle.json")
            default:
                expectRefusal(outcome, 1, naming: "bundle.json does not hold")
                #expect(!outcome.errors.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, "\(vector.name)")
                for line in vector.headers where line.name == "reason" {
                    #expect(outcome.errors.contains(line.value), "\(vector.name): \(outcome.errors)")
                }
            }
        }
    }
}
