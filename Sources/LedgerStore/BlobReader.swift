internal import Glibc
internal import Signing
internal import Synchronization

/// Random access to the content of one blob. Every byte it gives was authenticated.
///
/// Safe to use from several threads; reads of one reader follow each other. Reading in order, or in
/// whole chunks of 64 KiB, decrypts each chunk once.
public final class BlobReader: Sendable {
    /// How many bytes the blob has.
    public var count: Int { cipher.count }

    private let id: BlobID
    private let cipher: BlobCipher
    private let file: FileDescriptor
    private let buffers: Mutex<Buffers>

    private struct Buffers {
        var sealed = [UInt8](repeating: 0, count: BlobCipher.chunkSize + DataKey.overhead)
        var content = [UInt8](repeating: 0, count: BlobCipher.chunkSize)
        /// Which chunk `content` holds.
        var chunk: Int?
    }

    init(_ id: BlobID, path: String, key: DataKey, count: Int) throws {
        let file = try FileDescriptor(opening: path, O_RDONLY)
        var header = [UInt8](repeating: 0, count: BlobCipher.headerSize)
        _ = try header.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        guard let prefix = BlobCipher.prefix(in: header, count: count) else { throw Self.damaged(id) }
        let cipher = BlobCipher(key: key, id: id, count: count, prefix: prefix)
        guard try file.size() == cipher.fileSize else { throw Self.damaged(id) }
        self.id = id
        self.cipher = cipher
        self.file = file
        buffers = Mutex(Buffers())
    }

    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// - Throws: ``StoreError/Code/outOfRange`` where the blob ends before, ``StoreError/Code/corrupt``
    ///   where the file was altered; `buffer` then holds nothing that may be used.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        guard offset >= 0, offset <= count, buffer.count <= count - offset else {
            throw StoreError(
                .outOfRange, "\(buffer.count) bytes at \(offset) are not inside \(id) of \(count) bytes",
                hint: "read inside the blob")
        }
        try buffers.withLock { buffers in
            var done = 0
            while done < buffer.count {
                let (chunk, within) = (offset + done).quotientAndRemainder(dividingBy: BlobCipher.chunkSize)
                let size = cipher.size(ofChunk: chunk)
                let length = min(size - within, buffer.count - done)
                let target = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + length])
                if length == size {
                    try open(chunk, &buffers.sealed, into: target)
                } else {
                    try load(chunk, &buffers)
                    buffers.content.withUnsafeBytes {
                        target.copyMemory(from: .init(rebasing: $0[within..<within + length]))
                    }
                }
                done += length
            }
        }
    }

    /// The whole content.
    public func bytes() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try read(into: $0, at: 0) }
        return bytes
    }

    /// Checks every chunk, also the one of an empty blob.
    public func verify() throws {
        try buffers.withLock { buffers in
            for chunk in 0..<cipher.chunkCount {
                buffers.chunk = nil
                try load(chunk, &buffers)
            }
        }
    }

    private func load(_ chunk: Int, _ buffers: inout Buffers) throws {
        guard buffers.chunk != chunk else { return }
        buffers.chunk = nil
        let size = cipher.size(ofChunk: chunk)
        try buffers.content.withUnsafeMutableBytes {
            try open(chunk, &buffers.sealed, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<size]))
        }
        buffers.chunk = chunk
    }

    private func open(
        _ chunk: Int, _ sealed: inout [UInt8], into target: UnsafeMutableRawBufferPointer
    ) throws {
        try sealed.withUnsafeMutableBytes { sealed in
            let sealed = UnsafeMutableRawBufferPointer(rebasing: sealed[..<(target.count + DataKey.overhead)])
            guard try file.read(into: sealed, at: cipher.offset(ofChunk: chunk)) == sealed.count,
                (try? cipher.open(chunk: chunk, UnsafeRawBufferPointer(sealed), into: target)) != nil
            else { throw Self.damaged(id) }
        }
    }

    private static func damaged(_ id: BlobID) -> StoreError {
        StoreError(
            .corrupt, "the file of blob \(id) was altered or cut",
            hint: "erase the blob and fetch it again from another holder")
    }
}
