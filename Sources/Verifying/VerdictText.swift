internal import ChainViews
public import Events
internal import MerkleLog
public import Proofs

extension VerifiedFile {
    /// What is printed for a person, line by line.
    public var lines: [String] {
        switch self {
        case .certificate(let verdict, _): verdict.lines
        case .disclosure(let verdict): verdict.lines
        case .proof(let proof): proof.lines
        }
    }

    /// What is printed for a program: canonical JSON.
    public var json: [UInt8] {
        switch self {
        case .certificate(let verdict, _): CanonicalJSON.encode(CertificateAnswer(verdict))
        case .disclosure(let verdict): CanonicalJSON.encode(DisclosureAnswer(verdict))
        case .proof(let proof): CanonicalJSON.encode(ProofAnswer(proof))
        }
    }
}

extension VerifyRefusal {
    /// What is printed for a program where the answer is no: canonical JSON.
    public var json: [UInt8] { CanonicalJSON.encode(CertificateAnswer(refused: message)) }
}

extension CertificateVerdict {
    /// The first line, the checklist with what is not claimed at its end, and the limits.
    public var lines: [String] {
        var lines = [
            firstLine, "A\(content.grade.rawValue) means: \(content.grade.meaning)",
            "as of checkpoint \(content.checkpoint.size) of \(content.checkpoint.origin)",
        ]
        if newest != content.checkpoint { lines.append("looked at up to checkpoint \(newest.size)") }
        if let supersededBy { lines.append("SUPERSEDED: the chain records \(supersededBy) in its place") }
        lines.append("")
        lines += findings.filter { $0.word != .notClaimed }.map(\.line)
        lines.append("")
        lines += findings.filter { $0.word == .notClaimed }.map(\.line)
        return lines + [""] + limits
    }
}

extension CertificateFinding {
    var line: String {
        let word = word.rawValue
        return "\(word)\(String(repeating: " ", count: 12 - word.count))\(statement)  [\(source)]"
    }
}

extension Grade {
    /// What the grade means, in a few words.
    public var meaning: String {
        switch self {
        case .recorded: "the request is recorded"
        case .excluded: "the events are excluded and the affected models suppressed"
        case .destroyed: "every holder attests that its copies are gone"
        case .replayed: "every descendant was rebuilt without the excluded events"
        case .replayedTwice: "every descendant was rebuilt, and a second organisation got the same bytes"
        }
    }
}

extension VerifiedProof {
    fileprivate var lines: [String] {
        let (checkpoint, statement) = (logged.checkpoint, event.statement)
        let witnesses = logged.verdict.cosigners.map { "\($0.witness.name)" }
        return [
            "proved   event \(logged.index) of \(checkpoint.origin): \(statement.event.type.rawValue) by \(statement.author)",
            "         checkpoint of \(checkpoint.size) events, cosigned by "
                + (witnesses.isEmpty ? "nobody" : witnesses.joined(separator: ", ")),
            "attested its claimed time, \(statement.claimedAt)",
            "not claimed: that the key of \(statement.author) was valid; that takes the whole chain",
        ]
    }
}
