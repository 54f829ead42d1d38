internal import Bytes
internal import ChainViews
internal import Events
internal import MerkleLog

extension CertificateVerifier {
    /// The checklist: every statement of the certificate, how it is known, and where from.
    func findings(
        _ content: CertificateContent, _ chain: VerifiedChain, _ brackets: EventBrackets, _ signers: [MemberName]
    ) -> [CertificateFinding] {
        var findings = chainFindings(content, chain.replay.view, chain.trust)
        findings += earlierFindings(chain)
        findings += deletionFindings(content, chain.replay.view)
        findings += timeFindings(content, brackets)
        findings += retrainingFindings(content, chain.replay.view)
        findings += content.models.map { modelFinding($0) }
        findings += content.models.filter { !$0.attestedBy.isEmpty }.map { model in
            CertificateFinding(
                .attested,
                "\(list(model.attestedBy)) merged \(model.name) again and got the same digest",
                source: "model-attested")
        }
        findings += erasureFindings(content)
        findings += content.recipients.map { recipientFinding($0) }
        findings += circumstanceFindings(content, chain.replay.view)
        findings.append(issueFinding(content, signers))
        findings += content.open.map { CertificateFinding(.notClaimed, $0, source: "still open") }
        findings += content.outOfScope.map { CertificateFinding(.notClaimed, $0, source: "out of scope") }
        return findings
    }

    private func issueFinding(_ content: CertificateContent, _ signers: [MemberName]) -> CertificateFinding {
        let roles = content.parties.first { $0.member == content.issuer }?.roles.map(\.rawValue) ?? []
        let place = content.supersedes.map { ", in the place of \($0.hex.prefix(16))…" } ?? ""
        return CertificateFinding(
            .attested,
            "the \(content.kind == .certificate ? "certificate" : "statement") was issued by \(content.issuer) "
                + "(\(roles.joined(separator: ", "))) at \(content.issuedAt): number \(content.serial)\(place)",
            source: "signed by \(list(signers))")
    }

    private func earlierFindings(_ chain: VerifiedChain) -> [CertificateFinding] {
        chain.timestamped.map { checkpoint in
            CertificateFinding(
                .notClaimed,
                "since when checkpoint \(checkpoint.size) existed, by the word of an authority outside: its timestamp (RFC 3161) "
                    + "is enclosed; give --ca to judge it",
                source: CertificateVerdict.timestampSource(of: checkpoint.size.rawValue))
        }
            + chain.earlier.map { earlier in
                let size = earlier.checkpoint.size
                guard let time = earlier.trust.cosignedTime else {
                    return CertificateFinding(
                        .notClaimed,
                        "when the chain had \(size) events: the policy's quorum did not cosign that checkpoint",
                        source: "earlier checkpoint \(size)")
                }
                return CertificateFinding(
                    .proved,
                    "the chain extends its checkpoint of \(size) events, which the quorum had cosigned by \(time)",
                    source: "consistency proof from \(size)")
            }
    }

    /// When the chain took in the request and the completion, and whether that was in time.
    private func timeFindings(_ content: CertificateContent, _ brackets: EventBrackets) -> [CertificateFinding] {
        let steps: [(EventType, String)] = [
            (.deletionRequested, "the request"), (.deletionCompleted, "the completion"),
        ]
        var findings: [CertificateFinding] = []
        for (type, name) in steps {
            guard let cited = content.events.first(where: { $0.type == type.rawValue }) else { continue }
            let bracket = brackets[cited.index.value]
            guard let by = bracket.by else {
                findings.append(
                    CertificateFinding(
                        .notClaimed, "when the chain took in \(name): the policy requires no witness",
                        source: "event \(cited.index)"))
                continue
            }
            let after =
                bracket.after.map { "; checkpoint \($0.size), cosigned by \($0.cosignedAt), was without it" } ?? ""
            findings.append(
                CertificateFinding(
                    .proved, "\(name) stood on the chain by \(by.cosignedAt)\(after)",
                    source: "event \(cited.index), checkpoint \(by.size)"))
            if type == .deletionCompleted { findings.append(dueFinding(content, cited, bracket)) }
        }
        return findings
    }

    private func dueFinding(
        _ content: CertificateContent, _ cited: CertifiedEvent, _ bracket: EventBracket
    ) -> CertificateFinding {
        if let by = bracket.by, by.cosignedAt <= content.dueAt {
            return CertificateFinding(
                .proved, "it was completed before it was due, \(content.dueAt)", source: "checkpoint \(by.size)")
        }
        if cited.claimedAt > content.dueAt {
            return CertificateFinding(
                .attested, "it was completed late: it was due at \(content.dueAt), and completed at \(cited.claimedAt)",
                source: "event \(cited.index)")
        }
        return CertificateFinding(
            .notClaimed,
            "that it was completed before it was due: \(cited.author) says \(cited.claimedAt), due was \(content.dueAt), "
                + "and no checkpoint of that time contains it", source: "event \(cited.index)")
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

    private func deletionFindings(_ content: CertificateContent, _ view: PublicView) -> [CertificateFinding] {
        func index(_ type: EventType) -> String {
            content.events.first { $0.type == type.rawValue }.map { "event \($0.index)" } ?? "no event"
        }
        var findings = [
            CertificateFinding(
                .proved, "\(content.deletion) was requested on ground \(content.ground.rawValue)",
                source: index(.deletionRequested)),
            CertificateFinding(
                .attested,
                "it was received at \(content.receivedAt) and is due at \(content.dueAt)"
                    + (content.extendedTo.map { ", put off to \($0)" } ?? ""),
                source: index(.deletionRequested)),
        ]
        guard let plan = content.plan.flatMap({ view.plans[$0] }) else {
            findings.append(
                CertificateFinding(
                    .proved, "nothing is excluded: the deletion is \(content.state.rawValue)",
                    source: "the chain up to checkpoint \(content.checkpoint.size)"))
            return findings
        }
        findings += touchedFindings(content, view, source: index(.deletionDecided))
        if plan.deletions.count > 1 {
            findings.append(
                CertificateFinding(
                    .proved, "one plan carries out \(plan.deletions.map(\.text).joined(separator: ", ")) together",
                    source: index(.deletionStarted)))
        }
        findings += [
            CertificateFinding(.proved, excludedText(content), source: index(.deletionStarted)),
            CertificateFinding(
                .proved,
                "the plan names every model that descends from them: \(content.models.count) model(s)\(depth(content))",
                source: "closure recomputed from the chain"),
        ]
        findings += copyFindings(content, view)
        if !content.descendants.isEmpty {
            findings.append(
                CertificateFinding(
                    .proved,
                    "\(content.descendants.count) later contribution(s) were trained on an affected model and still exist",
                    source: "closure recomputed from the chain"))
        }
        return findings
    }

    /// What goes for its bytes alone, and what of the excluded bytes stays.
    private func copyFindings(_ content: CertificateContent, _ view: PublicView) -> [CertificateFinding] {
        let copies = content.excluded.filter { $0.cause != nil }.map { copy in
            CertificateFinding(
                .proved,
                "the contribution \(copy.adapter.hex.prefix(12))… of \(copy.member) is excluded because it has the bytes of an "
                    + "affected model or contribution, whatever it is said to come from",
                source: "event \(copy.event.hex.prefix(16))…")
        }
        let kept = content.excluded.filter { view.isServed($0.adapter) }.map { row in
            CertificateFinding(
                .notClaimed,
                "that the bytes \(row.adapter.hex.prefix(12))… of \(row.member) are gone: a model that stood on the chain before has "
                    + "them, and is not affected", source: "model-materialized", contribution: row.event)
        }
        return copies + kept
    }

    /// How many contributions are excluded, whose where they are all of the member concerned, and which.
    private func excludedText(_ content: CertificateContent) -> String {
        guard !content.excluded.isEmpty else {
            return "nothing on the chain is affected: no contribution is excluded, no model was rebuilt"
        }
        let isOfOne = content.excluded.allSatisfy { $0.member == content.member }
        return
            "\(content.excluded.count) contribution(s)\(isOfOne ? " of \(content.member)" : "") are excluded from every "
            + "later replay: " + content.excluded.map { "\($0.adapter.hex.prefix(12))…" }.joined(separator: ", ")
    }

    /// Where the records were. Nobody but their member can tell.
    private func touchedFindings(
        _ content: CertificateContent, _ view: PublicView, source: String
    ) -> [CertificateFinding] {
        guard let touched = view.deletions[content.deletion]?.touched else { return [] }
        let emptied = touched.count(where: \.emptied)
        return [
            CertificateFinding(
                .attested,
                "\(content.member) says that the records were in \(touched.count) shard(s), "
                    + (emptied == 0
                        ? "all of which have others left" : "and that nothing is left in \(emptied) of them"),
                source: source)
        ]
    }

    private func modelFinding(_ model: CertifiedModel) -> CertificateFinding {
        let old = "\(model.oldModel.hex.prefix(16))…"
        guard let new = model.newModel else {
            guard model.outcome == .withdrawn else {
                return CertificateFinding(
                    .proved, "\(model.name): the model \(old) is suppressed, and nothing replaces it yet",
                    source: "deletion-started")
            }
            return CertificateFinding(
                .proved,
                "\(model.name): the model \(old) is recalled, and nothing replaces it"
                    + (model.cause == nil ? "" : "; it merged nothing else, and has the bytes of what is affected"),
                source: "model-recalled")
        }
        let members = model.contributions.map(\.member.text).joined(separator: ", ")
        return CertificateFinding(
            .attested,
            "\(model.name): \(old) is replaced by \(new.hex.prefix(16))…, the \(model.rule.rawValue) of \(members)",
            source: "\(model.materializedBy?.text ?? "nobody"); give --adapters to recompute it", round: model.round,
            cohort: model.cohort)
    }

    private func erasureFindings(_ content: CertificateContent) -> [CertificateFinding] {
        var findings = content.erasures.map { erasureFinding($0) }
        let found = content.erasures.flatMap(\.results).contains { $0.verdict != .notFound }
        if !content.erasures.isEmpty, !found {
            findings.append(
                CertificateFinding(
                    .notClaimed, "that anything was destroyed: every holder says that it found nothing",
                    source: "erasure-attested"))
        }
        return findings
    }

    private func erasureFinding(_ erasure: CertifiedErasure) -> CertificateFinding {
        let isComplete = erasure.results.allSatisfy { $0.verdict == .deleted || $0.verdict == .notFound }
        let foundNothing = erasure.results.allSatisfy { $0.verdict == .notFound }
        let said =
            foundNothing
            ? "found no copies in its stores, which may be those of another member too"
            : "erased its copies\(isComplete ? "" : " in part")"
        let how = [erasure.tool?.text, erasure.check.map { "checked by \($0.rawValue)" }].compactMap { $0 }
        return CertificateFinding(
            .attested,
            "\(erasure.holder) \(said): \(erasure.results.map(\.words).joined(separator: ", "))"
                + (how.isEmpty ? "" : "; \(how.joined(separator: ", "))"),
            source: "event \(erasure.event.hex.prefix(16))…")
    }

    /// Recipients that nobody told, holds, interim measures, and who answers for data protection.
    private func circumstanceFindings(_ content: CertificateContent, _ view: PublicView) -> [CertificateFinding] {
        var findings = content.untold.map { row in
            CertificateFinding(
                .notClaimed,
                "that the recipient \(row.recipient), which has what was to go from \(row.member), was told: the chain records no notice",
                source: "handover-recorded")
        }
        findings += lateGiverFindings(content, view)
        findings += content.holds.map { hold in
            let end = hold.releasedBy == nil ? "until \(hold.endsAt)" : "until it was released"
            return CertificateFinding(
                .attested,
                "\(hold.member) kept what the hold \(hold.hold) is about \(end), for \(hold.ground.rawValue)",
                source: "event \(hold.event.hex.prefix(16))…")
        }
        findings += (content.interim ?? []).map { measure in
            CertificateFinding(
                .attested,
                "in the meantime \(measure.adapter.hex.prefix(16))… (\(measure.method.rawValue)) served in the place of "
                    + "\(measure.model.hex.prefix(16))… from \(measure.appliedAt) to \(measure.endedAt ?? measure.until), with "
                    + "\(measure.evaluations.count) evaluation(s): approximate, no erasure, worth A\(measure.grade.rawValue) at most",
                source: "event \(measure.event.hex.prefix(16))…")
        }
        return findings + documentFindings(content)
    }

    /// Who recorded only after the plan was started that it had given something away: it had a copy, and the plan does not
    /// name it.
    private func lateGiverFindings(_ content: CertificateContent, _ view: PublicView) -> [CertificateFinding] {
        guard let row = view.deletions[content.deletion], let plan = row.plan.flatMap({ view.plans[$0] }) else {
            return []
        }
        let givers = Set(view.handovers(affectedBy: row).map(\.author)).subtracting(plan.holders)
        return givers.sorted().map { giver in
            CertificateFinding(
                .notClaimed,
                "that \(giver) erased its copy: it recorded after the plan was started that it gave it away, and the plan does "
                    + "not name it as a holder", source: "handover-recorded")
        }
    }

    private func documentFindings(_ content: CertificateContent) -> [CertificateFinding] {
        var findings = content.documents.map { row in
            CertificateFinding(
                .attested,
                "\(row.author) recorded the document \(row.document), version \(row.version): \(row.kind.rawValue)"
                    + (row.office.map { " of the office \($0.rawValue)" } ?? "")
                    + (row.until.map { ", until \($0)" } ?? ""),
                source: "event \(row.event.hex.prefix(16))…, which commits to it")
        }
        let officers = Set(content.documents.filter { $0.office == .dpo }.map(\.author))
        let silent = Set([content.issuer, content.member]).subtracting(officers).sorted()
        if !silent.isEmpty {
            findings.append(
                CertificateFinding(
                    .notClaimed,
                    "who answers for data protection at \(list(silent)): no role assignment is on the chain",
                    source: "document-recorded"))
        }
        let mapped = Set(content.documents.filter { $0.kind == .storeMap }.map(\.author))
        let unmapped = content.erasures.map(\.holder).filter { !mapped.contains($0) }
        if !unmapped.isEmpty {
            findings.append(
                CertificateFinding(
                    .notClaimed,
                    "which stores \(list(unmapped)) has besides those attested: no store map is on the chain",
                    source: "document-recorded"))
        }
        return findings
    }

    private func recipientFinding(_ recipient: CertifiedRecipient) -> CertificateFinding {
        let answer = recipient.acknowledgedBy.map { event in
            ", which answered \(recipient.result?.rawValue ?? "nothing") (event \(event.hex.prefix(16))…)"
        }
        return CertificateFinding(
            .attested,
            "\(recipient.member) told the recipient \(recipient.recipient): \(recipient.outcome.rawValue)"
                + (answer ?? ", no answer recorded"),
            source: "event \(recipient.event.hex.prefix(16))…")
    }

    /// How deep the closure is, where it is deeper than the models that merged an excluded contribution.
    private func depth(_ content: CertificateContent) -> String {
        let deepest = (content.models.map(\.depth.value) + content.descendants.compactMap(\.depth?.value)).max() ?? 0
        return deepest > 1 ? ", down to depth \(deepest)" : ""
    }

    private func list(_ names: some Sequence<MemberName>) -> String {
        names.map(\.text).joined(separator: ", ")
    }
}
