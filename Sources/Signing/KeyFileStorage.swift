internal import Glibc

extension KeyFile {
    /// Writes a new file that its owner alone can read, and has it on the disk before returning.
    ///
    /// A file that is there is never overwritten: a lost key cannot be had again. If it cannot be written
    /// whole, no file is left.
    public func write(to path: String) throws(KeyFileFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST
                ? .exists(path: path) : .system(operation: "create", path: path, code: errno)
        }
        do throws(KeyFileFailure) {
            defer { close(descriptor) }
            try Self.writeAll(bytes, to: descriptor, path: path)
            guard fsync(descriptor) == 0 else { throw .system(operation: "sync", path: path, code: errno) }
        } catch {
            unlink(path)
            throw error
        }
        try Self.syncDirectory(of: path)
    }

    /// Reads a key file, and refuses one that group or others may read.
    public static func read(from path: String) throws(KeyFileFailure) -> KeyFile {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(operation: "open", path: path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .system(operation: "inspect", path: path, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
        guard status.st_mode & 0o077 == 0 else {
            throw .readableByOthers(path: path, mode: Int(status.st_mode & 0o777))
        }
        return try KeyFile(parsing: readAll(from: descriptor, path: path))
    }

    private static func writeAll(
        _ bytes: [UInt8], to descriptor: Int32, path: String
    ) throws(KeyFileFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw .system(operation: "write", path: path, code: errno)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// At most one byte more than a key file can have, which the parser then refuses.
    private static func readAll(from descriptor: Int32, path: String) throws(KeyFileFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: maximumSize + 1)
        while bytes.count <= maximumSize {
            let count = Glibc.read(descriptor, &buffer, maximumSize + 1 - bytes.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .system(operation: "read", path: path, code: errno) }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes
    }

    /// The name of a new file is in its directory, which has to reach the disk too.
    private static func syncDirectory(of path: String) throws(KeyFileFailure) {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let parent = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .system(operation: "open", path: parent, code: errno) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw .system(operation: "sync", path: parent, code: errno) }
    }
}
