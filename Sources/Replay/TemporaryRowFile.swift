public import ChainViews
internal import Foundation

/// A file that has no name any more: it goes with the process, however that ends. What is in it stands on the public chain.
public final class TemporaryRowFile: RowFile {
    private let handle: FileHandle

    /// A new file in `directory`, which is made where it is not there; `nil` where that cannot be.
    public init?(in directory: String) {
        let path = "\(directory)/\(UUID().uuidString)"
        try? FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        unlink(path)
    }

    public func append(_ bytes: [UInt8]) -> Bool {
        let end = lseek(handle.fileDescriptor, 0, SEEK_END)
        guard end >= 0 else { return false }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(handle.fileDescriptor, $0.baseAddress! + written, bytes.count - written, end + off_t(written))
            }
            guard count > 0 || (count < 0 && errno == EINTR) else {
                // What was written of it is no part of the file.
                ftruncate(handle.fileDescriptor, end)
                return false
            }
            written += max(0, count)
        }
        return true
    }

    public func read(at offset: Int, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let read = pread(
                    handle.fileDescriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                guard read > 0 || (read < 0 && errno == EINTR) else { return }
                filled += max(0, read)
            }
        }
    }
}
