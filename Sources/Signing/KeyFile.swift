internal import Bytes

/// One secret key in a file, plain or under a passphrase. The format is `schemas/key-file.md`.
public struct KeyFile: Sendable {
    public enum Role: String, Hashable, Sendable, CaseIterable {
        /// Ed25519, signs events.
        case event
        /// Ed25519, signs a log's checkpoints; the key's name is the log's origin.
        case checkpoint
        /// Ed25519, cosigns other logs' checkpoints.
        case witness
        /// X25519, opens what is sealed to its owner.
        case encryption
    }

    public let name: KeyName
    public let role: Role
    /// 32 bytes: Ed25519, or X25519 for ``Role/encryption``.
    public let publicBytes: [UInt8]
    private let stored: Stored

    private enum Stored {
        /// An Ed25519 seed or an X25519 scalar, 32 bytes.
        case plain(SecretBytes)
        case sealed(SealedSecret)
    }

    /// A plain file of a signing key; traps on the role of encryption.
    public init(name: KeyName, role: Role, key: SigningKey) {
        precondition(role != .encryption, "an Ed25519 key does not encrypt")
        self.name = name
        self.role = role
        publicBytes = key.publicKey.bytes
        stored = .plain(key.withSeed { seed in SecretBytes(count: 32) { $0.copyMemory(from: seed) } })
    }

    /// A plain file of an encryption key.
    public init(name: KeyName, key: EncryptionKey) {
        self.name = name
        role = .encryption
        publicBytes = key.publicKey.bytes
        stored = .plain(key.withSecret { secret in SecretBytes(count: 32) { $0.copyMemory(from: secret) } })
    }

    private init(name: KeyName, role: Role, publicBytes: [UInt8], stored: Stored) {
        self.name = name
        self.role = role
        self.publicBytes = publicBytes
        self.stored = stored
    }

    public var isEncrypted: Bool {
        if case .sealed = stored { true } else { false }
    }

    /// The same key under `passphrase`; a file that has one already is refused.
    public func encrypted(
        with passphrase: [UInt8], cost: PassphraseCost = .moderate, random: RandomBytes
    ) throws(KeyFileFailure) -> KeyFile {
        guard case .plain(let secret) = stored else { throw .alreadyEncrypted }
        guard !passphrase.isEmpty else { throw .passphraseRequired }
        let sealed = SealedSecret(
            sealing: secret, passphrase: passphrase, cost: cost, context: Array(head.utf8), random: random)
        guard let sealed else { throw .outOfMemory(kibibytes: cost.memoryKiB) }
        return KeyFile(name: name, role: role, publicBytes: publicBytes, stored: .sealed(sealed))
    }

    /// The signing key; the passphrase is needed where the file is encrypted, and ignored where it is not.
    public func signingKey(passphrase: [UInt8]? = nil) throws(KeyFileFailure) -> SigningKey {
        guard role != .encryption else { throw .wrongRole(role) }
        let secret = try openedSecret(passphrase)
        let key = secret.withUnsafeBytes { SigningKey(seed: $0)! }
        guard key.publicKey.bytes == publicBytes else { throw .publicKeyMismatch }
        return key
    }

    /// The encryption key; the passphrase is needed where the file is encrypted, and ignored where it is not.
    public func encryptionKey(passphrase: [UInt8]? = nil) throws(KeyFileFailure) -> EncryptionKey {
        guard role == .encryption else { throw .wrongRole(role) }
        let secret = try openedSecret(passphrase)
        let key = secret.withUnsafeBytes { EncryptionKey(secret: $0) }
        guard let key, key.publicKey.bytes == publicBytes else { throw .publicKeyMismatch }
        return key
    }

    /// The key that checks this one's note signatures; `nil` for the roles that sign no notes.
    public var verifierKey: VerifierKey? {
        let algorithm: NoteAlgorithm
        switch role {
        case .checkpoint: algorithm = .ed25519
        case .witness: algorithm = .cosignatureV1
        case .event, .encryption: return nil
        }
        return VerifierKey(name: name, algorithm: algorithm, publicKey: PublicKey(bytes: publicBytes)!)
    }

    private func openedSecret(_ passphrase: [UInt8]?) throws(KeyFileFailure) -> SecretBytes {
        switch stored {
        case .plain(let secret): return secret
        case .sealed(let sealed):
            guard let passphrase else { throw .passphraseRequired }
            do {
                return try sealed.open(passphrase: passphrase, context: Array(head.utf8))
            } catch {
                switch error {
                case .wrongPassphrase: throw .wrongPassphrase
                case .outOfMemory: throw .outOfMemory(kibibytes: sealed.cost.memoryKiB)
                }
            }
        }
    }
}

// MARK: - Text

extension KeyFile {
    static let firstLine = "lethe/key-file/v1"

    /// The most bytes that a key file may have.
    static let maximumSize = 4096

    /// The lines before the secret; an encrypted secret is bound to them.
    private var head: String {
        "\(Self.firstLine)\nname \(name)\nrole \(role.rawValue)\npublic \(Base64.encode(publicBytes))\n"
    }

    /// The file's content.
    public var bytes: [UInt8] {
        switch stored {
        case .plain(let secret):
            return Array("\(head)secret \(secret.withUnsafeBytes { Base64.encode(Array($0)) })\n".utf8)
        case .sealed(let sealed):
            let fields = [sealed.salt, sealed.nonce.bytes, sealed.box].map(Base64.encode)
                .joined(separator: " ")
            let cost = "\(sealed.cost.passes) \(sealed.cost.memoryKiB)"
            return Array("\(head)argon2id \(cost) \(fields)\n".utf8)
        }
    }

    /// Reads what ``bytes`` wrote; anything that would be written differently is refused.
    public init(parsing bytes: [UInt8]) throws(KeyFileFailure) {
        guard bytes.count <= Self.maximumSize else { throw .malformed(line: 0) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed(line: 0) }
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        guard lines.first == Self.firstLine else { throw .notAKeyFile }
        guard lines.count == 6, lines[5].isEmpty else { throw .malformed(line: min(lines.count, 6)) }
        guard let nameText = lines[1].value(after: "name "), let name = KeyName(nameText) else {
            throw .malformed(line: 2)
        }
        guard let roleText = lines[2].value(after: "role ") else { throw .malformed(line: 3) }
        guard let role = Role(rawValue: roleText) else { throw .unknownRole(roleText) }
        guard let publicText = lines[3].value(after: "public "), let publicBytes = Base64.decode(publicText),
            publicBytes.count == 32
        else { throw .malformed(line: 4) }
        let stored = try Self.parseSecret(lines[4])
        self.init(name: name, role: role, publicBytes: publicBytes, stored: stored)
        guard self.bytes == bytes else { throw .malformed(line: 5) }
        try checkPublicKey()
    }

    private static func parseSecret(_ line: String) throws(KeyFileFailure) -> Stored {
        if let text = line.value(after: "secret ") {
            guard let bytes = Base64.decode(text), bytes.count == 32 else { throw .malformed(line: 5) }
            return .plain(SecretBytes(bytes))
        }
        guard let text = line.value(after: "argon2id ") else { throw .malformed(line: 5) }
        let fields = text.split(separator: " ", omittingEmptySubsequences: false)
        guard fields.count == 5, let passes = Int(fields[0]), let memory = Int(fields[1]),
            let salt = Base64.decode(fields[2]), let nonce = Base64.decode(fields[3]),
            let box = Base64.decode(fields[4])
        else { throw .malformed(line: 5) }
        guard let cost = PassphraseCost(passes: passes, memoryKiB: memory) else {
            throw .costOutOfBounds(passes: passes, memoryKiB: memory)
        }
        guard let sealed = SealedSecret(cost: cost, salt: salt, nonce: nonce, box: box) else {
            throw .malformed(line: 5)
        }
        return .sealed(sealed)
    }

    /// A plain file shows at once whether both halves belong together; an encrypted one when it is opened.
    private func checkPublicKey() throws(KeyFileFailure) {
        guard !isEncrypted else { return }
        if role == .encryption { _ = try encryptionKey() } else { _ = try signingKey() }
    }
}

extension String {
    /// What follows `prefix`, byte for byte; `nil` where it does not stand at the beginning.
    fileprivate func value(after prefix: String) -> String? {
        guard utf8.starts(with: prefix.utf8) else { return nil }
        return String(Substring(utf8.dropFirst(prefix.utf8.count)))
    }
}
