internal import Foundation
internal import Synchronization

/// An external trainer at work, with all that it starts: one process group, which is ended and waited for as one.
///
/// A terminal's Ctrl-C reaches only the group in front, which this program leads and its trainers do not; so it is passed on.
struct TrainerProcess {
    /// How a trainer's work ended.
    enum End: Hashable {
        /// By itself, with this exit status.
        case exited(Int32)
        /// By us: its time was over.
        case outOfTime
        /// By us: somebody asked this program to end, with this signal.
        case interrupted(by: Int32)
    }

    /// How long a trainer that was asked to end may take to tidy up before it is ended.
    static let graceSeconds = 5

    private let process = Process()

    /// Runs `command` with the path of a job directory; what it says goes to standard error.
    static func run(_ command: TrainerCommand, _ directory: String) throws -> End {
        let trainer = TrainerProcess()
        return try Interruption.watching {
            try trainer.start(command, directory)
            return trainer.waited(atMost: command.limitSeconds)
        }
    }

    private func start(_ command: TrainerCommand, _ directory: String) throws {
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command.text + " \"$1\"", "lethe-trainer", directory]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.standardError
        do {
            try process.run()
        } catch {
            throw EngineError(.invalidRequest, "the trainer command cannot be run: \(error)", cause: error)
        }
    }

    /// Waits until the process ends, and ends it where that takes longer than `seconds` or this program is to end.
    private func waited(atMost seconds: Int?) -> End {
        let clock = ContinuousClock()
        let end = seconds.map { clock.now + .seconds($0) }
        while process.isRunning {
            if let signal = Interruption.signal {
                askToEnd(signal, clock)
                return .interrupted(by: signal)
            }
            if let end, clock.now >= end {
                endGroup(clock)
                return .outOfTime
            }
            usleep(20_000)
        }
        // The terminal's signal may have reached it first.
        if let signal = Interruption.signal {
            endGroup(clock)
            return .interrupted(by: signal)
        }
        return .exited(process.terminationStatus)
    }

    /// Passes `signal` on to the group, and ends what is left of it when the grace is over, or at a second signal.
    private func askToEnd(_ signal: Int32, _ clock: ContinuousClock) {
        kill(-process.processIdentifier, signal)
        let end = clock.now + .seconds(Self.graceSeconds)
        while isGroupAlive, clock.now < end, Interruption.count < 2 { usleep(20_000) }
        endGroup(clock)
    }

    /// Ends the group and waits until nothing of it is left, or for two seconds: what its parent left behind may be dead for long
    /// before anybody takes note.
    private func endGroup(_ clock: ContinuousClock) {
        kill(-process.processIdentifier, SIGKILL)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let end = clock.now + .seconds(2)
        while isGroupAlive, clock.now < end { usleep(20_000) }
    }

    /// Whether a process of the group is there. The command's own shell leads it.
    private var isGroupAlive: Bool { process.isRunning || kill(-process.processIdentifier, 0) == 0 }
}

/// Whether somebody asked this program to end while an external trainer worked for it.
///
/// Everywhere else a signal ends the program on the spot, which any command survives. A trainer is ended first, and its
/// directory removed, since a person's records lie in it; then the program may end by the same signal.
public enum Interruption {
    private static let caught = Atomic<Int32>(0)
    private static let times = Atomic<Int>(0)

    /// The first signal that was caught.
    public static var signal: Int32? {
        let signal = caught.load(ordering: .acquiring)
        return signal == 0 ? nil : signal
    }

    /// How many were caught.
    static var count: Int { times.load(ordering: .acquiring) }

    /// A signal's name, as people know it.
    static func name(_ signal: Int32) -> String {
        switch signal {
        case SIGINT: "Ctrl-C (SIGINT)"
        case SIGHUP: "the end of its terminal (SIGHUP)"
        default: "SIGTERM"
        }
    }

    /// Calls `body` while signals that ask this program to end are caught. What was ignored stays ignored.
    static func watching<Result>(_ body: () throws -> Result) rethrows -> Result {
        // Nothing may be made ready for the first time inside a handler.
        _ = (signal, count)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { signal in
            _ = Interruption.caught.compareExchange(expected: 0, desired: signal, ordering: .acquiringAndReleasing)
            Interruption.times.add(1, ordering: .acquiringAndReleasing)
        }
        action.sa_flags = SA_RESTART
        var before: [(Int32, sigaction)] = []
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            var old = sigaction()
            sigaction(signal, nil, &old)
            if isIgnored(old) { continue }
            sigaction(signal, &action, nil)
            before.append((signal, old))
        }
        defer {
            for (signal, var old) in before { sigaction(signal, &old, nil) }
        }
        return try body()
    }

    private static func isIgnored(_ action: sigaction) -> Bool {
        unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
