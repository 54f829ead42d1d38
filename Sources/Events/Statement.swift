public import Bytes

/// One event with everything its author signs: an in-toto Statement v1.
public struct Statement: Hashable, Sendable {
    public static let statementType = "https://in-toto.io/Statement/v1"
    public static let maximumBytes = 48 * 1_024

    /// The chain that the event belongs to. The same statement on another chain is refused.
    public var chain: Origin
    public var author: MemberName
    /// How many events this author has on this chain already.
    public var sequence: Int
    /// The author's previous event on this chain; `nil` for its first.
    public var previous: EventHash?
    /// What the author's clock said. Claimed, not proven.
    public var claimedAt: Timestamp
    /// The commitment to a body, where the event has one.
    public var body: BodyReference?
    public var event: Event
    /// What the event is about, derived by ``subjects(of:chain:firstLeaf:)``.
    public var subjects: [Subject]

    /// An in-toto resource: a name and a SHA-256.
    public struct Subject: Codable, Hashable, Sendable {
        public struct Digest: Codable, Hashable, Sendable {
            public var sha256: ArtifactDigest
        }

        public var digest: Digest
        public var name: String

        public init(name: String, digest: ArtifactDigest) {
            self.name = name
            self.digest = Digest(sha256: digest)
        }
    }

    /// A statement whose subjects follow from the event.
    ///
    /// - Parameter firstLeaf: the chain's first event, `nil` where this is it.
    public init(
        chain: Origin, author: MemberName, sequence: Int, previous: EventHash?,
        claimedAt: Timestamp, body: BodyReference?, event: Event, firstLeaf: EventHash?
    ) {
        self.chain = chain
        self.author = author
        self.sequence = sequence
        self.previous = previous
        self.claimedAt = claimedAt
        self.body = body
        self.event = event
        subjects = Self.subjects(of: event, chain: chain, firstLeaf: firstLeaf)
    }

    /// The subjects that an event must have: its artifacts; else the chain, by the hash of its first leaf; for a chain's
    /// first event the charter or the reader list, by the digest of the event's canonical bytes.
    public static func subjects(of event: Event, chain: Origin, firstLeaf: EventHash?) -> [Subject] {
        switch event {
        case .adapterCommitted(let content):
            [Subject(name: "adapter", digest: content.adapter), Subject(name: "tensors", digest: content.tensors)]
        case .baseRegistered(let content): [Subject(name: "base", digest: content.base)]
        case .modelMaterialized(let content):
            [Subject(name: "model", digest: content.model), Subject(name: "tensors", digest: content.tensors)]
        case .modelAttested(let content): [Subject(name: "model", digest: content.model)]
        case .modelRecalled(let content): [Subject(name: "model", digest: content.model)]
        case .deletionStarted(let content): [Subject(name: "plan", digest: content.plan)]
        case .exclusionApplied(let content): [Subject(name: "plan", digest: content.plan)]
        case .rematerializationCompleted(let content): [Subject(name: "plan", digest: content.plan)]
        case .erasureAttested(let content): [Subject(name: "plan", digest: content.plan)]
        case .deletionCompleted(let content): [Subject(name: "plan", digest: content.plan)]
        case .deletionCertified(let content): [Subject(name: "certificate", digest: content.certificate)]
        case .consortiumFounded(let content):
            [Subject(name: "charter", digest: .sha256(CanonicalJSON.encode(content)))]
        case .readersListed(let content):
            [Subject(name: "readers", digest: .sha256(CanonicalJSON.encode(content)))]
        default:
            [Subject(name: chain.text, digest: ArtifactDigest(retagging: firstLeaf ?? .sha256([])))]
        }
    }
}

extension Statement {
    /// Why bytes are not a statement that Lethe knows.
    public enum ParseError: Error, Hashable, Sendable {
        case tooLarge(bytes: Int)
        case notCanonical(JSONError)
        case unknownType(String)
        case invalidField(path: String, reason: String)
    }

    /// The statement's canonical bytes: what is signed, inside the envelope.
    public var bytes: [UInt8] { CanonicalJSON.encode(Wire(self)) }

    /// Reads a statement of a known type from its canonical bytes; anything unknown is refused.
    public init(parsing bytes: [UInt8]) throws(ParseError) {
        guard bytes.count <= Self.maximumBytes else { throw .tooLarge(bytes: bytes.count) }
        let root: JSONNode
        do throws(JSONError) {
            root = try JSONTape(parsing: bytes).root
        } catch {
            throw .notCanonical(error)
        }
        do throws(JSONError) {
            try self.init(root)
        } catch {
            guard case .invalidValue(let path, let reason) = error else { throw .notCanonical(error) }
            if path == Self.unknownTypePath { throw .unknownType(reason) }
            throw .invalidField(path: path, reason: reason)
        }
    }

    private static let unknownTypePath = "$.predicateType"

    private init(_ root: JSONNode) throws(JSONError) {
        try Self.require(root, ["_type", "predicate", "predicateType", "subject"], at: "$")
        guard root.member("_type")?.string == Self.statementType else {
            throw .invalidValue(path: "$._type", reason: "is not \(Self.statementType)")
        }
        let typeName = root.member("predicateType")?.string ?? ""
        guard let type = EventType(predicateType: typeName) else {
            throw .invalidValue(path: Self.unknownTypePath, reason: typeName)
        }
        let predicate = root.member("predicate")!
        let hasBody = predicate.member("body") != nil
        try Self.require(
            predicate,
            ["author"] + (hasBody ? ["body"] : []) + ["chain", "claimedAt", "event", "previous", "sequence"],
            at: "$.predicate")
        author = try Self.field(predicate, "author")
        body = hasBody ? try Self.field(predicate, "body") : nil
        chain = try Self.field(predicate, "chain")
        claimedAt = try Self.field(predicate, "claimedAt")
        previous = predicate.member("previous")!.token.kind == .null ? nil : try Self.field(predicate, "previous")
        sequence = try Self.field(predicate, "sequence")
        guard sequence >= 0 else {
            throw .invalidValue(path: "$.predicate.sequence", reason: "\(sequence) is negative")
        }
        do throws(JSONError) {
            event = try Event(type, from: predicate.member("event")!)
        } catch {
            throw Self.nested(error, under: "$.predicate.event")
        }
        subjects = try Self.field(root, "subject")
    }

    private static func require(
        _ node: JSONNode, _ names: [String], at path: String
    ) throws(JSONError) {
        guard node.memberNames == names else {
            throw .invalidValue(
                path: path, reason: "must have exactly the members \(names.joined(separator: ", "))")
        }
    }

    private static func field<Value: Decodable>(
        _ node: JSONNode, _ name: String
    ) throws(JSONError) -> Value {
        do throws(JSONError) {
            return try node.member(name)!.decode(Value.self)
        } catch {
            throw nested(error, under: "$.\(name)")
        }
    }

    private static func nested(_ error: JSONError, under path: String) -> JSONError {
        guard case .invalidValue(let inner, let reason) = error else { return error }
        return .invalidValue(path: path + inner.dropFirst(), reason: reason)
    }

    /// The statement as JSON has it.
    private struct Wire: Encodable {
        let statement: Statement

        init(_ statement: Statement) { self.statement = statement }

        private enum Keys: String, CodingKey {
            case type = "_type"
            case predicate, predicateType, subject, author, body, chain, claimedAt, event, previous, sequence
        }

        func encode(to encoder: any Encoder) throws {
            var root = encoder.container(keyedBy: Keys.self)
            try root.encode(Statement.statementType, forKey: .type)
            try root.encode(statement.event.type.predicateType, forKey: .predicateType)
            try root.encode(statement.subjects, forKey: .subject)
            var predicate = root.nestedContainer(keyedBy: Keys.self, forKey: .predicate)
            try predicate.encode(statement.author, forKey: .author)
            if let body = statement.body { try predicate.encode(body, forKey: .body) }
            try predicate.encode(statement.chain, forKey: .chain)
            try predicate.encode(statement.claimedAt, forKey: .claimedAt)
            try statement.event.content.encode(to: predicate.superEncoder(forKey: .event))
            if let previous = statement.previous {
                try predicate.encode(previous, forKey: .previous)
            } else {
                try predicate.encodeNil(forKey: .previous)
            }
            try predicate.encode(statement.sequence, forKey: .sequence)
        }
    }
}

extension Statement.ParseError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLarge(let bytes):
            "the statement has \(bytes) bytes; the limit is \(Statement.maximumBytes)"
        case .notCanonical(let error): "the statement is not canonical JSON: \(error)"
        case .unknownType(let name): "unknown event type \"\(name.prefix(120))\""
        case .invalidField(let path, let reason): "\(path): \(reason)"
        }
    }
}
