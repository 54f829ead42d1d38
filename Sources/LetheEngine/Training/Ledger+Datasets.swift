public import Bytes
internal import ChainViews
public import Events
public import LedgerStore
internal import Signing

/// A dataset that a member wants to train on.
public struct DatasetRequest: Sendable {
    public var file: DatasetFile
    /// Named in errors.
    public var path: String
    /// What people call it.
    public var name: String
    public var shards: Int
    /// Also where the member registered some of its rows before.
    public var again: Bool

    public init(file: DatasetFile, path: String, name: String, shards: Int, again: Bool = false) {
        self.again = again
        self.file = file
        self.path = path
        self.name = name
        self.shards = shards
    }
}

/// A dataset as `lethe show datasets` lists it.
public struct DatasetSummary: Codable, Hashable, Sendable {
    public var chain: Origin
    public var dataset: DatasetID
    public var erased: Int
    public var event: EventHash
    /// Whether its rows are in this ledger.
    public var isHere: Bool
    /// What people call it; absent where the manifest is not in this ledger.
    public var name: String?
    public var records: Int
    public var root: String
    public var runs: Int
    public var shards: Int
}

/// One shard of a dataset, without a word of what its records say.
public struct ShardSummary: Codable, Hashable, Sendable {
    public var erased: Int
    public var records: Int
    /// The rounds that it was trained for, in chain order.
    public var rounds: [RoundID]
    public var shard: Int
    /// How many persons its rows name, rows without a subject not counted; absent where the rows are not
    /// here.
    public var subjects: Int?
}

/// A registered dataset whose manifest this ledger can read.
struct OpenDataset {
    let row: DatasetRow
    let chain: Origin
    let manifest: DatasetManifest
    let erased: Set<RecordCommitment>

    /// The records of a shard that are not erased, ascending.
    func left(in shard: Int) -> [RecordCommitment] { manifest.shards[shard].filter { !erased.contains($0) } }
}

extension Ledger {
    // MARK: Registering

    /// Registers a dataset: its rows go into the vault, each under its own salt and key; its commitments,
    /// dealt to shards, onto the member's private chain.
    ///
    /// Rows before event: an event without its rows never exists here. Rows of a registration that was cut
    /// off between the two are removed by the next one.
    public func registerDataset(
        _ request: DatasetRequest, as member: MemberName
    ) throws -> (dataset: DatasetID, recorded: Recorded) {
        let origin = try requiredPrivateChain(of: member)
        try check(request)
        if !request.again { try refuseRegistered(request, origin) }
        try discardUnregistered()
        let dataset = DatasetID("ds-" + Hex.encode(surroundings.random.generate(6)))!
        let key = ShardingKey(bytes: surroundings.random.generate(32))!
        let rows = request.file.records.map { record in
            OpenRecord(
                salt: Salt(bytes: surroundings.random.generate(32))!, record: record,
                shard: key.shard(of: record.id, among: request.shards))
        }
        let manifest = Self.manifest(dataset, request, key, rows)
        let event = DatasetRegistered(
            dataset: dataset, records: RecordSet(ascending: manifest.commitments),
            shards: Quantity(request.shards)!)
        try dryRunPrivate(.datasetRegistered(event), as: member, on: origin)
        try directory.records.register(dataset, rows)
        let recorded = try record(
            .datasetRegistered(event), as: member, on: origin, body: (.json, CanonicalJSON.encode(manifest)))
        return (dataset, recorded)
    }

    /// Refuses rows that a dataset of the chain has already: they would count twice, and have to be erased twice.
    private func refuseRegistered(_ request: DatasetRequest, _ origin: Origin) throws {
        let datasets = privateViews[origin]!.allDatasets.map(\.dataset)
        let known = try directory.records.registered(request.file.records, in: datasets)
        guard let most = known.max(by: { $0.count < $1.count }) else { return }
        let count = request.file.records.count
        throw EngineError(
            .refused,
            "\(most.count == count ? "all \(count)" : "\(most.count) of \(count)") rows of \(request.path) are registered already, "
                + "as \(most.dataset)",
            hint: "nothing was changed; --again registers them once more: they then count twice in training, and a "
                + "deletion takes both")
    }

    private static func manifest(
        _ dataset: DatasetID, _ request: DatasetRequest, _ key: ShardingKey, _ rows: [OpenRecord]
    ) -> DatasetManifest {
        var shards = [[RecordCommitment]](repeating: [], count: request.shards)
        for row in rows { shards[row.shard].append(row.commitment) }
        return DatasetManifest(
            dataset: dataset, name: request.name, shardingKey: key, shards: shards.map { Ascending($0) })
    }

    private func check(_ request: DatasetRequest) throws {
        guard (1...Self.maximumShards).contains(request.shards) else {
            throw EngineError(
                .invalidRequest, "\(request.shards) is no number of shards: 1 to \(Self.maximumShards)",
                hint: "eight is a good beginning: a deletion then retrains an eighth of the records")
        }
        guard request.file.records.count <= DatasetManifest.maximumRecords else {
            throw EngineError(
                .invalidRequest,
                "\(request.path) has \(request.file.records.count) records; "
                    + "a dataset has at most \(DatasetManifest.maximumRecords)",
                hint: "register it in parts: lethe train takes several datasets")
        }
        guard !request.name.isEmpty, request.name.utf8.count <= 200 else {
            throw EngineError(
                .invalidRequest, "the name \"\(request.name.prefix(40))\" has not 1 to 200 bytes")
        }
        let erased = try directory.records.erasedBefore(request.file.records)
        guard erased.isEmpty else {
            throw request.file.refusal(
                ofRecordsAt: erased, "this row was erased here, and stays so", path: request.path)
        }
    }

    /// So many that one contribution can name them all.
    public static let maximumShards = 1_000

    /// Removes rows that no event names.
    private func discardUnregistered() throws {
        let registered = Set(privateViews.values.flatMap { $0.allDatasets.map(\.dataset) })
        for dataset in try directory.records.datasets() where !registered.contains(dataset) {
            try directory.records.discard(dataset)
        }
    }

    /// Makes all checks for an event with a body that would be recorded on a private chain, and records
    /// nothing.
    func dryRunPrivate(_ event: Event, as member: MemberName, on origin: Origin) throws {
        let (savedPublic, savedPrivate) = (publicView, privateViews)
        defer { (publicView, privateViews) = (savedPublic, savedPrivate) }
        let placeholder = BodyReference(
            commitment: BodyCommitment(bytes: surroundings.random.generate(32))!, mediaType: .json)
        let statement = try statement(event, as: member, on: origin, body: placeholder)
        try admit(Self.parse(seal(statement, with: [activeKey(of: member)]), origin), to: origin)
    }

    // MARK: Reading

    /// The dataset that `text` names: its id, or its first characters.
    public func resolveDataset(_ text: String) throws -> DatasetID {
        let all = privateViews.values.flatMap { $0.allDatasets.map(\.dataset) }
        let found =
            all.filter { $0.text == text }.isEmpty
            ? all.filter { $0.text.hasPrefix(text) } : [DatasetID(text)!]
        guard let dataset = found.first, found.count == 1, !text.isEmpty else {
            throw EngineError(
                .invalidRequest,
                found.isEmpty ? "no dataset \"\(text)\"" : "\(found.count) datasets begin with \"\(text)\"",
                hint: "lethe show datasets lists them")
        }
        return dataset
    }

    /// The datasets of all private chains here, in chain order.
    public func datasetSummaries() throws -> [DatasetSummary] {
        let held = Set(try directory.records.datasets())
        return try privateViews.values.sorted { $0.origin < $1.origin }.flatMap { chain in
            try chain.allDatasets.map { row in
                DatasetSummary(
                    chain: chain.origin, dataset: row.dataset, erased: row.erased.value, event: row.event,
                    isHere: held.contains(row.dataset), name: try manifest(of: row, required: false)?.name,
                    records: row.records.count.value, root: row.records.root.hex,
                    runs: chain.allRuns.count { $0.trained.dataset == row.dataset }, shards: row.shards.value)
            }
        }
    }

    /// The shards of a dataset whose manifest is here.
    public func shardSummaries(of dataset: DatasetID) throws -> [ShardSummary] {
        let open = try openDataset(dataset)
        let chain = privateViews[open.chain]!
        let isHere = try directory.records.datasets().contains(dataset)
        return try open.manifest.shards.enumerated().map { number, records in
            let reference = ShardReference(dataset: dataset, shard: Count(number)!)
            let rows = try directory.records.records(of: dataset, shard: number)
            var rounds: [RoundID] = []
            for run in chain.runs(on: reference) where !rounds.contains(run.trained.round) {
                rounds.append(run.trained.round)
            }
            return ShardSummary(
                erased: records.count { open.erased.contains($0) }, records: records.count, rounds: rounds,
                shard: number, subjects: isHere ? Set(rows.compactMap(\.record.subject)).count : nil)
        }
    }

    /// The private view that knows `dataset`.
    func chain(of dataset: DatasetID) throws -> PrivateView {
        guard let chain = privateViews.values.first(where: { $0.datasets[dataset] != nil }) else {
            throw EngineError(
                .invalidRequest, "no dataset \(dataset) is registered here",
                hint: "lethe show datasets lists them")
        }
        return chain
    }

    /// The dataset with its manifest, which must be here and be what its event says.
    func openDataset(_ dataset: DatasetID) throws -> OpenDataset {
        let chain = try chain(of: dataset)
        let row = chain.datasets[dataset]!
        return OpenDataset(
            row: row, chain: chain.origin, manifest: try manifest(of: row, required: true)!,
            erased: chain.erasedRecords(of: dataset))
    }

    private func manifest(of row: DatasetRow, required: Bool) throws -> DatasetManifest? {
        guard let body = try body(row.body) else {
            guard required else { return nil }
            throw EngineError(
                .missing, "the manifest of \(row.dataset) is not in this ledger",
                hint: "import its private chain with its bodies")
        }
        let manifest: DatasetManifest
        do throws(JSONError) {
            manifest = try CanonicalJSON.decode(DatasetManifest.self, from: body.bytes)
        } catch {
            throw EngineError(
                .inconsistent, "the manifest of \(row.dataset) is not one: \(error)", cause: error)
        }
        guard manifest.format == DatasetManifest.format, manifest.dataset == row.dataset,
            manifest.shards.count == row.shards.value,
            RecordSet(ascending: manifest.commitments) == row.records
        else {
            throw EngineError(
                .inconsistent, "the manifest of \(row.dataset) is not what its event says",
                hint: "lethe check finds what else is wrong")
        }
        return manifest
    }

    // MARK: Records

    /// Finds rows of a member's datasets: all of a subject, the one with an id, or all of a dataset.
    /// Commitments by dataset, ascending; datasets without any are left out.
    public func findRecords(
        _ query: RecordQuery, of member: MemberName
    ) throws -> [DatasetID: [RecordCommitment]] {
        guard let origin = privateChain(of: member), let chain = privateViews[origin] else { return [:] }
        var found: [DatasetID: [RecordCommitment]] = [:]
        for dataset in chain.allDatasets.map(\.dataset) {
            let commitments: [RecordCommitment] =
                switch query {
                case .subject(let subject): try directory.records.find(subject: subject, in: dataset)
                case .record(let id): try directory.records.find(id: id, in: dataset).map { [$0] } ?? []
                case .dataset(let wanted):
                    wanted == dataset ? try directory.records.commitments(of: dataset) : []
                }
            if !commitments.isEmpty { found[dataset] = commitments }
        }
        return found
    }

    /// The shards that hold these records, ascending, each with how many of its records would be left without
    /// them.
    public func shards(
        of records: [DatasetID: [RecordCommitment]]
    ) throws -> [(shard: ShardReference, left: Int)] {
        try records.keys.sorted().flatMap { dataset in
            let open = try openDataset(dataset)
            let shards = open.manifest.shardOfRecord
            let wanted = Set(records[dataset]!)
            return try Set(
                wanted.map { commitment in
                    guard let shard = shards[commitment] else {
                        throw EngineError(.invalidRequest, "\(dataset) has no record \(commitment)")
                    }
                    return shard
                }
            ).sorted().map { shard in
                let left = open.left(in: shard).count { !wanted.contains($0) }
                return (ShardReference(dataset: dataset, shard: Count(shard)!), left)
            }
        }
    }

    /// Erases rows (value, salt, key and index entries), and then says so on the member's private chain. Both
    /// parts may be repeated: what is erased already is not erased again, and what is said already is not
    /// said again.
    ///
    /// With the rows goes the state of every run under way. What was here counts as deleted, however often this is called,
    /// until whoever attests it has settled it.
    ///
    /// - Throws: where a trace is left; then nothing is said, and the erasure stays open.
    @discardableResult
    public func eraseRecords(
        _ records: [DatasetID: [RecordCommitment]], as member: MemberName
    ) throws -> ErasureReceipt {
        let origin = try requiredPrivateChain(of: member)
        let receipt = try directory.records.erase(
            records.keys.sorted().flatMap { records[$0]!.sorted() }, untilSettled: true)
        guard receipt.isComplete else {
            throw EngineError(
                .refused, "erasing rows left traces: \(receipt.items.lazy.compactMap(\.failureReason).first ?? "")",
                hint: "close other programs that use the ledger's files, then repeat")
        }
        for dataset in records.keys.sorted() {
            let known = privateViews[origin]!.erasedRecords(of: dataset)
            let fresh = records[dataset]!.filter { !known.contains($0) }.sorted()
            // A statement has its limit; each part stands for itself.
            for start in stride(from: 0, to: fresh.count, by: Self.erasuresPerEvent) {
                let part = fresh[start..<min(fresh.count, start + Self.erasuresPerEvent)]
                let erased = ErasedRecords(dataset: dataset, records: Ascending(part))
                try record(.recordErased(RecordErased(bodies: [], records: [erased])), as: member, on: origin)
            }
        }
        // Where an earlier call was cut off between its event and the anchor.
        try anchorIfBehind(origin, as: member)
        return receipt
    }

    private static let erasuresPerEvent = 500
}

/// Which rows of a member's datasets are meant.
public enum RecordQuery: Hashable, Sendable {
    case subject(String)
    case record(String)
    case dataset(DatasetID)
}

extension ErasureReceipt.Item {
    /// Why it may still be here.
    var failureReason: String? { if case .failed(let reason) = verdict { reason } else { nil } }
}
