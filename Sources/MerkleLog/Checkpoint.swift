public import Bytes

/// What a log says of itself: its name, how many leaves it has, and their root (C2SP tlog-checkpoint).
///
/// Text form, which is what is signed: three lines, each ended by a newline.
///
/// ```
/// skies.example/public
/// 20852163
/// CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
/// ```
/// Extension lines are allowed by the specification, written by nobody here, and refused: they are not
/// auditable.
public struct Checkpoint: Sendable {
    /// The log's name, not empty and without control characters. Compared byte for byte, not as Unicode text.
    public let origin: String
    public let size: TreeSize
    public let root: RootHash

    public enum Failure: Error, Hashable {
        case noFinalNewline
        case tooFewLines(Int)
        case extensionLines(Int)
        case origin(String)
        /// The size is not written in decimal digits without superfluous zeros, or exceeds 2^63 − 1.
        case size(String)
        /// The root is not the padded base64 of 32 bytes.
        case root(String)
        /// Size 0 goes with the empty tree's root, and with no other.
        case rootOfEmptyTree(RootHash)
    }

    public init(origin: String, size: TreeSize, root: RootHash) throws(Failure) {
        guard !origin.isEmpty, origin.utf8.allSatisfy({ $0 >= 0x20 }) else { throw .origin(origin) }
        guard size > .zero || root == .empty else { throw .rootOfEmptyTree(root) }
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Reads what ``text`` wrote; anything that would be written differently is refused.
    public init(parsing text: String) throws(Failure) {
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.removeLast().isEmpty else { throw .noFinalNewline }
        guard lines.count >= 3 else { throw .tooFewLines(lines.count) }
        guard lines.count == 3 else { throw .extensionLines(lines.count - 3) }
        let sizeText = String(Substring(lines[1]))
        guard let size = TreeSize(decimal: sizeText) else { throw .size(sizeText) }
        let rootText = String(Substring(lines[2]))
        guard let bytes = Base64.decode(rootText), let root = RootHash(bytes: bytes) else {
            throw .root(rootText)
        }
        try self.init(origin: String(Substring(lines[0])), size: size, root: root)
    }

    /// The three lines.
    public var text: String { "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" }
}

extension Checkpoint: Hashable {
    public static func == (left: Self, right: Self) -> Bool {
        left.size == right.size && left.root == right.root
            && left.origin.utf8.elementsEqual(right.origin.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(size)
        hasher.combine(root)
    }
}
