internal import Glibc
internal import Synchronization

/// Makes one chosen storage step go wrong, so that a test can look at what is left behind.
///
/// Storage fails in three ways that leave different things on the disk: the step did not happen; it
/// happened but was reported as failed; it happened and then the process was gone. A product run uses
/// ``none``.
public struct FaultInjector: Sendable {
    /// The steps that write, in the order in which each operation takes them.
    public enum Step: String, CaseIterable, Codable, Sendable {
        // Append: all but the last inside one transaction.
        case insertEntries, insertTiles, writeViews, commitAppend
        // Checkpoint
        case swapCheckpoint
        // Vault
        case insertBody
        // Rows of datasets, and the state of runs under way
        case insertRecords, saveState
        // Blob
        case createBlobFile, writeBlobChunk, syncBlobFile, renameBlobFile, syncBlobDirectory, insertBlobKey
        // Erasure
        case markErasure, overwriteBlobFile, unlinkBlobFile, deleteKeys, truncateLog, confirmErasure
    }

    public enum Effect: String, CaseIterable, Codable, Sendable {
        /// The step is not taken and reports an error.
        case failed
        /// The step is taken and reports an error all the same.
        case failedButPersisted
        /// The step is taken and the process ends at once, as by a power cut.
        case killed
    }

    private let effect: @Sendable (Step) -> Effect?

    /// No fault at all.
    public static let none = FaultInjector { _ in nil }

    /// Asks `effect` before each step.
    public init(_ effect: @escaping @Sendable (Step) -> Effect?) {
        self.effect = effect
    }

    /// One fault, when `step` is about to be taken for the `occurrence`-th time, counted from one.
    public init(at step: Step, _ effect: Effect, occurrence: Int = 1) {
        let count = Counter()
        self.init { $0 == step && count.next() == occurrence ? effect : nil }
    }

    /// Takes a step, or makes it go wrong.
    func perform<Result: ~Copyable>(_ step: Step, _ work: () throws -> Result) throws -> Result {
        switch effect(step) {
        case nil:
            return try work()
        case .failed:
            throw Self.fault(step)
        case .failedButPersisted:
            _ = try work()
            throw Self.fault(step)
        case .killed:
            _ = try work()
            kill(getpid(), SIGKILL)
            throw Self.fault(step)
        }
    }

    private static func fault(_ step: Step) -> StoreError {
        StoreError(
            .injectedFault, "injected fault at \(step.rawValue)", hint: "this happens in tests only")
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)

        func next() -> Int {
            value.withLock {
                $0 += 1
                return $0
            }
        }
    }
}
