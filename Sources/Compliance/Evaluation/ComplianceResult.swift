public import Events

/// What came of a control, a pack or all packs. `schemas/policy-packs.md` says when each word is given.
public enum ResultWord: String, Codable, CaseIterable, Hashable, Sendable {
    /// It could not be told. Never a pass.
    case error
    case fail
    /// A person's answer is missing.
    case notEvaluated = "not_evaluated"
    /// There are violations, and somebody answers for every one of them.
    case waived
    case pass
    /// Nothing was in scope, or the control does not apply to this organisation or at this time.
    case notApplicable = "not_applicable"

    /// The worst of `words`; what is not applicable says nothing about the rest.
    public static func worst(_ words: some Sequence<ResultWord>) -> ResultWord {
        let order = ResultWord.allCases
        return words.min { order.firstIndex(of: $0)! < order.firstIndex(of: $1)! } ?? .notApplicable
    }
}

/// One violation.
public struct ViolationRow: Codable, Hashable, Sendable {
    private enum CodingKeys: String, CodingKey {
        case eventID = "event_id"
        case reason, since, subject
    }

    /// The event that shows it, where there is one.
    public var eventID: String?
    public var reason: String
    /// Since when, as the query tells it: a time in UTC.
    public var since: String?
    /// What is in violation.
    public var subject: String

    public init(subject: String, reason: String, since: String?, eventID: String?) {
        (self.subject, self.reason, self.since, self.eventID) = (subject, reason, since, eventID)
    }
}

/// A violation with the waiver that covers it, if any.
public struct ReportedViolation: Codable, Hashable, Sendable {
    public var violation: ViolationRow
    public var waiver: String?
}

/// What came of one control.
public struct ControlResult: Codable, Hashable, Sendable {
    public var control: ControlID
    public var crosswalk: [SQLName: Prose]
    /// Why the word is what it is, where rows do not say it: the error, the missing answer, what does not
    /// apply.
    public var explanation: String?
    /// Whether there are more violations than are listed.
    public var isTruncated: Bool
    public var judgement: Judgement?
    public var limits: Prose
    public var meaning: Prose
    public var owner: SQLName
    public var packDigest: PackDigest
    /// How many things were in scope; absent where nobody counted.
    public var population: Int?
    public var queryDigest: QueryDigest
    public var question: Prose?
    public var regime: Regime
    public var severity: Severity
    public var title: Prose
    public var version: PackVersion
    public var violations: [ReportedViolation]
    public var word: ResultWord
}

/// What came of one pack.
public struct PackResult: Codable, Hashable, Sendable {
    public var controls: [ControlResult]
    public var digest: PackDigest
    public var limits: Prose
    public var overall: ResultWord
    public var pack: PackID
    public var regime: Regime
    /// The keys whose signature on the pack holds; empty for a pack that nobody signed.
    public var signers: [KeyID]
    public var sources: [PackManifest.Source]
    /// Whether the consortium adopted the pack.
    public var standing: PackStanding
    public var title: Prose
    public var version: PackVersion
}

/// What came of all packs, as of a time, over one chain up to one size. Integers and texts only: it has one
/// spelling in canonical JSON.
public struct ComplianceResult: Codable, Hashable, Sendable {
    public static let format = "lethe/compliance@v1"

    public var asOf: Timestamp
    public var chain: Origin
    /// How many controls have each word.
    public var counts: [String: Int]
    public var format: String
    public var overall: ResultWord
    public var packs: [PackResult]
    /// What the organisation that was looked at is.
    public var roles: [PartyRole]
    public var size: Int
    /// The version of the control tables.
    public var tables: String
}
