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

    public init(_ word: EvidenceWord, _ statement: String, source: String, round: RoundID? = nil) {
        self.word = word
        self.statement = statement
        self.source = source
        self.round = round
    }
}

/// What checking a bundle gave: what holds, or the first thing that does not.
public struct CertificateVerdict: Sendable {
    public var content: CertificateContent
    /// The chain's view at the certificate's checkpoint, replayed from the bundle.
    public var view: PublicView
    public var findings: [CertificateFinding]
    public var signers: [MemberName]
    /// What the author's clock said of each cited event.
    public var claimedAt: [EventHash: Timestamp]
    /// Whether nobody but the chain's operator signed the certificate.
    public var isSignedByOperatorAlone: Bool

    /// What any rendering of the certificate must begin with: what it is, and who vouches for it.
    ///
    /// Whoever operates the chain also decides what is appended to it. A certificate that it alone signed
    /// says so before it says anything else.
    public var firstLine: String {
        let line = "\(content.title) for \(content.deletion), grade A\(content.grade.rawValue)"
        guard isSignedByOperatorAlone else {
            return "\(line), signed by \(signers.map(\.text).joined(separator: ", "))"
        }
        return "signed by the chain's operator alone, \(content.issuer): \(line)"
    }
}

extension CertificateVerdict {
    /// Notes that the new model of `round` was merged again here and now, with equal bytes.
    public mutating func markReproduced(_ round: RoundID, source: String) {
        for index in findings.indices where findings[index].round == round {
            findings[index].word = .reproduced
            findings[index].source = source
        }
    }
}

/// Why a bundle is refused. The cases stand in the order of the verification steps.
public enum CertificateFailure: Error, Hashable, Sendable {
    case bundle(CertificateBundle.Failure)
    case note(String)
    case untrusted(TrustVerdict)
    case entry(ReplayError)
    case chainDiffers(String)
    case envelope(String)
    case statement(String)
    case signature(String)
    /// A field of the certificate is not what the chain gives.
    case contentDiffers(field: String)
    case proof(String)
    case time(String)
}

extension CertificateFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .bundle(let failure): "\(failure)"
        case .note(let reason): "the checkpoint is malformed: \(reason)"
        case .untrusted(let verdict):
            "the trust policy does not accept the checkpoint: "
                + verdict.findings.map { "\($0)" }.joined(separator: "; ")
        case .entry(let error): "the chain does not replay: \(error)"
        case .chainDiffers(let reason): "the chain is not the one that the checkpoint signs: \(reason)"
        case .envelope(let reason): "the certificate's envelope is malformed: \(reason)"
        case .statement(let reason): "the certificate's statement is malformed: \(reason)"
        case .signature(let reason): "the certificate's signature does not hold: \(reason)"
        case .contentDiffers(let field): "the certificate says something else than the chain about: \(field)"
        case .proof(let reason): "an inclusion proof does not hold: \(reason)"
        case .time(let reason): "the times do not fit: \(reason)"
        }
    }
}
