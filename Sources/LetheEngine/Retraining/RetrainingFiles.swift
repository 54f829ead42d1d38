internal import Adapters
internal import Bytes
internal import Events
internal import Foundation
internal import Training

/// Why what a verifier was given, or what it computed, speaks against a certificate or decides nothing.
public struct RetrainingFault: Error, Hashable, Sendable {
    /// Whether the given data decides nothing; else the certificate does not hold.
    public var isUndecided: Bool
    public var message: String
    public var hint: String

    static func no(_ message: String) -> RetrainingFault {
        RetrainingFault(isUndecided: false, message: message, hint: "do not rely on the certificate; keep the data")
    }

    static func undecided(_ message: String, hint: String = "ask the member for its data again") -> RetrainingFault {
        RetrainingFault(isUndecided: true, message: message, hint: hint)
    }
}

/// The directories with data that a verifier was given. Everything in them is read as somebody else's.
struct RetrainingFiles {
    private(set) var entries: [EventHash: (entry: RetrainingData.Contribution, path: String)] = [:]
    private let directories: [String]

    init(_ directories: [String], plan: ArtifactDigest?) throws(RetrainingFault) {
        self.directories = directories
        for directory in directories {
            let path = "\(directory)/\(RetrainingData.fileName)"
            let data = try Self.data(path)
            guard data.plan == plan else {
                throw .undecided(
                    "\(path) is about the plan \(data.plan.hex.prefix(16))…, the certificate about "
                        + "\(plan.map { "\($0.hex.prefix(16))…" } ?? "none")", hint: "give the data of this deletion")
            }
            for entry in data.contributions {
                guard entries.updateValue((entry, path), forKey: entry.replaces) == nil else {
                    throw .undecided("\(path) has the contribution \(entry.replaces.hex.prefix(16))… a second time")
                }
            }
        }
    }

    private static func data(_ path: String) throws(RetrainingFault) -> RetrainingData {
        let bytes = try contents(path)
        do throws(JSONError) {
            guard bytes.last == 0x0a else { throw .invalidValue(path: "$", reason: "does not end in a newline") }
            let data = try CanonicalJSON.decode(RetrainingData.self, from: Array(bytes.dropLast()))
            guard data.format == RetrainingData.format else {
                throw .invalidValue(path: "$.format", reason: "is not \(RetrainingData.format)")
            }
            return data
        } catch {
            throw .undecided("\(path) cannot be read: \(error)", hint: "lethe deletion export writes it")
        }
    }

    /// A plain file, not too large.
    private static func contents(_ path: String) throws(RetrainingFault) -> [UInt8] {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let size = attributes?[.size] as? Int, attributes?[.type] as? FileAttributeType == .typeRegular else {
            throw .undecided(
                "there is no file \(path)", hint: "--data wants a directory that lethe deletion export wrote")
        }
        guard size <= RetrainingData.maximumBytes else {
            throw .undecided("\(path) has \(size) bytes; the limit is \(RetrainingData.maximumBytes)")
        }
        guard let data = FileManager.default.contents(atPath: path) else { throw .undecided("\(path) cannot be read") }
        return Array(data)
    }

    /// The rows of `shard` that were given, by commitment. Each opens the commitment that it names.
    func rows(of shard: ShardReference) throws(RetrainingFault) -> [RecordCommitment: (
        record: DatasetRecord, place: String
    )] {
        var rows: [RecordCommitment: (record: DatasetRecord, place: String)] = [:]
        for directory in directories {
            let path = "\(directory)/\(RetrainingData.rowsFile(shard))"
            guard FileManager.default.fileExists(atPath: path) else { continue }
            let lines = try Self.contents(path).split(separator: 0x0a, omittingEmptySubsequences: true)
            for (number, line) in lines.enumerated() {
                let place = "\(path), line \(number + 1)"
                let row = try Self.row(Array(line), place)
                guard rows.updateValue((row.record, place), forKey: row.commitment) == nil else {
                    throw .undecided("\(place): the record \(row.commitment.hex.prefix(16))… is there twice")
                }
            }
        }
        return rows
    }

    private static func row(_ line: [UInt8], _ place: String) throws(RetrainingFault) -> RetrainingData.OpenedRow {
        let row: RetrainingData.OpenedRow
        do throws(JSONError) {
            row = try CanonicalJSON.decode(RetrainingData.OpenedRow.self, from: line)
        } catch {
            throw .undecided("\(place): \(error)")
        }
        guard let bytes = Hex.decode(row.salt), let salt = Salt(bytes: bytes) else {
            throw .undecided("\(place): the salt is not 64 hexadecimal digits")
        }
        let found = RecordCommitment(record: row.record.bytes, salt: salt)
        guard found == row.commitment else {
            throw .undecided(
                "\(place): record and salt give the commitment \(found.hex.prefix(16))…, and it says "
                    + "\(row.commitment.hex.prefix(16))…: one of them was changed")
        }
        return row
    }

    /// The tensors with this digest, where an adapter with them was given.
    func tensors(_ digest: ArtifactDigest, base: ArtifactDigest) throws(RetrainingFault) -> NamedTensors? {
        for directory in directories {
            let path = "\(directory)/\(RetrainingData.adapterFolder(digest))"
            guard FileManager.default.fileExists(atPath: path) else { continue }
            let tensors: NamedTensors
            do {
                tensors = try NamedTensors(try Adapter(directory: path, base: BaseDigest(retagging: base)))
            } catch {
                throw .undecided("\(path) is not an adapter: \(error)")
            }
            guard ArtifactDigest(retagging: tensors.digest) == digest else {
                throw .undecided("\(path) has tensors with another digest, \(tensors.digest)")
            }
            return tensors
        }
        return nil
    }
}
