public import Bytes
internal import ChainViews
public import Events
public import Exports
internal import LedgerStore
internal import MerkleLog
internal import Proofs

extension Ledger {
    /// Everything of the public chain that a model comes from, to be exported.
    ///
    /// - Parameter text: as `lethe model lineage` takes it: a round, or at least 8 digits of the model's digest.
    public func modelHistory(_ text: String) throws -> ModelHistory {
        let view = try view
        return try ModelHistory(of: try resolveModel(text), in: view) { try facts(of: $0) }
    }

    /// What is known of an event of the public chain; `nil` where it has no such event.
    private func facts(of event: EventHash) throws -> EventPlace? {
        let (origin, chain) = (try publicOrigin, try chainID(publicOrigin))
        guard let index = try directory.events.position(of: LeafHash(retagging: event), in: chain),
            let entry = try directory.events.entry(at: index, of: chain)
        else { return nil }
        let statement = try Self.parse(entry.envelope, origin).statement
        return EventPlace(author: statement.author, claimedAt: statement.claimedAt, index: index.rawValue)
    }

    /// The envelope of `event`, byte for byte.
    ///
    /// - Throws: for an event of a private chain, which is for its readers alone.
    public func publicEnvelope(of event: EventHash) throws -> [UInt8] {
        let (proof, origin) = try prove(event)
        guard origin.isPublic else {
            throw EngineError(
                .refused, "event \(proof.index) of \(origin) is private",
                hint: "lethe disclose \(event.hex.prefix(16)) opens it for one reader, and records that it did")
        }
        return proof.extra!
    }
}
