internal import Bytes
internal import ChainViews
internal import Events
internal import LedgerStore

/// Which records of which datasets are erased at a place of a private chain, and what their manifests say.
///
/// A leaf has only the root of the records that a run used; which ones they are follows from bodies. Whoever
/// has them refuses a run on records that were erased before it (design invariant I12).
struct ForgottenRecords {
    private var erased: [DatasetID: Set<RecordCommitment>] = [:]
    private var manifests: [DatasetID: DatasetManifest] = [:]

    init() {}

    /// What `chain` says so far.
    init(_ chain: PrivateView) {
        for row in chain.erasedRecords.rows.values { erased[row.dataset, default: []].insert(row.commitment) }
    }

    mutating func add(_ manifest: DatasetManifest) { manifests[manifest.dataset] = manifest }

    mutating func add(_ event: RecordErased) {
        for part in event.records { erased[part.dataset, default: []].formUnion(part.records) }
    }

    func hasManifest(of dataset: DatasetID) -> Bool { manifests[dataset] != nil }

    /// How many of the records that a run with this body used are erased; `nil` where that cannot be told.
    func forgotten(by event: ShardTrained, _ body: [UInt8]) -> Int? {
        guard let manifest = manifests[event.dataset], manifest.shards.indices.contains(event.shard.value),
            let document = try? CanonicalJSON.decode(ShardRunDocument.self, from: body)
        else { return nil }
        let excluded = Set(document.excluded)
        let erased = erased[event.dataset] ?? []
        return manifest.shards[event.shard.value].count { erased.contains($0) && !excluded.contains($0) }
    }
}

extension Ledger {
    /// Refuses a run on erased records before it is recorded.
    func refuseForgotten(_ event: ShardTrained, _ body: [UInt8], on origin: Origin) throws {
        guard let chain = privateViews[origin], let row = chain.datasets[event.dataset] else { return }
        var records = ForgottenRecords(chain)
        if let manifest = try decodedManifest(row.body) { records.add(manifest) }
        try Self.refuse(records.forgotten(by: event, body), event, "the run")
    }

    /// Refuses entries of a private chain that are about to be taken in, where one of them is a run on
    /// records that an earlier event erased, as far as the bodies are here or come along.
    func refuseForgotten(
        _ entries: [[UInt8]], of origin: Origin, from start: Int, bodies: [OpenBody]
    ) throws {
        guard !origin.isPublic, !entries.isEmpty else { return }
        let given = Dictionary(
            bodies.map { ($0.commitment, $0.bytes) }, uniquingKeysWith: { first, _ in first })
        let chain = privateViews[origin] ?? PrivateView(origin: origin)
        var records = ForgottenRecords(chain)
        for (offset, bytes) in entries.enumerated() {
            // What does not parse is refused where entries are admitted, with its reason.
            guard let statement = (try? ReceivedEvent(parsing: bytes))?.statement else { continue }
            let body = try statement.body.flatMap { reference in
                try given[reference.commitment] ?? self.body(reference.commitment)?.bytes
            }
            switch statement.event {
            case .recordErased(let event): records.add(event)
            case .datasetRegistered:
                if let manifest = body.flatMap({ try? CanonicalJSON.decode(DatasetManifest.self, from: $0) }) {
                    records.add(manifest)
                }
            case .shardTrained(let event):
                guard let body else { continue }
                if !records.hasManifest(of: event.dataset), let row = chain.datasets[event.dataset],
                    let manifest = try decodedManifest(row.body)
                {
                    records.add(manifest)
                }
                try Self.refuse(
                    records.forgotten(by: event, body), event, "entry \(start + offset) of \(origin)")
            default: break
            }
        }
    }

    private func decodedManifest(_ commitment: BodyCommitment) throws -> DatasetManifest? {
        try body(commitment).flatMap { try? CanonicalJSON.decode(DatasetManifest.self, from: $0.bytes) }
    }

    private static func refuse(_ forgotten: Int?, _ event: ShardTrained, _ what: String) throws {
        guard let forgotten, forgotten > 0 else { return }
        throw EngineError(
            .refused,
            "\(what) trains on \(forgotten) record(s) of \(event.dataset) that were erased before it",
            hint: "what is forgotten stays forgotten: nothing was recorded")
    }
}
