internal import Glibc

/// Why a key file cannot be used.
public enum KeyFileFailure: Error, Hashable, Sendable {
    case notAKeyFile
    /// The line, counted from one, is not as the format has it; 0 where the file as a whole is not text or
    /// too large.
    case malformed(line: Int)
    case unknownRole(String)
    /// The file asks for more or less work than is allowed.
    case costOutOfBounds(passes: Int, memoryKiB: Int)
    /// The public key in the file is not that of the secret.
    case publicKeyMismatch
    /// The key is for something else.
    case wrongRole(KeyFile.Role)
    case alreadyEncrypted
    case passphraseRequired
    /// The passphrase is another, or the file was altered: the two cannot be told apart.
    case wrongPassphrase
    case outOfMemory(kibibytes: Int)
    /// Group or others may read the file.
    case readableByOthers(path: String, mode: Int)
    case notARegularFile(path: String)
    /// There is a file already; key files are never overwritten.
    case exists(path: String)
    /// A system call failed.
    case system(operation: String, path: String, code: Int32)
}

extension KeyFileFailure: CustomStringConvertible {
    /// What is wrong and, where there is something to be done, what to do.
    public var description: String {
        switch self {
        case .notAKeyFile: "not a key file: its first line is not \(KeyFile.firstLine)"
        case .malformed(line: 0): "not a key file: too large, or not UTF-8"
        case .malformed(let line): "the key file's line \(line) is malformed"
        case .unknownRole(let role): "unknown key role: \(role)"
        case .costOutOfBounds(let passes, let memory):
            "the key file asks for \(passes) passes over \(memory) KiB; allowed are"
                + " \(PassphraseCost.passBounds) passes over \(PassphraseCost.memoryBoundsKiB) KiB"
        case .publicKeyMismatch: "the key file's public key does not belong to its secret"
        case .wrongRole(let role): "the key is for another purpose: its role is \(role.rawValue)"
        case .alreadyEncrypted: "the key file is encrypted already"
        case .passphraseRequired: "the key needs a passphrase"
        case .wrongPassphrase: "wrong passphrase, or the key file was altered"
        case .outOfMemory(let size): "not enough memory to try the passphrase: \(size) KiB are needed"
        case .readableByOthers(let path, let mode):
            "\(path) can be read by others (mode \(String(mode, radix: 8))); run: chmod 600 \(path)"
        case .notARegularFile(let path): "\(path) is not a regular file"
        case .exists(let path): "\(path) exists; key files are never overwritten"
        case .system(let operation, let path, let code):
            "cannot \(operation) \(path): \(String(cString: strerror(code)))"
        }
    }
}
