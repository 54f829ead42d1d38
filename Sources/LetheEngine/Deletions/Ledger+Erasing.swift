internal import Bytes
internal import ChainViews
public import Events
internal import LedgerStore

/// What a holder does not erase now, and says so.
public struct KeptStore: Hashable, Sendable {
    public var store: StoreKind
    /// Why it is kept; without a ground it is a backup that has not run out.
    public var ground: RetentionGround?
    public var until: Timestamp
    /// How many things are kept; `nil`: as many as the plan names.
    public var items: Count?

    public init(store: StoreKind, ground: RetentionGround?, until: Timestamp, items: Count? = nil) {
        (self.store, self.ground, self.until, self.items) = (store, ground, until, items)
    }
}

/// Erasing what a plan names, and attesting it store by store.
extension Ledger {
    /// The name of this program in attestations.
    public static let erasureTool = TrainerText("lethe 0.1.0")!

    /// Attests what became of the stores of `holder` under the plan of `deletion`: erases all but what is `kept`, and says
    /// of that why, or until when.
    ///
    /// Without anything kept it ends what an earlier attestation left open.
    public func attestErasure(
        of deletion: DeletionID, keeping kept: [KeptStore], as holder: MemberName
    ) throws -> (recorded: Recorded, results: [StoreResult]) {
        guard let row = try view.deletions[deletion] else {
            throw EngineError(
                .invalidRequest, "there is no deletion \(deletion)", hint: "lethe deletion status shows them all")
        }
        guard let digest = row.plan, let plan = try view.plans[digest], plan.rematerializedBy != nil else {
            throw EngineError(
                .refused, "\(deletion) is \(row.state.rawValue), and nothing is to be erased yet",
                hint: "lethe deletion status says what it waits for")
        }
        guard plan.holders.contains(holder) else {
            throw EngineError(
                .refused, "\(holder) holds nothing under the plan of \(deletion)",
                hint: "its holders are \(plan.holders.map(\.text).joined(separator: ", ")); name one with --as")
        }
        let earlier = try viewAhead().plans[digest]?.erasures.first { $0.holder == holder }
        if let earlier, earlier.isComplete {
            throw EngineError(
                .refused, "\(holder) has attested already that nothing is left", hint: "lethe deletion status shows it")
        }
        try check(kept)
        return try erase(digest, as: holder, keeping: kept)
    }

    private func check(_ kept: [KeptStore]) throws {
        for (index, part) in kept.enumerated() {
            guard part.until > surroundings.now() else {
                throw EngineError(
                    .invalidRequest, "what is kept in \(part.store.rawValue) was to go by \(part.until), which is over",
                    hint: "erase it, or give a day to come")
            }
            guard part.ground != nil || part.store == .backups else {
                throw EngineError(
                    .invalidRequest, "\(part.store.rawValue) is no backup that runs out by itself",
                    hint: "only backups are pending; what is kept elsewhere has a ground")
            }
            guard !kept[..<index].contains(where: { $0.store == part.store }) else {
                throw EngineError(
                    .invalidRequest, "\(part.store.rawValue) is named twice", hint: "each store has one result")
            }
            // The ledger's own stores go together: an adapter that stays has its key in the vault.
            guard part.store != .runningSums else {
                throw EngineError(
                    .invalidRequest,
                    "running sums are computed again whenever they are wanted, so no ground keeps them",
                    hint: "keep the blobs that they are sums of")
            }
        }
    }

    /// Erases what the plan names from every store of this ledger but those that are `kept`, then attests it store by store.
    func erase(
        _ digest: ArtifactDigest, as holder: MemberName, keeping kept: [KeptStore] = []
    ) throws -> (recorded: Recorded, results: [StoreResult]) {
        let view = try view
        let plan = view.plans[digest]!
        let keeps = Dictionary(kept.map { ($0.store, $0) }, uniquingKeysWith: { first, _ in first })
        let runs = try adaptersToErase(plan, of: holder)
        let adapters = (plan.artifacts + runs).flatMap(BlobID.adapter) + (try interimAdapters(of: plan.deletions))
        let sums = plan.models.map { BlobID(.runningSum, view.models[$0.materialization]!.contributions.digest) }
        let rows = try records(of: plan.deletions, of: holder)
        let blobs = adapters + sums
        // Attested by another member that shares these stores, and cut off before that was settled: it is not ours to count.
        if plan.erasures.contains(where: { $0.holder != holder && localMembers.contains($0.holder) }) {
            try directory.blobs.settle(blobs)
        }
        var results: [StoreResult] = []
        if let backups = keeps[.backups] { results.append(StoreResult(backups, named: plan.artifacts.count)) }
        // The rows go first: what is trained on them is of no use to anybody who could train it again.
        let vault =
            try keeps[.vault].map { StoreResult($0, named: rows.values.reduce(0) { $0 + $1.count }) }
            ?? (rows.isEmpty ? nil : StoreResult(eraseRecords(rows, as: holder), .vault))
        results.append(
            try keeps[.blobs].map { StoreResult($0, named: plan.artifacts.count) }
                ?? StoreResult(directory.blobs.erase(adapters, untilSettled: true), .blobs))
        results.append(StoreResult(try directory.blobs.erase(sums, untilSettled: true), .runningSums))
        // Contributions and models have no bodies; where no record goes, the vault is named because it was looked at.
        results.append(vault ?? StoreResult(items: Count(0)!, store: .vault, verdict: .notFound))
        let event = ErasureAttested(
            artifacts: plan.artifacts, plan: digest, results: results, check: .residueScan, tool: Self.erasureTool)
        let recorded = try record(.erasureAttested(event), as: holder, on: publicOrigin)
        if let failed = results.first(where: { $0.verdict == .failed }) {
            throw EngineError(
                .refused,
                "erasing from \(failed.store.rawValue) failed; the attestation says so and the deletion stays open",
                hint: "close other programs that use the ledger's files, then repeat")
        }
        try directory.blobs.settle(blobs)
        if keeps[.vault] == nil { try directory.records.settle(rows.values.flatMap { $0 }) }
        return (recorded, results)
    }
}

extension StoreResult {
    init(_ receipt: ErasureReceipt, _ store: StoreKind) {
        let deleted = receipt.items.count { $0.verdict == .deleted }
        let verdict: Verdict = !receipt.isComplete ? .failed : deleted > 0 ? .deleted : .notFound
        self.init(
            items: Count(deleted)!, store: store, verdict: verdict,
            method: verdict == .deleted ? .cryptographicErase : nil)
    }

    /// - Parameter named: how many things the plan names in the store.
    init(_ kept: KeptStore, named: Int) {
        self.init(
            items: kept.items ?? Count(named)!, store: kept.store,
            verdict: kept.ground == nil ? .pendingBackup : .retained,
            ground: kept.ground, until: kept.until)
    }
}
