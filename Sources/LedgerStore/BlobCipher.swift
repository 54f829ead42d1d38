internal import Bytes
internal import Signing

/// The file format of a blob at rest.
///
/// `magic[16] || u64be count || prefix[16]`, then the content in chunks of 65,536 bytes, the last one
/// shorter, each followed by its 16-byte tag. An empty blob has one empty chunk, so that cutting a file
/// down to its header is noticed.
///
/// Each chunk is XChaCha20-Poly1305 with the nonce `prefix || u64be chunk`. Its additional data binds
/// the blob's kind and digest, the chunk's number and the total count: chunks cannot be swapped,
/// repeated, dropped, or moved between files.
struct BlobCipher: Sendable {
    static let chunkSize = 65_536
    static let headerSize = 40
    private static let magic = Array("lethe/blob/v1".utf8) + [0, 0, 0]

    let key: DataKey
    /// The content's bytes.
    let count: Int
    let prefix: [UInt8]
    /// The additional data up to the chunk's number.
    private let binding: [UInt8]

    init(key: DataKey, id: BlobID, count: Int, prefix: [UInt8]) {
        self.key = key
        self.count = count
        self.prefix = prefix
        binding = Array("lethe/blob-chunk/v1".utf8) + [0] + Self.context(id, count: count)
    }

    /// Which blob this is, for additional data: also what its wrapped key is bound to.
    static func context(_ id: BlobID, count: Int) -> [UInt8] {
        var bytes = [UInt8(id.kind.rawValue.utf8.count)] + Array(id.kind.rawValue.utf8) + id.digest.bytes
        bytes.appendBigEndian(UInt64(count))
        return bytes
    }

    var header: [UInt8] {
        var bytes = Self.magic
        bytes.appendBigEndian(UInt64(count))
        return bytes + prefix
    }

    /// The nonce prefix in a header that belongs to `count` bytes of content, or `nil`.
    static func prefix(in header: [UInt8], count: Int) -> [UInt8]? {
        guard header.count == headerSize, Array(header[..<16]) == magic,
            header.bigEndian(at: 16, as: UInt64.self) == UInt64(count)
        else { return nil }
        return Array(header[24...])
    }

    var chunkCount: Int { max(1, (count + Self.chunkSize - 1) / Self.chunkSize) }

    /// How many bytes of content a chunk has.
    func size(ofChunk index: Int) -> Int { min(Self.chunkSize, count - index * Self.chunkSize) }

    /// Where a chunk begins in the file.
    func offset(ofChunk index: Int) -> Int {
        Self.headerSize + index * (Self.chunkSize + DataKey.overhead)
    }

    /// How many bytes the whole file has.
    var fileSize: Int { Self.headerSize + count + chunkCount * DataKey.overhead }

    /// Encrypts a chunk into `output`, which is 16 bytes longer.
    func seal(
        chunk index: Int, _ content: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) {
        additionalData(ofChunk: index).withUnsafeBytes {
            key.seal(content, into: output, nonce: nonce(ofChunk: index), additionalData: $0)
        }
    }

    /// Decrypts a chunk into `output`, which is 16 bytes shorter.
    func open(
        chunk index: Int, _ sealed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws {
        try additionalData(ofChunk: index).withUnsafeBytes {
            try key.open(sealed, into: output, nonce: nonce(ofChunk: index), additionalData: $0)
        }
    }

    private func nonce(ofChunk index: Int) -> Nonce { Nonce(prefix: prefix, counter: UInt64(index))! }

    private func additionalData(ofChunk index: Int) -> [UInt8] {
        var bytes = binding
        bytes.appendBigEndian(UInt64(index))
        return bytes
    }
}
