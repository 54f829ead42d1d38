public import ChainViews

/// Why a bundle is refused. The cases stand in the order of the verification steps.
public enum CertificateFailure: Error, Hashable, Sendable {
    case bundle(CertificateBundle.Failure)
    case note(String)
    case untrusted(TrustVerdict)
    case entry(ReplayError)
    case chainDiffers(String)
    /// An earlier checkpoint of the bundle.
    case earlier(String)
    case envelope(String)
    case statement(String)
    case signature(String)
    /// A field of the certificate is not what the chain gives.
    case contentDiffers(field: String)
    case proof(String)
    case time(String)
    /// The later chain that was handed over beside the bundle.
    case later(String)
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
        case .earlier(let reason): "an earlier checkpoint does not hold: \(reason)"
        case .envelope(let reason): "the certificate's envelope is malformed: \(reason)"
        case .statement(let reason): "the certificate's statement is malformed: \(reason)"
        case .signature(let reason): "the certificate's signature does not hold: \(reason)"
        case .contentDiffers(let field): "the certificate says something else than the chain about: \(field)"
        case .proof(let reason): "an inclusion proof does not hold: \(reason)"
        case .time(let reason): "the times do not fit: \(reason)"
        case .later(let reason): "the later chain does not hold: \(reason)"
        }
    }

    /// The step's name, as vectors and `--json` give it.
    public var step: String {
        switch self {
        case .bundle: "bundle"
        case .note: "note"
        case .untrusted: "untrusted"
        case .entry: "entry"
        case .chainDiffers: "chainDiffers"
        case .earlier: "earlier"
        case .envelope: "envelope"
        case .statement: "statement"
        case .signature: "signature"
        case .contentDiffers: "contentDiffers"
        case .proof: "proof"
        case .time: "time"
        case .later: "later"
        }
    }
}
