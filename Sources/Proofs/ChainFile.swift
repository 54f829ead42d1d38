internal import Bytes
public import Events

/// A chain's entries with the checkpoint that they stand under, as one file (`schemas/chain-file.md`).
///
/// The first line is a canonical JSON header, each further line one envelope. The lines after the first are an in-toto
/// attestation bundle (JSON Lines of DSSE envelopes).
public struct ChainFile: Hashable, Sendable {
    public static let format = "lethe/chain@v1"
    /// No envelope has fewer bytes: one signature alone takes more.
    private static let shortestEntry = 150

    public struct Header: Codable, Hashable, Sendable {
        /// Sealed bodies in base64, each readable by the chain's readers alone; only for private chains.
        public var bodies: [String]
        /// The signed note, whole.
        public var checkpoint: String
        public var format: String
        /// The index of the first entry in this file.
        public var from: Count
        public var origin: Origin
    }

    public var header: Header
    public var entries: [[UInt8]]

    public init(origin: Origin, from: Int, checkpoint: [UInt8], entries: [[UInt8]], bodies: [[UInt8]]) {
        header = Header(
            bodies: bodies.map(Base64.encode), checkpoint: String(decoding: checkpoint, as: UTF8.self),
            format: Self.format, from: Count(from)!, origin: origin)
        self.entries = entries
    }

    public var bytes: [UInt8] {
        var bytes = CanonicalJSON.encode(header) + [0x0a]
        for entry in entries { bytes += entry + [0x0a] }
        return bytes
    }

    /// Why a file is not a chain file.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case noFinalNewline
        case malformed(JSONError)
        case unknownFormat(String)
        /// So many lines that they cannot all be envelopes.
        case tooManyLines(Int)

        public var description: String {
            switch self {
            case .tooManyLines(let lines): "the chain file's \(lines) lines are too short to be entries of a chain"
            case .noFinalNewline: "the chain file does not end in a newline: it was cut off"
            case .malformed(let error): "this is not a chain file: line 1: \(error)"
            case .unknownFormat(let format):
                "unknown chain file format \"\(format.prefix(60))\"; this program reads \(ChainFile.format)"
            }
        }
    }

    /// Reads a chain file. Only the header and the line structure are judged here; the entries are verified by whoever
    /// takes them in, before anything rests on them.
    public init(parsing bytes: [UInt8]) throws(Failure) {
        if let first = bytes.first, first != UInt8(ascii: "{") {
            throw .malformed(.unexpectedByte(first, offset: 0))
        }
        guard bytes.last == 0x0a else { throw .noFinalNewline }
        // Each line takes memory besides its bytes, so that few bytes must not be many lines.
        let count = bytes.count { $0 == 0x0a }
        guard count - 1 <= bytes.count / Self.shortestEntry else { throw .tooManyLines(count) }
        let lines = bytes.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false)
        do throws(JSONError) {
            header = try CanonicalJSON.decode(
                Header.self, from: Array(lines[0]), maximumValues: CertificateBundle.maximumValues)
        } catch {
            throw .malformed(error)
        }
        guard header.format == Self.format else { throw .unknownFormat(header.format) }
        entries = lines.dropFirst().map(Array.init)
    }
}
