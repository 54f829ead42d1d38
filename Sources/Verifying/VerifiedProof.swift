public import ChainViews
internal import Events
public import Proofs

/// A `.tlog-proof` that holds, with the event in it.
public struct VerifiedProof: Sendable {
    public var logged: LoggedEntry
    public var event: ReceivedEvent
}

extension VerifyRequest {
    func proof(_ bytes: [UInt8], _ policy: TrustPolicy) throws(VerifyRefusal) -> VerifiedProof {
        let proof: TlogProof
        do throws(TlogProof.Failure) {
            proof = try TlogProof(parsing: bytes)
        } catch {
            throw .unknown("\(file) is not a proof: \(error)", hint: "check that it is whole")
        }
        guard let entry = proof.extra else {
            throw .unknown("\(file) does not carry its entry", hint: "write it with lethe prove")
        }
        do {
            return VerifiedProof(
                logged: try proof.verify(entry: entry, policy: policy), event: try ReceivedEvent(parsing: entry))
        } catch {
            if case TlogProofVerificationFailure.untrusted(let verdict) = error, verdict.isOfAnotherLog {
                throw .no("\(file) does not hold: \(error)", hint: Self.anotherLogHint)
            }
            throw .no("\(file) does not hold: \(error)", hint: "do not rely on it")
        }
    }
}
