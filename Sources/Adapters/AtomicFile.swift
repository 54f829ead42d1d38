internal import Glibc

/// A file that appears under its name whole or not at all.
///
/// Bytes go to a neighbour with a temporary name. `commit()` makes them durable, renames, and makes the new
/// name durable; a value that goes away without it takes the temporary file along. Files are readable by
/// their owner alone: an adapter is data that may have to be erased.
struct AtomicFile: ~Copyable, Sendable {
    let path: String
    private let temporaryPath: String
    private let descriptor: Int32

    init(path: String) throws(FileFailure) {
        var template = Array((path + ".XXXXXX.partial").utf8CString)
        let descriptor = mkstemps(&template, Int32(".partial".utf8.count))
        guard descriptor >= 0 else { throw FileFailure(operation: "create", path: path, code: errno) }
        self.path = path
        self.descriptor = descriptor
        temporaryPath = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        close(descriptor)
        unlink(temporaryPath)
    }

    /// Where bytes go. Writers on several threads are fine: every write names its place.
    var target: Target { Target(path: path, descriptor: descriptor) }

    /// Makes the bytes durable and gives them their name, in place of whatever had it.
    consuming func commit() throws(FileFailure) {
        guard fsync(descriptor) == 0 else { throw FileFailure(operation: "sync", path: path, code: errno) }
        guard rename(temporaryPath, path) == 0 else {
            throw FileFailure(operation: "rename to", path: path, code: errno)
        }
        try syncDirectory(of: path)
    }

    /// The writing end of an `AtomicFile`, good for as long as that file is.
    struct Target: Sendable {
        fileprivate let path: String
        fileprivate let descriptor: Int32

        func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileFailure) {
            var done = 0
            while done < bytes.count {
                let start = bytes.baseAddress! + done
                let result = pwrite(descriptor, start, bytes.count - done, off_t(offset + done))
                if result < 0 && errno == EINTR { continue }
                guard result > 0 else { throw FileFailure(operation: "write", path: path, code: errno) }
                done += result
            }
        }

        func write(_ bytes: [UInt8], at offset: Int) throws {
            try bytes.withUnsafeBytes { try write($0, at: offset) }
        }
    }

    /// Writes `bytes` as the whole of the file at `path`.
    static func write(_ bytes: [UInt8], path: String) throws {
        let file = try AtomicFile(path: path)
        try file.target.write(bytes, at: 0)
        try file.commit()
    }
}

/// Makes the names in the directory of `path` durable.
private func syncDirectory(of path: String) throws(FileFailure) {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileFailure(operation: "open", path: directory, code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileFailure(operation: "sync", path: directory, code: errno) }
}

/// Creates the directory at `path` unless it is there already. Its parent must exist.
func createDirectory(_ path: String) throws(FileFailure) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
        throw FileFailure(operation: "create", path: path, code: errno)
    }
}
