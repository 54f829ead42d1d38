import Foundation
import Synchronization

/// A result file that stands whole beside its place before anything that cannot be undone is done, and takes its place
/// afterwards. A value that goes away before that takes the file along.
///
/// A device or a pipe is written to as it is: nothing may take its place.
final class StagedFile: Sendable {
    private let path: String
    private let temporary: String?
    private let bytes: [UInt8]
    private let isPlaced = Atomic<Bool>(false)

    /// - Throws: an ``Answer`` that says why `path` cannot be written.
    init(_ bytes: [UInt8], for path: String) throws {
        self.path = path
        var status = stat()
        let isThere = stat(path, &status) == 0
        let kind = status.st_mode & S_IFMT
        guard !isThere || kind != S_IFDIR else {
            throw Answer.unknown("\(path) is a directory", hint: "name a file in it")
        }
        guard !isThere || kind == S_IFREG else {
            (temporary, self.bytes) = (nil, bytes)
            return
        }
        // Through a link to the file that it names.
        let place = isThere ? URL(fileURLWithPath: path).resolvingSymlinksInPath().path : path
        var template = Array((place + ".XXXXXX.partial").utf8CString)
        let descriptor = mkstemps(&template, Int32(".partial".utf8.count))
        guard descriptor >= 0 else { throw Self.failure(path) }
        temporary = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        self.bytes = []
        defer { close(descriptor) }
        do {
            let mask = umask(0)
            umask(mask)
            fchmod(descriptor, isThere ? status.st_mode & 0o7777 : 0o666 & ~mask)
            try Self.write(bytes, to: descriptor, path)
            guard fsync(descriptor) == 0 else { throw Self.failure(path) }
        } catch {
            unlink(temporary!)
            throw error
        }
    }

    deinit {
        if let temporary, !isPlaced.load(ordering: .acquiring) { unlink(temporary) }
    }

    /// Gives the file its name, in place of whatever had it.
    func place() throws {
        guard let temporary else { return try writeThrough() }
        let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard rename(temporary, place) == 0 else { throw Self.failure(path) }
        isPlaced.store(true, ordering: .releasing)
    }

    private func writeThrough() throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        try Self.write(bytes, to: descriptor, path)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
        try bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = Foundation.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure(path) }
                done += count
            }
        }
    }

    private static func failure(_ path: String) -> Answer {
        let code = errno
        let hint =
            switch code {
            case ENOENT: "make the directory first"
            case ENOSPC, EDQUOT: "free some space, or write elsewhere, and repeat"
            case EACCES, EPERM, EROFS: "write it where you may"
            default: "check the path"
            }
        return .unknown("cannot write \(path): \(String(cString: strerror(code)))", hint: hint)
    }
}

/// Writes a result file whole or not at all.
func writeFile(_ bytes: [UInt8], to path: String) throws { try StagedFile(bytes, for: path).place() }

/// Files that take their places together.
final class StagedFiles: Sendable {
    private let files = Mutex<[StagedFile]>([])

    func add(_ bytes: [UInt8], for path: String) throws {
        let file = try StagedFile(bytes, for: path)
        files.withLock { $0.append(file) }
    }

    func place() throws {
        for file in files.withLock({ $0 }) { try file.place() }
    }
}
