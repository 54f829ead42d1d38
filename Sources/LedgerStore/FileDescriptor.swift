internal import Glibc

/// An open file, closed when the value goes out of scope.
///
/// Reads and writes are complete or throw; offsets and counts are in bytes.
struct FileDescriptor: ~Copyable, Sendable {
    let number: Int32
    /// For messages only: the file may have been renamed since.
    let path: String

    /// Opens `path`; a file that `flags` create is readable by its owner alone.
    init(opening path: String, _ flags: Int32) throws {
        let number = Glibc.open(path, flags | O_CLOEXEC, mode_t(0o600))
        guard number >= 0 else { throw StoreError.system("open", path) }
        self.number = number
        self.path = path
    }

    deinit { _ = close(number) }

    func size() throws -> Int { Int(try status().st_size) }

    /// The permission bits.
    func mode() throws -> Int { Int(try status().st_mode & 0o777) }

    private func status() throws -> stat {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw StoreError.system("stat", path) }
        return status
    }

    /// Reads at `offset` until `buffer` is full or the file ends; returns how many bytes it read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(
                number, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw StoreError.system("read", path) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func write(_ buffer: UnsafeRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < buffer.count {
            let count = pwrite(
                number, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw StoreError.system("write", path) }
            done += count
        }
    }

    func truncate(to size: Int) throws {
        guard ftruncate(number, off_t(size)) == 0 else { throw StoreError.system("truncate", path) }
    }

    /// Returns when the bytes and the size are on the device, as far as the device says so.
    func sync() throws {
        guard fsync(number) == 0 else { throw StoreError.system("fsync", path) }
    }
}

/// The few things done to whole directories.
enum Directory {
    /// Makes `path` for its owner alone; an existing directory is left as it is.
    static func create(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw StoreError.system("mkdir", path)
        }
    }

    /// Makes the names in `path` durable: without it a created, renamed or unlinked name may return
    /// after a crash.
    static func sync(_ path: String) throws {
        try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY).sync()
    }

    /// The directory that holds the name `path`.
    static func parent(of path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        return (path.hasPrefix("/") ? "/" : parts.isEmpty ? "." : "") + parts.joined(separator: "/")
    }

    /// The names in `path` without `.` and `..`, sorted.
    static func names(in path: String) throws -> [String] {
        guard let directory = opendir(path) else { throw StoreError.system("opendir", path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes the name `path`; a name that is not there is no error.
    static func unlink(_ path: String) throws {
        guard Glibc.unlink(path) == 0 || errno == ENOENT else {
            throw StoreError.system("unlink", path)
        }
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }
}
