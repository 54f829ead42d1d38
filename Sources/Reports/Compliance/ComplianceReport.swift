public import Bytes
public import ChainViews
public import Compliance
public import Events

/// What controls found in a ledger, as a document (`schemas/reports.md`).
///
/// The order is that of a careful auditor: the verdict, what fails, what waits for a person, what was not
/// looked at, and only then the whole table.
public struct ComplianceReport: Report {
    public static let format = "lethe/compliance-report@v1"

    /// What the page says, as data.
    public struct Content: Codable, Hashable, Sendable {
        /// The file with answers, exceptions and responses, which nobody signed.
        public var answers: AnswersFile?
        public var evidence: [CitedEvent]
        public var footing: Footing
        public var format: String
        /// How many holidays the calendar of deadlines has.
        public var holidays: Int
        /// What was not looked at, in sentences.
        public var notLookedAt: [String]
        /// The organisation whose private chain was looked at too.
        public var organisation: MemberName?
        /// How many witnesses make a checkpoint's time proven.
        public var quorum: Int
        public var responses: [ManagementResponse]
        public var result: ComplianceResult
        /// The time zone in which deadlines end.
        public var timeZone: String
        /// The exceptions that were used or offered.
        public var waivers: [Waiver]
    }

    /// A file that people wrote.
    public struct AnswersFile: Codable, Hashable, Sendable {
        public var digest: ArtifactDigest
        public var name: String

        public init(name: String, digest: ArtifactDigest) { (self.name, self.digest) = (name, digest) }
    }

    /// What was asked of the controls, and what they do not tell by themselves.
    public struct Setting: Sendable {
        public var organisation: MemberName?
        public var privateChain: Origin?
        /// Private chains that nobody looked at.
        public var otherChains: [Origin]
        public var quorum: Int
        public var timeZone: String
        public var holidays: Int
        public var answers: Answers
        public var answersFile: AnswersFile?
        /// The public leaf after which nothing was looked at, because verification refused it.
        public var refusedAt: Int?
        /// Packs that are there and were not asked for.
        public var leftOut: [PackID]

        public init(
            organisation: MemberName?, privateChain: Origin?, otherChains: [Origin], quorum: Int,
            timeZone: String, holidays: Int, answers: Answers, answersFile: AnswersFile?, refusedAt: Int?,
            leftOut: [PackID]
        ) {
            (self.organisation, self.privateChain) = (organisation, privateChain)
            (self.otherChains, self.quorum, self.timeZone) = (otherChains, quorum, timeZone)
            (self.holidays, self.answers, self.answersFile) = (holidays, answers, answersFile)
            (self.refusedAt, self.leftOut) = (refusedAt, leftOut)
        }
    }

    public var content: Content

    public init(
        _ result: ComplianceResult, evidence: [CitedEvent], setting: Setting, footing: Footing
    ) {
        content = Content(
            answers: setting.answersFile, evidence: evidence, footing: footing, format: Self.format,
            holidays: setting.holidays, notLookedAt: Self.notLookedAt(result, setting),
            organisation: setting.organisation, quorum: setting.quorum,
            responses: setting.answers.responses ?? [], result: result, timeZone: setting.timeZone,
            waivers: setting.answers.waivers ?? [])
    }

    private static func notLookedAt(_ result: ComplianceResult, _ setting: Setting) -> [String] {
        var sentences: [String] = []
        if let leaf = setting.refusedAt {
            sentences.append("Everything from event \(leaf) of \(result.chain) on: verification refuses that event.")
        }
        let chains = setting.otherChains.map(\.text)
        if !chains.isEmpty {
            let names = chains.count > 8 ? "\(chains.count) private chains" : chains.joined(separator: ", ")
            sentences.append("What members record in private: \(names).")
        }
        sentences.append("Bodies: what private events commit to was not opened, only that it is committed to.")
        if !setting.leftOut.isEmpty {
            let names = setting.leftOut.map(\.text).joined(separator: ", ")
            sentences.append("The controls of the packs that were not asked for: \(names).")
        }
        if setting.holidays == 0 {
            sentences.append("Public holidays: no list was given, so deadlines move for weekends alone.")
        }
        sentences += [
            "What happens outside the ledger: systems, contracts, staff and what they say of it.",
            "Rules for which there is no control.",
        ]
        return sentences
    }
}

extension ResultWord {
    /// The word as people read it.
    public var words: String {
        switch self {
        case .error: "error"
        case .fail: "fail"
        case .notEvaluated: "not evaluated"
        case .waived: "waived"
        case .pass: "pass"
        case .notApplicable: "not applicable"
        }
    }

    var tone: Tone {
        switch self {
        case .error, .fail: .bad
        case .notEvaluated, .waived: .caution
        case .pass: .good
        case .notApplicable: .plain
        }
    }

    var meaning: String {
        switch self {
        case .error: "it could not be told; never a pass"
        case .fail: "there are exceptions, or a person answered that the control is not met"
        case .notEvaluated: "no exception was found, and the answer that a person has to give is missing"
        case .waived: "there are exceptions, and for each one somebody answers until a day"
        case .pass:
            "the query, which had passed its own tests a moment before, looked at so many things and found no exception"
        case .notApplicable: "the control is for other roles or another time, or nothing was in its scope"
        }
    }
}

extension ComplianceResult {
    /// All controls with the packs that they belong to, in the order of the packs.
    var findings: [(pack: PackResult, control: ControlResult)] {
        packs.flatMap { pack in pack.controls.map { (pack, $0) } }
    }

    /// How many controls have `word`.
    public func count(_ word: ResultWord) -> Int { counts[word.rawValue] ?? 0 }

    /// How many controls apply here and now.
    public var applicable: Int { counts.values.reduce(0, +) - count(.notApplicable) }

    /// The whole in one sentence.
    public var headline: String {
        let controls = applicable == 1 ? "1 control that applies" : "\(applicable) controls that apply"
        let failing = count(.fail)
        switch overall {
        case .error:
            let more = failing > 0 ? "; \(failing) more \(failing == 1 ? "fails" : "fail")" : ""
            return "Cannot be told: \(Elapsed.unit(count(.error), "control")) of \(controls) gave an error\(more)"
        case .fail: return "Fails: \(failing) of \(controls) \(failing == 1 ? "is" : "are") not met"
        case .notEvaluated:
            let count = count(.notEvaluated)
            return "Not complete: \(count) of \(controls) \(count == 1 ? "waits" : "wait") for a person's answer"
        case .waived:
            let count = count(.waived)
            return "Passes with waivers: \(count) of \(controls) \(count == 1 ? "is" : "are") waived"
        case .pass:
            return applicable == 1 ? "Passes: the 1 control that applies is met" : "Passes: all \(controls) are met"
        case .notApplicable: return "Nothing was judged: no control applies here"
        }
    }
}

extension PartyRole {
    /// The role as people read it.
    public var words: String {
        switch self {
        case .gpaiProvider: "provider of a general-purpose AI model"
        case .highRiskProvider: "provider of a high-risk AI system"
        default: rawValue.split(separator: "_").joined(separator: " ")
        }
    }
}
