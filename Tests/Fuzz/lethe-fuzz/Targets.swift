internal import Adapters
internal import Bytes
internal import ChainViews
internal import Compliance
internal import Events
internal import MerkleLog
internal import Proofs
internal import Signing
internal import Timestamps

/// What is fuzzed, by name. What is refused is a seed too: the way to what is taken leads through it.
enum Targets {
    typealias Target = @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32

    static let all: [String: Target] = [
        "bundle": { bundle(bytes($0, $1)) },
        "chain-file": { chainFile(bytes($0, $1)) },
        "configuration": { configuration(bytes($0, $1)) },
        "disclosure": { disclosure(bytes($0, $1)) },
        "event": { event(bytes($0, $1)) },
        "note": { note(bytes($0, $1)) },
        "pack": { pack(bytes($0, $1)) },
        "policy": { policy(bytes($0, $1)) },
        "proof": { proof(bytes($0, $1)) },
        "rules": { rules(bytes($0, $1)) },
        "safetensors": { safetensors(bytes($0, $1)) },
        "timestamp": { timestamp(bytes($0, $1)) },
    ]

    private static func bytes(_ data: UnsafePointer<UInt8>?, _ size: Int) -> [UInt8] {
        Array(UnsafeBufferPointer(start: data, count: size))
    }

    private static let origin = Origin("skies.example/public")!

    /// The policy of the recorded certificates, without its witnesses.
    private static let trust = try! TrustPolicy(
        parsing: Array(
            "log skies.example/public+0254b69a+AbCI3CGHKfnFG7WM46Ni++k5IdYl0Myd9czQ1mi56Jzb\nquorum none\n".utf8))

    // MARK: What a verifier reads

    /// Writes the bytes that it was read from; and what is checked after the signatures does not trap either.
    private static func bundle(_ bytes: [UInt8]) -> Int32 {
        guard let bundle = try? CertificateBundle(parsing: bytes) else { return 0 }
        hold(bundle.bytes == bytes, "a bundle writes other bytes than it was read from")
        _ = try? CertificateVerifier(policy: trust).verify(bundle)
        var replay = PublicReplay(origin: origin, cores: 1)
        _ = try? replay.append(bundle.chain.entries.map(\.bytes))
        _ = try? Envelope(parsing: bundle.certificate.bytes, limit: .max)
        return 0
    }

    private static func chainFile(_ bytes: [UInt8]) -> Int32 {
        guard let file = try? ChainFile(parsing: bytes) else { return 0 }
        hold(file.bytes == bytes, "a chain file writes other bytes than it was read from")
        return 0
    }

    private static func disclosure(_ bytes: [UInt8]) -> Int32 {
        guard let disclosure = try? Disclosure(parsing: bytes) else { return 0 }
        hold(disclosure.bytes == bytes, "a disclosure writes other bytes than it was read from")
        _ = try? DisclosureVerifier(policy: trust).verify(disclosure)
        return 0
    }

    private static func policy(_ bytes: [UInt8]) -> Int32 {
        guard let policy = try? TrustPolicy(parsing: bytes) else { return 0 }
        hold(
            (try? TrustPolicy(parsing: policy.bytes)) == policy, "a policy writes another policy than it was read from")
        return 0
    }

    private static func note(_ bytes: [UInt8]) -> Int32 {
        guard let note = try? Note(parsing: bytes) else { return 0 }
        hold(note.bytes == bytes, "a note writes other bytes than it was read from")
        if let checkpoint = try? Checkpoint(parsing: note.text) {
            hold(checkpoint.text == note.text, "a checkpoint writes another text than it was read from")
        }
        _ = trust.evaluate(note)
        return 0
    }

    private static func proof(_ bytes: [UInt8]) -> Int32 {
        guard let proof = try? TlogProof(parsing: bytes) else { return 0 }
        hold(proof.bytes == bytes, "a proof writes other bytes than it was read from")
        _ = try? proof.verify(entry: proof.extra ?? [], policy: trust)
        return 0
    }

    // MARK: What a member reads of others

    /// An envelope, or the statement in one; both write the bytes that they were read from.
    private static func event(_ bytes: [UInt8]) -> Int32 {
        if let statement = try? Statement(parsing: bytes) {
            hold(statement.bytes == bytes, "a statement writes other bytes than it was read from")
            return 0
        }
        guard let envelope = try? Envelope(parsing: bytes) else { return 0 }
        hold(envelope.bytes == bytes, "an envelope writes other bytes than it was read from")
        return 0
    }

    /// A story: an event that is refused changes nothing; rows kept by changes alone are all rows; a view that is read from
    /// its rows gives the same plan.
    private static func rules(_ bytes: [UInt8]) -> Int32 {
        var story = Story(origin: origin)
        story.tell(bytes)
        let view = story.publicView
        guard view.size > 0 else { return 0 }
        let rows = view.rows
        let all = Dictionary(uniqueKeysWithValues: rows.map { (Story.RowName(kind: $0.kind, key: $0.key), $0.value) })
        hold(all == story.stored, "the rows that changed are not those that differ")
        guard let read = try? PublicView(origin: origin, size: view.size, rows: rows) else {
            fatalError("a view does not read its own rows")
        }
        hold(read.rows == rows, "a view that was read has other rows")
        let deletions = Ascending(view.allDeletions.map(\.deletion))
        let plan = view.plan(for: deletions)
        hold(read.plan(for: deletions).digest == plan.digest, "a view that was read gives another plan")
        for view in story.privateViews.values where view.size > 0 {
            guard let read = try? PrivateView(origin: view.origin, size: view.size, rows: view.rows) else {
                fatalError("a private view does not read its own rows")
            }
            hold(read.rows == view.rows, "a private view that was read has other rows")
        }
        return 0
    }

    /// A reply or a request: what is taken apart is put together to the same request.
    private static func timestamp(_ bytes: [UInt8]) -> Int32 {
        if let request = try? TimestampRequest(parsing: bytes) {
            hold((try? TimestampRequest(parsing: request.bytes)) == request, "a request writes another request")
            return 0
        }
        guard case .granted(let token)? = try? TimestampReply(parsing: bytes) else { return 0 }
        _ = try? token.verify(imprint: token.imprint, nonce: token.nonce, trusting: token.certificates)
        return 0
    }

    /// The files of a pack, each after a line `--- PATH`; a pack that is taken gives its queries' answers on nothing.
    private static func pack(_ bytes: [UInt8]) -> Int32 {
        var files: [String: [UInt8]] = [:]
        var path: String?
        for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
            if line.starts(with: "--- ".utf8) {
                path = String(decoding: line.dropFirst(4), as: UTF8.self)
                files[path!] = []
            } else if let path {
                files[path]! += Array(line) + [0x0a]
            }
        }
        guard let files = try? PackFiles(files), let pack = try? Pack(files) else { return 0 }
        hold(pack.digest == files.digest, "a pack has another digest than its files")
        return 0
    }

    // MARK: Adapters

    private struct Memory: ByteSource {
        let bytes: [UInt8]
        var count: Int { bytes.count }

        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
            }
        }
    }

    /// Tensors tile the data exactly, whatever the header says.
    private static func safetensors(_ bytes: [UInt8]) -> Int32 {
        guard let header = try? SafetensorsHeader(reading: Memory(bytes: bytes)) else { return 0 }
        let data = header.entries.reduce(0) { $0 + $1.tensor.byteCount }
        hold(header.prefixByteCount + data == bytes.count, "the tensors of a header are not all of the file")
        return 0
    }

    private static let base = BaseDigest.sha256([])

    private static func configuration(_ bytes: [UInt8]) -> Int32 {
        guard let configuration = try? AdapterConfiguration(parsing: bytes, base: base) else { return 0 }
        let written = Array(configuration.peftBytes)
        hold(
            (try? AdapterConfiguration(parsing: written, base: base)) == configuration,
            "a configuration writes another one")
        return 0
    }
}
