import Foundation
import Glibc

/// A program run to its end, with its output kept.
struct ChildProcess {
    var status: Int32
    var output: [UInt8]
    var seconds: Double

    /// Runs the program at `path`; its standard error goes nowhere.
    static func run(_ path: String, _ arguments: [String]) async throws -> ChildProcess {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Answer.unknown("cannot make a pipe") }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        var output: [UInt8] = []
        var status: Int32 = 0
        let time = try await timed {
            let result = posix_spawn(&child, path, &actions, nil, &words, environ)
            close(ends[1])
            guard result == 0 else {
                throw Answer.unknown("cannot start \(path): \(String(cString: strerror(result)))")
            }
            output = readToEnd(ends[0])
            while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        }
        return ChildProcess(status: status, output: output, seconds: time)
    }

    /// The same, where anything but exit 0 is an error.
    static func succeed(_ path: String, _ arguments: [String]) async throws -> ChildProcess {
        let child = try await run(path, arguments)
        guard child.status == 0 else {
            throw Answer.unknown("\(path) \(arguments.first ?? "") failed with wait status \(child.status)")
        }
        return child
    }

    private static func readToEnd(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}

/// The file of the program that runs now.
var ownExecutable: String {
    get throws { try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") }
}

/// The most memory that this process ever had in RAM, in KiB.
///
/// Of the process's own memory alone: what `wait4` tells of a child includes what its parent had when it made it.
func peakMemoryKiB() throws -> Int {
    let status = String(decoding: try readFile("/proc/self/status"), as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    guard let words = line?.split(whereSeparator: \.isWhitespace), words.count == 3, let peak = Int(words[1]) else {
        throw Answer.unknown("/proc/self/status does not tell the peak memory")
    }
    return peak
}
