internal import GRDBSQLite

/// Ends a query that runs too long or takes too much memory.
///
/// SQLite asks every hundred steps of its virtual machine. Memory is what SQLite holds in the whole process,
/// less what it held when the query began: another connection's growth can end a query early, never let one
/// go on.
final class ProgressGuard {
    enum Stop { case time, memory }

    private let limits: SandboxLimits
    private var deadline = ContinuousClock.now
    private var memoryAtStart = 0
    private(set) var stop: Stop?

    init(limits: SandboxLimits) { self.limits = limits }

    func start() {
        stop = nil
        deadline = ContinuousClock.now.advanced(by: .milliseconds(limits.milliseconds))
        memoryAtStart = Int(sqlite3_memory_used())
    }

    private func mustStop() -> Bool {
        if Int(sqlite3_memory_used()) - memoryAtStart > limits.bytes {
            stop = .memory
        } else if ContinuousClock.now > deadline {
            stop = .time
        }
        return stop != nil
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
