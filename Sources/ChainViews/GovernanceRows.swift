public import Bytes
public import Events

public struct ReleaseRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var released: ModelReleased
}

public struct HandoverRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var handedOver: HandoverRecorded
}

public struct HoldRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var placed: HoldPlaced
    /// The release before its day, if any.
    public var releasedBy: EventHash?

    /// Whether something is held at `time`.
    public func isActive(at time: Timestamp) -> Bool { releasedBy == nil && time <= placed.endsAt }
}

public struct WaiverRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    /// Whose exception it is.
    public var author: MemberName
    public var grantedAt: Timestamp
    public var granted: WaiverGranted
}

public struct JudgementRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var answeredAt: Timestamp
    public var recorded: JudgementRecorded
}

public struct AuditRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var performedAt: Timestamp
    public var performed: AuditPerformed
}

/// The latest version of a document.
public struct DocumentRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var recordedAt: Timestamp
    public var recorded: DocumentRecorded
    /// The document itself, kept by whoever recorded it.
    public var body: BodyReference

    /// Whether it counts at `time`.
    public func isInForce(at time: Timestamp) -> Bool {
        (recorded.from ?? recordedAt) <= time && (recorded.until.map { time <= $0 } ?? true)
    }
}

/// The extension of a deletion's answer.
public struct ExtensionRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var dueAt: Timestamp
    public var reason: DeletionExtended.Reason
    public var notice: EventHash?
    public var toldAt: Timestamp
}

/// A question about who asks, or what came of it.
public struct IdentityRow: Codable, Hashable, Sendable {
    public var event: EventHash
    public var step: IdentityChecked.Step
    public var doubt: IdentityChecked.Doubt?
    /// The claimed time of the event.
    public var at: Timestamp
}

/// What a recipient was told of a deletion, and what it answered.
public struct RecipientRow: Codable, Hashable, Sendable {
    public var recipient: RecipientID
    public var event: EventHash
    public var position: Count
    public var author: MemberName
    public var outcome: RecipientNotified.Outcome
    public var notifiedAt: Timestamp
    public var acknowledgedBy: EventHash?
    public var acknowledgedAt: Timestamp?
    public var result: RecipientAcknowledged.Result?

    /// Whether nothing is left to wait for from this recipient.
    public var isSettled: Bool { outcome != .notified || (result?.isFinal ?? false) }
}
