internal import Adapters
public import Bytes
internal import ChainViews
public import Events
internal import Foundation
internal import LedgerStore
internal import Training

/// What was written for a verifier.
public struct RetrainingExport: Codable, Hashable, Sendable {
    public var adapters: Int
    public var contributions: Int
    /// The `access-recorded` event.
    public var recorded: EventHash
    public var rows: Int
    public var runs: Int
}

extension Ledger {
    /// Writes into a new directory what it takes to train again what took the place of `member`'s contributions under the
    /// plan of `deletion`; and records on the member's private chain for whom.
    ///
    /// The rows of the repeated runs are in it, with their salts and in the clear. Runs that the plan left alone are there
    /// by their digests and adapters, without rows.
    public func exportRetraining(
        of deletion: DeletionID, for request: DisclosureRequest, to path: String, as member: MemberName
    ) throws -> RetrainingExport {
        let view = try view
        let plan = try plan(of: deletion, in: view)
        let document = try Self.document(request)
        let rebuilding = Rebuilding(of: plan, in: view)
        let parts = try plan.retraining.compactMap { planned -> RetrainingParts? in
            let old = view.contributions[planned.contribution]!
            guard old.member == member, case .replaced(let event) = rebuilding.state(of: old.event) else { return nil }
            return try assembled(of: planned, old, view.contributions[event]!, plan)
        }
        guard !parts.isEmpty else {
            throw EngineError(
                .refused, "no contribution of \(member) was trained again under the plan of \(deletion)",
                hint: "lethe show deletions says whose were; name the member with --as")
        }
        guard !FileManager.default.fileExists(atPath: path) else {
            throw EngineError(.invalidRequest, "\(path) is there already", hint: "name a new directory")
        }
        let origin = try requiredPrivateChain(of: member)
        try writing(path) {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        }
        // Recorded before there are any: rows that nobody knows of never leave.
        let leaves = parts.flatMap { part in part.old + part.new }.map { run in run.position }
        let access = AccessRecorded(access: .disclosed, anchor: nil, leaves: Ascending(leaves), reader: request.kind)
        do {
            let recorded = try record(
                .accessRecorded(access), as: member, on: origin, body: (.json, CanonicalJSON.encode(document)))
            let counts = try write(
                parts,
                RetrainingData(
                    contributions: try parts.map(described), member: member, plan: plan.plan), to: path)
            return RetrainingExport(
                adapters: counts.adapters, contributions: parts.count, recorded: recorded.event, rows: counts.rows,
                runs: parts.reduce(0) { $0 + $1.again.count })
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
    }

    /// One contribution that was trained again, with the runs behind it and behind its successor, ascending by shard.
    private struct RetrainingParts {
        var round: RoundRow
        var replaces, replacedBy: EventHash
        var old, new: [RunRow]
        /// The new runs that the plan asked for.
        var again: [RunRow]
    }

    private func assembled(
        of planned: PlannedRetraining, _ old: ContributionRow, _ new: ContributionRow, _ plan: PlanRow
    ) throws -> RetrainingParts {
        let before = try runs(behind: old), after = try runs(behind: new)
        return RetrainingParts(
            round: try view.rounds[old.round]!, replaces: old.event, replacedBy: new.event, old: before, new: after,
            again: after.filter { planned.shards.contains($0.trained.reference) })
    }

    /// The runs that `contribution` is merged of, ascending by shard: of each shard the last one as of some plan.
    private func runs(behind contribution: ContributionRow) throws -> [RunRow] {
        let view = try view
        guard let training = contribution.training, let origin = privateChain(of: contribution.member),
            let chain = privateViews[origin]
        else {
            throw EngineError(
                .missing,
                "the runs behind the contribution of \(contribution.member) to \(contribution.round) are not here",
                hint: "write it in the ledger of \(contribution.member)")
        }
        let plans = view.plans.rows.values.sorted { $0.startedAt < $1.startedAt }.map(\.plan)
        for count in 0...plans.count {
            let allowed = Set(plans.prefix(count))
            let chosen = training.shards.compactMap { shard in
                chain.runs(on: shard, in: contribution.round).last { $0.trained.plan.map(allowed.contains) ?? true }
            }
            guard chosen.count == training.shards.count else { continue }
            if Hash256(runs: chosen.map(\.trained.run)) == training.runs { return chosen }
        }
        throw EngineError(
            .inconsistent,
            "no runs of \(contribution.member) are those behind its contribution to \(contribution.round)",
            hint: "lethe check says what is wrong with the ledger")
    }

    // MARK: Writing

    private func described(_ parts: RetrainingParts) throws -> RetrainingData.Contribution {
        RetrainingData.Contribution(
            new: try parts.new.map(described), old: try parts.old.map(described), replacedBy: parts.replacedBy,
            replaces: parts.replaces, round: parts.round.round)
    }

    private func described(_ row: RunRow) throws -> RetrainingData.Run {
        guard let document = try runDocument(row) else {
            throw EngineError(
                .missing, "the recipe of the run \(row.event) is not in this ledger",
                hint: "restore vault.sqlite from its newest backup")
        }
        let used = try openDataset(row.trained.dataset).used(in: row.trained.reference, less: document)
        return RetrainingData.Run(
            parent: document.parentTensors, recipe: document.recipe, records: Ascending(used), run: row.trained.run,
            shard: row.trained.reference, tensors: row.trained.tensors, trainer: row.trained.trainer)
    }

    private func write(
        _ parts: [RetrainingParts], _ data: RetrainingData, to path: String
    ) throws -> (rows: Int, adapters: Int) {
        let rows = try writeRows(data, parts, to: path)
        let adapters = try writeAdapters(parts, to: path)
        try writeAtomically(CanonicalJSON.encode(data) + [0x0a], to: "\(path)/\(RetrainingData.fileName)")
        return (rows, adapters)
    }

    /// The rows of the runs that were repeated, one file for each shard.
    private func writeRows(_ data: RetrainingData, _ parts: [RetrainingParts], to path: String) throws -> Int {
        let again = Set(parts.flatMap(\.again).map(\.trained.run))
        var wanted: [ShardReference: Set<RecordCommitment>] = [:]
        for run in data.contributions.flatMap(\.new) where again.contains(run.run) {
            wanted[run.shard, default: []].formUnion(run.records)
        }
        var count = 0
        for shard in wanted.keys.sorted() {
            let rows = try directory.records.records(of: shard.dataset, shard: shard.shard.value)
                .filter { wanted[shard]!.contains($0.commitment) }
            guard rows.count == wanted[shard]!.count else {
                throw EngineError(
                    .missing,
                    "\(wanted[shard]!.count - rows.count) records of shard \(shard.shard) of \(shard.dataset) are not here",
                    hint: "they were erased since: what was trained on them cannot be trained again")
            }
            var lines: [UInt8] = []
            for row in rows {
                lines += CanonicalJSON.encode(
                    RetrainingData.OpenedRow(
                        commitment: row.commitment, record: row.record, salt: Hex.encode(row.salt.bytes)))
                lines.append(0x0a)
            }
            try writePrivately(lines, to: "\(path)/\(RetrainingData.rowsFile(shard))")
            count += rows.count
        }
        return count
    }

    /// What runs start from and no run of these gives, and what stays as it was.
    private func writeAdapters(_ parts: [RetrainingParts], to path: String) throws -> Int {
        let made = Set(parts.flatMap(\.again).map(\.trained.adapter))
        var needed: [ArtifactDigest: ArtifactDigest] = [:]
        for part in parts {
            let kept = part.new.filter { run in !part.again.contains { $0.event == run.event } }.map(\.trained.adapter)
            // What stays is given even where a repeated run is said to have the same bytes: it may come out otherwise.
            for adapter in part.again.compactMap(\.trained.parent).filter({ !made.contains($0) }) + kept {
                needed[adapter] = part.round.base
            }
        }
        for (digest, base) in needed {
            guard let adapter = try adapter(digest, base: base) else {
                throw EngineError(
                    .missing, "the adapter \(digest.hex.prefix(16))… that a run starts from is not in this ledger",
                    hint: "ask a member that has it for the directory, then: lethe adapter import DIR")
            }
            let tensors = ArtifactDigest(retagging: try adapter.digests().tensors)
            try writeAdapter(adapter, digest: digest, to: "\(path)/\(RetrainingData.adapterFolder(tensors))")
        }
        return needed.count
    }

    private func writePrivately(_ bytes: [UInt8], to path: String) throws {
        try writeAtomically(bytes, to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
}
