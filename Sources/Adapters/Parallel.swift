internal import Dispatch
internal import Synchronization

/// Memory for elements, aligned to a cache line. Each belongs to one worker.
final class ElementBuffer {
    private let storage: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        storage = .allocate(byteCount: max(byteCount, 64), alignment: 64)
    }

    deinit { storage.deallocate() }

    /// The bytes from `offset` on.
    func bytes(_ count: Int, at offset: Int = 0) -> UnsafeMutableRawBufferPointer {
        .init(rebasing: storage[offset..<offset + count])
    }
}

/// Does `body` for every index below `count` on `threads` threads, each with a state of its own.
///
/// Threads take the next index when they are done with one; which thread does which must not matter. Where
/// several fail, the error of the lowest index is thrown, so that it does not depend on timing either:
/// whatever is below an index that failed was taken before it, and is brought to its end.
func forEachConcurrently<State>(
    _ count: Int, threads: Int, state: @Sendable () -> State,
    _ body: @Sendable (inout State, Int) throws -> Void
) throws {
    let threads = max(1, min(threads, count))
    let failure = Mutex<(index: Int, error: any Error)?>(nil)
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
        var own = state()
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            do {
                try body(&own, index)
            } catch {
                failure.withLock { if index < $0?.index ?? count { $0 = (index, error) } }
                next.store(count, ordering: .relaxed)
                return
            }
        }
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
}

/// The results of `transform` for every element, in order, computed on `threads` threads.
func concurrentMap<Element: Sendable, Result: Sendable>(
    _ elements: [Element], threads: Int, _ transform: @Sendable (Element) throws -> Result
) throws -> [Result] {
    let results = Mutex<[Result?]>(Array(repeating: nil, count: elements.count))
    try forEachConcurrently(elements.count, threads: threads, state: {}) { _, index in
        let result = try transform(elements[index])
        results.withLock { $0[index] = result }
    }
    return results.withLock { $0.map { $0! } }
}
