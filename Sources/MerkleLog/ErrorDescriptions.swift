internal import Bytes

extension Checkpoint.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noFinalNewline: "the last line does not end in a newline"
        case .tooFewLines(let lines): "it has \(lines) line(s), not three: origin, size and root"
        case .extensionLines(let lines): "\(lines) line(s) follow origin, size and root"
        case .origin(let origin): "\"\(origin.prefix(80))\" is no origin of a log"
        case .size(let size): "the size \"\(size.prefix(80))\" is no decimal number that a tree can have"
        case .root(let root): "the root \"\(root.prefix(80))\" is not the base64 of 32 bytes"
        case .rootOfEmptyTree(let root): "a tree of no leaves has another root than \(root.hex)"
        }
    }
}

extension InclusionFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .indexOutsideTree(let index, let size): "a tree of \(size) leaves has no leaf \(index)"
        case .pathLength(let expected, let actual): "the path has \(actual) hash(es), and \(expected) lead to the root"
        case .rootMismatch(let computed, let expected):
            "it leads to the root \(computed.hex), not to \(expected.hex)"
        }
    }
}

extension ConsistencyFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .fromEmptyTree: "the earlier tree is empty, and everything extends that"
        case .shrinks(let old, let new): "the later tree has \(new) leaves, fewer than the earlier one's \(old)"
        case .pathLength(let expected, let actual): "the path has \(actual) hash(es), and \(expected) are needed"
        case .differentRootsAtOneSize(let size, let one, let other):
            "there are two roots of \(size) leaves, \(one.hex) and \(other.hex)"
        case .oldRootMismatch(let computed, let expected):
            "it leads to the earlier root \(computed.hex), not to \(expected.hex)"
        case .newRootMismatch(let computed, let expected):
            "it leads to the later root \(computed.hex), not to \(expected.hex)"
        }
    }
}

extension EntryBundle.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .entryCount(let count): "\(count) entries; a bundle has from 1 to \(TileCoordinate.fullWidth)"
        case .entryTooLong(let position, let length):
            "entry \(position) has \(length) bytes, of at most \(EntryBundle.maximumEntryLength)"
        case .truncated(let position): "the bytes end inside entry \(position)"
        case .trailingBytes(let count): "\(count) byte(s) follow the last entry"
        }
    }
}
