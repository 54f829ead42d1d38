public import Bytes
public import Events

/// An event whose bytes and signatures were checked, at its place in a chain.
public struct EventRecord: Hashable, Sendable {
    public var position: Int
    public var hash: EventHash
    public var statement: Statement
    /// The keys whose signatures hold, ascending.
    public var signers: [KeyID]

    public init(position: Int, hash: EventHash, statement: Statement, signers: [KeyID]) {
        self.position = position
        self.hash = hash
        self.statement = statement
        self.signers = signers
    }

    public var author: MemberName { statement.author }
}
