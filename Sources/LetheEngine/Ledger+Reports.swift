public import Bytes
public import ChainViews
public import Events
internal import LedgerStore
internal import MerkleLog

// What documents need of a ledger and views do not hold.
extension Ledger {
    /// The model that `text` means: a directory with its files, a round, or the first digits of its digest.
    public func modelAskedFor(_ text: String, isDirectory: Bool) throws -> ModelRow {
        guard isDirectory else { return try resolveModel(text) }
        let lineage = try lineage(ofDirectory: text)
        guard let model = try view.models(withDigest: lineage.adapter).last else {
            throw EngineError(
                .invalidRequest, "\(text) is a contribution, not a model",
                hint: "lethe model lineage \(text) shows what it was trained on")
        }
        return model
    }

    /// The view of the private chain that `member` operates here; nothing where nobody is asked about.
    public func ownView(of member: MemberName?) throws -> (member: MemberName, view: PrivateView)? {
        try member.map { ($0, privateViews[try ownChain(of: $0)]!) }
    }

    /// The event that records the certificate of `deletion`, if there is one.
    public func certification(of deletion: DeletionID) throws -> EventHash? {
        guard try view.deletions[deletion]?.certificate != nil else { return nil }
        let origin = try publicOrigin
        var found: EventHash?
        try forEachBatch(of: origin, upTo: size(of: origin)) { batch in
            for bytes in batch where found == nil {
                let event = try Self.parse(bytes, origin)
                if case .deletionCertified(let content) = event.statement.event, content.deletion == deletion {
                    found = event.hash
                }
            }
        }
        return found
    }
}
