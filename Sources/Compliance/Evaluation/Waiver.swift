internal import Bytes
public import ChainViews
public import Events

/// An exception from a control that somebody allowed, with a reason and an end.
public struct Waiver: Codable, Hashable, Sendable {
    public var approver: String
    /// The control's id, without its pack: a crosswalk of packs shares it.
    public var control: String
    /// The event that shows the one violation it is about, in 64 hexadecimal digits; absent: see ``subject``.
    public var event: String?
    /// Until when; a waiver without an end is not valid, and control LED-09 finds it.
    public var expiresAt: Timestamp?
    public var grantedAt: Timestamp
    public var owner: String
    public var reason: String
    /// The one violation it is about; absent: all of the control's.
    public var subject: String?
    public var waiver: String

    public init(
        waiver: String, control: String, subject: String?, owner: String, approver: String, reason: String,
        grantedAt: Timestamp, expiresAt: Timestamp?, event: String? = nil
    ) {
        self.event = event
        (self.waiver, self.control, self.subject, self.owner) = (waiver, control, subject, owner)
        (self.approver, self.reason, self.grantedAt, self.expiresAt) = (
            approver, reason, grantedAt, expiresAt
        )
    }

    /// Whether it holds at `time`: begun, not ended, given for a reason by somebody other than the control's
    /// owner.
    func isValid(at time: Timestamp, controlOwner: String) -> Bool {
        guard let expiresAt, grantedAt <= time, time <= expiresAt else { return false }
        return approver != owner && approver != controlOwner && !approver.isEmpty && !reason.isEmpty
    }

    func covers(_ row: ViolationRow) -> Bool {
        (subject.map { $0 == row.subject } ?? true) && (event.map { $0 == row.eventID } ?? true)
    }

    /// A waiver that stands on the public chain: its author owns the exception, another member approved it.
    public init(_ row: WaiverRow) {
        self.init(
            waiver: row.granted.waiver.text, control: row.granted.control.text, subject: nil, owner: row.author.text,
            approver: row.granted.approver.text, reason: row.granted.reason.rawValue, grantedAt: row.grantedAt,
            expiresAt: row.granted.expiresAt, event: row.granted.event?.hex)
    }
}

/// A person's answer to what a control's query cannot see.
public struct Judgement: Codable, Hashable, Sendable {
    public var answeredAt: Timestamp
    public var answeredBy: String
    public var control: String
    /// Until when the answer counts.
    public var expiresAt: Timestamp
    /// Whether the answer is that the control is met.
    public var isMet: Bool

    public init(
        control: String, isMet: Bool, answeredBy: String, answeredAt: Timestamp, expiresAt: Timestamp
    ) {
        (self.control, self.isMet, self.answeredBy) = (control, isMet, answeredBy)
        (self.answeredAt, self.expiresAt) = (answeredAt, expiresAt)
    }

    /// An answer that stands on the public chain, by an office of its author.
    public init(_ row: JudgementRow) {
        self.init(
            control: row.recorded.control.text, isMet: row.recorded.isMet,
            answeredBy: "\(row.recorded.office.rawValue) of \(row.author)", answeredAt: row.answeredAt,
            expiresAt: row.recorded.expiresAt)
    }
}
