import Foundation
import Testing

/// What one run of the program gave.
struct Outcome: Sendable {
    let status: Int32
    let output: String
    let errors: String

    /// The first line of the standard output.
    var firstLine: String { output.split(separator: "\n").first.map(String.init) ?? "" }
}

/// A fresh directory in which the built `lethe` is run; it goes away with the value.
///
/// Each run has its own environment, standard input at its end, a time limit, and the directory as its own.
final class Workplace: Sendable {
    let path: String
    /// Set for every run.
    let environment: [String: String]

    /// Seconds after which a run is ended and counts as failed.
    private static let limit = 120

    init(environment: [String: String] = [:]) {
        path = NSTemporaryDirectory() + "lethe-cli-" + UUID().uuidString
        self.environment = environment
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The program lies beside the test bundle: `.build/<configuration>/lethe`.
    static let program: String = {
        if let path = ProcessInfo.processInfo.environment["LETHE_PROGRAM"] { return path }
        let bundle = URL(fileURLWithPath: try! FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        return bundle.deletingLastPathComponent().appendingPathComponent("lethe").path
    }()

    /// The verifier alone lies beside it.
    static let verifier = program + "-verify"

    /// Runs `lethe` with `arguments`.
    @discardableResult
    func lethe(_ arguments: String..., environment: [String: String] = [:]) -> Outcome {
        run([Self.program] + arguments, environment: environment)
    }

    @discardableResult
    func lethe(_ arguments: [String], environment: [String: String] = [:]) -> Outcome {
        run([Self.program] + arguments, environment: environment)
    }

    /// Runs `lethe`, which must exit 0, and returns its standard output.
    @discardableResult
    func done(_ arguments: String..., at location: SourceLocation = #_sourceLocation) throws -> String {
        try done(arguments, at: location)
    }

    @discardableResult
    func done(_ arguments: [String], at location: SourceLocation = #_sourceLocation) throws -> String {
        let outcome = lethe(arguments)
        try #require(
            outcome.status == 0,
            "lethe \(arguments.joined(separator: " ")): exit \(outcome.status)\n\(outcome.output)\(outcome.errors)",
            sourceLocation: location)
        return outcome.output
    }

    /// Runs any program through `timeout`, which ends it when it takes too long.
    func run(_ command: [String], environment: [String: String] = [:]) -> Outcome {
        let streams = file(".streams-\(UUID().uuidString)")
        defer { for name in ["out", "err"] { unlink("\(streams).\(name)") } }
        var all = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": path, "LC_ALL": "C.UTF-8"]
        all["PYTHONPATH"] = ProcessInfo.processInfo.environment["PYTHONPATH"]
        all.merge(self.environment) { $1 }
        all.merge(environment) { $1 }
        let status = spawn(
            ["/usr/bin/env", "-C", path, "timeout", "-k", "5", "\(Self.limit)"] + command, all, streams)
        func text(_ name: String) -> String {
            String(decoding: FileManager.default.contents(atPath: "\(streams).\(name)") ?? Data(), as: UTF8.self)
        }
        return Outcome(status: status, output: text("out"), errors: text("err"))
    }

    /// Exit status of the process; 128 and the signal's number where a signal ended it, as in a shell.
    private func spawn(_ command: [String], _ environment: [String: String], _ streams: String) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 1, "\(streams).out", flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, "\(streams).err", flags, 0o600)
        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var process: pid_t = 0
        guard posix_spawn(&process, command[0], &actions, nil, &arguments, &variables) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}

/// Checks a refusal as the style wants it: the exit code, the error with the offending value, and what to do next.
func expectRefusal(
    _ outcome: Outcome, _ status: Int32, naming words: String..., at location: SourceLocation = #_sourceLocation
) {
    let lines = outcome.errors.split(separator: "\n").map(String.init)
    #expect(outcome.status == status, "\(outcome.output)\(outcome.errors)", sourceLocation: location)
    let error = lines.first { $0.hasPrefix("lethe: error: ") }
    #expect(error != nil, "no error line in: \(outcome.errors)", sourceLocation: location)
    #expect(
        lines.contains { $0.hasPrefix("lethe: hint: ") }, "no hint in: \(outcome.errors)", sourceLocation: location)
    for word in words {
        #expect(error?.contains(word) ?? false, "\"\(word)\" is not in: \(error ?? "")", sourceLocation: location)
    }
}

/// The root of the package, and the data that lies beside it on some machines.
enum Places {
    static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    static let oracle = package + "/Tests/AdaptersTests/Interop/merge_oracle.py"
    static let readme = package + "/README.md"
    static let airline = package + "/../shared/data/peft-minilm-airline"
    static let haveAirline = FileManager.default.fileExists(atPath: airline + "/isolated/round-1")
    static let haveReadme = FileManager.default.fileExists(atPath: readme)
    static let havePython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
    /// The interpreter that has other projects' checkers.
    static let python = ProcessInfo.processInfo.environment["LETHE_PYTHON"] ?? "python3"
    static let haveSafetensors =
        havePython && Workplace().run(["/usr/bin/env", python, "-c", "import safetensors, numpy"]).status == 0
}
