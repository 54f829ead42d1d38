internal import GRDBSQLite
internal import Glibc

/// Ends a query that runs too long or takes too much memory.
///
/// SQLite asks every hundred steps of its virtual machine; the clock is read every 16th time, for asking the kernel
/// takes longer than those steps. Time is what the thread of the query spent computing, so that a busy machine ends no
/// query that an idle one would let finish. Memory is what SQLite holds in the whole process,
/// less the least that it held since the query began: what another connection takes can end a query early, and
/// what it gives back lets none go on.
final class ProgressGuard {
    enum Stop { case time, memory }

    private let limits: SandboxLimits
    private var millisecondsAtStart = 0
    private var memoryAtStart = 0
    private var asked = 0
    private(set) var stop: Stop?

    init(limits: SandboxLimits) { self.limits = limits }

    func start() {
        stop = nil
        asked = 0
        millisecondsAtStart = Self.millisecondsOfThread()
        memoryAtStart = Int(sqlite3_memory_used())
    }

    private func mustStop() -> Bool {
        let used = Int(sqlite3_memory_used())
        memoryAtStart = min(memoryAtStart, used)
        asked &+= 1
        if used - memoryAtStart > limits.bytes {
            stop = .memory
        } else if asked.isMultiple(of: 16), Self.millisecondsOfThread() - millisecondsAtStart > limits.milliseconds {
            stop = .time
        }
        return stop != nil
    }

    private static func millisecondsOfThread() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }

    func install(on connection: OpaquePointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_progress_handler(
            connection, 100,
            { context in
                Unmanaged<ProgressGuard>.fromOpaque(context!).takeUnretainedValue().mustStop() ? 1 : 0
            }, context)
    }
}
