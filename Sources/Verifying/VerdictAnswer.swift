internal import Bytes
internal import ChainViews
internal import Events
internal import MerkleLog
internal import Proofs

/// A verdict on a certificate as `--json` gives it.
struct CertificateAnswer: Encodable {
    /// When the chain took in an event.
    struct Bracket: Encodable {
        var after: WitnessedCheckpoint?
        var by: WitnessedCheckpoint?
        var event: EventHash
    }

    var brackets: [Bracket]
    var certificate: CertificateContent?
    var cosignedAt: Timestamp?
    var findings: [CertificateFinding]
    var grade: String?
    var holds: Bool
    var newest: CertificateContent.Position?
    var reason: String?
    var signers: [MemberName]
    var supersededBy: ArtifactDigest?

    init(refused reason: String) {
        self.reason = reason
        (brackets, findings, holds, signers) = ([], [], false, [])
    }

    init(_ verdict: CertificateVerdict) {
        brackets = verdict.content.events.map { cited in
            let bracket = verdict.brackets[cited.event]
            return Bracket(after: bracket?.after, by: bracket?.by, event: cited.event)
        }
        certificate = verdict.content
        cosignedAt = verdict.cosignedAt
        findings = verdict.findings
        grade = "A\(verdict.content.grade.rawValue)"
        holds = true
        newest = verdict.newest
        signers = verdict.signers
        supersededBy = verdict.supersededBy
    }
}

/// A verdict on the proof of one event as `--json` gives it.
struct ProofAnswer: Encodable {
    var author: MemberName
    var event: EventHash
    var index: Int
    var origin: String
    var size: Int
    var type: String

    init(_ proof: VerifiedProof) {
        author = proof.event.statement.author
        event = proof.event.hash
        index = proof.logged.index.rawValue
        origin = proof.logged.checkpoint.origin
        size = proof.logged.checkpoint.size.rawValue
        type = proof.event.statement.event.type.rawValue
    }
}
