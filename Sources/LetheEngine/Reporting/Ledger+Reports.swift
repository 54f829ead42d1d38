public import Bytes
public import ChainViews
internal import Compliance
public import Events
internal import LedgerStore
internal import MerkleLog

// What documents need of a ledger and views do not hold.
extension Ledger {
    /// The public view as its entries give it, every signature and rule verified, whatever the stored view says.
    ///
    /// - Throws: where an entry does not verify. A report of what stands before it would be of another ledger.
    public func verifiedView() throws -> PublicView {
        let chain = try verifiedChain()
        guard let refusal = chain.refusal else { return chain.view }
        throw EngineError(
            .inconsistent, "leaf \(refusal.index) of \(refusal.chain) does not verify: \(refusal.reason)",
            hint: "lethe check says more; lethe report compliance judges what stands before that leaf")
    }

    /// The same for the private chain that `member` operates here; nothing where nobody is asked about.
    public func verifiedOwnView(
        of member: MemberName?, beside view: PublicView
    ) throws -> (member: MemberName, view: PrivateView)? {
        guard let member else { return nil }
        let origin = try ownChain(of: member)
        do {
            return (member, try replayPrivate(origin, publicView: view).view)
        } catch let error as ReplayError {
            throw EngineError(
                .inconsistent, "leaf \(error.position) of \(origin) does not verify: \(error.reason)",
                hint: "lethe check says more", cause: error)
        }
    }

    /// The private chains that the members operate whose keys are here, verified, as far as they are here too; of `member`
    /// alone, where one is asked about, who must have its keys here.
    public func verifiedOwnViews(
        of member: MemberName?, beside view: PublicView
    ) throws -> [MemberName: PrivateView] {
        if let member {
            guard view.members[member] != nil else {
                throw EngineError(.invalidRequest, "\(member) is not a member", hint: "lethe show members lists them")
            }
            guard localMembers.contains(member) else {
                throw EngineError(
                    .missing, "this ledger holds no keys of \(member)",
                    hint: "leave out --as; what \(member) alone can tell is then listed as its own to tell")
            }
        }
        var views: [MemberName: PrivateView] = [:]
        for name in member.map({ [$0] }) ?? localMembers {
            guard let origin = privateChain(of: name), privateViews[origin] != nil else { continue }
            views[name] = try verifiedOwnView(of: name, beside: view)?.view
        }
        return views
    }

    /// The model of `view` that `text` means: a directory with its files, a round, or the first digits of its digest.
    public func modelAskedFor(_ text: String, isDirectory: Bool, in view: PublicView) throws -> ModelRow {
        guard isDirectory else { return try resolveModel(text, in: view) }
        let lineage = try lineage(ofDirectory: text, in: view)
        guard let model = view.models(withDigest: lineage.adapter).last else {
            throw EngineError(
                .invalidRequest, "\(text) is a contribution, not a model",
                hint: "lethe model lineage \(text) shows what it was trained on")
        }
        return model
    }

    /// The event that records the latest certificate or statement of status of `deletion`, if there is one.
    public func certification(of deletion: DeletionID, in view: PublicView) throws -> EventHash? {
        guard let certificate = view.deletions[deletion]?.certificate else { return nil }
        let origin = try publicOrigin
        var found: EventHash?
        try forEachBatch(of: origin, upTo: size(of: origin)) { batch in
            for bytes in batch where found == nil {
                let event = try Self.parse(bytes, origin)
                if case .deletionCertified(let content) = event.statement.event, content.certificate == certificate {
                    found = event.hash
                }
            }
        }
        return found
    }
}
