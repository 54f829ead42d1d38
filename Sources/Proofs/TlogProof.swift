public import Bytes
public import MerkleLog
public import Signing

/// An offline proof that one entry is in a log (C2SP tlog-proof@v1). Usual file ending: `.tlog-proof`.
///
/// Nothing in it is to be believed before ``verify(entry:policy:)``, and ``extra`` not even then.
public struct TlogProof: Hashable, Sendable {
    /// The most bytes that a proof may have.
    public static let maximumSize = 2 << 20
    /// The longest path of any tree.
    public static let maximumPathLength = 63

    /// Data that travels with the proof and is authenticated by nothing; ours is the entry's envelope.
    /// Never empty.
    public let extra: [UInt8]?
    public let index: LeafIndex
    /// From the leaf's neighbour upwards.
    public let path: [NodeHash]
    /// The checkpoint as the log and its witnesses signed it.
    public let note: Note

    public enum Failure: Error, Hashable {
        case tooLarge(Int)
        /// The first line is not `c2sp.org/tlog-proof@v1`.
        case notAProof
        /// There is no empty line between path and checkpoint.
        case noEmptyLine
        /// Not `extra` and the base64 of at least one byte.
        case extra
        /// Not `index` and a decimal number without superfluous zeros.
        case index
        /// Not the base64 of a hash, at this place of the path, from zero.
        case pathHash(Int)
        case pathTooLong(Int)
        case checkpoint(Note.Failure)
    }

    /// - Precondition: `extra` is not empty, `path` has at most 63 hashes.
    public init(extra: [UInt8]? = nil, index: LeafIndex, path: [NodeHash], note: Note) {
        precondition(extra?.isEmpty != true, "no extra data is nil, not empty")
        precondition(path.count <= Self.maximumPathLength, "no tree has so long a path")
        self.extra = extra
        self.index = index
        self.path = path
        self.note = note
    }

    fileprivate static let firstLine = "c2sp.org/tlog-proof@v1"

    /// The file.
    public var bytes: [UInt8] {
        var text = Self.firstLine + "\n"
        if let extra { text += "extra \(Base64.encode(extra))\n" }
        text += "index \(index)\n"
        for hash in path { text += Base64.encode(hash.bytes) + "\n" }
        return Array(text.utf8) + [UInt8(ascii: "\n")] + note.bytes
    }

    /// Reads what ``bytes`` wrote; anything that would be written differently is refused.
    public init(parsing bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= Self.maximumSize else { throw .tooLarge(bytes.count) }
        guard bytes.starts(with: Array("\(Self.firstLine)\n".utf8)) else { throw .notAProof }
        let newline = UInt8(ascii: "\n")
        let blank = bytes.indices.dropFirst().first { bytes[$0] == newline && bytes[$0 - 1] == newline }
        guard let blank else { throw .noEmptyLine }
        var lines = bytes[..<(blank - 1)].split(separator: newline).dropFirst()
            .map { String(decoding: $0, as: UTF8.self) }[...]
        var extra: [UInt8]?
        if let text = lines.first?.field("extra") {
            guard let bytes = Base64.decode(text), !bytes.isEmpty else { throw .extra }
            extra = bytes
            lines.removeFirst()
        }
        guard let text = lines.popFirst()?.field("index"), let index = LeafIndex(decimal: text) else {
            throw .index
        }
        let path = try Self.parsePath(lines)
        let note: Note
        do {
            note = try Note(parsing: Array(bytes[(blank + 1)...]))
        } catch {
            throw .checkpoint(error)
        }
        self.init(extra: extra, index: index, path: path, note: note)
    }

    private static func parsePath(_ lines: ArraySlice<String>) throws(Failure) -> [NodeHash] {
        guard lines.count <= maximumPathLength else { throw .pathTooLong(lines.count) }
        var path: [NodeHash] = []
        for line in lines {
            guard let bytes = Base64.decode(line), let hash = NodeHash(bytes: bytes) else {
                throw .pathHash(path.count)
            }
            path.append(hash)
        }
        return path
    }
}

extension String {
    /// What follows `keyword` and one space; `nil` where the line is another.
    fileprivate func field(_ keyword: StaticString) -> String? {
        let prefix = "\(keyword) "
        guard utf8.starts(with: prefix.utf8) else { return nil }
        return String(Substring(utf8.dropFirst(prefix.utf8.count)))
    }
}

extension TlogProof.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLarge(let bytes): "it has \(bytes) bytes, of at most \(TlogProof.maximumSize)"
        case .notAProof: "its first line is not \(TlogProof.firstLine)"
        case .noEmptyLine: "there is no empty line between the path and the checkpoint"
        case .extra: "the line of the entry is not \"extra\" and base64"
        case .index: "there is no line \"index\" with a number"
        case .pathHash(let place): "hash \(place + 1) of the path is not the base64 of 32 bytes"
        case .pathTooLong(let count): "the path has \(count) hashes, of at most \(TlogProof.maximumPathLength)"
        case .checkpoint(let failure): "its checkpoint is no signed note: \(failure)"
        }
    }
}

/// Why a proof does not show that the entry is in the log.
public enum TlogProofVerificationFailure: Error, Hashable {
    /// The policy does not trust the checkpoint; the verdict says why.
    case untrusted(TrustVerdict)
    /// The entry is not where the proof says it is.
    case inclusion(InclusionFailure)
}

/// An entry that is at ``index`` in the log of ``checkpoint``. Only ``TlogProof/verify(entry:policy:)``
/// makes one.
public struct LoggedEntry: Hashable, Sendable {
    public let entry: [UInt8]
    public let index: LeafIndex
    public let checkpoint: Checkpoint
    /// Who signed the checkpoint, and when.
    public let verdict: TrustVerdict
}

extension TlogProof {
    /// Checks that `entry` is in a log, at ``index``, under a checkpoint that `policy` trusts.
    public func verify(
        entry: [UInt8], policy: TrustPolicy
    ) throws(TlogProofVerificationFailure) -> LoggedEntry {
        let verdict = policy.evaluate(note)
        guard let checkpoint = verdict.checkpoint else { throw .untrusted(verdict) }
        do {
            try verifyInclusion(
                of: LeafHash(entry: entry), at: index, in: checkpoint.size, root: checkpoint.root, path: path)
        } catch {
            throw .inclusion(error)
        }
        return LoggedEntry(entry: entry, index: index, checkpoint: checkpoint, verdict: verdict)
    }
}
