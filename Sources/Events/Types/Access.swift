/// What was done with what a private chain keeps from others.
public enum AccessKind: String, Codable, CaseIterable, Hashable, Sendable {
    /// It was handed out in a disclosure file.
    case disclosed
    /// It was looked at here.
    case read
}

/// Who got to see it. Whom exactly, and why, is in the body.
public enum AccessReader: String, Codable, CaseIterable, Hashable, Sendable {
    case auditor
    case authority
    /// The person whom the data is about.
    case dataSubject = "data-subject"
    case member
    case other
}

/// Private: leaves of this chain, with the bodies that they commit to, were opened for somebody. The body says for whom and why.
public struct AccessRecorded: Codable, Hashable, Sendable {
    public var access: AccessKind
    /// The public event whose body, a checkpoint of this chain, was opened with them.
    public var anchor: EventHash?
    /// Positions on this chain, ascending, each before this event's own; none where only the anchor was opened.
    public var leaves: Ascending<Count>
    public var reader: AccessReader

    public init(access: AccessKind, anchor: EventHash?, leaves: Ascending<Count>, reader: AccessReader) {
        self.access = access
        self.anchor = anchor
        self.leaves = leaves
        self.reader = reader
    }
}
