public import Bytes
public import ChainViews
public import Events

/// How a statement of a certificate is known.
public enum EvidenceWord: String, Codable, Hashable, Sendable {
    /// By cryptography: signatures, the tree, and rules that anyone can apply again.
    case proved
    /// Computed again, here and now.
    case reproduced
    /// Somebody signed it.
    case attested
    /// Not shown by this certificate.
    case notClaimed = "not claimed"
}

/// One line of the checklist.
public struct CertificateFinding: Codable, Hashable, Sendable {
    public var word: EvidenceWord
    public var statement: String
    /// Where it comes from: an event, a signature, a computation.
    public var source: String
    /// The round whose model this line is about, where it is about one.
    public var round: RoundID?
    /// And its cohort, where the model is one's.
    public var cohort: CohortName?
    /// The contribution whose training this line is about, where it is about one.
    public var contribution: EventHash?

    public init(
        _ word: EvidenceWord, _ statement: String, source: String, round: RoundID? = nil, cohort: CohortName? = nil,
        contribution: EventHash? = nil
    ) {
        self.word = word
        self.statement = statement
        self.source = source
        self.round = round
        self.cohort = cohort
        self.contribution = contribution
    }
}

/// A checkpoint, and by when the quorum of the policy had cosigned it.
public struct WitnessedCheckpoint: Codable, Hashable, Sendable {
    public var cosignedAt: Timestamp
    public var size: Count
}

/// Between which checkpoints the chain took in an event.
///
/// What is proven is that the event stood on the chain by the time of `by`, and that the tree which the witnesses saw at
/// the time of `after` was without it.
public struct EventBracket: Codable, Hashable, Sendable {
    public var after: WitnessedCheckpoint?
    public var by: WitnessedCheckpoint?
}

/// What checking a bundle gave: what holds, or the first thing that does not.
public struct CertificateVerdict: Sendable {
    public var content: CertificateContent
    /// The chain at the certificate's checkpoint, replayed from the bundle.
    var replay: PublicReplay
    public var findings: [CertificateFinding]
    public var signers: [MemberName]
    /// What the author's clock said of each cited event.
    public var claimedAt: [EventHash: Timestamp]
    /// Between which checkpoints the chain took in each cited event, as far as cosigned ones tell.
    public var brackets: [EventHash: EventBracket]
    /// The newest checkpoint that was looked at, of the bundle or of a later file.
    public var newest: CertificateContent.Position
    /// By when the policy's quorum had cosigned the newest checkpoint; `nil` where the policy requires none.
    public var cosignedAt: Timestamp?
    /// Whether nobody but the chain's operator signed the certificate.
    public var isSignedByOperatorAlone: Bool
    /// The document that the chain records in the place of this one, where a later file shows one.
    public var supersededBy: ArtifactDigest?

    /// The chain's view at the certificate's checkpoint.
    public var view: PublicView { replay.view }

    /// What any rendering of the certificate must begin with: what it is, and who vouches for it.
    ///
    /// Whoever operates the chain also decides what is appended to it. A certificate that it alone signed
    /// says so before it says anything else.
    public var firstLine: String {
        let grade = "grade A\(content.grade.rawValue)" + (content.absence.map { " (\($0))" } ?? "")
        let line = "\(content.title) for \(content.deletion), \(grade)"
        guard isSignedByOperatorAlone else {
            return "\(line), signed by \(signers.map(\.text).joined(separator: ", "))"
        }
        return "signed by the chain's operator alone, \(content.issuer): \(line)"
    }

    /// The sentences that go with the outcome, by what was trained again here and now.
    public var limits: [String] {
        let trained = findings.filter { $0.contribution != nil && $0.word != .notClaimed }
        guard trained.contains(where: { $0.word == .reproduced }) else { return content.limits }
        let left = trained.count { $0.word != .reproduced }
        let instead =
            left == 0
            ? CertificateContent.recordsSeenText
            : "Of \(left) of \(trained.count) contributions: "
                + content.recordsText.prefix(1).lowercased() + content.recordsText.dropFirst()
        return content.limits.map { $0 == content.recordsText ? instead : $0 }
    }

    /// Seconds from the time by which the newest checkpoint was cosigned to `now`, negative where that lies ahead; `nil`
    /// where no time is proven.
    public func age(at now: Timestamp) -> Int? { cosignedAt.map { now.seconds - $0.seconds } }
}

extension CertificateVerdict {
    /// Notes that the new model of `model` was merged again here and now, with equal bytes.
    public mutating func markReproduced(_ model: CertifiedModel, source: String) {
        for index in findings.indices
        where findings[index].round == model.round && findings[index].cohort == model.cohort {
            findings[index].word = .reproduced
            findings[index].source = source
        }
    }

    /// The source of lines about a timestamp of the checkpoint of a size.
    public static func timestampSource(of size: Int) -> String { "timestamp of checkpoint \(size)" }

    /// Notes that a timestamp of the checkpoint of `size` was judged and holds.
    public mutating func markTimestamped(size: Int, at time: Timestamp, authority: String) {
        let source = Self.timestampSource(of: size)
        guard let index = findings.firstIndex(where: { $0.source == source && $0.word == .notClaimed }) else { return }
        findings[index] = CertificateFinding(
            .attested, "checkpoint \(size) existed at \(time), by the word of \(authority), whose signature holds",
            source: source)
    }

    /// Notes that the runs behind `contribution` were trained again here and now, with equal bytes, and without what the
    /// old runs had besides.
    ///
    /// - Parameter statement: what was done, in a sentence.
    public mutating func markRetrained(_ contribution: EventHash, _ statement: String, source: String) {
        findings.removeAll { $0.contribution == contribution && $0.word == .notClaimed }
        for index in findings.indices where findings[index].contribution == contribution {
            findings[index].word = .reproduced
            findings[index].statement += "; " + statement
            findings[index].source = source
        }
    }
}
