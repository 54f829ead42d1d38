public import Bytes
public import Events

/// An event as documents cite it.
public struct CitedEvent: Codable, Hashable, Sendable {
    public var author: MemberName
    public var chain: Origin
    public var claimedAt: Timestamp
    public var event: EventHash
    public var index: Count
    public var type: String

    public init(
        author: MemberName, chain: Origin, claimedAt: Timestamp, event: EventHash, index: Count, type: String
    ) {
        (self.author, self.chain, self.claimedAt) = (author, chain, claimedAt)
        (self.event, self.index, self.type) = (event, index, type)
    }
}
