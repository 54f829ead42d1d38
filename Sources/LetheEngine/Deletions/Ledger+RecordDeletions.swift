public import Bytes
public import ChainViews
public import Events
internal import LedgerStore

/// What a request for deletion is about.
public enum DeletionSubjectMatter: Hashable, Sendable {
    /// All contributions of the member.
    case member
    /// Every record of a person in the member's datasets.
    case subject(String)
    /// The record with this id.
    case record(String)
    case dataset(DatasetID)

    var query: RecordQuery? {
        switch self {
        case .member: nil
        case .subject(let subject): .subject(subject)
        case .record(let id): .record(id)
        case .dataset(let dataset): .dataset(dataset)
        }
    }
}

/// What a deletion of records is about, in full: the body of `deletion-scoped`
/// (`schemas/record-deletion.md`).
struct DeletionScopeDocument: Codable, Hashable {
    /// The dataset, where all of it was asked for.
    var dataset: DatasetID?
    var member: MemberName
    var reason: String
    /// The id of the record, where one was asked for.
    var record: String?
    /// The rows that go, by dataset.
    var records: Ascending<ErasedRecords>?
    /// The person, where one asked.
    var subject: String?

    init(_ request: DeletionRequest, _ records: [DatasetID: [RecordCommitment]]?) {
        member = request.member
        reason = request.reason
        self.records = records.map { records in
            Ascending(records.map { ErasedRecords(dataset: $0, records: Ascending($1)) })
        }
        switch request.matter {
        case .member: break
        case .subject(let subject): self.subject = subject
        case .record(let id): record = id
        case .dataset(let dataset): self.dataset = dataset
        }
    }

    /// Whether both name the same person, record or dataset, or come to the same rows.
    func asksForTheSame(as other: DeletionScopeDocument) -> Bool {
        let isNamedAlike =
            (subject, record, dataset) == (other.subject, other.record, other.dataset)
            && (subject != nil || record != nil || dataset != nil)
        return isNamedAlike || records == other.records
    }
}

/// What a plan means for the members of this ledger, beside what everybody can derive.
public struct PlanOutlook: Hashable, Sendable {
    /// How many records go; `nil` where this ledger may not know, or nothing but contributions goes.
    public var records: Int?
    /// The shards that lose records, and which of them lose all.
    public var touched: [TouchedShard]
    /// By the durations of runs that this ledger recorded; `nil` without any.
    public var estimatedMilliseconds: Int?
}

extension Ledger {
    /// The rows that a request is about; `nil` for one about contributions.
    ///
    /// - Throws: where there is none, or where somebody else's data is meant.
    func records(
        for request: DeletionRequest, as author: MemberName
    ) throws -> [DatasetID: [RecordCommitment]]? {
        guard let query = request.matter.query else { return nil }
        guard author == request.member, privateChain(of: author) != nil else {
            throw EngineError(
                .refused, "the records of \(request.member) are known to \(request.member) alone",
                hint: "\(request.member) records the request, with --as and on a private chain of its own")
        }
        let found = try findRecords(query, of: author)
        guard !found.isEmpty else {
            let what =
                switch request.matter {
                case .subject(let subject): "no record of \(author) is about the subject \"\(subject)\""
                case .record(let id): "\(author) has no record \"\(id)\""
                case .dataset(let dataset): "\(author) has no dataset \(dataset) with records left"
                case .member: ""
                }
            throw EngineError(
                .refused, what, hint: "nothing was changed; lethe show datasets lists what there is")
        }
        return found
    }

    /// What the deletion `id` is about in full, where this ledger may know.
    func scope(of id: DeletionID) throws -> DeletionScopeDocument? {
        for chain in privateViews.values {
            guard let row = chain.scopes[id], let body = try body(row.body) else { continue }
            return try? CanonicalJSON.decode(DeletionScopeDocument.self, from: body.bytes)
        }
        return nil
    }

    /// The body that says what the deletion `id` is about in full, where its private chain is here.
    public func scopeBody(of id: DeletionID) -> BodyCommitment? {
        privateViews.values.compactMap { $0.scopes[id]?.body }.first
    }

    // MARK: Forgetting who it was

    /// Erases bodies. Which rows went, events say as well as the scopes among them: that is no trace of
    /// these.
    func eraseBodies(_ commitments: [BodyCommitment]) throws -> ErasureReceipt {
        try directory.vault.eraseBodies(commitments) { body in
            guard let records = (try? CanonicalJSON.decode(DeletionScopeDocument.self, from: body))?.records
            else { return [] }
            return Array(",\"records\":".utf8) + CanonicalJSON.encode(records)
        }
    }

    /// Erases who and what completed `deletions` were about, where local members still keep it.
    func forgetScopes(of deletions: some Sequence<DeletionID>) throws {
        for (member, body) in try deletions.compactMap(scopeToForget) { _ = try eraseBody(body, as: member) }
        // Where an earlier call was cut off between an event and its anchor.
        let view = try view
        for row in deletions.compactMap({ view.deletions[$0] })
        where row.scope == .records && row.completedBy != nil {
            guard localMembers.contains(row.member), let origin = privateChain(of: row.member) else {
                continue
            }
            try anchorIfBehind(origin, as: row.member)
        }
    }

    /// The body that nothing needs any more, and whose it is; `nil` where there is none here, or where a hold
    /// keeps it.
    private func scopeToForget(_ id: DeletionID) throws -> (member: MemberName, body: BodyCommitment)? {
        guard let row = try view.deletions[id], row.scope == .records, row.completedBy != nil,
            localMembers.contains(row.member), let origin = privateChain(of: row.member),
            let chain = privateViews[origin], let scope = chain.scopes[id],
            chain.bodies[scope.body]?.erasedBy == nil,
            try activeHold(on: scope.body, chain) == nil
        else { return nil }
        return (row.member, scope.body)
    }

    /// The step that is open while a completed deletion's scope is still here.
    func scopeSteps(_ row: DeletionRow) throws -> [(step: String, by: String)] {
        guard let plan = row.plan, let (member, _) = try scopeToForget(row.deletion) else { return [] }
        return [("erase who it was about: lethe deletion execute \(plan)", member.text)]
    }

    /// The rows that these deletions take out of the datasets of `member`.
    ///
    /// - Throws: where a deletion of its records has no readable scope here.
    func records(
        of deletions: some Sequence<DeletionID>, of member: MemberName
    ) throws -> [DatasetID: [RecordCommitment]] {
        var records: [DatasetID: Set<RecordCommitment>] = [:]
        for id in deletions {
            guard let row = try view.deletions[id], row.member == member, row.scope == .records else {
                continue
            }
            guard let scope = try scope(of: id)?.records else {
                throw EngineError(
                    .missing, "which records \(id) is about is not in this ledger",
                    hint:
                        "it is in the vault of \(member), unless it was erased there: carry the plan out in that ledger"
                )
            }
            for part in scope { records[part.dataset, default: []].formUnion(part.records) }
        }
        return records.mapValues { $0.sorted() }
    }

    /// The shards that lose records by accepting `id`, derived from its scope.
    ///
    /// A shard counts as emptied where nothing is left in it once all deletions that were accepted before are
    /// carried out too.
    func touchedShards(by id: DeletionID, _ row: DeletionRow) throws -> Ascending<TouchedShard> {
        let own = try records(of: [id], of: row.member)
        let pending = try view.allDeletions.filter {
            $0.member == row.member && ($0.state == .accepted || $0.state == .started)
        }.map(\.deletion)
        let all = try records(of: pending + [id], of: row.member)
        return Ascending(
            try own.flatMap { dataset, records in
                let open = try openDataset(dataset)
                let shards = open.manifest.shardOfRecord
                let leaving = Set(all[dataset] ?? [])
                return Set(records.compactMap { shards[$0] }).map { shard in
                    TouchedShard(
                        ShardReference(dataset: dataset, shard: Count(shard)!),
                        emptied: open.left(in: shard).allSatisfy(leaving.contains))
                }
            })
    }

    /// What `plan` means here.
    public func outlook(of plan: Plan) throws -> PlanOutlook {
        let rows = try plan.deletions.compactMap { try view.deletions[$0] }
        var count: Int?
        for row in rows where row.scope == .records {
            guard let scope = try scope(of: row.deletion)?.records else { continue }
            count = (count ?? 0) + scope.reduce(0) { $0 + $1.records.count }
        }
        let touched = Ascending(rows.flatMap { Array($0.touched ?? []) })
        return PlanOutlook(
            records: count, touched: touched.elements,
            estimatedMilliseconds: try estimatedMilliseconds(of: plan))
    }
}
