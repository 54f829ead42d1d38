internal import ChainViews
internal import Events
internal import Proofs

/// The page's frame and what is read first: the verdict, and what it lacks.
extension DeletionReport {
    var certificate: CertificateContent { content.certificate }
    var isCertificate: Bool { certificate.kind == .certificate }

    public var page: Page {
        Page(
            title: isCertificate ? "Deletion report" : "Deletion report: statement of status",
            subtitle: "Deletion \(certificate.deletion) on \(certificate.checkpoint.origin)",
            banner: banner,
            sections: [
                openPoints, outOfScope, lineage, course, request, excluded, models, retraining, erasures, checklist,
                evidence, limits, checking, definitions,
            ].compactMap { $0 }, data: json())
    }

    private var banner: Banner {
        let scale = GradeScale(
            title: "Evidence grade, the least over all parts",
            steps: Grade.allCases.map { .init(name: $0.name, word: $0.word) },
            reached: certificate.grade.rawValue)
        return Banner(
            tone: isFlawless ? .good : .caution, notice: notice,
            heading: isCertificate
                ? "Certificate of deletion, checked"
                : "Statement of status. This is not a certificate of deletion.",
            sentences: [outcome, standing, grade], scale: scale,
            counts: EvidenceWord.allWords.map { word in
                Fact(word.rawValue, "\(content.findings.count { $0.word == word })")
            })
    }

    /// Whether nothing falls short and somebody besides the operator signed.
    private var isFlawless: Bool {
        isCertificate && !content.isSignedByOperatorAlone
            && !content.openPoints.contains { $0.weight == .shortfall }
    }

    private var notice: String? {
        guard content.isSignedByOperatorAlone else { return nil }
        return
            "Signed by the chain's operator alone (\(signers)): no other member vouches for this document."
    }

    private var signers: String { content.signers.map(\.text).joined(separator: ", ") }

    private var outcome: [Span] {
        let member = Span.strong(certificate.member.text)
        if certificate.state != .completed {
            return [
                "The deletion of the contributions of ", member, " is ", .strong(certificate.state.rawValue),
                certificate.open.isEmpty ? "." : ": it is not finished.",
            ]
        }
        guard !certificate.excluded.isEmpty else {
            return [
                member,
                " had no contribution to exclude: nothing of what was to go was in a model, and nothing was rebuilt.",
            ]
        }
        let isOne = certificate.excluded.count == 1
        return [
            "\(Elapsed.unit(certificate.excluded.count, "contribution")) of ",
            .strong(Self.names(certificate.excluded.map(\.member))),
            " \(isOne ? "is" : "are") excluded, ", .text(isCertificate ? rebuilt : recalled),
        ]
    }

    /// Members, each once: a deletion takes out what others trained from what goes, too.
    static func names(_ members: [MemberName]) -> String {
        Set(members).sorted().map(\.text).joined(separator: ", ")
    }

    private var rebuilt: String {
        switch certificate.models.count {
        case 0: "and no model descended from them."
        case 1: "and the one model that descended from them was rebuilt without them."
        case let count: "and each of the \(count) models that descended from them was rebuilt without them."
        }
    }

    private var recalled: String {
        let count = certificate.models.count { $0.newModel == nil }
        let affected = Elapsed.unit(certificate.models.count, "affected model")
        return
            "but \(count) of \(affected) could not be rebuilt and \(count == 1 ? "was" : "were") withdrawn instead."
    }

    private var standing: [Span] {
        let (size, origin) = (certificate.checkpoint.size, certificate.checkpoint.origin)
        return [
            "Checked against all \(size) events of \(origin) as of checkpoint \(size); issued by ",
            .strong(certificate.issuer.text), " at \(certificate.issuedAt.readable), signed by \(signers).",
        ]
    }

    private var grade: [Span] {
        ["Grade ", .strong(certificate.grade.name), ": \(certificate.grade.meaning)."]
    }

    private var openPoints: Section {
        .openPoints(
            content.openPoints,
            orElse: ["None among the checks of the ", .link("checklist", section: "checklist"), "."])
    }

    private var outOfScope: Section {
        Section("scope", "Not looked at", [.list(certificate.outOfScope.map { [.text($0)] })])
    }
}

extension EvidenceWord {
    static let allWords: [EvidenceWord] = [.proved, .reproduced, .attested, .notClaimed]
}

extension Timestamp {
    /// `2026-11-23 10:00:00 UTC`.
    var readable: String { "\(text.prefix(10)) \(text.dropFirst(11).dropLast()) UTC" }
}
