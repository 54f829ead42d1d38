internal import Events
internal import Proofs

/// The two pictures: the lineage before and after, and the course of the deletion.
extension DeletionReport {
    var lineage: Section {
        let title = "Lineage before and after the deletion"
        let layout = LineageLayout(content.lineage, plan: certificate.plan, affected: affected, toRetrain: toRetrain)
        let picture = Picture(
            markup: LineageDrawing.markup(layout, title: title, summary: lineageSummary), label: title,
            caption: lineageCaption(layout).map { .text($0) }, isWide: layout.width > 760)
        return Section("lineage", "Lineage before and after", [.picture(picture)])
    }

    /// The picture in words, for those who cannot see it.
    private var lineageSummary: String {
        let members = Elapsed.unit(content.lineage.members.count, "member")
        let rounds = Elapsed.unit(content.lineage.rounds.count, "round")
        let excluded = Elapsed.unit(certificate.excluded.count, "contribution")
        let models = certificate.models.map { model in
            model.newModel == nil
                ? " The model of \(model.name) is recalled."
                : " The model of \(model.name) is replaced by a merge of "
                    + "\(Elapsed.unit(model.contributions.count, "contribution"))."
        }
        return "\(members) in lanes, \(rounds) in columns. Excluded: \(excluded) of \(certificate.member)."
            + models.joined()
    }

    private func lineageCaption(_ layout: LineageLayout) -> [String] {
        var caption = [
            "Each lane is a member, each column a round. Two lines run down from a round's contributions: ",
            "the dashed one to the model before the deletion, the solid one to the model served now. A ring or ",
            "dot marks each contribution that a line takes in; excluded ones have no dot on the solid line.",
        ]
        if layout.hiddenRounds > 0 {
            caption.append(
                " Of \(content.lineage.rounds.count) rounds, \(layout.hiddenRounds) are not drawn; the deletion "
                    + "touches \(layout.hiddenTouchedRounds) of these. The table of models lists all that it touches."
            )
        }
        if layout.sharedMembers > 0 {
            caption.append(
                " \(layout.sharedMembers) members share the last lane, which shows how many of them contributed."
            )
        }
        if layout.hiddenCohorts > 0 {
            caption.append(" The models of \(layout.hiddenCohorts) cohorts are not drawn.")
        }
        return caption
    }

    var course: Section {
        let title = "Timeline of the deletion"
        let steps = content.timeline.steps.map { "\($0.name) \($0.at)" }.joined(separator: ", ")
        let picture = Picture(
            markup: TimelineDrawing.markup(
                TimelineLayout(content.timeline), title: title,
                summary: "\(steps); due \(content.timeline.dueAt)"),
            label: title, caption: courseCaption, isWide: false)
        return Section("timeline", "Timeline", [.picture(picture)])
    }

    private var courseCaption: [Span] {
        var caption: [Span] = [
            "The bar is to scale. All times are those that the organisations declared; what is proven is the ",
            "order of the events, and that all of them precede checkpoint \(certificate.checkpoint.size).",
        ]
        if content.timeline.steps.contains(where: { $0.name == Timeline.settled }) {
            caption.append(" Settled: each affected model had been rebuilt or withdrawn.")
        }
        return caption
    }
}
