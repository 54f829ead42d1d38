#if LETHE_SMALL
    internal import CSodium

    // The verifier that `make verifier` builds has neither swift-crypto nor the Foundation that comes with it: hashes are
    // libsodium's, slower and a tenth of the size. These have the names and as much of the shape as ``Hash256`` uses.

    /// An incremental SHA-256 (FIPS 180-4).
    struct SHA256 {
        private var state = crypto_hash_sha256_state()

        init() { crypto_hash_sha256_init(&state) }

        mutating func update(bufferPointer bytes: UnsafeRawBufferPointer) {
            crypto_hash_sha256_update(&state, bytes.bindMemory(to: UInt8.self).baseAddress, UInt64(bytes.count))
        }

        /// The 32 bytes of the hash of everything given so far.
        func finalize() -> [UInt8] {
            var copy = state
            var bytes = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
            crypto_hash_sha256_final(&copy, &bytes)
            return bytes
        }
    }

    /// A key of any length.
    struct SymmetricKey {
        let data: [UInt8]
    }

    /// An incremental HMAC-SHA-256 (RFC 2104).
    struct HMAC<Hash> {
        private var state = crypto_auth_hmacsha256_state()

        init(key: SymmetricKey) { crypto_auth_hmacsha256_init(&state, key.data, key.data.count) }

        mutating func update(data bytes: UnsafeRawBufferPointer) {
            crypto_auth_hmacsha256_update(&state, bytes.bindMemory(to: UInt8.self).baseAddress, UInt64(bytes.count))
        }

        /// The 32 bytes of the code of everything given so far.
        func finalize() -> [UInt8] {
            var copy = state
            var bytes = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
            crypto_auth_hmacsha256_final(&copy, &bytes)
            return bytes
        }
    }
#endif
