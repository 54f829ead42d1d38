public import Events

/// Where an event stands, who made it, and when by its own word.
public struct EventPlace: Hashable, Sendable {
    public var author: MemberName
    public var claimedAt: Timestamp
    public var index: Int

    public init(author: MemberName, claimedAt: Timestamp, index: Int) {
        self.author = author
        self.claimedAt = claimedAt
        self.index = index
    }
}
