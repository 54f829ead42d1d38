#if !LETHE_SMALL
    internal import Crypto

    /// A UUID that follows from a name (RFC 9562 §5.5, version 5), for formats that identify things by UUID.
    ///
    /// The same name gives the same UUID on every machine. It is an identifier and no evidence: SHA-1 is part of the version.
    public struct NameUUID: Hashable, Sendable, CustomStringConvertible {
        /// Lower-case hexadecimal digits in groups of 8, 4, 4, 4 and 12.
        public let description: String

        /// The namespace for names that are URLs (RFC 9562 §6.6).
        private static let urlNamespace: [UInt8] = [
            0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
        ]

        /// The UUID of a URL.
        public init(url: String) {
            var bytes = Array(Insecure.SHA1.hash(data: Self.urlNamespace + Array(url.utf8)).prefix(16))
            bytes[6] = bytes[6] & 0x0f | 0x50
            bytes[8] = bytes[8] & 0x3f | 0x80
            let digits = Array(Hex.encode(bytes))
            description = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(
                separator: "-")
        }
    }
#endif
