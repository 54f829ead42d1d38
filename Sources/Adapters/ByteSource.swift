internal import Glibc

/// Bytes of known count that can be read at any place, from several threads at once.
///
/// Adapters are read through this seam alone, so that one that is kept encrypted needs no plain copy on disk.
public protocol ByteSource: Sendable {
    /// How many bytes there are. It does not change.
    var count: Int { get }

    /// Fills `buffer` with the bytes from `offset` on, or throws; the range lies within `count`.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws
}

extension ByteSource {
    /// The `count` bytes at `offset`.
    func bytes(at offset: Int, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try read(into: $0, at: offset) }
        return bytes
    }
}

/// A system call on a file that did not do its work.
public struct FileFailure: Error, Hashable, CustomStringConvertible {
    /// What was tried, as a verb: `open`, `read`, `rename`.
    public let operation: String
    public let path: String
    /// The `errno` of the call; 0 where the file ended before it should.
    public let code: Int32

    public var description: String {
        let cause = code == 0 ? "it ends before it should" : String(cString: strerror(code))
        let remedy = code == EMFILE ? "; raise the limit with `ulimit -n`" : ""
        return "cannot \(operation) \(path): \(cause)\(remedy)"
    }
}

/// A plain file. It is held open from the first moment to the last.
public final class FileByteSource: ByteSource {
    public let path: String
    public let count: Int
    private let descriptor: Int32

    public init(path: String) throws(FileFailure) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(operation: "open", path: path, code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let code = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL
            close(descriptor)
            throw FileFailure(operation: "read", path: path, code: code)
        }
        self.path = path
        count = Int(status.st_size)
    }

    deinit { close(descriptor) }

    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < buffer.count {
            let start = buffer.baseAddress! + done
            let result = pread(descriptor, start, buffer.count - done, off_t(offset + done))
            if result < 0 && errno == EINTR { continue }
            guard result > 0 else {
                throw FileFailure(operation: "read", path: path, code: result < 0 ? errno : 0)
            }
            done += result
        }
    }
}

/// Bytes in memory.
public struct MemoryByteSource: ByteSource {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var count: Int { bytes.count }

    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        precondition(offset >= 0 && offset + buffer.count <= bytes.count, "read beyond the end")
        bytes.withUnsafeBytes {
            buffer.copyMemory(from: .init(rebasing: $0[offset..<offset + buffer.count]))
        }
    }
}
