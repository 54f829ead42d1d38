public import Bytes
internal import ChainViews
public import Events
public import Proofs

/// A deletion's certificate, or its statement of status, as a page for people.
///
/// Everything on the page derives from a verdict, that is from a bundle that was checked before. The page
/// itself is not evidence and says so: it names the command that checks the bundle again.
public struct DeletionReport: Report {
    public static let format = "lethe/deletion-report@v1"

    /// What the page says, as data.
    public struct Content: Codable, Hashable, Sendable {
        /// SHA-256 of the bundle file.
        public var bundle: ArtifactDigest
        public var certificate: CertificateContent
        /// The command line that checks the bundle.
        public var command: String
        public var findings: [CertificateFinding]
        public var format: String
        public var isSignedByOperatorAlone: Bool
        public var lineage: LineageGraph
        /// What failed, is late, or stays open.
        public var openPoints: [OpenPoint]
        public var signers: [MemberName]
        public var timeline: Timeline
    }

    public var content: Content
    /// Places of contributions that were trained on an affected model and still exist.
    let affected: Set<Count>
    /// Places of contributions that the plan wants trained again, and that are not yet.
    let toRetrain: Set<Count>
    /// The sentences under the outcome: the certificate's, by what was trained again.
    let limitSentences: [String]

    /// - Parameters:
    ///   - verdict: what checking the bundle gave.
    ///   - bundleDigest: SHA-256 of the bundle file.
    ///   - command: how to check the bundle again, e.g. `lethe verify FILE --trust POLICY`.
    public init(verdict: CertificateVerdict, bundleDigest: ArtifactDigest, command: String) {
        let certificate = verdict.content
        let timeline = Timeline(certificate, claimedAt: verdict.claimedAt)
        content = Content(
            bundle: bundleDigest, certificate: certificate, command: command, findings: verdict.findings,
            format: Self.format, isSignedByOperatorAlone: verdict.isSignedByOperatorAlone,
            lineage: LineageGraph(view: verdict.view),
            openPoints: Self.openPoints(verdict, timeline), signers: verdict.signers, timeline: timeline)
        limitSentences = verdict.limits
        toRetrain =
            certificate.plan.flatMap { verdict.view.plans[$0] }.map(verdict.view.placesToRetrain) ?? []
        affected = Set(
            certificate.descendants.compactMap { verdict.view.contributions[$0.event]?.position })
    }
}

extension Timeline {
    /// The step that ends the work on models where not all of them were rebuilt.
    static let settled = "settled"

    /// The steps that `certificate` cites, with receipt before them and issue after them.
    init(_ certificate: CertificateContent, claimedAt: [EventHash: Timestamp]) {
        let settled = certificate.models.allSatisfy { $0.newModel != nil } ? "rebuilt" : Self.settled
        let names: [(EventType, String)] = [
            (.deletionRequested, "requested"), (.deletionDecided, "accepted"),
            (.deletionStarted, "started"),
            (.exclusionApplied, "excluded"), (.rematerializationCompleted, settled),
            (.erasureAttested, "erased"),
            (.deletionCompleted, "completed"),
        ]
        let recorded = names.compactMap { type, name -> TimelineStep? in
            guard let cited = certificate.events.last(where: { $0.type == type.rawValue }),
                let time = claimedAt[cited.event]
            else { return nil }
            return TimelineStep(name: name, at: time, event: cited.index)
        }
        self.init(
            dueAt: certificate.extendedTo ?? certificate.dueAt,
            steps: [TimelineStep(name: "received", at: certificate.receivedAt, event: nil)] + recorded
                + [TimelineStep(name: "issued", at: certificate.issuedAt, event: nil)])
        // A statement of status answers nobody.
        let isOpen = [.requested, .accepted, .started].contains(certificate.state)
        if isOpen { openAsOf = certificate.issuedAt }
    }
}

extension DeletionReport {
    /// What a careful reader would object to, the gravest first.
    static func openPoints(_ verdict: CertificateVerdict, _ timeline: Timeline) -> [OpenPoint] {
        let content = verdict.content
        var points: [OpenPoint] = []
        points += content.open.map { .init(.shortfall, $0) }
        for model in content.models where model.outcome == .withdrawn {
            points.append(
                .init(.shortfall, "The model of \(model.name) was withdrawn, and nothing replaces it."))
        }
        let descendants = content.descendants.count
        if descendants > 0 {
            points.append(
                .init(
                    .shortfall,
                    "\(Elapsed.unit(descendants, "later contribution")) trained on an affected model still "
                        + "exist\(descendants == 1 ? "s" : "")."))
        }
        for erasure in content.erasures {
            for result in erasure.results where result.verdict != .deleted && result.verdict != .notFound {
                points.append(
                    .init(
                        .shortfall,
                        "\(erasure.holder) says of its store \(result.store.rawValue): \(result.verdict.words)."
                    ))
            }
        }
        if content.state == .completed, let last = timeline.steps.last(where: { $0.event != nil }),
            last.at > content.dueAt
        {
            let late = Elapsed.text(seconds: last.at.seconds - content.dueAt.seconds)
            points.append(.init(.shortfall, "The deletion was completed \(late) after it was due."))
        }
        return points + weaknesses(verdict)
    }

    /// What was trained again on one member's word alone, and what somebody got other bytes of.
    private static func retrainingPoints(_ rows: [CertifiedRetraining]) -> [OpenPoint] {
        let single = rows.filter { $0.standing.isEmpty }
        let names = Set(single.map { "\($0.replacedBy.member) to \($0.round)" }).sorted().joined(separator: ", ")
        let alone = OpenPoint(
            .weakness,
            "No second organisation has trained again the contribution of \(names); one member's word stands alone.")
        return (single.isEmpty ? [] : [alone])
            + rows.flatMap { row in
                row.standing.filter { $0.outcome == .different }.map { replay in
                    OpenPoint(
                        .shortfall,
                        "\(replay.member) trained the contribution of \(row.replacedBy.member) to \(row.round) again and got "
                            + "other bytes.")
                }
            }
    }

    private static func weaknesses(_ verdict: CertificateVerdict) -> [OpenPoint] {
        let content = verdict.content
        var points: [OpenPoint] = []
        if verdict.isSignedByOperatorAlone {
            points.append(.init(.weakness, "Nobody but the chain's operator signed the certificate."))
        }
        let single = content.models.filter { $0.newModel != nil && $0.attestedBy.isEmpty }
        if !single.isEmpty {
            let rounds = single.map(\.name).joined(separator: ", ")
            points.append(
                .init(
                    .weakness,
                    "No second organisation has rebuilt the models of \(rounds); one member's word stands alone."
                ))
        }
        points += retrainingPoints(content.retraining ?? [])
        if !verdict.findings.contains(where: { $0.word == .reproduced }) {
            points.append(
                .init(
                    .weakness,
                    "No merge was recomputed when this page was made; with the adapters at hand the verifier can."
                ))
        }
        return points
    }
}
