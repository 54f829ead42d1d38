internal import Bytes
internal import ChainViews
internal import Events

/// What rests on training: nobody without the records can compute it again.
extension CertificateVerifier {
    func retrainingFindings(_ content: CertificateContent, _ view: PublicView) -> [CertificateFinding] {
        let rows = content.retraining ?? []
        return rows.map { trainedFinding($0) } + rows.flatMap { row in row.replays.map { replayFinding($0, of: row) } }
            + externalFindings(content, view)
            + rows.filter { !$0.isConfirmed }.map { row in
                CertificateFinding(
                    .notClaimed,
                    "that the runs behind the contribution of \(row.replacedBy.member) to \(row.round) left the records out: it takes "
                        + "the records to repeat them", source: "out of scope", contribution: row.replacedBy.event)
            }
    }

    private func trainedFinding(_ row: CertifiedRetraining) -> CertificateFinding {
        let left = row.emptied.value > 0 ? ", \(row.emptied) left out" : ""
        let options = row.trainer == .external ? "--base, --data and --trainer" : "--base and --data"
        return CertificateFinding(
            .attested,
            "\(row.replacedBy.member) trained its contribution to \(row.round) again on \(row.again) of \(row.shards) shard(s)"
                + "\(left): \(row.replacedBy.adapter.hex.prefix(12))…",
            source:
                "event \(row.replacedBy.event.hex.prefix(16))…, \(row.trainer.rawValue) trainer; give \(options) to train it "
                + "again",
            contribution: row.replacedBy.event)
    }

    /// The second replay of what was trained again: the word of whoever made it.
    private func replayFinding(_ replay: CertifiedReplay, of row: CertifiedRetraining) -> CertificateFinding {
        let whose = "\(replay.member) trained the contribution of \(row.replacedBy.member) to \(row.round) again"
        let tool = "with \(replay.trainer == .external ? "an external" : "the built-in") trainer"
        let isLast = row.standing.contains(replay)
        let outcome =
            switch replay.outcome {
            case .equal: "got the same digests, from records without any that were to go"
            case .different: "got other bytes"
            }
        return CertificateFinding(
            .attested, "\(whose) \(tool), and \(outcome)\(isLast ? "" : "; it said otherwise later")",
            source: "event \(replay.event.hex.prefix(16))…, training-attested")
    }

    /// Everything that a new model merges and that another program trained.
    private func externalFindings(_ content: CertificateContent, _ view: PublicView) -> [CertificateFinding] {
        let external = Set(content.models.flatMap(\.contributions)).filter {
            view.contributions[$0.event]?.training?.trainer == .external
        }
        return external.sorted { $0.event < $1.event }.map { row in
            CertificateFinding(
                .attested,
                "the contribution \(row.adapter.hex.prefix(12))… of \(row.member) is what an external trainer gave; "
                    + again(view.standingTrainingAttestations(of: row.event)),
                source: "event \(row.event.hex.prefix(16))…", contribution: row.event)
        }
    }

    /// Who got the same bytes from the external trainer once more, and who did not.
    private func again(_ replays: [TrainingAttestationRow]) -> String {
        func names(_ outcome: TrainingAttested.Outcome) -> String? {
            let members = replays.filter { $0.attested.outcome == outcome }.map(\.author.text)
            return members.isEmpty ? nil : members.joined(separator: ", ")
        }
        switch (names(.equal), names(.different)) {
        case (nil, nil): return "that it gives it again, lethe replay --retrain --trainer shows where its data is"
        case (let equal?, nil): return "\(equal) says that it gave the same bytes again"
        case (nil, let different?): return "\(different) says that it gave other bytes when it was run again"
        case (let equal?, let different?):
            return "\(equal) says that it gave the same bytes again, \(different) that it gave others"
        }
    }
}
