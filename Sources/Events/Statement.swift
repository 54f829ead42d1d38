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

    /// The subjects that an event must have: its artifacts; else the chain, by the hash of its first leaf;
    /// for a chain's first event the charter or the reader list, by the digest of the event's canonical
    /// bytes.
    public static func subjects(of event: Event, chain: Origin, firstLeaf: EventHash?) -> [Subject] {
        switch event {
        case .adapterCommitted(let content):
            [Subject(name: "adapter", digest: content.adapter), Subject(name: "tensors", digest: content.tensors)]
        case .baseRegistered(let content): [Subject(name: "base", digest: content.base)]
        case .modelMaterialized(let content):
            [Subject(name: "model", digest: content.model), Subject(name: "tensors", digest: content.tensors)]
        case .contributionWithdrawn(let content): [Subject(name: "adapter", digest: content.adapter)]
        case .modelAttested(let content): [Subject(name: "model", digest: content.model)]
        case .modelRecalled(let content): [Subject(name: "model", digest: content.model)]
        case .modelReleased(let content): [Subject(name: "model", digest: content.model)]
        case .deletionStarted(let content): [Subject(name: "plan", digest: content.plan)]
        case .exclusionApplied(let content): [Subject(name: "plan", digest: content.plan)]
        case .rematerializationCompleted(let content): [Subject(name: "plan", digest: content.plan)]
        case .erasureAttested(let content): [Subject(name: "plan", digest: content.plan)]
        case .deletionCompleted(let content): [Subject(name: "plan", digest: content.plan)]
        case .deletionCertified(let content): [Subject(name: "certificate", digest: content.certificate)]
        case .policyAdopted(let content): [Subject(name: "policy", digest: content.document.digest)]
        case .participationDecided(let content): [Subject(name: "policy", digest: content.policy)]
        case .evaluationRecorded(let content):
            [Subject(name: "dataset", digest: content.dataset)]
                + (content.model.map { [Subject(name: "model", digest: $0)] } ?? [])
        case .datasetRegistered(let content):
            [Subject(name: "dataset", digest: ArtifactDigest(retagging: content.records.root))]
        case .shardTrained(let content):
            [Subject(name: "adapter", digest: content.adapter), Subject(name: "tensors", digest: content.tensors)]
        case .trainingAttested(let content): [Subject(name: "adapter", digest: content.adapter)]
        case .rewardSettled(let content): [Subject(name: "rules", digest: content.rules)]
        case .adapterEvaluated(let content): [Subject(name: "adapter", digest: content.adapter)]
        case .mitigationApplied(let content):
            [
                Subject(name: "adapter", digest: content.adapter), Subject(name: "model", digest: content.model),
                Subject(name: "tensors", digest: content.tensors),
            ]
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
    ///
    /// What only the chain can tell is not judged here: whether the subjects follow from the event, whether
    /// sequence and previous event fit the author's last, whether the chain may hold such an event.
    public init(parsing bytes: [UInt8]) throws(ParseError) {
        guard bytes.count <= Self.maximumBytes else { throw .tooLarge(bytes: bytes.count) }
        let root: JSONNode
        do throws(JSONError) {
            root = try JSONTape(parsing: bytes).root
        } catch {
            throw .notCanonical(error)
        }
        guard var members = root.members(4), let typeName = members.next("_type"),
            let predicate = members.next("predicate"), let predicateType = members.next("predicateType"),
            let subject = members.next("subject")
        else {
            throw .invalidField(
                path: "$", reason: "must have exactly the members _type, predicate, predicateType, subject")
        }
        guard typeName.spells(Self.statementType) else {
            throw .invalidField(path: "$._type", reason: "is not \(Self.statementType)")
        }
        let type = try Self.type(predicateType)
        do throws(JSONError) {
            try self.init(predicate, type: type, subjects: try Self.subjects(subject))
        } catch {
            guard case .invalidValue(let path, let reason) = error else { throw .notCanonical(error) }
            throw .invalidField(path: path, reason: reason)
        }
    }

    private static func type(_ node: JSONNode) throws(ParseError) -> EventType {
        guard let name = node.string else {
            throw .invalidField(path: "$.predicateType", reason: "is not a string")
        }
        guard let type = EventType(predicateType: name) else { throw .unknownType(name) }
        return type
    }

    private init(_ predicate: JSONNode, type: EventType, subjects: [Subject]) throws(JSONError) {
        let bodyNode = predicate.member("body")
        guard var members = predicate.members(bodyNode == nil ? 6 : 7), let author = members.next("author"),
            bodyNode == nil || members.next("body") != nil, let chain = members.next("chain"),
            let claimedAt = members.next("claimedAt"), let event = members.next("event"),
            let previous = members.next("previous"), let sequence = members.next("sequence")
        else {
            throw predicate.refusal(
                "must have exactly the members author, chain, claimedAt, event, previous, sequence, and perhaps body")
        }
        self.author = try author.text()
        body = try bodyNode?.decode(BodyReference.self)
        self.chain = try chain.text()
        self.claimedAt = try claimedAt.text()
        self.event = try Event(type, from: event)
        self.previous = previous.token.kind == .null ? nil : try previous.hash()
        self.sequence = try sequence.decode(Count.self).value
        self.subjects = subjects
    }

    /// In-toto wants at least one subject.
    private static func subjects(_ list: JSONNode) throws(JSONError) -> [Subject] {
        guard list.token.kind == .array else { throw list.refusal("is not an array") }
        guard list.token.count > 0 else { throw list.refusal("is empty") }
        var subjects: [Subject] = []
        for node in list.elements {
            guard var members = node.members(2), let digest = members.next("digest"),
                let name = members.next("name")
            else { throw node.refusal("must have exactly the members digest, name") }
            guard var digests = digest.members(1), let sha256 = digests.next("sha256") else {
                throw digest.refusal("must have exactly the member sha256")
            }
            guard let text = name.string else { throw name.refusal("is not a string") }
            subjects.append(Subject(name: text, digest: try sha256.hash()))
        }
        return subjects
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
