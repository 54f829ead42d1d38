public import Bytes
public import Events

/// Something that can be erased.
public enum ErasureSubject: Hashable, Sendable {
    case body(BodyCommitment)
    case blob(BlobID)
    /// A row of a dataset.
    case record(RecordCommitment)
}

extension ErasureSubject: CustomStringConvertible {
    public var description: String {
        switch self {
        case .body(let commitment): "body \(commitment)"
        case .blob(let id): "blob \(id)"
        case .record(let commitment): "record \(commitment)"
        }
    }
}

extension ErasureSubject {
    /// Binds store, kind and digest to the first three parameters.
    func bind(to statement: RawStatement) {
        switch self {
        case .body(let commitment):
            statement.bind("body", at: 1)
            statement.bind("", at: 2)
            statement.bind(copying: commitment.bytes, at: 3)
        case .blob(let id):
            statement.bind("blob", at: 1)
            statement.bind(id.kind.rawValue, at: 2)
            statement.bind(copying: id.digest.bytes, at: 3)
        case .record(let commitment):
            statement.bind("record", at: 1)
            statement.bind("", at: 2)
            statement.bind(copying: commitment.bytes, at: 3)
        }
    }

    /// What the rows name, whose first three columns are store, kind and digest.
    static func all(in statement: RawStatement) throws -> [ErasureSubject] {
        var subjects: [ErasureSubject] = []
        while try statement.next() {
            switch statement.text(at: 0) {
            case "body": subjects.append(.body(try statement.hash(at: 2)))
            case "record": subjects.append(.record(try statement.hash(at: 2)))
            default:
                guard let kind = BlobKind(rawValue: statement.text(at: 1)) else { continue }
                subjects.append(.blob(BlobID(kind, try statement.hash(at: 2, as: BlobSubject.self))))
            }
        }
        return subjects
    }
}

/// What became of each thing that was to be erased, in the order in which they were named.
public struct ErasureReceipt: Hashable, Sendable {
    public enum Verdict: Hashable, Sendable {
        /// It was here and is gone: content, salt and key, and no trace was found in the ledger's files.
        case deleted
        /// It is not here. From now on it cannot come in either.
        case notFound
        /// It may still be here, in part or as a whole; the reason names what and where.
        case failed(reason: String)
    }

    public struct Item: Hashable, Sendable {
        public let subject: ErasureSubject
        public let verdict: Verdict
    }

    public let items: [Item]
    /// How many bytes of files were searched for what was deleted.
    public let scannedBytes: Int

    /// No item failed: only then may an erasure be attested.
    public var isComplete: Bool {
        items.allSatisfy { if case .failed = $0.verdict { false } else { true } }
    }
}
