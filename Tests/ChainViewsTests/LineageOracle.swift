import Bytes
import ChainViews
import Events

/// The lineage of a chain and its closure, computed from entry bytes by recursion and without a view.
///
/// The definition, word by word: a contribution is affected if its member is concerned or if a parent is affected; a model is
/// affected if it merged an affected contribution. What has the bytes of something affected is a copy and is affected too, and
/// so on until there are no more copies.
struct LineageOracle {
    struct Contribution {
        var event: EventHash
        var member: MemberName
        var content: AdapterCommitted
    }

    struct Model {
        var event: EventHash
        var content: ModelMaterialized
        var merged: [EventHash]
    }

    private(set) var contributions: [Contribution] = []
    private(set) var models: [Model] = []
    private var rounds: [RoundID: RoundOpened] = [:]
    private var members: [DeletionID: MemberName] = [:]
    /// The place of each contribution and model on the chain.
    private var places: [EventHash: Int] = [:]
    private var excluded: Set<EventHash> = []
    private var outOfUse: Set<EventHash> = []
    private var withdrawn: Set<EventHash> = []
    /// Models that a plan named, whatever became of them.
    private var disposed: Set<EventHash> = []

    struct Closure: Equatable {
        var excluded: [EventHash] = []
        var descendants: [EventHash] = []
        var models: [EventHash] = []
        var withdrawn: Set<EventHash> = []
    }

    mutating func append(_ entry: [UInt8]) throws {
        let received = try ReceivedEvent(parsing: entry)
        places[received.hash] = places.count
        switch received.statement.event {
        case .roundOpened(let event): rounds[event.round] = event
        case .deletionRequested(let event): members[event.deletion] = event.member
        case .adapterCommitted(let event):
            contributions.append(
                Contribution(event: received.hash, member: received.statement.author, content: event))
        case .contributionWithdrawn(let event):
            withdrawn.insert(event.contribution)
            outOfUse.insert(event.contribution)
        case .modelMaterialized(let event):
            let cohort = rounds[event.round]!.cohorts?.first { $0.name == event.cohort }?.members
            let merged = contributions.filter {
                $0.content.round == event.round && !outOfUse.contains($0.event)
                    && (cohort?.contains($0.member) ?? true)
            }
            models.append(Model(event: received.hash, content: event, merged: merged.map(\.event)))
        case .deletionStarted(let event):
            let closure = closure(of: event.deletions)
            excluded.formUnion(closure.excluded)
            outOfUse.formUnion(closure.excluded + closure.descendants)
            disposed.formUnion(closure.models)
        default: break
        }
    }

    func closure(of deletions: Ascending<DeletionID>) -> Closure {
        let concerned = Set(deletions.compactMap { members[$0] })
        var copies: Set<EventHash> = []
        var affected = affected(concerned, copies)
        while true {
            let more = self.copies(concerned, affected)
            if more.isSubset(of: copies) { break }
            copies.formUnion(more)
            affected = self.affected(concerned, copies)
        }
        var result = Closure()
        for row in contributions where affected.contains(row.event) && !excluded.contains(row.event) {
            // What was taken back is in no model, and goes.
            if concerned.contains(row.member) || copies.contains(row.event) || withdrawn.contains(row.event) {
                result.excluded.append(row.event)
            } else {
                result.descendants.append(row.event)
            }
        }
        for model in models where affected.contains(model.event) && !disposed.contains(model.event) {
            result.models.append(model.event)
            let remaining = model.merged.filter { !result.excluded.contains($0) }
            if remaining.isEmpty || remaining.count == model.merged.count || !affected.isDisjoint(with: remaining) {
                result.withdrawn.insert(model.event)
            }
        }
        return result
    }

    /// What is affected if `copies` are.
    private func affected(_ concerned: Set<MemberName>, _ copies: Set<EventHash>) -> Set<EventHash> {
        var known: [EventHash: Bool] = [:]
        for row in contributions { _ = isAffected(row, concerned, copies, &known) }
        for model in models { _ = isAffected(model, concerned, copies, &known) }
        return Set(known.filter(\.value).keys)
    }

    private func isAffected(
        _ row: Contribution, _ concerned: Set<MemberName>, _ copies: Set<EventHash>, _ known: inout [EventHash: Bool]
    ) -> Bool {
        if let answer = known[row.event] { return answer }
        var answer = concerned.contains(row.member) || copies.contains(row.event)
        for parent in row.content.parents {
            if rounds[row.content.round]!.topology != .isolated {
                for model in models where model.content.model == parent && places[model.event]! < places[row.event]! {
                    answer = isAffected(model, concerned, copies, &known) || answer
                }
            } else {
                for other in contributions
                where other.content.adapter == parent && other.member == row.member
                    && places[other.event]! < places[row.event]!
                {
                    answer = isAffected(other, concerned, copies, &known) || answer
                }
            }
        }
        known[row.event] = answer
        return answer
    }

    private func isAffected(
        _ model: Model, _ concerned: Set<MemberName>, _ copies: Set<EventHash>, _ known: inout [EventHash: Bool]
    ) -> Bool {
        if let answer = known[model.event] { return answer }
        var answer = copies.contains(model.event)
        for row in contributions where model.merged.contains(row.event) {
            answer = isAffected(row, concerned, copies, &known) || answer
        }
        known[model.event] = answer
        return answer
    }

    private static func bytes(_ row: Contribution) -> Set<ArtifactDigest> {
        [row.content.adapter, row.content.tensors]
    }
    private static func bytes(_ model: Model) -> Set<ArtifactDigest> { [model.content.model, model.content.tensors] }

    /// What has the bytes of something affected. What a model merged has them rightly, and a model that stood there before a
    /// contribution with its bytes is what that started from.
    private func copies(_ concerned: Set<MemberName>, _ affected: Set<EventHash>) -> Set<EventHash> {
        var found: Set<EventHash> = []
        for model in models where affected.contains(model.event) {
            for artifact in Self.bytes(model) {
                found.formUnion(models.filter { Self.bytes($0).contains(artifact) }.map(\.event))
                let same = contributions.filter { Self.bytes($0).contains(artifact) }
                if same.contains(where: { model.merged.contains($0.event) }) { continue }
                found.formUnion(same.filter { !concerned.contains($0.member) }.map(\.event))
            }
        }
        // Of what is affected itself, only contributions with the bytes of a model are copies.
        let own = found.filter { hash in contributions.contains { $0.event == hash } }
        for row in contributions where affected.contains(row.event) && !excluded.contains(row.event) {
            let bytes = Self.bytes(row)
            found.formUnion(contributions.filter { !Self.bytes($0).isDisjoint(with: bytes) }.map(\.event))
            let later = models.filter { places[$0.event]! > places[row.event]! }
            found.formUnion(later.filter { !Self.bytes($0).isDisjoint(with: bytes) }.map(\.event))
        }
        return found.subtracting(affected).union(own).subtracting(excluded)
    }
}
