import ArgumentParser
import Bytes
import Exports
import Foundation
import LedgerStore
import LetheEngine
import Signing

struct SignatureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signature",
        abstract: "OpenSSF model signatures: sign a model's files for the world, and check others'.",
        subcommands: [Key.self, Sign.self, Verify.self])

    struct Key: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a P-256 release key. It signs files for others, never events.",
            discussion:
                "OpenSSL can make one too: openssl ecparam -name prime256v1 -genkey -noout -out release.pem")
        @Option(name: .shortAndLong, help: "The private key to write (PEM, 0600).") var output: String
        @Option(name: .customLong("public"), help: "The public key to write (default: beside it, .pub.pem).")
        var publicPath: String?
        @Flag(name: .long, help: "Answer in JSON.") var json = false

        func run() async throws {
            let key = ReleaseKey.generate(random: .system)
            let isPEM = output.hasSuffix(".pem")
            let publicPath = publicPath ?? (isPEM ? String(output.dropLast(4)) : output) + ".pub.pem"
            try writeSecret(Array(key.pem.utf8), to: output)
            try writeFile(Array(key.publicKey.pem.utf8), to: publicPath)
            printFile(
                publicPath, ["hint": key.publicKey.hint, "privateKey": output],
                "public key \(short(key.publicKey.hint)); give it to those who check", json: json)
        }
    }

    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Sign the files of a model directory.")
        @Argument(help: "The directory.") var directory: String
        @Option(help: "The private key: P-256, PEM.") var key: String
        @Option(name: .shortAndLong, help: "The signature to write (default: DIRECTORY/model.sig).") var output: String?
        @Option(help: "Refuse what this ledger does not know as a current model or contribution.") var ledger: String?
        @Flag(name: .long, help: "Answer in JSON.") var json = false

        func run() async throws {
            let pem = String(decoding: try readFile(key), as: UTF8.self)
            let secret: ReleaseKey
            do throws(ReleaseKeyFailure) {
                secret = try ReleaseKey(pem: pem)
            } catch {
                throw Answer.unknown(
                    "\(key) cannot sign: \(error)", hint: "lethe signature key --output release.pem makes one")
            }
            if let ledger { try await check(ledger) }
            let path = output ?? "\(directory)/model.sig"
            let files = ModelFiles(directory: directory)
            let manifest = try files.manifest(signature: path)
            try writeFile(ModelSignature.bytes(signing: manifest, with: secret), to: path)
            printFile(
                path, ["root": manifest.root.hex],
                "\(manifest.resources.count) file(s) of \(manifest.name), root \(short(manifest.root.hex))",
                json: json)
        }

        private func check(_ path: String) async throws {
            let ledger = try await Ledger.open(at: path, mode: .readOnly, surroundings: .process())
            let lineage = try await ledger.lineage(ofDirectory: directory)
            try await ledger.close()
            guard lineage.state == "current" else {
                throw Answer.no(
                    "\(directory) holds the \(lineage.kind) \(short(lineage.adapter.hex)), which is \(lineage.state)",
                    hint: "do not release it; lethe model export writes the current model of a round")
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a model directory against a signature made with a key.")
        @Argument(help: "The directory.") var directory: String
        @Option(help: "The signature (default: DIRECTORY/model.sig).") var signature: String?
        @Option(help: "The signer's public key: P-256, P-384 or P-521, PEM.") var key: String
        @Flag(name: .long, help: "Answer in JSON.") var json = false

        func run() async throws {
            let pem = String(decoding: try readFile(key), as: UTF8.self)
            let publicKey: ReleasePublicKey
            do throws(ReleaseKeyFailure) {
                publicKey = try ReleasePublicKey(pem: pem)
            } catch {
                throw Answer.unknown("\(key): \(error)", hint: "ask the signer for the public key")
            }
            let path = signature ?? "\(directory)/model.sig"
            let bytes = try readFile(path)
            let manifest: ModelManifest
            do throws(ModelSignatureFailure) {
                manifest = try ModelSignature.manifest(in: bytes, signedBy: publicKey)
            } catch {
                if error.isUndecided {
                    throw Answer.unknown(
                        "\(path): \(error)", hint: "check that it is whole, and a model signature")
                }
                throw Answer.no("\(path) does not hold: \(error)", hint: "do not rely on it")
            }
            let actual = try ModelFiles(directory: directory).resources(of: manifest, signature: path)
            let differences = manifest.differences(from: actual)
            if json {
                printJSON(
                    SignatureAnswer(
                        differences: differences, holds: differences.isEmpty, root: manifest.root.hex))
            }
            guard differences.isEmpty else {
                if !json { for line in differences { print("DIFFERS  \(printable(line))") } }
                throw Answer.no("\(directory) is not what was signed", hint: "do not use it")
            }
            if json { return }
            print(
                "proved   \(actual.count) file(s) of \(printable(manifest.name)) are those that the key \(short(publicKey.hint)) signed"
            )
            print("not claimed: whose key that is, and when it signed")
        }
    }
}

private struct SignatureAnswer: Encodable {
    var differences: [String]
    var holds: Bool
    var root: String
}

/// Writes a secret that its owner alone can read; a file that is there is never overwritten.
private func writeSecret(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
        throw Answer.unknown(
            "cannot create \(path): \(String(cString: strerror(errno)))",
            hint: "keys are never overwritten; name another file")
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try handle.write(contentsOf: Data(bytes))
    try handle.synchronize()
}

/// The files of a model directory, hashed as OpenSSF model signing does.
struct ModelFiles {
    let directory: String

    /// What model signing leaves out wherever it stands at the top of a directory.
    static let gitPaths = [".git", ".gitattributes", ".github", ".gitignore"]

    /// All regular files below, by path; refuses symbolic links, which may lead out of the directory.
    private func paths() throws -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory),
            isDirectory.boolValue
        else {
            throw Answer.unknown("there is no directory \(directory)", hint: "give the directory of the model")
        }
        let all = FileManager.default.enumerator(atPath: directory)?.allObjects as? [String] ?? []
        return try all.sorted().filter { path in
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(path)")
            switch attributes[.type] as? FileAttributeType {
            case .typeRegular?: return true
            case .typeDirectory?: return false
            default:
                throw Answer.unknown(
                    "\(directory)/\(path) is neither file nor directory",
                    hint: "symbolic links and devices are not signed: replace it")
            }
        }
    }

    /// Every file, whole.
    func resources() throws -> [ModelManifest.Resource] {
        try paths().map { .init(path: $0, digest: Hash256(retagging: try fileDigest("\(directory)/\($0)"))) }
    }

    /// What is to be signed, where the signature goes to `signature`.
    func manifest(signature: String) throws -> ModelManifest {
        let name = URL(fileURLWithPath: directory).standardizedFileURL.lastPathComponent
        let ignored = Self.gitPaths + (inside(signature).map { [$0] } ?? [])
        let rule = ModelManifest(name: name, resources: [], ignoredPaths: ignored)
        let files = try paths().filter { !rule.ignores($0) }
        guard !files.isEmpty else {
            throw Answer.unknown("\(directory) holds no file", hint: "give the directory of the model")
        }
        return ModelManifest(
            name: name,
            resources: try files.map {
                .init(path: $0, digest: Hash256(retagging: try fileDigest("\(directory)/\($0)")))
            },
            ignoredPaths: ignored)
    }

    /// What is there, in the pieces that `manifest` has.
    func resources(of manifest: ModelManifest, signature: String) throws -> [ModelManifest.Resource] {
        let own = inside(signature)
        let files = try paths().filter { path in
            !manifest.ignores(path) && path != own
                && !Self.gitPaths.contains { path == $0 || path.hasPrefix("\($0)/") }
        }
        guard let size = manifest.shardSize else {
            return try files.map {
                .init(path: $0, digest: Hash256(retagging: try fileDigest("\(directory)/\($0)")))
            }
        }
        return try files.flatMap { try shards(of: $0, size: size) }
    }

    private func shards(of path: String, size: Int) throws -> [ModelManifest.Resource] {
        let file = "\(directory)/\(path)"
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw Answer.unknown("cannot read \(file)", hint: "check the path")
        }
        defer { try? handle.close() }
        let length = Int(try handle.seekToEnd())
        try handle.seek(toOffset: 0)
        return try stride(from: 0, to: length, by: size).map { start in
            let end = length - start < size ? length : start + size
            var (hasher, left) = (Hasher256(), end - start)
            while left > 0, let data = try handle.read(upToCount: min(left, 1 << 20)), !data.isEmpty {
                hasher.update(Array(data))
                left -= data.count
            }
            return .init(path: path, range: start..<end, digest: hasher.finish())
        }
    }

    /// The path of `file` in the directory; `nil` where it lies elsewhere.
    private func inside(_ file: String) -> String? {
        let root = URL(fileURLWithPath: directory).standardizedFileURL.path + "/"
        let path = URL(fileURLWithPath: file).standardizedFileURL.path
        return path.hasPrefix(root) ? String(path.dropFirst(root.count)) : nil
    }
}
