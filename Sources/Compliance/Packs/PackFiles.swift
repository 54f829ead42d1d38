public import Bytes
internal import Foundation

public enum PackSubject {}
/// The digest of a pack's files: see ``PackFiles/digest``.
public typealias PackDigest = Hash256<PackSubject>

public enum QuerySubject {}
/// SHA-256 of a query file's bytes.
public typealias QueryDigest = Hash256<QuerySubject>

/// The files of a pack by their paths inside it, e.g. `GDPR-12-3a/control.yaml`.
public struct PackFiles: Hashable, Sendable {
    /// The signature stands beside what it signs and is no part of it.
    public static let signatureName = "pack.sig.json"
    public static let maximumFileBytes = 1 << 20
    public static let maximumFiles = 2_000
    /// Bytes of all files together.
    public static let maximumBytes = 16 << 20

    public private(set) var contents: [String: [UInt8]]
    /// The bytes of ``signatureName``, where there is one.
    public private(set) var signature: [UInt8]?

    /// Takes files by path; refuses names and sizes that no pack has.
    public init(_ files: [String: [UInt8]]) throws(PackError) {
        contents = files
        signature = contents.removeValue(forKey: Self.signatureName)
        guard contents.count <= Self.maximumFiles else {
            throw .unreadable(path: ".", reason: "more than \(Self.maximumFiles) files")
        }
        for (path, bytes) in contents.sorted(by: { $0.key < $1.key }) {
            guard Self.isValid(path) else { throw .unexpectedFile(path) }
            guard bytes.count <= Self.maximumFileBytes else {
                throw .tooLarge(file: path, bytes: bytes.count)
            }
        }
        let bytes = contents.values.reduce(signature?.count ?? 0) { $0 + $1.count }
        guard bytes <= Self.maximumBytes else { throw .tooLarge(file: ".", bytes: bytes) }
    }

    /// Reads the folder at `path` with everything in it. Links and hidden files are refused.
    public init(folder path: String) throws(PackError) {
        guard let names = try? FileManager.default.subpathsOfDirectory(atPath: path) else {
            throw .unreadable(path: path, reason: "there is no folder here that can be read")
        }
        guard names.count <= 2 * Self.maximumFiles else {
            throw .unreadable(path: path, reason: "more than \(Self.maximumFiles) files")
        }
        var files: [String: [UInt8]] = [:]
        var bytes = 0
        for name in names.sorted() {
            let file = "\(path)/\(name)"
            let attributes = try? FileManager.default.attributesOfItem(atPath: file)
            switch attributes?[.type] as? FileAttributeType {
            case .typeDirectory?: continue
            case .typeRegular?: break
            default: throw .unreadable(path: file, reason: "is neither a folder nor an ordinary file")
            }
            let size = (attributes?[.size] as? Int) ?? 0
            guard size <= Self.maximumFileBytes else { throw .tooLarge(file: name, bytes: size) }
            // Counted before anything more is read, so that a folder of full files does not fill the memory.
            bytes += size
            guard bytes <= Self.maximumBytes else { throw .tooLarge(file: ".", bytes: bytes) }
            guard let data = FileManager.default.contents(atPath: file) else {
                throw .unreadable(path: file, reason: "cannot be read")
            }
            files[name] = Array(data)
        }
        try self.init(files)
    }

    /// Letters, digits, `.`, `_` and `-` in at most three levels, none hidden: what every file system spells
    /// alike.
    private static func isValid(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return (1...3).contains(parts.count)
            && parts.allSatisfy { part in
                (1...80).contains(part.utf8.count) && part.first != "."
                    && part.utf8.allSatisfy { byte in
                        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
                            || (0x61...0x7a).contains(byte)
                            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                            || byte == UInt8(ascii: "-")
                    }
            }
    }

    /// SHA-256 of the list that `sha256sum` prints for the files in ascending order of their paths' bytes.
    ///
    /// Each line is the file's SHA-256 in hexadecimal, two spaces, the path, a newline.
    public var digest: PackDigest {
        let paths = contents.keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        let lines = paths.map { "\(Hash256<PackSubject>.sha256(contents[$0]!).hex)  \($0)\n" }
        return .sha256(Array(lines.joined().utf8))
    }

    /// The file at `path` as UTF-8.
    func text(_ path: String) throws(PackError) -> String {
        guard let bytes = contents[path] else { throw .missingFile(path) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable(path: path, reason: "is not UTF-8")
        }
        return text
    }
}
