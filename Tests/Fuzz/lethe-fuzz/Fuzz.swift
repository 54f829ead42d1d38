internal import Bytes
internal import CLibFuzzer
internal import ChainViews
internal import Events
internal import Glibc
internal import MerkleLog
internal import Proofs
internal import Signing

/// `lethe-fuzz TARGET CORPUS… [libFuzzer options]`: throws made-up bytes at what a verifier reads.
///
/// A target holds two things besides that nothing traps: what was read writes the same bytes again, and a bundle that
/// verifies under the policy of `Tests/Vectors/certificates` is the recorded one in all that is signed.
@main
enum Fuzz {
    /// The parsers by name.
    nonisolated(unsafe) static let targets: [String: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32] = [
        "bundle": { data, size in bundle(bytes(data, size)) },
        "chain-file": { data, size in chainFile(bytes(data, size)) },
        "disclosure": { data, size in disclosure(bytes(data, size)) },
        "note": { data, size in note(bytes(data, size)) },
        "policy": { data, size in policy(bytes(data, size)) },
        "proof": { data, size in proof(bytes(data, size)) },
    ]

    static func main() {
        guard CommandLine.argc > 1, let target = targets[CommandLine.arguments[1]] else {
            let names = targets.keys.sorted().joined(separator: ", ")
            print("usage: lethe-fuzz TARGET CORPUS… [libFuzzer options]; targets: \(names)")
            exit(64)
        }
        let arguments = [CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2)
        var count = Int32(arguments.count)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        let status = pointers.withUnsafeMutableBufferPointer { buffer in
            var start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = buffer.baseAddress
            return LLVMFuzzerRunDriver(&count, &start, target)
        }
        exit(status)
    }

    private static func bytes(_ data: UnsafePointer<UInt8>?, _ size: Int) -> [UInt8] {
        Array(UnsafeBufferPointer(start: data, count: size))
    }

    /// Ends the run where something that was read is not what it was read from.
    private static func hold(_ condition: Bool, _ what: StaticString) {
        guard !condition else { return }
        fatalError("\(what)")
    }

    /// Whatever a key signs, nothing that the fuzzer makes up is signed by it.
    private static let trust = try! TrustPolicy(
        parsing: Array("log skies.example/public+249e2817+AbNW24l5Wc+6fcc0OPlyzEHVGF6p0lneUljl3d6ttcHU\nquorum none\n".utf8))

    private static func bundle(_ bytes: [UInt8]) -> Int32 {
        guard let bundle = try? CertificateBundle(parsing: bytes) else { return -1 }
        hold(bundle.bytes == bytes, "a bundle writes other bytes than it was read from")
        _ = try? CertificateVerifier(policy: trust).verify(bundle)
        // What comes after the policy too, with the chain as it is.
        var replay = PublicReplay(origin: Origin("skies.example/public")!, cores: 1)
        _ = try? replay.append(bundle.chain.entries.map(\.bytes))
        _ = try? Envelope(parsing: bundle.certificate.bytes, limit: .max)
        return 0
    }

    private static func chainFile(_ bytes: [UInt8]) -> Int32 {
        guard let file = try? ChainFile(parsing: bytes) else { return -1 }
        hold(file.bytes == bytes, "a chain file writes other bytes than it was read from")
        return 0
    }

    private static func disclosure(_ bytes: [UInt8]) -> Int32 {
        guard let disclosure = try? Disclosure(parsing: bytes) else { return -1 }
        hold(disclosure.bytes == bytes, "a disclosure writes other bytes than it was read from")
        _ = try? DisclosureVerifier(policy: trust).verify(disclosure)
        return 0
    }

    private static func policy(_ bytes: [UInt8]) -> Int32 {
        guard let policy = try? TrustPolicy(parsing: bytes) else { return -1 }
        hold((try? TrustPolicy(parsing: policy.bytes)) == policy, "a policy writes another policy than it was read from")
        return 0
    }

    private static func note(_ bytes: [UInt8]) -> Int32 {
        guard let note = try? Note(parsing: bytes) else { return -1 }
        hold(note.bytes == bytes, "a note writes other bytes than it was read from")
        if let checkpoint = try? Checkpoint(parsing: note.text) {
            hold(checkpoint.text == note.text, "a checkpoint writes another text than it was read from")
        }
        _ = trust.evaluate(note)
        return 0
    }

    private static func proof(_ bytes: [UInt8]) -> Int32 {
        guard let proof = try? TlogProof(parsing: bytes) else { return -1 }
        hold(proof.bytes == bytes, "a proof writes other bytes than it was read from")
        _ = try? proof.verify(entry: proof.extra ?? [], policy: trust)
        return 0
    }
}
