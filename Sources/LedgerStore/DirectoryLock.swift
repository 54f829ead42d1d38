internal import Glibc

/// The right to write to a ledger directory, held by one process at a time.
///
/// It is a `flock` on `ledger.lock`: the kernel drops it with the process, so a crash leaves no stale
/// lock. The file names its holder, for the message that the next process prints.
struct DirectoryLock: ~Copyable, Sendable {
    private let file: FileDescriptor

    /// How often the lock is tried for, and how long is waited in between, in microseconds: a second in all.
    private static let tries = 20, pause: UInt32 = 50_000

    /// Takes the lock, or throws ``StoreError/Code/locked(pid:command:)``.
    ///
    /// It is waited for, but not for long. A program that a process is just starting has all of the process's files open
    /// until it runs, a lock that was given back among them.
    init(path: String) throws {
        let file = try FileDescriptor(opening: path, O_RDWR | O_CREAT)
        var left = Self.tries
        while flock(file.number, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK else { throw StoreError.system("flock", path) }
            guard left > 0 else { throw Self.held(path: path, holder: try Self.text(of: file)) }
            left -= 1
            usleep(Self.pause)
        }
        let holder = "\(getpid()) \(Self.command)\n"
        try file.truncate(to: 0)
        try Array(holder.utf8).withUnsafeBytes { try file.write($0, at: 0) }
        self.file = file
    }

    /// The program and its verb; further arguments may be private.
    private static var command: String {
        let program = CommandLine.arguments.first.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        return ([program ?? "unknown"] + CommandLine.arguments.dropFirst().prefix(1)).joined(separator: " ")
    }

    private static func text(of file: borrowing FileDescriptor) throws -> String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private static func held(path: String, holder: String) -> StoreError {
        let parts = holder.split(separator: "\n").first?.split(separator: " ", maxSplits: 1) ?? []
        let pid = parts.first.flatMap { Int($0) }
        let command = parts.count > 1 ? String(parts[1]) : nil
        let who = pid.map { "process \($0) (\(command ?? "unknown command"))" } ?? "another process"
        return StoreError(
            .locked(pid: pid, command: command), "\(who) is writing to this ledger (lock \(path))",
            hint: "wait until it ends, or stop it; reading needs no lock")
    }
}
