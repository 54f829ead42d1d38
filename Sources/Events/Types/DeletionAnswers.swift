public import Bytes

/// The law that a deletion's ground belongs to.
public enum DeletionLaw: String, Codable, CaseIterable, Hashable, Sendable {
    case gdpr, ccpa
    /// A contract, or a member that left: the deadline is the parties' own.
    case agreement

    public init(_ ground: DeletionGround) {
        switch ground {
        case .gdpr171a, .gdpr171b, .gdpr171c, .gdpr171d, .gdpr171e, .gdpr171f: self = .gdpr
        case .ccpa1798105: self = .ccpa
        case .contractEnded, .memberLeft: self = .agreement
        }
    }
}

/// Why a request was refused, and which office looked at it. A refusal by nobody but a program is none.
public struct Refusal: Codable, Hashable, Sendable {
    public enum Ground: String, CodeValue {
        /// An exception of Civ. Code 1798.105(d).
        case ccpa1798105d = "ccpa-1798-105-d"
        /// The request could not be verified (11 CCR 7060).
        case ccpaUnverified = "ccpa-unverified"
        /// The agreement between the members gives no such right.
        case contract
        /// The person cannot be identified (GDPR Art. 11(2), 12(2)).
        case gdpr122 = "gdpr-12-2"
        /// Manifestly unfounded or excessive (GDPR Art. 12(5)(b)).
        case gdpr125b = "gdpr-12-5-b"
        /// None of the grounds of GDPR Art. 17(1) applies.
        case gdpr171 = "gdpr-17-1"
        case gdpr173a = "gdpr-17-3-a"
        case gdpr173b = "gdpr-17-3-b"
        case gdpr173c = "gdpr-17-3-c"
        case gdpr173d = "gdpr-17-3-d"
        case gdpr173e = "gdpr-17-3-e"
    }

    public var ground: Ground
    /// The `notice-sent` event on the author's private chain, where the person was told.
    public var notice: EventHash?
    /// The office that reviewed the refusal.
    public var reviewer: Office

    public init(ground: Ground, notice: EventHash?, reviewer: Office) {
        self.ground = ground
        self.notice = notice
        self.reviewer = reviewer
    }
}

/// The answer comes later than the ordinary period allows, within what the law allows; the person was told why.
public struct DeletionExtended: Codable, Hashable, Sendable {
    public enum Reason: String, CodeValue {
        case complexity
        case numberOfRequests = "number-of-requests"
    }

    public var deletion: DeletionID
    /// When the answer is due now.
    public var dueAt: Timestamp
    /// The `notice-sent` event on the author's private chain.
    public var notice: EventHash?
    public var reason: Reason
    /// When the person was told.
    public var toldAt: Timestamp

    public init(
        deletion: DeletionID, dueAt: Timestamp, notice: EventHash?, reason: Reason, toldAt: Timestamp
    ) {
        self.deletion = deletion
        self.dueAt = dueAt
        self.notice = notice
        self.reason = reason
        self.toldAt = toldAt
    }
}

/// A doubt about who asks, the question to the person, and what came of it. It stops no clock by itself.
public struct IdentityChecked: Codable, Hashable, Sendable {
    public enum Doubt: String, CodeValue {
        case actsForAnother = "acts-for-another"
        case contactUnknown = "contact-unknown"
        case dataDoNotMatch = "data-do-not-match"
        case severalPersonsMatch = "several-persons-match"
    }

    public enum Step: String, CodeValue {
        case asked, confirmed
        /// Not answered, or not enough to know.
        case unconfirmed
    }

    public var deletion: DeletionID
    /// Why the identity is in doubt; with step `asked` alone.
    public var doubt: Doubt?
    public var step: Step

    public init(deletion: DeletionID, doubt: Doubt?, step: Step) {
        self.deletion = deletion
        self.doubt = doubt
        self.step = step
    }
}
