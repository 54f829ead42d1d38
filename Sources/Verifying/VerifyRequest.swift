public import Events
public import Proofs

/// What is to be judged, and how much is asked of it.
public struct VerifyRequest: Hashable, Sendable {
    /// A certificate bundle, a disclosure or a `.tlog-proof`.
    public var file: String
    /// The trust policy (C2SP tlog-policy).
    public var policyFile: String
    /// A later bundle or chain file of the same chain, if there is one.
    public var laterFile: String?
    /// How old the newest cosigned checkpoint may be; `nil` does not ask.
    public var maximumAge: Duration?
    /// The time that ages are measured at.
    public var now: Timestamp
    public var cores: Int

    public init(
        file: String, policyFile: String, laterFile: String? = nil, maximumAge: Duration? = nil, now: Timestamp,
        cores: Int
    ) {
        (self.file, self.policyFile, self.laterFile) = (file, policyFile, laterFile)
        (self.maximumAge, self.now, self.cores) = (maximumAge, now, cores)
    }
}

/// What holds.
public enum VerifiedFile: Sendable {
    case certificate(CertificateVerdict, CertificateBundle)
    case disclosure(DisclosureVerdict)
    case proof(VerifiedProof)
}

extension VerifyRequest {
    /// Judges the file; every other outcome than that it holds is thrown.
    public func verify() throws(VerifyRefusal) -> VerifiedFile {
        let policy = try Self.policy(policyFile)
        let bytes = try InputFile.read(file, limit: CertificateBundle.maximumBytes)
        if bytes.starts(with: Array("c2sp.org/tlog-proof".utf8)) {
            try refuseWhatIsOfCertificates()
            return .proof(try proof(bytes, policy))
        }
        if Disclosure.isClaimed(by: bytes) {
            try refuseWhatIsOfCertificates()
            return .disclosure(try disclosure(bytes, policy))
        }
        if Disclosure.isClaimedSealed(by: bytes) {
            throw .unknown("\(file) is sealed", hint: "lethe disclosure open \(file) --output FILE, then verify that")
        }
        let verifier = CertificateVerifier(policy: policy, cores: cores)
        let bundle = try Self.bundle(bytes, file)
        var verdict: CertificateVerdict
        do throws(CertificateFailure) {
            verdict = try verifier.verify(bundle)
        } catch {
            if case .untrusted(let verdict) = error, verdict.isOfAnotherLog {
                throw .no("\(file) does not hold: \(error)", hint: Self.anotherLogHint)
            }
            throw .no("\(file) does not hold: \(error)", hint: "do not rely on it; ask the issuer for another")
        }
        if let laterFile { verdict = try follow(verdict, bundle, laterFile, verifier) }
        try checkAge(verdict)
        return .certificate(verdict, bundle)
    }

    private func refuseWhatIsOfCertificates() throws(VerifyRefusal) {
        let asked = [laterFile == nil ? nil : "--later", maximumAge == nil ? nil : "--max-age"].compactMap(\.self)
        guard let option = asked.first else { return }
        throw Self.notForCertificate(option, file)
    }

    /// The refusal of `option`, which asks something that `file` cannot answer.
    public static func notForCertificate(_ option: String, _ file: String) -> VerifyRefusal {
        VerifyRefusal(64, "\(option) asks about a certificate, and \(file) is none", hint: "leave out \(option)")
    }

    /// What to do where no key of the policy signed the file's checkpoint.
    static let anotherLogHint =
        "the policy is of another consortium, or the file is forged: its log has to be the one that the policy names"

    public static func policy(_ path: String) throws(VerifyRefusal) -> TrustPolicy {
        let bytes = try InputFile.read(path, limit: TrustPolicy.maximumSize)
        do throws(TrustPolicyFailure) {
            return try TrustPolicy(parsing: bytes)
        } catch {
            throw .unknown(
                "\(path) is not a trust policy: \(error)",
                hint:
                    "lethe trust --quorum N writes one; the consortium hands it out apart from what is checked with it")
        }
    }

    /// The bundle in `bytes`, which were read from `path`.
    public static func bundle(_ bytes: [UInt8], _ path: String) throws(VerifyRefusal) -> CertificateBundle {
        do throws(CertificateBundle.Failure) {
            return try CertificateBundle(parsing: bytes)
        } catch {
            throw .unknown(
                "\(path) is not a certificate bundle or proof: \(error)",
                hint: "lethe verify takes those and disclosures: check that it is one, and whole")
        }
    }

    private func follow(
        _ verdict: CertificateVerdict, _ bundle: CertificateBundle, _ path: String, _ verifier: CertificateVerifier
    ) throws(VerifyRefusal) -> CertificateVerdict {
        let bytes = try InputFile.read(path, limit: CertificateBundle.maximumBytes)
        let later = try Self.later(bytes, path)
        do throws(CertificateFailure) {
            return try verifier.follow(verdict, bundle, to: later)
        } catch {
            if case .untrusted = error {
                throw .unknown(
                    "\(path) says nothing yet: \(error)",
                    hint:
                        "its checkpoint has to meet the trust policy too: have the witnesses cosign it, and export it again"
                )
            }
            throw .no(
                "\(file) does not hold any more, or \(path) is not its chain: \(error)",
                hint: "keep both files and ask the consortium")
        }
    }

    private static func later(_ bytes: [UInt8], _ path: String) throws(VerifyRefusal) -> LaterChain {
        if let bundle = try? CertificateBundle(parsing: bytes) { return LaterChain(bundle) }
        do throws(ChainFile.Failure) {
            return LaterChain(try ChainFile(parsing: bytes))
        } catch {
            throw .unknown(
                "\(path) is neither a certificate bundle nor a chain file: \(error)",
                hint: "ask for lethe chain export, or for a certificate with a newer checkpoint")
        }
    }

    private func checkAge(_ verdict: CertificateVerdict) throws(VerifyRefusal) {
        guard let maximumAge else { return }
        let size = verdict.newest.size
        guard let cosignedAt = verdict.cosignedAt, let age = verdict.age(at: now) else {
            throw .unknown(
                "how old \(file) is cannot be told: its policy requires no witness, so no time is proven",
                hint: "use a policy with a quorum")
        }
        guard age >= -CertificateVerifier.clockTolerance else {
            throw .unknown(
                "checkpoint \(size) was cosigned at \(cosignedAt), which lies ahead of \(now)",
                hint: "one of the clocks is wrong; check yours")
        }
        guard age <= maximumAge.seconds else {
            throw .no(
                "checkpoint \(size) was cosigned at \(cosignedAt), \(Duration(seconds: age).rounded) ago; "
                    + "\(maximumAge) were asked for",
                hint: "ask the consortium for a later checkpoint, and add it with --later")
        }
    }
}
