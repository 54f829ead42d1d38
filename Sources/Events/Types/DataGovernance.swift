/// What processing rests on: GDPR Art. 6(1).
public enum LegalBasis: String, CodeValue {
    case gdpr61a = "gdpr-6-1-a"
    case gdpr61b = "gdpr-6-1-b"
    case gdpr61c = "gdpr-6-1-c"
    case gdpr61d = "gdpr-6-1-d"
    case gdpr61e = "gdpr-6-1-e"
    case gdpr61f = "gdpr-6-1-f"
}

/// What lets special categories be processed: GDPR Art. 9(2), AI Act Art. 4a.
public enum SpecialCondition: String, CodeValue {
    case aiAct4a = "ai-act-4a"
    case gdpr92a = "gdpr-9-2-a"
    case gdpr92b = "gdpr-9-2-b"
    case gdpr92c = "gdpr-9-2-c"
    case gdpr92d = "gdpr-9-2-d"
    case gdpr92e = "gdpr-9-2-e"
    case gdpr92f = "gdpr-9-2-f"
    case gdpr92g = "gdpr-9-2-g"
    case gdpr92h = "gdpr-9-2-h"
    case gdpr92i = "gdpr-9-2-i"
    case gdpr92j = "gdpr-9-2-j"
}

/// Private: what a data set is, for what it may be used and until when. The datasheet is the body.
///
/// A later description of the same data set takes the place of an earlier one.
public struct DatasetDescribed: Codable, Hashable, Sendable {
    public enum DataCategory: String, CodeValue {
        case behaviour, contact, content, financial, health, identity, location, other
    }

    public enum SubjectCategory: String, CodeValue {
        case children, customers, employees, patients, `public`, suppliers
    }

    public enum Deidentification: String, CodeValue {
        /// 45 CFR 164.514(b)(1).
        case hipaaExpert = "hipaa-expert"
        /// 45 CFR 164.514(b)(2).
        case hipaaSafeHarbor = "hipaa-safe-harbor"
        case none
        case pseudonymised
    }

    public enum Licence: String, CodeValue {
        case licensed, open, own
        case publicDomain = "public-domain"
        case unknown
    }

    public enum Source: String, CodeValue {
        case dataSubjects = "data-subjects"
        case publicSources = "public-sources"
        case synthetic
        case thirdParty = "third-party"
    }

    /// What the datasheet says something about.
    public enum Topic: String, CodeValue {
        case assumptions, bias, collection, gaps
        /// The three steps of an assessment of legitimate interests.
        case legitimateInterests = "legitimate-interests"
        /// Why the personal data in it are needed.
        case minimisation
        case originalPurpose = "original-purpose"
        case preparation
        case suitability
    }

    /// Absent where there are no personal data.
    public var basis: LegalBasis?
    public var dataCategories: Ascending<DataCategory>
    public var dataset: DatasetID
    public var deidentification: Deidentification
    /// Protected health information under HIPAA, before it was de-identified.
    public var hasHealthInformation: Bool
    public var hasSpecialCategories: Bool
    /// Whether there are personal data in it.
    public var isPersonal: Bool
    public var licence: Licence
    /// What it may be used for, ascending.
    public var purposes: Ascending<PurposeName>
    /// When it must be gone; absent where nothing asks for an end.
    public var retainUntil: Timestamp?
    public var source: Source
    public var specialCondition: SpecialCondition?
    public var subjectCategories: Ascending<SubjectCategory>
    public var topics: Ascending<Topic>

    public init(
        dataset: DatasetID, source: Source, licence: Licence, purposes: Ascending<PurposeName>, isPersonal: Bool,
        basis: LegalBasis?, hasSpecialCategories: Bool = false, specialCondition: SpecialCondition? = nil,
        hasHealthInformation: Bool = false, deidentification: Deidentification = .none,
        retainUntil: Timestamp? = nil, topics: Ascending<Topic> = [], dataCategories: Ascending<DataCategory> = [],
        subjectCategories: Ascending<SubjectCategory> = []
    ) {
        self.basis = basis
        self.dataCategories = dataCategories
        self.dataset = dataset
        self.deidentification = deidentification
        self.hasHealthInformation = hasHealthInformation
        self.hasSpecialCategories = hasSpecialCategories
        self.isPersonal = isPersonal
        self.licence = licence
        self.purposes = purposes
        self.retainUntil = retainUntil
        self.source = source
        self.specialCondition = specialCondition
        self.subjectCategories = subjectCategories
        self.topics = topics
    }
}

/// How a person and an organisation spoke.
public enum Channel: String, CodeValue {
    case app, email, letter, person, phone, web
}

/// Private: somebody consented. Who, when, to which text: in the body.
public struct ConsentRecorded: Codable, Hashable, Sendable {
    public var channel: Channel
    public var consent: ConsentID
    public var dataset: DatasetID

    public init(channel: Channel, consent: ConsentID, dataset: DatasetID) {
        self.channel = channel
        self.consent = consent
        self.dataset = dataset
    }
}

/// Private: a consent is withdrawn. No run that begins later may use what rests on it.
public struct ConsentWithdrawn: Codable, Hashable, Sendable {
    public var channel: Channel
    public var consent: ConsentID
    public var receivedAt: Timestamp

    public init(channel: Channel, consent: ConsentID, receivedAt: Timestamp) {
        self.channel = channel
        self.consent = consent
        self.receivedAt = receivedAt
    }
}

/// Private: processing of a data set is restricted (GDPR Art. 18) or objected to (Art. 21), and what came of it.
public struct RestrictionRecorded: Codable, Hashable, Sendable {
    public enum Right: String, CodeValue {
        case objection, restriction
    }

    public enum Step: String, CodeValue {
        case applied
        case lifted
        /// The controller's grounds override the objection; they stand in the body.
        case overridden
    }

    public var dataset: DatasetID
    public var restriction: RestrictionID
    public var right: Right
    public var step: Step
    /// When the person was told; with every end of a restriction.
    public var toldAt: Timestamp?

    public init(dataset: DatasetID, restriction: RestrictionID, right: Right, step: Step, toldAt: Timestamp?) {
        self.dataset = dataset
        self.restriction = restriction
        self.right = right
        self.step = step
        self.toldAt = toldAt
    }
}

/// Private: something went wrong. What exactly: in the body.
public struct IncidentDetected: Codable, Hashable, Sendable {
    public enum Kind: String, CodeValue {
        /// Death of a person (AI Act Art. 73(4)).
        case death
        /// Personal data were lost, changed, or seen by the wrong people (GDPR Art. 4(12)).
        case personalDataBreach = "personal-data-breach"
        /// Another serious incident (AI Act Art. 3(49)).
        case serious
        /// Widespread infringement or critical infrastructure (AI Act Art. 73(3)).
        case widespread
    }

    /// What the organisation is in the processing.
    public enum Part: String, CodeValue {
        case controller, processor
    }

    /// When the organisation became aware.
    public var awareAt: Timestamp
    public var incident: IncidentID
    public var kind: Kind
    public var part: Part

    public init(awareAt: Timestamp, incident: IncidentID, kind: Kind, part: Part) {
        self.awareAt = awareAt
        self.incident = incident
        self.kind = kind
        self.part = part
    }
}

/// Private: one step of dealing with an incident. What was said or found: in the body.
public struct IncidentHandled: Codable, Hashable, Sendable {
    public enum Step: String, CodeValue {
        /// The risk to persons was judged.
        case assessed
        case authorityNotified = "authority-notified"
        /// Facts, effects and remedies are documented (GDPR Art. 33(5)).
        case closed
        case controllerNotified = "controller-notified"
        /// Why a notice came late, or persons need not be told.
        case explained
        case personsNotified = "persons-notified"
    }

    public enum Risk: String, CodeValue {
        case high, risk, unlikely
    }

    /// When it was done.
    public var at: Timestamp
    public var incident: IncidentID
    /// With step `assessed` alone.
    public var risk: Risk?
    public var step: Step

    public init(at: Timestamp, incident: IncidentID, risk: Risk?, step: Step) {
        self.at = at
        self.incident = incident
        self.risk = risk
        self.step = step
    }
}

/// Private: what a person was told about a request. The text is the body.
public struct NoticeSent: Codable, Hashable, Sendable {
    public enum Kind: String, CodeValue {
        case acknowledgement, completion
        case delay
        case identityQuestion = "identity-question"
        case recipients, refusal
    }

    /// What the text says.
    public enum Content: String, CodeValue {
        /// The right to complain to an authority.
        case complaint
        case reasons
        case recipients
        /// The way to a court.
        case remedy
    }

    public var channel: Channel
    public var contents: Ascending<Content>
    public var deletion: DeletionID
    public var kind: Kind
    public var sentAt: Timestamp

    public init(
        channel: Channel, contents: Ascending<Content>, deletion: DeletionID, kind: Kind, sentAt: Timestamp
    ) {
        self.channel = channel
        self.contents = contents
        self.deletion = deletion
        self.kind = kind
        self.sentAt = sentAt
    }
}

/// Private: a person asked who received the data (GDPR Art. 19, last sentence). The question is the body; the answer is a
/// notice.
public struct RecipientsAsked: Codable, Hashable, Sendable {
    public var channel: Channel
    public var deletion: DeletionID
    public var receivedAt: Timestamp

    public init(channel: Channel, deletion: DeletionID, receivedAt: Timestamp) {
        self.channel = channel
        self.deletion = deletion
        self.receivedAt = receivedAt
    }
}
