import Bytes
import Foundation
import Signing
import Testing

@Suite struct KeyFileTests {
    private let key = Sample.key(1)
    private let plain = KeyFile(
        name: Sample.name("skies.example/public"), role: .checkpoint, key: Sample.key(1))
    private let passphrase = Array("correct horse".utf8)

    private var text: String { String(decoding: plain.bytes, as: UTF8.self) }

    @Test(arguments: [KeyFile.Role.event, .checkpoint, .witness])
    func readsWhatItWrites(role: KeyFile.Role) throws {
        let file = try KeyFile(parsing: KeyFile(name: Sample.name("n"), role: role, key: key).bytes)
        #expect(file.role == role)
        #expect(!file.isEncrypted)
        #expect(try file.signingKey().sign([1]) == key.sign([1]))
        #expect(throws: KeyFileFailure.wrongRole(role)) { try file.encryptionKey() }
    }

    @Test func keepsEncryptionKeysToo() throws {
        let key = EncryptionKey(secret: [UInt8](repeating: 9, count: 32))!
        let file = try KeyFile(parsing: KeyFile(name: Sample.name("n"), key: key).bytes)
        let sealed = try key.publicKey.seal([7], random: .system)
        #expect(try file.encryptionKey().open(sealed) == [7])
        #expect(throws: KeyFileFailure.wrongRole(.encryption)) { try file.signingKey() }
        #expect(file.verifierKey == nil)
    }

    @Test func namesTheVerifierKeyOfItsRole() {
        #expect(plain.verifierKey?.algorithm == .ed25519)
        #expect(
            KeyFile(name: Sample.name("w"), role: .witness, key: key).verifierKey?.algorithm == .cosignatureV1
        )
        #expect(KeyFile(name: Sample.name("e"), role: .event, key: key).verifierKey == nil)
    }

    @Test func opensWithItsPassphraseAlone() throws {
        let written = try plain.encrypted(with: passphrase, cost: .interactive, random: Sample.counting())
        let file = try KeyFile(parsing: written.bytes)
        #expect(file.isEncrypted)
        #expect(!String(decoding: file.bytes, as: UTF8.self).contains("secret"))
        #expect(try file.signingKey(passphrase: passphrase).sign([1]) == key.sign([1]))
        #expect(throws: KeyFileFailure.wrongPassphrase) {
            try file.signingKey(passphrase: Array("wrong".utf8))
        }
        #expect(throws: KeyFileFailure.wrongPassphrase) { try file.signingKey(passphrase: []) }
        #expect(throws: KeyFileFailure.passphraseRequired) { try file.signingKey() }
        #expect(throws: KeyFileFailure.alreadyEncrypted) {
            try file.encrypted(with: passphrase, cost: .interactive, random: Sample.counting())
        }
        #expect(throws: KeyFileFailure.passphraseRequired) { try plain.encrypted(with: [], random: .system) }
    }

    /// Name, role and public key stand in the clear, but are bound to the encrypted secret.
    @Test func noticesAChangedHead() throws {
        let file = try plain.encrypted(with: passphrase, cost: .interactive, random: Sample.counting())
        let text = String(decoding: file.bytes, as: UTF8.self)
        let renamed = text.replacingOccurrences(of: "skies.example/public", with: "skies.example/delta")
        let reused = text.replacingOccurrences(of: "role checkpoint", with: "role witness")
        for changed in [renamed, reused] {
            let file = try KeyFile(parsing: Array(changed.utf8))
            #expect(throws: KeyFileFailure.wrongPassphrase) { try file.signingKey(passphrase: passphrase) }
        }
    }

    @Test func refusesAnotherSpelling() throws {
        let cases: [(String, String, KeyFileFailure)] = [
            ("lethe/key-file/v1", "lethe/key-file/v2", .notAKeyFile),
            ("name skies", "name  skies", .malformed(line: 2)),
            ("name ", "Name ", .malformed(line: 2)), ("role checkpoint", "role root", .unknownRole("root")),
            ("public ", "public  ", .malformed(line: 4)), ("secret ", "secret  ", .malformed(line: 5)),
            ("secret ", "scrypt ", .malformed(line: 5)), ("=\nsecret", "\nsecret", .malformed(line: 4)),
            ("role", "\nrole", .malformed(line: 6)),
        ]
        for (old, new, failure) in cases {
            let changed = text.replacingOccurrences(of: old, with: new)
            #expect(changed != text)
            #expect(throws: failure, "\(new)") { try KeyFile(parsing: Array(changed.utf8)) }
        }
        #expect(throws: KeyFileFailure.malformed(line: 5)) { try KeyFile(parsing: plain.bytes.dropLast()) }
        #expect(throws: KeyFileFailure.malformed(line: 6)) { try KeyFile(parsing: plain.bytes + [0x0a]) }
        #expect(throws: KeyFileFailure.malformed(line: 0)) { try KeyFile(parsing: [0xff]) }
        #expect(throws: KeyFileFailure.malformed(line: 0)) {
            try KeyFile(parsing: plain.bytes + [UInt8](repeating: 0x20, count: 4096))
        }
    }

    @Test func refusesAPublicKeyThatIsNotTheSecrets() {
        let changed = text.replacingOccurrences(
            of: key.publicKey.base64, with: Sample.key(2).publicKey.base64)
        #expect(throws: KeyFileFailure.publicKeyMismatch) { try KeyFile(parsing: Array(changed.utf8)) }
    }

    @Test(arguments: [(1, 65_536), (11, 65_536), (2, 65_535), (2, 1_048_577), (0, 0), (Int.max, Int.max)])
    func refusesTooLittleOrTooMuchWork(passes: Int, memoryKiB: Int) throws {
        #expect(PassphraseCost(passes: passes, memoryKiB: memoryKiB) == nil)
        let fields = [16, 24, 48].map { Base64.encode([UInt8](repeating: 1, count: $0)) }.joined(
            separator: " ")
        let head = text.components(separatedBy: "secret ")[0]
        #expect(throws: KeyFileFailure.costOutOfBounds(passes: passes, memoryKiB: memoryKiB)) {
            try KeyFile(parsing: Array("\(head)argon2id \(passes) \(memoryKiB) \(fields)\n".utf8))
        }
    }

    /// `schemas/key-file.md` shows two complete files; they must be what the program reads.
    @Test func readsTheExamplesOfItsDocumentation() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../schemas/key-file.md").standardizedFileURL
        let blocks = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```\n")
            .filter { $0.hasPrefix("lethe/key-file/v1\n") }
        try #require(blocks.count == 2)
        let plain = try KeyFile(parsing: Array(blocks[0].utf8))
        let encrypted = try KeyFile(parsing: Array(blocks[1].utf8))
        #expect(!plain.isEncrypted && encrypted.isEncrypted)
        let opened = try encrypted.signingKey(passphrase: passphrase)
        #expect(try opened.publicKey == plain.signingKey().publicKey)
    }
}

/// Each test has a fresh directory of its own.
@Suite final class KeyFileStorageTests {
    private let directory: String
    private let file = KeyFile(name: Sample.name("n"), role: .event, key: Sample.key(4))

    init() throws {
        directory = NSTemporaryDirectory() + "lethe-key-file-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    private var path: String { directory + "/event.key" }

    @Test func writesForItsOwnerAlone() throws {
        try file.write(to: path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try KeyFile.read(from: path).bytes == file.bytes)
    }

    @Test func overwritesNothing() throws {
        try Data("mine".utf8).write(to: URL(filePath: path))
        #expect(throws: KeyFileFailure.exists(path: path)) { try file.write(to: path) }
        #expect(try Data(contentsOf: URL(filePath: path)) == Data("mine".utf8))
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o610, 0o601])
    func refusesAFileOpenToOthers(mode: Int) throws {
        try file.write(to: path)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let failure = KeyFileFailure.readableByOthers(path: path, mode: mode)
        #expect(throws: failure) { try KeyFile.read(from: path) }
        #expect(failure.description.contains("chmod 600 \(path)"))
    }

    @Test func saysWhatIsMissing() {
        #expect(throws: KeyFileFailure.system(operation: "open", path: path, code: ENOENT)) {
            try KeyFile.read(from: path)
        }
        let nowhere = directory + "/none/event.key"
        #expect(throws: KeyFileFailure.system(operation: "create", path: nowhere, code: ENOENT)) {
            try file.write(to: nowhere)
        }
        #expect(throws: KeyFileFailure.notARegularFile(path: directory)) { try KeyFile.read(from: directory) }
    }

    @Test func readsNoMoreThanAKeyFileCanHave() throws {
        #expect(
            FileManager.default.createFile(
                atPath: path, contents: Data(repeating: 0x61, count: 1 << 20),
                attributes: [.posixPermissions: 0o600]))
        #expect(throws: KeyFileFailure.malformed(line: 0)) { try KeyFile.read(from: path) }
    }
}
