public import MerkleLog
public import Signing

/// What a trust policy says of one checkpoint, and why.
public struct TrustVerdict: Hashable, Sendable {
    /// A witness of the policy with a valid cosignature.
    public struct Cosigner: Hashable, Sendable {
        public let witness: TrustPolicy.Witness
        /// When it says to have cosigned, in seconds since 1970-01-01T00:00:00Z.
        public let time: UInt64
    }

    /// A reason not to trust the checkpoint.
    public enum Finding: Hashable, Sendable {
        /// No known key signed, or a known key's signature does not hold.
        case note(NoteVerificationFailure)
        /// The signed text is no checkpoint.
        case text(Checkpoint.Failure)
        /// The policy lists no log of this origin.
        case unknownLog(origin: String)
        /// The policy lists the log, but its key did not sign.
        case notSignedByLog(origin: String)
        /// Of the quorum's members fewer cosigned than it needs. `missing` are those witnesses and groups.
        case quorum(PolicyWord, needed: Int, counted: Int, missing: [PolicyWord])
    }

    /// What the note says, whether it is to be trusted or not; for reports. To go on with, take
    /// ``checkpoint``.
    public let claimed: Checkpoint?
    /// The key of the log that signed.
    public let log: VerifierKey?
    /// The witnesses that cosigned, in the order of the policy. Each counts once.
    public let cosigners: [Cosigner]
    /// By when the quorum had cosigned, in seconds since 1970-01-01T00:00:00Z: the earliest time up to which enough of its
    /// members say to have. `nil` where the quorum is not met, or the policy requires none.
    public let cosignedAt: UInt64?
    /// Whether the quorum is met, or none is required. Says nothing of the log.
    public let isQuorumMet: Bool
    /// Empty where the checkpoint is to be trusted.
    public let findings: [Finding]

    public var isTrusted: Bool { findings.isEmpty }

    /// The checkpoint, if it is to be trusted.
    public var checkpoint: Checkpoint? { isTrusted ? claimed : nil }
}

extension TrustPolicy {
    /// Judges a checkpoint that somebody hands us.
    ///
    /// In the order of C2SP tlog-proof, steps 2 and 3: known signatures, the text, the log, the quorum. The
    /// first two end the matter if they fail; of log and quorum both are reported.
    public func evaluate(_ note: Note) -> TrustVerdict {
        let verified: VerifiedNote
        do throws(NoteVerificationFailure) {
            verified = try note.verified(by: logs.map(\.key) + witnesses.map(\.key))
        } catch {
            return .refusal(.note(error))
        }
        let checkpoint: Checkpoint
        do throws(Checkpoint.Failure) {
            checkpoint = try Checkpoint(parsing: verified.text)
        } catch {
            return .refusal(.text(error))
        }
        let signatures = Dictionary(uniqueKeysWithValues: verified.signatures.map { ($0.key, $0) })
        let log = logs.map(\.key).first { $0.names(checkpoint.origin) }
        let cosigners = witnesses.compactMap { witness in
            signatures[witness.key]?.time.map { TrustVerdict.Cosigner(witness: witness, time: $0) }
        }
        let shortfall = shortfall(with: Set(cosigners.map(\.witness.name)))
        var findings: [TrustVerdict.Finding] = []
        if log == nil { findings.append(.unknownLog(origin: checkpoint.origin)) }
        if let log, signatures[log] == nil { findings.append(.notSignedByLog(origin: checkpoint.origin)) }
        if let shortfall { findings.append(shortfall) }
        return TrustVerdict(
            claimed: checkpoint, log: log.flatMap { signatures[$0]?.key }, cosigners: cosigners,
            cosignedAt: time(ofQuorumAmong: cosigners), isQuorumMet: shortfall == nil, findings: findings)
    }

    /// The earliest time up to which enough of `cosigners` had cosigned.
    private func time(ofQuorumAmong cosigners: [TrustVerdict.Cosigner]) -> UInt64? {
        guard case .named = quorum else { return nil }
        var names: Set<PolicyWord> = []
        for cosigner in cosigners.sorted(by: { $0.time < $1.time }) {
            names.insert(cosigner.witness.name)
            if shortfall(with: names) == nil { return cosigner.time }
        }
        return nil
    }

    /// What the quorum lacks if the witnesses in `cosigned` did; `nil` where it lacks nothing.
    private func shortfall(with cosigned: Set<PolicyWord>) -> TrustVerdict.Finding? {
        guard case .named(let name) = quorum else { return nil }
        var met = cosigned
        // Members are defined before their group, so one pass settles all groups.
        for group in groups where group.members.count(where: met.contains) >= group.needed {
            met.insert(group.name)
        }
        guard !met.contains(name) else { return nil }
        guard let group = groups.first(where: { $0.name == name }) else {
            return .quorum(name, needed: 1, counted: 0, missing: [name])
        }
        let missing = group.members.filter { !met.contains($0) }
        let counted = group.members.count - missing.count
        return .quorum(name, needed: group.needed, counted: counted, missing: missing)
    }
}

extension TrustPolicy.Group {
    fileprivate var needed: Int { threshold.count(of: members.count) }
}

extension VerifierKey {
    /// Whether this is the key of the log with this origin, byte for byte.
    fileprivate func names(_ origin: String) -> Bool { name.text.utf8.elementsEqual(origin.utf8) }
}

extension TrustVerdict {
    /// Whether no key of the policy signed: the policy and the file then know different logs.
    public var isOfAnotherLog: Bool {
        findings.contains { finding in
            switch finding {
            case .note(.noKnownSignature), .unknownLog: true
            default: false
            }
        }
    }
}

extension TrustVerdict.Finding: CustomStringConvertible {
    public var description: String {
        switch self {
        case .note(.noKnownSignature): "none of the policy's keys signed it"
        case .note(let failure): "\(failure)"
        case .text(let failure): "the signed text is no checkpoint (\(failure))"
        case .unknownLog(let origin): "the policy lists no log \(origin)"
        case .notSignedByLog(let origin): "the key of \(origin) did not sign it"
        case .quorum(let name, let needed, let counted, let missing):
            "the quorum \(name) needs \(needed) cosignature(s) and has \(counted); missing: "
                + missing.map { "\($0)" }.joined(separator: ", ")
        }
    }
}

extension TlogProofVerificationFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .untrusted(let verdict):
            "the trust policy does not accept the checkpoint: "
                + verdict.findings.map { "\($0)" }.joined(separator: "; ")
        case .inclusion(let failure): "the path does not lead from the entry to the root (\(failure))"
        }
    }
}

extension TrustVerdict {
    fileprivate static func refusal(_ finding: Finding) -> TrustVerdict {
        TrustVerdict(claimed: nil, log: nil, cosigners: [], cosignedAt: nil, isQuorumMet: false, findings: [finding])
    }
}
