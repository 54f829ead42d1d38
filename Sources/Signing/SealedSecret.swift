internal import CSodium

/// A 32-byte secret under a passphrase: Argon2id gives a key, XChaCha20-Poly1305 seals with it.
struct SealedSecret: Hashable, Sendable {
    let cost: PassphraseCost
    /// 16 bytes.
    let salt: [UInt8]
    let nonce: Nonce
    /// 48 bytes: ciphertext and tag.
    let box: [UInt8]

    init?(cost: PassphraseCost, salt: [UInt8], nonce: [UInt8], box: [UInt8]) {
        guard salt.count == 16, box.count == 48, let nonce = Nonce(bytes: nonce) else { return nil }
        self.cost = cost
        self.salt = salt
        self.nonce = nonce
        self.box = box
    }

    /// Seals `secret`; `context` is authenticated with it. `nil` where the memory for Argon2id is not to be
    /// had.
    init?(
        sealing secret: SecretBytes, passphrase: [UInt8], cost: PassphraseCost, context: [UInt8],
        random: RandomBytes
    ) {
        let salt = random.generate(16)
        let nonce = Nonce(random: random)
        guard let key = Self.key(passphrase: passphrase, salt: salt, cost: cost) else { return nil }
        var box = [UInt8](repeating: 0, count: secret.count + DataKey.overhead)
        box.withUnsafeMutableBytes { box in
            secret.withUnsafeBytes { secret in
                context.withUnsafeBytes {
                    key.seal(secret, into: box, nonce: nonce, additionalData: $0)
                }
            }
        }
        self.init(cost: cost, salt: salt, nonce: nonce.bytes, box: box)
    }

    enum Failure: Error {
        case outOfMemory
        case wrongPassphrase
    }

    /// The secret, if `passphrase` and `context` are those it was sealed with.
    func open(passphrase: [UInt8], context: [UInt8]) throws(Failure) -> SecretBytes {
        guard let key = Self.key(passphrase: passphrase, salt: salt, cost: cost) else { throw .outOfMemory }
        var isOpen = false
        let secret = SecretBytes(count: 32) { output in
            box.withUnsafeBytes { box in
                context.withUnsafeBytes { context in
                    isOpen =
                        (try? key.open(box, into: output, nonce: nonce, additionalData: context)) != nil
                }
            }
        }
        guard isOpen else { throw .wrongPassphrase }
        return secret
    }

    private static func key(passphrase: [UInt8], salt: [UInt8], cost: PassphraseCost) -> DataKey? {
        var status: Int32 = -1
        let bytes = SecretBytes(count: 32) { output in
            status = passphrase.withUnsafeBytes { passphrase in
                passphrase.withMemoryRebound(to: CChar.self) { characters in
                    // An empty passphrase still needs an address.
                    withUnsafePointer(to: CChar(0)) { nothing in
                        crypto_pwhash(
                            output.octets!, 32, characters.baseAddress ?? nothing, UInt64(characters.count),
                            salt, UInt64(cost.passes), cost.memoryKiB * 1024, crypto_pwhash_ALG_ARGON2ID13)
                    }
                }
            }
        }
        return status == 0 ? DataKey(secret: bytes) : nil
    }
}
