internal import Adapters
internal import Bytes
internal import ChainViews
internal import Events

/// A model's history as W3C PROV-JSON (`schemas/exports.md`).
///
/// Entities are the base, adapters, models and data sets; activities are the events that say how they came to be; agents are
/// the members. Every time is the one that an event's author claims.
public struct ProvenanceDocument {
    private let history: ModelHistory
    private var sections: [String: [String: JSONValue]] = [:]
    private var related: [String: Set<[UInt8]>] = [:]
    private var relations = 0

    private init(_ history: ModelHistory) { self.history = history }

    /// The document, with a newline.
    public static func bytes(of history: ModelHistory) -> [UInt8] {
        var document = ProvenanceDocument(history)
        document.fill()
        return document.root.canonicalBytes + [0x0a]
    }

    private var root: JSONValue {
        let chain = history.view.origin
        var members = sections.mapValues { JSONValue.object($0) }
        members["prefix"] = .object([
            "chain": .string("https://lethe.example/chain/\(chain)/"),
            "lethe": .string("https://lethe.example/terms/"),
        ])
        return .object(members)
    }

    // MARK: What there is

    private mutating func fill() {
        add(
            "entity", name("base", history.base.base),
            [
                "prov:type": Self.qualified("lethe:Base"), "prov:label": .string(history.base.name.text),
                "lethe:digest": .string(history.base.base.hex),
            ])
        for row in history.contributions { fill(row) }
        for row in history.models { fill(row) }
        for (old, new) in history.replaced { fill(old, replacedBy: new) }
    }

    private mutating func fill(_ row: ContributionRow) {
        let (entity, activity) = (name("adapter", row.adapter), event(row.event, "adapter-committed"))
        add(
            "entity", entity,
            [
                "prov:type": Self.qualified("lethe:Contribution"),
                "lethe:adapterDigest": .string(row.adapter.hex),
                "lethe:tensorDigest": .string(row.tensors.hex), "lethe:round": .string(row.round.text),
                "lethe:weight": .integer(row.weight.value),
            ])
        generated(entity, by: activity, row.event, row.member)
        for parent in history.parents(of: row) {
            switch parent {
            case .contribution(let parent): derived(entity, from: name("adapter", parent.adapter), activity)
            case .model(let parent): derived(entity, from: name("model", parent.model), activity)
            }
        }
        derived(entity, from: name("base", history.base.base), activity)
        for dataset in Set(row.training?.shards.map(\.dataset) ?? []).sorted() {
            let data = "chain:dataset-\(dataset)"
            add("entity", data, ["prov:type": Self.qualified("lethe:Dataset")])
            relate("used", ["prov:activity": .string(activity), "prov:entity": .string(data)])
        }
        for replay in history.view.standingTrainingAttestations(of: row.event) where replay.attested.outcome == .equal {
            attested(entity, by: replay.author)
        }
        if let plan = row.excludedBy { invalidated(entity, by: plan) }
    }

    /// Another member made it again and got the same bytes.
    private mutating func attested(_ entity: String, by member: MemberName) {
        agent(member)
        relate(
            "wasInfluencedBy",
            [
                "prov:influencee": .string(entity), "prov:influencer": .string("chain:member-\(member)"),
                "prov:type": Self.qualified("lethe:Attestation"),
            ])
    }

    private mutating func fill(_ row: ModelRow) {
        let (entity, activity) = (name("model", row.model), event(row.event, "model-materialized"))
        add(
            "entity", entity,
            [
                "prov:type": Self.qualified("lethe:Model"), "lethe:adapterDigest": .string(row.model.hex),
                "lethe:tensorDigest": .string(row.tensors.hex), "lethe:round": .string(row.round.text),
                "lethe:state": .string(row.state.rawValue),
                "lethe:mergeRule": .string(history.view.rounds[row.round]!.rule.rawValue),
            ])
        generated(entity, by: activity, row.event, row.author)
        for merged in history.view.mergedContributions(of: row) {
            let source = name("adapter", merged.adapter)
            relate("used", ["prov:activity": .string(activity), "prov:entity": .string(source)])
            derived(entity, from: source, activity, ["lethe:weight": .integer(merged.weight.value)])
        }
        for member in row.attestedBy { attested(entity, by: member) }
    }

    private mutating func fill(_ old: ModelRow, replacedBy new: ModelRow) {
        fill(old)
        let (entity, successor) = (name("model", old.model), name("model", new.model))
        relate("alternateOf", ["prov:alternate1": .string(successor), "prov:alternate2": .string(entity)])
        if let plan = new.plan { invalidated(entity, by: plan) }
    }

    // MARK: Relations

    private mutating func generated(
        _ entity: String, by activity: String, _ event: EventHash, _ member: MemberName
    ) {
        let facts = history.facts(of: event)
        agent(member)
        relate(
            "wasGeneratedBy",
            [
                "prov:entity": .string(entity), "prov:activity": .string(activity),
                "prov:time": .string(facts.claimedAt.text),
            ])
        relate(
            "wasAttributedTo",
            ["prov:entity": .string(entity), "prov:agent": .string("chain:member-\(member)")])
    }

    private mutating func derived(
        _ entity: String, from source: String, _ activity: String, _ more: [String: JSONValue] = [:]
    ) {
        let members: [String: JSONValue] = [
            "prov:generatedEntity": .string(entity), "prov:usedEntity": .string(source),
            "prov:activity": .string(activity),
        ]
        relate("wasDerivedFrom", members.merging(more) { first, _ in first })
    }

    private mutating func invalidated(_ entity: String, by plan: ArtifactDigest) {
        guard let started = history.view.plans[plan]?.startedBy else { return }
        let activity = event(started, "deletion-started")
        relate(
            "wasInvalidatedBy",
            [
                "prov:entity": .string(entity), "prov:activity": .string(activity),
                "prov:time": .string(history.facts(of: started).claimedAt.text),
            ])
    }

    /// The activity that `event` stands for, with the member that it is associated with.
    private mutating func event(_ event: EventHash, _ type: String) -> String {
        let (id, facts) = ("chain:event-\(event.hex)", history.facts(of: event))
        guard sections["activity"]?[id] == nil else { return id }
        add(
            "activity", id,
            [
                "prov:type": Self.qualified("lethe:\(type)"), "lethe:index": .integer(facts.index),
                "prov:startTime": .string(facts.claimedAt.text), "prov:endTime": .string(facts.claimedAt.text),
            ])
        agent(facts.author)
        relate(
            "wasAssociatedWith",
            [
                "prov:activity": .string(id), "prov:agent": .string("chain:member-\(facts.author)"),
            ])
        return id
    }

    private mutating func agent(_ member: MemberName) {
        add(
            "agent", "chain:member-\(member)",
            [
                "prov:type": Self.qualified("prov:Organization"), "prov:label": .string(member.text),
            ])
    }

    private mutating func add(_ section: String, _ id: String, _ members: [String: JSONValue]) {
        sections[section, default: [:]][id] = .object(members)
    }

    /// A relation, once, under an identifier of its own; they are numbered as they come.
    private mutating func relate(_ section: String, _ members: [String: JSONValue]) {
        guard related[section, default: []].insert(JSONValue.object(members).canonicalBytes).inserted else {
            return
        }
        relations += 1
        add(section, "_:r\(relations)", members)
    }

    private func name(_ kind: String, _ digest: ArtifactDigest) -> String { "chain:\(kind)-\(digest.hex)" }

    private static func qualified(_ name: String) -> JSONValue {
        .object(["$": .string(name), "type": .string("prov:QUALIFIED_NAME")])
    }
}
