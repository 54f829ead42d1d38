internal import CSodium

/// A source of random bytes, so that randomness is a parameter wherever keys, nonces or salts are made.
public struct RandomBytes: Sendable {
    /// Gives as many fresh bytes as asked for.
    public let generate: @Sendable (Int) -> [UInt8]

    public init(generate: @escaping @Sendable (Int) -> [UInt8]) {
        self.generate = generate
    }

    /// The operating system's generator, through libsodium.
    public static let system = RandomBytes { count in
        Sodium.ready
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            if count > 0 { randombytes_buf(buffer.baseAddress!, count) }
            written = count
        }
    }
}
