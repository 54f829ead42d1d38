internal import GRDBSQLite
internal import Synchronization

/// Bounds SQLite's memory while a statement is compiled, where no progress handler is asked.
///
/// Common table expressions that name each other twice are copied for each name, so that forty lines stand for 2^40
/// subqueries. SQLite's only bound there is that of its heap, which all connections of the process share.
enum HeapBound {
    private static let lock = Mutex(())

    /// Runs `body` with at most `bytes` more than SQLite holds now; one caller at a time.
    static func holding<Result>(_ bytes: Int, _ body: () -> Result) -> Result {
        lock.withLock { _ in
            let usual = sqlite3_hard_heap_limit64(-1)
            sqlite3_hard_heap_limit64(min(usual, sqlite3_memory_used() + Int64(bytes)))
            defer { sqlite3_hard_heap_limit64(usual) }
            return body()
        }
    }

    /// Runs `body` while nothing is bounded, for what another statement's bound ended.
    static func waiting<Result>(_ body: () -> Result) -> Result { lock.withLock { _ in body() } }
}
