internal import Events

/// Why a pack cannot be used. A pack is whole or it is refused: there is no half pack.
public enum PackError: Error, Hashable, Sendable {
    case unreadable(path: String, reason: String)
    /// A file that a pack or a control does not have, or a name that no pack file may have.
    case unexpectedFile(String)
    case missingFile(String)
    /// Larger than the limits of pack files.
    case tooLarge(file: String, bytes: Int)
    /// Not YAML of the kind that packs use, or an unknown, missing or wrong key.
    case manifest(file: String, reason: String)
    case noControls(pack: String)
    /// The control's folder, id or list entry disagree.
    case controlsDiffer(listed: [String], found: [String])
    case wrongID(file: String, expected: String, actual: String)
    case query(file: String, reason: String)
    case fixture(file: String, line: Int, reason: String)
    /// The violations query gives a row although nothing happened yet.
    case failsOnNothing(file: String)
    case signature(String)
}

extension PackError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .unexpectedFile(let file): "\(file): no such file belongs to a pack"
        case .missingFile(let file): "\(file) is missing"
        case .tooLarge(let file, let bytes): "\(file) has \(bytes) bytes, more than a pack's files may have"
        case .manifest(let file, let reason): "\(file): \(reason)"
        case .noControls(let pack): "the pack \(pack) has no control"
        case .controlsDiffer(let listed, let found):
            "pack.yaml lists the controls \(listed.joined(separator: ", ")); the folders are \(found.joined(separator: ", "))"
        case .wrongID(let file, let expected, let actual):
            "\(file): the id is \(actual), the folder \(expected)"
        case .query(let file, let reason): "\(file): \(reason)"
        case .fixture(let file, let line, let reason): "\(file), line \(line): \(reason)"
        case .failsOnNothing(let file): "\(file): the query gives a violation on the empty database"
        case .signature(let reason): "the pack's signature: \(reason)"
        }
    }
}
