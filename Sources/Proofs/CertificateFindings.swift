internal import Bytes
internal import ChainViews
internal import Events

extension CertificateVerifier {
    /// The checklist: every statement of the certificate, how it is known, and where from.
    func findings(
        _ content: CertificateContent, _ view: PublicView, _ trust: TrustVerdict, _ signers: [MemberName]
    ) -> [CertificateFinding] {
        var findings = chainFindings(content, view, trust)
        findings += deletionFindings(content)
        findings += retrainingFindings(content, view)
        findings += content.models.map { modelFinding($0) }
        findings += content.models.filter { !$0.attestedBy.isEmpty }.map { model in
            CertificateFinding(
                .attested,
                "\(list(model.attestedBy)) merged \(model.round) again and got the same digest",
                source: "model-attested")
        }
        findings += content.erasures.map { erasureFinding($0) }
        findings.append(
            CertificateFinding(
                .attested, "the certificate was issued by \(content.issuer) at \(content.issuedAt)",
                source: "signed by \(list(signers))"))
        findings += content.outOfScope.map { CertificateFinding(.notClaimed, $0, source: "out of scope") }
        return findings
    }

    private func chainFindings(
        _ content: CertificateContent, _ view: PublicView, _ trust: TrustVerdict
    ) -> [CertificateFinding] {
        let witnesses = trust.cosigners.map { "\($0.witness.name)" }
        let quorum =
            witnesses.isEmpty
            ? "no witness; the policy requires none" : "cosigned by \(witnesses.joined(separator: ", "))"
        return [
            CertificateFinding(
                .proved, "the checkpoint of \(view.size) events is the one that the policy's log signed",
                source: quorum),
            CertificateFinding(
                .proved,
                "all \(view.size) events replay: signatures, keys at their place, author chains, rules",
                source: "the bundle's entries, root \(content.checkpoint.root.hex.prefix(16))…"),
        ]
    }

    private func deletionFindings(_ content: CertificateContent) -> [CertificateFinding] {
        func index(_ type: EventType) -> String {
            content.events.first { $0.type == type.rawValue }.map { "event \($0.index)" } ?? "no event"
        }
        let excluded = content.excluded.map(\.adapter.hex).map { "\($0.prefix(12))…" }.joined(separator: ", ")
        var findings = [
            CertificateFinding(
                .proved, "\(content.deletion) was requested on ground \(content.ground.rawValue)",
                source: index(.deletionRequested)),
            CertificateFinding(
                .attested, "it was received at \(content.receivedAt) and is due at \(content.dueAt)",
                source: index(.deletionRequested)),
            CertificateFinding(
                .proved,
                "\(content.excluded.count) contribution(s)\(content.retraining == nil ? " of \(content.member)" : "") "
                    + "are excluded from every later replay: \(excluded)",
                source: index(.deletionStarted)),
            CertificateFinding(
                .proved,
                "the plan names every model that descends from them: \(content.models.count) model(s)",
                source: "closure recomputed from the chain"),
        ]
        if !content.descendants.isEmpty {
            findings.append(
                CertificateFinding(
                    .proved,
                    "\(content.descendants.count) later contribution(s) were trained on an affected model and still exist",
                    source: "closure recomputed from the chain"))
        }
        return findings
    }

    /// What rests on training: nobody without the records can compute it again.
    private func retrainingFindings(_ content: CertificateContent, _ view: PublicView) -> [CertificateFinding] {
        var findings = (content.retraining ?? []).map { row in
            let left = row.emptied.value > 0 ? ", \(row.emptied) left out" : ""
            return CertificateFinding(
                .attested,
                "\(row.replacedBy.member) trained its contribution to \(row.round) again on \(row.again) of \(row.shards) shard(s)"
                    + "\(left): \(row.replacedBy.adapter.hex.prefix(12))…",
                source: "event \(row.replacedBy.event.hex.prefix(16))…, \(row.trainer.rawValue) trainer")
        }
        let external = Set(content.models.flatMap(\.contributions)).filter {
            view.contributions[$0.event]?.training?.trainer == .external
        }
        findings += external.sorted { $0.event < $1.event }.map { row in
            CertificateFinding(
                .attested,
                "the contribution \(row.adapter.hex.prefix(12))… of \(row.member) is what an external trainer gave; "
                    + "that it gives it again is not shown here", source: "event \(row.event.hex.prefix(16))…")
        }
        guard content.retraining != nil else { return findings }
        findings.append(
            CertificateFinding(
                .notClaimed,
                "That another organisation repeated the training: it takes the records, which stay with their member. "
                    + "lethe replay --retrain repeats it there.", source: "out of scope"))
        return findings
    }

    private func modelFinding(_ model: CertifiedModel) -> CertificateFinding {
        let old = "\(model.oldModel.hex.prefix(16))…"
        guard let new = model.newModel else {
            return CertificateFinding(
                .proved, "\(model.round): the model \(old) is recalled, and nothing replaces it",
                source: "model-recalled")
        }
        let members = model.contributions.map(\.member.text).joined(separator: ", ")
        return CertificateFinding(
            .attested,
            "\(model.round): \(old) is replaced by \(new.hex.prefix(16))…, the \(model.rule.rawValue) of \(members)",
            source: "\(model.materializedBy?.text ?? "nobody"); give --adapters to recompute it", round: model.round)
    }

    private func erasureFinding(_ erasure: CertifiedErasure) -> CertificateFinding {
        let stores = erasure.results.map { "\($0.store.rawValue) \($0.verdict.rawValue) (\($0.items))" }
        return CertificateFinding(
            .attested, "\(erasure.holder) erased its copies: \(stores.joined(separator: ", "))",
            source: "event \(erasure.event.hex.prefix(16))…")
    }

    private func list(_ names: some Sequence<MemberName>) -> String {
        names.map(\.text).joined(separator: ", ")
    }
}
