public import Bytes
internal import ChainViews
public import Events
internal import LedgerStore
internal import MerkleLog
public import Replay
internal import Signing
public import Timestamps

/// One thing that a check found, and where.
public struct CheckFinding: Codable, Hashable, Sendable {
    public var place: String
    public var problem: String
}

/// What a check looked at, and what it found.
public struct CheckReport: Codable, Hashable, Sendable {
    public var chains = 0
    public var events = 0
    public var bodies = 0
    public var blobs = 0
    /// Rows of datasets.
    public var records = 0
    public var models = 0
    /// Timestamps of checkpoints by authorities outside.
    public var timestamps = 0
    public var findings: [CheckFinding] = []
    /// What could not be looked at, and why. Not a fault.
    public var notLookedAt: [CheckFinding] = []

    public var isClean: Bool { findings.isEmpty }

    mutating func found(_ problem: String, at place: String) {
        findings.append(CheckFinding(place: place, problem: problem))
    }

    mutating func skipped(_ reason: String, at place: String) {
        notLookedAt.append(CheckFinding(place: place, problem: reason))
    }
}

extension Ledger {
    /// Verifies the whole ledger again: entry bytes, leaves, roots, checkpoints, signatures under the key state, views,
    /// bodies and blobs, timestamps, and every model by a full merge.
    ///
    /// - Parameter authorities: certificates that timestamps must lead to; `nil` where none is trusted, and their signatures
    ///   alone are looked at.
    public func check(trusting authorities: [Certificate]? = nil) throws -> CheckReport {
        var report = CheckReport()
        let origin = try publicOrigin
        let replay: PublicReplay
        do {
            replay = try replayPublic(origin)
            try check(origin, replay.view.rows(cores: surroundings.cores), replay.tree, &report)
            // What follows is held against what the entries say, whatever the stored views say.
            publicView = replay.view
            for privateOrigin in try origins() where !privateOrigin.isPublic {
                let replay = try replayPrivate(privateOrigin, publicView: replay.view)
                try check(privateOrigin, replay.view.rows, replay.tree, &report)
                privateViews[privateOrigin] = replay.view
            }
        } catch let error as ReplayError {
            report.found("\(error.reason)", at: "\(error.origin) leaf \(error.position)")
            return report
        }
        try checkDisputes(&report)
        try checkBodies(&report)
        try checkBlobs(&report)
        try checkDatasets(&report)
        try checkModels(replay.view, &report)
        try checkParticipation(&report)
        try checkTimestamps(authorities, &report)
        return report
    }

    // MARK: Chains

    private func check(
        _ origin: Origin, _ rows: [ChainViews.ViewRow], _ tree: CompactRange, _ report: inout CheckReport
    ) throws {
        report.chains += 1
        report.events += tree.size.rawValue
        let chain = try chainID(origin)
        let head = try directory.events.head(of: chain)
        if head.root != tree.root() {
            report.found("the stored tree has the root \(head.root), the entries \(tree.root())", at: "\(origin)")
        }
        try checkViews(origin, rows, &report)
        try checkCheckpoint(origin, tree, &report)
    }

    private func checkViews(
        _ origin: Origin, _ rows: [ChainViews.ViewRow], _ report: inout CheckReport
    ) throws {
        let (position, size) = (try directory.events.viewPosition(of: chainID(origin)), try size(of: origin))
        if position != size {
            report.found("the stored view is of \(position) entries, and there are \(size)", at: "\(origin) view")
        }
        let stored = try Dictionary(grouping: directory.events.viewRows(of: chainID(origin)), by: \.kind)
        let expected = Dictionary(grouping: rows, by: \.kind)
        for kind in Set(stored.keys).union(expected.keys).sorted() {
            checkRows(stored[kind] ?? [], expected[kind] ?? [], at: "\(origin) view \(kind)", &report)
        }
    }

    /// Compares the rows of one kind, both in ascending order of key.
    private func checkRows(
        _ stored: [LedgerStore.ViewRow], _ expected: [ChainViews.ViewRow], at place: String, _ report: inout CheckReport
    ) {
        var next = 0
        for row in expected {
            while next < stored.count, stored[next].key < row.key {
                report.found("a row that no entry gives", at: "\(place)/\(stored[next].key)")
                next += 1
            }
            let isThere = next < stored.count && stored[next].key == row.key
            if !isThere || stored[next].value != row.value {
                report.found("the stored row is not what the entries give", at: "\(place)/\(row.key)")
            }
            if isThere { next += 1 }
        }
        for extra in stored[next...] { report.found("a row that no entry gives", at: "\(place)/\(extra.key)") }
    }

    private func checkCheckpoint(
        _ origin: Origin, _ tree: CompactRange, _ report: inout CheckReport
    ) throws {
        guard let kept = try directory.checkpoints.kept(origin.text) else {
            guard tree.size > .zero else { return }
            if operates(origin) {
                report.skipped("\(tree.size) entries wait for their checkpoint", at: "\(origin)")
            } else {
                report.found("there is no checkpoint", at: "\(origin)")
            }
            return
        }
        do {
            let note = try Self.note(kept.note)
            try verifyCheckpoint(note, of: origin, policy: nil)
            if try Self.checkpoint(note, origin: origin) != kept.checkpoint {
                report.found("the kept note is of another checkpoint than its row says", at: "\(origin) checkpoint")
            }
        } catch let error as EngineError {
            report.found(error.message, at: "\(origin) checkpoint \(kept.checkpoint.size)")
        }
        guard kept.checkpoint.size <= tree.size else {
            return report.found(
                "the checkpoint is of \(kept.checkpoint.size) entries, and there are \(tree.size)", at: "\(origin)")
        }
        let root = try directory.events.root(of: chainID(origin), at: kept.checkpoint.size)
        if root != kept.checkpoint.root {
            report.found("the checkpoint of \(kept.checkpoint.size) signs another root", at: "\(origin)")
        }
        if operates(origin), kept.checkpoint.size < tree.size {
            // As after a crash, or while another process appends: the next command that writes signs one.
            report.skipped(
                "\(tree.size.rawValue - kept.checkpoint.size.rawValue) entries wait for their checkpoint",
                at: "\(origin)")
        }
    }

    /// Contributions that a key signed which was later declared not good at their place.
    private func checkDisputes(_ report: inout CheckReport) throws {
        let view = try view
        let disputed = Dictionary(grouping: view.allKeys.filter { $0.goodSize != nil }, by: \.member)
        guard !disputed.isEmpty else { return }
        for round in view.allRounds {
            for row in view.allContributions(to: round.round) {
                // What a key signed in leaves where it no longer counted, the replay has refused.
                let keys = (disputed[row.member] ?? []).filter {
                    $0.isDisputed(at: row.position.value) && $0.isValid(at: row.position.value)
                }
                guard !keys.isEmpty, try signedOnly(by: Set(keys.map(\.key.keyID)), row.event) else { continue }
                report.found(
                    "the contribution of \(row.member) to \(round.round) is signed by a key that was revoked for this place",
                    at: "\(try publicOrigin) leaf \(row.position)")
            }
        }
    }

    private func signedOnly(by keys: Set<KeyID>, _ event: EventHash) throws -> Bool {
        let chain = try chainID(publicOrigin)
        guard let index = try directory.events.position(of: LeafHash(retagging: event), in: chain),
            let entry = try directory.events.entry(at: index, of: chain)
        else { return false }
        return try Envelope(parsing: entry.envelope).signatures.allSatisfy { keys.contains($0.keyID) }
    }

    // MARK: Bodies and blobs

    /// A body that an event commits to must be here, and open its commitment, unless an erasure event names it or it
    /// belongs to somebody else.
    private func checkBodies(_ report: inout CheckReport) throws {
        let view = try view
        for chain in privateViews.values.sorted(by: { $0.origin < $1.origin }) {
            let isReader = chain.readers.contains { localMembers.contains($0) }
            for (commitment, row) in chain.bodies.rows.sorted(by: { $0.key < $1.key }) {
                try checkBody(
                    commitment, erased: row.erasedBy != nil, expected: isReader,
                    at: "\(chain.origin) leaf \(row.position)", &report)
            }
        }
        for document in view.allDocuments {
            try checkBody(
                document.body.commitment, erased: false, expected: localMembers.contains(document.author),
                at: "\(try publicOrigin) leaf \(document.position)", &report)
        }
        for anchor in view.allAnchors {
            try checkBody(
                anchor.row.commitment, erased: false, expected: operates(anchor.row.origin),
                at: "\(try publicOrigin) leaf \(anchor.row.position)", &report)
        }
    }

    private func checkBody(
        _ commitment: BodyCommitment, erased: Bool, expected: Bool, at place: String, _ report: inout CheckReport
    ) throws {
        let body: OpenBody?
        do {
            body = try directory.vault.body(commitment)
        } catch let error as StoreError {
            return report.found(error.message, at: place)
        }
        switch (body, erased) {
        case (let body?, false):
            report.bodies += 1
            if body.commitment != commitment { report.found("the body does not open its commitment", at: place) }
        case (.some, true): report.found("the body is here although an event says that it was erased", at: place)
        case (nil, false) where expected:
            if try directory.vault.isBuried(commitment) {
                // As after a crash: the command that erased it says so when it goes on.
                report.skipped("the body is erased here, and the chain does not say so yet", at: place)
            } else {
                report.found("the body is missing, and no erasure event names it", at: place)
            }
        // Erased, or somebody else's to keep.
        case (nil, _): break
        }
    }

    private func checkBlobs(_ report: inout CheckReport) throws {
        let records = try directory.blobs.list()
        for record in records {
            report.blobs += 1
            do {
                try directory.blobs.open(record.id)?.verify()
            } catch let error as StoreError {
                report.found(error.message, at: "blob \(record.id)")
            }
        }
        try checkAdapters(held: Set(records.map(\.id)), &report)
    }

    /// Every contribution's adapter is here or not as its member, plan and erasures say.
    private func checkAdapters(held: Set<BlobID>, _ report: inout CheckReport) throws {
        let view = try view
        let localMembers = Set(localMembers)
        for round in view.allRounds {
            for row in view.allContributions(to: round.round) {
                let isHere = try BlobID.adapter(row.adapter).allSatisfy(held.contains) && holdsAdapter(row.adapter)
                let plan = row.excludedBy.flatMap { view.plans[$0] }
                let isErased = plan?.erasures.contains { localMembers.contains($0.holder) && $0.isComplete } ?? false
                if isHere, isErased { report.found("an erased adapter is here", at: "\(round.round) of \(row.member)") }
                if !isHere, !isErased, plan != nil {
                    report.skipped(
                        "excluded, and its erasure is not attested yet", at: "\(round.round) of \(row.member)")
                } else if !isHere, !isErased, localMembers.contains(row.member) {
                    report.found(
                        "the adapter is missing, and no erasure covers it", at: "\(round.round) of \(row.member)")
                }
            }
        }
    }

    // MARK: Participation

    /// Every decision and every reward must be what follows from the chains.
    private func checkParticipation(_ report: inout CheckReport) throws {
        for result in try replayDecisions() {
            if let found = result.divergence {
                report.found(
                    "the decision about \(found.round) does not follow: \(found.field) is \(found.recorded), derived is \(found.derived)",
                    at: "\(result.origin)")
            }
            if let reason = result.unreadable { report.skipped(reason, at: "\(result.origin)") }
        }
        report.findings += try settlementFindings()
        for overrun in try view.overruns {
            report.found(
                "\(overrun.contribution.member) decided to put \(overrun.allowed.shards) shard(s) into it and trained on "
                    + "\(overrun.shards)",
                at: "\(overrun.contribution.round)")
        }
        let epochs = try epochDeviations(in: view)
        for row in epochs.found {
            report.found(
                "\(row.contribution.member) decided to train for \(row.decided) epoch(s) and its recipe trains for \(row.trained)",
                at: "\(row.contribution.round)")
        }
        for row in epochs.unread {
            report.skipped(
                "the recipe of \(row.member) is not here: its epochs are not compared with the decision",
                at: "\(row.round)")
        }
    }

    // MARK: Models

    private func checkModels(_ view: PublicView, _ report: inout CheckReport) throws {
        let results: [ModelReplay]
        do {
            results = try replayModels(in: view, excluding: [])
        } catch let error as StoreError {
            return report.found("the models were not merged again: \(error.message)", at: "\(try publicOrigin)")
        }
        for result in results {
            switch result.outcome {
            case .equal: report.models += 1
            case .differs(let digest):
                report.found(
                    "merging gives \(digest), the chain says \(result.expected?.hex ?? "nothing")",
                    at: "\(result.round)")
            case .counterfactual(let digest):
                report.skipped(
                    "the contributions that count now have no model on the chain; merged they give \(digest)",
                    at: "\(result.round)")
            case .empty: report.skipped("no contribution is left", at: "\(result.round)")
            case .missing(let adapters):
                report.skipped("\(adapters.count) adapter(s) are not in this ledger", at: "\(result.round)")
            case .failed(let reason): report.found(reason, at: "\(result.round)")
            }
        }
    }

    /// Rebuilds every closed round's model and compares it with the chain.
    ///
    /// - Parameters:
    ///   - size: fold the public chain only up to here; `nil` for all of it.
    ///   - excluding: contributions to leave out besides those that plans exclude.
    public func replayModels(at size: Int? = nil, excluding: Set<EventHash> = []) throws -> [ModelReplay] {
        let origin = try publicOrigin
        let whole = try self.size(of: origin).rawValue
        guard (1...whole).contains(size ?? whole) else {
            throw EngineError(
                .invalidRequest, "\(origin) has \(whole) events; there is no size \(size ?? 0)",
                hint: "give a size from 1 to \(whole)")
        }
        let replay = try replayPublic(origin, upTo: TreeSize(size ?? whole))
        for event in excluding where replay.view.contributions[event] == nil {
            throw EngineError(
                .invalidRequest, "the event \(event) is no contribution",
                hint: "lethe show events lists them; contributions are of type adapter-committed")
        }
        return try replayModels(in: replay.view, excluding: excluding)
    }

    private func replayModels(in view: PublicView, excluding: Set<EventHash>) throws -> [ModelReplay] {
        try replayer(view).replay(excluding: excluding) { done, total in
            surroundings.progress("merging models", done, total)
        }
    }

    /// The models whose contributions start from, or are, one of `excluding`: what leaving those out would affect.
    public func affected(byExcluding events: Set<EventHash>) throws -> [EventHash] {
        try view.descendants(ofContributions: events)
    }
}
