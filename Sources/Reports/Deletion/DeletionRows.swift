internal import Bytes
internal import Events
internal import Proofs

/// The rows of a report about one deletion. `part` says what a row is about.
struct DeletionRows {
    private(set) var table = FlatTable([
        "deletion", "part", "subject", "member", "round", "cohort", "before", "after", "outcome", "event", "at",
    ])
    let deletion: DeletionID

    init(_ deletion: DeletionID) { self.deletion = deletion }

    mutating func add(
        _ part: String, _ subject: String? = nil, member: MemberName? = nil, round: RoundID? = nil,
        cohort: CohortName? = nil, before: ArtifactDigest? = nil, after: ArtifactDigest? = nil, outcome: String? = nil,
        event: Count? = nil, at time: Timestamp? = nil
    ) {
        table.add([
            deletion.text, part, subject, member?.text, round?.text, cohort?.text, before?.hex, after?.hex, outcome,
            event?.description, time?.text,
        ])
    }
}

extension DeletionReport {
    /// Places of contributions that no model ever merged.
    var withdrawn: Set<Count> { Set(content.lineage.contributions.filter(\.isWithdrawn).map(\.position)) }

    public var rows: FlatTable {
        var rows = DeletionRows(certificate.deletion)
        rows.add(
            "document", certificate.kind.rawValue, member: certificate.issuer,
            outcome: certificate.grade.name, at: certificate.issuedAt)
        for point in content.openPoints { rows.add("open", point.statement, outcome: point.weight.rawValue) }
        for step in content.timeline.steps { rows.add("step", step.name, event: step.event, at: step.at) }
        rows.add("step", "due", at: content.timeline.dueAt)
        let places = Dictionary(
            certificate.events.map { ($0.event, $0.index) }, uniquingKeysWith: { first, _ in first })
        for cited in certificate.excluded {
            let place = places[cited.event]
            rows.add(
                "excluded", member: cited.member, before: cited.adapter,
                outcome: place.map(withdrawn.contains) ?? false ? "withdrawn" : nil, event: place)
        }
        for model in certificate.models {
            rows.add(
                "model", member: model.materializedBy, round: model.round, cohort: model.cohort, before: model.oldModel,
                after: model.newModel, outcome: model.newModel == nil ? "withdrawn" : "rebuilt")
        }
        for row in certificate.retraining ?? [] {
            rows.add(
                "retraining", "\(row.again) of \(row.shards) shards", member: row.replacedBy.member, round: row.round,
                after: row.replacedBy.adapter, event: places[row.replacedBy.event])
            for replay in row.replays {
                rows.add(
                    "second-replay", replay.trainer.rawValue, member: replay.member, round: row.round,
                    after: row.replacedBy.adapter, outcome: replay.outcome.rawValue, event: places[replay.event])
            }
        }
        for erasure in certificate.erasures {
            for result in erasure.results {
                rows.add(
                    "erasure", result.store.rawValue, member: erasure.holder,
                    outcome: result.verdict.rawValue, event: places[erasure.event])
            }
        }
        for finding in content.findings {
            rows.add("finding", finding.statement, outcome: finding.word.rawValue)
        }
        return rows.table
    }
}
