import Bytes
import ChainViews
import Events
import Foundation
import Proofs
import Signing

/// The lines about starting the program and verifying files with it.
///
/// The files are those of a demo: a proof and a certificate under a policy with three of six witnesses.
struct ProcessBench {
    private let executable: String
    private let demo: String
    private let proof: String
    private let policy: String
    private var certificate: String { "\(demo)/deletion.certificate.json" }

    /// Tells a demo into `directory`.
    init(in directory: String) async throws {
        executable = try ownExecutable
        demo = "\(directory)/demo"
        _ = try await ChildProcess.succeed(executable, ["demo", demo])
        policy = "\(demo)/trust.policy"
        let files = try FileManager.default.contentsOfDirectory(atPath: demo)
        guard let name = files.first(where: { $0.hasSuffix(".tlog-proof") }) else {
            throw Answer.unknown("the demo left no proof in \(demo)")
        }
        proof = "\(demo)/\(name)"
    }

    /// The same work as `lethe verify PROOF` with the files read, against the signature checks in it alone.
    func verifyInProcess(samples: Int) async throws -> BenchLine {
        let bytes = try readFile(proof), trust = try readPolicy(policy)
        let parsed = try TlogProof(parsing: bytes)
        let signers = parsed.note.signatures.count
        let key = SigningKey.generate(random: .system), message = parsed.note.textBytes
        let signature = key.sign(message)
        let taken = try await Samples(samples) {
            try await timed {
                let proof = try TlogProof(parsing: bytes)
                let entry = proof.extra!
                _ = try proof.verify(entry: entry, policy: trust)
                _ = try ReceivedEvent(parsing: entry)
            }
        } floor: {
            await timed {
                for _ in 0..<signers {
                    precondition(key.publicKey.isValidSignature(signature, of: message), "a signature does not hold")
                }
            }
        }
        return BenchLine(
            "verify one proof, in process", .milliseconds(taken.medianMeasured),
            against: "its \(signers) signatures alone", .milliseconds(taken.medianFloor), want: .millisecondsAtMost(1))
    }

    func verifyProof(samples: Int) async throws -> BenchLine {
        try await line(
            "lethe verify, a proof", ["verify", proof, "--trust", policy], samples, want: .millisecondsAtMost(30))
    }

    func verifyCertificate(samples: Int) async throws -> BenchLine {
        try await line(
            "lethe verify, a certificate", ["verify", certificate, "--trust", policy], samples, want: .nothing)
    }

    func help(samples: Int) async throws -> BenchLine {
        try await line("lethe --help", ["--help"], samples, want: .millisecondsAtMost(30))
    }

    /// A whole process, against the start of one that does nothing.
    private func line(
        _ name: String, _ arguments: [String], _ samples: Int, want: BenchLine.Want
    ) async throws -> BenchLine {
        let taken = try await Samples(samples) {
            try await ChildProcess.succeed(executable, arguments).seconds
        } floor: {
            try await ChildProcess.succeed("/bin/true", []).seconds
        }
        return BenchLine(
            name, .milliseconds(taken.medianMeasured), against: "/bin/true", .milliseconds(taken.medianFloor),
            want: want)
    }
}
