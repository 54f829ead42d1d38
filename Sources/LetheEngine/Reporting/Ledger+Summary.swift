public import Bytes
public import ChainViews
public import Events
internal import LedgerStore
internal import MerkleLog
internal import Proofs
internal import Signing

/// A ledger at a glance.
public struct LedgerSummary: Codable, Hashable, Sendable {
    public struct Chain: Codable, Hashable, Sendable {
        public var checkpointSize: Int
        /// The witnesses whose cosignatures on the newest checkpoint are here.
        public var cosigners: [String]
        public var isOperated: Bool
        public var origin: Origin
        public var size: Int
    }

    public var chains: [Chain]
    public var consortium: Consortium
    public var members: [MemberName]
}

/// An event as `lethe show events` lists it.
public struct EventSummary: Codable, Hashable, Sendable {
    public var author: MemberName
    public var claimedAt: Timestamp
    public var event: EventHash
    public var index: Int
    public var type: String
}

/// One event of a lineage.
public struct LineageNode: Codable, Hashable, Sendable {
    /// How far from the file that was asked about.
    public var depth: Int
    public var event: EventHash
    public var index: Int
    public var label: String
    /// How the event is proven, or that it is not yet.
    public var proof: String
    public var type: String
}

/// Where an adapter comes from: every event down to the base.
public struct Lineage: Codable, Hashable, Sendable {
    public var adapter: ArtifactDigest
    public var base: ArtifactDigest
    public var baseName: String
    /// `model` or `contribution`.
    public var kind: String
    public var nodes: [LineageNode]
    public var state: String
}

extension Ledger {
    public func summary() throws -> LedgerSummary {
        let view = try view
        return LedgerSummary(
            chains: try origins().map(chainSummary), consortium: view.charter!.consortium, members: view.memberNames)
    }

    private func chainSummary(_ origin: Origin) throws -> LedgerSummary.Chain {
        let kept = try directory.checkpoints.kept(origin.text)
        let cosigners = try kept.map { try directory.checkpoints.cosignatures(on: $0.checkpoint) } ?? []
        return LedgerSummary.Chain(
            checkpointSize: kept?.checkpoint.size.rawValue ?? 0,
            cosigners: cosigners.map { String($0.witness.split(separator: "/").last ?? "") },
            isOperated: operates(origin), origin: origin, size: try size(of: origin).rawValue)
    }

    /// All events of `origin`, in order.
    public func events(of origin: Origin) throws -> [EventSummary] {
        var events: [EventSummary] = []
        try forEachBatch(of: origin, upTo: size(of: origin)) { batch in
            for bytes in batch {
                let event = try Self.parse(bytes, origin)
                events.append(
                    EventSummary(
                        author: event.statement.author, claimedAt: event.statement.claimedAt, event: event.hash,
                        index: events.count, type: event.statement.event.type.rawValue))
            }
        }
        return events
    }

    /// The statement of `event`, as canonical JSON.
    public func statementBytes(of event: EventHash) throws -> [UInt8] {
        let proof = try prove(event).proof
        return try Envelope(parsing: proof.extra!).payload
    }

    // MARK: Lineage

    /// The lineage of the adapter in a PEFT directory, which is found by its tensors.
    public func lineage(ofDirectory path: String, in view: PublicView? = nil) throws -> Lineage {
        let view = try view ?? self.view
        for base in view.allBases {
            guard let found = try? inspect(path, base: base.base) else { continue }
            if let model = view.allModels.last(where: { $0.model == found.adapterDigest }) {
                return try lineage(of: model, base, view)
            }
            if let row = view.contributions(withAdapter: found.adapterDigest).last {
                return try lineage(of: row, base, view)
            }
        }
        if let base = view.allBases.first { _ = try inspect(path, base: base.base) }
        throw EngineError(
            .refused, "no event of this ledger names the adapter in \(path)",
            hint: "it may come from elsewhere, or have been changed; lethe adapter diff compares two directories")
    }

    private func lineage(of model: ModelRow, _ base: BaseRow, _ view: PublicView) throws -> Lineage {
        var builder = LineageBuilder(view: view)
        builder.visit(model, depth: 0)
        return Lineage(
            adapter: model.model, base: base.base, baseName: base.name.text, kind: "model",
            nodes: try nodes(builder), state: model.state.rawValue)
    }

    private func lineage(of row: ContributionRow, _ base: BaseRow, _ view: PublicView) throws -> Lineage {
        var builder = LineageBuilder(view: view)
        builder.visit(row, depth: 0)
        return Lineage(
            adapter: row.adapter, base: base.base, baseName: base.name.text, kind: "contribution",
            nodes: try nodes(builder), state: row.excludedBy == nil ? "current" : "excluded")
    }

    private func nodes(_ builder: LineageBuilder) throws -> [LineageNode] {
        let origin = try publicOrigin
        let chain = try chainID(origin)
        let kept = try directory.checkpoints.kept(origin.text)?.checkpoint
        let cosigners = try kept.map { try directory.checkpoints.cosignatures(on: $0).count } ?? 0
        return try builder.steps.map { step in
            let index = try directory.events.position(of: LeafHash(retagging: step.event), in: chain)?.rawValue ?? 0
            let isCovered = kept.map { index < $0.size.rawValue } ?? false
            let proof =
                isCovered
                ? "in checkpoint \(kept!.size), \(cosigners) cosignature(s)" : "newer than the last checkpoint"
            return LineageNode(
                depth: step.depth, event: step.event, index: index, label: step.label, proof: proof, type: step.type)
        }
    }

    /// Hands a contribution out as a PEFT directory.
    public func exportContribution(_ text: String, to path: String) throws -> ContributionRow {
        let view = try view
        let found = view.allRounds.flatMap { view.allContributions(to: $0.round) }
            .filter { text.count >= 8 && $0.adapter.hex.hasPrefix(text) }
        guard let row = found.last, Set(found.map(\.adapter)).count == 1 else {
            throw EngineError(
                .invalidRequest, "no contribution \"\(text)\"", hint: "give at least 8 digits of the adapter's digest")
        }
        guard row.excludedBy == nil else {
            throw EngineError(.refused, "the contribution of \(row.member) to \(row.round) is excluded by a deletion")
        }
        guard let adapter = try adapter(row.adapter, base: view.rounds[row.round]!.base) else {
            throw EngineError(.missing, "the adapter \(row.adapter) is not in this ledger")
        }
        try writeAdapter(adapter, digest: row.adapter, to: path)
        return row
    }
}

/// Walks from a model or contribution down to the base, parents after children.
private struct LineageBuilder {
    struct Step {
        var depth: Int
        var event: EventHash
        var label: String
        var type: String
    }

    let view: PublicView
    private(set) var steps: [Step] = []
    private var visited: Set<EventHash> = []

    init(view: PublicView) { self.view = view }

    mutating func visit(_ model: ModelRow, depth: Int) {
        guard visited.insert(model.event).inserted else { return }
        steps.append(
            Step(depth: depth, event: model.event, label: "\(model.round) (\(model.state.rawValue))", type: "model"))
        for row in view.mergedContributions(of: model) { visit(row, depth: depth + 1) }
    }

    mutating func visit(_ row: ContributionRow, depth: Int) {
        guard visited.insert(row.event).inserted else { return }
        let label = "\(row.member) in \(row.round), weight \(row.weight)"
        steps.append(Step(depth: depth, event: row.event, label: label, type: "contribution"))
        for parent in row.parents {
            if let earlier = view.contributions(withAdapter: parent).first(where: { $0.position < row.position }) {
                visit(earlier, depth: depth + 1)
            } else if let model = view.model(parent) {
                visit(model, depth: depth + 1)
            }
        }
    }
}

/// A body that a private chain here commits to.
public struct BodySummary: Codable, Hashable, Sendable {
    public var commitment: BodyCommitment
    public var isErased: Bool
    public var isHere: Bool
    public var mediaType: MediaType
    public var origin: Origin
    public var position: Int
}

extension Ledger {
    public var bodyRows: [BodySummary] {
        privateViews.values.sorted { $0.origin < $1.origin }.flatMap { chain in
            chain.bodies.rows.sorted { $0.value.position < $1.value.position }.map { commitment, row in
                BodySummary(
                    commitment: commitment, isErased: row.erasedBy != nil,
                    isHere: (try? directory.vault.contains(commitment)) ?? false,
                    mediaType: row.reference.mediaType, origin: chain.origin, position: row.position.value)
            }
        }
    }

    /// The lineage of a model that the chain knows.
    public func lineage(ofModel text: String) throws -> Lineage {
        let view = try view
        let model = try resolveModel(text)
        let base = view.bases[view.rounds[model.round]!.base]!
        return try lineage(of: model, base, view)
    }
}
