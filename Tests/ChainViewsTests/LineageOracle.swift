import Bytes
import ChainViews
import Events

/// The lineage of a chain and its closure, computed from entry bytes by recursion and without a view.
///
/// The definition, word by word: a contribution is affected if its member is concerned, if a parent is
/// affected, or if it has the bytes of an affected model; a model is affected if it merged an affected
/// contribution.
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
        var result = Closure()
        for row in contributions where !excluded.contains(row.event) && isAffected(row, concerned) {
            if concerned.contains(row.member) {
                result.excluded.append(row.event)
            } else {
                result.descendants.append(row.event)
            }
        }
        for model in models where !disposed.contains(model.event) && isAffected(model, concerned) {
            result.models.append(model.event)
            let remaining = contributions.filter { row in
                model.merged.contains(row.event) && !result.excluded.contains(row.event)
            }
            if remaining.isEmpty || remaining.contains(where: { isAffected($0, concerned) }) {
                result.withdrawn.insert(model.event)
            }
        }
        return result
    }

    private func isAffected(_ row: Contribution, _ concerned: Set<MemberName>) -> Bool {
        if concerned.contains(row.member) { return true }
        let earlier = models.filter { places[$0.event]! < places[row.event]! }
        let copied = earlier.filter {
            !Set([$0.content.model, $0.content.tensors]).isDisjoint(with: [
                row.content.adapter, row.content.tensors,
            ])
        }
        if copied.contains(where: { isAffected($0, concerned) }) { return true }
        return row.content.parents.contains { parent in
            if rounds[row.content.round]!.topology != .isolated {
                return earlier.contains { $0.content.model == parent && isAffected($0, concerned) }
            }
            return contributions.contains { other in
                other.content.adapter == parent && other.member == row.member
                    && places[other.event]! < places[row.event]! && isAffected(other, concerned)
            }
        }
    }

    private func isAffected(_ model: Model, _ concerned: Set<MemberName>) -> Bool {
        contributions.contains { model.merged.contains($0.event) && isAffected($0, concerned) }
    }
}
