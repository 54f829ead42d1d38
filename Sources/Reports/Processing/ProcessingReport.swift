public import Bytes
public import ChainViews
public import Events

/// Records of processing activities (GDPR Art. 30), as far as a ledger has them.
///
/// One activity for what each member does. What Art. 30(1) wants and nobody recorded is not made up: it says
/// so, and counts as a finding.
public struct ProcessingReport: Report {
    public static let format = "lethe/processing-report@v1"

    /// What Art. 30(1) wants to know of an activity.
    public enum Matter: String, Codable, CaseIterable, Hashable, Sendable {
        case purposes
        case legalBasis = "legal-basis"
        case subjects = "categories-of-persons"
        case data = "categories-of-data"
        case recipients
        case transfers
        case timeLimits = "time-limits"
        case jointControllers = "joint-controllers"
        case security
    }

    /// What is recorded of one matter; nothing where nobody recorded it.
    public struct Entry: Codable, Hashable, Sendable {
        /// Places on the public chain, or on the private one that was looked at.
        public var events: [EventHash]
        public var matter: Matter
        public var values: [String]

        public init(_ matter: Matter, _ values: [String], events: [EventHash] = []) {
            (self.matter, self.values, self.events) = (matter, values, events)
        }

        public var isRecorded: Bool { !values.isEmpty }
    }

    /// A data set on a private chain. What its rows say is not on any chain.
    public struct Dataset: Codable, Hashable, Sendable {
        public var dataset: DatasetID
        /// How many of the records are erased.
        public var erased: Count
        public var records: Count
        public var runs: Count
        public var shards: Count
    }

    /// Something that a member does with personal data, or with what was made of them.
    public struct Activity: Codable, Hashable, Sendable {
        public enum Kind: String, Codable, Hashable, Sendable {
            /// It trains adapters on its data and commits them.
            case training
            /// It gets the adapters of others and merges them.
            case merging
        }

        public var controller: MemberName
        /// The data sets that it trains on, from its private chain; empty where nobody looked.
        public var datasets: [Dataset]
        public var entries: [Entry]
        /// Claimed times of the first and the last event.
        public var firstAt: Timestamp
        /// Whether others alone can tell what was not looked at: whoever made the report has no key of the controller, or
        /// the controller has no data of its own.
        public var isForOthersToTell = false
        public var kind: Kind
        public var lastAt: Timestamp
        /// How many contributions, or models.
        public var number: Count
        public var rounds: [RoundID]
        /// What stands on the private chain of whoever does it, if anywhere, and was not looked at.
        public var unseen: [Matter] = []

        func entry(_ matter: Matter) -> Entry { entries.first { $0.matter == matter } ?? Entry(matter, []) }

        /// What Art. 30(1) wants and nobody recorded where it could be seen.
        public var missing: [Matter] {
            Matter.allCases.filter { $0.isRequired && !entry($0).isRecorded && !unseen.contains($0) }
        }

        /// What Art. 30(1) wants of what was not looked at.
        public var untold: [Matter] { unseen.filter { $0.isRequired && !entry($0).isRecorded } }
    }

    /// What the page says, as data.
    public struct Content: Codable, Hashable, Sendable {
        public var activities: [Activity]
        public var evidence: [CitedEvent]
        public var footing: Footing
        public var format: String
        public var notLookedAt: [String]
        /// The organisation that it is about; absent: all of them.
        public var organisation: MemberName?
        /// Whose private chains were looked at too.
        public var privateChains: [MemberName]
    }

    public var content: Content

    /// - Parameters:
    ///   - activities: what ``activities(in:member:privateViews:own:evidence:asOf:)`` gives.
    ///   - member: the one organisation that it is about; absent: all.
    ///   - privateChains: whose private chains were looked at.
    public init(
        _ activities: [Activity], member: MemberName?, privateChains: [MemberName] = [], evidence: [CitedEvent],
        footing: Footing
    ) {
        content = Content(
            activities: activities, evidence: evidence, footing: footing, format: Self.format,
            notLookedAt: Self.notLookedAt(privateChains), organisation: member, privateChains: privateChains)
    }

    private static func notLookedAt(_ seen: [MemberName]) -> [String] {
        [
            seen.isEmpty
                ? "What members record in private: on a ledger that has a member's keys, its private chain is looked at too."
                : "What members other than \(seen.map(\.text).joined(separator: ", ")) record in private.",
            "Processing that leaves no event on the ledger.",
            "Names and contact details of controllers, their representatives and data protection officers: the ledger "
                + "names organisations, never persons.",
        ]
    }

    /// How many matters nobody recorded.
    public var findings: Int { content.activities.reduce(0) { $0 + $1.missing.count } }

    /// How many stand on private chains that were not looked at and could have been, if anywhere.
    public var unseen: Int { untold(byOthers: false) }

    /// How many are for others to tell, on ledgers of their own.
    public var forOthers: Int { untold(byOthers: true) }

    private func untold(byOthers: Bool) -> Int {
        content.activities.filter { $0.isForOthersToTell == byOthers }.reduce(0) { $0 + $1.untold.count }
    }
}

extension ProcessingReport.Matter {
    /// What descriptions of data sets say, which stand on private chains.
    static let ofDatasets: [Self] = [.purposes, .legalBasis, .subjects, .data, .timeLimits]

    /// Whether Art. 30(1) wants it; the others help to judge.
    var isRequired: Bool { self != .legalBasis }

    var title: String {
        switch self {
        case .purposes: "Purposes"
        case .legalBasis: "Legal basis"
        case .subjects: "Categories of persons"
        case .data: "Categories of data"
        case .recipients: "Recipients"
        case .transfers: "Transfers to third countries"
        case .timeLimits: "Time limits for erasure"
        case .jointControllers: "Joint controllers"
        case .security: "Security measures"
        }
    }

    var article: String {
        switch self {
        case .purposes: "30(1)(b)"
        case .legalBasis: "6(1)"
        case .subjects, .data: "30(1)(c)"
        case .recipients: "30(1)(d)"
        case .transfers: "30(1)(e)"
        case .timeLimits: "30(1)(f)"
        case .jointControllers: "30(1)(a)"
        case .security: "30(1)(g)"
        }
    }
}
