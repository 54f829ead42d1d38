public import Signing

/// Which logs are believed, and the cosignatures of which witnesses their checkpoints need (C2SP
/// tlog-policy).
///
/// Can only be made consistent: names are defined once and before they are used, each key stands once, each
/// name is a member of at most one group. So a witness counts in one way, and groups have no cycles.
public struct TrustPolicy: Hashable, Sendable {
    public struct Log: Hashable, Sendable {
        /// Of type ``NoteAlgorithm/ed25519``; its name is the log's origin.
        public let key: VerifierKey
        public let url: PolicyWord?

        public init(key: VerifierKey, url: PolicyWord? = nil) {
            self.key = key
            self.url = url
        }
    }

    public struct Witness: Hashable, Sendable {
        /// Used inside the policy only.
        public let name: PolicyWord
        /// Of type ``NoteAlgorithm/cosignatureV1``.
        public let key: VerifierKey
        public let url: PolicyWord?

        public init(name: PolicyWord, key: VerifierKey, url: PolicyWord? = nil) {
            self.name = name
            self.key = key
            self.url = url
        }
    }

    /// How many members of a group must have cosigned for the group to have.
    public enum Threshold: Hashable, Sendable {
        case any
        case all
        case atLeast(Int)

        /// The number, for a group of `members`.
        public func count(of members: Int) -> Int {
            switch self {
            case .any: 1
            case .all: members
            case .atLeast(let count): count
            }
        }
    }

    public struct Group: Hashable, Sendable {
        public let name: PolicyWord
        public let threshold: Threshold
        /// Witnesses and groups that are defined before this one.
        public let members: [PolicyWord]

        public init(name: PolicyWord, threshold: Threshold, members: [PolicyWord]) {
            self.name = name
            self.threshold = threshold
            self.members = members
        }
    }

    public enum Quorum: Hashable, Sendable {
        /// `quorum none`: the log's signature is enough.
        case notRequired
        /// A witness or a group.
        case named(PolicyWord)
    }

    public internal(set) var logs: [Log] = []
    public internal(set) var witnesses: [Witness] = []
    public internal(set) var groups: [Group] = []
    public internal(set) var quorum = Quorum.notRequired

    /// An empty policy, to be filled by the definitions of a file or of the caller.
    init() {}

    /// Checks the same rules as the parser of files.
    public init(
        logs: [Log], witnesses: [Witness] = [], groups: [Group] = [], quorum: Quorum
    ) throws(TrustPolicyFailure.Cause) {
        var builder = TrustPolicyBuilder()
        for log in logs { try builder.add(log) }
        for witness in witnesses { try builder.add(witness) }
        for group in groups { try builder.add(group) }
        try builder.set(quorum)
        self = try builder.finish()
    }

    /// The file: logs, witnesses, groups and the quorum, one a line.
    public var bytes: [UInt8] {
        var lines: [[PolicyWord?]] = []
        for log in logs { lines.append([.keyword("log"), PolicyWord(log.key.text), log.url]) }
        for witness in witnesses {
            lines.append([.keyword("witness"), witness.name, PolicyWord(witness.key.text), witness.url])
        }
        for group in groups {
            lines.append([.keyword("group"), group.name, group.threshold.word] + group.members)
        }
        lines.append([.keyword("quorum"), quorum.word])
        return lines.flatMap { line in
            line.compactMap { $0?.bytes }.joined(separator: [UInt8(ascii: " ")]) + [UInt8(ascii: "\n")]
        }
    }
}

extension PolicyWord {
    /// The predefined name that no witness or group may have.
    static let none = keyword("none")

    /// A word of the format itself.
    static func keyword(_ text: StaticString) -> PolicyWord { PolicyWord(text.description)! }
}

extension TrustPolicy.Threshold {
    fileprivate var word: PolicyWord {
        switch self {
        case .any: .keyword("any")
        case .all: .keyword("all")
        case .atLeast(let count): PolicyWord(String(count))!
        }
    }
}

extension TrustPolicy.Quorum {
    fileprivate var word: PolicyWord {
        switch self {
        case .notRequired: .none
        case .named(let name): name
        }
    }
}
