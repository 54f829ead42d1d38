internal import Glibc
internal import GRDB

/// Why the storage of a ledger refused or failed: a code for programs, a message and a hint for people.
public struct StoreError: Error, Sendable {
    /// What went wrong, with the values that explain it.
    public enum Code: Hashable, Sendable {
        // The ledger directory
        case alreadyExists
        case notALedger
        case unfinishedCreation
        case newerFormat(found: Int, supported: Int)
        case olderFormat(found: Int, supported: Int)
        case locked(pid: Int?, command: String?)
        case readOnly
        case setting(name: String, wanted: String, found: String)
        // Events
        case unknownChain
        case outOfRange
        case sizeConflict(expected: Int, actual: Int)
        case duplicateEntry(position: Int)
        case entryTooLarge(bytes: Int)
        case appendOnly
        case viewsBehind(position: Int, size: Int)
        // Checkpoints
        case checkpointConflict
        case smallerCheckpoint(kept: Int, offered: Int)
        case forkedCheckpoint(size: Int)
        case restoredFromBackup(origin: String)
        // Bodies and blobs
        case notFound
        case erased
        case bodyTooLarge(bytes: Int)
        case wrongLength(expected: Int, actual: Int)
        case readableByOthers
        case corrupt
        // The machine below
        case diskFull
        case inputOutput
        case injectedFault
    }

    public var code: Code
    /// What happened, in lower case, with the offending value.
    public var message: String
    /// The next thing to do.
    public var hint: String
    /// The failure underneath, where there is one.
    public var cause: (any Error)?

    public init(_ code: Code, _ message: String, hint: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
    }
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        let reason = cause.map { " (\($0))" } ?? ""
        return "\(message)\(reason); \(hint)"
    }
}

extension StoreError {
    /// The failure of a system call on `path`, from `errno`, which has to be read at once.
    static func system(_ call: String, _ path: String, errno number: Int32 = errno) -> StoreError {
        let reason = String(cString: strerror(number))
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            return StoreError(
                .diskFull, "no room to write \(path): \(reason)",
                hint: "free space or raise the quota, then repeat: nothing that was confirmed is lost")
        case EROFS, EACCES, EPERM:
            return StoreError(
                .readOnly, "\(call) refused on \(path): \(reason)",
                hint: "check the owner and the mode of the ledger directory")
        case ENOENT:
            return StoreError(
                .notFound, "no such file: \(path)", hint: "check the path of the ledger")
        default:
            return StoreError(
                .inputOutput, "\(call) failed on \(path): \(reason)",
                hint: "check the disk, then open the ledger again")
        }
    }

    /// Runs `work` and turns what SQLite reports into an error that says what to do.
    static func translating<Result>(
        _ doing: @autoclosure () -> String, _ work: () throws -> Result
    ) throws -> Result {
        do {
            return try work()
        } catch let error as DatabaseError {
            throw StoreError(doing: doing(), error)
        }
    }

    private init(doing: String, _ error: DatabaseError) {
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(
                .diskFull, "no room on the disk while \(doing)",
                hint: "free space, then repeat: nothing that was confirmed is lost", cause: error)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .corrupt, "damaged database while \(doing)",
                hint: "keep the files as they are, run a check, restore from another holder", cause: error)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(
                .readOnly, "the database cannot be written while \(doing)",
                hint: "open the ledger for writing, and check the mode of its files", cause: error)
        case .SQLITE_CONSTRAINT where error.extendedResultCode == .SQLITE_CONSTRAINT_TRIGGER:
            self.init(
                .appendOnly, "\(error.message ?? "append-only") while \(doing)",
                hint: "entries are never changed: append a new event instead", cause: error)
        default:
            self.init(
                .inputOutput, "the database failed while \(doing)",
                hint: "check the disk and its free space, then open the ledger again", cause: error)
        }
    }
}
