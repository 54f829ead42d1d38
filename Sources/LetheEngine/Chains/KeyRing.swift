public import Bytes
public import Events
internal import Foundation
public import Signing

/// The secret keys of a ledger directory: for each of its members three, for each chain it operates one.
///
/// Names and public keys are read when the ring is opened; a secret only when it is used, because an encrypted one costs
/// a passphrase and a deliberate fraction of a second.
public struct KeyRing: Sendable {
    private struct Entry: Sendable {
        let path: String
        let name: String
        let role: KeyFile.Role
        let key: KeyBytes
        let isEncrypted: Bool
    }

    private var entries: [Entry]
    private let directory: String
    /// Asked for the passphrase of encrypted key files.
    private let passphrase: @Sendable () throws -> [UInt8]?
    private let opened = Opened()

    /// Secrets that were opened already, so that a passphrase is stretched once a key.
    private final class Opened: @unchecked Sendable {
        private let lock = NSLock()
        private var signing: [KeyID: SigningKey] = [:]
        private var encryption: [KeyID: EncryptionKey] = [:]

        func signingKey(_ id: KeyID, open: () throws -> SigningKey) throws -> SigningKey {
            try lock.withLock {
                if let key = signing[id] { return key }
                let key = try open()
                signing[id] = key
                return key
            }
        }

        func encryptionKey(_ id: KeyID, open: () throws -> EncryptionKey) throws -> EncryptionKey {
            try lock.withLock {
                if let key = encryption[id] { return key }
                let key = try open()
                encryption[id] = key
                return key
            }
        }
    }

    public init(directory: String, passphrase: @escaping @Sendable () throws -> [UInt8]?) throws {
        self.directory = directory
        self.passphrase = passphrase
        entries = []
        for file in try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        where file.hasSuffix(".key") && file != "vault.key" {
            let path = "\(directory)/\(file)"
            let key = try Self.read(path)
            entries.append(
                Entry(
                    path: path, name: key.name.text, role: key.role, key: KeyBytes(bytes: key.publicBytes)!,
                    isEncrypted: key.isEncrypted))
        }
    }

    private static func read(_ path: String) throws -> KeyFile {
        do throws(KeyFileFailure) {
            return try KeyFile.read(from: path)
        } catch {
            throw EngineError(.invalidRequest, "\(path): \(error)", cause: error)
        }
    }

    /// Whether any secret here is under a passphrase: then new ones are to be too.
    public var isEncrypted: Bool { entries.contains(where: \.isEncrypted) }

    /// The members whose event keys lie here.
    public var members: [MemberName] {
        Set(entries.filter { $0.role == .event }.compactMap { MemberName($0.name) }).sorted()
    }

    /// The keys of `member` for `role` that lie here.
    public func keys(of member: MemberName, for role: KeyFile.Role) -> [KeyBytes] {
        entries.filter { $0.role == role && Self.member($0) == member }.map(\.key)
    }

    /// Whose key it is: event and encryption keys bear the member's name, witness keys a path that ends in it.
    private static func member(_ entry: Entry) -> MemberName? {
        MemberName(String(entry.name.split(separator: "/").last ?? ""))
    }

    /// The key that signs the checkpoints of `origin`, if this ledger operates that chain.
    public func checkpointKey(of origin: Origin) -> KeyBytes? {
        entries.first { $0.role == .checkpoint && $0.name == origin.text }?.key
    }

    public func holds(_ id: KeyID) -> Bool { entries.contains { $0.key.keyID == id } }

    public func signingKey(_ id: KeyID) throws -> SigningKey {
        try opened.signingKey(id) { try open(id) { file, pass in try file.signingKey(passphrase: pass) } }
    }

    public func encryptionKey(_ id: KeyID) throws -> EncryptionKey {
        try opened.encryptionKey(id) { try open(id) { file, pass in try file.encryptionKey(passphrase: pass) } }
    }

    private func open<Key>(_ id: KeyID, _ key: (KeyFile, [UInt8]?) throws -> Key) throws -> Key {
        guard let entry = entries.first(where: { $0.key.keyID == id }) else {
            throw EngineError(.missing, "the secret of the key \(id.hex.prefix(16))… is not in \(directory)")
        }
        let file = try Self.read(entry.path)
        do {
            return try key(file, file.isEncrypted ? passphrase() : nil)
        } catch KeyFileFailure.passphraseRequired {
            throw EngineError(
                .missing, "\(entry.path) is encrypted and no passphrase was given",
                hint: "put it into a file and name the file in LETHE_PASSPHRASE_FILE")
        } catch let error as KeyFileFailure {
            throw EngineError(
                .invalidRequest, "\(entry.path): \(error)",
                hint: error == .wrongPassphrase ? "try again; nothing was changed" : nil, cause: error)
        }
    }

    /// Writes a new secret as `<file>.key`, refusing to overwrite, and takes it into the ring.
    public mutating func add(_ file: KeyFile, as name: String, encrypt: ((KeyFile) throws -> KeyFile)?) throws {
        let path = "\(directory)/\(name).key"
        let stored = try encrypt?(file) ?? file
        do throws(KeyFileFailure) {
            try stored.write(to: path)
        } catch {
            throw EngineError(
                .invalidRequest, "\(path): \(error)",
                hint: "keys are never overwritten; move the old file away if it is no longer needed",
                cause: error)
        }
        entries.append(
            Entry(
                path: path, name: file.name.text, role: file.role, key: KeyBytes(bytes: file.publicBytes)!,
                isEncrypted: stored.isEncrypted))
    }
}

/// The name under which a member cosigns: `<consortium>/witness/<member>`.
public func witnessName(_ member: MemberName, of consortium: Consortium) -> KeyName {
    KeyName("\(consortium)/witness/\(member)")!
}
