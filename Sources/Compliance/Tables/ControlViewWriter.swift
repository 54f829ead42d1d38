internal import Bytes
internal import ChainViews
internal import Events

/// Writes the rows that follow from the public view and from the inputs.
struct ControlViewWriter {
    private let view: PublicView
    private let inputs: ControlInputs
    private let builder: ControlDatabaseBuilder
    private let connection: SQLiteConnection
    private let places: EventPlaces

    init(_ builder: ControlDatabaseBuilder) throws(SQLiteFailure) {
        (view, inputs) = (builder.view, builder.inputs)
        (self.builder, connection) = (builder, builder.connection)
        places = try EventPlaces(builder.connection, claimed: builder.claimed)
    }

    func write() throws(SQLiteFailure) {
        try writeLedger()
        try writeMembers()
        try writeKeys()
        try writeTypes()
        try writeChains()
        try writeCheckpoints()
        try writeRounds()
        try writeContributions()
        try writeModels()
        try writeDeletions()
        try writeTouchedShards()
        try writePlans()
        try writeRecipients()
        try writeHolds()
        try writeJudgements()
    }

    private func each<Row>(
        _ table: String, _ rows: some Sequence<Row>, _ cells: (Row) throws(SQLiteFailure) -> [Cell]
    ) throws(SQLiteFailure) {
        let writer = try RowWriter(table, connection)
        for row in rows { try writer.insert(try cells(row)) }
    }

    // MARK: The ledger

    private func writeLedger() throws(SQLiteFailure) {
        guard let charter = view.charter else { return }
        try each("ledger", [charter]) { row throws(SQLiteFailure) in
            [
                .text(view.origin.text), .text(row.consortium.text), .text(row.chainOperator.text),
                .text(row.firstLeaf.hex), .integer(row.threshold.value), .integer(view.size),
            ]
        }
    }

    private func writeMembers() throws(SQLiteFailure) {
        try each("members", view.allMembers) { row throws(SQLiteFailure) in
            let admitted = try places.place(row.admittedBy)
            return [
                .text(row.name.text), .text(row.admittedBy.hex), .integer(admitted?.index),
                .time(admitted?.time),
            ]
        }
        let roles = view.allMembers.flatMap { member in member.roles.map { (member.name, $0) } }
        try each("member_roles", roles) { row throws(SQLiteFailure) in
            [.text(row.0.text), .text(row.1.rawValue)]
        }
    }

    private func writeKeys() throws(SQLiteFailure) {
        try each("keys", view.allKeys) { row throws(SQLiteFailure) in
            let revocation = builder.revocations[row.key.keyID]
            let revoked = try places.place(revocation?.event)
            return [
                .text(row.key.keyID.hex), .text(row.member.text), .text(row.purpose.rawValue),
                .text(row.purpose == .encryption ? "x25519" : "ed25519"), .integer(row.addedAt.value),
                .time(places.time(at: row.addedAt.value)), .integer(row.revokedAt?.value),
                .text(revocation?.event.hex), .time(revoked?.time), .integer(row.goodSize?.value),
                .text(revocation?.reason.rawValue),
            ]
        }
    }

    private func writeTypes() throws(SQLiteFailure) {
        try each("event_types", EventType.allCases) { type throws(SQLiteFailure) in
            [
                .text(type.rawValue), .integer(1),
                .text(type.audience == .publicChain ? "public" : "private"),
                .integer(type.hasBody ? 1 : 0),
            ]
        }
    }

    private func writeChains() throws(SQLiteFailure) {
        try each("chains", view.allChains) { row throws(SQLiteFailure) in
            let opened = try places.place(row.openedBy)
            return [
                .text(row.origin.text), .text(row.chainOperator.text), .text(row.openedBy.hex),
                .integer(opened?.index), .time(opened?.time), .integer(row.anchors.value),
            ]
        }
        try each("refusals", inputs.refusals) { row throws(SQLiteFailure) in
            [.text(row.chain.text), .integer(row.index), .text(row.event?.hex), .text(row.reason)]
        }
        try each("bases", view.allBases) { row throws(SQLiteFailure) in
            let registered = try places.place(builder.registrations[row.base])
            return [
                .text(row.base.hex), .text(row.name.text), .text(registered?.event),
                .integer(registered?.index),
                .time(registered?.time),
            ]
        }
    }

    private func writeCheckpoints() throws(SQLiteFailure) {
        try each("checkpoints", inputs.checkpoints) { row throws(SQLiteFailure) in
            [
                .text(row.chain.text), .integer(row.size), .text(row.root.hex), .text(row.source),
                .integer(row.extendsChain.map { $0 ? 1 : 0 }), .integer(row.witnessTimes.count),
                .time(row.proven(quorum: inputs.quorum)),
            ]
        }
        let cosignatures = inputs.checkpoints.flatMap { row in row.cosignatures.map { (row, $0) } }
        try each("cosignatures", cosignatures) { row throws(SQLiteFailure) in
            [
                .text(row.0.chain.text), .integer(row.0.size), .text(row.0.root.hex),
                .text(row.1.witness.text),
                .time(row.1.time),
            ]
        }
    }

    // MARK: Training

    private func writeRounds() throws(SQLiteFailure) {
        try each("rounds", view.allRounds) { row throws(SQLiteFailure) in
            let opened = try places.place(row.openedBy)
            let closing = builder.closings[row.round]
            let closed = try places.place(closing)
            return [
                .text(row.round.text), .text(row.rule.rawValue), .text(row.topology.rawValue),
                .text(row.base.hex),
                .text(row.author.text), .text(row.state.rawValue), .text(row.openedBy.hex),
                .integer(row.openedAt.value), .time(opened?.time), .text(closing?.hex),
                .integer(closed?.index),
                .time(closed?.time), .text(row.materialization?.hex),
            ]
        }
    }

    private func writeContributions() throws(SQLiteFailure) {
        let parents = try RowWriter("contribution_parents", connection)
        let shards = try RowWriter("contribution_shards", connection)
        for round in view.allRounds {
            try each("contributions", view.allContributions(to: round.round)) { row throws(SQLiteFailure) in
                for parent in row.parents { try parents.insert([.text(row.event.hex), .text(parent.hex)]) }
                for shard in row.training?.shards ?? [] {
                    try shards.insert([.text(row.event.hex), .text(shard.dataset.text), .integer(shard.shard.value)])
                }
                return [
                    .text(row.event.hex), .integer(row.position.value), .text(row.member.text),
                    .text(row.round.text), .text(row.adapter.hex), .text(row.tensors.hex),
                    .integer(row.weight.value), .time(places.time(at: row.position.value)),
                    .text(row.excludedBy?.hex),
                    .integer(row.excludedBy.flatMap { view.plans[$0]?.startedAt.value }),
                    .text(row.affectedBy?.hex), .text(row.replaces?.hex), .text(row.training?.recipe.hex),
                    .text(row.training?.trainer.rawValue), .text(row.withdrawnBy?.hex),
                ]
            }
        }
    }

    private func writeModels() throws(SQLiteFailure) {
        let merged = try RowWriter("model_contributions", connection)
        try each("models", view.allModels) { row throws(SQLiteFailure) in
            for contribution in view.contributions(of: row) {
                try merged.insert([.text(row.event.hex), .text(contribution.hex)])
            }
            let recall = row.state == .recalled ? recall(of: row) : nil
            return [
                .text(row.event.hex), .integer(row.position.value), .text(row.author.text),
                .text(row.model.hex),
                .text(row.tensors.hex), .text(row.round.text), .text(row.state.rawValue),
                .time(places.time(at: row.position.value)), .text(row.plan?.hex),
                .text(row.replacedBy?.hex),
                .text(recall?.hex), .time(try places.place(recall)?.time),
                .integer(row.contributions.count.value),
            ]
        }
    }

    /// The recall of a recalled materialisation: under the plan that names it.
    private func recall(of row: ModelRow) -> EventHash? {
        builder.recalls[row.round]?.first { recall in
            view.plans[recall.plan]?.models.contains { $0.materialization == row.event } ?? false
        }?.event
    }

    // MARK: Deletions

    private func writeDeletions() throws(SQLiteFailure) {
        let rows = view.allDeletions
        try each("deletions", rows) { row throws(SQLiteFailure) in
            try cells(of: row)
        }
    }

    private func writeTouchedShards() throws(SQLiteFailure) {
        let touched = view.allDeletions.flatMap { row in (row.touched ?? []).map { (row.deletion, $0) } }
        try each("deletion_shards", touched) { row throws(SQLiteFailure) in
            [
                .text(row.0.text), .text(row.1.dataset.text), .integer(row.1.shard.value),
                .integer(row.1.emptied ? 1 : 0),
            ]
        }
    }

    private func cells(of row: DeletionRow) throws(SQLiteFailure) -> [Cell] {
        let law = DeletionLaw(row.ground)
        let deadlines = LegalDeadlines(calendar: inputs.calendar)
        let answer = deadlines.answer(law, received: row.receivedAt)
        let extended = deadlines.extendedAnswer(law, received: row.receivedAt)
        let acknowledge = law == .ccpa ? deadlines.ccpaAcknowledgement(received: row.receivedAt) : nil
        let decided = try places.place(row.decidedBy)
        let completed = try places.place(row.completedBy)
        // A statement of status of what is still open certifies nothing.
        let certification = row.state == .certified ? builder.certifications[row.deletion] : nil
        let certified = try places.place(certification)
        let isRefused = row.state == .refused
        let plan = row.plan.flatMap { view.plans[$0] }
        let isExact = plan?.isExact ?? false
        return [
            .text(row.deletion.text), .text(row.author.text), .text(row.member.text),
            .text(row.scope.rawValue),
            .text(row.ground.rawValue), .text(law.rawValue), .text(row.state.rawValue),
            .text(row.requestedBy.hex),
            .integer(row.requestedAt.value), .time(places.time(at: row.requestedAt.value)),
            .time(row.receivedAt), .time(row.dueAt), .time(answer?.strict), .time(answer?.graced),
            .time(extended?.graced), .time(limit(of: row, answer?.graced, extended?.graced)),
            .time(acknowledge?.graced),
            .text(row.decidedBy == nil ? nil : isRefused ? "refused" : "accepted"), .text(row.decidedBy?.hex),
            .integer(decided?.index), .time(decided?.time),
            .integer(try places.members(signing: row.decidedBy)),
            .text(row.plan?.hex), .text(row.completedBy?.hex), .integer(completed?.index),
            .time(completed?.time),
            .text(row.completedBy == nil ? nil : isExact ? "exact" : "withdrawn"), .text(certification?.hex),
            .integer(certified?.index), .time(certified?.time), .text(row.certificate?.hex),
            .text(row.certificateKind?.rawValue), .text((isRefused ? row.decidedBy : row.completedBy)?.hex),
            .time(isRefused ? decided?.time : completed?.time),
            .text(row.refusal?.ground.rawValue), .text(row.refusal?.reviewer.rawValue), .text(row.refusal?.notice?.hex),
            .text(row.extended?.event.hex), .text(row.extended?.reason.rawValue), .text(row.extended?.notice?.hex),
            .time(row.extended?.toldAt), .time(row.extended?.dueAt),
        ]
    }

    /// The end of the period with what is recorded: an extension counts as far as the law lets it.
    private func limit(of row: DeletionRow, _ graced: Timestamp?, _ longest: Timestamp?) -> Timestamp? {
        guard let extended = row.extended, let longest else { return graced }
        return max(graced ?? extended.dueAt, min(extended.dueAt, longest))
    }

    private func writeRecipients() throws(SQLiteFailure) {
        for deletion in view.allDeletions {
            try each("recipient_duties", view.recipientDuties(of: deletion)) { duty throws(SQLiteFailure) in
                let told = duty.notice
                return [
                    .text(deletion.deletion.text), .text(duty.recipient.text), .text(duty.handover.event.hex),
                    .text(duty.handover.author.text), .text(told?.event.hex), .text(told?.outcome.rawValue),
                    .time(told?.notifiedAt), .text(told?.acknowledgedBy?.hex), .text(told?.result?.rawValue),
                    .time(told?.acknowledgedAt),
                ]
            }
        }
    }

    private func writeHolds() throws(SQLiteFailure) {
        try each("holds", view.allHolds) { row throws(SQLiteFailure) in
            [
                .text(row.placed.hold.text), .text(row.event.hex), .integer(row.position.value), .text(row.author.text),
                .text(row.placed.deletion?.text), .text(row.placed.dataset?.text), .text(row.placed.ground.rawValue),
                .time(places.time(at: row.position.value)), .time(row.placed.endsAt), .text(row.releasedBy?.hex),
                .time(try places.place(row.releasedBy)?.time),
            ]
        }
    }

    private func writePlans() throws(SQLiteFailure) {
        let plans = view.plans.rows.values.sorted { $0.startedAt < $1.startedAt }
        try each("plans", plans) { row throws(SQLiteFailure) in
            let excluded = try places.place(row.excludedBy)
            let rematerialized = try places.place(row.rematerializedBy)
            return [
                .text(row.plan.hex), .text(row.startedBy.hex), .integer(row.startedAt.value),
                .time(places.time(at: row.startedAt.value)), .text(row.excludedBy?.hex),
                .integer(excluded?.index), .time(excluded?.time), .text(row.rematerializedBy?.hex),
                .integer(rematerialized?.index), .time(rematerialized?.time),
            ]
        }
        let lists: [(String, (PlanRow) -> [String])] = [
            ("plan_deletions", { $0.deletions.map(\.text) }), ("plan_excluded", { $0.excluded.map(\.hex) }),
            ("plan_holders", { $0.holders.map(\.text) }), ("plan_artifacts", { $0.artifacts.map(\.hex) }),
        ]
        for (table, elements) in lists {
            let rows = plans.flatMap { plan in elements(plan).map { (plan.plan.hex, $0) } }
            try each(table, rows) { row throws(SQLiteFailure) in [.text(row.0), .text(row.1)] }
        }
        let models = plans.flatMap { plan in
            plan.models.enumerated().map { (plan, $0.element, plan.dispositions?[$0.offset]) }
        }
        try each("plan_models", models) { row throws(SQLiteFailure) in
            let (plan, model, disposition) = row
            return [
                .text(plan.plan.hex), .text(model.materialization.hex), .text(model.model.hex),
                .text(model.round.text), .text(model.outcome.rawValue), .text(disposition?.outcome.rawValue),
                .text(disposition?.newModel?.hex),
            ]
        }
    }

    private func writeJudgements() throws(SQLiteFailure) {
        try each("waivers", inputs.waivers) { row throws(SQLiteFailure) in
            [
                .text(row.waiver), .text(row.control), .text(row.event), .text(row.subject), .text(row.owner),
                .text(row.approver),
                .text(row.reason), .time(row.grantedAt), .time(row.expiresAt),
            ]
        }
        try each("self_tests", inputs.selfTests) { row throws(SQLiteFailure) in
            [
                .text(row.pack), .text(row.control), .text(row.fixture.rawValue),
                .integer(row.isExpected ? 1 : 0),
                .text(row.reason),
            ]
        }
    }
}
